"""The public face: its names, and that asyncio's programs can call it."""

from __future__ import annotations

import asyncio
import inspect
import sys
import textwrap

import pytest
from helpers import python

import eagerly

NAMES = [
    "Barrier",
    "BrokenBarrierError",
    "Runner",
    "Task",
    "TaskGroup",
    "all_tasks",
    "create_eager_task_factory",
    "create_task",
    "current_task",
    "eager_task_factory",
    "gather",
    "install",
    "native",
    "run",
    "uninstall",
]
OURS_ALONE = ["install", "native", "uninstall"]
NEWEST = sys.version_info >= (3, 15)
CALLABLES = [
    *("Barrier", "Runner", "TaskGroup", "all_tasks", "create_eager_task_factory"),
    *("create_task", "current_task", "gather", "run"),
    *("TaskGroup.create_task", "TaskGroup.cancel", "Runner.run", "Runner.close"),
    *("Runner.get_loop", "Barrier.wait", "Barrier.reset", "Barrier.abort"),
    *("Task.add_done_callback", "Task.remove_done_callback", "Task.cancel", "Task.uncancel"),
    *("Task.cancelling", "Task.set_name", "Task.get_stack", "Task.print_stack"),
    *("Task.result", "Task.exception", "Task.get_coro", "Task.get_context"),
]

newest_only = pytest.mark.skipif(not NEWEST, reason="eagerly has the names of asyncio 3.15")


def find(module, path):
    for name in path.split("."):
        module = getattr(module, name)
    return module


def signature(thing):
    try:
        return inspect.signature(thing)
    except (TypeError, ValueError):
        pytest.skip("native code does not say its signature; tests of parity compare the twins")


def test_these_names_are_public():
    assert sorted(eagerly.__all__) == NAMES
    assert all(hasattr(eagerly, name) for name in NAMES)


def test_native_is_a_bool():
    assert isinstance(eagerly.native, bool)


@newest_only
@pytest.mark.parametrize("name", [name for name in NAMES if name not in OURS_ALONE])
def test_a_name_is_one_of_asyncios(name):
    assert hasattr(asyncio, name)


@newest_only
@pytest.mark.parametrize("path", CALLABLES)
def test_what_asyncio_can_be_called_with_we_can_be_called_with(path):
    theirs = signature(find(asyncio, path)).parameters
    ours = signature(find(eagerly, path)).parameters
    takes_anything = any(p.kind is p.VAR_KEYWORD for p in ours.values())
    for name, parameter in theirs.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            assert takes_anything or set(ours) >= {"name", "context", "eager_start"}
            continue
        positional = (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL)
        if parameter.kind not in positional:
            assert name in ours
            assert ours[name].kind is parameter.kind
            assert ours[name].default == parameter.default
    required = [p.name for p in ours.values() if p.default is p.empty and p.kind is p.KEYWORD_ONLY]
    assert required == []


@newest_only
@pytest.mark.parametrize("name", ["Task", "TaskGroup", "Runner", "Barrier"])
def test_a_class_has_every_public_attribute_of_asyncios(name):
    theirs = {key for key in dir(getattr(asyncio, name)) if not key.startswith("_")}
    assert theirs <= set(dir(getattr(eagerly, name)))


async def test_the_constructor_of_a_task_takes_what_asyncios_takes():
    async def nothing():
        pass

    loop = asyncio.get_running_loop()
    task = eagerly.Task(nothing(), loop=loop, name=None, context=None, eager_start=True)
    assert task.done()
    with pytest.raises(TypeError):
        eagerly.Task()
    coro = nothing()
    with pytest.raises(TypeError):
        eagerly.Task(coro, loop)
    coro.close()


@pytest.mark.parametrize("name", ["Task", "TaskGroup", "Runner", "Barrier", "gather", "run"])
def test_everything_public_says_what_it_does(name):
    assert getattr(eagerly, name).__doc__


def test_asyncios_task_may_have_been_replaced_before():
    program = """
        import asyncio
        asyncio.Task = asyncio.tasks.Task = asyncio.tasks._PyTask  # as nest_asyncio does
        asyncio.Future = asyncio.futures.Future = asyncio.futures._PyFuture
        import eagerly

        async def main():
            return await eagerly.create_task(asyncio.sleep(0, "value"))

        print(eagerly.run(main()))
    """
    done = python("-c", textwrap.dedent(program))
    assert (done.stdout, done.stderr) == ("value\n", "")
