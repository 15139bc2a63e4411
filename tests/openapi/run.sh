#!/bin/sh
# A second opinion on docs/api/openapi.json by public packages: that it is OpenAPI 3.1, and that the answers which the tests
# of the server recorded fit their schemas.
# Usage: run.sh DIR SAMPLES    DIR holds the virtual environment; SAMPLES is api-samples.jsonl of the tests.
set -eu
if [ $# -ne 2 ]; then
    echo "usage: run.sh DIR SAMPLES" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
venv=$1
if [ ! -x "$venv/bin/python" ]; then
    echo "openapi: making a virtual environment in $venv" >&2
    "${PYTHON:-python3}" -m venv "$venv" || exit 3
fi
if ! cmp -s "$here/requirements.txt" "$venv/requirements.installed"; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" || exit 3
    cp "$here/requirements.txt" "$venv/requirements.installed"
fi
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" "$here/check.py" "$here/../../docs/api/openapi.json" "$2"
