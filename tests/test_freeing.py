"""A task may be freed anywhere, by anybody, and what is made in its place is new."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import sys
import textwrap
import threading
import time
import warnings
import weakref

import pytest
from helpers import (
    fails,
    fails_later,
    forever,
    loop_of,
    python,
    returns,
    returns_later,
    turn,
    turns,
    waits_for,
)

import eagerly
from eagerly.groups.gather import gather_lazily


class Error(Exception):
    pass


class AtEnd:
    """Calls a function when it is freed."""

    def __init__(self, call):
        self.call = call

    def __del__(self):
        self.call()


async def nested(depth, innermost):
    """A task whose result is a task whose result is a task..."""
    task = innermost
    for _ in range(depth):
        task = eagerly.create_task(returns(task))
    await turns(2)  # where this was slow, one of them has been started lazily
    return task


class TestResurrection:
    """What is told of a lost task may keep it."""

    @pytest.mark.parametrize("cls", [eagerly.Task, type("Mine", (eagerly.Task,), {})])
    @pytest.mark.parametrize("depth", range(0, 50, 5))
    async def test_a_task_that_comes_back_is_a_task_like_any_other(self, cls, depth, reports):
        error = Error()
        task = cls(fails(error), eager_start=True)
        task = await nested(depth, task)
        del task
        (report,) = reports
        task = report.pop("future")
        assert task.exception() is error
        assert gc.is_tracked(task)
        reference = weakref.ref(task)
        del task
        assert reference() is None
        assert len(reports) == 1

    async def test_it_may_become_part_of_a_cycle(self, reports):
        for depth in range(60):
            task = await nested(depth, eagerly.create_task(fails(Error())))
            del task
        tasks = [report.pop("future") for report in reports]
        references = [weakref.ref(task) for task in tasks]
        for task in tasks:
            task.cycle = task
        del task, tasks
        gc.collect()
        assert [reference() for reference in references] == [None] * 60

    async def test_a_subclass_may_keep_its_instances(self):
        kept = []

        class Mine(eagerly.Task):
            def __del__(self):
                kept.append(self)
                super().__del__()

        for _ in range(100):
            Mine(returns("value"), eager_start=True)
        await turns(3)
        assert [task.result() for task in kept] == ["value"] * 100
        del kept[:]
        assert kept == []


class TestReuse:
    async def test_a_task_that_is_being_freed_cannot_be_found(self):
        found = []

        def find():
            found.extend(thing for thing in gc.get_objects() if type(thing) is eagerly.Task)

        for _ in range(10):
            eagerly.create_task(returns(AtEnd(find)))
            await turns()
        main = asyncio.current_task()
        assert [task for task in found if task is not main] == []

    async def test_the_end_of_a_result_may_make_and_free_tasks(self):
        made = []

        def make():
            made.extend((n, eagerly.create_task(returns(n))) for n in range(100))
            del made[::2]

        for _ in range(100):
            eagerly.create_task(returns(AtEnd(make)))
            eagerly.create_task(returns_later(AtEnd(make)))
        await turns(3)
        assert len(made) > 50
        assert len(made) == len({id(task) for _, task in made})
        assert [await task for _, task in made] == [n for n, _ in made]

    async def test_attributes_and_weak_references_are_of_one_task_only(self):
        value = AtEnd(lambda: None)
        gone = []
        for n in range(200):
            task = eagerly.create_task(returns(n))
            assert not hasattr(task, "value")
            assert not weakref.getweakrefs(task) or not task.done()  # asyncio's
            if n % 2:
                task.value = value
            if n % 3:
                weakref.finalize(task, gone.append, n)
            if n % 5 == 0 and n % 2:
                del task.value
            await task
        del task
        await turns()
        assert sorted(gone) == [n for n in range(200) if n % 3]

    async def test_a_change_of_class_is_no_change_of_kind(self):
        class Mine(eagerly.Task):
            pass

        for _ in range(100):
            task = eagerly.create_task(returns("value"))
            task.__class__ = Mine
            other = Mine(returns("value"), eager_start=True)
            other.__class__ = eagerly.Task
            del task, other
        for _ in range(200):
            assert type(eagerly.create_task(returns("value"))) is eagerly.Task

    @pytest.mark.parametrize("eager", [True, False])
    @pytest.mark.parametrize("ending", ["returns", "later", "fails", "cancelled"])
    async def test_every_reference_that_it_had_is_given_back_once(self, ending, eager):
        value, context = object(), contextvars.Context()

        async def live_and_die(times):
            for _ in range(times):
                coro = {
                    "returns": lambda: returns(value),
                    "later": lambda: returns_later(value),
                    "fails": lambda: fails_later(Error()),
                    "cancelled": lambda: waits_for(asyncio.sleep(1, value)),
                }[ending]()
                task = eagerly.create_task(coro, context=context, eager_start=eager)
                await turns()
                task.cancel()
                await asyncio.wait([task])
                assert task.cancelled() or task.exception() or task.result() is value
            del coro, task
            await turns(2)
            gc.collect()  # errors are in cycles with their frames

        def counts():
            return [sys.getrefcount(thing) for thing in (eagerly.Task, value, context)]

        await live_and_die(100)  # and some are kept
        before = counts()
        nothings = sys.getrefcount(None)  # immortal from 3.12
        await live_and_die(1_000)
        assert counts() == before
        assert abs(sys.getrefcount(None) - nothings) < 500

    async def test_an_error_that_is_on_its_way_is_not_lost(self):
        def hold_and_fail(task):
            raise Error

        for make in (returns, returns_later):
            with pytest.raises(Error):
                hold_and_fail(await nested(30, eagerly.create_task(make(Error()))))
        await turns(3)


class TestTheCollector:
    async def test_it_may_free_tasks_in_the_middle_of_anything(self, reports):
        threshold = gc.get_threshold()
        gc.set_threshold(1)
        try:
            for _ in range(50):
                task = eagerly.create_task(returns([]))
                task.result().append(task)
                task = eagerly.create_task(returns_later([]))
                await task
                task.result().append(task)
                task = eagerly.create_task(fails(Error()))
                task.cycle = task
            del task
        finally:
            gc.set_threshold(*threshold)
        gc.collect()
        assert len(reports) == 50

    async def test_its_callbacks_may_make_tasks(self):
        made = []

        def callback(phase, info):
            made.append(eagerly.create_task(returns(phase)))
            eagerly.create_task(returns(phase))

        gc.callbacks.append(callback)
        try:
            for _ in range(5):
                task = eagerly.create_task(returns([]))
                task.result().append(task)
                del task
                gc.collect()
        finally:
            gc.callbacks.remove(callback)
        assert [task.result() for task in made] == ["start", "stop"] * 5

    @pytest.mark.parametrize("depth", [1, 19, 20, 21, 300])
    async def test_a_nest_of_tasks_in_a_cycle(self, depth):
        ends = []
        task = await nested(depth, AtEnd(lambda: ends.append(None)))
        task.cycle = task
        del task
        assert gc.collect() > 0
        assert ends == [None]

    def test_a_dead_task_calls_its_weak_references_back(self):
        with loop_of() as (loop, reports):
            called = []
            for _ in range(100):
                task = eagerly.Task(forever(), loop=loop)
                weakref.finalize(task, called.append, None)
            del task
            turn(loop)
            assert called == []
        del loop
        gc.collect()
        assert len(called) == 100
        assert len(reports) == 100


class TestBeforeTheFirstStep:
    """The collector does not see a task that is ready for its first turn of a loop that runs."""

    async def made(self):
        for _ in range(3):
            eagerly.create_task(returns_later("value"), eager_start=False)

    async def grouped(self):
        group = eagerly.TaskGroup()
        await group.__aenter__()
        for _ in range(3):
            group.create_task(returns_later("value"), eager_start=False)

    async def awaited(self):
        await eagerly.create_task(returns_later("value"), eager_start=False)

    async def kept_by_what_it_runs(self):
        class Service:
            async def serve(self):
                return await returns_later("value")

        service = Service()
        service.task = eagerly.create_task(service.serve(), eager_start=False)

    async def gathered(self):
        gather_lazily(*[returns_later("value") for _ in range(3)])

    async def gathered_with_one_that_has_failed(self):
        failed = asyncio.get_running_loop().create_future()
        failed.set_exception(Error())
        failed.exception()
        gather_lazily(failed, returns_later("value")).exception()

    ways = pytest.mark.parametrize(
        "make",
        [
            "made",
            "awaited",
            "kept_by_what_it_runs",
            "grouped",
            "gathered",
            "gathered_with_one_that_has_failed",
        ],
    )

    def left_ready(self, make):
        """A loop that has stopped before it came to the tasks."""
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda loop, report: None)
        loop.call_soon(lambda: eagerly.create_task(getattr(self, make)(), name="made it"))
        turn(loop)
        return loop

    @ways
    def test_a_loop_that_nobody_closed_goes_with_its_tasks(self, make):
        loop = self.left_ready(make)
        left = [weakref.ref(thing) for thing in (loop, *asyncio.all_tasks(loop))]
        assert len(left) > 1
        with warnings.catch_warnings(action="ignore"):  # that it is unclosed
            del loop
            gc.collect()
        assert [ref() for ref in left if ref() is not None] == []

    @ways
    def test_a_task_that_somebody_has_keeps_its_loop(self, make):
        tasks = asyncio.all_tasks(self.left_ready(make))
        task = next(task for task in tasks if task.get_name() != "made it")
        del tasks
        gc.collect()
        loop = task.get_loop()
        assert loop.run_until_complete(task) == "value"
        loop.close()

    @ways
    def test_so_does_a_collection_at_any_moment(self, make):
        threshold = gc.get_threshold()
        gc.set_threshold(1)
        try:
            tasks = asyncio.all_tasks(loop := self.left_ready(make))
            loop.run_until_complete(asyncio.wait(tasks))
        finally:
            gc.set_threshold(*threshold)
        assert {task.result() for task in tasks} - {None} == {"value"}
        loop.close()

    async def test_what_only_its_coroutine_has_is_kept(self):
        async def returns_it(thing):
            return thing

        tasks = [eagerly.create_task(returns_it(Error(n)), eager_start=False) for n in range(9)]
        gc.collect()
        assert [str(await task) for task in tasks] == [str(n) for n in range(9)]

    def test_a_closed_loop_leaves_it_to_the_collector(self):
        async def has(mine):
            pass

        with loop_of() as (loop, _):
            mine = []
            loop.call_soon(lambda: mine.append(eagerly.create_task(has(mine), eager_start=False)))
            turn(loop)
            mine[0]._log_destroy_pending = False
            left = weakref.ref(mine[0])
        mine = None
        with warnings.catch_warnings(action="ignore"):  # that it was never awaited
            gc.collect()
        assert left() is None

    def test_nobody_finds_what_tasks_are_made_from(self):
        look = """
            import gc, eagerly
            print([thing for thing in gc.get_objects() if type(thing) is eagerly.Task])
        """
        assert python("-c", textwrap.dedent(look)).stdout == "[]\n"

    async def test_it_is_hidden_while_its_loop_runs(self):
        task = eagerly.create_task(returns_later("value"), eager_start=False)
        assert gc.is_tracked(task) is not eagerly.native
        await task

    def test_it_is_seen_while_its_loop_does_not_run(self):
        with loop_of() as (loop, _):
            gathered = eagerly.gather(loop.create_future(), returns_later("value"))
            task = eagerly.Task(returns_later("value"), loop=loop)
            assert all(map(gc.is_tracked, eagerly.all_tasks(loop)))
            loop.run_until_complete(task)
            gathered.cancel()
            turn(loop)

    @pytest.mark.parametrize("collecting", ["enable", "disable"])
    def test_its_coroutine_is_finalised_when_the_interpreter_ends(self, collecting):
        left_open = f"""
            import asyncio, eagerly, gc

            class Resource:
                def __del__(self, say=print):
                    say("finalised")

            async def uses(resource):
                pass

            def make():
                eagerly.create_task(uses(Resource()), eager_start=False)
                loop.stop()

            gc.{collecting}()
            loop = asyncio.new_event_loop()
            loop.call_soon(make)
            loop.run_forever()
        """
        assert "finalised" in python("-W", "ignore", "-c", textwrap.dedent(left_open)).stdout

    async def test_it_is_seen_from_its_first_step_on(self):
        seen = []

        async def look():
            seen.append(gc.is_tracked(asyncio.current_task()))

        task = eagerly.create_task(look(), eager_start=False)
        await task
        assert seen == [True]
        assert gc.is_tracked(task)


class TestThreads:
    def test_several_free_and_make_tasks(self):
        # The finalizers let another thread run in the middle of a task's freeing.
        deadline = time.monotonic() + 0.5
        errors = []

        async def work():
            while time.monotonic() < deadline:
                shared.append(await nested(30, AtEnd(lambda: time.sleep(0))))
                shared.append(await eagerly.create_task(waits_for(nested(30, None))))
                made = [eagerly.create_task(returns(n)) for n in range(100)]
                assert await eagerly.gather(*made) == list(range(100))
                await asyncio.sleep(0)
                del shared[: len(shared) // 2]

        def thread():
            try:
                eagerly.run(work())
            except BaseException as error:
                errors.append(error)

        shared = []
        threads = [threading.Thread(target=thread) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert errors == []


@pytest.mark.parametrize("kind", ["task", "list", "tuple", "dict", "exception", "mixed"])
def test_a_deep_nest_of_tasks_and_containers_is_freed(kind, tmp_path):
    program = tmp_path / "nest.py"
    program.write_text(NEST)
    # Interpreted, tasks are freed by CPython, which counts on more up to 3.13.
    finished = python(program, kind, "512" if eagerly.native else "8192")
    assert (finished.stdout, finished.returncode) == ("fine\n", 0), finished.stderr[-2000:]


NEST = """
import asyncio, sys, threading
import eagerly

