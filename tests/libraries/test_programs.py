"""Whole programs, unmodified but for their first lines: eagerly is installed before all else."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import SOURCES, python

INSTALL = "import eagerly; eagerly.install()\n"

# Prints whose the task of a request's handler is.
AIOHTTP = """
import asyncio
from aiohttp import ClientSession, web

async def handler(request):
    return web.Response(text=type(asyncio.current_task()).__module__)

async def main():
    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    async with ClientSession() as session, session.get(f"http://{host}:{port}") as response:
        print(await response.text())
    await runner.cleanup()

asyncio.run(main())
"""

# aiohttp owns the loop; a thread asks, and ends the program as a process manager does.
RUN_APP = """
import asyncio, os, signal, socket, sys, threading, urllib.request
import uvloop
from aiohttp import web

async def handler(request):
    return web.Response(text=type(asyncio.current_task()).__module__)

async def background(app):
    task = asyncio.create_task(asyncio.Event().wait())
    yield
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cleaned up")

async def started(app):
    threading.Thread(target=ask).start()

def ask():
    with urllib.request.urlopen("http://127.0.0.1:{}".format(listener.getsockname()[1])) as answer:
        print(answer.read().decode())
    os.kill(os.getpid(), signal.SIGTERM)

app = web.Application()
app.router.add_get("/", handler)
app.cleanup_ctx.append(background)
app.on_startup.append(started)
listener = socket.create_server(("127.0.0.1", 0))
new_loop = {"asyncio": asyncio, "uvloop": uvloop}[sys.argv[1]].new_event_loop
web.run_app(app, sock=listener, print=None, loop=new_loop())
print("ended")
"""

# uvicorn owns the loop; a thread asks, and tells the server to stop.
UVICORN = """
import asyncio, socket, sys, threading, time
import httpx, uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def view(request):
    return PlainTextResponse(type(asyncio.current_task()).__module__)

async def passes(request, call_next):
    return await call_next(request)

def ask(port):
    while not server.started:
        time.sleep(0.01)
    print(httpx.get(f"http://127.0.0.1:{port}/").text)
    server.should_exit = True

app = Starlette(
    routes=[Route("/", view)], middleware=[Middleware(BaseHTTPMiddleware, dispatch=passes)]
)
server = uvicorn.Server(uvicorn.Config(app, loop=sys.argv[1], log_level="warning"))
with socket.create_server(("127.0.0.1", 0)) as listener:
    asking = threading.Thread(target=ask, args=[listener.getsockname()[1]])
    asking.start()
    server.run(sockets=[listener])
    asking.join()
"""

# anyio owns the loop.
ANYIO = """
import asyncio, sys
import anyio

async def child():
    await anyio.sleep(0.01)

async def main():
    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(child)
    with anyio.move_on_after(0.01) as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)
    assert scope.cancelled_caught
    task = asyncio.create_task(asyncio.sleep(0))
    await task
    print(type(task).__module__)

anyio.run(main, backend_options={"use_uvloop": sys.argv[1] == "uvloop"})
"""


def output_of(folder: Path, program: str, *arguments: str) -> str:
    (folder / "program.py").write_text(program)
    run = python(folder / "program.py", *arguments)
    assert run.stderr == ""
    return run.stdout.strip()


def test_aiohttps_own_eager_tasks_are_ours(tmp_path: Path) -> None:
    # aiohttp makes them by asyncio.Task(coro, eager_start=True), up to 3.13.
    assert output_of(tmp_path, AIOHTTP).startswith(("_asyncio", "asyncio"))
    assert output_of(tmp_path, INSTALL + AIOHTTP).startswith("eagerly.")


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_server_of_aiohttp_that_is_told_to_stop(tmp_path: Path, loop: str) -> None:
    whose, *rest = output_of(tmp_path, INSTALL + RUN_APP, loop).split("\n")
    assert whose.startswith("eagerly.")
    assert rest == ["cleaned up", "ended"]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_server_of_uvicorn(tmp_path: Path, loop: str) -> None:
    assert output_of(tmp_path, INSTALL + UVICORN, loop).startswith("eagerly.")


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_program_of_anyio(tmp_path: Path, loop: str) -> None:
    assert output_of(tmp_path, INSTALL + ANYIO, loop).startswith("eagerly.")


@pytest.mark.slow
def test_all_the_other_tests_here_once_more(tmp_path: Path) -> None:
    (tmp_path / "installed.py").write_text(INSTALL)
    run = python(
        "-m", "pytest", "-q", "-p", "installed", "-p", "no:cacheprovider", "-k", "run-",
        Path(__file__).parent, PYTHONPATH=f"{tmp_path}:{SOURCES}",
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
