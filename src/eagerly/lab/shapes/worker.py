"""One process of a measurement: one implementation of one shape, measured by pyperf.

This is a pyperf script: `--worker` and what follows it are pyperf's own arguments, by which its
Runner would call itself, and what it prints is a pyperf benchmark with one run.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import inspect
import io
import sys
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from . import catalog, implementations
from .implementations import AWAIT
from .libraries import library

if TYPE_CHECKING:
    from collections.abc import Callable

    from .implementations import Implementation
    from .shape import Library, Shape

    Clock = Callable[[int], float]


def main() -> None:
    sys.path.pop(0)  # the lab's folder, from which this was started: its names are not for others
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", type=catalog.BY_NAME.__getitem__)
    parser.add_argument("--implementation", type=implementations.BY_NAME.__getitem__)
    parser.add_argument("--size", type=int)
    parser.add_argument("--folder", help="that holds the package eagerly")
    import pyperf

    runner = pyperf.Runner(_argparser=parser)
    asked = runner.parse_args()
    if asked.folder:
        sys.path.insert(0, asked.folder)
    shape, implementation = asked.shape, asked.implementation
    with contextlib.redirect_stdout(io.StringIO()):  # pyperf's words to a person
        made = runner.bench_time_func(
            shape.name,
            clock(shape, implementation, asked.size, asked.warmups + asked.values),
            inner_loops=None if shape.samples else shape.units(asked.size),
            metadata={"unit": shape.unit},
        )
    made.dump(sys.stdout)


def clock(shape: Shape, implementation: Implementation, n: int, values: int) -> Clock:
    """What pyperf calls for a value: it takes the number of loops and returns the seconds."""
    program, lib = found(shape, implementation)
    if shape.samples:
        samples = iter(program(n, values))
        return lambda _loops: next(samples)
    if inspect.iscoroutinefunction(shape.written_for(implementation)):
        return lambda loops: awaited(program, lib, n, loops)
    return lambda loops: sum(program(n) for _ in range(loops))


def found(shape: Shape, implementation: Implementation) -> tuple[Callable[..., Any], Library]:
    """The shape's program for that implementation, which takes n, and the library that runs it."""
    lib = library(implementation)
    written = shape.written_for(implementation)
    assert written is not None, "who lacks it is not asked for"
    if implementation.speaks == AWAIT:
        return written, lib
    return partial(written, lib), lib


def awaited(program: Callable[[int], Any], lib: Library, n: int, loops: int) -> float:
    """Only the program is timed: not making the loop, nor the library's main task."""

    async def main() -> float:
        total = 0.0
        for _ in range(loops):
            start = perf_counter()
            seconds = await program(n)
            total += perf_counter() - start if seconds is None else seconds
        return total

    gc.collect()
    seconds: float = lib.run(main)
    return seconds


if __name__ == "__main__":
    main()
