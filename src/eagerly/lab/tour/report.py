"""A feature as a table: interpreter, and what it printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from eagerly.lab.tour.walk import Shown, Tour


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
    """Which interpreter has what, of Python's own."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("feature", no_wrap=True)
    table.add_column("since", no_wrap=True)
    for each in tour["interpreters"]:
        table.add_column(each["version"])
    for shown in tour["features"]:
        own = [each for each in shown["evidence"] if each["by"] != "eagerly"]
        table.add_row(
            shown["feature"], shown["since"], *("yes" if each["there"] else "-" for each in own)
        )
    return Group(Text("\nPython's own, seen here", "bold"), table)
