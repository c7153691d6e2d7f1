"""aiohttp: client, server and websockets.

aiohttp starts its own tasks eagerly, from 3.12 on: up to 3.13, and on uvloop, as
``asyncio.Task(coro, eager_start=True)``, which no task factory sees, but ``install()`` does.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

import eagerly

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler, **settings: Any) -> AsyncIterator[str]:
    """The address of a server on a port of its own."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=1, **settings)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def says_its_path(request: web.Request) -> web.Response:
    return web.Response(text=request.path)


async def test_many_requests_at_once_over_few_connections() -> None:
    async with (
        serving(says_its_path) as url,
        aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=3)) as session,
    ):

        async def get(path: str) -> str:
            async with session.get(path) as response:
                return await response.text()

        paths = [f"/{n}" for n in range(60)]
        assert await eagerly.gather(*map(get, paths)) == paths
        assert await asyncio.gather(*map(get, paths)) == paths


def asks_the_loop() -> bool:
    """Does aiohttp make its tasks by the loop, and so by the loop's task factory?"""
    if isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop):
        return not (3, 12) <= sys.version_info < (3, 14)
    return sys.version_info < (3, 12)


async def test_the_tasks_that_it_starts_itself_are_ours() -> None:
    async def whose(request: web.Request) -> web.Response:
        return web.json_response(isinstance(asyncio.current_task(), eagerly.Task))

    async with (
        serving(whose) as url,
        aiohttp.ClientSession() as session,
        session.get(url) as response,
    ):
        installed = asyncio.run is eagerly.run
        assert await response.json() is (installed or asks_the_loop())


async def test_the_children_of_a_handlers_group_are_eager_tasks_of_ours() -> None:
    cache = {"a": 1, "b": 2}

    async def look_up(key: str) -> int:
        assert isinstance(asyncio.current_task(), eagerly.Task)
        return cache[key]

    async def handler(request: web.Request) -> web.Response:
        async with eagerly.TaskGroup() as group:
            tasks = [group.create_task(look_up(key)) for key in cache]
            done = [task.done() for task in tasks]
        return web.json_response([done, [task.result() for task in tasks]])

    async with (
        serving(handler) as url,
        aiohttp.ClientSession() as session,
        session.get(url) as response,
    ):
        assert await response.json() == [[True, True], [1, 2]]


async def test_bodies_are_streamed_both_ways() -> None:
    async def upper(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        async for chunk in request.content.iter_any():
            await response.write(chunk.upper())
        return response

    async def body() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 4096
            await asyncio.sleep(0)

    async with (
        serving(upper) as url,
        aiohttp.ClientSession() as session,
        session.post(url, data=body()) as response,
    ):
        assert await response.read() == b"X" * 4096 * 50


async def test_a_timeout_of_the_client_cancels_the_handler() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        begun.set()
        try:
            return await asyncio.Future()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with (
        serving(slow, handler_cancellation=True) as url,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.05)) as session,
    ):
        while not begun.is_set():  # on a busy machine the time may be over before it is handled
            with pytest.raises(TimeoutError):
                await session.get(url)
        await cancelled.wait()


async def test_one_failing_request_cancels_the_others_of_its_group() -> None:
    waiting = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        if request.path == "/fails":
            await waiting.wait()
            raise web.HTTPForbidden
        waiting.set()
        return await asyncio.Future()

    async with (
        serving(handler, handler_cancellation=True) as url,
        aiohttp.ClientSession(url, raise_for_status=True) as session,
    ):
        with pytest.raises(ExceptionGroup) as caught:
            async with eagerly.TaskGroup() as group:
                slow = group.create_task(session.get("/waits"))
                group.create_task(session.get("/fails"))
        assert [error.status for error in caught.value.exceptions] == [403]
        assert slow.cancelled()


class TwoAddresses(AbstractResolver):
    """Nobody listens at the first one: 127.0.0.2."""

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[Any]:
        return [
            {"hostname": host, "host": address, "port": port, "family": socket.AF_INET,
             "proto": 0, "flags": 0}
            for address in ("127.0.0.2", "127.0.0.1")
        ]  # fmt: skip

    async def close(self) -> None:
        pass


async def test_the_client_tries_the_next_address_when_one_refuses() -> None:
    # Happy eyeballs is a race of tasks that did not expect to be started eagerly (gh-124309).
    async with serving(says_its_path) as url:
        port = url.rpartition(":")[2]
        connector = aiohttp.TCPConnector(resolver=TwoAddresses(), happy_eyeballs_delay=0.01)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(f"http://two.example:{port}/here") as response,
        ):
            assert await response.text() == "/here"


async def test_many_tasks_write_to_one_websocket() -> None:
    async def echo(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for message in websocket:
            await websocket.send_str(message.data)
        return websocket

    async with (
        serving(echo) as url,
        aiohttp.ClientSession() as session,
        session.ws_connect(url, compress=15) as websocket,
    ):
        sent = [str(n) * 1000 for n in range(20)]
        async with eagerly.TaskGroup() as group:
            for text in sent:
                group.create_task(websocket.send_str(text))
        assert [await websocket.receive_str() for _ in sent] == sent


async def test_heartbeats_keep_a_websocket_open_and_find_a_dead_one() -> None:
    async def listens(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse(autoping=request.path == "/alive")
        await websocket.prepare(request)
        async for _ in websocket:
            pass
        return websocket

    async with (
        serving(listens) as url,
        aiohttp.ClientSession(url) as session,
        session.ws_connect("/alive", heartbeat=0.4) as alive,
        session.ws_connect("/dead", heartbeat=0.4) as dead,
    ):
        living = eagerly.create_task(alive.receive())
        message = await dead.receive()
        assert message.type is aiohttp.WSMsgType.ERROR
        assert isinstance(message.data, aiohttp.ServerTimeoutError)
        assert not living.done()


async def test_the_server_says_goodbye_to_open_websockets() -> None:
    open_ones = set()

    async def handler(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        open_ones.add(websocket)
        async for _ in websocket:
            pass
        return websocket

    async with (
        serving(handler) as url,
        aiohttp.ClientSession() as session,
        session.ws_connect(url) as websocket,
    ):
        closing = eagerly.create_task(websocket.receive())
        while not open_ones:
            await asyncio.sleep(0.001)
        await eagerly.gather(*(one.close(code=1001) for one in open_ones))
        assert (await closing).type is aiohttp.WSMsgType.CLOSE
        assert websocket.close_code == 1001
