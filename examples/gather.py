"""Example 6.2: gather, given a million coroutines that have nothing to do.

python gather.py [how many]
"""

import sys
from time import perf_counter

import eagerly


async def nothing() -> None:
    pass


async def main(n: int) -> None:
    coroutines = [nothing() for _ in range(n)]
    start = perf_counter()
    results = await eagerly.gather(*coroutines)
    seconds = perf_counter() - start
    each = seconds / n * 1e9
    print(f"{len(results):,} coroutines gathered: {seconds:.2f} s, {each:,.0f} ns each")


if __name__ == "__main__":
    eagerly.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
