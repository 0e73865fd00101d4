"""Who includes whom, which neither the compiler nor clang-format checks. Argument: the folder of the sources.

- A module of host/ includes only headers of itself and of modules that its CMakeLists.txt links, and these links have no circle.
- No two types of host/ have one name: the linker would take the functions of one for those of the other, without a word.
- A plug-in includes only the SDK and the shared parts in plugins/, never the host or another plug-in.
"""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
shared_parts = {"common", "text", "http"}  # of plugins/
include = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
wrong = []


def sources(folder):
    files = (file for ending in ("c", "h", "cpp", "hpp") for file in (top / folder).rglob(f"*.{ending}"))
    return sorted(file for file in files if not any(part.startswith("build") for part in file.relative_to(top).parts))


def included(file):
    """The first folder of each header in quotes; those beside the file have none."""
    return {header.split("/")[0] for header in include.findall(file.read_text(encoding="utf-8")) if "/" in header}


def links_of(module):
    text = (top / "host" / module / "CMakeLists.txt").read_text(encoding="utf-8")
    calls = re.findall(rf"target_link_libraries\(jetcapture_{module}\b([^)]*)\)", text)
    return set(re.findall(r"\bjetcapture_(\w+)", " ".join(calls))) & modules


# The folders of host/ that are libraries. host/manual is a program of the build.
modules = {
    file.parent.name
    for file in (top / "host").glob("*/CMakeLists.txt")
    if f"jetcapture_{file.parent.name}" in file.read_text(encoding="utf-8") or "jetcapture_module" in file.read_text(encoding="utf-8")
} - {"manual"}
links = {module: links_of(module) for module in modules}


def reachable(module, seen):
    for below in links[module] - seen:
        seen.add(below)
        reachable(below, seen)
    return seen


for module in sorted(modules):
    below = reachable(module, set())
    if module in below:
        wrong.append(f"host/{module}: links itself, by way of {', '.join(sorted(links[module]))}")
    for file in sources(f"host/{module}"):
        for other in sorted((included(file) & modules) - below - {module}):
            wrong.append(f"{file.relative_to(top)}: includes {other}/, which the module {module} does not link")

anonymous = re.compile(r"^namespace \{$.*?^\} // namespace$", re.MULTILINE | re.DOTALL)
definition = re.compile(r"^(?:class|struct|enum class) (?:JETCAPTURE_\S+ )?([A-Z]\w*)(?: final)?(?: :[^;]*)?(?: \{|$)", re.MULTILINE)
places = {}
for file in sources("host"):
    for name in definition.findall(anonymous.sub("", file.read_text(encoding="utf-8"))):
        places.setdefault(name, []).append(str(file.relative_to(top)))
for name, files in sorted(places.items()):
    if len(files) > 1:
        wrong.append(f"host: the type {name} is defined in {', '.join(files)}: give one another name, or an anonymous namespace")

for file in sources("plugins"):
    plugin = file.relative_to(top).parts[1]
    for other in sorted(included(file) - shared_parts - {plugin, "jetcapture"}):
        wrong.append(f"{file.relative_to(top)}: includes {other}/, which is neither the SDK nor a shared part of the plug-ins")
    if plugin in shared_parts:
        for other in sorted(included(file) - {plugin, "jetcapture"}):
            wrong.append(f"{file.relative_to(top)}: a shared part includes {other}/")

checked = sources("host") + sources("plugins")
print("\n".join(wrong))
# Nothing found because nothing was looked at is no success.
sys.exit(1 if wrong or len(modules) < 8 or len(checked) < 200 else 0)
