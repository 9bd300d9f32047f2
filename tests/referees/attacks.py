"""Sends each attack to an endpoint of its own while another caller asks a plain route fifty times a second."""

import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

MEGABYTE = 1 << 20
LONGEST = 60  # seconds for one attack
OTHERS_WAIT = 1000  # milliseconds


def template(vtl):
    return {"template": vtl}


def state(**fields):
    return {"machine": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, **fields}}}}


def jsonata(expression):
    machine = state(Output=expression)
    machine["machine"]["QueryLanguage"] = "JSONata"
    return machine


def nested(depth):
    return "[" * depth + "1" + "]" * depth


def tree(levels):
    """A document whose every member has two members."""
    return {"x": tree(levels - 1), "y": tree(levels - 1)} if levels else {"x": 1}


DOUBLING = "#set($a=[1])" + "#set($a=[$a,$a])" * 60
LIST = json.dumps({"items": list(range(40_000))})
# Of each: what the deployment holds, and the body that is sent to it.
ATTACKS = {
    "a plain request": (template(""), "{}"),
    "a list that doubles sixty times, compared": (template(DOUBLING + "#set($b=$a)#if($a==$b)x#end"), "{}"),
    "a list that doubles sixty times, printed": (template(DOUBLING + "$a"), "{}"),
    "addAll of a list to itself": (template("#set($a=[1])#foreach($i in [1..60])#set($x=$a.addAll($a))#end"), "{}"),
    "every node of 1 MB, a thousand times": (
        template("#foreach($i in [1..1000])#set($x=$input.path('$..*'))#end"),
        json.dumps({"items": [{"id": n} for n in range(80_000)]}),
    ),
    "a text of 1 MB split fifty times": (
        template("#set($s=$input.body)#set($k=[])#foreach($i in [1..50])#set($x=$k.add($s.split('')))#end"),
        json.dumps({"text": "a" * MEGABYTE}),
    ),
    "a pattern that backtracks, 100 KB": (
        template("#set($x=$input.body.replaceAll('(?=(a+)+b)x',''))"),
        json.dumps({"text": "a" * 100_000}),
    ),
    "a search in each result of a search": (template("#set($x=$input.path('$..[?($..x)]'))"), json.dumps(tree(12))),
    "a set of each node's search": (template("#set($x=$input.path('$..[?(@.y in $..y)]'))"), json.dumps(tree(12))),
    "a recursive model of two shapes": (
        {
            "model": {
                "anyOf": [
                    {"type": "array", "items": {"$ref": "#/components/schemas/Attack"}, "minItems": 1},
                    {"type": "array", "items": {"$ref": "#/components/schemas/Attack"}, "maxItems": 1},
                    {"type": "string"},
                ]
            }
        },
        nested(300),
    ),
    "a search in each result, in a state": (state(InputPath="$..[?(@.x in $..x)]"), json.dumps(tree(12))),
    "a text split by a thousand characters, in a state": (
        state(Parameters={"p.$": "States.StringSplit($.text, $.by)"}),
        json.dumps({"text": "ab" * 60_000, "by": "".join(chr(1000 + n) for n in range(5_000))}),
    ),
    "JSONata: a list that doubles": (jsonata("{% ($f := function($l, $n) {$n = 0 ? $l : $f($append($l, $l), $n - 1)}; $f([1], 60)) %}"), "{}"),
    "JSONata: without end": (jsonata("{% ($f := function($n) {$f($n + 1)}; $f(0)) %}"), "{}"),
    "JSONata: what differs in 40,000": (jsonata("{% $distinct($states.input.items) %}"), LIST),
    "JSONata: twenty fields without end": (
        jsonata({str(n): "{% ($f := function($n) {$f($n + 1)}; $f(0)) %}" for n in range(20)}),
        "{}",
    ),
    "a handler that loops": ({"handler": "for (;;);"}, "{}"),
    "a handler in one long native call": ({"handler": "return 'a'.repeat(3e6).indexOf('a'.repeat(1.5e6) + 'b');"}, "{}"),
    "a handler that takes all memory": ({"handler": "const l = []; for (;;) l.push('x'.repeat(1e6) + l.length);"}, "{}"),
    "a handler that changes Map": ({"handler": "Map.prototype.get = function (k) { return this.get(k); }; return 1;"}, "{}"),
    "a chunk's size line without end": ({"bytes": ["Transfer-Encoding: chunked\r\n\r\n1", ";x" * MEGABYTE]}, None),
    "a head without end": ({"bytes": ["", "a: b\r\n" * MEGABYTE]}, None),
    "a body without end": ({"bytes": ["Content-Length: 99999999999\r\n\r\n", "x" * 32 * MEGABYTE]}, None),
}


def route(integration, model=None):
    answer = {"responses": {"200": {"description": "an answer"}}, "x-amazon-apigateway-integration": integration}
    if model is not None:
        answer["requestBody"] = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Attack"}}}}
        answer["x-amazon-apigateway-request-validator"] = "all"
    return {"post": answer}


