"""Barrier: wait until enough tasks have come, then let them all go."""

from __future__ import annotations

import asyncio

import pytest
from helpers import loop_of, nothing, outcome, turns

import eagerly

pytestmark = pytest.mark.usefixtures("loop_factory")


def comes(api, barrier, n=1):
    """*n* tasks that wait at the barrier; one of them alone if *n* is 1."""
    tasks = [api.create_task(barrier.wait()) for _ in range(n)]
    return tasks if n > 1 else tasks[0]


class TestWaiting:
    async def test_nobody_passes_before_all_have_come(self, api):
        barrier = api.Barrier(3)
        tasks = comes(api, barrier, 2)
        await turns(5)
        assert not any(task.done() for task in tasks)

        tasks.append(comes(api, barrier))
        await asyncio.wait(tasks)
        assert sorted(task.result() for task in tasks) == [0, 1, 2]

    async def test_each_place_from_zero_is_given_once(self, api):
        barrier = api.Barrier(10)
        places = await api.gather(*(barrier.wait() for _ in range(10)))
        assert sorted(places) == list(range(10))

    async def test_a_barrier_of_one_never_waits(self, api):
        barrier = api.Barrier(1)
        log = []
        asyncio.get_running_loop().call_soon(log.append, "a turn")
        for _ in range(3):
            assert await barrier.wait() == 0
        assert log == []

    async def test_it_can_be_used_again_and_again(self, api):
        barrier = api.Barrier(4)
        rounds = [[] for _ in range(20)]

        async def party():
            for places in rounds:
                places.append(await barrier.wait())

        await api.gather(*(party() for _ in range(4)))
        assert [sorted(places) for places in rounds] == [[0, 1, 2, 3]] * 20

    async def test_nobody_runs_ahead_by_a_round(self, api):
        barrier = api.Barrier(5)
        at = [0] * 5

        async def party(who):
            for round_ in range(10):
                at[who] = round_
                await barrier.wait()
                assert max(at) - min(at) <= 1

        await api.gather(*(party(who) for who in range(5)))

    async def test_more_than_the_parties_pass_in_rounds(self, api):
        barrier = api.Barrier(2)
        tasks = comes(api, barrier, 5)
        await turns(10)
        assert sum(task.done() for task in tasks) == 4
        await barrier.wait()
        await asyncio.wait(tasks)

    async def test_async_with_waits_and_gives_the_place(self, api):
        barrier = api.Barrier(2)

        async def party():
            async with barrier as place:
                return place

        assert sorted(await api.gather(party(), party())) == [0, 1]

    async def test_the_task_with_one_place_can_do_what_is_done_once(self, api):
        barrier = api.Barrier(3)
        log = []

        async def party():
            if await barrier.wait() == 0:
                log.append("once")

        await api.gather(*(party() for _ in range(3)))
        assert log == ["once"]


class TestWhatItSays:
    @pytest.mark.parametrize("parties", [0, -1])
    def test_it_needs_a_party(self, api, parties):
        with pytest.raises(ValueError, match="parties"):
            api.Barrier(parties)

    async def test_parties_waiting_and_broken(self, api):
        barrier = api.Barrier(3)
        assert (barrier.parties, barrier.n_waiting, barrier.broken) == (3, 0, False)
        tasks = comes(api, barrier, 2)
        await turns()
        assert (barrier.parties, barrier.n_waiting, barrier.broken) == (3, 2, False)
        await barrier.wait()
        await asyncio.wait(tasks)
        assert (barrier.parties, barrier.n_waiting, barrier.broken) == (3, 0, False)
        await barrier.abort()
        assert (barrier.parties, barrier.n_waiting, barrier.broken) == (3, 0, True)

    async def test_repr(self, api):
        barrier = api.Barrier(3)
        assert "Barrier object at 0x" in repr(barrier)
        assert "[filling, waiters:0/3]" in repr(barrier)
        task = comes(api, barrier)
        await turns()
        assert "[filling, waiters:1/3]" in repr(barrier)
        await barrier.abort()
        assert "broken" in repr(barrier)
        await outcome(task)

    def test_the_error_is_asyncios(self, api):
        assert api.BrokenBarrierError is asyncio.BrokenBarrierError
        assert issubclass(api.BrokenBarrierError, RuntimeError)

    def test_it_belongs_to_one_loop(self, api, loop_factory):
        barrier = api.Barrier(2)

        async def waits_a_little():
            task = api.create_task(barrier.wait())
            await turns(2)
            task.cancel()
            await turns(2)

        for expected in (None, RuntimeError):
            with loop_of(loop_factory) as (loop, _):
                if expected is None:
                    loop.run_until_complete(waits_a_little())
                else:
                    with pytest.raises(expected, match="bound to a different event loop"):
                        loop.run_until_complete(barrier.wait())


