"""install(): programs that know nothing of eagerly get its tasks, until uninstall()."""

from __future__ import annotations

import asyncio
import asyncio.staggered
import pickle
import sys
import textwrap
from asyncio import create_task as imported_create_task
from asyncio import gather as imported_gather

import pytest
from helpers import forever, loop_of, nothing, python, returns, returns_later, turns

import eagerly

PlainTask = asyncio.Task
NAMES = [
    *("Barrier", "Runner", "Task", "TaskGroup", "create_eager_task_factory", "create_task"),
    *("current_task", "eager_task_factory", "gather", "run"),
]


@pytest.fixture(autouse=True)
def nothing_stays_installed():
    before = everything_in_asyncio()
    yield
    eagerly.uninstall()
    assert everything_in_asyncio() == before


def everything_in_asyncio():
    """Every name of every module of asyncio, and of the loops' classes."""
    modules = {
        f"{path}.{name}": value
        for path, module in sys.modules.items()
        if path.partition(".")[0] == "asyncio"
        for name, value in vars(module).items()
        if not name.startswith("_")
    }
    classes = [asyncio.AbstractEventLoop, asyncio.BaseEventLoop]
    if "uvloop" in sys.modules:
        classes.append(sys.modules["uvloop"].Loop)
    return modules, [dict(vars(kind)) for kind in classes]


def run_python(program):
    done = python("-c", textwrap.dedent(program))
    assert done.returncode == 0, done.stderr


class TestNames:
    def test_importing_eagerly_changes_nothing(self):
        run_python(
            """
            import asyncio
            kinds = asyncio, asyncio.tasks, asyncio.BaseEventLoop, asyncio.AbstractEventLoop
            before = [dict(vars(kind)) for kind in kinds]
            import eagerly
            assert before == [dict(vars(kind)) for kind in kinds]
            """
        )

    def test_asyncios_names_are_ours_in_every_module_of_asyncio(self):
        eagerly.install()
        for name in NAMES:
            if name != "Task":
                assert getattr(asyncio, name) is getattr(eagerly, name)
        assert asyncio.tasks.gather is eagerly.gather
        assert asyncio.runners.run is eagerly.run
        assert asyncio.taskgroups.TaskGroup is eagerly.TaskGroup
        assert asyncio.locks.Barrier is eagerly.Barrier

    def test_uninstall_without_install_does_nothing(self):
        eagerly.uninstall()

    def test_to_install_twice_is_to_install_once(self):
        eagerly.install()
        eagerly.install()
        eagerly.uninstall()
        assert asyncio.Task is PlainTask

    def test_a_name_that_somebody_replaced_after_us_is_theirs(self):
        def theirs(*args): ...

        eagerly.install()
        asyncio.gather = theirs
        eagerly.uninstall()
        assert asyncio.gather is theirs
        asyncio.gather = imported_gather

    def test_a_variable_turns_it_off(self, monkeypatch):
        monkeypatch.setenv("EAGERLY_DISABLE", "1")
        eagerly.install()
        assert asyncio.Task is PlainTask


