"""A table of runs at one rate under growing limits of requests in flight, without and with a stall of the target."""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile

LIMITS = (64, 256, 1_000, 10_000, 100_000)


def run(options, responder, loadgen, limit, stall):
    """One run: what it sent and how, and CPU microseconds of the generator per request."""
    words = [responder] + (["--stall", stall] if stall else [])
    target = subprocess.Popen(["taskset", "-c", "0", *words], stdout=subprocess.PIPE, text=True)
    try:
        url = target.stdout.readline().strip()
        with tempfile.TemporaryDirectory() as folder:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            ended = subprocess.run(
                ["taskset", "-c", "1", loadgen, "--rps", str(options.rate), "-d", f"{options.seconds}s", "-c", str(limit),
                 "--url", url, "--output-format", "json", "--quiet", "-o", f"{folder}/run"],
                capture_output=True, text=True, timeout=options.seconds + 120, check=False)
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--rate", type=int, default=40_000)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--loadgen", help="another binary, such as one of before")
    options = parser.parse_args()
    responder = os.path.join(options.binaries, "examples/responder")
    loadgen = options.loadgen or os.path.join(options.binaries, "loadgen")
    print(f"{options.rate}/s for {options.seconds} s, generator and target on a processor each")
    print(f"{'in flight':>10} {'stall':>7} {'ended/s':>9} {'p50 us':>9} {'p99 us':>9} {'max us':>10} {'connects':>9} {'CPU us':>7}")
    held = {}
    for stall in (None, "0.2/3"):
        for limit in LIMITS:
            summary, cost = run(options, responder, loadgen, limit, stall)
            rate = summary["plan"]["sent"] / max(summary["run"]["seconds"], 1e-9)
            held[limit, stall] = rate
            times = summary["response_us"]
            shown = [times.get(name) if times.get(name) is not None else "-" for name in ("p50", "p99", "max")]
            print(f"{limit:>10} {stall or '-':>7} {rate:>9.0f} {shown[0]:>9} {shown[1]:>9} {shown[2]:>10}"
                  f" {summary['connect_us']['count']:>9} {cost:>7.1f}", flush=True)
    worst = min(held[limit, stall] / held[LIMITS[0], stall] for limit, stall in held)
    print(f"the worst limit holds {worst:.2f} of the rate of {LIMITS[0]}")
    if worst < 0.97:
        sys.exit(1)


main()
