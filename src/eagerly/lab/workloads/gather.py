"""Example 6.2: gather, given n coroutines whose body is `pass`.

Stresses the price of a task that has nothing to do, and collecting n results in order. Does not
stress suspending, waking, errors or cancellation.

Timed, as in the chapter: awaiting `gather(*coroutines)`. Not timed: making the coroutines, whether
for gather or for the floor, which awaits them one by one into a list of results; nor freeing them.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING

from .worker import Implementation, Workload, check, main

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from types import ModuleType


async def nothing() -> None:
    pass


async def one_by_one(n: int) -> float:
    coroutines: list[Awaitable[object]] = [nothing() for _ in range(n)]
    start = perf_counter()
    results = [await coroutine for coroutine in coroutines]
    seconds = perf_counter() - start
    check(results == [None] * n, "a result for each coroutine")
    return seconds


async def gathered(library: ModuleType, n: int) -> float:
    coroutines = [nothing() for _ in range(n)]
    start = perf_counter()
    results = await library.gather(*coroutines)
    seconds = perf_counter() - start
    check(results == [None] * n, "a result for each coroutine")
    return seconds


async def gathered_eagerly(library: ModuleType, n: int) -> float:
    asyncio.get_running_loop().set_task_factory(library.eager_task_factory)
    return await gathered(library, n)


def floor(n: int) -> float:
    return asyncio.run(one_by_one(n))


def as_it_comes(library: ModuleType, n: int) -> float:
    seconds: float = library.run(gathered(library, n))
    return seconds


def with_eager_factory(library: ModuleType, n: int) -> float:
    seconds: float = library.run(gathered_eagerly(library, n))
    return seconds


WORKLOAD = Workload(
    name="gather",
    example="6.2",
    title="gather of n coroutines",
    claim="the slow way, against which 6.1 is nearly 6 times faster",
    each="task",
    floor_is="await coroutine, no task",
    floor=floor,
    implementations=(
        Implementation("asyncio.gather", (3, 8), as_it_comes),
        Implementation("asyncio.gather, eager", (3, 12), with_eager_factory),
        Implementation("eagerly.gather", (3, 11), as_it_comes),
    ),
)

if __name__ == "__main__":
    main(WORKLOAD)
