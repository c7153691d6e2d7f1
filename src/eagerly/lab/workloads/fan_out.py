"""Example 6.1: one TaskGroup, n tasks of a coroutine whose body is `pass`.

Stresses the price of a task that has nothing to do: making it, its first and only step, and
telling the group. Does not stress suspending, waking, results, errors or cancellation.

Timed: from before the group is entered until after it is left, so making each coroutine counts, as
it does for the floor: `await coroutine()`, n times. Not timed: the loop's start and end, nor
setting asyncio's eager task factory.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING

from .worker import Implementation, Workload, main

if TYPE_CHECKING:
    from types import ModuleType


async def nothing() -> None:
    pass


async def plain(n: int) -> float:
    start = perf_counter()
    for _ in range(n):
        await nothing()
    return perf_counter() - start


async def in_one_group(library: ModuleType, n: int) -> float:
    start = perf_counter()
    async with library.TaskGroup() as group:
        for _ in range(n):
            group.create_task(nothing())
    return perf_counter() - start


async def in_one_eager_group(library: ModuleType, n: int) -> float:
    asyncio.get_running_loop().set_task_factory(library.eager_task_factory)
    return await in_one_group(library, n)


def floor(n: int) -> float:
    return asyncio.run(plain(n))


def as_it_comes(library: ModuleType, n: int) -> float:
    seconds: float = library.run(in_one_group(library, n))
    return seconds


def with_eager_factory(library: ModuleType, n: int) -> float:
    seconds: float = library.run(in_one_eager_group(library, n))
    return seconds


WORKLOAD = Workload(
    name="fan_out",
    example="6.1",
    title="n tasks in one TaskGroup",
    claim="3.12's eager task factory makes this nearly 6 times faster than 6.2",
    each="task",
    floor_is="await coroutine(), no task",
    floor=floor,
    implementations=(
        Implementation("asyncio.TaskGroup", (3, 11), as_it_comes),
        Implementation("asyncio.TaskGroup, eager", (3, 12), with_eager_factory),
        Implementation("eagerly.TaskGroup", (3, 11), as_it_comes),
    ),
)

if __name__ == "__main__":
    main(WORKLOAD)
