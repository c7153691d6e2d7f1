"""Native or interpreted: which engine is imported, decided once and before its first module.

EAGERLY_PURE=1 runs the engine interpreted, =0 natively or not at all (ImportError); unset
runs it natively where it was compiled for this interpreter.  Both live in the same folders:
``task.py`` and ``task.pxd``, and beside them ``task.cpython-313-x86_64-linux-gnu.so``.

``eagerly/__init__.py`` calls ``prepare()`` before it imports a module of the engine, and
``native()`` after the last.
"""

from __future__ import annotations

import asyncio  # noqa: F401 - before _asyncio, or its registry of tasks is Python's (3.11-3.13)
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from types import ModuleType

from eagerly.engine._layout import places

_ENGINE = os.path.dirname(__file__)
_FLOORS = {
    "eagerly.engine": _ENGINE,
    "eagerly.groups": os.path.join(os.path.dirname(_ENGINE), "groups"),
    "eagerly.lab.profile": os.path.join(os.path.dirname(_ENGINE), "lab", "profile"),
}


class InterpretedLoader(SourceFileLoader):
    """Run a module of the engine as plain Python, with our idea of ``import cython``."""

    def exec_module(self, module: ModuleType) -> None:
        with _our_cython():
            super().exec_module(module)


@contextmanager
def _our_cython() -> Iterator[None]:
    """While a module of the engine runs, ``cython`` is ``_cython``; then what it was before."""
    from eagerly.engine import _cython

    theirs = sys.modules.get("cython")
    sys.modules["cython"] = _cython
    try:
        yield
    finally:
        if theirs is None:
            del sys.modules["cython"]
        else:
            sys.modules["cython"] = theirs


def prepare() -> None:
    """Decide, and make every import of the engine that follows keep to it."""
    wish = os.environ.get("EAGERLY_PURE", "")
    if wish not in ("", "0", "1"):
        raise ImportError(
            f"EAGERLY_PURE={wish!r} means nothing: 1 runs eagerly interpreted, 0 natively, "
            "unset natively where it was compiled"
        )
    if wish == "1":
        _interpret()
        return

    compiled, why_not = _whole(_twins()), ""
    if "t" in getattr(sys, "abiflags", ""):
        why_not = "eagerly runs interpreted on a free-threaded CPython"
    elif compiled:
        why_not = _other_layout()
    if compiled and not why_not:
        return

    if wish == "0":
        raise ImportError(
            "EAGERLY_PURE=0 asks for the native engine: "
            + (why_not or f"none was compiled for CPython {sys.version.split()[0]} in {_ENGINE}")
        )
    if why_not:
        warnings.warn(why_not, RuntimeWarning, stacklevel=3)  # whoever imports eagerly
    _interpret()


def native() -> bool:
    """Is the engine that was imported compiled?  Half of one is refused."""
    modules = {name: sys.modules[name] for name in _twins() if name in sys.modules}
    return _whole({name: not _is_source(module) for name, module in modules.items()})


def _interpret() -> None:
    # task.py and task.cpython-*.so share a folder and Python prefers the .so.  A finder that
    # knows of sources only makes it read the .py.
    for folder in _FLOORS.values():
        finder = FileFinder(folder, (InterpretedLoader, SOURCE_SUFFIXES))
        sys.path_importer_cache[folder] = finder


@cache
def _twins() -> dict[str, bool]:
    """The modules that can be compiled, every .py with a .pxd beside it, and whether each is.

    By the names of the files, of which Python takes an extension before a source: to have it find
    each took a twentieth of the import.
    """
    twins = {}
    for package, folder in _FLOORS.items():
        files = set(os.listdir(folder))
        for file in sorted(files):
            stem, _, suffix = file.partition(".")
            if suffix == "pxd" and f"{stem}.py" in files:
                extensions = [os.path.join(folder, stem + end) for end in EXTENSION_SUFFIXES]
                twins[f"{package}.{stem}"] = any(map(os.path.isfile, extensions))
    return twins


def _whole(compiled: dict[str, bool]) -> bool:
    if len(set(compiled.values())) > 1:
        missing = ", ".join(name for name, is_compiled in compiled.items() if not is_compiled)
        raise ImportError(
            f"half of eagerly's engine is compiled, and this is not: {missing}. "
            "Build it again, or run it interpreted with EAGERLY_PURE=1"
        )
    return any(compiled.values())


def _other_layout() -> str:
    """Was the engine compiled against another asyncio.Task than the one that runs?

    Our Task extends the C struct of asyncio's, and has compiled in what is where.  It may differ
    between two builds of one Python version that load each other's extensions.
    """
    step = import_module("eagerly.engine.step")
    built, runs = step.LAYOUT, places(step.find_word, step.find_byte)
    if built == runs:
        return ""
    both = [(name, built[name], runs[name]) for name in built]
    different = [f"{name} {was}, not {now}" for name, was, now in both if was != now]
    for name in _twins():
        if sys.modules.pop(name, None) is not None:
            package, _, stem = name.rpartition(".")
            delattr(sys.modules[package], stem)
    return (
        "eagerly was compiled for another asyncio.Task than this CPython's "
        f"({'; '.join(different)}), so it runs interpreted; "
        "install it again to compile it for this one"
    )


def _is_source(module: ModuleType) -> bool:
    return (module.__file__ or "").endswith(".py")
