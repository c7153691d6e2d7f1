"""A task from birth to end: what it returns, who hears of it, and what can be read on it."""

from __future__ import annotations

import asyncio
import collections.abc
import contextvars
import copy
import gc
import pickle
import re
import sys
import traceback
import types
import weakref
from contextvars import ContextVar

import pytest
from helpers import (
    Suspicious,
    fails,
    fails_later,
    forever,
    loop_of,
    nothing,
    outcome,
    returns,
    returns_later,
    turn,
    turns,
    waits_for,
)

import eagerly

pytestmark = pytest.mark.usefixtures("loop_factory")

colour: ContextVar[str] = ContextVar("colour", default="none")


class TestOutcome:
    async def test_awaiting_a_task_gives_what_its_coroutine_returns(self, api):
        assert await api.create_task(returns("value")) == "value"

    async def test_awaiting_a_task_raises_what_its_coroutine_raises(self, api):
        error = ValueError("of the coroutine")

        with pytest.raises(ValueError) as caught:
            await api.create_task(fails(error))

        assert caught.value is error

    async def test_a_task_has_no_outcome_before_it_ends(self, api):
        task = api.create_task(returns_later("value"))

        assert not task.done()
        assert not task.cancelled()
        with pytest.raises(asyncio.InvalidStateError, match=r"Result is not (ready|set)"):
            task.result()
        with pytest.raises(asyncio.InvalidStateError, match="Exception is not set"):
            task.exception()
        await task

    async def test_a_task_that_returned_has_a_result_and_no_exception(self, api):
        task = api.create_task(returns_later("value"))
        await task

        assert task.done()
        assert not task.cancelled()
        assert task.result() == "value"
        assert task.exception() is None

    async def test_a_task_that_raised_has_an_exception_and_no_result(self, api):
        error = ValueError()
        task = api.create_task(fails_later(error))
        await turns(3)

        assert task.done()
        assert not task.cancelled()
        assert task.exception() is error
        with pytest.raises(ValueError):
            task.result()

    async def test_a_task_that_was_cancelled_raises_it_from_both(self, api):
        task = api.create_task(forever())
        task.cancel()
        await turns(2)

        assert task.done()
        assert task.cancelled()
        with pytest.raises(asyncio.CancelledError):
            task.result()
        with pytest.raises(asyncio.CancelledError):
            task.exception()

    async def test_any_value_may_be_returned(self, api):
        for value in (None, False, (), StopIteration(1), ValueError(2)):
            assert await api.create_task(returns(value)) is value
            assert await api.create_task(returns_later(value)) is value

    async def test_a_task_can_be_awaited_often_and_by_many(self, api):
        task = api.create_task(returns_later("value"))
        waiters = [api.create_task(waits_for(task)) for _ in range(3)]

        assert await task == "value"
        assert [await waiter for waiter in waiters] == ["value"] * 3
        assert await task == "value"

    async def test_the_traceback_does_not_grow_with_everyone_who_awaits(self, api):
        task = api.create_task(fails_later(ValueError()))

        lengths = []
        for _ in range(4):
            error = await outcome(task)
            lengths.append(len(traceback.extract_tb(error.__traceback__)))

        assert lengths[1:] == lengths[1:2] * 3

    async def test_the_traceback_tells_where_the_coroutine_failed(self, api):
        error = await outcome(api.create_task(fails_later(ValueError())))

        assert traceback.extract_tb(error.__traceback__)[-1].name == "fails_later"

    async def test_only_the_coroutine_decides_the_outcome(self, api):
        task = api.create_task(returns_later("its own"))

        with pytest.raises(RuntimeError, match="does not support set_result"):
            task.set_result("mine")
        with pytest.raises(RuntimeError, match="does not support set_exception"):
            task.set_exception(ValueError())
        assert await task == "its own"

    async def test_a_base_exception_other_than_the_two_is_an_outcome(self, api):
        class Unusual(BaseException):
            pass

        assert type(await outcome(api.create_task(fails(Unusual())))) is Unusual
        assert type(await outcome(api.create_task(fails_later(Unusual())))) is Unusual

    async def test_a_coroutine_made_by_types_coroutine_can_be_awaited_in_a_task(self, api):
        @types.coroutine
        def old():
            yield
            return "value"

        assert await api.create_task(waits_for(old())) == "value"

    async def test_a_coroutine_that_is_not_a_native_one_works(self, api):
        class Coroutine:
            """What Cython, greenlet and tracing libraries make."""

            def __init__(self):
                self.left = 2

            def send(self, value):
                self.left -= 1
                if not self.left:
                    raise StopIteration("value")

            def throw(self, *error):
                raise error[0]

            def close(self):
                pass

            def __await__(self):
                return self

        collections.abc.Coroutine.register(Coroutine)
        assert await api.create_task(Coroutine()) == "value"


