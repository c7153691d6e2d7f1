# cython: boundscheck=False
"""The registry: who is running and who exists, as each CPython records it.

asyncio's own ``current_task()`` and ``all_tasks()`` read these records, and so do timeouts,
debuggers and ``python -m asyncio ps``.  This is the only module that knows how one CPython
differs from the next:

=========  ================  =============================================  ==========
CPython    the current task  the tasks that exist                           await graph
=========  ================  =============================================  ==========
3.11-3.13  a dict by loop    a WeakSet                                      -
3.14-3.15  in the thread     a C list of real Tasks; a WeakSet of others    edges
=========  ================  =============================================  ==========
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import sys
import threading
import weakref
from _asyncio import Future as _PlainFuture  # asyncio's may have been replaced
from _asyncio import Task as _PlainTask
from asyncio import all_tasks as all_tasks
from asyncio import tasks
from collections.abc import Iterator

import cython

from eagerly.engine._layout import QuietLoop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

if cython.compiled:
    from cython.cimports.cpython.object import PyObject
    from cython.cimports.eagerly.engine.base import TASK_AWAITED_BY, TASK_IS_TASK
    from cython.cimports.eagerly.engine.capi import (
        PyThreadState_Get,
        delist,
        drop_word,
        enlist,
        exchange,
        fill_word,
        find_link,
        find_ring,
        find_running,
        loop_in_dict,
        set_flag,
        set_word,
        swap_running,
        value_in,
        word_of_thread,
    )
    from cython.cimports.eagerly.engine.collector import show

in_thread = sys.version_info >= (3, 14)
in_dict = sys.version_info < (3, 12)  # is the running loop


plain: Any = None  # eagerly.Task
_tasks: Any = tasks  # each Python has other names in it


class _Stranger:
    """A task of a kind that asyncio does not know."""


def _find_weak_set() -> weakref.WeakSet[Any]:
    """The WeakSet of asyncio's tasks; from 3.14, where it is hidden, of the tasks of strangers."""
    if not in_thread:
        return _tasks._scheduled_tasks if hasattr(_tasks, "_scheduled_tasks") else _tasks._all_tasks
    stranger = _Stranger()
    _tasks._register_task(stranger)
    (reference,) = weakref.getweakrefs(stranger)
    found = reference.__callback__.__defaults__[0]()  # of WeakSet's _remove(item, selfref)
    _tasks._unregister_task(stranger)
    return found


# By the identity of its loop.  Not on the loop: one name more than the two that we put there, and
# CPython 3.14 and 3.15 keep the loop's fields no more where they find them quickly, which costs
# 7,400 of 75,300 instructions a Runner.run() of asyncio's.
_queues: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def _live_queues() -> list[Any]:
    return [queue for ref in _queues.valuerefs() if (queue := ref()) is not None]


class _Existing(set["Any"]):
    """The references in asyncio's WeakSet, and to the tasks that our queues know at the moment.

    Those that take their first step; and up to 3.13 those that wait.  To register each for its
    first step alone took 370 of 4,400 instructions an eager child, and to keep a reference for each
    that waits 900 instructions, and 150 bytes.
    """

    def __iter__(self) -> Iterator[Any]:
        references = list(super().__iter__())
        for queue in _live_queues():
            found = [task for task in queue.starting if task is not None]
            if not in_thread:
                found += queue.alive
            references += map(weakref.ref, found)
        return iter(references)

    def copy(self) -> Any:
        """What a WeakSet goes through, from 3.14."""
        return list(self)


_exist: Any = _find_weak_set()
_exist.data = _Existing(_exist.data)
_exist_refs: Any = _exist.data
_forget: Any = _exist._remove

# up to 3.13
_current: dict[Any, Any] = {} if in_thread else _tasks._current_tasks

# from 3.14
_swap: Any = getattr(_tasks, "_swap_current_task", None)
_register: Any = _tasks._register_task
_unregister: Any = _tasks._unregister_task
_add_edge: Any = getattr(asyncio, "future_add_to_awaited_by", None)
_discard_edge: Any = getattr(asyncio, "future_discard_from_awaited_by", None)


# --------------------------------------------------------------------------- who is running


def this_thread() -> Any:
    """What tells this thread from every other that is alive."""
    if cython.compiled:
        return cython.cast(cython.size_t, PyThreadState_Get())
    else:
        return threading.get_ident()


_process = 0


