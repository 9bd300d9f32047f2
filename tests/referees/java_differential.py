"""Renders templates made at random here and with the Java reference, and tells where the two part."""

import argparse
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from java_inputs import PRELUDE, Inputs

BATCH = 500
MOST_TOLD = 25
MOST_OF_A_KIND = 4

# Differences that are known and wanted, by what either side says of the template, and why.
KNOWN = [
    ("java", "^! a null of the gateway's own", "AWS renders null of a body and of its objects as nothing, Velocity its name (V)"),
    (
        "ours",
        "mapping template: .*(is not supported|has no (property|method)|does not take|cannot be set)",
        "refused at load: methods, directives and names that API Gateway does not have",
    ),
    (
        "ours",
        "mapping template: (#foreach needs a variable|`in` is expected|#define needs|#set needs)",
        "refused at load: Velocity takes these for loops that do nothing",
    ),
    ("ours", "mapping template: .*is not a regular expression", "refused at load: Java finds out when it comes there"),
    (
        "ours",
        "this needs more|grew past|nested deeper|deeper than|more than \\d+ bytes|row, split",
        "bounds of a request (docs/security.md)",
    ),
    ("java", "does not have an obvious maximum length", "a look-behind without a bound: Java sums up, and overflows"),
    ("ours", "does not have an obvious maximum length", "a look-behind without a bound: Java sums up, and overflows"),
    ("case", r"\(\?<[=!][^)]*([*+]|,\})", "a look-behind without a bound: Java sums up, and overflows"),
    ("java", "Bad class syntax|because .p. is null", "Java cannot read some classes with && at an end"),
    ("ours", "a map is neither empty nor not", "Jayway 2.10.0 throws there, 2.4.0 does not"),
    ("java", "StackOverflowError", "what holds itself: Java overflows its stack"),
    ("case", r"(short|byte)Value\(\)\.\w+\(", "numbers of 8 and 16 bits are integers here, with their methods"),
    ("java", "root can not be null", "the body `null`: what API Gateway says to it is not known (I)"),
    ("case", "(?s)(replace|split).*[\U00010000-\U0010ffff]", "Java finds nothing between the halves of a pair, too"),
    (
        "java",
        r"(JavaDifferential|java\.|org\.apache|\[C)[\w.$]*(;|%3B)?(@|%40)[0-9a-f]+",
        "where an object or an array is in Java's memory",
    ),
    (
        "case",
        r"toCharArray\(\)|[(,] *\$!?\{?\w+\.charAt\(",
        "a character is a text of one letter here, in Java of a class of its own",
    ),
    ("case", r"base64Encode\([^)]*\.(split|toCharArray|toArray)\(", "where an array is in Java's memory, encoded"),
    ("case", r"(values\(\)|#define.*)\.hashCode\(\)", "hashes of what has none of its own: a place in Java's memory"),
]


