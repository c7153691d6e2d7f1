"""The page of the numbers, from what `eagerly bench --json` wrote:

    python -m eagerly.lab.performance FILE... docs/

writes docs/performance.md, its charts in docs/performance/, and all that they say as
docs/performance.json, from which the page can be written again. Each FILE may be of another
interpreter, but they have to be of one machine. Nothing is chosen by hand: what is slower than
asyncio is listed by the same rule as what is faster.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from eagerly.lab import plot, results, tables
from eagerly.lab.arguments import Parser
from eagerly.lab.plot import Look
from eagerly.lab.problems import Problem
from eagerly.lab.report import significant
from eagerly.lab.shape_report import name_of
from eagerly.lab.tables import Table, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eagerly.lab.shapes.shape import Shape
    from eagerly.lab.tables import Row

LOOKS = {  # hollow marks: on uvloop
    "await": Look("#666d76", "#9aa4b2", "bar", dashed=True),
    "asyncio": Look("#c2410c", "#ff8f5e", "square"),
    "asyncio eager": Look("#a16207", "#eab84c", "triangle"),
    "asyncio uvloop": Look("#be185d", "#f472b6", "square", hollow=True),
    "asyncio eager uvloop": Look("#86198f", "#d98be8", "triangle", hollow=True),
    "anyio": Look("#6d28d9", "#a78bfa", "diamond"),
    "trio": Look("#78522e", "#c9a27a", "turned"),
    "aiotools": Look("#5b6f0a", "#b3c43a", "diamond", hollow=True),
    "eagerly": Look("#15803d", "#4ade80", "circle", strong=True),
    "eagerly uvloop": Look("#1d4ed8", "#6ea8fe", "circle", hollow=True, strong=True),
}
PAIRS = (("eagerly", "asyncio"), ("eagerly uvloop", "uvloop"))  # ours, and the loop of its rival

INTRODUCTION = """\
# Performance

Written by `python -m eagerly.lab.performance`, from [performance.json](performance.json): do not
edit.

{circumstances}

Every number is the median of all the values of its row, in nanoseconds (or bytes, where a shape
measures them) for one of what the shape counts: a task, say. Ratios are medians of ratios from the
same round, in which all implementations were measured one after the other. The *floor* awaits the
coroutines without any task. *asyncio best* is the faster of asyncio's lazy and eager ways in the
same run; on uvloop it is asyncio on uvloop. What a shape does is in
`src/eagerly/lab/shapes/`; `eagerly bench SHAPE` measures it on your machine, and `python -m pyperf`
has more to say of the file (`show`, `hist`, `compare_to`).
"""


def write(files: Sequence[Path], folder: Path) -> None:
    made = tables.read(files)
    of_one_machine(made)
    charts = folder / "performance"
    charts.mkdir(parents=True, exist_ok=True)
    for old in charts.glob("*.svg"):  # of other interpreters, perhaps
        old.unlink()
    for shape, of_it in by_shape(made).items():
        for python, drawing in plots(shape, of_it).items():
            results.put(drawing.file(), charts / f"{shape.name}-{python}.svg")
    results.put(drawn_overview(made).file(), charts / "overview.svg")
    results.put(text(made), folder / "performance.md")
    results.put(tables.as_text(made, lean=True), folder / "performance.json")


def of_one_machine(made: Sequence[Table]) -> None:
    runs = [run.get_metadata() for table in made for row in table.rows for run in row.runs]
    machines = {(about.get("cpu_model_name"), about.get("cpu_count")) for about in runs}
    if len(machines) > 1:
        named = " and ".join(sorted(f"{cpu} ({count} cores)" for cpu, count in machines))
        message = f"the files are of several machines, which cannot be compared: {named}"
        raise Problem(message)


def by_shape(made: Sequence[Table]) -> dict[Shape, list[Table]]:
    found: dict[Shape, list[Table]] = defaultdict(list)
    for table in made:
        found[table.shape].append(table)
    return found


# ------------------------------------------------------------------ the words


def text(made: Sequence[Table]) -> str:
    shapes = by_shape(made)
    against = comparisons(made)
    parts = [
        INTRODUCTION.format(circumstances=circumstances(made)),
        "## Against asyncio\n",
        *summary(against),
        "\n![How many times faster than asyncio's best eagerly is, for each shape; the table below "
        "has the numbers](performance/overview.svg)\n",
        "## Slower than asyncio\n",
        *slower(against),
        "\n## All shapes\n",
        *overview([of_largest for of_it in shapes.values() for of_largest in largest(of_it)]),
    ]
    for shape, of_it in shapes.items():
        parts.append(f"\n## {shape.name}\n\n*{shape.doc}*\n")
        parts += [
            f"![{drawing.title}](performance/{shape.name}-{python}.svg)"
            for python, drawing in plots(shape, of_it).items()
        ]
        for table in largest(of_it):
            parts += rows(table)
    return "\n".join(parts).rstrip("\n") + "\n"


@dataclass(frozen=True)
class Comparison:
    """Ours with asyncio's best, on one loop: how many times faster."""

    table: Table
    ours: Row
    best: Row
    times: float


def comparisons(made: Sequence[Table]) -> list[Comparison]:
    found = []
    for table in made:
        for name, loop in PAIRS:
            ours, best = table.row(name), table.asyncio_best(loop)
            many = ratio(best, ours)
            if ours is not None and best is not None and many is not None:
                found.append(Comparison(table, ours, best, many))
    return found


