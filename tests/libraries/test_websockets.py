"""websockets: a server with many clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

import eagerly


@asynccontextmanager
async def serving(handler: Any, **settings: Any) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0, **settings) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def echo(websocket: ServerConnection) -> None:
    assert isinstance(asyncio.current_task(), eagerly.Task)
    async for message in websocket:
        await websocket.send(message)


async def test_many_clients_at_once() -> None:
    async def client(url: str, n: int) -> str | bytes:
        async with connect(url) as websocket:
            await websocket.send(str(n))
            return await websocket.recv()

    async with serving(echo) as url:
        answers = await eagerly.gather(*(client(url, n) for n in range(30)))
        assert answers == [str(n) for n in range(30)]


async def test_a_message_for_everybody() -> None:
    here = set()

    async def handler(websocket: ServerConnection) -> None:
        here.add(websocket)
        await websocket.wait_closed()

    async with serving(handler) as url, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connect(url)) for _ in range(10)]
        async with eagerly.TaskGroup() as group:
            tasks = [group.create_task(client.recv()) for client in clients]
            while len(here) < 10:
                await asyncio.sleep(0.001)
            broadcast(here, "hello")
        assert {task.result() for task in tasks} == {"hello"}


async def test_a_receive_that_is_cancelled_loses_no_message() -> None:
    async with serving(echo) as url, connect(url) as websocket:
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await websocket.recv()
        receiving = eagerly.create_task(websocket.recv())
        receiving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiving
        await websocket.send("kept")
        assert await websocket.recv() == "kept"


async def test_ping_and_its_pong() -> None:
    async with serving(echo, ping_interval=0.01) as url, connect(url) as websocket:
        pong = await websocket.ping()
        assert await pong >= 0


async def test_the_end_of_the_handler_closes_the_connection() -> None:
    async def handler(websocket: ServerConnection) -> None:
        await websocket.send("bye")

    async with serving(handler) as url, connect(url) as websocket:
        assert [message async for message in websocket] == ["bye"]
        with pytest.raises(ConnectionClosedOK):
            await websocket.send("too late")


async def test_an_error_in_the_handler_closes_the_connection_with_1011() -> None:
    async def handler(websocket: ServerConnection) -> None:
        raise LookupError

    async with serving(handler) as url, connect(url) as websocket:
        with pytest.raises(ConnectionClosedError) as caught:
            await websocket.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1011
