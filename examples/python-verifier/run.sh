#!/bin/sh
# Verifies packages that the program FIXTURE writes with a verifier that shares no code with the crates, and damages each
# kind of member to see it refused.
# Usage: run.sh DIR FIXTURE    DIR holds the virtual environment; it is made there when it is missing.
set -eu
if [ $# -ne 2 ]; then
    echo "usage: run.sh DIR FIXTURE" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
venv=$1
if [ ! -x "$venv/bin/python" ]; then
    echo "python-verifier: making a virtual environment in $venv" >&2
    "${PYTHON:-python3}" -m venv "$venv" || exit 3
fi
if ! cmp -s "$here/requirements.txt" "$venv/requirements.installed"; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" || exit 3
    cp "$here/requirements.txt" "$venv/requirements.installed"
fi
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" "$here/check.py" "$here/../.." "$2"
