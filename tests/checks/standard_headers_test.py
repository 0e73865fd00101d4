"""Sources include the standard headers of what they use, themselves or through headers of ours. Argument: the folder of the sources.

What one standard header brings of another differs between compilers' versions: a name that is found by luck is not found by the next.
"""
import functools
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
names = {
    "algorithm": r"min|max|clamp|(stable_|partial_)?sort|find(_if)?|(any|all|none)_of|count(_if)?|copy(_n|_if)?|fill(_n)?|transform|"
    r"reverse|(lower|upper)_bound|equal_range|binary_search|search|equal|(min|max)_element|for_each|unique|rotate|remove_if",
    "cstdint": r"u?int(8|16|32|64|max|ptr)_t",
    "cstring": r"mem(cpy|set|cmp|move|chr)|str(len|cmp|ncmp|error|chr|rchr|str)",
    "functional": r"function|hash|less|greater|reference_wrapper|ref|cref|invoke",
    "memory": r"(unique|shared|weak)_ptr|make_(unique|shared)",
    "optional": r"optional|nullopt",
    "stdexcept": r"runtime_error|invalid_argument|logic_error|out_of_range|length_error",
    "string": r"string|to_string|sto(i|l|ll|ul|ull|d)",
    "string_view": r"string_view",
    "system_error": r"error_code|errc|system_error|generic_category",
    "utility": r"move|forward|exchange|swap|pair|make_pair|declval|in_place|as_const",
}
uses = {header: re.compile(rf"\bstd::(?:{pattern})\b") for header, pattern in names.items()}
include = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[>"]', re.MULTILINE)
not_code = re.compile(r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*(?:.|\n)*?\*/')

folders = ("host", "sdk", "plugins", "tests", "examples")
sources = {
    str(file.relative_to(top)): file.read_text(encoding="utf-8")
    for folder in folders
    for file in sorted((top / folder).rglob("*.[ch]pp"))
    if not any(part.startswith("build") for part in file.relative_to(top).parts)
}
sources |= {str(file.relative_to(top)): file.read_text(encoding="utf-8") for file in (top / "sdk/include").rglob("*.h")}


@functools.cache
def included(file):
    return set(include.findall(sources[file]))


@functools.cache
def ours(header, by):
    """The file of a header of ours; None: it is another's."""
    if "." not in header:  # as a standard one
        return None
    places = [pathlib.PurePath(by).parent, "host", "sdk/include", "plugins", "tests", "examples/plugins"]
    beside = [str(pathlib.PurePath(place, header)) for place in places]
    found = [file for file in beside if file in sources] or [file for file in sources if file.endswith("/" + header)]
    return found[0] if found else None


@functools.cache
def standard_headers(file):
    """Those that it and all headers of ours that it includes name."""
    seen, left, found = set(), [file], set()
    while left:
        this = left.pop()
        if this in seen:
            continue
        seen.add(this)
        for header in included(this):
            mine = ours(header, this)
            left += [mine] if mine else []
            found |= set() if mine else {header}
    return found


wrong = []
for file, text in sources.items():
    code = not_code.sub(" ", text)
    for header, use in uses.items():
        name = use.search(code)
        if name and header not in standard_headers(file):
            wrong.append(f"{file}: uses {name.group(0)}: #include <{header}>")

print("\n".join(wrong))
# Nothing found because nothing was looked at is no success.
sys.exit(1 if wrong or len(sources) < 500 else 0)
