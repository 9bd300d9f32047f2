"""Runs at one rate: under growing limits of requests in flight, and of connections that are being made at a time.

Each without and with a stall of the target, against a responder that does nothing else, or against loadgen's embedded
endpoint (deploy/ with a machine that does nothing). Ratios are taken within one call, for machines are shared.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

LIMITS = (64, 256, 1_000, 10_000, 100_000)
CONNECTING = (1, 4, 16, 64, 256, 1_024, 100_000)
STALL = "0.2/3"
HEAD = f"{'in flight':>10} {'connecting':>10} {'stall':>6} {'answered/s':>10} {'p50 us':>9} {'p99 us':>9} {'max us':>10} {'connects':>9} {'CPU us':>7}"


def run(options, words, limit, connecting):
    """One run against a target: its summary, and CPU microseconds of the generator per request."""
    target = subprocess.Popen(["taskset", "-c", "0", *words], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    try:
        url = target.stdout.readline().strip()
        with tempfile.TemporaryDirectory() as folder:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            limits = ["-c", str(limit)] + (["--max-connecting", str(connecting)] if connecting else [])
            ended = subprocess.run(
                ["taskset", "-c", "1", options.loadgen, "--rps", str(options.rate), "-d", f"{options.seconds}s", *limits,
                 "--url", url, "--output-format", "json", "--quiet", "-o", f"{folder}/run"],
                capture_output=True, text=True, timeout=options.seconds + 120, check=False)  # fmt: skip
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
    finally:
        target.send_signal(signal.SIGTERM)
        target.wait()
    try:
        summary = json.loads(ended.stdout)
    except ValueError:
        sys.exit(f"loadgen ended with {ended.returncode}: {ended.stderr}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return summary, 1e6 * processor / max(1, summary["plan"]["sent"])


def pass_machine(loadgen, folder):
    """The embedded endpoint with the wiring of deploy/ and a machine that does nothing."""
    shutil.copytree("deploy", folder, dirs_exist_ok=True)
    with open(os.path.join(folder, "workflow.asl.json"), "w", encoding="utf-8") as machine:
        json.dump({"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}, machine)
    return [loadgen, "serve", "--template", os.path.join(folder, "template.yaml"), "--param", "Auth=NONE"]


def measured(options, responder, stall, limit, connecting):
    """The best of some runs by what was answered: a neighbour on the machine only takes away. Prints its row."""
    words = options.embedded or [responder, *(["--stall", STALL] if stall else [])]
    runs = [run(options, words, limit, connecting) for _ in range(options.rounds)]

    def answered(pair):
        summary = pair[0]
        return summary["outcomes"]["started"] / max(summary["run"]["seconds"], 1e-9)

    summary, cost = max(runs, key=answered)
    times = summary["response_us"]
    shown = [times.get(name) if times.get(name) is not None else "-" for name in ("p50", "p99", "max")]
    print(f"{limit:>10} {connecting or '64':>10} {'0.2 s' if stall else '-':>6} {answered((summary, 0)):>10.0f} {shown[0]:>9}"
          f" {shown[1]:>9} {shown[2]:>10} {summary['connect_us']['count']:>9} {cost:>7.1f}", flush=True)  # fmt: skip
    return answered((summary, 0)), times.get("p50") or 0, statistics.median(cost for _, cost in runs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("what", nargs="*", choices=[[], "limits", "connecting"], default=[])
    parser.add_argument("--rate", type=int, default=40_000)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--embedded", action="store_true", help="against the Pass machine of the embedded endpoint")
    parser.add_argument("--loadgen", help="another binary, such as one of before")
    options = parser.parse_args()
    what = options.what or ["limits", "connecting"]
    responder = os.path.join(options.binaries, "examples/responder")
    options.loadgen = options.loadgen or os.path.join(options.binaries, "loadgen")
    target = "the embedded endpoint" if options.embedded else "a bare responder"
    print(f"{options.rate}/s for {options.seconds} s, generator and {target} on a processor each, the best of {options.rounds}")
    stalls = (False,) if options.embedded else (False, True)
    failed = False
    folder = tempfile.TemporaryDirectory()
    if options.embedded:
        options.embedded = pass_machine(options.loadgen, folder.name)
    if "limits" in what:
        print(f"\n{HEAD}")
        for stall in stalls:
            held = {limit: measured(options, responder, stall, limit, None)[0] for limit in LIMITS}
            worst = min(held.values()) / held[LIMITS[0]]
            print(f"the worst limit holds {worst:.2f} of the rate of {LIMITS[0]}")
            failed |= worst < 0.97
    if "connecting" in what:
        print(f"\n{HEAD}")
        for stall in stalls:
            rows = {connecting: measured(options, responder, stall, 1_000, connecting) for connecting in CONNECTING}
            quickest = min(p50 for _, p50, _ in rows.values())
            print("p50 beside the best: " + ", ".join(f"{n} {p50 / max(quickest, 1):.2f}" for n, (_, p50, _) in rows.items()))
    sys.exit(1 if failed else 0)


main()
