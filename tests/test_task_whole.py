"""The whole of asyncio's Task: ours has all of it, and none of it is that of the empty base."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import logging
import pickle
import types
import warnings
import weakref

import pytest
from helpers import fails_later, forever, loop_of, outcome, python, returns_later, turn, turns

import eagerly

# What ours inherits from the C asyncio.Task: nothing that reads those fields which are empty.
INHERITED = {
    "__class_getitem__",  # Task[int]
    "__new__",  # interpreted
    "_asyncio_awaited_by",  # from 3.14: of the base, which the registry fills
    *("_cancel_message", "_coro", "_fut_waiter"),  # natively: base.pxd
}


def test_no_method_attribute_or_slot_is_that_of_the_empty_base():
    bases = asyncio.Task.__mro__[:-1]
    theirs = {name for base in bases for name in vars(base)}

    def owner(name):
        return next(kind for kind in eagerly.Task.__mro__ if name in vars(kind))

    assert {name for name in theirs if owner(name) in bases} <= INHERITED
    assert {"cancel", "_log_traceback", "__await__", "__del__", "_state"} <= theirs


async def a_task(api, state):
    """A task of *api* that is in *state*."""
    if state == "new":
        return api.Task(forever())
    coro = {"returned": returns_later, "failed": fails_later}.get(state)
    task = api.Task(forever() if coro is None else coro(ValueError("why")), name=state)
    await turns(3)
    if state in ("cancelling", "cancelled"):
        task.cancel("message")
    if state == "cancelled":
        await asyncio.wait([task])
    return task


STATES = ("new", "waiting", "cancelling", "returned", "failed", "cancelled")
every_state = pytest.mark.parametrize("state", STATES)


def quiet(task):
    task._log_destroy_pending = False
    task._log_traceback = False


class TestCalls:
    """What can be called how: positional, by keyword, or not at all."""

    @pytest.mark.parametrize(
        ("method", "arguments", "keywords"),
        [
            ("cancel", (), {}),
            ("cancel", ("message",), {}),
            ("cancel", (), {"msg": "message"}),
            ("add_done_callback", (print,), {}),
            ("add_done_callback", (print,), {"context": None}),
            ("remove_done_callback", (print,), {}),
            ("get_stack", (), {"limit": 1}),
            ("get_stack", (), {"limit": None}),
            ("print_stack", (), {"limit": 1, "file": None}),
            ("set_name", (7,), {}),
            ("cancelling", (), {}),
            ("uncancel", (), {}),
            ("__class_getitem__", (int,), {}),
            ("_make_cancelled_error", (), {}),
        ],
    )
    @every_state
    async def test_accepted(self, api, method, arguments, keywords, state):
        task = await a_task(api, state)
        getattr(task, method)(*arguments, **keywords)
        task.remove_done_callback(print)
        quiet(task)

    @pytest.mark.parametrize(
        ("method", "arguments", "keywords"),
        [
            ("cancel", (1, 2), {}),
            ("cancel", (), {"message": 1}),
            ("cancelled", (1,), {}),
            ("cancelling", (1,), {}),
            ("uncancel", (1,), {}),
            ("done", (1,), {}),
            ("result", (1,), {}),
            ("exception", (1,), {}),
            ("add_done_callback", (), {}),
            ("add_done_callback", (), {"fn": print}),
            ("add_done_callback", (print, None), {}),
            ("remove_done_callback", (), {}),
            ("remove_done_callback", (), {"fn": print}),
            ("get_coro", (1,), {}),
            ("get_loop", (1,), {}),
            ("get_name", (1,), {}),
            ("get_stack", (1,), {}),
            ("print_stack", (1,), {}),
            ("set_name", (), {}),
            ("set_name", (), {"value": 1}),
            ("set_result", (), {"result": 1}),
            ("set_exception", (), {"exception": ValueError()}),
            ("__init__", (), {}),
        ],
    )
    async def test_refused(self, api, method, arguments, keywords):
        task = api.create_task(forever())
        with pytest.raises(TypeError):
            getattr(task, method)(*arguments, **keywords)
        assert task._callbacks in (None, [])

    @every_state
    async def test_a_tasks_outcome_cannot_be_set(self, api, state):
        task = await a_task(api, state)
        with pytest.raises(RuntimeError, match="Task does not support set_result operation"):
            task.set_result(1)
        with pytest.raises(RuntimeError, match="Task does not support set_exception operation"):
            task.set_exception(ValueError())
        quiet(task)

    @pytest.mark.parametrize("state", ["new", "waiting", "cancelling"])
    async def test_a_pending_task_has_no_outcome(self, api, state):
        task = await a_task(api, state)
        with pytest.raises(asyncio.InvalidStateError, match=r"^Result is not set\.$"):
            task.result()
        with pytest.raises(asyncio.InvalidStateError, match=r"^Exception is not set\.$"):
            task.exception()

    def test_each_method_says_what_it_does(self):
        public = {name for name in dir(asyncio.Task) if not name.startswith("_")}
        assert [name for name in public if not getattr(eagerly.Task, name).__doc__] == []

    def test_each_method_says_how_it_is_called(self):
        for name, theirs in inspect.getmembers(asyncio.tasks._PyTask, inspect.isfunction):
            if name.startswith("_"):
                continue
            ours = inspect.signature(getattr(eagerly.Task, name)).parameters
            assert list(ours) == list(inspect.signature(theirs).parameters), name


class TestNoSecondTask:
    """A task drives its coroutine alone: there are no copies."""

    @pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps])
    @every_state
    async def test_it_cannot_be_copied_or_pickled(self, api, how, state):
        task = await a_task(api, state)
        with pytest.raises(TypeError, match="cannot pickle"):
            how(task)
        quiet(task)

    async def test_it_has_no_order_and_is_always_true(self, api):
        task = api.create_task(forever())
        with pytest.raises(TypeError):
            task < task  # noqa: B015
        assert task


class TestNames:
    @every_state
    async def test_set_name_none_changes_nothing_and_asyncios_name_is_then_none(self, api, state):
        task = await a_task(api, state)
        before = task.get_name()
        task.set_name(None)
        assert task.get_name() == ("None" if api is asyncio else before)
        quiet(task)

    async def test_a_name_of_a_subclass_of_str(self, api):
        class Name(str):
            __slots__ = ()

        task = api.create_task(forever(), name="first")
        task.set_name(Name("second"))
        assert type(task.get_name()) in (str, Name)
        assert task.get_name() == "second"


class TestAwaiting:
    """The iterator that `await` drives."""

    async def test_its_iterator_yields_the_task_and_then_returns_the_result(self, api):
        task = api.create_task(returns_later("value"))
        for make in (iter, type(task).__await__):
            steps = make(task)
            assert next(steps) is task
            assert task._asyncio_future_blocking
            task._asyncio_future_blocking = False
        await task
        with pytest.raises(StopIteration) as end:
            steps.send(None)
        assert end.value.value == "value"

    async def test_who_resumes_it_too_early_waits_again(self, api):
        task = api.create_task(forever())
        steps = task.__await__()
        for _ in range(3):
            assert next(steps) is task
            task._asyncio_future_blocking = False

    async def test_who_ignores_that_it_blocks_gets_a_runtime_error(self, api):
        task = api.create_task(forever())
        steps = task.__await__()
        next(steps)
        with pytest.raises(RuntimeError, match="await wasn't used with future"):
            next(steps)

    async def test_an_error_can_be_thrown_into_it(self, api):
        task = api.create_task(forever())
        steps = task.__await__()
        next(steps)
        task._asyncio_future_blocking = False
        with pytest.raises(ValueError, match="thrown"):
            steps.throw(ValueError("thrown"))
        assert not task.done()


class TestSubclasses:
    async def test_with_slots_and_a_parameter(self, api):
        class Slotted(api.Task[int]):
            __slots__ = ("mine",)

        task = Slotted(returns_later("value"))
        task.mine = 1
        assert await task == "value"
        assert (task.mine, isinstance(task, api.Task)) == (1, True)

    async def test_with_a_mixin_before_it(self, api):
        class Mixin:
            def __init__(self, *args, **kwargs):
                self.args = args
                super().__init__(*args, **kwargs)

        class Mixed(Mixin, api.Task):
            pass

        coro = returns_later("value")
        task = Mixed(coro)
        assert task.args == (coro,)
        assert await task == "value"

    async def test_its_finalizer_runs_once_and_may_call_ours(self, api, reports):
        class Mine(api.Task):
            def __del__(self):
                log.append(self.get_name())
                super().__del__()

        log = []
        task = Mine(fails_later(ValueError()), name="mine")
        await turns(4)
        del task
        gc.collect()
        assert log == ["mine"]
        (report,) = reports
        assert report["message"] == "Mine exception was never retrieved"

    @pytest.mark.parametrize("waiter", [asyncio, eagerly])
    async def test_who_awaits_it_goes_through_what_it_overrides(self, api, waiter):
        class Mine(api.Task):
            def add_done_callback(self, callback, *, context=None):
                log.append("add_done_callback")
                super().add_done_callback(callback, context=context)

            def result(self):
                log.append("result")
                return super().result()

            def cancel(self, msg=None):
                log.append("cancel")
                return super().cancel(msg)

        async def waits():
            return await task

        log = []
        task = Mine(forever())
        awaiting = waiter.Task(waits())
        await turns(2)
        assert log == ["add_done_callback"]
        awaiting.cancel()
        await asyncio.wait([awaiting])
        assert log[:2] == ["add_done_callback", "cancel"]
        assert "result" in log

    async def test_it_may_replace_what_it_says_of_itself(self, api):
        class Mine(api.Task):
            def __repr__(self):
                return "mine!"

            def get_name(self):
                return "a name"

        task = Mine(forever())
        assert repr(task) == "mine!"
        await turns()
        assert any(other.get_name() == "a name" for other in asyncio.all_tasks())

    async def test_methods_assigned_to_one_task_are_the_ones_that_are_called(self, api):
        task = api.create_task(returns_later("value", 2))
        calls = []
        for name in ("cancelling", "uncancel"):
            setattr(task, name, types.MethodType(lambda self, name=name: calls.append(name), task))
        task.cancelling()
        task.uncancel()
        assert calls == ["cancelling", "uncancel"]
        assert await task == "value"
        del task.uncancel
        assert task.uncancel() == 0


class TestUnderTheTable:
    """Attributes that libraries read and set, in every state of a task."""

    @every_state
    async def test_what_they_say(self, api, state):
        task = await a_task(api, state)
        ended = {"returned": "FINISHED", "failed": "FINISHED", "cancelled": "CANCELLED"}
        assert task._state == ended.get(state, "PENDING")
        assert task._loop is asyncio.get_running_loop()
        assert asyncio.iscoroutine(task._coro)
        assert task._coro is task.get_coro()
        assert task._source_traceback is None
        assert task._must_cancel is False
        assert (task._fut_waiter is not None) == (state in ("waiting", "cancelling"))
        assert task._log_destroy_pending is True
        assert task._log_traceback == (state == "failed")
        assert repr(task._exception) == ("ValueError('why')" if state == "failed" else "None")
        assert repr(task._result) == ("ValueError('why')" if state == "returned" else "None")
        quiet(task)

    async def test_must_cancel_of_a_task_that_was_cancelled_before_its_first_step(self, api):
        task = api.Task(forever())
        task.cancel("message")
        assert task._must_cancel is True
        assert task._cancel_message == "message"
        assert task._make_cancelled_error().args == ("message",)

    async def test_the_cancel_message_can_be_set(self, api):
        task = api.Task(forever())
        task.cancel("first")
        task._cancel_message = "second"
        assert (await outcome(task)).args == ("second",)

    async def test_log_traceback_can_be_set_to_false_only(self, api):
        task = api.create_task(fails_later(ValueError()))
        await turns(3)
        with pytest.raises(ValueError, match="_log_traceback can only be set to False"):
            task._log_traceback = True
        task._log_traceback = False
        del task
        gc.collect()  # and nothing is reported

    @pytest.mark.parametrize("name", ["_num_cancels_requested", "priority"])
    async def test_an_attribute_that_asyncios_has_not_is_the_programs(self, api, name):
        task = api.create_task(forever())
        assert not hasattr(task, name)
        setattr(task, name, 3)
        assert getattr(task, name) == 3

    def test_a_weak_reference_calls_back_when_the_task_is_gone(self, api, without_gc):
        with loop_of() as (loop, _):
            task = api.Task(returns_later(1), loop=loop)
            gone = []
            reference = weakref.ref(task, gone.append)
            loop.run_until_complete(task)
            assert reference() is task
            del task
            turn(loop)
            assert gone == [reference]


class TestReports:
    """The loop's exception handler is called once for each accident, with asyncio's keys."""

    @staticmethod
    def source(debug):
        return {"source_traceback"} if debug else set()

    @pytest.mark.parametrize("debug", [False, True])
    async def test_an_error_that_nobody_retrieved(self, api, reports, debug):
        asyncio.get_running_loop().set_debug(debug)
        task = api.Task(fails_later(ValueError("why")))
        await turns(4)
        del task
        gc.collect()
        (report,) = reports
        assert set(report) == {"message", "exception", "future"} | self.source(debug)
        assert report["message"] == "Task exception was never retrieved"
        assert isinstance(report["future"], api.Task)

    @pytest.mark.parametrize("debug", [False, True])
    def test_a_task_that_is_destroyed_pending(self, api, loop_factory, debug):
        with loop_of(loop_factory) as (loop, reports):
            loop.set_debug(debug)
            api.Task(forever(), loop=loop)
            turn(loop, 2)
        del loop
        gc.collect()
        (report,) = reports
        assert set(report) == {"message", "task"} | self.source(debug)
        assert report["message"] == "Task was destroyed but it is pending!"

    @pytest.mark.parametrize("debug", [False, True])
    async def test_an_error_in_a_done_callback(self, api, reports, debug):
        def fails(task):
            raise ValueError("callback")

        asyncio.get_running_loop().set_debug(debug)
        task = api.Task(returns_later(1))
        task.add_done_callback(fails)
        await task
        await turns()
        (report,) = reports
        assert set(report) == {"message", "exception", "handle"} | self.source(debug)
        assert report["message"].startswith("Exception in callback")


class TestDebugMode:
    async def test_repr_says_where_the_task_was_made(self, api):
        asyncio.get_running_loop().set_debug(True)
        task = api.Task(forever())
        line = inspect.currentframe().f_lineno - 1
        assert f"created at {__file__}:{line}" in repr(task)

    @pytest.mark.parametrize("eager_start", [False, True])
    async def test_a_slow_step_is_logged_with_its_task(self, api, eager_start, caplog):
        async def slow():
            await turns()

        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        before, loop.slow_callback_duration = loop.slow_callback_duration, 0
        with caplog.at_level(logging.WARNING, "asyncio"):
            await api.Task(slow(), name="slow one")
        loop.slow_callback_duration = before
        assert any("slow one" in line and "took" in line for line in caplog.messages)

    def test_the_environment_turns_it_on(self, api, tmp_path):
        program = tmp_path / "program.py"
        program.write_text(LOST.format(api=api.__name__))
        finished = python(program, PYTHONASYNCIODEBUG="1")
        assert "Task exception was never retrieved" in finished.stderr
        assert "Object created at (most recent call last):" in finished.stderr
        assert f'{program}", line 8, in main' in finished.stderr.split("Traceback")[0]

    async def test_a_coroutine_says_where_it_was_made(self, api):
        asyncio.get_running_loop().set_debug(True)
        await turns()
        coro = forever()
        task = api.create_task(coro)
        await turns()
        assert task.get_coro().cr_origin is not None


LOST = """
import asyncio, {api}

async def fails():
    raise ValueError("lost")

async def main():
    task = {api}.Task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

asyncio.run(main())
"""


def test_a_coroutine_that_becomes_no_task_is_not_awaited_by_anybody(api):
    coro = forever()
    with pytest.raises(RuntimeError, match="no running event loop"):
        api.create_task(coro)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        del coro
        gc.collect()
    assert len(warned) == 1
