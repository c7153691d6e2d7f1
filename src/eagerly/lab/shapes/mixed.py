"""A program that knows asyncio alone, as it is, and where eagerly is imported and its factory set.

The row of asyncio is the program before, the row of eagerly the same lines after: they must not get
slower. The floor sends to the coroutines by hand.
"""

from __future__ import annotations

import asyncio

from .shape import Library, Shape

TURNS = 3


async def works() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def with_tasks_of_its_own(_lib: Library, n: int) -> None:
    """As aiohttp does: no factory is asked."""
    loop = asyncio.get_running_loop()
    for task in [asyncio.Task(works(), loop=loop) for _ in range(n)]:
        await task


async def with_groups_of_its_own(_lib: Library, n: int) -> None:
    """The factory is asked."""
    async with asyncio.TaskGroup() as group:
        for _ in range(n):
            group.create_task(works())


async def by_hand(n: int) -> None:
    coroutines = [works() for _ in range(n)]
    for _ in range(TURNS + 1):
        for each in coroutines:
            try:
                each.send(None)
            except StopIteration:
                pass


SHAPES = (
    Shape(
        "mixed-own",
        "asyncio.Task by name, n of them of four steps: before eagerly, and beside it",
        n=10_000,
        asyncio=with_tasks_of_its_own,
        floor=by_hand,
        uses=("before and after",),
        sizes=(100, 1_000, 10_000, 100_000),
    ),
    Shape(
        "mixed-factory",
        "asyncio.TaskGroup by name, n tasks of four steps: before, and with eagerly's factory",
        n=10_000,
        asyncio=with_groups_of_its_own,
        floor=by_hand,
        uses=("before and after",),
        sizes=(100, 1_000, 10_000, 100_000),
    ),
)
