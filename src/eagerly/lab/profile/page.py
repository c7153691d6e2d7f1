"""A profile as a page."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from eagerly.lab.html.flame import flame
from eagerly.lab.html.page import Cell, Column, Fact, Page, Section, Table, machine
from eagerly.lab.html.timeline import timeline
from eagerly.lab.profile.compare import middle, spread, times_faster
from eagerly.lab.profile.meaning import saved, share_saved
from eagerly.lab.profile.report import BLOCKS, costs_of_watching, duration, percent, short
from eagerly.lab.profile.seen import added_up, suspensions
from eagerly.lab.report import significant
from eagerly.lab.run_child import how
from eagerly.lab.run_engine import EAGER, LAZY

if TYPE_CHECKING:
    from eagerly.lab.profile.command import Profile
    from eagerly.lab.profile.compare import Compared
    from eagerly.lab.profile.cost import Costs
    from eagerly.lab.profile.seen import Seen, Site

COLUMNS = (
    Column("place, coroutine", "The line that makes the tasks, and what they run", number=False),
    Column("tasks", "How many were made there"),
    Column("at once", "How many ended in their first step: those gain the most from eager start"),
    Column("waits", "How often they suspended"),
    Column("first steps", "Time in first steps"),
    Column("all steps", "Time in all steps, without the first steps of others inside them"),
    Column("longest", "The longest single step: so long the loop did nothing else"),
    Column("alive", "The most at once"),
)


def page(profile: Profile) -> Page:
    seen, costs = profile["seen"], profile["costs"]
    name = " ".join(seen["command"])
    sections = [_over_time(seen), _sites(seen), _flames(seen)]
    if profile["compared"]:
        sections.append(_compared(profile["compared"]))
    return Page(
        title=f"Tasks of {name}",
        about=f"What its asyncio tasks did in a run of {duration(seen['seconds'])}"
        f"{_end(seen)}, and what starting them eagerly would save.",
        facts=_facts(seen, costs),
        sections=[*sections, _costs(costs)],
        circumstances=_circumstances(profile),
        data=profile,
    )


def _end(seen: Seen) -> str:
    """Only if it was not what one expects."""
    return "" if seen["end"]["status"] == 0 else f", which {how(seen['end']['status'])}"


def _facts(seen: Seen, costs: Costs) -> list[Fact]:
    total, seconds = added_up(seen["sites"]), saved(seen, costs)
    share = total["ended_first"] / total["begun"] if total["begun"] else 0.0
    verb = "saves" if seen["engine"] in (LAZY, EAGER) else "would save"
    facts = [
        Fact(f"{total['made']:,}", "tasks were made"),
        Fact(f"{share:.0%}", "of them ended in their first step"),
        Fact(
            duration(max(0.0, seconds)),
            f"of processor time is what eager start {verb}, "
            f"{percent(max(0.0, share_saved(seen, costs)))} of the run's (estimated)",
            "good",
        ),
        Fact(
            duration(total["longest"]),
            "took the longest step, in which the loop did nothing else",
            "bad" if total["longest"] > BLOCKS else "",
        ),
    ]
    for count, what in (("failed", "raised an exception"), ("never_awaited", "nobody waited for")):
        if total[count]:  # type: ignore[literal-required]
            facts.append(Fact(f"{total[count]:,}", f"tasks {what}", "bad"))  # type: ignore[literal-required]
    return facts


def _over_time(seen: Seen) -> Section:
    return Section(
        "Tasks over time",
        "How many tasks were alive at each moment: the suspended wait for something, the ready "
        "wait for their turn on the loop. Looked at every 2 ms, less often in longer runs and "
        "while many tasks are alive; what was seen holds until the next look.",
        [timeline(thread, seen["seconds"]) for thread in seen["threads"]],
    )


def _sites(seen: Seen) -> Section:
    sites = sorted(seen["sites"], key=lambda site: site["seconds"], reverse=True)
    most = {
        name: max((site[name] for site in sites), default=0) or 1
        for name in ("made", "seconds", "first_seconds", "longest")
    }
    table = Table("The lines that make tasks", COLUMNS, [_row(each, most) for each in sites], 5)
    return Section(
        "Where tasks are made",
        "Each row is a line of code that makes tasks. At once: ended in their first step. Click "
        "a column to sort.",
        [table],
    )


def _row(site: Site, most: dict[str, float]) -> list[Cell]:
    about = site["about"]
    way = f"{about['how']}: {about['library']}" if about["library"] else about["how"]
    warnings = [
        f"{site[name]:,} {name.replace('_', ' ')}"
        for name in ("failed", "cancelled", "never_awaited")
        if site[name]
    ]
    share = site["ended_first"] / site["made"] if site["made"] else 0.0
    blocks = "bad" if site["longest"] > BLOCKS else ""
    return [
        Cell(f"{short(about['file'])}:{about['line']}", notes=[about["coroutine"], way],
             warnings=warnings),
        Cell(f"{site['made']:,}", site["made"], site["made"] / most["made"]),
        Cell(f"{site['ended_first']:,}", site["ended_first"], share, "good"),
        Cell(f"{suspensions(site):,}", suspensions(site)),
        _time(site["first_seconds"], most["seconds"]),
        _time(site["seconds"], most["seconds"]),
        Cell(duration(site["longest"]), site["longest"], site["longest"] / most["longest"], blocks),
        Cell(f"{site['most_alive']:,}", site["most_alive"]),
    ]  # fmt: skip


def _time(seconds: float, most: float) -> Cell:
    return Cell(duration(seconds), seconds, seconds / most)


def _flames(seen: Seen) -> Section:
    return Section(
        "Where the time goes",
        "The wider a box, the more time the tasks took that were made there, with all the tasks "
        "that they made, which stand below it. Click a box to look closer, "
        "and the top one to come back.",
        [flame(seen)],
    )


def _compared(rows: list[Compared]) -> Section:
    measured = [row for row in rows if row["runs"]]
    widest = max((middle(row) for row in measured), default=1.0)
    columns = (
        Column("tasks of", number=False),
        Column("median", "Of whole runs"),
        Column("±", "Half the distance of the quartiles"),
        Column("times faster", "Than asyncio on that loop, in the same round"),
        Column("runs"),
    )
    cells = []
    for row in rows:
        name = row["engine"] + (" on uvloop" if row["uvloop"] else "")
        tone = "ours" if row["engine"] in (LAZY, EAGER) else "theirs"
        if not row["runs"]:
            cells.append([Cell(name, notes=[row["why_not"] or "not run"]), *[Cell("")] * 4])
            continue
        around, faster = spread(row), times_faster(row, rows)
        cells.append(
            [
                Cell(name),
                Cell(duration(middle(row)), middle(row), middle(row) / widest, tone),
                Cell("" if around is None else f"{around:.1%}", around),
                Cell("" if faster is None else significant(faster), faster),
                Cell(str(len(row["runs"])), len(row["runs"])),
            ]
        )
    return Section(
        "Measured",
        "The whole program, from its first line to its end, with the tasks of each engine in "
        "rounds that alternate. Shorter bars are better.",
        [Table("Whole runs with each engine", columns, cells, narrow=True)],
    )


def _costs(costs: Costs) -> Section:
    columns = (
        Column("a task in", number=False),
        Column("ends at once, asyncio"),
        Column("ends at once, eagerly"),
        Column("suspends once, asyncio"),
        Column("suspends once, eagerly"),
    )
    rows = []
    most = max(max(each) for of in (costs["asyncio"], costs["eagerly"]) for each in of.values())
    for way, theirs in costs["asyncio"].items():
        ours = costs["eagerly"][way]
        four = ((theirs[0], "theirs"), (ours[0], "ours"), (theirs[1], "theirs"), (ours[1], "ours"))
        rows.append(
            [Cell(way), *(Cell(duration(each), each, each / most, tone) for each, tone in four)]
        )
    return Section(
        "What a task costs here",
        "Measured on this interpreter just after the run; what eager start saves is estimated "
        "from it.",
        [Table("What a task costs", columns, rows, narrow=True)],
    )


def _circumstances(profile: Profile) -> list[tuple[str, str]]:
    seen = profile["seen"]
    loop = "uvloop" if seen["uvloop"] else "asyncio"
    return [
        ("command", shlex.join(sys.orig_argv)),
        ("program", " ".join(seen["command"])),
        ("when", seen["date"]),
        *machine(profile["machine"]),
        ("Python", f"CPython {seen['python']}"),
        ("tasks of", f"{seen['engine']}, on {loop}'s loop"),
        (
            "watching",
            f"cost {costs_of_watching(seen, profile['costs'])}"
            + ("" if seen["native"] else " (interpreted; compiled it costs less)"),
        ),
    ]
