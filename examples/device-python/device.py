"""A device whose store is one file: streams, evidence, delivery (docs/spec/device-protocol.md, sections 4, 5, 7 to 9).

The whole state is written to another file, synchronised and renamed over the old one before anything leaves the device. The
queue is not bounded here; a device with little memory must drop and report, which this example leaves out.
"""

import io
import json
import os
import pathlib

import cbor2

from encoding import ATTESTED, BEACON, CONTENT, FACT, PREVIOUS, SEQUENCE, STREAM, STREAM_KEY_CHANGED
from encoding import key_id, public_key, sha256, sign_attached, sign_entry
from freshness import Trust
from identity import Identity

LATER = 4


class Device:
    def __init__(self, path: pathlib.Path | None, identity: Identity, anchor: Trust, recovery: dict, entropy: bytes):
        """Starts. Without a path nothing is kept. `entropy` is 32 random bytes of this start."""
        self.path, self.identity, self.recovery = path, identity, recovery
        self.seed = sha256(b"vouchsafe-boot-seed@v1" + entropy)
        kept = json.loads(path.read_text()) if path and path.exists() else {}
        self.boots = kept.get("boots", 0) + 1
        self.queue = [bytes.fromhex(item) for item in kept.get("queue", [])]
        self.stream = kept.get("stream")
        self.trust = anchor
        if kept and kept["trust"]["generation"] >= anchor.generation:
            root = kept["trust"]["root"]
            self.trust = Trust(**{**kept["trust"], "root": bytes.fromhex(root) if root else None})
        alias = key_id(public_key(identity.alias)).hex()
        fits = self.stream and self.stream["key"] == alias
        if not fits or self.stream["generation"] != self.trust.generation:
            self.begin_stream(alias, entropy)
        self.save()

    def begin_stream(self, alias: str, entropy: bytes) -> None:
        number = (self.boots & 0x7FFFFFFF) << 32 | int.from_bytes(sha256(b"vouchsafe-stream@v1" + entropy)[:4], "big")
        self.stream = {"number": number, "next": 0, "last": None, "key": alias, "generation": self.trust.generation}
        array = self.certificate_array()
        content = {1: public_key(self.identity.alias), 2: sign_attached(self.identity.device, array)}
        self.append(self.identity.device, {FACT: STREAM_KEY_CHANGED, CONTENT: content})

    def certificate_array(self) -> list:
        alias, number = public_key(self.identity.alias), self.stream["number"]
        return ["vouchsafe-stream-key@v1", self.trust.origin, self.identity.ueid, number, 0, alias]

    def append(self, key, body: dict) -> bytes:
        body |= {256: self.identity.ueid, STREAM: self.stream["number"], SEQUENCE: self.stream["next"]}
        if self.stream["last"]:
            body[PREVIOUS] = bytes.fromhex(self.stream["last"])
        if self.trust.beacon:
            body[BEACON] = self.trust.beacon
        entry, digest = sign_entry(key, body)
        self.queue.append(entry)
        self.stream |= {"next": self.stream["next"] + 1, "last": digest.hex()}
        return digest

    def attest(self, claims: dict) -> bytes:
        """`claims` are EAT claims; boot count and boot seed are added. Durable when it returns the entry hash."""
        digest = self.append(self.identity.alias, {**claims, 267: self.boots, 268: self.seed, FACT: ATTESTED})
        self.save()
        return digest

    def fresh(self, statement: bytes) -> None:
        self.trust = self.trust.advanced(self.recovery, statement)
        self.save()

    def settle(self, batch: list[bytes], answers: bytes) -> list[dict]:
        """Forgets what was answered for good, from the oldest on. Gives all answers back."""
        stream, read = io.BytesIO(answers), []
        while stream.tell() < len(answers) and len(read) < len(batch):
            read.append(cbor2.load(stream))
        for entry, answer in zip(batch, read):
            own = answer.get(2) in (None, sha256(cbor2.loads(entry).value[2]))
            final = answer[1] in (1, 2, 3) or answer.get(4) == "unknown_key"
            if not own or not final:
                break
            self.queue.pop(0)
        self.save()
        return read

    def save(self) -> None:
        if not self.path:
            return
        trust = {**vars(self.trust), "root": self.trust.root.hex() if self.trust.root else None}
        queue = [entry.hex() for entry in self.queue]
        kept = {"boots": self.boots, "stream": self.stream, "trust": trust, "queue": queue}
        fresh = self.path.with_suffix(".new")
        with open(fresh, "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def component(name: str, version: str, image: bytes) -> list:
    """A measured component (docs/spec/entry.md, section 3)."""
    return [295, cbor2.dumps({1: [name, [version]], 2: [1, sha256(image)]})]
