"""What looks at a program from outside sees eagerly's tasks, their names and their stacks."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from helpers import SOURCES, forever, python, turns

import eagerly

since_314 = pytest.mark.skipif(sys.version_info < (3, 14), reason="new in 3.14")

PROGRAM = """
import asyncio, sys, time
import eagerly

async def leaf():
    await asyncio.get_running_loop().create_future()

async def branch():
    await leaf()

async def parent():
    async with eagerly.TaskGroup() as group:
        group.create_task(branch(), name="eager child")
        group.create_task(branch(), name="?", eager_start=False).set_name("renamed child")

async def spins():
    print("ready", flush=True)
    while True:
        time.sleep(0.01)

async def waits():
    print("ready", flush=True)
    await leaf()

async def main():
    group = eagerly.create_task(parent(), name="the parent")
    both = eagerly.gather(branch(), branch())
    theirs = asyncio.Task(branch(), name="of asyncio")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await eagerly.create_task({"spins": spins, "waits": waits}[sys.argv[1]](), name="the last")

eagerly.run(main())
"""


@contextmanager
def live(tmp_path, then):
    """A process that runs PROGRAM, when its tasks are there."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    path = os.pathsep.join([str(SOURCES), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, str(program), then],
        env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def look_at(process, command):
    seen = python("-m", "asyncio", command, str(process.pid))
    if "ermission" in seen.stderr or "not permitted" in seen.stderr:
        pytest.skip("this system does not let one process look into another")
    assert seen.returncode == 0, seen.stderr[-2000:]
    return seen.stdout


@since_314
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it takes another permission")
class TestFromAnotherProcess:
    NAMES = ("eager child", "renamed child", "the parent", "of asyncio", "Task-1")

    @pytest.mark.parametrize("then", ["waits", "spins"])
    def test_ps_lists_every_task_with_its_name_its_stack_and_who_awaits_it(self, tmp_path, then):
        with live(tmp_path, then) as process:
            table = look_at(process, "ps")
        for name in self.NAMES:
            assert name in table
        for name in ("eager child", "renamed child"):
            (line,) = (line for line in table.splitlines() if name in line)
            assert "leaf -> branch" in line
            assert "TaskGroup.__aexit__ -> parent" in line
            assert "the parent" in line

    @pytest.mark.parametrize("then", ["waits", "spins"])
    def test_pstree_draws_who_awaits_whom(self, tmp_path, then):
        with live(tmp_path, then) as process:
            tree = look_at(process, "pstree")
        lines = [line.strip("│├└─ ") for line in tree.splitlines()]
        parent, eager = (lines.index(f"(T) {name}") for name in ("the parent", "eager child"))
        assert lines[parent + 1].startswith("parent ")
        assert eager > parent
        assert lines[eager + 1].startswith("branch ")
        assert lines[eager + 2].startswith("leaf ")


@since_314
class TestCallGraph:
    async def test_of_a_suspended_task_it_is_as_asyncio_draws_it(self, api):
        async def waits_for(task):
            await task

        async def parent():
            async with api.TaskGroup() as group:
                children.append(group.create_task(forever(), name="child"))

        children = []
        tasks = [api.create_task(parent(), name="parent")]
        await turns(2)
        tasks.append(api.create_task(waits_for(children[0]), name="ours"))
        tasks.append(asyncio.Task(waits_for(children[0]), name="theirs"))
        await turns(2)

        graph = asyncio.capture_call_graph(children[0])
        assert graph.future is children[0]
        assert [entry.frame.f_code.co_name for entry in graph.call_stack] == ["forever"]
        assert {edge.future.get_name() for edge in graph.awaited_by} == {"parent", "ours", "theirs"}
        drawn = asyncio.format_call_graph(children[0])
        assert "* Task(name='child'" in drawn
        assert "* Task(name='parent'" in drawn

    async def test_of_a_task_that_has_not_begun_or_has_ended(self, api):
        lazy = api.Task(forever(), name="lazy")
        assert "in async forever()" in asyncio.format_call_graph(lazy)
        lazy.cancel()
        await asyncio.wait([lazy])
        graph = asyncio.capture_call_graph(lazy)
        assert (graph.awaited_by, lazy._asyncio_awaited_by) == ((), None)

    async def test_of_the_running_task_in_its_first_step_and_later(self, api):
        async def child():
            names.append(asyncio.capture_call_graph().future.get_name())
            await turns()
            names.append(asyncio.capture_call_graph().future.get_name())

        names = []
        await api.create_task(child(), name="child")
        assert names == ["child", "child"]


STUCK = """
import asyncio, faulthandler, signal, sys, time
import eagerly

async def stuck():
    if later:
        await asyncio.sleep(0)
    faulthandler.dump_traceback()

later = sys.argv[1] == "later"

async def main():
    await eagerly.create_task(stuck())

eagerly.run(main())
"""


@pytest.mark.parametrize("when", ["first", "later"])
def test_faulthandler_shows_the_frames_of_the_coroutine(tmp_path, when):
    program = tmp_path / "stuck.py"
    program.write_text(STUCK)
    finished = python(program, when)
    assert finished.returncode == 0, finished.stderr
    assert f'File "{program}", line 8 in stuck' in finished.stderr
    if when == "first":
        assert f'File "{program}", line 13 in main' in finished.stderr
    assert "in run_forever" in finished.stderr


def test_a_signal_handler_sees_the_frames_of_the_coroutine():
    def handler(number, frame):
        seen.append(frame.f_code.co_name)

    async def interrupted():
        signal.raise_signal(signal.SIGTERM)

    async def main():
        await eagerly.create_task(interrupted())

    seen = []
    before = signal.signal(signal.SIGTERM, handler)
    try:
        eagerly.run(main())
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == ["interrupted"]
