"""Three floors, engine <- groups <- lab: an import goes down, never up, never in a circle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from source_tree import HERE, MODULES, name_of, python

import eagerly


def floor_of(name: str) -> str | None:
    """None: the roof, ``eagerly`` itself and its command."""
    part = name.split(".")[1] if "." in name else ""
    return part if part in ("engine", "groups", "lab") else None


NO_LAB = tuple(f"ModuleNotFoundError: No module named '{name}" for name in ("rich", "pyperf"))
NAMES = {name_of(path): path for path in MODULES}
ALONE = [
    name
    for name in NAMES
    if not name.endswith("__main__") and not (eagerly.native and floor_of(name) == "lab")
]


@pytest.mark.parametrize("name", ALONE)
def test_imports_alone(name: str):
    pure = "0" if eagerly.native else "1"
    said = python(f"import {name}; print('imported')", EAGERLY_PURE=pure)

    if said.startswith(NO_LAB):
        pytest.skip("needs eagerly[lab]")
    assert said == "imported"


@pytest.mark.parametrize("name", [name for name in NAMES if floor_of(name) is not None])
def test_imports_go_down(name: str):
    floor = floor_of(name)
    above = [f"{name} imports {other}" for other in imports(NAMES[name]) if is_above(other, floor)]

    assert not above


@pytest.mark.parametrize("pxd", sorted(HERE.rglob("*.pxd")), ids=lambda path: path.name)
def test_cimports_go_down(pxd: Path):
    floor = floor_of(name_of(pxd))
    others = re.findall(r"^\s*(?:from|cimport) (eagerly[.\w]*)", pxd.read_text(), re.MULTILINE)

    assert not [other for other in others if is_above(other, floor)]


def test_imports_go_in_no_circle():
    TopologicalSorter(
        {name: [other for other in imports(path) if other in NAMES] for name, path in NAMES.items()}
    ).prepare()  # CycleError names the circle


def test_what_is_loaded_besides_us_asyncio_had_loaded():
    """``typing``, without which asyncio does since 3.14, took 3 of the 10 ms of our import."""
    code = "import asyncio, sys; had = {*sys.modules}; import eagerly; print(*{*sys.modules} - had)"
    loaded = python(code, EAGERLY_PURE="0" if eagerly.native else "1").split()
    others = {name for name in loaded if not name.startswith(("eagerly", "_cython_"))}

    assert others <= {"__future__", "gc", "cython_runtime"}


@pytest.mark.parametrize("floor", ["engine", "groups"])
def test_only_the_registry_asks_for_the_version_of_python(floor: str):
    asking = [
        path.name for path in (HERE / floor).glob("*.py") if "version_info" in path.read_text()
    ]

    assert asking == (["registry.py"] if floor == "engine" else [])


def imports(path: Path) -> Iterator[str]:
    """The modules of eagerly that are imported when *path* is: not later, in a function."""
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("eagerly"))
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                package = name_of(path.parents[node.level - 1] / "__init__.py")
                source = f"{package}.{source}".rstrip(".")
            if source.partition(".")[0] == "eagerly":
                modules = [f"{source}.{alias.name}" for alias in node.names]
                yield from (module if module in NAMES else source for module in modules)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def is_above(name: str, floor: str | None) -> bool:
    order = ["engine", "groups", None, "lab"]  # the roof is what the lab, too, uses
    return floor is not None and order.index(floor_of(name)) > order.index(floor)
