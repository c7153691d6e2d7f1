"""Example 2.2: one Runner, n calls of run() in its context.

Stresses what a Runner adds to a coroutine: a main task, starting and stopping the loop, the handler
for Ctrl-C. Does not stress what happens inside: each coroutine only counts one up.

Each call adds to a counter in a context variable, and so shows that the calls share one context.
Timed: the n calls. Not timed: making and closing the Runner. The floor awaits the same n coroutines
inside one task.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING

from .worker import Implementation, Workload, check, main

if TYPE_CHECKING:
    from types import ModuleType

counter: ContextVar[int] = ContextVar("counter", default=0)


async def count_one_up() -> int:
    count = counter.get() + 1
    counter.set(count)
    return count


async def in_one_task(n: int) -> float:
    count = 0
    start = perf_counter()
    for _ in range(n):
        count = await count_one_up()
    seconds = perf_counter() - start
    check(count == n, f"{n} coroutines counted to {count}")
    return seconds


def floor(n: int) -> float:
    return asyncio.run(in_one_task(n))


def in_one_runner(library: ModuleType, n: int) -> float:
    count = 0
    with library.Runner() as runner:
        runner.get_loop()  # made here, outside the clock
        start = perf_counter()
        for _ in range(n):
            count = runner.run(count_one_up())
        seconds = perf_counter() - start
    check(count == n, f"{n} calls in one context counted to {count}")
    check(counter.get() == 0, "the context of the caller is left alone")
    return seconds


WORKLOAD = Workload(
    name="runner",
    example="2.2",
    title="n run() calls in one Runner",
    claim="3.11's Runner: several async calls in one context",
    each="call",
    floor_is="await coroutine(), one task",
    floor=floor,
    implementations=(
        Implementation("asyncio.Runner", (3, 11), in_one_runner),
        Implementation("eagerly.Runner", (3, 11), in_one_runner),
    ),
    most=10_000,
)

if __name__ == "__main__":
    main(WORKLOAD)
