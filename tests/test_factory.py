"""Task factories: a loop that starts every task eagerly."""

from __future__ import annotations

import asyncio
import asyncio.staggered
import contextvars
import gc
import sys
import types
import weakref
from contextvars import ContextVar

import pytest
from helpers import forever, loop_of, nothing, returns, returns_later, turns

import eagerly

pytestmark = pytest.mark.usefixtures("loop_factory")

colour: ContextVar[str] = ContextVar("colour", default="none")


@pytest.mark.eager
class TestEagerTaskFactory:
    async def test_everything_that_makes_a_task_makes_an_eager_one(self, api):
        loop = asyncio.get_running_loop()
        assert loop.get_task_factory() is api.eager_task_factory
        tasks = [
            asyncio.create_task(nothing()),
            loop.create_task(nothing()),
            asyncio.ensure_future(nothing()),
        ]
        assert all(task.done() for task in tasks)
        assert {type(task) for task in tasks} == {api.Task}

    async def test_a_name_and_a_context_are_the_tasks(self, api):
        context = contextvars.copy_context()
        context.run(colour.set, "red")

        async def child():
            await turns()
            return colour.get()

        task = asyncio.create_task(child(), name="chosen", context=context)
        assert task.get_name() == "chosen"
        assert await task == "red"

    @pytest.mark.asyncio_since(3, 14)  # gh-128308
    @pytest.mark.parametrize("who", ["asyncio", "the loop", "a group"])
    async def test_the_first_step_knows_the_name(self, api, who):
        if who == "the loop" and api is eagerly and "uvloop" in repr(asyncio.get_running_loop()):
            pytest.skip("uvloop keeps the name to itself; installed, we make its tasks")

        def make(coro, name):
            if who == "asyncio":
                return asyncio.create_task(coro, name=name)
            if who == "a group":
                return group.create_task(coro, name=name)
            return asyncio.get_running_loop().create_task(coro, name=name)

        async def inner():
            names.append(asyncio.current_task().get_name())
            names.append(outer_task.get_name())

        async def outer():
            nonlocal outer_task
            outer_task = asyncio.current_task()
            make(inner(), "inner")
            names.append(repr(outer_task).split()[2])

        names, outer_task = [], None
        async with asyncio.TaskGroup() as group:
            make(outer(), "outer")
        assert names == ["inner", "outer", "name='outer'"]

    @pytest.mark.asyncio_since(3, 14)  # gh-128552
    async def test_a_task_that_fails_in_its_first_step_is_in_no_cycle(self, api):
        class Local: ...

        async def child():
            local = Local()
            alive.add(local)
            raise ValueError

        alive = weakref.WeakSet()
        gc.collect()
        gc.disable()
        try:
            for create_task in (asyncio.create_task, asyncio.get_running_loop().create_task):
                with pytest.raises(ValueError):
                    await create_task(child())
                await turns()
                assert not alive
        finally:
            gc.enable()

    @pytest.mark.asyncio_since(3, 14)  # gh-124309
    async def test_asyncios_staggered_race_is_won(self, api):
        async def wins():
            return "winner"

        async def refuses():
            raise OSError

        race = asyncio.staggered.staggered_race
        assert (await race([refuses, wins], 0.01))[0] == "winner"
        assert (await race([forever, wins], 0.01))[0] == "winner"

    @pytest.mark.asyncio_since(3, 14)
    async def test_a_name_that_the_first_step_sets_stays(self, api, loop_factory):
        if loop_factory is not asyncio.new_event_loop:
            pytest.skip("uvloop names a task when the factory has returned it")

        async def child():
            asyncio.current_task().set_name("its own")

        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            for create_task in (asyncio.create_task, loop.create_task, group.create_task):
                assert create_task(child(), name="given").get_name() == "its own"

    @pytest.mark.asyncio_since(3, 14)  # gh-130033: named 'None'
    async def test_without_a_name_it_has_the_default_one(self, api):
        for task in (asyncio.create_task(forever()), asyncio.create_task(nothing(), name=None)):
            assert task.get_name().startswith("Task-")

    @pytest.mark.asyncio_since(3, 14)
    async def test_it_takes_eager_start(self, api):
        loop = asyncio.get_running_loop()
        eager = api.eager_task_factory(loop, nothing(), eager_start=True)
        lazy = api.eager_task_factory(loop, nothing(), eager_start=False)
        assert (eager.done(), lazy.done()) == (True, False)
        await lazy

    @pytest.mark.asyncio_never("it takes None for False")
    async def test_eager_start_none_is_what_it_is_without(self, api):
        """uvloop passes it, and context=None, when nothing was asked for."""
        loop = asyncio.get_running_loop()
        assert api.eager_task_factory(loop, nothing(), eager_start=None).done()
        assert api.eager_task_factory(loop, nothing(), context=None, eager_start=None).done()
        assert api.eager_task_factory(loop, nothing(), name=None, context=None).done()

    async def test_it_can_be_called_as_a_function(self, api):
        loop = asyncio.get_running_loop()
        task = api.eager_task_factory(loop, returns_later("value"), name="chosen")
        assert task.get_name() == "chosen"
        assert await task == "value"

    @pytest.mark.asyncio_since(3, 14)
    async def test_create_task_with_eager_start_false_is_lazy(self, api):
        task = api.create_task(nothing(), eager_start=False)
        assert not task.done()
        await task

    def test_while_the_loop_is_not_running_tasks_start_lazily(self, api, loop_factory):
        with loop_of(loop_factory) as (loop, _):
            loop.set_task_factory(api.eager_task_factory)
            task = loop.create_task(returns("value"))
            assert not task.done()
            assert loop.run_until_complete(task) == "value"

    async def test_asyncios_task_group_and_gather_take_it(self, api):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(returns("value"))
            assert task.done()
        assert type(task) is api.Task
        assert await asyncio.gather(returns(1), returns_later(2)) == [1, 2]

    async def test_what_is_no_coroutine_is_refused(self, api):
        with pytest.raises(TypeError, match="a coroutine was expected"):
            asyncio.create_task(42)
        assert await asyncio.create_task(returns("still works")) == "still works"

    async def test_it_can_be_taken_off_again(self, api):
        asyncio.get_running_loop().set_task_factory(None)
        task = asyncio.create_task(nothing())
        assert not task.done()
        assert type(task) is asyncio.Task
        await task


