"""Steps: what the first step of a task read and set, and what its creator set afterwards.

The hazard is a difference between two orders: eagerly a first step runs inside the step of its
creator, lazily after it.  So the first step's reads are kept until the creator's step ends, and
then it is asked whether they would find something else now, and whether it is the creator that
set it.  That is what a lazy task would have found.  A first step may create tasks in turn: what
their first steps read was read early for every creator around them.

A step ends, here, where it would end if no task started eagerly.  A creator that awaits what a
first step has finished does not suspend; lazily it would: see ``Step.pause``.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eagerly.lab.hazards.places import (
    MISSING,
    OLD,
    SOMETHING,
    Attribute,
    Contents,
    Item,
    Place,
    State,
    other_than,
    same,
    text_of,
)


@dataclass(frozen=True)
class Site:
    """A place in the program."""

    path: str
    line: int
    function: str


@dataclass(frozen=True)
class Creation:
    """Where a task was made: by whom, and where the program's own code asked for that."""

    site: Site
    by: Site | None  # None: the program itself
    coroutine: str


@dataclass(frozen=True)
class Hazard:
    """What a first step did, and what its creator did afterwards that a lazy task would see."""

    kind: str  # "read", "set" or "cancelled"
    what: str  # the place
    creation: Creation
    early: Site | None  # where the first step read or set
    coroutine: str  # whose first step did
    seen: str  # what it read or set
    late: Site  # where the creator set, or cancelled
    final: str  # what was there when the creator suspended


@dataclass(frozen=True)
class Read:
    """One thing that a first step read, or set."""

    place: Place
    view: Callable[[Any], Any]  # what the program made of the answer
    seen: Any
    without: Any  # the same, without what its first step had done there itself
    site: Site
    kind: str
    counts: bool  # only to count up or down
    coroutine: str
    order: int


@dataclass(frozen=True)
class Early:
    """A read that came earlier than it would have if *creation* had been lazy."""

    read: Read
    creation: Creation
    order: int


@dataclass(frozen=True)
class Change:
    """Something that the creator set."""

    site: Site
    order: int


MANY = 100  # things in a container: more are not written down at each change
NEVER = Change(Site("", 0, ""), -1)
_order = itertools.count()


class Trail:
    """What happened at one place in one step of a creator."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.early: list[Early] = []
        self.change = NEVER
        self.real_change = NEVER  # more than counting
        self._touch: Change | None = None  # a call that may change something, once it is over
        self._before: Any = None

    def set(self, site: Site, counts: bool) -> None:
        """The creator sets just this place."""
        self.place.was_set()
        self.change = Change(site, next(_order))
        if not counts:
            self.real_change = self.change

    def touch(self, site: Site) -> None:
        """The creator calls something that may change the place."""
        if self._touch is not None and self._touch.site == site:
            return
        self.look()
        self._touch = Change(site, next(_order))
        self._before = self.place.answer()

    def look(self) -> Any:
        """See what is there now, and whether the last touch did it."""
        answer = self.place.answer()
        if self._touch is not None:
            if not same(self._before, answer):
                self.change = self.real_change = self._touch
            self._touch = None
        return answer

    def hazards(self) -> list[Hazard]:
        """Reads that would be answered otherwise now that the creator's step ends."""
        final = self.look()
        found: dict[Creation, Hazard] = {}
        for early in self.early:
            read = early.read
            counts = read.counts and (read.seen is OLD or isinstance(read.seen, (int, float)))
            change = self.real_change if counts else self.change
            now = read.view(final)
            if change.order < early.order or same(read.seen, now) or same(read.without, now):
                continue
            known = found.get(early.creation)
            # A task that reads and then sets is told of once, by what it read first.
            if known is None or (known.kind == "set" and read.kind == "read"):
                seen = text_of(read.seen)
                found[early.creation] = Hazard(
                    read.kind, str(self.place), early.creation, read.site, read.coroutine,
                    seen, change.site, other_than(seen, now),
                )  # fmt: skip
        return list(found.values())


@dataclass
class Own:
    """What a first step set itself."""

    place: Place
    site: Site
    counts: bool
    since: int | None = None  # when first to something new; None: only counted


