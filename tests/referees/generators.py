"""Runs load generators in turn against one responder: what each costs, how punctual it is, what it says about a stall.

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

from generator_tools import BODY, PERCENTILES, Hey, Loadgen, Oha, Wrk, Wrk2, output

CONNECTIONS = (16, 64, 256)
TOOLS = {"wrk": Wrk, "oha": Oha, "hey": Hey, "wrk2": Wrk2}
SCENARIO = """schema = 1
name = "signed"
[target]
auth = "{auth}"
[load]
executor = "closed"
clients = 64
duration = "{seconds}s"
[[payload]]
name = "order"
json = {{ order = "{order}" }}
"""
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDLOAD", "AWS_SECRET_ACCESS_KEY": "a secret of the load's", "AWS_REGION": "us-east-1"}


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
    """The standard output of a command on processor 1, and its CPU time in microseconds: in all, in user mode."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(["taskset", "-c", "1", *command], stdout=out, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        out.seek(0)
        return out.read(), (usage.ru_utime + usage.ru_stime) * 1e6, usage.ru_utime * 1e6


def spread(values, digits=2):
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} [{low:.{digits}f}..{high:.{digits}f}]"


class Rounds:
    """CPU per request of every tool, round after round, and its ratio to the first tool's in the same round."""

    def __init__(self, names):
        self.costs, self.own, self.ratios, self.rates = ({name: [] for name in names} for _ in range(4))

    def add(self, tools, command, seconds):
        now = {}
        for name, tool in tools.items():
            text, cpu, own = run(command(tool))
            answered = tool.answered(text)
            now[name] = cpu / answered
            self.own[name].append(own / answered)
            self.rates[name].append(answered / seconds)
        for name, figure in now.items():
            self.costs[name].append(figure)
            self.ratios[name].append(now["loadgen"] / figure)

    def show(self, label):
        for name in self.costs:
            ratio = "" if name == "loadgen" else spread(self.ratios[name])
            rate = statistics.median(self.rates[name])
            own = statistics.median(self.own[name])
            print(f"| {label} | {name} | {spread(self.costs[name])} | {own:.2f} | {ratio} | {rate:,.0f} |", flush=True)


def heading(title):
    print(f"\n{title}\n\n| load | tool | CPU per request, µs: median [range] | of it user mode | loadgen's is x times it | answered/s |")
    print("| --- | --- | --- | --- | --- | --- |")


def closed(tools, responder, rounds, seconds, *options):
    for connections in CONNECTIONS:
        with Responder(responder, *options) as url:
            costs = Rounds(tools)
            for _ in range(rounds):
                costs.add(tools, lambda tool: tool.closed(url, connections, seconds), seconds)
        costs.show(f"closed, {connections}")


def open_loop(loadgen, wrk2, responder, rounds, seconds, connections=64):
    """At 80 % of the rate that wrk2 reaches when it is asked for more than it can."""
    with Responder(responder) as url:
        text, *_ = run(wrk2.open(url, 1_000_000, connections, seconds))
        rate = round(0.8 * wrk2.answered(text) / seconds, -3)
        costs = Rounds(["loadgen", "wrk2"])
        for _ in range(rounds):
            costs.add(
                {"loadgen": loadgen, "wrk2": wrk2}, lambda tool: tool.open(url, int(rate), connections, seconds), seconds
            )
    costs.show(f"open, {rate:,.0f}/s")
    lag = loadgen.summary()["schedule_lag_us"]
    print(f"\nloadgen's lag in the last round: p50 {lag['p50']} µs, p99 {lag['p99']} µs")


def signed(loadgen, responder, rounds, seconds):
    """Closed loop of 64 with and without signatures, which the responder does not look at."""
    scenarios = {}
    for auth in ("none", "sigv4"):
        scenarios[auth] = loadgen.directory.parent / f"{auth}.toml"
        scenarios[auth].write_text(SCENARIO.format(auth=auth, seconds=seconds, order=json.loads(BODY)["order"]))
    rates, costs = defaultdict(list), defaultdict(list)
    with Responder(responder) as url:
        for _ in range(rounds):
            for auth, scenario in scenarios.items():
                text, cpu, _ = run(loadgen.arguments(url, scenario))
                rates[auth].append(loadgen.answered(text) / seconds)
                costs[auth].append(cpu / loadgen.answered(text))
    ratios = [signed / unsigned for signed, unsigned in zip(rates["sigv4"], rates["none"])]
    more = [signed - unsigned for signed, unsigned in zip(costs["sigv4"], costs["none"])]
    print("\n| closed, 64 | answered/s: median [range] | CPU per request, µs |\n| --- | --- | --- |")
    for auth, rate in rates.items():
        print(f"| {'signed' if auth == 'sigv4' else 'unsigned'} | {spread(rate, 0)} | {spread(costs[auth])} |")
    print(f"\nsigned / unsigned: {spread(ratios)} of the rate, {spread(more)} µs more CPU a request")
    print("\n" + output(["cargo", "bench", "--quiet", "-p", "stepgate", "--bench", "sigv4"]))


