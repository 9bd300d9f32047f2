"""Starts Prometheus, lets it scrape a run, and asks it what it saw."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from free_ports import free_ports


def ask(port, query):
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)["data"]["result"]


def main(loadgen, prometheus):
    scratch = tempfile.TemporaryDirectory()
    folder = pathlib.Path(scratch.name)
    run = folder / "run"
    # The end of the run has to be seen too: the last arrivals come after a pause in which Prometheus scrapes.
    scenario = folder / "paused.toml"
    scenario.write_text(
        'schema = 1\nname = "scraped"\n[load]\nexecutor = "constant-arrival-rate"\nrate = 200\nduration = "8s"\n'
        'bursts = [{ at = "15s", count = 1 }]\n[[payload]]\nname = "p"\njson = {}\n'
    )
    load = [loadgen, str(scenario), "--prometheus", "0", "--no-tui", "-o", str(run), "--output-format", "json"]
    process = subprocess.Popen(load, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    server = None
    try:
        for line in process.stderr:
            if found := re.search(r"metrics at http://([^/]+)/metrics", line):
                target = found[1]
                break
        port = free_ports(1)
        settings = folder / "prometheus.yml"
        settings.write_text(
            "global: {scrape_interval: 1s}\nscrape_configs:\n"
            f"  - job_name: loadgen\n    static_configs: [{{targets: ['{target}']}}]\n"
        )
        server = subprocess.Popen(
            [prometheus, f"--config.file={settings}", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        seen = {}
        queries = {
            "up": "up",
            "sent": "loadgen_requests_sent_total",
            "started": 'loadgen_requests_ended_total{class="started"}',
            "counted in the histogram": 'loadgen_response_seconds_count{class="started"}',
            "p50 in seconds": 'histogram_quantile(0.5, loadgen_response_seconds_bucket{class="started"})',
            "scenario": "loadgen_run_info",
        }
        while process.poll() is None:
            for name, query in queries.items():
                try:
                    if result := ask(port, query):
                        value = result[0]["metric"]["scenario"] if name == "scenario" else float(result[0]["value"][1])
                        seen[name] = value
                except OSError:
                    pass
            time.sleep(0.5)
        summary = json.loads(process.stdout.read())
    finally:
        for child in (process, server):
            if child is not None:
                child.terminate()
                child.wait()
        scratch.cleanup()
    print(f"Prometheus saw {seen}")
    # The one arrival after the pause may come too late for the last scrape.
    started = summary["outcomes"]["started"]
    expected = f"{started - 1} or {started}"
    checks = {
        "the target was up": seen.get("up") == 1,
        f"{expected} requests were sent": started - seen.get("sent", 0) in (0, 1),
        f"{expected} executions were started": started - seen.get("started", 0) in (0, 1),
        "the histogram counts them all": started - seen.get("counted in the histogram", 0) in (0, 1),
        "a quantile can be had": 0 < seen.get("p50 in seconds", 0) < 1,
        "the run is named": seen.get("scenario") == "scraped",
    }
    for what, holds in checks.items():
        print(f"{'ok ' if holds else 'BAD'} {what}")
    sys.exit(0 if all(checks.values()) else 1)


main(sys.argv[1], sys.argv[2])
