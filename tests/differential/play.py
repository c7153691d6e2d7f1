"""Play a program with asyncio's tasks or with ours, and write down what happens.

Time is counted in turns of the loop: every turn takes one second of the loop's own clock, so a
timeout always comes at the same point, and two traces agree turn by turn or not at all.
"""

from __future__ import annotations

import asyncio
import contextvars
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from language import FUTURES, TASKS, Deed, Program, Script

TURNS = 30  # of a program; then what still waits is cancelled
MORE_TURNS = 15  # for it to end
ROUNDS = 8  # of cancelling those that catch it

LOOP_STOPS = (SystemExit, KeyboardInterrupt)

number: contextvars.ContextVar[int] = contextvars.ContextVar("number", default=0)


class Special(BaseException):
    """An error that `except Exception` does not catch, and that means nothing to a loop."""


ERRORS: dict[str, Callable[[], BaseException]] = {
    "ExceptionGroup": lambda: ExceptionGroup("of main's own", [ValueError("inside")]),
    "Special": lambda: Special("on purpose"),
} | {
    kind.__name__: lambda kind=kind: kind("on purpose")  # type: ignore[misc]
    for kind in (
        *(ValueError, KeyError, TimeoutError, asyncio.CancelledError),
        *(GeneratorExit, StopIteration, SystemExit, KeyboardInterrupt),
    )
}


@dataclass(frozen=True)
class How:
    """How tasks are made."""

    api: ModuleType
    group: Callable[[World], Any]
    arguments: dict[str, Any]  # of every create_task()
    factory: Any = None
    eager: bool = False
    debug: bool = False


def play(program: Program, how: How) -> World:
    """Run *program*, to the end of all its tasks."""
    loop = Clockwork()
    loop.set_debug(how.debug)
    try:
        loop.set_task_factory(how.factory)
        world = World(program, how, loop)
        loop.set_exception_handler(world.is_told)
        loop.call_soon(world.task, 0)
        world.turn(TURNS)
        for _ in range(ROUNDS):
            if world.is_over():
                break
            for n, one in sorted(world.tasks.items()):
                if not one.done():
                    world.says(n, "after all", ended(one))
                    one.cancel()
            world.turn(MORE_TURNS)
        world.says("", "in the end", world.outcome())
    finally:
        loop.close()
    return world


class Clockwork(asyncio.BaseEventLoop):
    """A loop without sockets; each of its turns takes a second."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = self
        self.now = 0
        self.until = 0

    def time(self) -> float:
        return self.now

    def select(self, timeout: float | None) -> list[Any]:
        """The one moment of each turn that is the loop's own."""
        self.now += 1
        if not self._ready and not self._scheduled:
            self.now = max(self.now, self.until)  # nothing will happen
        if self.now >= self.until:
            self.stop()
        return []

    def _process_events(self, events: list[Any]) -> None: ...


