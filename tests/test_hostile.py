"""What nobody should do, and somebody does: its creator hears of it, and nothing is lost."""

from __future__ import annotations

import asyncio
import collections.abc
import concurrent.futures
import contextvars
import dataclasses
import gc
import inspect
import os
import sys
import threading
import types
from contextlib import contextmanager

import pytest
from helpers import (
    Suspicious,
    fails,
    fails_later,
    forever,
    loop_of,
    nothing,
    outcome,
    python,
    returns,
    returns_later,
    turn,
    turns,
    waits_for,
)

import eagerly


class Broken:
    """An awaitable like a future, but for what `fault` names."""

    def __init__(self, fault=None):
        self.fault = fault
        self.loop = asyncio.get_running_loop()
        self.callbacks = []

    def meet(self, name):
        if name == self.fault:
            raise ValueError(name)

    @property
    def _asyncio_future_blocking(self):
        self.meet("is it blocking?")
        return True

    @_asyncio_future_blocking.setter
    def _asyncio_future_blocking(self, value):
        self.meet("it is not blocking")

    def get_loop(self):
        self.meet("get_loop")
        return self.loop

    def add_done_callback(self, callback, *, context=None):
        self.meet("add_done_callback")
        if self.fault == "calls back at once":
            callback(self)
        self.callbacks.append((callback, context))

    def cancel(self, msg=None):
        self.meet("cancel")
        return False

    def result(self):
        self.meet("result")
        return "result"

    def end(self):
        for callback, context in self.callbacks:
            self.loop.call_soon(callback, self, context=context)

    def __await__(self):
        yield self
        return self.result()

    def __repr__(self):
        self.meet("repr")
        return "Broken()"


class Unprintable:
    def __repr__(self):
        raise ValueError("repr")


class TestBrokenAwaitables:
    FAULTS = ("is it blocking?", "it is not blocking", "get_loop", "add_done_callback")

    @pytest.mark.asyncio_never("the task never ends, and who awaits it hangs")
    @pytest.mark.parametrize("start", ["Task", "create_task"])
    @pytest.mark.parametrize("fault", FAULTS)
    async def test_the_coroutine_gets_the_error_of_what_it_awaits(self, api, fault, start):
        me = asyncio.current_task()
        task = getattr(api, start)(waits_for(Broken(fault)))
        assert asyncio.current_task() is me

        error = await outcome(task)
        assert isinstance(error, ValueError)
        assert str(error) == fault

    @pytest.mark.asyncio_never("the task never ends, and who awaits it hangs")
    async def test_the_coroutine_may_catch_that_error_and_go_on(self, api):
        async def child():
            error = await outcome(Broken("get_loop"))
            await turns()
            return str(error)

        assert await api.create_task(child()) == "get_loop"

    @pytest.mark.asyncio_never("the task never ends, and who awaits it hangs")
    async def test_one_that_calls_back_at_once_is_refused(self, api):
        error = await outcome(api.create_task(waits_for(Broken("calls back at once"))))
        assert isinstance(error, RuntimeError)
        assert "woke a task that does not wait" in str(error)

    @pytest.mark.asyncio_never("it is resumed once too often")
    async def test_one_that_calls_back_twice_resumes_the_task_once(self, api, reports):
        async def child():
            await broken
            for turn_ in range(4):
                await turns()
                log.append(turn_)
            return "end"

        log, broken = [], Broken()
        task = api.create_task(child())
        await turns()
        broken.end()
        broken.end()
        assert await task == "end"
        assert log == [0, 1, 2, 3]
        (report,) = reports
        assert "woke a task that does not wait" in str(report["exception"])

    @pytest.mark.asyncio_never("it is resumed while it waits for something else")
    async def test_nor_does_it_while_the_task_waits_for_something_else(self, api, reports):
        async def child():
            await broken
            await gate
            log.append("gate")
            await second
            return "end"

        loop, log, broken = asyncio.get_running_loop(), [], Broken()
        gate, second = loop.create_future(), loop.create_future()
        task = api.create_task(child())
        await turns()
        broken.end()
        broken.end()
        await turns(3)
        gate.set_result(None)
        await turns(3)
        assert (log, task.done()) == (["gate"], False)
        second.set_result(None)
        assert await task == "end"
        (report,) = reports
        assert "woke a task that does not wait" in str(report["exception"])

    @pytest.mark.asyncio_never("the task never ends, and who awaits it hangs")
    async def test_one_whose_wait_was_refused_does_not_end_another_wait(self, api, reports):
        class RegistersAndRaises(asyncio.Future):
            refuses = True

            def add_done_callback(self, callback, *, context=None):
                super().add_done_callback(callback, context=context)
                if self.refuses:
                    raise ValueError("refused")

        async def child():
            assert isinstance(await outcome(broken), ValueError)
            await gate
            return "end"

        broken, gate = RegistersAndRaises(), asyncio.get_running_loop().create_future()
        task = api.create_task(child())
        await turns(2)
        broken.set_result(None)
        await turns(3)
        gate.set_result(None)
        assert await task == "end"
        (report,) = reports
        assert "woke a task that does not wait" in str(report["exception"])

    async def test_its_result_may_raise(self, api):
        broken = Broken("result")
        task = api.create_task(waits_for(broken))
        await turns()
        broken.end()
        assert str(await outcome(task)) == "result"

    async def test_the_caller_of_cancel_gets_the_error_of_its_cancel(self, api):
        broken = Broken("cancel")
        task = api.create_task(waits_for(broken))
        await turns()
        with pytest.raises(ValueError, match="cancel"):
            task.cancel()
        broken.end()
        assert await task == "result"

    async def test_an_error_of_its_cancel_is_reported_and_the_task_waits_on(self, api, reports):
        async def child():
            asyncio.current_task().cancel()
            await broken

        broken = Broken("cancel")
        task = api.create_task(child())
        await turns(2)
        assert not task.done()
        assert task._fut_waiter is broken
        (report,) = reports
        assert report["message"].startswith("Exception in callback")
        assert str(report["exception"]) == "cancel"

        broken.end()
        await asyncio.wait([task])
        assert task.cancelled()

    @pytest.mark.asyncio_never("the task never ends, and who awaits it hangs")
    async def test_a_bad_yield_that_cannot_be_printed_is_an_error_too(self, api):
        error = await outcome(api.create_task(waits_for(Suspicious(Unprintable()))))
        assert isinstance(error, ValueError)

    @pytest.mark.parametrize("make", [concurrent.futures.Future, ValueError, lambda: asyncio.sleep])
    async def test_a_bad_yield_of_something_familiar_is_a_runtime_error(self, api, make):
        thing = make()
        error = await outcome(api.create_task(waits_for(Suspicious(thing))))
        assert isinstance(error, RuntimeError)
        assert f"Task got bad yield: {thing!r}" in str(error)


