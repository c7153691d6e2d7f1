"""The future that gather() returns.

Interpreted: to cancel it may be to cancel a task that waits for another gather, and so on, or in
a circle.  The frames of Python are counted, and end in RecursionError; those of C end the process.
"""

from __future__ import annotations

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class GatheringFuture(asyncio.Future):  # type: ignore[type-arg]  # it is not generic at run time
    """To cancel it is to cancel the children."""

    _gathering: Any = None

    def cancel(self, msg: Any = None) -> bool:
        """Cancel every child that has not ended; False if there is none."""
        if self.done():
            return False
        return bool(self._gathering.cancel(msg))
