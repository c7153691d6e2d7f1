"""TaskGroup: wait for all the children, and let none outlive the block."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import sys
from contextvars import ContextVar

import pytest
from helpers import (
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
from eagerly.engine import ready

pytestmark = pytest.mark.usefixtures("loop_factory")

colour: ContextVar[str] = ContextVar("colour", default="none")


def lazily(api, group, coro, **kwargs):
    """A child that takes its first step at the loop's next turn."""
    if api is eagerly:
        kwargs["eager_start"] = False
    return group.create_task(coro, **kwargs)


class TestChildren:
    async def test_leaving_the_block_waits_for_every_child(self, api):
        async with api.TaskGroup() as group:
            tasks = [group.create_task(returns_later(n, n)) for n in range(5)]
        assert [task.result() for task in tasks] == [0, 1, 2, 3, 4]

    async def test_a_group_without_children_is_left_at_once(self, api):
        log = []
        asyncio.get_running_loop().call_soon(log.append, "a turn")
        async with api.TaskGroup():
            pass
        assert log == []

    async def test_a_child_may_make_children(self, api):
        log = []

        async def parent(group, depth):
            await turns()
            log.append(depth)
            if depth:
                group.create_task(parent(group, depth - 1))

        async with api.TaskGroup() as group:
            group.create_task(parent(group, 3))
        assert log == [3, 2, 1, 0]

    async def test_children_may_be_made_while_the_group_waits_for_others(self, api):
        made = []

        async def late(group):
            await turns(3)
            made.append(group.create_task(returns_later("value")))

        async with api.TaskGroup() as group:
            group.create_task(late(group))
        assert made[0].result() == "value"

    async def test_a_child_takes_a_name_and_a_context(self, api):
        context = contextvars.copy_context()
        context.run(colour.set, "red")

        async def child():
            return asyncio.current_task().get_name(), colour.get()

        async with api.TaskGroup() as group:
            task = lazily(api, group, child(), name="chosen", context=context)
        assert task.result() == ("chosen", "red")

    async def test_a_child_that_is_cancelled_is_no_error(self, api):
        async with api.TaskGroup() as group:
            task = group.create_task(forever())
            other = group.create_task(returns_later("value", 5))
            await turns()
            task.cancel()
        assert task.cancelled()
        assert other.result() == "value"

    async def test_children_that_only_the_group_refers_to_stay_alive(self, api):
        log = []

        async def child():
            await turns(3)
            log.append("ended")

        async with api.TaskGroup() as group:
            for _ in range(3):
                group.create_task(child())
            gc.collect()
        assert log == ["ended"] * 3

    async def test_it_says_how_many_children_it_has(self, api):
        group = api.TaskGroup()
        assert repr(group) == "<TaskGroup>"
        async with group:
            assert repr(group) == "<TaskGroup entered>"
            task = group.create_task(forever())
            assert repr(group) == "<TaskGroup tasks=1 entered>"
            task.cancel()


