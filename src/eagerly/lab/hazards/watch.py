"""Where steps begin and end: the interpreted engine, watched.

The native engine tells nobody, which is why it is fast; both behave the same.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import eagerly
from eagerly.engine import ready, step
from eagerly.engine.driver import Driver
from eagerly.engine.task import Task
from eagerly.groups._group import Group
from eagerly.lab.hazards.hooks import looking, site_of
from eagerly.lab.hazards.modules import OwnModules
from eagerly.lab.hazards.pauses import Pauses
from eagerly.lab.hazards.report import Report
from eagerly.lab.hazards.steps import Creation, Hazard, Site, Step, here
from eagerly.lab.problems import Problem

# Rewritten programs are slow.  They shall start their tasks eagerly all the same, but still let
# the loop turn now and then.
PATIENCE = 1.0  # seconds, instead of the engine's LONG

# Who makes tasks on behalf of somebody.
MAKERS = tuple(str(Path(module.__file__ or "").parent) for module in (asyncio, eagerly))


@contextmanager
def watch(own: OwnModules, news: Callable[[Report], None] = lambda _: None) -> Iterator[Report]:
    """Find the order hazards of those modules, when they are imported in here and their tasks run.

    *news* is called when there is a new one.  Problem: the engine is the native one.
    """
    if eagerly.native:
        message = "order hazards are found on the interpreted engine: set EAGERLY_PURE=1"
        raise Problem(message)
    watcher = Watcher(own, news)
    with own.rewritten(watcher.report), watcher.in_place():
        yield watcher.report


class Watcher:
    """Follows the steps of all loops."""

    def __init__(self, own: OwnModules, news: Callable[[Report], None]) -> None:
        self.report = Report()
        self._own = own
        self._news = news
        self._first_steps: WeakKeyDictionary[Any, Step] = WeakKeyDictionary()
        self._pauses = Pauses(self._first_steps)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The engine and the loops call us."""
        changes = {
            (step, "start"): self._first_step(step.start),
            (step, "can_start_now"): can_start_now,
            (ready, "LONG"): PATIENCE,
            (Driver, "_step"): self._whole_step(Driver._step),
            (asyncio.Handle, "_run"): self._whole_step(asyncio.Handle._run),
            (Task, "cancel"): self._cancel(Task.cancel),
            (Group, "_abort"): self._abort(Group._abort),
            **self._pauses.changes(),
        }
        before = {(owner, name): getattr(owner, name) for owner, name in changes}
        try:
            for (owner, name), value in changes.items():
                setattr(owner, name, value)
            yield
        finally:
            for (owner, name), value in before.items():
                setattr(owner, name, value)

    def _found(self, hazard: Hazard) -> None:
        if self.report.add(hazard):
            self._news(self.report)

    # ----------------------------------------------------------------------- steps

    def _first_step(self, start: Callable[..., Any]) -> Callable[..., Any]:
        def watched(coro: Any, context: contextvars.Context) -> Any:
            before = here.step
            frame = sys._getframe(1)
            if was_asked_for(frame):  # then it is part of its creator's step
                with before.interrupted():
                    return start(coro, context)
            self.report.first_steps += 1
            creator = None if before is here.nobody else before
            mine = Step(self._creation(coro, frame), creator)
            self._first_steps[eagerly.current_task()] = mine
            here.step = mine
            try:
                return start(coro, context)
            finally:
                here.step = before
                with looking:
                    mine.hand_over()
                self._over(mine)

        return watched

    def _whole_step(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def watched(self_: Any, *arguments: Any) -> Any:
            before = here.step
            mine = here.step = Step()
            try:
                return run(self_, *arguments)
            finally:
                here.step = before
                self._over(mine)
                self_ = arguments = None  # type: ignore[assignment]  # see Driver._step

        return watched

    def _over(self, step: Step) -> None:
        with looking:
            for hazard in step.hazards():
                self._found(hazard)
        step.forget()

    # ----------------------------------------------------------------------- who made it, and where

    def _creation(self, coro: Any, frame: FrameType | None) -> Creation:
        name = getattr(coro, "__qualname__", type(coro).__qualname__).replace("<locals>.", "")
        by: Site | None = None
        while frame is not None:
            path = frame.f_code.co_filename
            if path in self._own:
                return Creation(site_of(frame), by, name)
            if by is None and not is_maker(frame) and not path.startswith("<frozen"):
                by = site_of(frame)
            frame = frame.f_back
        return Creation(by or Site("", 0, "a library"), by, name)

    def _own_site(self, frame: FrameType | None) -> Site | None:
        while frame is not None:
            if frame.f_code.co_filename in self._own:
                return site_of(frame)
            frame = frame.f_back
        return None

    def _cancel(self, cancel: Callable[..., bool]) -> Callable[..., bool]:
        def watched(task: Any, msg: Any = None) -> bool:
            first: Step | None = self._first_steps.get(task)
            frame = sys._getframe(1)
            if first is not None and first.is_inside(here.step) and not is_making(frame):
                self._cancelled(first, self._own_site(frame), task.done())
            return cancel(task, msg)

        return watched

    def _abort(self, abort: Callable[..., None]) -> Callable[..., None]:
        def watched(group: Any) -> None:
            site = self._own_site(sys._getframe(1))
            for first in self._pauses.children_that_ended(group):
                self._cancelled(first, site, done=True)
            abort(group)  # which cancels the others

        return watched

    def _cancelled(self, first: Step, site: Site | None, done: bool) -> None:
        creation = first.creation
        if site is None or creation is None:
            return
        state = "it had ended" if done else "it had suspended"
        self._found(Hazard("cancelled", "", creation, None, creation.coroutine, state, site, ""))


def is_maker(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(MAKERS)


def call_of(frame: FrameType | None) -> FrameType | None:
    """The call of a maker that *frame* is in."""
    call = None
    while frame is not None and is_maker(frame):
        call, frame = frame, frame.f_back
    return call


def was_asked_for(frame: FrameType | None) -> bool:
    """Did somebody ask for an eager start, as with ``Task(coro, eager_start=True)``?

    Then it starts so on asyncio too, and its creator knows.
    """
    call = call_of(frame)
    if call is None:
        return False
    return call.f_code.co_name == "__call__" or call.f_locals.get("eager_start") is True


def is_making(frame: FrameType | None) -> bool:
    """Does a maker cancel the task that it makes: because that has cancelled its group?"""
    call = call_of(frame)
    return call is not None and call.f_code.co_name == "create_task"


def can_start_now(given_context: contextvars.Context | None) -> bool:
    """As the engine's, but also where an exception is being handled.

    Natively such tasks start eagerly too.  There they do not see that exception.
    """
    if given_context is None:
        return True
    try:
        given_context.run(int)
    except RuntimeError:
        return False
    return True
