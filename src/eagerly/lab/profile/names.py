"""The ways in which tasks are made, each with the coroutine given to `steps.watch`, for good.

Frames of the functions here stand for the compiled ones, which have none: how a task is made is
read from them.
"""

from __future__ import annotations

import asyncio
from typing import Any

import eagerly
from eagerly.groups import factory, install, lazily, runner
from eagerly.groups.group import TaskGroup
from eagerly.lab.profile import steps


def put_in_place(watcher: Any) -> None:
    steps.watcher = watcher
    kinds: list[Any] = [asyncio.BaseEventLoop]
    try:
        import uvloop  # now: it may be imported later, and could not be found then

        kinds.append(uvloop.Loop)
    except ImportError:
        pass
    for kind in kinds:
        _watch_loops(kind)
    _watch_constructor()
    _watch_our_create_task()
    _watch_our_group()
    _watch_our_gather()
    _watch_our_runner()
    _watch_our_install()


def _watch_loops(kind: Any) -> None:
    """Also where install() has been; and eagerly's own functions go on as if nobody had."""
    theirs = kind.create_task
    watched = steps.watching(theirs)
    plain = factory.plain_create_tasks
    if theirs in plain:
        plain[plain.index(theirs)] = watched
    else:
        plain.append(watched)
    put = install._put_at if install._put else setattr
    put(kind, "create_task", watched)


def _watch_constructor() -> None:
    """`asyncio.Task(coro)`, as aiohttp has it, and subclasses of it."""
    real: Any = asyncio.Task

    class Kind(type(real)):  # type: ignore[misc]
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            if args:
                args = (steps.watch(args[0]), *args[1:])
            task = real(*args, **kwargs) if cls is Task else super().__call__(*args, **kwargs)
            steps.is_made(args and args[0])
            return task

        def __instancecheck__(cls, instance: Any) -> bool:
            return (
                isinstance(instance, real) if cls is Task else super().__instancecheck__(instance)
            )

        def __subclasscheck__(cls, subclass: type) -> bool:
            return (
                issubclass(subclass, real) if cls is Task else super().__subclasscheck__(subclass)
            )

    class Task(real, metaclass=Kind):  # type: ignore[misc]
        __slots__ = ()

    Task.__module__, Task.__qualname__ = "asyncio", "Task"
    asyncio.Task = Task  # type: ignore[misc]


# ------------------------------------------------- eagerly's own, which ask no loop for its tasks


def _watch_our_create_task() -> None:
    makes, watch, is_made = factory.create_task, steps.watch, steps.is_made

    def create_task(coro: Any, **kwargs: Any) -> Any:
        watched = watch(coro)
        task = makes(watched, **kwargs) if kwargs else makes(watched)
        is_made(watched)
        return task

    for owner in (factory, *_owners()):
        if owner.create_task is makes:
            owner.create_task = create_task


def _watch_our_group() -> None:
    makes: Any = TaskGroup.create_task
    watch = steps.watch

    def create_task(self: Any, coro: Any, **kwargs: Any) -> Any:
        watched = watch(coro)
        return makes(self, watched, **kwargs) if kwargs else makes(self, watched)

    theirs: Any = TaskGroup
    theirs.create_task = _named(create_task, "TaskGroup.create_task")


def _watch_our_gather() -> None:
    gathers, gather = eagerly.gather, _gathering(eagerly.gather)
    for owner in _owners():
        if owner.gather is gathers:
            owner.gather = gather
    lazies: Any = lazily
    lazies.gather_eagerly = gather
    lazies.gather_lazily = _gathering(lazies.gather_lazily)


def _gathering(gathers: Any) -> Any:
    watch = steps.watch

    def gather(*arguments: Any, **kwargs: Any) -> Any:
        once = {id(each): each for each in arguments}  # one that is given twice is one task
        watched = {key: watch(each) for key, each in once.items()}
        return gathers(*[watched[id(each)] for each in arguments], **kwargs)

    return _named(gather, "gather")


def _watch_our_runner() -> None:
    theirs: Any = runner
    makes = theirs.make_lazily

    def make_lazily(queue: Any, coro: Any, context: Any) -> Any:
        return makes(queue, steps.watch(coro, 1), context)

    theirs.make_lazily = make_lazily


def _watch_our_install() -> None:
    """A program may install eagerly itself, later."""
    makes_tasks_of = install._make_tasks_of

    def make_tasks_of(kind: Any, eager_by_default: bool) -> None:
        makes_tasks_of(kind, eager_by_default)
        _watch_loops(kind)

    install._make_tasks_of = make_tasks_of


def _owners() -> tuple[Any, ...]:
    return eagerly, install._EAGER, asyncio, asyncio.tasks


def _named(function: Any, name: str) -> Any:
    """What stands in a frame is told as the way that the task was made."""
    function.__code__ = function.__code__.replace(co_qualname=name)
    return function