class TestErrors:
    async def test_a_child_error_cancels_its_siblings(self, api):
        async def main():
            async with api.TaskGroup() as group:
                siblings.append(group.create_task(forever()))
                group.create_task(fails_later(ValueError("of the child")))

        siblings = []
        with pytest.raises(ExceptionGroup) as caught:
            await main()
        assert [repr(error) for error in caught.value.exceptions] == ["ValueError('of the child')"]
        assert caught.value.message == "unhandled errors in a TaskGroup"
        assert siblings[0].cancelled()

    async def test_a_child_error_cancels_the_body(self, api):
        log = []
        with pytest.raises(ExceptionGroup):
            async with api.TaskGroup() as group:
                group.create_task(fails_later(ValueError()))
                try:
                    await forever()
                except asyncio.CancelledError:
                    log.append("body cancelled")
                    raise
        assert log == ["body cancelled"]
        assert asyncio.current_task().cancelling() == 0
        await turns()

    async def test_an_error_of_the_body_cancels_the_children(self, api):
        with pytest.raises(ExceptionGroup) as caught:
            async with api.TaskGroup() as group:
                task = group.create_task(forever())
                await turns()
                raise ValueError("of the body")
        assert [repr(error) for error in caught.value.exceptions] == ["ValueError('of the body')"]
        assert task.cancelled()

    async def test_all_the_errors_come_out_together(self, api):
        async def fails_in_clean_up():
            try:
                await forever()
            finally:
                raise KeyError("of the clean-up")

        with pytest.raises(ExceptionGroup) as caught:
            async with api.TaskGroup() as group:
                group.create_task(fails_in_clean_up())
                await turns()
                group.create_task(fails_later(ValueError("first")))
                await turns()
                raise TypeError("of the body")
        kinds = {type(error) for error in caught.value.exceptions}
        assert {KeyError, TypeError} <= kinds

    async def test_the_group_of_errors_has_no_context_of_its_own(self, api):
        with pytest.raises(ExceptionGroup) as caught:
            async with api.TaskGroup() as group:
                group.create_task(fails_later(ValueError()))
                await forever()
        assert caught.value.__suppress_context__
        assert caught.value.__cause__ is None

    async def test_the_body_may_wait_in_its_clean_up(self, api):
        log = []
        with pytest.raises(ExceptionGroup):
            async with api.TaskGroup() as group:
                group.create_task(fails_later(ValueError()))
                try:
                    await forever()
                finally:
                    await turns(2)
                    log.append("cleaned up")
        assert log == ["cleaned up"]

    async def test_a_body_that_swallows_the_cancellation_is_not_cancelled_later(self, api):
        with pytest.raises(ExceptionGroup):
            async with api.TaskGroup() as group:
                group.create_task(fails_later(ValueError()))
                try:
                    await forever()
                except asyncio.CancelledError:
                    pass
        assert asyncio.current_task().cancelling() == 0
        await turns(2)

    async def test_a_body_that_replaces_the_cancellation_is_not_cancelled_later(self, api):
        with pytest.raises(ExceptionGroup) as caught:
            async with api.TaskGroup() as group:
                group.create_task(fails_later(ValueError()))
                try:
                    await forever()
                except asyncio.CancelledError:
                    raise KeyError from None
        assert {type(error) for error in caught.value.exceptions} == {ValueError, KeyError}
        assert asyncio.current_task().cancelling() == 0

    async def test_a_base_exception_of_a_child_comes_out_in_a_group(self, api):
        class Unusual(BaseException):
            pass

        with pytest.raises(BaseExceptionGroup) as caught:
            async with api.TaskGroup() as group:
                group.create_task(fails_later(Unusual()))
        assert not isinstance(caught.value, ExceptionGroup)
        assert type(caught.value.exceptions[0]) is Unusual

    @pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
    async def test_system_exit_of_the_body_comes_out_alone(self, api, kind):
        async def main():
            async with api.TaskGroup() as group:
                tasks.append(group.create_task(forever()))
                await turns()
                raise kind("of the body")

        tasks = []
        with pytest.raises(kind, match="of the body"):
            await main()
        assert tasks[0].cancelled()

    @pytest.mark.asyncio_never("cpython#102572: it stops the loop at once")
    @pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
    @pytest.mark.parametrize("child", [fails, fails_later])
    @pytest.mark.parametrize("start", [True, False])
    async def test_system_exit_of_a_child_is_raised_in_the_parent(self, api, kind, child, start):
        async def cleans_up():
            try:
                await forever()
            finally:
                await turns(2)
                log.append("the sibling has ended")

        log = []
        with pytest.raises(kind, match="of the child"):
            async with api.TaskGroup() as group:
                group.create_task(cleans_up())
                group.create_task(child(kind("of the child")), eager_start=start)
                await forever()
        assert log == ["the sibling has ended"]
        assert asyncio.current_task().cancelling() == 0

    @pytest.mark.asyncio_never("cpython#102572: it stops the loop at once")
    async def test_system_exit_passes_through_groups_in_groups(self, api):
        async def inner():
            async with api.TaskGroup() as group:
                group.create_task(fails_later(SystemExit(3)))

        with pytest.raises(SystemExit):
            async with api.TaskGroup() as group:
                group.create_task(inner())

    def test_ctrl_c_in_a_child_of_a_group_that_is_shutting_down_stops_the_loop(self, api):
        async def is_interrupted():
            try:
                await forever()
            finally:
                raise KeyboardInterrupt

        async def never_gives_up():
            while True:
                try:
                    await asyncio.sleep(10)
                except asyncio.CancelledError:
                    pass

        async def main():
            async with api.TaskGroup() as group:
                group.create_task(never_gives_up())._log_destroy_pending = False
                group.create_task(is_interrupted())
                await turns(2)
                raise ValueError

        with loop_of(asyncio.new_event_loop) as (loop, _):
            task = api.Task(main(), loop=loop)
            task._log_destroy_pending = False
            with pytest.raises(KeyboardInterrupt):
                loop.run_until_complete(task)
            assert not task.done()

    @pytest.mark.asyncio_never("cpython#116048: it is never run")
    @pytest.mark.parametrize("how", ["an error", "cancel()"])
    async def test_a_child_that_has_not_begun_begins_before_it_is_cancelled(self, api, how):
        class Connection:
            closed = False

        async def serves(connection):
            try:
                await forever()
            finally:
                connection.closed = True

        connection = Connection()
        try:
            async with api.TaskGroup() as group:
                task = lazily(api, group, serves(connection))
                if how == "an error":
                    raise ValueError
                group.cancel()
        except* ValueError:
            pass
        assert connection.closed
        assert task.cancelled()

    async def test_a_child_that_was_cancelled_before_it_began_never_does(self, api):
        log = []

        async def child():
            log.append("began")

        async with api.TaskGroup() as group:
            lazily(api, group, child()).cancel()
        assert log == []

    @pytest.mark.asyncio_never("cpython#101515: 'exception was never retrieved'")
    @pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
    @pytest.mark.parametrize("child", [fails, fails_later])
    def test_system_exit_of_a_child_stops_the_loop(self, api, loop_factory, kind, child):
        async def main():
            async with api.TaskGroup() as group:
                group.create_task(forever())
                group.create_task(child(kind("of the child")))

        with loop_of(loop_factory) as (loop, reports):
            task = api.Task(main(), loop=loop)
            with pytest.raises(kind, match="of the child"):
                loop.run_until_complete(task)
            try:
                loop.run_until_complete(asyncio.wait([task]))
            except kind:
                pass
            turn(loop, 3)
            if task.done():
                assert isinstance(task.exception(), kind)
            del task
            gc.collect()

        assert reports == []