def _note_process() -> None:
    global _process
    _process = os.getpid()


_note_process()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_process)

_KEY = "__asyncio_running_event_loop__"
_get_running_loop: Any = asyncio._get_running_loop


def running_loop() -> Any:
    """The loop that runs in this thread, or None.

    asyncio's own asks the system for the number of the process, up to 3.11: 250 of 310 ns.
    """
    if cython.compiled:
        if in_dict:
            return loop_in_dict(_KEY, _process)
        if _running_at:
            return word_of_thread(_running_at)
    return _get_running_loop()


def needed_loop() -> Any:
    """The loop that runs in this thread.  RuntimeError: there is none."""
    loop = running_loop()
    if loop is None:
        raise RuntimeError("no running event loop")
    return loop


def task_of(loop: Any) -> Any:
    """The current task of *loop*, which runs in this thread, or None."""
    if not in_thread:
        return _task_in_dict(loop)
    if cython.compiled and _running_at:
        return word_of_thread(_running_at + 1)
    return current_task(loop)


def _task_in_dict(loop: Any) -> Any:
    if cython.compiled:
        return value_in(_current, loop)
    else:
        return _current.get(loop)


def enter(loop: Any, task: Any) -> Any:
    """Make *task* the current one and return the one before it, or None."""
    if cython.compiled:
        if in_thread:
            return swap_running(_running_at, loop, task) if _running_at else _swap(loop, task)
        return exchange(_current, loop, task)
    else:
        if in_thread:
            return _swap(loop, task)
        previous = _current.get(loop)
        _current[loop] = task
        return previous


def leave(loop: Any, previous: Any, soon_entered: cython.bint) -> None:
    """Make *previous* the current task again.

    If it is None, and the next task will be *soon_entered*, its place is kept: call rest() after
    the last one.  Up to 3.13, to give it up and take it again took 430 instructions of a step.
    """
    if previous is None and not soon_entered and not in_thread:
        del _current[loop]
    elif cython.compiled and not in_thread:
        exchange(_current, loop, previous)  # as enter() does, without the call
    else:
        enter(loop, previous)


def rest(loop: Any) -> None:
    """No task will be entered soon."""
    if not in_thread and _current.get(loop, loop) is None:
        del _current[loop]


if sys.version_info >= (3, 12):
    current_task = asyncio.current_task  # in C already
else:

    def current_task(loop: asyncio.AbstractEventLoop | None = None) -> asyncio.Task[Any] | None:
        """Return the task that is running on *loop*, or None.

        *loop* is the running loop unless given; RuntimeError when none is running.  As asyncio's,
        which is written in Python up to 3.11.

        >>> import asyncio, eagerly
        >>> async def main():
        ...     return eagerly.current_task() is asyncio.current_task()
        >>> eagerly.run(main())
        True
        """
        return _task_in_dict(needed_loop() if loop is None else loop)


def _find_running() -> int:
    """Where, in the thread's state, are the running loop and its task?  0: nowhere.

    From 3.14.  To have asyncio's function exchange the task takes a call, twice a step.
    """
    if cython.compiled:
        if not in_thread:
            return 0
        task = _Stranger()
        loop_before = asyncio._get_running_loop()
        asyncio._set_running_loop(_quiet_loop)
        task_before = _swap(_quiet_loop, task)
        found = find_running(_quiet_loop, task)
        _swap(_quiet_loop, task_before)
        asyncio._set_running_loop(loop_before)
        return found
    else:
        return 0


def _find_ring() -> tuple[int, int]:
    """Where, in the thread's state, do its tasks begin that exist; where, in each, is the next?

    0, 0: out of sight, or up to 3.13.  To have asyncio's functions put a task there and take it out
    took 255 of 4,469 instructions of one that starts lazily.
    """
    if cython.compiled:
        if not _running_at:
            return 0, 0
        first, second = _PlainTask.__new__(_PlainTask), _PlainTask.__new__(_PlainTask)
        _register(first)
        _register(second)
        link = find_link(first, second)
        ring = find_ring(second, link, _running_at) if link else 0
        _unregister(second)
        _unregister(first)
        return ring, link
    else:
        return 0, 0


_quiet_loop: Any = QuietLoop()
_running_at = _find_running()
_ring_at, _link_at = _find_ring()

# --------------------------------------------------------------------------- who exists


