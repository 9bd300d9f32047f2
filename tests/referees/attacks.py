"""Sends each attack to an endpoint of its own while another caller asks a plain route fifty times a second."""

import argparse
import http.client
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from attack_list import ATTACKS

LONGEST = 60  # seconds for one attack
OTHERS_WAIT = 1000  # milliseconds


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
    if "language" in kind:
        machine = {**machine, "QueryLanguage": kind["language"]}
    resources["Machine"] = {
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {
            "Type": "STANDARD" if "standard" in kind else "EXPRESS",
            "Role": {"Fn::GetAtt": "Role.Arn"},
            "Definition": machine,
            "DefinitionSubstitutions": {"Attack": {"Fn::GetAtt": "Attack.Arn"}} if "handler" in kind else {},
        },
    }
    is_mock = "template" in kind or "model" in kind or "standard" in kind
    attack = mock(kind.get("template", "")) if is_mock else synchronous()
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
        return status(self.process.pid, name)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return f"{answer.status}, {len(answer.read()):,} B"
        finally:
            connection.close()

    def post(self, path, body, action=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)
        headers = {"Content-Type": "application/json"}
        if action:
            headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{action}"}
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            told = re.search(rb'"(?:error|status)":"([^"]+)"', text)
            return f"{answer.status} {told[1].decode()}" if told and b"executionArn" in text else str(answer.status)
        finally:
            connection.close()

    def call(self, action, members):
        """An action of the Step Functions API, as its members are answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{action}"}
        try:
            connection.request("POST", "/", json.dumps(members), headers)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def execute(self, body):
        """An execution of the Standard machine: how it ends."""
        machine = self.call("ListStateMachines", {})["stateMachines"][0]["stateMachineArn"]
        started = self.call("StartExecution", {"stateMachineArn": machine, "input": body})
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            told = self.call("DescribeExecution", {"executionArn": started["executionArn"]})
            if told["status"] != "RUNNING":
                return told.get("error", told["status"])
            time.sleep(0.02)
        return "RUNNING"

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

    def flood(self, count):
        """Requests one after the other, as many as the endpoint takes without anybody reading its answers."""
        request = b"POST /prod/plain HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as peer:
            whole, sent = request * count, 0
            try:
                while sent < len(whole):
                    sent += peer.send(whole[sent : sent + 65536])
            except OSError:
                pass
            return f"took {sent // len(request):,}"

    def hang_up(self, count):
        """Callers that go while their request waits: how many connections the endpoint keeps."""
        state = {"Type": "Wait", "Seconds": 3600, "End": True}
        body = json.dumps({"definition": json.dumps(state), "roleArn": "arn:aws:iam::123456789012:role/x", "input": json.dumps("x" * 200_000)})
        head = f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.TestState\r\nContent-Length: {len(body)}\r\n\r\n"
        folder = pathlib.Path(f"/proc/{self.process.pid}/fd")
        before = len(list(folder.iterdir()))
        for _ in range(count):
            with socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST) as peer:
                peer.sendall((head + body).encode())
        time.sleep(0.5)
        return f"kept {len(list(folder.iterdir())) - before}"

    def crowd(self, count):
        """Callers that begin a request each and leave it at that."""
        peers = []
        for _ in range(count):
            peer = socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST)
            peer.sendall(b"POST /prod/plain HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"x" * 8192)
            peers.append(peer)
        time.sleep(0.5)
        for peer in peers:
            peer.close()
        return f"held {len(peers):,}"

    def hoard(self, count):
        """Callers that ask for a page of 4 MiB each, and read nothing for a while."""
        prefix, role = "arn:aws:states:us-east-1:123456789012", "arn:aws:iam::123456789012:role/x"
        states = {f"{n}": {"Type": "Pass", "Next": f"{n + 1}"} for n in range(10)} | {"10": {"Type": "Succeed"}}
        machine = {"name": "long", "roleArn": role, "definition": json.dumps({"StartAt": "0", "States": states})}
        self.post("/", json.dumps(machine), "CreateStateMachine")
        start = {"stateMachineArn": f"{prefix}:stateMachine:long", "name": "n", "input": json.dumps("x" * 250_000)}
        self.post("/", json.dumps(start), "StartExecution")
        ask = json.dumps({"executionArn": f"{prefix}:execution:long:n", "maxResults": 1000})
        head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AWSStepFunctions."
        request = f"{head}GetExecutionHistory\r\nContent-Length: {len(ask)}\r\n\r\n{ask}".encode()
        peers = [socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST) for _ in range(count)]
        for peer in peers:
            peer.sendall(request)
        told = [peer.recv(12)[9:12].decode() for peer in peers]
        for peer in peers:
            peer.close()
        return ", ".join(f"{told.count(status)} times {status}" for status in sorted(set(told)))

    def suffer(self, kind, body):
        """The attack, and what is answered to it."""
        if "bytes" in kind:
            return self.send(*kind["bytes"])
        if "hang_up" in kind:
            return self.hang_up(kind["hang_up"])
        if "flood" in kind:
            return self.flood(kind["flood"])
        if "crowd" in kind:
            return self.crowd(kind["crowd"])
        if "hoard" in kind:
            return self.hoard(kind["hoard"])
        if "api" in kind:
            return self.post("/", body, kind["api"])
        if "executions" in kind:
            for number in range(kind["executions"]):
                self.post("/prod/attack", json.dumps({"number": number, "text": body}))
            return self.get(kind["get"])
        if "standard" in kind:
            return self.execute(body)
        return self.post(kind.get("path", "/prod/attack"), body)


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
                told = endpoint.suffer(kind, body)
            except (OSError, http.client.HTTPException) as error:
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


def status(pid, name):
    """A figure of a process in kilobytes; 0 once it has ended."""
    found = re.search(rf"{name}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


def load(program, text):
    """What a template takes that is loaded and no more. Its memory is looked at every millisecond: what the system says of a
    child at its end counts this script's own as well."""
    with tempfile.TemporaryDirectory() as name:
        file = pathlib.Path(name) / "template.yaml"
        file.write_text(text)
        begun, peak = time.monotonic(), 0
        process = subprocess.Popen([program, "--template", file], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        while not select.select([process.stdout], [], [], 0.001)[0]:
            peak = max(peak, status(process.pid, "VmHWM"))
        peak = max(peak, status(process.pid, "VmHWM"))
        told = "served" if process.stdout.readline() else "refused"
        took = time.monotonic() - begun
        # Not `process.kill()`, which would reap one that has ended by itself, and what it took would be lost.
        os.kill(process.pid, signal.SIGKILL)
        _, ended, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
        return took, usage.ru_utime + usage.ru_stime, peak / 1024, told


def suffered(program, kind, body, rounds):
    """What an attack comes to in each round: its size, and took, CPU, memory, answer, the others' waits, whether it lives."""
    if "load" in kind:
        return len(kind["load"]), [(*load(program, kind["load"]), [], True) for _ in range(rounds)]
    size = sum(map(len, kind["bytes"])) if "bytes" in kind else len(body or "") + len(kind.get("path", ""))
    return size, [measure(program, kind, body) for _ in range(rounds)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_intermixed_args()
    failed = []
    print("| attack | body | answer | took | CPU, others included | memory on top | others p50, longest |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    for name, (kind, body) in ATTACKS.items():
        if given.names and not any(part in name for part in given.names):
            continue
        size, rounds = suffered(given.program, kind, body, given.rounds)
        # The speed of a machine changes from second to second: the round that took the median of CPU time stands for all.
        rounds.sort(key=lambda row: row[1])
        took, used, _, told, waits, _ = rounds[len(rounds) // 2]
        least, most, peak = rounds[0][1], rounds[-1][1], max(row[2] for row in rounds)
        others = f"{waits[len(waits) // 2]:.1f}, {waits[-1]:.0f} ms" if waits else ""
        print(
            f"| {name} | {size:,} B | {told} | {took * 1e3:,.0f} ms | {used * 1e3:,.0f} ms ({least * 1e3:,.0f} to {most * 1e3:,.0f}) "
            f"| {peak:,.0f} MiB | {others} |",
            flush=True,
        )
        if any(not alive or (waits and waits[-1] > OTHERS_WAIT) for *_, waits, alive in rounds):
            failed.append(name)
    if failed:
        raise SystemExit("the endpoint was stopped, or kept others waiting, by: " + "; ".join(failed))


if __name__ == "__main__":
    main()
