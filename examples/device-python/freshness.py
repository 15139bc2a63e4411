"""What a device believes of the log (docs/spec/device-protocol.md, section 6)."""

import base64
import re
from dataclasses import dataclass, replace

from encoding import attached_holds, decode, sha256, verifies


class Refused(Exception):
    """A statement that is not believed; `code` is the word of the specification."""

    def __init__(self, code: str, why: str):
        super().__init__(f"{code}: {why}")
        self.code = code


def verifier_key(text: str) -> tuple[str, bytes, bytes]:
    """Name, key id and public key of a C2SP verifier key of type Ed25519."""
    name, key_id, encoded = text.split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    if len(text) > 200 or len(raw) != 33 or raw[0] != 1:
        raise ValueError("not an Ed25519 verifier key of at most 200 bytes")
    if sha256(name.encode() + b"\n" + raw)[:4] != bytes.fromhex(key_id):
        raise ValueError("the key id is not the key's")
    return name, bytes.fromhex(key_id), raw[1:]


def signed_text(note: str, key: str) -> str:
    """The text of a C2SP signed note that `key` has signed."""
    name, key_id, point = verifier_key(key)
    at = note.rindex("\n\n")
    text, lines = note[: at + 1], note[at + 2 :].splitlines()
    for line in lines:
        match = re.fullmatch(r"\u2014 (\S+) (\S+)", line)
        raw = base64.b64decode(match[2], validate=True) if match else b""
        if match and match[1] == name and raw[:4] == key_id and verifies(point, raw[4:], text.encode()):
            return text
    raise ValueError("not signed by the log key")


def recovery(raw: bytes) -> dict:
    """The content of a `Recovered`: ten fields, all required."""
    try:
        fact = decode(raw)
        if list(fact) != list(range(1, 11)) or not isinstance(fact[2], int) or not isinstance(fact[6], int):
            raise ValueError("another form")
        return fact
    except (ValueError, TypeError) as error:
        raise Refused("malformed", f"no recovery: {error}") from error


@dataclass(frozen=True)
class Trust:
    """The log key, its generation, and the newest tree head of it."""

    log_key: str
    generation: int
    size: int = 0
    root: bytes | None = None

    @property
    def origin(self) -> str:
        return self.log_key.split("+")[0]

    @property
    def beacon(self) -> dict | None:
        return None if self.root is None else {1: self.generation, 2: self.size, 3: self.root}

    def advanced(self, recovery_key: dict, raw: bytes) -> "Trust":
        try:
            if len(raw) > 65536:
                raise ValueError("too large")
            fresh = decode(raw)
            generation, checkpoint, statements = fresh[1], fresh[2], fresh.get(3, [])
            form = isinstance(generation, int) and isinstance(checkpoint, str) and isinstance(statements, list)
            if not form or set(fresh) - {1, 2, 3} or len(statements) > 16 or (3 in fresh and not statements):
                raise ValueError("another form")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused("malformed", str(error)) from error
        if generation < self.generation:
            raise Refused("old-generation", f"{generation} is before {self.generation}")
        trust = self
        for statement in statements:
            try:
                if isinstance(statement, str):
                    trust = trust.handed_over(statement)
                else:
                    trust = trust.recovered(recovery_key, recovery(statement))
            except (ValueError, KeyError, TypeError) as error:
                raise Refused("bad-statement", str(error)) from error
        if trust.generation != generation:
            raise Refused("unproven-generation", f"statements lead to {trust.generation}, not {generation}")
        try:
            lines = signed_text(checkpoint, trust.log_key).split("\n")
            origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
            if origin != trust.origin or len(root) != 32 or str(size) != lines[1]:
                raise ValueError("another origin, or no size and root")
        except (ValueError, IndexError) as error:
            raise Refused("bad-checkpoint", str(error)) from error
        if size < trust.size:
            raise Refused("shrunk", f"{size} is below {trust.size}")
        if size == trust.size and trust.root not in (None, root):
            raise Refused("forked", f"two roots at size {size}")
        return replace(trust, size=size, root=root)

    def handed_over(self, note: str) -> "Trust":
        purpose, origin, old, new, rest = note.split("\n", 4)
        if purpose != "vouchsafe-log-key@v1" or not old.startswith("from ") or not new.startswith("to "):
            raise ValueError("not a handover")
        if old[5:] != self.log_key:
            return self  # history
        signed_text(note, self.log_key)
        if not rest.startswith("\n") or origin != self.origin or verifier_key(new[3:])[0] != origin:
            raise ValueError("another origin")
        return replace(self, log_key=new[3:])

    def recovered(self, recovery_key: dict, fact: dict) -> "Trust":
        if fact[2] <= self.generation:
            return self  # history
        array = ["vouchsafe-recovery@v1", {**fact, 10: b""}]
        if fact[2] != self.generation + 1 or not attached_holds(recovery_key, array, fact[10]):
            raise ValueError("not the next generation, or not signed by the recovery key")
        if verifier_key(fact[3])[0] != fact[1]:
            raise ValueError("the log key is of another origin")
        return Trust(fact[3], fact[2], fact[6] + 1, None)
