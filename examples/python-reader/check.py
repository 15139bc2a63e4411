"""Reads the golden files (section 17), and ends with 0 only if every one of them is read as the specification says.

    check.py REPOSITORY          checks, and prints what was checked
    check.py REPOSITORY --json   prints every entry of facts.txt and proofs.txt as a line of JSON instead
"""

import json
import sys
from pathlib import Path

import proofs
import receipts
from canonical import Refused
from entries import Entry
from schema import Schema
from sources import Key, check_source, derive, source_text

# Fewer than these and the files are not what this program was written for.
LEAST = {"keys": 8, "sources": 40, "facts": 200, "proofs": 8, "statements": 6, "refused": 100, "receipts": 600}


def main(repository: Path, show: bool) -> int:
    golden = repository / "testdata" / "golden"
    schema = Schema((repository / "docs" / "spec" / "entry.cddl").read_text("utf-8"))

    def lines(name: str, parts: int):
        for line in (golden / f"{name}.txt").read_text("utf-8").splitlines():
            if not line.startswith("#"):
                yield line.split(" ", parts - 1)

    keys = {name: Key(bytes.fromhex(encoded)) for name, encoded in lines("keys", 2)}
    known = list(keys.values())
    entries = [(name, Entry(schema, bytes.fromhex(raw))) for file in ("facts", "proofs")
               for name, raw in lines(file, 2)]
    if show:
        for _, entry in entries:
            print(json.dumps(entry.json(), ensure_ascii=False))
        return 0

    wrong, done = [], dict.fromkeys(LEAST, 0)

    def expect(file: str, name: str, holds: bool, what: str):
        done[file] += 1
        if not holds:
            wrong.append(f"{file}.txt, {name}: {what}")

    def refused(action, *arguments) -> bool:
        try:
            action(*arguments)
        except Refused:
            return True
        return False

    unusable = {"small-order", "identity", "not-canonical"}
    for name, key in keys.items():
        expect("keys", name, refused(proofs.enrollable, key) == (name in unusable), "whether it can be enrolled")

    for name, raw, text in lines("sources", 3):
        identifier = bytes.fromhex(raw)
        derived = name == "-" or derive(identifier[0], keys[name].encoded) == identifier
        expect("sources", text, derived and source_text(check_source(identifier)) == text, "identifier or text")

    stated = dict(lines("json", 2))
    for name, entry in entries:
        file = "facts" if "." in name else "proofs"
        key = entry.key(known)
        holds = not refused(entry.verify, key) and (file == "facts" or key is keys[name])
        expect(file, name, holds, "its proof holds")
        if name in stated:
            expect(file, name, json.loads(stated.pop(name)) == entry.json(), "its JSON")
        # The proof holds under no other key.
        for other in keys.values():
            if other is not key and not refused(entry.verify, other):
                wrong.append(f"{file}.txt, {name}: verifies under another key")
    for name in stated:
        wrong.append(f"json.txt, {name}: no such entry")

    meanings = schema.codes["meaning"].values()
    for name, text, signature in lines("statements", 3):
        text, signature = bytes.fromhex(text), bytes.fromhex(signature)
        holds = not refused(proofs.verify_statement, keys[name], text, signature, meanings)
        changed = text.replace(b"meaning approve", b"meaning reject")
        other = refused(proofs.verify_statement, keys[name], changed, signature, meanings)
        expect("statements", name, holds and other and changed != text, "the signature holds for its text only")

    for name, vkey, about, raw in lines("receipts", 4):
        expect("receipts", name, not refused(receipts.check, raw, vkey, about), "it holds")
        # With any one bit changed, in the receipt (but for the cosignatures it may carry) or in what it is about, it does not.
        signed = raw.index("3a00010000") if "3a00010000" in raw else len(raw)
        for at in range(0, signed, 2):
            changed = f"{raw[:at]}{int(raw[at:at + 2], 16) ^ 1 << at // 2 % 8:02x}{raw[at + 2:]}"
            expect("receipts", name, refused(receipts.check, changed, vkey, about), f"holds with byte {at // 2} changed")
        other = f"{int(about[:2], 16) ^ 1:02x}{about[2:]}"
        expect("receipts", name, refused(receipts.check, raw, vkey, other), "holds for something else")

    for name, stage, reason, raw in lines("refused", 4):
        try:
            entry = Entry(schema, b"" if raw == "-" else bytes.fromhex(raw))
        except Refused:
            expect("refused", name, stage == "malformed", f"malformed, but should be read ({stage})")
            continue
        holds = not refused(lambda e: e.verify(e.key(known)), entry)
        expect("refused", name, stage == "proof" and not holds, f"accepted, but is {stage}: {reason}")

    for name, least in LEAST.items():
        if done[name] < least:
            wrong.append(f"{name}.txt: {done[name]} checks, expected at least {least}")
    print("python-reader: " + ", ".join(f"{name} {count}" for name, count in done.items()) + " checks")
    for line in wrong:
        print(f"python-reader: WRONG: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--json" in sys.argv[2:]))
