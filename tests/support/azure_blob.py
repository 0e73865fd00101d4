"""What a blob service holds, seen by another client than ours: Python's own, with a shared access signature of the account.

azure_blob.py sas PERMISSIONS LIFETIME           prints a signature for all containers and blobs
azure_blob.py get URL CONTAINER BLOB FILE        the blob's bytes into the file; prints its headers, one a line, in lower case
azure_blob.py lease URL CONTAINER BLOB           takes a lease of the blob that does not end
"""
import base64
import datetime
import hashlib
import hmac
import os
import sys
import urllib.parse
import urllib.request


def signature(permissions, lifetime):
    account, key = os.environ["AZURE_TEST_ACCOUNT"], os.environ["AZURE_TEST_KEY"]
    expiry = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=lifetime)).strftime("%Y-%m-%dT%H:%M:%SZ")
    version = "2020-10-02"
    text = "\n".join([account, permissions, "b", "sco", "", expiry, "", "https,http", version, ""])
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    return urllib.parse.urlencode({"sv": version, "ss": "b", "srt": "sco", "sp": permissions, "se": expiry, "spr": "https,http",
                                   "sig": base64.b64encode(digest).decode()})


def place(url, container, blob, permissions):
    return f"{url}/{container}/{urllib.parse.quote(blob)}?{signature(permissions, 600)}"


opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
if sys.argv[1] == "sas":
    print(signature(sys.argv[2], int(sys.argv[3])), end="")
elif sys.argv[1] == "lease":
    headers = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"}
    opener.open(urllib.request.Request(place(*sys.argv[2:], "w") + "&comp=lease", method="PUT", headers=headers)).close()
else:
    url, container, blob, file = sys.argv[2:]
    with opener.open(place(url, container, blob, "r")) as answer, open(file, "wb") as out:
        out.write(answer.read())
        print("\n".join(f"{name.lower()}: {value}" for name, value in answer.headers.items()))
