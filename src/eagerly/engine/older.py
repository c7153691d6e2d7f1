"""What asyncio up to 3.13 did not think of when a task factory starts the task, put right.

Its ``create_task()`` functions name the task when the factory has returned it, too late for the
first step (gh-128308; uvloop does so still), and their frames keep a task that has failed there
(gh-128552).  Its ``staggered_race()`` relies on tasks that start later (gh-124309).

Interpreted: it reads frames.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from asyncio import staggered
from collections.abc import Iterator
from types import CodeType, FrameType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# From 3.14 asyncio gives the name to the factory; where it does not, none of this is mended.
needed = "name" in asyncio.BaseEventLoop.create_task.__code__.co_varnames

# By identity: to hash a code object takes longer than to make a task.
_makers = {
    id(function.__code__)
    for function in (
        asyncio.BaseEventLoop.create_task,
        asyncio.create_task,
        asyncio.TaskGroup.create_task,
        getattr(asyncio.tasks, "_set_task_name", asyncio.create_task),
    )
}

# Whose coroutines asyncio relies on to start late.
(racer,) = (
    code
    for code in staggered.staggered_race.__code__.co_consts
    if isinstance(code, CodeType) and code.co_name == "run_one_coro"
)


def name_to_come(coro: Any) -> str | None:
    """The name that asyncio will give to the task of *coro*, which takes its first step."""
    own = getattr(coro, "cr_frame", None)
    for frame in _makers_outside(own and own.f_back):
        arguments = frame.f_locals
        name = arguments.get("name") or arguments.get("kwargs", {}).get("name")
        if name is not None:
            return str(name)
    return None


def names_late(coro: Any) -> bool:
    """Is it asyncio that calls set_name(), after the first step of *coro*?  That knew the name."""
    if not needed or not any(_makers_outside(sys._getframe())):
        return False
    return coro is None or inspect.getcoroutinestate(coro) != inspect.CORO_CREATED


def forget_task(loop: asyncio.AbstractEventLoop) -> None:
    """Have the frames to which a task is returned, from here, let go of it at the next turn."""
    for frame in _makers_outside(sys._getframe()):
        loop.call_soon(frame.clear)


def _makers_outside(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None and frame.f_globals.get("__name__", "").startswith("eagerly."):
        frame = frame.f_back
    while frame is not None and id(frame.f_code) in _makers:
        yield frame
        frame = frame.f_back
