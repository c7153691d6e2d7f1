"""graphql-core: one gather a level of the query, of resolvers that mostly have their answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    graphql,
    parse,
    subscribe,
)

import eagerly

tasks_seen: list[asyncio.Task[Any] | None] = []


async def from_cache(author: dict[str, Any], info: Any) -> str:
    tasks_seen.append(asyncio.current_task())
    return str(author["name"])


async def from_a_server(author: dict[str, Any], info: Any) -> int:
    await asyncio.sleep(0)
    return int(author["born"])


async def fails(author: dict[str, Any], info: Any) -> str:
    await asyncio.sleep(0)
    raise LookupError("no address")


async def never(author: dict[str, Any], info: Any) -> str:
    return await asyncio.Future()


async def all_authors(_: Any, info: Any) -> list[dict[str, Any]]:
    return [{"name": f"author {n}", "born": 1800 + n} for n in range(100)]


async def years(_: Any, info: Any) -> Any:
    for year in range(3):
        await asyncio.sleep(0)
        yield year


author = GraphQLObjectType(
    "Author",
    {
        "name": GraphQLField(GraphQLNonNull(GraphQLString), resolve=from_cache),
        "born": GraphQLField(GraphQLInt, resolve=from_a_server),
        "address": GraphQLField(GraphQLString, resolve=fails),
        "never": GraphQLField(GraphQLString, resolve=never),
        "shop": GraphQLField(GraphQLNonNull(GraphQLString), resolve=fails),
    },
)
schema = GraphQLSchema(
    GraphQLObjectType("Query", {"authors": GraphQLField(GraphQLList(author), resolve=all_authors)}),
    subscription=GraphQLObjectType(
        "Subscription",
        {"year": GraphQLField(GraphQLInt, subscribe=years, resolve=lambda year, info: year)},
    ),
)


@pytest.fixture(autouse=True)
def _forget() -> None:
    tasks_seen.clear()


async def test_a_list_of_async_fields() -> None:
    result = await graphql(schema, "{ authors { name born } }")
    assert result.errors is None
    assert result.data == {"authors": await all_authors(None, None)}


async def test_the_resolvers_run_in_tasks_of_ours() -> None:
    await graphql(schema, "{ authors { name born } }")
    assert len(tasks_seen) == 100
    assert all(isinstance(task, eagerly.Task) for task in tasks_seen)


async def test_a_failing_field_is_null_and_the_others_are_not() -> None:
    result = await graphql(schema, "{ authors { name address } }")
    assert result.data["authors"][5] == {"name": "author 5", "address": None}
    assert len(result.errors) == 100
    assert result.errors[0].message == "no address"


async def test_a_failing_field_that_must_not_be_null_takes_its_object_along() -> None:
    result = await graphql(schema, "{ authors { name shop born } }")
    assert result.data == {"authors": [None] * 100}
    assert len(result.errors) == 100


async def test_queries_at_once() -> None:
    results = await eagerly.gather(*(graphql(schema, "{ authors { born } }") for _ in range(5)))
    assert all(len(result.data["authors"]) == 100 for result in results)


async def test_a_query_that_is_cancelled_leaves_no_task_behind() -> None:
    # Only when all its tasks have started: one that is cancelled before leaves coroutines that
    # were never awaited, in asyncio too.
    query = eagerly.create_task(graphql(schema, "{ authors { born never } }"))
    await asyncio.sleep(0.01)
    assert len(asyncio.all_tasks()) > 100
    query.cancel()
    with pytest.raises(asyncio.CancelledError):
        await query
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_subscription() -> None:
    events = subscribe(schema, parse("subscription { year }"))
    assert [event.data["year"] async for event in events] == [0, 1, 2]
