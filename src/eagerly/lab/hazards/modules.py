"""Which modules are the program's own, and how they are rewritten as they are imported."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import eagerly
from eagerly.lab.hazards.hooks import HOOKS
from eagerly.lab.hazards.report import Report
from eagerly.lab.hazards.rewrite import compiled

INSTALLED = ("purelib", "platlib", "stdlib", "platstdlib")


class OwnModules:
    """The modules in *folder* that nobody has installed there, and those that are *named*."""

    def __init__(self, folder: Path, named: Collection[str] = ()) -> None:
        self._folder = folder.resolve()
        self._named = frozenset(named)
        self._others = [Path(sysconfig.get_path(name)).resolve() for name in INSTALLED]
        self._others.append(Path(eagerly.__file__).resolve().parent)
        self._others.append(Path(sys.prefix).resolve())
        self._files: set[str] = set()  # as code objects name them
        self._report = Report()

    def __contains__(self, path: str) -> bool:
        """Is that file one of them, and has it been rewritten?"""
        return path in self._files

    def has(self, name: str, path: str) -> bool:
        """Is the module *name*, in that file, one of them?"""
        if name in self._named or name.partition(".")[0] in self._named:
            return True
        file = Path(path).resolve()
        if not file.is_relative_to(self._folder):
            return False
        return not any(
            file.is_relative_to(each) for each in self._others if each not in self._folder.parents
        )

    def compile(self, source: bytes, path: str) -> CodeType:
        """The code of one of them, rewritten if that can be done."""
        try:
            code = compiled(source, path, HOOKS)
        except SyntaxError:
            raise
        except Exception as error:  # it runs all the same, unwatched
            self._report.refused[path] = f"{type(error).__name__}: {error}"
            return compile(source, path, "exec", dont_inherit=True)
        self._files.add(path)
        self._report.files = len(self._files)
        return code

    def loader(self, name: str, path: str) -> SourceFileLoader:
        """A loader for the module *name*, which is one of them if it is ``__main__``."""
        if name == "__main__" or self.has(name, path):
            return Loader(name, path, self)
        return SourceFileLoader(name, path)

    @contextmanager
    def rewritten(self, report: Report) -> Iterator[None]:
        """They are rewritten when they are imported; the *report* says how many."""
        self._report = report
        finder = Finder(self)
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)


class Finder(MetaPathFinder):
    """Finds modules as Python does."""

    def __init__(self, own: OwnModules) -> None:
        self._own = own

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader or not spec.origin:
            return None
        if not self._own.has(fullname, spec.origin):
            return None
        spec.loader = Loader(fullname, spec.origin, self._own)
        return spec


class Loader(SourceFileLoader):
    """Loads a module from its source; no compiled file is read, and none is written."""

    def __init__(self, name: str, path: str, own: OwnModules) -> None:
        super().__init__(name, path)
        self._own = own

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def source_to_code(  # type: ignore[override]
        self, data: Any, path: Any, *_: Any, **__: Any
    ) -> CodeType:
        return self._own.compile(data, path)
