"""A tour as a page."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from eagerly.lab.html.page import Cell, Code, Column, Fact, Page, Section, Table, machine

if TYPE_CHECKING:
    from eagerly.lab.tour.walk import Evidence, Shown, Tour


def page(tour: Tour) -> Page:
    return Page(
        title="What Python 3.11 and 3.12 brought",
        about="A small program for each feature, run on every interpreter found here: what each "
        "printed, and what eagerly gives beside it.",
        facts=_facts(tour),
        sections=[_summary(tour), *map(_feature, tour["features"])],
        circumstances=[
            ("command", shlex.join(tour["command"])),
            ("when", tour["date"]),
            *machine(tour["machine"]),
            *((f"CPython {each['version']}", each["executable"]) for each in tour["interpreters"]),
        ],
        data=tour,
    )


def _facts(tour: Tour) -> list[Fact]:
    features = len(tour["features"])
    facts = [Fact(str(features), "features, each shown by a program that ran")]
    for each in tour["interpreters"]:
        seen = sum(
            evidence["there"]
            for shown in tour["features"]
            for evidence in shown["evidence"]
            if evidence["by"] != "eagerly" and evidence["executable"] == each["executable"]
        )
        tone = "good" if seen == features else ""
        facts.append(Fact(f"{seen} of {features}", f"are there on CPython {each['version']}", tone))
    return facts


def _summary(tour: Tour) -> Section:
    columns = [
        Column("feature", number=False),
        Column("since"),
        *(Column(each["version"], number=False) for each in tour["interpreters"]),
    ]
    rows = []
    for shown in tour["features"]:
        major, minor = shown["since"].split(".")
        since = Cell(shown["since"], int(major) * 1000 + int(minor))
        marks = [_marks(shown, each["executable"]) for each in tour["interpreters"]]
        rows.append([Cell(shown["feature"]), since, *marks])
    return Section(
        "At a glance",
        "Yes: seen there. Where Python's own is missing, eagerly's may be there.",
        [Table("Which interpreter has what", columns, rows)],
    )


def _marks(shown: Shown, executable: str) -> Cell:
    there = {
        each["by"]: each["there"] for each in shown["evidence"] if each["executable"] == executable
    }
    own = any(seen for by, seen in there.items() if by != "eagerly")
    notes = ["eagerly yes"] if there.get("eagerly") else []
    return Cell("yes" if own else "–", tone="yes" if own else "dim", notes=notes)


def _feature(shown: Shown) -> Section:
    columns = (
        Column("Python", number=False),
        Column("there", number=False),
        Column("what it printed", number=False),
    )
    rows = [_row(each) for each in shown["evidence"]]
    return Section(
        f"{shown['feature']}, Python {shown['since']}",
        shown["about"],
        [Table(shown["feature"], columns, rows), Code("The program", shown["program"])],
    )


def _row(each: Evidence) -> list[Cell]:
    notes = [] if each["by"] == "python" else [each["by"]]
    tone = "yes" if each["there"] else "dim"
    return [
        Cell(each["python"], notes=notes),
        Cell("yes" if each["there"] else "no", tone=tone),
        Cell("\n".join(each["lines"]), tone="" if each["there"] else "dim", lines=True),
    ]
