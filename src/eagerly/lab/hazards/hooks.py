"""What a rewritten program calls: each hook looks at an object, and gives it back.

They look only in the first step of a task, and where one has read something.  They never raise,
even when the interpreter shuts down and has cleared this module and the builtins: hence ``here``
as a default.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from eagerly.lab.hazards import places
from eagerly.lab.hazards.places import (
    CONTAINERS,
    MAPPINGS,
    MISSING,
    SEQUENCES,
    SETS,
    SOMETHING,
    Contents,
    FromTheEnd,
    Global,
    Size,
)
from eagerly.lab.hazards.steps import Here, Site, Step, as_it_is, here, is_there

# Methods that look through a whole container.
LOOK_THROUGH = {"copy", "count", "index", "items", "pop", "popitem", "popleft", "values"}
LOOK_THROUGH |= {"difference", "intersection", "isdisjoint", "issubset", "issuperset", "union"}


# And those that change it.
CHANGE = {"append", "appendleft", "clear", "extend", "extendleft", "insert", "pop", "popitem"}
CHANGE |= {"popleft", "update"}


@dataclass(frozen=True)
class Act:
    """What the program does at a place."""

    reads: bool = False
    sets: bool = False
    counts: bool = False  # reads only to set more, or less
    view: Callable[[Any], Any] = as_it_is


READ = Act(reads=True)
HAS = Act(reads=True, view=is_there)
SET = Act(sets=True)
COUNT = Act(reads=True, sets=True, counts=True)
UPDATE = Act(reads=True, sets=True)
TAKE = Act(reads=True, sets=True, view=is_there)
ACTS = {"": READ, "has_": HAS, "set_": SET, "count_": COUNT, "update_": UPDATE}

ON_ITEMS = {f"{prefix}item": act for prefix, act in ACTS.items()}
ON_ITEMS |= {"in": HAS, "__contains__": HAS, "get": READ, "del_item": TAKE, "add": SET}
ON_ITEMS |= {"discard": TAKE, "remove": TAKE, "pop": UPDATE, "setdefault": UPDATE}
ON_ATTRIBUTES = {"read_attribute": READ, "has_attribute": HAS, "set_attribute": SET}


def site_of(frame: FrameType) -> Site:
    """Where *frame* is."""
    code = frame.f_code
    return Site(code.co_filename, frame.f_lineno, code.co_qualname.replace("<locals>.", ""))


class Looking:
    """While we look, what that runs of the program is not looked at, and our mistakes are ours."""

    def __enter__(self) -> None:
        here.looking = True

    def __exit__(self, _kind: Any, error: BaseException | None, _traceback: Any) -> bool:
        here.looking = False
        return isinstance(error, Exception)


looking = Looking()


def _look(act: Act, make: Callable[..., places.Place | None], *operands: Any) -> None:
    """The program, which has called the hook that calls this, does that at that place."""
    step = here.step
    if here.looking or not (step.is_first or (act.sets and step.trails)):
        return
    with looking:
        place = make(*operands)
        if place is not None:
            _tell(step, act, place, site_of(sys._getframe(2)))


def _tell(step: Step, act: Act, place: places.Place, site: Site) -> None:
    if act.reads and step.is_first:
        step.read(place, act.view, site, act.counts)
    if act.sets:
        step.set(place, site, act.counts)
    if act.reads and act.sets:  # += changes a list that is there
        step.touch(place.answer(), site)


# --------------------------------------------------------------------------- names


def _attributes(act: Act) -> Callable[..., Any]:
    def look(owner: Any, name: str, here: Here = here) -> Any:
        if here.step.alert and type(owner) is not super:
            _look(act, places.attribute, owner, name)
        return owner

    return look


def _variables(act: Act) -> Callable[..., None]:
    def look(use: Callable[[], Any], here: Here = here) -> None:
        if here.step.alert:
            _look(act, places.variable, use)

    return look


def _globals(act: Act) -> Callable[..., None]:
    def look(name: str, here: Here = here) -> None:
        if here.step.alert:
            _look(act, Global, sys._getframe(1).f_globals, name)

    return look


def after(value: Any, _told: None) -> Any:
    """*value*, when it has been told of."""
    return value


# --------------------------------------------------------------------------- containers


def whole(owner: Any, here: Here = here) -> Any:
    """The program goes through *owner*."""
    if here.step.alert and isinstance(owner, CONTAINERS):
        view = keys if isinstance(owner, MAPPINGS) else as_it_is
        _look(Act(reads=True, view=view), Contents, owner)
    return owner


def contents(owner: Any, here: Here = here) -> Any:
    """The program looks at all that is in *owner*, values too."""
    if here.step.alert and isinstance(owner, CONTAINERS):
        _look(READ, Contents, owner)
    return owner


def given(owner: Any, here: Here = here) -> Any:
    """The program gives *owner* to a library that looks through it, and may change it."""
    if here.step.alert and isinstance(owner, CONTAINERS):
        _look(READ, Contents, owner)
        _touch(owner)
    return owner


def changed(owner: Any, here: Here = here) -> Any:
    """The program gives *owner* to a library that changes it."""
    if here.step.alert and isinstance(owner, CONTAINERS):
        _touch(owner)
    return owner


def _touch(owner: Any) -> None:
    step = here.step
    if not here.looking:
        with looking:
            step.changes(owner)
            step.touch(owner, site_of(sys._getframe(2)))


def size(owner: Any, here: Here = here) -> Any:
    """The program asks how much is in *owner*."""
    if here.step.alert and isinstance(owner, CONTAINERS):
        _look(READ, Size, owner)
    return owner


def truth(owner: Any, here: Here = here) -> Any:
    """The program asks whether there is anything in *owner*."""
    if here.step.alert and isinstance(owner, CONTAINERS):
        _look(Act(reads=True, view=is_any), Size, owner)
    return owner


def is_any(size: int) -> Any:
    return SOMETHING if size else MISSING


def keys(contents: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of the contents of a mapping."""
    return contents[: len(contents) // 2]


def method(owner: Any, name: str, here: Here = here) -> Any:
    """The program calls that method."""
    step = here.step
    if not step.alert or here.looking or type(owner) is super:
        return owner
    with looking:
        site = site_of(sys._getframe(1))
        if step.is_first:
            _read_by_method(step, owner, name, site)
            if name in CHANGE and isinstance(owner, CONTAINERS):
                step.changes(owner)
            for ended in places.ended_by(owner, name):
                step.ended[id(owner), ended] = owner
        if step.trails:
            step.touch(owner, site)
    return owner


def _read_by_method(step: Step, owner: Any, name: str, site: Site) -> None:
    if not isinstance(owner, CONTAINERS):
        place = places.state(owner, name) or places.attribute(owner, name)
        step.read(place, as_it_is, site, False)
    elif name in LOOK_THROUGH:
        step.read(Contents(owner), as_it_is, site, False)
    elif name == "keys":
        step.read(Contents(owner), keys, site, False)


def awaited(thing: Any, here: Here = here) -> Any:
    """The program waits for *thing*: lazily it suspends, if a first step has ended that wait."""
    step = here.step
    if step.ended_inside and not here.looking:
        with looking:
            owner, method = places.waited_for(thing)
            if (id(owner), method) in step.ended_inside:
                step.pause()
    return thing


# --------------------------------------------------------------------------- two operands


def first(operand: Any, number: int, here: Here = here) -> Any:
    """The first operand of what the program does at the place of that number."""
    step = here.step
    if step is not here.nobody:
        step.operands.append((number, operand))
    return operand


def second(operand: Any, number: int, how: str, here: Here = here) -> Any:
    """The second operand: now we know both.

    Between the two there may have been an error (then the first one is still there), a
    suspension (then it is in another step) or a call of the same place.
    """
    step = here.step
    if step is here.nobody:
        return operand
    operands = step.operands
    for index in range(len(operands) - 1, -1, -1):
        if operands[index][0] == number:
            other = operands[index][1]
            del operands[index:]
            if step.alert and not here.looking:
                with looking:
                    _tell_of_two(step, other, operand, how, site_of(sys._getframe(1)))
            break
    return operand


def _tell_of_two(step: Step, one: Any, other: Any, how: str, site: Site) -> None:
    if how in ON_ATTRIBUTES:
        _tell(step, ON_ATTRIBUTES[how], places.attribute(one, other), site)
        return
    owner, key = (other, one) if how == "in" else (one, other)
    act = ON_ITEMS[how]
    if not isinstance(owner, CONTAINERS):
        _tell_of_hidden(step, act, owner, key, how, site)
        return
    place: places.Place | None = None
    if how == "item" and isinstance(owner, SEQUENCES) and type(key) is int and key < 0:
        place = FromTheEnd(owner, key)
    elif how.endswith("item") or isinstance(owner, (*MAPPINGS, *SETS)):
        place = places.item(owner, key)
    if place is not None:
        _tell(step, act, place, site)
    elif act.reads and step.is_first:
        step.read(Contents(owner), Having(key) if act is HAS else as_it_is, site, False)
    if act.sets:
        step.changes(owner)
    if act.sets and (place is None or isinstance(owner, SEQUENCES)):
        step.touch(owner, site)


def _tell_of_hidden(step: Step, act: Act, owner: Any, key: Any, how: str, site: Site) -> None:
    if not how.endswith("item") and how != "in":
        _tell(step, READ, places.attribute(owner, how), site)
        if how != "get":
            return
    place = places.item(owner, key)
    if place is not None:
        view = as_it_is if act.view is is_there else act.view
        _tell(step, replace(act, view=view), place, site)


@dataclass(frozen=True, eq=False)
class Having:
    """Looks for one thing in the contents of a container."""

    thing: Any

    def __call__(self, contents: tuple[Any, ...]) -> Any:
        return SOMETHING if self.thing in contents else MISSING


def _all() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for prefix, act in ACTS.items():
        found[f"{prefix}attribute"] = _attributes(act)
        found[f"{prefix}variable"] = _variables(act)
        found[f"{prefix}global"] = _globals(act)
    for each in (
        method, whole, contents, given, changed, size, truth, awaited, first, second, after
    ):  # fmt: skip
        found[each.__name__] = each
    for name, hook in found.items():
        # Who pickles a function of the program by value, as cloudpickle does, finds its hooks here.
        hook.__name__ = hook.__qualname__ = name
    return found


HOOKS = _all()  # by the names that ``rewrite`` has for them
globals().update(HOOKS)
