"""The scripts that are measured: right, alike, and runnable by a bare old interpreter."""

import ast
import asyncio
import contextvars
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from eagerly.lab import chapter, workloads
from eagerly.lab.workloads import barrier, task_group, worker

SCRIPTS = sorted(Path(workloads.__file__).parent.glob("*.py"))
EVERY = [
    pytest.param(workload, each, id=f"{workload.name}-{each.name}")
    for workload in chapter.WORKLOADS
    for each in workload.implementations
]


@pytest.mark.parametrize(("workload", "implementation"), EVERY)
def test_each_implementation_gives_the_right_result(workload, implementation):
    if sys.version_info < implementation.needs:
        pytest.skip("needs " + ".".join(map(str, implementation.needs)))
    library = importlib.import_module(implementation.library)

    seconds = contextvars.copy_context().run(implementation.measure, library, 20)

    assert seconds > 0


@pytest.mark.parametrize("workload", chapter.WORKLOADS, ids=lambda workload: workload.name)
def test_each_floor_gives_the_right_result(workload):
    assert contextvars.copy_context().run(workload.floor, 20) > 0


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_each_script_is_valid_for_python_3_8(script):
    ast.parse(script.read_text(), feature_version=(3, 8))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_each_script_imports_the_standard_library_and_its_neighbour_only(script):
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.module == "worker"
        elif isinstance(node, ast.ImportFrom):
            assert node.module.partition(".")[0] in {*sys.stdlib_module_names, "__future__"}
        elif isinstance(node, ast.Import):
            assert {name.name for name in node.names} <= sys.stdlib_module_names


def test_asyncio_is_measured_without_importing_eagerly():
    code = (
        "import sys, runpy; sys.argv[1:] = ['asyncio.gather', '10'];"
        "runpy.run_module('workloads.gather', run_name='__main__');"
        "assert 'eagerly' not in sys.modules"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=SCRIPTS[0].parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout).keys() == {"seconds", "floors"}


def test_the_floor_is_measured_before_and_after():
    order = []

    def floor(n):
        order.append("floor")
        return 1.0

    def measure(library, n):
        assert library is asyncio
        order.append("measure")
        return 3.0

    implementation = worker.Implementation("asyncio.something", (3, 8), measure)
    workload = worker.Workload("x", "0", "x", "x", "x", "x", floor, (implementation,))

    assert worker.measured(workload, implementation, 5) == {"seconds": 3.0, "floors": [1.0, 1.0]}
    assert order == ["floor", "measure", "floor"]


def test_a_barrier_that_lets_somebody_through_is_found_out():
    class Leaky(asyncio.Barrier):
        async def wait(self):
            return 0

    class Library:
        run, TaskGroup, Barrier = asyncio.run, asyncio.TaskGroup, Leaky

    with pytest.raises(ExceptionGroup) as caught:
        barrier.met(Library, 3)
    assert "nobody passes before all have come" in str(caught.value.exceptions[0])


def test_a_group_that_does_not_wait_is_found_out():
    class Hasty(asyncio.TaskGroup):
        async def __aexit__(self, *_):
            pass

    class Library:
        run, TaskGroup = asyncio.run, Hasty

    with pytest.raises(asyncio.InvalidStateError):
        task_group.as_it_comes(Library, 3)
