"""Measures the resident size of a long run, and what SIGKILL at random moments loses of a run.

The responder numbers its answers in the request id, so that one more request tells how many it has given.
"""

import argparse
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request


class Responder:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def answered(self):
        with urllib.request.urlopen(urllib.request.Request(self.url, data=b"{}", method="POST")) as answer:
            return int(answer.headers["x-amzn-RequestId"][-12:], 16) - 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def start(loadgen, url, directory, *load):
    command = [loadgen, "--quiet", "--url", url, "-o", directory, *load]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def resident(pid):
    """Kilobytes now."""
    found = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else None


def sent(directory):
    counters = directory / "counters.jsonl"
    lines = counters.read_text().splitlines(keepends=True) if counters.exists() else []
    parts = [part for line in lines if line.endswith("\n") for part in json.loads(line)["parts"]]
    return sum(part["sent"] for part in parts)


def memory(loadgen, responder, directory, requests):
    with Responder(responder) as target:
        begun = time.monotonic()
        process = start(loadgen, target.url, directory, "--closed", "64", "-n", str(requests))
        early = last = most = None
        while process.poll() is None:
            now = resident(process.pid)
            if now is not None:
                last, most = now, max(most or 0, now)
                if early is None and sent(directory) >= 100_000:
                    early = now
            time.sleep(0.1)
        seconds = time.monotonic() - begun
    names = json.loads((directory / "summary.json").read_text())["names"]
    print(f"{names['checked']} requests in {seconds:.0f} s, {names['duplicates']} duplicates among the names")
    print(f"resident: {early} kB at 100,000, {last} kB at the end, {most} kB at most: {last / early:.2f} times")


def kills(loadgen, responder, folder, count, seed):
    rng, rate, lost = random.Random(seed), 2_000, []
    for number in range(count):
        directory = folder / f"kill-{number}"
        with Responder(responder) as target:
            process = start(loadgen, target.url, directory, "--rps", str(rate), "-d", "60s")
            time.sleep(rng.uniform(1.2, 5))
            process.kill()
            process.wait()
            answered = target.answered()
        report = subprocess.run([loadgen, "report", directory], capture_output=True, check=False)
        assert report.returncode == 105, report.stderr
        summary = json.loads((directory / "summary.json").read_text())
        assert summary["names"]["duplicates"] == 0
        lost.append(1_000 * (answered - summary["outcomes"]["started"]) / rate)
    told = f"median {statistics.median(lost):.0f}, {min(lost):.0f} to {max(lost):.0f}"
    print(f"{count} runs killed at {rate}/s (seed {seed}), each reported; lost at the end, in ms of the run: {told}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("loadgen")
    parser.add_argument("responder")
    parser.add_argument("--requests", type=int, default=10_000_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        print(f"load average {' '.join(f'{x:.1f}' for x in os.getloadavg())}")
        kills(arguments.loadgen, arguments.responder, folder, arguments.kills, arguments.seed)
        if arguments.requests:
            memory(arguments.loadgen, arguments.responder, folder / "long", arguments.requests)


if __name__ == "__main__":
    main()
