"""Runs load generators in turn against one responder and prints what each costs and what each says about a stall.

The responder has processor 0, the generator's whole process processor 1. CPU is user and system time of the process
(wait4), set-up and report included, per answered request. Rounds are interleaved: ratios are taken within a round.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import tempfile
from collections import defaultdict

BODY = '{"order":"' + "x" * 138 + '"}'
CONNECTIONS = (16, 64, 256)
PERCENTILES = ("p50", "p90", "p99", "p99.9", "max")
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def milliseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(value) * UNITS[unit]


class Loadgen:
    def __init__(self, program, scratch):
        self.program, self.directory = program, scratch / "run"
        self.version = output([program, "--version"]).split()[-1]

    def arguments(self, url):
        shutil.rmtree(self.directory, ignore_errors=True)
        return [self.program, "--quiet", "--url", url, "--body", BODY, "-o", self.directory]

    def closed(self, url, connections, seconds):
        return [*self.arguments(url), "--closed", str(connections), "-d", f"{seconds}s"]

    def open(self, url, rate, connections, seconds):
        rate = ["--rps", str(rate), "--arrivals", "uniform", "-c", str(connections)]
        return [*self.arguments(url), *rate, "-d", f"{seconds}s"]

    def answered(self, _):
        return json.loads((self.directory / "summary.json").read_text())["outcomes"]["started"]

    def latency(self, _):
        response = json.loads((self.directory / "summary.json").read_text())["response_us"]
        told = {name: response[name.replace(".", "")] for name in PERCENTILES}
        return {name: figure / 1e3 for name, figure in told.items() if figure is not None}


class Wrk:
    def __init__(self, program, scratch):
        self.program, self.script = program, scratch / "post.lua"
        self.script.write_text(
            f"wrk.method = 'POST'\nwrk.body = '{BODY}'\nwrk.headers['Content-Type'] = 'application/json'\n"
        )
        self.version = output([program, "-v"]).split()[1]

    def closed(self, url, connections, seconds):
        return [self.program, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", self.script, url]

    def open(self, url, _rate, connections, seconds):
        return self.closed(url, connections, seconds)  # It has no rate.

    def answered(self, text):
        return int(re.search(r"(\d+) requests in", text)[1])

    def latency(self, text):
        figures = {f"p{q}": milliseconds(t) for q, t in re.findall(r"^ +(\d+)%\s+(\S+)$", text, re.M)}
        figures["max"] = milliseconds(re.search(r"Latency\s+\S+\s+\S+\s+(\S+)", text)[1])
        return figures


class Hey:
    version = "0.1.4"  # It does not say.

    def __init__(self, program, _):
        self.program = program

    def closed(self, url, connections, seconds, *more):
        load = ["-z", f"{seconds}s", "-c", str(connections), "-cpus", "1", *more]
        return [self.program, *load, "-m", "POST", "-T", "application/json", "-d", BODY, url]

    def open(self, url, rate, connections, seconds):
        return self.closed(url, connections, seconds, "-q", str(rate / connections))

    def answered(self, text):
        return int(re.search(r"\[200\]\s+(\d+) responses", text)[1])

    def latency(self, text):
        figures = {f"p{q}": float(t) * 1e3 for q, t in re.findall(r"(\d+)% in ([\d.]+) secs", text)}
        figures["max"] = float(re.search(r"Slowest:\s+([\d.]+)", text)[1]) * 1e3
        return figures


class Oha:
    def __init__(self, program, _):
        self.program, self.version = program, output([program, "--version"]).split()[-1]

    def closed(self, url, connections, seconds, *more):
        load = ["-z", f"{seconds}s", "-c", str(connections), "--no-tui", "--output-format", "json", *more]
        return [self.program, *load, "-m", "POST", "-T", "application/json", "-d", BODY, url]

    def open(self, url, rate, connections, seconds):
        return self.closed(url, connections, seconds, "-q", str(rate), "--latency-correction")

    def answered(self, text):
        return json.loads(text)["statusCodeDistribution"]["200"]

    def latency(self, text):
        report = json.loads(text)
        figures = {name: report["latencyPercentiles"][name] * 1e3 for name in PERCENTILES[:-1]}
        return figures | {"max": report["summary"]["slowest"] * 1e3}


def output(command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


class Responder:
    def __init__(self, program, *arguments):
        command = ["taskset", "-c", "0", program, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self.url

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def run(command):
    """The standard output of a command on processor 1, and its CPU time in microseconds."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(["taskset", "-c", "1", *command], stdout=out, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        out.seek(0)
        return out.read(), (usage.ru_utime + usage.ru_stime) * 1e6


