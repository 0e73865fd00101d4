#!/usr/bin/env bash
# The SDK's headers compile without a warning, each on its own, as every language and by every compiler that is there.
set -euo pipefail
include=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../sdk/include" && pwd)
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Werror -fsyntax-only -I "$include")
compiled=0
for header in abi.h payload.h decoder.h writer.h store.h reader.h plugin.h plugin.hpp export.hpp; do
  for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    if [[ $header == *.h ]]; then
      for standard in c11 c17; do
        echo "#include <jetcapture/$header>" | $compiler -x c -std=$standard "${warnings[@]}" -
        compiled=$((compiled + 1))
      done
    fi
    for standard in c++17 c++20; do
      echo "#include <jetcapture/$header>" | $compiler -x c++ -std=$standard "${warnings[@]}" -
      compiled=$((compiled + 1))
    done
  done
done
echo "$compiled compilations without a warning"
