"""figures.toml: instructions an item as they were last recorded, for each build that has any."""

from __future__ import annotations

import json
import platform
import re
import shlex
import sysconfig
import tomllib
from pathlib import Path

FILE = Path(__file__).with_name("figures.toml")
HEAD = "# Instructions an item, as `make count ARGS=--record` has counted them.\n"

Figures = dict[str, int]  # the name of a program: instructions an item
Build = dict[str, str]  # what has to be the same for figures to be comparable

# Of an interpreter's configuration and flags, those that make it run other code.
OTHER_CODE = re.compile(
    r"--enable-(shared|optimizations|experimental-jit.*)|--with-(lto.*|pydebug|tail-call-interp)"
    r"|-O.|-m(arch|cpu|tune)=.*|-flto.*|-fcf-protection.*|-fstack-\S*|-fno-omit-frame-pointer"
)


def build(engine: Path, counter: str) -> Build:
    """This interpreter, what made *engine*, a compiled module, and what counts."""
    return {
        "python": f"{platform.python_version()} {platform.machine()}",
        "python_made_by": f"{platform.python_compiler()} {flags()}",
        **makers(engine.read_bytes()),
        "counter": counter,
    }


def flags() -> str:
    configured = shlex.split(sysconfig.get_config_var("CONFIG_ARGS") or "")
    compiled = shlex.split(sysconfig.get_config_var("PY_CORE_CFLAGS") or "")
    words = dict.fromkeys(configured + compiled)
    return " ".join(word for word in words if OTHER_CODE.fullmatch(word))


def makers(engine: bytes) -> Build:
    """The compiler and the Cython that made *engine*, as it says: those here may be newer."""
    clang = re.search(rb"clang version ([\d.]+)", engine)  # first: gcc's start-up code is there too
    gcc = re.findall(rb"GCC: \([^)]*\) ([\d.]+)", engine)
    cython = re.search(rb"\b_cython_(\d+(?:_\d+)+\w*)", engine)
    newest = max(gcc, key=lambda version: int(version.split(b".")[0]), default=b"")
    return {
        "compiler": f"clang {clang[1].decode()}" if clang else f"gcc {newest.decode() or '?'}",
        "cython": cython[1].decode().replace("_", ".") if cython else "?",
    }


def read(file: Path = FILE) -> list[tuple[Build, Figures]]:
    if not file.exists():
        return []
    entries = tomllib.loads(file.read_text()).get("build", [])
    return [(entry, entry.pop("instructions")) for entry in entries]


def kept(build: Build, file: Path = FILE) -> Figures:
    """What was recorded for *build*; empty if nothing was."""
    return next((figures for other, figures in read(file) if other == build), {})


def record(build: Build, figures: Figures, file: Path = FILE) -> None:
    """Keep *figures* in place of those that *build* had."""
    entries = [entry for entry in read(file) if entry[0] != build] + [(build, figures)]
    entries.sort(key=lambda entry: list(entry[0].values()))
    file.write_text(HEAD + "".join(shown(*entry) for entry in entries))


def shown(build: Build, figures: Figures) -> str:
    lines = ["", "[[build]]"]
    lines += [f"{what} = {json.dumps(which)}" for what, which in build.items()]
    lines += ["[build.instructions]"]
    lines += [f"{name} = {figure}" for name, figure in figures.items()]
    return "\n".join(lines) + "\n"
