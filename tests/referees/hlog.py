"""Reads what loadgen wrote with readers that others wrote: histograms, summaries, scenarios, rows."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree

import jsonschema
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

LOWEST, HIGHEST, DIGITS = 1, 3_600_000_000, 3


def by_tag(log):
    """The histograms of each tag, added up."""
    reader = HistogramLogReader(str(log), HdrHistogram(LOWEST, HIGHEST, DIGITS))
    sums = {}
    while (histogram := reader.get_next_interval_histogram()) is not None:
        sums.setdefault(histogram.get_tag(), HdrHistogram(LOWEST, HIGHEST, DIGITS)).add(histogram)
    return sums


def main(loadgen):
    failures = 0

    def check(what, ours, theirs, equal=lambda a, b: a == b):
        nonlocal failures
        same = equal(ours, theirs)
        failures += not same
        print(f"{'ok ' if same else 'BAD'} {what}: loadgen {ours}, reader {theirs}")

    schemas = {
        name: json.loads(pathlib.Path(f"docs/schema/{name}.json").read_text()) for name in ("scenario", "summary")
    }
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for scenario in sorted(pathlib.Path("scenarios").glob("*.toml")):
        first, text = scenario.read_text().split("\n", 1)
        named = scenario.parent / first.removeprefix("#:schema ")
        jsonschema.validate(tomllib.loads(text), json.loads(named.read_text()))
        print(f"ok  {scenario} is valid by {named.resolve().relative_to(pathlib.Path.cwd())}")

    with tempfile.TemporaryDirectory() as scratch:
        run = pathlib.Path(scratch) / "run"
        load = ["--rps", "400", "-n", "4000", "scenarios/basic.toml", "--out", "csv", "--output-format", "json"]
        ended = subprocess.run([loadgen, *load, "--quiet", "-o", run], stdout=subprocess.PIPE, text=True)
        summary = json.loads(ended.stdout)
        jsonschema.validate(summary, schemas["summary"])
        print("ok  summary.json is valid by docs/schema/summary.json")

        sums = by_tag(run / "intervals.hlog")
        check("tags", "started", "started" if "started" in sums else sorted(sums))
        started = sums["started"]
        check("started executions", summary["outcomes"]["started"], started.get_total_count())
        ours = summary["classes"]["started"]["response_us"]
        # The reader's percentile is the highest value of the bucket, as ours is: equal to the microsecond.
        for name, percentile in (("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("p999", 99.9)):
            if ours[name] is not None:
                check(f"response {name} in µs", ours[name], started.get_value_at_percentile(percentile))
        check("longest response in µs", ours["max"], started.get_max_value())

        with (run / "requests.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        check("rows", summary["plan"]["sent"], len(rows))
        check("distinct names in rows", summary["names"]["unique"], len({row["name"] for row in rows if row["name"]}))

        suite = xml.etree.ElementTree.parse(run / "junit.xml").getroot()
        red = int(suite.get("failures")) + int(suite.get("errors"))
        check("JUnit is green when the run passes", ended.returncode == 0, red == 0)
    sys.exit(1 if failures else 0)


main(sys.argv[1])
