#!/usr/bin/env bash
# The man page: clean by two checkers, with every flag of --help. Arguments: the page, the program.
set -euo pipefail
page=$1
program=$2
fail() { echo "$1" >&2; exit 1; }

said=$(mandoc -T lint -W style "$page") || fail "mandoc: $said"
said=$(LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null)
[ -z "$said" ] || fail "man: $said"
shown=$(LC_ALL=C.UTF-8 MANWIDTH=100 mandoc -T utf8 "$page" | col -b)
flags=$("$program" --help | grep -o '^  --[a-z-]*')
[ "$(wc -l <<<"$flags")" -gt 40 ] || fail "--help has hardly any flags"
for flag in $flags; do
  grep -q -- " $flag\b" <<<"$shown" || fail "$flag is not in the man page"
done
for part in "EXIT STATUS" SIGUSR1 JETCAPTURE_PASSWORD "[decoder]" "Default: 64MiB"; do
  grep -qF -- "$part" <<<"$shown" || fail "$part is not in the man page"
done
