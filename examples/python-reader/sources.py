"""Identifiers of sources (section 6) and public keys (section 7)."""

import hashlib

from canonical import Refused, parse

WORDS = {1: "dev", 2: "dev", 3: "dev", 128: "ledger", 129: "person", 130: "service", 131: "ci", 132: "gateway",
         133: "station"}
LENGTHS = {1: (17, 25, 33), 2: (7, 9), 3: (15,)}
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
COSE, WEBAUTHN, SSH, SECURITY_KEY = 1, 2, 3, 4
ED25519, P256 = 1, 2


def is_device(identifier: bytes) -> bool:
    return identifier[0] in LENGTHS


def check_source(identifier) -> bytes:
    if type(identifier) is not bytes or not identifier or identifier[0] not in WORDS:
        raise Refused("not the identifier of a source")
    if len(identifier) not in LENGTHS.get(identifier[0], (11,)):
        raise Refused("an identifier of the wrong length")
    return identifier


def source_text(identifier) -> str:
    check_source(identifier)
    shown = identifier if is_device(identifier) else identifier[1:]
    bits = "".join(f"{byte:08b}" for byte in shown)
    bits += "0" * (-len(bits) % 5)
    digits = "".join(ALPHABET[int(bits[i:i + 5], 2)] for i in range(0, len(bits), 5))
    return f"{WORDS[identifier[0]]}:{digits}"


def derive(kind: int, public_key: bytes) -> bytes:
    """The identifier of a source that is enrolled with this key, which is encoded."""
    return bytes([kind]) + hashlib.sha256(b"vouchsafe-source@v1" + bytes([kind]) + public_key).digest()[:10]


class Key:
    """A public key, with its encoding and id."""

    def __init__(self, encoded: bytes):
        fields = parse(encoded)
        self.encoded = encoded
        self.id = hashlib.sha256(encoded).digest()
        self.algorithm, self.point, self.purpose = fields[1], fields[2], fields[3]
        self.scope = fields.get(4)