def spread(values, digits=2):
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} [{low:.{digits}f}..{high:.{digits}f}]"


def cost(tools, responder, rounds, seconds):
    """CPU per request of every tool, and its ratio to wrk's in the same round."""
    print("| connections | tool | CPU per request, µs: median [range] | x wrk, median [range] |\n| --- | --- | --- | --- |")
    for connections in CONNECTIONS:
        costs, ratios = defaultdict(list), defaultdict(list)
        with Responder(responder) as url:
            for _ in range(rounds):
                now = {}
                for name, tool in tools.items():
                    text, cpu = run(tool.closed(url, connections, seconds))
                    now[name] = cpu / tool.answered(text)
                for name, figure in now.items():
                    costs[name].append(figure)
                    if "wrk" in now:
                        ratios[name].append(figure / now["wrk"])
        for name in tools:
            ratio = spread(ratios[name]) if ratios[name] else "n/a"
            print(f"| {connections} | {name} | {spread(costs[name])} | {ratio} |", flush=True)


def stall(tools, responder, rate=1_000, connections=64, seconds=20):
    """What every tool says when the responder stands still for the last second of every five."""
    print(f"\n| {rate}/s, {connections} connections, {seconds} s, ms | {' | '.join(PERCENTILES)} | answered |")
    print("| --- " * (len(PERCENTILES) + 2) + "|")
    print("| exact, for a target that answers at once | 0 | 500 | 950 | 995 | 1000 | 20000 |")
    for name, tool in tools.items():
        with Responder(responder, "--stall", "1/5") as url:
            text, _ = run(tool.open(url, rate, connections, seconds))
            figures = tool.latency(text)
            cells = [f"{figures[p]:.1f}" if p in figures else "not shown" for p in PERCENTILES]
            print(f"| {name} | {' | '.join(cells)} | {tool.answered(text)} |", flush=True)


def pacing(loadgen, responder, seconds=5):
    """How late loadgen releases requests, with and without --spin."""
    print("\n| loadgen, open loop | lag p50, µs | p99, µs | max, µs |\n| --- | --- | --- | --- |")
    for rate in (1_000, 10_000):
        for spin in ([], ["--spin"]):
            with Responder(responder) as url:
                run([*loadgen.open(url, rate, 64, seconds), *spin])
            lag = json.loads((loadgen.directory / "summary.json").read_text())["schedule_lag_us"]
            print(f"| {rate}/s {' '.join(spin)} | {lag['p50']} | {lag['p99']} | {lag['max']} |", flush=True)


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    return f"{os.cpu_count()} processors ({model[1] if model else platform.machine()}), Linux {platform.release()}, load average {load}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("loadgen")
    parser.add_argument("responder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--no-stall", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        tools = {"loadgen": Loadgen(arguments.loadgen, scratch)}
        for name, kind in {"wrk": Wrk, "hey": Hey, "oha": Oha}.items():
            program = shutil.which(name)
            if program:
                tools[name] = kind(program, scratch)
            else:
                print(f"left out: {name} is not installed")
        print(", ".join(f"{name} {tool.version}" for name, tool in tools.items()))
        print(f"{machine()}\n{arguments.rounds} interleaved rounds of {arguments.seconds} s, body of {len(BODY)} bytes\n")
        cost(tools, arguments.responder, arguments.rounds, arguments.seconds)
        if not arguments.no_stall:
            stall(tools, arguments.responder)
        pacing(tools["loadgen"], arguments.responder)
        print(f"\nat the end: {machine()}")


if __name__ == "__main__":
    main()
