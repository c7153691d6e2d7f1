# cython: cdivision=True
"""Task: drives one coroutine, step by step, until its outcome is known.

A real subtype of the C ``asyncio.Task``, for everyone who checks, with its own step and its
own storage.
"""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import base_tasks
from collections.abc import Coroutine
from inspect import isgenerator
from types import CoroutineType
from typing import Any

import cython

from eagerly.engine import outcome, registry, report, step
from eagerly.engine.outcome import Outcome
from eagerly.engine.ready import ReadyQueue

if cython.compiled:
    from cython.cimports.eagerly.engine.memory import blank_task, keep_tasks, skip_finalizer

CancelledError = asyncio.CancelledError
InvalidStateError = asyncio.InvalidStateError

# Eager starts nest at most so deep; beyond, a task starts lazily.  Small against the recursion
# limit (1000), of which a level takes its coroutines and create_task(), and a small stack.
MOST_NESTED = 50

# Eager starts between two looks at the clock: see ReadyQueue.must_pause.
BETWEEN_LOOKS = 16


class Task(Outcome):
    """Run *coro* as a task of *loop* (the running one, unless given).

    *name* is shown to people; *context* is the contextvars.Context to run in, a copy of the
    current one unless given.  With ``eager_start=True`` the first step is taken here, if the
    loop is running.  TypeError: *coro* is no coroutine, *context* is no Context.

    As asyncio's Task of 3.15, on every Python from 3.11: ``uncancel()`` to zero withdraws a
    cancellation that was not yet delivered (3.13), a context that is entered already lets an
    eager task start lazily (asyncio: RuntimeError).  It lives until it ends or its loop is
    gone, whether anybody refers to it or not.

    >>> import asyncio, eagerly
    >>> async def add(a, b):
    ...     return a + b
    >>> async def main():
    ...     return await eagerly.Task(add(1, 2), name="sum")
    >>> eagerly.run(main())
    3
    """

    # A task that has not ended is in one of these states:
    #
    #   waiting   _fut_waiter is pending; it has our _wakeup among its callbacks, or us among
    #             its _listeners.  cancel() cancels it.
    #   ready     we are in the ready queue, or a handle of the loop has our _run or _wakeup.
    #             _fut_waiter is None or done.  cancel() sets _must_cancel.
    #   running   inside _step or _start; _fut_waiter is None.  cancel() sets _must_cancel.
    #
    # waiting -> ready    _fut_waiter is done, and calls its callbacks and listeners
    # ready -> running    the loop's next turn: _due -> _step
    # running -> waiting  the coroutine awaited a future: _suspend
    # running -> ready    it yielded None, as sleep(0) does: _suspend
    # running -> done     it returned or raised: _settle -> _end
    # born -> running     eagerly: _start
    # born -> ready       lazily: _schedule

    def __init__(
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        name: object = None,
        context: contextvars.Context | None = None,
        eager_start: bool = False,
    ) -> None:
        if self._queue is not None:  # cpython#142615
            raise RuntimeError(f"{self!r} is initialised already")
        if loop is None:
            loop = asyncio.get_event_loop()
        _initialise(self, queue_of(loop), coro, name, context)
        if eager_start and asyncio._get_running_loop() is loop:
            self._start(context is not None)
        else:
            self._schedule()

    # ----------------------------------------------------------------------- steps

    def _start(self, in_given_context: cython.bint) -> None:
        """Take the first step now, inside whoever creates the task."""
        queue = self._queue
        slot = queue.slot
        queue.starts += 1
        if (
            slot.depth >= MOST_NESTED
            or not step.can_start_now(self._context if in_given_context else None)
            or (queue.starts % BETWEEN_LOOKS == 0 and queue.must_pause())
        ):
            self._schedule()
            return
        fatal = cython.declare(cython.bint, False)
        creator = registry.enter(queue.loop, self)
        slot.task = self
        queue.slot = slot.inner()
        try:
            fatal = self._settle(step.start(self._coro, self._context))
        finally:
            registry.leave(queue.loop, creator)
            slot.task = None
            queue.slot = slot
        if fatal:  # as out of a lazy task: it is the loop that stops, not create_task()
            queue.loop.call_soon(_raise, self._exception)
        self = slot = None  # type: ignore[assignment]  # see _step

    def _schedule(self) -> None:
        """Take the next step at the loop's next turn."""
        self._queue.add(self)  # RuntimeError if the loop is closed: then there is no task
        if not self._exists:
            self._exist()

    def _due(self, entered: cython.bint) -> None:
        """Do what was scheduled: step, or tell the keeper."""
        if self._status != outcome.PENDING:
            keeper = self._keeper
            if keeper is not None:
                self._keeper = None
                keeper.child_due(self)
            return
        error = None
        if self._fut_waiter is not None:  # a task of ours that has ended
            registry.discard_edge(self._fut_waiter, self)
            error = cython.cast(Task, self._fut_waiter)._take_error()
        try:
            self._step(error, entered)
        finally:
            self = error = None  # type: ignore[assignment]  # see _step

    def _step(self, error: BaseException | None, entered: cython.bint) -> None:
        """Resume the coroutine, in our context unless the loop has *entered* it."""
        if self._status != outcome.PENDING or self._queue is None:
            raise InvalidStateError(f"__step(): already done: {self!r}, {error!r}")
        if self._must_cancel:
            if not isinstance(error, CancelledError):
                error = self._make_cancelled_error()
            self._must_cancel = False
        self._fut_waiter = None
        queue = self._queue
        queue.busy_since = 0
        queue.stepping = True
        fatal = cython.declare(cython.bint, False)
        before = registry.enter(queue.loop, self)
        try:
            fatal = self._settle(step.resume(self._coro, error, None if entered else self._context))
        finally:
            registry.leave(queue.loop, before)
            queue.stepping = False
        if fatal:
            raise self._exception
        # The frame of a coroutine that failed refers to ours, by f_back, when interpreted; and
        # the exception to that frame, and we to the exception.
        self = error = None  # type: ignore[assignment]

    def _settle(self, value: Any) -> bool:
        """See how the step ended.  True: with an exception that is for the loop too."""
        if cython.compiled:
            ending = cython.declare(step.Ending, step.ending)
        else:
            ending, value = value
        if ending == step.YIELDED:
            self._suspend(value)
            return False
        if ending == step.RETURNED:
            if self._must_cancel:  # cancelled in its very last step
                self._must_cancel = False
                self._end(outcome.CANCELLED)
            else:
                self._value = value
                if not self._exists:
                    self._reusable = True
                elif cython.compiled and type(self) is Task:
                    skip_finalizer(self)  # a subclass may have one of its own
                self._end(outcome.FINISHED)
            return False
        if isinstance(value, CancelledError):
            self._cancelled_error = value
            self._cancel_message = None
            self._end(outcome.CANCELLED)
            return False
        self._exception = value
        self._value = value.__traceback__
        fatal = isinstance(value, (SystemExit, KeyboardInterrupt))
        self._log_error = not fatal  # the loop raises it: cpython#101515
        self._end(outcome.FINISHED)
        return fatal

    def _suspend(self, awaited: Any) -> None:
        """Wait for what the coroutine yielded."""
        if not self._exists:
            self._exist()
        if awaited is None:
            self._queue.add(self)
            return
        blocking = getattr(awaited, "_asyncio_future_blocking", None)
        if blocking is None:
            if isgenerator(awaited):
                what = (
                    "yield was used instead of yield from for generator "
                    f"in task {self!r} with {awaited!r}"
                )
            else:
                what = f"Task got bad yield: {awaited!r}"
            self._refuse(what)
        elif _loop_of(awaited) is not self._queue.loop:
            self._refuse(f"Task {self!r} got Future {awaited!r} attached to a different loop")
        elif not blocking:
            self._refuse(f"yield was used instead of yield from in task {self!r} with {awaited!r}")
        elif awaited is self:
            self._refuse(f"Task cannot await on itself: {self!r}")
        else:
            self._wait_for(awaited)

    def _wait_for(self, awaited: Any) -> None:
        awaited._asyncio_future_blocking = False
        if type(awaited) is Task:
            cython.cast(Task, awaited)._wake_at_end(self)
        else:
            awaited.add_done_callback(self._wakeup, context=self._context)
        registry.add_edge(awaited, self)
        self._fut_waiter = awaited
        if self._must_cancel and awaited.cancel(msg=self._cancel_message):
            self._must_cancel = False

    def _refuse(self, what: str) -> None:
        """The coroutine yielded what it cannot wait for: tell it, at the next turn."""
        self._queue.loop.call_soon(self._tell, RuntimeError(what), context=self._context)

    def _tell(self, error: BaseException) -> None:
        try:
            self._step(error, True)
        finally:
            self = error = None  # type: ignore[assignment]  # see _step

    def _run(self) -> None:
        """The loop's callback when we are ready alone; it has entered our context."""
        try:
            self._due(True)
        finally:
            self = None  # type: ignore[assignment]  # see _step

    def _wakeup(self, future: Any) -> None:
        """The callback of a future that is none of ours; its loop has entered our context."""
        registry.discard_edge(future, self)
        error = None
        try:
            future.result()
        except BaseException as raised:
            error = raised
        try:
            self._step(error, True)
        finally:
            self = future = error = None  # type: ignore[assignment]  # see _step

    def _end(self, status: Any) -> None:
        if self._exists:
            self._exists = False
            self._queue.alive.discard(self)
            registry.remove(self)
        else:
            self._coro = None  # it never met the loop
        Outcome._end(self, status)

    def _exist(self) -> None:
        """Be seen by all_tasks() and be kept alive, from now to the end."""
        self._exists = True
        self._queue.alive.add(self)
        registry.add(self)

    # ----------------------------------------------------------------------- cancellation

    def cancel(self, msg: Any = None) -> bool:
        """Ask the task to end: throw CancelledError, with *msg*, into its coroutine.

        At the loop's next turn, or through what the task waits for.  False: it is done already.
        The coroutine may catch it and go on; ``cancelling()`` counts the requests.
        """
        self._log_error = False
        if self._status != outcome.PENDING:
            return False
        # A task that waits for a task hands the request on, down to one that waits for something
        # else: in a loop, for they may be 100,000.  `behind` goes at half the pace: if it is
        # caught up with, they wait for one another in a circle.
        task = behind = self
        steps = cython.declare(cython.Py_ssize_t, 0)
        while _hands_on(task._fut_waiter):
            task._cancel_requests += 1
            task = cython.cast(Task, task._fut_waiter)
            steps += 1
            if steps % 2 == 0:
                behind = cython.cast(Task, behind._fut_waiter)
            if task is behind:
                raise RecursionError(
                    f"tasks that wait for one another cannot be cancelled: {task.get_name()}"
                )
        task._cancel_requests += 1
        # _fut_waiter stays: it may catch the cancellation, and be cancelled again.
        if task._fut_waiter is not None and task._fut_waiter.cancel(msg=msg):
            return True
        task._must_cancel = True
        task._cancel_message = msg
        return True

    def cancelling(self) -> int:
        """Return how often cancel() was called, less the calls of uncancel()."""
        return self._cancel_requests

    def uncancel(self) -> int:
        """Take one cancel() back and return how many remain.

        At zero, a cancellation that was not yet delivered is withdrawn (asyncio: since 3.13).
        """
        if self._cancel_requests > 0:
            self._cancel_requests -= 1
            if self._cancel_requests == 0:
                self._must_cancel = False  # cpython#117407
        return self._cancel_requests

    # ----------------------------------------------------------------------- to be looked at

    def get_coro(self) -> Any:
        """Return the coroutine; None if it ended in its first step."""
        return self._coro

    def get_context(self) -> contextvars.Context:
        """Return the context that the coroutine runs in (asyncio: since 3.12)."""
        return self._context

    def get_name(self) -> str:
        """Return the name."""
        if self._given_name is None:
            return f"Task-{self._number}"
        return self._given_name

    def set_name(self, value: object, /) -> None:
        """Name the task ``str(value)``; None changes nothing (asyncio: 'None', cpython#130033)."""
        if value is None:
            return
        self._given_name = str(value)
        if self._exists:
            registry.rename(self, self._given_name)

    def get_stack(self, *, limit: int | None = None) -> list[Any]:
        """Return the frames of the coroutine, oldest first: at most the newest *limit*.

        Of a task that failed, the frames of its traceback: at most the oldest *limit*.
        """
        return base_tasks._task_get_stack(self, limit)

    def print_stack(self, *, limit: int | None = None, file: Any = None) -> None:
        """Print ``get_stack()`` as a traceback, to *file* or standard error."""
        base_tasks._task_print_stack(self, limit, file)

    def __repr__(self) -> str:
        return report.text_of(self)

    def __del__(self) -> None:
        if self._status == outcome.PENDING:
            if self._log_destroy_pending:
                report.destroyed_pending(self)
        elif self._log_error:
            report.never_retrieved(self)

    # What libraries read under the table, by asyncio's names.

    @property
    def _num_cancels_requested(self) -> int:
        return self._cancel_requests


