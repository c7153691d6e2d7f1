"""asyncpg, alone and under SQLAlchemy, with a PostgreSQL that the test run starts."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import eagerly


async def test_many_queries_over_a_small_pool(postgres: str) -> None:
    async with asyncpg.create_pool(postgres, min_size=1, max_size=3) as pool:

        async def double(n: int) -> int:
            result: int = await pool.fetchval("select 2 * $1::int", n)
            return result

        async with eagerly.TaskGroup() as group:
            tasks = [group.create_task(double(n)) for n in range(50)]
        assert [task.result() for task in tasks] == [2 * n for n in range(50)]


async def test_a_timeout_cancels_the_query_on_the_server(postgres: str) -> None:
    async with asyncpg.create_pool(postgres, min_size=1, max_size=1) as pool:
        with pytest.raises(TimeoutError):
            await pool.execute("select pg_sleep(20)", timeout=0.05)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await pool.execute("select pg_sleep(20)")
        asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
        assert await pool.fetchval(asleep) == 0


async def test_a_cancelled_transaction_is_rolled_back(postgres: str) -> None:
    async with asyncpg.create_pool(postgres, min_size=2, max_size=2) as pool:
        await pool.execute("create table if not exists ledger (amount int)")
        written = asyncio.Event()

        async def transfer() -> None:
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("insert into ledger values (1)")
                written.set()
                await asyncio.Future()

        task = eagerly.create_task(transfer())
        await written.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await pool.fetchval("select count(*) from ledger") == 0


async def test_one_connection_serves_one_task_at_a_time(postgres: str) -> None:
    connection = await asyncpg.connect(postgres)
    try:
        first = eagerly.create_task(connection.fetchval("select 1"))
        with pytest.raises(asyncpg.InterfaceError, match="another operation is in progress"):
            await connection.fetchval("select 2")
        assert await first == 1
    finally:
        await connection.close()


async def test_a_cursor_is_read_in_pieces(postgres: str) -> None:
    async def read(pool: asyncpg.Pool) -> int:
        total = 0
        async with pool.acquire() as connection, connection.transaction():
            async for row in connection.cursor("select generate_series(1, 200)", prefetch=50):
                total += row[0]
        return total

    async with asyncpg.create_pool(postgres, min_size=2, max_size=4) as pool:
        assert await eagerly.gather(*(read(pool) for _ in range(8))) == [20100] * 8


async def test_notifications_arrive(postgres: str) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with AsyncExitStack() as stack:
        listener, speaker = [await asyncpg.connect(postgres) for _ in range(2)]
        stack.push_async_callback(listener.close)
        stack.push_async_callback(speaker.close)
        await listener.add_listener("news", lambda *message: heard.put_nowait(message[3]))
        next_one = eagerly.create_task(heard.get())
        await speaker.execute("notify news, 'hello'")
        assert await next_one == "hello"


async def test_sqlalchemy_over_asyncpg(postgres: str) -> None:
    url = postgres.replace("postgresql:", "postgresql+asyncpg:")
    engine = create_async_engine(url, pool_size=3)

    async def double(n: int) -> int:
        async with engine.connect() as connection:
            result = await connection.execute(text("select 2 * cast(:n as int)"), {"n": n})
            return int(result.scalar_one())

    try:
        assert await eagerly.gather(*map(double, range(20))) == [2 * n for n in range(20)]
    finally:
        await engine.dispose()
