"""The examples in the docstrings run, on the engine under test."""

from __future__ import annotations

import doctest
import importlib

import pytest
from source_tree import MODULES, name_of

NAMES = [name_of(path) for path in MODULES if ">>> " in path.read_text()]


@pytest.mark.parametrize("name", NAMES)
def test_examples(name: str):
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    own = {key: thing for key, thing in vars(module).items() if is_of(thing, name)}
    examples = [
        test
        for key, thing in [("", module.__doc__), *own.items()]
        for test in finder.find(thing, f"{name}.{key}", module=False, globs={})
        if test.examples
    ]

    for example in examples:
        assert not doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example).failed


def is_of(thing: object, name: str) -> bool:
    """Not imported from elsewhere: some of our names are asyncio's own where those are right."""
    return getattr(thing, "__module__", None) == name
