"""Many tasks that have nothing to do: the price of a task, and nothing else.

The floor is `await nothing()`; making the coroutine counts for all of them. Where all coroutines
are there before the first one runs, it is so in the floor too: to hold 100,000 of them takes longer
than to run them.
"""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING

from .shape import Library, Shape, check

if TYPE_CHECKING:
    from collections.abc import Coroutine

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)


async def nothing() -> None:
    pass


async def awaited(n: int) -> None:
    for _ in range(n):
        await nothing()


# ------------------------------------------------------------------ in a group


async def in_a_group(lib: Library, n: int) -> None:
    async with lib.TaskGroup() as group:
        for _ in range(n):
            group.create_task(nothing())


async def lazily_in_a_group(lib: Library, n: int) -> None:
    async with lib.TaskGroup() as group:
        for _ in range(n):
            group.create_task(nothing(), **lib.lazily)


async def begun_later(n: int) -> None:
    """Each in a context of its own, which it would have in a task."""
    due = [(nothing(), contextvars.copy_context()) for _ in range(n)]
    for coroutine, context in due:
        context.run(to_its_end, coroutine)


def to_its_end(coroutine: Coroutine[None, None, None]) -> None:
    try:
        coroutine.send(None)
    except StopIteration:
        return


async def in_a_nursery(lib: Library, n: int) -> None:
    async with lib.open_nursery() as nursery:
        for _ in range(n):
            nursery.start_soon(nothing)


# ------------------------------------------------------------------ gathered, and one at a time


async def gathered(lib: Library, n: int) -> None:
    results = await lib.gather(*[nothing() for _ in range(n)])
    check(len(results) == n, f"{n} results")


async def awaited_for_results(n: int) -> None:
    coroutines = [nothing() for _ in range(n)]
    results = [await each for each in coroutines]  # type: ignore[func-returns-value]
    check(len(results) == n, f"{n} results")


async def one_at_a_time(lib: Library, n: int) -> None:
    for _ in range(n):
        await lib.create_task(nothing())


SHAPES = (
    Shape(
        "fanout",
        "a TaskGroup of n coroutines that only pass",
        n=1_000_000,
        asyncio=in_a_group,
        nursery=in_a_nursery,
        floor=awaited,
        sizes=SIZES,
    ),
    Shape(
        "fanout-lazy",
        "the same, none of them started before the group is left",
        n=100_000,
        asyncio=lazily_in_a_group,
        nursery=in_a_nursery,
        floor=begun_later,
        uses=("TaskGroup", "lazy start"),
        sizes=SIZES,
    ),
    Shape(
        "gather",
        "gather of n coroutines that only pass",
        n=1_000_000,
        asyncio=gathered,
        floor=awaited_for_results,
        uses=("gather",),
        sizes=SIZES,
    ),
    Shape(
        "single",
        "await create_task(coroutine()), one at a time",
        n=100_000,
        asyncio=one_at_a_time,
        floor=awaited,
        uses=("create_task",),
        sizes=(100, 1_000, 10_000, 100_000),
    ),
)
