"""Load generators behind one interface: command lines that ask for the same, and what each tool says afterwards."""

import base64
import json
import re
import shutil
import subprocess
import zlib
from collections import Counter

BODY = '{"order":"' + "x" * 138 + '"}'
PERCENTILES = ("p50", "p90", "p99", "p99.9", "max")
PLAIN, COMPRESSED = bytes.fromhex("1c849313"), bytes.fromhex("1c849314")
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def output(command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def milliseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(value) * UNITS[unit]


class Loadgen:
    def __init__(self, program, scratch):
        self.program, self.directory = program, scratch / "run"
        self.certificate = scratch / "responder.pem"
        self.version = output([program, "--version"]).split()[-1]

    def arguments(self, url, *scenario):
        shutil.rmtree(self.directory, ignore_errors=True)
        trust = ["--cacert", self.certificate] if url.startswith("https") else []
        return [self.program, "--quiet", "--url", url, "-o", self.directory, *trust, *(scenario or ["--body", BODY])]

    def closed(self, url, connections, seconds):
        return [*self.arguments(url), "--closed", str(connections), "-d", f"{seconds}s"]

    def open(self, url, rate, connections, seconds):
        rate = ["--rps", str(rate), "--arrivals", "uniform", "-c", str(connections)]
        return [*self.arguments(url), *rate, "-d", f"{seconds}s"]

    def summary(self):
        return json.loads((self.directory / "summary.json").read_text())

    def answered(self, _):
        return self.summary()["outcomes"]["started"]

    def latency(self, _):
        """Response times of all answers, straight from the run's histograms: also where they are worth too few
        independent requests for the summary to state a percentile. Dropped arrivals are never answered: infinity."""
        counts = Counter()
        for line in (self.directory / "intervals.hlog").read_text().splitlines():
            if line.startswith("Tag=started,"):
                counts.update(histogram(base64.b64decode(line.split(",")[4])))
        dropped = self.summary()["plan"]["dropped"]
        total, told = counts.total() + dropped, {}
        for name in PERCENTILES:
            share = 1 if name == "max" else float(name[1:]) / 100
            rank, seen = max(1, -(-share * total // 1)), 0
            told[name] = float("inf")
            for value, count in sorted(counts.items()):
                seen += count
                if seen >= rank:
                    told[name] = value / 1e3
                    break
        return told


def histogram(data):
    """The highest equivalent values and counts of an HdrHistogram V2, which may be compressed."""
    if data[:4] == COMPRESSED:
        data = zlib.decompress(data[8:])
    assert data[:4] == PLAIN, data[:4]
    digits = int.from_bytes(data[12:16], "big")
    magnitude = (2 * 10**digits - 1).bit_length()
    half = 1 << (magnitude - 1)
    counts, at, index = {}, 40, 0
    while at < len(data):
        value, shift = 0, 0
        while True:
            byte = data[at]
            at += 1
            if shift == 56:
                value |= byte << shift
                break
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        count = (value >> 1) ^ -(value & 1)
        if count < 0:
            index -= count
            continue
        if count:
            bucket, within = max(0, index // half - 1), index if index < half else index % half + half
            counts[(within << bucket) + (1 << bucket) - 1] = count
        index += 1
    return counts


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
        figures = {f"p{float(q):g}": milliseconds(t) for q, t in re.findall(r"^ +([\d.]+)%\s+(\S+)$", text, re.M)}
        figures["max"] = milliseconds(re.search(r"Latency\s+\S+\s+\S+\s+(\S+)", text)[1])
        return figures


class Wrk2(Wrk):
    def open(self, url, rate, connections, seconds):
        return [*self.closed(url, connections, seconds), f"-R{rate}"]


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
        trust = ["--insecure"] if url.startswith("https") else []
        load = ["-z", f"{seconds}s", "-c", str(connections), "--no-tui", "--output-format", "json", *trust, *more]
        return [self.program, *load, "-m", "POST", "-T", "application/json", "-d", BODY, url]

    def open(self, url, rate, connections, seconds):
        return self.closed(url, connections, seconds, "-q", str(rate), "--latency-correction")

    def answered(self, text):
        return json.loads(text)["statusCodeDistribution"]["200"]

    def latency(self, text):
        report = json.loads(text)
        figures = {name: report["latencyPercentiles"][name] * 1e3 for name in PERCENTILES[:-1]}
        return figures | {"max": report["summary"]["slowest"] * 1e3}
