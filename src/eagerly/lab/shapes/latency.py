"""How late a timer of 1 ms and the reply of a socket are while the loop has much to do.

The crowd is n tasks that are always ready, or a task that runs group after group of tasks that end
at once. Late is the time between when the timer was due, or the reply was sent by another process,
and when the program hears of it. The floor is a loop with nothing else to do.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import neighbour
from .fan_out import nothing
from .shape import Library, Shape

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    Probe = Callable[[], Awaitable[float]]

DUE = 0.001
ON_TIME = 0.0001  # seconds: uvloop's clock ticks in milliseconds, its timers may come early
GROUP = 100  # tasks
GIVES_WAY = 0.1  # seconds: who never turns the loop is late by this much, and not for ever


class Crowd:
    stays = True


# ------------------------------------------------------------------ what keeps the loop busy


async def ready(crowd: Crowd) -> None:
    while crowd.stays:
        await asyncio.sleep(0)


async def tasks_that_are_ready(lib: Library, n: int, crowd: Crowd) -> None:
    async with lib.TaskGroup() as group:
        for _ in range(n):
            group.create_task(ready(crowd))


async def groups_that_end_at_once(lib: Library, _n: int, crowd: Crowd) -> None:
    while crowd.stays:
        began = perf_counter()
        while crowd.stays and perf_counter() < began + GIVES_WAY:
            async with lib.TaskGroup() as group:
                for _ in range(GROUP):
                    group.create_task(nothing())
        await asyncio.sleep(0)


# ------------------------------------------------------------------ what is late


async def timers() -> AsyncGenerator[float, None]:
    while True:
        due = perf_counter() + DUE
        await asyncio.sleep(DUE)
        yield max(perf_counter() - due, ON_TIME)


async def replies() -> AsyncGenerator[float, None]:
    loop = asyncio.get_running_loop()
    with socket.create_server((neighbour.HERE, 0)) as server:
        server.setblocking(False)
        other = await neighbour.start("reply", server.getsockname()[1])
        connection, _ = await loop.sock_accept(server)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setblocking(False)
    with connection:
        try:
            while True:
                await loop.sock_sendall(connection, b"?")
                (sent,) = struct.unpack("d", await loop.sock_recv(connection, 8))
                yield max(perf_counter() - sent, 1e-9)  # pyperf wants values above zero
        finally:
            connection.close()
            await other.wait()


# ------------------------------------------------------------------ both together


async def lateness(
    probe: Any, values: int, crowd: Awaitable[None] | None, stop: Crowd
) -> list[float]:
    probing = probe()
    await anext(probing)  # its connection is made while the loop has nothing else to do
    busy = None if crowd is None else asyncio.ensure_future(crowd)
    found = [await anext(probing) for _ in range(values)]
    stop.stays = False
    if busy is not None:
        await busy
    await probing.aclose()
    return found


def shape(name: str, doc: str, busy: Any, probe: Any) -> Shape:
    def samples(lib: Library, n: int, values: int) -> list[float]:
        stop = Crowd()
        found: list[float] = lib.run(lambda: lateness(probe, values, busy(lib, n, stop), stop))
        return found

    def idle(_n: int, values: int) -> list[float]:
        return asyncio.run(lateness(probe, values, None, Crowd()))

    return Shape(
        name,
        doc,
        n=100_000,
        asyncio=samples,
        floor=idle,
        each="probe",
        samples=True,
        values=20,
    )


SHAPES = (
    shape(
        "latency-ready-timer",
        "how late a 1 ms timer is while n tasks are ready",
        tasks_that_are_ready,
        timers,
    ),
    shape(
        "latency-ready-reply",
        "how late a reply is heard of while n tasks are ready",
        tasks_that_are_ready,
        replies,
    ),
    shape(
        "latency-groups-timer",
        "how late a 1 ms timer is while groups of 100 end at once",
        groups_that_end_at_once,
        timers,
    ),
    shape(
        "latency-groups-reply",
        "how late a reply is heard of while groups of 100 end at once",
        groups_that_end_at_once,
        replies,
    ),
)
