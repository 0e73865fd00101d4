"""What the READMEs state of files, flags, variables, metrics, seal reasons, threads, fault points and tests exists. Argument: the folder of the sources."""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
wrong = []

# Flags of other programs that READMEs name.
flags_of_others = set(
    """append-plugins build cflags cover default-toolchain faults gas help-all json last libs list no-restore opt out plugin-dir
    prefix quick repeat-until-fail rerun-failed sample scale seconds seed server target test-dir test-case tmpfs whole micro fix
    component install parallel config-file include_imports descriptor_set_out subjects defaults from plugins image until-fail verbose
    read-only rm security-opt now all namespace share offline profile format
    dupe-window accept-unprovable ledger only small""".split()
)
# Files that READMEs name as examples, or that the build or the program makes.
files_made = {
    "orders.proto", "orders.pb", "capture.ini", "orders.ndjson", "order.bin", "backup.json",
    "lib/jetcapture/NAME.so", "NAME_codec.cpp",
}
# A beginning of names, and a key of metadata in Azure's spelling.
examples_of_names = {"jetcapture_decoder_2_", "jetcapture_sha256"}
endings = "hpp|cpp|h|c|py|sh|md|txt|yaml|yml|json|ini|cmake|html|proto"


def text_of(file):
    return (top / file).read_text(encoding="utf-8")


def sources(folder, *names):
    return "\n".join(f.read_text(encoding="utf-8") for name in names for f in sorted((top / folder).rglob(name)))


