"""Tables of shapes for a terminal; tables.py says what the numbers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table as Drawn
from rich.text import Text

from eagerly.lab.report import Bar, significant
from eagerly.lab.tables import ratio

if TYPE_CHECKING:
    from rich.console import RenderableType

    from eagerly.lab.shapes.implementations import Implementation
    from eagerly.lab.tables import Row, Table

CAPTION = """
Each number is the median of all values, ± half the distance of their quartiles. Times faster than
asyncio's best (on uvloop: than asyncio there), and times the floor, are medians of the ratios that
were measured in the same round."""


def table(made: Table) -> RenderableType:
    shape = made.shape
    drawn = Drawn(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    drawn.add_column("implementation", no_wrap=True)
    drawn.add_column("")
    unit = f"bytes a\n{shape.each}" if shape.unit == "byte" else f"ns a\n{shape.each}"
    better = "times\nless" if shape.unit == "byte" else "times\nfaster"
    for name in (unit, "±", "p99", better, "times\nfloor", "rounds"):
        if name != "p99" or has_tail(made):
            drawn.add_column(name, justify="right", no_wrap=True)
    widest = max((row.value for row in made.measured), default=0.0)
    for row in made.rows:
        drawn.add_row(*cells(made, row, widest))
    title = f"\n{shape.name}, n = {made.n:,}, CPython {made.python}: {shape.doc}"
    return Group(Text(title, "bold"), drawn)


def cells(made: Table, row: Row, widest: float) -> list[RenderableType]:
    style = style_of(row.implementation)
    label = Text(name_of(row.implementation), style)
    if not row.values:
        return [label, Text(row.why_not or "not measured yet", "dim")]
    scale = 1 if made.shape.unit == "byte" else 1e9
    spread = "" if row.spread is None else f"{row.spread:.0%}" if row.spread < 10 else "> 10"
    faster = ratio(made.asyncio_best(row.implementation.loop), row)
    floors = ratio(row, made.floor)
    cells: list[RenderableType] = [
        label,
        Bar(row.value / widest, style),
        significant(row.value * scale),
        spread,
    ]
    if has_tail(made):
        cells.append(significant(row.p99 * scale))
    ratios = ["" if number is None else significant(number) for number in (faster, floors)]
    return [*cells, *ratios, str(len(row.by_round()))]


def has_tail(made: Table) -> bool:
    """Where the slowest count: samples of time."""
    return made.shape.samples and made.shape.unit == "second"


def name_of(implementation: Implementation) -> str:
    return "await (floor)" if implementation.speaks == "await" else implementation.name


def style_of(implementation: Implementation) -> str:
    if implementation.speaks == "await":
        return "dim"
    return "green" if implementation.is_ours else "yellow"
