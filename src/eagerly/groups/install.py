"""install: programs that know nothing of eagerly get its tasks, by asyncio's names."""

from __future__ import annotations

import asyncio
import os
import sys
from types import SimpleNamespace

from eagerly.engine import registry
from eagerly.engine.task import Task
from eagerly.groups import barrier, factory, gather, group, lazily, runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PlainTask = asyncio.Task

_EAGER = SimpleNamespace(
    Runner=runner.Runner,
    TaskGroup=group.TaskGroup,
    create_task=factory.create_task,
    gather=gather.gather,
    run=runner.run,
)

_put: list[tuple[Any, str, Any, Any]] = []  # owner, name, what stood there, what stands there now
_NOTHING = object()  # an owner that only inherited the name


def install(*, eager_start: bool = True) -> None:
    """Put eagerly's names into asyncio, for this process, until uninstall().

    ``asyncio.run``, ``Runner``, ``Task``, ``create_task``, ``TaskGroup``, ``gather``, ``Barrier``,
    ``current_task`` and the eager task factories are then eagerly's, and so are the tasks that
    asyncio's and uvloop's loops make, also loops that exist already; not those of a loop with
    somebody else's task factory.  With ``eager_start=False`` they start lazily unless asked
    otherwise.  To install twice is to install once, in the later way.

    A name that a program imported before (``from asyncio import gather``) stays asyncio's, and
    makes its tasks through the loop.  ``isinstance(task, asyncio.Task)`` stays true for every
    task of asyncio's.  With the environment variable EAGERLY_DISABLE=1 this does nothing.

    >>> import asyncio, eagerly
    >>> async def nothing(): ...
    >>> async def main():
    ...     return asyncio.create_task(nothing()).done()
    >>> eagerly.install()
    >>> asyncio.run(main())
    True
    >>> eagerly.uninstall()
    >>> asyncio.run(main())
    False
    """
    uninstall()
    if os.environ.get("EAGERLY_DISABLE") == "1":
        return
    ours = _EAGER if eager_start else lazily
    for name in ("Runner", "TaskGroup", "create_task", "gather", "run"):
        _replace(name, getattr(ours, name))
    _replace("Task", InstalledTask)
    _replace("Barrier", barrier.Barrier)
    _replace("current_task", registry.current_task)
    _replace("create_eager_task_factory", factory.create_eager_task_factory)
    _replace("eager_task_factory", factory.eager_task_factory)
    _make_tasks_of_loops(eager_start)


def uninstall() -> None:
    """Give asyncio back every name that install() took, unless somebody has replaced ours.

    Tasks that exist go on as they are.  Without install(), nothing happens.
    """
    while _put:
        owner, name, before, ours = _put.pop()
        if ours in factory.plain_create_tasks:
            factory.plain_create_tasks.remove(ours)
        if vars(owner).get(name) is not ours:
            continue
        if before is _NOTHING:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


# --------------------------------------------------------------------------- asyncio's names


def _replace(name: str, ours: Any) -> None:
    """Have *ours* stand wherever a module of asyncio has its own object of that *name*."""
    theirs = getattr(asyncio, name, None)
    for path, module in list(sys.modules.items()):
        if path.partition(".")[0] != "asyncio":
            continue
        # Python 3.11 has no eager task factory: then it is put into asyncio itself.
        if module is asyncio or (theirs is not None and vars(module).get(name) is theirs):
            _put_at(module, name, ours)


def _put_at(owner: Any, name: str, ours: Any) -> None:
    _put.append((owner, name, vars(owner).get(name, _NOTHING), ours))
    setattr(owner, name, ours)


class _TaskKind(type):
    """What ``asyncio.Task`` is an instance of while eagerly is installed."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make a plain Task of ours; a program's subclass makes its own."""
        if cls is InstalledTask:
            return Task(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        if cls is InstalledTask:
            return isinstance(instance, PlainTask)
        return super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        if cls is InstalledTask:
            return issubclass(subclass, PlainTask)
        return super().__subclasscheck__(subclass)


class InstalledTask(Task, metaclass=_TaskKind):
    """``asyncio.Task`` while eagerly is installed: it makes ours, and every task is one."""


InstalledTask.__name__ = InstalledTask.__qualname__ = "Task"
InstalledTask.__module__ = "asyncio"  # where it is found, by pickle too


# --------------------------------------------------------------------------- loops


def _make_tasks_of_loops(eager_start: bool) -> None:
    if asyncio.BaseEventLoop.create_task in factory.plain_create_tasks:
        _make_tasks_of(asyncio.BaseEventLoop, eager_start)
    if "uvloop" in sys.modules:
        _make_tasks_of(sys.modules["uvloop"].Loop, eager_start)
        return

    @classmethod  # type: ignore[misc]
    def __init_subclass__(cls: Any, **kwargs: Any) -> None:
        super(asyncio.AbstractEventLoop, cls).__init_subclass__(**kwargs)
        if cls.__module__ == "uvloop":
            _make_tasks_of(cls, eager_start)

    # uvloop may be imported later, and then makes its class.
    _put_at(asyncio.AbstractEventLoop, "__init_subclass__", __init_subclass__)


def _make_tasks_of(kind: Any, eager_by_default: bool) -> None:
    """Have the loops of that *kind* make our tasks, where nobody else's factory does."""
    theirs, factory_of = kind.create_task, kind.get_task_factory

    def create_task(
        self: Any,
        coro: Any,
        *,
        name: object = None,
        context: Any = None,
        eager_start: bool | None = None,
        **kwargs: Any,
    ) -> Any:
        """Make a task of this loop for *coro*."""
        make, start = factory_of(self), eager_start
        if make is None:
            make = factory.eager_task_factory
            if start is None:
                start = eager_by_default
        given = {"name": name, "context": context, "eager_start": start}
        kwargs.update({key: value for key, value in given.items() if value is not None})
        if type(make) is not factory.EagerTaskFactory:
            return theirs(self, coro, **kwargs)
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        return make(self, coro, **kwargs)

    _put_at(kind, "create_task", create_task)
    factory.plain_create_tasks.append(create_task)
    if eager_by_default:
        _tell_of_our_factory(kind)


def _tell_of_our_factory(kind: Any) -> None:
    """Have the loops of that *kind* say that they start tasks eagerly, to those who have to know.

    anyio asks before it makes a child of a group, and then makes it lazily (anyio#764).
    """
    theirs = kind.get_task_factory

    def get_task_factory(self: Any) -> Any:
        """Return the factory that makes the tasks of this loop."""
        make = theirs(self)
        return factory.eager_task_factory if make is None else make

    _put_at(kind, "get_task_factory", get_task_factory)