class TestDoneCallbacks:
    async def test_it_is_called_with_the_task_at_the_turn_after_its_end(self, api):
        log = []
        loop = asyncio.get_running_loop()
        gate = loop.create_future()
        task = api.create_task(waits_for(gate))
        task.add_done_callback(log.append)
        await turns()
        gate.set_result(None)

        await turns()
        assert task.done()
        assert log == []
        await turns()
        assert log == [task]

    async def test_it_is_called_at_the_next_turn_if_the_task_has_ended(self, api):
        log = []
        task = api.create_task(nothing())
        await task

        task.add_done_callback(log.append)
        assert log == []
        await turns()
        assert log == [task]

    async def test_they_are_called_in_order_and_as_often_as_they_were_added(self, api):
        log = []
        task = api.create_task(returns_later("value"))

        def second(task):
            log.append("second")

        task.add_done_callback(lambda task: log.append("first"))
        task.add_done_callback(second)
        task.add_done_callback(second)
        await turns(4)

        assert log == ["first", "second", "second"]

    async def test_a_removed_one_is_not_called(self, api):
        log = []
        task = api.create_task(returns_later("value"))
        for callback in (log.append, print, log.append):
            task.add_done_callback(callback)

        assert task.remove_done_callback(log.append) == 2
        assert task.remove_done_callback(log.append) == 0
        assert task.remove_done_callback(print) == 1
        await turns(4)

        assert log == []

    async def test_it_runs_in_a_copy_of_the_context_it_was_added_in(self, api):
        log = []
        task = api.create_task(returns_later("value"))
        colour.set("red")
        task.add_done_callback(lambda task: log.append(colour.get()))
        colour.set("blue")
        await turns(4)

        assert log == ["red"]

    async def test_it_runs_in_the_context_it_was_given(self, api):
        log = []
        context = contextvars.copy_context()
        context.run(colour.set, "green")
        task = api.create_task(returns_later("value"))
        task.add_done_callback(lambda task: log.append(colour.get()), context=context)
        await turns(4)

        assert log == ["green"]

    async def test_an_error_in_it_is_reported_and_the_others_are_called(self, api, reports):
        log = []
        error = ValueError("of the callback")

        def bad(task):
            raise error

        task = api.create_task(returns_later("value"))
        task.add_done_callback(bad)
        task.add_done_callback(log.append)
        await turns(4)

        assert log == [task]
        assert [report["exception"] for report in reports] == [error]

    async def test_who_awaits_and_who_calls_back_are_told_in_their_order(self, api):
        log = []

        async def awaits(task, word):
            await task
            log.append(word)

        task = api.create_task(returns_later("value", 3))
        first = api.create_task(awaits(task, "awaits first"))
        await turns()
        task.add_done_callback(lambda task: log.append("called back"))
        second = api.create_task(awaits(task, "awaits last"))
        await asyncio.wait([first, second])

        assert log == ["awaits first", "called back", "awaits last"]


