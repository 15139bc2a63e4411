#!/bin/sh
# Browser tests of the pages: installs two npm packages (pinned in package.json) into a directory, finds Chromium, builds and
# serves the fixture, runs. Usage: tests/browser/run.sh [--readme] [DIR], by default target/browser. With --readme it tests nothing
# and takes the picture of the README, docs/images/overview.png, anew. CHROMIUM names another browser.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
readme=
if [ "${1:-}" = --readme ]; then readme=yes; shift; fi
dir=${1:-"$root/target/browser"}

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "browser tests need Node 20 or newer with npm; install nodejs" >&2
  exit 3
fi

if [ -z "${CHROMIUM:-}" ]; then
  for name in chromium chromium-browser google-chrome; do
    if CHROMIUM=$(command -v "$name"); then break; fi
  done
fi
if [ -z "${CHROMIUM:-}" ]; then
  echo "browser tests need Chromium; install chromium, or name it in CHROMIUM" >&2
  exit 3
fi

mkdir -p "$dir"
if ! cmp -s "$here/package.json" "$dir/package.json" || [ ! -d "$dir/node_modules/playwright-core" ]; then
  cp "$here/package.json" "$dir/package.json"
  (cd "$dir" && npm install --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error)
fi
# Modules are looked for beside the tests, so they run from where the packages are.
cp "$here"/*.mjs "$dir/"

cd "$root"
cargo build --quiet -p vouchsafe-server --example pages_fixture
target=$(cargo metadata --format-version 1 --no-deps | node -e '
  let text = ""; process.stdin.on("data", (d) => text += d).on("end", () => console.log(JSON.parse(text).target_directory));')

cd "$dir"
export CHROMIUM FIXTURE="$target/debug/examples/pages_fixture" SCREENSHOTS="${SCREENSHOTS:-$root/target/screenshots}"
if [ -n "$readme" ]; then
  exec node readme.mjs "$root/docs/images/overview.png"
fi
exec node --test --test-concurrency=1 pages.test.mjs
