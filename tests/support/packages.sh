# Installs the Debian packages that are missing, by name. Sourced by the scripts; never removes a package.

need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null; then
    echo "This script installs its packages with apt-get (Debian 12 or newer, Ubuntu). On another system install these by hand: ${missing[*]}" >&2
    return 1
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "These packages are missing and need root to install: run 'apt-get install ${missing[*]}' as root, then again." >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# To build and to run: compilers, tools and libraries.
build_packages=(
  ca-certificates ccache cmake g++ gcc ninja-build pkg-config
  libboost-dev libboost-filesystem-dev libboost-program-options-dev libcurl4-openssl-dev
  libdeflate-dev libhighwayhash-dev libnats-dev libprotobuf-dev libsimdjson-dev libsnappy-dev libssl-dev libzstd-dev
  nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev
  nats-server
)
# To build the tests, and to run those of the label "unit".
unit_test_packages=(doctest-dev protobuf-compiler python3 zstd)
# To test.
test_packages=(
  bash-completion bsdextrautils cargo chromium doctest-dev dpkg-dev faketime file fish golang-go libbenchmark-dev man-db mandoc openssl
  prometheus protobuf-compiler python3 python3-venv python3-yaml rustc systemd valgrind zstd
)
