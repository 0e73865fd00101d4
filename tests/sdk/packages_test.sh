#!/usr/bin/env bash
# The Debian packages: what is in them, what they depend on, and a plug-in built from them. Argument: the build folder.
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
            usr/share/bash-completion/completions/jetcapture etc/jetcapture/orders.ini usr/lib/sysusers.d/jetcapture.conf \
            usr/lib/tmpfiles.d/jetcapture.conf usr/lib/systemd/system/jetcapture@.service \
            usr/lib/systemd/system/jetcapture-check@.service usr/lib/systemd/system/jetcapture-verify@.service \
            usr/lib/systemd/system/jetcapture-verify@.timer usr/share/jetcapture/deploy/systemd/password.conf \
            usr/share/doc/jetcapture/README.md; do
  dpkg-deb -c "$host" | grep >/dev/null " ./$file$" || fail "$file is not in the host's package"
done
dpkg-deb -f "$host" Depends | grep >/dev/null libnats || fail "the host's package does not depend on libnats"
dpkg-deb -c "$host" | grep >/dev/null include && fail "the host's package has headers"
dpkg-deb -f "$host" Depends | grep >/dev/null -E 'libcurl|libprotobuf|libarrow' && fail "the host's package depends on what only some plug-ins need"
plugins=0
for package in "$work"/*.deb; do
  name=$(dpkg-deb -f "$package" Package)
  dpkg-deb -x "$package" "$work/$name"
  # Each library that is linked is named with its licence.
  for library in $(find "$work/$name" -type f \( -name '*.so' -o -path '*/bin/*' \) -exec readelf -d {} + |
                   sed -n 's/.*NEEDED.*\[\(lib[a-z]*\).*/\1/p' | sort -u); do
    grep -qw "$library" "$work/$name/usr/share/doc/$name/copyright" || fail "the copyright file of $name does not name $library"
  done
  [ "$name" != jetcapture ] && [ "$name" != jetcapture-sdk ] || continue
  plugin=${name#jetcapture-}
  plugins=$((plugins + 1))
  [ -f "$work/$name/usr/lib/jetcapture/$plugin.so" ] || fail "$name does not have $plugin.so"
  dpkg-deb -c "$host" | grep >/dev/null "/$plugin.so$" && fail "$plugin.so is in the host's package, too"
  dpkg-deb -f "$host" Recommends | grep >/dev/null -w "$name" || fail "the host's package does not recommend $name"
  dpkg-deb -f "$package" Depends | grep >/dev/null "jetcapture (>=" || fail "$name does not depend on the host"
done
[ "$plugins" -gt 0 ] || fail "no plug-in has a package of its own"
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
