"""Those who wait at a barrier, each without a future, a callback or a handle."""

from __future__ import annotations

from asyncio import BrokenBarrierError, CancelledError

import cython

from eagerly.engine import registry
from eagerly.engine.driver import Wakeup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Gate:
    """Everything of a Barrier but what is awaited."""

    def __init__(self, parties: int) -> None:
        if parties < 1:
            raise ValueError(f"parties must be >= 1, got {parties!r}")
        self._parties = parties
        self._broken = False
        self._loop: Any = None
        # Places are given when they pass, so whoever is cancelled before leaves no gap.
        self._waiting: dict[Party, None] = {}

    def _come(self) -> Party:
        """Another one, who passes at once if all have come."""
        if self._broken:
            raise BrokenBarrierError("Barrier aborted")
        loop = registry.needed_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError(f"{self!r} is bound to a different event loop")
        party = Party(self, loop)
        self._waiting[party] = None
        if len(self._waiting) == self._parties:
            self._pass()
        return party

    def _count(self) -> int:
        return len(self._waiting)

    def _pass(self) -> None:
        parties, self._waiting = self._waiting, {}
        place = cython.declare(cython.Py_ssize_t, 0)
        for party in parties:
            passing = cython.cast(Party, party)
            passing.place = place
            passing._end()
            place += 1

    def _break_waiters(self) -> None:
        parties, self._waiting = self._waiting, {}
        for party in parties:
            broken = cython.cast(Party, party)
            broken.error = BrokenBarrierError("Abort or reset of barrier")
            broken._end()


class Party:
    """One who waits: what is awaited, and what a task then takes for a future."""

    def __init__(self, gate: Gate, loop: Any) -> None:
        self.gate: Gate | None = gate
        self.loop = loop
        self.place = 0
        self.error: BaseException | None = None
        self.task: Any = None
        self.callback: Any = None
        self.context: Any = None
        self._asyncio_future_blocking = False

    def leave(self) -> None:
        """Be no party any more.  If a task waits for this, it may still be cancelled."""
        if self.gate is not None:
            self.gate._waiting.pop(self, None)

    def _end(self) -> None:
        """Wait no longer, and wake whoever awaits this."""
        self.gate = None
        if self.task is not None:
            self.task._queue.add(self.task)
        elif self.callback is not None:
            self.loop.call_soon(self.callback, self, context=self.context)

    def __await__(self) -> Any:
        return self

    def __next__(self) -> Any:
        if self.gate is not None:
            if self._asyncio_future_blocking:
                raise RuntimeError("await wasn't used with future")
            self._asyncio_future_blocking = True
            return self
        if self.error is not None:
            self.result()
        raise StopIteration

    # ----------------------------------------------------------------------- for tasks

    def get_loop(self) -> Any:
        """Return the event loop."""
        return self.loop

    def done(self) -> bool:
        """Return True if it waits no more."""
        return self.gate is None

    def result(self) -> None:
        """Raise the error with which it ended, if there is one."""
        error, self.error = self.error, None  # once: its traceback may come to refer to us
        try:
            if error is not None:
                raise error
        finally:
            error = None

    def add_done_callback(self, fn: Any, *, context: Any = None) -> None:
        """Call *fn* in *context* at the turn after it ends; a task of ours is merely made ready."""
        if type(fn) is Wakeup and self.task is None:
            self.task = cython.cast(Wakeup, fn).task
        else:
            self.callback, self.context = fn, context
        if self.gate is None:
            self._end()

    def cancel(self, msg: Any = None) -> bool:
        """Leave the barrier: who is cancelled is no party any more."""
        if self.gate is None:
            return False
        self.leave()
        self.error = CancelledError() if msg is None else CancelledError(msg)
        self._end()
        return True
