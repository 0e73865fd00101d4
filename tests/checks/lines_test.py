"""Lines of the sources have at most 120 columns, no tab and no blank at their end. clang-format sees to the code; comments are left to people.

Usage: lines_test.py FOLDER [--fix]
--fix breaks comments that are too wide, and moves on what does not fit to the next line of the same paragraph.
"""
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
columns = 120
# The lines of a comment, and what the next line of the same paragraph begins with.
line_comment = re.compile(r"^( *// )(\S.*)$")
line_table = re.compile(r"^( *//  +\S+(?: \S+)*?   *)(\S.*)$")  # what is explained, two blanks or more, the explanation
block_comment = re.compile(r"^( *)(/\* )(.*)$")
block_continued = re.compile(r"^( *\* )(\S.*)$")


def sources():
    for folder in ("host", "plugins", "sdk", "examples", "tests"):
        for file in sorted((top / folder).rglob("*")):
            if file.suffix in (".c", ".h", ".cpp", ".hpp"):
                yield file


def split(line, in_block):
    """The beginning of a comment's line, its text, and the beginning of the line that goes on; None where it is no comment."""
    if match := block_comment.match(line):
        return match[1] + match[2], match[3], match[1] + " * "
    if in_block and (match := block_continued.match(line)):
        return match[1], match[2], match[1]
    if match := line_comment.match(line):
        return match[1], match[2], match[1]
    if match := line_table.match(line):
        begin = re.match(" *//", match[1])[0]
        return match[1], match[2], begin + " " * (len(match[1]) - len(begin))
    return None


def fixed(lines):
    """The same lines with their comments broken."""
    done = []
    rest = list(reversed(lines))
    in_block = False
    while rest:
        line = rest.pop()
        parts = split(line, in_block)
        in_block = "*/" not in line if line.lstrip().startswith("/*") else in_block and "*/" not in line
        at = line.rfind(" ", 0, columns + 1)
        if line[at + 1 :] == "*/":
            at = line.rfind(" ", 0, at)
        if len(line) <= columns or parts is None or at <= len(parts[0]):
            done.append(line)
            continue
        begin, overflow = parts[2], line[at + 1 :]
        done.append(line[:at].rstrip())
        in_block = in_block or begin.strip() in ("", "*")
        following = rest[-1] if rest and "*/" not in overflow else ""
        text = following[len(begin) :]
        # A line that begins like an item of a list, or stands elsewhere, is no part of the paragraph.
        joins = following.startswith(begin) and text[:1] not in ("", " ", "-", "*", "#") and not re.match(r"\d+[.)] |[\w,.-]+(?:  |: )", text)
        if joins:
            rest.pop()
        rest.append(begin + overflow + (" " + text if joins else ""))
    return done


wrong = []
count = 0
for file in sources():
    count += 1
    lines = file.read_text(encoding="utf-8").split("\n")
    if "--fix" in sys.argv and (better := fixed(lines)) != lines:
        file.write_text("\n".join(better), encoding="utf-8")
        lines = better
    for number, line in enumerate(lines, 1):
        place = f"{file.relative_to(top)}:{number}"
        if len(line) > columns and 'R"(' not in "".join(lines[max(0, number - 6) : number]):
            wrong.append(f"{place}: {len(line)} columns, the limit is {columns}")
        if "\t" in line:
            wrong.append(f"{place}: a tab")
        if line != line.rstrip():
            wrong.append(f"{place}: a blank at the end of the line")

print("\n".join(wrong))
# Nothing found because nothing was looked at is no success.
sys.exit(1 if wrong or count < 300 else 0)
