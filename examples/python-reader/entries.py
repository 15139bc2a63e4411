"""Entries: the envelope (section 2), the body (section 3) and their JSON (section 12)."""

import hashlib

import cbor2

import proofs
from canonical import Refused, encode, parse
from schema import Schema, time_text
from sources import Key, check_source, is_device, source_text

MAX_ENTRY = 65_535
ATTESTED = 103
ALGORITHMS = {-8: "Ed25519", -7: "P-256"}


def text(value, most=256):
    if type(value) is not str or len(value.encode()) > most:
        raise Refused(f"not a text of at most {most} bytes")
    return value


def sized(least, most):
    def read(value):
        if type(value) is not bytes or not least <= len(value) <= most:
            raise Refused(f"not a byte string of {least} to {most} bytes")
        return value.hex()
    return read


def uint(value):
    if type(value) is not int or value < 0:
        raise Refused("not an unsigned integer")
    return value


def version(value):
    if type(value) is not list or len(value) != 1:
        raise Refused("a version is an array of one text")
    return text(value[0])


def measurements(value):
    if type(value) is not list or not 1 <= len(value) <= 64:
        raise Refused("not a list of 1 to 64 measurements")
    return [measurement(item) for item in value]


def measurement(item):
    if type(item) is not list or len(item) != 2 or item[0] != 295 or type(item[1]) is not bytes \
            or len(item[1]) > 1_024:
        raise Refused("not [295, measured component]")
    component = parse(item[1])
    if type(component) is not dict or set(component) != {1, 2}:
        raise Refused("not a measured component")
    name, digest = component[1], component[2]
    if type(name) is not list or len(name) not in (1, 2) or type(digest) is not list or len(digest) != 2:
        raise Refused("not a measured component")
    out = {"name": text(name[0])}
    if len(name) == 2:
        out["version"] = version(name[1])
    if uint(digest[0]) != 1:
        raise Refused("a digest other than SHA-256")
    return {**out, "sha256": sized(32, 32)(digest[1])}


EVIDENCE = {10: ("nonce", sized(8, 64)), 259: ("hwmodel", sized(1, 32)), 260: ("hwversion", version),
            261: ("uptime", uint), 263: ("dbgstat", None), 265: ("profile", text), 267: ("bootcount", uint),
            268: ("bootseed", sized(32, 64)), 270: ("swname", text), 271: ("swversion", version),
            273: ("measurements", measurements)}
CLAIMS = {6, 256, -70001, -70002, -70003, -70004, -70005, -70006, -70007, -70008, -70009}


def need(claims: dict, key: int):
    if key not in claims:
        raise Refused(f"missing claim {key}")
    return claims[key]


def body_json(schema: Schema, raw: bytes) -> dict:
    """The body, checked, as JSON has it."""
    claims = parse(raw)
    if type(claims) is not dict:
        raise Refused("the body is no map")
    if set(claims) - CLAIMS - set(EVIDENCE):
        raise Refused("an unknown claim")
    if (256 in claims) == (-70001 in claims):
        raise Refused("a body has one source")
    source = check_source(claims.get(256, claims.get(-70001)))
    if is_device(source) != (256 in claims):
        raise Refused("a UEID is for devices and -70001 for everyone else")
    number = uint(need(claims, -70006))
    out = {"source": source_text(source), "stream": uint(need(claims, -70002)),
           "sequence": uint(need(claims, -70003))}
    if (out["sequence"] == 0) != (-70004 not in claims):
        raise Refused("a previous hash stands exactly when the sequence is not 0")
    for key, name, read in ((-70004, "previous", sized(32, 32)), (6, "time", time_text),
                            (-70005, "beacon", lambda v: schema.structure("beacon", v)),
                            (-70008, "reason", lambda v: text(v, 4_096)), (-70009, "on_behalf_of", source_text)):
        if key in claims:
            out[name] = read(claims[key])
    evidence = {key: claims[key] for key in EVIDENCE if key in claims}
    if number == ATTESTED:
        if -70007 in claims or not is_device(source):
            raise Refused("evidence comes from a device and has no content")
        out["fact"], out["content"] = "Attested", {}
        for key, value in evidence.items():
            name, read = EVIDENCE[key]
            out["content"][name] = read(value) if read else schema.render("dbgstat", value)
        return out
    if evidence:
        raise Refused("claims of evidence in another fact")
    if number not in schema.facts:
        raise Refused(f"{number} is no fact that this version knows")
    out["fact"], rule = schema.facts[number]
    out["content"] = schema.structure(rule, need(claims, -70007))
    return out


