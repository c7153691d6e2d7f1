"""Example 2.7: n small TaskGroups, one after the other, of three tasks with results.

Stresses the group that programs really write: a few tasks, of which one ends at once, one gives
way once with `sleep(0)`, and one waits for a future that another sets. Does not stress width
(6.1 does), errors or cancellation.

Each group's results are checked; before the clock starts, so is one group whose tasks really sleep.
Timed: the n groups. The floor awaits the same three coroutines, one after the other, without tasks:
it gives way once too, but has nobody to wait for.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING

from .worker import Implementation, Workload, check, main

if TYPE_CHECKING:
    from types import ModuleType

TOTAL = 1 + 2 + 3


async def at_once() -> int:
    return 1


async def set_after_giving_way(answer: asyncio.Future[int]) -> int:
    await asyncio.sleep(0)
    answer.set_result(3)
    return 2


async def wait_for(answer: asyncio.Future[int]) -> int:
    return await answer


async def asleep(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


async def without_tasks(n: int) -> float:
    loop = asyncio.get_running_loop()
    start = perf_counter()
    for _ in range(n):
        answer: asyncio.Future[int] = loop.create_future()
        total = await at_once() + await set_after_giving_way(answer) + await wait_for(answer)
        check(total == TOTAL, f"three results add up to {total}")
    return perf_counter() - start


async def in_groups(library: ModuleType, n: int) -> float:
    loop = asyncio.get_running_loop()
    await check_that_tasks_really_sleep(library)
    start = perf_counter()
    for _ in range(n):
        answer: asyncio.Future[int] = loop.create_future()
        async with library.TaskGroup() as group:
            first = group.create_task(at_once())
            second = group.create_task(set_after_giving_way(answer))
            third = group.create_task(wait_for(answer))
        total = first.result() + second.result() + third.result()
        check(total == TOTAL, f"three results add up to {total}")
    return perf_counter() - start


async def check_that_tasks_really_sleep(library: ModuleType) -> None:
    start = perf_counter()
    async with library.TaskGroup() as group:
        tasks = [group.create_task(asleep(0.02)) for _ in range(10)]
    slept = perf_counter() - start
    check([task.result() for task in tasks] == [0.02] * 10, "what each sleeper returns")
    check(slept > 0.019, f"ten tasks slept 0.02 s in {slept:.3f} s")


async def in_eager_groups(library: ModuleType, n: int) -> float:
    asyncio.get_running_loop().set_task_factory(library.eager_task_factory)
    return await in_groups(library, n)


def floor(n: int) -> float:
    return asyncio.run(without_tasks(n))


def as_it_comes(library: ModuleType, n: int) -> float:
    seconds: float = library.run(in_groups(library, n))
    return seconds


def with_eager_factory(library: ModuleType, n: int) -> float:
    seconds: float = library.run(in_eager_groups(library, n))
    return seconds


WORKLOAD = Workload(
    name="task_group",
    example="2.7",
    title="n TaskGroups of three tasks",
    claim="3.11's TaskGroup is recommended over create_task and gather",
    each="group",
    floor_is="three awaits, no task",
    floor=floor,
    implementations=(
        Implementation("asyncio.TaskGroup", (3, 11), as_it_comes),
        Implementation("asyncio.TaskGroup, eager", (3, 12), with_eager_factory),
        Implementation("eagerly.TaskGroup", (3, 11), as_it_comes),
    ),
    most=10_000,
)

if __name__ == "__main__":
    main(WORKLOAD)
