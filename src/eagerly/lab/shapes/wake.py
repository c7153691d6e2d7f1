"""Waking a task that waits: for a future that a callback sets, and for another task."""

from __future__ import annotations

import asyncio

from .shape import Library, Shape

# ------------------------------------------------------------------ by a callback, as I/O does


async def waits(n: int) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(n):
        future: asyncio.Future[None] = loop.create_future()
        loop.call_soon(future.set_result, None)
        await future


async def woken(lib: Library, n: int) -> None:
    await lib.create_task(waits(n))


async def never_waits(n: int) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(n):
        future: asyncio.Future[None] = loop.create_future()
        future.set_result(None)
        await future


# ------------------------------------------------------------------ by another task


async def link(lib: Library, depth: int) -> None:
    if depth > 1:
        await lib.create_task(link(lib, depth - 1))
    else:
        await asyncio.sleep(0)


async def link_without_task(depth: int) -> None:
    if depth > 1:
        await link_without_task(depth - 1)
    else:
        await asyncio.sleep(0)


async def chained(lib: Library, n: int) -> None:
    await lib.create_task(link(lib, n))


SHAPES = (
    Shape(
        "wake",
        "a task waits, n times, for a future that a callback sets; the floor's is set already",
        n=10_000,
        asyncio=woken,
        floor=never_waits,
        each="wake",
        uses=("create_task",),
        sizes=(100, 1_000, 10_000),
    ),
    Shape(
        "chain",
        "a task awaits a task awaits a task, n deep; the last one sleeps once",
        n=100,
        asyncio=chained,
        floor=link_without_task,
        uses=("create_task",),
        most=500,
        sizes=(3, 10, 30, 100, 300),
    ),
)