class TestEagerChildren:
    """Section 2.6 of what we promise: nothing is left behind, nobody is cancelled by his call."""

    @pytest.mark.eager
    @pytest.mark.asyncio_since(3, 14)
    async def test_a_child_that_fails_at_once_does_not_cancel_its_creator_there(self, api):
        log = []
        with pytest.raises(ExceptionGroup):
            async with api.TaskGroup() as group:
                group.create_task(fails(ValueError()))
                log.append(asyncio.current_task().cancelling())
                try:
                    await turns()
                    log.append("one more turn")
                    await turns()
                finally:
                    log.append("cancelled")
        assert log[0] == 0
        assert log[-1] == "cancelled"
        assert asyncio.current_task().cancelling() == 0

    @pytest.mark.eager
    @pytest.mark.asyncio_since(3, 14)
    async def test_a_body_that_does_not_wait_never_hears_of_the_error(self, api):
        log = []
        with pytest.raises(ExceptionGroup):
            async with api.TaskGroup() as group:
                group.create_task(fails(ValueError()))
                log.append("goes on")
            log.append("not reached")
        assert log == ["goes on"]
        await turns()

    @pytest.mark.eager
    @pytest.mark.asyncio_since(3, 14)  # gh-128550
    async def test_a_child_whose_own_child_fails_at_once_is_cancelled(self, api):
        async def child(group):
            group.create_task(fails(ValueError()))
            await forever()

        with pytest.raises(ExceptionGroup) as caught:
            async with api.TaskGroup() as group:
                task = group.create_task(child(group))
        assert [type(error) for error in caught.value.exceptions] == [ValueError]
        assert task.cancelled()

    @pytest.mark.eager
    @pytest.mark.asyncio_since(3, 14)  # gh-128588
    async def test_no_cancellation_is_left_after_the_error_was_handled(self, api):
        try:
            async with api.TaskGroup() as group:
                group.create_task(fails(ValueError()))
        except* ValueError:
            pass
        await turns(3)
        assert asyncio.current_task().cancelling() == 0

    @pytest.mark.eager
    async def test_who_listens_to_a_child_in_its_first_step_hears_of_its_end_first(self, api):
        async def child():
            me = asyncio.current_task()
            me.add_done_callback(lambda _: log.append(sibling.cancelling()))
            await turns()
            raise ValueError

        log = []
        with pytest.raises(ExceptionGroup):
            async with api.TaskGroup() as group:
                sibling = group.create_task(forever())
                group.create_task(child())
        assert log == [0]  # the group has not yet cancelled it

    @pytest.mark.eager
    @pytest.mark.asyncio_since(3, 14)
    async def test_several_children_may_fail_at_once(self, api):
        with pytest.raises(ExceptionGroup) as caught:
            async with api.TaskGroup() as group:
                for n in range(3):
                    group.create_task(fails(ValueError(n)))
        assert [error.args[0] for error in caught.value.exceptions] == [0, 1, 2]

    @pytest.mark.eager
    @pytest.mark.asyncio_since(3, 14)
    async def test_when_children_end_at_once_asyncio_suspends_and_we_do_not(self, api):
        log = []
        asyncio.get_running_loop().call_soon(log.append, "a turn")
        async with api.TaskGroup() as group:
            tasks = [group.create_task(returns(n)) for n in range(3)]
        assert log == ([] if api is eagerly else ["a turn"])
        assert [task.result() for task in tasks] == [0, 1, 2]

    async def test_a_child_that_succeeds_at_once_leaves_no_entry(self):
        async with eagerly.TaskGroup() as group:
            for _ in range(10):  # so few that no look at the clock makes one start lazily
                group.create_task(nothing())
            assert repr(group) == "<TaskGroup entered>"

    async def test_a_child_that_is_cancelled_at_once_is_no_error(self, api):
        async with api.TaskGroup() as group:
            task = group.create_task(fails(asyncio.CancelledError()))
            other = group.create_task(returns_later("value", 3))
        assert task.cancelled()
        assert other.result() == "value"

    async def test_eager_start_false_starts_a_child_lazily(self):
        log = []

        async def child():
            log.append("started")

        async with eagerly.TaskGroup() as group:
            group.create_task(child(), eager_start=False)
            assert log == []
        assert log == ["started"]

    @pytest.mark.parametrize("eager_start", [True, None])
    async def test_eager_start_true_and_none_start_at_once(self, eager_start):
        async with eagerly.TaskGroup() as group:
            assert group.create_task(nothing(), eager_start=eager_start).done()

    @pytest.mark.parametrize("suspends", [True, False])
    async def test_a_lazy_child_is_waited_for_in_any_case(self, suspends):
        async with eagerly.TaskGroup() as group:
            coro = returns_later("value") if suspends else returns("value")
            task = group.create_task(coro, eager_start=False)
        assert task.result() == "value"

    async def test_groups_that_never_suspend_do_not_keep_the_loop_from_its_timers(
        self, api, monkeypatch
    ):
        monkeypatch.setattr(ready, "LONG", 0.01)
        fired = []
        loop = asyncio.get_running_loop()
        loop.call_later(0.001, fired.append, True)
        end = loop.time() + 10
        while not fired and loop.time() < end:
            async with api.TaskGroup() as group:
                group.create_task(nothing())
        assert fired

    async def test_they_give_way_sooner_to_who_is_due_already(self, monkeypatch):
        monkeypatch.setattr(ready, "LONG", 100.0)  # 1 s until a group gives way, or 0.25 s
        ran = []
        loop = asyncio.get_running_loop()
        loop.call_soon(ran.append, True)
        end = loop.time() + 0.8
        while not ran and loop.time() < end:
            async with eagerly.TaskGroup() as group:
                group.create_task(nothing())
        assert ran

    async def test_empty_groups_in_an_eager_start_do_not_either(self, monkeypatch):
        monkeypatch.setattr(ready, "LONG", 0.01)
        fired = []
        loop = asyncio.get_running_loop()
        loop.call_later(0.001, fired.append, True)

        async def enters_groups():
            end = loop.time() + 10
            while not fired and loop.time() < end:
                async with eagerly.TaskGroup():
                    pass

        await eagerly.create_task(enters_groups())
        assert fired

    async def test_one_group_of_very_many_children_does_not_either(self, monkeypatch):
        monkeypatch.setattr(ready, "LONG", 0.01)
        fired = []
        loop = asyncio.get_running_loop()
        loop.call_later(0.001, lambda: fired.append(loop.time()))
        end = loop.time() + 0.1
        async with eagerly.TaskGroup() as group:
            while loop.time() < end:
                group.create_task(nothing())
        assert fired

    async def test_awaiting_eager_children_does_not_either(self, api, monkeypatch):
        monkeypatch.setattr(ready, "LONG", 0.01)
        fired = []
        loop = asyncio.get_running_loop()
        loop.call_later(0.001, fired.append, True)
        end = loop.time() + 10
        while not fired and loop.time() < end:
            await api.create_task(nothing())
        assert fired