class TestAbort:
    async def test_who_waits_gets_an_error(self, api):
        barrier = api.Barrier(3)
        tasks = comes(api, barrier, 2)
        await turns()
        await barrier.abort()
        errors = [await outcome(task) for task in tasks]
        assert [type(error) for error in errors] == [api.BrokenBarrierError] * 2
        assert barrier.n_waiting == 0

    async def test_who_comes_later_gets_it_too(self, api):
        barrier = api.Barrier(1)
        await barrier.abort()
        assert barrier.broken
        with pytest.raises(api.BrokenBarrierError):
            await barrier.wait()
        with pytest.raises(api.BrokenBarrierError):
            async with barrier:
                pass

    async def test_a_reset_makes_it_whole_again(self, api):
        barrier = api.Barrier(2)
        await barrier.abort()
        await barrier.reset()
        assert not barrier.broken
        assert sorted(await api.gather(barrier.wait(), barrier.wait())) == [0, 1]

    async def test_a_party_may_abort_for_the_others(self, api):
        barrier = api.Barrier(3)

        async def fails():
            try:
                raise ValueError
            except ValueError:
                await barrier.abort()

        results = await api.gather(barrier.wait(), barrier.wait(), fails(), return_exceptions=True)
        assert [type(result) for result in results[:2]] == [api.BrokenBarrierError] * 2


class TestReset:
    async def test_who_waits_gets_an_error_and_the_barrier_is_whole(self, api):
        barrier = api.Barrier(3)
        tasks = comes(api, barrier, 2)
        await turns()
        await barrier.reset()
        errors = [await outcome(task) for task in tasks]
        assert [type(error) for error in errors] == [api.BrokenBarrierError] * 2
        assert not barrier.broken
        assert sorted(await api.gather(*(barrier.wait() for _ in range(3)))) == [0, 1, 2]

    async def test_of_an_empty_barrier_is_nothing(self, api):
        barrier = api.Barrier(2)
        await barrier.reset()
        assert not barrier.broken
        assert sorted(await api.gather(barrier.wait(), barrier.wait())) == [0, 1]

    @pytest.mark.asyncio_never("who passed in the same round gets BrokenBarrierError")
    async def test_who_has_passed_is_not_broken(self, api):
        barrier = api.Barrier(3)

        async def party():
            place = await barrier.wait()
            await barrier.reset()
            return place

        assert sorted(await api.gather(*(party() for _ in range(3)))) == [0, 1, 2]

    @pytest.mark.asyncio_never("who passed in the same round gets BrokenBarrierError")
    async def test_who_has_passed_is_not_broken_by_an_abort(self, api):
        barrier = api.Barrier(3)

        async def party():
            place = await barrier.wait()
            await barrier.abort()
            return place

        assert sorted(await api.gather(*(party() for _ in range(3)))) == [0, 1, 2]
        assert barrier.broken

    async def test_who_came_early_for_the_next_round_is_broken(self, api):
        barrier = api.Barrier(3)

        async def waits_again():
            await barrier.wait()
            return await outcome(barrier.wait())

        async def resets():
            await barrier.wait()
            await barrier.reset()

        tasks = [api.create_task(coro()) for coro in (waits_again, resets, barrier.wait)]
        await turns(5)
        if api is eagerly:
            assert isinstance(await tasks[0], api.BrokenBarrierError)
        else:  # in asyncio it waits outside until the first round has drained, out of sight
            assert not tasks[0].done()
            assert barrier.n_waiting == 1


class TestCancellation:
    async def test_who_is_cancelled_waits_no_longer(self, api):
        barrier = api.Barrier(2)
        task = comes(api, barrier)
        await turns()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert barrier.n_waiting == 0
        assert not barrier.broken

        other = comes(api, barrier)
        await turns(3)
        assert not other.done()
        await barrier.wait()
        await other

    @pytest.mark.asyncio_never("cpython#155233: 1, 1, 2")
    async def test_who_is_cancelled_leaves_no_gap_in_the_places(self, api):
        barrier = api.Barrier(3)
        first, *others = comes(api, barrier, 3 - 1)
        await turns()
        first.cancel()
        await asyncio.wait([first])
        others += comes(api, barrier, 2)
        await asyncio.wait(others)
        assert sorted(task.result() for task in others) == [0, 1, 2]

    async def test_who_was_told_to_stop_but_has_not_heard_is_no_party(self):
        barrier = eagerly.Barrier(2)
        task = comes(eagerly, barrier)
        await turns()
        task.cancel()
        last = comes(eagerly, barrier)
        await turns(3)
        assert task.cancelled()
        assert not last.done()
        await barrier.wait()
        await last

    async def test_a_timeout_around_the_wait(self, api):
        barrier = api.Barrier(2)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await barrier.wait()
        assert barrier.n_waiting == 0
        assert not barrier.broken

    async def test_a_failing_sibling_frees_who_waits(self, api):
        barrier = api.Barrier(3)
        with pytest.raises(ExceptionGroup):
            async with api.TaskGroup() as group:
                group.create_task(barrier.wait())
                group.create_task(barrier.wait())
                await turns()
                group.create_task(nothing())
                raise ValueError
        assert barrier.n_waiting == 0

    async def test_whose_coroutine_was_closed_can_still_be_cancelled(self, api):
        """Or run(), which cancels all tasks and awaits them, would never return."""
        barrier = api.Barrier(2)
        task = comes(api, barrier)
        await turns()
        task.get_coro().close()
        assert barrier.n_waiting == 0
        task.cancel()
        await turns(3)
        assert task.done()
        assert "cannot reuse already awaited coroutine" in str(task.exception())
