"""Example 2.2: one Runner, several async calls, one context.

What the first call leaves in a context variable, the second one finds.
"""

import asyncio
from contextvars import ContextVar

import eagerly

visits: ContextVar[int] = ContextVar("visits", default=0)


async def visit(place: str) -> str:
    visits.set(visits.get() + 1)
    await asyncio.sleep(0.01)
    return f"visit {visits.get()}: {place}"


def main() -> None:
    with eagerly.Runner() as runner:
        print(runner.run(visit("Rome")))
        print(runner.run(visit("Oslo")))
        print(runner.run(visit("Lima")))
    print(f"outside the runner: {visits.get()} visits")


if __name__ == "__main__":
    main()
