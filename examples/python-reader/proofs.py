"""Proofs of authorship (section 8), statements (section 9) and the points they rest on (section 7)."""

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from canonical import Refused, encode, parse
from sources import COSE, ED25519, P256, SECURITY_KEY, SSH, WEBAUTHN, Key

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
IDENTITY = (0, 1)
ENTRY_NAMESPACE, RECORD_NAMESPACE = b"vouchsafe-entry@v1", b"vouchsafe-record@v1"


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# Points of edwards25519 (RFC 8032, 5.1), affine: slow, and only used to tell small order from the rest.

def decompress(raw: bytes):
    """The point with this encoding, if it is the canonical one."""
    y, sign = int.from_bytes(raw, "little") & (1 << 255) - 1, raw[31] >> 7
    if y >= P:
        raise Refused("a point whose encoding is not canonical")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign):
        raise Refused("not a point of the curve")
    return (P - x if x & 1 != sign else x, y)


def add(a, b):
    cross = D * a[0] * b[0] * a[1] * b[1] % P
    return ((a[0] * b[1] + b[0] * a[1]) * pow(1 + cross, -1, P) % P,
            (a[1] * b[1] + a[0] * b[0]) * pow(1 - cross, -1, P) % P)


def multiply(n: int, point):
    out = IDENTITY
    for bit in f"{n:b}":
        out = add(out, out)
        if bit == "1":
            out = add(out, point)
    return out


def not_small(raw: bytes):
    point = decompress(raw)
    if multiply(8, point) == IDENTITY:
        raise Refused("a point of small order")
    return point


def enrollable(key: Key) -> None:
    """Section 7: a key that is enrolled is of prime order."""
    if key.algorithm == ED25519 and multiply(ORDER, not_small(key.point)) != IDENTITY:
        raise Refused("a key that is not of prime order")


def verify_raw(key: Key, message: bytes, signature: bytes) -> None:
    """`signature` is 64 bytes for Ed25519 and ASN.1 DER for P-256."""
    try:
        if key.algorithm == ED25519:
            if len(key.point) != 32 or len(signature) != 64:
                raise Refused("not of the length of an Ed25519 key or signature")
            not_small(key.point)
            not_small(signature[:32])
            if int.from_bytes(signature[32:], "little") >= ORDER:
                raise Refused("S is not reduced")
            ed25519.Ed25519PublicKey.from_public_bytes(key.point).verify(signature, message)
        elif key.algorithm == P256:
            if len(key.point) != 33 or key.point[0] not in (2, 3):
                raise Refused("a point that is not compressed")
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.point)
            r, s = utils.decode_dss_signature(signature)
            if utils.encode_dss_signature(r, s) != signature:
                raise Refused("not DER")
            point.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        else:
            raise Refused("an algorithm this reader does not know")
    except InvalidSignature as error:
        raise Refused("the signature does not verify") from error
    except ValueError as error:
        raise Refused(f"a malformed key or signature: {error}") from error


def der(r: bytes, s: bytes) -> bytes:
    return utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def verify_cose(key: Key, algorithm: int, protected: bytes, body: bytes, signature: bytes) -> None:
    if key.purpose != COSE or algorithm != {ED25519: -8, P256: -7}[key.algorithm]:
        raise Refused("the key is of another kind than the proof")
    signed = encode(["Signature1", protected, b"", body])
    verify_raw(key, signed, signature if key.algorithm == ED25519 else der(signature[:32], signature[32:]))


def verify_webauthn(key: Key, challenge: bytes, authenticator: bytes, client: bytes, signature: bytes) -> None:
    if key.purpose != WEBAUTHN:
        raise Refused("the key is of another kind than the proof")
    encoded = base64.urlsafe_b64encode(challenge).rstrip(b"=")
    begin = b'{"type":"webauthn.get","challenge":"' + encoded + b'","origin":"'
    if not client.startswith(begin):
        raise Refused("client data of another type or challenge")
    if not re.match(rb'[\x00-!#-\[\]-\x7f]+","crossOrigin":false[},]', client[len(begin):]):
        raise Refused("client data without an origin, or made inside another site's frame")
    if len(authenticator) < 37 or authenticator[:32] != sha256(key.scope.encode()):
        raise Refused("another relying party")
    if not authenticator[32] & 1:
        raise Refused("the user was not present")
    verify_raw(key, authenticator + sha256(client), signature)


