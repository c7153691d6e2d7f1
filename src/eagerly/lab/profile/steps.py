"""Steps: stands for a coroutine in its task, and measures each step of it.

The hot path: what is done here for every task and every step is what profiling costs.  It is
compiled where the engine is, and then no frame of it is in anybody's traceback.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import weakref
from collections.abc import Coroutine
from operator import attrgetter
from types import CoroutineType
from typing import TYPE_CHECKING, Any

import cython

from eagerly.engine import registry
from eagerly.lab.profile.whose import known, whose

if cython.compiled:
    from cython.cimports.cpython.object import PyObject
    from cython.cimports.eagerly.engine.capi import (
        PYGEN_ERROR,
        PYGEN_NEXT,
        PyIter_Send,
        take_raised,
    )
    from cython.cimports.eagerly.lab.profile.frames import (
        back_of,
        code_of,
        code_of_coroutine,
        frame_at,
        frame_of_caller,
        lasti_of,
    )
    from cython.cimports.eagerly.lab.profile.steps import (
        BOUNDARY,
        ENTRY,
        LIBRARY,
        PROGRAM,
        clock,
        is_gone,
        is_set,
        keep_kind,
        keep_place,
        put_am_send,
        raise_again,
        recall_kind,
        recall_place,
        thread_id,
        weak,
    )
else:
    from eagerly.lab.profile.whose import BOUNDARY, ENTRY, LIBRARY, PROGRAM

    clock = time.perf_counter_ns
    code_of, back_of, lasti_of = map(attrgetter, ("f_code", "f_back", "f_lasti"))
    code_of_coroutine = attrgetter("cr_code")
    weak = weakref.ref

    def frame_of_caller(up: int) -> Any:
        return sys._getframe(2 + up)

    def frame_at(frame: Any) -> Any:
        return frame

    def is_gone(reference: Any) -> bool:
        return reference() is None


if TYPE_CHECKING:
    from collections.abc import Callable

CancelledError = asyncio.CancelledError
current_task: Any = registry.current_task  # asyncio's, but for 3.11, where that is slow

FARTHEST = 20  # frames that are looked at to find the program's


class Thread:
    """What goes on in one thread: each has loops and places of its own, so nothing is locked."""

    def __init__(self, watcher: Any) -> None:
        self.watcher = watcher
        self.place: Any = None  # of the task whose step is running
        self.inner = 0  # ns of steps inside the running one
        self.alive = 0
        self.waiting = 0  # of them, those that wait for a future, or were woken by it
        self.next_look = 0
        self.ended: Any = None  # a weak reference to a task that ended, and nobody waited for it
        self.ended_at: Any = None

    def settle(self) -> None:
        """Is the task gone that ended last?  Then nobody can await it any more."""
        if is_gone(self.ended):
            self.ended_at.never_awaited += 1
        self.ended = None


class Site:
    """A line that makes tasks, in one way and of one kind of coroutine, in one thread."""

    def __init__(self, about: Any, made_of: Any, can_be_lost: bool) -> None:
        self.about = about
        self.made_of = made_of
        self.can_be_lost = can_be_lost
        self.alive = self.most_alive = 0


class Place:
    """What was seen of the tasks that a site made, when tasks of the place `outer` ran."""

    def __init__(self, thread: Thread, outer: Place | None, site: Site) -> None:
        self.thread = thread
        self.outer = outer
        self.site = site
        self.inside: dict[Any, Place] = {}
        self.made = self.begun = self.ended = self.ended_first = self.steps = 0
        self.failed = self.cancelled = self.never_awaited = 0
        self.first_ns = self.all_ns = self.longest_ns = 0


@cython.freelist(256)
@cython.cclass
class Steps:
    """Drives *coro*, and looks like it to whoever asks."""

    def __init__(self, coro: Any, place: Place) -> None:
        self.coro = coro
        self.place = place
        self.made = False  # its task is there: not while it starts inside create_task()
        self.begun = False
        self.waits = False

    def send(self, value: Any) -> Any:
        """Take a step."""
        try:
            return self._step_by(self.coro.send, (value,))
        except BaseException as error:
            _hide_our_frames(error)
            if not cython.compiled:
                raise
            raise error  # a plain raise brings them back here

    def throw(self, *error: Any) -> Any:
        """Take a step, with an exception."""
        try:
            return self._step_by(self.coro.throw, error)
        except BaseException as raised:
            _hide_our_frames(raised)
            if not cython.compiled:
                raise
            raise raised  # a plain raise brings them back here

    def _step_by(self, resume: Any, given: tuple[Any, ...]) -> Any:
        thread = self.place.thread
        outer, inner = thread.place, thread.inner
        self._enter()
        begun = cython.declare(cython.longlong, clock())
        try:
            awaited = resume(*given)
        except BaseException as error:
            self._leave(clock() - begun, outer, inner)
            returned = isinstance(error, StopIteration)
            cancelled = isinstance(error, CancelledError)
            self._ended(cancelled, not (returned or cancelled))
            raise
        now = cython.declare(cython.longlong, clock())
        self._leave(now - begun, outer, inner)
        self._suspended(awaited is not None)
        if now > thread.next_look:
            _look(thread, now)
        return awaited

    def _enter(self) -> None:
        thread = self.place.thread
        if thread.ended is not None:
            thread.settle()
        if self.waits:
            self.waits = False
            thread.waiting -= 1
        thread.place = self.place
        thread.inner = 0

    def _leave(self, took: Any, outer: Any, inner: Any) -> None:
        place, thread = self.place, self.place.thread
        own = cython.declare(cython.longlong, took - thread.inner)
        thread.inner = inner + took
        thread.place = outer
        place.steps += 1
        place.all_ns += own
        if took > place.longest_ns:
            place.longest_ns = took
        if not self.begun:
            place.first_ns += own

    def _suspended(self, waits: Any) -> None:
        if not self.begun:
            self.begun = True
            self.place.begun += 1
        if waits:
            self.waits = True
            self.place.thread.waiting += 1

    def _ended(self, cancelled: Any, failed: Any) -> None:
        place, thread = self.place, self.place.thread
        place.ended += 1
        place.cancelled += cancelled
        place.failed += failed
        place.site.alive -= 1
        thread.alive -= 1
        if not self.begun:
            self.begun = True
            place.begun += 1
            place.ended_first += 1
        if self.made and place.site.can_be_lost and not cancelled:
            self._can_be_lost()
        if thread.alive == 0:
            _look(thread, clock())

    def _can_be_lost(self) -> None:
        """If nobody waits for the task, whoever could await it later has to hold it now."""
        task = current_task()
        if task is not None and not task._callbacks:
            thread = self.place.thread
            thread.ended, thread.ended_at = weak(task), self.place

    def close(self) -> None:
        self.coro.close()

    def __await__(self) -> Any:
        return self.coro.__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.coro, name)


def _hide_our_frames(error: BaseException) -> None:
    """Natively throw() puts one back as it ends: what asyncio sends goes by _am_send()."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals is globals():
        traceback = traceback.tb_next
    error.__traceback__ = traceback


