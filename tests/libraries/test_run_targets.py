"""`eagerly run` and `eagerly profile` with the programs that people run, as they run them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers import free_port

RUN = [sys.executable, "-m", "eagerly", "run"]
PROFILE = [sys.executable, "-m", "eagerly", "profile"]
LONG = 120.0

# Both applications answer with the kind of task that a request is handled in.
ASGI = """
import asyncio
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def whose(request):
    child = asyncio.create_task(asyncio.sleep(0))
    await child
    return PlainTextResponse(type(child).__module__)

app = Starlette(routes=[Route("/", whose)])
"""

AIOHTTP = """
import asyncio
from aiohttp import web

async def whose(request):
    child = asyncio.create_task(asyncio.sleep(0))
    await child
    return web.Response(text=type(child).__module__)

def app(arguments):
    app = web.Application()
    app.router.add_get("/", whose)
    return app
"""

SUITE = """
import asyncio, pytest

@pytest.mark.asyncio
async def test_whose():
    assert type(asyncio.create_task(asyncio.sleep(0))).__module__ == "eagerly.engine.task"

def test_fails():
    assert False
"""

LINES = """\
import asyncio
async def whose(): return type(asyncio.create_task(asyncio.sleep(0))).__module__

print("it is", await whose())
print("and", await asyncio.gather(asyncio.sleep(0, "done")))
"""


def finished(command: list[str], folder: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, text=True, check=False, timeout=LONG
    )


@contextmanager
def serving(command: list[str], folder: Path, port: int) -> Iterator[list[str]]:
    """Start a server, ask it, stop it as a process manager does; its answer, then its output."""
    said: list[str] = []
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            said.append(answer(port, server))
        finally:
            server.send_signal(signal.SIGTERM)
            said += server.communicate(timeout=LONG)[0].splitlines()
    said.append(str(server.returncode))
    yield said


def answer(port: int, server: subprocess.Popen[str]) -> str:
    give_up = time.monotonic() + LONG
    while time.monotonic() < give_up and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=LONG) as said:
                text: str = said.read().decode()
                return text
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    return "no answer"


def uvicorn(port: int, loop: str) -> list[str]:
    return ["-m", "uvicorn", "app:app", "--port", str(port), "--loop", loop]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_uvicorn_serves_on_our_tasks(tmp_path: Path, loop: str) -> None:
    (tmp_path / "app.py").write_text(ASGI)
    port = free_port()

    with serving([*RUN, *uvicorn(port, loop)], tmp_path, port) as said:
        assert said[0] == "eagerly.engine.task"
        assert any("Finished server process" in line for line in said)


def test_aiohttp_web_serves_on_our_tasks(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(AIOHTTP)
    port = free_port()
    command = ["-m", "aiohttp.web", "--hostname", "127.0.0.1", "--port", str(port), "app:app"]

    with serving([*RUN, *command], tmp_path, port) as said:
        assert said[0] == "eagerly.engine.task"
        assert said[-1] == "0"


def test_pytest_runs_a_suite_on_our_tasks_and_its_exit_status_is_ours(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SUITE)

    ran = finished([*RUN, "-m", "pytest", "-q", "-p", "asyncio"], tmp_path)

    assert "1 failed, 1 passed" in ran.stdout
    assert ran.returncode == 1


def test_ipython_awaits_on_our_tasks(tmp_path: Path) -> None:
    ran = finished([*RUN, "-m", "IPython", "--quick", "--simple-prompt"], tmp_path, LINES)

    assert "it is eagerly.engine.task" in ran.stdout
    assert "and ['done']" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr
    assert ran.returncode == 0


def test_a_server_is_profiled_until_it_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(ASGI)
    port = free_port()
    command = [*PROFILE, "--engine", "eagerly", "--json", "seen.json", *uvicorn(port, "asyncio")]

    with serving(command, tmp_path, port) as said:
        assert said[0] == "eagerly.engine.task"
        assert any("app.py:8 create_task" in line for line in said)
    sites = json.loads((tmp_path / "seen.json").read_text())["seen"]["sites"]
    [request] = [each for each in sites if each["about"]["coroutine"].endswith("run_asgi")]
    assert (request["about"]["how"], request["about"]["library"]) == ("library", "uvicorn")
    assert request["made"] == request["ended"]


def test_aiohttps_own_tasks_are_seen_in_a_profile(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(AIOHTTP)
    port = free_port()
    command = ["-m", "aiohttp.web", "--hostname", "127.0.0.1", "--port", str(port), "app:app"]

    with serving([*PROFILE, "--json", "seen.json", *command], tmp_path, port) as said:
        assert said[0].startswith(("_asyncio", "asyncio"))
    sites = json.loads((tmp_path / "seen.json").read_text())["seen"]["sites"]
    handlers = [each["about"] for each in sites if each["about"]["coroutine"].startswith("Request")]
    assert {(each["how"], each["library"]) for each in handlers} == {("library", "aiohttp")}