class TestName:
    async def test_a_task_without_a_name_is_called_task_n(self, api):
        names = [api.create_task(forever()).get_name() for _ in range(3)]

        assert all(re.fullmatch(r"Task-\d+", name) for name in names)
        numbers = [int(name.removeprefix("Task-")) for name in names]
        assert numbers == sorted(set(numbers))

    async def test_a_name_is_a_string_whatever_was_given(self, api):
        task = api.create_task(forever(), name=1)
        assert task.get_name() == "1"
        task.set_name(("two", 2))
        assert task.get_name() == "('two', 2)"

    @pytest.mark.asyncio_since(3, 14)  # gh-128308
    @pytest.mark.eager
    async def test_the_first_step_knows_the_name(self, api):
        async def name():
            return asyncio.current_task().get_name()

        assert await api.create_task(name(), name="chosen") == "chosen"

    async def test_a_name_lives_as_long_as_the_task(self, api):
        task = api.create_task(returns_later(None), name="chosen")
        await task
        assert task.get_name() == "chosen"
        task.set_name("other")
        assert task.get_name() == "other"

    async def test_a_task_gets_another_name_while_asyncio_task_is_another_class(self, monkeypatch):
        task = eagerly.create_task(forever())
        monkeypatch.setattr(asyncio, "Task", eagerly.Task)
        task.set_name("other")
        assert task.get_name() == "other"


class TestWhatItIs:
    async def test_it_is_a_task_and_a_future_of_asyncio(self, api):
        task = api.create_task(forever())

        assert isinstance(task, asyncio.Task)
        assert isinstance(task, asyncio.Future)
        assert isinstance(task, api.Task)
        assert asyncio.isfuture(task)
        assert asyncio.ensure_future(task) is task

    async def test_it_can_be_referred_to_weakly_hashed_and_given_attributes(self, api):
        task = api.create_task(forever())
        names = weakref.WeakKeyDictionary({task: "name"})

        assert names[task] == "name"
        assert {task} == {task}
        assert task == task
        assert task != api.create_task(forever())
        task.anything = "mine"
        assert task.anything == "mine"

    async def test_it_can_be_neither_copied_nor_pickled(self, api):
        task = api.create_task(nothing())
        for duplicate in (copy.copy, pickle.dumps):
            with pytest.raises(TypeError, match=r"cannot pickle .*Task' object"):
                duplicate(task)
        await task

    def test_its_type_takes_a_parameter_for_type_checkers(self, api):
        alias = api.Task[int]

        assert isinstance(alias, types.GenericAlias)
        assert alias.__origin__ is api.Task
        assert alias.__args__ == (int,)

    async def test_it_says_who_runs_what_where(self, api):
        coro = forever()
        task = api.create_task(coro)

        assert task.get_coro() is coro
        assert task.get_loop() is asyncio.get_running_loop()

    async def test_each_runs_in_a_context_of_its_own(self, api):
        var: ContextVar[int] = ContextVar("var", default=0)

        async def count():
            var.set(var.get() + 1)
            return var.get()

        assert [await api.create_task(count()) for _ in range(3)] == [1, 1, 1]
        var.set(5)
        assert [await api.create_task(count()) for _ in range(3)] == [6, 6, 6]
        assert var.get() == 5

    @pytest.mark.asyncio_since(3, 12)
    async def test_a_context_that_somebody_keeps_stays_as_the_task_left_it(self, api):
        var: ContextVar[int] = ContextVar("var")

        async def put(value):
            var.set(value)
            return contextvars.copy_context() if value % 2 else api.current_task().get_context()

        kept = [await api.create_task(put(value)) for value in range(6)]
        assert [context[var] for context in kept] == list(range(6))

    async def test_a_value_is_not_kept_when_the_task_is_gone(self):
        class Value:
            pass

        var: ContextVar[Value] = ContextVar("var")
        references = []

        async def put():
            value = Value()
            references.append(weakref.ref(value))
            var.set(value)

        for _ in range(3):
            await eagerly.create_task(put())
        gc.collect()
        assert [reference() for reference in references] == [None] * 3

    @pytest.mark.asyncio_since(3, 12)
    async def test_it_says_in_which_context_it_runs(self, api):
        context = contextvars.copy_context()

        assert api.create_task(forever(), context=context).get_context() is context
        assert api.create_task(forever()).get_context() is not context

    @pytest.mark.asyncio_since(3, 12)
    @pytest.mark.parametrize("asked", ["before it starts", "when it has ended"])
    async def test_one_that_starts_later_runs_in_a_copy_of_the_context_of_its_birth(
        self, api, asked
    ):
        var: ContextVar[str] = ContextVar("var")
        var.set("at its birth")

        async def child():
            before = var.get()
            var.set("of the child")
            return before

        task = api.Task(child(), loop=asyncio.get_running_loop())
        var.set("later")
        context = task.get_context() if asked == "before it starts" else None
        assert context is None or context[var] == "at its birth"

        assert await task == "at its birth"
        assert context in (None, task.get_context())
        assert task.get_context()[var] == "of the child"
        assert var.get() == "later"

    @pytest.mark.asyncio_since(3, 12)
    async def test_one_that_was_cancelled_before_it_started_has_a_context_too(self, api):
        var: ContextVar[str] = ContextVar("var")
        var.set("at its birth")
        task = api.Task(nothing(), loop=asyncio.get_running_loop())
        task.cancel()
        await asyncio.wait([task])
        assert task.get_context()[var] == "at its birth"

    async def test_get_coro_of_a_task_that_ended_crashes_nothing(self, api):
        coro = nothing()
        task = api.create_task(coro)
        await task

        assert task.get_coro() in (None, coro)
        assert "finished" in repr(task)
        assert task.get_stack() == []

    async def test_its_stack_is_the_frame_where_it_waits(self, api, capsys):
        task = api.create_task(waits_for(forever()))
        await turns()

        assert [frame.f_code.co_name for frame in task.get_stack()] == ["waits_for"]
        assert len(task.get_stack(limit=1)) == 1
        task.print_stack(file=sys.stdout)
        assert "in waits_for" in capsys.readouterr().out

    async def test_the_stack_of_a_failed_task_is_its_traceback(self, api):
        task = api.create_task(waits_for(fails_later(ValueError())))
        await outcome(task)

        names = [frame.f_code.co_name for frame in task.get_stack()]
        assert names[-2:] == ["waits_for", "fails_later"]

    async def test_a_subclass_may_override_and_extend(self, api):
        class Mine(api.Task):
            def __init__(self, *args, priority, **kwargs):
                self.priority = priority
                super().__init__(*args, **kwargs)

            def cancel(self, msg=None):
                self.priority = 0
                return super().cancel(msg)

        task = Mine(forever(), priority=7, name="mine")
        await turns()
        assert (task.priority, task.get_name()) == (7, "mine")
        assert isinstance(task, api.Task)
        assert task in asyncio.all_tasks()
        assert await Mine(returns_later("value"), priority=1) == "value"

        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert task.priority == 0


