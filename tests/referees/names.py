"""Runs loadgen against names whose addresses are what they are on real networks. To be started in namespaces of its own."""

import http.server
import json
import os
import pathlib
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import uuid

LOADGEN = sys.argv[1]
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="names-"))
RESULTS = []


class Answers(http.server.BaseHTTPRequestHandler):
    """Starts every execution."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        name = str(uuid.uuid4())
        arn = f"arn:aws:states:us-east-1:123456789012:execution:Workflow:{name}"
        body = json.dumps({"executionArn": arn, "startDate": 1.7e9}).encode()
        self.send_response(200)
        self.send_header("x-amzn-RequestId", name)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.server.leaving:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)
        self.server.answered += 1

    do_GET = do_OPTIONS = do_POST

    def log_message(self, *_):
        pass


class Target(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, address, port=0):
        super().__init__((address, port), Answers)
        self.leaving, self.answered = False, 0
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def server_bind(self):
        # Without asking what the address is called.
        socketserver.TCPServer.server_bind(self)

    def close(self):
        """Answers what is under way, and takes no more connections."""
        self.leaving = True
        self.shutdown()
        self.server_close()


class File:
    """One of the system's files, in the place of which another stands in this namespace."""

    def __init__(self, path, text):
        self.own = SCRATCH / pathlib.Path(path).name
        self.write(text)
        pathlib.Path(path).exists() or sys.exit(f"there is no {path}")
        subprocess.run(["mount", "--bind", self.own, path], check=True)

    def write(self, text):
        # In place: what is mounted is this file, and none that takes its name.
        self.own.write_text(text)


def command(words):
    return [LOADGEN, *map(str, words)]


def finished(words, folder=None, **options):
    run = ["-o", SCRATCH / folder] if folder else []
    ended = subprocess.run(command([*words, *run]), capture_output=True, text=True, timeout=90, check=False, **options)
    summary = SCRATCH / (folder or "") / "summary.json"
    return ended, json.loads(summary.read_text()) if folder and summary.exists() else None


def check(situation, holds, shown):
    RESULTS.append(holds)
    print(f"{'ok ' if holds else 'BAD'} {situation}: {shown}", flush=True)


def outcome(summary):
    outcomes = summary["outcomes"]
    return f"{outcomes['started']} started, failed {outcomes['failed']}, max {summary['response_us']['max']} µs"


def all_started(summary, count, longest_us=5_000_000):
    return summary["outcomes"]["started"] == count and summary["response_us"]["max"] < longest_us


def two_families(hosts):
    hosts.write("::1 localhost\n127.0.0.1 localhost\n")
    target = Target("127.0.0.1")
    url = f"http://localhost:{target.port}/test/execute"
    for more in ([], ["--disable-keepalive"]):
        _, summary = finished(["run", "--rps", 100, "-n", 200, "--url", url, *more], f"families{len(more)}")
        check(f"localhost in both families, a server in one {' '.join(more)}", all_started(summary, 200), outcome(summary))
    tried, _ = finished(["try", "--url", url])
    check("try, the same", tried.returncode == 0, f"exit {tried.returncode}")
    asked, _ = finished(["doctor", url, "--read-only"])
    check("doctor, the same", "as they should be" in asked.stdout and "no answer" not in asked.stdout, asked.stdout.splitlines()[-1])
    target.close()


