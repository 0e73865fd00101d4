#!/usr/bin/env bash
# The benchmark: tests/bench/run.sh [--quick] [--json FILE] [--rounds N] [--only TEXT] [--scale]; a Markdown table on standard output.
#   BUILD=folder   where to build (build-bench)
# It takes about ten minutes, with --quick two. Nothing else should run on the machine.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$top/build-bench}
source "$top/tests/support/packages.sh"

need_packages "${build_packages[@]}" "${test_packages[@]}" valgrind >&2
{
  cmake -G Ninja -S "$top" -B "$build" -DCMAKE_BUILD_TYPE=Release
  cmake --build "$build" --target bench plugins/all
} >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
exec python3 "$top/tests/bench/bench.py" --build "$build" "$@"