# --------------------------------------------------------------------------- birth

_born = 0


def new_task(queue: ReadyQueue, coro: Any, name: object, context: Any) -> Task:
    """A task that neither started nor was scheduled."""
    if cython.compiled:
        task = cython.cast(Task, blank_task(()))
    else:
        task = Task.__new__(Task)
    _initialise(task, queue, coro, name, context)
    return task


def _initialise(task: Task, queue: ReadyQueue, coro: Any, name: object, context: Any) -> None:
    global _born
    if type(coro) is not CoroutineType and not asyncio.iscoroutine(coro):
        raise TypeError(f"a coroutine was expected, got {coro!r}")
    task._context = step.new_context(context)
    if name is not None:
        task._given_name = str(name)
    _born += 1
    task._number = _born
    task._coro = coro
    task._queue = queue
    if queue.debug:
        task._source_traceback = report.birthplace()
    task._log_destroy_pending = True


def _reset(thing: Any) -> bool:
    """Make a task that is gone as good as new, if it can be.

    If it returned in its first step: then it never met the registry, and nothing that is not
    reset here was ever set.
    """
    task = cython.cast(Task, thing)
    if not task._reusable:
        return False
    task._reusable = False
    task._queue = None
    task._context = None
    task._given_name = None
    task._status = outcome.PENDING
    task._value = None
    task._cancel_message = None
    task._cancel_requests = 0
    task._asyncio_future_blocking = False
    task._log_destroy_pending = False
    task._source_traceback = None
    return True


