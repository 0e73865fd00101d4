# Installs the storage services that tests run against, at pinned versions, below ${XDG_CACHE_HOME:-~/.cache}/jetcapture-tests, where the
# tests look for them. Sourced by tests/run.sh. What can't be installed leaves its reason in a file, and its tests are skipped; with CI=true
# they fail.

services_folder=${XDG_CACHE_HOME:-$HOME/.cache}/jetcapture-tests

# versitygw, an S3 server that checks signatures. Go compares its own hash with this one, and those of its dependencies with its go.sum, so
# the public checksum database is not needed.
versitygw_version=v1.0.11
versitygw_hash=h1:RBlWSH2DcTHGYJ14XZfeu2fvYTgU0t12K9duIwvqczU=
# Azurite, the Azure Blob service of Microsoft for tests.
azurite_version=3.35.0

install_versitygw() {
  local module=github.com/versity/versitygw found folder
  if ! command -v go >/dev/null; then
    echo "go is not installed (Go 1.23 or newer)"
    return 1
  fi
  found=$(cd / && GONOSUMDB=$module go mod download -json "$module@$versitygw_version" 2>/dev/null) || {
    echo "$module@$versitygw_version can't be downloaded from the Go module proxy"
    return 1
  }
  if [[ $found != *"\"Sum\": \"$versitygw_hash\""* ]]; then
    echo "$module@$versitygw_version has another hash than $versitygw_hash"
    return 1
  fi
  folder=$(sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p' <<<"$found")
  (cd "$folder" && go build -mod=readonly -buildvcs=false -trimpath -o "$1/versitygw.new" ./cmd/versitygw) >"$1/build.log" 2>&1 || {
    echo "versitygw does not build: $(tail -1 "$1/build.log")"
    return 1
  }
  mv "$1/versitygw.new" "$1/versitygw"
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

# install_service NAME VERSION PROGRAM
install_service() {
  local folder=$services_folder/$1-$2 reason
  mkdir -p "$folder"
  ln -sfn "$1-$2" "$services_folder/$1"
  [ -e "$folder/$3" ] && return 0
  echo "Installing $1 $2"
  if reason=$("install_$1" "$folder"); then
    rm -f "$folder/missing"
  else
    echo "$reason" >"$folder/missing"
    echo "The tests against $1 are skipped: $reason" >&2
  fi
}

install_services() {
  install_service versitygw "$versitygw_version" versitygw
  install_service azurite "$azurite_version" node_modules/.bin/azurite-blob
}