class Entry:
    """An entry: decoded on construction, which refuses what is none."""

    def __init__(self, schema: Schema, raw: bytes):
        if len(raw) > MAX_ENTRY:
            raise Refused("larger than an entry may be")
        self.raw = raw
        first = raw[:1]
        if first == b"\xd2":
            self.kind = "COSE_Sign1"
            self._read_cose(parse(raw[1:]))
        elif first in (b"\x86", b"\x83"):
            self._read_array(parse(raw))
        else:
            raise Refused("none of the three forms")
        self.hash = hashlib.sha256(self.body).digest()
        self.said = body_json(schema, self.body)

    def _read_cose(self, parts):
        if type(parts) is not list or len(parts) != 4:
            raise Refused("a COSE_Sign1 has four parts")
        self.protected, unprotected, self.body, self.signature = parts
        if unprotected != {} or [type(p) for p in (self.protected, self.body, self.signature)] != [bytes] * 3 \
                or len(self.signature) != 64:
            raise Refused("not a COSE_Sign1 as entries use it")
        header = parse(self.protected)
        if type(header) is not dict or set(header) != {1, 4} or header[1] not in ALGORITHMS \
                or type(header[4]) is not bytes or len(header[4]) != 8:
            raise Refused("not the protected header {1: alg, 4: kid}")
        self.algorithm, self.kid = header[1], header[4]
        self.proof = {"kind": self.kind, "algorithm": ALGORITHMS[self.algorithm], "kid": self.kid.hex(),
                      "signature": self.signature.hex()}

    def _read_array(self, parts):
        if type(parts) is not list or [type(p) for p in parts[1:]] != [bytes] * (len(parts) - 1):
            raise Refused("not an entry")
        if len(parts) == 6 and parts[0] == 1:
            self.kind = "WebAuthn"
            _, self.kid, self.body, self.authenticator, self.client, self.signature = parts
            if len(self.kid) != 8 or len(self.authenticator) > 1_024 or len(self.client) > 2_048 \
                    or len(self.signature) > 128:
                raise Refused("a part of the wrong length")
            self.proof = {"kind": self.kind, "kid": self.kid.hex(),
                          "authenticator_data": self.authenticator.hex(), "client_data": self.client.hex(),
                          "signature": self.signature.hex()}
        elif len(parts) == 3 and parts[0] == 2:
            self.kind = "SSHSIG"
            _, self.body, self.signature = parts
            if len(self.signature) > 1_024:
                raise Refused("an SSHSIG that is too long")
            self.proof = {"kind": self.kind, "signature": self.signature.hex()}
        else:
            raise Refused("neither a WebAuthn nor an SSH entry")

    def json(self) -> dict:
        return {"entry": self.hash.hex(), "bytes": len(self.raw), "body": self.said, "proof": self.proof}

    def key(self, keys: list[Key]) -> Key:
        """The key that the proof names, among those that are known."""
        for key in keys:
            if self.kind != "SSHSIG":
                if key.id[:8] == self.kid:
                    return key
            elif key.purpose in (3, 4) and proofs.ssh_key(key)[1] == proofs.read_sshsig(self.signature)[0]:
                return key
        raise Refused("the proof names no known key")

    def verify(self, key: Key) -> None:
        """Refuses a proof that does not hold under `key`."""
        if self.kind == "COSE_Sign1":
            proofs.verify_cose(key, self.algorithm, self.protected, self.body, self.signature)
        elif self.kind == "WebAuthn":
            proofs.verify_webauthn(key, self.hash, self.authenticator, self.client, self.signature)
        else:
            proofs.verify_ssh(key, proofs.ENTRY_NAMESPACE, self.hash, self.signature)
