#!/usr/bin/env bash
# Runs the randomised soak: tests/faults/soak.sh --seconds 600 --seed 7 (BUILD=folder: where jetcapture is built)
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$top/build}
[ -x "$build/tests/soak" ] || { echo "build first: tests/run.sh" >&2; exit 2; }
exec "$build/tests/soak" "$@"
