"""Places that a program reads and sets, and what is there now.

To ask what is there runs no code of the program, if it can be helped: no property, no
``__getattr__``, no ``__missing__``.  A place holds on to its object, so that no other one gets the
same ``id()`` while the place is compared by it.
"""

from __future__ import annotations

import asyncio
import collections
import enum
import weakref
from collections.abc import Hashable
from contextlib import suppress
from types import CellType, CoroutineType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any

import eagerly


class Word:
    """What is there, as far as it matters."""

    def __init__(self, text: str) -> None:
        self.text = text


MISSING = Word("nothing")
SOMETHING = Word("something")
OLD = Word("what was there before")
NEW = Word("what its creator has set")

MAPPINGS = (
    dict,
    collections.UserDict,
    collections.ChainMap,
    weakref.WeakKeyDictionary,
    weakref.WeakValueDictionary,
)
SETS = (set, frozenset, weakref.WeakSet)
SEQUENCES = (list, collections.deque)
CONTAINERS = (*MAPPINGS, *SETS, *SEQUENCES)

UNCHANGING = (str, bytes, tuple, type)

ITSELF = ""  # for a future the name of the method that waits: it is awaited itself

# Objects of asyncio's with a state that people ask for, and set by a method: how they ask, and how
# we do to know what they are told.
STATES: dict[type, dict[str, str]] = {
    asyncio.Event: {"is_set": "is_set"},
    asyncio.Queue: {
        "empty": "empty", "full": "full", "get_nowait": "empty", "put_nowait": "full",
        "qsize": "qsize",
    },
    asyncio.Task: {"get_name": "get_name"},
    asyncio.Future: {"cancelled": "done", "done": "done", "exception": "done", "result": "done"},
    asyncio.Lock: {"locked": "locked"},
    asyncio.Semaphore: {"locked": "locked"},
}  # fmt: skip


class Place:
    """Something that can be read and set; equal places have equal keys."""

    def __init__(self, owner: Any, key: Hashable) -> None:
        self.owner = owner
        self.key = key

    def answer(self) -> Any:
        """What is there now, or MISSING."""
        raise NotImplementedError

    def answer_in(self, contents: tuple[Any, ...]) -> Any:
        """What was there when these were the contents of the container; see Contents."""
        return self.answer()

    def was_set(self) -> None:
        """Its creator has just set it."""

    def is_found_in(self, place: Place) -> bool:
        """Can what is set there be what is found here?"""
        return False

    def __str__(self) -> str:
        raise NotImplementedError


class Attribute(Place):
    def __init__(self, owner: Any, name: str) -> None:
        super().__init__(owner, (id(owner), "attribute", name))
        self.name = name

    def answer(self) -> Any:
        owner, kind = self.owner, type(self.owner)
        classes = kind.__mro__
        own: dict[str, Any] | None = None
        if isinstance(owner, type):
            classes = type.__dict__["__mro__"].__get__(owner) + classes
            own = {}
        else:
            with suppress(AttributeError):
                own = object.__getattribute__(owner, "__dict__")
            if own is not None and self.name in own:
                return own[self.name]
        for each in classes:
            found = type.__dict__["__dict__"].__get__(each).get(self.name, MISSING)
            if type(found) is MemberDescriptorType:  # a slot
                try:
                    return found.__get__(owner)
                except AttributeError:
                    return MISSING
            if found is not MISSING:
                return found
        return MISSING if own is not None else self._hidden_answer()

    def _hidden_answer(self) -> Any:
        """Of an object that does not show its ``__dict__``, as asyncio's tasks and futures."""
        try:
            return object.__getattribute__(self.owner, self.name)
        except AttributeError:
            return MISSING

    def is_found_in(self, place: Place) -> bool:
        """Of a class that the owner is one of?"""
        if not isinstance(place, Attribute) or place.name != self.name:
            return False
        kind = self.owner if isinstance(self.owner, type) else type(self.owner)
        return place.owner in type.__dict__["__mro__"].__get__(kind)

    def __str__(self) -> str:
        if isinstance(self.owner, type):
            return f"the attribute {self.name!r} of the class {self.owner.__name__}"
        return f"the attribute {self.name!r} of {a(type(self.owner).__name__)}"


class Global(Place):
    def __init__(self, namespace: dict[str, Any], name: str) -> None:
        super().__init__(namespace, (id(namespace), "item", name))  # as globals()[name]
        self.name = name

    def answer(self) -> Any:
        return self.owner.get(self.name, MISSING)

    def __str__(self) -> str:
        return f"the global {self.name!r} of {self.owner.get('__name__', 'a module')}"


