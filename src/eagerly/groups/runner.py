"""Runner and run: own an event loop, and leave nothing behind."""

from __future__ import annotations

# What signal wraps, to make enums of numbers: a quarter of a run(), and up to 3.12 three fifths.
import _signal  # type: ignore[import-not-found]
import asyncio
import contextvars
import functools
import inspect
import signal
import threading
from asyncio import constants, events
from asyncio.runners import _State  # type: ignore[attr-defined]  # to make an enum takes 0.15 ms
from collections.abc import Awaitable, Callable
from types import FrameType, TracebackType

from eagerly.engine.task import queue_of
from eagerly.groups.awaitable import outcome_of
from eagerly.groups.factory import eager_task_factory, make_lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

LoopFactory = Callable[[], asyncio.AbstractEventLoop]

# How often close() cancels the tasks that it finds: they may make new ones as they end.
SHUTDOWN_ROUNDS = 100


class Runner:
    """Run several async functions on one loop and in one context, then finalise the loop.

    *loop_factory* makes the loop (uvloop's is fine; asyncio.new_event_loop unless given);
    *debug* is given to it unless None.  The loop starts tasks eagerly, unless it comes with a
    task factory.

    As asyncio's of 3.15, on every Python from 3.11: ``run()`` takes any awaitable (3.14).  Tasks
    that other tasks make while the runner closes are cancelled too, and a coroutine that is
    refused is closed.

    >>> import asyncio, eagerly
    >>> with eagerly.Runner() as runner:
    ...     runner.run(asyncio.sleep(0, "first"))
    ...     runner.run(asyncio.sleep(0, "second"))
    'first'
    'second'
    """

    _task_factory: Any = eager_task_factory  # of its loop, unless that comes with one

    def __init__(
        self, *, debug: bool | None = None, loop_factory: LoopFactory | None = None
    ) -> None:
        self._state = _State.CREATED
        self._debug = debug
        self._loop_factory = loop_factory
        self._loop: Any = None
        self._context: contextvars.Context | None = None
        self._interrupt_count = 0
        self._set_event_loop = False

    def __enter__(self) -> Runner:
        self._lazy_init()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what is left, finalise asynchronous generators and threads, close the loop.

        Closing twice, or before anything ran, does nothing.
        """
        if self._state is not _State.INITIALIZED:
            return
        loop = self._loop
        try:
            _cancel_all_tasks(loop)
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(_shutdown_default_executor(loop))
        finally:
            if self._set_event_loop:
                events.set_event_loop(None)
            loop.close()
            self._loop = None
            self._state = _State.CLOSED

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop, made now if it was not yet."""
        self._lazy_init()
        loop: asyncio.AbstractEventLoop = self._loop
        return loop

    def run(self, coro: Awaitable[T], *, context: contextvars.Context | None = None) -> T:
        """Run *coro*, any awaitable, to its end and return its result.

        In *context*, or else in the one that all calls of this runner share.  Ctrl-C cancels
        it, and KeyboardInterrupt comes out when it has ended; a second one comes at once.
        RuntimeError: a loop is running in this thread, or the runner is closed.  TypeError:
        *coro* cannot be awaited.
        """
        if events._get_running_loop() is not None:
            _close(coro)
            raise RuntimeError("Runner.run() cannot be called from a running event loop")
        try:
            self._lazy_init()
        except BaseException:
            _close(coro)
            raise
        if not asyncio.iscoroutine(coro):
            if not inspect.isawaitable(coro):
                raise TypeError(f"a coroutine, a future or an awaitable is required, got {coro!r}")
            coro = outcome_of(coro)
        task = make_lazily(
            queue_of(self._loop), coro, self._context if context is None else context
        )
        self._interrupt_count = 0
        handler = self._handle_sigint(task)
        try:
            return self._loop.run_until_complete(task)
        except asyncio.CancelledError:
            if self._interrupt_count > 0 and _uncancel(task) == 0:
                raise KeyboardInterrupt from None
            raise
        except Exception as error:
            if self._interrupt_count > 0:  # it failed as it was cancelled: Ctrl-C is not lost
                raise KeyboardInterrupt from error
            raise
        finally:
            if handler is not None and _signal.getsignal(signal.SIGINT) is handler:
                _signal.signal(signal.SIGINT, signal.default_int_handler)

    def _handle_sigint(self, task: Any) -> Callable[[int, FrameType | None], None] | None:
        """Have Ctrl-C cancel *task*; None where somebody else handles it, or signals cannot be."""
        if threading.current_thread() is not threading.main_thread():
            return None
        if _signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            return None

        handler = functools.partial(self._on_sigint, task)
        try:
            _signal.signal(signal.SIGINT, handler)
        except ValueError:  # the main thread of a subinterpreter, say
            return None
        return handler

    def _on_sigint(self, task: Any, _signum: int, _frame: FrameType | None) -> None:
        self._interrupt_count += 1
        if self._interrupt_count == 1 and not task.done():
            task.cancel()
            self._loop.call_soon_threadsafe(lambda: None)  # wake the loop if it waits for I/O
            return
        raise KeyboardInterrupt

    def _lazy_init(self) -> None:
        if self._state is _State.CLOSED:
            raise RuntimeError("Runner is closed")
        if self._state is _State.INITIALIZED:
            return
        if self._loop_factory is None:
            self._loop = events.new_event_loop()
            events.set_event_loop(self._loop)
            self._set_event_loop = True
        else:
            self._loop = self._loop_factory()
        if self._debug is not None:
            self._loop.set_debug(self._debug)
        if self._loop.get_task_factory() is None:
            self._loop.set_task_factory(self._task_factory)
        self._context = contextvars.copy_context()
        self._state = _State.INITIALIZED


def run(
    main: Awaitable[T], *, debug: bool | None = None, loop_factory: LoopFactory | None = None
) -> T:
    """Run *main* on a loop of its own, close the loop, and return the result.

    The entry point of a program: arguments and errors are those of Runner.

    >>> import asyncio, eagerly
    >>> eagerly.run(asyncio.sleep(0, "hello"))
    'hello'
    """
    return run_with(Runner, main, debug, loop_factory)


def run_with(
    kind: type[Runner], main: Awaitable[T], debug: bool | None, loop_factory: LoopFactory | None
) -> T:
    """Do as run(), with a Runner of that *kind*."""
    if events._get_running_loop() is not None:
        _close(main)
        raise RuntimeError("run() cannot be called from a running event loop")
    with kind(debug=debug, loop_factory=loop_factory) as runner:
        return runner.run(main)


def _close(awaitable: Any) -> None:
    """A coroutine that is refused shall not warn that it was never awaited."""
    if asyncio.iscoroutine(awaitable):
        awaitable.close()


def _uncancel(task: Any) -> int | None:
    """A task of somebody's factory may be of a kind that cannot."""
    return task.uncancel() if hasattr(task, "uncancel") else None


async def _shutdown_default_executor(loop: Any) -> None:
    # No timeout before 3.12.
    timeout = getattr(constants, "THREAD_JOIN_TIMEOUT", None)
    await loop.shutdown_default_executor(*() if timeout is None else (timeout,))


def _cancel_all_tasks(loop: asyncio.AbstractEventLoop) -> None:
    for _ in range(SHUTDOWN_ROUNDS):
        tasks = asyncio.all_tasks(loop)
        if not tasks:
            return
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        for task in tasks:
            if not task.cancelled() and task.exception() is not None:
                loop.call_exception_handler(
                    {
                        "message": "unhandled exception during asyncio.run() shutdown",
                        "exception": task.exception(),
                        "task": task,
                    }
                )