@pytest.mark.eager
class TestCreateEagerTaskFactory:
    async def test_it_calls_the_constructor(self, api):
        made = []

        def constructor(coro, **kwargs):
            made.append(kwargs)
            return api.Task(coro, **kwargs)

        loop = asyncio.get_running_loop()
        loop.set_task_factory(api.create_eager_task_factory(constructor))
        assert asyncio.create_task(nothing()).done()
        assert asyncio.create_task(nothing(), name="chosen").get_name() == "chosen"
        assert [kwargs["eager_start"] for kwargs in made] == [True, True]
        assert [kwargs["loop"] for kwargs in made] == [loop, loop]

    async def test_it_takes_a_subclass_of_task(self, api):
        class Mine(api.Task):
            pass

        asyncio.get_running_loop().set_task_factory(api.create_eager_task_factory(Mine))
        tasks = [asyncio.create_task(nothing()), asyncio.create_task(returns_later("value"))]
        assert [type(task) for task in tasks] == [Mine, Mine]
        assert [task.done() for task in tasks] == [True, False]
        assert await tasks[1] == "value"

    async def test_groups_and_gather_use_it_too(self, api):
        class Mine(api.Task):
            pass

        asyncio.get_running_loop().set_task_factory(api.create_eager_task_factory(Mine))
        async with api.TaskGroup() as group:
            assert type(group.create_task(nothing())) is Mine
        assert type(api.create_task(nothing())) is Mine
        assert await api.gather(returns(1), returns_later(2)) == [1, 2]