class World:
    """One run of a program: its tasks, its futures and what happened."""

    def __init__(self, program: Program, how: How, loop: Clockwork) -> None:
        self.program = program
        self.how = how
        self.loop = loop
        self.events: list[Any] = []
        self.futures = [loop.create_future() for _ in range(FUTURES)]
        self.tasks: dict[int, Any] = {}
        self.groups: dict[int, list[Any]] = {n: [] for n in range(TASKS)}
        self.timeouts: dict[int, list[Any]] = {n: [] for n in range(TASKS)}
        self.context = contextvars.copy_context()
        # For differences.py, which says what is not compared:
        self.begun: set[Any] = set()
        self.children: set[Any] = set()
        self.gathered: set[Any] = set()
        self.stopped_the_loop: set[Any] = set()
        self.differences: set[str] = set()

    def turn(self, n: int) -> None:
        self.loop.until = self.loop.now + n
        while self.loop.now < self.loop.until:
            try:
                self.loop.run_forever()
            except LOOP_STOPS as raised:
                self.says("", "the loop raises", shown(raised))

    def is_over(self) -> bool:
        return all(one.done() for one in self.tasks.values())

    def outcome(self) -> list[Any]:
        """How every task and every future ended."""
        tasks = [[n, *ended(one)] for n, one in sorted(self.tasks.items())]
        return [*tasks, *([n, *ended(one)] for n, one in enumerate(self.futures, TASKS))]

    def says(self, *event: Any) -> None:
        self.events.append([self.loop.now, *event])

    def is_told(self, loop: Any, report: dict[str, Any]) -> None:
        """The loop's exception handler.

        When a lost error is reported depends on references, and each asyncio has its own
        opinion on the errors of shielded futures.
        """
        what = report["message"]
        if not any(known in what for known in ("never retrieved", "was destroyed", "shielded")):
            self.says("", "reported", plain(what), shown(report.get("exception")))

    # ----------------------------------------------------------------------- tasks

    def task(self, n: int, context: contextvars.Context | None = None) -> Any:
        """Task *n*; it begins now if it has not yet."""
        if n not in self.tasks:
            create_task = self.how.api.create_task
            self.tasks[n] = create_task(self.run(n), **self.options(n, context))
        return self.tasks[n]

    def options(self, n: int, context: contextvars.Context | None = None) -> dict[str, Any]:
        self.sees_birth()
        return {"name": f"task {n}", "context": context} | self.how.arguments

    def sees_birth(self) -> None:
        if sys.exception() is not None:
            self.differences.add("born where an error is handled")

    async def run(self, n: int, named: bool = True) -> Any:
        me = asyncio.current_task()
        if self.tasks.setdefault(n, me) is not me:  # in an eager first step it is news
            return "begun by somebody else"
        self.begun.add(me)
        name = me.get_name() if named else "gathered"
        self.says(n, "begins as", name, "with", number.get(), me.cancelling())
        try:
            return await self.perform(n, self.program[n])
        except BaseException as raised:
            if isinstance(raised, LOOP_STOPS):
                self.stopped_the_loop.add(me)
            self.says(n, "raises", shown(raised))
            raise
        finally:
            self.says(n, "ends", me.cancelling(), len(asyncio.all_tasks(self.loop)))

    async def perform(self, n: int, script: Script) -> Any:
        result = None
        for deed in script:
            before = self.loop.now
            self.says(n, deed[0])
            result = await self.do(n, *deed)
            if result is not None or self.loop.now != before:
                self.says(n, deed[0], "gave", result)
        return result

    # ----------------------------------------------------------------------- deeds

    async def do(self, me: int, what: str, *arguments: Any) -> Any:
        match what, *arguments:
            case "turns", n:
                for _ in range(n):
                    await asyncio.sleep(0)
            case "sleep", n:
                await asyncio.sleep(n)
            case "raise", kind:
                raise ERRORS[kind]()
            case "except", script:
                try:
                    return await self.perform(me, script)
                except (Exception, asyncio.CancelledError, Special) as raised:
                    return ["caught", shown(raised)]
            case "except error", script:
                try:
                    return await self.perform(me, script)
                except Exception as raised:
                    return ["caught", shown(raised)]
            case "finally", script, last:
                try:
                    return await self.perform(me, script)
                finally:
                    await self.perform(me, last)
            case "group", children, script:
                return await self.in_group(me, children, script)
            case "timeout", patience, script:
                return await self.with_timeout(me, patience, script)
            case "await" | "shield" | "wait for", n, *rest:
                return await self.wait_for_one(me, what, n, *rest)
            case "gather" | "gather and cancel" | "wait" | "as completed", many, *rest:
                return await self.wait_for_many(me, what, many, *rest)
            case _:
                return self.do_at_once(me, what, *arguments)
        return None

    def do_at_once(self, me: int, what: str, *arguments: Any) -> Any:
        match what, *arguments:
            case "set future", n if not self.futures[n].done():
                self.futures[n].set_result(n)
            case "fail future", n, kind if not self.futures[n].done():
                self.futures[n].set_exception(ERRORS[kind]())
            case "cancel future", n, message:
                return self.futures[n].cancel(message)
            case "start", n:
                self.task(n)
            case "start in context", n if n not in self.tasks:
                if self.how.eager and is_entered(self.context):
                    self.differences.add("born in a context that is entered")
                    return None
                self.task(n, self.context)
            case "cancel", n, message:
                return self.task(n).cancel(message)
            case "uncancel", n:
                return self.task(n).uncancel()
            case "child" | "child for", *parent, n if self.groups[parent[0] if parent else me]:
                return self.child(parent[0] if parent else me, n)
            case "cancel group", n if self.groups[n]:
                self.groups[n][-1].cancel()
            case "reschedule", patience if self.timeouts[me]:
                when = None if patience is None else self.loop.time() + patience
                self.timeouts[me][-1].reschedule(when)
            case "look", n if n in self.tasks:
                return [ended(self.tasks[n]), len(asyncio.all_tasks(self.loop))]
            case "number", n:
                before = number.get()
                number.set(n)
                return before
            case "soon", deed:
                self.loop.call_soon(self.call_back, deed)
            case "later", turns, deed:
                self.loop.call_later(turns, self.call_back, deed)
            case "when done", n, deed:
                self.thing(-1, n).add_done_callback(lambda one: self.call_back(deed, ended(one)))
        return None

    def call_back(self, deed: Deed, *about: Any) -> None:
        """A callback of the loop, which is nobody's deed."""
        what, *arguments = deed
        try:
            result = self.do_at_once(0, what, *arguments)
        except RuntimeError as raised:  # a group refuses a child
            result = shown(raised)
        self.says("", "callback", what, number.get(), result, *about)

    async def wait_for_one(self, me: int, what: str, n: int, *rest: Any) -> Any:
        one = self.thing(me, n)
        if one is None:
            return None
        if what == "shield":
            one = asyncio.shield(one)
        if what == "wait for":
            return await wait_for(one, *rest)
        return await one

    async def wait_for_many(self, me: int, what: str, numbers: list[int], *rest: Any) -> Any:
        if what == "gather":
            (return_exceptions,) = rest
            return shown(await self.gather(me, numbers, return_exceptions))
        if what == "gather and cancel":
            return_exceptions, turns, message = rest
            outer = self.gather(me, numbers, return_exceptions)
            for _ in range(turns):
                await asyncio.sleep(0)
            self.says(me, "cancels it", outer.cancel(message))
            return shown(await outer)
        known = {one: n for n in numbers if (one := self.thing(me, n)) is not None}
        if not known:
            return None
        if what == "wait":
            when, patience = rest
            done, _ = await asyncio.wait(
                known, return_when=getattr(asyncio, when), timeout=patience
            )
            return sorted(known[one] for one in done)
        if sum(one.done() for one in known) > 1:  # in which order they come is an accident
            return None
        results = []
        for coming in asyncio.as_completed(known, timeout=rest[0]):
            try:
                results.append(await coming)
            except Exception as raised:
                results.append(shown(raised))
            self.says(me, "comes", results[-1])
        return results

    def thing(self, me: int, n: int) -> Any:
        """What *n* stands for, if *me* may wait for it: never for one another, in a circle."""
        if n >= TASKS:
            return self.futures[n - TASKS]
        return self.task(n) if n > me else None

    def gather(self, me: int, numbers: list[int], return_exceptions: bool) -> Any:
        """Eagerly, gather makes the tasks; lazily it cannot be told to."""
        new: dict[int, Any] = {}
        for n in numbers:
            if self.how.eager and me < n < TASKS and n not in {*self.tasks, *new}:
                self.sees_birth()
                new[n] = self.run(n, named=False)
        children = [
            new[n] if n in new else self.thing(me, n) for n in numbers if n > me or n >= TASKS
        ]
        outer = self.how.api.gather(*children, return_exceptions=return_exceptions)
        self.gathered.update(self.tasks[n] for n in numbers if n in self.tasks)
        return outer

    # ----------------------------------------------------------------------- blocks

    async def in_group(self, me: int, children: list[int], script: Script) -> Any:
        async with self.how.group(self) as group:
            self.groups[me].append(group)
            for n in children:
                self.child(me, n)
            result = await self.perform(me, script)
        self.says(me, "leaves the group", asyncio.current_task().cancelling())
        return [result, [[n, *ended(self.tasks[n])] for n in children if n in self.tasks]]

    def child(self, parent: int, n: int) -> Any:
        """Begin task *n* as a child of the last group that *parent* has entered."""
        if n <= parent or n in self.tasks:
            return None
        group = self.groups[parent][-1]
        self.tasks[n] = group.create_task(self.run(n), **self.options(n))
        self.children.add(self.tasks[n])
        return "born"

    async def with_timeout(self, me: int, patience: float | None, script: Script) -> Any:
        timeout = asyncio.timeout(patience)
        self.timeouts[me].append(timeout)
        try:
            async with timeout:
                return await self.perform(me, script)
        finally:
            self.timeouts[me].pop()
            self.says(me, "timeout", timeout.expired(), asyncio.current_task().cancelling())


