"""Entries and keys in deterministic CBOR (docs/spec/entry.md, sections 1 to 8 and 10), as far as a device needs them."""

import hashlib

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SOURCE, STREAM, SEQUENCE, PREVIOUS, BEACON, FACT, CONTENT, REASON = range(-70001, -70009, -1)
ATTESTED, STREAM_KEY_CHANGED, DEVICE_ENROLLED = 103, 30, 101


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def encode(value) -> bytes:
    """Deterministic CBOR: maps are put into the bytewise order of their encoded keys, at every depth."""
    return cbor2.dumps(ordered(value))


def ordered(value):
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value, key=cbor2.dumps)}
    if isinstance(value, (list, tuple)):
        return [ordered(item) for item in value]
    return value


def decode(data: bytes):
    """Strict: what is accepted encodes back to the same bytes."""
    try:
        value = cbor2.loads(data)
        same = encode(value) == data
    except Exception as error:  # the library raises several kinds
        raise ValueError(f"not CBOR: {error}") from error
    if not same:
        raise ValueError("not deterministic CBOR, or something follows")
    return value


def public_key(secret: Ed25519PrivateKey) -> dict:
    point = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {1: 1, 2: point, 3: 1}


def key_id(key: dict) -> bytes:
    return sha256(encode(key))


def protected(key: dict) -> bytes:
    return encode({1: -8, 4: key_id(key)[:8]})


def sign_attached(secret: Ed25519PrivateKey, array: list) -> bytes:
    """A signature that stands inside a fact: the array's first item is the purpose."""
    header = protected(public_key(secret))
    return secret.sign(encode(["Signature1", header, array[0].encode(), encode(array)]))


def attached_holds(key: dict, array: list, signature: bytes) -> bool:
    if key.get(1) != 1 or key.get(3) != 1:
        return False  # this example knows Ed25519 keys that sign COSE
    signed = encode(["Signature1", protected(key), array[0].encode(), encode(array)])
    return verifies(key[2], signature, signed)


def verifies(point: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(point).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


def sign_entry(secret: Ed25519PrivateKey, body: dict) -> tuple[bytes, bytes]:
    """An entry and its hash."""
    payload, header = encode(body), protected(public_key(secret))
    signature = secret.sign(encode(["Signature1", header, b"", payload]))
    return encode(cbor2.CBORTag(18, [header, {}, payload, signature])), sha256(payload)


def source_id(kind: int, key: dict) -> bytes:
    return bytes([kind]) + sha256(b"vouchsafe-source@v1" + bytes([kind]) + encode(key))[:10]
