"""Keys of a device, and what it gives a station (docs/spec/device-protocol.md, sections 2 and 3)."""

import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from encoding import CONTENT, DEVICE_ENROLLED, FACT, SEQUENCE, SOURCE, STREAM
from encoding import encode, public_key, sha256, sign_attached, sign_entry, source_id

STATION = 133


def extract(salt: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt, secret, "sha256")


def expand(prk: bytes, info: bytes) -> bytes:
    """HKDF-Expand for 32 bytes: one block (RFC 5869, 2.3)."""
    return hmac.digest(prk, info + b"\x01", "sha256")


def derive(prk: bytes, label: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(expand(prk, label + bytes([1, 0])))


@dataclass
class Identity:
    """The device key, and the alias key of what is about to run."""

    device: Ed25519PrivateKey
    alias: Ed25519PrivateKey
    layer: bytes

    @classmethod
    def of(cls, unique_secret: bytes, code: bytes, configuration: bytes, mode: int = 1):
        root = extract(b"vouchsafe-device@v1", unique_secret)
        layer = sha256(encode([code, configuration, mode]))
        compound = extract(layer, expand(root, b"layer"))
        return cls(derive(root, b"device-key"), derive(compound, b"alias-key"), layer)

    @property
    def ueid(self) -> bytes:
        return b"\x01" + sha256(encode(public_key(self.device)))[:16]

    def possession(self, origin: str, udi: str | None) -> list:
        return ["vouchsafe-possession@v1", origin, self.ueid] + ([udi] if udi is not None else [])

    def enrolment(self, origin: str, udi: str | None, product: str, model: str, serial: str | None) -> dict:
        """The content of `DeviceEnrolled`, which a station states. The key is in a file."""
        content = {
            1: self.ueid,
            2: public_key(self.device),
            3: sign_attached(self.device, self.possession(origin, udi)),
            6: model,
            8: 4,
            11: product,
        }
        if udi is not None:
            content[4] = udi
        if serial is not None:
            content[5] = serial
        return content


def station_entry(station: Ed25519PrivateKey, content: dict, stream: int = 1) -> bytes:
    """The first entry of a station's stream."""
    source = source_id(STATION, public_key(station))
    body = {SOURCE: source, STREAM: stream, SEQUENCE: 0, FACT: DEVICE_ENROLLED, CONTENT: content}
    return sign_entry(station, body)[0]
