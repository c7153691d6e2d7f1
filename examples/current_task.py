"""Example 6.3: who runs here?  current_task(), asked a million times.

python current_task.py [how often]
"""

import sys
from time import perf_counter

import eagerly


async def main(n: int) -> None:
    start = perf_counter()
    for _ in range(n):
        eagerly.current_task()
    seconds = perf_counter() - start
    task = eagerly.current_task()
    assert task is not None
    print(f"{task.get_name()!r} asked {n:,} times: {seconds:.2f} s, {seconds / n * 1e9:,.0f} ns each")


async def child() -> None:
    task = eagerly.current_task()
    assert task is not None
    print(f"in its first step already: {task.get_name()!r}")


async def both(n: int) -> None:
    await eagerly.create_task(child(), name="a child")
    await eagerly.create_task(main(n), name="the main task")


if __name__ == "__main__":
    eagerly.run(both(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
