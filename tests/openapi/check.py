"""Checks the description of the API, and recorded answers against it, with public packages only."""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    wrong = [f"description: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
    operations = {
        operation["operationId"]: operation
        for item in document["paths"].values()
        for operation in item.values()
    }
    checked = set()
    with open(sys.argv[2], encoding="utf-8") as file:
        samples = [json.loads(line) for line in file]
    for sample in samples:
        answer = operations[sample["operation"]]["responses"][sample["status"]]
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].removeprefix("#/components/responses/")]
        schema = dict(answer["content"][sample["media"]]["schema"], components=document["components"])
        validator = Draft202012Validator(schema, format_checker=FormatChecker(["date-time"]))
        for error in validator.iter_errors(sample["body"]):
            wrong.append(f"{sample['operation']} {sample['status']}: {error.json_path}: {error.message}")
        checked.add((sample["operation"], sample["status"]))
    for line in wrong[:50]:
        print(line)
    print(f"{len(operations)} operations, {len(samples)} answers of {len(checked)} kinds, {len(wrong)} wrong")
    # A check that looked at nothing must not pass.
    return 1 if wrong or len(samples) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
