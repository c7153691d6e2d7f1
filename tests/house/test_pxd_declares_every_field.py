"""An attribute that a .pxd forgot lands in the __dict__ that asyncio.Task brings, or is refused.

Neither is seen before it runs, so it is read here: every ``self.name = ...`` of a class that is
compiled has its ``cdef`` in the .pxd.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from source_tree import HERE, TWINS

CLASS = re.compile(r"^cdef class (\w+)(?:\((\w+)\))?:\n((?:    .*\n|\n)*)", re.MULTILINE)
OF_THE_BASE = re.compile(r'^        cdef \w+ (\w+) "words', re.MULTILINE)
FIELD = re.compile(
    r"^    cdef (?:(?:public|readonly) )?"
    r"(?:unsigned |long )?[\w.]+(?:\[[^]]*\])? \**"  # the type
    r"(\w+(?:, ?\w+)*)\s*(?:#.*)?$",
    re.MULTILINE,
)


def declared(pxd: str) -> dict[str, tuple[str, set[str]]]:
    """Class: its base, its fields.

    >>> declared("cdef class Group(Keeper):\\n    cdef readonly set _tasks  # left\\n")
    {'Group': ('Keeper', {'_tasks'})}
    >>> declared("cdef class A:\\n    cdef unsigned int x\\n    cdef go(self, x)\\n")
    {'A': ('', {'x'})}
    """
    found = {}
    for name, base, body in CLASS.findall(pxd):
        fields = ",".join(FIELD.findall(body)).split(",")
        found[name] = (base, {field.strip() for field in fields if field})
    return found


ALL = {
    name: found
    for path in TWINS
    for name, found in declared(path.with_suffix(".pxd").read_text()).items()
}
ALL["AsyncioTask"] = "", set(OF_THE_BASE.findall((HERE / "engine/base.pxd").read_text()))


def fields_of(name: str) -> set[str]:
    base, fields = ALL.get(name, ("", set()))
    return fields | (fields_of(base) if base else set())


def assigned(method: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    if not method.args.args:
        return set()
    this = method.args.args[0].arg
    return {
        node.attr
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == this
    }


def classes() -> list[tuple[Path, ast.ClassDef]]:
    return [
        (path, node)
        for path in TWINS
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and node.name in ALL
    ]


@pytest.mark.parametrize(("path", "node"), [pytest.param(*c, id=c[1].name) for c in classes()])
def test_every_attribute_is_declared(path: Path, node: ast.ClassDef):
    methods = [m for m in node.body if isinstance(m, ast.FunctionDef | ast.AsyncFunctionDef)]
    known = fields_of(node.name) | {method.name for method in methods}  # a property's setter
    forgotten = {
        f"{path.name}:{method.lineno} {method.name}() sets {name}"
        for method in methods
        for name in assigned(method) - known
    }

    assert not forgotten


def test_there_are_classes_to_read():
    assert "Task" in {node.name for _, node in classes()}
    assert {"_coro", "_must_cancel", "_number"} <= fields_of("Task")