if cython.compiled:
    keep_tasks(Task, _reset)


def _hands_on(awaited: Any) -> bool:
    """Is this a pending task of ours, with our cancel()?  A program may have replaced that."""
    if type(awaited) is not Task or not cython.cast(Task, awaited)._is_pending():
        return False
    return getattr(awaited.cancel, "__func__", None) is Task.cancel


def _loop_of(future: Any) -> Any:
    get_loop = getattr(future, "get_loop", None)
    return future._loop if get_loop is None else get_loop()


def _raise(error: BaseException) -> None:
    raise error


# --------------------------------------------------------------------------- the queue of a loop


class TaskQueue(ReadyQueue):
    """A ready queue that knows what a task is."""

    def _add_alone(self, task: Any) -> None:
        self.loop.call_soon(task._run, context=task.get_context())

    def _run(self, task: Any) -> None:
        try:
            cython.cast(Task, task)._due(False)
        finally:
            task = None  # see Task._step


def queue_of(loop: Any) -> TaskQueue:
    """The ready queue of *loop*, which keeps it."""
    queue = cython.declare(TaskQueue, getattr(loop, "_eagerly_queue", None))
    if queue is None:
        queue = TaskQueue(loop)
        loop._eagerly_queue = queue
    queue.debug = loop.get_debug()
    return queue
