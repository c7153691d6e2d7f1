"""Barrier: wait until enough tasks have come, then let them all go."""

from __future__ import annotations

from asyncio import BrokenBarrierError as BrokenBarrierError
from types import TracebackType

from eagerly.groups._barrier import Gate


class Barrier(Gate):
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
        party = self._come()
        try:
            await party
        except BaseException:
            party.leave()
            raise
        return party.place

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
        return self._count()

    @property
    def broken(self) -> bool:
        """Whether the barrier is broken."""
        return self._broken
