"""tornado: its server, client and coroutines, on the loop that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tornado import gen, web, websocket
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets

import eagerly


class Path(web.RequestHandler):
    async def get(self) -> None:
        assert isinstance(asyncio.current_task(), eagerly.Task)
        await asyncio.sleep(0)
        self.write(self.request.path)


class FanOut(web.RequestHandler):
    async def get(self) -> None:
        async def child(n: int) -> int:
            return n

        async with eagerly.TaskGroup() as group:
            tasks = [group.create_task(child(n)) for n in range(10)]
            done = all(task.done() for task in tasks)
        self.write({"done": done, "results": [task.result() for task in tasks]})


class Fails(web.RequestHandler):
    async def get(self) -> None:
        await asyncio.sleep(0)
        raise web.HTTPError(418)


class Echo(websocket.WebSocketHandler):
    async def on_message(self, message: Any) -> None:
        await self.write_message(message)


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    app = web.Application(
        [("/echo", Echo), ("/fan_out", FanOut), ("/fails", Fails), ("/.*", Path)],
        log_function=lambda handler: None,
    )
    server = HTTPServer(app)
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        server.stop()
        await server.close_all_connections()


@asynccontextmanager
async def client() -> AsyncIterator[AsyncHTTPClient]:
    client = AsyncHTTPClient(force_instance=True)
    try:
        yield client
    finally:
        client.close()


async def test_many_requests_at_once() -> None:
    async with serving() as url, client() as http:

        async def get(n: int) -> bytes:
            return (await http.fetch(f"{url}/{n}")).body

        assert await eagerly.gather(*map(get, range(30))) == [b"/%d" % n for n in range(30)]


async def test_a_handler_fans_out_to_tasks_that_end_at_once() -> None:
    async with serving() as url, client() as http:
        response = await http.fetch(f"{url}/fan_out")
        assert response.body == b'{"done": true, "results": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}'


async def test_an_error_of_the_server() -> None:
    async with serving() as url, client() as http:
        with pytest.raises(HTTPClientError) as caught:
            await http.fetch(f"{url}/fails")
        assert caught.value.code == 418


async def test_a_websocket() -> None:
    async with serving() as url:
        connection = await websocket.websocket_connect(f"{url}/echo".replace("http:", "ws:"))
        await eagerly.gather(*(connection.write_message(str(n)) for n in range(10)))
        assert [await connection.read_message() for _ in range(10)] == [str(n) for n in range(10)]
        connection.close()
        assert await connection.read_message() is None


async def test_its_loop_watches_a_task_of_ours() -> None:
    # add_future() wants a real asyncio.Future.
    seen: asyncio.Queue[Any] = asyncio.Queue()
    task = eagerly.create_task(asyncio.sleep(0, "result"))
    IOLoop.current().add_future(task, seen.put_nowait)
    assert await seen.get() is task


async def test_its_coroutines_yield_tasks_of_ours() -> None:
    @gen.coroutine
    def old_style() -> Any:
        first = yield eagerly.create_task(asyncio.sleep(0, 1))
        both = yield [eagerly.create_task(asyncio.sleep(0, n)) for n in (2, 3)]
        return [first, *both]

    assert await old_style() == [1, 2, 3]
    with pytest.raises(gen.TimeoutError):
        await gen.with_timeout(
            IOLoop.current().time() + 0.01, eagerly.create_task(asyncio.Event().wait())
        )
