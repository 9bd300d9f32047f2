"""Runs the endpoint and loadgen for long and tells what grows: a row a minute, and the slope of each figure."""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

FIGURES = ["resident kB", "descriptors", "threads"]


def figures(pid):
    """Resident size in kilobytes, open descriptors and threads of a process; None when it is gone."""
    process = pathlib.Path(f"/proc/{pid}")
    try:
        status = (process / "status").read_text()
        descriptors = len(list((process / "fd").iterdir()))
    except (FileNotFoundError, ProcessLookupError):
        return None
    value = lambda name: re.search(rf"{name}:\s+(\d+)", status)
    size, threads = value("VmRSS"), value("Threads")
    return [int(size[1]), descriptors, int(threads[1])] if size and threads else None


def slope(times, values):
    """Growth an hour, by least squares."""
    middle, mean = sum(times) / len(times), sum(values) / len(values)
    spread = sum((at - middle) ** 2 for at in times)
    return 3600 * sum((at - middle) * (value - mean) for at, value in zip(times, values)) / spread if spread else 0.0


def counters(base):
    with urllib.request.urlopen(f"{base}/_stepgate/counters") as answer:
        return json.load(answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("emulator")
    parser.add_argument("loadgen")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=int, default=300)
    parser.add_argument("--phases", help="starts a second and seconds: 300x20,2000x40,300x140")
    parser.add_argument("--retain", default="100000")
    options = parser.parse_args()
    endpoint = subprocess.Popen([options.emulator, "--retain", options.retain], stdout=subprocess.PIPE, text=True)
    try:
        return phases(endpoint, options) if options.phases else soak(endpoint, options)
    finally:
        endpoint.terminate()
        endpoint.wait(10)


def phases(endpoint, options):
    """Quiet and busy stretches one after the other: what the endpoint takes meanwhile, every five seconds."""
    url = endpoint.stdout.readline().strip()
    base = "/".join(url.split("/")[:3])
    begun = time.monotonic()
    print("| second | starts/s | " + " | ".join(FIGURES) + " | open executions | ended otherwise than well |")
    print("| ---: " * 7 + "|")
    with tempfile.TemporaryDirectory() as folder:
        for number, phase in enumerate(options.phases.split(",")):
            rate, seconds = (int(part) for part in phase.split("x"))
            load = [options.loadgen, "--quiet", "--url", url, "--rps", str(rate), "-d", f"{seconds}s",
                    "-o", f"{folder}/{number}", "--body", '{"order": "{{ uuid() }}"}']
            generator = subprocess.Popen(load, stdout=subprocess.DEVNULL) if rate else None
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                executions = counters(base)["executions"]
                row = [f"{time.monotonic() - begun:.0f}", rate, *figures(endpoint.pid), executions["running"], executions["failed"]]
                print("| " + " | ".join(str(value) for value in row) + " |", flush=True)
                time.sleep(min(5, left))
            if generator:
                generator.wait()
    return 0


def soak(endpoint, options):
    url = endpoint.stdout.readline().strip()
    base = "/".join(url.split("/")[:3])
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder) / "run"
        load = [options.loadgen, "--quiet", "--url", url, "--rps", str(options.rate), "-o", str(directory),
                "-d", f"{options.minutes * 60:.0f}s", "--body", '{"order": "{{ uuid() }}"}']
        generator = subprocess.Popen(load, stdout=subprocess.DEVNULL)
        begun, rows, shown = time.monotonic(), [], 0
        print("| minute | endpoint: " + " | ".join(FIGURES) + " | loadgen: " + " | ".join(FIGURES) + " | running |")
        print("| ---: " * 8 + "|")
        while generator.poll() is None:
            at = time.monotonic() - begun
            both = figures(endpoint.pid), figures(generator.pid)
            if None not in both:
                rows.append((at, *both[0], *both[1]))
                if at >= shown * 60:
                    running = counters(base)["executions"]["running"]
                    print(f"| {shown} | " + " | ".join(str(value) for value in rows[-1][1:]) + f" | {running} |", flush=True)
                    shown += 1
            time.sleep(2)
        summary = json.loads((directory / "summary.json").read_text())
    # The first third fills what is kept (--retain) and warms everything up; the last seconds close connections.
    steady = [row for row in rows if row[0] > rows[-1][0] / 3 and row[0] < rows[-1][0] - 5]
    times = [row[0] for row in steady]
    mistakes = []
    for place, (who, what) in enumerate((who, what) for who in ("endpoint", "loadgen") for what in FIGURES):
        values = [row[place + 1] for row in steady]
        growth = slope(times, values)
        print(f"{who}, {what}: {min(values)} to {max(values)}, {growth:+.1f} an hour")
        if what != FIGURES[0] and growth * options.minutes / 60 > 3:
            mistakes.append(f"the {who}'s {what} grow")
    time.sleep(8)
    names, open_ones = summary["names"], counters(base)["executions"]["running"]
    print(f"{names['checked']} starts, {names['duplicates']} duplicates, {names['mismatched']} mismatched; "
          f"{open_ones} executions open, verdict {summary['verdict']}")
    if names["duplicates"] or names["mismatched"] or names["checked"] != summary["outcomes"]["started"]:
        mistakes.append("starts do not add up")
    if open_ones:
        mistakes.append(f"{open_ones} executions have not ended")
    print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
