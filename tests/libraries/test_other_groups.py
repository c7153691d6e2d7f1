"""quattro and aiotools: groups that subclass asyncio's, or take hold of a task's methods."""

from __future__ import annotations

import asyncio

import aiotools
import pytest
import quattro

import eagerly


async def value(n: int) -> int:
    await asyncio.sleep(0)
    return n


async def fails() -> None:
    await asyncio.sleep(0)
    raise LookupError


async def forever() -> None:
    await asyncio.Future()


async def test_quattros_group_limits_what_runs_at_once() -> None:
    running = most = 0

    async def child() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    async with quattro.TaskGroup(concurrency_limit=3) as group:
        tasks = [group.create_task(child()) for _ in range(20)]
    assert most == 3
    assert all(isinstance(task, eagerly.Task) for task in tasks)


async def test_quattros_background_tasks_end_with_their_group() -> None:
    async with quattro.TaskGroup() as group:
        background = group.create_background_task(forever())
        group.create_task(value(1))
    assert background.cancelled()


async def test_quattros_gather_cancels_the_siblings() -> None:
    assert await quattro.gather(*map(value, range(10))) == tuple(range(10))
    siblings: list[asyncio.Task[None] | None] = []

    async def sibling() -> None:
        siblings.append(asyncio.current_task())
        await forever()

    with pytest.raises(ExceptionGroup):
        await quattro.gather(fails(), sibling())
    assert [task.cancelled() for task in siblings] == [True]


async def test_quattros_scopes_nest() -> None:
    # A scope knows its own cancellation by the message, which is no string.
    async def child() -> str:
        with quattro.move_on_after(5) as outer:
            with quattro.move_on_after(0.01) as inner:
                await forever()
            assert inner.cancelled_caught
            with pytest.raises(TimeoutError), quattro.fail_after(0.01):
                await forever()
        assert not outer.cancelled_caught
        return "alive"

    assert await eagerly.gather(*(child() for _ in range(5))) == ["alive"] * 5


async def test_aiotools_shield_hooks_the_methods_of_a_task() -> None:
    steps = []

    async def child() -> None:
        async with aiotools.ShieldScope():
            await asyncio.sleep(0.01)
            steps.append("finished")
        await asyncio.sleep(0)
        steps.append("not reached")

    async with eagerly.TaskGroup() as group:
        task = group.create_task(child())
        await asyncio.sleep(0)
        task.cancel()
    assert steps == ["finished"]
    assert task.cancelled()


async def test_aiotools_shield_holds_against_a_group_and_a_timeout() -> None:
    finished = []

    async def child(n: int) -> None:
        async with aiotools.ShieldScope():
            await asyncio.sleep(0.02)
            finished.append(n)

    with pytest.raises(ExceptionGroup):
        async with eagerly.TaskGroup() as group:
            group.create_task(child(1))
            group.create_task(fails())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await eagerly.create_task(child(2))
    assert finished == [1, 2]


async def test_aiotools_supervisor_keeps_the_siblings() -> None:
    async with aiotools.Supervisor() as supervisor:
        bad = supervisor.create_task(fails())
        good = supervisor.create_task(value(1))
    assert good.result() == 1
    assert isinstance(bad.exception(), LookupError)


async def test_aiotools_scope_times_out() -> None:
    with pytest.raises(TimeoutError):
        async with aiotools.TaskScope(timeout=0.01) as scope:
            child = scope.create_task(forever())
            await forever()
    assert child.cancelled()


async def test_aiotools_race_has_one_winner() -> None:
    async def slow() -> str:
        await asyncio.sleep(10)
        return "slow"

    async def fast() -> str:
        await asyncio.sleep(0)
        return "fast"

    async def at_once() -> str:
        return "at once"

    assert await aiotools.race([slow(), fast()]) == ("fast", [])
    assert await aiotools.race([at_once(), slow()]) == ("at once", [])


async def test_aiotools_streams_results_and_cancels_the_rest() -> None:
    results = []
    async with aiotools.aclosing(
        aiotools.as_completed_safe([value(1), value(2), forever()])
    ) as stream:
        async for task in stream:
            results.append(await task)
            if len(results) == 2:
                break
    assert results == [1, 2]
