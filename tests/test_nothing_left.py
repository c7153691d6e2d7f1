"""Nothing is left: no object, no reference and no byte, in whatever way tasks were made and ended.

``make nightly`` runs a million tasks of each kind.  The collector is off: what reference counts
alone do not free is left, too.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from helpers import forever, loop_of, outcome, turn, turns

import eagerly

AT_ONCE = 20

sizes = pytest.mark.parametrize("n", [5_000, pytest.param(1_000_000, marks=pytest.mark.slow)])


class Error(Exception):
    pass


async def returns() -> list[int]:
    return [1]


async def returns_later() -> list[int]:
    await turns()
    return [1]


async def fails() -> None:
    raise Error


async def fails_later() -> None:
    await turns()
    raise Error


Coro = Callable[[], Coroutine[Any, Any, Any]]
Then = Callable[[list[Any]], Awaitable[None]]


# --------------------------------------------------------------------------- how tasks are made


async def by_create_task(coro: Coro, then: Then) -> None:
    await then([eagerly.create_task(coro()) for _ in range(AT_ONCE)])


async def by_create_task_lazily(coro: Coro, then: Then) -> None:
    await then([eagerly.create_task(coro(), eager_start=False) for _ in range(AT_ONCE)])


async def by_a_group(coro: Coro, then: Then) -> None:
    async with eagerly.TaskGroup() as group:
        await then([group.create_task(coro()) for _ in range(AT_ONCE)])


async def by_a_group_lazily(coro: Coro, then: Then) -> None:
    async with eagerly.TaskGroup() as group:
        await then([group.create_task(coro(), eager_start=False) for _ in range(AT_ONCE)])


async def by_gather(coro: Coro, then: Then) -> None:
    await then([eagerly.gather(*[coro() for _ in range(AT_ONCE)], return_exceptions=True)])


async def by_gather_until_one_fails(coro: Coro, then: Then) -> None:
    await then([eagerly.gather(*[coro() for _ in range(AT_ONCE)])])


# --------------------------------------------------------------------------- what becomes of them


async def awaited(tasks: list[Any]) -> None:
    while tasks:  # or this frame would keep them, and their errors this frame
        await outcome(tasks.pop())


async def left_alone(tasks: list[Any]) -> None:
    del tasks
    await turns(3)


async def cancelled(tasks: list[Any]) -> None:
    for task in tasks:
        task.cancel()
    await awaited(tasks)


async def cancelled_while_they_wait(tasks: list[Any]) -> None:
    await turns(2)
    await cancelled(tasks)


KINDS = [
    (by_create_task, returns, awaited),
    (by_create_task, returns_later, awaited),
    (by_create_task, fails, awaited),
    (by_create_task, fails, left_alone),
    (by_create_task, fails_later, awaited),
    (by_create_task, fails_later, left_alone),
    (by_create_task, forever, cancelled),
    (by_create_task_lazily, returns, awaited),
    (by_create_task_lazily, forever, cancelled),
    (by_create_task_lazily, forever, cancelled_while_they_wait),
    (by_a_group, returns, left_alone),
    (by_a_group, returns_later, left_alone),
    (by_a_group, fails, awaited),
    (by_a_group, fails_later, left_alone),
    (by_a_group, forever, cancelled_while_they_wait),
    (by_a_group_lazily, forever, cancelled),
    (by_gather, returns, awaited),
    (by_gather, returns_later, left_alone),
    (by_gather, fails, awaited),
    (by_gather, fails_later, awaited),
    (by_gather, forever, cancelled),
    (by_gather_until_one_fails, fails, awaited),
    (by_gather_until_one_fails, fails_later, awaited),
    (by_gather_until_one_fails, fails_later, left_alone),
    (by_gather_until_one_fails, forever, cancelled_while_they_wait),
]


def name_of(part: Any) -> str:
    return part.__name__ if callable(part) else str(part)


@sizes
@pytest.mark.usefixtures("without_gc")
@pytest.mark.parametrize(("make", "coro", "then"), KINDS, ids=name_of)
def test_tasks_that_ended(make, coro, then, n):
    async def tasks(n: int) -> None:
        for _ in range(n // AT_ONCE):
            await outcome(make(coro, then))
        await turns(3)

    with loop_of() as (loop, _):
        loop.set_exception_handler(lambda loop, report: None)
        assert_nothing_grows(lambda n: loop.run_until_complete(tasks(n)), n)


@sizes
@pytest.mark.parametrize("make", [by_create_task, by_create_task_lazily, by_a_group, by_gather])
def test_tasks_that_were_abandoned_on_a_loop_that_was_closed(make, n):
    def tasks(n: int) -> None:
        for _ in range(n // AT_ONCE):
            with loop_of() as (loop, _):
                eagerly.Task(make(forever, left_alone), loop=loop)
                turn(loop, 5)
                assert len(eagerly.all_tasks(loop)) >= AT_ONCE
            del loop
            gc.collect()

    assert_nothing_grows(tasks, n)


@pytest.mark.parametrize("n", [200, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("how", ["run", "runner", "by hand"])
def test_loops_that_were_opened_and_closed(how, n):
    async def main() -> None:
        await eagerly.gather(returns(), returns_later())

    def loops(n: int) -> None:
        for _ in range(n):
            if how == "run":
                eagerly.run(main())
            elif how == "runner":
                with eagerly.Runner() as runner:
                    runner.run(main())
                    runner.run(main())
            else:
                with loop_of() as (loop, _):
                    loop.run_until_complete(eagerly.Task(main(), loop=loop))

        gc.collect()

    assert_nothing_grows(loops, n, rounds=n)


def assert_nothing_grows(use: Callable[[int], None], n: int, rounds: int | None = None) -> None:
    """use(n) leaves what a shorter use has left; not even one thing a round is more."""
    use(n // 5)
    before = in_use()
    use(n)
    grown = [after - once for after, once in zip(in_use(), before, strict=True)]
    assert max(grown) < (rounds or n // AT_ONCE), dict(zip(WHAT, grown, strict=True))


WHAT = ("in cycles", "objects", "blocks", "references")


def in_use() -> tuple[int, int, int, int]:
    """How many: the blocks are of memory, the references are known to a debug build only."""
    in_cycles = gc.collect()  # and it empties the free lists
    references = getattr(sys, "gettotalrefcount", lambda: 0)()
    return in_cycles, len(gc.get_objects()), sys.getallocatedblocks(), references