class TestCancellationFromOutside:
    async def test_cancelling_the_body_cancels_the_children(self, api):
        tasks = []

        async def main():
            async with api.TaskGroup() as group:
                tasks.append(group.create_task(forever()))
                await forever()

        task = api.create_task(main())
        await turns(2)
        task.cancel("because")
        error = await outcome(task)
        assert isinstance(error, asyncio.CancelledError)
        assert error.args == ("because",)
        assert tasks[0].cancelled()
        assert task.cancelled()

    async def test_cancelling_the_wait_for_the_children_cancels_them(self, api):
        tasks = []

        async def main():
            async with api.TaskGroup() as group:
                tasks.append(group.create_task(forever()))

        task = api.create_task(main())
        await turns(2)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert tasks[0].cancelled()

    async def test_it_waits_for_their_clean_up_however_often_it_is_cancelled(self, api):
        log = []

        async def child():
            try:
                await forever()
            finally:
                await turns(4)
                log.append("cleaned up")

        async def main():
            async with api.TaskGroup() as group:
                group.create_task(child())

        task = api.create_task(main())
        await turns(2)
        for _ in range(3):
            task.cancel()
            await turns()
        assert not task.done()
        await asyncio.wait([task])
        assert task.cancelled()
        assert log == ["cleaned up"]

    async def test_an_error_in_the_clean_up_of_a_child_wins(self, api):
        async def child():
            try:
                await forever()
            finally:
                raise ValueError("of the clean-up")

        async def main():
            async with api.TaskGroup() as group:
                group.create_task(child())

        task = api.create_task(main())
        await turns(2)
        task.cancel()
        error = await outcome(task)
        assert isinstance(error, ExceptionGroup)
        assert task.cancelling() == 1

    @pytest.mark.asyncio_since(3, 13)
    async def test_a_cancellation_that_errors_outrank_is_delivered_later(self, api):
        log = []

        async def child():
            try:
                await forever()
            finally:
                raise ValueError

        async def main():
            try:
                async with api.TaskGroup() as group:
                    group.create_task(child())
            except* ValueError:
                log.append("handled")
            try:
                await turns()
            except asyncio.CancelledError:
                log.append("told")
                raise

        task = api.create_task(main())
        await turns(2)
        task.cancel()
        await asyncio.wait([task])
        assert log == ["handled", "told"]
        assert task.cancelled()

    async def test_a_timeout_around_a_group(self, api):
        tasks = []
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                async with api.TaskGroup() as group:
                    tasks.append(group.create_task(forever()))
        assert asyncio.current_task().cancelling() == 0
        assert tasks[0].cancelled()

    async def test_a_timeout_around_a_group_whose_child_fails_in_clean_up(self, api):
        async def child():
            try:
                await forever()
            finally:
                raise ValueError

        with pytest.raises(ExceptionGroup):
            async with asyncio.timeout(0):
                async with api.TaskGroup() as group:
                    group.create_task(child())
        await turns()
        assert asyncio.current_task().cancelling() == 0


