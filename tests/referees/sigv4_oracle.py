"""Signs client/vectors/sigv4/execute-api.json with botocore and compares, or with --write renews the signatures.

Run by tests/referees/sigv4-oracle, which brings botocore.
"""

import datetime
import json
import pathlib
import sys

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

VECTORS = pathlib.Path("client/vectors/sigv4/execute-api.json")


def authorization(case):
    """What botocore puts into the header; it knows nothing of the headers that our signers leave out."""
    now = datetime.datetime.fromtimestamp(case["time"], datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda *_: now
    headers = HTTPHeaders()
    for name, value in case["headers"]:
        headers[name] = value  # Appends.
    request = AWSRequest(method=case["method"], url=case["url"], data=case["body"].encode())
    request.headers = headers
    credentials = Credentials(case["access_key_id"], case["secret_access_key"], case.get("session_token"))
    botocore.auth.SigV4Auth(credentials, case["service"], case["region"]).add_auth(request)
    return request.headers["Authorization"]


def main():
    vectors = json.loads(VECTORS.read_text())
    differ = 0
    for case in vectors["cases"]:
        signed = authorization(case)
        if case.get("authorization") != signed:
            differ += 1
            print(f"{case['name']}\n  file:     {case.get('authorization')}\n  botocore: {signed}")
        case["authorization"] = signed
    if sys.argv[1:] == ["--write"]:
        vectors["signed_by"] = f"botocore {botocore.__version__}, by tests/referees/sigv4-oracle --write"
        VECTORS.write_text(json.dumps(vectors, indent=2, ensure_ascii=False) + "\n")
        print(f"{len(vectors['cases'])} signatures written, {differ} of them changed")
        return 0
    print(f"{len(vectors['cases'])} signatures compared with botocore {botocore.__version__}, {differ} differ")
    return 1 if differ else 0


sys.exit(main())
