"""Compares emulator/src/java/regex/vectors.jsonl with what Java answers; --write renews the answers."""

import json
import subprocess
import sys

VECTORS = "emulator/src/java/regex/vectors.jsonl"


def encode(text):
    return text.encode("utf-16-be", "surrogatepass").hex()


def decode(text):
    return bytes.fromhex(text).decode("utf-16-be", "surrogatepass")


def answered(line):
    kind, *parts = line.split("\t")
    if kind == "[":
        return json.dumps([decode(part) for part in parts], ensure_ascii=False, separators=(",", ":"))
    return "!" if kind == "!" else decode(parts[0])


def main(classes, write):
    with open(VECTORS, encoding="utf-8") as file:
        vectors = [json.loads(line) for line in file]
    asked = "".join("\t".join([vector[0], *(encode(str(part)) for part in vector[1:-1])]) + "\n" for vector in vectors)
    java = subprocess.run(["java", "-cp", classes, "JavaPatterns"], input=asked, capture_output=True, text=True, check=True)
    answers = [answered(line) for line in java.stdout.splitlines()]
    assert len(answers) == len(vectors), java.stderr
    different = 0
    for vector, answer in zip(vectors, answers):
        expected = vector[-1]
        if vector[0] == "split" and "!" not in (expected, answer):
            expected, answer = json.loads(expected), json.loads(answer)
        if expected != answer:
            different += 1
            print(f"{vector}: Java answers {answer!r}")
    if write:
        with open(VECTORS, "w", encoding="utf-8") as file:
            for vector, answer in zip(vectors, answers):
                file.write(json.dumps([*vector[:-1], answer]) + "\n")
    print(f"{len(vectors)} vectors, {different} differ")
    return 1 if different and not write else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--write" in sys.argv[2:]))