class TestCreateTaskOnForeignLoops:
    """Section 2.9: where somebody else's factory makes the tasks, create_task asks the loop."""

    async def test_it_asks_the_loops_factory(self, api):
        made = []

        def factory(loop, coro, **kwargs):
            made.append({key: value for key, value in kwargs.items() if value is not None})
            if sys.version_info < (3, 12):
                kwargs.pop("eager_start", None)
            return asyncio.Task(coro, loop=loop, **kwargs)

        context = contextvars.copy_context()
        asyncio.get_running_loop().set_task_factory(factory)
        task = api.create_task(returns("value"), name="chosen", context=context)
        assert await task == "value"
        assert type(task) is asyncio.Task
        assert task.get_name() == "chosen"
        assert len(made) == 1
        assert made[0]["context"] is context

    async def test_a_factory_that_knows_loop_and_coroutine_only_is_served(self, api):
        def factory(loop, coro, **kwargs):
            assert {value for key, value in kwargs.items() if key != "name"} <= {None}
            return asyncio.Task(coro, loop=loop)

        asyncio.get_running_loop().set_task_factory(factory)
        assert await api.create_task(returns_later("value")) == "value"

    async def test_a_factory_is_given_nothing_that_nobody_asked_for(self, api, loop_factory):
        if loop_factory is not asyncio.new_event_loop:
            pytest.skip("uvloop gives it context=None and eager_start=None")

        def factory(loop, coro):
            return asyncio.Task(coro, loop=loop)

        asyncio.get_running_loop().set_task_factory(factory)
        assert await api.create_task(returns("value")) == "value"
        assert await api.gather(returns("value")) == ["value"]
        async with api.TaskGroup() as group:
            task = group.create_task(returns("value"))
        assert task.result() == "value"

    @pytest.mark.asyncio_since(3, 14)
    async def test_unknown_arguments_are_the_factorys(self, api, loop_factory):
        if loop_factory is not asyncio.new_event_loop or sys.version_info < (3, 14):
            pytest.skip("loops pass them on since Python 3.14")

        def factory(loop, coro, *, priority=0, **kwargs):
            task = asyncio.Task(coro, loop=loop, **kwargs)
            task.priority = priority
            return task

        asyncio.get_running_loop().set_task_factory(factory)
        task = api.create_task(nothing(), priority=7)
        assert task.priority == 7
        await task


@pytest.mark.skipif(sys.version_info < (3, 12), reason="asyncio's eager factory: since 3.12")
class TestMixed:
    async def test_our_factory_makes_tasks_of_asyncios_constructor_too(self):
        factory = eagerly.create_eager_task_factory(asyncio.Task)
        task = factory(asyncio.get_running_loop(), returns("value"))
        assert type(task) is asyncio.Task
        assert task.done()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="asyncio's eager factory: since 3.12")
class TestHowAnyioKnowsAnEagerFactory:
    async def test_by_its_code_and_the_constructor_in_its_closure(self, api):
        factory = api.eager_task_factory
        assert factory.__code__ is asyncio.eager_task_factory.__code__
        (cell,) = factory.__closure__
        assert isinstance(cell, types.CellType)

        task = cell.cell_contents(nothing(), loop=asyncio.get_running_loop(), name="lazy")
        assert not task.done()
        assert type(task) is api.Task
        await task

    async def test_a_create_task_that_somebody_put_on_the_kind_of_loop_is_called(
        self, api, monkeypatch
    ):
        kind = type(asyncio.get_running_loop())
        real, made = kind.create_task, []

        def create_task(self, coro, **kwargs):
            made.append(coro.__name__)
            return real(self, coro, **kwargs)

        await api.create_task(nothing())
        monkeypatch.setattr(kind, "create_task", create_task)
        await api.create_task(nothing())
        await api.gather(returns(1))
        async with api.TaskGroup() as group:
            group.create_task(returns_later(2))
        assert made == ["nothing", "returns", "returns_later"]
