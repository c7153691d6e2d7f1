"""Cancellation: who asks, who is told, who may refuse, and who counts."""

from __future__ import annotations

import asyncio

import pytest
from helpers import forever, nothing, outcome, returns, turns, waits_for

import eagerly

pytestmark = pytest.mark.usefixtures("loop_factory")


class TestToCancelATask:
    async def test_it_gets_cancelled_error_where_it_waits(self, api):
        log = []

        async def child():
            try:
                await forever()
            except asyncio.CancelledError:
                log.append("told")
                raise

        task = api.create_task(child())
        await turns()
        assert task.cancel() is True
        assert log == []
        assert not task.done()

        with pytest.raises(asyncio.CancelledError):
            await task
        assert log == ["told"]
        assert task.cancelled()

    async def test_a_task_that_has_not_begun_never_begins(self, api):
        log = []

        async def child():
            log.append("begun")

        task = api.Task(child())
        task.cancel()
        await asyncio.wait([task])

        assert task.cancelled()
        assert log == []

    async def test_a_task_that_is_done_cannot_be_cancelled(self, api):
        task = api.create_task(returns("value"))
        await task

        assert task.cancel() is False
        assert task.cancelling() == 0
        assert not task.cancelled()
        assert task.result() == "value"

    async def test_the_message_reaches_the_coroutine_and_who_awaits(self, api):
        heard = []

        async def child():
            try:
                await forever()
            except asyncio.CancelledError as error:
                heard.append(error.args)
                raise

        task = api.create_task(child())
        await turns()
        task.cancel("because")
        with pytest.raises(asyncio.CancelledError) as caught:
            await task

        assert heard == [("because",)]
        assert caught.value.args == ("because",)

    @pytest.mark.parametrize("message", ["", 0, 139, (1, 2), object()])
    async def test_the_message_may_be_anything(self, api, message):
        for make, coro in ((api.create_task, forever()), (api.Task, nothing())):
            task = make(coro)
            task.cancel(msg=message)
            assert (await outcome(task)).args == (message,)

    async def test_without_a_message_the_error_has_no_arguments(self, api):
        for make, coro in ((api.create_task, forever()), (api.Task, nothing())):
            task = make(coro)
            task.cancel()
            assert (await outcome(task)).args == ()

    async def test_a_task_that_waits_for_its_turn_is_cancelled_there(self, api):
        log = []

        async def child():
            try:
                await turns()
            except asyncio.CancelledError:
                log.append("told")
                raise

        task = api.Task(child())
        await turns()
        task.cancel()
        await asyncio.wait([task])
        assert log == ["told"]

    async def test_the_future_that_it_waits_for_is_cancelled(self, api):
        gate = asyncio.get_running_loop().create_future()
        task = api.create_task(waits_for(gate))
        await turns()
        task.cancel()
        assert gate.cancelled()
        await asyncio.wait([task])

    async def test_the_task_that_it_waits_for_is_cancelled(self, api):
        inner = api.create_task(forever())
        middle = api.create_task(waits_for(inner))
        outer = api.create_task(waits_for(middle))
        await turns(2)
        outer.cancel("because")
        await asyncio.wait([outer])

        assert inner.cancelled()
        assert middle.cancelled()
        assert outer.cancelled()
        assert inner.cancelling() == middle.cancelling() == outer.cancelling() == 1

    async def test_others_who_wait_for_the_same_task_are_cancelled_with_it(self, api):
        inner = api.create_task(forever())
        one, other = (api.create_task(waits_for(inner)) for _ in range(2))
        await turns(2)
        one.cancel()
        await asyncio.wait([one, other])

        assert other.cancelled()
        assert other.cancelling() == 0

    async def test_a_shield_takes_the_blow(self, api):
        gate = asyncio.get_running_loop().create_future()
        inner = api.create_task(waits_for(gate))
        outer = api.create_task(waits_for(asyncio.shield(inner)))
        await turns()
        outer.cancel()
        await asyncio.wait([outer])
        assert outer.cancelled()
        assert not inner.done()
        gate.set_result("value")
        assert await inner == "value"

    async def test_a_cancel_replaced_on_the_awaited_task_is_called(self, api):
        """aiotools assigns it."""
        log = []
        inner = api.create_task(forever())
        plain = inner.cancel

        def cancel(msg=None):
            log.append(msg)
            return plain(msg)

        inner.cancel = cancel
        outer = api.create_task(waits_for(inner))
        await turns()
        outer.cancel("because")
        await asyncio.wait([outer])
        assert log == ["because"]
        assert inner.cancelled()

    async def test_an_awaited_thing_that_refuses_leaves_it_to_the_next_wait(self, api):
        """As asyncio.wait's future does not, but one whose cancel() returns False."""

        class Stubborn(asyncio.Future):
            def cancel(self, msg=None):
                return False

        gate = Stubborn(loop=asyncio.get_running_loop())
        log = []

        async def child():
            try:
                log.append(await gate)
                await turns()
                log.append("not reached")
            except asyncio.CancelledError:
                log.append("told")
                raise

        task = api.create_task(child())
        await turns()
        task.cancel()
        gate.set_result("value")
        await asyncio.wait([task])
        assert log == ["told"]


