#!/usr/bin/env bash
# Builds jetcapture and runs its tests; does all its set-up. Arguments go to ctest: tests/run.sh -L unit
#   BUILD=folder      where to build (build)
#   CMAKE_ARGS="…"    more for cmake
#   CI=true           tests whose service can't be installed fail, and are not skipped
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$top/build}
source "$top/tests/support/packages.sh"
source "$top/tests/support/services.sh"
source "$top/tests/support/pyarrow.sh"

need_packages "${build_packages[@]}" "${test_packages[@]}"
# Another label alone needs neither; the label "unit" no server.
[[ " $* " == *" -L "* && " $* " != *services* ]] || { install_services && install_pyarrow; }
[[ " $* " == *" -L unit"* ]] || install_nats_servers
# shellcheck disable=SC2086
cmake -G Ninja -S "$top" -B "$build" -DJETCAPTURE_TESTS=ON -DJETCAPTURE_PYTHON="$pyarrow_python" ${CMAKE_ARGS:-} >"$build.configure.log" 2>&1 ||
  { cat "$build.configure.log"; exit 1; }
mv "$build.configure.log" "$build/configure.log"
cmake --build "$build"
# Tests wait more than they compute: for a server, an interval, a deadline.
ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$((2 * $(nproc)))" "$@"