def mock(vtl=""):
    return {
        "type": "mock",
        "requestTemplates": {"application/json": vtl + '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200"}},
    }


def synchronous():
    return {
        "type": "aws",
        "httpMethod": "POST",
        "uri": {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:states:action/StartSyncExecution"},
        "credentials": {"Fn::GetAtt": "Role.Arn"},
        "requestTemplates": {
            "application/json": {
                "Fn::Sub": '{"stateMachineArn": "${Machine}", "input": "$util.escapeJavaScript($input.body).replaceAll("\\\\\'", "\'")"}'
            }
        },
        "responses": {"default": {"statusCode": "200"}},
    }


def deployment(folder, kind):
    """The template of one attack, written to a folder."""
    machine = kind.get("machine", {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    resources = {"Role": {"Type": "AWS::IAM::Role", "Properties": {}}}
    if "handler" in kind:
        (folder / "attack.mjs").write_text(f"export const run = async () => {{ {kind['handler']} }};\n")
        task = {"Type": "Task", "Resource": "${Attack}", "End": True}
        machine = {"StartAt": "A", "States": {"A": task}}
        resources["Attack"] = {
            "Type": "AWS::Serverless::Function",
            "Properties": {"Handler": "attack.run", "Runtime": "nodejs24.x", "CodeUri": "./", "Timeout": 3},
        }
    resources["Machine"] = {
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {
            "Type": "EXPRESS",
            "Role": {"Fn::GetAtt": "Role.Arn"},
            "Definition": machine,
            "DefinitionSubstitutions": {"Attack": {"Fn::GetAtt": "Attack.Arn"}} if "handler" in kind else {},
        },
    }
    attack = mock(kind["template"]) if "template" in kind else mock() if "model" in kind else synchronous()
    body = {
        "openapi": "3.0.1",
        "info": {"title": "attacks", "version": "1"},
        "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True, "validateRequestParameters": False}},
        "components": {"schemas": {"Attack": kind.get("model", {"type": "object"})}},
        "paths": {"/plain": route(mock()), "/attack": route(attack, kind.get("model"))},
    }
    resources["Api"] = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "prod", "DefinitionBody": body}}
    file = folder / "template.json"
    file.write_text(json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}))
    return file


class Endpoint:
    def __init__(self, program, file, log):
        self.process = subprocess.Popen([program, "--template", file], stdout=subprocess.PIPE, stderr=log, text=True)
        url = self.process.stdout.readline().strip()
        if not url:
            raise SystemExit(f"the endpoint does not serve {file}: {pathlib.Path(log.name).read_text()}")
        self.port = int(re.search(r":(\d+)/", url)[1])

    def status(self, name):
        return int(re.search(rf"{name}:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1])

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def post(self, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            told = re.search(rb'"(?:error|status)":"([^"]+)"', text)
            return f"{answer.status} {told[1].decode()}" if told and b"executionArn" in text else str(answer.status)
        finally:
            connection.close()

    def send(self, head, more):
        """Bytes that make no whole request: what comes back, or that nothing does."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST) as peer:
            try:
                peer.sendall(b"POST /prod/plain HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + head.encode())
                peer.sendall(more.encode())
            except OSError:
                pass
            try:
                return peer.recv(64).split(b"\r\n")[0].decode().partition(" ")[2][:3] or "closed"
            except ConnectionResetError:
                return "closed"


def others(endpoint, done, waits):
    while not done.is_set():
        begun = time.monotonic()
        try:
            endpoint.post("/prod/plain", "{}")
            waits.append((time.monotonic() - begun) * 1e3)
        except OSError:
            waits.append(float("inf"))
        done.wait(max(0.0, 0.02 - (time.monotonic() - begun)))


def measure(program, kind, body):
    with tempfile.TemporaryDirectory() as name, tempfile.NamedTemporaryFile("w") as log:
        endpoint = Endpoint(program, deployment(pathlib.Path(name), kind), log)
        try:
            for _ in range(20):
                endpoint.post("/prod/plain", "{}")
            done, waits = threading.Event(), []
            caller = threading.Thread(target=others, args=(endpoint, done, waits))
            memory, cpu = endpoint.status("VmRSS"), endpoint.cpu()
            caller.start()
            begun = time.monotonic()
            try:
                told = endpoint.send(*kind["bytes"]) if "bytes" in kind else endpoint.post("/prod/attack", body)
            except OSError as error:
                told = f"none ({error})"
            took = time.monotonic() - begun
            # What goes on after the answer counts as well.
            done.wait(0.5)
            done.set()
            caller.join()
            alive = endpoint.process.poll() is None
            used, peak = endpoint.cpu() - cpu, (endpoint.status("VmHWM") - memory) / 1024
            return took, used, peak, told, sorted(waits), alive
        finally:
            endpoint.process.kill()
            endpoint.process.wait()


def main():
    program, *chosen = sys.argv[1:]
    failed = []
    print("| attack | body | answer | took | CPU, others included | memory on top | others p50, longest |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    for name, (kind, body) in ATTACKS.items():
        if chosen and not any(part in name for part in chosen):
            continue
        took, used, peak, told, waits, alive = measure(program, kind, body)
        size = sum(map(len, kind["bytes"])) if "bytes" in kind else len(body)
        longest = waits[-1]
        print(
            f"| {name} | {size:,} B | {told} | {took * 1e3:,.0f} ms | {used * 1e3:,.0f} ms | {peak:,.0f} MiB "
            f"| {waits[len(waits) // 2]:.1f}, {longest:.0f} ms |",
            flush=True,
        )
        if not alive or longest > OTHERS_WAIT:
            failed.append(name)
    if failed:
        raise SystemExit("the endpoint was stopped, or kept others waiting, by: " + "; ".join(failed))


if __name__ == "__main__":
    main()
