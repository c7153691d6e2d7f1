"""sentry-sdk and aiomonitor, which put a task factory of their own in the place of ours."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import aiomonitor
import pytest
import sentry_sdk
from aiomonitor.task import TracedTask
from sentry_sdk.integrations.asyncio import enable_asyncio_integration
from sentry_sdk.transport import Transport
from servers import free_port

import eagerly


class Recorder(Transport):
    """Keeps what Sentry's server would be told."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []

    def capture_envelope(self, envelope: Any) -> None:
        if (event := envelope.get_event()) is not None:
            self.events.append(event)


@pytest.fixture
def sentry() -> Iterator[Recorder]:
    recorder = Recorder()
    sentry_sdk.init(
        dsn="http://key@sentry.example/1", transport=recorder, default_integrations=False
    )
    yield recorder
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


async def test_sentry_is_told_of_an_error_in_a_task(sentry: Recorder) -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise LookupError("lost")

    enable_asyncio_integration()
    with pytest.raises(ExceptionGroup):
        async with eagerly.TaskGroup() as group:
            task = group.create_task(fails())
    assert isinstance(task, eagerly.Task)
    assert task.get_name().endswith("(Sentry-wrapped)")
    (event,) = sentry.events
    assert event["exception"]["values"][0]["value"] == "lost"


async def test_sentry_wraps_eager_tasks_too(sentry: Recorder) -> None:
    async def child(n: int) -> int:
        sentry_sdk.set_tag("n", n)  # each task has a scope of its own
        if n == 3:
            sentry_sdk.capture_message("three")
        return n

    enable_asyncio_integration()
    async with eagerly.TaskGroup() as group:
        tasks = [group.create_task(child(n)) for n in range(5)]
        assert all(task.done() for task in tasks)
    assert [task.result() for task in tasks] == list(range(5))
    assert sentry.events[0]["tags"] == {"n": 3}
    sentry_sdk.capture_message("outside")
    assert "n" not in sentry.events[1].get("tags", {})


async def test_aiomonitor_lists_and_cancels_tasks() -> None:
    port = free_port()
    monitor = aiomonitor.start_monitor(
        asyncio.get_running_loop(), port=free_port(), webui_port=port, console_enabled=False
    )

    def ask(method: str, path: str, body: bytes | None = None) -> Any:
        request = Request(f"http://127.0.0.1:{port}/api/{path}", body, method=method)
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    with monitor:
        task = eagerly.create_task(asyncio.Event().wait(), name="the one that waits")
        answer = await asyncio.to_thread(ask, "POST", "live-tasks", b"filter=waits")
        (listed,) = answer["tasks"]
        assert (listed["name"], listed["state"]) == ("the one that waits", "PENDING")
        await asyncio.to_thread(ask, "DELETE", f"task?task_id={listed['task_id']}")
        assert task.cancelled()


async def test_the_tasks_that_aiomonitor_makes_are_its_own(request: pytest.FixtureRequest) -> None:
    if "uvloop" in request.node.name and sys.version_info >= (3, 13):
        pytest.skip("uvloop passes eager_start=, which aiomonitor's factory does not take")
    loop = asyncio.get_running_loop()
    monitor = aiomonitor.start_monitor(
        loop, port=free_port(), webui_port=free_port(), console_enabled=False,
        hook_task_factory=True,
    )  # fmt: skip
    with monitor:
        async with eagerly.TaskGroup() as group:
            task = group.create_task(asyncio.sleep(0, "result"), name="traced")
            assert not task.done()
        assert isinstance(task, TracedTask)
        assert (task.result(), task.get_name()) == ("result", "traced")
    assert isinstance(eagerly.create_task(asyncio.sleep(0)), eagerly.Task)
