"""Example 4.4: ten parties meet at one Barrier, n times.

Stresses waiting at a barrier, and waking all of its parties at once. Does not stress many parties,
nor breaking, resetting or aborting a barrier.

Each meeting is checked: nobody passes before all have come, and the parties get the places 0 to 9.
Timed: from before the parties start until the last has left. The floor is ten plain awaits of a
coroutine that keeps the same books.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .worker import Implementation, Workload, check, main

if TYPE_CHECKING:
    from types import ModuleType

PARTIES = 10
PLACES = sum(range(PARTIES))


class Meetings:
    """Who came to each of n meetings, and the places that they were given."""

    def __init__(self, n: int) -> None:
        self.come = [0] * n
        self.places = [0] * n

    def check(self) -> None:
        check(all(come == PARTIES for come in self.come), "everybody came to every meeting")
        check(all(places == PLACES for places in self.places), "each place is given once")


async def come(meetings: Meetings, meeting: int) -> None:
    meetings.come[meeting] += 1
    meetings.places[meeting] += PLACES // PARTIES
    check(meetings.come[meeting] <= PARTIES, "nobody comes twice")


async def party(barrier: Any, meetings: Meetings, n: int) -> None:  # asyncio's barrier or eagerly's
    for meeting in range(n):
        meetings.come[meeting] += 1
        place = await barrier.wait()
        meetings.places[meeting] += place
        check(meetings.come[meeting] == PARTIES, "nobody passes before all have come")


async def no_barrier(n: int) -> float:
    meetings = Meetings(n)
    start = perf_counter()
    for meeting in range(n):
        for _ in range(PARTIES):
            await come(meetings, meeting)
    return perf_counter() - start


async def meet(library: ModuleType, n: int) -> float:
    meetings = Meetings(n)
    barrier = library.Barrier(PARTIES)
    start = perf_counter()
    async with library.TaskGroup() as group:
        for _ in range(PARTIES):
            group.create_task(party(barrier, meetings, n))
    seconds = perf_counter() - start
    meetings.check()
    return seconds


def floor(n: int) -> float:
    return asyncio.run(no_barrier(n))


def met(library: ModuleType, n: int) -> float:
    seconds: float = library.run(meet(library, n))
    return seconds


WORKLOAD = Workload(
    name="barrier",
    example="4.4",
    title=f"n meetings of {PARTIES} tasks at a Barrier",
    claim="3.11's Barrier: tasks wait for each other",
    each="meeting",
    floor_is=f"{PARTIES} awaits, no barrier",
    floor=floor,
    implementations=(
        Implementation("asyncio.Barrier", (3, 11), met),
        Implementation("eagerly.Barrier", (3, 11), met),
    ),
    most=1_000,
)

if __name__ == "__main__":
    main(WORKLOAD)
