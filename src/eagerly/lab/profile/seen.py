"""The shape of a profile: what the child writes, --json gives away and every report reads.

Plain dicts.  All that was counted is here, and nothing that can be computed from the rest, but for
`sites`: the places of one site, added up.  Times are seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNTS = ("made", "begun", "ended", "ended_first", "steps", "failed", "cancelled", "never_awaited")


class About(TypedDict):
    file: str
    line: int
    function: str  # that the line is in
    coroutine: str
    how: str  # create_task, group, gather, ensure_future, run, ...; or library
    library: str | None  # that makes the task, called from here or from a loop


class Counted(TypedDict):
    made: int
    begun: int  # took their first step
    ended: int
    ended_first: int  # in their first step; all others that have begun suspended there
    steps: int
    failed: int  # raised what is no cancellation
    cancelled: int
    never_awaited: int  # returned, and nobody waited for it or held it: not for gathers and groups
    seconds: float  # in all steps, without the first steps of others inside them
    first_seconds: float  # in first steps
    longest: float  # step, with all that ran inside it: so long the loop did nothing else


class Place(Counted):
    """Tasks that a site made while tasks of another place ran: a tree, by `outer`."""

    site: int  # its index in `sites`
    outer: int | None  # its index in `places`


class Site(Counted):
    about: About
    most_alive: int  # at once; in several threads, added up


class Thread(TypedDict):
    name: str
    timeline: list[tuple[float, int, int, int]]  # seconds since the start; alive, ready, suspended


class End(TypedDict):
    status: int  # as subprocess has it: negative for a signal
    whole: bool  # False: it was killed, and what it did last may be missing


class Seen(TypedDict):
    command: list[str]
    date: str
    python: str
    engine: str
    uvloop: bool
    native: bool  # the watching itself: interpreted, it costs more
    seconds: float  # from the start to its last writing
    processor: float  # seconds of it, of all threads
    end: End
    threads: list[Thread]
    places: list[Place]
    sites: list[Site]


def counted(thing: Any) -> Counted:
    """Of a steps.Place."""
    counts: Any = {name: getattr(thing, name) for name in COUNTS}
    counts |= {
        "seconds": thing.all_ns / 1e9,
        "first_seconds": thing.first_ns / 1e9,
        "longest": thing.longest_ns / 1e9,
    }
    return counts  # type: ignore[no-any-return]


def added_up(places: Iterable[Counted]) -> Counted:
    total: Any = dict.fromkeys((*COUNTS, "seconds", "first_seconds", "longest"), 0)
    for place in places:
        for name in (*COUNTS, "seconds", "first_seconds"):
            total[name] += place[name]  # type: ignore[literal-required]
        total["longest"] = max(total["longest"], place["longest"])
    return total  # type: ignore[no-any-return]


def suspensions(counted: Counted) -> int:
    return counted["steps"] - counted["ended"]
