"""Holds this client to the worked example of the specification. Exit status 0 if every line is as specified, else 1."""

import base64
import io
import pathlib
import re
import sys

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device import Device, component
from encoding import encode, public_key, sha256
from freshness import Refused, Trust, signed_text
from identity import Identity, station_entry


def example(document: pathlib.Path) -> dict[str, bytes]:
    text = document.read_text(encoding="utf-8")
    block = text.split("<!-- worked example: begin -->")[1].split("<!-- worked example: end -->")[0]
    return {name: bytes.fromhex(digits) for name, digits in re.findall(r"^([a-z0-9-]+) ([0-9a-f]+)$", block, re.M)}


def ours(given: dict[str, bytes]) -> dict[str, bytes]:
    """Every line that a device makes, from the inputs alone."""
    origin, udi = given["origin"].decode(), given["udi"].decode()
    identity = Identity.of(given["unique-secret"], sha256(b"firmware image"), sha256(b"configuration"))
    station = Ed25519PrivateKey.from_private_bytes(given["station-seed"])
    content = identity.enrolment(origin, udi, "pump", "PX-200", "SN-1")
    anchor, recovery = Trust(given["log-key"].decode(), 0), cbor2.loads(given["recovery-key"])
    device = Device(None, identity, anchor, recovery, given["entropy"])
    certificate = encode(device.certificate_array())
    stream_hash = bytes.fromhex(device.stream["last"])
    device.fresh(given["freshness"])
    measured = [component("pump", "2.1.0", b"firmware image")]
    claims = {6: 1795176000, 259: b"PX-200", 261: 60, 263: 3, 270: "pump", 271: ["2.1.0"], 273: measured}
    evidence_hash = device.attest(claims)
    return {
        "code": sha256(b"firmware image"),
        "configuration": sha256(b"configuration"),
        "device-key": encode(public_key(identity.device)),
        "ueid": identity.ueid,
        "layer": identity.layer,
        "alias-key": encode(public_key(identity.alias)),
        "possession-signed": encode(identity.possession(origin, udi)),
        "possession": content[3],
        "enrolment-entry": station_entry(station, content),
        "stream": device.stream["number"].to_bytes(8, "big"),
        "certificate-signed": certificate,
        "stream-entry": device.queue[0],
        "stream-entry-hash": stream_hash,
        "evidence-entry": device.queue[1],
        "evidence-entry-hash": evidence_hash,
    }


def receipts(given: dict[str, bytes]) -> list[str]:
    """Checks the answers and their receipts: a tree of two entries."""
    entries = [given["stream-entry"], given["evidence-entry"]]
    leaves = [sha256(b"\x00" + entry) for entry in entries]
    stream, wrong = io.BytesIO(given["answers"]), []
    for n in range(2):
        answer = cbor2.load(stream)
        head, note = answer[7].split("\n\n", 1)
        lines = head.split("\n")
        sibling = base64.b64decode(lines[-1])
        pair = [leaves[n], sibling] if n == 0 else [sibling, leaves[n]]
        text = signed_text(note, given["log-key"].decode()).split("\n")
        holds = base64.b64decode(text[2]) == sha256(b"\x01" + pair[0] + pair[1]) and text[1] == "2"
        entry_hash = sha256(cbor2.loads(entries[n]).value[2])
        if answer[1] != 1 or answer[2] != entry_hash or answer[3] != n or f"index {n}" not in lines or not holds:
            wrong.append(f"answers, item {n}")
    if stream.tell() != len(given["answers"]):
        wrong.append("answers: something follows")
    return wrong


def freshness(given: dict[str, bytes]) -> list[str]:
    anchor, recovery = Trust(given["log-key"].decode(), 0), cbor2.loads(given["recovery-key"])
    trust, wrong = anchor.advanced(recovery, given["freshness"]), []
    names = list(given)
    for name in names[names.index("believed-newer") :]:
        want = "believed" if name.startswith("believed") else name.removesuffix("-recovery")
        try:
            trust.advanced(recovery, given[name])
            said = "believed"
        except Refused as refused:
            said = refused.code
        if said != want:
            wrong.append(f"{name}: {said}")
    return wrong


def settling(given: dict[str, bytes]) -> list[str]:
    """A busy server's answer settles nothing; the real ones settle both."""
    identity = Identity.of(given["unique-secret"], given["code"], given["configuration"])
    device = Device(None, identity, Trust(given["log-key"].decode(), 0), {}, given["entropy"])
    device.queue = [given["stream-entry"], given["evidence-entry"]]
    device.settle(list(device.queue), given["answer-later"])
    kept = len(device.queue)
    device.settle(list(device.queue), given["answers"])
    return [] if (kept, len(device.queue)) == (2, 0) else ["settling"]


def main() -> int:
    document = pathlib.Path(sys.argv[1]) / "docs/spec/device-protocol.md"
    given = example(document)
    made = ours(given)
    wrong = [name for name, value in made.items() if given.get(name) != value]
    wrong += receipts(given) + freshness(given) + settling(given)
    for line in wrong:
        print(f"differs: {line}", file=sys.stderr)
    print(f"{len(given)} lines, {len(made)} made here, {len(wrong)} differ")
    return 1 if wrong or len(given) < 30 else 0


if __name__ == "__main__":
    sys.exit(main())
