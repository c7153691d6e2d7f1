"""gather: many outcomes, one future."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys

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


def cancel_all(loop):
    for task in asyncio.all_tasks(loop):
        task.cancel()


class TestResults:
    async def test_they_come_in_the_order_of_the_arguments(self, api):
        assert await api.gather(
            returns_later("slow", 5), returns("at once"), returns_later("fast", 1)
        ) == ["slow", "at once", "fast"]

    async def test_tasks_futures_coroutines_and_awaitables_mix(self, api):
        class Awaitable:
            def __await__(self):
                return returns_later("awaitable").__await__()

        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, "future")
        assert await api.gather(
            api.create_task(returns_later("ours")),
            asyncio.create_task(returns_later("asyncio's")),
            future,
            returns_later("coroutine"),
            Awaitable(),
            asyncio.gather(returns(1), returns(2)),
            eagerly.gather(returns(3), returns_later(4)),
        ) == ["ours", "asyncio's", "future", "coroutine", "awaitable", [1, 2], [3, 4]]

    async def test_nothing_gathers_to_an_empty_list(self, api):
        gathered = api.gather()
        assert asyncio.isfuture(gathered)
        assert await gathered == []
        assert await api.gather(return_exceptions=True) == []

    async def test_the_same_awaitable_twice_is_one_child(self, api):
        started = []

        async def child():
            started.append(True)
            await turns()
            return "value"

        coro = child()
        other = api.create_task(returns_later("other"))
        assert await api.gather(coro, other, coro, other, coro) == [
            "value", "other", "value", "other", "value",
        ]  # fmt: skip
        assert started == [True]

    async def test_the_same_awaitable_twice_is_cancelled_twice(self, api):
        child = api.create_task(forever())
        gathered = api.gather(child, child)
        await turns()
        gathered.cancel()
        assert child.cancelling() == 2
        assert await outcome(gathered) is not None

    async def test_a_cancellation_has_the_message_of_the_last_argument(self, api):
        future = asyncio.get_running_loop().create_future()
        child = api.create_task(forever())
        gathered = api.gather(future, child, future, return_exceptions=True)
        await turns()
        future.set_result(None)
        gathered.cancel("message")
        assert (await outcome(gathered)).args == ()
        assert (await outcome(child)).args == ("message",)

    @pytest.mark.eager
    async def test_what_fails_while_its_siblings_start_is_heard_of_at_the_next_turn(self, api):
        async def sibling():
            future.set_exception(ValueError)

        future = asyncio.get_running_loop().create_future()
        gathered = api.gather(future, sibling())
        assert not gathered.done()
        with pytest.raises(ValueError):
            await gathered

    async def test_the_same_coroutine_twice_that_ends_at_once_is_one_child(self, api):
        coro = returns("value")
        assert await api.gather(coro, coro) == ["value", "value"]

    async def test_a_coroutine_is_one_child_wherever_it_is_given_again(self, api):
        async def gather_at(depth):
            if depth > 0:  # deep down, children start lazily
                return await api.create_task(gather_at(depth - 1))
            ends, waits, future = returns("ends"), returns_later("waits"), api.create_task(turns())
            return await api.gather(ends, waits, waits, ends, future, waits, future, ends)

        expected = ["ends", "waits", "waits", "ends", None, "waits", None, "ends"]
        assert await gather_at(0) == expected
        assert await gather_at(100) == expected

    async def test_children_that_are_done_already_count(self, api):
        tasks = [api.create_task(returns(n)) for n in range(3)]
        await asyncio.wait(tasks)
        assert await api.gather(*tasks) == [0, 1, 2]

    async def test_a_hundred_children(self, api):
        coros = [returns_later(n, n % 7) for n in range(100)]
        assert await api.gather(*coros) == list(range(100))

    async def test_it_can_be_awaited_by_many(self, api):
        gathered = api.gather(returns_later(1), returns_later(2))
        waiters = [api.create_task(waits_for(gathered)) for _ in range(2)]
        assert await gathered == [1, 2]
        assert [await waiter for waiter in waiters] == [[1, 2], [1, 2]]

    async def test_results_may_be_exceptions(self, api):
        error = ValueError()
        assert await api.gather(returns(error), returns_later(error)) == [error, error]

    @pytest.mark.eager
    async def test_children_that_end_in_their_first_step_end_the_future_at_once(self, api):
        gathered = api.gather(returns(1), returns(2))
        assert gathered.done()
        assert gathered.result() == [1, 2]

    async def test_eagerly_starts_the_children_without_a_factory_too(self):
        assert asyncio.get_running_loop().get_task_factory() is None
        assert eagerly.gather(returns(1), returns(2)).done()


class TestErrors:
    async def test_the_first_error_comes_out_and_the_others_go_on(self, api):
        slow = api.create_task(returns_later("goes on", 4))
        with pytest.raises(ValueError, match="of the child"):
            await api.gather(slow, fails_later(ValueError("of the child")))
        assert not slow.done()
        assert await slow == "goes on"

    async def test_of_two_errors_the_one_that_came_first_comes_out(self, api):
        slow = api.create_task(fails_later(ValueError(), 3))
        with pytest.raises(KeyError):
            await api.gather(slow, fails_later(KeyError(), 1))
        assert isinstance(await outcome(slow), ValueError)

    async def test_of_two_errors_at_once_the_first_argument_comes_out(self, api, reports):
        with pytest.raises(ValueError):
            await api.gather(fails(ValueError()), fails(KeyError()))

    @pytest.mark.parametrize("fails_first", [fails, fails_later])
    async def test_later_errors_are_lost_as_asyncio_loses_them(self, api, reports, fails_first):
        with pytest.raises(ValueError):
            await api.gather(fails_first(ValueError("first")), fails_first(KeyError("second")))
        await turns(3)
        gc.collect()
        assert reports == []

    async def test_an_error_after_a_success_comes_out(self, api):
        for ends, succeeds in ((fails, returns), (fails_later, returns_later)):
            with pytest.raises(ValueError, match="second"):
                await api.gather(succeeds("first"), ends(ValueError("second")))

    async def test_return_exceptions_puts_errors_into_the_list(self, api):
        value, error = "value", ValueError("of the child")
        results = await api.gather(
            returns(value), fails(error), returns_later(value), fails_later(error),
            return_exceptions=True,
        )  # fmt: skip
        assert results == [value, error, value, error]

    async def test_an_error_of_a_done_child_comes_out(self, api):
        task = api.create_task(fails(ValueError("of the child")))
        await asyncio.wait([task])
        with pytest.raises(ValueError, match="of the child"):
            await api.gather(returns_later("value"), task)

    async def test_an_error_of_a_done_child_comes_out_after_done_children_too(self, api):
        tasks = [api.create_task(coro) for coro in (returns("value"), fails(ValueError("its own")))]
        await asyncio.wait(tasks)
        with pytest.raises(ValueError, match="its own"):
            await api.gather(*tasks)

    async def test_an_error_that_nobody_awaits_is_reported(self, api, reports):
        gathered = api.gather(fails_later(ValueError("nobody's")))
        await turns(4)
        del gathered
        gc.collect()
        assert [str(report["exception"]) for report in reports] == ["nobody's"]

    @pytest.mark.parametrize("thing", [None, 42, "text", nothing])
    async def test_what_cannot_be_awaited_is_refused(self, api, thing):
        with pytest.raises(TypeError):
            api.gather(thing)

    async def test_a_refused_argument_leaves_no_coroutine_behind(self):
        """asyncio leaves the coroutines after it, and lets those before it run on."""
        before, after = forever(), nothing()
        with pytest.raises(TypeError):
            eagerly.gather(before, 42, after)
        assert inspect.getcoroutinestate(after) == inspect.CORO_CLOSED
        await turns(2)
        assert inspect.getcoroutinestate(before) == inspect.CORO_CLOSED

    @pytest.mark.asyncio_never("what was started runs on")
    async def test_a_coroutine_before_and_after_a_refused_argument_is_cancelled(self, api):
        """It is a child's: to close it would not let it wait in its clean-up."""

        async def cleans_up():
            try:
                await forever()
            finally:
                await turns()
                log.append("clean")

        log, coro = [], cleans_up()
        with pytest.raises(TypeError):
            api.gather(coro, 42, coro)
        await turns(4)
        assert log == ["clean"]

    async def test_a_bad_yield_in_a_child_is_the_childs_error(self, api):
        results = await api.gather(waits_for(Suspicious(42)), return_exceptions=True)
        assert isinstance(results[0], RuntimeError)

    @pytest.mark.asyncio_never("cpython#108549, cpython#93122")
    @pytest.mark.parametrize("others", [0, 2])
    def test_system_exit_of_a_child_is_what_the_loop_and_who_awaits_see(
        self, api, loop_factory, others
    ):
        seen = []

        async def main():
            gathered = api.gather(
                fails_later(SystemExit("of the child")), *(forever() for _ in range(others))
            )
            seen.append(await outcome(gathered))

        with loop_of(loop_factory) as (loop, reports):
            task = api.Task(main(), loop=loop)
            with pytest.raises(SystemExit, match="of the child"):
                loop.run_until_complete(task)
            turn(loop, 4)
            assert [type(error) for error in seen] == [SystemExit]
            cancel_all(loop)
            turn(loop, 3)
            del task
            seen.clear()
            gc.collect()
        assert reports == []


