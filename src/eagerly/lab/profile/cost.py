"""What a task costs on this interpreter, and what watching it costs: a quick measurement.

A process in which nothing else has happened measures it. What a task costs is the median of many
short runs, which is what it costs on this machine as busy as it is. What watching adds is told by
the shortest of many runs without and with, in turns: those vary less than the little that they
differ by. And a further step is told by tasks that take several, so that what it still varies
by counts for less.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypedDict

import eagerly
from eagerly.lab import child, run_child
from eagerly.lab.problems import Failure
from eagerly.lab.profile import names, steps, watch
from eagerly.lab.run_engine import EAGER, LAZY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from eagerly.lab.run_engine import Tasks

    Shape = Callable[[Any, Callable[[], Any], int], Awaitable[Any]]

N = 200  # tasks of a run
ROUNDS = 20
MANY = 500  # of a run that may be watched: more than the nearest memory holds, as in a program
ROUNDS_WATCHED = 25
TURNS = 4  # further steps, of each of them

clock = time.perf_counter if sys.platform == "win32" else time.thread_time


class Costs(TypedDict):
    """Seconds."""

    asyncio: dict[
        str, list[float]
    ]  # a task made so: that ends in its first step, that suspends once
    eagerly: dict[str, list[float]]
    watching_task: float  # a task that ends in its first step
    watching_step: float  # each further step


def measured(tasks: Tasks) -> Costs:
    loop = "uvloop" if tasks.uvloop else "asyncio"
    words = run_child.start(__name__, loop, tasks.engine)
    finished = child.run(run_child.python(words), environ=os.environ)
    if finished.returncode != 0:
        message = f"what a task costs could not be measured: {child.why_it_died(finished)}"
        raise Failure(message)
    costs: Costs = json.loads(finished.stdout)
    return costs


async def nothing() -> None:
    pass


async def turn() -> None:
    await asyncio.sleep(0)


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def in_group(library: Any, coro: Callable[[], Any], n: int) -> None:
    async with library.TaskGroup() as group:
        for _ in range(n):
            group.create_task(coro())


async def in_gather(library: Any, coro: Callable[[], Any], n: int) -> None:
    await library.gather(*[coro() for _ in range(n)])


async def by_create_task(library: Any, coro: Callable[[], Any], n: int) -> None:
    for task in [library.create_task(coro()) for _ in range(n)]:
        await task


SHAPES: dict[str, Shape] = {"group": in_group, "gather": in_gather, "create_task": by_create_task}


def main() -> None:
    factory = asyncio.new_event_loop
    if sys.argv[1] == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        costs: Any = {library.__name__: {} for library in (asyncio, eagerly)}
        for how, shape in SHAPES.items():
            ways = [(library, coro) for library in (asyncio, eagerly) for coro in (nothing, turn)]
            found = [*map(median, runner.run(_timed([partial(shape, *way, N) for way in ways])))]
            costs["asyncio"][how], costs["eagerly"][how] = found[:2], found[2:]
        ours = sys.argv[2] in (LAZY, EAGER)
        costs |= runner.run(_watching(eagerly if ours else runner.get_loop()))
    print(json.dumps(costs))


async def _watching(maker: Any) -> dict[str, float]:
    """Of the tasks that *maker* makes: without and with, in turns."""
    plain = maker.create_task
    names.put_in_place(_Unwritten())
    watched = maker.create_task

    def run(make: Any, coro: Any) -> Any:
        return by_create_task(SimpleNamespace(create_task=make), coro, MANY)

    ways = [(make, coro) for coro in (nothing, turns) for make in (plain, watched)]
    timed = await _timed([partial(run, *way) for way in ways], MANY, ROUNDS_WATCHED)
    at_once, at_once_watched, more, more_watched = map(min, timed)
    task = max(0.0, at_once_watched - at_once)
    step = max(0.0, (more_watched - more - task) / TURNS)
    return {"watching_task": task, "watching_step": step}


class _Unwritten(watch.Watcher):
    """Finds places as ever, and takes no samples, also when no task is left."""

    def __init__(self) -> None:
        super().__init__(Path(), {})

    def new_thread(self) -> steps.Thread:
        thread = super().new_thread()
        thread.next_look = sys.maxsize
        return thread

    def look(self, thread: steps.Thread, now: int) -> None:
        pass


async def _timed(
    ways: Sequence[Callable[[], Awaitable[Any]]], n: int = N, rounds: int = ROUNDS
) -> list[list[float]]:
    """Seconds of the processor for one task, each way: with the coroutine, which all make."""
    timed: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for took, way in zip(timed, ways, strict=True):
            begun = clock()
            await way()
            took.append((clock() - begun) / n)
    return timed
