"""The names that a shape's program finds in a library, and how that library runs a coroutine."""

from __future__ import annotations

import asyncio
import importlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .implementations import ASYNCIO, NURSERY

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .implementations import Implementation

    Main = Callable[[], Coroutine[Any, Any, Any]]

NAMES = ("TaskGroup", "gather", "create_task", "current_task", "Barrier", "Runner")


def library(implementation: Implementation) -> SimpleNamespace:
    if implementation.speaks == NURSERY:
        return _nursery(importlib.import_module(implementation.module))
    if implementation.speaks == ASYNCIO:
        return _asyncio(implementation)
    return SimpleNamespace(run=lambda main: asyncio.run(main()), loop_factory=None)


def _asyncio(implementation: Implementation) -> SimpleNamespace:
    module: Any = importlib.import_module(implementation.module)
    loops: Any = importlib.import_module(implementation.loop)
    if implementation.module == "aiotools":  # its own group; its TaskGroup is asyncio's
        names: dict[str, Any] = {"TaskGroup": module.TaskScope}
    else:
        names = {name: getattr(module, name) for name in NAMES}
    runner = module.Runner if implementation.is_ours else asyncio.Runner

    def run(main: Main) -> Any:
        with runner(loop_factory=loops.new_event_loop) as running:
            if implementation.eager:
                running.get_loop().set_task_factory(eager_task_factory(implementation.loop))
            return running.run(main())

    return SimpleNamespace(
        **names,
        run=run,
        loop_factory=loops.new_event_loop,
        lazily={"eager_start": False} if implementation.is_ours else {},
    )


def eager_task_factory(loop: str) -> Any:
    """asyncio's; but that takes uvloop's eager_start=None for a no (3.14), or raises (3.13.0)."""
    since_3_12: Any = asyncio
    if loop == "asyncio":
        return since_3_12.eager_task_factory

    def factory(loop: Any, coro: Any, *, eager_start: Any = None, **kwargs: Any) -> Any:
        return since_3_12.Task(coro, loop=loop, eager_start=True, **kwargs)

    return factory


def _nursery(module: Any) -> SimpleNamespace:
    return SimpleNamespace(
        run=module.run,
        open_nursery=getattr(module, "open_nursery", None) or module.create_task_group,
        sleep=module.sleep,
        Event=module.Event,
    )
