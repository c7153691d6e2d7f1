"""anyio: its task groups, scopes and portals, on tasks that ours are.

anyio makes the children of its own groups lazily, with the constructor that it finds in an eager
factory it recognises (anyio#764); with one that it does not, its scopes break.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from anyio.abc import TaskStatus
from anyio.streams.memory import MemoryObjectSendStream
from helpers import python

import eagerly


async def test_a_child_of_a_task_group_is_a_lazy_task_of_ours() -> None:
    tasks: list[object] = []

    async def child() -> None:
        tasks.append(asyncio.current_task())

    async with anyio.create_task_group() as group:
        group.start_soon(child, name="Ada")
        assert tasks == []
    assert isinstance(tasks[0], eagerly.Task)
    assert tasks[0].get_name() == "Ada"


async def test_errors_come_out_as_a_group_and_cancel_the_siblings() -> None:
    cancelled = anyio.Event()

    async def waits() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()

    async def fails() -> None:
        raise LookupError

    with pytest.raises(ExceptionGroup) as caught:
        async with anyio.create_task_group() as group:
            group.start_soon(waits)
            group.start_soon(fails)
    assert [type(error) for error in caught.value.exceptions] == [LookupError]
    assert cancelled.is_set()


async def test_a_group_is_cancelled_by_its_scope() -> None:
    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(anyio.sleep_forever)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert group.cancel_scope.cancelled_caught


async def test_scopes_time_out_inside_eager_tasks() -> None:
    async def child() -> str:
        with anyio.move_on_after(0.01) as scope:
            await anyio.sleep_forever()
        assert scope.cancelled_caught
        with pytest.raises(TimeoutError), anyio.fail_after(0.01):
            await asyncio.Future()
        return "alive"

    assert await eagerly.gather(*(child() for _ in range(10))) == ["alive"] * 10


async def test_a_scope_cancels_again_whoever_swallows_it() -> None:
    attempts = 0
    with anyio.move_on_after(0.01):
        while attempts < 3:
            try:
                await asyncio.Future()
            except asyncio.CancelledError:
                attempts += 1
        await anyio.lowlevel.checkpoint()
    assert attempts == 3
    assert asyncio.current_task().cancelling() == 0


async def test_a_shielded_scope_finishes_its_work() -> None:
    steps = []

    async def child() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
                steps.append("cleaned up")

    async with anyio.create_task_group() as group:
        group.start_soon(child)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert steps == ["cleaned up"]


async def test_a_native_cancel_reaches_a_host_of_a_group() -> None:
    async def host() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)

    task = eagerly.create_task(host())
    await anyio.wait_all_tasks_blocked()
    task.cancel("from outside")
    with pytest.raises(asyncio.CancelledError, match="from outside"):
        await task
    assert task.cancelled()


async def test_start_waits_until_the_child_is_ready() -> None:
    async def service(*, task_status: TaskStatus[int]) -> None:
        await anyio.sleep(0)
        task_status.started(8080)
        await anyio.sleep_forever()

    async with anyio.create_task_group() as group:
        assert await group.start(service) == 8080
        group.cancel_scope.cancel()


async def test_groups_of_both_kinds_nest() -> None:
    results: list[int] = []

    async def ours(n: int) -> None:
        async with eagerly.TaskGroup() as group:
            group.create_task(theirs(n))

    async def theirs(n: int) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(leaf, n)

    async def leaf(n: int) -> None:
        await anyio.sleep(0)
        results.append(n)

    async with anyio.create_task_group() as outer:
        for n in range(10):
            outer.start_soon(ours, n)
    assert sorted(results) == list(range(10))


async def test_a_stream_between_producers_and_a_consumer() -> None:
    send, receive = anyio.create_memory_object_stream[int](2)

    async def producer(stream: MemoryObjectSendStream[int]) -> None:
        async with stream:
            for n in range(10):
                await stream.send(n)

    async with anyio.create_task_group() as group, send, receive:
        for _ in range(3):
            group.start_soon(producer, send.clone())
        send.close()
        assert sorted([n async for n in receive]) == sorted([*range(10)] * 3)


async def test_a_limiter_knows_its_borrowers_apart() -> None:
    limiter, most = anyio.CapacityLimiter(3), 0

    async def worker(n: int) -> int:
        nonlocal most
        async with limiter:  # it belongs to the current task, in the first step too
            most = max(most, limiter.borrowed_tokens)
            await anyio.sleep(0)
            return n

    assert await eagerly.gather(*map(worker, range(10))) == [*range(10)]
    assert most == 3


async def test_to_a_thread_and_back() -> None:
    async def on_the_loop(n: int) -> int:
        assert isinstance(asyncio.current_task(), eagerly.Task)
        await anyio.sleep(0)
        return n + 1

    def in_the_thread(n: int) -> int:
        return anyio.from_thread.run(on_the_loop, n) * 2

    answers = await eagerly.gather(*(anyio.to_thread.run_sync(in_the_thread, n) for n in range(5)))
    assert answers == [2, 4, 6, 8, 10]


async def test_its_tcp_streams() -> None:
    async def echo(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            async for data in stream:
                await stream.send(data)

    async def client(port: int) -> bytes:
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(b"hello")
            return await stream.receive()

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with anyio.create_task_group() as group:
            group.start_soon(listener.serve, echo)
            assert await eagerly.gather(*(client(port) for _ in range(10))) == [b"hello"] * 10
            group.cancel_scope.cancel()


async def whose() -> str:
    """Of which module the tasks are, that asyncio makes here."""
    task = asyncio.create_task(anyio.sleep(0))
    await task
    return type(task).__module__


def test_its_run_takes_a_loop_of_ours(
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    def eager_loop() -> asyncio.AbstractEventLoop:
        loop = loop_factory()
        loop.set_task_factory(eagerly.eager_task_factory)
        return loop

    assert anyio.run(whose, backend_options={"loop_factory": eager_loop}).startswith("eagerly.")


def test_a_portal_runs_eager_tasks_in_another_thread() -> None:
    def eager_loop() -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        loop.set_task_factory(eagerly.eager_task_factory)
        return loop

    options = {"loop_factory": eager_loop}
    with anyio.from_thread.start_blocking_portal(backend_options=options) as portal:
        assert portal.call(whose).startswith("eagerly.")
        futures = [portal.start_task_soon(anyio.sleep, 0.01) for _ in range(5)]
        assert [future.result() for future in futures] == [None] * 5


def test_its_pytest_plugin(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        """
import asyncio, pytest, eagerly

def eager_loop():
    loop = asyncio.new_event_loop()
    loop.set_task_factory(eagerly.eager_task_factory)
    return loop

@pytest.fixture
def anyio_backend():
    return "asyncio", {"loop_factory": eager_loop}
"""
    )
    (tmp_path / "test_suite.py").write_text(
        """
import asyncio, anyio, pytest, eagerly

pytestmark = pytest.mark.anyio

@pytest.fixture
async def cache():
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep_forever)
        yield {"a": 1}
        group.cancel_scope.cancel()

async def test_passes(cache):
    assert isinstance(asyncio.current_task(), eagerly.Task)
    task = asyncio.create_task(asyncio.sleep(0, cache["a"]))
    assert isinstance(task, eagerly.Task)
    assert await task == 1

async def test_blocked():
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep_forever)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()

async def test_fails():
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, "no number")
"""
    )
    run = python("-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:cacheprovider", tmp_path)
    assert "1 failed, 2 passed" in run.stdout, run.stdout
