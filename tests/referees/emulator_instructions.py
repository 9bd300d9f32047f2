"""Counts the emulator's instructions under callgrind; `emulator-instructions` says what for."""

import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

# That of execute.lua.
BODY = b"""{"order":"0190e6f2-6f0c-7cc2-a5c8-8c2b1d0f7a11","customer":4711,"items":["a","b"],"note":"it's here"}"""
PASS = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
HANDLERS = {
    "StartAt": "Start",
    "States": {
        "Start": {"Type": "Task", "Resource": "${StartFunction}", "Next": "End"},
        "End": {"Type": "Task", "Resource": "${EndFunction}", "End": True},
    },
}
# What is answered at once, and what waits for its workflow: few at a time, so that as many environments are
# made before the count as are needed in it.
STANDARD = ["--param", "Auth=NONE"]
EXPRESS = [*STANDARD, "--param", "WorkflowType=EXPRESS"]
ROWS = (
    ("a Pass machine", PASS, STANDARD, 4),
    ("the same, whose end is waited for", PASS, EXPRESS, 1),
    ("a machine that calls two handlers", HANDLERS, EXPRESS, 1),
    ("deploy/'s workflow: four handlers and two timers", None, EXPRESS, 4),
)
DEADLINE = 120


class Endpoint:
    """The emulator under callgrind, which does not count yet."""

    def __init__(self, program, arguments, out):
        # One file a run: of the counts of threads, and of what was asked for meanwhile, only the sum is wanted.
        out.unlink(missing_ok=True)
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        command = [*valgrind, program, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.out = out
        self.url = urlsplit(self.process.stdout.readline().split()[0])

    def send(self, count, connections):
        """So many requests, each connection one at a time."""
        head = f"POST {self.url.path} HTTP/1.1\r\nHost: {self.url.netloc}\r\nContent-Type: application/json\r\n"
        request = f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
        connections = [socket.create_connection((self.url.hostname, self.url.port)) for _ in range(connections)]
        for _ in range(count // len(connections)):
            for connection in connections:
                connection.sendall(request)
            for connection in connections:
                check(connection)
        for connection in connections:
            connection.close()

    def count(self, requests, connections):
        """The instructions of so many requests."""
        self.control("on")
        self.send(requests, connections)
        self.control("off")
        self.process.terminate()
        self.process.wait(DEADLINE)
        return int(re.search(r"^totals: (\d+)", self.out.read_text(), re.MULTILINE)[1])

    def control(self, switch):
        command = ["callgrind_control", "-i", switch, str(self.process.pid)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def check(connection):
    """Reads an answer whole, which must be 200."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, body = answer.split(b"\r\n\r\n", 1)
    if not head.startswith(b"HTTP/1.1 200 "):
        sys.exit(head.decode())
    length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])
    while len(body) < length:
        body += connection.recv(65536)


def rows(program, requests, folder, note):
    """What is measured of a program: what it is, and the instructions of one request."""
    for number, (name, machine, arguments, connections) in enumerate(ROWS):
        deployment = folder / "deployment"
        shutil.rmtree(deployment, ignore_errors=True)
        shutil.copytree("deploy", deployment)
        if machine:
            (deployment / "workflow.asl.json").write_text(json.dumps(machine))
        endpoint = Endpoint(program, ["--template", str(deployment / "template.yaml"), *arguments], folder / f"{number}{note}.out")
        # One of deploy/'s takes three seconds.
        count = requests if machine else max(connections, requests // 100)
        # Each connection sends as many.
        count -= count % connections
        endpoint.send(max(3 * connections, count // 10), connections)
        yield name, endpoint.count(count, connections) / count


def main():
    program, earlier, requests, folder = sys.argv[1:]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    print("| what one request takes, outside of the kernel | instructions |\n| --- | ---: |", flush=True)
    for path, note in [(program, ""), (earlier, "before")]:
        if path:
            for name, instructions in rows(path, int(requests), folder, note):
                print(f"| {name}{note and ', '}{note} | {instructions:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
