"""Signed notes, checkpoints, cosignatures and policies (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy)."""

import base64
import hashlib
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

from canonical import Refused

ED25519, COSIGNER, ML_DSA_44 = 1, 4, 6
KEY_LENGTHS = {ED25519: 32, COSIGNER: 32, ML_DSA_44: 1312}


class Verifier:
    """A verifier key, `name+id+key`."""

    def __init__(self, text: str):
        self.text = text
        self.name, identifier, key = text.rsplit("+", 2) if text.count("+") == 2 else text.split("+", 2)
        raw = base64.b64decode(key, validate=True)
        self.kind, self.public = raw[0], raw[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if self.id.hex() != identifier or KEY_LENGTHS.get(self.kind) != len(self.public):
            raise Refused(f"not a verifier key of a kind that is known: {text}")

    def check(self, signature: bytes, message: bytes) -> None:
        kind = mldsa.MLDSA44PublicKey if self.kind == ML_DSA_44 else ed25519.Ed25519PublicKey
        try:
            kind.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise Refused(f"the signature of {self.name} does not hold") from error


class Note:
    def __init__(self, raw: bytes):
        text, _, signatures = raw.decode("utf-8").rpartition("\n\n")
        self.text = text + "\n"
        if not text or not signatures.endswith("\n"):
            raise Refused("not a signed note")
        self.signatures = []
        for line in signatures[:-1].split("\n"):
            dash, name, value = line.split(" ")
            raw_signature = base64.b64decode(value, validate=True)
            if dash != "\u2014" or len(raw_signature) < 5:
                raise Refused("a line that is no signature")
            self.signatures.append((name, raw_signature[:4], raw_signature[4:]))

    def signed_by(self, key: Verifier):
        """True if the log signed, the time if a witness did (0 where it states none), None if neither; refuses a wrong
        signature of the key."""
        for name, identifier, value in self.signatures:
            if (name, identifier) != (key.name, key.id):
                continue
            if key.kind == ED25519:
                key.check(value, self.text.encode())
                return True
            if len(value) != 8 + (2420 if key.kind == ML_DSA_44 else 64):
                raise Refused("a cosignature of the wrong length")
            time = struct.unpack(">Q", value[:8])[0]
            message = f"cosignature/v1\ntime {time}\n{self.text}".encode()
            key.check(value[8:], self.subtree(key.name, time) if key.kind == ML_DSA_44 else message)
            return time
        return None


    def subtree(self, cosigner: str, time: int) -> bytes:
        """What an ML-DSA-44 cosignature of a checkpoint signs; extension lines are not covered, so there are none."""
        lines = self.text.split("\n")
        if len(lines) != 4 or len(lines[0].encode()) > 255:
            raise Refused("a cosignature that does not cover the whole checkpoint")
        name, origin, root = cosigner.encode(), lines[0].encode(), base64.b64decode(lines[2], validate=True)
        names = [bytes([len(name)]) + name, struct.pack(">Q", time), bytes([len(origin)]) + origin]
        return b"subtree/v1\n\0" + b"".join(names) + struct.pack(">QQ", 0, int(lines[1])) + root


class Checkpoint:
    def __init__(self, note: Note):
        lines = note.text.split("\n")
        self.origin, self.size = lines[0], int(lines[1])
        self.root = base64.b64decode(lines[2], validate=True)
        if len(self.root) != 32 or str(self.size) != lines[1] or not self.origin:
            raise Refused("not a checkpoint")


class Policy:
    def __init__(self, raw: bytes):
        self.logs, self.groups, self.witnesses, self.quorum = [], {}, {}, None
        for line in raw.decode("utf-8").split("\n"):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "log":
                self.logs.append(Verifier(words[1]))
            elif words[0] == "witness":
                self.witnesses[words[1]] = Verifier(words[2])
            elif words[0] == "group":
                need = {"all": len(words) - 3, "any": 1}.get(words[2])
                self.groups[words[1]] = (int(words[2]) if need is None else need, words[3:])
            elif words[0] == "quorum":
                self.quorum = words[1]
            else:
                raise Refused(f"a policy has no line `{words[0]}`")
        if self.quorum is None:
            raise Refused("a policy has a quorum")

    def verify(self, note: Note, checkpoint: Checkpoint):
        """The log's key and the witnesses that cosigned; refuses what the policy does not accept."""
        logs = [key for key in self.logs if key.name == checkpoint.origin and note.signed_by(key) is not None]
        if not logs:
            raise Refused("of another log than the trust policy")
        seen = {name: time for name, key in self.witnesses.items() if (time := note.signed_by(key)) is not None}

        def met(member: str) -> bool:
            if member in self.witnesses:
                return member in seen
            need, members = self.groups[member]
            return sum(map(met, members)) >= need

        if self.quorum != "none" and not met(self.quorum):
            raise Refused("too few witnesses of the policy have cosigned")
        return logs[0], seen
