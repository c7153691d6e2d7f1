"""Nothing is left: reference counts alone free what a task has touched."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref

import pytest
from helpers import (
    forever,
    loop_of,
    outcome,
    returns_later,
    turn,
    turns,
    waits_for,
)

import eagerly

pytestmark = pytest.mark.usefixtures("loop_factory", "without_gc")


class Error(Exception):
    """An exception that can be referred to weakly, as everything here can."""


class Value:
    pass


async def returns_new():
    return Value()


async def returns_new_later():
    await turns()
    return Value()


async def fails():
    raise Error


async def fails_later():
    await turns()
    raise Error


async def is_cancelled_later():
    asyncio.current_task().cancel()
    await turns()


class TestTasks:
    @pytest.mark.parametrize("coro", [returns_new, returns_new_later, forever])
    @pytest.mark.parametrize("lazy", [True, False])
    async def test_a_task_its_coroutine_and_its_result(self, api, coro, lazy):
        make = api.Task if lazy else api.create_task
        coro = coro()
        task = make(coro)
        left = [weakref.ref(task), weakref.ref(coro)]
        await turns(3)
        if task.done():
            left.append(weakref.ref(task.result()))
        else:
            task.cancel()
            await outcome(task)
        del task, coro
        await turns(2)
        assert [ref() for ref in left] == [None] * len(left)

    @pytest.mark.eager
    @pytest.mark.asyncio_since(3, 14)  # gh-128552
    @pytest.mark.parametrize("coro", [fails, fails_later])
    @pytest.mark.parametrize("lazy", [True, False])
    async def test_a_task_that_failed_and_its_exception(self, api, coro, lazy):
        make = api.Task if lazy else api.create_task
        task = make(coro())
        await turns(3)
        left = [weakref.ref(task), weakref.ref(task.exception())]
        del task
        await turns()
        assert [ref() for ref in left] == [None, None]

    @pytest.mark.asyncio_since(3, 14)
    @pytest.mark.parametrize("coro", [fails, fails_later])
    async def test_an_exception_that_went_through_an_await(self, api, coro):
        left = []

        async def awaits():
            task = api.create_task(coro())
            left.append(weakref.ref(task))
            try:
                await task
            except Error as error:
                left.append(weakref.ref(error))
            finally:
                del task

        await awaits()
        await turns()
        assert [ref() for ref in left] == [None, None]

    @pytest.mark.parametrize("how", ["itself", "before its first step", "while it waits"])
    async def test_a_task_that_was_cancelled_and_the_error(self, api, how):
        coro = is_cancelled_later() if how == "itself" else forever()
        task = api.Task(coro)
        if how == "while it waits":
            await turns()
        if how != "itself":
            task.cancel()
        await turns(3)
        assert task.cancelled()
        left = [weakref.ref(task), weakref.ref(coro)]
        del task, coro
        await turns()
        assert [ref() for ref in left] == [None, None]

    async def test_a_task_that_waited_for_tasks_and_futures(self, api):
        future = asyncio.get_running_loop().create_future()
        inner = api.create_task(waits_for(future))
        outer = api.create_task(waits_for(inner))
        left = [weakref.ref(thing) for thing in (future, inner, outer)]
        await turns()
        future.set_result(None)
        await outer
        del future, inner, outer
        await turns()
        assert [ref() for ref in left] == [None] * 3

    async def test_done_callbacks_and_what_they_refer_to(self, api):
        value = Value()
        task = api.create_task(returns_later(None))
        task.add_done_callback(lambda task, value=value: None)
        left = [weakref.ref(task), weakref.ref(value)]
        await task
        del task, value
        await turns(2)
        assert [ref() for ref in left] == [None, None]

    async def test_a_long_lived_future_does_not_keep_who_raced_it(self, api):
        future = asyncio.get_running_loop().create_future()
        left = []
        for _ in range(3):
            task = api.create_task(waits_for(asyncio.shield(future)))
            left.append(weakref.ref(task))
            await turns()
            task.cancel()
            await outcome(task)
            del task
        await turns()
        assert [ref() for ref in left] == [None] * 3


@pytest.mark.asyncio_since(3, 14)
class TestGroups:
    async def test_a_group_and_its_children(self, api):
        left = []

        async def main():
            async with api.TaskGroup() as group:
                left.append(weakref.ref(group))
                for coro in (returns_new(), returns_new_later()):
                    left.append(weakref.ref(group.create_task(coro)))

        await main()
        await turns()
        assert [ref() for ref in left] == [None] * 3

    @pytest.mark.eager
    @pytest.mark.parametrize("coro", [fails, fails_later])
    async def test_a_group_whose_child_failed(self, api, coro):
        left = []

        async def main():
            try:
                async with api.TaskGroup() as group:
                    left.append(weakref.ref(group.create_task(forever())))
                    left.append(weakref.ref(group.create_task(coro())))
                    await forever()
            except* Error as errors:
                left.append(weakref.ref(errors))
                left.append(weakref.ref(errors.exceptions[0]))

        await main()
        await turns()
        assert [ref() for ref in left] == [None] * 4

    async def test_a_group_whose_body_failed(self, api):
        left = []

        async def main():
            try:
                async with api.TaskGroup() as group:
                    left.append(weakref.ref(group.create_task(forever())))
                    raise Error
            except* Error as errors:
                left.append(weakref.ref(errors))
                left.append(weakref.ref(errors.exceptions[0]))

        await main()
        await turns()
        assert [ref() for ref in left] == [None] * 3

    async def test_a_group_that_was_cancelled_from_outside(self, api):
        left = []

        async def main():
            async with api.TaskGroup() as group:
                left.append(weakref.ref(group.create_task(forever())))

        task = api.create_task(main())
        left.append(weakref.ref(task))
        await turns(2)
        task.cancel()
        await outcome(task)
        del task
        await turns()
        assert [ref() for ref in left] == [None] * 2

    @pytest.mark.parametrize("kind", [asyncio.CancelledError, KeyboardInterrupt])
    async def test_an_error_that_passes_through_a_group(self, api, kind):
        class Passes(kind):
            """To be referred to weakly."""

        left = []

        async def main():
            try:
                async with api.TaskGroup():
                    raise Passes
            except Passes as error:
                left.append(weakref.ref(error))

        await main()
        assert [ref() for ref in left] == [None]

    @pytest.mark.asyncio_since(3, 15)
    async def test_a_group_that_was_cancelled(self, api):
        left = []

        async def main():
            async with api.TaskGroup() as group:
                left.append(weakref.ref(group.create_task(forever())))
                group.cancel()
                await forever()

        await main()
        await turns()
        assert [ref() for ref in left] == [None]


class TestGather:
    @pytest.mark.parametrize("coros", [[returns_new], [returns_new_later, returns_new]])
    async def test_the_future_its_children_and_results(self, api, coros):
        gathered = api.gather(*(coro() for coro in coros))
        results = await gathered
        left = [weakref.ref(gathered), *map(weakref.ref, results)]
        del gathered, results
        await turns()
        assert [ref() for ref in left] == [None] * len(left)

    @pytest.mark.asyncio_since(3, 14)
    @pytest.mark.parametrize("coro", [fails, fails_later])
    async def test_a_future_that_failed(self, api, coro):
        other = api.create_task(forever())
        gathered = api.gather(coro(), other)
        error = await outcome(gathered)
        assert isinstance(error, Error)
        left = [weakref.ref(gathered), weakref.ref(error), weakref.ref(other)]
        other.cancel()
        await outcome(other)
        del gathered, error, other
        await turns()
        assert [ref() for ref in left] == [None] * 3

    async def test_a_future_that_was_cancelled(self, api):
        tasks = [api.create_task(forever()) for _ in range(2)]
        gathered = api.gather(*tasks)
        await turns()
        gathered.cancel()
        await outcome(gathered)
        left = [weakref.ref(gathered), *map(weakref.ref, tasks)]
        del gathered, tasks
        await turns()
        assert [ref() for ref in left] == [None] * 3


class TestLoops:
    def test_a_loop_that_is_closed_leaves_nothing(self, api, loop_factory):
        left = []
        for _ in range(50):
            with loop_of(loop_factory) as (loop, _):
                task = api.Task(returns_later("value"), loop=loop)
                loop.run_until_complete(task)
                left += [weakref.ref(task), weakref.ref(loop)]
            del loop, task
        gc.collect()
        assert [ref() for ref in left if ref() is not None] == []

    def test_a_loop_that_is_closed_is_in_no_cycle(self, api, loop_factory):
        with loop_of(loop_factory) as (loop, _):
            loop.run_until_complete(api.Task(returns_later("value"), loop=loop))
        left = weakref.ref(loop)
        del loop
        assert left() is None

    def test_nor_do_its_pending_tasks(self, api, loop_factory):
        left = []
        for _ in range(50):
            with loop_of(loop_factory) as (loop, _):
                for _ in range(3):
                    task = api.Task(forever(), loop=loop)
                    task._log_destroy_pending = False
                    left.append(weakref.ref(task))
                turn(loop, 2)
                left.append(weakref.ref(loop))
            del loop, task
        gc.collect()
        assert [ref() for ref in left if ref() is not None] == []

    def test_runners_leave_nothing_in_asyncios_books(self, api):
        for _ in range(20):
            api.run(returns_later("value"))
        gc.collect()
        names = ("_all_tasks", "_scheduled_tasks", "_eager_tasks", "_current_tasks")
        books = [getattr(asyncio.tasks, name, ()) for name in names]
        assert [len(book) for book in books] == [0] * 4


async def test_thousands_of_tasks_of_every_ending_leave_nothing():
    async def round_():
        async with eagerly.TaskGroup() as group:
            group.create_task(returns_new())
            group.create_task(returns_new_later())
            group.create_task(forever()).cancel()
            group.create_task(is_cancelled_later())
            group.create_task(returns_later(None), eager_start=False)
        await eagerly.gather(fails(), fails_later(), return_exceptions=True)

    async def rounds(n):
        for _ in range(n):
            await round_()
        gc.collect()
        return sys.getallocatedblocks()

    before = await rounds(200)
    after = await rounds(1000)
    assert after - before < 1000


class TestReusedMemory:
    """A task may get the memory of one that is gone, but nothing else of it."""

    @staticmethod
    async def fails_cancelled():
        task = asyncio.current_task()  # a cycle: the task, its error, this frame
        task.cancel()
        raise Error

    async def test_of_one_that_the_collector_freed(self, api, reports):
        for _ in range(100):
            api.create_task(self.fails_cancelled())
        await turns(3)
        gc.collect()
        assert len(reports) == 100
        reports.clear()

        for _ in range(100):
            assert await api.create_task(returns_later("value")) == "value"
            assert await api.Task(returns_later("value")) == "value"
        for _ in range(100):
            api.create_task(fails_later())
        await turns(3)
        gc.collect()
        assert len(reports) == 100

    async def test_of_one_that_returned_in_its_first_step(self, api, reports):
        for _ in range(100):
            task = api.create_task(returns_new(), name="gone")
            task.add_done_callback(print)
            task.remove_done_callback(print)
            await task
            del task
        for _ in range(100):
            task = api.create_task(returns_new_later())
            assert task.get_name() != "gone"
            assert not task.done()
            assert not task.cancelling()
            assert not task._callbacks
            task.cancel()
            del task
        await turns(3)
        gc.collect()
        assert reports == []
