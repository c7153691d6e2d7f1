"""Example for docs/will-it-help.md: pages of stories, put together from a cache and a database.

python story_pages.py [how many pages] [how many of the 1,000 stories are in the cache]
"""

import asyncio
import random
import sys

PARTS = ("title", "author", "votes")
cache: dict[tuple[int, str], str] = {}


async def load(story: int, part: str) -> str:
    if (story, part) not in cache:
        await asyncio.sleep(0.002)  # a database that is near
        return f"{part} of story {story}"
    return cache[story, part]


async def summary(story: int) -> str:
    async with asyncio.TaskGroup() as group:
        parts = [group.create_task(load(story, part)) for part in PARTS]
    return ", ".join(part.result() for part in parts)


async def visitor(pages: int) -> None:
    for _ in range(pages):
        await asyncio.gather(*[summary(random.randrange(1000)) for _ in range(40)])


async def main(pages: int = 500, cached: int = 990) -> None:
    cache.update({(story, part): "cached" for story in range(cached) for part in PARTS})
    await asyncio.gather(*[visitor(pages // 10) for _ in range(10)])
    print(f"{pages} pages of 40 stories")


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
