"""A coroutine for any awaitable.  Interpreted, so that the chain of awaits stays visible."""

from __future__ import annotations

from collections.abc import Awaitable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")


async def outcome_of(awaitable: Awaitable[T]) -> T:
    """Await *awaitable*."""
    return await awaitable