def _look(thread: Thread, now: Any) -> None:
    """What a signal's handler raises in there is not for the task: the loop raises it."""
    try:
        thread.watcher.look(thread, now)
    except BaseException as error:
        asyncio.get_running_loop().call_soon(_raise, error)


def _raise(error: BaseException) -> None:
    raise error


if cython.compiled:

    def _am_send(
        this: cython.pointer[PyObject],
        value: cython.pointer[PyObject],
        result: cython.pointer[cython.pointer[PyObject]],
    ) -> Any:
        """What PyIter_Send() calls: an error that is set stays as it is."""
        steps = cython.cast(Steps, this)
        thread = steps.place.thread
        outer, inner = thread.place, thread.inner
        steps._enter()
        begun = cython.declare(cython.longlong, clock())
        sent = PyIter_Send(steps.coro, cython.cast(object, value), result)
        now = cython.declare(cython.longlong, clock())
        steps._leave(now - begun, outer, inner)
        if sent == PYGEN_NEXT:
            steps._suspended(cython.cast(object, result[0]) is not None)
            if now > thread.next_look:
                _look(thread, now)
        elif sent == PYGEN_ERROR:
            cancelled = is_set(CancelledError)
            error = take_raised()
            steps._ended(cancelled, not cancelled)
            raise_again(error)
        else:
            steps._ended(False, False)
        return sent

    put_am_send(Steps, _am_send)

Coroutine.register(Steps)