class TestNestedGroups:
    @pytest.mark.asyncio_since(3, 13)
    async def test_an_error_inside_goes_through_both(self, api):
        with pytest.raises(ExceptionGroup) as caught:
            async with api.TaskGroup() as outer:
                sibling = outer.create_task(forever())
                async with api.TaskGroup() as inner:
                    inner.create_task(fails_later(ValueError()))
        assert sibling.cancelled()
        assert isinstance(caught.value.exceptions[0], ExceptionGroup)
        assert asyncio.current_task().cancelling() == 0

    async def test_an_error_inside_may_be_handled_between(self, api):
        async with api.TaskGroup() as outer:
            sibling = outer.create_task(returns_later("value", 9))
            try:
                async with api.TaskGroup() as inner:
                    inner.create_task(fails_later(ValueError()))
            except* ValueError:
                pass
            await turns()
        assert sibling.result() == "value"

    async def test_an_error_outside_cancels_the_inner_group(self, api):
        tasks = []
        with pytest.raises(ExceptionGroup) as caught:
            async with api.TaskGroup() as outer:
                outer.create_task(fails_later(ValueError(), 2))
                async with api.TaskGroup() as inner:
                    tasks.append(inner.create_task(forever()))
        assert [type(error) for error in caught.value.exceptions] == [ValueError]
        assert tasks[0].cancelled()

    @pytest.mark.asyncio_since(3, 13)  # gh-116720
    async def test_when_both_fail_at_once_the_outer_body_is_still_cancelled(self, api):
        log = []
        loop = asyncio.get_running_loop()
        gate = loop.create_future()

        async def fails_at_the_gate():
            await gate
            raise ValueError

        with pytest.raises(ExceptionGroup):
            async with api.TaskGroup() as outer:
                outer.create_task(fails_at_the_gate())
                try:
                    async with api.TaskGroup() as inner:
                        inner.create_task(fails_at_the_gate())
                        await turns()
                        gate.set_result(None)
                except* ValueError:
                    log.append("inner handled")
                try:
                    await turns(5)
                    log.append("not reached")
                except asyncio.CancelledError:
                    log.append("outer body cancelled")
                    raise
        assert log == ["inner handled", "outer body cancelled"]
        assert asyncio.current_task().cancelling() == 0

    async def test_groups_in_children_in_groups(self, api):
        async def tree(depth):
            async with api.TaskGroup() as group:
                tasks = [group.create_task(tree(depth - 1)) for _ in range(3 if depth else 0)]
            return 1 + sum(task.result() for task in tasks)

        assert await tree(4) == 1 + 3 + 9 + 27 + 81


