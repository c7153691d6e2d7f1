"""A program that a type checker must accept, and the types it must find: `make check` reads it."""

from __future__ import annotations

import asyncio
from typing import Any, assert_type

import eagerly


async def double(x: int) -> int:
    return 2 * x


async def main() -> int:
    task = eagerly.create_task(double(1), name="one")
    assert_type(task, asyncio.Task[int])
    assert_type(await task, int)

    async with eagerly.TaskGroup() as group:
        child = group.create_task(double(2), eager_start=False)
        group.cancel()
    assert_type(child, asyncio.Task[int])

    assert_type(eagerly.current_task(), asyncio.Task[Any] | None)
    assert_type(eagerly.all_tasks(), set[asyncio.Task[Any]])

    barrier = eagerly.Barrier(2)
    assert_type(await barrier.wait(), int)
    async with barrier as place:
        assert_type(place, int)

    loop = asyncio.get_running_loop()
    loop.set_task_factory(eagerly.eager_task_factory)
    loop.set_task_factory(eagerly.create_eager_task_factory(eagerly.Task))
    return child.result()


assert_type(eagerly.native, bool)
assert_type(eagerly.run(main()), int)
with eagerly.Runner(debug=True) as runner:
    assert_type(runner.run(main()), int)
