"""Tables that are projections of entries, and figures (docs/spec/package.md, sections 6 and 7)."""

import json

from canonical import Refused


def pointer(value, path: str):
    """RFC 6901; None where it leads nowhere."""
    for step in path.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def selects(definition: dict, said: dict) -> bool:
    facts, sources = definition.get("facts", []), definition.get("sources", [])
    return (not facts or said["body"]["fact"] in facts) \
        and (not sources or said["body"]["source"].split(":")[0] in sources)


def row(definition: dict, index: int, time: str, said: dict) -> dict:
    special = {"@entry": index, "@time": time}
    return {c["name"]: special[c["from"]] if c["from"] in special else pointer(said, c["from"])
            for c in definition["columns"]}


def record_fields(blob: bytes | None):
    """The fields of a normal form (record-normal-form.md); None for what is none."""
    try:
        text = blob.decode("utf-8")
        head, text = text.split("\n", 1)
        if head != "vouchsafe-record/1":
            return None
        raw, fields = text.encode(), {}
        while raw:
            head, raw = raw.split(b"\n", 1)
            name, count = head.decode().rsplit(" ", 1)
            fields[name] = []
            for _ in range(int(count)):
                length, raw = raw.split(b":", 1)
                value, end, raw = raw[:int(length)], raw[int(length):int(length) + 1], raw[int(length) + 1:]
                if end != b"\n":
                    return None
                fields[name].append(value.decode("utf-8"))
        return fields
    except (AttributeError, ValueError):
        return None


def current(stated: list, flagged: set, at: str, blob) -> dict:
    """The records that count: by product, line and record, the entry, its time, what it says, and its fields."""
    last = {}
    for index, time, said in stated:
        content = said["body"]["content"]
        if time <= at and index not in flagged:
            last[tuple(content[k].encode() for k in ("product", "line", "record"))] = (index, time, said)
    return {key: (index, time, said, record_fields(blob(said["body"]["content"]["content"]["digest"])))
            for key, (index, time, said) in sorted(last.items()) if said["body"]["fact"] == "RecordRevised"}


def record_rows(definition: dict, records: dict) -> list[dict]:
    kinds, out = definition.get("kinds", []), []
    for key, (index, time, said, fields) in records.items():
        content = said["body"]["content"]
        if kinds and content["kind"] not in kinds:
            continue
        if definition["kind"] == "records":
            def value(path):
                if not path.startswith("@field "):
                    return row({"columns": [{"name": "x", "from": path}]}, index, time, said)["x"]
                values = (fields or {}).get(path.removeprefix("@field "), [])
                return values[0] if len(values) == 1 else values or None
            out.append({c["name"]: value(c["from"]) for c in definition["columns"]})
            continue
        for name in sorted(fields or {}, key=str.encode):
            for target in fields[name] if name.startswith("links.") else ():
                other = records.get((*key[:2], target.encode()))
                special = {"@entry": index, "@product": content["product"], "@line": content["line"],
                           "@from": content["record"], "@from-kind": content["kind"], "@link": name.removeprefix("links."),
                           "@to": target, "@to-kind": other and other[2]["body"]["content"]["kind"]}
                out.append({c["name"]: special[c["from"]] for c in definition["columns"]})
    return out


def component_rows(definition: dict, made: list, blob) -> list[dict]:
    """One row for each component in the bills of materials of each release."""
    out = []
    for index, said in made:
        for sbom in said["body"]["content"].get("sboms", ()):
            try:
                components = pointer(json.loads(blob(sbom["normalised"]["digest"]) or b""), "/sbom/components")
            except ValueError:
                components = None
            for component in components if isinstance(components, list) else ():
                def value(path):
                    if path == "@entry":
                        return index
                    if path.startswith("@component "):
                        return pointer(component, path.removeprefix("@component "))
                    return pointer(said, path)
                out.append({c["name"]: value(c["from"]) for c in definition["columns"]})
    return out


def lines(raw: bytes) -> list[dict]:
    if raw and not raw.endswith(b"\n"):
        raise Refused("its last line has no end")
    return [json.loads(line) for line in raw.split(b"\n")[:-1]]


def figure(spec: dict, tables: dict[str, list[dict]], facts: dict[str, int]):
    """The value of a figure, computed."""
    where = spec.get("where", {})
    if spec["table"] == "entries":
        if spec["kind"] != "count" or set(where) - {"fact"}:
            raise Refused("entries are counted, all or by their fact")
        return facts.get(where["fact"], 0) if where else sum(facts.values())
    rows = [r for r in tables[spec["table"]] if all(r[c] == v and type(r[c]) is type(v) for c, v in where.items())]
    if spec["kind"] == "count":
        return len(rows)
    if spec["kind"] == "list":
        return [[r[c] for c in spec["columns"]] for r in rows]
    prefix, (left, right) = spec["with"] + ".", spec["on"]
    others = {}
    for other in tables[spec["with"]]:
        others.setdefault(json.dumps(other[right]), []).append(other)
    return [[o[c.removeprefix(prefix)] if c.startswith(prefix) else r[c] for c in spec["columns"]]
            for r in rows for o in others.get(json.dumps(r[left]), [])]