class TestMisuse:
    @pytest.mark.asyncio_since(3, 13)  # gh-115957
    async def test_a_group_that_was_not_entered_refuses_and_closes_the_coroutine(self, api):
        group = api.TaskGroup()
        coro = nothing()
        with pytest.raises(RuntimeError, match="has not been entered"):
            group.create_task(coro)
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED

    @pytest.mark.asyncio_since(3, 13)
    @pytest.mark.parametrize("child", [None, returns, returns_later])
    async def test_a_group_that_is_finished_refuses_and_closes_the_coroutine(self, api, child):
        async with api.TaskGroup() as group:
            if child:
                group.create_task(child("value"))
        coro = nothing()
        with pytest.raises(RuntimeError, match="is finished"):
            group.create_task(coro)
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED

    @pytest.mark.asyncio_since(3, 13)
    async def test_a_group_that_shuts_down_refuses_and_closes_the_coroutine(self, api):
        coro = nothing()
        with pytest.raises(ExceptionGroup) as caught:
            async with api.TaskGroup() as group:
                group.create_task(forever())
                group.create_task(fails_later(ValueError()))
                try:
                    await forever()
                finally:
                    group.create_task(coro)
        assert "is shutting down" in str(caught.value.exceptions[-1])
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED

    async def test_a_group_is_entered_once(self, api):
        group = api.TaskGroup()
        async with group:
            with pytest.raises(RuntimeError, match="has already been entered"):
                await group.__aenter__()
        with pytest.raises(RuntimeError, match="has already been entered"):
            await group.__aenter__()

    async def test_a_group_that_was_not_entered_cannot_be_left(self):
        with pytest.raises(RuntimeError, match="has not been entered"):
            await eagerly.TaskGroup().__aexit__(None, None, None)

    def test_entering_needs_a_task(self, api, loop_factory):
        """And a group that could not be entered can be entered later."""
        group = api.TaskGroup()
        errors = []

        def enters():
            entering = group.__aenter__()
            try:
                entering.send(None)
            except BaseException as error:
                errors.append(error)

        async def later():
            async with group:
                return await group.create_task(returns_later("value"))

        with loop_of(loop_factory) as (loop, _):
            loop.call_soon(enters)
            turn(loop)
            assert "cannot determine the parent task" in str(errors[0])
            assert loop.run_until_complete(api.Task(later(), loop=loop)) == "value"

    @pytest.mark.parametrize("thing", [None, 42, nothing])
    async def test_what_is_no_coroutine_is_refused(self, api, thing):
        async with api.TaskGroup() as group:
            with pytest.raises(TypeError, match="a coroutine was expected"):
                group.create_task(thing)
            task = group.create_task(returns_later("still works"))
        assert task.result() == "still works"

    @pytest.mark.asyncio_since(3, 15)  # gh-157301
    async def test_what_is_no_context_is_refused(self, api):
        coro = nothing()
        async with api.TaskGroup() as group:
            with pytest.raises(TypeError):
                group.create_task(coro, context="none")
            task = group.create_task(returns_later("still works"))
        coro.close()
        assert task.result() == "still works"


