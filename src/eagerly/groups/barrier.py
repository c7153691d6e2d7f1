"""Barrier: wait until enough tasks have come, then let them all go."""

from __future__ import annotations

import asyncio
from asyncio import BrokenBarrierError as BrokenBarrierError
from types import TracebackType


class Barrier:
    """Let *parties* tasks wait for one another, again and again.

    ValueError: *parties* is less than 1.

    As asyncio's (3.11), without its bugs: the indices of those who pass together are 0 to
    parties - 1, whoever was cancelled before (cpython#155233), and who has passed is not broken
    by a later reset() or abort().  A round that passes does not keep the next one waiting.

    >>> import asyncio, eagerly
    >>> async def main():
    ...     barrier = eagerly.Barrier(3)
    ...     return sorted(await eagerly.gather(*(barrier.wait() for _ in range(3))))
    >>> eagerly.run(main())
    [0, 1, 2]
    """

    def __init__(self, parties: int) -> None:
        if parties < 1:
            raise ValueError(f"parties must be >= 1, got {parties!r}")
        self._parties = parties
        self._broken = False
        self._loop: asyncio.AbstractEventLoop | None = None
        # The futures of those who wait, in the order in which they came: indices are given when
        # they pass, so whoever is cancelled before leaves no gap.
        self._waiters: dict[asyncio.Future[int], None] = {}

    def __repr__(self) -> str:
        name = f"{type(self).__module__}.{type(self).__qualname__} object at {id(self):#x}"
        if self._broken:
            return f"<{name} [broken]>"
        return f"<{name} [filling, waiters:{self.n_waiting}/{self._parties}]>"

    async def __aenter__(self) -> int:
        return await self.wait()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    async def wait(self) -> int:
        """Wait until all parties wait, and return which of them this one is, from 0.

        BrokenBarrierError: the barrier is broken, or is reset or broken while this waits.
        RuntimeError: its tasks belong to different loops.
        """
        if self._broken:
            raise BrokenBarrierError("Barrier aborted")
        loop = self._running_loop()
        if len(self._waiters) + 1 >= self._parties:
            self._forget_cancelled()
        if len(self._waiters) + 1 == self._parties:
            self._release()
            return self._parties - 1
        waiter = loop.create_future()
        self._waiters[waiter] = None
        try:
            return await waiter
        finally:
            self._waiters.pop(waiter, None)

    async def reset(self) -> None:
        """Start anew: those who wait get BrokenBarrierError, and the barrier is whole again."""
        self._break_waiters()
        self._broken = False

    async def abort(self) -> None:
        """Break the barrier: those who wait, and will wait, get BrokenBarrierError."""
        self._broken = True
        self._break_waiters()

    @property
    def parties(self) -> int:
        """How many tasks the barrier waits for."""
        return self._parties

    @property
    def n_waiting(self) -> int:
        """How many tasks are waiting now."""
        self._forget_cancelled()
        return len(self._waiters)

    @property
    def broken(self) -> bool:
        """Whether the barrier is broken."""
        return self._broken

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        if loop is not self._loop:
            raise RuntimeError(f"{self!r} is bound to a different event loop")
        return loop

    def _forget_cancelled(self) -> None:
        """Who was cancelled is no party any more, even if it has not yet run to hear of it."""
        self._waiters = {waiter: None for waiter in self._waiters if not waiter.done()}

    def _release(self) -> None:
        waiters, self._waiters = self._waiters, {}
        for index, waiter in enumerate(waiters):
            waiter.set_result(index)

    def _break_waiters(self) -> None:
        waiters, self._waiters = self._waiters, {}
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(BrokenBarrierError("Abort or reset of barrier"))
