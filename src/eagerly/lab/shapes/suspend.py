"""n tasks alive at once, each waiting once: how the cost grows with their number, and their memory.

They wait for sleep(0), or each for a future of its own that the driver sets. The floor sends to the
coroutines by hand. What is counted in bytes is what a waiting task takes beyond its coroutine, its
context and what it awaits: those are made alone, weighed by tracemalloc, and subtracted.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import tracemalloc
from typing import TYPE_CHECKING, Any

from .shape import Library, Shape, check

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    Futures = list[asyncio.Future[None]]

SIZES = (1_000, 10_000, 100_000, 1_000_000)


async def once(sleep: Callable[[float], Awaitable[object]]) -> None:
    await sleep(0)


async def waits_for(future: asyncio.Future[None]) -> None:
    await future


def futures(n: int) -> Futures:
    loop = asyncio.get_running_loop()
    return [loop.create_future() for _ in range(n)]


# ------------------------------------------------------------------ time


async def asleep_in_a_group(lib: Library, n: int) -> None:
    async with lib.TaskGroup() as group:
        for _ in range(n):
            group.create_task(once(asyncio.sleep))


async def asleep_in_a_nursery(lib: Library, n: int) -> None:
    async with lib.open_nursery() as nursery:
        for _ in range(n):
            nursery.start_soon(once, lib.sleep)


async def asleep_by_hand(n: int) -> None:
    coroutines = [once(asyncio.sleep) for _ in range(n)]
    check(resumed(coroutines) == 0, "they wait")
    check(resumed(coroutines) == n, "they end")


async def waiting_in_a_group(lib: Library, n: int) -> None:
    waiting = futures(n)
    async with lib.TaskGroup() as group:
        for future in waiting:
            group.create_task(waits_for(future))
        await asyncio.sleep(0)  # those that start lazily begin
        for future in waiting:
            future.set_result(None)


async def waits_for_event(event: Any) -> None:
    await event.wait()


async def waiting_in_a_nursery(lib: Library, n: int) -> None:
    waiting = [lib.Event() for _ in range(n)]
    async with lib.open_nursery() as nursery:
        for event in waiting:
            nursery.start_soon(waits_for_event, event)
        await lib.sleep(0)
        for event in waiting:
            event.set()


async def waiting_by_hand(n: int) -> None:
    waiting = futures(n)
    coroutines = [waits_for(future) for future in waiting]
    check(resumed(coroutines) == 0, "they wait")
    for future in waiting:
        future.set_result(None)
    check(resumed(coroutines) == n, "they end")


def resumed(coroutines: list[Coroutine[Any, Any, None]]) -> int:
    """How many of them ended when they were resumed."""
    ended = 0
    for each in coroutines:
        try:
            each.send(None)
        except StopIteration:
            ended += 1
    return ended


# ------------------------------------------------------------------ memory


def bytes_asleep(lib: Library, n: int, values: int) -> list[float]:
    return [lib.run(lambda: weighed(lib, n, sleeping=True)) for _ in range(values)]


def bytes_waiting(lib: Library, n: int, values: int) -> list[float]:
    return [lib.run(lambda: weighed(lib, n, sleeping=False)) for _ in range(values)]


async def weighed(lib: Library, n: int, *, sleeping: bool) -> float:
    """Bytes for each of n tasks beyond what it would be without a task."""
    waiting = [] if sleeping else futures(n)
    others = [] if sleeping else futures(n)
    bare: list[Any] = [None] * n
    contexts: list[Any] = [None] * n
    gc.collect()
    tracemalloc.start()
    try:
        for index, coroutine in enumerate(begun(n, others)):
            coroutine.send(None)
            bare[index], contexts[index] = coroutine, contextvars.copy_context()
        without = tracemalloc.get_traced_memory()[0]
        for coroutine in bare:
            coroutine.close()
        del bare, contexts, coroutine
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        async with lib.TaskGroup() as group:
            for coroutine in begun(n, waiting):
                group.create_task(coroutine)
            del coroutine
            if not lib.lazily:
                await asyncio.sleep(0)  # or nobody has begun
            within = tracemalloc.get_traced_memory()[0]
            for future in waiting:
                future.set_result(None)
    finally:
        tracemalloc.stop()
    return (within - before - without) / n


def begun(n: int, waiting: Futures) -> Any:
    if waiting:
        return (waits_for(future) for future in waiting)
    return (twice() for _ in range(n))


async def twice() -> None:
    """Is still there after one turn of the loop."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


SHAPES = (
    Shape(
        "suspend-sleep",
        "n tasks alive at once, each sleep(0) once",
        n=100_000,
        asyncio=asleep_in_a_group,
        nursery=asleep_in_a_nursery,
        floor=asleep_by_hand,
        sizes=SIZES,
    ),
    Shape(
        "suspend-future",
        "n tasks alive at once, each waits for a future of its own",
        n=100_000,
        asyncio=waiting_in_a_group,
        nursery=waiting_in_a_nursery,
        floor=waiting_by_hand,
        sizes=SIZES,
    ),
    Shape(
        "suspend-sleep-bytes",
        "bytes of a task in sleep(0), beyond its coroutine and context",
        n=100_000,
        asyncio=bytes_asleep,
        samples=True,
        values=1,
        unit="byte",
        sizes=SIZES,
    ),
    Shape(
        "suspend-future-bytes",
        "bytes of a task that waits for a future, beyond that, its coroutine and context",
        n=100_000,
        asyncio=bytes_waiting,
        samples=True,
        values=1,
        unit="byte",
        sizes=SIZES,
    ),
)
