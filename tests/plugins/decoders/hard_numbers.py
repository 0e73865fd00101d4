"""Numbers that lose digits in careless hands, and nested values, through jetcapture and read back digit by digit.

Arguments: the program, the folder of the plug-ins, the table (one JSON value a line).
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
from decimal import Decimal

program, plugins, table = sys.argv[1:]
values = pathlib.Path(table).read_text(encoding="utf-8").splitlines()
wrong = []


def captured(messages, decoder, decoder_options, writer):
    """The one file that the writer makes of the messages."""
    with tempfile.TemporaryDirectory() as folder:
        options = [argument for option in decoder_options for argument in ("--decoder-opt", option)]
        subprocess.run(
            [program, "try", "--quiet", "--plugin-dir", plugins, "--decoder", decoder, "--writer", writer]
            + ["--compression", "none", "--decoder-opt", "key=none", "--out", folder]
            + options,
            input="".join(message + "\n" for message in messages).encode(), check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        files = [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]
        assert len(files) == 1 and "_quarantine" not in str(files[0]), files
        return files[0].read_bytes().decode()


def exact(text):
    """As Python reads JSON, without a double on the way."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=list)


def compare(way, found, source, text=None):
    same = exact(found) == exact(source)
    # Nested values stand as they did; so do numbers that are decimals.
    if text is not None and source[0] in "[{":
        same = same and text == source
    if not same:
        wrong.append(f"{way}: {source} became {found}")


messages = [f'{{"v": {value} }}' for value in values]
rows = list(csv.reader(captured(messages, "json", [], "csv").splitlines(keepends=True)))
assert rows[0] == ["v"] and len(rows) == len(values) + 1, rows
for (cell,), value in zip(rows[1:], values):
    compare("json to csv", cell, value, cell)

lines = captured(messages, "json", [], "ndjson").splitlines()
assert len(lines) == len(values), lines
for line, value in zip(lines, values):
    compare("json to ndjson", line, f'{{"v":{value}}}')
    if value[0] in "[{" and line != f'{{"v":{value}}}':
        wrong.append(f"json to ndjson: {value} became {line}")

numbers = [value for value in values if value[0] not in "[{"]
for decoder, given, options in (
    ("json", [f'{{"v":{number}}}' for number in numbers], ["fields=/v:decimal"]),
    ("csv", numbers, ["columns=v:decimal"]),
):
    for writer in ("csv", "ndjson"):
        lines = captured(given, decoder, options, writer).splitlines()[1 if writer == "csv" else 0 :]
        wanted = numbers if writer == "csv" else [f'{{"v":{number}}}' for number in numbers]
        wrong += [f"{decoder} as decimal to {writer}: {want} became {line}" for line, want in zip(lines, wanted) if line != want]
        assert len(lines) == len(numbers), lines

rows = captured(numbers, "csv", ["columns=v:auto"], "csv").splitlines()[1:]
for cell, number in zip(rows, numbers, strict=True):
    compare("csv to csv", cell, number)

assert len(values) >= 60 and len(numbers) >= 50
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
