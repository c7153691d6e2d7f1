# cython: cdivision=True
"""Task: how it is made, cancelled and looked at.

A real subtype of the C ``asyncio.Task``, for everyone who checks, with its own step
(``driver``) and its own storage.
"""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import BaseEventLoop, base_tasks
from collections.abc import Coroutine
from inspect import isawaitable, isgenerator
from types import CoroutineType

import cython

from eagerly.engine import driver, older, outcome, registry, report, step
from eagerly.engine.driver import Driver, Wakeup
from eagerly.engine.ready import ReadyQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

if cython.compiled:
    from cython.cimports.cpython.object import PyObject
    from cython.cimports.eagerly.engine.context import copy_again, keep_context, keep_contexts
    from cython.cimports.eagerly.engine.memory import blank_task, keep_tasks


class Task(Driver):
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
        try:
            if eager_start and registry.running_loop() is loop:
                self._start(context is not None)
            elif eager_start and loop.is_running():
                self._schedule_from_elsewhere()
            else:
                self._schedule()
        finally:
            self = None  # type: ignore[assignment]  # see Driver._step

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
        if task._fut_waiter is not None and task._cancel_awaited(msg):
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
        return self._own_context()

    def get_name(self) -> str:
        """Return the name."""
        if self._name is None and self._status == outcome.PENDING and not self._exists:
            self._name = older.name_to_come(self._coro)
        if self._name is None or type(self._name) is int:
            return f"Task-{self._number}"
        return self._name

    def set_name(self, value: object, /) -> None:
        """Name the task ``str(value)``; None changes nothing (asyncio: 'None', cpython#130033)."""
        if value is None or (self._name is not None and older.names_late(self._coro)):
            return
        self._name = str(value)
        if self._exists:
            registry.rename(self, self._name)

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
        if not self._status:  # PENDING, a name that is gone when the interpreter has ended
            if self._log_destroy_pending:
                report.destroyed_pending(self)
        elif self._log_error:
            report.never_retrieved(self)


driver.plain = registry.plain = Task


# --------------------------------------------------------------------------- birth

_born = 0


def new_task(queue: ReadyQueue, coro: Any, name: object, context: Any) -> Task:
    """A task that neither started nor was scheduled."""
    if cython.compiled:
        task = cython.cast(Task, blank_task())
    else:
        task = Task.__new__(Task)
    _initialise(task, queue, coro, name, context)
    return task


def _initialise(task: Task, queue: ReadyQueue, coro: Any, name: object, context: Any) -> None:
    global _born
    if type(coro) is not CoroutineType and not _is_coroutine(coro):
        raise TypeError(f"a coroutine was expected, got {coro!r}")
    if context is not None:
        task._context = step.new_context(context)
    elif not _has_kept_context(task):
        task._context = None  # until it is known when the task starts
    if name is not None:
        task._name = str(name)
    _born += 1
    task._number = _born
    task._coro = coro
    task._queue = queue
    if not cython.compiled:
        registry.initialise_base(task, coro)
    if queue.debug:
        task._source_traceback = report.birthplace()
    task._log_destroy_pending = True


def _is_coroutine(thing: Any) -> bool:
    """As asyncio's of 3.15, but 3.11 makes coroutines of awaitables by types.coroutine."""
    if isgenerator(thing) and not isawaitable(thing):
        return False
    return asyncio.iscoroutine(thing)


def _has_kept_context(task: Task) -> bool:
    """Has *task* been given out again, and its context with it?"""
    if cython.compiled:
        if task._context is None:
            return False
        return copy_again(cython.cast(cython.pointer[PyObject], task._context))
    else:
        return False


def _keeps_context(task: Task) -> bool:
    if cython.compiled:
        return keep_context(cython.cast(cython.pointer[PyObject], task._context))
    else:
        return False


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
    if not _keeps_context(task):
        task._context = None
    task._name = None
    task._status = outcome.PENDING
    task._value = None
    task._cancel_message = None
    task._cancel_requests = 0
    task._asyncio_future_blocking = False
    task._log_destroy_pending = False
    task._source_traceback = None
    return True


if cython.compiled:
    keep_tasks(Task.__new__(Task), _reset)
    keep_contexts(contextvars.Context())


def _hands_on(awaited: Any) -> bool:
    """Is this a pending task of ours, with our cancel()?  A program may have replaced that."""
    if not isinstance(awaited, Task) or not cython.cast(Task, awaited)._is_pending():
        return False
    return getattr(awaited.cancel, "__func__", None) is Task.cancel


# --------------------------------------------------------------------------- the queue of a loop


class TaskQueue(ReadyQueue):
    """A ready queue that knows what a task is."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        ReadyQueue.__init__(self, loop)
        kind: Any = type(loop)
        self.loop_has_fields = (
            isinstance(loop, BaseEventLoop)
            and kind.get_debug is BaseEventLoop.get_debug
            and kind.get_task_factory is BaseEventLoop.get_task_factory
        )

    def close(self) -> None:
        """Close the loop, and let go of the tasks that it will never run."""
        _forget(self)
        ReadyQueue.close(self)

    def loop_debugs(self) -> bool:
        """Ask the loop for its debug mode: its method, in Python, takes 900 instructions."""
        loop: Any = self.loop
        return bool(loop._debug if self.loop_has_fields else loop.get_debug())

    def let_go(self, task: Any) -> None:
        alive = self.alive
        place = cython.declare(cython.Py_ssize_t, cython.cast(Task, task)._place)
        if place >= len(alive) or alive[place] is not task:
            return  # the loop was closed meanwhile, by the task itself perhaps
        last = alive.pop()
        if last is not task:
            alive[place] = last
            cython.cast(Task, last)._place = place

    def _is_wakeup(self, callback: Any, arguments: tuple[Any, ...]) -> bool:
        return type(callback) is Wakeup and driver.is_due(callback, arguments)

    def _add_alone(self, task: Any) -> None:
        self.loop.call_soon(task._run, context=task.get_context())

    def _run(self, task: Any) -> None:
        try:
            cython.cast(Task, task)._due(False)
        finally:
            task = None  # see Driver._step

    if cython.compiled:

        def __dealloc__(self) -> None:
            _forget(self)


# The queue that was asked for last, whom it does not keep alive: to find it on its loop, in each
# create_task(), takes 300 instructions.
if cython.compiled:
    _latest = cython.NULL


def _forget(queue: TaskQueue) -> None:
    global _latest
    if cython.compiled:
        pointer = cython.cast(cython.pointer[PyObject], queue)
        if _latest == pointer:
            _latest = cython.NULL


def queue_of(loop: Any) -> TaskQueue:
    """The ready queue of *loop*, which keeps it."""
    if cython.compiled:
        latest = cython.declare(TaskQueue, None)
        if _latest != cython.NULL:
            latest = cython.cast(TaskQueue, _latest)
        if latest is not None and latest.loop is loop:
            latest.debug = latest.loop_debugs()
            return latest
    return _find_queue(loop)


def _find_queue(loop: Any) -> TaskQueue:
    global _latest
    queue = cython.declare(TaskQueue, registry.queue_of(loop))
    if queue is None:
        queue = TaskQueue(loop)
        loop.close = queue.close
        queue.stand_in()
    queue.debug = queue.loop_debugs()
    if cython.compiled:
        _latest = cython.cast(cython.pointer[PyObject], queue)
    return queue
