"""What the tests share: turning the loop, gates that open, fresh processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import eagerly

SOURCES = Path(eagerly.__file__).parent.parent


async def turns(n: int = 1) -> None:
    """Let the loop turn *n* times."""
    for _ in range(n):
        await asyncio.sleep(0)


async def nothing() -> None:
    """The chapter's coroutine: its body is `pass`."""


async def returns(value: Any) -> Any:
    return value


async def fails(error: BaseException) -> None:
    raise error


async def returns_later(value: Any, n: int = 1) -> Any:
    await turns(n)
    return value


async def fails_later(error: BaseException, n: int = 1) -> None:
    await turns(n)
    raise error


async def waits_for(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


async def outcome(awaitable: Awaitable[Any]) -> Any:
    """What *awaitable* returns or raises."""
    try:
        return await awaitable
    except BaseException as error:
        return error
    finally:
        del awaitable  # or the error would refer to it, through its traceback and this frame


class Suspicious:
    """An awaitable that yields what no task can wait for."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def __await__(self) -> Iterator[Any]:
        return (yield self.thing)


@contextmanager
def loop_of(
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
) -> Iterator[tuple[asyncio.AbstractEventLoop, list[dict[str, Any]]]]:
    """A loop for a test that runs it by hand, and what its exception handler is told."""
    loop = loop_factory()
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda loop, report: reports.append(report))
    try:
        yield loop, reports
    finally:
        loop.close()


def turn(loop: asyncio.AbstractEventLoop, n: int = 1) -> None:
    """Run a loop that is not running for *n* turns."""
    for _ in range(n):
        loop.call_soon(loop.stop)
        loop.run_forever()


def python(
    *arguments: str | Path, cwd: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run a fresh interpreter, in the folder *cwd*, with the engine under test."""
    path = os.pathsep.join([str(SOURCES), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": path} | environ, cwd=cwd,
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
