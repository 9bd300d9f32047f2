"""botocore as referee of the emulator's signature verifier.

usage: sigv4_verifier.py EXAMPLE REQUESTS [SEED]
"""

import base64
import calendar
import json
import random
import string
import subprocess
import sys
import time
from urllib.parse import quote, urlsplit

import botocore
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

EXAMPLE, REQUESTS = sys.argv[1], int(sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
rng = random.Random(SEED)

LETTERS = string.ascii_letters + string.digits
TEXT = LETTERS + " /%&=?#+~-_.:;,@!$'()*[]{}|\\^`\"<>äß€漢😀"


def text(alphabet, most, least=0):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(least, most)))


def path():
    # No dot segment at the end: botocore leaves the slash before it out, RFC 3986 (section 5.2.4) keeps it.
    segments = [rng.choice(["", ".", "..", quote(text(TEXT, 8), safe="")]) for _ in range(rng.randint(0, 4))]
    return "/" + "/".join(segments + [text(LETTERS, 5, 1), *rng.choice([[], [""]])])


def query():
    pair = lambda: f"{quote(text(TEXT, 6, 1), safe='')}={quote(text(TEXT, 8), safe='')}"
    return "&".join(pair() for _ in range(rng.randint(0, 4)))


def headers():
    fields = {}
    for _ in range(rng.randint(0, 4)):
        spaces = lambda: " " * rng.randint(0, 3)
        words = [text(LETTERS + "/+=,;\"'", 8, 1) for _ in range(rng.randint(1, 3))]
        value = spaces() + (" " + spaces()).join(words) + spaces()
        fields[rng.choice(["X-Amz-", "X-", ""]) + text(string.ascii_letters, 8, 3)] = value
    return fields


def signed():
    """A random request, signed in the header or in the query, as the example reads it."""
    presigned = rng.random() < 0.3
    token = text(LETTERS + "/+=", 80, 10) if rng.random() < 0.4 else None
    key = {"access_key": "AKID" + text(string.ascii_uppercase, 16, 16), "secret": text(LETTERS + "/+", 60, 1)}
    scope = {"region": rng.choice(["us-east-1", "eu-west-1"]), "service": rng.choice(["execute-api", "states"])}
    raw_query = query()
    host = f"{text(string.ascii_lowercase, 10, 10)}.execute-api.{scope['region']}.amazonaws.com"
    url = f"https://{host}{path()}" + (f"?{raw_query}" if raw_query else "")
    body = b"" if presigned else rng.randbytes(rng.choice([0, 1, 100, 5000]))
    request = AWSRequest(rng.choice(["GET", "POST", "PUT", "DELETE", "OPTIONS"]), url, headers(), body)
    credentials = Credentials(key["access_key"], key["secret"], token)
    sign = SigV4QueryAuth if presigned else SigV4Auth
    sign(credentials, scope["service"], scope["region"]).add_auth(request)

    target = urlsplit(request.url)
    # A proxy may give headers in any order and case.
    fields = [(rng.choice([name, name.lower(), name.upper()]), value) for name, value in request.headers.items()]
    if not any(name.lower() == "host" for name, _ in fields):
        fields.append(("Host", host))
    rng.shuffle(fields)
    now = calendar.timegm(time.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ"))
    return dict(
        method=request.method, path=target.path, query=target.query, headers=fields,
        body=base64.b64encode(body).decode(), token=token, now=now + rng.randint(-300, 300), **key, **scope,
    )


def changed(request):
    """The same request with one thing changed that the signature covers."""
    copy = json.loads(json.dumps(request))
    part = rng.choice(["method", "path", "query", "header", "body", "secret", "token"])
    if part == "method":
        copy["method"] = "PATCH"
    elif part == "path":
        copy["path"] += rng.choice(["x", "/x", "%20"])
    elif part == "query":
        copy["query"] += "&x=1"
    elif part == "header":
        field = next(field for field in copy["headers"] if field[0].lower() == "host")
        field[1] += "x"
    elif part == "body":
        copy["body"] = base64.b64encode(base64.b64decode(copy["body"]) + b"\0").decode()
    elif part == "secret":
        copy["secret"] += "x"
    else:
        copy["token"] = (copy["token"] or "") + "x"
    return part, copy


print(f"botocore {botocore.__version__}, {REQUESTS} requests, seed {SEED}")
cases = []
for _ in range(REQUESTS):
    request = signed()
    part, copy = changed(request)
    cases += [("accepted", "as signed", request), ("refused", f"{part} changed", copy)]

lines = "".join(json.dumps(case[2]) + "\n" for case in cases)
answers = subprocess.run([EXAMPLE], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
assert len(answers) == len(cases), f"{len(answers)} answers to {len(cases)} requests"
wrong = [
    (claim, case, answer)
    for (expected, claim, case), answer in zip(cases, answers)
    if (answer == "accepted") != (expected == "accepted")
]
for claim, case, answer in wrong[:3]:
    print(f"FAIL {claim}: {json.dumps(case)}\n     {answer}")
print(f"{len(cases) - len(wrong)} of {len(cases)} verdicts agree")
sys.exit(1 if wrong else 0)
