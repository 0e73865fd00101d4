"""Every test that the table of faults names is one that ctest knows, and no name is one that ctest would split. Arguments: ctest, the build folder, the table."""
import pathlib
import re
import subprocess
import sys

ctest, build, table = sys.argv[1:]
known = subprocess.run([ctest, "--test-dir", build, "-N"], check=True, capture_output=True, text=True).stdout
names = {line.split(": ", 1)[1] for line in known.splitlines() if re.match(r" *Test +#", line)}
# What the tests print stands in code.
text = re.sub(r"`[^`\n]*`", "", open(table, encoding="utf-8").read())
missing = [name for name in re.findall(r'"([^"\n]+)"', text) if name not in names]
print("\n".join(f"no test is called: {name}" for name in missing))
# CTest takes a name with a semicolon for a list of several, which run nothing and pass.
split = [
    name
    for file in pathlib.Path(table).parents[1].rglob("*_test.cpp")
    for name in re.findall(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', file.read_text(encoding="utf-8"))
    if ";" in name
]
print("\n".join(f"a test's name has a semicolon: {name}" for name in split))
sys.exit(1 if missing or split or len(names) < 100 else 0)