class Side:
    """A process that renders templates, a batch at a time."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
        )

    def answers(self, cases):
        self.process.stdin.write("".join(json.dumps(case) + "\n" for case in cases) + "\n")
        self.process.stdin.flush()
        lines = [self.process.stdout.readline() for _ in cases]
        if not lines[-1]:
            raise SystemExit(f"{self.process.args[0]} ended, at one of {len(cases)} cases from {json.dumps(cases[0])}")
        return [json.loads(line) for line in lines]


class Referee:
    def __init__(self, ours, java):
        self.sides = [Side(ours), Side(java)]
        self.both = ThreadPoolExecutor(2)
        self.seen = {"cases": 0, "same text": 0, "refused by both": 0}

    def ask(self, cases):
        """For each case what ours and Java answer, and why they may: `same`, a reason that is known, or none."""
        ours, java = self.both.map(lambda side: side.answers(cases), self.sides)
        return [(case, mine, theirs, verdict(case, mine, theirs)) for case, mine, theirs in zip(cases, ours, java)]

    def count(self, answers):
        for _, mine, _, why in answers:
            self.seen["cases"] += 1
            kind = why if why != "same" else "same text" if isinstance(mine, str) else "refused by both"
            self.seen[kind] = self.seen.get(kind, 0) + 1

    def smallest(self, case, mine, theirs):
        """Leaves out parts of a case for as long as the sides differ in the same way."""
        size, same_way = max(map(len, case)) // 4, kind(mine, theirs)
        while size:
            cuts = cuts_of(case, size)
            answers = self.ask([without(case, [cut]) for cut in cuts])
            differ = [cut for cut, (_, mine, theirs, why) in zip(cuts, answers) if why is None and kind(mine, theirs) == same_way]
            # All that can go alone at once, or else the first of them.
            together = without(case, differ)
            _, mine, theirs, why = self.ask([together])[0]
            if differ:
                case = together if why is None and kind(mine, theirs) == same_way else without(case, differ[:1])
            else:
                size //= 2
        return case


def cuts_of(case, size):
    """Every `size` characters of the template behind its prelude, and of the body."""
    return [(part, at, at + size) for part, start in [(0, len(PRELUDE)), (1, 0)] for at in range(start, len(case[part]), size)]


def without(case, cuts):
    parts = list(case)
    for part, start, end in reversed(cuts):
        parts[part] = parts[part][:start] + parts[part][end:]
    return parts


def verdict(case, mine, theirs):
    if mine == theirs or isinstance(mine, list) and isinstance(theirs, list):
        return "same"
    said = {"case": "".join(case), "ours": " ".join(["!"] + mine) if isinstance(mine, list) else mine}
    said["java"] = " ".join(["!"] + theirs) if isinstance(theirs, list) else theirs
    return next((why for side, pattern, why in KNOWN if re.search(pattern, said[side], re.DOTALL)), None)


def kind(mine, theirs):
    """What a difference looks like, so that not all are told that are of one kind."""
    return tuple(re.sub(r"[0-9]+|\".*?\"", "", answer[0])[:90] if isinstance(answer, list) else "" for answer in (mine, theirs))


def tell(case, mine, theirs):
    template, body = case[0].removeprefix(PRELUDE), case[1]
    print("\n" + "\t".join(json.dumps(part) for part in [template, body]), end="\t")
    print(json.dumps(theirs) if isinstance(theirs, str) else "!")
    for side, answer in [("here", mine), ("Java", theirs)]:
        print(f"  {side} {json.dumps(answer)[:300]}")
    print("", end="", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument(
        "--case", nargs=2, metavar=("TEMPLATE", "BODY"), help="only these, as JSON strings, as a difference shows them"
    )
    parser.add_argument("--ours", required=True)
    parser.add_argument("--java", required=True)
    parser.add_argument("--paths", action="store_true", help="Java has Jayway's JSONPath")
    given = parser.parse_args()
    referee = Referee([given.ours], given.java.split())
    if given.case:
        answers = referee.ask([[PRELUDE + json.loads(given.case[0]), json.loads(given.case[1])]])
        for case, mine, theirs, why in answers:
            tell(case, mine, theirs)
        return why is None
    print(f"seed {given.seed}{'' if given.paths else ', without JSONPath'}", flush=True)
    inputs = Inputs(random.Random(given.seed), given.paths)
    told, until = Counter(), time.monotonic() + given.seconds
    while time.monotonic() < until and told.total() < MOST_TOLD:
        answers = referee.ask([inputs.next() for _ in range(BATCH)])
        referee.count(answers)
        for case, mine, theirs, why in answers:
            if why is None and told[kind(mine, theirs)] < MOST_OF_A_KIND and told.total() < MOST_TOLD:
                told[kind(mine, theirs)] += 1
                tell(*referee.ask([referee.smallest(case, mine, theirs)])[0][:3])
    print("\n" + "\n".join(f"{count:9,} {kind or 'differ'}" for kind, count in referee.seen.items()))
    return None in referee.seen


if __name__ == "__main__":
    sys.exit(main())