class Wire:
    """A cursor over the SSH wire format (RFC 4251, 5)."""

    def __init__(self, data: bytes):
        self.data = data

    def take(self, n: int) -> bytes:
        if n > len(self.data):
            raise Refused("truncated SSH data")
        out, self.data = self.data[:n], self.data[n:]
        return out

    def string(self) -> bytes:
        return self.take(int.from_bytes(self.take(4), "big"))

    def end(self) -> None:
        if self.data:
            raise Refused("bytes after the SSH data")


def ssh_string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def ssh_key(key: Key) -> tuple[bytes, bytes]:
    """Type and encoding of a key as SSH writes it."""
    kinds = {(SSH, ED25519): b"ssh-ed25519", (SSH, P256): b"ecdsa-sha2-nistp256",
             (SECURITY_KEY, ED25519): b"sk-ssh-ed25519@openssh.com",
             (SECURITY_KEY, P256): b"sk-ecdsa-sha2-nistp256@openssh.com"}
    kind = kinds.get((key.purpose, key.algorithm))
    if kind is None:
        raise Refused("the key is of another kind than the proof")
    out = ssh_string(kind)
    if key.algorithm == P256:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.point).public_numbers()
        out += ssh_string(b"nistp256")
        out += ssh_string(b"\x04" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big"))
    else:
        out += ssh_string(key.point)
    if key.purpose == SECURITY_KEY:
        out += ssh_string(key.scope.encode())
    return kind, out


def read_sshsig(blob: bytes) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """Public key, namespace, reserved, hash algorithm and signature."""
    wire = Wire(blob)
    if wire.take(6) != b"SSHSIG" or wire.take(4) != b"\0\0\0\1":
        raise Refused("not an SSHSIG of version 1")
    parts = tuple(wire.string() for _ in range(5))
    wire.end()
    return parts


def mpints(data: bytes) -> bytes:
    """r and s as DER, from two integers in their shortest form."""
    wire, out = Wire(data), []
    for _ in range(2):
        raw = wire.string()
        number = int.from_bytes(raw, "big", signed=True)
        if number <= 0 or number >= 1 << 256 or len(raw) != number.bit_length() // 8 + 1:
            raise Refused("an integer that is not positive, not shortest or too long")
        out.append(number)
    wire.end()
    return utils.encode_dss_signature(*out)


def verify_ssh(key: Key, namespace: bytes, message: bytes, blob: bytes) -> None:
    public, said, reserved, algorithm, signature = read_sshsig(blob)
    kind, encoded = ssh_key(key)
    if public != encoded:
        raise Refused("another key")
    if said != namespace or reserved:
        raise Refused("another namespace, or the reserved field is not empty")
    if algorithm not in (b"sha512", b"sha256"):
        raise Refused("a hash other than sha512 or sha256")
    digest = hashlib.new(algorithm.decode(), message).digest()
    signed = b"SSHSIG" + b"".join(map(ssh_string, (namespace, b"", algorithm, digest)))
    wire = Wire(signature)
    if wire.string() != kind:
        raise Refused("a signature of another type than its key")
    value = wire.string()
    if key.purpose == SECURITY_KEY:
        seen = wire.take(5)
        if not seen[0] & 1:
            raise Refused("the user was not present")
        signed = sha256(key.scope.encode()) + seen + sha256(signed)
    wire.end()
    verify_raw(key, signed, value if key.algorithm == ED25519 else mpints(value))


HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
                    "\U000e0000-\U000e007f]")
STATEMENT = re.compile(
    "vouchsafe-record@v1\nrecord ([^\n]+)\nrevision sha256:([0-9a-f]{64})\nmeaning ([a-z]+)\nname ([^\n]+)\n"
    r"time (\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)" "\n")


def verify_statement(key: Key, text: bytes, signature: bytes, meanings) -> None:
    """A person's signature (section 9); `meanings` are the words of the CDDL."""
    match = STATEMENT.fullmatch(text.decode("utf-8")) if len(text) <= 4_096 else None
    if not match or match.group(3) not in meanings:
        raise Refused("not a statement")
    for value in match.group(1, 4):
        if HIDDEN.search(value) or value.strip() != value or len(value.encode()) > 512:
            raise Refused("a record or name that deceives")
    if key.purpose == WEBAUTHN:
        parts = parse(signature)
        if type(parts) is not list or [type(p) for p in parts] != [bytes] * 3:
            raise Refused("not [authenticator data, client data, signature]")
        verify_webauthn(key, sha256(text), *parts)
    else:
        verify_ssh(key, RECORD_NAMESPACE, text, signature)
