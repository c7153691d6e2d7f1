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

Of the turns of asyncio's loop itself, those that would be short are taken here: see run_on().

uvloop runs handles of its own kind only: there a batch is the callback of one, which stands for
it in the queue.  A loop that hides its queue, or is in debug mode, gets one callback a task.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import types
from collections import deque

import cython

from eagerly.engine import registry, step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

if cython.compiled:
    from cython.cimports.cpython.sequence import PySequence_GetItem as item_of
    from cython.cimports.eagerly.engine.capi import ends_with, monotonic
else:
    from operator import getitem as item_of
    from time import monotonic

    def ends_with(things: deque[Any], length: int, thing: Any) -> bool:
        """Has *things* that *length*, and *thing* at its end?"""
        return len(things) == length and things[-1] is thing


LONG = 0.01  # seconds
FEW = 16  # tasks, or callbacks: a turn with more than these is the loop's
SOONER = 100  # times: where to give way costs one task a turn, and no more
IN_COMPANY = 4  # times, again: where others are due already, who then wait for two such turns
BETWEEN_LOOKS = 16  # eager starts, and ends of groups inside them

# Eager starts nest at most so deep; beyond, a task starts lazily.  Small against the recursion
# limit (1000), of which a level takes its coroutines and create_task(), and a small stack.
MOST_NESTED = 50

# The globals of what asyncio's loops and handles have.
ASYNCIOS = vars(asyncio.base_events), vars(asyncio.events)

METHODS = types.MethodType, types.BuiltinMethodType
FUNCTIONS = types.FunctionType, functools.partial
PyTask: Any = asyncio.tasks._PyTask  # type: ignore[attr-defined]  # asyncio's own in Python
_run_once = getattr(asyncio.BaseEventLoop, "_run_once", None)
_time = asyncio.BaseEventLoop.time
Handle = asyncio.Handle
_fields = "_callback _args _cancelled _loop _source_traceback _repr __weakref__ _context"
_handle_is_known = set(getattr(Handle, "__slots__", ())) == set(_fields.split())