class Step:
    """A step of a task, or a callback of the loop."""

    def __init__(self, creation: Creation | None = None, creator: Step | None = None) -> None:
        self.creation = creation
        self.creator = creator
        self.pauses = 0
        self._pauses_before = 0 if creator is None else creator.pauses
        self.is_first = creation is not None
        self.operands: list[tuple[int, Any]] = []  # see hooks.first
        self.forget()
        self.alert = self.is_first  # does it matter what it reads and sets?

    def forget(self) -> None:
        """Let go of the program's objects."""
        self.operands.clear()
        self.reads: dict[Hashable, Read] = {}
        self.own: dict[Hashable, Own] = {}
        self.before: dict[
            int, tuple[Any, Any]
        ] = {}  # containers that it changes, and their contents
        self._found: list[Hazard] = []
        self._follow_nobody()
        # The waits that it has ended, by object and method; the object, which keeps its id().
        self.ended: dict[tuple[int, str], Any] = {}
        self.alert = False

    def _follow_nobody(self) -> None:
        self.trails: dict[Hashable, Trail] = {}
        self.by_owner: dict[int, list[Trail]] = {}
        self.ended_inside: dict[tuple[int, str], Any] = {}  # by the first steps inside

    @contextmanager
    def interrupted(self) -> Iterator[None]:
        """Other code runs in it, and may leave operands behind."""
        depth = len(self.operands)
        try:
            yield
        finally:
            del self.operands[depth:]

    def is_inside(self, step: Step | None) -> bool:
        """Did this first step run inside *step*, since that has last paused?"""
        inner = self
        while inner.creator is not None:
            if inner.creator is step:
                return inner._pauses_before == step.pauses
            inner = inner.creator
        return False

    # ----------------------------------------------------------------------- as a first step

    def read(self, place: Place, view: Callable[[Any], Any], site: Site, counts: bool) -> None:
        """It reads that place; what it set itself is no news to it."""
        key: Hashable = place.key, view, site
        own = self.own.get(place.key)
        known = key in self.reads
        if self.creation is None or (known and not isinstance(place, State)):
            return
        if own is not None and not own.counts:
            return
        seen = without = view(place.answer())
        if id(place.owner) in self.before:
            without = view(place.answer_in(self.before[id(place.owner)][1]))
        coroutine = self.creation.coroutine
        if known:  # while not queue.empty(): it ends where that is asked last
            key = key, "last"
        order = next(_order)
        self.reads[key] = Read(place, view, seen, without, site, "read", counts, coroutine, order)

    def changes(self, container: Any) -> None:
        """It is about to change what is in there."""
        if self.is_first and id(container) not in self.before and len(container) <= MANY:
            self.before[id(container)] = container, Contents(container).answer()

    def hand_over(self) -> None:
        """Tell the creator, whose step goes on, what was read and set."""
        creator, creation = self.creator, self.creation
        if creator is None or creation is None:
            return
        for read in self.reads.values():
            creator.keep(read, creation)
        for own in self.own.values():
            place, seen, order = own.place, own.place.answer(), next(_order)
            read = Read(
                place, as_it_is, seen, seen, own.site, "set", own.counts, creation.coroutine, order
            )
            creator.keep(read, creation)
            if creator.is_first:
                creator.own.setdefault(own.place.key, own)
        self._hand_on(creator, creation)
        creator.ended_inside |= self.ended

    def _hand_on(self, creator: Step, creation: Creation) -> None:
        """Tell it what was read in the first steps inside."""
        for trail in self.trails.values():
            mine = self.own.get(trail.place.key)
            since = None if mine is None else mine.since
            for early in trail.early:
                if early.read.kind == "read" and (since is None or early.read.order < since):
                    creator.keep(early.read, creation)
        creator.ended_inside |= self.ended_inside

    # ----------------------------------------------------------------------- as a creator

    def keep(self, read: Read, creation: Creation) -> None:
        """A task that was created in this step has read or set that."""
        self.alert = True
        place = read.place
        trail = self.trails.get(place.key)
        if trail is None:
            trail = self.trails[place.key] = Trail(place)
            self.by_owner.setdefault(id(place.owner), []).append(trail)
        trail.early.append(Early(read, creation, next(_order)))

    def set(self, place: Place, site: Site, counts: bool) -> None:
        """It sets that place."""
        if self.is_first:
            self._set_itself(place, site, counts)
        trail = self.trails.get(place.key)
        if trail is not None:
            trail.set(site, counts)
        if isinstance(place.owner, type):
            for trail in self.trails.values():
                if trail.place.is_found_in(place):
                    trail.set(site, counts)
        if isinstance(place, Item):  # which changes the contents, but no other item
            for trail in self.by_owner.get(id(place.owner), ()):
                if not isinstance(trail.place, Item):
                    trail.touch(site)

    def _set_itself(self, place: Place, site: Site, counts: bool) -> None:
        own = self.own.get(place.key)
        if own is None:
            own = self.own[place.key] = Own(place, site, counts)
        if not counts:
            own.site, own.counts = site, False
            if own.since is None:
                own.since = next(_order)

    def touch(self, owner: Any, site: Site) -> None:
        """It calls a method that may change what is in *owner*."""
        for trail in self.by_owner.get(id(owner), ()):
            if not isinstance(trail.place, Attribute):  # to set that is told by who does it
                trail.touch(site)

    def pause(self) -> None:
        """Here it waits, if the tasks that it has created start lazily: now they would start."""
        self._found = self.hazards()
        if self.creator is not None and self.creation is not None:
            self._hand_on(self.creator, self.creation)
        self._follow_nobody()
        self.pauses += 1

    def hazards(self) -> list[Hazard]:
        """What the tasks that were created in this step read or set too early."""
        late = [hazard for trail in self.trails.values() for hazard in trail.hazards()]
        return self._found + late


def as_it_is(answer: Any) -> Any:
    return answer


def is_there(answer: Any) -> Any:
    return MISSING if answer is MISSING else SOMETHING


class Here(threading.local):
    """What the current thread is doing."""

    step = nobody = Step()
    looking = False  # what we run ourselves is not looked at


here = Here()
