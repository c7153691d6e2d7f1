"""The ready queue: which tasks are due, in the order in which they became so.

asyncio makes one Handle for every step of every task.  Here a run of tasks that become ready
one after the other, with nothing between them, is one *batch*: one callback of the loop.
Nobody can tell the two apart:

* Order.  A batch grows only while it is the last thing in the loop's queue, so a task runs
  after every callback that was scheduled before it and before every later one.
* Turns.  A batch grows only while the callback that opened it is running, so a task joins no
  turn of the loop earlier than its own Handle would.
* Accidents.  While a task of a batch steps, the rest stands at the front of the loop's queue.
  A loop that is run again from inside the step finds it there, and so does the next run after
  SystemExit or KeyboardInterrupt came out of the step.

A loop that hides its queue (uvloop), or is in debug mode, gets one callback a task.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
from collections import deque
from typing import Any

import cython

from eagerly.engine import registry
from eagerly.engine.registry import Slot

if cython.compiled:
    from cython.cimports.eagerly.engine.capi import monotonic
else:
    from time import monotonic

LONG = 0.01  # seconds


class Batch:
    """Tasks that became ready one after the other."""

    def __init__(self, queue: ReadyQueue, first: Any) -> None:
        self.queue = queue
        self.tasks = [first]

    def __call__(self) -> None:
        """Run the tasks, as the loop's callback."""
        self.tasks.reverse()
        self.run()

    def run(self) -> None:
        """Run the tasks that are left."""
        queue = self.queue
        tasks = self.tasks
        callbacks = queue._callbacks
        queue._open = None  # its callback is over; and `rest`, below, would hide this from add()
        rest = None
        if len(tasks) > 1:
            rest = asyncio.Handle(self.run, (), queue.loop, contextvars.Context())
            callbacks.appendleft(rest)
        while tasks:
            queue._run(tasks.pop())
        if rest is not None and callbacks and callbacks[0] is rest:
            callbacks.popleft()


class ReadyQueue:
    """The ready tasks of one loop, and what else the engine keeps for that loop.

    It lives on the loop, so that nothing is left when the loop is gone.  ``alive`` holds the
    tasks that are waiting or ready, since nobody else may (cpython#91887), until the loop is
    closed: ``close`` stands in for the loop's own.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        callbacks = getattr(loop, "_ready", None)
        self.loop = loop
        self._close_loop: Any = loop.close
        self.alive: set[Any] = set()
        self.slot = Slot(0)
        self.debug = loop.get_debug()
        self.starts = 0
        self.busy_since = 0.0
        self.stepping = False
        self._callbacks: Any = callbacks if type(callbacks) is deque else None
        self._open: Batch | None = None
        self._handle: Any = None
        self._length = 0
        registry.add_queue(self)

    def add(self, task: Any) -> None:
        """*task* is due at the loop's next turn."""
        batch = self._open
        callbacks = self._callbacks
        if (
            batch is not None
            and len(callbacks) == self._length  # no handle was taken: the same callback runs
            and callbacks[-1] is self._handle
        ):
            batch.tasks.append(task)
            return
        if callbacks is None or self.loop.get_debug():
            self._add_alone(task)
            return
        batch = Batch(self, task)
        # A context of its own, which no task can be in: each step enters its task's.
        self._handle = self.loop.call_soon(batch, context=contextvars.Context())
        self._length = len(callbacks)
        self._open = batch

    def close(self) -> None:
        """Close the loop, and let go of the tasks that it will never run."""
        self._close_loop()
        # If nobody closed it, it does so itself as it dies, says so, and that is enough said.
        enough = gc.is_finalized(self.loop)
        for task in self.alive:
            registry.abandon(task)
            if enough:
                task._log_destroy_pending = False
        self.alive.clear()
        self._open = self._handle = None  # and be no part of a cycle with it
        for name, ours in (("close", self.close), ("_eagerly_queue", self)):
            if vars(self.loop).get(name) == ours:
                delattr(self.loop, name)

    def must_pause(self) -> bool:
        """Have eager steps kept the loop from its timers and sockets for LONG?

        Asked where nothing else suspends: in eager starts, now and then, and where a group ends.
        """
        now = monotonic()
        if self.busy_since == 0:
            self.busy_since = now
            if not self.stepping:  # no task of ours will tell us that the turn is over
                self.loop.call_soon(self._turn_is_over)
            return False
        if now - self.busy_since < LONG:
            return False
        self.busy_since = 0
        return True

    def _turn_is_over(self) -> None:
        self.busy_since = 0

    def _add_alone(self, task: Any) -> None:
        """Give *task* a callback of its own."""
        raise NotImplementedError

    def _run(self, task: Any) -> None:
        """Do what is due for *task*."""
        raise NotImplementedError
