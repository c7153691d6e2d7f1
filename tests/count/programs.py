"""The programs whose instructions are counted; ``__main__.py`` runs this under callgrind.

Callgrind zeroes its counters where libc's ``getppid`` is entered, and writes them down where
``getpgrp`` is: so one process counts every program, each at two sizes.  It prints where the native
engine is, and a line for each that it has written down: the size and the program's name.  What does not grow with
the size, and these two calls, fall away in the difference.

Each is counted in several rounds, of which the least is taken.  Where a program's objects come to
lie is luck: one that is made and freed again and again, and is just the last to fit into a pool of
CPython's memory, costs 40 instructions more each time.  It moves on from round to round.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable

import eagerly
from eagerly.engine import ready, task

SIZES = 1_000, 3_000
ROUNDS = 4
IN_STEP = 100  # tasks that step together

Program = Callable[[int], Awaitable[None]]


async def nothing() -> None:
    pass


async def floor(n: int) -> None:
    for _ in range(n):
        await nothing()


async def eager_child(n: int) -> None:
    async with eagerly.TaskGroup() as group:
        for _ in range(n):
            group.create_task(nothing())


async def gather_item(n: int) -> None:
    await eagerly.gather(*[nothing() for _ in range(n)])


async def awaited_task(n: int) -> None:
    for _ in range(n):
        await eagerly.create_task(nothing())


async def lazy_child(n: int) -> None:
    async with eagerly.TaskGroup() as group:
        for _ in range(n):
            group.create_task(nothing(), eager_start=False)


async def step(n: int) -> None:
    async def steps() -> None:
        for _ in range(n // IN_STEP):
            await asyncio.sleep(0)

    async with eagerly.TaskGroup() as group:
        for _ in range(IN_STEP):
            group.create_task(steps())


async def suspended_task(n: int) -> None:
    async def wait(future: asyncio.Future[None]) -> None:
        await future

    create_future = asyncio.get_running_loop().create_future
    futures = [create_future() for _ in range(n)]
    async with eagerly.TaskGroup() as group:
        for future in futures:
            group.create_task(wait(future))
        for future in futures:
            future.set_result(None)


PROGRAMS: dict[str, Program] = {
    "floor": floor,
    "eager child": eager_child,
    "gather item": gather_item,
    "await create_task": awaited_task,
    "lazy child": lazy_child,
    "step": step,
    "suspended task": suspended_task,
}


async def count(name: str, program: Program) -> None:
    for _ in range(2):  # until the code is specialised and the memory is there
        await program(max(SIZES))
    moved = []
    for _ in range(ROUNDS):
        moved.append([bytes(size) for size in range(0, 512, 16)])  # one of each pool
        for size in SIZES:
            gc.collect()
            os.getppid()
            await program(size)
            os.getpgrp()
            print(size, name)


async def main() -> None:
    for name, program in PROGRAMS.items():
        await count(name, program)


if __name__ == "__main__":
    print(task.__file__)
    # Under valgrind 10 ms are soon over, and a child would start lazily now and then.
    assert ready.LONG == 0.01, (
        "no name of Python's any more: look for another way to stop the clock"
    )
    ready.LONG = float("inf")
    gc.disable()
    eagerly.run(main())
