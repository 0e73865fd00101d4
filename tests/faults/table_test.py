"""Every test that the table of faults names is one that ctest knows. Arguments: ctest, the build folder, the table."""
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
sys.exit(1 if missing or len(names) < 100 else 0)
