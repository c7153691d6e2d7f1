"""Run a program as `python` would, in this process: a file, a folder, a zip file or a module.

What a program can look at is as `python` leaves it: `sys.argv`, `sys.path[0]`, a `__main__` of its
own. How it ends is left to the interpreter: what comes out of it goes on to there, so that exit
status, atexit, threads and Ctrl-C are as ever; only, the traceback is shown without our frames.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import runpy
import sys
from dataclasses import dataclass
from importlib.machinery import PathFinder, SourceFileLoader, SourcelessFileLoader
from pkgutil import get_importer
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

from eagerly.lab.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    Hook = Callable[[type[BaseException], BaseException, TracebackType | None], Any]

LAB = os.path.dirname(__file__)


@dataclass(frozen=True)
class Program:
    name: str  # a path; or a module's
    arguments: list[str]
    is_module: bool

    def command(self) -> list[str]:
        """What `python` or one of our commands is given to run it."""
        return [*(["-m"] if self.is_module else []), self.name, *self.arguments]


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-m",
        dest="module",
        nargs=argparse.REMAINDER,
        metavar=("MODULE", "ARGUMENT"),
        help="a module or a package, as python -m has it; all that follows is for the program",
    )
    parser.add_argument(
        "program",
        nargs=argparse.REMAINDER,
        metavar="PROGRAM [ARGUMENT ...]",
        help="a file, or a folder or zip file with a __main__.py; all that follows is for it",
    )


def chosen_program(chosen: argparse.Namespace) -> Program:
    """What was asked for; a Problem if there is no such program."""
    named = [*(chosen.module or []), *chosen.program]
    if chosen.module is None and named[:1] == ["--"]:  # so far for our options
        del named[0]
    if not named:
        chosen.parser.error("name a program, or a module with -m")
    program = Program(named[0], named[1:], is_module=chosen.module is not None)
    _check(program)
    return program


def _check(program: Program) -> None:
    if not program.is_module and not os.path.exists(program.name):
        hint = f"; for a module say -m {program.name}" if program.name.isidentifier() else ""
        message = f"there is no file {program.name!r} here{hint}"
        raise Problem(message)
    if program.is_module and not can_be_found(program.name.partition(".")[0]):
        message = f"there is no module {program.name!r}: is it installed for {sys.executable}?"
        raise Problem(message)


def can_be_found(module: str) -> bool:
    """Here, as python -m has it, or where the others are."""
    if PathFinder.find_spec(module, [os.getcwd()]) is not None:
        return True
    return bool(module) and importlib.util.find_spec(module) is not None


def run(
    program: Program, sources: Callable[[str, str], SourceFileLoader] = SourceFileLoader
) -> None:
    """Returns when the program has come to its end; what it raises comes out.

    If it is a file of source, that is loaded by *sources*.
    """
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    sys.argv = [program.name, *program.arguments]
    try:
        if program.is_module:
            _put_first(os.getcwd())
            sys.argv[0] = "-m"  # until it is found
            _run_module(program.name, alter_argv=True)
        elif type(get_importer(program.name)) is not type(None):  # a folder or a zip file
            _put_first(_absolute(program.name))
            _run_module("__main__", alter_argv=False)
        else:
            _put_first(os.path.dirname(os.path.realpath(program.name)))
            _run_file(program.name, main, sources)
    except SystemExit:
        raise
    except BaseException as error:
        _show_as_theirs(error)
        raise


def _run_module(name: str, *, alter_argv: bool) -> None:
    """What python -m does itself, with its own frames and its own words."""
    runpy._run_module_as_main(name, alter_argv)  # type: ignore[attr-defined]


def _run_file(name: str, main: ModuleType, sources: Callable[[str, str], SourceFileLoader]) -> None:
    path = _absolute(name)
    kind = SourcelessFileLoader if path.endswith(".pyc") else sources
    loader = kind("__main__", path)
    main.__file__, main.__loader__ = path, loader
    if sys.version_info < (3, 15):
        main.__dict__["__cached__"] = None
    if isinstance(loader, SourceFileLoader):
        code = loader.source_to_code(loader.get_data(path), path)  # never from a __pycache__
    else:
        code = loader.get_code("__main__")  # type: ignore[assignment]
    exec(code, main.__dict__)


def _absolute(name: str) -> str:
    """As `python` makes it, which leaves the dots in."""
    return os.path.join(os.getcwd(), name)


def _put_first(folder: str) -> None:
    if not sys.flags.safe_path:
        sys.path[0] = folder
        _forget_what_is_hidden_by(folder)


def _forget_what_is_hidden_by(folder: str) -> None:
    """The program's queue.py hides python's, which it would find since we have imported that."""
    before_any_program = sys.builtin_module_names
    for name in sys.stdlib_module_names.intersection(sys.modules).difference(before_any_program):
        spec = getattr(sys.modules[name], "__spec__", None)
        is_frozen = spec is not None and spec.origin == "frozen"  # and was there before, too
        if not is_frozen and PathFinder.find_spec(name, [folder]) is not None:
            del sys.modules[name]


def _show_as_theirs(error: BaseException) -> None:
    """Have the interpreter, to which *error* goes now, show it without our frames."""
    traceback = error.__traceback__.tb_next if error.__traceback__ else None
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    if isinstance(error, SyntaxError):
        traceback = _without_compiling(traceback)
    theirs: Hook = sys.excepthook

    def show(kind: type[BaseException], raised: BaseException, whole: Any) -> None:
        if raised is error:
            whole = traceback
            raised.__traceback__ = sys.last_traceback = traceback  # what pdb.pm() shows
        theirs(kind, raised, whole)

    sys.excepthook = show


def _without_compiling(traceback: TracebackType | None) -> TracebackType | None:
    """Leave out who only loads and compiles, where `python` does not show it."""
    frames: list[TracebackType] = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    loaders = [each for each in frames if _loads(each)]
    rest = [each for each in frames if each not in loaders]
    if rest and not any(each.tb_frame.f_code.co_filename.startswith(LAB) for each in loaders):
        return frames[0]
    for each, following in zip(rest, [*rest[1:], None], strict=False):
        each.tb_next = following
    return rest[0] if rest else None


def _loads(traceback: TracebackType) -> bool:
    return traceback.tb_frame.f_code.co_filename.startswith(("<frozen importlib", LAB))
