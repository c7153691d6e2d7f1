"""What a task says of itself: its repr, where it was made, and what is reported when it is lost.

In asyncio's words.  Nothing here is on a hot path, so it is not compiled.
"""

from __future__ import annotations

import reprlib
import sys
from asyncio import base_futures, coroutines, format_helpers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_format_coroutine: Any = coroutines._format_coroutine  # type: ignore[attr-defined]


@reprlib.recursive_repr()
def text_of(task: Any) -> str:
    """The repr of *task*."""
    info = base_futures._future_repr_info(task)
    if task.cancelling() and not task.done():
        info[0] = "cancelling"
    info.insert(1, f"name={task.get_name()!r}")
    if task._fut_waiter is not None:
        info.insert(2, f"wait_for={task._fut_waiter!r}")
    if task._coro is not None:
        info.insert(2, f"coro=<{_format_coroutine(task._coro)}>")
    return f"<{type(task).__name__} {' '.join(info)}>"


def birthplace() -> Any:
    """The stack up to the innermost frame outside the package: the line that makes a task."""
    frame: Any = sys._getframe()
    while frame.f_globals.get("__name__", "").partition(".")[0] == "eagerly":
        frame = frame.f_back
    return format_helpers.extract_stack(frame)


def destroyed_pending(task: Any) -> None:
    """*task* is collected before it ended."""
    _report(task, {"task": task, "message": "Task was destroyed but it is pending!"})


def never_retrieved(task: Any) -> None:
    """*task* is gone, it failed, and nobody has looked."""
    message = f"{type(task).__name__} exception was never retrieved"
    _report(task, {"message": message, "exception": task._exception, "future": task})


def _report(task: Any, context: dict[str, Any]) -> None:
    if task._source_traceback:
        context["source_traceback"] = task._source_traceback
    task.get_loop().call_exception_handler(context)
