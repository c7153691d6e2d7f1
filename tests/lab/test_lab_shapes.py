"""Every shape gives the right result, for everyone who is measured, and tells its time."""

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

from eagerly.lab import shapes
from eagerly.lab.shapes import catalog, current, fan_out, worker
from eagerly.lab.shapes.implementations import BY_NAME, IMPLEMENTATIONS
from eagerly.lab.shapes.libraries import library

SCRIPTS = sorted(Path(shapes.__file__).parent.glob("*.py"))
TINY = {"tree": 1, "latency": 10, "echo": 6, "runner": 3}
MOST_TESTED = {"await", "asyncio", "eagerly"}

# With a second process, or 50 ms asleep: not for everyone every time.
SLOW = ("echo", "latency", "tree-io", "tree-memo", "tree-mixed")


def is_here(implementation):
    if sys.version_info < implementation.python:
        return False
    return all(importlib.util.find_spec(module) for module in implementation.modules)


EVERY = [
    pytest.param(
        shape,
        each,
        id=f"{shape.name}-{each.name}",
        marks=[pytest.mark.slow]
        if shape.name.startswith(SLOW) and each.name not in MOST_TESTED
        else [],
    )
    for shape in catalog.SHAPES
    for each in IMPLEMENTATIONS
    if shape.lacks(each) is None
]


@pytest.mark.parametrize(("shape", "implementation"), EVERY)
def test_each_implementation_of_each_shape_gives_the_right_result(shape, implementation):
    if not is_here(implementation):
        pytest.skip(f"needs {implementation.modules} and {implementation.python}")
    n = TINY.get(shape.name.partition("-")[0], 20)

    value = worker.clock(shape, implementation, n, values=1)(1)

    assert value > 0


def test_a_program_is_timed_for_as_many_loops_as_pyperf_asks_for():
    calls = []

    async def program(n):
        calls.append(n)
        return 2.0  # it has a clock of its own

    assert worker.awaited(program, library(BY_NAME["await"]), 7, loops=3) == 6.0
    assert calls == [7, 7, 7]


@pytest.mark.parametrize("name", ["asyncio eager", "asyncio eager uvloop", "eagerly uvloop"])
def test_who_is_called_eager_starts_tasks_at_once(name):
    implementation = BY_NAME[name]
    if not is_here(implementation):
        pytest.skip(f"needs {implementation.modules} and {implementation.python}")
    lib = library(implementation)

    async def main():
        return lib.create_task(fan_out.nothing()).done()

    assert lib.run(main)


def test_a_group_that_forgets_a_task_is_found_out():
    class Library:
        async def gather(self, *coroutines):
            for each in coroutines:
                each.close()
            return []

    with pytest.raises(RuntimeError, match="wrong result: 3 results"):
        fan_out.gathered(Library(), 3).send(None)


def test_a_current_task_that_is_another_is_found_out():
    class Library:
        current_task = object

    async def main():
        await current.asked(Library(), 1)

    with pytest.raises(RuntimeError, match="the task that runs"):
        library(BY_NAME["asyncio"]).run(main)


def test_the_tree_counts_its_tasks():
    assert catalog.BY_NAME["tree-none"].units(6) == 6 + 36 + 216 + 1296 + 7776 + 46656


def test_every_shape_has_a_row_of_asyncio_and_one_of_eagerly():
    for shape in catalog.SHAPES:
        assert shape.lacks(BY_NAME["asyncio"]) is None
        assert shape.lacks(BY_NAME["eagerly"]) is None


def test_every_shape_says_in_one_line_what_it_does():
    for shape in catalog.SHAPES:
        assert shape.doc
        assert "\n" not in shape.doc


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_each_module_imports_the_standard_library_pyperf_and_its_neighbours_only(script):
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module.partition(".")[0] in {*sys.stdlib_module_names, "__future__"}
        elif isinstance(node, ast.Import):
            names = {name.name for name in node.names}
            assert names <= sys.stdlib_module_names | (
                {"pyperf"} if script.stem == "worker" else set()
            )
