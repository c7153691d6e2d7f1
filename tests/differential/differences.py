"""What is not compared, and why: the only list of it.

``docs/differences.md`` promises each of these differences to users; here are the programs that
come upon one, as asyncio plays them.  The recorder leaves them out, or what they do eagerly.
"""

from __future__ import annotations

from typing import Any

import eagerly

# Programs that are left out altogether.
NEVER = {
    "a child of a group stops the loop": "SystemExit and KeyboardInterrupt are raised in the "
    "parent when the children have ended, not by the loop at once (cpython#102572)",
    "a group that cancelled its parent stops the loop": "it takes that cancellation back before "
    "it raises SystemExit or KeyboardInterrupt; asyncio leaves it counted (cpython#102572)",
    "a child of gather stops the loop": "who awaits the future sees SystemExit, in asyncio "
    "perhaps CancelledError (cpython#108549)",
    "a group cancels a child that has not begun": "the child begins first and is cancelled "
    "where it suspends; in asyncio it never runs (cpython#116048)",
    "too many orders": "a group cancels its children in the order of a set, by address, so each "
    "order is right; the recorder follows only so many",
    "no end": "it catches every cancellation",
}

# Programs that are compared lazily only.
NOT_EAGERLY = {
    "stops the loop": "SystemExit and KeyboardInterrupt come out of asyncio's create_task() in "
    "an eager first step; with us the loop raises them",
    "born in a context that is entered": "asyncio raises RuntimeError, we start lazily (gh-157301)",
}

# Programs whose eager outcomes are not compared with those of asyncio's own groups.
NO_EAGER_OUTCOME = {
    "sensitive to turns": "with one turn more or less where a group ends, asyncio's own outcome "
    "is another: 3.14 suspends there if the children have all ended, we do not",
}

# Compared by the native engine only.
NOT_INTERPRETED = {
    "born where an error is handled": "the interpreted engine cannot hide that error from an "
    "eager child, so it starts it lazily (cpython#155575)",
}


def why_never(world: Any) -> set[str]:
    found = world.differences & NEVER.keys()
    if world.stopped_the_loop & world.children:
        found.add("a child of a group stops the loop")
    if world.stopped_the_loop & world.gathered:
        found.add("a child of gather stops the loop")
    if not world.is_over():
        found.add("no end")
    return found


def notes_on(world: Any) -> set[str]:
    """What there is to say about a program, as asyncio has played it eagerly."""
    found = world.differences | why_never(world)
    if world.stopped_the_loop:
        found.add("stops the loop")
    return found


def is_compared_eagerly(notes: list[str]) -> bool:
    return eagerly.native or not NOT_INTERPRETED.keys() & set(notes)
