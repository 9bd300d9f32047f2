"""boto3 and the AWS CLI as referees of the emulator's Step Functions API.

usage: step_functions_clients.py EMULATOR AWS
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

EMULATOR, AWS = sys.argv[1:3]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
os.environ.update(CREDENTIALS)

checks = 0


def check(claim, truth):
    global checks
    checks += 1
    print(f"{'ok  ' if truth else 'FAIL'} {claim}", flush=True)
    if not truth:
        sys.exit(1)


def error_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    return None


def with_boto3(client, execute):
    machines = client.list_state_machines()["stateMachines"]
    check("boto3 lists one state machine", len(machines) == 1)
    arn = machines[0]["stateMachineArn"]

    name = str(uuid.uuid4())
    first = client.start_execution(stateMachineArn=arn, name=name, input='{"order": 17}')
    again = client.start_execution(stateMachineArn=arn, name=name, input='{"order": 17}')
    check("a start repeated while running gives the same execution", first["executionArn"] == again["executionArn"])
    check("and the same date", first["startDate"] == again["startDate"])
    check("another input under the name is refused",
          error_of(client.start_execution, stateMachineArn=arn, name=name, input="{}") == "ExecutionAlreadyExists")
    check("a name with a space is refused",
          error_of(client.start_execution, stateMachineArn=arn, name="x y", input="{}") == "InvalidName")
    check("an input that is no JSON is refused",
          error_of(client.start_execution, stateMachineArn=arn, input="not json") == "InvalidExecutionInput")
    check("a machine that is not there is named",
          error_of(client.start_execution, stateMachineArn=arn + "x", input="{}") == "StateMachineDoesNotExist")

    described = client.describe_execution(executionArn=first["executionArn"])
    check("a running execution describes itself",
          (described["status"], described["name"], json.loads(described["input"])) == ("RUNNING", name, {"order": 17}))

    stopped = client.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
    client.stop_execution(executionArn=stopped, error="Stopped", cause="by the referee")
    described = client.describe_execution(executionArn=stopped)
    check("a stopped execution says by whom",
          (described["status"], described["error"], described["cause"]) == ("ABORTED", "Stopped", "by the referee"))

    ended = until(lambda: (d := client.describe_execution(executionArn=first["executionArn"]))["status"] != "RUNNING" and d)
    check("the workflow succeeds", ended and ended["status"] == "SUCCEEDED")
    check("with End's output", json.loads(ended["output"]) == {"function": "end"})
    seconds = (ended["stopDate"] - ended["startDate"]).total_seconds()
    check(f"after about three seconds ({seconds:.2f})", 3.0 <= seconds < 6.0)

    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=first["executionArn"], PaginationConfig={"PageSize": 5})
    events = [event for page in pages for event in page["events"]]
    check("history starts and ends as it should",
          (events[0]["type"], events[-1]["type"]) == ("ExecutionStarted", "ExecutionSucceeded"))
    check("event ids count up from one", [event["id"] for event in events] == list(range(1, len(events) + 1)))
    backwards = client.get_execution_history(executionArn=first["executionArn"], reverseOrder=True, maxResults=1)
    check("history can be read backwards", backwards["events"][0]["id"] == len(events))

    listed = client.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 1})
    arns = [execution["executionArn"] for page in listed for execution in page["executions"]]
    check("both executions are listed, newest first", arns == [stopped, first["executionArn"]])
    aborted = client.list_executions(stateMachineArn=arn, statusFilter="ABORTED")["executions"]
    check("and can be filtered by status", [execution["executionArn"] for execution in aborted] == [stopped])

    request = urllib.request.Request(execute, b'{"via":"gateway"}', {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        through_gateway = json.load(answer)["executionArn"]
    described = client.describe_execution(executionArn=through_gateway)
    check("an execution started through the gateway is the same to boto3",
          json.loads(described["input"]) == {"via": "gateway"})
    return arn


MAP = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "Label": "Each", "End": True, "ItemProcessor": {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}}}}
ROLE = "arn:aws:iam::123456789012:role/any"


def with_machines_of_its_own(client):
    found = client.validate_state_machine_definition(definition="{}")
    check("a definition without states is diagnosed", (found["result"], found["diagnostics"][0]["code"]) ==
          ("FAIL", "SCHEMA_VALIDATION_FAILED"))
    made = client.create_state_machine(name="maps", definition=json.dumps(MAP), roleArn=ROLE)["stateMachineArn"]
    check("another definition under the name is refused", error_of(
        client.create_state_machine, name="maps", definition=json.dumps(MAP | {"Comment": "x"}), roleArn=ROLE)
        == "StateMachineAlreadyExists")
    started = client.start_execution(stateMachineArn=made, input="[1, 2, 3]")["executionArn"]
    ended = until(lambda: (d := client.describe_execution(executionArn=started))["status"] != "RUNNING" and d)
    check("a distributed Map puts out what its executions do", ended and json.loads(ended["output"]) == [1, 2, 3])
    run = client.list_map_runs(executionArn=started)["mapRuns"][0]["mapRunArn"]
    described = client.describe_map_run(mapRunArn=run)
    check("boto3 describes its map run", (described["status"], described["itemCounts"]["succeeded"]) == ("SUCCEEDED", 3))
    children = client.list_executions(mapRunArn=run)["executions"]
    check("and lists its executions", [child["itemCount"] for child in children] == [1, 1, 1])
    one = client.describe_execution(executionArn=children[0]["executionArn"])
    check("each of which is described", (one["mapRunArn"], one["status"]) == (run, "SUCCEEDED"))
    updated = client.update_state_machine(stateMachineArn=made, definition=json.dumps(MAP | {"Comment": "changed"}))
    check("boto3 changes the machine", client.describe_state_machine(stateMachineArn=made)["revisionId"] ==
          updated["revisionId"])
    client.delete_state_machine(stateMachineArn=made)
    check("and deletes it", error_of(client.describe_state_machine, stateMachineArn=made) == "StateMachineDoesNotExist")


def with_a_state_tried_out(endpoint):
    # boto3 would call the host `sync-127.0.0.1`.
    client = boto3.client("stepfunctions", endpoint_url=endpoint, config=Config(inject_host_prefix=False))
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
            "ResultPath": "$.result", "Next": "After",
            "Retry": [{"ErrorEquals": ["Odd"], "IntervalSeconds": 3, "MaxAttempts": 1}]}
    mocked = {"mock": {"result": '{"a": 1}', "fieldValidationMode": "NONE"}}
    seen = client.test_state(definition=json.dumps(task), input='{"x": 1}', inspectionLevel="DEBUG", **mocked)
    check("a mocked task is tried out", (seen["status"], seen["nextState"], json.loads(seen["output"])) ==
          ("SUCCEEDED", "After", {"x": 1, "result": {"a": 1}}))
    check("and inspected", json.loads(seen["inspectionData"]["afterParameters"]) == {"FunctionName": "f"})
    seen = client.test_state(definition=json.dumps(task), inspectionLevel="DEBUG",
                             mock={"errorOutput": {"error": "Odd", "cause": "c"}})
    check("a mocked error is retried", (seen["status"], seen["inspectionData"]["errorDetails"]) ==
          ("RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 3}))
    check("a Pass state takes no mock", error_of(
        client.test_state, definition='{"Type": "Pass", "End": true}', **mocked) == "ValidationException")


def with_the_cli(client, endpoint, arn):
    def aws(*arguments, fails=False):
        done = subprocess.run([AWS, "stepfunctions", *arguments, "--endpoint-url", endpoint, "--output", "json"],
                              capture_output=True, text=True, timeout=60, env={**os.environ, "AWS_PAGER": ""})
        if fails:
            return done.stderr
        check(f"aws stepfunctions {arguments[0]} exits 0", done.returncode == 0)
        return json.loads(done.stdout or "{}")

    started = aws("start-execution", "--state-machine-arn", arn, "--input", '{"cli": true}')["executionArn"]
    check("the CLI describes what it started",
          aws("describe-execution", "--execution-arn", started)["input"] == '{"cli": true}')
    listed = aws("list-executions", "--state-machine-arn", arn, "--max-items", "2")
    check("the CLI pages", len(listed["executions"]) == 2 and "NextToken" in listed)
    history = aws("get-execution-history", "--execution-arn", started)["events"]
    check("the CLI reads history", history[0]["type"] == "ExecutionStarted")
    # Started just before, and not by the CLI, which takes a second of the workflow's three to start.
    running = client.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
    aws("stop-execution", "--execution-arn", running)
    check("the CLI stops one", aws("describe-execution", "--execution-arn", running)["status"] == "ABORTED")
    made = aws("create-state-machine", "--name", "cli", "--definition", json.dumps(MAP), "--role-arn", ROLE)
    aws("update-state-machine", "--state-machine-arn", made["stateMachineArn"], "--role-arn", ROLE + "2")
    described = aws("describe-state-machine", "--state-machine-arn", made["stateMachineArn"])
    check("the CLI makes and changes a machine", described["roleArn"] == ROLE + "2")
    aws("delete-state-machine", "--state-machine-arn", made["stateMachineArn"])
    refused = aws("describe-execution", "--execution-arn", started + "x", fails=True)
    check("the CLI shows the error name", "ExecutionDoesNotExist" in refused)


def with_signatures():
    """With --verify-api the emulator judges botocore's signatures."""
    emulator = subprocess.Popen([EMULATOR, "--verify-api"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        endpoint = emulator.stdout.readline().strip().rsplit("/", 2)[0]
        key = dict(pair.split("=", 1) for pair in emulator.stderr.readline().removeprefix("test key: ").split())

        def client(secret):
            return boto3.client("stepfunctions", endpoint_url=endpoint, region_name=key["AWS_REGION"],
                                aws_access_key_id=key["AWS_ACCESS_KEY_ID"], aws_secret_access_key=secret)

        right = client(key["AWS_SECRET_ACCESS_KEY"])
        check("a call signed with the test key passes", len(right.list_state_machines()["stateMachines"]) == 1)
        check("one signed with another secret is refused",
              error_of(client("wrong").list_state_machines) == "InvalidSignatureException")
    finally:
        emulator.terminate()
        emulator.wait(10)


emulator = subprocess.Popen([EMULATOR], stdout=subprocess.PIPE, text=True)
try:
    execute = emulator.stdout.readline().strip()
    endpoint = execute.rsplit("/", 2)[0]
    client = boto3.client("stepfunctions", endpoint_url=endpoint, config=Config(retries={"max_attempts": 1}))
    machine = with_boto3(client, execute)
    with_machines_of_its_own(client)
    with_a_state_tried_out(endpoint)
    with_the_cli(client, endpoint, machine)
finally:
    emulator.terminate()
    emulator.wait(10)
with_signatures()
print(f"{checks} passed, 0 failed")
