"""No loop goes over a part of a temporary: the temporary is gone before the first round. Argument: the folder of the sources."""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
# for (… : make()["part"]), for (… : make().part()): an operator or a function gives a reference into what make() gave.
# A member is kept alive with its object.
loop = re.compile(r"for \([^;()]*? : [\w:]+\([^;]*\)\[")
wrong = []
for folder in ("host", "sdk", "plugins", "tests"):
    for file in sorted((top / folder).rglob("*")):
        if file.suffix not in (".cpp", ".hpp", ".h"):
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if loop.search(line):
                wrong.append(f"{file.relative_to(top)}:{number}: the loop goes over a part of a temporary; give that a name before it")
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
