"""COSE receipts (docs/spec/receipt.md): read strictly, verified with a public key and what they are about.

CBOR is parsed by a public package and encoded again by the rules of canonical.py; the few items that only receipts have (the tag,
the detached payload) are taken off here first.
"""

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from canonical import Refused, encode, head, parse

ALG, KID, CLAIMS, VDS, VDP, CHECKPOINT = 1, 4, 15, 395, 396, -65537
EDDSA, RFC9162_SHA256, INCLUSION, CONSISTENCY = -8, 1, -1, -2


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def must(holds: bool, why: str) -> None:
    if not holds:
        raise Refused(why)


class LogKey:
    """A verifier key of C2SP signed-note, `name+id+base64(type, key)`, type 1."""

    def __init__(self, text: str):
        self.name, key_id, encoded = text.split("+", 2)
        material = base64.b64decode(encoded, validate=True)
        self.id = sha256(self.name.encode(), b"\n", material)[:4]
        must(len(material) == 33 and material[0] == 1 and self.id.hex() == key_id, "no Ed25519 key of a log")
        self.key = Ed25519PublicKey.from_public_bytes(material[1:])


class Receipt:
    def __init__(self, raw: bytes):
        must(raw[:2] == b"\xd2\x84", "no tagged COSE_Sign1")
        must(raw[-67:-64] == b"\xf6\x58\x40", "no detached payload before a signature of 64 bytes")
        self.signature = raw[-64:]
        # The two headers as an array of their own.
        protected, unprotected = self._items(parse(head(4, 2) + raw[2:-67]), 2, "two headers")
        must(type(protected) is bytes and type(unprotected) is dict, "headers of the wrong type")
        self.protected = protected
        header = parse(protected)
        must(type(header) is dict and set(header) == {ALG, KID, CLAIMS, VDS}, "other protected parameters")
        must(header[ALG] == EDDSA and header[VDS] == RFC9162_SHA256, "another algorithm or structure")
        self.kid, claims = header[KID], header[CLAIMS]
        must(type(self.kid) is bytes and len(self.kid) == 4, "a key ID of another length")
        must(type(claims) is dict and set(claims) == {1, 2}, "other claims")
        self.origin, subject = claims[1], claims[2]
        must(type(self.origin) is str and type(subject) is str and subject.startswith("tree/"), "the claims")
        digits = subject.removeprefix("tree/")
        must(digits.isascii() and digits.isdigit() and str(int(digits)) == digits, "the size in the subject")
        self.size = int(digits)

        must({VDP} <= set(unprotected) <= {VDP, CHECKPOINT}, "other unprotected parameters")
        self.checkpoint = unprotected.get(CHECKPOINT)
        proofs = unprotected[VDP]
        must(type(proofs) is dict and len(proofs) == 1, "proofs of one type")
        (self.kind, listed), = proofs.items()
        must(self.kind in (INCLUSION, CONSISTENCY), "a type of proof that the structure does not have")
        encoded, = self._items(listed, 1, "one proof")
        first, second, self.path = self._items(parse(encoded), 3, "two numbers and a path")
        hashes = type(self.path) is list and 1 <= len(self.path) <= 64
        must(hashes and all(type(h) is bytes and len(h) == 32 for h in self.path), "the path")
        size, self.number = (first, second) if self.kind == INCLUSION else (second, first)
        must(size == self.size, "the sizes differ")
        must((0 if self.kind == INCLUSION else 1) <= self.number < self.size, "not within the tree")

    @staticmethod
    def _items(value, count: int, what: str) -> list:
        must(type(value) is list and len(value) == count, f"not {what}")
        return value

    def signed(self, key: LogKey, root: bytes) -> None:
        """Whether the log signed this root (RFC 9052, 4.4)."""
        must((key.name, key.id) == (self.origin, self.kid), "another key")
        try:
            key.key.verify(self.signature, encode(["Signature1", self.protected, b"", root]))
        except InvalidSignature as error:
            raise Refused("the signature does not cover this root") from error
        if self.checkpoint is not None:
            stated = self.checkpoint.split("\n")[:3]
            must(stated == [self.origin, str(self.size), base64.b64encode(root).decode()], "another checkpoint")

    def verify_inclusion(self, key: LogKey, entry: bytes) -> bytes:
        """RFC 9162, 2.1.3.2, then the signature over the root it gives."""
        must(self.kind == INCLUSION, "no receipt of inclusion")
        node, last, result = self.number, self.size - 1, sha256(b"\0", entry)
        for sibling in self.path:
            must(last > 0, "the path is too long")
            if node & 1 or node == last:
                result = sha256(b"\1", sibling, result)
                while node and not node & 1:
                    node, last = node >> 1, last >> 1
            else:
                result = sha256(b"\1", result, sibling)
            node, last = node >> 1, last >> 1
        must(last == 0, "the path is too short")
        self.signed(key, result)
        return result

    def verify_consistency(self, key: LogKey, older: bytes, newer: bytes) -> None:
        """The signature over the newer root, then RFC 9162, 2.1.4.2."""
        must(self.kind == CONSISTENCY, "no receipt of consistency")
        self.signed(key, newer)
        path = ([older] if self.number & (self.number - 1) == 0 else []) + self.path
        node, last = self.number - 1, self.size - 1
        while node & 1:
            node, last = node >> 1, last >> 1
        old = new = path[0]
        for sibling in path[1:]:
            must(last > 0, "the path is too long")
            if node & 1 or node == last:
                old, new = sha256(b"\1", sibling, old), sha256(b"\1", sibling, new)
                while node and not node & 1:
                    node, last = node >> 1, last >> 1
            else:
                new = sha256(b"\1", new, sibling)
            node, last = node >> 1, last >> 1
        must((old, new, last) == (older, newer, 0), "the path does not lead from the one root to the other")


def check(text: str, vkey: str, about: str) -> None:
    """Verifies a line of receipts.txt; raises where it does not hold."""
    receipt, key, about = Receipt(bytes.fromhex(text)), LogKey(vkey), bytes.fromhex(about)
    if receipt.kind == INCLUSION:
        receipt.verify_inclusion(key, about)
    else:
        receipt.verify_consistency(key, about[:32], about[32:])