def moving(hosts, gently):
    """A name that moves to another server in mid-run: the first goes on for a while, or ends at once."""
    hosts.write("127.0.0.2 target.test\n")
    first = Target("127.0.0.2")
    second = Target("127.0.0.3", first.port)
    url = f"http://target.test:{first.port}/test/execute"
    words = ["run", "--rps", 100, "-d", "5s", "--url", url, "--dns-refresh", "1s" if gently else "30s", "--no-tui"]
    folder = f"moving-{gently}"
    run = subprocess.Popen(command([*words, "-o", SCRATCH / folder]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while first.answered < 100:
        time.sleep(0.01)
    hosts.write("127.0.0.3 target.test\n")
    if gently:
        while second.answered < 50 and run.poll() is None:
            time.sleep(0.01)
    first.close()
    screen, _ = run.communicate(timeout=60)
    summary = json.loads((SCRATCH / folder / "summary.json").read_text())
    planned, started = summary["plan"]["planned"], summary["outcomes"]["started"]
    # Where the old server ends at once, what is due before the next look-up, at most a second later, finds nobody.
    missed = planned - started
    holds = missed <= (0 if gently else 250) and summary["lookups"]["changed"] == 1 and second.answered > 50
    check(f"a name that moves, the old server {'goes on for a while' if gently else 'ends at once'}", holds,
          f"{missed} of {planned} missed, {second.answered} at the new address, {summary['lookups']}")
    line = next((line.strip() for line in screen.splitlines() if "dns " in line), "no look-ups shown")
    check("look-ups on the screen", f"({summary['lookups']['count']} look-ups" in line, line)
    page = (SCRATCH / folder / "report.html").read_text()
    check("look-ups on the page", f"{summary['lookups']['count']} look-ups" in page, "name of the target")
    second.close()


def dead_address(hosts):
    """One address that nobody answers at beside one that works; silence if the system lends a network for it."""
    silent = subprocess.run("ip link add quiet type dummy && ip addr add 10.9.9.1/24 dev quiet && ip link set quiet up",
                            shell=True, capture_output=True, check=False).returncode == 0
    hosts.write("10.9.9.9 target.test\n127.0.0.2 target.test\n10.9.9.10 target.test\n")
    target = Target("127.0.0.2")
    url = f"http://target.test:{target.port}/test/execute"
    for more in ([], ["--disable-keepalive"]):
        _, summary = finished(["run", "--rps", 100, "-n", 300, "--url", url, *more], f"dead{len(more)}")
        slow = summary["response_us"]["p90"]
        check(f"two addresses that {'say nothing' if silent else 'cannot be reached'} {' '.join(more)}",
              all_started(summary, 300, 2_000_000) and slow < 200_000, f"{outcome(summary)}, p90 {slow} µs")
    target.close()


def drain(deaf):
    deaf.setblocking(False)
    try:
        while deaf.recv(1_500):
            pass
    except BlockingIOError:
        deaf.setblocking(True)


def silent_name_server(hosts, deaf):
    """Look-ups that take forever keep nobody from sending, and nobody from ending."""
    for words in (["run", "-n", 5, "--url", "http://nowhere.test/x"], ["try", "--url", "http://nowhere.test/x"],
                  ["doctor", "http://nowhere.test/x"]):  # fmt: skip
        drain(deaf)
        run = subprocess.Popen(command(words), cwd=SCRATCH, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # It asks: by now it waits.
        deaf.recv(1_500)
        begun = time.monotonic()
        run.send_signal(signal.SIGTERM)
        _, said = run.communicate(timeout=60)
        took = time.monotonic() - begun
        check(f"{words[0]} waits for a name server and gets a signal", run.returncode == 105 and took < 2,
              f"exit {run.returncode} after {took:.2f} s: {said.strip()[-120:]}")
    check("nothing is left of it", not (SCRATCH / "runs").exists(), "no directory")
    hosts.write("127.0.0.2 target.test\n")
    target = Target("127.0.0.2")
    url = f"http://target.test:{target.port}/test/execute"
    words = ["run", "--rps", 100, "-n", 400, "--dns-refresh", "1s", "--url", url]
    run = subprocess.Popen(command([*words, "-o", SCRATCH / "deaf"]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while target.answered < 50:
        time.sleep(0.01)
    hosts.write("# nothing\n")
    run.communicate(timeout=60)
    summary = json.loads((SCRATCH / "deaf" / "summary.json").read_text())
    check("a name server that falls silent in mid-run", all_started(summary, 400, 1_000_000), outcome(summary))
    target.close()


def main():
    os.environ.pop("STEPGATE_URL", None)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    hosts = File("/etc/hosts", "127.0.0.1 localhost\n")
    File("/etc/nsswitch.conf", "hosts: files dns\n")
    # A name server that hears and says nothing.
    deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    deaf.bind(("127.0.0.9", 53))
    File("/etc/resolv.conf", "nameserver 127.0.0.9\noptions timeout:5 attempts:2\n")
    two_families(hosts)
    moving(hosts, gently=True)
    moving(hosts, gently=False)
    dead_address(hosts)
    silent_name_server(hosts, deaf)
    print(f"{sum(RESULTS)} of {len(RESULTS)} as they should be")
    sys.exit(0 if all(RESULTS) else 1)


main()