class TestGeneratorExit:
    @pytest.mark.asyncio_since(3, 15)  # gh-135736
    async def test_closing_a_generator_that_holds_a_group_is_quiet(self, api):
        tasks = []

        async def generator():
            async with api.TaskGroup() as group:
                tasks.append(group.create_task(forever()))
                yield "value"

        opened = generator()
        assert await anext(opened) == "value"
        await opened.aclose()
        assert tasks[0].cancelled()

    async def test_errors_of_children_come_out_of_the_closing(self, api):
        async def child():
            try:
                await forever()
            finally:
                raise ValueError

        async def generator():
            async with api.TaskGroup() as group:
                group.create_task(child())
                yield "value"

        opened = generator()
        await anext(opened)
        await turns()
        with pytest.raises(BaseExceptionGroup) as caught:
            await opened.aclose()
        assert {type(error) for error in caught.value.exceptions} == {ValueError, GeneratorExit}


@pytest.mark.asyncio_since(3, 15)
class TestCancel:
    async def test_it_ends_the_children_and_the_block_without_an_error(self, api):
        log = []
        async with api.TaskGroup() as group:
            task = group.create_task(forever())
            await turns()
            group.cancel()
            await forever()
            log.append("not reached")
        assert task.cancelled()
        assert log == []
        assert asyncio.current_task().cancelling() == 0
        await turns()

    async def test_a_child_may_call_it(self, api):
        async def child(group):
            await turns(2)
            group.cancel()

        async with api.TaskGroup() as group:
            other = group.create_task(forever())
            group.create_task(child(group))
        assert other.cancelled()
        assert asyncio.current_task().cancelling() == 0

    @pytest.mark.eager
    async def test_an_eager_child_that_calls_it_before_it_suspends_is_cancelled(self, api):
        async def child(group):
            group.cancel()
            await forever()

        async with api.TaskGroup() as group:
            task = group.create_task(child(group))
        assert task.cancelled()

    @pytest.mark.eager
    async def test_an_eager_child_may_call_it_and_end(self, api):
        async def child(group):
            group.cancel()
            return "value"

        async with api.TaskGroup() as group:
            other = group.create_task(forever())
            task = group.create_task(child(group))
        assert task.result() == "value"
        assert other.cancelled()
        assert asyncio.current_task().cancelling() == 0
        await turns()

    async def test_a_group_cancelled_before_it_is_entered_is_cancelled_then(self, api):
        log = []
        group = api.TaskGroup()
        group.cancel()
        async with group:
            log.append("entered")
            await turns()
            log.append("not reached")
        assert log == ["entered"]
        assert asyncio.current_task().cancelling() == 0

    async def test_it_may_be_called_often_and_after_the_end(self, api):
        async with api.TaskGroup() as group:
            group.create_task(forever())
            await turns()
            group.cancel()
            group.cancel()
        group.cancel()
        await turns(2)
        assert asyncio.current_task().cancelling() == 0

    async def test_errors_in_the_clean_up_still_come_out(self, api):
        async def child():
            try:
                await forever()
            finally:
                raise ValueError

        with pytest.raises(ExceptionGroup):
            async with api.TaskGroup() as group:
                group.create_task(child())
                await turns()
                group.cancel()
        assert asyncio.current_task().cancelling() == 0

    async def test_no_child_can_be_added_afterwards(self, api):
        coro = nothing()
        with pytest.raises(ExceptionGroup) as caught:
            async with api.TaskGroup() as group:
                group.cancel()
                group.create_task(coro)
        assert "is shutting down" in str(caught.value.exceptions[0])
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED

    async def test_a_cancellation_from_outside_is_not_swallowed(self, api):
        """gh-155433."""

        async def slow():
            try:
                await forever()
            finally:
                await turns(5)

        async def main():
            async with api.TaskGroup() as group:
                group.create_task(slow())
                await turns()
                group.cancel()

        task = api.create_task(main())
        await turns(4)
        assert not task.done()
        task.cancel("from outside")
        error = await outcome(task)
        assert isinstance(error, asyncio.CancelledError)
        assert task.cancelled()

    async def test_the_inner_of_two_groups_may_be_cancelled_alone(self, api):
        async with api.TaskGroup() as outer:
            sibling = outer.create_task(returns_later("value", 9))
            async with api.TaskGroup() as inner:
                task = inner.create_task(forever())
                await turns()
                inner.cancel()
        assert task.cancelled()
        assert sibling.result() == "value"

    async def test_cancelling_the_outer_of_two_groups_ends_both(self, api):
        async with api.TaskGroup() as outer:
            async with api.TaskGroup() as inner:
                task = inner.create_task(forever())
                await turns()
                outer.cancel()
            await forever()
        assert task.cancelled()
        assert asyncio.current_task().cancelling() == 0


