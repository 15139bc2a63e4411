#!/bin/sh
# Holds the client to the worked example of the specification; it shares no code with the crates.
# Usage: run.sh DIR    DIR holds the virtual environment; it is made there when it is missing.
set -eu
if [ $# -ne 1 ]; then
    echo "usage: run.sh DIR" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
venv=$1
if [ ! -x "$venv/bin/python" ]; then
    echo "device-python: making a virtual environment in $venv" >&2
    "${PYTHON:-python3}" -m venv "$venv" || exit 3
fi
if ! cmp -s "$here/requirements.txt" "$venv/requirements.installed"; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" || exit 3
    cp "$here/requirements.txt" "$venv/requirements.installed"
fi
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" "$here/check.py" "$here/../.."