readmes = [
    file
    for folder in (".", "host", "tests", "plugins", "sdk", "examples")
    for file in ((top / folder).rglob("*.md") if folder != "." else top.glob("*.md"))
]
all_files = {
    file.name
    for folder in ("host", "tests", "plugins", "sdk", "examples", ".ci")
    for file in (top / folder).rglob("*")
    if file.is_file()
}
flags = set(re.findall(r'G::\w+,\s*"([\w-]+)"', text_of("host/settings/flags.cpp")))
flags |= set(re.findall(r'\{"([\w-]+)", "[A-Z]*",', text_of("host/tools/ledger/flags.hpp")))
metrics_source = text_of("host/status/metrics.cpp")
metrics = {f"jetcapture_{name}" for name in re.findall(r'\{(?:counter|gauge), "(\w+)"', metrics_source)}
metrics |= set(re.findall(r'"(jetcapture_\w+)"', metrics_source + text_of("host/tools/ledger/verify_metrics.cpp")))
# Names of the SDK and of the build begin like a metric's.
identifiers = set(re.findall(r"\bjetcapture_\w+", sources("sdk", "*.h", "*.hpp", "*.cmake", "*.in") + sources("host", "*.hpp", "CMakeLists.txt") + sources("tests", "*.cpp", "CMakeLists.txt") + sources("plugins", "CMakeLists.txt")))
known_variables = set(
    re.findall(
        r"\bJETCAPTURE_[A-Z_]+\b",
        "\n".join(
            [sources(folder, "*.cpp", "*.hpp", "*.h", "*.py", "*.sh", "CMakeLists.txt") for folder in ("host", "sdk", "plugins", "tests")]
            + [text_of("CMakeLists.txt")]
        ),
    )
)
test_cases = set(re.findall(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', sources("tests", "*.cpp")))
test_cases |= set(re.findall(r'"([^"$\n]+)"', sources("tests", "CMakeLists.txt")))


def complain(readme, what):
    wrong.append(f"{readme.relative_to(top)}: {what}")


for readme in readmes:
    text = readme.read_text(encoding="utf-8")
    code = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    # Links, and what looks like a file in code.
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", link) and not (readme.parent / link).exists():
            complain(readme, f"the link {link} leads nowhere")
    for word in code:
        for file in re.findall(rf"(?<![\w/.$*<~-])([\w.-]+(?:/[\w.-]+)*\.(?:{endings}))(?![\w/*])", word):
            known = file in files_made or ((top / file).exists() or (readme.parent / file).exists() if "/" in file else file in all_files)
            if not known and not word.startswith(("/", "~", "$")):
                complain(readme, f"there is no file {file}")
        for folder in re.findall(r"^((?:host|tests|plugins|sdk|examples)/[\w./-]+)$", word):
            if not (top / folder).exists() and not re.search("NAME|MODULE", folder) and "." not in folder:
                complain(readme, f"there is no folder {folder}")
        for flag in re.findall(r"(?<![\w-])--([a-z][\w-]*)", word):
            if flag not in flags and flag not in flags_of_others:
                complain(readme, f"there is no flag --{flag}")
        for metric in re.findall(r"\bjetcapture_\w+", word):
            if re.sub(r"_(bucket|sum|count)$", "", metric) not in metrics and metric not in identifiers | examples_of_names:
                complain(readme, f"there is no metric {metric}")
    # Variables of settings are named after flags.
    for variable in re.findall(r"\bJETCAPTURE_([A-Z_]+)\b", text):
        everywhere = f"JETCAPTURE_{variable}"
        if variable.lower().replace("_", "-") not in flags and everywhere not in known_variables:
            complain(readme, f"nothing knows the variable {everywhere}")

# Tables of the guide for contributors, each row by what stands first in it.
def rows(guide, heading):
    table = guide.split(heading, 1)[1].split("\n\n| ", 1)[1].split("\n\n")[0]
    return re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)


def compare(what, stated, true):
    if sorted(stated) != sorted(true):
        wrong.append(f"{what}: stated {sorted(stated)}, in the code {sorted(true)}")


guide = text_of("host/README.md")
compare(
    "host/README.md: seal reasons",
    rows(guide, "Why a block ends"),
    re.findall(r'return "(\w+)";', text_of("host/blocks/block_table.cpp").split("to_string(SealReason")[1].split("unknown")[0]),
)
compare(
    "host/README.md: records of the journal",
    rows(guide, "**`journal`**"),
    re.findall(r"[a-z]+", re.search(r"enum class RecordType[^{]*{([^}]*)}", text_of("host/commit/journal_records.hpp")).group(1)),
)
compare(
    "host/README.md: threads",
    rows(guide, "## Threads"),
    re.findall(r'pthread_setname_np\(pthread_self\(\), "(\w+)"\)', sources("host", "*.cpp")),
)
compare(
    "host/README.md: modules",
    [name.removeprefix("host/") for name in re.findall(r"^\| `(host/\w+)` \|", guide, re.MULTILINE)],
    re.findall(r"\w+", re.search(r"foreach\(module ([^)]*)\)", text_of("host/CMakeLists.txt")).group(1)),
)
compare(
    "tests/README.md: fault points",
    rows(text_of("tests/README.md"), "## Fault points"),
    re.findall(r'fault_point\("([\w-]+)"\)', sources("host", "*.cpp")),
)
compare(
    "plugins/README.md: plug-ins and parts",
    re.findall(r"^\| \[(\w+)\]", text_of("plugins/README.md"), re.MULTILINE),
    [folder.name for folder in (top / "plugins").iterdir() if folder.is_dir()],
)
for name in re.findall(r'"([a-z][^"\n]{20,})"', text_of("tests/README.md")):
    if name not in test_cases:
        wrong.append(f"tests/README.md: no test is called: {name}")
for name in re.findall(r"`(\w+::\w+)`", guide):
    if not re.search(rf"\b{re.escape(name)}\b", sources("host", "*.cpp", "*.hpp")) and not re.search(
        rf"class {name.split('::')[0]}\b", sources("host", "*.hpp")
    ):
        wrong.append(f"host/README.md: there is no {name}")

print("\n".join(wrong))
# Nothing found because nothing was looked at is no success.
sys.exit(1 if wrong or len(readmes) < 15 or len(flags) < 40 or len(metrics) < 40 else 0)
