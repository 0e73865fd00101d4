# Installs the storage services that tests run against, at pinned versions, below ${XDG_CACHE_HOME:-~/.cache}/jetcapture-tests, where the
# tests look for them. Sourced by tests/run.sh. What can't be installed leaves its reason in a file, and its tests are skipped; with CI=true
# they fail.

services_folder=${XDG_CACHE_HOME:-$HOME/.cache}/jetcapture-tests

# versitygw, an S3 server that checks signatures. Go compares its own hash with this one, and those of its dependencies with its go.sum, so
# the public checksum database is not needed.
versitygw_version=v1.0.11
versitygw_hash=h1:RBlWSH2DcTHGYJ14XZfeu2fvYTgU0t12K9duIwvqczU=
# A current versitygw: it puts objects only where there is none, which the one above does not.
versitygw_current_version=v1.8.0
versitygw_current_hash=h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=
# A current nats-server, the second line that the tests run against; the first is the system's.
# 2.14 before 2.14.4 loses messages of a replicated consumer: "Lost messages" in README.md.
nats_server_version=v2.14.10
nats_server_hash=h1:5YsH9GFafJn9IJ4dMhSojH1r3exa23MxalvecWguKcE=
# A nats-server between the two, for the tests that need a third line.
nats_server_middle_version=v2.10.27
nats_server_middle_hash=h1:A/i3JqtrP897UHc2/Jia/mqaXkqj9+HGdpz+R0mC+sM=
# Azurite, the Azure Blob service of Microsoft for tests.
azurite_version=3.35.0

# build_go_program FOLDER PROGRAM GO_VERSION MODULE VERSION HASH PACKAGE: FOLDER/PROGRAM, built of a package of the module.
build_go_program() {
  local found source
  if ! command -v go >/dev/null; then
    echo "go is not installed (Go $3 or newer)"
    return 1
  fi
  found=$(cd / && GONOSUMDB=$4 go mod download -json "$4@$5" 2>/dev/null) || {
    echo "$4@$5 can't be downloaded from the Go module proxy"
    return 1
  }
  if [[ $found != *"\"Sum\": \"$6\""* ]]; then
    echo "$4@$5 has another hash than $6"
    return 1
  fi
  source=$(sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p' <<<"$found")
  (cd "$source" && go build -mod=readonly -buildvcs=false -trimpath -o "$1/$2.new" "$7") >"$1/build.log" 2>&1 || {
    echo "$2 does not build with $(go env GOVERSION) (Go $3 or newer): $(tail -1 "$1/build.log")"
    return 1
  }
  mv "$1/$2.new" "$1/$2"
}

install_versitygw() {
  if [[ $1 == *-"$versitygw_current_version" ]]; then
    build_go_program "$1" versitygw 1.25 github.com/versity/versitygw "$versitygw_current_version" "$versitygw_current_hash" ./cmd/versitygw
  else
    build_go_program "$1" versitygw 1.23 github.com/versity/versitygw "$versitygw_version" "$versitygw_hash" ./cmd/versitygw
  fi
}

install_nats-server() {
  if [[ $1 == *-"$nats_server_middle_version" ]]; then
    build_go_program "$1" nats-server 1.23 github.com/nats-io/nats-server/v2 "$nats_server_middle_version" "$nats_server_middle_hash" .
  else
    build_go_program "$1" nats-server 1.25 github.com/nats-io/nats-server/v2 "$nats_server_version" "$nats_server_hash" .
  fi
}

install_azurite() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "node and npm are not installed (Node.js 18 or newer)"
    return 1
  fi
  npm install --silent --no-audit --no-fund --prefix "$1" "azurite@$azurite_version" >"$1/install.log" 2>&1 || {
    echo "azurite@$azurite_version can't be installed: $(tail -1 "$1/install.log")"
    return 1
  }
}

# install_service NAME VERSION PROGRAM [LINK]: into NAME-VERSION, with the link LINK (NAME) to it.
install_service() {
  local folder=$services_folder/$1-$2 reason
  mkdir -p "$folder"
  ln -sfn "$1-$2" "$services_folder/${4:-$1}"
  [ -e "$folder/$3" ] && return 0
  echo "Installing $1 $2"
  if reason=$("install_$1" "$folder"); then
    rm -f "$folder/missing"
  else
    echo "$reason" >"$folder/missing"
    echo "The tests against $1 $2 are skipped: $reason" >&2
  fi
}

install_services() {
  install_service versitygw "$versitygw_version" versitygw
  install_service versitygw "$versitygw_current_version" versitygw versitygw-current
  install_service azurite "$azurite_version" node_modules/.bin/azurite-blob
}

install_nats_servers() {
  install_service nats-server "$nats_server_version" nats-server nats-server-current
  install_service nats-server "$nats_server_middle_version" nats-server nats-server-middle
}