class TestUnusualCoroutines:
    async def test_a_closed_one_is_a_runtime_error(self, api):
        coro = nothing()
        coro.close()
        error = await outcome(api.create_task(coro))
        assert isinstance(error, RuntimeError)
        assert "cannot reuse already awaited coroutine" in str(error)

    async def test_one_that_has_ended_is_a_runtime_error(self, api):
        coro = nothing()
        await coro
        error = await outcome(api.create_task(coro))
        assert isinstance(error, RuntimeError)

    async def test_one_that_runs_cannot_be_resumed(self, api):
        async def child():
            asyncio.current_task().get_coro().send(None)

        error = await outcome(api.create_task(child()))
        assert isinstance(error, ValueError)
        assert "already executing" in str(error)

    async def test_one_that_was_begun_elsewhere_goes_on(self, api):
        coro = returns_later("end", 3)
        coro.send(None)
        assert await api.create_task(coro) == "end"

    async def test_of_two_tasks_for_one_coroutine_one_gets_an_error(self, api):
        coro = returns_later("end", 3)
        tasks = [api.create_task(coro), api.create_task(coro)]
        outcomes = [await outcome(task) for task in tasks]
        assert sorted(type(end).__name__ for end in outcomes) == ["RuntimeError", "str"]

    async def test_one_that_is_closed_from_outside_ends_its_task_with_an_error(self, api):
        coro = forever()
        task = api.create_task(coro)
        await turns()
        gate = task._fut_waiter
        coro.close()
        assert not task.done()
        gate.set_result(None)
        assert isinstance(await outcome(task), RuntimeError)

    async def test_one_that_was_closed_from_outside_can_be_cancelled(self, api):
        coro = forever()
        task = api.create_task(coro)
        await turns()
        coro.close()
        task.cancel()
        assert isinstance(await outcome(task), (asyncio.CancelledError, RuntimeError))
        assert task not in asyncio.all_tasks()

    async def test_one_that_ignores_generator_exit(self, api):
        async def child():
            try:
                await forever()
            except GeneratorExit:
                await turns()

        task = api.create_task(child())
        await turns()
        with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
            task.get_coro().close()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    @pytest.mark.parametrize("later", [False, True])
    async def test_one_that_raises_generator_exit_fails_with_it(self, api, later):
        task = api.create_task((fails_later if later else fails)(GeneratorExit()))
        await asyncio.wait([task])
        assert isinstance(task.exception(), GeneratorExit)

    @pytest.mark.parametrize("later", [False, True])
    async def test_one_that_raises_stop_iteration_fails_with_a_runtime_error(self, api, later):
        error = await outcome(api.create_task((fails_later if later else fails)(StopIteration(3))))
        assert isinstance(error, RuntimeError)
        assert isinstance(error.__cause__, StopIteration)

    async def test_a_step_of_an_async_generator_is_a_coroutine(self, api):
        async def numbers():
            yield 1
            await turns()
            yield 2

        generator = numbers()
        assert await api.create_task(generator.asend(None)) == 1
        assert await api.create_task(generator.__anext__()) == 2
        assert await api.create_task(generator.aclose()) is None

    @pytest.mark.asyncio_since(3, 12)
    async def test_generators_are_no_coroutines(self, api):
        @types.coroutine
        def old():
            yield

        kinds = [lambda: (x for x in ())]
        if sys.version_info >= (3, 12):  # 3.11's ensure_future() makes coroutines of awaitables so
            kinds.append(old)
        for make in kinds:
            with pytest.raises(TypeError, match="a coroutine was expected"):
                api.create_task(make())

    async def test_one_that_is_only_registered_as_a_coroutine(self, api):
        assert await api.create_task(Registered(returns_later("end"))) == "end"
        task = api.create_task(Registered(forever()))
        await turns()
        task.cancel("why")
        error = await outcome(task)
        assert isinstance(error, asyncio.CancelledError)
        assert error.args == ("why",)

    @pytest.mark.parametrize("error", [StopIteration, StopAsyncIteration, GeneratorExit, KeyError])
    async def test_one_whose_send_is_python_and_raises(self, api, error):
        class Raises(Registered):
            def send(self, value):
                raise error("x")

        coro = nothing()
        task = api.create_task(Raises(coro))
        coro.close()
        await asyncio.wait([task])
        if error is StopIteration:
            assert task.result() == "x"
        else:
            assert type(task.exception()) is error

    async def test_one_that_answers_a_cancellation_by_its_end(self, api):
        class Ends(Registered):
            def throw(self, *error):
                self.coro.close()
                raise StopIteration("end")

        task = api.create_task(Ends(forever()))
        await turns()
        task.cancel()
        assert await task == "end"

    async def test_one_that_ends_with_a_stop_iteration_that_was_never_initialised(self):
        """Not by asyncio: in its C code CPython ends the process."""

        class Stop(StopIteration):
            def __init__(self):
                pass

        class Ends(Registered):
            def throw(self, *error):
                self.coro.close()
                raise Stop

        task = eagerly.create_task(Ends(forever()))
        await turns()
        task.cancel()
        assert await task is None


