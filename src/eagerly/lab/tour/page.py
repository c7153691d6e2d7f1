"""A tour as a page."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from eagerly.lab.html.page import Cell, Code, Column, Fact, Page, Section, Table, machine
from eagerly.lab.tour.report import by_side

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
        *(Column(name, number=False) for name in _short_versions(tour)),
    ]
    rows = []
    for shown in tour["features"]:
        for by, seen in by_side(shown).items():
            ours = by == "eagerly"
            name = Cell(
                f"{shown['feature']}, eagerly's" if ours else shown["feature"],
                notes=[] if ours else [shown["since"]],
            )
            rows.append([name, *map(_mark, seen)])
    return Section(
        "At a glance",
        "Yes: seen there. Beside the name, the Python that brought it; in a row of their own, what "
        "eagerly gives.",
        [Table("Which interpreter has what", columns, rows, narrow=True)],
    )


def _short_versions(tour: Tour) -> list[str]:
    """3.12 for 3.12.1, unless there is another 3.12."""
    whole = [each["version"] for each in tour["interpreters"]]
    minor = [".".join(version.split(".")[:2]) for version in whole]
    return minor if len(set(minor)) == len(minor) else whole


def _mark(each: Evidence) -> Cell:
    return Cell("yes", tone="yes") if each["there"] else Cell("–", tone="dim")


def _feature(shown: Shown) -> Section:
    """The sides stand side by side; interpreters that say the same share a row."""
    sides = by_side(shown)
    names = ["what it printed"] if len(sides) == 1 else [*sides]
    columns = [Column(name, number=False) for name in ("Python", *names)]
    rows: list[tuple[list[str], list[Cell]]] = []
    for on_one in zip(*sides.values(), strict=True):
        cells = [_printed(each) for each in on_one]
        if not rows or rows[-1][1] != cells:
            rows.append(([], cells))
        rows[-1][0].append(on_one[0]["python"])
    drawn = [[Cell(", ".join(versions)), *cells] for versions, cells in rows]
    return Section(
        f"{shown['feature']}, Python {shown['since']}",
        shown["about"],
        [Table(shown["feature"], columns, drawn), Code("The program", shown["program"])],
    )


def _printed(each: Evidence) -> Cell:
    lines = "\n".join(each["lines"])
    if each["there"]:
        return Cell("yes", tone="yes", printed=lines)
    return Cell("no", tone="dim", printed=lines)