def pacing(loadgen, responder, probe, seconds=5):
    """How late loadgen releases requests, beside bare timers and bare spinning at the same instants."""
    print("\n| waiting | lag p50, µs | p99, µs | max, µs |\n| --- | --- | --- | --- |")
    for rate in (1_000, 10_000):
        for spin in ([], ["--spin"]):
            lag = json.loads(run([probe, str(rate), str(seconds), *spin])[0])
            kind = "bare spinning" if spin else "bare timerfd"
            print(f"| {rate:,}/s, {kind} | {lag['p50']} | {lag['p99']} | {lag['max']} |")
            with Responder(responder) as url:
                run([*loadgen.open(url, rate, 64, seconds), *spin])
            lag = loadgen.summary()["schedule_lag_us"]
            label = f"{rate:,}/s, loadgen {' '.join(spin)}".strip()
            print(f"| {label} | {lag['p50']} | {lag['p99']} | {lag['max']} |", flush=True)
    host = json.loads((loadgen.directory / "manifest.json").read_text())["host"]
    print(f"\nhost, as the last run saw it: {host}")


def stall(tools, loadgen, responder, rate=1_000, connections=64, seconds=20):
    """What every tool says when the responder stands still for the last second of every five."""
    print(f"\n| {rate}/s for {seconds} s, ms | {' | '.join(PERCENTILES)} | answered |")
    print("| --- " * (len(PERCENTILES) + 2) + "|")

    def row(label, tool, command, *options):
        with Responder(responder, "--stall", "1/5", *options) as url:
            text, *_ = run(command(url))
            figures = tool.latency(text)
            cells = [f"{figures[p]:.1f}" if p in figures else "not shown" for p in PERCENTILES]
            print(f"| {label} | {' | '.join(cells)} | {tool.answered(text)} |", flush=True)

    print(f"| exact, of a target that answers at once | 0 | 500 | 950 | 995 | 1000 | {rate * seconds} |")
    row("loadgen, all in flight", loadgen, lambda url: loadgen.open(url, rate, 4_000, seconds))
    row(
        "loadgen, a connection for each request",
        loadgen,
        lambda url: [*loadgen.open(url, rate, 4_000, seconds), "--disable-keepalive"],
    )
    tls = ("--tls", loadgen.certificate)
    row("loadgen, all in flight, TLS", loadgen, lambda url: loadgen.open(url, rate, 4_000, seconds), *tls)
    row(f"loadgen, queue behind {connections}", loadgen, lambda url: loadgen.open(url, rate, connections, seconds))
    exact = seconds * rate - seconds // 5 * (rate - connections)
    print(f"| exact, dropped beyond {connections} | 0 | never | never | never | never | {exact} |")
    row(f"loadgen, drop beyond {connections}", loadgen, lambda url: dropping(loadgen, url, rate, connections, seconds))
    for name, tool in tools.items():
        if name != "loadgen":
            row(f"{name}, {connections} connections", tool, lambda url: tool.open(url, rate, connections, seconds))


def dropping(loadgen, url, rate, connections, seconds):
    scenario = loadgen.directory.parent / "drop.toml"
    load = SCENARIO.format(auth="none", seconds=seconds, order=json.loads(BODY)["order"]).replace(
        'executor = "closed"\nclients = 64',
        f'executor = "constant-arrival-rate"\nrate = {rate}\narrivals = "uniform"\n'
        f'max_in_flight = {connections}\non_saturation = "drop"',
    )
    scenario.write_text(load)
    return loadgen.arguments(url, scenario)


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    return f"{os.cpu_count()} processors ({model[1] if model else platform.machine()}), Linux {platform.release()}, load average {load}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", help="folder of loadgen and examples/")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--before", help="loadgen of another commit, which takes its turn in the closed loop")
    parser.add_argument("rows", nargs="*", default=["closed", "tls", "open", "signed", "pacing", "stall"])
    arguments = parser.parse_intermixed_args()
    programs = pathlib.Path(arguments.programs)
    responder, probe = programs / "examples/responder", programs / "examples/wakeups"
    rounds, seconds = arguments.rounds, arguments.seconds
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        loadgen = Loadgen(programs / "loadgen", scratch)
        tools = {"loadgen": loadgen}
        if arguments.before:
            (scratch / "before").mkdir()
            tools["loadgen before"] = Loadgen(arguments.before, scratch / "before")
        for name, kind in TOOLS.items():
            program = shutil.which(name)
            if program:
                tools[name] = kind(program, scratch)
            else:
                print(f"left out: {name} is not installed")
        print(", ".join(f"{name} {tool.version}" for name, tool in tools.items()))
        print(f"{machine()}\n{rounds} interleaved rounds of {seconds} s, body of {len(BODY)} bytes")
        beside = {name: tool for name, tool in tools.items() if name != "wrk2"}
        for row in arguments.rows:
            if row == "closed":
                heading("HTTP/1.1, closed loop")
                closed(beside, responder, rounds, seconds)
            elif row == "tls":
                heading("The same over TLS 1.3")
                secure = {name: tool for name, tool in beside.items() if name != "hey"}  # Its handshake fails.
                closed(secure, responder, rounds, seconds, "--tls", loadgen.certificate)
            elif row == "open" and "wrk2" in tools:
                heading("Open loop, 64 connections")
                open_loop(loadgen, tools["wrk2"], responder, rounds, seconds)
            elif row == "signed":
                os.environ.update(KEYS)
                signed(loadgen, responder, rounds, seconds)
            elif row == "pacing":
                pacing(loadgen, responder, probe)
            elif row == "stall":
                stall(tools, loadgen, responder)
        print(f"\nat the end: {machine()}")


if __name__ == "__main__":
    main()
