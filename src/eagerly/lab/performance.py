"""The page of the numbers, from what `eagerly bench --json` wrote:

    python -m eagerly.lab.performance FILE... docs/

writes docs/performance.md, a plot a shape in docs/performance/, and all that they say as
docs/performance.json, from which the page can be written again. Each FILE may be of another
interpreter, but they have to be of one machine. Nothing is chosen by hand: what is slower than
asyncio is listed by the same rule as what is faster.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eagerly.lab import plot, results, tables
from eagerly.lab.problems import Problem
from eagerly.lab.report import significant
from eagerly.lab.shape_report import name_of
from eagerly.lab.tables import Table, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eagerly.lab.shapes.shape import Shape
    from eagerly.lab.tables import Row

COLORS = {
    "await": "#666666",
    "asyncio": "#d62728",
    "asyncio eager": "#ff7f0e",
    "asyncio uvloop": "#e377c2",
    "asyncio eager uvloop": "#f7b6d2",
    "anyio": "#9467bd",
    "trio": "#8c564b",
    "aiotools": "#bcbd22",
    "eagerly": "#2ca02c",
    "eagerly uvloop": "#1f77b4",
}
PAIRS = (("eagerly", "asyncio"), ("eagerly uvloop", "uvloop"))  # ours, and the loop of its rival

INTRODUCTION = """\
# Performance

Written by `python -m eagerly.lab.performance`, from [performance.json](performance.json): do not
edit.

{circumstances}

Every number is the median of all the values of its row, in nanoseconds (or bytes) for one of what
the shape counts. Ratios are medians of ratios from the same round, in which all implementations
were measured one after the other. The *floor* awaits the coroutines without any task. *asyncio
best* is the faster of asyncio's lazy and eager ways in the same run; on uvloop it is asyncio on
uvloop. What a shape does is in `src/eagerly/lab/shapes/`; `eagerly bench SHAPE` measures it on your
machine, and `python -m pyperf` has more to say of the file (`show`, `hist`, `compare_to`).
"""


def write(files: Sequence[Path], folder: Path) -> None:
    made = tables.read(files)
    plots = folder / "performance"
    plots.mkdir(parents=True, exist_ok=True)
    for shape, of_it in by_shape(made).items():
        results.put(drawn(shape, of_it), plots / f"{shape.name}.svg")
    results.put(text(made), folder / "performance.md")
    results.put(tables.as_text(made, lean=True), folder / "performance.json")


def by_shape(made: Sequence[Table]) -> dict[Shape, list[Table]]:
    found: dict[Shape, list[Table]] = defaultdict(list)
    for table in made:
        found[table.shape].append(table)
    return found


# ------------------------------------------------------------------ the words


def text(made: Sequence[Table]) -> str:
    shapes = by_shape(made)
    parts = [
        INTRODUCTION.format(circumstances=circumstances(made)),
        slower(made),
        "## All shapes\n",
        *overview([of_largest for of_it in shapes.values() for of_largest in largest(of_it)]),
    ]
    for shape, of_it in shapes.items():
        parts.append(f"\n## {shape.name}\n\n*{shape.doc}*\n")
        parts.append(f"![{shape.name}: cost against n](performance/{shape.name}.svg)\n")
        for table in largest(of_it):
            parts += rows(table)
    return "\n".join(parts).rstrip("\n") + "\n"


def circumstances(made: Sequence[Table]) -> str:
    runs = [run.get_metadata() for table in made for row in table.rows for run in row.runs]
    dates = sorted(about["date"] for about in runs)
    engines = sorted({f"{table.python} ({table.engine})" for table in made})
    loads = [about["load_avg_1min"] for about in runs if "load_avg_1min" in about]
    load = f"; load average {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    lines = [
        f"* **when**: {dates[0][:16]} to {dates[-1][:16]}",
        f"* **machine**: {runs[0].get('cpu_model_name', 'unknown processor')}, "
        f"{runs[0].get('cpu_count', '?')} cores, {runs[0].get('platform', '')}{load}",
        f"* **CPython** (engine of eagerly): {', '.join(engines)}",
        f"* **others**: {', '.join(versions(runs)) or 'none'}",
    ]
    return "\n".join(lines)


def versions(runs: Sequence[dict[str, Any]]) -> list[str]:
    """Of the libraries that ran, by the metadata of the runs."""
    return sorted(
        {
            f"{name.removesuffix('_version')} {version}"
            for about in runs
            for name, version in about.items()
            if name in LIBRARIES
        }
    )


LIBRARIES = {f"{name}_version" for name in ("anyio", "trio", "aiotools", "uvloop")}


def slower(made: Sequence[Table]) -> str:
    """Each table in which ours lost, by more than nothing."""
    found = []
    for table in made:
        for ours, loop in PAIRS:
            times = ratio(table.asyncio_best(loop), table.row(ours))
            if times is not None and times < 1:
                found.append((times, table, ours))
    if not found:
        return "## Slower than asyncio\n\nNothing of what was measured.\n"
    lines = ["## Slower than asyncio\n", "| shape | n | CPython | who | asyncio best / ours |"]
    lines.append("|---|--:|---|---|--:|")
    for times, table, ours in sorted(found, key=lambda each: each[0]):
        where = f"| {table.shape.name} | {table.n:,} | {table.python} | {ours} |"
        lines.append(f"{where} {significant(times)} |")
    return "\n".join(lines) + "\n"


def overview(made: Sequence[Table]) -> list[str]:
    lines = [
        "| shape | n | CPython | floor | asyncio best | eagerly | times faster | times the floor |",
        "|---|--:|---|--:|--:|--:|--:|--:|",
    ]
    for table in made:
        ours, best, floor = table.row("eagerly"), table.asyncio_best("asyncio"), table.floor
        cells = [*map(number(table), (floor, best, ours))]
        cells += [times(ratio(best, ours)), times(ratio(ours, floor))]
        lines.append(
            f"| [{table.shape.name}](#{table.shape.name}) | {table.n:,} | {table.python} | "
            + " | ".join(cells)
            + " |"
        )
    return lines


def rows(table: Table) -> list[str]:
    unit = "bytes" if table.shape.unit == "byte" else "ns"
    lines = [
        f"\nCPython {table.python}, n = {table.n:,}:\n",
        f"| | {unit} a {table.shape.each} | ± | times faster | times the floor |",
        "|---|--:|--:|--:|--:|",
    ]
    for row in table.rows:
        name = name_of(row.implementation)
        if not row.values:
            lines.append(f"| {name} | {row.why_not} | | | |")
            continue
        spread = "" if row.spread is None else f"{row.spread:.0%}"
        faster = times(ratio(table.asyncio_best(row.implementation.loop), row))
        floors = times(ratio(row, table.floor))
        lines.append(f"| {name} | {number(table)(row)} | {spread} | {faster} | {floors} |")
    return lines


def largest(of_one_shape: Sequence[Table]) -> list[Table]:
    """For each interpreter the table at the shape's own n, or at the largest there is."""
    found: dict[str, Table] = {}
    for table in sorted(of_one_shape, key=lambda table: (table.n == table.shape.n, table.n)):
        found[table.python] = table
    return [found[python] for python in sorted(found, key=version)]


