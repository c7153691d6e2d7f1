"""Example 6.3: who runs here?  current_task(), asked a million times.

python current_task.py [how often]
"""

import sys
from time import perf_counter

import eagerly


def name() -> str:
    task = eagerly.current_task()
    return "nobody" if task is None else task.get_name()


async def child() -> None:
    print(f"here runs {name()}")  # in its first step already


async def main(n: int) -> None:
    await eagerly.create_task(child(), name="the child")
    print(f"here runs {name()}")

    start = perf_counter()
    for _ in range(n):
        eagerly.current_task()
    seconds = perf_counter() - start
    print(f"asked {n:,} times: {seconds:.2f} s, {seconds / n * 1e9:,.0f} ns each")


if __name__ == "__main__":
    eagerly.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
