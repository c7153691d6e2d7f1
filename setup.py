"""Compile the engine: every .py in engine/ and groups/ that has a .pxd beside it, or none.

EAGERLY_BUILD=try (default): where compiling fails, say so and install it interpreted; require: fail
there; debug: require, with -O0 -g and an .html beside each .c in build/c-*; pure: compile nothing.
"""

import os
import runpy
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

MODE = os.environ.get("EAGERLY_BUILD") or "try"
DEBUG = MODE == "debug"
FLAGS = [] if os.name == "nt" else ["-O0", "-g"] if DEBUG else ["-O2", "-g0"]
if sys.platform == "linux":
    FLAGS.append("-fno-plt")  # each module has a table of calls, for which there is little cache
SOURCES = sorted(
    py for py in Path("src/eagerly").glob("**/*.py") if py.with_suffix(".pxd").exists()
)
TWINS = {".".join(py.with_suffix("").parts[1:]): [str(py)] for py in SOURCES}


def interpreted(reason):
    if MODE != "try":
        raise SystemExit(f"eagerly: NOT COMPILED, and EAGERLY_BUILD={MODE}: {reason}")
    print(f"eagerly: NOT COMPILED, runs interpreted, which is slower: {reason}", file=sys.stderr)
    return []


def contents(thing):
    import ctypes  # here: a CPython may have none, and then runs it interpreted

    return ctypes.string_at(id(thing), type(thing).__basicsize__)


def find_word(thing, wanted):
    words = memoryview(contents(thing)).cast("N").tolist()
    return words.index(id(wanted)) if id(wanted) in words else 0


def find_byte(one, other):
    for place, (its, others) in enumerate(zip(contents(one), contents(other), strict=False)):
        if place >= object.__basicsize__ and its != others:
            return place, its ^ others
    return 0, 0


def extensions():
    if "t" in getattr(sys, "abiflags", ""):
        return interpreted("this is a free-threaded CPython")
    try:
        from Cython.Build import cythonize

        layout = runpy.run_path("src/eagerly/engine/_layout.py")["places"](find_word, find_byte)
        macros = [(name, str(place)) for name, place in layout.items()]
        macros.append(("CYTHON_USE_TYPE_SPECS", "1"))
        flags = {"define_macros": macros, "extra_compile_args": FLAGS}
        modules = [Extension(name, source, **flags) for name, source in TWINS.items()]
        folder = f"build/c-{sys.implementation.cache_tag}"  # one each: two builds may run at once
        # auto_pickle would let copy.copy() make a second task of one coroutine.
        directives = {"language_level": 3, "annotation_typing": False, "auto_pickle": False}
        # All of it: Cython overlooks a .pxd that is named by `from package cimport module`.
        look = {"annotate": DEBUG, "emit_linenums": DEBUG, "force": True, "quiet": True}
        return cythonize(modules, build_dir=folder, compiler_directives=directives, **look)
    except Exception as error:
        return interpreted(repr(error))


class BuildWhole(build_ext):
    def run(self):
        try:
            super().run()
        except Exception as error:
            self.extensions = interpreted(error)
        if not self.extensions:  # half an engine fails at import
            for file in map(self.get_ext_filename, TWINS):
                Path("src", file).unlink(missing_ok=True)
                Path(self.build_lib, file).unlink(missing_ok=True)


if MODE not in ("try", "require", "debug", "pure"):
    raise SystemExit(f"EAGERLY_BUILD={MODE!r} means nothing: try, require, debug or pure")
# make says when all is out of date; pip cannot: what another CPython of this name left looks new
options = {"parallel": os.cpu_count(), "force": "--inplace" not in sys.argv}
setup(
    ext_modules=[] if MODE == "pure" else extensions(),
    cmdclass={"build_ext": BuildWhole},
    options={"build_ext": options},
)
