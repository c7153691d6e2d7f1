"""Real libraries, real sockets, unmodified, where eagerly is in place.

An ``async def test_`` runs on asyncio's loop and on uvloop, and once for each way in which a
program puts eagerly in place:

* ``run``: the program says ``eagerly.run(main())``; the loop has our task factory.
* ``install``: it says ``eagerly.install()``, and then ``asyncio.run(main())`` as ever.
* ``loop``: it says ``eagerly.install()``, and makes and runs a loop of its own as ever.

In all three the libraries were imported before; test_programs.py has the other order.

EAGERLY_PURE chooses the engine for the whole run.  `make libraries` installs what is tested here
and runs both engines; `make test` needs none of it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import eagerly

pytest_plugins = ["servers"]

HERE = Path(__file__).parent
LONG = 120.0  # seconds: a test that takes longer hangs, on a busy machine too

Main = Coroutine[Any, Any, Any]


@pytest.fixture(params=["run", "install", "loop"])
def place(
    request: pytest.FixtureRequest, loop_factory: Callable[[], asyncio.AbstractEventLoop]
) -> Iterator[Callable[[Main], Any]]:
    """Runs a main where eagerly is in place."""
    if request.param == "run":
        yield lambda main: eagerly.run(main, loop_factory=loop_factory)
        return
    eagerly.install()
    try:
        if request.param == "install":
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                yield runner.run
        else:
            with closing(loop_factory()) as loop:
                yield loop.run_until_complete
                loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        eagerly.uninstall()


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> None:
    if name.startswith("test") and inspect.iscoroutinefunction(obj):
        pytest.mark.usefixtures("place")(obj)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE:
            # "coroutine ... was never awaited" fails the test that leaves it behind.
            item.add_marker(pytest.mark.filterwarnings("error::RuntimeWarning"))
            unraisable = "error::pytest.PytestUnraisableExceptionWarning"
            item.add_marker(pytest.mark.filterwarnings(unraisable))


@pytest.hookimpl(tryfirst=True)  # and before that of the conftest above, which is older
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an ``async def`` test where eagerly is in place."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    reports: list[dict[str, Any]] = []

    async def test() -> None:
        assert isinstance(asyncio.current_task(), eagerly.Task)
        asyncio.get_running_loop().set_exception_handler(lambda loop, it: reports.append(it))
        async with asyncio.timeout(LONG):
            await pyfuncitem.obj(**arguments)

    pyfuncitem.funcargs["place"](test())
    assert reports == []
    return True