class Variable(Place):
    def __init__(self, cell: CellType, name: str) -> None:
        super().__init__(cell, (id(cell), "variable", name))
        self.name = name

    def answer(self) -> Any:
        try:
            return self.owner.cell_contents
        except ValueError:
            return MISSING

    def __str__(self) -> str:
        return f"the variable {self.name!r}"


class Item(Place):
    """An item of a mapping or of a list, or whether something is in a set."""

    def __init__(self, owner: Any, item: Any) -> None:
        super().__init__(owner, (id(owner), "item", item))
        self.item = item

    def answer(self) -> Any:
        owner, item = self.owner, self.item
        if isinstance(owner, dict):
            return dict.get(owner, item, MISSING)
        if isinstance(owner, SETS):
            return True if item in owner else MISSING
        try:
            return owner[item]
        except LookupError:
            return MISSING

    def answer_in(self, contents: tuple[Any, ...]) -> Any:
        if not isinstance(self.owner, SEQUENCES):
            return self.answer()
        return contents[self.item] if 0 <= self.item < len(contents) else MISSING

    def __str__(self) -> str:
        container = a(type(self.owner).__name__)
        if isinstance(self.owner, SETS):
            return f"the membership of {text_of(self.item)} in {container}"
        if isinstance(self.owner, SEQUENCES):
            return f"item {self.item} of {container}"
        return f"the item for {text_of(self.item)} in {container}"


class FromTheEnd(Place):
    """An item of a list by its place from the end: another one when the list grows."""

    def __init__(self, owner: Any, number: int) -> None:
        super().__init__(owner, (id(owner), "from the end", number))
        self.number = number

    def answer(self) -> Any:
        return self.answer_in(self.owner)

    def answer_in(self, contents: Any) -> Any:
        return contents[self.number] if len(contents) >= -self.number else MISSING

    def __str__(self) -> str:
        return f"item {self.number} of {a(type(self.owner).__name__)}"


class Contents(Place):
    """All that is in a container."""

    def __init__(self, owner: Any) -> None:
        super().__init__(owner, (id(owner), "contents"))

    def answer(self) -> Any:
        owner = self.owner
        if isinstance(owner, SETS):
            return frozenset(owner)
        if isinstance(owner, MAPPINGS):
            return (*owner, *owner.values())
        return tuple(owner)

    def answer_in(self, contents: tuple[Any, ...]) -> Any:
        return contents

    def __str__(self) -> str:
        return f"the contents of {a(type(self.owner).__name__)}"


class Size(Place):
    """How much is in a container."""

    def __init__(self, owner: Any) -> None:
        super().__init__(owner, (id(owner), "size"))

    def answer(self) -> Any:
        return len(self.owner)

    def answer_in(self, contents: tuple[Any, ...]) -> Any:
        return len(contents) // (2 if isinstance(self.owner, MAPPINGS) else 1)

    def __str__(self) -> str:
        return f"the size of {a(type(self.owner).__name__)}"


class State(Place):
    """Whether an event is set, how much is in a queue, what a task is called."""

    def __init__(self, owner: Any, method: str) -> None:
        super().__init__(owner, (id(owner), "state", method))
        self._method = method

    def answer(self) -> Any:
        return getattr(self.owner, self._method)()

    def __str__(self) -> str:
        return f"{self._method}() of {a(type(self.owner).__name__)}"


class HiddenAttribute(Attribute):
    """Set by a method of another library's, as Starlette's State has it, and kept somewhere.

    To ask would run that method's counterpart.  So if it is not found in the object, all that is
    known is that the program has set it.
    """

    _hidden = OLD

    def answer(self) -> Any:
        answer = super().answer()
        return self._hidden if answer is MISSING else answer

    def was_set(self) -> None:
        self._hidden = NEW


class HiddenItem(Item):
    """Of a class of another library's, as aiohttp's Application."""

    _hidden = OLD

    def answer(self) -> Any:
        return self._hidden

    def was_set(self) -> None:
        self._hidden = NEW


def attribute(owner: Any, name: str) -> Place:
    """The place of ``owner.name``."""
    if isinstance(owner, ModuleType):
        return Global(vars(owner), name)
    setter = type(owner).__setattr__
    if type(setter) is FunctionType and _is_foreign(setter):
        return HiddenAttribute(owner, name)
    return Attribute(owner, name)