def version(python: str) -> list[int]:
    return [int(part) for part in python.split(".") if part.isdigit()]


def number(table: Table) -> Any:
    scale = 1 if table.shape.unit == "byte" else 1e9

    def shown(row: Row | None) -> str:
        return "" if row is None else significant(row.value * scale)

    return shown


def times(many: float | None) -> str:
    return "" if many is None else significant(many)


# ------------------------------------------------------------------ the plots


def drawn(shape: Shape, made: Sequence[Table]) -> str:
    """Cost against n, a panel for each interpreter."""
    pythons = sorted({table.python for table in made}, key=version)
    unit = "bytes" if shape.unit == "byte" else "ns"
    panels = [
        plot.Panel(f"CPython {python}", lines([each for each in made if each.python == python]))
        for python in pythons
    ]
    return plot.svg(f"{shape.name}: {shape.doc}", "n", f"{unit} a {shape.each}", panels)


def lines(of_one_python: Sequence[Table]) -> tuple[plot.Line, ...]:
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for table in sorted(of_one_python, key=lambda table: table.n):
        scale = 1 if table.shape.unit == "byte" else 1e9
        for row in table.measured:
            points[row.implementation.name].append((table.n, row.value * scale))
    return tuple(
        plot.Line(
            "floor" if name == "await" else name,
            COLORS[name],
            tuple(found),
            dashed=name == "await",
        )
        for name, found in points.items()
    )


def main(arguments: Sequence[str] | None = None) -> int:
    paths = [Path(each) for each in (sys.argv[1:] if arguments is None else arguments)]
    files, folder = paths[:-1], paths[-1:]
    try:
        if not files or not folder[0].is_dir():
            message = "say FILE... FOLDER: what eagerly bench --json wrote, and the docs' folder"
            raise Problem(message)
        for file in files:
            if not file.is_file():
                message = f"there is no file {file}"
                raise Problem(message)
        write(files, folder[0])
    except Problem as problem:
        print(f"eagerly.lab.performance: {problem}", file=sys.stderr)
        return problem.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
