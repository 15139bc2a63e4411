"""The ZIP of a package, strictly (docs/spec/package.md, section 2). Nothing is ever written to disk."""

import re
import struct
import zlib

MAX_MEMBER, MAX_FILE, MAX_MEMBERS = 256 << 20, (1 << 32) - 1, 65_534
NAME = re.compile(r"[a-z0-9_-][a-z0-9._-]*(?:/[a-z0-9_-][a-z0-9._-]*)*")


class BadPackage(Exception):
    """The file is no package, or one of a later version."""


class Damaged(Exception):
    """A member whose bytes are not those that were written."""


class Members:
    def __init__(self, raw: bytes):
        self.raw, self.places = raw, {}
        if len(raw) < 22 or len(raw) > MAX_FILE:
            raise BadPackage("shorter or longer than any package")
        end, disks, here, count, size, start, comment = struct.unpack("<IIHHIIH", raw[-22:])
        if end != 0x06054B50:
            raise BadPackage("cut off, or no ZIP: it does not end with the end of a directory")
        if disks or here != count or count > MAX_MEMBERS or comment:
            raise BadPackage("several disks, a comment, or ZIP64")
        if start + size != len(raw) - 22:
            raise BadPackage("cut off: its directory does not end where the file does")
        at, offset, total = start, 0, 0
        for _ in range(count):
            head = raw[at:at + 46]
            if len(head) < 46 or at + 46 > len(raw) - 22:
                raise BadPackage("its directory ends too soon")
            (magic, made, version, flags, method, time, date, crc, packed, length, name_length, extra,
             note, disk, internal, external, place) = struct.unpack("<IHHHHHHIIIHHHHHII", head)
            name = raw[at + 46:at + 46 + name_length].decode("latin-1")
            at += 46 + name_length
            if magic != 0x02014B50 or made != 20:
                raise BadPackage("its directory has an entry that is none")
            if len(name) > 200 or not NAME.fullmatch(name):
                raise BadPackage(f"a name that no member may have: {name!r}")
            if name in self.places:
                raise BadPackage(f"two members have one name: {name}")
            if (version, flags, time, date) != (20, 0, 0, 0x21) or method not in (0, 8) or extra or note or disk \
                    or internal or external or (method == 0 and packed != length):
                raise BadPackage(f"a flag, date, extra field or method that packages do not use: {name}")
            total += length
            if length > MAX_MEMBER or total > MAX_FILE or length > max(packed, 1) * 1_032:
                raise BadPackage(f"a member that says it is larger than a member may be: {name}")
            local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, method, 0, 0x21, crc, packed, length,
                                name_length, 0) + name.encode()
            if place != offset:
                raise BadPackage(f"bytes between members, or members over each other: {name}")
            if raw[place:place + len(local)] != local:
                raise BadPackage(f"its own header contradicts the directory: {name}")
            offset = place + len(local) + packed
            if offset > start:
                raise BadPackage(f"a member that reaches into the directory: {name}")
            self.places[name] = (offset - packed, packed, length, method, crc)
        if at != len(raw) - 22 or offset != start:
            raise BadPackage("bytes that belong to no member")

    def __contains__(self, name: str) -> bool:
        return name in self.places

    def names(self) -> list[str]:
        return list(self.places)

    def read(self, name: str) -> bytes:
        at, packed, length, method, crc = self.places[name]
        data = self.raw[at:at + packed]
        if method == 8:
            inflate = zlib.decompressobj(-15)
            try:
                data = inflate.decompress(data, length + 1)
            except zlib.error as error:
                raise Damaged(f"it cannot be inflated: {error}") from error
            if not inflate.eof or inflate.unused_data:
                raise Damaged("it cannot be inflated to the size it says")
        if len(data) != length or zlib.crc32(data) != crc:
            raise Damaged("its bytes were changed")
        return data
