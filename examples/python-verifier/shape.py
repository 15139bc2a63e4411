"""As much of JSON Schema (2020-12) as docs/spec/package-index.schema.json uses."""

import re

from canonical import Refused

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
KNOWN = {"$schema", "title", "$defs", "$ref", "type", "required", "additionalProperties", "properties", "items", "enum",
         "const", "pattern", "minimum"}


def check(schema: dict, value, root: dict, at: str = "$") -> None:
    """Refuses a value that the schema does not allow."""
    if set(schema) - KNOWN:
        raise Refused(f"the schema uses {set(schema) - KNOWN}, which this reader does not know")
    if "$ref" in schema:
        return check(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, root, at)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, TYPES[k]) and (k == "boolean" or not isinstance(value, bool)) for k in kinds):
        raise Refused(f"{at}: not of type {' or '.join(kinds)}")
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        raise Refused(f"{at}: a value that is not allowed")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        raise Refused(f"{at}: not of the form {schema['pattern']}")
    if "minimum" in schema and value < schema["minimum"]:
        raise Refused(f"{at}: too small")
    if isinstance(value, dict):
        missing = set(schema.get("required", ())) - set(value)
        if missing:
            raise Refused(f"{at}: {min(missing)} is missing")
        fields = schema.get("properties", {})
        if schema.get("additionalProperties") is False and set(value) - set(fields):
            raise Refused(f"{at}: {min(set(value) - set(fields))} is not allowed")
        for name in set(value) & set(fields):
            check(fields[name], value[name], root, f"{at}.{name}")
    if isinstance(value, list) and "items" in schema:
        for n, item in enumerate(value):
            check(schema["items"], item, root, f"{at}[{n}]")
