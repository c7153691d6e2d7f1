# cython: cdivision=True
"""Driver: takes a coroutine step by step to its end.

The part of a task that runs: its first step, inside whoever makes it or at the loop's next
turn; then a step for each time that what it waited for is done.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from _asyncio import Future  # asyncio.Future may have been replaced

import cython

from eagerly.engine import outcome, registry, step
from eagerly.engine.outcome import Keeper, Outcome
from eagerly.engine.ready import raise_

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

if cython.compiled:
    from cython.cimports.cpython.object import PyObject
    from cython.cimports.cpython.ref import Py_DECREF
    from cython.cimports.eagerly.engine.capi import PyObject_CallMethodNoArgs as call_method
    from cython.cimports.eagerly.engine.capi import put, take_raised
    from cython.cimports.eagerly.engine.collector import hide, show
    from cython.cimports.eagerly.engine.context import is_to_be_made, made
    from cython.cimports.eagerly.engine.future import (
        cancel_alone,
        has_result,
        is_awaited,
        listen_first,
        only_callback,
    )
    from cython.cimports.eagerly.engine.memory import skip_finalizer
else:
    from operator import setitem as put

CancelledError = asyncio.CancelledError
InvalidStateError = asyncio.InvalidStateError

plain: Any = None  # eagerly.Task; a subclass may have methods of its own


class Driver(Outcome):
    """Resumes ``_coro`` in ``_context`` whenever it is due, and sees how each step ended."""

    # A task that has not ended is in one of these states:
    #
    #   waiting   _fut_waiter is pending; it has our Wakeup among its callbacks, or us among
    #             its _listeners.  cancel() cancels it.
    #   ready     we are in the ready queue, or a handle of the loop has our _run or Wakeup.
    #             _fut_waiter is None or done.  cancel() sets _must_cancel.
    #   running   inside _step or _start; _fut_waiter is None.  cancel() sets _must_cancel.
    #
    # waiting -> ready    _fut_waiter is done, and calls its callbacks and listeners
    # ready -> running    the loop's next turn: _due -> _step
    # running -> waiting  the coroutine awaited a future: _suspend
    # running -> ready    it yielded None, as sleep(0) does: _suspend
    # running -> done     it returned or raised: _settle -> _end
    # born -> running     eagerly: _start
    # born -> ready       lazily: _start_later
    def _start(self, in_given_context: cython.bint) -> None:
        """Take the first step now, inside whoever creates the task."""
        if self._context is None:
            self._context = step.new_context(None)
        queue = self._queue
        depth = cython.declare(cython.Py_ssize_t, queue.depth)
        if (
            depth >= len(queue.starting)  # nested too deeply
            # Natively a fresh context is no obstacle.
            or ((in_given_context or not cython.compiled) and not self._can_start(in_given_context))
            or queue.must_pause_inside()
        ):
            self._schedule(True)
            return
        fatal = cython.declare(cython.bint, False)
        creator = registry.enter(queue.loop, self)
        put(queue.starting, depth, self)
        queue.depth = depth + 1
        try:
            fatal = self._settle(step.start(self._coro, self._context))
        finally:
            put(queue.starting, depth, None)
            queue.depth = depth
            registry.leave(queue.loop, creator, False)  # last: it raises if another loop runs now
        if fatal:  # as out of a lazy task: it is the loop that stops, not create_task()
            queue.loop.call_soon(self._stop_loop)
        self = None  # type: ignore[assignment]  # see _step

    def _start_later(self) -> None:
        """Take the first step at the next turn of the loop, which runs."""
        self._schedule()
        if cython.compiled:
            self._queue.hides = True
            hide(self)

    def _can_start(self, in_given_context: cython.bint) -> bool:
        return step.can_start_now(self._context if in_given_context else None)

    def _schedule(self, polled: cython.bint = False) -> None:
        """Take the next step at the loop's next turn; *polled*: see ReadyQueue.add."""
        if self._context is None:
            self._context = step.context_to_be()
        self._queue.add(self, polled)  # RuntimeError if the loop is closed: then there is no task
        if not self._exists:
            self._exist()

    def _schedule_from_elsewhere(self) -> None:
        """Do as _schedule, for a loop that another thread runs (cpython#155338)."""
        if self._context is None:
            self._context = step.new_context(None)
        self._exist()  # first: we may have ended when the call returns
        self._queue.loop.call_soon_threadsafe(self._run, context=self._context)

    def _own_context(self) -> contextvars.Context:
        """The context, made if it was not yet."""
        if cython.compiled and is_to_be_made(self._context):
            self._context = made(self._context)
        return self._context

    def _due(self, entered: cython.bint) -> None:
        """Do what was scheduled: step, or tell the keeper."""
        if self._status != outcome.PENDING:
            keeper = self._keeper
            if keeper is not None:
                self._keeper = None
                cython.cast(Keeper, keeper).child_due(self)
            return
        awaited = self._fut_waiter
        error = None
        if awaited is not None:  # it is done
            registry.discard_edge(awaited, self)
            if type(awaited) is plain:
                error = cython.cast(Outcome, awaited)._take_error()
            else:
                error = _error_of(awaited)
        try:
            self._step(error, entered)
        finally:
            self = awaited = error = None  # type: ignore[assignment]  # see _step

    def _step(self, error: BaseException | None, entered: cython.bint) -> None:
        """Resume the coroutine, in our context unless the loop has *entered* it."""
        if self._status != outcome.PENDING or self._queue is None:
            raise InvalidStateError(f"__step(): already done: {self!r}, {error!r}")
        if self._must_cancel and not self._shall_begin:
            if not isinstance(error, CancelledError):
                error = self._make_cancelled_error()
            self._must_cancel = False
        self._shall_begin = False
        self._fut_waiter = None
        if cython.compiled:
            show(self)
        queue = self._queue
        queue.busy_since = 0
        queue.stepping = True
        fatal = cython.declare(cython.bint, False)
        before = registry.enter(queue.loop, self)
        try:
            context = None if entered else self._context
            if cython.compiled and is_to_be_made(context):  # a call, in each step, would take 26
                context = self._own_context()
            fatal = self._settle(step.resume(self._coro, error, context))
        finally:
            queue.stepping = False
            registry.leave(queue.loop, before, not entered and queue.in_batch)  # last, as in _start
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
                elif cython.compiled and type(self) is plain:
                    skip_finalizer(self)  # a subclass may have one of its own
                self._end(outcome.FINISHED)
            return False
        if isinstance(value, CancelledError):
            self._value = value
            self._cancel_message = None
            self._end(outcome.CANCELLED)
            return False
        fatal = isinstance(value, (SystemExit, KeyboardInterrupt)) and not self._hands_over(value)
        self._value = value, step.traceback_of(value)
        self._log_error = not fatal  # the loop raises it: cpython#101515
        self._end(outcome.FAILED)
        return fatal

    def _begin_first(self) -> None:
        """If we have not begun, and are cancelled now: begin, and be cancelled where we suspend."""
        if self._fut_waiter is None and hasattr(self._coro, "cr_suspended"):
            self._shall_begin = inspect.getcoroutinestate(self._coro) == inspect.CORO_CREATED

    def _can_have_keeper(self, queue: Any) -> bool:
        return self._queue is queue and self._keeper is None and not self._has_returned()

    def _hands_over(self, error: BaseException) -> bool:
        """Is *error*, ours, for the keeper, and not for the loop?"""
        return self._keeper is not None and cython.cast(Keeper, self._keeper).takes_over(error)

    def _stop_loop(self) -> None:
        if not self._hands_over(self._exception):
            raise self._exception

    def _suspend(self, awaited: Any) -> None:
        """Wait for what the coroutine yielded."""
        if awaited is None:
            self._schedule(True)
            return
        if not self._exists:
            self._exist()
        try:
            self._examine(awaited)
        except Exception as error:
            if self._fut_waiter is None:  # or it would wait for ever, as in asyncio
                self._refuse(error)
            else:  # it does wait; only, this future cannot be cancelled
                self._queue.loop.call_soon(raise_, error)

    def _examine(self, awaited: Any) -> None:
        """Wait for *awaited*, if it can be waited for."""
        if cython.compiled and type(awaited) is Future and is_awaited(awaited, self._queue.loop):
            self._wait_for(awaited)
            return
        blocking = getattr(awaited, "_asyncio_future_blocking", None)
        if blocking is None:
            if inspect.isgenerator(awaited):
                what = (
                    "yield was used instead of yield from for generator "
                    f"in task {self!r} with {awaited!r}"
                )
            else:
                what = f"Task got bad yield: {awaited!r}"
            self._refuse(RuntimeError(what))
        elif _loop_of(awaited) is not self._queue.loop:
            what = f"Task {self!r} got Future {awaited!r} attached to a different loop"
            self._refuse(RuntimeError(what))
        elif not blocking:
            what = f"yield was used instead of yield from in task {self!r} with {awaited!r}"
            self._refuse(RuntimeError(what))
        elif awaited is self:
            self._refuse(RuntimeError(f"Task cannot await on itself: {self!r}"))
        else:
            self._wait_for(awaited)

    def _wait_for(self, awaited: Any) -> None:
        if type(awaited) is plain:
            awaited._asyncio_future_blocking = False
            cython.cast(Outcome, awaited)._wake_at_end(self)
        else:
            wakeup = cython.declare(Wakeup, Wakeup.__new__(Wakeup))  # quicker than Wakeup(self)
            wakeup.task = self
            wakeup.armed = False
            if not _listens_first(awaited, wakeup, self._context):
                awaited._asyncio_future_blocking = False
                awaited.add_done_callback(wakeup, context=self._context)
            wakeup.armed = True  # not if that raised: then the coroutine is told, and goes on
        registry.add_edge(awaited, self)
        self._fut_waiter = awaited
        if self._must_cancel and self._cancel_awaited(self._cancel_message):
            self._must_cancel = False

    def _cancel_awaited(self, message: Any) -> bool:
        """Cancel what we wait for, which then wakes us; False: it cannot be cancelled."""
        awaited = self._fut_waiter
        if cython.compiled and type(awaited) is Future and self._queue.may_batch():
            wakeup = only_callback(awaited)
            if type(wakeup) is Wakeup and _wakes(wakeup, self):
                cython.cast(Wakeup, wakeup).armed = False
                cancel_alone(awaited, message)
                self._queue.add(self)
                return True
        return bool(awaited.cancel(msg=message))

    def _refuse(self, error: BaseException) -> None:
        """The coroutine yielded what it cannot wait for: tell it, at the next turn."""
        self._queue.loop.call_soon(self._tell, error, context=self._context)

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
        """Take the next step: *future* is done, and its loop has entered our context."""
        registry.discard_edge(future, self)
        error = _error_of(future)
        try:
            self._step(error, True)
        finally:
            self = future = error = None  # type: ignore[assignment]  # see _step

    def _end(self, status: Any) -> None:
        if self._exists:
            self._exists = False
            self._queue.let_go(self)
            registry.remove(self)
        else:
            self._coro = None  # it never met the loop
        self._status = status
        if self._keeper is not None or self._listeners is not None:
            self._tell_all()

    def _exist(self) -> None:
        """Be seen by all_tasks() and be kept alive, from now to the end."""
        self._exists = True
        self._place = self._queue.keep(self)
        if registry.in_thread and self._name is None:
            self._name = self._number
        registry.add(self)


