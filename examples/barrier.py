"""Example 4.4: a Barrier lets tasks go on when all of them have come."""

import asyncio

import eagerly

RUNNERS = ("Ada", "Grace", "Alan")


async def race(barrier: eagerly.Barrier, name: str, minutes: int) -> None:
    await asyncio.sleep(minutes / 100)
    print(f"{name} is at the start")
    place = await barrier.wait()
    if place == 0:  # exactly one of them
        print("all are there: go!")
    await asyncio.sleep(minutes / 100)
    print(f"{name} is in the goal")


async def main() -> None:
    barrier = eagerly.Barrier(len(RUNNERS))
    async with eagerly.TaskGroup() as group:
        for minutes, name in enumerate(RUNNERS, start=1):
            group.create_task(race(barrier, name, minutes))


if __name__ == "__main__":
    eagerly.run(main())
