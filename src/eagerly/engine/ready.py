"""The ready queue: which tasks are due, in the order in which they became so.

asyncio makes one Handle for every step of every task.  Here a run of tasks that become ready
one after the other, with nothing between them, is one *batch*: one handle for them all.
Nobody can tell the two apart:

* Order.  A batch grows only while it is the last thing in the loop's queue, so a task runs
  after every callback that was scheduled before it and before every later one.
* Turns.  A batch grows only while the callback that opened it is running, so a task joins no
  turn of the loop earlier than its own Handle would.
* Accidents.  While a task of a batch steps, the rest stands at the front of the loop's queue.
  A loop that is run again from inside the step finds it there, and so does the next run after
  SystemExit or KeyboardInterrupt came out of the step.

uvloop runs handles of its own kind only: there a batch is the callback of one, which stands for
it in the queue.  A loop that hides its queue, or is in debug mode, gets one callback a task.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
from collections import deque
from typing import Any

import cython

from eagerly.engine import registry, step

if cython.compiled:
    from cython.cimports.cpython.sequence import PySequence_GetItem as item_of
    from cython.cimports.eagerly.engine.capi import monotonic
else:
    from operator import getitem as item_of
    from time import monotonic

LONG = 0.01  # seconds
SOONER = 32  # times: where to give way costs one task a turn, and no more

# Eager starts nest at most so deep; beyond, a task starts lazily.  Small against the recursion
# limit (1000), of which a level takes its coroutines and create_task(), and a small stack.
MOST_NESTED = 50

# The globals of what asyncio's loops and handles have.
ASYNCIOS = vars(asyncio.base_events), vars(asyncio.events)

Handle = asyncio.Handle
_fields = "_callback _args _cancelled _loop _source_traceback _repr __weakref__ _context"
_handle_is_known = set(getattr(Handle, "__slots__", ())) == set(_fields.split())


class Batch:
    """Tasks that became ready one after the other.

    To asyncio's loops it is a handle, and has what they ask of one: ``_run`` and these.
    """

    def __init__(self, queue: ReadyQueue, first: Any) -> None:
        self.queue = queue
        self.tasks = [first]
        self.begun = False
        self.handle: Any = None
        self._cancelled = False
        self._callback = None

    def _run(self) -> None:
        """Run the tasks, or those that are left."""
        if not self.begun:
            self.begun = True
            self.tasks.reverse()
        queue = self.queue
        tasks = self.tasks
        callbacks = queue._callbacks
        queue._open = None  # its callback is over; and the rest, below, would hide this from add()
        queue.in_batch = len(tasks) > 1  # and so it is no more where a batch has run inside a step
        if not queue.in_batch:
            self.handle = None  # or they would refer to one another
            self._run_tasks()
            return
        stands = self.stands()
        callbacks.appendleft(stands)
        try:
            while tasks:
                self._run_tasks()
        finally:
            queue.in_batch = False
            registry.rest(queue.loop)
        self.handle = None
        if callbacks and callbacks[0] is stands:
            callbacks.popleft()

    def stands(self) -> Any:
        """What stands in the loop's queue: it, or the handle whose callback it is."""
        return self if self.handle is None else self.handle

    def _run_tasks(self) -> None:
        """Run them, up to one that fails as a task cannot."""
        tasks = self.tasks
        try:
            while tasks:
                self.queue._run(tasks.pop())
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            # Tells the loop, as handles do.
            asyncio.Handle(raise_, (error,), self.queue.loop)._run()


