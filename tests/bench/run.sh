#!/usr/bin/env bash
# The benchmark: tests/bench/run.sh [--quick] [--json FILE] [--rounds N] [--only TEXT]; a Markdown table on standard output.
#   --scale        instead: how it goes with the number of keys, of held messages, of hosts, of pipelines
#   --micro        instead: what single steps cost, by Google Benchmark; its own flags may follow
#   BUILD=folder   where to build (build-bench)
# It takes about ten minutes, with --quick two. Nothing else should run on the machine.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$top/build-bench}
source "$top/tests/support/packages.sh"

need_packages "${build_packages[@]}" doctest-dev libbenchmark-dev python3 valgrind zstd >&2
{
  cmake -G Ninja -S "$top" -B "$build" -DCMAKE_BUILD_TYPE=Release -DJETCAPTURE_TESTS=ON
  cmake --build "$build" --target bench plugins/all
} >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
case ${1:-} in
  --scale) shift; exec python3 "$top/tests/bench/scale.py" --build "$build" "$@" ;;
  --micro) shift; exec "$build/bench/micro" "$@" ;;
  *) exec python3 "$top/tests/bench/bench.py" --build "$build" "$@" ;;
esac
