"""``_cython.py`` answers whatever an interpreted module asks of ``cython`` while it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_tree import TWINS

from eagerly.engine import _cython


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.stem)
def test_every_name_that_runs_interpreted_is_there(path: Path):
    asked = {node.attr for node in run_interpreted(ast.parse(path.read_text())) if is_cython(node)}

    assert not [name for name in sorted(asked) if not hasattr(_cython, name)]


def test_decorators_and_casts_change_nothing():
    def thing() -> None: ...

    assert _cython.cfunc(thing) is thing
    assert _cython.locals(n=_cython.Py_ssize_t)(thing) is thing
    assert _cython.exceptval(-1, check=True)(thing) is thing
    assert _cython.cast(_cython.bint, thing) is thing
    assert _cython.declare(_cython.Py_ssize_t, 7) == 7
    assert not _cython.compiled


def is_cython(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node.value) == "cython"


def run_interpreted(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but annotations, and what stands under ``if cython.compiled``."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        halves = isinstance(node, ast.If | ast.IfExp) and name == "body"
        if halves and ast.unparse(node.test) == "cython.compiled":
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from run_interpreted(child)