def add_queue(queue: Any) -> None:
    """The tasks in ``queue.starting`` and ``queue.alive`` exist for everyone."""
    _queues[id(queue.loop)] = queue


def queue_of(loop: Any) -> Any:
    """The queue that was added for *loop*, or None."""
    return _queues.get(id(loop))


def drop_queue(loop: Any) -> None:
    """*loop* is closed: it has no tasks any more."""
    _queues.pop(id(loop), None)


def add(task: Any) -> None:
    """*task* is waiting or ready, and in its queue's ``alive``."""
    if not in_thread:
        return
    if cython.compiled:
        set_flag(task, TASK_IS_TASK, 1)
        if _ring_at:
            enlist(task, _link_at, _ring_at)
            return
    else:
        _PlainTask.set_name(task, task.get_name())
    _register(task)


def remove(task: Any) -> None:
    """*task* has ended."""
    if not in_thread:
        return
    if cython.compiled:
        set_flag(task, TASK_IS_TASK, 0)  # or it could not be freed as quickly
        if _ring_at:
            delist(task, _link_at)
            return
    _unregister(task)


if cython.compiled:

    def _before_collection(phase: str, _info: dict[str, int]) -> None:
        """A loop that does not run may be garbage: have the collector see its tasks."""
        if phase != "start":
            return
        for queue in _live_queues():
            if queue.hides and not queue.loop.is_running():
                queue.hides = False  # not at each collection: it may have a million tasks
                for task in queue.alive:
                    show(task)

    gc.callbacks.append(_before_collection)
    atexit.register(_before_collection, "start", {})  # disabled, no later collection tells us


def abandon(task: Any) -> None:
    """*task* will not end: its loop is closed.  It exists for as long as somebody keeps it."""
    if cython.compiled:
        show(task)  # nobody keeps it now, and it may be part of a cycle
    if not in_thread:
        _exist_refs.add(weakref.ref(task, _forget))


def rename(task: Any, name: str) -> None:
    """*task* exists under another name: natively it has but that."""
    if in_thread and not cython.compiled:
        _PlainTask.set_name(task, name)


def add_edge(awaited: Any, waiter: Any) -> None:
    """*waiter* awaits *awaited*: an edge of the await graph, where there is one.

    Mostly it is the only one of *awaited*, and natively a word is set in that.
    """
    if not in_thread or waiter is None:
        return
    if cython.compiled and _has_base(awaited) and fill_word(awaited, TASK_AWAITED_BY, waiter):
        return
    _add_edge(awaited, waiter)


def discard_edge(awaited: Any, waiter: Any) -> None:
    """*waiter* no longer awaits *awaited*."""
    if not in_thread or waiter is None:
        return
    if cython.compiled and _has_base(awaited) and drop_word(awaited, TASK_AWAITED_BY, waiter):
        return
    _discard_edge(awaited, waiter)


def _has_base(awaited: Any) -> bool:
    """Is it a future of asyncio's, or one of our tasks, which have its fields in the same place?"""
    return type(awaited) is _PlainFuture or type(awaited) is plain


def add_first_edge(task: Any, waiter: Any) -> None:
    """*waiter* awaits *task*, a new one of ours: natively a word is set in its base."""
    if in_thread and waiter is not None:
        if cython.compiled:
            set_word(task, TASK_AWAITED_BY, cython.cast(cython.pointer[PyObject], waiter))
        else:
            _add_edge(task, waiter)


def discard_first_edge(task: Any, waiter: Any) -> None:
    """*waiter* no longer awaits *task*, which ended in its first step."""
    if not in_thread or waiter is None:
        return
    if not (cython.compiled and drop_word(task, TASK_AWAITED_BY, waiter)):
        _discard_edge(task, waiter)


# --------------------------------------------------------------------------- for debuggers

# From 3.14 a debugger in another process walks the C list and reads each task's name and
# coroutine from its base.  With one registered task whose base has none, ``python -m asyncio
# ps`` fails for the whole process; with one that does not say that it is a task (it may be any
# future), it shows no stacks.  Natively that is all of it in its place, but for the last.


def initialise_base(task: Any, coro: Any) -> None:
    """Interpreted, initialise the base at birth.

    Later would be too late: a task may be awaited in its first step, and to initialise the base
    forgets (3.14) or breaks (3.15) the edges that it has.
    """
    if in_thread:
        _PlainTask.__init__(task, coro, loop=_quiet_loop, name="")
        _unregister(task)
