"""A feature as a table: interpreter, and what it printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from eagerly.lab.tour.walk import Evidence, Shown, Tour


def feature(shown: Shown) -> RenderableType:
    two_sides = len({each["by"] for each in shown["evidence"]}) > 1
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("Python", no_wrap=True)
    if two_sides:
        table.add_column("", no_wrap=True)
    table.add_column("there", no_wrap=True)
    table.add_column("what it printed", overflow="fold")
    last = ""
    for each in shown["evidence"]:
        version = each["python"] if each["python"] != last else ""
        last = each["python"]
        style = "green" if each["there"] else "dim"
        cells = [Text(version)]
        if two_sides:
            cells.append(Text(each["by"]))
        answer = Text("yes" if each["there"] else "no", style)
        table.add_row(*cells, answer, Text("\n".join(each["lines"]), style))
    title = Text(f"\n{shown['feature']}", "bold").append(f", Python {shown['since']}", "not bold")
    return Group(title, Text(shown["about"]), table)


def summary(tour: Tour) -> RenderableType:
    """Which interpreter has what, of Python's own and of eagerly's."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("feature", no_wrap=True)
    table.add_column("since", no_wrap=True)
    for each in tour["interpreters"]:
        table.add_column(each["version"])
    for shown in tour["features"]:
        for by, seen in by_side(shown).items():
            ours = by == "eagerly"
            name = ("  eagerly's", "") if ours else (shown["feature"], shown["since"])
            table.add_row(*name, *("yes" if each["there"] else "-" for each in seen))
    return Group(Text("\nSeen here", "bold"), table)


def by_side(shown: Shown) -> dict[str, list[Evidence]]:
    """What each side printed, in the order of the interpreters."""
    sides: dict[str, list[Evidence]] = {}
    for each in shown["evidence"]:
        sides.setdefault(each["by"], []).append(each)
    return sides
