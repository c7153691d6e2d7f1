"""httpx against uvicorn and starlette: three libraries that reach asyncio through anyio."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

import eagerly


class Stamp(BaseHTTPMiddleware):
    """Runs the rest of the application in an anyio task group."""

    async def dispatch(self, request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["stamp"] = type(asyncio.current_task()).__module__
        return response


async def path(request: Request) -> Response:
    await asyncio.sleep(0)
    return PlainTextResponse(request.url.path)


async def fan_out(request: Request) -> Response:
    async def child(n: int) -> int:
        return n

    async with eagerly.TaskGroup() as group:
        tasks = [group.create_task(child(n)) for n in range(10)]
        done = all(task.done() for task in tasks)
    return JSONResponse([done, *(task.result() for task in tasks)])


async def stream(request: Request) -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        for n in range(20):
            yield b"%d," % n
            await asyncio.sleep(0)

    return StreamingResponse(chunks())


class Endless(StreamingResponse):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            scope["app"].state.closed.set()


async def endless(request: Request) -> Response:
    async def ticks() -> AsyncIterator[bytes]:
        while True:
            yield b"tick"
            await asyncio.sleep(0.001)

    return Endless(ticks())


async def later(request: Request) -> Response:
    async def work() -> None:
        await asyncio.sleep(0)
        request.app.state.worked.set()

    return PlainTextResponse("accepted", background=BackgroundTask(work))


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.worked = asyncio.Event()
    app.state.closed = asyncio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep_forever)
        yield
        group.cancel_scope.cancel()


def application() -> Starlette:
    routes = [Route(f"/{view.__name__}", view) for view in (path, fan_out, stream, endless, later)]
    routes.append(WebSocketRoute("/echo", echo))
    return Starlette(routes=routes, middleware=[Middleware(Stamp)], lifespan=lifespan)


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    """The address of a server on a port of its own, in this very loop."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.001)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def test_many_requests_at_once_through_a_middleware() -> None:
    async with serving(application()) as url, httpx.AsyncClient(base_url=url) as client:
        async with eagerly.TaskGroup() as group:
            tasks = [group.create_task(client.get("/path")) for _ in range(30)]
        assert {task.result().text for task in tasks} == {"/path"}
        assert all(task.result().headers["stamp"].startswith("eagerly.") for task in tasks)


async def test_a_view_fans_out_to_tasks_that_end_at_once() -> None:
    async with serving(application()) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/fan_out")).json() == [True, *range(10)]


async def test_a_response_is_streamed() -> None:
    async with (
        serving(application()) as url,
        httpx.AsyncClient(base_url=url) as client,
        client.stream("GET", "/stream") as response,
    ):
        text = "".join([part async for part in response.aiter_text()])
        assert text == "".join(f"{n}," for n in range(20))


async def test_a_client_that_leaves_ends_the_stream() -> None:
    app = application()
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as client:
        async with client.stream("GET", "/endless") as response:
            await anext(response.aiter_bytes())
        await app.state.closed.wait()


async def test_work_goes_on_behind_the_response() -> None:
    app = application()
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/later")).text == "accepted"
        await app.state.worked.wait()


async def test_a_client_gives_up_and_the_next_request_works() -> None:
    async with serving(application()) as url, httpx.AsyncClient(base_url=url) as client:
        with anyio.move_on_after(0.02) as scope:
            await client.get("/endless")
        assert scope.cancelled_caught
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await client.get("/endless")
        assert (await client.get("/path")).text == "/path"


async def test_a_websocket() -> None:
    async with (
        serving(application()) as url,
        connect(url.replace("http:", "ws:") + "/echo") as websocket,
    ):
        await websocket.send("hello")
        assert await websocket.recv() == "hello"


def test_the_test_client(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    # It runs the application on a loop of its own, in a thread, where anyio is told of ours.
    def eager_loop() -> asyncio.AbstractEventLoop:
        loop = loop_factory()
        loop.set_task_factory(eagerly.eager_task_factory)
        return loop

    with TestClient(application(), backend_options={"loop_factory": eager_loop}) as client:
        assert client.get("/fan_out").json() == [True, *range(10)]
        assert client.get("/stream").text.startswith("0,1,2,")
        assert client.get("/path").headers["stamp"].startswith("eagerly.")
        with client.websocket_connect("/echo") as websocket:
            websocket.send_text("hello")
            assert websocket.receive_text() == "hello"