class TestRepr:
    async def test_a_pending_task_says_its_name_coroutine_and_what_it_waits_for(self, api):
        asyncio.get_running_loop().set_debug(False)  # which would say who made it
        gate = asyncio.get_running_loop().create_future()
        task = api.Task(waits_for(gate), name="chosen")
        await turns()

        assert re.fullmatch(
            r"<Task pending name='chosen' coro=<waits_for\(\) running at .*helpers\.py:\d+>"
            r" wait_for=<Future pending .*>>",
            repr(task),
        )

    async def test_a_task_that_is_being_cancelled_says_so(self, api):
        task = api.Task(forever())
        await turns()
        task.cancel()
        assert repr(task).startswith("<Task cancelling name=")

    async def test_a_task_that_ended_says_how(self, api):
        tasks = [
            api.create_task(coro, name=name)
            for name, coro in zip(
                "abc", (returns("value"), fails(ValueError(1)), forever()), strict=True
            )
        ]
        tasks[-1].cancel()
        await asyncio.wait(tasks)

        returned, failed, cancelled = map(repr, tasks)
        assert returned.startswith("<Task finished name='a'")
        assert "result='value'" in returned
        assert failed.startswith("<Task finished name='b'")
        assert "exception=ValueError(1)" in failed
        assert cancelled.startswith("<Task cancelled name='c'")
        assert tasks[1].exception()