class TestCancellation:
    async def test_cancelling_the_future_cancels_every_child(self, api):
        tasks = [api.create_task(forever()) for _ in range(3)]
        gathered = api.gather(*tasks)
        await turns()
        assert gathered.cancel() is True
        with pytest.raises(asyncio.CancelledError):
            await gathered
        assert all(task.cancelled() for task in tasks)

    async def test_cancelling_who_awaits_cancels_every_child(self, api):
        tasks = [api.create_task(forever()) for _ in range(3)]

        async def main():
            await api.gather(*tasks)

        task = api.create_task(main())
        await turns(2)
        task.cancel("because")
        error = await outcome(task)
        assert isinstance(error, asyncio.CancelledError)
        assert error.args == ("because",)
        assert task.cancelled()
        assert all(task.cancelled() for task in tasks)

    async def test_the_message_reaches_the_children(self, api):
        heard = []

        async def child():
            try:
                await forever()
            except asyncio.CancelledError as error:
                heard.append(error.args)
                raise

        gathered = api.gather(child(), child())
        await turns()
        gathered.cancel("because")
        await outcome(gathered)
        assert heard == [("because",), ("because",)]

    async def test_a_future_that_is_done_cannot_be_cancelled(self, api):
        gathered = api.gather(returns_later("value"))
        await gathered
        assert gathered.cancel() is False
        assert gathered.result() == ["value"]
        assert api.gather().cancel() is False

    @pytest.mark.asyncio_never("cpython#85071: it says False")
    @pytest.mark.parametrize("return_exceptions", [True, False])
    async def test_a_future_that_was_cancelled_says_so(self, api, return_exceptions):
        gathered = api.gather(forever(), forever(), return_exceptions=return_exceptions)
        gathered.cancel()
        await outcome(gathered)
        assert gathered.done()
        assert gathered.cancelled()

    async def test_it_comes_out_with_return_exceptions_too(self, api):
        gathered = api.gather(forever(), returns_later("value"), return_exceptions=True)
        await turns()
        gathered.cancel()
        assert isinstance(await outcome(gathered), asyncio.CancelledError)

    async def test_a_cancelled_child_raises_from_the_future_and_leaves_the_others(self, api):
        child, other = api.create_task(forever()), api.create_task(returns_later("value", 5))
        gathered = api.gather(other, child)
        await turns()
        child.cancel("because")
        error = await outcome(gathered)
        assert isinstance(error, asyncio.CancelledError)
        assert not other.done()
        assert await other == "value"

    async def test_a_cancelled_child_stands_in_the_list_with_return_exceptions(self, api):
        child = api.create_task(forever())
        gathered = api.gather(returns_later("value"), child, return_exceptions=True)
        await turns()
        child.cancel("because")
        value, error = await gathered
        assert value == "value"
        assert isinstance(error, asyncio.CancelledError)

    async def test_a_child_that_refuses_keeps_the_future_waiting(self, api):
        async def child():
            try:
                await forever()
            except asyncio.CancelledError:
                await turns(2)
                return "nevertheless"

        gathered = api.gather(child(), return_exceptions=True)
        await turns()
        gathered.cancel()
        await turns(2)
        assert not gathered.done()
        assert isinstance(await outcome(gathered), asyncio.CancelledError)

    async def test_one_of_two_gathers_of_a_child_may_be_cancelled(self, api):
        child = api.create_task(forever())
        one, other = api.gather(child), api.gather(child, return_exceptions=True)
        await turns()
        one.cancel()
        assert isinstance(await outcome(one), asyncio.CancelledError)
        (error,) = await other
        assert isinstance(error, asyncio.CancelledError)

    async def test_a_timeout_around_it(self, api):
        tasks = [api.create_task(forever()) for _ in range(3)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await api.gather(*tasks)
        assert all(task.cancelled() for task in tasks)
        assert asyncio.current_task().cancelling() == 0

    async def test_nested_gathers_are_cancelled_through(self, api):
        task = api.create_task(forever())
        gathered = api.gather(api.gather(task), returns_later("value"))
        await turns()
        gathered.cancel()
        await outcome(gathered)
        assert task.cancelled()


class TestWithoutARunningLoop:
    def test_futures_say_which_loop_it_is(self, api, loop_factory):
        with loop_of(loop_factory) as (loop, _):
            one, other = loop.create_future(), api.Task(returns("task"), loop=loop)
            gathered = api.gather(one, other)
            loop.call_soon(one.set_result, "future")
            assert loop.run_until_complete(gathered) == ["future", "task"]

    def test_coroutines_after_a_future_run_on_its_loop(self, api, loop_factory):
        with loop_of(loop_factory) as (loop, _):
            future = loop.create_future()
            gathered = api.gather(future, returns("coroutine"))
            loop.call_soon(future.set_result, "future")
            assert loop.run_until_complete(gathered) == ["future", "coroutine"]

    @pytest.mark.asyncio_since(3, 14)
    def test_coroutines_alone_do_not(self, api):
        asyncio.set_event_loop(None)
        coro = nothing()
        with pytest.raises(RuntimeError, match=r"no (current|running) event loop"):
            api.gather(coro)
        coro.close()


class TestForeignTasks:
    async def test_the_children_are_made_by_the_loops_factory(self, api):
        made = []

        def factory(loop, coro, **kwargs):
            if sys.version_info < (3, 12):
                kwargs.pop("eager_start", None)
            made.append(asyncio.Task(coro, loop=loop, **kwargs))
            return made[-1]

        asyncio.get_running_loop().set_task_factory(factory)
        assert await api.gather(returns(1), returns_later(2)) == [1, 2]
        assert [task.result() for task in made] == [1, 2]
