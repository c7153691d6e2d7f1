# The public face as type checkers see it.  Native classes can be no generics, and the overloads
# of gather() have no place in a module that is compiled; `make types` compares this with what runs.

import asyncio
import contextvars
from asyncio import BrokenBarrierError as BrokenBarrierError
from asyncio import all_tasks as all_tasks
from asyncio import current_task as current_task
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, overload

from eagerly.groups.factory import EagerTaskFactory

__all__ = [
    "Barrier",
    "BrokenBarrierError",
    "Runner",
    "Task",
    "TaskGroup",
    "all_tasks",
    "create_eager_task_factory",
    "create_task",
    "current_task",
    "eager_task_factory",
    "gather",
    "install",
    "native",
    "run",
    "uninstall",
]

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_T1 = TypeVar("_T1")
_T2 = TypeVar("_T2")
_T3 = TypeVar("_T3")
_T4 = TypeVar("_T4")
_T5 = TypeVar("_T5")
_T6 = TypeVar("_T6")

native: bool

def install(*, eager_start: bool = True) -> None: ...
def uninstall() -> None: ...

class Task(asyncio.Task[_T_co]):
    def __init__(
        self,
        coro: Coroutine[Any, Any, _T_co],
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        name: object = None,
        context: contextvars.Context | None = None,
        eager_start: bool = False,
    ) -> None: ...
    def get_context(self) -> contextvars.Context: ...

def create_task(
    coro: Coroutine[Any, Any, _T],
    *,
    name: object = None,
    context: contextvars.Context | None = None,
    eager_start: bool | None = None,
    **kwargs: Any,
) -> asyncio.Task[_T]: ...

class TaskGroup:
    def __init__(self) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None: ...
    def create_task(
        self,
        coro: Coroutine[Any, Any, _T],
        *,
        name: object = None,
        context: contextvars.Context | None = None,
        eager_start: bool | None = None,
    ) -> asyncio.Task[_T]: ...
    def cancel(self) -> None: ...

class Runner:
    def __init__(
        self,
        *,
        debug: bool | None = None,
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def close(self) -> None: ...
    def get_loop(self) -> asyncio.AbstractEventLoop: ...
    def run(self, coro: Awaitable[_T], *, context: contextvars.Context | None = None) -> _T: ...

def run(
    main: Awaitable[_T],
    *,
    debug: bool | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> _T: ...
@overload
def gather(  # type: ignore[overload-overlap]
    a1: Awaitable[_T1], /, *, return_exceptions: Literal[False] = False
) -> asyncio.Future[tuple[_T1]]: ...
@overload
def gather(  # type: ignore[overload-overlap]
    a1: Awaitable[_T1], a2: Awaitable[_T2], /, *, return_exceptions: Literal[False] = False
) -> asyncio.Future[tuple[_T1, _T2]]: ...
@overload
def gather(  # type: ignore[overload-overlap]
    a1: Awaitable[_T1],
    a2: Awaitable[_T2],
    a3: Awaitable[_T3],
    /,
    *,
    return_exceptions: Literal[False] = False,
) -> asyncio.Future[tuple[_T1, _T2, _T3]]: ...
@overload
def gather(  # type: ignore[overload-overlap]
    a1: Awaitable[_T1],
    a2: Awaitable[_T2],
    a3: Awaitable[_T3],
    a4: Awaitable[_T4],
    /,
    *,
    return_exceptions: Literal[False] = False,
) -> asyncio.Future[tuple[_T1, _T2, _T3, _T4]]: ...
@overload
def gather(  # type: ignore[overload-overlap]
    a1: Awaitable[_T1],
    a2: Awaitable[_T2],
    a3: Awaitable[_T3],
    a4: Awaitable[_T4],
    a5: Awaitable[_T5],
    /,
    *,
    return_exceptions: Literal[False] = False,
) -> asyncio.Future[tuple[_T1, _T2, _T3, _T4, _T5]]: ...
@overload
def gather(  # type: ignore[overload-overlap]
    a1: Awaitable[_T1],
    a2: Awaitable[_T2],
    a3: Awaitable[_T3],
    a4: Awaitable[_T4],
    a5: Awaitable[_T5],
    a6: Awaitable[_T6],
    /,
    *,
    return_exceptions: Literal[False] = False,
) -> asyncio.Future[tuple[_T1, _T2, _T3, _T4, _T5, _T6]]: ...
@overload
def gather(  # type: ignore[overload-overlap]
    *coros_or_futures: Awaitable[_T], return_exceptions: Literal[False] = False
) -> asyncio.Future[list[_T]]: ...
@overload
def gather(
    a1: Awaitable[_T1], /, *, return_exceptions: bool
) -> asyncio.Future[tuple[_T1 | BaseException]]: ...
@overload
def gather(
    a1: Awaitable[_T1], a2: Awaitable[_T2], /, *, return_exceptions: bool
) -> asyncio.Future[tuple[_T1 | BaseException, _T2 | BaseException]]: ...
@overload
def gather(
    a1: Awaitable[_T1], a2: Awaitable[_T2], a3: Awaitable[_T3], /, *, return_exceptions: bool
) -> asyncio.Future[tuple[_T1 | BaseException, _T2 | BaseException, _T3 | BaseException]]: ...
@overload
def gather(
    a1: Awaitable[_T1],
    a2: Awaitable[_T2],
    a3: Awaitable[_T3],
    a4: Awaitable[_T4],
    /,
    *,
    return_exceptions: bool,
) -> asyncio.Future[
    tuple[_T1 | BaseException, _T2 | BaseException, _T3 | BaseException, _T4 | BaseException]
]: ...
@overload
def gather(
    a1: Awaitable[_T1],
    a2: Awaitable[_T2],
    a3: Awaitable[_T3],
    a4: Awaitable[_T4],
    a5: Awaitable[_T5],
    /,
    *,
    return_exceptions: bool,
) -> asyncio.Future[
    tuple[
        _T1 | BaseException,
        _T2 | BaseException,
        _T3 | BaseException,
        _T4 | BaseException,
        _T5 | BaseException,
    ]
]: ...
@overload
def gather(
    a1: Awaitable[_T1],
    a2: Awaitable[_T2],
    a3: Awaitable[_T3],
    a4: Awaitable[_T4],
    a5: Awaitable[_T5],
    a6: Awaitable[_T6],
    /,
    *,
    return_exceptions: bool,
) -> asyncio.Future[
    tuple[
        _T1 | BaseException,
        _T2 | BaseException,
        _T3 | BaseException,
        _T4 | BaseException,
        _T5 | BaseException,
        _T6 | BaseException,
    ]
]: ...
@overload
def gather(
    *coros_or_futures: Awaitable[_T], return_exceptions: bool
) -> asyncio.Future[list[_T | BaseException]]: ...

class Barrier:
    def __init__(self, parties: int) -> None: ...
    async def __aenter__(self) -> int: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    async def wait(self) -> int: ...
    async def reset(self) -> None: ...
    async def abort(self) -> None: ...
    @property
    def parties(self) -> int: ...
    @property
    def n_waiting(self) -> int: ...
    @property
    def broken(self) -> bool: ...

def create_eager_task_factory(
    custom_task_constructor: Callable[..., asyncio.Task[Any]],
) -> EagerTaskFactory: ...

eager_task_factory: EagerTaskFactory
