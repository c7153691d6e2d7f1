"""The base of Task when it is interpreted; ``base.pxd`` is its native twin.

The C ``asyncio.Task`` is never initialised: it gives the type, its storage stays empty.  Its
attributes cannot be written from Python, so those of the engine are shadowed here, each with
the value that a native field has at birth.
"""

from __future__ import annotations

from _asyncio import Task  # asyncio.Task may have been replaced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class AsyncioTask(Task["Any"]):
    # of Outcome
    _queue: Any = None
    _status: Any = 0
    _value: Any = None
    _cancel_message: Any = None
    _keeper: Any = None
    _listeners: Any = None
    _asyncio_future_blocking = False
    _log_destroy_pending = False
    _log_error = False
    _source_traceback: Any = None

    # of Driver
    _coro: Any = None
    _context: Any = None
    _name: Any = None
    _number = 0
    _fut_waiter: Any = None
    _must_cancel = False
    _shall_begin = False
    _exists = False
    _place = 0
    _reusable = False
    _sibling = 0
    _cancel_requests = 0
