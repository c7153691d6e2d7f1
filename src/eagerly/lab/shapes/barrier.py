"""n parties meet at a barrier, a hundred times."""

from __future__ import annotations

from typing import Any

from .shape import Library, Shape, check

CYCLES = 100


class Passed:
    count = 0


async def party(barrier: Any, passed: Passed) -> None:
    for _ in range(CYCLES):
        await barrier.wait()
        passed.count += 1


async def meet(lib: Library, n: int) -> None:
    barrier, passed = lib.Barrier(n), Passed()
    async with lib.TaskGroup() as group:
        for _ in range(n):
            group.create_task(party(barrier, passed))
    check(passed.count == n * CYCLES, "everybody passed every time")


class Open:
    """A barrier that keeps nobody."""

    async def wait(self) -> None:
        pass


async def nobody_waits(n: int) -> None:
    barrier, passed = Open(), Passed()
    for _ in range(n):
        await party(barrier, passed)


SHAPES = (
    Shape(
        "barrier",
        f"n parties meet at a Barrier, {CYCLES} times; the floor's keeps nobody",
        n=1_000,
        asyncio=meet,
        floor=nobody_waits,
        each="wait",
        units=lambda n: n * CYCLES,
        uses=("Barrier", "TaskGroup"),
        sizes=(10, 100, 1_000),
    ),
)