class TestACoroutineMayRefuse:
    async def test_it_may_catch_the_error_and_return(self, api):
        async def child():
            try:
                await forever()
            except asyncio.CancelledError:
                return "nevertheless"

        task = api.create_task(child())
        await turns()
        task.cancel()

        assert await task == "nevertheless"
        assert not task.cancelled()
        assert task.cancelling() == 1

    async def test_it_may_catch_the_error_and_wait_again(self, api):
        gate = asyncio.get_running_loop().create_future()

        async def child():
            try:
                await forever()
            except asyncio.CancelledError:
                return await gate

        task = api.create_task(child())
        await turns()
        task.cancel()
        await turns(2)
        assert not task.done()
        gate.set_result("value")
        assert await task == "value"

    async def test_it_may_raise_another_error(self, api):
        async def child():
            try:
                await forever()
            finally:
                raise ValueError("of the clean-up")

        task = api.create_task(child())
        await turns()
        task.cancel()

        with pytest.raises(ValueError, match="of the clean-up") as caught:
            await task
        assert isinstance(caught.value.__context__, asyncio.CancelledError)

    async def test_it_can_be_cancelled_again_in_its_clean_up(self, api):
        log = []

        async def child():
            try:
                await forever()
            finally:
                try:
                    await forever()
                except asyncio.CancelledError:
                    log.append("twice")
                    raise

        task = api.create_task(child())
        await turns()
        task.cancel()
        await turns(2)
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])
        assert log == ["twice"]
        assert task.cancelling() == 2

    async def test_two_requests_before_it_runs_are_told_once(self, api):
        log = []

        async def child():
            for _ in range(2):
                try:
                    await forever()
                except asyncio.CancelledError as error:
                    log.append(error.args)
                    await turns()
            return "done"

        task = api.create_task(child())
        await turns()
        task.cancel("first")
        task.cancel("second")
        await turns(3)
        task.cancel("third")
        assert await task == "done"
        assert [args[0] for args in log[1:]] == ["third"]
        assert len(log) == 2