class Registered:
    """As a coroutine of Cython, or of a library of wrappers."""

    def __init__(self, coro):
        self.coro = coro

    def send(self, value):
        return self.coro.send(value)

    def throw(self, *error):
        return self.coro.throw(*error)

    def close(self):
        self.coro.close()

    def __await__(self):
        return self.coro.__await__()


collections.abc.Coroutine.register(Registered)


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    """An exception whose attributes cannot be set, its traceback's included."""

    text: str


class TestUnusualExceptions:
    @pytest.mark.parametrize("coro", [fails, fails_later])
    async def test_an_exception_that_is_frozen(self, api, coro):
        task = api.create_task(coro(Frozen("text")))
        for _ in range(2):
            assert await outcome(task) == Frozen("text")
        assert task.exception() == Frozen("text")
        with pytest.raises(Frozen):
            task.result()

    @pytest.mark.parametrize("coro", [fails, fails_later])
    async def test_an_exception_that_hides_its_traceback(self, api, coro):
        class Hidden(Exception):
            def __getattribute__(self, name):
                if name == "__traceback__":
                    raise ValueError
                return super().__getattribute__(name)

        task = api.create_task(coro(Hidden()))
        await asyncio.wait([task], timeout=1)
        assert type(task.exception()) is Hidden

    async def test_a_cancel_message_that_nobody_can_look_at(self, api):
        class Message:
            def __bool__(self):
                raise ValueError

            __eq__ = __str__ = __repr__ = __bool__

        message = Message()
        task = api.create_task(forever())
        await turns()
        task.cancel(message)
        error = await outcome(task)
        assert error.args[0] is message

    async def test_a_name_that_cannot_be_made_leaves_no_task_behind(self, api):
        class Name:
            def __str__(self):
                raise ValueError("name")

        coro = nothing()
        with pytest.raises(ValueError, match="name"):
            eagerly.create_task(coro, name=Name())
        coro.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def test_the_recursion_limit_in_a_step(self, api):
        def down():
            down()

        async def child():
            with pytest.raises(RecursionError):
                down()
            await turns()
            down()

        me = asyncio.current_task()
        assert isinstance(await outcome(api.create_task(child())), RecursionError)
        assert asyncio.current_task() is me