class TestWhatLibrariesRead:
    """Private names of asyncio's Task that anyio, aiomonitor, uvloop and others use."""

    async def test_fut_waiter_is_the_future_it_waits_for(self, api):
        gate = asyncio.get_running_loop().create_future()
        seen = []

        async def child():
            seen.append(asyncio.current_task()._fut_waiter)
            await gate
            seen.append(asyncio.current_task()._fut_waiter)

        task = api.create_task(child())
        await turns()
        assert task._fut_waiter is gate
        gate.set_result(None)
        await task
        assert seen == [None, None]
        assert task._fut_waiter is None

    async def test_fut_waiter_is_the_task_it_waits_for(self, api):
        inner = api.create_task(forever())
        outer = api.create_task(waits_for(inner))
        await turns()
        assert outer._fut_waiter is inner

    async def test_must_cancel_is_true_until_the_cancellation_is_delivered(self, api):
        task = api.Task(forever())
        assert task._must_cancel is False
        task.cancel()
        assert task._must_cancel is True
        await turns(2)
        assert task._must_cancel is False

    async def test_the_cancel_message_can_be_changed_until_it_is_delivered(self, api):
        task = api.Task(forever())
        task.cancel("message")
        task._cancel_message = "other message"
        with pytest.raises(asyncio.CancelledError, match="other message"):
            await task

    async def test_callbacks_are_pairs_of_a_callable_and_a_context(self, api):
        task = api.create_task(forever())
        assert not task._callbacks
        task.add_done_callback(print)
        waiter = api.create_task(waits_for(task))
        await turns()

        (first, first_context), (second, second_context) = task._callbacks
        assert first is print
        assert second.__self__ is waiter  # anyio looks for the root task so
        assert isinstance(first_context, contextvars.Context)
        assert isinstance(second_context, contextvars.Context)

    async def test_state_coro_and_loop(self, api):
        coro = forever()
        task = api.create_task(coro)
        assert task._coro is coro
        assert task._loop is asyncio.get_running_loop()
        assert task._state == "PENDING"
        task.cancel()
        await asyncio.wait([task])
        assert task._state == "CANCELLED"
        task = api.create_task(nothing())
        await task
        assert task._state == "FINISHED"

    async def test_log_destroy_pending_can_be_set(self, api):
        task = api.create_task(forever())
        assert task._log_destroy_pending is True
        task._log_destroy_pending = False
        assert task._log_destroy_pending is False

    async def test_asyncio_future_blocking_can_be_set(self, api):
        task = api.create_task(forever())
        assert task._asyncio_future_blocking is False
        task._asyncio_future_blocking = True
        assert task._asyncio_future_blocking is True
        task._asyncio_future_blocking = False

    async def test_the_source_traceback_is_there_in_debug_mode_only(self, api):
        asyncio.get_running_loop().set_debug(False)
        assert api.create_task(nothing())._source_traceback is None
        asyncio.get_running_loop().set_debug(True)
        task = api.create_task(nothing())

        lines = [(frame.filename, frame.name) for frame in task._source_traceback]
        name = "test_the_source_traceback_is_there_in_debug_mode_only"
        assert (__file__, name) in lines[-2:]
        await task


