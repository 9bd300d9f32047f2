"""What aws-sam-translator makes of a template: run by the script `sam-translator` beside it."""

import json
import os
import sys
import time

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

import yaml  # noqa: E402
from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags."""


def long_form(loader, tag, node):
    key = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {key: value.split(".", 1) if tag == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {key: loader.construct_sequence(node, deep=True)}
    return {key: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", long_form)


def transformed(path, parameters=None, always_deploy=None):
    with open(path, encoding="utf-8") as file:
        template = yaml.load(file, Loader)
    # A package has put the files into S3 before a template is transformed.
    packaged = [template.get("Globals", {}).get("Function", {})]
    packaged += [resource.get("Properties", {}) for resource in template["Resources"].values()]
    for properties in packaged:
        for key in {"CodeUri", "DefinitionUri"} & set(properties):
            properties[key] = "s3://bucket/key"
    if always_deploy is not None:
        template["Resources"]["Api"]["Properties"]["AlwaysDeploy"] = always_deploy
    return Translator({}, Parser()).translate(template, parameters or {})["Resources"]


def deployments(resources):
    return {name for name, resource in resources.items() if resource["Type"] == "AWS::ApiGateway::Deployment"}


def check(claim, holds):
    print("ok  " if holds else "FAIL", claim)
    return holds


def main(root):
    deploy, events = f"{root}/deploy/template.yaml", f"{root}/tests/referees/published/sam-events.yaml"
    results = []

    # A stage is moved on only by a deployment with a new id.
    # AlwaysDeploy makes ids of the time, in whole seconds.
    first = deployments(transformed(deploy, {"Auth": "NONE"}))
    time.sleep(1.1)
    ids = [first, deployments(transformed(deploy, {"Auth": "AWS_IAM"}))]
    results.append(check("another Auth gets a new deployment", not ids[0] & ids[1]))
    ids = [deployments(transformed(deploy, {"Auth": auth}, always_deploy=False)) for auth in ("NONE", "AWS_IAM")]
    results.append(check("and would not without AlwaysDeploy", ids[0] == ids[1]))

    # What the emulator builds of events by itself: emulator/src/template/sam_document.rs.
    resources = transformed(events)
    paths = resources["ServerlessRestApi"]["Properties"]["Body"]["paths"]
    integration = lambda path, method: paths[path][method]["x-amazon-apigateway-integration"]
    plain = "{\"input\": \"$util.escapeJavaScript($input.json('$'))\", \"stateMachineArn\": \"${Machine}\"}"
    quoted = (
        "{\"input\": \"$util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\",\"'\")\", "
        "\"stateMachineArn\": \"${Machine}\"}"
    )
    for path, template in (("/start", plain), ("/quoted", quoted)):
        made = integration(path, "post")
        results.append(check(f"{path}: template", made["requestTemplates"]["application/json"]["Fn::Sub"] == template))
        results.append(check(f"{path}: responses", made["responses"] == {c: {"statusCode": c} for c in ("200", "400")}))
        results.append(check(f"{path}: no passthroughBehavior", "passthroughBehavior" not in made))
    preflight = integration("/start", "options")
    headers = preflight["responses"]["default"]["responseParameters"]
    results.append(check("preflight: a mock", preflight["type"] == "mock"))
    expected = {
        "method.response.header.Access-Control-Allow-Origin": "'https://app.example'",
        "method.response.header.Access-Control-Allow-Methods": "'OPTIONS,POST'",
    }
    results.append(check(f"preflight: headers {json.dumps(headers)}", headers == expected))
    stage = resources["ServerlessRestApiProdStage"]["Properties"]["StageName"]
    results.append(check("stage: Prod", stage == "Prod"))
    return 0 if all(results) else 1


sys.exit(main(sys.argv[1]))
