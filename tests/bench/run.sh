#!/usr/bin/env bash
# The benchmark: tests/bench/run.sh [--quick] [--json FILE] [--rounds N] [--only TEXT]; a Markdown table on standard output.
#   --scale        instead: how it goes with the number of keys, of messages in flight, of hosts, of pipelines
#   --ledger       instead: what the ledger costs, and how fast a backup is read by it
#   --restore      instead: how fast a backup comes back into a stream
#   --micro        instead: what single steps cost, by Google Benchmark; its own flags may follow
#   --peers        other programs too where --quick leaves them out; the first time it builds them, for minutes
#   BUILD=folder   where to build (build-bench)
# It takes about half an hour, with --quick two minutes. Nothing else should run on the machine.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$top/build-bench}
source "$top/tests/support/packages.sh"
source "$top/tests/support/services.sh"
source "$top/tests/support/pyarrow.sh"

need_packages "${build_packages[@]}" doctest-dev libbenchmark-dev python3 valgrind zstd >&2
{ install_services && install_pyarrow; } >&2
{
  cmake -G Ninja -S "$top" -B "$build" -DCMAKE_BUILD_TYPE=Release -DJETCAPTURE_TESTS=ON -DJETCAPTURE_PYTHON="$pyarrow_python"
  cmake --build "$build" --target bench plugins/all
} >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }

build_peers() {
  echo "The reference jet-capture cannot be installed by the Go client, so it is left out" >&2
  rm -f "$build/bench/benthos"
  # The flag came with Go 1.23, which asks for it.
  (cd "$top/tests/bench/benthos" && { go build -ldflags=-checklinkname=0 -o "$build/bench/benthos" . ||
    go build -o "$build/bench/benthos" .; }) >"$build.peers.log" 2>&1 ||
    echo "Without Go 1.21 or newer, and its module proxy: Benthos is left out ($build.peers.log)" >&2
}

case ${1:-} in
  --scale) shift; exec python3 "$top/tests/bench/scale.py" --build "$build" "$@" ;;
  --ledger) shift; exec python3 "$top/tests/bench/ledger.py" --build "$build" "$@" ;;
  --restore) shift; exec python3 "$top/tests/bench/restore.py" --build "$build" "$@" ;;
  --micro) shift; exec "$build/bench/micro" "$@" ;;
  *)
    [[ " $* " == *" --quick "* && " $* " != *" --peers "* ]] || build_peers
    exec python3 "$top/tests/bench/bench.py" --build "$build" "$@"
    ;;
esac
