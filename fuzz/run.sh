#!/usr/bin/env bash
# Runs every fuzz target over its kept corpus and then over mutations of it, all in about SECONDS (default 30).
# More: fuzz/run.sh SECONDS SEED TARGET...
set -euo pipefail
cd "$(dirname "$0")"
cargo build --quiet --release --locked --bin vouchsafe-fuzz
exec cargo run --quiet --release --locked --bin vouchsafe-fuzz -- run "${1:-30}" "${@:2}"
