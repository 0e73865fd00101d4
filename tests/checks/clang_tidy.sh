#!/usr/bin/env bash
# clang-tidy with the checks of .clang-tidy: tests/checks/clang_tidy.sh [FOLDER…]
#   BUILD=folder      a build whose compile_commands.json it reads (build)
# Without folders, over the modules through which every message goes. All of host/ and plugins/ takes more than five minutes on two cores:
#   tests/checks/clang_tidy.sh host plugins
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$top/build}
cd "$top"
[ $# -gt 0 ] || set -- host/log host/settings host/plugins host/delivery host/blocks host/progress host/commit host/store host/ledger host/ordered host/notify host/upload host/capture host/nats
git ls-files "${@/%//*.cpp}" | xargs -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet
