"""Example 6.1: a million tasks that have nothing to do, in one TaskGroup, started eagerly.

python eager_fan_out.py [how many]
"""

import asyncio
import sys
from time import perf_counter

import eagerly


async def nothing() -> None:
    pass


async def main(n: int) -> None:
    asyncio.get_running_loop().set_task_factory(eagerly.eager_task_factory)
    start = perf_counter()
    async with eagerly.TaskGroup() as group:
        for _ in range(n):
            group.create_task(nothing())
    seconds = perf_counter() - start
    print(f"{n:,} eager tasks in a TaskGroup: {seconds:.2f} s, {seconds / n * 1e9:,.0f} ns each")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