class TestToCancelOneself:
    async def test_it_is_told_at_its_next_wait(self, api):
        log = []

        async def child():
            asyncio.current_task().cancel("myself")
            log.append("goes on")
            try:
                await turns()
            except asyncio.CancelledError as error:
                log.append(error.args)
                raise

        task = api.create_task(child())
        await asyncio.wait([task])
        assert task.cancelled()
        assert log == ["goes on", ("myself",)]

    async def test_it_cancels_the_future_that_it_waits_for_next(self, api):
        gate = asyncio.get_running_loop().create_future()

        async def child():
            asyncio.current_task().cancel()
            await gate

        task = api.create_task(child())
        await asyncio.wait([task])
        assert task.cancelled()
        assert gate.cancelled()

    async def test_in_its_last_step_it_is_cancelled_though_it_returns(self, api):
        async def child():
            asyncio.current_task().cancel("late")
            return "value"

        for make in (api.create_task, api.Task):
            task = make(child())
            error = await outcome(task)
            assert isinstance(error, asyncio.CancelledError)
            assert error.args == ("late",)
            assert task.cancelled()

    async def test_in_its_last_step_an_error_wins(self, api):
        async def child():
            asyncio.current_task().cancel()
            raise ValueError

        task = api.create_task(child())
        assert isinstance(await outcome(task), ValueError)
        assert not task.cancelled()

    async def test_raising_cancelled_error_is_being_cancelled(self, api):
        async def child():
            await turns()
            raise asyncio.CancelledError("of my own")

        task = api.create_task(child())
        assert (await outcome(task)).args == ("of my own",)
        assert task.cancelled()
        assert task.cancelling() == 0


class TestCounting:
    async def test_cancelling_counts_and_uncancel_counts_back(self, api):
        task = api.create_task(forever())
        await turns()
        assert task.cancelling() == 0
        task.cancel()
        task.cancel()
        assert task.cancelling() == 2
        assert task.uncancel() == 1
        assert task.uncancel() == 0
        assert task.uncancel() == 0
        assert task.cancelling() == 0
        await asyncio.wait([task])
        assert task.cancelled()

    @pytest.mark.asyncio_since(3, 13)  # gh-116720
    async def test_uncancel_to_zero_withdraws_what_was_not_yet_delivered(self, api):
        async def child():
            task = asyncio.current_task()
            task.cancel()
            assert task.uncancel() == 0
            await turns()
            return "goes on"

        assert await api.create_task(child()) == "goes on"

        task = api.Task(returns("begins"))
        task.cancel()
        task.uncancel()
        assert await task == "begins"

    async def test_uncancel_of_one_request_leaves_the_other_to_be_delivered(self, api):
        task = api.Task(returns("not reached"))
        task.cancel()
        task.cancel()
        assert task.uncancel() == 1
        assert isinstance(await outcome(task), asyncio.CancelledError)

    async def test_uncancel_does_not_bring_back_what_was_delivered_to_the_future(self, api):
        task = api.create_task(forever())
        await turns()
        task.cancel()
        task.uncancel()
        assert isinstance(await outcome(task), asyncio.CancelledError)

    async def test_structured_blocks_can_tell_their_cancellation_from_anothers(self, api):
        async def own_block(log):
            task = asyncio.current_task()
            try:
                task.cancel("own")
                await forever()
            except asyncio.CancelledError:
                log.append(task.uncancel())

        log = []

        async def child():
            await own_block(log)
            await turns()
            await own_block(log)
            await forever()

        task = api.create_task(child())
        await turns(4)
        task.cancel("outer")
        await asyncio.wait([task])
        assert log == [0, 0]
        assert task.cancelled()

    @pytest.mark.parametrize("inner_first", [True, False])
    async def test_timeouts_nest(self, api, inner_first):
        inner, outer = (None, 0) if not inner_first else (0, None)

        async def child():
            try:
                async with asyncio.timeout(outer):
                    try:
                        async with asyncio.timeout(inner):
                            await forever()
                    except TimeoutError:
                        return "inner"
            except TimeoutError:
                return "outer"

        expected = "inner" if inner_first else "outer"
        task = api.create_task(child())
        assert await task == expected
        assert task.cancelling() == 0


def test_tasks_that_wait_for_one_another_in_a_circle_cannot_be_cancelled():
    # asyncio's recurse there, some until the stack ends and 3.11's for ever.  The loop is merely
    # closed: a runner would try to cancel them, too.
    async def waits_for(index):
        await turns()
        await tasks[index]

    async def main():
        tasks.extend(eagerly.Task(waits_for(index)) for index in (1, 0))
        await turns(3)
        with pytest.raises(RecursionError):
            tasks[0].cancel()

    tasks = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
    for task in tasks:
        task._log_destroy_pending = False
