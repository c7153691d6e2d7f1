"""current_task and all_tasks: who runs, and who exists."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading

import pytest
from helpers import fails, forever, loop_of, nothing, outcome, returns_later, turn, turns, waits_for

import eagerly

pytestmark = pytest.mark.usefixtures("loop_factory")


async def current(api):
    return api.current_task()


class TestCurrentTask:
    async def test_it_is_the_task_that_runs(self, api):
        task = api.create_task(current(api))
        assert await task is task
        task = api.Task(current(api))
        assert await task is task

    async def test_it_is_the_same_whoever_is_asked(self, api):
        async def child():
            await turns()
            return asyncio.current_task(), eagerly.current_task(), api.current_task()

        task = api.create_task(child())
        assert set(await task) == {task}

    async def test_it_is_asked_of_a_loop_too(self, api):
        loop = asyncio.get_running_loop()
        assert api.current_task(loop) is api.current_task()
        assert api.current_task(loop=loop) is api.current_task(None)

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork()")
    @pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
    async def test_in_a_forked_process_no_loop_runs(self, api):
        assert api.current_task() is not None
        process = os.fork()
        if process == 0:
            try:
                api.current_task()
            except RuntimeError:
                os._exit(3)
            finally:
                os._exit(4)
        _, status = os.waitpid(process, 0)
        assert os.waitstatus_to_exitcode(status) == 3

    async def test_it_is_none_between_the_steps_of_tasks(self, api):
        seen = []

        class Says:
            def __del__(self):
                seen.append(api.current_task())

        async def returns():
            await asyncio.sleep(0)
            return Says()  # and is freed with its task, before the next one steps

        for _ in range(3):
            api.create_task(returns())
        await turns(4)
        gc.collect()
        assert seen == [None] * 3

    async def test_it_is_none_in_a_callback(self, api):
        seen = []
        asyncio.get_running_loop().call_soon(lambda: seen.append(api.current_task()))
        api.Task(nothing())
        asyncio.get_running_loop().call_soon(lambda: seen.append(api.current_task()))
        await turns()
        assert seen == [None, None]

    async def test_it_is_none_in_a_done_callback(self, api):
        seen = []
        task = api.create_task(returns_later(None))
        task.add_done_callback(lambda task: seen.append(api.current_task()))
        await turns(4)
        assert seen == [None]

    async def test_it_is_right_again_after_every_kind_of_step(self, api):
        creator = api.current_task()
        for coro in (nothing(), turns(2), fails(ValueError()), fails(asyncio.CancelledError())):
            task = api.create_task(coro)
            assert api.current_task() is creator
            await outcome(task)
            assert api.current_task() is creator

    def test_without_a_running_loop_it_is_an_error(self, api, loop_factory):
        with pytest.raises(RuntimeError, match="no running event loop"):
            api.current_task()
        with loop_of(loop_factory) as (loop, _):
            assert api.current_task(loop) is None

    async def test_a_thread_has_none(self, api):
        async def main():
            return api.current_task()

        seen = []
        thread = threading.Thread(target=lambda: seen.append(api.run(main())))
        thread.start()
        thread.join()
        assert seen[0] is not None
        assert seen[0] is not api.current_task()

    @pytest.mark.eager
    async def test_in_an_eager_step_it_is_the_child_and_then_the_creator_again(self, api):
        creator = api.current_task()
        seen = []

        async def grandchild():
            seen.append(asyncio.current_task())

        async def child():
            seen.append(asyncio.current_task())
            inner.append(api.create_task(grandchild()))
            seen.append(asyncio.current_task())
            await turns()
            seen.append(asyncio.current_task())

        inner = []
        task = api.create_task(child())
        assert asyncio.current_task() is creator
        assert api.current_task() is creator
        await task
        assert seen == [task, inner[0], task, task]

    @pytest.mark.eager
    async def test_an_eager_task_made_in_a_callback_leaves_none_behind(self, api):
        seen = []

        def callback():
            seen.append(api.current_task())
            tasks.append(api.create_task(current(api)))
            seen.append(api.current_task())

        tasks = []
        asyncio.get_running_loop().call_soon(callback)
        await turns()
        assert seen == [None, None]
        assert tasks[0].result() is tasks[0]

    @pytest.mark.eager
    async def test_a_timeout_in_an_eager_step_is_the_childs(self, api):
        async def child():
            async with asyncio.timeout(0):
                await forever()

        task = api.create_task(child())
        assert isinstance(await outcome(task), TimeoutError)
        assert asyncio.current_task().cancelling() == 0

    @pytest.mark.eager
    async def test_a_group_in_an_eager_step_is_the_childs(self, api):
        async def child():
            async with api.TaskGroup() as group:
                group.create_task(fails(ValueError()))
                await forever()

        task = api.create_task(child())
        assert isinstance(await outcome(task), ExceptionGroup)
        assert asyncio.current_task().cancelling() == 0


class TestAllTasks:
    async def test_they_are_those_that_have_not_ended(self, api):
        main = api.current_task()
        assert api.all_tasks() == {main}
        waiting = api.create_task(forever())
        ready = api.Task(nothing())
        assert api.all_tasks() == {main, waiting, ready}
        await ready
        assert api.all_tasks() == {main, waiting}
        waiting.cancel()
        await outcome(waiting)
        assert api.all_tasks() == {main}

    @pytest.mark.parametrize("do", ["_register_task", "_unregister_task"])
    async def test_asyncios_functions_for_libraries_may_be_called_at_any_time(self, api, do):
        main = api.current_task()
        waiting = []

        async def does_it():
            getattr(asyncio.tasks, do)(api.current_task())
            waiting.append(api.create_task(forever()))
            await turns()
            assert {main, *waiting} <= api.all_tasks()
            getattr(asyncio.tasks, do)(api.current_task())

        await api.create_task(does_it())
        assert api.all_tasks() == {main, *waiting}

    async def test_everybody_sees_everybody(self, api):
        tasks = {
            asyncio.current_task(),
            asyncio.Task(forever()),
            eagerly.Task(forever()),
            api.create_task(forever()),
        }
        assert asyncio.all_tasks() == tasks
        assert eagerly.all_tasks() == tasks
        await turns()
        assert asyncio.all_tasks() == tasks
        assert eagerly.all_tasks() == tasks

    async def test_it_is_asked_of_a_loop_too(self, api):
        loop = asyncio.get_running_loop()
        assert api.all_tasks(loop) == api.all_tasks() == api.all_tasks(None)
        with loop_of() as (other, _):
            assert api.all_tasks(other) == set()

    def test_without_a_running_loop_it_is_an_error(self, api, loop_factory):
        with pytest.raises(RuntimeError, match="no running event loop"):
            api.all_tasks()
        with loop_of(loop_factory) as (loop, _):
            task = api.Task(waits_for(asyncio.sleep(0)), loop=loop)
            assert api.all_tasks(loop) == {task}
            turn(loop, 3)
            assert api.all_tasks(loop) == set()

    @pytest.mark.eager
    async def test_in_an_eager_step_the_child_and_its_creators_are_there(self, api):
        main = api.current_task()
        seen = []

        async def grandchild():
            seen.append((asyncio.all_tasks(), asyncio.current_task()))

        async def child():
            api.create_task(grandchild())
            seen.append((asyncio.all_tasks(), asyncio.current_task()))
            await turns()

        task = api.create_task(child())
        (inner, inner_task), (outer, outer_task) = seen
        assert inner == {main, task, inner_task}
        assert outer == {main, outer_task}
        assert outer_task is task
        assert api.all_tasks() == {main, task}
        await task
        assert api.all_tasks() == {main}

    @pytest.mark.eager
    async def test_another_thread_sees_a_child_in_its_eager_step(self, api):
        loop = asyncio.get_running_loop()

        async def child():
            def asks():
                seen.append(asyncio.all_tasks(loop))

            seen = []
            thread = threading.Thread(target=asks)
            thread.start()
            thread.join()
            return asyncio.current_task() in seen[0]

        assert await api.create_task(child())

    @pytest.mark.eager
    async def test_children_that_failed_in_their_first_step_are_gone(self, api):
        tasks = [api.create_task(fails(ValueError())) for _ in range(3)]
        assert api.all_tasks() == {api.current_task()}
        await asyncio.wait(tasks)
        assert all(isinstance(task.exception(), ValueError) for task in tasks)

    async def test_it_survives_many_tasks_and_a_collection(self, api):
        tasks = [api.create_task(forever()) for _ in range(200)]
        gc.collect()
        assert len(api.all_tasks()) == 201
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert len(api.all_tasks()) == 1


@pytest.mark.skipif(sys.version_info < (3, 14), reason="no await graph before Python 3.14")
class TestTheAwaitGraph:
    @pytest.mark.asyncio_never("cpython#157299: only when the child has suspended")
    @pytest.mark.parametrize("how", ["gather", "group"])
    async def test_who_awaits_a_child_is_known_from_its_first_step_on(self, api, how):
        async def child():
            seen.append(asyncio.capture_call_graph().awaited_by)
            await turns()
            seen.append(asyncio.capture_call_graph().awaited_by)

        seen = []
        if how == "gather":
            await api.gather(child())
        else:
            async with api.TaskGroup() as group:
                group.create_task(child())
        assert [[graph.future for graph in graphs] for graphs in seen] == [
            [asyncio.current_task()],
            [asyncio.current_task()],
        ]

    @pytest.mark.eager
    async def test_several_may_await_a_task_in_its_first_step(self, api):
        async def child():
            me = asyncio.current_task()
            waiters.extend(loop.create_task(waits_for(me)) for _ in range(2))
            await turns()

        loop = asyncio.get_running_loop()
        waiters = []
        task = loop.create_task(child())
        assert task._asyncio_awaited_by == set(waiters)
        waiters.append(loop.create_task(waits_for(task)))
        assert task._asyncio_awaited_by == set(waiters)
        await task

    async def test_who_has_ended_is_awaited_by_nobody(self, api):
        async with api.TaskGroup() as group:
            tasks = [group.create_task(nothing()), group.create_task(turns())]
        assert not any(task._asyncio_awaited_by for task in tasks)
