"""Drop-in: our tasks among asyncio's, on a loop that knows nothing of us."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import sys
import threading

import pytest
from helpers import fails_later, forever, outcome, python, returns, returns_later, turns, waits_for

import eagerly

pytestmark = pytest.mark.usefixtures("loop_factory")  # and asyncio's Runner: see conftest

STARTS = {"eager": eagerly.create_task, "lazy": eagerly.Task}


@pytest.fixture(params=STARTS)
def ours(request):
    """Makes a task of ours."""
    return STARTS[request.param]


class TestAsyncioAwaitsOurs:
    async def test_await(self, ours):
        assert await ours(returns("value")) == "value"
        assert await asyncio.create_task(waits_for(ours(returns_later("value")))) == "value"

    async def test_gather(self, ours):
        gathered = asyncio.gather(ours(returns(1)), ours(returns_later(2)), returns(3))
        assert await gathered == [1, 2, 3]
        gathered = asyncio.gather(ours(forever()), ours(forever()))
        gathered.cancel()
        assert isinstance(await outcome(gathered), asyncio.CancelledError)

    async def test_wait(self, ours):
        quick, slow = ours(returns_later("value")), ours(forever())
        done, pending = await asyncio.wait([quick, slow], return_when=asyncio.FIRST_COMPLETED)
        assert (done, pending) == ({quick}, {slow})
        failed = ours(fails_later(ValueError()))
        done, pending = await asyncio.wait([slow, failed], return_when=asyncio.FIRST_EXCEPTION)
        assert (done, pending) == ({failed}, {slow})
        assert isinstance(failed.exception(), ValueError)

    async def test_wait_for(self, ours):
        assert await asyncio.wait_for(ours(returns_later("value")), 10) == "value"
        task = ours(forever())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(task, 0)
        assert task.cancelled()

    async def test_shield(self, ours):
        inner = ours(returns_later("value", 4))
        outer = asyncio.create_task(waits_for(asyncio.shield(inner)))
        await turns()
        outer.cancel()
        assert isinstance(await outcome(outer), asyncio.CancelledError)
        assert await inner == "value"

    async def test_timeout(self, ours):
        async def child():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await forever()
            return asyncio.current_task().cancelling()

        assert await ours(child()) == 0

    async def test_as_completed(self, ours):
        tasks = [ours(returns_later(n, n)) for n in (3, 1, 2)]
        results = [await future for future in asyncio.as_completed(tasks)]
        assert results == [1, 2, 3]

    async def test_task_group(self, ours):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(waits_for(ours(returns_later("value"))))
        assert task.result() == "value"

    async def test_locks_queues_and_events(self, ours):
        lock, event, queue = asyncio.Lock(), asyncio.Event(), asyncio.Queue(1)
        log = []

        async def child(n):
            await event.wait()
            async with lock:
                await turns()
                await queue.put(n)

        tasks = [ours(child(n)) for n in range(3)]
        event.set()
        for _ in tasks:
            log.append(await queue.get())
        await asyncio.wait(tasks)
        assert log == [0, 1, 2]

    async def test_run_coroutine_threadsafe(self, ours):
        loop = asyncio.get_running_loop()
        results = []

        async def child():
            return await ours(returns_later("value"))

        def thread():
            results.append(asyncio.run_coroutine_threadsafe(child(), loop).result(10))

        await asyncio.to_thread(thread)
        assert results == ["value"]

    async def test_run_coroutine_threadsafe_with_our_factory(self):
        loop = asyncio.get_running_loop()
        loop.set_task_factory(eagerly.eager_task_factory)

        def thread():
            future = asyncio.run_coroutine_threadsafe(forever(), loop)
            loop.call_soon_threadsafe(future.cancel)
            with pytest.raises(concurrent.futures.CancelledError):
                future.result(10)
            return asyncio.run_coroutine_threadsafe(returns_later("value"), loop).result(10)

        assert await asyncio.to_thread(thread) == "value"

    async def test_an_eager_task_of_a_loop_that_another_thread_runs(self, loop_factory):
        loop = asyncio.get_running_loop()
        ran = threading.Event()

        async def child():
            ran.set()
            return threading.get_ident()

        def thread():
            task = eagerly.Task(child(), loop=loop, eager_start=True)
            assert ran.wait(10)  # while the loop has nothing else to wake up for
            return task

        assert await (await asyncio.to_thread(thread)) == threading.get_ident()

    async def test_it_runs_in_a_copy_of_the_context_of_that_thread(self, loop_factory):
        loop = asyncio.get_running_loop()
        var: contextvars.ContextVar[str] = contextvars.ContextVar("var")

        async def child():
            return var.get()

        def thread():
            var.set("of the thread")
            return eagerly.Task(child(), loop=loop, eager_start=True)

        task = await asyncio.to_thread(thread)
        assert await task == "of the thread"
        assert task.get_context()[var] == "of the thread"

    async def test_a_child_that_another_thread_makes(self, loop_factory):
        ran = threading.Event()

        async def child():
            ran.set()
            return threading.get_ident()

        def thread():
            task = group.create_task(child())
            assert ran.wait(10)
            return task

        async with eagerly.TaskGroup() as group:
            task = await asyncio.to_thread(thread)
        assert task.result() == threading.get_ident()

    async def test_wrap_future_and_executors(self, ours):
        async def child():
            return await asyncio.to_thread(threading.get_ident)

        assert await ours(child()) != threading.get_ident()

    def test_run_until_complete(self, ours, loop_factory):
        loop = loop_factory()
        assert loop.run_until_complete(eagerly.Task(returns_later("value"), loop=loop)) == "value"
        loop.close()


class TestOursAwaitAsyncio:
    async def test_tasks(self, ours):
        assert await ours(waits_for(asyncio.create_task(returns_later("value")))) == "value"
        with pytest.raises(ValueError):
            await ours(waits_for(asyncio.create_task(fails_later(ValueError()))))

    async def test_cancelling_ours_cancels_theirs(self, ours):
        inner = asyncio.create_task(forever())
        outer = ours(waits_for(inner))
        await turns()
        outer.cancel("because")
        assert (await outcome(outer)).args == ("because",)
        assert inner.cancelled()

    async def test_cancelling_theirs_cancels_ours(self, ours):
        inner = ours(forever())
        outer = asyncio.create_task(waits_for(inner))
        await turns()
        outer.cancel("because")
        assert (await outcome(outer)).args == ("because",)
        assert inner.cancelled()

    async def test_chains_of_both(self, ours):
        task = ours(returns_later("value"))
        for _ in range(5):
            task = ours(waits_for(asyncio.create_task(waits_for(task))))
        assert await task == "value"

    async def test_sleep(self, ours):
        loop = asyncio.get_running_loop()

        async def child():
            before = loop.time()
            assert await asyncio.sleep(0.01, "slept") == "slept"
            return loop.time() - before

        assert await ours(child()) > 0.009

    async def test_our_group_and_gather_take_theirs(self):
        theirs = asyncio.create_task(returns_later("theirs"))
        async with eagerly.TaskGroup() as group:
            task = group.create_task(waits_for(theirs))
        assert task.result() == "theirs"
        assert await eagerly.gather(asyncio.create_task(returns(1)), returns(2)) == [1, 2]

    async def test_our_barrier_holds_both(self, ours):
        barrier = eagerly.Barrier(2)
        tasks = [ours(barrier.wait()), asyncio.create_task(barrier.wait())]
        assert sorted(await asyncio.gather(*tasks)) == [0, 1]

    async def test_generators_and_context_managers_of_asyncio(self, ours):
        async def generator():
            try:
                for n in range(3):
                    await turns()
                    yield n
            finally:
                await turns()

        async def child():
            return [n async for n in generator()]

        assert await ours(child()) == [0, 1, 2]


class TestSockets:
    async def test_an_echo_server_and_its_clients(self, ours):
        handled = []

        async def handle(reader, writer):
            handled.append(asyncio.current_task())
            while line := await reader.readline():
                writer.write(line.upper())
                await writer.drain()
            writer.close()

        async def client(n):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            answers = []
            for i in range(3):
                writer.write(f"{n} says {i}\n".encode())
                answers.append((await reader.readline()).decode())
            writer.close()
            await writer.wait_closed()
            return answers

        loop = asyncio.get_running_loop()
        loop.set_task_factory(eagerly.eager_task_factory)
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        answers = await asyncio.gather(*(ours(client(n)) for n in range(5)))
        server.close()
        await server.wait_closed()

        assert answers == [[f"{n} SAYS {i}\n" for i in range(3)] for n in range(5)]
        assert {type(task) for task in handled} == {eagerly.Task}
        await asyncio.wait(handled)

    async def test_a_reader_that_is_cancelled(self, ours):
        connected = asyncio.Event()
        writers = []

        async def handle(reader, writer):
            writers.append(writer)
            connected.set()

        async def client():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await reader.readline()
            finally:
                writer.close()
                await writer.wait_closed()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        task = ours(client())
        await connected.wait()
        await turns(3)
        task.cancel()
        assert isinstance(await outcome(task), asyncio.CancelledError)
        for writer in writers:
            writer.close()
        server.close()
        await server.wait_closed()

    async def test_a_subprocess(self, ours):
        async def child():
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", "print(input()[::-1])",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            output, _ = await process.communicate(b"eagerly\n")
            return output.decode().strip(), process.returncode

        assert await ours(child()) == ("ylregae", 0)


def test_importing_eagerly_changes_nothing_in_asyncio():
    finished = python(
        "-c",
        """if True:
        import asyncio, sys

        def everything():
            names = [name for name in sys.modules if name.split(".")[0] in ("asyncio", "_asyncio")]
            modules = {name: dict(vars(sys.modules[name])) for name in sorted(names)}
            classes = {
                (name, key): dict(vars(value))
                for name, module in modules.items()
                for key, value in module.items()
                if isinstance(value, type)
            }
            return modules, classes

        modules, classes = everything()
        import eagerly
        after, classes_after = everything()
        for name, before in modules.items():
            for key, value in before.items():
                assert after[name][key] is value, (name, key)
        assert classes_after == classes
        print("nothing")
        """,
    )
    assert (finished.stdout, finished.stderr) == ("nothing\n", "")
