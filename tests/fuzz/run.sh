#!/usr/bin/env bash
# Builds the fuzz targets with clang and runs each for a while on its corpus: tests/fuzz/run.sh [SECONDS]
#   BUILD=folder      where to build (build-fuzz)
# What it finds that the corpus did not reach is added to the corpus; a crash leaves its input in the build folder.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$top/build-fuzz}
seconds=${1:-10}
source "$top/tests/support/packages.sh"

need_packages "${build_packages[@]}" "${test_packages[@]}" clang libclang-rt-dev
cmake -G Ninja -S "$top" -B "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DJETCAPTURE_FUZZ=ON \
  -DJETCAPTURE_SANITIZE=fuzzer-no-link,address,undefined >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
cmake --build "$build" --target fuzz
cd "$build"
for target in ack_subject status journal path options json protobuf; do
  mkdir -p "found/$target"
  corpus=$top/tests/fuzz/corpus/$target
  [ -d "$corpus" ] || corpus=
  # New inputs go to the first folder; the kept corpus is only read.
  if ! "fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 -verbosity=0 \
    "found/$target" ${corpus:+"$corpus"} >"$target.log" 2>&1; then
    tail -n 100 "$target.log"
    echo "$target found a defect, or could not run; its log and its input, if there is one, are in $build" >&2
    exit 1
  fi
  sed -n "s/^stat::number_of_executed_units: */$target: runs /p" "$target.log"
done
