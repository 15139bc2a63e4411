"""Deterministic CBOR as docs/spec/entry.md, section 1, narrows it.

A general library parses; what it gave is encoded again by the rules here and compared, so that whatever the library
lets through (long forms, indefinite lengths, unsorted or repeated keys, floats, tags) is refused.
"""

import io

import cbor2

MAX_DEPTH = 16


class Refused(Exception):
    """Bytes that are no entry, or a proof that does not hold."""


def head(major: int, argument: int) -> bytes:
    """The shortest head of an item."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * size:
            return bytes([major << 5 | info]) + argument.to_bytes(size, "big")
    raise Refused("an integer or length beyond 64 bits")


def encode(value, depth: int = 0) -> bytes:
    """The one encoding of a value; refuses what entries do not use."""
    if depth > MAX_DEPTH:
        raise Refused("nested too deep")
    kind = type(value)
    if kind is bool:
        return b"\xf5" if value else b"\xf4"
    if kind is int:
        if value < -(1 << 63):
            raise Refused("an integer beyond 64 bits")
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if kind is bytes:
        return head(2, len(value)) + value
    if kind is str:
        text = value.encode("utf-8")
        return head(3, len(text)) + text
    if kind is list:
        return head(4, len(value)) + b"".join(encode(item, depth + 1) for item in value)
    if kind is dict:
        if any(type(key) is not int for key in value):
            raise Refused("a map key that is no integer")
        pairs = sorted((encode(key), encode(item, depth + 1)) for key, item in value.items())
        return head(5, len(value)) + b"".join(key + item for key, item in pairs)
    raise Refused(f"an item that entries do not use: {kind.__name__}")


def parse(raw: bytes):
    """The value of one item that fills `raw` and is in its one encoding."""
    stream = io.BytesIO(raw)
    try:
        value = cbor2.CBORDecoder(stream).decode()
    except Exception as error:  # The library has several families of them; none may end this program.
        raise Refused(f"not CBOR: {error}") from error
    if encode(value) != raw:
        raise Refused("not in the one encoding, or followed by more")
    return value
