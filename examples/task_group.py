"""Example 2.7: a TaskGroup waits for all its tasks, and ends them all when one fails."""

import asyncio

import eagerly


async def brew(drink: str, seconds: float) -> str:
    print(f"{drink}: started")  # before create_task returns
    await asyncio.sleep(seconds)
    return f"{drink}: ready"


async def spill(seconds: float) -> None:
    await asyncio.sleep(seconds)
    raise RuntimeError("the milk is spilt")


async def main() -> None:
    async with eagerly.TaskGroup() as group:
        coffee = group.create_task(brew("coffee", 0.02))
        tea = group.create_task(brew("tea", 0.01))
        print("both are on their way")
    print(coffee.result(), tea.result(), sep="\n")

    try:
        async with eagerly.TaskGroup() as group:
            cocoa = group.create_task(brew("cocoa", 60))
            group.create_task(spill(0.01))
    except* RuntimeError as errors:
        print(*errors.exceptions)
    print(f"cocoa: {'cancelled' if cocoa.cancelled() else 'ready'}")


if __name__ == "__main__":
    eagerly.run(main())
