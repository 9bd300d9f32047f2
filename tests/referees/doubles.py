"""moto's server as the double of DynamoDB, SQS and EventBridge.

usage: doubles.py EMULATOR
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import boto3
from moto.server import ThreadedMotoServer

EMULATOR = sys.argv[1]
os.environ.update(AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="secret", AWS_DEFAULT_REGION="us-east-1")

STATES = "arn:aws:states:::"


def task(resource, parameters, **more):
    return {"Type": "Task", "Resource": STATES + resource, "Parameters": parameters, **more}


def template(machine):
    """The smallest template that serves a state machine."""
    path = "/execute"
    integration = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": "arn:aws:apigateway:us-east-1:states:action/StartExecution",
        "credentials": "arn:aws:iam::123456789012:role/api",
        "requestTemplates": {"application/json": "{}"},
        "responses": {"default": {"statusCode": "200"}},
    }
    body = {
        "openapi": "3.0.1",
        "info": {"title": "referee", "version": "1"},
        "paths": {path: {"post": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}}},
    }
    resources = {
        "Api": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "prod", "DefinitionBody": body}},
        "Machine": {"Type": "AWS::Serverless::StateMachine", "Properties": {"Name": "referee", "Definition": machine}},
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": resources,
    }


def main():
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    moto.start()
    url = "http://%s:%s" % moto.get_host_and_port()
    boto3.client("dynamodb", endpoint_url=url).create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    sqs = boto3.client("sqs", endpoint_url=url)
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]

    key = {"id": {"S": "17"}}
    failing = task("dynamodb:getItem", {"TableName": "nowhere", "Key": key}, End=True)
    failing["Catch"] = [{"ErrorEquals": ["DynamoDB.ResourceNotFoundException"], "ResultPath": "$.caught", "Next": "Done"}]
    machine = {
        "StartAt": "Put",
        "States": {
            "Put": task("dynamodb:putItem", {"TableName": "orders", "Item": key}, ResultPath=None, Next="Get"),
            "Get": task("aws-sdk:dynamodb:getItem", {"TableName": "orders", "Key": key}, ResultPath="$.got", Next="Send"),
            "Send": task("sqs:sendMessage", {"QueueUrl": queue, "MessageBody": {"a": 1}}, ResultPath="$.sent", Next="Tell"),
            "Tell": task(
                "events:putEvents",
                {"Entries": [{"Source": "referee", "DetailType": "t", "Detail": {"a": 1}}]},
                ResultPath="$.told",
                Next="Miss",
            ),
            "Miss": failing,
            "Done": {"Type": "Succeed"},
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "template.json"
        file.write_text(json.dumps(template(machine)))
        command = [EMULATOR, "--template", str(file)]
        for service in ("dynamodb", "sqs", "events"):
            command += ["--service", f"{service}={url}"]
        emulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            base = emulator.stdout.readline().split("/prod/")[0].strip()
            output = run(base)
        finally:
            emulator.terminate()
            emulator.wait()
    checks = {
        "an item that was put is got": output["got"]["Item"] == key,
        "an SDK integration adds nothing": list(output["got"]) == ["Item"],
        "an optimised integration adds the SDK's metadata": output["sent"]["SdkHttpMetadata"]["HttpStatusCode"] == 200,
        "events are put": output["told"]["FailedEntryCount"] == 0,
        "a service's error is caught by its name": output["caught"]["Error"] == "DynamoDB.ResourceNotFoundException",
        "the message has arrived as text": sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == '{"a":1}',
    }
    moto.stop()
    for claim, truth in checks.items():
        print("ok  " if truth else "FAIL", claim)
    sys.exit(0 if all(checks.values()) else 1)


def run(base):
    states = boto3.client("stepfunctions", endpoint_url=base)
    arn = states.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        described = states.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            break
        time.sleep(0.1)
    if described["status"] != "SUCCEEDED":
        sys.exit(f"FAIL the workflow ended as {described}")
    return json.loads(described["output"])


main()