class TestCancelFromOddPlaces:
    async def test_from_a_done_callback(self, api):
        ended = api.create_task(returns_later("value"))
        waiting = api.create_task(forever())
        answers = []
        ended.add_done_callback(lambda task: answers.append((task.cancel(), waiting.cancel("c"))))

        error = await outcome(waiting)
        assert (answers, error.args) == ([(False, True)], ("c",))
        assert ended.result() == "value"

    async def test_from_a_finally(self, api):
        async def child():
            try:
                await turns()
            finally:
                asyncio.current_task().cancel("in finally")
            await turns()

        task = api.create_task(child())
        error = await outcome(task)
        assert error.args == ("in finally",)
        assert (task.cancelled(), task.cancelling()) == (True, 1)

    async def test_from_the_finalizer_of_something_the_coroutine_held(self, api):
        class Held:
            def __del__(self):
                log.append(task.cancel())

        async def child():
            held = Held()  # noqa: F841
            await turns()
            return "value"

        log = []
        task = api.create_task(child())
        # Its frame is gone before the task ends: it is cancelled in its last step.
        assert isinstance(await outcome(task), asyncio.CancelledError)
        assert log == [True]

    async def test_from_a_finalizer(self, api):
        class Held:
            def __del__(self):
                task.cancel("gone")

        task = api.create_task(forever())
        await turns()
        held = Held()
        del held
        assert (await outcome(task)).args == ("gone",)

    @pytest.mark.parametrize("safely", [False, True])
    async def test_from_another_thread(self, api, safely):
        task = api.create_task(forever())
        await turns()
        loop = asyncio.get_running_loop()
        loop.set_debug(False)  # or it refuses
        how = (lambda: loop.call_soon_threadsafe(task.cancel)) if safely else task.cancel
        thread = threading.Thread(target=how)
        thread.start()
        thread.join()
        assert isinstance(await outcome(task), asyncio.CancelledError)

    async def test_from_the_comparison_of_a_done_callback(self, api):
        class Callback:
            def __call__(self, task):
                log.append("called")

            def __eq__(self, other):
                task.cancel()
                return False

            __hash__ = None

        log = []
        task = api.create_task(forever())
        task.add_done_callback(Callback())
        assert task.remove_done_callback(Callback()) == 0
        assert isinstance(await outcome(task), asyncio.CancelledError)
        await turns()
        assert log == ["called"]

    async def test_a_comparison_that_fails_removes_no_callback(self, api):
        class Callback:
            def __call__(self, task):
                log.append("called")

            def __eq__(self, other):
                raise ValueError("eq")

            __hash__ = None

        log = []
        task = api.create_task(returns_later(None))
        task.add_done_callback(Callback())
        with pytest.raises(ValueError, match="eq"):
            task.remove_done_callback(Callback())
        await task
        await turns()
        assert log == ["called"]


def test_a_chain_or_a_circle_through_gathers_is_a_recursion_error(tmp_path):
    # As in asyncio; that of C frames ended the process.
    program = tmp_path / "circle.py"
    program.write_text(CIRCLE)
    finished = python(program)
    assert (finished.stdout, finished.returncode) == ("chain\ncircle\n", 0), finished.stderr[:2000]


CIRCLE = """
import asyncio
import eagerly

async def waits_for(awaitable):
    return await eagerly.gather(awaitable)

async def circle():
    return await eagerly.gather(asyncio.current_task())

async def main():
    last = gate = asyncio.get_running_loop().create_future()
    for _ in range(50_000):
        last = eagerly.create_task(waits_for(last))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for name, task in ("chain", last), ("circle", eagerly.create_task(circle())):
        try:
            task.cancel()
        except RecursionError:
            print(name)

loop = asyncio.new_event_loop()
loop.set_exception_handler(lambda loop, report: None)
loop.run_until_complete(main())
loop.close()
"""


