"""The base of Task when it is interpreted; ``base.pxd`` is its native twin.

The C ``asyncio.Task`` is never initialised: it gives the type, its storage stays empty.  Its
attributes cannot be written from Python, so those of the engine are shadowed here, each with
the value that a native field has at birth.
"""

from __future__ import annotations

import asyncio
from typing import Any


class AsyncioTask(asyncio.Task[Any]):
    _queue = _coro = _context = _given_name = None
    _number = 0

    _outcome = 0
    _value = _exception = _cancel_message = _cancelled_error = None

    _fut_waiter = _keeper = _listeners = None
    _cancel_requests = 0

    _must_cancel = _asyncio_future_blocking = _log_destroy_pending = False
    _log_error = _exists = False
    _source_traceback = None