class TestForeignTasks:
    """On a loop with somebody's task factory the children are made by it."""

    @pytest.fixture
    def made(self):
        return []

    @pytest.fixture
    def factory(self, made):
        def factory(loop, coro, **kwargs):
            if sys.version_info < (3, 12):
                kwargs.pop("eager_start", None)
            task = asyncio.Task(coro, loop=loop, **kwargs)
            made.append(task)
            return task

        return factory

    async def test_they_are_made_by_the_factory(self, api, factory, made):
        asyncio.get_running_loop().set_task_factory(factory)
        async with api.TaskGroup() as group:
            tasks = [group.create_task(returns_later(n, n), name=f"n {n}") for n in range(3)]
            assert tasks == made
        assert [task.result() for task in made] == [0, 1, 2]
        assert [task.get_name() for task in made] == ["n 0", "n 1", "n 2"]
        assert {type(task) for task in made} == {asyncio.Task}

    @pytest.mark.asyncio_since(3, 13)
    async def test_an_error_of_one_cancels_the_others(self, api, factory, made):
        asyncio.get_running_loop().set_task_factory(factory)
        with pytest.raises(ExceptionGroup):
            async with api.TaskGroup() as group:
                group.create_task(forever())
                group.create_task(fails_later(ValueError()))
        assert made[0].cancelled()
        assert asyncio.current_task().cancelling() == 0

    @pytest.mark.asyncio_never("cpython#102572: it stops the loop at once")
    async def test_if_it_makes_tasks_of_ours_they_are_children_like_any(self, api):
        asyncio.get_running_loop().set_task_factory(
            lambda loop, coro, **kwargs: api.Task(coro, loop=loop)
        )
        with pytest.raises(SystemExit):
            async with api.TaskGroup() as group:
                group.create_task(fails_later(SystemExit()))
        async with api.TaskGroup() as group:
            tasks = [group.create_task(returns_later(n, n)) for n in range(3)]
        assert [task.result() for task in tasks] == [0, 1, 2]

    async def test_a_context_reaches_the_factory(self, api, factory):
        asyncio.get_running_loop().set_task_factory(factory)
        context = contextvars.copy_context()
        context.run(colour.set, "red")

        async def child():
            return colour.get()

        async with api.TaskGroup() as group:
            task = group.create_task(child(), context=context)
        assert task.result() == "red"

    async def test_refused_coroutines_are_closed(self, factory):
        asyncio.get_running_loop().set_task_factory(factory)
        async with eagerly.TaskGroup() as group:
            pass
        coro = nothing()
        with pytest.raises(RuntimeError, match="is finished"):
            group.create_task(coro)
        assert inspect.getcoroutinestate(coro) == inspect.CORO_CLOSED

    @pytest.mark.asyncio_since(3, 12)
    async def test_asyncios_eager_factory_is_somebodys(self, api, loop_factory):
        if loop_factory is not asyncio.new_event_loop or sys.version_info < (3, 12):
            pytest.skip("asyncio's eager factory: since 3.12, and not on uvloop")
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        async with api.TaskGroup() as group:
            task = group.create_task(returns("value"))
            assert task.done()
        assert type(task) is asyncio.Task

    def test_a_loop_that_overrides_create_task_makes_them(self, api):
        made = []

        class Loop(asyncio.SelectorEventLoop):
            def create_task(self, coro, **kwargs):
                task = super().create_task(coro, **kwargs)
                made.append(task)
                return task

        async def main():
            async with api.TaskGroup() as group:
                return await group.create_task(returns_later("value"))

        with loop_of(Loop) as (loop, _):
            assert loop.run_until_complete(asyncio.Task(main(), loop=loop)) == "value"
            assert len(made) == 1

    async def test_waiting_works_across_both_kinds(self, api, factory):
        asyncio.get_running_loop().set_task_factory(factory)
        ours = eagerly.Task(returns_later("value", 3))
        async with api.TaskGroup() as group:
            task = group.create_task(waits_for(ours))
        assert task.result() == "value"
