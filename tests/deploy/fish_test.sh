#!/usr/bin/env bash
# Completion as fish does it. Arguments: the folder of the scripts, the program, its folder of plug-ins.
set -euo pipefail
PATH=$(dirname "$2"):$PATH
export PATH JETCAPTURE_PLUGIN_PATH=$3
expect() {
  local got
  got=$(fish --no-config -c "source $1/jetcapture.fish; complete -C 'jetcapture $2'" | cut -f1 | sort | tr '\n' ' ')
  [ "${got% }" = "$3" ] || { echo "jetcapture $2: offered ${got% }, wanted $3" >&2; exit 1; }
}
expect "$1" "--dec" "--decoder --decoder-opt"
expect "$1" "--writer cs" "csv"
expect "$1" "--writer csv --writer-opt header=" "header=false header=true"
expect "$1" "--store file --store-opt roo" "root="
expect "$1" "--store file --store-opt root=/etc/fsta" "root=/etc/fstab"
