"""A program that a type checker must accept, and the types it must find: `make check` reads it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Coroutine
from typing import Any, assert_type

import eagerly


async def double(x: int) -> int:
    return 2 * x


async def spell(x: int) -> str:
    return str(x)


class Named(eagerly.Task[int]):
    """A subclass of a user's."""


async def tasks() -> int:
    task = eagerly.Task(double(1), name="one", eager_start=True)
    assert_type(task, eagerly.Task[int])
    assert_type(await task, int)
    assert_type(task.result(), int)
    assert_type(task.exception(), BaseException | None)
    assert_type(task.cancel("why"), bool)
    assert_type(task.cancelling(), int)
    assert_type(task.uncancel(), int)
    assert_type(task.get_name(), str)
    assert_type(task.get_context(), contextvars.Context)
    assert_type(task.get_loop(), asyncio.AbstractEventLoop)
    as_asyncios: asyncio.Task[int] = task
    assert_type(await Named(double(1)), int)

    created = eagerly.create_task(double(1), name="one", context=contextvars.copy_context())
    assert_type(created, asyncio.Task[int])
    assert_type(await created, int)
    assert_type(eagerly.current_task(), asyncio.Task[Any] | None)
    assert_type(eagerly.all_tasks(), set[asyncio.Task[Any]])
    return as_asyncios.result()


async def groups() -> int:
    async with eagerly.TaskGroup() as group:
        assert_type(group, eagerly.TaskGroup)
        child = group.create_task(double(2), eager_start=False)
        group.cancel()
    assert_type(child, asyncio.Task[int])
    return child.result()


async def gathers(many: list[Coroutine[Any, Any, int]]) -> None:
    assert_type(await eagerly.gather(double(1)), tuple[int])
    assert_type(await eagerly.gather(double(1), spell(1)), tuple[int, str])
    three = eagerly.gather(double(1), spell(1), eagerly.create_task(double(2)))
    assert_type(three, asyncio.Future[tuple[int, str, int]])
    assert_type(
        await eagerly.gather(double(1), spell(1), return_exceptions=True),
        tuple[int | BaseException, str | BaseException],
    )
    assert_type(await eagerly.gather(*many), list[int])
    assert_type(await eagerly.gather(*many, return_exceptions=True), list[int | BaseException])


async def barriers() -> None:
    barrier = eagerly.Barrier(2)
    assert_type(await barrier.wait(), int)
    async with barrier as place:
        assert_type(place, int)
    await barrier.reset()
    await barrier.abort()
    assert_type(barrier.parties, int)
    assert_type(barrier.n_waiting, int)
    assert_type(barrier.broken, bool)
    try:
        await barrier.wait()
    except eagerly.BrokenBarrierError as error:
        assert_type(error, asyncio.BrokenBarrierError)


async def factories() -> None:
    loop = asyncio.get_running_loop()
    loop.set_task_factory(eagerly.eager_task_factory)
    loop.set_task_factory(eagerly.create_eager_task_factory(eagerly.Task))
    assert_type(eagerly.eager_task_factory(loop, double(1)), asyncio.Task[int])


async def numbers() -> AsyncIterator[int]:
    yield 1


eagerly.install()
eagerly.install(eager_start=False)
eagerly.uninstall()
assert_type(eagerly.native, bool)
assert_type(eagerly.run(tasks(), debug=True), int)
assert_type(eagerly.run(anext(numbers())), int)
with eagerly.Runner(debug=True, loop_factory=asyncio.new_event_loop) as runner:
    assert_type(runner, eagerly.Runner)
    assert_type(runner.run(groups(), context=contextvars.copy_context()), int)
    assert_type(runner.get_loop(), asyncio.AbstractEventLoop)