class TestPrograms:
    """Written for asyncio, with none of our names in them."""

    @pytest.mark.parametrize("main", ["run", "Runner"])
    def test_its_tasks_are_ours_and_eager(self, main, loop_factory):
        async def program():
            loop = asyncio.get_running_loop()
            async with asyncio.TaskGroup() as group:
                tasks = [
                    asyncio.create_task(nothing()),
                    imported_create_task(nothing()),
                    loop.create_task(nothing()),
                    asyncio.ensure_future(nothing()),
                    group.create_task(nothing()),
                ]
                assert all(task.done() for task in tasks)
            tasks.append(asyncio.current_task())
            return {type(task) for task in tasks}

        eagerly.install()
        if main == "run":
            kinds = eagerly.run(program(), loop_factory=loop_factory)
        else:
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                kinds = runner.run(program())
        assert kinds == {eagerly.Task}

    def test_started_lazily_they_are_ours_too(self, loop_factory):
        async def program():
            loop = asyncio.get_running_loop()
            async with asyncio.TaskGroup() as group:
                tasks = [
                    asyncio.create_task(nothing()),
                    imported_create_task(nothing()),
                    loop.create_task(nothing()),
                    asyncio.ensure_future(nothing()),
                    group.create_task(nothing()),
                ]
                assert not any(task.done() for task in tasks)
                assert asyncio.create_task(nothing(), eager_start=True).done()
                assert group.create_task(nothing(), eager_start=True).done()
                await turns()
            gathering = asyncio.gather(returns(1), returns_later(2))
            assert not gathering.done()
            assert await gathering == [1, 2]
            return {type(task) for task in tasks}

        eagerly.install(eager_start=False)
        assert asyncio.run(program()) == {eagerly.Task}
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            assert runner.run(program()) == {eagerly.Task}

    def test_a_loop_that_was_made_before_makes_ours(self, loop_factory):
        with loop_of(loop_factory) as (loop, _):
            eagerly.install()
            task = loop.create_task(returns("value"), name="chosen")
            assert type(task) is eagerly.Task
            assert task.get_name() == "chosen"
            assert not task.done()  # the loop does not run
            assert loop.run_until_complete(task) == "value"
            eagerly.uninstall()
            task = loop.create_task(returns("value"))
            assert type(task) is PlainTask
            loop.run_until_complete(task)

    def test_a_loop_says_that_it_starts_tasks_eagerly(self, loop_factory):
        # anyio asks before it makes a child of a group, which has to start lazily.
        with loop_of(loop_factory) as (loop, _):
            eagerly.install()
            assert loop.get_task_factory() is eagerly.eager_task_factory
            eagerly.install(eager_start=False)
            assert loop.get_task_factory() is None
            eagerly.uninstall()
            assert loop.get_task_factory() is None

    def test_uvloop_may_be_imported_later(self):
        pytest.importorskip("uvloop")
        run_python(
            """
            import asyncio, eagerly
            eagerly.install()
            import uvloop
            async def nothing(): ...
            async def main():
                task = asyncio.get_running_loop().create_task(nothing(), name="chosen")
                assert type(task) is eagerly.Task and task.done() and task.get_name() == "chosen"
            loop = uvloop.new_event_loop()
            loop.run_until_complete(main())
            loop.close()
            eagerly.uninstall()
            assert "create_task" not in vars(uvloop.Loop)
            """
        )

    async def test_the_first_step_knows_its_name(self, loop_factory):
        async def child():
            names.append(asyncio.current_task().get_name())

        names = []
        eagerly.install()
        asyncio.get_running_loop().create_task(child(), name="chosen")
        assert names == ["chosen"]

    async def test_a_task_that_another_thread_makes_starts_lazily(self, loop_factory):
        def in_a_thread():
            tasks.append(loop.create_task(returns("value")))
            loop.call_soon_threadsafe(lambda: None)

        tasks = []
        loop = asyncio.get_running_loop()
        loop.set_task_factory(None)
        eagerly.install()
        await asyncio.to_thread(in_a_thread)
        assert await tasks[0] == "value"

    async def test_a_closed_loop_refuses(self, loop_factory):
        eagerly.install()
        loop = loop_factory()
        loop.close()
        coro = nothing()
        with pytest.raises(RuntimeError, match="closed"):
            loop.create_task(coro)
        coro.close()

    async def test_asyncios_staggered_race_is_won(self, loop_factory):
        async def wins():
            return "winner"

        eagerly.install()
        race = asyncio.staggered.staggered_race
        assert (await race([forever, wins], 0.01))[0] == "winner"

    async def test_anything_that_can_be_awaited_becomes_a_task(self, loop_factory):
        class Awaitable:
            def __await__(self):
                return returns_later("value").__await__()

        eagerly.install()
        task = asyncio.ensure_future(Awaitable())
        assert type(task) is eagerly.Task
        assert await task == "value"

    @pytest.mark.parametrize("eager_start", [True, False])
    async def test_a_loop_with_somebodys_task_factory_keeps_it(self, loop_factory, eager_start):
        def factory(loop, coro, **kwargs):
            kwargs = {key: value for key, value in kwargs.items() if value is not None}
            assert "eager_start" not in kwargs  # the program did not ask for it
            made.append(PlainTask(coro, loop=loop, **kwargs))
            return made[-1]

        made = []
        loop = asyncio.get_running_loop()
        loop.set_task_factory(factory)
        eagerly.install(eager_start=eager_start)
        tasks = [asyncio.create_task(returns(1)), loop.create_task(returns(2), name="chosen")]
        async with asyncio.TaskGroup() as group:
            tasks.append(group.create_task(returns(3)))
        assert tasks == made
        assert made[1].get_name() == "chosen"
        assert await asyncio.gather(*tasks, returns(4)) == [1, 2, 3, 4]
        assert len(made) == 4

    @pytest.mark.parametrize("eager_start", [True, False])
    async def test_an_eager_factory_makes_eager_tasks(self, loop_factory, eager_start):
        eagerly.install(eager_start=eager_start)
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        assert loop.create_task(nothing()).done()
        assert asyncio.create_task(nothing()).done()
        assert asyncio.gather(nothing()).done()
        async with asyncio.TaskGroup() as group:
            assert group.create_task(nothing()).done()


class TestTheTaskClass:
    async def test_a_factory_can_be_made_of_a_subclass_of_it(self):
        """Where asyncio has no eager factory, on 3.11, it is ours that is found there."""
        eagerly.install()

        class Mine(asyncio.Task[str]): ...

        factory = asyncio.create_eager_task_factory(Mine)
        task = factory(asyncio.get_running_loop(), returns("value"))
        assert isinstance(task, Mine)
        assert task.done()

    async def test_it_makes_ours_as_the_constructor_does(self):
        eagerly.install()
        task = asyncio.Task(returns("value"), name="lazy")
        assert type(task) is eagerly.Task
        assert not task.done()
        assert asyncio.Task(nothing(), eager_start=True).done()
        assert await task == "value"

    async def test_every_task_is_an_instance(self):
        plain = PlainTask(returns("value"))
        eagerly.install()
        ours = asyncio.Task(nothing(), eager_start=True)
        assert isinstance(plain, asyncio.Task)
        assert isinstance(ours, asyncio.Task)
        assert not isinstance(asyncio.get_running_loop().create_future(), asyncio.Task)
        assert issubclass(PlainTask, asyncio.Task)
        assert issubclass(asyncio.Task, asyncio.Future)
        assert await plain == "value"

    def test_pickle_finds_it(self):
        eagerly.install()
        pickled = pickle.dumps(asyncio.Task)
        assert pickle.loads(pickled) is asyncio.Task
        eagerly.uninstall()
        assert pickle.loads(pickled) is PlainTask

    async def test_a_program_may_subclass_it(self):
        eagerly.install()

        class Named(asyncio.Task[str]):
            def __init__(self, coro, *, surname, **kwargs):
                super().__init__(coro, **kwargs)
                self.surname = surname

        task = Named(returns("value"), surname="chosen", loop=asyncio.get_running_loop())
        assert isinstance(task, (Named, eagerly.Task))
        assert isinstance(task, Named)
        assert not isinstance(asyncio.Task(nothing(), eager_start=True), Named)
        assert issubclass(Named, asyncio.Task)
        assert await task == "value"
        assert task.surname == "chosen"
