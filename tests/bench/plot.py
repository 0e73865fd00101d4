"""Draws the tables of README.md beside this file into plots/, as SVG: python3 tests/bench/plot.py (Debian: python3-matplotlib).

What is drawn is what the tables say, so that a plot never shows another run than its table.
"""

import pathlib
import re

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as pyplot  # noqa: E402

here = pathlib.Path(__file__).resolve().parent
OURS, NULL, PEER = "#1f6feb", "#9aa4af", "#d9822b"


def tables(text):
    """Each table of the text as a list of rows, which are dictionaries by the heads of columns."""
    found, heads = [], None
    for line in text.splitlines() + [""]:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else None
        if cells is None:
            heads = None
        elif heads is None:
            heads = cells
            found.append([])
        elif not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            found[-1].append(dict(zip(heads, cells)))
    return [rows for rows in found if rows]


def number(text):
    return float(re.sub(r"[^0-9.]", "", text))


def with_columns(all_tables, *columns):
    return [rows for rows in all_tables if all(column in rows[0] for column in columns)]


def save(figure, name):
    figure.savefig(here / "plots" / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
    print(f"plots/{name}.svg")


def bars(name, title, labels, series, mark=None):
    """Horizontal bars, the first label on top; series: name, colour, values, of which None is no bar."""
    height = 0.8 / len(series)
    figure, axes = pyplot.subplots(figsize=(9, 0.6 + 0.22 * len(labels) * len(series)))
    for place, (of, colour, values) in enumerate(series):
        at = [row + (place - (len(series) - 1) / 2) * height for row in range(len(labels))]
        axes.barh(at, [value or 0 for value in values], height, color=colour, label=of)
        for y, value in zip(at, values):
            if value is not None:
                axes.text(value, y, f" {value:,.4g}", va="center", fontsize=7)
    if mark is not None:
        axes.axvline(mark, color="#444", linewidth=0.8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, fontsize=10, loc="left")
    if len(series) > 1:
        axes.legend(fontsize=8, frameon=False)
    save(figure, name)


def by_program(rows, name, title, column, mark=None):
    """Of each case what each program has in that column."""
    cases = list(dict.fromkeys(row["case"] for row in rows))
    values = {(row["case"], row["program"]): number(row[column]) for row in rows if row[column] != "nan"}
    programs = [("jetcapture", OURS), ("Benthos 4.27", PEER), ("pyarrow", "#6f42c1")]
    if mark is None:
        programs.insert(0, ("null consumer", NULL))
    series = [(program, colour, [values.get((case, program)) for case in cases]) for program, colour in programs]
    bars(name, title, cases, [one for one in series if any(value is not None for value in one[2])], mark)


def main():
    matplotlib.rcParams["svg.fonttype"] = "none"
    matplotlib.rcParams["svg.hashsalt"] = "jetcapture"
    (here / "plots").mkdir(exist_ok=True)
    found = tables((here / "README.md").read_text())
    rows = with_columns(found, "case", "program", "to null")[0]
    by_program(rows, "throughput", "Throughput to the null consumer (1.0)", "to null", 1)
    by_program(rows, "cpu", "CPU, µs a message", "CPU µs/msg")

    rows = with_columns(found, "server", "case", "to null", "above null")[0]
    bars("ordered", "Ordered delivery: throughput to the null consumer without acks (1.0)",
         [f"{row['server']}, {row['case']}" for row in rows], [("jetcapture", OURS, [number(row["to null"]) for row in rows])], 1)

    rows = with_columns(found, "keys", "to 10 keys")[0]
    bars("keys", "CPU a message to that with 10 keys, by number of keys", [row["keys"] for row in rows],
         [("jetcapture", OURS, [number(row["to 10 keys"]) for row in rows])], 1)

    rows = with_columns(found, "messages in flight", "peak MB")[0]
    bars("memory", "Peak memory in MB, by number of messages in flight", [row["messages in flight"] for row in rows],
         [("jetcapture", OURS, [number(row["peak MB"]) for row in rows])])

    rows = with_columns(found, "messages", "way", "to its ceiling")[0]
    bars("restore", "Restoring, to its ceiling (1.0)", [f"{row['messages']}: {row['way']}" for row in rows],
         [("rate", OURS, [number(row["to its ceiling"]) for row in rows])], 1)


if __name__ == "__main__":
    main()
