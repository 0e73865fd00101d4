#!/usr/bin/env bash
# Builds jetcapture, starts a nats-server of its own, publishes orders, captures them to CSV files by region, and shows them.
#   BUILD=folder  where to build (build)
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$top/build}
orders=5000
source "$top/tests/support/packages.sh"

need_packages "${build_packages[@]}"
mkdir -p "$build"
cmake -G Ninja -S "$top" -B "$build" >"$build/configure.log" 2>&1 || { cat "$build/configure.log"; exit 1; }
cmake --build "$build" --target jetcapture message json csv ndjson raw file publish_orders >"$build/build.log" 2>&1 || { cat "$build/build.log"; exit 1; }

# A nats-server with JetStream in a temporary folder, on a free port of this machine.
work=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server"; } || true
  rm -rf "$work"
}
trap cleanup EXIT
# Debian puts nats-server where only root's PATH looks.
PATH=$PATH:/usr/sbin
nats-server --jetstream --store_dir "$work/jetstream" --addr 127.0.0.1 --port -1 --ports_file_dir "$work" \
  --log "$work/server.log" &
server=$!
url=
for _ in $(seq 100); do
  url=$(grep -o 'nats://[^"]*' "$work"/nats-server_"$server".ports 2>/dev/null | head -1) && [ -n "$url" ] && break
  kill -0 "$server" 2>/dev/null || { cat "$work/server.log"; exit 1; }
  sleep 0.1
done
[ -n "$url" ] || { echo "nats-server did not start:"; cat "$work/server.log"; exit 1; }

"$build/bin/publish_orders" "$url" "$orders"

"$build/bin/jetcapture" --server "$url" --stream ORDERS --consumer capture --create-consumer \
  --decoder json --decoder-opt key=field:/region \
  --writer csv --store file --store-opt root="$work/backup" \
  --state-dir "$work/state" --once

echo
echo "The files, below $work/backup:"
(cd "$work/backup" && find . -type f -not -name '.*' -printf '%P  %s bytes\n' | sort)
echo
first=$(find "$work/backup" -type f -name '*.csv' | sort | head -1)
echo "The first lines of ${first#"$work/backup/"}:"
head -4 "$first"
echo

# Rows without each file's header: as many as orders were published.
rows=$(find "$work/backup" -type f -name '*.csv' -exec tail -q -n +2 {} + | wc -l)
if [ "$rows" -ne "$orders" ]; then
  echo "quickstart: $rows rows were captured, $orders orders were published" >&2
  exit 1
fi
echo "All $rows orders are captured."
