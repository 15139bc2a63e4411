"""The structures of facts, read from docs/spec/entry.cddl, which is part of the specification.

Understands the few forms that file uses below its first part: maps with numbered keys, codes with their words, and the
list of facts. Each value is checked and rendered as section 12 of entry.md says.
"""

import re
from datetime import datetime, timedelta

from canonical import Refused
from sources import source_text

LAST_SECOND = 253_402_300_799


def time_text(value) -> str:
    if type(value) is not int or not 0 <= value <= LAST_SECOND:
        raise Refused("a time outside 1970 to 9999")
    return (datetime(1970, 1, 1) + timedelta(seconds=value)).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


class Schema:
    def __init__(self, cddl: str):
        self.structures = {}
        self.codes = {}
        self.facts = {}
        # A fact: ( -70006 => 2, -70007 => tick) ; Tick
        for number, rule, name in re.findall(r"\(-70006 => (\d+), -70007 => ([a-z0-9-]+)\) ; (\w+)", cddl):
            self.facts[int(number)] = (name, rule)
        # Codes: clock = 1 / 2 ; 1 system, 2 simulated
        for rule, words in re.findall(r"^([a-z0-9-]+) = \d+(?: / \d+)* ; (.*)$", cddl, re.M):
            pairs = (pair.split(" ", 1) for pair in words.split(", "))
            self.codes[rule] = {int(code): word for code, word in pairs}
        # A structure: genesis = {\n  1 => tstr, ; origin\n … }
        for rule, lines in re.findall(r"^([a-z0-9-]+) = \{\n((?:  \?? ?-?\d+ => .*\n)+)\}", cddl, re.M):
            fields = re.findall(r"^  (\? )?(-?\d+) => (.*), ; (\w+)$", lines, re.M)
            self.structures[rule] = {int(key): (name, kind, not option) for option, key, kind, name in fields}

    def structure(self, rule: str, value) -> dict:
        """A map with the keys of a structure, as an object with its names."""
        fields = self.structures[rule]
        if type(value) is not dict:
            raise Refused(f"{rule}: not a map")
        unknown = set(value) - set(fields)
        if unknown:
            raise Refused(f"{rule}: unknown key {min(unknown)}")
        out = {}
        for key, (name, kind, required) in fields.items():
            if key in value:
                out[name] = self.render(kind, value[key])
            elif required:
                raise Refused(f"{rule}: missing {name}")
        return out

    def render(self, kind: str, value):
        """A value of a CDDL type, checked, as JSON has it."""
        if kind in self.structures:
            return self.structure(kind, value)
        if kind in self.codes:
            if type(value) is not int or value not in self.codes[kind]:
                raise Refused(f"{value!r} is no {kind}")
            return self.codes[kind][value]
        if kind.startswith("[+ "):
            if type(value) is not list or not value:
                raise Refused("a list is not empty")
            return [self.render(kind[3:-1], item) for item in value]
        if kind == "seconds":
            return time_text(value)
        if kind == "source-id":
            return source_text(value)
        plain = {"uint": int, "int": int, "bool": bool, "tstr": str, "bstr": bytes, "sha256": bytes}.get(kind)
        if plain is None:
            raise Refused(f"a type this reader does not know: {kind}")
        if type(value) is not plain or (kind == "uint" and value < 0) or (kind == "int" and value >= 1 << 63):
            raise Refused(f"not of type {kind}")
        if kind == "sha256" and len(value) != 32:
            raise Refused("a digest has 32 bytes")
        return value.hex() if plain is bytes else value
