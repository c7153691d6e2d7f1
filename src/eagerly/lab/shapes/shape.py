"""What a shape is, and the checks that its programs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .implementations import ASYNCIO, AWAIT, NURSERY

if TYPE_CHECKING:
    from collections.abc import Callable

    from .implementations import Implementation

Library = Any  # the names of asyncio, or of a nursery, as libraries.py collects them


def one_each(n: int) -> int:
    return n


@dataclass(frozen=True)
class Shape:
    """One program, in every way of speaking.

    `asyncio` and `nursery` are called with a library and n, `floor` with n. A coroutine function is
    awaited on the library's loop, and timed around, unless it returns the seconds itself. A plain
    function brings its own loop, and returns the seconds. Where the shape `samples`, all three are
    plain functions that take one more argument, how many values to return in a list.
    """

    name: str
    doc: str
    n: int  # as bench-shapes has it
    asyncio: Callable[..., Any]
    floor: Callable[..., Any] | None = None
    nursery: Callable[..., Any] | None = None
    each: str = "task"  # what is counted, in the singular
    units: Callable[[int], int] = one_each  # how many of them n means
    most: int | None = None  # the largest n that makes sense
    sizes: tuple[int, ...] = ()  # for the plot of cost against n; () is n alone
    uses: tuple[str, ...] = ("TaskGroup",)  # what a library must have
    samples: bool = False
    values: int = 3  # that one process measures
    unit: str = "second"  # pyperf's word: second or byte

    def size(self, n: int | None) -> int:
        if n is None:
            return self.n
        return n if self.most is None else min(n, self.most)

    def written_for(self, implementation: Implementation) -> Callable[..., Any] | None:
        programs = {ASYNCIO: self.asyncio, NURSERY: self.nursery, AWAIT: self.floor}
        return programs[implementation.speaks]

    def lacks(self, implementation: Implementation) -> str | None:
        """Why there can be no row for it, or None."""
        if self.written_for(implementation) is None:
            return "has no floor" if implementation.speaks == AWAIT else "not written for it"
        if implementation.speaks != ASYNCIO:
            return None
        return next(
            (f"has no {name}" for name in self.uses if name not in implementation.has), None
        )

    def sweep(self) -> tuple[int, ...]:
        return self.sizes or (self.n,)


def check(right: bool, what: str) -> None:
    """A wrong result is worth no time: stop, and say what was wrong."""
    if not right:
        message = f"wrong result: {what}"
        raise RuntimeError(message)
