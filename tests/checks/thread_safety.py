"""clang's -Wthread-safety over the sources of the host that use the annotated mutex (host/threads/mutex.hpp). Argument: the build folder."""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

build = pathlib.Path(sys.argv[1])
top = pathlib.Path(__file__).resolve().parents[2]


def annotated(file):
    """What it implements is in the header that it includes first, which may have several sources."""
    text = file.read_text(encoding="utf-8")
    first = re.search(r'^#include "([^"]+)"', text, re.MULTILINE)
    header = top / "host" / first.group(1) if first else file
    return any("threads/mutex.hpp" in part.read_text(encoding="utf-8") for part in (file, header) if part.exists())


def check(entry):
    words = shlex.split(entry["command"])
    kept = [word for at, word in enumerate(words) if word.startswith(("-I", "-D")) or words[at - 1] == "-isystem" or word == "-isystem"]
    command = ["clang++", "-std=c++20", "-fsyntax-only", "-Wthread-safety", "-Wthread-safety-beta", "-Werror", *kept, entry["file"]]
    return subprocess.run(command, capture_output=True, text=True, cwd=entry["directory"])


entries = {}
for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
    file = pathlib.Path(entry["file"])
    if file.is_relative_to(top / "host") and annotated(file):
        entries[file] = entry
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    results = list(pool.map(check, entries.values()))
print("".join(result.stderr for result in results), end="")
print(f"thread safety: {len(entries)} files")
# Nothing found because nothing was looked at is no success.
sys.exit(1 if any(result.returncode for result in results) or not entries else 0)
