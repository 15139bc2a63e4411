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
