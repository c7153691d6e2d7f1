"""Outcome: a result to come, who waits for it, and how they are told.

The part of a task that is a future: it ends once, with a result, an exception or a
cancellation, and then makes ready whoever waits.  How it comes to its end is the business of
``task``.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Generator

import cython

from eagerly.engine import step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

if cython.compiled:
    from cython.cimports.eagerly.engine.base import fill_base
    from cython.cimports.eagerly.engine.capi import set_error, set_stop
else:
    from eagerly.engine.interpreted_base import AsyncioTask

    PENDING, FINISHED, CANCELLED, FAILED = range(4)

CancelledError = asyncio.CancelledError
InvalidStateError = asyncio.InvalidStateError


class Keeper:
    """What made a task and wants to know of its end without a callback: a group, a gather."""

    def child_ended(self, task: Any) -> None:
        """*task* has ended, just now: inside its last step."""
        raise NotImplementedError

    def child_due(self, task: Any) -> None:
        """The turn after *task* ended, when a done-callback would run: if it was made ready."""
        raise NotImplementedError

    def takes_over(self, error: BaseException) -> bool:
        """Will *error*, SystemExit or KeyboardInterrupt, be raised elsewhere than by the loop?"""
        return False


class Outcome(AsyncioTask):
    """Pending; then a result, an exception or cancelled, for good.

    ``_listeners`` are, in the order in which they are told: tasks of ours, which are made ready
    without a callback or a handle, and (callback, context) pairs.  The keeper is told before them,
    or where the task itself stands among them.
    """

    if cython.compiled:

        def __cinit__(self) -> None:
            fill_base(self)

    def _is_pending(self) -> bool:
        return self._status == PENDING

    def _has_returned(self) -> bool:
        return self._status == FINISHED

    def _tell_all(self) -> None:
        """It has ended: make everyone ready who waits for that."""
        if self._keeper is not None:
            cython.cast(Keeper, self._keeper).child_ended(self)
        listeners = self._listeners
        if listeners is None:
            return
        self._listeners = None
        for listener in listeners:
            if isinstance(listener, Outcome):
                self._queue.add(listener)
            else:
                callback, context = listener
                self._queue.loop.call_soon(callback, self, context=context)

    def _be_kept_by(self, keeper: Any) -> None:
        """Tell *keeper* of the end, after those who began to wait in the first step."""
        self._keeper = keeper
        if self._listeners is not None:
            self._listen(self)

    def _keeper_is_due(self) -> None:
        """Have the keeper's child_due() called at the next turn, when it is its turn to be told."""
        if self._listeners is None or self not in self._listeners:  # else _tell_all() comes to it
            self._queue.add(self)

    def _wake_at_end(self, waiter: Any) -> None:
        """Make the task *waiter* ready when this ends."""
        if self._status != PENDING:
            self._queue.add(waiter)
        else:
            self._listen(waiter)

    def _take_error(self) -> BaseException | None:
        """What this, ended, raises in who awaits it; then it counts as retrieved."""
        if self._status == CANCELLED:
            return self._make_cancelled_error()
        if self._status != FAILED:
            return None
        self._log_error = False
        error, traceback = self._value
        error.with_traceback(traceback)  # or it would grow with everyone who awaits
        return error

    def _make_cancelled_error(self) -> CancelledError:
        if self._status == CANCELLED and self._value is not None:
            error = self._value
            self._value = None  # once: it holds a traceback
            return error
        if self._cancel_message is None:
            return CancelledError()
        return CancelledError(self._cancel_message)

    def done(self) -> bool:
        """Return True if the coroutine has returned or raised, or was cancelled."""
        return self._status != PENDING

    def cancelled(self) -> bool:
        """Return True if the coroutine ended with CancelledError."""
        return self._status == CANCELLED

    def result(self) -> Any:
        """Return what the coroutine returned, or raise what it raised.

        CancelledError if it was cancelled, InvalidStateError if it has not ended.
        """
        if self._status == PENDING:
            raise InvalidStateError("Result is not set.")
        error = self._take_error()
        if error is None:
            return self._value
        try:
            raise error
        finally:
            self = error = None  # type: ignore[assignment]  # or our frame would keep them

    def exception(self) -> BaseException | None:
        """Return what the coroutine raised, None if it returned.

        CancelledError if it was cancelled, InvalidStateError if it has not ended.
        """
        if self._status == CANCELLED:
            raise self._make_cancelled_error()
        if self._status == PENDING:
            raise InvalidStateError("Exception is not set.")
        self._log_error = False
        return self._exception

    def set_result(self, result: Any, /) -> None:
        """Refused: a task's outcome is its coroutine's."""
        raise RuntimeError("Task does not support set_result operation")

    def set_exception(self, exception: Any, /) -> None:
        """Refused: a task's outcome is its coroutine's."""
        raise RuntimeError("Task does not support set_exception operation")

    @cython.nonecheck(True)
    def add_done_callback(
        self, fn: Callable[[Any], object], /, *, context: contextvars.Context | None = None
    ) -> None:
        """Call ``fn(task)`` in *context* at the turn after the task ends.

        At the next turn, if it has ended.  *context* is a copy of the current one unless given.
        """
        context = step.new_context(context)
        if self._status != PENDING:
            self._queue.loop.call_soon(fn, self, context=context)
        else:
            self._listen((fn, context))

    def remove_done_callback(self, fn: Callable[[Any], object], /) -> int:
        """Forget *fn* as a callback and return how often it was one."""
        if self._listeners is None:
            return 0
        kept = [
            listener for listener in self._listeners if listener is self or _pair(listener)[0] != fn
        ]
        removed = len(self._listeners) - len(kept)
        self._listeners = kept or None
        return removed

    def _listen(self, listener: Any) -> None:
        if self._listeners is None:
            self._listeners = [listener]
        else:
            self._listeners.append(listener)

    def __await__(self) -> Generator[Any, None, Any]:
        if self._queue is None:
            raise RuntimeError("await of a task that was never initialised")
        self._asyncio_future_blocking = False  # whatever a refused await has left behind
        # Not Awaiting(self): a call with arguments takes 700 instructions.
        awaiting = cython.declare(Awaiting, Awaiting.__new__(Awaiting))
        awaiting.task = self
        return awaiting

    def __iter__(self) -> Generator[Any, None, Any]:
        return self.__await__()

    @cython.nonecheck(True)
    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the event loop."""
        return self._queue.loop

    # What libraries read under the table, by asyncio's names.

    @property
    @cython.nonecheck(True)
    def _loop(self) -> asyncio.AbstractEventLoop:
        return self._queue.loop

    @property
    def _state(self) -> str:  # type: ignore[override]
        return ("PENDING", "FINISHED", "CANCELLED", "FINISHED")[self._status]

    @property
    def _result(self) -> Any:
        return self._value if self._status == FINISHED else None

    @property
    def _exception(self) -> Any:
        return self._value[0] if self._status == FAILED else None

    @property
    def _callbacks(self) -> list[Any] | None:  # type: ignore[override]
        if self._listeners is None:
            return None
        return [_pair(listener) for listener in self._listeners if listener is not self]

    @property
    def _log_traceback(self) -> bool:
        return self._log_error

    @_log_traceback.setter
    def _log_traceback(self, value: bool) -> None:
        if value:
            raise ValueError("_log_traceback can only be set to False")
        self._log_error = False


@cython.freelist(64)
@cython.cclass
class Awaiting:
    """What ``await task`` drives: it yields the task until that has ended."""

    task: Outcome | None

    def __iter__(self) -> Awaiting:
        return self

    def __next__(self) -> Any:
        task = self.task
        if task is None:
            raise StopIteration
        if task._status == PENDING:
            if task._asyncio_future_blocking:
                raise RuntimeError("await wasn't used with future")
            task._asyncio_future_blocking = True
            return task
        self.task = None
        if cython.compiled:
            error = task._take_error()
            if error is None:
                set_stop(task._value)
            else:
                set_error(error)
            # Here Cython leaves the error that is set, and adds no frame to its traceback.
            raise StopIteration
        else:
            try:
                result = task.result()
            finally:
                self = task = None  # type: ignore[assignment]  # or our frame would keep them
            raise StopIteration(result)

    def send(self, value: object) -> Any:
        """Do as next() does, as asyncio has it."""
        return next(self)

    def throw(self, kind: Any, value: Any = None, traceback: Any = None) -> Any:
        """Wait no more, and raise."""
        self.task = None
        error = kind if value is None else value
        if not isinstance(error, BaseException):
            error = kind() if value is None else kind(value)
        if traceback is not None:
            error.with_traceback(traceback)
        try:
            raise error
        finally:
            error = kind = value = None

    def close(self) -> None:
        """Wait no more."""
        self.task = None


def _pair(listener: Any) -> Any:
    if not isinstance(listener, Outcome):
        return listener
    task: Any = listener
    return task._wakeup, task.get_context()
