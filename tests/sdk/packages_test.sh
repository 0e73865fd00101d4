#!/usr/bin/env bash
# The two Debian packages: what is in them, what they depend on, and a plug-in built from them. Argument: the build folder.
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$1" >&2; exit 1; }

cd "$build"
cpack -G DEB -B "$work" >"$work/cpack.log" 2>&1 || { cat "$work/cpack.log"; exit 1; }
host=$(ls "$work"/jetcapture_*.deb)
sdk=$(ls "$work"/jetcapture-sdk_*_all.deb)

for file in usr/bin/jetcapture usr/lib/jetcapture/json.so usr/lib/jetcapture/file.so usr/share/man/man1/jetcapture.1 \
            usr/share/bash-completion/completions/jetcapture; do
  dpkg-deb -c "$host" | grep >/dev/null " ./$file$" || fail "$file is not in the host's package"
done
dpkg-deb -f "$host" Depends | grep >/dev/null libnats || fail "the host's package does not depend on libnats"
dpkg-deb -c "$host" | grep >/dev/null include && fail "the host's package has headers"
for file in usr/include/jetcapture/plugin.h usr/share/pkgconfig/jetcapture-sdk.pc usr/share/doc/jetcapture-sdk/README.md; do
  dpkg-deb -c "$sdk" | grep >/dev/null " ./$file$" || fail "$file is not in the SDK's package"
done
[ -z "$(dpkg-deb -f "$sdk" Depends)" ] || fail "the SDK's package depends on something"

dpkg-deb -x "$host" "$work/root"
dpkg-deb -x "$sdk" "$work/root"
cd "$work/root/usr/share/doc/jetcapture-sdk/examples/plugins/pizza"
CMAKE_PREFIX_PATH=$work/root/usr cmake -B build >/dev/null
cmake --build build >/dev/null
"$work/root/usr/bin/jetcapture" --plugin-dir build --decoder pizza --help | grep >/dev/null "pizza orders" || fail "the plug-in is not found"
