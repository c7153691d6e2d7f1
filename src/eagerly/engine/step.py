"""One step: resume one coroutine once, in its context.

Natively ``PyIter_Send`` answers, which need not raise StopIteration; interpreted it is
``coro.send``.  The two halves stand side by side here, and whoever resumes a coroutine does
not know which one runs.
"""

from __future__ import annotations

import contextvars
import sys
from collections.abc import Coroutine

import cython

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

if cython.compiled:
    from cython.cimports.cpython.object import PyObject
    from cython.cimports.cpython.ref import Py_DECREF
    from cython.cimports.eagerly.engine import base, capi
    from cython.cimports.eagerly.engine import context as contexts
    from cython.cimports.eagerly.engine.capi import (
        PYGEN_ERROR,
        PYGEN_RETURN,
        PyContext_CopyCurrent,
        PyContext_Enter,
        PyContext_Exit,
        PyIter_Send,
        PySendResult,
        send_afresh,
        take_raised,
        throw,
    )

    # What is compiled in of asyncio.Task: _build compares it with the running interpreter's.
    LAYOUT = {
        "TASK_IS_TASK": base.TASK_IS_TASK,
        "TASK_AWAITED_BY": base.TASK_AWAITED_BY,
        "TASK_SIZE": base.TASK_SIZE,
        "TASK_LOOP": base.TASK_LOOP,
        "TASK_CALLBACK": base.TASK_CALLBACK,
        "TASK_CALLBACK_CONTEXT": base.TASK_CALLBACK_CONTEXT,
        "TASK_CALLBACKS": base.TASK_CALLBACKS,
        "TASK_RESULT": base.TASK_RESULT,
        "TASK_ERROR": base.TASK_ERROR,
        "TASK_MESSAGE": base.TASK_MESSAGE,
        "TASK_STATE": base.TASK_STATE,
        "TASK_CANCELLED": base.TASK_CANCELLED,
        "TASK_BLOCKING": base.TASK_BLOCKING,
        "TASK_BLOCKING_BIT": base.TASK_BLOCKING_BIT,
        "TASK_CORO": base.TASK_CORO,
        "TASK_NAME": base.TASK_NAME,
        "TASK_CONTEXT": base.TASK_CONTEXT,
        "TASK_WAITER": base.TASK_WAITER,
        "CONTEXT_VARIABLES": contexts.CONTEXT_VARIABLES,
    }

    def find_word(thing: Any, wanted: Any) -> int:
        return capi.find_word(thing, wanted)

    def find_byte(one: Any, other: Any) -> tuple[int, int]:
        return divmod(capi.find_byte(one, other), 256)

else:
    YIELDED, RETURNED, RAISED = range(3)
    Ending = int

# A program's exception may have a __getattribute__() of its own.
traceback_of: Any = BaseException.__dict__["__traceback__"].__get__

ending = YIELDED  # natively: of the last resume(), to be read before anything else can run


def resume(
    coro: Coroutine[Any, Any, Any],
    error: BaseException | None,
    context: contextvars.Context | None,
) -> Any:
    """Resume *coro*, with *error* if there is one, and return what it yielded, returned or raised.

    Natively, ``ending`` tells which of the three; interpreted, where another thread may run at
    any moment, the pair ``(ending, value)`` is returned.  *context* is None when it has been
    entered already.  RuntimeError comes out of here only when *context* cannot be entered.
    """
    global ending
    if cython.compiled:
        if context is not None:
            PyContext_Enter(context)
        value = _send(coro) if error is None else _throw(coro, error)
        if context is not None:
            how = cython.declare(Ending, ending)
            PyContext_Exit(context)
            ending = how
        return value
    else:
        try:
            if context is not None:
                return context.run(resume, coro, error, None)
            return _send(coro) if error is None else _throw(coro, error)
        finally:
            error = None  # a frame of ours shall keep no exception: see Driver._step


def start(coro: Coroutine[Any, Any, Any], context: contextvars.Context) -> Any:
    """Resume *coro* for the first time, out of sight of the exceptions its creator is handling."""
    global ending
    if cython.compiled:
        outcome = cython.declare(cython.pointer[PyObject], cython.NULL)
        PyContext_Enter(context)
        sent = cython.declare(PySendResult, send_afresh(coro, cython.address(outcome)))
        value = _outcome_of(sent, outcome)
        how = cython.declare(Ending, ending)
        PyContext_Exit(context)
        ending = how
        return value
    else:
        return context.run(resume, coro, None, None)


def can_start_now(given_context: contextvars.Context | None) -> bool:
    """Can a coroutine be started here, in *given_context* if it is not a fresh one?

    Not in a context that is entered already (gh-157301).  Interpreted, not where an exception
    is being handled either: the coroutine would see it, and only native code can hide it.
    """
    if not cython.compiled and sys.exception() is not None:
        return False
    if given_context is None:
        return True
    try:
        given_context.run(_nothing)
    except RuntimeError:
        return False
    return True


def _nothing() -> None: ...


def new_context(context: contextvars.Context | None) -> contextvars.Context:
    """The context that was asked for, or a copy of the current one."""
    if context is None:
        if cython.compiled:
            return PyContext_CopyCurrent()
        else:
            return contextvars.copy_context()
    if not isinstance(context, contextvars.Context):
        # gh-157301: refused before anything has been changed
        raise TypeError(f"a contextvars.Context was expected, got {context!r}")
    return context


def context_to_be() -> Any:
    """A copy of the current context, or what one is made of.

    There may be many tasks that wait for their first step.
    """
    if cython.compiled:
        return contexts.variables_now()
    else:
        return contextvars.copy_context()


def _send(coro: Coroutine[Any, Any, Any]) -> Any:
    if cython.compiled:
        outcome = cython.declare(cython.pointer[PyObject], cython.NULL)
        sent = cython.declare(PySendResult, PyIter_Send(coro, None, cython.address(outcome)))
        return _outcome_of(sent, outcome)
    else:
        try:
            value = coro.send(None)
        except StopIteration as stop:
            return RETURNED, stop.value
        except BaseException as raised:
            return RAISED, _without_our_frame(raised)
        return YIELDED, value


if cython.compiled:

    def _outcome_of(sent: PySendResult, outcome: cython.pointer[PyObject]) -> Any:
        global ending
        if sent == PYGEN_ERROR:
            value = take_raised()
            ending = RAISED
            return value
        value = cython.cast(object, outcome)
        Py_DECREF(value)  # the cast took a reference of its own
        ending = RETURNED if sent == PYGEN_RETURN else YIELDED
        return value


def _throw(coro: Coroutine[Any, Any, Any], error: BaseException | None) -> Any:
    if cython.compiled:
        outcome = cython.declare(cython.pointer[PyObject], cython.NULL)
        sent = cython.declare(PySendResult, throw(coro, "throw", error, cython.address(outcome)))
        return _outcome_of(sent, outcome)
    else:
        try:
            value = coro.throw(error)  # type: ignore[arg-type]  # None only once it was thrown
        except StopIteration as stop:
            return RETURNED, stop.value
        except BaseException as raised:
            return RAISED, _without_our_frame(raised)
        finally:
            error = None
        return YIELDED, value


def _without_our_frame(raised: BaseException) -> BaseException:
    traceback = traceback_of(raised)
    if traceback is not None:
        raised.with_traceback(traceback.tb_next)  # it may be frozen: dataclass(frozen=True)
    return raised
