"""One more step of a task that runs already: the price of sleep(0), and of every resume.

The floor is `send(None)` to the same coroutines, in turn, by hand.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .shape import Library, Shape, check

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TASKS = 200


async def steps(sleep: Callable[[float], Awaitable[object]], n: int) -> None:
    for _ in range(n):
        await sleep(0)


async def in_a_group(lib: Library, n: int) -> None:
    async with lib.TaskGroup() as group:
        for _ in range(TASKS):
            group.create_task(steps(asyncio.sleep, n))


async def in_a_nursery(lib: Library, n: int) -> None:
    async with lib.open_nursery() as nursery:
        for _ in range(TASKS):
            nursery.start_soon(steps, lib.sleep, n)


async def by_hand(n: int) -> None:
    coroutines = [steps(asyncio.sleep, n) for _ in range(TASKS)]
    for _ in range(n):
        for each in coroutines:
            each.send(None)
    ended = 0
    for each in coroutines:
        try:
            each.send(None)
        except StopIteration:
            ended += 1
    check(ended == TASKS, f"{TASKS} coroutines end")


SHAPES = (
    Shape(
        "step",
        f"{TASKS} tasks, each sleep(0) n times",
        n=1_000,
        asyncio=in_a_group,
        nursery=in_a_nursery,
        floor=by_hand,
        each="step",
        units=lambda n: TASKS * n,
        sizes=(10, 100, 1_000),
    ),
)
