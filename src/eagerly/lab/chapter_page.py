"""The chapter's programs, measured, as a page."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from eagerly.lab.html.page import Cell, Column, Fact, Page, Section, Table, machine
from eagerly.lab.report import best, floor_seconds, floors, seconds, significant

if TYPE_CHECKING:
    from eagerly.lab.results import InterpreterResult, Measurement, Report, WorkloadResult


def page(made: Report) -> Page:
    results = made["interpreters"]
    n = made["constants"]["n"]
    across = [_across(results)] if len(results) > 1 else []
    return Page(
        title="The chapter's programs, measured",
        about=f"{n:,} small tasks, and what they cost with asyncio and with eagerly.",
        facts=_facts(results),
        sections=[*across, *(_section(each, of) for each in results for of in each["workloads"])],
        circumstances=_circumstances(made),
        data=made,
    )


def _facts(results: list[InterpreterResult]) -> list[Fact]:
    """Of the interpreter that ran eagerly bench."""
    facts = []
    for each in results[0]["workloads"]:
        faster = _faster(each)
        if faster is not None:
            tone = "good" if faster > 1 else "bad"
            label = f"as fast as asyncio's best: {each['title']}"
            facts.append(Fact(f"× {significant(faster, 2)}", label, tone))
    return facts


def _faster(result: WorkloadResult) -> float | None:
    theirs, ours = best(result, "asyncio"), best(result, "eagerly")
    return None if theirs is None or ours is None else theirs / ours


def _section(where: InterpreterResult, result: WorkloadResult) -> Section:
    columns = (
        Column(f"CPython {where['version']}", number=False),
        Column("seconds", "The median of the rounds"),
        Column(f"ns each {result['each']}"),
        Column("times faster", "Than asyncio's best"),
        Column("times floor", "Than the least that the same work takes"),
        Column("rounds"),
    )
    measured = [each for each in result["measurements"] if each["samples"]]
    rows = [_row(result, each) for each in result["measurements"]]
    if measured:
        took = floor_seconds(result)
        widest = max(map(seconds, measured))
        rows.append(_cells("floor", result["n"], took, took / widest, "floor"))
    return Section(
        f"Example {result['example']}: {result['title']}",
        f"n = {result['n']:,}. The chapter: {result['claim']}. Floor: {result['floor_is']}. "
        "Shorter bars are better.",
        [Table(f"{result['title']}, CPython {where['version']}", columns, rows, narrow=True)],
    )


def _row(result: WorkloadResult, each: Measurement) -> list[Cell]:
    name = each["implementation"]
    if not each["samples"]:
        why = f"needs {each['needs']}" if each["needs"] else "not measured"
        return [Cell(name, notes=[why]), *[Cell("")] * 5]
    took = seconds(each)
    widest = max(seconds(other) for other in result["measurements"] if other["samples"])
    tone = "ours" if name.startswith("eagerly") else "theirs"
    against = best(result, "asyncio")
    cells = _cells(name, result["n"], took, took / widest, tone)
    faster = None if against is None else against / took
    cells[3] = Cell("" if faster is None else significant(faster, 2), faster)
    cells[4] = Cell(significant(floors(each)), floors(each))
    cells[5] = Cell(str(len(each["samples"])), len(each["samples"]))
    return cells


def _cells(name: str, n: int, took: float, share: float, tone: str) -> list[Cell]:
    nanoseconds = took / n * 1e9
    return [
        Cell(name),
        Cell(significant(took), took, min(1.0, share), tone),
        Cell(significant(nanoseconds), nanoseconds),
        *[Cell("")] * 3,
    ]


def _across(results: list[InterpreterResult]) -> Section:
    columns = [
        Column("example", number=False),
        Column("implementation", number=False),
        *(Column(each["version"], "Seconds") for each in results),
    ]
    rows = []
    for same in zip(*(each["workloads"] for each in results), strict=True):
        for row in zip(*(each["measurements"] for each in same), strict=True):
            found = [seconds(each) if each["samples"] else None for each in row]
            widest = max((took for took in found if took is not None), default=1.0)
            tone = "ours" if row[0]["implementation"].startswith("eagerly") else "theirs"
            cells = [
                Cell(f"needs {each['needs']}" if each["needs"] else "", tone="dim")
                if took is None
                else Cell(significant(took), took, took / widest, tone)
                for each, took in zip(row, found, strict=True)
            ]
            rows.append([Cell(same[0]["example"]), Cell(row[0]["implementation"]), *cells])
    return Section(
        "Total seconds on each interpreter",
        "Each bar is as long as its share of the slowest interpreter in the row.",
        [Table("Total seconds on each interpreter", columns, rows, narrow=True)],
    )


def _circumstances(made: Report) -> list[tuple[str, str]]:
    interpreters = [(f"CPython {each['version']}", _engine(each)) for each in made["interpreters"]]
    return [
        ("command", shlex.join(made["command"])),
        ("when", made["date"]),
        *machine(made["machine"]),
        *interpreters,
    ]


def _engine(each: InterpreterResult) -> str:
    engine = each["eagerly"]
    if engine is None:
        return f"{each['executable']}, without eagerly"
    how = "native" if engine["native"] else "interpreted, and slower"
    return f"{each['executable']}, eagerly {engine['version']} ({how})"