@pytest.mark.parametrize("then", ["cancel", "wake", "free"])
def test_a_long_chain_of_tasks_of_a_subclass(then, tmp_path):
    program = tmp_path / "chain.py"
    program.write_text(CHAIN)
    finished = python(program, then)
    assert (finished.stdout, finished.returncode) == ("fine\n", 0), finished.stderr[:2000]


CHAIN = """
import asyncio, gc, sys
import eagerly

class Mine(eagerly.Task):
    pass

async def waits_for(awaitable):
    return await awaitable

async def main(then):
    last = gate = asyncio.get_running_loop().create_future()
    for _ in range(50_000):
        last = Mine(waits_for(last))
    for _ in range(3):
        await asyncio.sleep(0)
    if then == "cancel":
        last.cancel()
    if then == "wake":
        gate.set_result("woken")
    if then != "free":
        await asyncio.wait([last])
        assert last.cancelled() == (then == "cancel")

loop = asyncio.new_event_loop()
loop.slow_callback_duration = 1000  # what it says of a slow task ends in the depths, as asyncio's
loop.set_exception_handler(lambda loop, report: None)
loop.run_until_complete(main(sys.argv[1]))
loop.close()
del loop
gc.collect()
print("fine")
"""


class TestLoopsAndThreads:
    def test_a_task_of_a_loop_that_was_closed_can_be_asked_and_is_reported(self, api, loop_factory):
        with loop_of(loop_factory) as (loop, reports):
            task = api.Task(forever(), loop=loop)
            turn(loop)
        assert not task.done()
        assert task.get_loop() is loop
        assert [frame.f_code.co_name for frame in task.get_stack()] == ["forever"]
        with pytest.raises(asyncio.InvalidStateError):
            task.result()
        task.add_done_callback(print)
        assert task.remove_done_callback(print) == 1
        with pytest.raises(RuntimeError, match="Event loop is closed"):
            task.cancel()

        del task, loop
        gc.collect()
        assert [report["message"] for report in reports] == [
            "Task was destroyed but it is pending!"
        ]

    def test_a_task_for_a_closed_loop_is_refused(self, api, loop_factory):
        with loop_of(loop_factory) as (loop, reports):
            pass
        coro = forever()
        with pytest.raises(RuntimeError, match="Event loop is closed"):
            api.Task(coro, loop=loop)
        coro.close()
        del loop
        gc.collect()
        assert [report["message"] for report in reports] in (
            [],
            ["Task was destroyed but it is pending!"],  # asyncio's had begun to exist
        )

    async def test_a_thread_without_a_loop_cannot_make_tasks(self, api):
        def thread():
            coro = nothing()
            with pytest.raises(RuntimeError, match="no running event loop"):
                api.create_task(coro)
            coro.close()

        await asyncio.to_thread(thread)

    @pytest.mark.parametrize("how", ["run_until_complete", "run"])
    async def test_a_loop_cannot_be_run_again_from_inside_a_step(self, api, how):
        async def child():
            coro = nothing()
            try:
                if how == "run":
                    api.run(coro)
                else:
                    loop.run_until_complete(coro)
            finally:
                coro.close()

        loop = asyncio.get_running_loop()
        me = asyncio.current_task()
        error = await outcome(api.create_task(child()))
        assert isinstance(error, RuntimeError)
        assert asyncio.current_task() is me
        assert asyncio.get_running_loop() is loop

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
    @pytest.mark.asyncio_since(3, 12)
    @pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
    async def test_a_fork_inside_a_task_may_run_a_loop_of_its_own(self, api):
        async def child():
            await turns()
            pid = os.fork()
            if pid == 0:
                good = False
                try:
                    good = api.run(returns_later("in the child", 2)) == "in the child"
                finally:
                    os._exit(0 if good else 1)
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

        assert await api.create_task(child()) == 0
        assert await api.create_task(returns_later("in the parent")) == "in the parent"


