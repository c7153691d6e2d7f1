"""Where a creator would suspend if its tasks started lazily.

Whoever awaits what a first step has finished goes on at once: a task, a gather, a group that is
left.  What else a first step can finish, events and queues, is looked at where the program awaits
it: see ``hooks.awaited``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from eagerly.engine.outcome import Outcome
from eagerly.groups._group import Group
from eagerly.groups.gather import Gathering
from eagerly.groups.gathering_future import GatheringFuture
from eagerly.lab.hazards.hooks import looking
from eagerly.lab.hazards.steps import Creation, Step, here


class Pauses:
    """Tells the step of a creator where it would end."""

    def __init__(self, first_steps: Mapping[Any, Step]) -> None:
        self._first_steps = first_steps
        self._gathered: WeakKeyDictionary[Any, Step] = WeakKeyDictionary()
        # For each place where a group makes tasks, the latest that ended in its first step.
        self._ended: WeakKeyDictionary[Any, dict[Creation | None, Step]] = WeakKeyDictionary()

    def changes(self) -> dict[tuple[Any, str], Callable[..., Any]]:
        """What is to stand where in the engine."""
        return {
            (Outcome, "__await__"): self._wait(Outcome.__await__, self._first_steps),
            (GatheringFuture, "__await__"): self._wait(GatheringFuture.__await__, self._gathered),
            (Gathering, "settle"): self._settle(Gathering.settle),
            (Group, "create_task"): self._create_task(Group.create_task),
            (Group, "_begin_exit"): self._begin_exit(Group._begin_exit),
            (Group, "__aexit__"): self._leave(Group.__aexit__),
        }

    def children_that_ended(self, group: Any) -> Iterator[Step]:
        """Their first steps, those that the current step has seen since it last paused."""
        for first in self._ended.get(group, {}).values():
            if first.is_inside(here.step):
                yield first

    def _wait(self, wait: Callable[[Any], Any], steps: Mapping[Any, Step]) -> Callable[[Any], Any]:
        def watched(future: Any) -> Any:
            first = steps.get(future)
            if first is not None and first.is_inside(here.step):
                pause()
            return wait(future)

        return watched

    def _settle(self, settle: Callable[..., Any]) -> Callable[..., Any]:
        def watched(gathering: Any, outer: Any) -> Any:
            settle(gathering, outer)
            if outer.done():
                self._gathered[outer] = Step(creator=here.step)
            return outer

        return watched

    def _create_task(self, make: Callable[..., Any]) -> Callable[..., Any]:
        # By that name and with these arguments: see watch.is_making and watch.was_asked_for.
        def create_task(
            group: Any, coro: Any, *, name: Any = None, context: Any = None, eager_start: Any = None
        ) -> Any:
            task = make(group, coro, name=name, context=context, eager_start=eager_start)
            first = self._first_steps.get(task)
            if first is not None and task.done():
                self._ended.setdefault(group, {})[first.creation] = first
            return task

        return create_task

    def _leave(self, leave: Callable[..., Any]) -> Callable[..., Any]:
        def watched(group: Any, kind: Any, error: Any, traceback: Any) -> Any:
            if error is None:  # else its children are cancelled first
                self._pause_for(group)
            return leave(group, kind, error, traceback)

        return watched

    def _begin_exit(self, begin: Callable[..., None]) -> Callable[..., None]:
        def watched(group: Any, error: Any) -> None:
            begin(group, error)
            self._pause_for(group)

        return watched

    def _pause_for(self, group: Any) -> None:
        if any(self.children_that_ended(group)):
            pause()


def pause() -> None:
    """The current step would end here."""
    with looking:
        here.step.pause()
