"""Runs each load on virtual time and in real time, and compares what became of the requests.

Two counts agree when they are equal, or when the difference of the two shares lies within 1.96 standard errors of it.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LOADS = [
    ("chaos", ["scenarios/chaos.toml"]),
    ("spike", ["scenarios/spike.toml"]),
    # Beyond the quotas: its rush outlasts the bucket of StartExecution.
    ("spike, four times", ["scenarios/spike.toml", "--scale", "4"]),
]
# Without a threshold that ends a run early, and whatever the data cannot tell.
COMMON = ["--quotas", "aws", "--on-inconclusive", "pass", "--quiet", "--output-format", "quiet"]


def perform(loadgen, words, folder):
    """The summary of a run, and the seconds that it took."""
    begun = time.monotonic()
    ended = subprocess.run([loadgen, *words, *COMMON, "-o", folder], capture_output=True, text=True, timeout=3600)
    took = time.monotonic() - begun
    file = Path(folder) / "summary.json"
    if not file.exists():
        sys.exit(f"{' '.join(words)}: no summary (exit {ended.returncode}): {ended.stderr}")
    return json.loads(file.read_text()), took


def outcomes(summary):
    counted = dict(summary["outcomes"]["failed"], started=summary["outcomes"]["started"])
    counted["unfinished"] = summary["outcomes"]["unfinished"]
    workflows = summary["workflows"] or {}
    for end in ("succeeded", "failed", "open"):
        counted[f"workflows {end}"] = workflows.get(end, 0)
    return {name: count for name, count in counted.items() if count}


def agree(one, other, of_one, of_other):
    if one == other:
        return "equal"
    shares = one / of_one, other / of_other
    both = (one + other) / (of_one + of_other)
    error = math.sqrt(both * (1 - both) * (1 / of_one + 1 / of_other))
    return "within" if abs(shares[0] - shares[1]) <= 1.96 * error else "DIFFERENT"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("loadgen")
    parser.add_argument("--soak", default="10m", help="how long the soak lasts that is run in real time too")
    arguments = parser.parse_args()
    different = 0
    print("| load | requests | outcome | simulated | real | |")
    print("| --- | --- | --- | --- | --- | --- |")
    times = []
    with tempfile.TemporaryDirectory() as scratch:
        loads = [*LOADS, (f"soak, {arguments.soak}", ["scenarios/soak.toml", "-d", arguments.soak])]
        for number, (name, words) in enumerate(loads):
            foretold, simulated = perform(arguments.loadgen, ["plan", "--simulate", *words], f"{scratch}/{number}-s")
            real, took = perform(arguments.loadgen, ["run", *words], f"{scratch}/{number}-r")
            times.append((name, simulated, took))
            sent = foretold["plan"]["sent"], real["plan"]["sent"]
            counted = outcomes(foretold), outcomes(real)
            for outcome in sorted(set(counted[0]) | set(counted[1])):
                one, other = counted[0].get(outcome, 0), counted[1].get(outcome, 0)
                verdict = agree(one, other, *sent)
                different += verdict == "DIFFERENT"
                requests = sent[0] if sent[0] == sent[1] else f"{sent[0]} and {sent[1]}"
                print(f"| {name} | {requests} | {outcome} | {one} | {other} | {verdict} |", flush=True)
        hour, took = perform(arguments.loadgen, ["plan", "--simulate", "scenarios/soak.toml"], f"{scratch}/hour")
        print()
        for name, simulated, real in times:
            print(f"{name}: {simulated:.1f} s simulated, {real:.1f} s real")
        print(f"soak, 1h: {hour['plan']['sent']} requests in {took:.1f} s simulated")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
