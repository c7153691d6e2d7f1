"""Who runs here? From 3.12 on eagerly's answer is asyncio's own function."""

from __future__ import annotations

import asyncio

from .shape import Library, Shape, check


def nothing() -> None:
    pass


async def empty_calls(n: int) -> None:
    for _ in range(n):
        nothing()


async def asked(lib: Library, n: int) -> None:
    current_task = lib.current_task
    for _ in range(n):
        current_task()
    check(current_task() is asyncio.current_task(), "the task that runs")


SHAPES = (
    Shape(
        "current",
        "n calls of current_task(); the floor calls an empty function",
        n=1_000_000,
        asyncio=asked,
        floor=empty_calls,
        each="call",
        uses=("current_task",),
    ),
)
