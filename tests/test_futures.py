"""Waiting for asyncio's own futures, which the native engine looks into (engine/future.pxd)."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref

import pytest
from helpers import forever, nothing, outcome, turns, waits_for

import eagerly

pytestmark = pytest.mark.usefixtures("loop_factory")


def new_future():
    return asyncio.get_running_loop().create_future()


class Yields:
    """Awaiting this yields *future*, as if its own __await__() had."""

    def __init__(self, future):
        self.future = future

    def __await__(self):
        self.future._asyncio_future_blocking = True
        yield self.future


async def test_who_came_first_is_told_first():
    future = new_future()
    told = []

    async def waits(name):
        await future
        told.append(name)

    future.add_done_callback(lambda _: told.append("callback"))
    tasks = [eagerly.create_task(waits(name)) for name in ("first", "second")]
    future.add_done_callback(lambda _: told.append("last"))
    future.set_result(None)
    await asyncio.wait(tasks)

    assert told == ["callback", "first", "second", "last"]


async def test_a_callback_that_was_removed_leaves_the_order_of_the_others():
    future = new_future()
    told = []

    async def waits():
        await future
        told.append("task")

    future.add_done_callback(first := lambda _: told.append("first"))
    future.add_done_callback(lambda _: told.append("second"))
    future.remove_done_callback(first)
    task = eagerly.create_task(waits())
    future.set_result(None)
    await task

    assert told == ["second", "task"]


async def test_several_tasks_wait_for_one_future():
    future = new_future()
    tasks = [eagerly.create_task(waits_for(future)) for _ in range(5)]
    future.set_result("result")

    assert await asyncio.gather(*tasks) == ["result"] * 5


@pytest.mark.parametrize("end", [lambda f: f.set_result(1), lambda f: f.cancel()])
async def test_a_future_that_has_ended_already_may_be_yielded(end):
    future = new_future()
    end(future)
    task = eagerly.create_task(waits_for(Yields(future)))
    assert not task.done()

    if future.cancelled():
        assert isinstance(await outcome(task), asyncio.CancelledError)
    else:
        assert await task is None


async def test_its_error_and_its_cancellation_are_raised():
    future = new_future()
    failing = eagerly.create_task(waits_for(future))
    future.set_exception(ValueError("why"))
    assert repr(await outcome(failing)) == "ValueError('why')"

    other = new_future()
    cancelled = eagerly.create_task(waits_for(other))
    other.cancel("message")
    assert (await outcome(cancelled)).args == ("message",)


async def test_a_result_of_none_is_a_result():
    future = new_future()
    task = eagerly.create_task(waits_for(future))
    future.set_result(None)

    assert await task is None


async def test_it_may_be_awaited_again_after_a_cancelled_wait():
    future = new_future()

    async def twice():
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            return await future

    task = eagerly.create_task(twice())
    task.cancel()
    await turns(1)
    future.set_result("second")

    assert await task == "second"


@pytest.mark.parametrize("message", [None, "because"])
async def test_it_is_cancelled_with_the_task_that_waits_for_it(message):
    future = new_future()
    task = eagerly.create_task(waits_for(future))
    assert task.cancel(message) is True

    assert future.cancelled()
    assert not task.done()
    future.add_done_callback(lambda _: called.append(True))
    called = []
    error = await outcome(task)
    assert (type(error), error.args) == (asyncio.CancelledError, (message,) if message else ())
    assert called == [True]
    with pytest.raises(asyncio.CancelledError, match=message):
        future.result()


async def test_cancelling_one_task_wakes_it_in_its_turn():
    loop = asyncio.get_running_loop()
    told = []

    async def waits():
        try:
            await new_future()
        finally:
            told.append("task")

    task = eagerly.create_task(waits())
    loop.call_soon(told.append, "before")
    task.cancel()
    loop.call_soon(told.append, "after")
    await asyncio.wait([task])

    assert told == ["before", "task", "after"]


async def test_all_who_wait_for_a_future_are_told_when_one_is_cancelled():
    future = new_future()
    told = []

    async def waits(name):
        try:
            await future
        finally:
            told.append(name)

    tasks = [eagerly.create_task(waits(name)) for name in ("first", "second")]
    future.add_done_callback(lambda _: told.append("callback"))
    tasks[1].cancel()
    await asyncio.wait(tasks)

    assert told == ["first", "second", "callback"]
    assert all(task.cancelled() for task in tasks)


async def test_a_call_soon_of_the_programs_own_sees_who_is_woken_by_a_cancellation(monkeypatch):
    loop = asyncio.get_running_loop()
    task = eagerly.create_task(forever())
    other = eagerly.create_task(nothing(), eager_start=False)  # due, with whom it could be
    real, seen = loop.call_soon, []

    def call_soon(callback, *args, context=None):
        seen.append(callback)
        return real(callback, *args, context=context)

    try:
        monkeypatch.setattr(loop, "call_soon", call_soon)
    except AttributeError:
        pytest.skip("this loop's methods cannot be replaced")
    task.cancel()
    assert task in [callback.__self__ for callback in seen]
    monkeypatch.undo()
    await asyncio.wait([task, other])


async def test_it_forgets_that_it_is_awaited():
    future = new_future()
    eagerly.create_task(waits_for(future))

    assert future._asyncio_future_blocking is False
    future.cancel()


async def test_the_callback_runs_in_the_context_of_the_task():
    future = new_future()
    variable = contextvars.ContextVar("variable")
    context = contextvars.copy_context()
    context.run(variable.set, "theirs")

    async def reads():
        await future
        return variable.get()

    task = eagerly.create_task(reads(), context=context)
    future.set_result(None)

    assert await task == "theirs"


async def test_a_future_of_another_loop_is_refused():
    other = asyncio.new_event_loop()
    task = eagerly.create_task(waits_for(other.create_future()))
    other.close()

    with pytest.raises(RuntimeError, match="attached to a different loop"):
        await task


async def test_a_future_that_was_yielded_without_await_is_refused():
    future = new_future()

    class Yielding:
        def __await__(self):
            yield future

    with pytest.raises(RuntimeError, match="yield was used instead of yield from"):
        await eagerly.create_task(waits_for(Yielding()))


async def test_an_asyncio_future_of_a_subclass_is_waited_for_by_its_methods():
    class Future(asyncio.Future):
        asked = 0

        def add_done_callback(self, fn, *, context=None):
            Future.asked += 1
            super().add_done_callback(fn, context=context)

    future = Future()
    task = eagerly.create_task(waits_for(future))
    future.set_result(1)

    assert (await task, Future.asked) == (1, 1)


def test_a_task_and_the_future_that_it_waits_for_are_collected_together():
    async def main():
        task = eagerly.create_task(forever())
        return weakref.ref(task), weakref.ref(task._fut_waiter)

    loop = asyncio.new_event_loop()
    references = loop.run_until_complete(main())
    loop.set_exception_handler(lambda *_: None)
    loop.close()
    del loop
    gc.collect()

    assert [reference() for reference in references] == [None, None]