WRAP = {
    "task": lambda task: task,
    "list": lambda task: [task],
    "tuple": lambda task: (task,),
    "dict": lambda task: {"task": task},
    "exception": lambda task: KeyError(task),
}

async def returns(value):
    return value

async def returns_later(value):
    await asyncio.sleep(0)
    return value

async def main():
    kinds = list(WRAP) if sys.argv[1] == "mixed" else [sys.argv[1]]
    task = None
    for n in range(30_000):
        coro = returns if n % 100 else returns_later
        task = eagerly.create_task(coro(WRAP[kinds[n % len(kinds)]](task)))
    await task
    del task

threading.stack_size(int(sys.argv[2]) * 1024)
thread = threading.Thread(target=eagerly.run, args=[main()])
thread.start()
thread.join()
print("fine")
"""


def test_a_process_may_end_with_tasks_of_every_state(tmp_path):
    program = tmp_path / "ends.py"
    program.write_text(ENDS)
    # Not under coverage: there, and nowhere else, it hung at the end once in thousands of runs.
    finished = python(program, COVERAGE_PROCESS_START="", COVERAGE_PROCESS_CONFIG="")
    assert (finished.stdout, finished.stderr, finished.returncode) == ("fine\n", "", 0)


ENDS = """
import asyncio, faulthandler, threading
import eagerly

faulthandler.dump_traceback_later(60, exit=True)  # should it hang, it says where

kept = []
ready = threading.Event()

async def returns(value):
    return value

async def fails():
    raise ValueError

async def main():
    gate = asyncio.get_running_loop().create_future()
    for _ in range(100):
        kept.append(eagerly.create_task(returns(kept)))
        kept.append(eagerly.create_task(fails()))
        kept.append(eagerly.create_task(asyncio.wait_for(gate, 1000)))
        kept.append(eagerly.create_task(returns(kept), eager_start=False))
        eagerly.create_task(returns(None))

async def works_for_ever():
    while True:
        for _ in range(100):
            eagerly.create_task(returns(eagerly.create_task(returns(None))))
        await asyncio.sleep(0.001)  # the other thread wants to run, too
        ready.set()

loop = asyncio.new_event_loop()
loop.set_exception_handler(lambda loop, report: None)
loop.run_until_complete(main())
threading.Thread(target=eagerly.run, args=[works_for_ever()], daemon=True).start()
ready.wait()
print("fine")
"""