@cython.freelist(64)
@cython.cclass
class Wakeup:
    """The callback of a future that is none of ours, for which *task* waits."""

    task: Driver
    armed: bool

    def __call__(self, future: Any) -> None:
        try:
            if not self.armed:
                # The future calls back at once, from add_done_callback(), or once too often.
                what = f"{future!r} woke a task that does not wait for it: {self.task!r}"
                raise RuntimeError(what)
            self.armed = False
            self.task._wakeup(future)
        finally:
            self = future = None  # type: ignore[assignment]  # see Driver._step

    @property
    def __self__(self) -> Driver:
        """The task, as asyncio looks for it when it tells what a slow callback was."""
        return self.task

    def __repr__(self) -> str:
        return "Task.task_wakeup"


def is_due(wakeup: Wakeup, arguments: tuple[Any, ...]) -> bool:
    """Will a call with *arguments* end the wait?  Asked once: the task may be made ready."""
    if not wakeup.armed or len(arguments) != 1 or arguments[0] is not wakeup.task._fut_waiter:
        return False
    wakeup.armed = False
    return True


def _wakes(wakeup: Wakeup, task: Driver) -> bool:
    return wakeup.armed and wakeup.task is task


def _listens_first(future: Any, wakeup: Any, context: Any) -> bool:
    if cython.compiled:
        return type(future) is Future and listen_first(future, wakeup, context)
    else:
        return False


def _error_of(future: Any) -> BaseException | None:
    """The error that the result of *future*, which is done, raises."""
    if cython.compiled:
        if type(future) is Future and has_result(future):
            return None
        # Not by `try`, which adds a frame of ours to the traceback: it takes 1,200 instructions.
        result = cython.declare(cython.pointer[PyObject], call_method(future, "result"))
        if result == cython.NULL:
            return take_raised()
        Py_DECREF(cython.cast(object, result))
        return None
    else:
        try:
            future.result()
        except BaseException as error:
            return error
        finally:
            future = None  # our frame is in the traceback
        return None


def _loop_of(future: Any) -> Any:
    get_loop = getattr(future, "get_loop", None)
    return future._loop if get_loop is None else get_loop()
