#!/usr/bin/env bash
# Runs the quickstart and the unit tests of the last commit in a fresh root of Debian: nothing of this machine's packages is in it.
#   tests/fresh/run.sh 12    or 13; --quickstart behind it: without the unit tests
#   CCACHE_DIR=folder        the compiler's cache (~/.cache/jetcapture-fresh)
#
# What is compiled there is not optimised, and without debug information: half the time, and a tenth of the cache. That is a cache of
# its own: the compilers differ, so that it could only crowd out what this machine's compiler needs.
# Needs root, and the network for Debian's packages: without them it is skipped, and with CI=true it fails.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
case ${1:-} in
12) suite=bookworm ;;
13) suite=trixie ;;
*) echo "usage: tests/fresh/run.sh 12|13 [--quickstart]" >&2; exit 2 ;;
esac
source "$top/tests/support/packages.sh"
source "$top/tests/support/debian_root.sh"
need_packages git
enter_namespaces "$top/tests/fresh/run.sh" "$@"

debian=$1
began=$SECONDS
step() {
  [ "$SECONDS" -eq "$began" ] || printf '   %d:%02d minutes\n' $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
  began=$SECONDS
  printf '\n== Debian %s: %s\n' "$debian" "$1"
}

# Runs a command in the root, with an environment of its own.
inside() {
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    CI=true CMAKE_BUILD_TYPE=Plain CFLAGS=-O0 CXXFLAGS=-O0 CCACHE_DIR=/ccache CCACHE_MAXSIZE=1G CCACHE_BASEDIR=/jetcapture CCACHE_NOHASHDIR=1 chroot "$root" bash -euo pipefail -c "cd /jetcapture && $1"
}

step "the root"
make_debian_root "$suite"
git clone --quiet --no-hardlinks "$top" "$work/clone"
cache=${CCACHE_DIR:-$HOME/.cache/jetcapture-fresh}
mkdir -p "$cache" "$root/ccache" "$root/jetcapture"
mount --bind "$cache" "$root/ccache"
mount --bind "$work/clone" "$root/jetcapture"
step "the quickstart"
inside "examples/quickstart.sh"
if [ "${2:-}" = --quickstart ]; then
  step "done"
  exit
fi
step "the unit tests are built"
inside "source tests/support/packages.sh && need_packages \"\${unit_test_packages[@]}\" &&
  cmake -G Ninja -S . -B build -DJETCAPTURE_TESTS=ON >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
  cmake --build build --target plugins/all tests/checks/all tests/host/all tests/plugins/all -- -k 0 >build/build.log 2>&1 ||
    { grep -A20 FAILED build/build.log | head -200; exit 1; }
  grep 'warning:' build/build.log | sort -u || true"
step "the unit tests"
# The table of faults names tests that are not built here. Ten thousand random orders take minutes where nothing is optimised.
inside "JETCAPTURE_ORDERS=300 ctest --test-dir build --output-on-failure --no-tests=error -j \"\$(nproc)\" -L unit -E 'table of faults'"
step "done"
