"""Short turns of asyncio's loop are taken without it: what a program can still count on."""

from __future__ import annotations

import asyncio
import selectors
import socket
import time

import pytest
from helpers import turns

import eagerly


class CountingSelector(selectors.DefaultSelector):
    looks = 0

    def select(self, timeout=None):
        self.looks += 1
        return super().select(timeout)


@pytest.fixture
def selector():
    return CountingSelector()


def run(main, selector, kind=asyncio.SelectorEventLoop):
    with eagerly.Runner(loop_factory=lambda: kind(selector)) as runner:
        return runner.run(main)


async def wakes(n):
    """Wait, n times, for a future that a callback sets."""
    loop = asyncio.get_running_loop()
    for _ in range(n):
        future = loop.create_future()
        loop.call_soon(future.set_result, None)
        await future


def test_a_task_that_callbacks_wake_does_not_cost_a_look_at_the_sockets_each_time(selector):
    run(wakes(50), selector)
    assert selector.looks < 50


def test_sleep_0_lets_the_loop_look_at_its_sockets_each_time(selector):
    run(turns(50), selector)
    assert selector.looks >= 50


@pytest.mark.parametrize("kind", [asyncio.Task, asyncio.tasks._PyTask], ids=["in C", "in Python"])
def test_so_does_sleep_0_in_a_task_of_asyncios(selector, kind):
    async def main():
        woken = eagerly.create_task(wakes(500))
        before = selector.looks
        await kind(turns(50))
        assert not woken.done()
        return selector.looks - before

    assert run(main(), selector) >= 50


def test_a_reply_is_read_while_tasks_wake_each_other(selector):
    async def main():
        loop = asyncio.get_running_loop()
        replies, requests = socket.socketpair()
        replies.setblocking(False)
        reading = eagerly.create_task(loop.sock_recv(replies, 5))
        requests.send(b"hello")
        while not reading.done():
            await wakes(1)
        replies.close()
        requests.close()
        return reading.result()

    assert run(main(), selector) == b"hello"


@pytest.mark.parametrize("library", [asyncio, eagerly], ids=["asyncio", "eagerly"])
def test_a_timer_that_is_due_is_called_at_the_same_turn_as_by_asyncio(library):
    async def main():
        log = []
        asyncio.get_running_loop().call_later(0, log.append, "timer")
        for number in range(4):
            await wakes(1)
            log.append(number)
        return log

    with library.Runner() as runner:
        assert runner.run(main()) == ["timer", 0, 1, 2, 3]


@pytest.mark.parametrize("library", [asyncio, eagerly], ids=["asyncio", "eagerly"])
def test_a_loop_that_is_stopped_ends_its_turn_and_takes_no_other(library):
    log = []
    with library.Runner() as runner:
        loop = runner.get_loop()

        async def stops():
            await wakes(2)
            loop.call_soon(loop.stop)
            loop.call_soon(log.append, "the same turn")
            loop.call_soon(loop.call_soon, log.append, "the next one")
            await wakes(1)

        task = loop.create_task(stops())
        loop.run_forever()
        assert log == ["the same turn"]
        loop.run_until_complete(task)
        assert log == ["the same turn", "the next one"]


@pytest.mark.parametrize("library", [asyncio, eagerly], ids=["asyncio", "eagerly"])
def test_so_does_one_that_is_stopped_in_a_turn_in_which_a_task_gave_way(library):
    log = []
    with library.Runner() as runner:
        loop = runner.get_loop()

        async def gives_way():
            await turns()
            loop.stop()

        async def main():
            await wakes(2)
            loop.call_soon(loop.call_soon, log.append, "the next turn")
            library.Task(gives_way())
            await wakes(2)

        task = loop.create_task(main())
        loop.run_forever()
        assert log == ["the next turn"]
        assert not task.done()
        loop.run_until_complete(task)


@pytest.mark.parametrize("library", [asyncio, eagerly], ids=["asyncio", "eagerly"])
def test_after_a_callback_stops_the_program_the_rest_of_its_turn_is_still_due(library):
    log = []

    def interrupts():
        raise KeyboardInterrupt

    with library.Runner() as runner:
        loop = runner.get_loop()

        async def main():
            await wakes(2)
            loop.call_soon(interrupts)
            loop.call_soon(log.append, "the rest")
            await loop.create_future()

        task = loop.create_task(main())
        with pytest.raises(KeyboardInterrupt):
            loop.run_forever()
        assert log == []
        loop.call_soon(loop.stop)
        loop.run_forever()
        assert log == ["the rest"]
        task.cancel()


def test_a_callback_that_fails_is_reported_and_the_turn_goes_on(selector):
    reports = []

    def fails():
        raise ValueError

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reports.append(context["message"]))
        future = loop.create_future()
        await wakes(2)
        loop.call_soon(fails)
        loop.call_soon(future.set_result, "went on")
        return await future

    assert run(main(), selector) == "went on"
    assert [report.startswith("Exception in callback") for report in reports] == [True]


def test_a_callback_that_was_cancelled_is_not_called(selector):
    log = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: log.append(context["message"]))
        await wakes(2)
        loop.call_soon(log.append, "cancelled").cancel()
        await wakes(2)

    run(main(), selector)
    assert log == []


def test_a_loop_with_turns_of_its_own_takes_every_one(selector):
    class Loop(asyncio.SelectorEventLoop):
        taken = 0

        def _run_once(self):
            self.taken += 1
            super()._run_once()

    async def main():
        await wakes(50)
        return asyncio.get_running_loop().taken

    assert run(main(), selector, Loop) >= 100


def test_so_does_a_loop_with_a_clock_of_its_own(selector):
    class Loop(asyncio.SelectorEventLoop):
        def time(self):
            return time.monotonic()

    run(wakes(50), selector, Loop)
    assert selector.looks >= 100


def test_and_a_loop_in_debug_mode(selector):
    async def main():
        asyncio.get_running_loop().set_debug(True)
        await wakes(50)

    run(main(), selector)
    assert selector.looks >= 100
