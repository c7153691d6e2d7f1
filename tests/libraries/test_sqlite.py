"""aiosqlite, alone and under SQLAlchemy, which awaits inside of a greenlet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import ForeignKey, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import eagerly


async def test_a_connection_is_shared_by_many_tasks(tmp_path: Path) -> None:
    async with aiosqlite.connect(tmp_path / "db") as db:
        await db.execute("create table numbers (n integer primary key)")

        async def insert(n: int) -> int | None:
            async with db.execute("insert into numbers values (?)", [n]) as cursor:
                return cursor.lastrowid

        async with eagerly.TaskGroup() as group:
            tasks = [group.create_task(insert(n)) for n in range(1, 51)]
        await db.commit()
        assert [task.result() for task in tasks] == list(range(1, 51))
        async with db.execute("select n from numbers order by n") as cursor:
            assert [n async for (n,) in cursor] == list(range(1, 51))


async def test_a_failing_statement_cancels_its_group(tmp_path: Path) -> None:
    async with aiosqlite.connect(tmp_path / "db") as db:
        with pytest.raises(ExceptionGroup) as caught:
            async with eagerly.TaskGroup() as group:
                waiting = group.create_task(asyncio.Event().wait())
                group.create_task(db.execute_fetchall("select * from nowhere"))
        assert isinstance(caught.value.exceptions[0], aiosqlite.OperationalError)
        assert waiting.cancelled()
        assert await db.execute_fetchall("select 1") == [(1,)]


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list[Book]] = relationship()


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[int] = mapped_column(ForeignKey("authors.id"))


Sessions = async_sessionmaker[AsyncSession]


@asynccontextmanager
async def sessions(folder: Path) -> AsyncIterator[Sessions]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder}/db")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield async_sessionmaker(engine)
    finally:
        await engine.dispose()


async def add(new_session: Sessions, name: str) -> int:
    async with new_session() as session, session.begin():
        author = Author(name=name, books=[Book(), Book()])
        session.add(author)
        await session.flush()
        return author.id


async def test_many_sessions_at_once(tmp_path: Path) -> None:
    async with sessions(tmp_path) as new_session:
        ids = await eagerly.gather(*(add(new_session, f"author {n}") for n in range(10)))
        assert sorted(ids) == list(range(1, 11))
        async with new_session() as session:
            assert await session.scalar(select(func.count()).select_from(Book)) == 20


async def test_the_task_is_the_same_on_both_sides_of_the_greenlet(tmp_path: Path) -> None:
    async with sessions(tmp_path) as new_session:

        async def inside() -> None:
            async with new_session() as session:
                task = asyncio.current_task()
                assert isinstance(task, eagerly.Task)
                assert await session.run_sync(lambda _: asyncio.current_task()) is task

        await eagerly.gather(*(inside() for _ in range(5)))


async def test_attributes_are_loaded_lazily_by_eager_tasks(tmp_path: Path) -> None:
    async with sessions(tmp_path) as new_session:
        await add(new_session, "Ada")

        async def books() -> int:
            async with new_session() as session:
                author = (await session.scalars(select(Author))).one()
                return len(await author.awaitable_attrs.books)

        assert await eagerly.gather(*(books() for _ in range(10))) == [2] * 10


async def test_tasks_are_made_inside_of_the_greenlet(tmp_path: Path) -> None:
    async with sessions(tmp_path) as new_session, new_session() as session:

        async def at_once() -> str:
            return "at once"

        task = await session.run_sync(lambda _: eagerly.create_task(at_once()))
        assert task.done()
        assert await task == "at once"


async def test_a_failing_session_rolls_back(tmp_path: Path) -> None:
    async with sessions(tmp_path) as new_session:
        await add(new_session, "Ada")
        with pytest.raises(ExceptionGroup) as caught:
            async with eagerly.TaskGroup() as group:
                group.create_task(add(new_session, "Ada"))
        assert isinstance(caught.value.exceptions[0], IntegrityError)
        async with new_session() as session:
            assert await session.scalar(select(func.count()).select_from(Author)) == 1


async def test_a_session_that_is_cancelled_gives_its_connection_back(tmp_path: Path) -> None:
    async with sessions(tmp_path) as new_session:

        async def waits_in_a_transaction() -> None:
            async with new_session() as session, session.begin():
                await session.execute(text("select 1"))
                await asyncio.Future()

        tasks = [eagerly.create_task(waits_in_a_transaction()) for _ in range(5)]
        await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
        assert [type(it) for it in await eagerly.gather(*tasks, return_exceptions=True)] == [
            asyncio.CancelledError
        ] * 5
        assert await add(new_session, "Ada") == 1
