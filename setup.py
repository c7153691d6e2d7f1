"""Compile the engine: every .py in engine/ and groups/ that has a .pxd beside it.

EAGERLY_BUILD=try      (default) compile; where that fails, say so and install it interpreted
EAGERLY_BUILD=require  fail where compiling fails: what CI uses
EAGERLY_BUILD=debug    as require, with -O0 -g and an annotated .html beside each .c in build/c
EAGERLY_BUILD=pure     compile nothing
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

MODE = os.environ.get("EAGERLY_BUILD") or "try"
OPTIMISE = ["-O0", "-g"] if MODE == "debug" else ["-O2", "-g0"]
SOURCES = sorted(py for py in Path("src/eagerly").glob("*/*.py") if py.with_suffix(".pxd").exists())
NAMES = [".".join(py.with_suffix("").parts[1:]) for py in SOURCES]
BUILD = Path("build")


def interpreted(reason):
    if MODE != "try":
        raise SystemExit(f"eagerly: NOT COMPILED, and EAGERLY_BUILD={MODE}: {reason}")
    print(f"eagerly: NOT COMPILED: {reason}", file=sys.stderr)
    print("eagerly: the engine runs interpreted: slower, same behaviour", file=sys.stderr)
    return []


def extensions():
    if MODE not in ("try", "require", "debug", "pure"):
        raise SystemExit(f"EAGERLY_BUILD={MODE!r} means nothing: try, require, debug or pure")
    if MODE == "pure":
        return []
    if "t" in getattr(sys, "abiflags", ""):
        return interpreted("this is a free-threaded CPython")
    try:
        import _asyncio

        from Cython.Build import cythonize

        size = _asyncio.Task.__basicsize__
        modules = cythonize(
            [
                Extension(
                    name,
                    [str(source)],
                    define_macros=[("TASK_SIZE", str(size)), ("CYTHON_USE_TYPE_SPECS", "1")],
                    extra_compile_args=[] if os.name == "nt" else OPTIMISE,
                )
                for name, source in zip(NAMES, SOURCES, strict=True)
            ],
            compiler_directives={"language_level": 3, "annotation_typing": False},
            include_path=["src"],
            build_dir=str(BUILD / "c"),
            annotate=MODE == "debug",
            emit_linenums=MODE == "debug",
            force=MODE == "debug",
            quiet=True,
        )
    except Exception as error:
        return interpreted(f"Cython: {error!r}")

    # What was compiled with other flags, or for another CPython of this name, is out of date.
    flags = BUILD / f"flags-{sys.implementation.cache_tag}"
    text = f"{sys.version} in {sys.base_prefix}, {OPTIMISE}, TASK_SIZE={size}"
    if not flags.exists() or flags.read_text() != text:
        flags.write_text(text)
    for module in modules:
        module.depends.append(str(flags))
    return modules


class BuildWhole(build_ext):
    """The engine is compiled whole or not at all: half of it fails at import."""

    def run(self):
        try:
            super().run()
        except Exception as error:
            no_compiler = "No such file or directory" in str(error)
            self.extensions = interpreted(f"no C compiler ({error})" if no_compiler else error)
        if not self.extensions:
            for folder in (self.build_lib, "src"):
                for name in NAMES:
                    Path(folder, self.get_ext_filename(name)).unlink(missing_ok=True)


BUILD.mkdir(exist_ok=True)
if os.name == "posix":
    import fcntl

    lock = open(BUILD / "lock", "w")  # noqa: SIM115 - two builds of one checkout take turns
    fcntl.flock(lock, fcntl.LOCK_EX)

setup(
    ext_modules=extensions(),
    cmdclass={"build_ext": BuildWhole},
    options={"build_ext": {"parallel": os.cpu_count()}},
)