# --------------------------------------------------------------------------- birth

local = threading.local()
watcher: Any = None

if cython.compiled:
    _latest_id = cython.declare(cython.longlong, 0)
    _latest_thread = cython.declare(Thread, None)


def watch(coro: Any, up: int = 0) -> Any:
    """Steps of *coro*, which becomes a task in the caller, or so many of its callers further *up*.

    Or *coro*, if it cannot become one.
    """
    if type(coro) is CoroutineType:
        made_of = code_of_coroutine(coro)
    elif type(coro) is Steps or not asyncio.iscoroutine(coro):
        return coro
    else:
        made_of = getattr(coro, "cr_code", None)
    thread = _this_thread()
    if thread.ended is not None:
        thread.settle()
    place = _place_of(thread, coro, made_of, frame_of_caller(up))
    _count_made(thread, place)
    if cython.compiled:  # without the call of a type
        steps = cython.declare(Steps, Steps.__new__(Steps))
        steps.coro = coro
        steps.place = place
        return steps
    else:
        return Steps(coro, place)


def _count_made(thread: Thread, place: Place) -> None:
    site = place.site
    place.made += 1
    site.alive += 1
    if site.alive > site.most_alive:
        site.most_alive = site.alive
    thread.alive += 1


def watching(make: Callable[..., Any]) -> Callable[..., Any]:
    """The create_task() of a kind of loop, with the steps of its tasks watched."""

    def create_task(
        self: Any, coro: Any, *, name: Any = None, context: Any = None, **kwargs: Any
    ) -> Any:
        watched = watch(coro, 0 if cython.compiled else 1)  # a compiled function has no frame
        if kwargs:
            task = make(self, watched, name=name, context=context, **kwargs)
        elif context is not None:
            task = make(self, watched, name=name, context=context)
        elif name is not None:
            task = make(self, watched, name=name)
        else:
            task = make(self, watched)
        is_made(watched)
        return task

    create_task.__wrapped__ = make  # type: ignore[attr-defined]  # for inspect.signature()
    return create_task


def is_made(watched: Any) -> None:
    """The task of *watched* has been made."""
    if type(watched) is Steps:
        cython.cast(Steps, watched).made = True


def _this_thread() -> Thread:
    if cython.compiled:
        global _latest_id, _latest_thread
        running = cython.declare(cython.longlong, thread_id())
        if running == _latest_id:
            return _latest_thread
        _latest_thread = _found_thread()
        _latest_id = running
        return _latest_thread
    else:
        return _found_thread()


def _found_thread() -> Thread:
    thread: Thread | None = getattr(local, "thread", None)
    if thread is None:
        thread = local.thread = watcher.new_thread()
    return thread


def _kind_of(code: Any) -> int:
    if cython.compiled:
        kind = recall_kind(code)
        return kind if kind != 0 else keep_kind(code, whose(code))
    else:
        return known.get(id(code)) or whose(code)


def _place_of(thread: Thread, coro: Any, made_of: Any, frame: Any) -> Place:
    """By the program's frame, or else by the library's that makes the task, or by asyncio's."""
    api = None
    found = maker = frame
    has_maker = cython.declare(cython.bint, False)
    left = cython.declare(cython.Py_ssize_t, FARTHEST)
    while frame and left > 0:
        code = code_of(frame)
        kind = cython.declare(cython.Py_ssize_t, _kind_of(code))
        if kind == PROGRAM:
            found = frame
            break
        if kind == BOUNDARY or (kind == ENTRY and asyncio._get_running_loop() is not None):
            break
        if not has_maker:
            found = frame
            if kind == LIBRARY:
                maker, has_maker = frame, True
            else:
                api = code
        if code is thread.place.site.made_of:  # the task whose step is running begins here
            break
        frame = back_of(frame)
        left -= 1
    code = code_of(found)
    lasti = cython.declare(cython.Py_ssize_t, lasti_of(found))
    if cython.compiled:
        recent = recall_place(thread.place, code, lasti, made_of, api)
        if recent is not None:
            return recent
    place: Place = thread.watcher.place(
        thread,
        (code, lasti, made_of, api),
        frame_at(found),
        frame_at(maker) if has_maker else None,
        coro,
    )
    if cython.compiled:
        keep_place(thread.place, code, lasti, made_of, api, place)
    return place