class TestTracing:
    """Who watches sees every step of a coroutine, first and last."""

    EVENTS = ("call", "return", "call", "return")

    async def watched(self):
        await turns()
        return "value"

    @pytest.mark.parametrize("set_watcher", ["settrace", "setprofile"])
    async def test_a_tracer_sees_the_steps(self, api, set_watcher):
        def watcher(frame, event, argument):
            if frame.f_code is type(self).watched.__code__:
                events.append(event)
            return watcher

        events = []
        before = getattr(sys, set_watcher.replace("set", "get"))()
        getattr(sys, set_watcher)(watcher)
        try:
            assert await api.create_task(self.watched()) == "value"
        finally:
            getattr(sys, set_watcher)(before)
        assert tuple(event for event in events if event in ("call", "return")) == self.EVENTS

    async def test_a_tracer_that_raises_fails_the_coroutine_only(self, api):
        def tracer(frame, event, argument):
            if frame.f_code is type(self).watched.__code__:
                raise ValueError("tracer")

        me = asyncio.current_task()
        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            task = api.create_task(self.watched())
            assert str(await outcome(task)) == "tracer"
        finally:
            sys.settrace(before)
        assert asyncio.current_task() is me

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is new in 3.12")
    async def test_a_monitor_sees_the_steps(self, api):
        seen = []
        code = type(self).watched.__code__
        monitoring = sys.monitoring
        events = monitoring.events
        tool = monitoring.PROFILER_ID
        monitoring.use_tool_id(tool, "test")
        try:
            for name in ("PY_START", "PY_RESUME", "PY_YIELD", "PY_RETURN"):
                note = lambda *_, name=name: seen.append(name)  # noqa: E731
                monitoring.register_callback(tool, getattr(events, name), note)
            local = events.PY_START | events.PY_RESUME | events.PY_YIELD | events.PY_RETURN
            monitoring.set_local_events(tool, code, local)
            assert await api.create_task(self.watched()) == "value"
        finally:
            monitoring.set_local_events(tool, code, 0)
            monitoring.free_tool_id(tool)
        assert seen == ["PY_START", "PY_YIELD", "PY_RESUME", "PY_RETURN"]


@contextmanager
def factory_that_makes(thing, loop=None):
    """The loop's task factory answers with *thing*, or raises ValueError."""
    loop = loop or asyncio.get_running_loop()

    def factory(loop, coro, **kwargs):
        coro.close()
        if thing is ValueError:
            raise ValueError("factory")
        return thing

    loop.set_task_factory(factory)
    try:
        yield
    finally:
        loop.set_task_factory(None)


class TestOddFactories:
    """What somebody's task factory returns is theirs to answer for; nothing of ours is lost."""

    ODD = (None, object(), ValueError)

    @pytest.mark.parametrize("thing", ODD)
    async def test_a_group_fails_and_its_exit_does_not_hang(self, api, thing):
        refused = pytest.raises((AttributeError, ValueError, ExceptionGroup))
        with factory_that_makes(thing), refused:
            async with api.TaskGroup() as group:
                group.create_task(nothing())
        await turns()

    @pytest.mark.parametrize("thing", ODD)
    @pytest.mark.asyncio_never("the other coroutines are never awaited")
    async def test_gather_fails_and_closes_every_coroutine(self, api, thing):
        coros = [nothing(), nothing(), nothing()]
        refused = pytest.raises((AttributeError, ValueError), match=r"done|set_name|factory")
        with factory_that_makes(thing), refused:
            await api.gather(*coros)
        assert {inspect.getcoroutinestate(coro) for coro in coros} == {"CORO_CLOSED"}

    @pytest.mark.asyncio_since(3, 14)  # before, the loop itself names what its factory made
    @pytest.mark.skipif(sys.version_info < (3, 14), reason="the loop itself refuses it")
    async def test_a_future_will_do(self, api):
        future = asyncio.get_running_loop().create_future()
        future.set_result("made")
        with factory_that_makes(future):
            assert api.create_task(nothing()) is future
            assert await api.gather(nothing()) == ["made"]
            async with api.TaskGroup() as group:
                assert group.create_task(nothing()) is future

    @pytest.mark.parametrize("thing", ODD)
    def test_a_runner_fails_and_can_be_closed(self, api, thing):
        with api.Runner() as runner:
            refused = pytest.raises((AttributeError, TypeError, ValueError))
            with factory_that_makes(thing, runner.get_loop()), refused:
                runner.run(nothing())
            assert runner.run(returns("works")) == "works"


async def test_a_context_variable_cannot_be_reset_by_another_task(api):
    variable = contextvars.ContextVar("variable")
    tokens = []

    async def sets():
        tokens.append(variable.set(1))

    async def resets():
        variable.reset(tokens[0])

    await api.create_task(sets())
    error = await outcome(api.create_task(resets()))
    assert isinstance(error, ValueError)
    assert await api.create_task(returns("fine")) == "fine"
