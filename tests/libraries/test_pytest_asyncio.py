"""pytest-asyncio: suites in processes of their own, on loops whose tasks are ours."""

from __future__ import annotations

from pathlib import Path

from helpers import python

SUITE = """
import asyncio, pytest, pytest_asyncio, eagerly

@pytest_asyncio.fixture
async def cache():
    task = asyncio.create_task(asyncio.sleep(60))
    yield {"a": 1}
    task.cancel()

@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def of_the_module():
    return asyncio.get_running_loop()

@pytest.mark.asyncio
async def test_with_a_fixture(cache):
    task = asyncio.create_task(asyncio.sleep(0, cache["a"]))
    assert isinstance(task, eagerly.Task)
    assert await task == 1

@pytest.mark.asyncio
async def test_eager():
    async def at_once():
        return 1
    assert asyncio.create_task(at_once()).done()

@pytest.mark.asyncio(loop_scope="module")
async def test_loop_of_the_module(of_the_module):
    assert asyncio.get_running_loop() is of_the_module

@pytest.mark.asyncio
async def test_fails():
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))
        raise LookupError
"""

LOOP_FACTORIES = """
import asyncio, eagerly, uvloop

def eager(new_loop):
    def new():
        loop = new_loop()
        loop.set_task_factory(eagerly.eager_task_factory)
        return loop
    return new

def pytest_asyncio_loop_factories(config, item):
    return {"asyncio": eager(asyncio.new_event_loop), "uvloop": eager(uvloop.new_event_loop)}
"""

INSTALL = """
import eagerly
eagerly.install()
"""


def run(folder: Path, conftest: str) -> str:
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_suite.py").write_text(SUITE)
    return python("-m", "pytest", "-q", "-p", "no:anyio", "-p", "no:cacheprovider", folder).stdout


def test_with_loop_factories_of_ours(tmp_path: Path) -> None:
    output = run(tmp_path, LOOP_FACTORIES)
    assert "2 failed, 6 passed" in output, output


def test_with_eagerly_installed(tmp_path: Path) -> None:
    output = run(tmp_path, INSTALL)
    assert "1 failed, 3 passed" in output, output
