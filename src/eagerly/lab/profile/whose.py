"""Whose code is it?  The places that a profile tells of are those of the program."""

from __future__ import annotations

import asyncio
import enum
import os
import sysconfig
from types import CodeType

import eagerly
from eagerly.lab import run_program


class Whose(enum.IntEnum):
    ASYNCIO = 1  # or eagerly's
    LIBRARY = 2  # or Python's own
    PROGRAM = 3
    ENTRY = 4  # starts a loop, and makes its first task
    BOUNDARY = 5  # calls a loop's callbacks, or the program: its callers made none of the tasks


ASYNCIO, LIBRARY, PROGRAM, ENTRY, BOUNDARY = Whose

_ENGINES = tuple(
    os.path.dirname(module.__file__) + os.sep for module in (asyncio, eagerly) if module.__file__
)
_paths = sysconfig.get_paths()
_LIBRARIES: tuple[str, ...] = tuple(
    {
        os.path.realpath(_paths[name]) + os.sep
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)
_ENTRIES = {"Runner.run", "BaseEventLoop.run_until_complete"}
_BOUNDARIES = {"Handle._run", "BaseEventLoop.run_forever", "BaseEventLoop._run_once"}

known: dict[int, Whose] = {}  # by identity: to hash a code object takes longer than to make a task
_kept: list[CodeType] = []  # so that no identity is given to another


def whose(code: CodeType) -> Whose:
    """Found out once for each code object, and then in `known`."""
    _kept.append(code)
    found = known[id(code)] = _whose(code)
    return found


def _whose(code: CodeType) -> Whose:
    file = code.co_filename
    if file == run_program.__file__:
        return BOUNDARY
    if file.startswith(_ENGINES):
        if code.co_qualname in _ENTRIES:
            return ENTRY
        return BOUNDARY if code.co_qualname in _BOUNDARIES else ASYNCIO
    if file.startswith("<frozen ") or os.path.realpath(file).startswith(_LIBRARIES):
        return LIBRARY
    return PROGRAM


def library_of(file: str) -> str:
    """The package or module that *file* is in: "aiohttp"."""
    return inside_library(file).split(os.sep)[0].removesuffix(".py")


def inside_library(file: str) -> str:
    """*file* without the folder where libraries are: "aiohttp/web.py"."""
    real = os.path.realpath(file)
    folder = max((each for each in _LIBRARIES if real.startswith(each)), key=len, default="")
    return real.removeprefix(folder) if folder else file