if sys.version_info >= (3, 12):
    wait_for = asyncio.wait_for
else:

    async def wait_for(future: Any, patience: float | None) -> Any:
        """What asyncio.wait_for() is from 3.12 on: before, it had a task and rules of its own."""
        if patience is None or patience > 0:
            async with asyncio.timeout(patience):
                return await future
        if future.done():
            return future.result()
        ended = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda _: ended.done() or ended.set_result(None))
        future.cancel()
        await ended
        try:
            return future.result()
        except asyncio.CancelledError:
            raise TimeoutError from None


def is_entered(context: contextvars.Context) -> bool:
    try:
        context.run(int)
    except RuntimeError:
        return True
    return False


# --------------------------------------------------------------------------- as JSON


def shown(thing: Any) -> Any:
    if isinstance(thing, BaseExceptionGroup):
        return [type(thing).__name__, thing.message, [shown(one) for one in thing.exceptions]]
    if isinstance(thing, BaseException):
        return [type(thing).__name__, *map(shown, thing.args)]
    if isinstance(thing, list):
        return [shown(one) for one in thing]
    return plain(thing) if isinstance(thing, str) else thing


def plain(text: str) -> str:
    """*text* without what a repr says."""
    return re.sub("<.*>", "<...>", text)


def ended(one: Any) -> list[Any]:
    """How a task or a future ended, if it did."""
    count = [one.cancelling()] if isinstance(one, asyncio.Task) else []
    if not one.done():
        return ["pending", *count]
    if one.cancelled():
        return ["cancelled", *count]
    raised = one.exception()
    return ["returned", one.result()] if raised is None else ["raised", shown(raised)]
