"""eagerly's tasks, started at the loop's next turn: what install(eager_start=False) puts in place.

Each is asyncio's by name and by when it starts, and eagerly's in all else.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Coroutine

from eagerly.groups import factory, group, runner
from eagerly.groups.gather import gather as gather_eagerly
from eagerly.groups.gather import gather_lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["Runner", "TaskGroup", "create_task", "gather", "run"]


def _as_asked(eager_start: bool | None) -> bool | None:
    """Lazily, unless the call says otherwise; what the loop's task factory does, if it has one."""
    loop = asyncio._get_running_loop()
    if eager_start is None and (loop is None or loop.get_task_factory() is None):
        return False
    return eager_start


def create_task(
    coro: Coroutine[Any, Any, T],
    *,
    name: object = None,
    context: contextvars.Context | None = None,
    eager_start: bool | None = None,
    **kwargs: Any,
) -> asyncio.Task[T]:
    """Do as eagerly.create_task, but lazily unless *eager_start* is True."""
    return factory.create_task(
        coro, name=name, context=context, eager_start=_as_asked(eager_start), **kwargs
    )


def gather(*coros_or_futures: Awaitable[Any], return_exceptions: bool = False) -> Any:
    """Do as eagerly.gather, but start the coroutines at the loop's next turn."""
    start = gather_lazily if _as_asked(None) is False else gather_eagerly
    return start(*coros_or_futures, return_exceptions=return_exceptions)


class TaskGroup(group.TaskGroup):
    """A TaskGroup whose children start lazily unless ``eager_start`` is True."""

    __slots__ = ()

    def create_task(
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: object = None,
        context: contextvars.Context | None = None,
        eager_start: bool | None = None,
    ) -> asyncio.Task[T]:
        """Do as eagerly.TaskGroup.create_task, but lazily unless *eager_start* is True."""
        return super().create_task(
            coro, name=name, context=context, eager_start=_as_asked(eager_start)
        )


class Runner(runner.Runner):
    """A Runner whose loop starts tasks lazily."""

    _task_factory = None


def run(
    main: Awaitable[T],
    *,
    debug: bool | None = None,
    loop_factory: runner.LoopFactory | None = None,
) -> T:
    """Do as eagerly.run, on a loop that starts tasks lazily."""
    return runner.run_with(Runner, main, debug, loop_factory)
