"""A real program: a TCP echo server with a task for each request; a second process sends them.

The clock runs from the first request to the last reply. The floor is the same server that answers
each request where it reads it, without a task.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

from . import neighbour
from .shape import Library, Shape, check

CLIENTS = 4


def requests(n: int) -> int:
    """As many for each client."""
    return -(-n // CLIENTS) * CLIENTS


class Served:
    """Counts requests, keeps the time, and knows when all have been answered."""

    def __init__(self, n: int) -> None:
        self.left = n
        self.began = 0.0
        self.all: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def begin(self) -> None:
        if not self.began:
            self.began = perf_counter()

    def one(self) -> None:
        self.left -= 1
        if not self.left:
            self.all.set_result(perf_counter() - self.began)


async def answer(writer: asyncio.StreamWriter, request: bytes, served: Served) -> None:
    writer.write(request)
    served.one()


async def serve(lib: Library | None, n: int) -> float:
    served = Served(requests(n))

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readexactly(neighbour.SIZE)
                served.begin()
                if lib is None:
                    await answer(writer, request, served)
                else:
                    lib.create_task(answer(writer, request, served))
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(client, neighbour.HERE)
    port = server.sockets[0].getsockname()[1]
    load = await neighbour.start("load", port, CLIENTS, requests(n))
    ended = asyncio.ensure_future(load.wait())
    either: set[asyncio.Future[Any]] = {served.all, ended}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    check(served.all.done(), "all requests came")
    check(await ended == 0, "every client got its replies")
    server.close()
    return served.all.result()


async def inline(n: int) -> float:
    return await serve(None, n)


SHAPES = (
    Shape(
        "echo",
        f"a TCP server with a task a request, n requests of {CLIENTS} clients in a second process",
        n=10_000,
        asyncio=serve,
        floor=inline,
        each="request",
        units=requests,
        uses=("create_task",),
    ),
)
