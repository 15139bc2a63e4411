"""Which key a source held at an index, as the entries of a package say (entry.md, sections 5, 7, 8 and 10)."""

import proofs
from canonical import Refused, encode, parse
from sources import COSE, WEBAUTHN, Key, derive

GENESIS, RECOVERED, ENROLLED, ROTATED, REVOKED, STREAM_KEY, SIGNED = 1, 5, 20, 21, 22, 30, 40
DEVICE_ENROLLED, DEVICE_REENROLLED = 101, 107
LEDGER = 128


class Period:
    def __init__(self, key: Key, start: int):
        self.key, self.start, self.end = key, start, None

    def holds(self, index: int) -> bool:
        return self.start <= index and (self.end is None or index <= self.end)


class KeyBook:
    def __init__(self, schema):
        self.periods, self.streams, self.origin = {}, {}, None
        self.meanings = schema.codes["meaning"].values()
        self.inner = 0

    def add(self, source: bytes, fields: dict, start: int):
        self.periods.setdefault(source, []).append(Period(Key(encode(fields)), start))

    def keys(self, source: bytes, index: int) -> list[Key]:
        return [p.key for p in self.periods.get(source, []) if p.holds(index)]

    def take(self, index: int, entry) -> None:
        """Holds an entry to the keys that count at its index, then learns what it says of keys."""
        claims = parse(entry.body)
        fact, content = claims[-70006], claims.get(-70007, {})
        source = claims.get(256, claims.get(-70001))
        if fact == GENESIS and index == 0:
            self.origin = content[1]
            self.recovery = Key(encode(content[3]))
            ledger = derive(LEDGER, encode(content[5]))
            self.add(ledger, content[5], 0)
            self.add(content[6], content[7], 1)
        elif fact == RECOVERED:
            self.origin = content[1]
            self.add(derive(LEDGER, encode(content[4])), content[4], index)
        stream = (source, claims[-70002])
        own = [key for start, key in [self.streams[stream]] if start <= index] if stream in self.streams else []
        entry.verify(entry.key(own + self.keys(source, index)[::-1]))
        self.within(index, fact, content, claims, source)
        self.learn(index, fact, content, stream)

    def learn(self, index, fact, content, stream):
        if fact in (ENROLLED, DEVICE_ENROLLED):
            if content[1] not in self.periods:
                self.add(content[1], content[2], index + 1)
        elif fact in (ROTATED, DEVICE_REENROLLED):
            for period in self.periods.get(content[1], []):
                if period.key.id == content[2] and period.end is None:
                    period.end = index
            self.add(content[1], content[3], index + 1)
        elif fact == REVOKED:
            for period in self.periods.get(content[1], []):
                if period.key.id == content[2] and period.end is None:
                    period.end = index
        elif fact == STREAM_KEY:
            self.streams[stream] = (index + 1, Key(encode(content[1])))

    def within(self, index, fact, content, claims, source):
        """The signatures inside a fact (section 10) and persons' statements (section 9)."""
        possession = "vouchsafe-possession@v1"
        if fact == SIGNED:
            self.any(self.keys(content[3], index), lambda key: proofs.verify_statement(
                key, content[1].encode(), content[2], self.meanings))
        elif fact in (ENROLLED, ROTATED) and (5 if fact == ENROLLED else 4) in content:
            key, signature = (2, 5) if fact == ENROLLED else (3, 4)
            self.attached(content[key], possession, [self.origin, content[1]], content[signature])
        elif fact == DEVICE_ENROLLED:
            udi = [content[4]] if 4 in content else []
            self.attached(content[2], possession, [self.origin, content[1], *udi], content[3])
        elif fact == DEVICE_REENROLLED:
            self.attached(content[3], possession, [self.origin, content[1]], content[4])
        elif fact == STREAM_KEY:
            standing = self.keys(source, index)
            if not standing:
                raise Refused("a stream key that no standing key vouches for")
            self.attached(parse(standing[-1].encoded), "vouchsafe-stream-key@v1",
                          [self.origin, source, claims[-70002], claims[-70003], content[1]], content[2])
        elif fact == RECOVERED:
            self.attached(parse(self.recovery.encoded), "vouchsafe-recovery@v1",
                          [{**content, 10: b""}], content[10])

    def any(self, keys, verify):
        self.inner += 1
        for key in keys:
            try:
                return verify(key)
            except Refused:
                continue
        raise Refused("a signature inside it holds under no key of its signer")

    def attached(self, fields, purpose, items, signature):
        self.inner += 1
        key, message = Key(encode(fields)), encode([purpose, *items])
        if key.purpose == COSE:
            algorithm = -8 if key.algorithm == 1 else -7
            protected = encode({1: algorithm, 4: key.id[:8]})
            proofs.verify_raw(key, encode(["Signature1", protected, purpose.encode(), message]),
                              signature if key.algorithm == 1 else proofs.der(signature[:32], signature[32:]))
        elif key.purpose == WEBAUTHN:
            proofs.verify_webauthn(key, proofs.sha256(message), *parse(signature))
        else:
            proofs.verify_ssh(key, purpose.encode(), message, signature)