def variable(use: Any) -> Place:
    """The place of the variable that the function *use* returns."""
    return Variable(use.__closure__[0], use.__code__.co_freevars[0])


def item(owner: Any, key: Any) -> Place | None:
    """The place of ``owner[key]``; None if it is none that we can ask."""
    if isinstance(owner, SEQUENCES):
        if type(key) is not int:
            return None
        return Item(owner, key if key >= 0 else key + len(owner))
    if not _is_hashable(key):
        return None
    if isinstance(owner, (*MAPPINGS, *SETS)):
        return Item(owner, key)
    if not isinstance(owner, UNCHANGING) and _is_foreign(getattr(type(owner), "__getitem__", None)):
        return HiddenItem(owner, key)
    return None


def state(owner: Any, method: str) -> Place | None:
    """The place that the *method* of an object of asyncio's tells of."""
    if method == "wait" and isinstance(owner, asyncio.Event) and owner.is_set():
        return State(owner, "is_set")  # it does not wait, and would if the event were cleared
    for kind, asked in STATES.items():
        if method in asked and isinstance(owner, kind):
            return State(owner, asked[method])
    return None


def ended_by(owner: Any, method: str) -> tuple[str, ...]:
    """The methods of an object of asyncio's that wait until that *method* is called, as now."""
    match owner:
        case asyncio.Future() if method in ("cancel", "set_exception", "set_result"):
            return () if owner.done() else (ITSELF,)
        case asyncio.Event() if method == "set":
            return () if owner.is_set() else ("wait",)
        case asyncio.Queue() if method in ("put", "put_nowait"):
            return ("get",) if owner.empty() else ()
        case asyncio.Queue() if method in ("get", "get_nowait"):
            return ("put",) if owner.full() else ()
        case asyncio.Queue() if method in ("shutdown", "task_done"):
            return ("get", "join", "put") if method == "shutdown" else ("join",)
        case asyncio.Lock() | asyncio.Semaphore() if method == "release":
            return ("acquire",) if owner.locked() else ()
        case asyncio.Condition() if method in ("notify", "notify_all"):
            return ("wait", "wait_for")
        case eagerly.Barrier() if method == "wait":
            return ("wait",)
    return ()


def waited_for(awaited: Any) -> tuple[Any, str]:
    """The object that the program waits for, and by which of its methods.

    The future in ``await future``, the event in ``await wait_for(event.wait(), 1)``, the lock in
    ``async with lock``.
    """
    while type(awaited) is CoroutineType and awaited.cr_frame is not None:
        given = awaited.cr_frame.f_locals
        if "fut" not in given:
            return given.get("self"), awaited.cr_code.co_name
        awaited = given["fut"]
    is_lock = isinstance(awaited, (asyncio.Lock, asyncio.Semaphore))
    return awaited, "acquire" if is_lock else ITSELF


def _is_foreign(method: Any) -> bool:
    """Is that a method that has not been rewritten to tell itself what it does?

    No other code has functions as constants.
    """
    constants = getattr(getattr(method, "__code__", None), "co_consts", ())
    return method is not None and not any(type(each) is FunctionType for each in constants)


def _is_hashable(key: Any) -> bool:
    try:
        hash(key)
    except TypeError:
        return False
    return True


PLAIN = (int, float, complex, str, bytes, bool, type(None))


def same(one: Any, other: Any) -> bool:
    """Would a program see no difference?  Objects are the same if they are one object."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, frozenset) or type(one) in PLAIN:
        return bool(one == other)
    return False


def text_of(value: Any) -> str:
    """A few words for *value*, without running its ``__repr__``."""
    if isinstance(value, Word):
        return value.text
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value._name_}"
    if type(value) in PLAIN:
        text = repr(value)
        return text if len(text) <= 40 else text[:36] + " ..."
    if isinstance(value, tuple):
        return some(len(value), "value")
    if isinstance(value, frozenset):
        return some(len(value), "element")
    return a(type(value).__name__)


def other_than(seen: str, value: Any) -> str:
    """A few words for *value*, which is something else than what those for *seen* mean."""
    text = text_of(value)
    if text != seen:
        return text
    first, _, noun = text.partition(" ")
    if first in ("a", "an"):
        return f"another {noun}"
    return f"{first} other {noun}" if first[:1].isdigit() else text


def a(noun: str) -> str:
    return f"{'an' if noun[:1] in 'AEIOUaeiou' else 'a'} {noun}"


def some(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
