"""From numbers to tables: a pure function of a run's data.

    total s      median over the rounds
    ns each      the same, for one of the n
    faster       times faster than asyncio's best implementation of the same workload here
    floors       median of the ratios to the floor, each taken inside one process

The floor's own row is the median of all the floors that the workload's processes measured.
"""

from __future__ import annotations

from math import floor, log10
from statistics import mean, median
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.measure import Measurement as Measure
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from eagerly.lab.results import (
        InterpreterResult,
        Machine,
        Measurement,
        WorkloadResult,
    )

STYLES = {"asyncio": "yellow", "eagerly": "green", "floor": "dim"}
EIGHTHS = " ▏▎▍▌▋▊▉"
BAR_WIDTHS = (8, 24)  # what it takes of the terminal, at least and at most


class Bar:
    """A share of the widest row, in eighths of a character, or in # where only ASCII goes out."""

    def __init__(self, share: float, style: str) -> None:
        self.share = share
        self.style = style

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measure:
        return Measure(*BAR_WIDTHS).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.ascii_only:
            yield Text("#" * max(1, round(self.share * options.max_width)), self.style)
            return
        whole, eighths = divmod(max(1, round(self.share * options.max_width * 8)), 8)
        yield Text("█" * whole + EIGHTHS[eighths].strip(), self.style)


def machine(about: Machine) -> RenderableType:
    load = "" if about["load"] is None else f", load {about['load']}"
    return Text(f"{about['cpu']}, {about['cores']} cores{load}\n{about['platform']}")


def heading(result: InterpreterResult) -> RenderableType:
    line = Text(f"\n{result['implementation']} {result['version']}", "bold")
    return line.append(f", {_engine(result)}\n{result['executable']}", "not bold")


def workload(result: WorkloadResult) -> RenderableType:
    title = f"\nExample {result['example']}: {result['title']}, n = {result['n']:,}"
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("implementation", no_wrap=True)
    table.add_column("")
    for name in ("total s", f"ns each\n{result['each']}", "times\nfaster", "times\nfloor"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("rounds", justify="right", no_wrap=True)
    widest = max((seconds(each) for each in _measured(result)), default=0.0)
    for each in result["measurements"]:
        table.add_row(*_row(result, each, widest))
    if _measured(result):
        table.add_row(*_floor_row(result, widest))
    floor_is = f"Floor: {result['floor_is']}. Times faster: than asyncio's best."
    return Group(
        Text(title, "bold"), table, Text(f"The chapter: {result['claim']}.\n{floor_is}", "dim")
    )


def claims(result: InterpreterResult) -> RenderableType:
    """6.1 against 6.2, which no single table shows."""
    by_name = {
        (each["example"], of["implementation"]): seconds(of)
        for each in result["workloads"]
        for of in _measured(each)
    }
    slow = by_name.get(("6.2", "asyncio.gather"))
    if slow is None:
        return Text("")
    lines = Text("\nThe chapter: 6.1 is nearly 6 times faster than 6.2's asyncio.gather. Here:")
    for (example, name), took in by_name.items():
        if example == "6.1":
            lines.append(f"\n  {name:24} {significant(slow / took, 2):>5} times")
    return lines


def across(results: list[InterpreterResult]) -> RenderableType:
    """Seconds of every implementation on every interpreter, side by side."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("implementation", no_wrap=True)
    for each in results:
        table.add_column(each["version"], justify="right")
    for same in zip(*(each["workloads"] for each in results), strict=True):
        for row in zip(*(each["measurements"] for each in same), strict=True):
            name = row[0]["implementation"]
            label = Text(name, _style(name))
            table.add_row(same[0]["example"], label, *map(_seconds_or_needs, row))
        table.add_row("", Text("floor", STYLES["floor"]), *map(_floor_or_nothing, same))
        table.add_row("", Text("times faster", "bold"), *map(_best_of_eagerly, same))
        table.add_section()
    title = Text("\nTotal seconds on each interpreter", "bold")
    return Group(title, table, Text("Times faster: eagerly's best than asyncio's best.", "dim"))


def seconds(measurement: Measurement) -> float:
    return median(sample["seconds"] for sample in measurement["samples"])


def floors(measurement: Measurement) -> float:
    """How many floors it costs: each process is compared with its own."""
    return median(each["seconds"] / mean(each["floors"]) for each in measurement["samples"])


def floor_seconds(result: WorkloadResult) -> float:
    samples = [sample for each in result["measurements"] for sample in each["samples"]]
    return median(seconds for sample in samples for seconds in sample["floors"])


def best(result: WorkloadResult, library: str) -> float | None:
    """The fewest seconds that a library's implementations need; None where it has none."""
    found = [seconds(each) for each in _measured(result) if _library(each) == library]
    return min(found, default=None)


def significant(number: float, digits: int = 3) -> str:
    """1234.5 is 1,234 and 0.0012345 is 0.00123: no more digits than the measurement is worth."""
    decimals = 0 if number <= 0 else max(0, digits - 1 - floor(log10(number)))
    return f"{number:,.{decimals}f}"


def _row(result: WorkloadResult, each: Measurement, widest: float) -> list[RenderableType]:
    name = each["implementation"]
    label = Text(name, _style(name))
    if each["needs"]:
        return [label, Text(f"needs {each['needs']}", "dim")]
    took = seconds(each)
    against = best(result, "asyncio")
    return [
        label,
        Bar(took / widest, _style(name)),
        significant(took),
        significant(took / result["n"] * 1e9),
        "" if against is None else significant(against / took, 2),
        significant(floors(each)),
        str(len(each["samples"])),
    ]


def _floor_row(result: WorkloadResult, widest: float) -> list[RenderableType]:
    took = floor_seconds(result)
    style = STYLES["floor"]
    name = Text("floor", style)
    bar = Bar(took / max(widest, took), style)
    return [name, bar, significant(took), significant(took / result["n"] * 1e9), "", "1.00", ""]


def _best_of_eagerly(result: WorkloadResult) -> str:
    theirs, ours = best(result, "asyncio"), best(result, "eagerly")
    return "" if theirs is None or ours is None else significant(theirs / ours, 2)


def _seconds_or_needs(each: Measurement) -> str:
    return f"needs {each['needs']}" if each["needs"] else significant(seconds(each))


def _floor_or_nothing(result: WorkloadResult) -> str:
    return significant(floor_seconds(result)) if _measured(result) else ""


def _engine(result: InterpreterResult) -> str:
    engine = result["eagerly"]
    if engine is None:
        return "too old for eagerly"
    how = "native" if engine["native"] else "NOT native: interpreted, and slower"
    return f"eagerly {engine['version']}, {how}"


def _measured(result: WorkloadResult) -> list[Measurement]:
    return [each for each in result["measurements"] if each["samples"]]


def _library(each: Measurement) -> str:
    return each["implementation"].partition(".")[0]


def _style(name: str) -> str:
    return STYLES[name.partition(".")[0]]