class TestConstructor:
    async def test_the_constructor_starts_lazily(self, api):
        log = []

        async def child():
            log.append("started")

        task = api.Task(child())
        assert log == []
        await task
        assert log == ["started"]

    @pytest.mark.asyncio_since(3, 12)
    async def test_the_constructor_starts_eagerly_when_asked(self, api):
        loop = asyncio.get_running_loop()
        task = api.Task(returns("value"), loop=loop, eager_start=True)
        assert task.done()
        assert task.result() == "value"

    @pytest.mark.asyncio_since(3, 12)
    def test_it_starts_lazily_while_the_loop_is_not_running(self, api, loop_factory):
        with loop_of(loop_factory) as (loop, _):
            task = api.Task(returns("value"), loop=loop, eager_start=True)
            assert not task.done()
            assert loop.run_until_complete(task) == "value"

    @pytest.mark.parametrize("thing", [None, 42, nothing, [1]])
    async def test_what_is_no_coroutine_is_refused(self, api, thing):
        for make in (api.Task, api.create_task):
            with pytest.raises(TypeError, match="a coroutine was expected"):
                make(thing)
        assert await api.create_task(returns("still works")) == "still works"

    @pytest.mark.asyncio_since(3, 15)  # gh-157301
    @pytest.mark.parametrize("eager_start", [True, False])
    async def test_what_is_no_context_is_refused(self, api, eager_start):
        creator = asyncio.current_task()
        coro = nothing()
        with pytest.raises(TypeError):
            api.Task(coro, loop=asyncio.get_running_loop(), context="none", eager_start=eager_start)
        coro.close()

        assert asyncio.current_task() is creator
        await turns(2)
        assert await api.create_task(returns("still works")) == "still works"

    async def test_a_context_that_is_entered_already_makes_an_eager_start_lazy(self):
        context = contextvars.copy_context()
        log = []

        async def child():
            log.append("started")
            return colour.get()

        def creates():
            colour.set("red")
            return eagerly.create_task(child(), context=context)

        task = context.run(creates)
        assert log == []
        assert await task == "red"

    async def test_several_tasks_may_share_a_context(self, api):
        context = contextvars.copy_context()

        async def paints(new):
            before = colour.get()
            colour.set(new)
            await turns()
            return before, colour.get()

        first = api.create_task(paints("red"), context=context)
        second = api.create_task(paints("blue"), context=context)
        assert [await first, await second] == [("none", "blue"), ("red", "blue")]
        assert context[colour] == "blue"

    @pytest.mark.asyncio_since(3, 15)  # gh-142615
    async def test_a_task_is_initialised_once(self, api):
        task = api.create_task(returns_later("its own"))
        other = nothing()
        with pytest.raises(RuntimeError):
            task.__init__(other)
        other.close()
        assert await task == "its own"

    def test_a_task_that_was_never_initialised_crashes_nothing(self):
        """gh-154871: a subclass that forgot super().__init__()."""
        task = eagerly.Task.__new__(eagerly.Task)
        for method in (
            "done", "cancelled", "result", "exception", "get_coro", "get_context", "get_loop",
            "get_name", "cancelling", "uncancel", "cancel", "get_stack", "__repr__", "__await__",
        ):  # fmt: skip
            try:
                getattr(task, method)()
            except Exception:  # whichever it is
                pass
        for name in ("_loop", "_coro", "_state", "_callbacks", "_fut_waiter", "_source_traceback"):
            try:
                getattr(task, name)
            except Exception:
                pass

    async def test_to_await_a_task_that_was_never_initialised_is_an_error(self, api):
        with pytest.raises(RuntimeError, match=r"initiali[sz]ed"):
            await asyncio.create_task(waits_for(api.Task.__new__(api.Task)))

    def test_create_task_needs_a_running_loop(self, api):
        coro = nothing()
        with pytest.raises(RuntimeError, match="no running event loop"):
            api.create_task(coro)
        coro.close()


