"""Making tasks: create_task, the task factories, and whose task a loop makes."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Coroutine, Generator
from types import CellType, MethodType
from weakref import WeakKeyDictionary

import cython

from eagerly.engine import older, registry
from eagerly.engine.task import Task, TaskQueue, new_task, queue_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

if cython.compiled:
    from cython.cimports.eagerly.engine.capi import function_of
else:

    def function_of(thing: Any, name: str) -> Any:
        """The function that ``thing.name()`` calls, or None: it is no method of its class."""
        bound = getattr(thing, name)
        return bound.__func__ if type(bound) is MethodType and bound.__self__ is thing else None


_older = older.needed
_racer = older.racer

# Looked up now: install() puts ours there, on Python 3.11 too, which has none.
_code_of_theirs = getattr(getattr(asyncio, "eager_task_factory", None), "__code__", None)


def spawn(queue: TaskQueue, coro: Any, name: object, context: Any, eager_start: Any) -> Task:
    """A task of ours, started unless *eager_start* is False."""
    task = new_task(queue, coro, name, context)
    try:
        if eager_start is None or eager_start:
            task._start(context is not None)
        else:
            task._start_later()
        return task
    finally:
        task = None  # type: ignore[assignment]  # see Driver._step


def makes_ours(queue: TaskQueue) -> bool:
    """Does the loop leave it to us to make tasks?

    Not if it has somebody else's task factory or create_task(): theirs may do more than make
    a task (sentry, aiomonitor, debuggers).
    """
    loop: Any = queue.loop
    factory = loop._task_factory if queue.loop_has_fields else loop.get_task_factory()
    if factory is None or factory is _ours:
        return _has_plain_create_task(loop)
    is_alike = type(factory) is EagerTaskFactory and factory.constructor is Task
    return is_alike and _has_plain_create_task(loop)


# What asyncio's loops have, unless somebody patches it later; install() adds its own.
plain_create_tasks = _plain = [asyncio.BaseEventLoop.create_task]


def _has_plain_create_task(loop: Any) -> bool:
    # Not by looking into its __dict__: that makes one, and up to 3.12 all that the loop does
    # with its attributes slower for ever, a tenth of a turn.
    if function_of(loop, "create_task") in _plain:
        return True
    kind = type(loop)
    if loop.create_task != kind.create_task.__get__(loop):
        return False
    for base in kind.__mro__:
        if "create_task" in base.__dict__:
            is_uvloops = base.__module__ == "uvloop.loop"  # compiled: nobody can patch that class
            if is_uvloops:
                _plain.append(kind.create_task)
            return bool(is_uvloops)
    return False


def make_lazily(queue: TaskQueue, coro: Any, context: Any) -> Any:
    """A task of the loop's, for when it runs."""
    if makes_ours(queue):
        return Task(coro, loop=queue.loop, context=context)
    return queue.loop.create_task(coro, context=context)


def create_task(
    coro: Coroutine[Any, Any, T],
    *,
    name: object = None,
    context: contextvars.Context | None = None,
    eager_start: bool | None = None,
    **kwargs: Any,
) -> asyncio.Task[T]:
    """Start *coro* as a task of the running loop, now, and return the task.

    If it ends before it first suspends, the loop never hears of it.  ``eager_start=False``
    takes its first step at the loop's next turn instead.  *name* and *context* are the task's.
    RuntimeError: no loop is running.  TypeError: *coro* is no coroutine.

    On a loop with a task factory of its own, that makes the task, and *kwargs* are for it.
    asyncio's starts lazily unless told otherwise, and knows ``eager_start`` since 3.14.

    >>> import asyncio, eagerly
    >>> async def main():
    ...     task = eagerly.create_task(asyncio.sleep(0, "result"))
    ...     return await task
    >>> eagerly.run(main())
    'result'
    """
    queue = queue_of(registry.needed_loop())
    if not kwargs and makes_ours(queue):
        return spawn(queue, coro, name, context, eager_start)
    return ask_loop(queue.loop, coro, name, context, eager_start, kwargs)


def ask_loop(
    loop: Any, coro: Any, name: object, context: Any, eager_start: Any, kwargs: dict[str, Any]
) -> Any:
    """Let *loop* make the task, with those arguments that were given and that it takes."""
    if name is not None:
        kwargs["name"] = name
    if context is not None:
        kwargs["context"] = context
    if eager_start is not None and _takes_eager_start(loop):
        kwargs["eager_start"] = eager_start
    return loop.create_task(coro, **kwargs)


# Kind of loop: its create_task(), and whether that takes eager_start.  To ask takes 20 us.
_answers: WeakKeyDictionary[type, tuple[Any, bool]] = WeakKeyDictionary()


def _takes_eager_start(loop: Any) -> bool:
    """Up to 3.13 a loop of asyncio's takes neither this keyword nor any other."""
    if "create_task" in getattr(loop, "__dict__", ()):
        return _has_eager_start(loop.create_task)
    kind = type(loop)
    known = _answers.get(kind)
    if known is None or known[0] is not kind.create_task:  # somebody may patch it, at any time
        known = _answers[kind] = (kind.create_task, _has_eager_start(loop.create_task))
    return known[1]


def _has_eager_start(make: Any) -> bool:
    parameters = inspect.signature(make).parameters.values()
    return any(p.kind is p.VAR_KEYWORD or p.name == "eager_start" for p in parameters)


class EagerTaskFactory:
    """A task factory that starts tasks at once, made with *constructor*."""

    def __init__(self, constructor: Callable[..., Any]) -> None:
        self.constructor = constructor
        # anyio knows an eager factory by these two, and makes lazy tasks with the constructor
        # (anyio#764).
        self.__closure__ = (CellType(constructor),)
        if _code_of_theirs is not None:
            self.__code__ = _code_of_theirs

    def __call__(
        self,
        loop: asyncio.AbstractEventLoop,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        *,
        eager_start: bool | None = None,
        **kwargs: Any,
    ) -> asyncio.Task[T]:
        """Make a task of *loop* for *coro*.

        ``eager_start=None`` is eager as well: uvloop passes it when nothing was asked for.
        """
        eager = eager_start is None or eager_start
        if _older and eager:
            eager = getattr(coro, "cr_code", None) is not _racer
        task: Any
        if kwargs or self.constructor is not Task or registry.running_loop() is not loop:
            task = self.constructor(coro, loop=loop, eager_start=eager, **kwargs)
        else:  # the same, 2,400 instructions sooner
            task = spawn(queue_of(loop), coro, None, None, eager)
        try:
            if _older and type(task) is Task and _has_failed(task):
                older.forget_task(loop)
            return task
        finally:
            task = None  # see Driver._step


def _has_failed(task: Task) -> bool:
    return task.done() and not task._has_returned()


def create_eager_task_factory(custom_task_constructor: Callable[..., Any]) -> EagerTaskFactory:
    """Return a task factory, for ``loop.set_task_factory``, that starts tasks at once.

    *custom_task_constructor* is called as ``Task`` is: ``(coro, loop=, eager_start=)``, and
    ``name=`` and ``context=`` where they were given.

    >>> import asyncio, eagerly
    >>> async def main():
    ...     loop = asyncio.get_running_loop()
    ...     loop.set_task_factory(eagerly.create_eager_task_factory(eagerly.Task))
    ...     return asyncio.create_task(asyncio.sleep(0)).get_name()[:5]
    >>> asyncio.run(main())
    'Task-'
    """
    return EagerTaskFactory(custom_task_constructor)


eager_task_factory = _ours = create_eager_task_factory(Task)