def summary(against: Sequence[Comparison]) -> list[str]:
    if not against:
        return ["Nothing was compared."]
    faster = sum(each.times > 1 for each in against)
    lost = sum(each.times < 1 for each in against)
    middle = median(each.times for each in against)
    return [
        f"Of {len(against):,} comparisons with asyncio's best, of each shape at each n on each "
        f"interpreter and loop, eagerly is faster in {faster:,} and slower in "
        f"{lost:,}. In the middle it is {significant(middle)} times as fast. "
        "The chart has each shape at the n of the tables below, on asyncio's loop."
    ]


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


def slower(against: Sequence[Comparison]) -> list[str]:
    """Each comparison that ours lost, by more than nothing."""
    lost = sorted((each for each in against if each.times < 1), key=lambda each: each.times)
    if not lost:
        return ["Nothing of what was measured."]
    lines = [
        "The worst first, also those that differ by less than the spread (±, half the distance "
        "of the quartiles).\n",
        "| shape | n | CPython | who | times faster | asyncio best | ours |",
        "|---|--:|---|---|--:|--:|--:|",
    ]
    for each in lost:
        table, shown = each.table, number(each.table)
        cells = [linked(table), f"{table.n:,}", table.python, each.ours.implementation.name]
        cells.append(significant(each.times))
        cells += [f"{shown(row)} {spread(row, '±')}".strip() for row in (each.best, each.ours)]
        lines.append(in_a_row(cells))
    return lines


def overview(made: Sequence[Table]) -> list[str]:
    lines = [
        "| shape | n | CPython | times faster | eagerly | asyncio best | floor | times the floor |",
        "|---|--:|---|--:|--:|--:|--:|--:|",
    ]
    for table in made:
        ours, best, floor = table.row("eagerly"), table.asyncio_best("asyncio"), table.floor
        cells = [linked(table), f"{table.n:,}", table.python, times(ratio(best, ours))]
        cells += [*map(number(table), (ours, best, floor)), times(ratio(ours, floor))]
        lines.append(in_a_row(cells))
    return lines


def linked(table: Table) -> str:
    return f"[{table.shape.name}](#{table.shape.name})"


def in_a_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def unit(shape: Shape) -> str:
    return f"{'bytes' if shape.unit == 'byte' else 'ns'} a {shape.each}"


def spread(row: Row, sign: str = "") -> str:
    return "" if row.spread is None else f"{sign}{row.spread:.0%}"


def rows(table: Table) -> list[str]:
    lines = [
        f"\nCPython {table.python}, n = {table.n:,}:\n",
        f"| | {unit(table.shape)} | ± | times faster | times the floor |",
        "|---|--:|--:|--:|--:|",
    ]
    for row in table.rows:
        name = name_of(row.implementation)
        if not row.values:
            lines.append(f"| {name} | {row.why_not} | | | |")
            continue
        faster = times(ratio(table.asyncio_best(row.implementation.loop), row))
        floors = times(ratio(row, table.floor))
        lines.append(in_a_row([name, number(table)(row), spread(row), faster, floors]))
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


# ------------------------------------------------------------------ the charts


def plots(shape: Shape, made: Sequence[Table]) -> dict[str, plot.Drawing]:
    """Cost against n, where there are several, for each interpreter."""
    if len({table.n for table in made}) < 2:
        return {}
    pythons = sorted({table.python for table in made}, key=version)
    panels = [
        plot.Panel(f"CPython {python}", lines([each for each in made if each.python == python]))
        for python in pythons
    ]
    drawn = plot.each(f"{shape.name}: {unit(shape)} against n", "n", unit(shape), panels)
    return dict(zip(pythons, drawn, strict=True))


def lines(of_one_python: Sequence[Table]) -> tuple[plot.Line, ...]:
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for table in sorted(of_one_python, key=lambda table: table.n):
        scale = 1 if table.shape.unit == "byte" else 1e9
        for row in table.measured:
            if row.value > 0:  # what costs nothing stands on no logarithmic axis
                points[row.implementation.name].append((table.n, row.value * scale))
    return tuple(
        plot.Line("floor" if name == "await" else name, LOOKS[name], tuple(found))
        for name, found in sorted(points.items(), key=lambda each: [*LOOKS].index(each[0]))
    )


def drawn_overview(made: Sequence[Table]) -> plot.Drawing:
    """How many times faster than asyncio's best, a row for each shape, a dot an interpreter."""
    pythons = sorted({table.python for table in made}, key=version)
    found: dict[str, dict[str, float]] = {}
    for shape, of_it in by_shape(made).items():
        for table in largest(of_it):
            many = ratio(table.asyncio_best("asyncio"), table.row("eagerly"))
            if many is not None:
                found.setdefault(shape.name, {})[f"CPython {table.python}"] = many
    kinds = [f"CPython {python}" for python in pythons]
    return plot.ratios("Times faster than asyncio's best; left of 1: slower", kinds, found)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Parser(
        prog="python -m eagerly.lab.performance",
        description=f"The page of the numbers.{(__doc__ or '').partition('docs/')[2]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example:\n  eagerly bench --all --sweep --json all.json\n"
        "  python -m eagerly.lab.performance all.json docs/",
        allow_abbrev=False,
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="of eagerly bench")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of the docs")
    chosen = parser.parse_args(arguments)
    try:
        if not chosen.folder.is_dir():
            message = f"there is no folder {chosen.folder}"
            raise Problem(message)
        write(chosen.files, chosen.folder)
    except Problem as problem:
        print(f"{parser.prog}: {problem}", file=sys.stderr)
        return problem.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