@pytest.mark.eager
class TestEagerStart:
    async def test_the_first_step_is_taken_inside_create_task(self, api):
        log = []

        async def child():
            log.append("first step")
            await turns()
            log.append("second step")

        task = api.create_task(child())
        assert log == ["first step"]
        assert not task.done()
        await task
        assert log == ["first step", "second step"]

    async def test_a_child_that_does_not_suspend_is_done_at_once(self, api):
        task = api.create_task(returns("value"))
        assert task.done()
        assert task.result() == "value"
        assert await task == "value"

    async def test_awaiting_a_task_that_is_done_does_not_suspend(self, api):
        log = []
        asyncio.get_running_loop().call_soon(log.append, "a turn")
        assert await api.create_task(returns("value")) == "value"
        assert log == []

    async def test_an_error_in_the_first_step_is_the_tasks_and_not_its_creators(self, api):
        task = api.create_task(fails(ValueError("of the child")))
        assert task.done()
        with pytest.raises(ValueError, match="of the child"):
            await task

    async def test_a_child_that_raises_cancelled_error_is_cancelled(self, api):
        assert api.create_task(fails(asyncio.CancelledError())).cancelled()

    async def test_context_variables_set_in_the_first_step_stay_in_the_child(self, api):
        colour.set("of the creator")

        async def child():
            before = colour.get()
            colour.set("of the child")
            await turns()
            return before, colour.get()

        task = api.create_task(child())
        assert colour.get() == "of the creator"
        colour.set("of the creator, later")
        assert await task == ("of the creator", "of the child")
        assert colour.get() == "of the creator, later"

    async def test_a_given_context_is_used_from_the_first_step_on(self, api):
        context = contextvars.copy_context()
        context.run(colour.set, "given")

        async def child():
            first = colour.get()
            colour.set("changed")
            await turns()
            return first, colour.get()

        assert await api.create_task(child(), context=context) == ("given", "changed")
        assert context[colour] == "changed"

    @pytest.mark.asyncio_never("cpython#155575")
    async def test_the_child_does_not_see_the_exception_that_its_creator_handles(self, api):
        async def child():
            seen = sys.exception()
            try:
                raise KeyError
            except KeyError as error:
                return seen, error.__context__

        try:
            raise ConnectionError
        except ConnectionError as handled:
            task = api.create_task(child())
            still_handled = sys.exception() is handled

        assert still_handled
        assert await task == (None, None)

    async def test_an_exception_handled_across_a_suspension_is_the_childs_own(self, api):
        async def child():
            try:
                raise KeyError
            except KeyError as handled:
                await turns()
                return sys.exception() is handled

        task = api.create_task(child())
        assert sys.exception() is None
        assert await task

    @pytest.mark.asyncio_never("tasks that nest raise RecursionError at about 250")
    async def test_tasks_may_nest_two_thousand_deep(self, api):
        async def child(depth):
            if depth == 0:
                return 0
            return 1 + await api.create_task(child(depth - 1))

        assert await api.create_task(child(2000)) == 2000

    @pytest.mark.asyncio_never("create_task() itself raises it")
    @pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
    def test_a_system_exit_in_the_first_step_reaches_the_loop(self, api, loop_factory, kind):
        log = []

        async def main():
            task = api.create_task(fails(kind("of the child")))
            log.append(task)
            await forever()

        with loop_of(loop_factory) as (loop, reports):
            loop.set_task_factory(api.eager_task_factory)
            api.Task(main(), loop=loop)
            with pytest.raises(kind, match="of the child"):
                loop.run_forever()
            assert [task.done() for task in log] == [True]
            for task in asyncio.all_tasks(loop):
                task.cancel()
            turn(loop, 2)
            log.clear()
            del task
            gc.collect()

        assert reports == []

    async def test_a_child_may_cancel_itself_in_its_first_step(self, api):
        async def child():
            asyncio.current_task().cancel()
            await turns()
            return "not reached"

        assert isinstance(await outcome(api.create_task(child())), asyncio.CancelledError)

    async def test_a_child_may_wait_for_its_sibling(self, api):
        first = api.create_task(returns_later("of the first", 3))
        second = api.create_task(waits_for(first))
        assert await second == "of the first"

    async def test_a_child_that_waits_for_what_is_done_does_not_suspend(self, api):
        done = api.create_task(returns("value"))
        assert api.create_task(waits_for(done)).done()

    async def test_eager_start_false_starts_lazily(self, api):
        if api is asyncio and sys.version_info < (3, 14):
            pytest.skip("asyncio knows eager_start since Python 3.14")
        task = api.create_task(returns("value"), eager_start=False)
        assert not task.done()
        assert await task == "value"


class TestWhatCannotBeAwaited:
    async def test_a_task_that_awaits_itself_gets_a_runtime_error(self, api):
        async def child():
            await asyncio.current_task()

        error = await outcome(api.create_task(child()))
        assert isinstance(error, RuntimeError)
        assert "Task cannot await on itself" in str(error)

    @pytest.mark.parametrize("thing", [42, "text", object(), ()])
    async def test_a_bad_yield_is_a_runtime_error(self, api, thing):
        error = await outcome(api.create_task(waits_for(Suspicious(thing))))
        assert isinstance(error, RuntimeError)
        assert f"Task got bad yield: {thing!r}" in str(error)

    async def test_yielding_a_generator_is_a_runtime_error(self, api):
        error = await outcome(api.create_task(waits_for(Suspicious(x for x in ()))))
        assert isinstance(error, RuntimeError)
        assert "yield was used instead of yield from for generator" in str(error)

    async def test_yielding_a_future_is_a_runtime_error(self, api):
        future = asyncio.get_running_loop().create_future()
        error = await outcome(api.create_task(waits_for(Suspicious(future))))
        assert isinstance(error, RuntimeError)
        assert "yield was used instead of yield from" in str(error)

    async def test_a_future_of_another_loop_is_a_runtime_error(self, api):
        with loop_of() as (other, _):
            error = await outcome(api.create_task(waits_for(other.create_future())))
        assert isinstance(error, RuntimeError)
        assert "attached to a different loop" in str(error)

    async def test_the_coroutine_may_catch_it_and_go_on(self, api):
        async def child():
            errors = [await outcome(Suspicious(42)), await outcome(Suspicious(43))]
            await turns()
            return errors

        errors = await api.create_task(child())
        assert [type(error) for error in errors] == [RuntimeError, RuntimeError]

    async def test_cancelling_a_task_that_got_a_bad_yield_cancels_it(self, api):
        task = api.Task(waits_for(Suspicious(42)))
        await turns()
        task.cancel()
        assert isinstance(await outcome(task), asyncio.CancelledError)


