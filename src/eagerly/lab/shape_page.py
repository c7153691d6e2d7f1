"""Shapes that were measured, as a page."""

from __future__ import annotations

import json
import shlex
import sys
from statistics import median
from typing import TYPE_CHECKING

from eagerly.lab import tables
from eagerly.lab.html.page import Cell, Column, Fact, Page, Picture, Section, Words, machine
from eagerly.lab.html.page import Table as Drawn
from eagerly.lab.performance import (
    by_shape,
    largest,
    number,
    plots,
    spread,
    times,
    unit,
    version,
    versions,
)
from eagerly.lab.report import significant
from eagerly.lab.shape_report import has_tail, name_of
from eagerly.lab.tables import Table, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eagerly.lab.results import Machine
    from eagerly.lab.shapes.implementations import Implementation
    from eagerly.lab.shapes.shape import Shape
    from eagerly.lab.tables import Row

FASTER = "How many times the cost of asyncio's best is ours; on uvloop, of asyncio there"


def page(made: Sequence[Table], about: Machine) -> Page:
    made = [table for table in made if table.measured]
    shapes = by_shape(made)
    return Page(
        title="Shapes of programs, measured",
        about="What a task costs with asyncio, with eagerly and with others, in programs of "
        f"different shapes: {', '.join(shape.name for shape in shapes)}.",
        facts=_facts(made),
        sections=[_overview(made), *(_shape(shape, of_it) for shape, of_it in shapes.items())],
        circumstances=_circumstances(made, about),
        data=json.loads(tables.as_text(made)),
    )


def _facts(made: Sequence[Table]) -> list[Fact]:
    known = [
        (many, _named(table))
        for table in made
        if (many := ratio(table.asyncio_best("asyncio"), table.row("eagerly"))) is not None
    ]
    if not known:
        return []
    (least, worst), (most, best) = min(known), max(known)
    middle = median(many for many, _ in known)
    return [
        Fact(
            f"{sum(many > 1 for many, _ in known)} of {len(known)}",
            "measurements in which eagerly is faster than asyncio's best",
        ),
        Fact(f"× {significant(middle)}", "as fast as asyncio's best, in the middle", _tone(middle)),
        Fact(f"× {significant(most)}", f"at best: {best}", _tone(most)),
        Fact(f"× {significant(least)}", f"at worst: {worst}", _tone(least)),
    ]


def _named(table: Table) -> str:
    return f"{table.shape.name}, n = {table.n:,}, CPython {table.python}"


def _tone(many: float) -> str:
    return "good" if many > 1 else "bad"


def _overview(made: Sequence[Table]) -> Section:
    columns = (
        Column("shape", number=False),
        Column("n"),
        Column("CPython"),
        Column("times faster", "Than asyncio's best, in the same round: below 1 it is slower"),
        Column("eagerly"),
        Column("asyncio best", "The faster of asyncio's lazy and eager ways"),
        Column("times the floor", "Than awaiting the coroutines without any task"),
    )
    faster = [ratio(table.asyncio_best("asyncio"), table.row("eagerly")) for table in made]
    widest = max((many for many in faster if many is not None), default=1.0)
    rows = []
    for table, many in zip(made, faster, strict=True):
        ours, best = table.row("eagerly"), table.asyncio_best("asyncio")
        floors = ratio(ours, table.floor)
        share = None if many is None else many / widest
        rows.append(
            [
                Cell(table.shape.name, notes=[unit(table.shape)]),
                Cell(f"{table.n:,}", table.n),
                Cell(table.python, _order(table.python)),
                Cell(times(many), many, share, "" if many is None else _tone(many)),
                Cell(number(table)(ours), _value(ours)),
                Cell(number(table)(best), _value(best)),
                Cell(times(floors), floors),
            ]
        )
    return Section(
        "At a glance",
        "How much faster eagerly is than the best that asyncio can do. Click a column to sort.",
        [Drawn("All shapes", columns, rows, narrow=True)],
    )


def _value(row: Row | None) -> float | None:
    return None if row is None else row.value


def _order(python: str) -> int:
    """By which versions are sorted: 3.9 before 3.11."""
    order = 0
    for part in version(python):
        order = order * 1000 + part
    return order


def _shape(shape: Shape, made: Sequence[Table]) -> Section:
    parts: list[Picture | Drawn | Words] = []
    parts += [Picture(each.inside_a_page()) for each in plots(shape, made).values()]
    for table in largest(made):
        parts += [_table(table), *_empty(table)]
    return Section(shape.name, f"{shape.doc}. Shorter bars are better.", parts)


def _table(table: Table) -> Drawn:
    tail = has_tail(table)
    better = "times less" if table.shape.unit == "byte" else "times faster"
    columns = [
        Column(f"n = {table.n:,}, CPython {table.python}", number=False),
        Column(unit(table.shape), "The median of all values"),
        Column("±", "Half the distance of the quartiles"),
        *([Column("p99", "One in a hundred takes longer")] if tail else []),
        Column(better, FASTER),
        Column("times floor", "Than awaiting the coroutines without any task"),
        Column("rounds"),
    ]
    widest = max(row.value for row in table.measured)
    rows = [_row(table, row, widest, tail=tail) for row in table.measured]
    title = f"{table.shape.name}, n = {table.n:,}, CPython {table.python}"
    return Drawn(title, columns, rows, narrow=True)


def _row(table: Table, row: Row, widest: float, *, tail: bool) -> list[Cell]:
    scale = 1 if table.shape.unit == "byte" else 1e9
    faster = ratio(table.asyncio_best(row.implementation.loop), row)
    floors = ratio(row, table.floor)
    share = row.value / widest if widest else 0.0
    return [
        Cell(name_of(row.implementation)),
        Cell(significant(row.value * scale), row.value, share, _whose(row.implementation)),
        Cell(spread(row), row.spread),
        *([Cell(significant(row.p99 * scale), row.p99)] if tail else []),
        Cell(times(faster), faster),
        Cell(times(floors), floors),
        Cell(str(len(row.by_round())), len(row.by_round())),
    ]


def _empty(table: Table) -> list[Words]:
    """The rows that have no numbers, in a sentence, and why."""
    rows = [row for row in table.rows if not row.values]
    whys = [f"{name_of(row.implementation)} ({row.why_not or 'not measured yet'})" for row in rows]
    failed = any(row.why_not and row.why_not.startswith("failed") for row in rows)
    return [Words(f"Without numbers: {', '.join(whys)}.", "bad" if failed else "")] if rows else []


def _whose(implementation: Implementation) -> str:
    if implementation.speaks == "await":
        return "floor"
    return "ours" if implementation.is_ours else "theirs"


def _circumstances(made: Sequence[Table], about: Machine) -> list[tuple[str, str]]:
    runs = [run.get_metadata() for table in made for row in table.measured for run in row.runs]
    dates = sorted(run["date"] for run in runs if "date" in run)
    when = [("when", f"{dates[0][:16]} to {dates[-1][:16]}")] if dates else []
    engines = sorted({f"CPython {table.python} ({table.engine})" for table in made})
    return [
        ("command", shlex.join(sys.orig_argv)),
        *when,
        *machine(about),
        ("engine of eagerly", ", ".join(engines)),
        ("others", ", ".join(versions(runs)) or "none"),
    ]
