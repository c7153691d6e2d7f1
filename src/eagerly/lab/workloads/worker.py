"""What every workload shares: its description, and measuring one implementation in this process.

The floor is timed in the same process, right before and right after the implementation, and the
bench takes its ratios inside one process: whatever a noisy machine does to one of them, it does to
the other. All three start from a collected heap; the garbage collector stays on, as in the program
of a user.

An implementation is named "library.what"; the module before the dot is handed to the measuring
function, so asyncio and eagerly run the same lines. This module imports nothing of eagerly and is
valid for CPython 3.8.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


@dataclass(frozen=True)
class Implementation:
    """One way to do a workload's job, and the first Python that can."""

    name: str
    needs: tuple[int, int]
    measure: Callable[[ModuleType, int], float]

    @property
    def library(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Workload:
    """A program of the chapter, in every implementation, beside its floor."""

    name: str
    example: str
    title: str
    claim: str
    each: str  # what n counts, in the singular
    floor_is: str
    floor: Callable[[int], float]
    implementations: tuple[Implementation, ...]
    most: int | None = None  # the largest n worth the reader's time; None: whatever was asked for

    def size(self, n: int) -> int:
        return n if self.most is None else min(n, self.most)


def check(right: bool, what: str) -> None:
    """A wrong result is worth no time: stop, and say what was wrong."""
    if not right:
        message = f"wrong result: {what}"
        raise RuntimeError(message)


def measured(workload: Workload, implementation: Implementation, n: int) -> dict[str, object]:
    library = importlib.import_module(implementation.library)
    gc.collect()
    before = workload.floor(n)
    gc.collect()
    seconds = implementation.measure(library, n)
    gc.collect()
    after = workload.floor(n)
    return {"seconds": seconds, "floors": [before, after]}


def main(workload: Workload) -> None:
    """Arguments: an implementation, n, and for eagerly's the folder that holds the package."""
    name, n, *folders = sys.argv[1:]
    sys.path[:0] = folders
    by_name = {each.name: each for each in workload.implementations}
    print(json.dumps(measured(workload, by_name[name], int(n))))