class ReadyQueue:
    """The ready tasks of one loop, and what else the engine keeps for that loop.

    It lives on the loop, so that nothing is left when the loop is gone.  ``alive`` holds the
    tasks that are waiting or ready, since nobody else may (cpython#91887), until the loop is
    closed: ``close`` stands in for the loop's own.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop: Any = loop
        self._close_loop: Any = loop.close
        self._call_soon: Any = loop.call_soon
        self._stand_in: Any = None
        self.alive: list[Any] = []
        self.starting: list[Any] = [None] * MOST_NESTED
        self.depth = 0
        self.debug = loop.get_debug()
        self.starts = 0
        self.busy_since = 0.0
        self.stepping = False
        self.in_batch = False
        self._callbacks: Any = _callbacks_of(loop)
        self._takes_batches = isinstance(loop, asyncio.BaseEventLoop)
        self._open: Batch | None = None
        self._length = 0
        registry.add_queue(self)

    def add(self, task: Any) -> None:
        """*task* is due at the loop's next turn."""
        batch = self._open
        callbacks = self._callbacks
        if (
            batch is not None
            and len(callbacks) == self._length  # no handle was taken: the same callback runs
            and item_of(callbacks, self._length - 1) is batch.stands()
        ):
            batch.tasks.append(task)
            return
        if callbacks is None or not self._may_open():
            self._add_alone(task)
            return
        batch = Batch(self, task)
        if self._takes_batches:
            callbacks.append(batch)
        else:
            batch.handle = self._call_soon(batch._run)
        self._length = len(callbacks)
        self._open = batch

    def _may_open(self) -> bool:
        """A program that puts a call_soon() of its own into the loop wants to see every call."""
        loop = self.loop
        if self._takes_batches:
            return not (loop._debug or loop._closed) and loop.call_soon is self._stand_in
        return not loop.get_debug() and loop.call_soon == self._call_soon

    def keep(self, task: Any) -> int:
        """Keep *task* alive, in the returned place."""
        self.alive.append(task)
        return len(self.alive) - 1

    def let_go(self, task: Any) -> None:
        """*task* has ended.  The last one takes its place: a set would cost a look-up more."""
        raise NotImplementedError

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
        self._open = self._stand_in = None  # and be no part of a cycle with it
        ours = {"close": self.close, "call_soon": self.call_soon, "_eagerly_queue": self}
        for name, value in ours.items():
            if vars(self.loop).get(name) == value:
                delattr(self.loop, name)

    def stand_in(self) -> None:
        """Put our call_soon() into the place of the loop's, where that is asyncio's own."""
        if self._callbacks is None or not self._takes_batches:
            return
        kind: Any = type(self.loop)
        # Who replaces Handle._run() wants to see every step, as aiodebug does: it is no batch's.
        methods = kind.call_soon, kind._call_soon, kind._check_closed, Handle._run
        if getattr(self._call_soon, "__func__", None) is kind.call_soon and all(
            any(getattr(method, "__globals__", None) is known for known in ASYNCIOS)
            for method in methods
        ):
            self._stand_in = self.loop.call_soon = self.call_soon

    def call_soon(
        self, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle | None:
        """Call ``callback(*args)`` at the loop's next turn.

        As the loop's own, in fewer lines; but a task of ours that a future wakes joins the
        batch: that saves it a handle.
        """
        loop = self.loop
        if loop._debug or loop._closed:
            return self._call_soon(callback, *args, context=context)
        if self._is_wakeup(callback, args):
            self.add(callback.__self__)
            return None
        handle = new_handle(callback, args, loop, context)
        self._callbacks.append(handle)
        return handle

    def must_pause(self, sooner: cython.bint) -> bool:
        """Have eager steps kept the loop from its timers and sockets for LONG, or *sooner*?

        Asked where nothing else suspends: in eager starts, now and then, and where a group ends.
        """
        now = monotonic()
        if self.busy_since == 0:
            self.busy_since = now
            if not self.stepping:  # no task of ours will tell us that the turn is over
                self.loop.call_soon(self._turn_is_over)
            return False
        if (now - self.busy_since) * (SOONER if sooner else 1) < LONG:
            return False
        self.busy_since = 0
        return True

    def _turn_is_over(self) -> None:
        self.busy_since = 0

    def _is_wakeup(self, callback: Any, arguments: tuple[Any, ...]) -> bool:
        """Would ``callback(*arguments)`` only take the next step of ``callback.__self__``?"""
        raise NotImplementedError

    def _add_alone(self, task: Any) -> None:
        """Give *task* a callback of its own."""
        raise NotImplementedError

    def _run(self, task: Any) -> None:
        """Do what is due for *task*."""
        raise NotImplementedError


def _callbacks_of(loop: Any) -> deque[Any] | None:
    """The deque of the handles that are due on *loop*, or None when it hides it."""
    if isinstance(loop, asyncio.BaseEventLoop):
        found: Any = getattr(loop, "_ready", None)
        return found if type(found) is deque else None
    is_uvloops = any(kind.__module__ == "uvloop.loop" for kind in type(loop).__mro__)
    if not is_uvloops or loop.is_closed() or loop.get_debug():
        return None
    if loop.is_running() and registry.running_loop() is not loop:
        return None  # in another thread, where nothing may be tried out
    # Its fields are out of sight: what the collector sees of them is tried out.
    handle = loop.call_soon(_nothing)
    for thing in gc.get_referents(loop):
        if type(thing) is deque and thing and thing[-1] is handle:
            thing.pop()
            return thing
    handle.cancel()
    return None


def _nothing() -> None: ...


def new_handle(
    callback: Any, args: tuple[Any, ...], loop: Any, context: contextvars.Context | None
) -> asyncio.Handle:
    """``Handle(callback, args, loop, context)``, on a loop that is not in debug mode."""
    if cython.compiled and _handle_is_known:
        # Its constructor is Python, which to call from C takes 1,300 instructions more.
        handle: Any = Handle.__new__(Handle)
        handle._callback = callback
        handle._args = args
        handle._loop = loop
        handle._context = step.new_context(None) if context is None else context
        handle._cancelled = False
        handle._repr = None
        handle._source_traceback = None
        return handle  # type: ignore[no-any-return]
    else:
        return Handle(callback, args, loop, context)


def raise_(error: BaseException) -> None:
    raise error
