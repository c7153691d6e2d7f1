"""What a profile means: computed from what was seen and what a task costs here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eagerly.lab.profile.seen import added_up
from eagerly.lab.run_engine import EAGER, LAZY

if TYPE_CHECKING:
    from eagerly.lab.profile.cost import Costs
    from eagerly.lab.profile.seen import Seen, Site


def saved(seen: Seen, costs: Costs) -> float:
    """Seconds of processor time that eagerly's tasks, started at once, cost less than asyncio's."""
    return sum(_saved(site, costs) for site in seen["sites"])


def _saved(site: Site, costs: Costs) -> float:
    """Of a task that waits longer nothing more is claimed than of one that waits once."""
    how = site["about"]["how"]
    if how == "run":
        return 0.0  # starts lazily whoever runs it
    how = how if how in costs["asyncio"] else "create_task"
    at_once, suspends = (
        theirs - ours
        for theirs, ours in zip(costs["asyncio"][how], costs["eagerly"][how], strict=True)
    )
    return site["ended_first"] * at_once + (site["begun"] - site["ended_first"]) * suspends


def share_saved(seen: Seen, costs: Costs) -> float:
    """Of the processor time that the run takes on asyncio, unwatched; 0.0 if it took none."""
    seconds, used = saved(seen, costs), used_unwatched(seen, costs)
    on_asyncio = used + seconds if seen["engine"] in (LAZY, EAGER) else used
    return seconds / on_asyncio if on_asyncio > 0 else 0.0


def used_unwatched(seen: Seen, costs: Costs) -> float:
    """Seconds of processor time that the run would have taken without being watched."""
    return max(0.0, seen["processor"] - watching(seen, costs)[2])


def watching(seen: Seen, costs: Costs) -> tuple[float, float, float]:
    """Seconds that it cost to watch a task, a further step of one, and everything."""
    task, step = costs["watching_task"], costs["watching_step"]
    total = added_up(seen["sites"])
    return task, step, task * total["made"] + step * max(0, total["steps"] - total["begun"])
