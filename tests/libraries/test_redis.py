"""redis-py with a Redis that the test run starts."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import BlockingConnectionPool, Redis

import eagerly


async def test_many_commands_at_once(redis_server: str) -> None:
    async with Redis.from_url(redis_server, decode_responses=True) as redis:
        await redis.delete("counter")
        counts = await eagerly.gather(*(redis.incr("counter") for _ in range(50)))
        assert sorted(counts) == list(range(1, 51))


async def test_a_small_pool_is_waited_for(redis_server: str) -> None:
    pool = BlockingConnectionPool.from_url(redis_server, max_connections=3, timeout=5)
    async with Redis.from_pool(pool) as redis, eagerly.TaskGroup() as group:
        tasks = [group.create_task(redis.echo(str(n))) for n in range(50)]
    assert [int(task.result()) for task in tasks] == list(range(50))


async def test_pipelines_are_transactions(redis_server: str) -> None:
    async with Redis.from_url(redis_server) as redis:
        await redis.delete("list")

        async def push(n: int) -> None:
            async with redis.pipeline(transaction=True) as pipe:
                await pipe.rpush("list", n).rpush("list", n).execute()

        await eagerly.gather(*map(push, range(20)))
        pairs = [int(it) for it in await redis.lrange("list", 0, -1)]
        assert pairs[::2] == pairs[1::2]
        assert sorted(pairs[::2]) == list(range(20))


async def test_a_blocking_read_is_cancelled_and_its_connection_is_not_reused(
    redis_server: str,
) -> None:
    async with Redis.from_url(redis_server, decode_responses=True) as redis:
        await redis.delete("queue")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await redis.blpop(["queue"], timeout=5)
        assert await redis.echo("my own answer") == "my own answer"
        reading = eagerly.create_task(redis.blpop(["queue"], timeout=5))
        await redis.rpush("queue", "job")
        assert [*await reading] == ["queue", "job"]


async def test_publish_and_subscribe(redis_server: str) -> None:
    async with Redis.from_url(redis_server, decode_responses=True) as redis:

        async def listen(ready: asyncio.Event) -> list[str]:
            async with redis.pubsub() as pubsub:
                await pubsub.subscribe("news")
                heard = []
                async for message in pubsub.listen():
                    if message["type"] == "subscribe":
                        ready.set()
                        continue
                    heard.append(message["data"])
                    if len(heard) == 3:
                        return heard
            raise AssertionError

        ready = [asyncio.Event() for _ in range(5)]
        listeners = [eagerly.create_task(listen(event)) for event in ready]
        await eagerly.gather(*(event.wait() for event in ready))
        for n in range(3):
            assert await redis.publish("news", n) == 5
        assert await eagerly.gather(*listeners) == [["0", "1", "2"]] * 5
