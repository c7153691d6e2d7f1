"""A group of n tasks that wait, aborted: by an exception of its body."""

from __future__ import annotations

import asyncio

from .shape import Library, Shape, check


class Stop(Exception):
    pass


class Ended:
    """How many saw their cancellation."""

    count = 0


async def forever(ended: Ended) -> None:
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        ended.count += 1


async def aborted(lib: Library, n: int) -> None:
    ended = Ended()
    try:
        async with lib.TaskGroup() as group:
            for _ in range(n):
                group.create_task(forever(ended))
            await asyncio.sleep(0)  # those that start lazily begin
            raise Stop
    except* Stop:
        pass
    check(ended.count == n, f"{n} tasks were cancelled")


async def sleeps(lib: Library, ended: Ended) -> None:
    try:
        await lib.Event().wait()
    finally:
        ended.count += 1


async def nursery_aborted(lib: Library, n: int) -> None:
    ended = Ended()
    try:
        async with lib.open_nursery() as nursery:
            for _ in range(n):
                nursery.start_soon(sleeps, lib, ended)
            await lib.sleep(0)
            raise Stop
    except* Stop:
        pass
    check(ended.count == n, f"{n} tasks were cancelled")


async def closed(n: int) -> None:
    ended = Ended()
    coroutines = [forever(ended) for _ in range(n)]
    for each in coroutines:
        each.send(None)
    for each in coroutines:
        try:
            each.throw(asyncio.CancelledError())
        except asyncio.CancelledError:
            pass
    check(ended.count == n, f"{n} coroutines were cancelled")


SHAPES = (
    Shape(
        "cancel",
        "a group of n tasks that wait, aborted; the floor throws into the coroutines",
        n=10_000,
        asyncio=aborted,
        nursery=nursery_aborted,
        floor=closed,
        sizes=(100, 1_000, 10_000, 100_000),
    ),
)
