#!/usr/bin/env python3
"""Checks the merged reports of tests/referees/slurm.

same SINGLE MERGED   the merged run is the single one: planned arrivals, payloads and counts; names distinct over all
lossy MERGED         the shards of a lost node were attempted twice; one attempt counts, and the twins are no duplicates
"""

import json
import pathlib
import sys


def summary(directory):
    return json.loads((pathlib.Path(directory) / "summary.json").read_text())


def check(what, found, expected):
    ok = found == expected
    print(f"{'ok  ' if ok else 'NOT '} {what}: {found}" + ("" if ok else f", expected {expected}"))
    return ok


def same(single, merged):
    single, merged = summary(single), summary(merged)
    started = merged["outcomes"]["started"]
    return [
        check("arrivals_sha256", merged["plan"]["arrivals_sha256"], single["plan"]["arrivals_sha256"]),
        check("planned", merged["plan"]["planned"], single["plan"]["planned"]),
        check("sent", merged["plan"]["sent"], single["plan"]["sent"]),
        check("outcomes", merged["outcomes"], single["outcomes"]),
        check("names checked", merged["names"]["checked"], started),
        check("names distinct", merged["names"]["unique"], started),
        check("shards complete", merged["shards"]["complete"], 4),
        check("verdict", merged["verdict"], single["verdict"]),
    ]


def lossy(merged):
    merged = summary(merged)
    shards = merged["shards"]
    attempts = {}
    for attempt in shards["attempts"]:
        attempts.setdefault(attempt["shard"], []).append(attempt)
    lost = {shard: tried for shard, tried in attempts.items() if len(tried) > 1}
    results = [
        check("shard 2 was on the node", 2 in lost, True),
        check("shards complete", shards["complete"], 4),
        check("attempts that count", sum(attempt["counts"] for attempt in shards["attempts"]), 4),
        check("duplicates", merged["names"]["duplicates"], 0),
        check("names distinct", merged["names"]["unique"], merged["outcomes"]["started"]),
        check("sent", merged["plan"]["sent"], merged["plan"]["planned"]),
    ]
    for shard, (orphan, twin) in lost.items():
        results += [
            check(f"shard {shard}: attempts", [orphan["attempt"], twin["attempt"]], [0, 1]),
            check(f"shard {shard}: the orphan went on to its end and counts", (orphan["ending"], orphan["counts"]), ("complete", True)),
            check(f"shard {shard}: the twin came late and does not count", (twin["late_us"] > 0, twin["counts"]), (True, False)),
        ]
        print(f"     shard {shard}: the orphan started {orphan['started']}, the twin {twin['started']}")
    # Whatever a twin sends, the orphan sends too, at the same instant: both ask for one execution and get its name.
    twins = sum(twin["started"] for _, twin in lost.values())
    return results + [check("names told twice", shards["twins"], twins)]


if __name__ == "__main__":
    checks = {"same": same, "lossy": lossy}[sys.argv[1]](*sys.argv[2 : 4 if sys.argv[1] == "same" else 3])
    sys.exit(0 if all(checks) else 1)
