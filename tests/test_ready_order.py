"""Strict FIFO with the loop: as if every step of every task had a Handle of its own."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import random
import threading
import time
from asyncio import tasks as registry

import pytest
from helpers import loop_of, nothing, returns_later, turn, turns, waits_for

import eagerly

pytestmark = pytest.mark.usefixtures("loop_factory")


async def says(log, word):
    log.append(word)


class Ticks:
    """Counts the turns of a loop, as its last callback in each."""

    def __init__(self, loop):
        self.loop = loop
        self.now = 0
        loop.call_soon(self)

    def __call__(self):
        self.now += 1
        self.loop.call_soon(self)


class TestOrder:
    async def test_a_new_task_runs_between_the_callbacks_around_it(self, api):
        log = []
        loop = asyncio.get_running_loop()
        loop.call_soon(log.append, "before")
        api.Task(says(log, "task"))
        loop.call_soon(log.append, "after")
        await turns()
        assert log == ["before", "task", "after"]

    async def test_a_woken_task_runs_between_the_callbacks_around_it(self, api):
        log = []
        loop = asyncio.get_running_loop()
        gate = loop.create_future()

        async def child():
            await gate
            log.append("task")

        api.create_task(child())
        await turns()
        loop.call_soon(log.append, "before")
        gate.set_result(None)
        loop.call_soon(log.append, "after")
        await turns()
        assert log == ["before", "task", "after"]

    async def test_a_task_that_gives_way_goes_behind_what_is_waiting(self, api):
        log = []
        loop = asyncio.get_running_loop()

        async def child():
            loop.call_soon(log.append, "before")
            await turns()
            log.append("task")

        api.Task(child())
        await turns()
        loop.call_soon(log.append, "after")
        await turns()
        assert log == ["before", "task", "after"]

    async def test_a_task_woken_by_a_task_runs_between_the_callbacks_around_it(self, api):
        log = []
        loop = asyncio.get_running_loop()
        gate = loop.create_future()
        inner = api.create_task(waits_for(gate))

        async def outer():
            await inner
            log.append("task")

        def opens():
            loop.call_soon(log.append, "before")
            gate.set_result(None)
            loop.call_soon(log.append, "after")

        api.create_task(outer())
        await turns()
        inner.add_done_callback(lambda task: log.append("called back"))
        opens()
        await turns()
        assert log == ["before", "after"]
        await turns()
        assert log == ["before", "after", "task", "called back"]

    async def test_a_cancelled_task_runs_between_the_callbacks_around_it(self, api):
        log = []
        loop = asyncio.get_running_loop()

        async def child():
            try:
                await loop.create_future()
            finally:
                log.append("task")

        task = api.create_task(child())
        await turns()
        loop.call_soon(log.append, "before")
        task.cancel()
        loop.call_soon(log.append, "after")
        await turns()
        assert log == ["before", "task", "after"]

    async def test_tasks_run_in_the_order_in_which_they_became_ready(self, api):
        log = []
        gates = [asyncio.get_running_loop().create_future() for _ in range(5)]

        async def child(n):
            await gates[n]
            log.append(n)

        for n in range(5):
            api.create_task(child(n))
        await turns()
        for n in (3, 0, 4, 1, 2):
            gates[n].set_result(None)
        await turns(2)
        assert log == [3, 0, 4, 1, 2]

    async def test_who_waits_for_the_same_is_woken_in_the_order_of_waiting(self, api):
        log = []
        for gate in (
            asyncio.get_running_loop().create_future(),
            api.create_task(returns_later(None, 3)),
        ):

            async def child(n, gate=gate):
                await gate
                log.append(n)

            tasks = [api.create_task(child(n)) for n in range(5)]
            await turns()
            if not isinstance(gate, asyncio.Task):
                gate.set_result(None)
            await asyncio.wait(tasks)
            assert log == [0, 1, 2, 3, 4]
            log.clear()

    @pytest.mark.parametrize("seed", range(10))
    async def test_any_mixture_of_tasks_and_callbacks_runs_in_order(self, api, seed):
        chance = random.Random(seed)
        log, expected = [], []
        loop = asyncio.get_running_loop()
        gates = [loop.create_future() for _ in range(30)]

        async def child(n):
            await gates[n]
            log.append(n)

        for n in range(30):
            api.create_task(child(n))
        await turns()
        for n in range(90):
            what = chance.choice(["gate", "task", "callback"])
            if what == "gate" and gates:
                gate = chance.randrange(30)
                if gates[gate].done():
                    continue
                gates[gate].set_result(None)
                expected.append(gate)
            elif what == "task":
                api.Task(says(log, ("task", n)))
                expected.append(("task", n))
            else:
                loop.call_soon(log.append, ("callback", n))
                expected.append(("callback", n))
        await turns(2)
        assert log == expected
        for gate in gates:
            gate.cancel()


class TestTurns:
    async def test_each_step_takes_a_turn(self, api):
        log = []
        ticks = Ticks(asyncio.get_running_loop())

        async def child():
            for _ in range(4):
                log.append(ticks.now)
                await turns()

        tasks = [api.Task(child()) for _ in range(3)]
        await asyncio.wait(tasks)
        first = log[0]
        assert log == [turn for turn in range(first, first + 4) for _ in range(3)]

    async def test_a_task_made_ready_in_a_step_runs_in_the_next_turn(self, api):
        log = []
        ticks = Ticks(asyncio.get_running_loop())

        async def child(depth):
            log.append(ticks.now)
            if depth:
                api.Task(child(depth - 1))

        for _ in range(2):
            api.Task(child(3))
        await turns(6)
        first = log[0]
        assert log == [turn for turn in range(first, first + 4) for _ in range(2)]

    async def test_a_task_made_ready_by_a_callback_runs_in_the_next_turn(self, api):
        log = []
        loop = asyncio.get_running_loop()
        ticks = Ticks(loop)

        async def child(n):
            log.append((n, ticks.now))

        api.Task(child("before"))
        loop.call_soon(lambda: api.Task(child("inside")))
        api.Task(child("after"))
        await turns(3)
        first = log[0][1]
        assert log == [("before", first), ("after", first), ("inside", first + 1)]

    async def test_two_that_wake_each_other_leave_turns_to_the_loop(self, api):
        log = []
        loop = asyncio.get_running_loop()
        ticks = Ticks(loop)

        async def ping(mine, other, n):
            for i in range(n):
                await mine[i]
                log.append(ticks.now)
                other[i].set_result(None)

        pings, pongs = ([loop.create_future() for _ in range(5)] for _ in range(2))

        async def pong():
            for i in range(5):
                pings[i].set_result(None)
                await pongs[i]
                log.append(ticks.now)

        task = api.create_task(ping(pings, pongs, 5))
        await pong()
        await task
        assert log == list(range(log[0], log[0] + 10))

    async def test_a_done_callback_takes_a_turn(self, api):
        log = []
        ticks = Ticks(asyncio.get_running_loop())

        async def child():
            await turns()
            log.append(ticks.now)

        task = api.Task(child())
        task.add_done_callback(lambda task: log.append(ticks.now))
        await turns(5)
        assert log[1] == log[0] + 1

    async def test_awaiting_a_task_takes_a_turn_after_its_end(self, api):
        log = []
        ticks = Ticks(asyncio.get_running_loop())

        async def inner():
            await turns(2)
            log.append(ticks.now)

        async def outer(task):
            await task
            log.append(ticks.now)

        await api.create_task(outer(api.create_task(inner())))
        assert log[1] == log[0] + 1


class TestAccidents:
    @pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
    def test_after_a_system_exit_the_rest_runs_when_the_loop_runs_again(
        self, api, kind, loop_factory
    ):
        log = []

        async def exits():
            log.append("exits")
            raise kind

        with loop_of(loop_factory) as (loop, _):
            tasks = [api.Task(says(log, "before"), loop=loop)]
            tasks.append(api.Task(exits(), loop=loop))
            tasks += [api.Task(says(log, n), loop=loop) for n in range(3)]
            loop.call_soon(log.append, "after")
            with pytest.raises(kind):
                loop.run_forever()
            if loop_factory is asyncio.new_event_loop:  # uvloop ends its turn first
                assert log == ["before", "exits"]
            loop.call_soon(log.append, "later")
            turn(loop)
            assert log == ["before", "exits", 0, 1, 2, "after", "later"]
            assert [task.done() for task in tasks] == [True] * 5
            assert isinstance(tasks[1].exception(), kind)

    def test_when_the_loop_runs_again_inside_a_step_the_rest_runs_there(self, api):
        """As nest_asyncio has it."""
        log = []

        async def nests(loop):
            log.append("begins")
            task = asyncio.current_task()
            registry._leave_task(loop, task)
            loop._run_once()
            registry._enter_task(loop, task)
            log.append("ends")

        with loop_of(NestingLoop) as (loop, _):
            api.Task(says(log, "before"), loop=loop)
            api.Task(nests(loop), loop=loop)
            for n in range(3):
                api.Task(says(log, n), loop=loop)
            loop.call_soon(log.append, "after")
            turn(loop, 3)
        assert log == ["before", "begins", 0, 1, 2, "after", "ends"]

    def test_two_that_nest_run_the_rest_once(self, api):
        log = []

        async def nests(loop, n):
            log.append(f"{n} begins")
            task = asyncio.current_task()
            registry._leave_task(loop, task)
            loop._run_once()
            registry._enter_task(loop, task)
            log.append(f"{n} ends")

        with loop_of(NestingLoop) as (loop, _):
            for n in range(2):
                api.Task(nests(loop, n), loop=loop)
                api.Task(says(log, n), loop=loop)
            turn(loop, 3)
        assert log == ["0 begins", 0, "1 begins", 1, "1 ends", "0 ends"]

    def test_a_task_made_ready_while_the_loop_is_nested_runs_once(self, api):
        log = []

        async def nests(loop):
            api.Task(says(log, "made before"), loop=loop)
            task = asyncio.current_task()
            registry._leave_task(loop, task)
            loop._run_once()
            registry._enter_task(loop, task)
            api.Task(says(log, "made after"), loop=loop)
            log.append("ends")

        with loop_of(NestingLoop) as (loop, _):
            api.Task(nests(loop), loop=loop)
            api.Task(says(log, "waited"), loop=loop)
            turn(loop, 4)
        assert log == ["waited", "made before", "ends", "made after"]

    def test_stopping_the_loop_in_a_step_lets_the_turn_end(self, api, loop_factory):
        log = []

        async def stops(loop):
            loop.stop()
            log.append("stops")

        with loop_of(loop_factory) as (loop, _):
            api.Task(stops(loop), loop=loop)
            for n in range(3):
                api.Task(says(log, n), loop=loop)
            loop.run_forever()
        assert log == ["stops", 0, 1, 2]

    def test_closing_a_loop_with_ready_tasks_forgets_them(self, api, loop_factory):
        log = []
        with loop_of(loop_factory) as (loop, _):
            tasks = [api.Task(says(log, n), loop=loop) for n in range(3)]
            for task in tasks:
                task._log_destroy_pending = False
        assert log == []
        for task in tasks:
            task.get_coro().close()


class NestingLoop(asyncio.SelectorEventLoop):
    """A loop that can be run from inside itself, and has neither timers nor sockets."""

    def _run_once(self):
        for _ in range(len(self._ready)):
            if not self._ready:
                break
            handle = self._ready.popleft()
            if not handle._cancelled:
                handle._run()


class TestDebugMode:
    async def test_each_task_has_a_handle_that_knows_it(self, api, loop_factory):
        loop = asyncio.get_running_loop()
        if loop_factory is not asyncio.new_event_loop:
            pytest.skip("uvloop shows its handles to nobody")
        loop.set_debug(True)
        tasks = [api.Task(nothing()) for _ in range(3)]
        handles = list(loop._ready)[-3:]
        assert [handle._callback.__self__ for handle in handles] == tasks
        await asyncio.wait(tasks)
        loop.set_debug(False)

    async def test_the_order_is_the_same(self, api):
        log = []
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        api.Task(says(log, 1))
        loop.call_soon(log.append, 2)
        api.Task(says(log, 3))
        api.Task(says(log, 4))
        loop.call_soon(log.append, 5)
        await turns()
        assert log == [1, 2, 3, 4, 5]
        loop.set_debug(False)


class TestCallSoon:
    """Ours stands in for that of asyncio's loops: a task that a future wakes needs no handle."""

    async def test_it_takes_a_context_and_gives_a_handle_that_can_be_cancelled(self, api):
        await api.create_task(turns())
        loop, log, where = asyncio.get_running_loop(), [], contextvars.copy_context()
        variable = contextvars.ContextVar("variable", default="outside")
        where.run(variable.set, "inside")
        loop.call_soon(lambda: log.append(variable.get()), context=where)
        loop.call_soon(lambda: log.append(variable.get()))
        loop.call_soon(log.append, "cancelled").cancel()
        await turns()
        assert log == ["inside", "outside"]

    def test_a_loop_with_one_of_its_own_sees_every_call(self, api):
        called = []

        class Counts(asyncio.SelectorEventLoop):
            def call_soon(self, callback, *args, context=None):
                called.append(callback)
                return super().call_soon(callback, *args, context=context)

        async def waits_for_a_future(loop):
            gate = loop.create_future()
            loop.call_soon(gate.set_result, None)
            await gate

        with loop_of(Counts) as (loop, _):
            task = api.Task(waits_for_a_future(loop), loop=loop)
            turn(loop, 4)
        assert task.done()
        assert len([callback for callback in called if "wakeup" in repr(callback)]) == 1

    def test_one_that_a_program_puts_into_the_loop_sees_every_call(self, api):
        called = []
        with loop_of(asyncio.new_event_loop) as (loop, _):
            api.Task(nothing(), loop=loop)
            turn(loop, 2)
            before = loop.call_soon

            def mine(callback, *args, **kwargs):
                called.append(callback)
                return before(callback, *args, **kwargs)

            loop.call_soon = mine
            tasks = [api.Task(nothing(), loop=loop) for _ in range(3)]
            loop.call_soon = before
            turn(loop, 2)
        assert (len(called), [task.done() for task in tasks]) == (3, [True] * 3)

    def test_one_that_was_patched_before_sees_every_call(self, api, monkeypatch):
        called, before = [], asyncio.BaseEventLoop.call_soon

        @functools.wraps(before)
        def traced(loop, callback, *args, **kwargs):
            called.append(callback)
            return before(loop, callback, *args, **kwargs)

        monkeypatch.setattr(asyncio.BaseEventLoop, "call_soon", traced)
        with loop_of(asyncio.new_event_loop) as (loop, _):
            task = api.Task(nothing(), loop=loop)
            assert (len(called), task.done()) == (1, False)
            turn(loop, 2)
        assert task.done()

    def test_a_handles_run_that_was_patched_before_sees_every_step(self, api, monkeypatch):
        """As aiodebug does, to tell of slow steps."""
        ran, before = [], asyncio.Handle._run

        def traced(handle):
            ran.append(handle)
            before(handle)

        monkeypatch.setattr(asyncio.Handle, "_run", traced)
        with loop_of(asyncio.new_event_loop) as (loop, _):
            tasks = [api.Task(nothing(), loop=loop) for _ in range(3)]
            turn(loop)
            assert all(task.done() for task in tasks)
        assert len(ran) >= 3

    def test_in_debug_mode_it_refuses_what_is_not_callable_as_the_loops_own_does(self, api):
        with loop_of(asyncio.new_event_loop) as (loop, _):
            api.Task(nothing(), loop=loop)
            loop.set_debug(True)
            with pytest.raises(TypeError, match="a callable object was expected"):
                loop.call_soon(3)
            loop.set_debug(False)
            turn(loop, 2)

    def test_a_closed_loop_has_its_own_again_and_says_that_it_is_closed(self, api):
        with loop_of(asyncio.new_event_loop) as (loop, _):
            task = api.Task(nothing(), loop=loop)
            turn(loop, 2)
            assert task.done()
        assert not {"call_soon", "close"} & vars(loop).keys()
        with pytest.raises(RuntimeError, match="Event loop is closed"):
            loop.call_soon(print)

    async def test_a_future_that_calls_back_twice_wakes_its_task_once(self, api):
        loop, log = asyncio.get_running_loop(), []

        class Twice(asyncio.Future):
            def add_done_callback(self, callback, *, context=None):
                super().add_done_callback(callback, context=context)
                super().add_done_callback(callback, context=context)

        reports = []
        loop.set_exception_handler(lambda _, report: reports.append(report))
        future = Twice()

        async def waits():
            await future
            log.append("woken")
            await asyncio.sleep(0)
            log.append("done")

        task = api.create_task(waits())
        await turns()
        future.set_result(None)
        await turns(3)
        assert (log, task.done()) == (["woken", "done"], True)


class TestAnotherThread:
    def test_a_first_task_made_there_calls_nothing_on_the_loop_but_what_is_thread_safe(self):
        """uvloop's queue is found by trying it out, which only the loop's own thread may do."""
        uvloop = pytest.importorskip("uvloop")
        callers = []

        class Loop(uvloop.Loop):
            def call_soon(self, callback, *args, context=None):
                callers.append(threading.get_ident())
                return super().call_soon(callback, *args, context=context)

        with loop_of(Loop) as (loop, _):
            thread = threading.Thread(target=loop.run_forever)
            thread.start()
            while not loop.is_running():
                pass
            log = []
            eagerly.Task(says(log, "done"), loop=loop, eager_start=True)
            give_up = time.monotonic() + 60
            while not log and time.monotonic() < give_up:
                time.sleep(0.001)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            assert log == ["done"]
            assert threading.get_ident() not in callers
