"""Whose tasks a test is about, and the loop that an ``async def test_`` runs on.

* ``api`` is asyncio, then eagerly: what we promise, asyncio has to keep too.
  ``asyncio_since(3, 13)`` says from which Python on asyncio does, ``asyncio_never("why")`` that it
  does not.
* ``loop_factory`` makes a loop of asyncio's, then one of uvloop's.
* ``eager`` has the loop start every task eagerly, asyncio's too.
* ``reports`` is what the loop's exception handler is told; who does not ask for it says that
  there is nothing to tell.

An ``async def`` test is run by the ``api``'s own Runner; without ``api`` by asyncio's.
EAGERLY_PURE chooses the engine, native or interpreted, for the whole run.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import eagerly
from eagerly.engine import ready

try:
    import uvloop
except ImportError:
    uvloop = None

HERE = Path(__file__).parent
ready.LONG = 10.0  # the engine's own 10 ms soon pass on a busy machine, where it then gives way

LONG = 120.0  # seconds: a test that takes longer hangs, on a busy machine too


def pytest_report_header() -> str:
    return f"eagerly: the {'native' if eagerly.native else 'interpreted'} engine (eagerly.native)"


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "eager: the loop starts every task eagerly (asyncio: since 3.12)",
        "asyncio_since(major, minor): asyncio itself behaves so since that Python",
        "asyncio_never(why): asyncio itself behaves otherwise",
    ):
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE:
            # "coroutine ... was never awaited" fails the test that leaves it behind.
            item.add_marker(pytest.mark.filterwarnings("error::RuntimeWarning"))
            unraisable = "error::pytest.PytestUnraisableExceptionWarning"
            item.add_marker(pytest.mark.filterwarnings(unraisable))


@pytest.fixture(autouse=True, scope="module")
def young_heap() -> None:
    """The many collections of a module's tests look at nothing that is older than these.

    What pytest keeps of every test makes a collection a hundred times slower in the end.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(params=["asyncio", "eagerly"])
def api(request: pytest.FixtureRequest) -> ModuleType:
    if request.param == "eagerly":
        return eagerly
    reason = why_asyncio_differs(request.node)
    if reason:
        pytest.skip(reason)
    return asyncio


def why_asyncio_differs(test: pytest.Item) -> str:
    since = [mark.args for mark in test.iter_markers("asyncio_since")]
    if test.get_closest_marker("eager"):
        since.append((3, 12))
        if test.callspec.params.get("loop_factory") == "uvloop":
            return "asyncio's eager factory does not understand uvloop's eager_start=None"
    for mark in test.iter_markers("asyncio_never"):
        return f"asyncio differs: {mark.args[0]}"
    newest = max(since, default=(3, 11))
    if sys.version_info < newest:
        return "asyncio does so since Python {}.{}".format(*newest)
    return ""


@pytest.fixture(params=["asyncio", "uvloop"])
def loop_factory(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    if request.param == "asyncio":
        return asyncio.new_event_loop
    if uvloop is None:
        pytest.skip("uvloop is not installed")
    return uvloop.new_event_loop


@pytest.fixture
def reports() -> list[dict[str, Any]]:
    """What the exception handler of the test's loop is told."""
    return []


@pytest.fixture
def without_gc() -> Iterator[None]:
    """Reference counts alone free what the test leaves behind."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an ``async def`` test."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    fixtures = pyfuncitem.funcargs
    api = fixtures.get("api", asyncio)
    told: list[dict[str, Any]] = fixtures.get("reports", [])
    arguments = {name: fixtures[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def test() -> None:
        async with asyncio.timeout(LONG):
            await pyfuncitem.obj(**arguments)

    with api.Runner(loop_factory=fixtures.get("loop_factory")) as runner:
        loop = runner.get_loop()
        loop.set_exception_handler(lambda loop, report: told.append(report))
        if pyfuncitem.get_closest_marker("eager"):
            loop.set_task_factory(api.eager_task_factory)
        runner.run(test())

    if "reports" not in fixtures:
        assert told == []
    return True
