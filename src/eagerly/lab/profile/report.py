"""A profile for a terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from eagerly.lab.profile.compare import middle, processor, spread, times_faster
from eagerly.lab.profile.meaning import saved, share_saved, used_unwatched, watching
from eagerly.lab.profile.seen import added_up, suspensions
from eagerly.lab.profile.whose import inside_library
from eagerly.lab.report import Bar, significant
from eagerly.lab.run_engine import ASYNCIO, EAGER, LAZY

if TYPE_CHECKING:
    from rich.console import RenderableType

    from eagerly.lab.profile.compare import Compared
    from eagerly.lab.profile.cost import Costs
    from eagerly.lab.profile.seen import Seen, Site

MOST = 25  # sites
BLOCKS = 0.05  # seconds: a step that takes longer holds up everybody else

COLUMNS = (
    "\ntasks", "ended\nat once", "\nwaits", "first\nsteps", "all\nsteps",
    "longest\nstep", "most\nalive",
)  # fmt: skip
CAPTION = (
    "Ended at once: in their first step. Waits: how often tasks suspended; a step is what they do "
    "in between, and the times are those of steps. In the longest one the loop did nothing else. "
    "Never awaited: ended, and nobody had kept them."
)


def of(seen: Seen, costs: Costs) -> RenderableType:
    sites = sorted(seen["sites"], key=lambda site: (site["seconds"], site["made"]), reverse=True)
    more = f"\n{len(sites) - MOST} more places: --json has all" if len(sites) > MOST else ""
    return Group(
        _heading(seen), _table(sites[:MOST]), Text(CAPTION + more, "dim"), _meaning(seen, costs)
    )


def _heading(seen: Seen) -> Text:
    total = added_up(seen["sites"])
    loop = " on uvloop" if seen["uvloop"] else ""
    line = Text(f"\n{' '.join(seen['command'])}", "bold")
    return line.append(
        f": {total['made']:,} tasks in {duration(seen['seconds'])}, {seen['engine']}{loop}, "
        f"CPython {seen['python']}",
        "not bold",
    )


def _table(sites: list[Site]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("place, how\n  coroutine", overflow="fold", ratio=1)
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for site in sites:
        table.add_row(
            _place(site),
            f"{site['made']:,}",
            f"{site['ended_first']:,}",
            f"{suspensions(site):,}",
            duration(site["first_seconds"]),
            duration(site["seconds"]),
            Text(duration(site["longest"]), "red" if site["longest"] > BLOCKS else ""),
            f"{site['most_alive']:,}",
        )
    return table


def _place(site: Site) -> Text:
    about = site["about"]
    how = f"{about['how']}: {about['library']}" if about["library"] else about["how"]
    text = Text(f"{short(about['file'])}:{about['line']} ").append(how, "green")
    text.append(f"\n  {about['coroutine']}", "dim")
    for name in ("failed", "cancelled", "never_awaited"):
        if site[name]:
            text.append(f", {site[name]:,} {name.replace('_', ' ')}", "yellow")
    return text


def _meaning(seen: Seen, costs: Costs) -> RenderableType:
    total = added_up(seen["sites"])
    text = Text()
    share = total["ended_first"] / total["begun"] if total["begun"] else 0.0
    text.append(f"\n{share:.0%} of the tasks ended in their first step.", "bold")
    seconds, used = saved(seen, costs), used_unwatched(seen, costs)
    verb = "save" if seconds >= 0 else "cost"  # as where the engine is interpreted
    if seen["engine"] in (LAZY, EAGER):
        verb, whole = f"{verb}s", f"{duration(used + seconds)} that this run takes on asyncio"
    else:
        verb, whole = f"would {verb}", f"{duration(used)} that this run takes unwatched"
    text.append(
        f" Eager start {verb} about {duration(abs(seconds))} of processor time here, "
        f"{percent(abs(share_saved(seen, costs)))} of the {whole}. That is estimated, from what a "
        "task costs on this interpreter, measured just now:"
    )
    return Group(text, _costs(costs), _watching(seen, costs))


def _costs(costs: Costs) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("a task in", no_wrap=True)
    for name in ("ends at once:\nasyncio", "\neagerly", "suspends once:\nasyncio", "\neagerly"):
        table.add_column(name, justify="right", no_wrap=True)
    for how, theirs in costs["asyncio"].items():
        ours = costs["eagerly"][how]
        table.add_row(how, *map(duration, (theirs[0], ours[0], theirs[1], ours[1])))
    return table


def _watching(seen: Seen, costs: Costs) -> Text:
    text = Text(f"Watching costs {costs_of_watching(seen, costs)}.")
    if not seen["native"]:
        text.append(" It runs interpreted here: compiled, it costs less.")
    if seen["engine"] in (ASYNCIO, LAZY):
        text.append(
            "\nWho waited only for tasks that would have ended at once would have, too: "
            "--engine eagerly counts that."
        )
    return text


def compared(rows: list[Compared]) -> RenderableType:
    ran = [row for row in rows if row["runs"]]
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("tasks", no_wrap=True)
    table.add_column("")
    for name in ("median", "±", "processor", "times\nfaster", "runs"):
        table.add_column(name, justify="right", no_wrap=True)
    widest = max(map(middle, ran), default=0.0)
    for row in ran:
        table.add_row(*_cells(row, rows, widest))
    caption = (
        "Whole runs, from the program's first line to its end, in rounds that alternate. ±: half "
        "the distance of the quartiles. Times faster: than asyncio on that loop, in the same round."
    )
    shown: list[RenderableType] = [table, Text(caption, "dim")] if ran else []
    return Group(Text("\nMeasured", "bold"), *shown, *_why_not(rows))


def _why_not(rows: list[Compared]) -> list[Text]:
    """A line for each reason, with all that have it."""
    names: dict[str, list[str]] = {}
    for row in rows:
        if not row["runs"]:
            names.setdefault(row["why_not"] or "not run", []).append(_name(row))
    return [Text(f"{', '.join(those)}: {reason}") for reason, those in names.items()]


def _name(row: Compared) -> str:
    return row["engine"] + (" uvloop" if row["uvloop"] else "")


def _cells(row: Compared, rows: list[Compared], widest: float) -> list[RenderableType]:
    style = "green" if row["engine"] in (LAZY, EAGER) else "yellow"
    around, faster = spread(row), times_faster(row, rows)
    return [
        Text(_name(row), style),
        Bar(middle(row) / widest, style),
        duration(middle(row)),
        "" if around is None else f"{around:.1%}",
        duration(processor(row)),
        "" if faster is None else significant(faster),
        str(len(row["runs"])),
    ]


def estimated_and_measured(seen: Seen, costs: Costs, rows: list[Compared]) -> RenderableType:
    """What eager start saves, both ways; nothing where it could not be measured."""
    took = {row["engine"]: processor(row) for row in rows
            if row["runs"] and row["uvloop"] == seen["uvloop"]}  # fmt: skip
    if ASYNCIO not in took or EAGER not in took:
        return Group()
    return Text(
        "Processor time that eager start saves: "
        f"measured {_signed(took[ASYNCIO] - took[EAGER])} (asyncio less eagerly), "
        f"estimated {_signed(saved(seen, costs))}."
    )


def _signed(seconds: float) -> str:
    return ("-" if seconds < 0 else "") + duration(abs(seconds))


def percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def costs_of_watching(seen: Seen, costs: Costs) -> str:
    """Differences of two times, of which on a busy machine there may be none."""
    task, step, all_of_it = watching(seen, costs)
    each, further, once = (
        duration(seconds) if seconds > 0 else "too little to be told"
        for seconds in (task, step, task + step)
    )
    return (
        f"{each} a task and {further} a further step here, so {once} one that suspends once: "
        f"about {duration(all_of_it)} in this run"
    )


def duration(seconds: float) -> str:
    """With a unit that suits it: 1.23 s, 45.6 ms, 789 µs, 12 ns."""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            return f"{significant(seconds / size)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def short(file: str) -> str:
    """As seen from here or from where libraries are, whichever is shorter."""
    names = [file, inside_library(file)]
    try:
        names.append(os.path.relpath(file))
    except ValueError:  # on another drive
        pass
    return min(names, key=len)
