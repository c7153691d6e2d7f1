"""Example 6.3: n calls of current_task() inside a coroutine.

Stresses one look-up: which task runs here. Does not stress tasks, nor threads and loops other than
the running one.

Timed: the loop of n calls, each written `library.current_task()`. The floor here is the same loop
over a Python function that only returns.

From 3.12 on `eagerly.current_task` is `asyncio.current_task`, the same C function: what differs
between their rows there is noise. On 3.11, where asyncio's is written in Python, ours is not.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING

from .worker import Implementation, Workload, check, main

if TYPE_CHECKING:
    from types import ModuleType


def nothing() -> None:
    pass


async def empty_calls(n: int) -> float:
    start = perf_counter()
    for _ in range(n):
        nothing()
    return perf_counter() - start


async def look_ups(library: ModuleType, n: int) -> float:
    start = perf_counter()
    for _ in range(n):
        library.current_task()
    seconds = perf_counter() - start
    task = library.current_task()
    check(task is not None and task is asyncio.current_task(), "the task that runs")
    return seconds


def floor(n: int) -> float:
    return asyncio.run(empty_calls(n))


def asked(library: ModuleType, n: int) -> float:
    seconds: float = library.run(look_ups(library, n))
    return seconds


WORKLOAD = Workload(
    name="current_task",
    example="6.3",
    title="n calls of current_task()",
    claim="a million calls take 0.05 s with 3.12, and 0.33 s with 3.10",
    each="call",
    floor_is="call of an empty function. From 3.12 on both rows call the same function",
    floor=floor,
    implementations=(
        Implementation("asyncio.current_task", (3, 8), asked),
        Implementation("eagerly.current_task", (3, 11), asked),
    ),
)

if __name__ == "__main__":
    main(WORKLOAD)
