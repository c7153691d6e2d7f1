"""Random programs: started lazily, our tasks leave the very trace that asyncio's leave.

Only where asyncio's own semantics are those of 3.15 for all that the programs do.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import pytest
from helpers import loop_of, turn
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import eagerly

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 13), reason="asyncio's own semantics were others before Python 3.13"
)

TASKS = 6
FUTURES = 3
TURNS = 40

number: ContextVar[int] = ContextVar("number", default=0)

task = st.integers(0, TASKS - 1)
tasks = st.lists(task, min_size=1, max_size=3, unique=True)
future = st.integers(0, FUTURES - 1)
message = st.sampled_from(["a", "b", None])
error = st.sampled_from([ValueError, KeyError, asyncio.CancelledError])

# What a task can do.  It waits only for tasks of a higher number, so never in a circle.
deed = st.one_of(
    st.tuples(st.just("give way"), st.integers(1, 3)),
    st.tuples(st.just("await future"), future),
    st.tuples(st.just("set future"), future),
    st.tuples(st.just("fail future"), future),
    st.tuples(st.just("cancel future"), future),
    st.tuples(st.just("start"), task),
    st.tuples(st.just("await task"), task),
    st.tuples(st.just("shield"), task),
    st.tuples(st.just("cancel"), task, message),
    st.tuples(st.just("cancel myself"), message),
    st.tuples(st.just("uncancel myself")),
    st.tuples(st.just("group"), tasks, st.integers(0, 2)),
    st.tuples(st.just("gather"), tasks, st.booleans()),
    st.tuples(st.just("wait"), tasks),
    st.tuples(st.just("call back"), task),
    st.tuples(st.just("call soon"), st.integers(0, 9)),
    st.tuples(st.just("set number"), st.integers(1, 9)),
    st.tuples(st.just("raise"), error),
)
script = st.lists(
    st.one_of(
        deed,
        st.tuples(st.just("try"), st.lists(deed, max_size=4)),
        st.tuples(st.just("finally"), st.lists(deed, max_size=3)),
    ),
    max_size=7,
)


@settings(
    max_examples=120,
    deadline=None,
    database=None,
    derandomize="CI" in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(script, min_size=TASKS, max_size=TASKS))
@example(
    # A group is left when its last child's end has been told, not when it has come.
    [
        [("cancel myself", None), ("group", [1, 2], 0)],
        [("give way", 1)],
        [("raise", ValueError)],
        *([], [], []),
    ]
)
@example(
    # An error counts whichever of the children it comes from, and whenever.
    [[("wait", [1, 2]), ("gather", [1, 2], False)], [], [("raise", ValueError)], [], [], []]
)
def test_a_program_leaves_the_same_trace(program):
    theirs = trace(asyncio, program, OldestFirst)
    assume(theirs == trace(asyncio, program, NewestFirst))

    assert trace(eagerly, program, eagerly.TaskGroup) == theirs


class OldestFirst(asyncio.TaskGroup):
    """asyncio's cancels its children in the order of a set, by address: nobody can rely on it."""

    def __init__(self) -> None:
        super().__init__()
        self._tasks = Ordered()


class Ordered(dict):
    def add(self, thing: Any) -> None:
        self[thing] = None

    def discard(self, thing: Any) -> None:
        self.pop(thing, None)


class NewestFirst(asyncio.TaskGroup):
    def __init__(self) -> None:
        super().__init__()
        self._tasks = Reversed()


class Reversed(Ordered):
    def __iter__(self) -> Any:
        return reversed(list(super().__iter__()))


def trace(api: ModuleType, program: list[Any], group: type) -> list[Any]:
    """Run *program*, in which only the first task and the last are started; what happened."""
    with loop_of() as (loop, _):
        world = World(api, program, loop, group)
        world.tick()
        for n in (0, TASKS - 1):
            world.task(n)
        turn(loop, TURNS)
        while not world.is_over():  # what waits for nobody, or catches it, is cancelled again
            for n, one in sorted(world.tasks.items()):
                world.says("after all,", n, ended(one))
                one.cancel()
            turn(loop, TURNS)
        world.says("in the end", [ended(one) for _, one in sorted(world.tasks.items())])
    return world.events


