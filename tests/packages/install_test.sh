#!/usr/bin/env bash
# The packages on a Debian with nothing else on it, as this machine's: installed, upgraded, removed and purged.
# Argument: the build folder.
set -euo pipefail
build=$1
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$top/tests/support/packages.sh"
source "$top/tests/support/debian_root.sh"
enter_namespaces "$top/tests/packages/install_test.sh" "$@"
fail() { echo "$1" >&2; exit 1; }

inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
apt() { inside apt-get -y -qq "$@" >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; fail "apt-get $*"; }; }
as_capture() { inside runuser -u jetcapture -- "$@"; }
is() { [ "$(inside stat -c '%U:%G %a' "$1")" = "$2" ] || fail "$1 is $(inside stat -c '%U:%G %a' "$1"), and not $2"; }
has() { [ -e "$root$1" ] || fail "$1 is not there"; }
has_not() { [ ! -e "$root$1" ] || fail "$1 is there"; }
installed() { inside dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
make_debian_root "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)"
for each in "$version" "$version.1"; do
  (cd "$build" && cpack -G DEB -B "$work/cpack" -R "$each" >"$work/cpack.log" 2>&1) || { cat "$work/cpack.log"; exit 1; }
  mkdir "$root/$each"
  mv "$work"/cpack/*.deb "$root/$each"
done
plugins=$(cd "$root/$version" && echo jetcapture-*_* | tr ' ' '\n' | cut -d_ -f1 | grep -v sdk | tr '\n' ' ')
[ "$(wc -w <<<"$plugins")" -ge 2 ] || fail "there are hardly any packages of plug-ins: $plugins"
debs() { local at=$1 name; shift; for name in "$@"; do (cd "$root" && ls -d "./$at/${name}"_*.deb | cut -c2-); done; }

echo "== the host alone is installed"
apt install --no-install-recommends $(debs "$version" jetcapture)
has /usr/lib/systemd/system/jetcapture@.service
has /usr/lib/systemd/system/jetcapture-check@.service
has /usr/share/jetcapture/deploy/prometheus/jetcapture.rules.yml
has /usr/share/jetcapture/deploy/grafana/jetcapture.json
has /usr/share/doc/jetcapture/copyright
is /etc/jetcapture "root:jetcapture 750"
is /var/lib/jetcapture "jetcapture:jetcapture 750"
for library in libcurl4 libprotobuf32 systemd; do
  ! installed "$library" || fail "the host's package brings $library"
done
as_capture jetcapture --config /etc/jetcapture/orders.ini --print-config >/dev/null
echo '{"region":"eu","total":2.5}' >"$root/tmp/orders.ndjson"
as_capture jetcapture try --decoder json --writer csv /tmp/orders.ndjson | grep -q 'eu,2.5' || fail "jetcapture try shows no row"
said=$(as_capture jetcapture --store s3 --help 2>&1) && fail "the store s3 is there without its package"
grep -q jetcapture-s3 <<<"$said" || fail "the package of the store s3 is not named: $said"
# The pages' links lead to files of the packages.
while IFS=: read -r page link; do
  [[ $link == ../jetcapture-sdk/* || -e $root/$(dirname "$page")/$link ]] || fail "/$page: the link $link leads nowhere"
done < <(cd "$root" && grep -roP --include='*.md' '\]\(\K[^)#:]+(?=[)#])' usr/share/doc/jetcapture usr/share/jetcapture)

echo "== its plug-ins are installed"
apt install --no-install-recommends $(debs "$version" $plugins)
for plugin in $plugins; do
  as_capture jetcapture plugins "${plugin#jetcapture-}" >/dev/null
done

echo "== all are upgraded"
echo "# edited" >>"$root/etc/jetcapture/orders.ini"
inside install -d -o jetcapture /var/lib/jetcapture/orders
apt install --no-install-recommends $(debs "$version.1" jetcapture $plugins)
for package in jetcapture $plugins; do
  [ "$(inside dpkg-query -W -f '${Version}' "$package")" = "$version.1" ] || fail "$package is not upgraded"
done
grep -q "# edited" "$root/etc/jetcapture/orders.ini" || fail "settings that were edited are replaced"
is /etc/jetcapture "root:jetcapture 750"
is /var/lib/jetcapture/orders "jetcapture:root 755"

echo "== they are removed"
apt remove jetcapture $plugins
has_not /usr/bin/jetcapture
has_not /usr/lib/systemd/system/jetcapture@.service
has /etc/jetcapture/orders.ini
has /var/lib/jetcapture/orders

echo "== they are purged"
apt purge jetcapture $plugins
grep -q "/var/lib/jetcapture is kept" "$work/apt.log" || { cat "$work/apt.log"; fail "the purge does not say what it keeps"; }
has /var/lib/jetcapture/orders
rmdir "$root/var/lib/jetcapture/orders"
apt install --no-install-recommends $(debs "$version.1" jetcapture)
apt purge jetcapture
left=$(cd "$root" && find . -xdev -name '*jetcapture*' -not -name '*.deb')
[ -z "$left" ] || fail "a purge leaves $left"
