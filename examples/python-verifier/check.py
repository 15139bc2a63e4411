"""Verifies the packages that a fixture writes, then damages each kind of member and sees it refused.

    check.py REPOSITORY FIXTURE    FIXTURE is the program of crates/report/examples/package_fixture.rs
"""

import hashlib
import json
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from verifier import BadPackage, Verification
from members import Members


def pack(members: dict[str, bytes]) -> bytes:
    """The one shape of ZIP, everything stored."""
    out, directory = b"", b""
    for name, data in members.items():
        common = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(name), 0)
        directory += struct.pack("<IH", 0x02014B50, 20) + common + bytes(10) + struct.pack("<I", len(out)) + name.encode()
        out += struct.pack("<I", 0x04034B50) + common + name.encode() + data
    return out + directory + struct.pack("<IIHHIIH", 0x06054B50, 0, len(members), len(members), len(directory), len(out), 0)


def unpack(raw: bytes) -> dict[str, bytes]:
    members = Members(raw)
    return {name: members.read(name) for name in members.names()}


def forge(raw: bytes, change) -> bytes:
    """Changes members and index, and puts all digests right."""
    members = unpack(raw)
    index = json.loads(members["index.json"])
    change(members, index)
    index["members"] = [{**m, "sha256": hashlib.sha256(members[m["path"]]).hexdigest(), "bytes": len(members[m["path"]])}
                        for m in index["members"] if m["path"] in members]
    members["index.json"] = json.dumps(index, indent=2).encode() + b"\n"
    return pack(members)


def flip(data: bytes, at: int | None = None) -> bytes:
    at = len(data) // 2 if at is None else at
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def main(repository: Path, fixture: str) -> int:
    wrong, done = [], {"good": 0, "members": 0, "forged": 0, "refused": 0}

    def problems(raw: bytes, policy: bytes | None = None):
        run = Verification(repository, raw, policy)
        run.run()
        return run.problems

    def expect(kind: str, name: str, holds: bool, found=""):
        done[kind] += 1
        if not holds:
            wrong.append(f"{name}: {found}")

    with tempfile.TemporaryDirectory() as where:
        subprocess.run([fixture, where], check=True)
        policy = Path(where, "trust.policy").read_bytes()
        other_log = Path(where, "other.policy").read_bytes()
        packages = {p.stem: p.read_bytes() for p in sorted(Path(where).glob("*.zip"))}
    for name, raw in packages.items():
        found = problems(raw, policy)
        expect("good", name, not found, found)
        expect("good", f"{name} without a policy", not problems(raw))
        expect("good", f"{name} of another log", [m for m, _ in problems(raw, other_log)] == ["checkpoint"])

    # One changed byte in each member, the index as it was.
    device = packages["device"]
    for name, data in unpack(device).items():
        if not data:
            continue
        try:
            found = problems(pack({**unpack(device), name: flip(data)}), policy)
            expect("members", name, any(name in (m, *what.split()) for m, what in found), found)
        except BadPackage as error:
            expect("members", name, name == "index.json", error)

    # Members that lie with digests that are right.
    whole = packages["all"]
    blob = next(n for n in unpack(whole) if n.startswith("blobs/"))

    def replace(name, old, new):
        return lambda m, i: m.__setitem__(name, m[name].replace(old, new))

    def figure(name, value):
        return lambda m, i: [f.__setitem__("value", value) for f in i["figures"] if f["name"] == name]

    for name, member, change in (
        ("nothing", None, lambda m, i: None),
        ("a row", "tables/vulnerabilities.jsonl", replace("tables/vulnerabilities.jsonl", b"affected", b"fixed")),
        ("a link", "tables/trace.jsonl", replace("tables/trace.jsonl", b"refines", b"verifies")),
        ("a record", "tables/risks.jsonl", replace("tables/risks.jsonl", b"true", b"false")),
        ("a stale result", "tables/verdicts.jsonl", replace("tables/verdicts.jsonl", b'"SWR-001"', b"")),
        ("a run's case", "tables/runs.jsonl", replace("tables/runs.jsonl", b'"SWR-001"', b'"SWR-002"')),
        ("a text", "tables/records.jsonl", replace("tables/records.jsonl", b"Closed-loop", b"Open-loop")),
        ("a figure", "index.json", figure("affected", 0)),
        ("a figure with an exception", "index.json", figure("anomalies-open", 0)),
        ("a tally", "index.json", figure("devices-by-site", [])),
        ("a joined figure", "index.json", figure("withdrawn", [])),
        ("a blob", blob, lambda m, i: m.__setitem__(blob, flip(m[blob]))),
        ("a blob left out", blob, lambda m, i: m.pop(blob)),
        ("a signature", "entries/000000.cborseq",
         lambda m, i: m.__setitem__("entries/000000.cborseq", flip(m["entries/000000.cborseq"], -20))),
        ("a hash too many", "hashes", lambda m, i: m.__setitem__("hashes", bytes(32))),
        ("a checkpoint", "checkpoint", replace("checkpoint", b"log.example/test\n", b"log.example/other\n")),
        ("a policy", "checkpoint", lambda m, i: m.__setitem__("trust.policy", other_log)),
        ("a root", "checkpoint", lambda m, i: i["tree"].__setitem__("root", "0" * 64)),
        ("what it is about", "index.json", lambda m, i: i.__setitem__("about", "judged safe by everybody")),
        ("simulated", "index.json", lambda m, i: i.__setitem__("simulated", True)),
    ):
        found = problems(forge(whole, change))
        expect("forged", name, not found if member is None else any(m == member for m, _ in found), found)

    # Files that are no package.
    def rename(old, new):
        return whole.replace(old, new)

    bad = {f"cut at {n}": whole[:n] for n in (0, 21, 22, len(whole) // 2, len(whole) - 1)}
    bad |= {
        "later version": pack({**unpack(whole), "index.json": unpack(whole)["index.json"].replace(b"package@v1", b"package@v2")}),
        "another schema": pack({**unpack(whole), "index.json": b'{"schema": "letter"}'}),
        "no index": pack({n: d for n, d in unpack(whole).items() if n != "index.json"}),
        "a name that leads elsewhere": rename(b"tables/acts.jsonl", b"../../../acts.txt"),
        "an absolute name": rename(b"tables/acts.jsonl", b"/etc/cron.d/acts."),
        "two of one name": rename(b"tables/acts.jsonl", b"tables/keys.jsonl"),
        "bytes before": b"x" + whole,
        "bytes after": whole + b"x",
        "a size that lies": whole.replace(struct.pack("<I", len(unpack(whole)["index.json"])), struct.pack("<I", (1 << 32) - 1)),
    }
    for name, raw in bad.items():
        try:
            problems(raw)
            expect("refused", name, False, "taken for a package")
        except BadPackage:
            expect("refused", name, True)

    print("python-verifier: " + ", ".join(f"{name} {count}" for name, count in done.items()) + " checks")
    for line in wrong:
        print(f"python-verifier: WRONG: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
