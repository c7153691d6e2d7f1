"""From outside into a loop: what Runner.run, and run(), add to a coroutine that does nothing."""

from __future__ import annotations

from time import perf_counter

from .fan_out import awaited, nothing
from .shape import Library, Shape


def in_one_runner(lib: Library, n: int) -> float:
    with lib.Runner(loop_factory=lib.loop_factory) as runner:
        runner.get_loop()  # made here, outside the clock
        start = perf_counter()
        for _ in range(n):
            runner.run(nothing())
        return perf_counter() - start


def start_to_end(lib: Library, n: int) -> float:
    """What run() does; asyncio's takes a loop_factory from 3.12 on only."""
    start = perf_counter()
    for _ in range(n):
        with lib.Runner(loop_factory=lib.loop_factory) as runner:
            runner.run(nothing())
    return perf_counter() - start


SHAPES = (
    Shape(
        "runner",
        "Runner.run of a coroutine that only passes, n times",
        n=10_000,
        asyncio=in_one_runner,
        floor=awaited,
        each="call",
        uses=("Runner of its own",),
    ),
    Shape(
        "runner-whole",
        "run() of such a coroutine, start to end: a new loop each time",
        n=100,
        asyncio=start_to_end,
        floor=awaited,
        each="call",
        uses=("Runner of its own",),
    ),
)