@cython.freelist(16)
@cython.cclass
class Batch:
    """Tasks that became ready one after the other.

    To asyncio's loops it is a handle, and has what they ask of one: ``_run`` and the last two.
    """

    queue: ReadyQueue
    tasks: list[Any]
    begun: cython.bint
    polled: cython.bint
    handle: Any
    _cancelled: Any
    _callback: Any

    def _run(self) -> None:
        """Run the tasks, or those that are left."""
        if not self.begun:
            self.begun = True
            self.tasks.reverse()
        queue = self.queue
        ends_turn = not queue._callbacks and not queue.runs_on
        queue._open = None  # its callback is over; and the rest, below, would hide this from add()
        queue.in_batch = len(self.tasks) > 1  # no more, where a batch has run inside a step
        if queue.in_batch:
            self._run_several()
        else:
            self.handle = None  # or they would refer to one another
            self._run_tasks()
        if ends_turn and queue._callbacks:
            queue.run_on()

    def _run_several(self) -> None:
        queue = self.queue
        callbacks = queue._callbacks
        tasks = self.tasks
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
        self.hides = False
        self.debug = loop.get_debug()
        self.asked = 0
        self.busy_since = 0.0
        self.stepping = False
        self.in_batch = False
        self.runs_on = False
        self._callbacks: Any = _callbacks_of(loop)
        self._takes_batches = isinstance(loop, asyncio.BaseEventLoop)
        self._open: Batch | None = None
        self._length = 0
        registry.add_queue(self)

    def add(self, task: Any, polled: cython.bint = False) -> None:
        """*task* is due at the loop's next turn; *polled*: when that has looked at its sockets."""
        batch = cython.declare(Batch, self._open)
        callbacks = self._callbacks
        # Of that length still: no handle was taken, and the same callback runs.
        if batch is not None and ends_with(callbacks, self._length, batch.stands()):
            batch.tasks.append(task)
            batch.polled |= polled
            return
        if not self.may_batch():
            self._add_alone(task)
            return
        batch = Batch.__new__(Batch)  # quicker than a call
        batch.queue = self
        batch.tasks = [task]
        batch.begun = False
        batch.polled = polled
        batch.handle = batch._callback = None
        batch._cancelled = False
        if self._takes_batches:
            callbacks.append(batch)
        else:
            batch.handle = self._call_soon(batch._run)
        self._length = len(callbacks)
        self._open = batch

    def run_on(self) -> None:
        """Take the loop's next turns here, the last callback of this one having run.

        That saves 4,600 (3.14) to 6,700 (3.12) instructions a turn, of asyncio's Python.  Callbacks
        run in the same order, and timers when they are due; only sockets wait, for LONG / SOONER
        at most.  The loop itself takes the turn when it is to stop, when it is long, and when
        someone counts on a look at the sockets.
        """
        if not self._may_run_on():
            return
        loop = self.loop
        began = monotonic()
        self.runs_on = True
        try:
            while not loop._stopping and self._is_early(began) and self._take_turn():
                pass
        finally:
            self.runs_on = False

    def _may_run_on(self) -> bool:
        """Is the loop as asyncio made it, and in no debug mode?"""
        loop = self.loop
        kind: Any = type(loop)
        return (
            self._stand_in is not None
            and not loop._debug
            and loop.call_soon is self._stand_in
            and kind._run_once is _run_once  # asked each time: nest_asyncio replaces it later
            and kind.time is _time
        )

    def _is_early(self, began: float) -> bool:
        """Is no timer due, and was the loop with its sockets a short time ago?"""
        now = monotonic()
        if (now - began) * SOONER >= LONG:
            return False
        timers = self.loop._scheduled
        return not timers or timers[0]._when >= now + self._clock_resolution

    def _take_turn(self) -> bool:
        """Run what is due now.  False: nothing is, or the loop has to take this turn, and whole."""
        callbacks = self._callbacks
        due = cython.declare(cython.Py_ssize_t, len(callbacks))
        if due == 0 or due > FEW:
            return False
        for place in range(due):
            if not _is_short(item_of(callbacks, place)):
                return False
        while due > 0 and callbacks:  # a loop that is run inside one of them may take the rest
            handle = callbacks.popleft()
            if not handle._cancelled:
                handle._run()
            due -= 1
        handle = None  # our frame may be kept, as in Driver._step
        return True

    def may_batch(self) -> bool:
        """May tasks be made ready without the loop's call_soon()?

        A program that puts one of its own into the loop wants to see every call.
        """
        loop = self.loop
        if self._callbacks is None:
            return False
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
        registry.drop_queue(self.loop)
        for name, value in {"close": self.close, "call_soon": self.call_soon}.items():
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
            self._clock_resolution = self.loop._clock_resolution

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

    def must_pause_inside(self) -> bool:
        """Ask must_pause() now and then, for an eager start or the end of a group inside one."""
        self.asked += 1
        return self.asked % BETWEEN_LOOKS == 0 and self.must_pause(False)

    def must_pause(self, sooner: cython.bint) -> bool:
        """Have eager steps kept the loop from its timers and sockets for LONG, or *sooner*?

        Asked where nothing else suspends.
        """
        now = monotonic()
        long = cython.declare(cython.double, LONG)
        if self.busy_since == 0:
            self.busy_since = now
            if not self.stepping:  # no task of ours will tell us that the turn is over
                self.loop.call_soon(self._turn_is_over)
            return False
        if (now - self.busy_since) * self._haste(sooner) < long:
            return False
        self.busy_since = 0
        return True

    def _haste(self, sooner: cython.bint) -> int:
        if not sooner:
            return 1
        due = 0 if self._callbacks is None else len(self._callbacks)
        ours = 0 if self.stepping else 1  # _turn_is_over
        return SOONER * IN_COMPANY if due > ours else SOONER

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


def _is_short(handle: Any) -> bool:
    """Can this run without the loop's having looked at its sockets?

    Not a task that gave way to let it look, nor a step of asyncio's tasks, which may have: in C
    it is a callable of a kind of its own.
    """
    if type(handle) is Batch:
        batch = cython.cast(Batch, handle)
        return not batch.polled and len(batch.tasks) <= FEW
    if type(handle) is not Handle:
        return False  # a timer
    callback = handle._callback  # type: ignore[attr-defined]
    if issubclass(type(callback), METHODS):
        return not issubclass(type(callback.__self__), PyTask)
    return handle._cancelled or type(callback) in FUNCTIONS


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
