"""What asyncio 3.15 does with a program, whatever it is free to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

from differences import NEVER, NOT_EAGERLY, notes_on, why_never
from language import Program
from play import LOOP_STOPS, How, World, play

MOST_ORDERS = 12


class Choices:
    """Every sequence of choices, one play after the other."""

    def __init__(self) -> None:
        self.made: list[list[int]] = []  # [which, of how many]
        self.place = 0

    def choose(self, many: int) -> int:
        if self.place == len(self.made):
            self.made.append([0, many])
        which, _ = self.made[self.place]
        self.place += 1
        return which

    def next(self) -> bool:
        """Go on to the next sequence; False if that was the last."""
        self.place = 0
        while self.made and self.made[-1][0] == self.made[-1][1] - 1:
            self.made.pop()
        if self.made:
            self.made[-1][0] += 1
        return bool(self.made)


class Group(asyncio.TaskGroup):
    """One that chooses in which order it cancels its children."""

    def __init__(self, world: World, choices: Choices) -> None:
        super().__init__()
        self._world = world
        self._tasks = Children(choices)

    def _abort(self) -> None:
        if any(not child.done() and child not in self._world.begun for child in list(self._tasks)):
            self._world.differences.add("a group cancels a child that has not begun")
        self._tasks.choosing = True
        super()._abort()
        self._tasks.choosing = False

    async def _aexit(self, kind: Any, error: Any) -> Any:
        try:
            return await super()._aexit(kind, error)
        except LOOP_STOPS:
            if self._parent_cancel_requested:
                self._world.differences.add("a group that cancelled its parent stops the loop")
            raise


class Children(dict[Any, None]):
    """Stands for the set of children."""

    def __init__(self, choices: Choices) -> None:
        super().__init__()
        self.choices = choices
        self.choosing = False

    def add(self, child: Any) -> None:
        self[child] = None

    def discard(self, child: Any) -> None:
        self.pop(child, None)

    def __iter__(self) -> Iterator[Any]:
        children = list(super().__iter__())
        if not self.choosing:
            return iter(children)
        orders = list(permutations(child for child in children if not child.done()))
        return iter(orders[self.choices.choose(len(orders))])


class WithoutTurn(Group):
    """As ours: a child that ended well in its first step leaves nothing behind."""

    def create_task(self, coro: Any, **kwargs: Any) -> Any:
        child = super().create_task(coro, **kwargs)
        if child.done() and (child.cancelled() or child.exception() is None):
            self._tasks.discard(child)
        return child


class WithTurn(Group):
    """It always suspends at its exit, once more than it would."""

    async def _aexit(self, kind: Any, error: Any) -> Any:
        result = await super()._aexit(kind, error)
        await asyncio.sleep(0)
        return result


def lazily(group: Callable[..., Any], choices: Choices) -> How:
    return How(asyncio, lambda world: group(world, choices), {})


def eagerly(group: Callable[..., Any], choices: Choices) -> How:
    return How(
        asyncio, lambda world: group(world, choices), {}, asyncio.eager_task_factory, eager=True
    )


def plays(program: Program, way: Callable[..., How], group: type[Group]) -> list[World] | None:
    """*program* in all orders; None if there are too many."""
    choices = Choices()
    worlds = []
    while True:
        worlds.append(play(program, way(group, choices)))
        if not choices.next():
            return worlds
        if len(worlds) == MOST_ORDERS:
            return None


def record(program: Program) -> dict[str, Any]:
    """What asyncio does with *program*, or why that is not compared with what we do.

    * ``lazy``: every trace of lazy tasks.
    * ``eager``: every outcome of tasks of the eager factory, if it does not depend on the turn
      that a group takes at its exit.
    * ``eager traces``: every trace of these, in groups that do not take that turn.
    """
    worlds = plays(program, lazily, Group)
    if worlds is None:
        return {"never": ["too many orders"]}
    if never := set().union(*map(why_never, worlds)):
        return {"never": sorted(never)}
    return {"program": program, "lazy": traces(worlds)} | record_eagerly(program)


def record_eagerly(program: Program) -> dict[str, Any]:
    worlds = plays(program, eagerly, Group)
    without = plays(program, eagerly, WithoutTurn)
    with_one = plays(program, eagerly, WithTurn)
    if worlds is None or without is None or with_one is None:
        return {"notes": ["too many orders"]}
    notes = set().union(*map(notes_on, worlds + without))
    found: dict[str, Any] = {}
    if not notes & (NEVER.keys() | NOT_EAGERLY.keys()):
        if outcomes(worlds) == outcomes(without) == outcomes(with_one):
            found["eager"] = outcomes(worlds)
        else:
            notes.add("sensitive to turns")
        found["eager traces"] = traces(without)
    return found | {"notes": sorted(notes)}


def traces(worlds: list[World]) -> list[Any]:
    return unique([world.events for world in worlds])


def outcomes(worlds: list[World]) -> list[Any]:
    return unique([world.outcome() for world in worlds])


def unique(things: list[Any]) -> list[Any]:
    return sorted((thing for n, thing in enumerate(things) if thing not in things[:n]), key=str)
