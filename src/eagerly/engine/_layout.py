"""Where asyncio's Task and a Context, in C, keep what: looked at, since no header tells.

The struct of Task is the head of ours (``base.pxd``), and words of it that a task of ours has the
same use for are used.  Of a context it is the word that refers to its variables (``context.pxd``).
``setup.py`` compiles the places in; ``_build`` looks again where the engine runs.
"""

from __future__ import annotations

import asyncio
import gc
from _asyncio import Future, Task  # asyncio.Task may have been replaced
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class QuietLoop:
    """What a task asks of its loop, doing nothing."""

    def get_debug(self) -> bool:
        return False

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> None: ...


class _Loop(QuietLoop):
    """A loop that runs one callback, when it is told to."""

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> None:
        self.callback, self.args = callback, args

    def run(self) -> None:
        """Run the callback that was scheduled last."""
        callback, self.callback = self.callback, None
        with _nothing_running():
            asyncio._set_running_loop(self)  # type: ignore[arg-type]  # it need not be a whole one
            callback(*self.args)


@contextmanager
def _nothing_running() -> Iterator[None]:
    """The engine may be imported inside a task; from 3.14 no other may be entered there."""
    loop = asyncio._get_running_loop()
    swap: Any = getattr(asyncio.tasks, "_swap_current_task", None)
    task = None if loop is None or swap is None else swap(loop, None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)
        if task is not None:
            swap(loop, task)


def places(
    find_word: Callable[[Any, Any], int], find_byte: Callable[[Any, Any], tuple[int, int]]
) -> dict[str, int]:
    """Return the size of a task in bytes, and the places of words and bytes.

    ``find_word(thing, wanted)`` tells which word of *thing* refers to *wanted*, or 0;
    ``find_byte(one, other)`` in which byte two things differ first, and by which bits, or 0, 0.
    """
    loop: Any = _Loop()
    futures: list[Any] = [Future(loop=loop) for _ in range(8)]
    idle, awaited, asked, listened, returned, failed, messaged, cancelled = futures
    context, name, result, message, error = Context(), "a name", [0], "a message", Exception()

    async def wait() -> None:
        await awaited

    coro = wait()
    task: Any = Task(coro, loop=loop, name=name, context=context)
    is_task, _ = find_byte(idle, task)
    loop.run()  # now it waits
    asked._asyncio_future_blocking = True
    blocking, its_bit = find_byte(idle, asked)
    listened.add_done_callback(id, context=context)
    listened.add_done_callback(loop.run)
    (callbacks,) = [thing for thing in gc.get_referents(listened) if type(thing) is list]
    returned.set_result(result)
    failed.set_exception(error)
    failed.exception()  # it counts as retrieved
    messaged._cancel_message = message
    cancelled.cancel(message)
    state, its_value = find_byte(messaged, cancelled)
    found = {
        "TASK_SIZE": Task.__basicsize__,
        "TASK_LOOP": find_word(idle, loop),
        "TASK_CALLBACK": find_word(listened, id),
        "TASK_CALLBACK_CONTEXT": find_word(listened, context),
        "TASK_CALLBACKS": find_word(listened, callbacks),
        "TASK_RESULT": find_word(returned, result),
        "TASK_ERROR": find_word(failed, error),
        "TASK_MESSAGE": find_word(messaged, message),
        "TASK_STATE": state,
        "TASK_CANCELLED": its_value,
        "TASK_BLOCKING": blocking,
        "TASK_BLOCKING_BIT": its_bit,
        "TASK_CORO": find_word(task, coro),
        "TASK_NAME": find_word(task, name),
        "TASK_CONTEXT": find_word(task, context),
        "TASK_WAITER": find_word(task, awaited),
        "CONTEXT_VARIABLES": find_word(context, gc.get_referents(context)[0]),
    }
    graph: Any = asyncio
    if hasattr(graph, "future_add_to_awaited_by"):  # what debuggers read, from 3.14
        graph.future_add_to_awaited_by(task, idle)
        found |= {"TASK_IS_TASK": is_task, "TASK_AWAITED_BY": find_word(task, idle)}
        graph.future_discard_from_awaited_by(task, idle)
    awaited.set_result(None)
    loop.run()
    if 0 in found.values():
        raise ImportError(f"asyncio.Task keeps something out of sight here: {found}")
    return {"TASK_IS_TASK": 0, "TASK_AWAITED_BY": 0} | found
