"""Compile the engine: every .py in engine/ and groups/ that has a .pxd beside it, or none.

EAGERLY_BUILD=try      (default) compile; where that fails, say so and install it interpreted
EAGERLY_BUILD=require  fail where compiling fails: what CI uses
EAGERLY_BUILD=debug    as require, with -O0 -g and an annotated .html beside each .c in build/c-*
EAGERLY_BUILD=pure     compile nothing
"""

import asyncio  # noqa: F401 - before _asyncio, see extensions()
import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

MODE = os.environ.get("EAGERLY_BUILD") or "try"
FLAGS = [] if os.name == "nt" else ["-O0", "-g"] if MODE == "debug" else ["-O2", "-g0"]
SOURCES = [str(pxd.with_suffix(".py")) for pxd in sorted(Path("src").glob("eagerly/*/*.pxd"))]
TWINS = {path[4:-3].replace(os.sep, "."): path for path in SOURCES if os.path.exists(path)}


def interpreted(reason):
    if MODE != "try":
        raise SystemExit(f"eagerly: NOT COMPILED, and EAGERLY_BUILD={MODE}: {reason}")
    print(f"eagerly: NOT COMPILED, runs interpreted, as right and slower: {reason}", file=sys.stderr)
    return []


def extensions():
    if MODE not in ("try", "require", "debug", "pure"):
        raise SystemExit(f"EAGERLY_BUILD={MODE!r} means nothing: try, require, debug or pure")
    if MODE == "pure":
        return []
    if "t" in getattr(sys, "abiflags", ""):
        return interpreted("this is a free-threaded CPython")
    try:
        from _asyncio import Task  # imported before asyncio, 3.11's asyncio would do without it

        from Cython.Build import cythonize

        macros = [("TASK_SIZE", str(Task.__basicsize__)), ("CYTHON_USE_TYPE_SPECS", "1")]
        return cythonize(
            [
                Extension(name, [path], define_macros=macros, extra_compile_args=FLAGS)
                for name, path in TWINS.items()
            ],
            compiler_directives={"language_level": 3, "annotation_typing": False},
            include_path=["src"],
            build_dir=f"build/c-{sys.implementation.cache_tag}",  # two builds may run at once
            annotate=MODE == "debug",
            emit_linenums=MODE == "debug",
            force=MODE == "debug",
            quiet=True,
        )
    except Exception as error:
        return interpreted(f"Cython: {error!r}")


class BuildWhole(build_ext):
    """Half an engine fails at import: where one module fails, what there is of the others goes."""

    def run(self):
        try:
            super().run()
        except Exception as error:
            self.extensions = interpreted(error)
        for name in () if self.extensions else TWINS:
            for folder in (self.build_lib, "src"):
                Path(folder, self.get_ext_filename(name)).unlink(missing_ok=True)


setup(
    ext_modules=extensions(),
    cmdclass={"build_ext": BuildWhole},
    # force: what was compiled with other flags, or by another CPython of this name, looks as new
    options={"build_ext": {"parallel": os.cpu_count(), "force": True}},
)
