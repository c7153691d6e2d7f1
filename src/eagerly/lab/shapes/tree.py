"""A tree of tasks, six branches at each node and n levels deep, whose leaves differ.

This is the workload behind the claim that eager tasks make asyncio two to five times as fast.
Every tree exists with groups and with gather. The floor awaits the same tree without tasks; where
leaves sleep it sleeps once, at the end, since all the leaves of a concurrent tree sleep at once.
"""

from __future__ import annotations

import asyncio
import math
import random
from typing import TYPE_CHECKING

from .shape import Library, Shape

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Leaf = Callable[[], Awaitable[object]]
    Sleep = Callable[[float], Awaitable[object]]

BRANCHES = 6
SLEEP = 0.05
MEMOIZED = 90  # per cent of the keys, of which there are 100


class Leaves:
    """The leaves of one tree: the same pseudo-random choices every time."""

    def __init__(self, sleep: Sleep) -> None:
        self.sleep = sleep
        self.random = random.Random(1).random
        self.known: set[int] = set()

    async def none(self) -> None:
        pass

    async def io(self) -> None:
        await self.sleep(SLEEP)

    async def memo(self) -> None:
        key = int(self.random() * 100)
        if key in self.known:
            return
        if key < MEMOIZED:
            self.known.add(key)
        await self.sleep(SLEEP)

    async def mixed(self) -> None:
        if self.random() < 0.5:
            math.factorial(500)
        else:
            await self.memo()


# ------------------------------------------------------------------ the tree, in each way


async def with_groups(lib: Library, levels: int, leaf: Leaf) -> None:
    if levels == 0:
        await leaf()
        return
    async with lib.TaskGroup() as group:
        for _ in range(BRANCHES):
            group.create_task(with_groups(lib, levels - 1, leaf))


async def with_gather(lib: Library, levels: int, leaf: Leaf) -> None:
    if levels == 0:
        await leaf()
        return
    await lib.gather(*[with_gather(lib, levels - 1, leaf) for _ in range(BRANCHES)])


async def with_nurseries(lib: Library, levels: int, leaf: Leaf) -> None:
    if levels == 0:
        await leaf()
        return
    async with lib.open_nursery() as nursery:
        for _ in range(BRANCHES):
            nursery.start_soon(with_nurseries, lib, levels - 1, leaf)


async def without_tasks(levels: int, leaf: Leaf) -> None:
    if levels == 0:
        await leaf()
        return
    for _ in range(BRANCHES):
        await without_tasks(levels - 1, leaf)


async def not_now(_seconds: float) -> None:
    """The sleep of a leaf of the floor."""


def tasks(levels: int) -> int:
    return sum(BRANCHES**level for level in range(1, levels + 1))


def trees(kind: str, doc: str) -> tuple[Shape, Shape]:
    """The tree with groups, and the one with gather, whose leaves are of that kind."""

    async def grouped(lib: Library, n: int) -> None:
        await with_groups(lib, n, getattr(Leaves(asyncio.sleep), kind))

    async def gathered(lib: Library, n: int) -> None:
        await with_gather(lib, n, getattr(Leaves(asyncio.sleep), kind))

    async def nursed(lib: Library, n: int) -> None:
        await with_nurseries(lib, n, getattr(Leaves(lib.sleep), kind))

    async def floor(n: int) -> None:
        await without_tasks(n, getattr(Leaves(not_now), kind))
        if kind != "none":
            await asyncio.sleep(SLEEP)

    return (
        Shape(
            f"tree-{kind}",
            f"a tree n levels deep, six branches a node, with groups: {doc}",
            n=6,
            asyncio=grouped,
            nursery=nursed,
            floor=floor,
            units=tasks,
            most=6,
            sizes=(2, 3, 4, 5, 6),
        ),
        Shape(
            f"tree-{kind}-gather",
            f"the same with gather: {doc}",
            n=6,
            asyncio=gathered,
            floor=floor,
            units=tasks,
            most=6,
            uses=("gather",),
            sizes=(2, 3, 4, 5, 6),
        ),
    )


SHAPES = (
    *trees("none", "leaves do nothing"),
    *trees("io", "leaves sleep 50 ms"),
    *trees("memo", "leaves sleep 50 ms unless memoized, as 90 % are"),
    *trees("mixed", "half of the leaves compute factorial(500), half are as in tree-memo"),
)