class World:
    """One run of a program: its tasks, its futures and what happened."""

    def __init__(self, api: ModuleType, program: list[Any], loop: Any, group: type) -> None:
        self.api = api
        self.group = group
        self.program = program
        self.loop = loop
        self.turn = 0
        self.events: list[Any] = []
        self.futures = [loop.create_future() for _ in range(FUTURES)]
        self.tasks: dict[int, Any] = {}

    def tick(self) -> None:
        self.turn += 1
        self.loop.call_soon(self.tick)

    def says(self, *event: Any) -> None:
        self.events.append((self.turn, *event))

    def task(self, n: int) -> Any:
        """Task *n*, started lazily if it was not yet."""
        if n not in self.tasks:
            self.tasks[n] = self.api.Task(self.run(n), loop=self.loop, name=f"task {n}")
        return self.tasks[n]

    def is_over(self) -> bool:
        return all(one.done() for one in self.tasks.values())

    async def run(self, n: int) -> Any:
        me = asyncio.current_task()
        self.says(n, "begins as", me.get_name(), "with", number.get())
        try:
            return await self.perform(n, self.program[n])
        except BaseException as raised:
            self.says(n, "raises", shown(raised))
            raise
        finally:
            self.says(n, "ends", me.cancelling(), len(asyncio.all_tasks(self.loop)))

    async def perform(self, n: int, script: list[Any]) -> Any:
        result = None
        for deed in script:
            self.says(n, *deed)
            if deed[0] == "finally":
                try:
                    return await self.perform(n, script[script.index(deed) + 1 :])
                finally:
                    await self.perform(n, deed[1])
            elif deed[0] == "try":
                try:
                    result = await self.perform(n, deed[1])
                except (Exception, asyncio.CancelledError) as raised:
                    result = shown(raised)
            else:
                result = await self.do(n, *deed)
            self.says(n, deed[0], "gave", result)
        return result

    async def do(self, me: int, what: str, *arguments: Any) -> Any:
        myself = asyncio.current_task()
        match what, *arguments:
            case "give way", n:
                for _ in range(n):
                    await asyncio.sleep(0)
            case "await future", n:
                return await self.futures[n]
            case "set future", n if not self.futures[n].done():
                self.futures[n].set_result(n)
            case "fail future", n if not self.futures[n].done():
                self.futures[n].set_exception(LookupError(n))
            case "cancel future", n:
                return self.futures[n].cancel("of the future")
            case "start", n:
                self.task(n)
            case "await task", n if n > me:
                return await self.task(n)
            case "shield", n if n > me:
                return await asyncio.shield(self.task(n))
            case "cancel", n, message:
                return self.task(n).cancel(message)
            case "cancel myself", message:
                return myself.cancel(message)
            case ("uncancel myself",):
                return myself.uncancel()
            case "group", children, turns:
                return await self.in_group(me, children, turns)
            case "gather", children, return_exceptions:
                known = [self.task(n) for n in children if n > me]
                gathered = self.api.gather(*known, return_exceptions=return_exceptions)
                return [shown(result) for result in await gathered]
            case "wait", children if max(children) > me:
                known = {self.task(n): n for n in children if n > me}
                done, _ = await asyncio.wait(known, return_when=asyncio.FIRST_COMPLETED)
                return sorted(known[one] for one in done)
            case "call back", n:
                self.task(n).add_done_callback(lambda one: self.says(n, "called back", ended(one)))
            case "call soon", n:
                self.loop.call_soon(self.says, "callback", n)
            case "set number", n:
                before = number.get()
                number.set(n)
                return before
            case "raise", kind:
                raise kind("on purpose")
        return None

    async def in_group(self, me: int, children: list[int], turns: int) -> list[Any]:
        lazily = {"eager_start": False} if self.api is eagerly else {}
        new = [n for n in children if n > me and n not in self.tasks][:2]
        async with self.group() as group:
            for n in new:
                self.tasks[n] = group.create_task(self.run(n), name=f"task {n}", **lazily)
            for _ in range(turns):
                await asyncio.sleep(0)
        return [ended(self.tasks[n]) for n in new]


def shown(thing: Any) -> Any:
    if isinstance(thing, BaseExceptionGroup):
        return type(thing).__name__, [shown(one) for one in thing.exceptions]
    if isinstance(thing, BaseException):
        return type(thing).__name__, thing.args
    return thing


def ended(one: Any) -> Any:
    """How a task ended, if it did."""
    if not one.done():
        return "pending", one.cancelling()
    if one.cancelled():
        return "cancelled", one.cancelling()
    raised = one.exception()
    return ("returned", one.result()) if raised is None else ("raised", shown(raised))
