"""The programs whose instructions are counted; ``counters.py`` starts this in every size.

    python programs.py NAME SIZE

A program runs in several rounds.  Where its objects come to lie is luck: one that is made and
freed again and again, and is just the last to fit into a pool of CPython's memory, costs 40
instructions more each time.  It moves on from round to round.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable

import eagerly
from eagerly.engine import ready

SIZES = 1_000, 3_000  # items; what does not grow with them falls away in the difference
ROUNDS = 5
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


PROGRAMS = {
    program.__name__: program
    for program in (
        *(floor, eager_child, gather_item, awaited_task),
        *(lazy_child, step, suspended_task),
    )
}


async def main(name: str, size: str) -> None:
    program = PROGRAMS[name]
    for _ in range(2):  # until the code is specialised and the memory is there
        await program(max(SIZES))
    moved = []
    for _ in range(ROUNDS):
        moved.append([bytes(size) for size in range(0, 512, 16)])  # one of each pool
        gc.collect()
        await program(int(size))


if __name__ == "__main__":
    # Under valgrind 10 ms are soon over, and a child would start lazily now and then.
    assert hasattr(ready, "LONG"), "eager steps have a limit of another name: it must not be met"
    ready.LONG = float("inf")
    gc.disable()
    eagerly.run(main(*sys.argv[1:]))
