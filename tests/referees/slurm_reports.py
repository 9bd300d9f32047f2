#!/usr/bin/env python3
"""Checks the merged reports of tests/referees/slurm.

same SINGLE MERGED   the merged run is the single one: planned arrivals, payloads and counts; names distinct over all
lossy MERGED         shard 2 was attempted twice; one attempt counts, and the twins are no duplicates
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
    attempts = [attempt for attempt in shards["attempts"] if attempt["shard"] == 2]
    orphan, twin = attempts if len(attempts) == 2 else (attempts[0], None)
    results = [
        check("attempts at shard 2", [attempt["attempt"] for attempt in attempts], [0, 1]),
        check("the orphan went on to its end", orphan["ending"], "complete"),
        check("attempts that count", sum(attempt["counts"] for attempt in shards["attempts"]), 4),
        check("shards complete", shards["complete"], 4),
        check("duplicates", merged["names"]["duplicates"], 0),
        check("names distinct", merged["names"]["unique"], merged["outcomes"]["started"]),
        check("sent", merged["plan"]["sent"], merged["plan"]["planned"]),
    ]
    if twin is not None:
        results += [
            check("the twin counts", twin["counts"], False),
            check("the twin came late", twin["late_us"] > 0, True),
            # One arrival at a time is sent by both, asks for one execution, and gets one.
            check("twins are told apart", 0 < shards["twins"] <= twin["started"], True),
        ]
        print(f"     the orphan sent {orphan['sent']}, the twin {twin['sent']}; {shards['twins']} names told twice")
    return results


if __name__ == "__main__":
    checks = {"same": same, "lossy": lossy}[sys.argv[1]](*sys.argv[2 : 4 if sys.argv[1] == "same" else 3])
    sys.exit(0 if all(checks) else 1)
