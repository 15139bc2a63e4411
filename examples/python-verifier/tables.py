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


VERIFIES = ("links.verifies", "links.validates", "links.verifies-implementation", "links.verifies-effectiveness")


def revision(record) -> str:
    return record[2]["body"]["content"]["revision"]


def verified(record) -> list[str]:
    return [to for name in VERIFIES for to in (record[3] or {}).get(name, ())]


def acceptances(links: list, flagged: set, at: str) -> dict:
    """By product, line, from, link and to: the revision a link was last accepted against, None if it was withdrawn."""
    out = {}
    for index, time, body in links:
        if time <= at and index not in flagged:
            content = body["content"]
            key = tuple(content[k] for k in ("product", "line", "from", "link", "to"))
            out[key] = content["to_revision"] if body["fact"] == "LinkAccepted" else None
    return out


def unaccepted(key: tuple, fields, records: dict, accepted: dict) -> list[str]:
    """The case that a run names, and what that verifies, where the run was not accepted against their revisions."""
    product, line, run = (part.decode() for part in key)
    out = set()
    for case in (fields or {}).get("links.run-of", ()):
        if (record := records.get((*key[:2], case.encode()))) is None:
            continue
        for link, to in (("run-of", case), *(("ran-against", to) for to in verified(record))):
            target = records.get((*key[:2], to.encode()))
            if target and accepted.get((product, line, run, link, to)) != revision(target):
                out.add(to)
    return sorted(out, key=str.encode)


def verdict_rows(definition: dict, records: dict, stated: list, reported: list, pushed: list, flagged: set, at: str) -> list[dict]:
    """What the results of each test amount to: the first of the worst of those of one commit with the last."""
    weights = {"skipped": 0, "passed": 1, "error": 2, "failed": 3}
    tests, carried, history, out = {}, {}, {}, []
    for index, time, said in reported:
        content = said["body"]["content"]
        if time <= at and index not in flagged:
            tests.setdefault(tuple(content[k].encode() for k in ("product", "line", "test")), []).append((index, time, said))
    for key, record in records.items():
        for test in (record[3] or {}).get("tests", ()):
            carried.setdefault((*key[:2], test.encode()), set()).add(key[2])
    for index, time, said in stated:
        content = said["body"]["content"]
        if time <= at and index not in flagged:
            history.setdefault(tuple(content[k].encode() for k in ("product", "line", "record")), []).append(
                (index, content["revision"] if said["body"]["fact"] == "RecordRevised" else None))

    def report(said):
        found = said["body"]["content"].get("report")
        return found and found["raw"]["digest"]

    def one_run(one, last):
        commit = last[2]["body"]["content"].get("commit")
        own = one[2]["body"]["content"].get("commit")
        if commit is not None:
            return own == commit
        if report(last[2]) is not None:
            return own is None and report(one[2]) == report(last[2])
        return one[0] == last[0]

    for key, results in sorted(tests.items()):
        run = [one for one in results if one_run(one, results[-1])]
        index, time, said = max(run, key=lambda one: weights[one[2]["body"]["content"]["verdict"]])
        content = said["body"]["content"]
        before = [(i, c) for i, c in pushed if i < index and i not in flagged
                  and (c["product"], c["line"]) == (content["product"], content["line"])]
        ran, then = [one for one in before if one[1]["commit"] == content.get("commit")], index
        if content.get("commit") is not None and ran:
            then = next((i for i, c in before if i > ran[-1][0] and c["repository"] == ran[-1][1]["repository"]), index)

        def revision_then(at_key):
            return next((r for i, r in reversed(history.get(at_key, ())) if i < then), None)

        cases = carried.get(key, set()) | ({key[2]} if key in records else set())
        for case in sorted(cases) or [None]:
            changed = set()
            if case is not None:
                record = records[(*key[:2], case)]
                own = content.get("test_revision") if key[2] == case else None
                if (own or revision_then((*key[:2], case))) != revision(record):
                    changed.add(case.decode())
                for to in verified(record):
                    target = records.get((*key[:2], to.encode()))
                    if target and revision_then((*key[:2], to.encode())) != revision(target):
                        changed.add(to)
            special = {"@entry": index, "@time": time, "@case": case and case.decode(), "@results": len(run),
                       "@changed": sorted(changed, key=str.encode)}
            out.append({c["name"]: special[c["from"]] if c["from"] in special else pointer(said, c["from"])
                        for c in definition["columns"]})
    return out


def record_rows(definition: dict, records: dict, accepted: dict) -> list[dict]:
    kinds, out = definition.get("kinds", []), []
    for key, (index, time, said, fields) in records.items():
        content = said["body"]["content"]
        if kinds and content["kind"] not in kinds:
            continue
        if definition["kind"] == "records":
            def value(path):
                if path == "@fields":
                    return fields
                if path == "@changed":
                    return unaccepted(key, fields, records, accepted)
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


def same(a, b) -> bool:
    return a == b and type(a) is type(b)


def figure(spec: dict, tables: dict[str, list[dict]], facts: dict[str, int]):
    """The value of a figure, computed."""
    where = spec.get("where", {})
    if spec["table"] == "entries":
        if spec["kind"] != "count" or set(where) - {"fact"} or spec.get("unless"):
            raise Refused("entries are counted, all or by their fact")
        return facts.get(where["fact"], 0) if where else sum(facts.values())
    rows = [r for r in tables[spec["table"]] if all(same(r[c], v) for c, v in where.items())
            and not any(same(r[c], v) for c, v in spec.get("unless", {}).items())]
    if spec["kind"] == "count":
        return len(rows)
    if spec["kind"] == "tally":
        counts = {}
        for r in rows:
            values = [r[c] for c in spec["columns"]]
            counts.setdefault(json.dumps(values), [values, 0])[1] += 1
        return [[*values, n] for values, n in counts.values()]
    if spec["kind"] == "list":
        return [[r[c] for c in spec["columns"]] for r in rows]
    prefix, (left, right) = spec["with"] + ".", spec["on"]
    others = {}
    for other in tables[spec["with"]]:
        others.setdefault(json.dumps(other[right]), []).append(other)
    return [[o[c.removeprefix(prefix)] if c.startswith(prefix) else r[c] for c in spec["columns"]]
            for r in rows for o in others.get(json.dumps(r[left]), [])]