class TestWhatIsReported:
    @pytest.mark.parametrize("coro", [fails, fails_later])
    async def test_an_exception_that_nobody_retrieved_is_reported_once(self, api, reports, coro):
        task = api.create_task(coro(ValueError("nobody's")))
        await turns(3)
        assert reports == []
        del task
        gc.collect()

        (report,) = reports
        assert report["message"] == "Task exception was never retrieved"
        assert str(report["exception"]) == "nobody's"
        del report
        reports.clear()
        gc.collect()
        assert reports == []

    @pytest.mark.parametrize("retrieve", ["await", "result", "exception", "cancel"])
    async def test_an_exception_that_was_retrieved_is_not_reported(self, api, retrieve):
        task = api.create_task(fails_later(ValueError()))
        if retrieve == "await":
            await outcome(task)
        else:
            await turns(3)
            try:
                getattr(task, retrieve)()
            except ValueError:
                pass
        del task
        gc.collect()

    def test_a_pending_task_whose_loop_is_gone_is_reported(self, api, loop_factory):
        with loop_of(loop_factory) as (loop, reports):
            api.Task(forever(), loop=loop, name="lost")
            turn(loop, 2)
        del loop
        gc.collect()

        (report,) = reports
        assert report["message"] == "Task was destroyed but it is pending!"
        assert report["task"].get_name() == "lost"

    @pytest.mark.asyncio_never("cpython#91887: the task may have been collected long before")
    def test_a_pending_task_is_let_go_of_when_the_loop_is_closed(self, api, loop_factory):
        with loop_of(loop_factory) as (loop, reports):
            gate = loop.create_future()
            api.Task(waits_for(gate), loop=loop)
            turn(loop, 2)
            gc.collect()
            assert reports == []
            del gate
        gc.collect()  # the task and what it waits for refer to one another
        assert len(reports) == 1

    @pytest.mark.asyncio_never("it says so twice")
    def test_an_open_loop_that_is_lost_says_so_alone(self, api):
        loop, reports = asyncio.new_event_loop(), []
        loop.set_exception_handler(lambda loop, report: reports.append(report))
        api.Task(forever(), loop=loop)
        turn(loop, 2)
        with pytest.warns(ResourceWarning, match="unclosed event loop"):  # noqa: PT031
            del loop
            gc.collect()
        assert reports == []

    def test_a_pending_task_that_may_be_lost_is_not_reported(self, api, loop_factory):
        with loop_of(loop_factory) as (loop, reports):
            api.Task(forever(), loop=loop)._log_destroy_pending = False
            turn(loop, 2)
        del loop
        gc.collect()

        assert reports == []

    @pytest.mark.asyncio_never("cpython#91887")
    async def test_a_task_that_nobody_refers_to_is_kept_alive(self, api):
        log = []

        async def child():
            gate = asyncio.get_running_loop().create_future()
            gates.append(weakref.ref(gate))
            await gate
            log.append("ended")

        for make in (api.Task, api.create_task):
            gates = []
            make(child())
            await turns()
            gc.collect()
            gates[0]().set_result(None)
            await turns(2)

        assert log == ["ended", "ended"]
