"""A device on the command line.

    client.py DIR enrol --anchor ANCHOR [--udi UDI] --product P --model M    writes the content for a station, in hex
    client.py DIR attest --server URL --image FILE --version V               attests and delivers

DIR holds the secret and the store. ANCHOR is what the station pins: a JSON file with `log_key`, `generation` and
`recovery_key` (hex). Exit status: 0 done, 1 something was refused, 3 the server cannot be reached.
"""

import argparse
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request

import cbor2

from device import Device, component
from encoding import encode, sha256
from freshness import Refused, Trust
from identity import Identity

BATCH = 100


def secret(folder: pathlib.Path) -> bytes:
    path = folder / "secret"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(32))
    return path.read_bytes()


def http(url: str, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/cbor-seq"} if body else {})
    for _ in range(5):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read(1 << 24)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                raise
            time.sleep(min(int(error.headers.get("Retry-After", "1")), 60))
    raise urllib.error.URLError("the server stays busy")


def attest(device: Device, server: str, version: str, image: bytes) -> int:
    try:
        device.fresh(http(f"{server}/device/v1/freshness"))
    except Refused as refused:
        print(f"freshness is not believed: {refused}", file=sys.stderr)
    except urllib.error.URLError as error:
        print(f"no freshness, the beacon stays what it was: {error}", file=sys.stderr)
    claims = {6: int(time.time()), 270: "firmware", 271: [version], 273: [component("firmware", version, image)]}
    device.attest(claims)
    refused = 0
    while device.queue:
        batch = device.queue[:BATCH]
        before = len(device.queue)
        for answer in device.settle(batch, http(f"{server}/device/v1/evidence", b"".join(batch))):
            word = {1: "logged", 2: "staged", 3: "refused"}.get(answer[1], "later")
            print(word, answer.get(3, ""), answer.get(4, ""), answer.get(5, ""))
            refused += answer[1] == 3
        if len(device.queue) == before:
            print(f"{before} entries wait", file=sys.stderr)
            return 1
    return 1 if refused else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    verbs = parser.add_subparsers(dest="verb", required=True)
    enrol = verbs.add_parser("enrol")
    enrol.add_argument("--anchor", type=pathlib.Path, required=True)
    enrol.add_argument("--udi")
    enrol.add_argument("--product", required=True)
    enrol.add_argument("--model", required=True)
    enrol.add_argument("--serial")
    attesting = verbs.add_parser("attest")
    attesting.add_argument("--server", required=True)
    attesting.add_argument("--image", type=pathlib.Path, required=True)
    attesting.add_argument("--version", required=True)
    args = parser.parse_args()
    if args.verb == "enrol":
        anchor = json.loads(args.anchor.read_text())
        identity = Identity.of(secret(args.folder), bytes(32), bytes(32))
        (args.folder / "anchor.json").write_text(json.dumps(anchor))
        origin = anchor["log_key"].split("+")[0]
        print(encode(identity.enrolment(origin, args.udi, args.product, args.model, args.serial)).hex())
        return 0
    anchor = json.loads((args.folder / "anchor.json").read_text())
    image = args.image.read_bytes()
    identity = Identity.of(secret(args.folder), sha256(image), sha256(b""))
    trust, recovery = Trust(anchor["log_key"], anchor["generation"]), cbor2.loads(bytes.fromhex(anchor["recovery_key"]))
    device = Device(args.folder / "store.json", identity, trust, recovery, os.urandom(32))
    try:
        return attest(device, args.server.rstrip("/"), args.version, image)
    except urllib.error.URLError as error:
        print(f"the server cannot be reached: {error}; {len(device.queue)} entries wait", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
