"""Runner and run: own a loop, and leave nothing behind."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import signal
import sys
import threading
from contextvars import ContextVar

import pytest
from helpers import (
    fails,
    fails_later,
    forever,
    nothing,
    outcome,
    python,
    returns,
    returns_later,
    turns,
)

import eagerly

colour: ContextVar[str] = ContextVar("colour", default="none")


class TestRun:
    def test_it_returns_what_the_coroutine_returns(self, api):
        assert api.run(returns("at once")) == "at once"
        assert api.run(returns_later("later")) == "later"

    def test_it_raises_what_the_coroutine_raises(self, api):
        for coro in (fails(ValueError("its own")), fails_later(ValueError("its own"))):
            with pytest.raises(ValueError, match="its own"):
                api.run(coro)

    def test_a_main_that_is_cancelled_raises_cancelled_error(self, api):
        async def main():
            asyncio.current_task().cancel()
            await turns()

        with pytest.raises(asyncio.CancelledError):
            api.run(main())

    @pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
    @pytest.mark.parametrize("main", [fails, fails_later])
    def test_system_exit_comes_out(self, api, kind, main):
        with pytest.raises(kind, match="of main"):
            api.run(main(kind("of main")))

    @pytest.mark.parametrize("debug", [True, False])
    def test_debug_is_the_loops(self, api, debug):
        async def main():
            return asyncio.get_running_loop().get_debug()

        assert api.run(main(), debug=debug) is debug

    @pytest.mark.asyncio_since(3, 12)
    def test_it_takes_a_loop_factory(self, api, loop_factory):
        kinds = []

        def factory():
            loop = loop_factory()
            kinds.append(loop)
            return loop

        async def main():
            return asyncio.get_running_loop()

        assert [api.run(main(), loop_factory=factory)] == kinds
        assert kinds[0].is_closed()

    def test_in_a_running_loop_it_is_refused(self, api):
        async def main():
            coro = nothing()
            try:
                with pytest.raises(RuntimeError, match="from a running event loop"):
                    api.run(coro)
            finally:
                if api is asyncio:  # which leaves it to warn that it was never awaited
                    coro.close()
            return inspect.getcoroutinestate(coro)

        assert api.run(main()) == inspect.CORO_CLOSED

    @pytest.mark.parametrize("thing", [None, 42, nothing])
    @pytest.mark.asyncio_since(3, 14)
    def test_what_cannot_be_awaited_is_refused(self, api, thing):
        with pytest.raises(TypeError):
            api.run(thing)

    def test_no_loop_is_left_behind(self, api):
        api.run(nothing())
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        assert asyncio._get_running_loop() is None

    def test_it_works_in_a_thread(self, api):
        results = []
        thread = threading.Thread(target=lambda: results.append(api.run(returns_later("value"))))
        thread.start()
        thread.join()
        assert results == ["value"]

    def test_main_is_the_current_task(self, api):
        async def main():
            return type(asyncio.current_task()), len(asyncio.all_tasks())

        assert api.run(main()) == (api.Task, 1)


class TestEagerness:
    def test_our_runner_starts_tasks_eagerly_whoever_makes_them(self):
        async def main():
            made = [
                asyncio.create_task(nothing()),
                asyncio.ensure_future(nothing()),
                asyncio.get_running_loop().create_task(nothing()),
                eagerly.create_task(nothing()),
            ]
            return [(task.done(), type(task)) for task in made]

        assert eagerly.run(main()) == [(True, eagerly.Task)] * 4

    def test_a_task_factory_that_comes_with_the_loop_stays(self):
        def factory(loop, coro, **kwargs):
            return asyncio.Task(coro, loop=loop, **kwargs)

        def loop_with_factory():
            loop = asyncio.new_event_loop()
            loop.set_task_factory(factory)
            return loop

        async def main():
            return asyncio.get_running_loop().get_task_factory(), type(asyncio.current_task())

        assert eagerly.run(main(), loop_factory=loop_with_factory) == (factory, asyncio.Task)


@pytest.mark.usefixtures("loop_factory")
class TestRunner:
    @pytest.fixture
    def make(self, api, loop_factory):
        return lambda: api.Runner(loop_factory=loop_factory)

    def test_several_runs_share_a_loop(self, make):
        async def main():
            return asyncio.get_running_loop()

        with make() as runner:
            loops = {runner.run(main()), runner.run(main()), runner.get_loop()}
        assert len(loops) == 1
        assert loops.pop().is_closed()

    def test_several_runs_share_a_context(self, make):
        async def main():
            seen = colour.get()
            colour.set(seen + "+")
            return seen

        with make() as runner:
            assert [runner.run(main()) for _ in range(3)] == ["none", "none+", "none++"]
        assert colour.get() == "none"

    def test_a_run_may_have_a_context_of_its_own(self, make):
        context = contextvars.copy_context()
        context.run(colour.set, "red")

        async def main():
            seen = colour.get()
            colour.set("blue")
            return seen

        with make() as runner:
            assert runner.run(main(), context=context) == "red"
            assert runner.run(main()) == "none"
        assert context[colour] == "blue"

    def test_tasks_go_on_in_the_next_run(self, make, api):
        tasks = []

        async def first():
            tasks.append(asyncio.create_task(returns_later("value", 5)))

        async def second():
            return await tasks[0]

        with make() as runner:
            runner.run(first())
            assert not tasks[0].done()
            assert runner.run(second()) == "value"

    def test_an_error_in_one_run_does_not_hinder_the_next(self, make):
        with make() as runner:
            with pytest.raises(ValueError):
                runner.run(fails_later(ValueError()))
            assert runner.run(returns_later("value")) == "value"

    def test_it_makes_its_loop_when_it_is_first_needed(self, api, loop_factory):
        made = []

        def factory():
            made.append(loop_factory())
            return made[-1]

        runner = api.Runner(loop_factory=factory)
        assert made == []
        assert runner.get_loop() is made[0]
        assert runner.get_loop() is made[0]
        runner.run(nothing())
        runner.close()
        assert len(made) == 1

    def test_a_runner_that_did_nothing_can_be_closed(self, make):
        runner = make()
        runner.close()
        with make():
            pass

    def test_closing_twice_does_nothing(self, make):
        runner = make()
        runner.run(nothing())
        runner.close()
        runner.close()

    def test_a_closed_runner_is_closed(self, make, api):
        runner = make()
        runner.run(nothing())
        runner.close()
        coro = nothing()
        with pytest.raises(RuntimeError, match="Runner is closed"):
            runner.run(coro)
        coro.close()
        with pytest.raises(RuntimeError, match="Runner is closed"):
            runner.get_loop()
        with pytest.raises(RuntimeError, match="Runner is closed"), runner:
            pass

    def test_the_refused_coroutine_is_closed(self, loop_factory):
        runner = eagerly.Runner(loop_factory=loop_factory)
        runner.run(nothing())
        runner.close()
        coro = nothing()
        with pytest.raises(RuntimeError):
            runner.run(coro)
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED

    @pytest.mark.asyncio_since(3, 14)
    def test_it_runs_any_awaitable(self, make):
        class Awaitable:
            def __await__(self):
                return returns_later("value").__await__()

        with make() as runner:
            assert runner.run(Awaitable()) == "value"
            future = runner.get_loop().create_future()
            runner.get_loop().call_soon(future.set_result, "future")
            assert runner.run(future) == "future"
            task = asyncio.Task(returns_later("task"), loop=runner.get_loop())
            assert runner.run(task) == "task"

    def test_debug_reaches_the_loop(self, api, loop_factory):
        for debug in (True, False):
            with api.Runner(debug=debug, loop_factory=loop_factory) as runner:
                assert runner.get_loop().get_debug() is debug

    def test_a_runner_inside_a_running_loop_is_refused(self, make):
        async def main(inner):
            coro = nothing()
            with pytest.raises(RuntimeError, match="cannot be called from a running event loop"):
                inner.run(coro)
            coro.close()

        with make() as outer, make() as inner:
            outer.run(main(inner))
            assert inner.run(returns("still works")) == "still works"


class TestShutdown:
    def test_what_is_left_is_cancelled_and_may_clean_up(self, api):
        log = []

        async def child():
            try:
                await forever()
            finally:
                await turns(3)
                log.append("cleaned up")

        async def main():
            tasks.append(asyncio.create_task(child()))
            await turns()

        tasks = []
        api.run(main())
        assert log == ["cleaned up"]
        assert tasks[0].cancelled()

    def test_an_error_in_a_clean_up_is_reported(self, api):
        reports = []

        async def child():
            try:
                await forever()
            finally:
                raise ValueError("of the clean-up")

        async def main():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, report: reports.append(report))
            asyncio.create_task(child())
            await turns()

        api.run(main())
        (report,) = reports
        assert "exception during asyncio.run() shutdown" in report["message"]
        assert str(report["exception"]) == "of the clean-up"

    @pytest.mark.asyncio_never("a task born in shutdown is destroyed pending")
    def test_tasks_born_in_a_clean_up_are_cancelled_too(self, api):
        log = []

        async def grandchild():
            try:
                await forever()
            finally:
                log.append("grandchild cleaned up")

        async def child():
            try:
                await forever()
            finally:
                asyncio.create_task(grandchild())
                await turns()

        async def main():
            asyncio.create_task(child())
            await turns()

        api.run(main())
        gc.collect()
        assert log == ["grandchild cleaned up"]

    def test_a_task_that_keeps_making_tasks_does_not_keep_it_forever(self):
        made = []
        reports = []

        async def breeds():
            made.append(None)
            try:
                await forever()
            except asyncio.CancelledError:
                asyncio.create_task(breeds())

        async def main():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, report: reports.append(report))
            asyncio.create_task(breeds())
            await turns()

        eagerly.run(main())
        assert len(made) > 2
        gc.collect()

    def test_asynchronous_generators_are_closed(self, api):
        log = []

        async def generator():
            try:
                yield
            finally:
                await turns()
                log.append("closed")

        async def main():
            opened.append(generator())
            await anext(opened[0])

        opened = []
        api.run(main())
        assert log == ["closed"]

    def test_threads_of_the_default_executor_end(self, api):
        async def main():
            await asyncio.to_thread(lambda: None)
            return [t for t in threading.enumerate() if t.name.startswith("asyncio")]

        threads = api.run(main())
        assert threads
        assert not any(thread.is_alive() for thread in threads)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.usefixtures("loop_factory")
class TestControlC:
    """Ctrl-C cancels main; when main has ended, KeyboardInterrupt comes out."""

    @pytest.fixture(autouse=True)
    def default_handler(self):
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)

    @pytest.fixture
    def run(self, api, loop_factory):
        def run(main):
            with api.Runner(loop_factory=loop_factory) as runner:
                return runner.run(main)

        return run

    def test_main_is_cancelled_and_may_clean_up(self, run):
        log = []

        async def main():
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
            try:
                await forever()
            finally:
                await turns(2)
                log.append("cleaned up")

        with pytest.raises(KeyboardInterrupt):
            run(main())
        assert log == ["cleaned up"]

    def test_a_main_that_is_running_is_cancelled_where_it_waits_next(self, run):
        log = []

        async def main():
            signal.raise_signal(signal.SIGINT)
            log.append("goes on")
            await turns()
            log.append("not reached")

        with pytest.raises(KeyboardInterrupt):
            run(main())
        assert log == ["goes on"]

    def test_the_children_of_its_group_are_cancelled(self, run, api):
        tasks = []

        async def main():
            asyncio.get_running_loop().call_later(0.001, signal.raise_signal, signal.SIGINT)
            async with api.TaskGroup() as group:
                tasks.extend(group.create_task(forever()) for _ in range(3))

        with pytest.raises(KeyboardInterrupt):
            run(main())
        assert all(task.cancelled() for task in tasks)

    def test_a_second_one_interrupts_at_once(self, run):
        log = []

        async def main():
            try:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                log.append("at once")
                raise

        with pytest.raises(KeyboardInterrupt):
            run(main())
        assert log == ["at once"]

    def test_the_handler_is_put_back(self, run):
        async def main():
            return signal.getsignal(signal.SIGINT)

        assert run(main()) is not signal.default_int_handler
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_a_handler_of_the_programs_is_left_alone(self, run):
        def own(signum, frame):
            log.append(signum)

        log = []

        async def main():
            signal.raise_signal(signal.SIGINT)
            await turns()
            return "goes on"

        signal.signal(signal.SIGINT, own)
        assert run(main()) == "goes on"
        assert log == [signal.SIGINT]
        assert signal.getsignal(signal.SIGINT) is own

    def test_a_cancellation_without_a_signal_is_just_that(self, run):
        async def main():
            asyncio.current_task().cancel()
            await turns()

        with pytest.raises(asyncio.CancelledError):
            run(main())

    def test_a_task_that_cannot_be_uncancelled_is_merely_cancelled(self, api, loop_factory):
        class Plain(asyncio.Future):
            """A task of somebody's factory that has cancel() and set_name(), no more."""

            set_name = str

            def __init__(self, task):
                super().__init__(loop=task.get_loop())
                self.cancel = task.cancel
                task.add_done_callback(lambda task: super(Plain, self).cancel())

        def make(loop, coro, **kwargs):
            return Plain(asyncio.Task(coro, loop=loop, **kwargs))

        async def main():
            signal.raise_signal(signal.SIGINT)
            await forever()

        with api.Runner(loop_factory=loop_factory) as runner:
            runner.get_loop().set_task_factory(make)
            with pytest.raises(asyncio.CancelledError):
                runner.run(main())
            runner.get_loop().set_task_factory(None)

    @pytest.mark.asyncio_never("ExceptionGroup comes out, the Ctrl-C is gone")
    def test_an_error_in_a_childs_clean_up_does_not_hide_it(self, run, api):
        async def child():
            try:
                await forever()
            finally:
                raise ValueError

        async def main():
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
            async with api.TaskGroup() as group:
                group.create_task(child())

        with pytest.raises(KeyboardInterrupt):
            run(main())

    @pytest.mark.asyncio_never("run() returns as if nothing had happened")
    def test_a_main_may_swallow_the_cancellation(self, run):
        # As servers do that exit cleanly.
        async def main():
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
            await outcome(forever())
            return "swallowed"

        assert run(main()) == "swallowed"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.parametrize("module", ["asyncio", "eagerly"])
def test_a_program_that_is_interrupted_while_it_waits_for_io_ends(module):
    finished = python(
        "-c",
        f"""if True:
        import asyncio, os, signal, threading, {module}

        signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it

        async def main():
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            try:
                await asyncio.sleep(60)
            finally:
                print("cleaned up")

        try:
            {module}.run(main())
        except KeyboardInterrupt:
            print("interrupted")
        """,
    )
    assert (finished.stdout, finished.stderr) == ("cleaned up\ninterrupted\n", "")
