#!/usr/bin/env bash
# Completion as bash does it: COMP_WORDS in, COMPREPLY out, once with the functions of bash-completion and once without.
# Arguments: the folder of the scripts, the program, its folder of plug-ins.
set -uo pipefail
scripts=$1
program=$2
export JETCAPTURE_PLUGIN_PATH=$3
failures=0

# What is offered for the words of a command line, one a line; the last word is the one under the cursor, split as bash splits it.
offered() {
  COMP_LINE="jetcapture $*"
  COMP_POINT=${#COMP_LINE}
  COMP_WORDS=("$program")
  local word
  for word in "$@"; do
    if [[ $with_library == no ]]; then
      COMP_WORDS+=("$word")
    else
      # bash makes words of their own of = and :
      while [[ $word =~ ^([^=:]*)([=:])(.*)$ ]]; do
        [[ -n ${BASH_REMATCH[1]} ]] && COMP_WORDS+=("${BASH_REMATCH[1]}")
        COMP_WORDS+=("${BASH_REMATCH[2]}")
        word=${BASH_REMATCH[3]}
        [[ -z $word ]] && break
      done
      [[ -n $word || ${#@} -eq 0 || -z ${*: -1} ]] && COMP_WORDS+=("$word")
    fi
  done
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMP_LINE="$program ${*}"
  COMP_POINT=${#COMP_LINE}
  COMPREPLY=()
  _jetcapture
  printf '%s\n' "${COMPREPLY[@]}" | sort
}

# expect "what is offered, by blanks" WORD…
expect() {
  local wanted=$1 got
  shift
  got=$(offered "$@" | tr '\n' ' ')
  if [[ ${got% } != "$wanted" ]]; then
    echo "with bash-completion: $with_library; jetcapture $*" >&2
    echo "  offered: ${got% }" >&2
    echo "  wanted:  $wanted" >&2
    failures=$((failures + 1))
  fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir folder
touch file.ini
printf '[decoder]\nname = json\n' >config.ini

run() {
  expect "--decoder --decoder-opt" --dec
  expect "--max-age --max-bytes --max-messages" --max
  expect "--max-bytes --max-messages" --max-age 5m --max
  expect "--server" --server a --serv
  expect "" --no-such
  expect "--password-file" --passw
  expect "check-plugin" ch
  expect "csv" plugins cs
  expect "file.ini" check-plugin fil
  expect "json" try --decoder js
  expect "verify" veri
  expect "--state-dir --store --store-opt --stream --strict" verify --st
  expect "--server" verify --serv
  expect "purge" pu
  expect "restore" res
  expect "retire" ret
  expect "--before" retire --be
  expect "--adopt" verify --ado
  expect "--behind" purge --beh
  expect "--server" purge --serv
  expect "--to-stream" restore --to-st
  expect "--server" restore --serv
  expect "" ls --serv
  expect "ledger" led
  expect "compact" ledger comp
  expect "--json" ledger compact --js
  expect "file.ini" verify --metrics-file fil
  expect "--sequence" find --seq
  expect "cat" ca
  expect "--created" cat --cre
  expect "file" ls --store fil
  expect "gzip" --compression g
  expect "debug error info warn" --log-level ""
  expect "json" --decoder js
  expect "ndjson" --writer ndj
  expect "file" --store fil
  expect "message" --decoder mess
  expect "key-missing= key=" --decoder json --decoder-opt ke
  expect "key-missing= key=" --config config.ini --decoder-opt ke
  expect "root=" --store file --store-opt roo
  expect "folder" --plugin-dir fol
  expect "folder" --state-dir ""
  expect "file.ini" --config fil
  expect "" --max-age ""
  expect "" --decoder nothing --decoder-opt ""
  if [[ $with_library == yes ]]; then
    expect "false true" --writer csv --writer-opt header=
    expect "true" --writer csv --writer-opt header=t
    expect "folder" --store file --store-opt root=fo
    expect "json" --decoder=js
  fi
}

# shellcheck disable=SC1091
source "$scripts/jetcapture.bash"
with_library=no
run
if [[ -r /usr/share/bash-completion/bash_completion ]]; then
  # shellcheck disable=SC1091
  source /usr/share/bash-completion/bash_completion
  with_library=yes
  run
else
  echo "bash-completion is missing" >&2
  failures=1
fi
complete -p jetcapture | grep -q -- '-F _jetcapture' || failures=$((failures + 1))
[[ $failures -eq 0 ]]
