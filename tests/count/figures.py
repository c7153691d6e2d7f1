"""figures.json: instructions an item, as they were last recorded, and what became of them."""

from __future__ import annotations

import json
import platform
import re
import shlex
import sysconfig
from pathlib import Path

FILE = Path(__file__).parent / "figures.json"

MARGIN = 0.05  # a rise above this fails

Figures = dict[str, int]  # the name of a program: instructions an item
Built = dict[str, str]  # what has to be the same for figures to be comparable


def built(engine: Path) -> Built:
    """With what *engine*, a compiled module, and this interpreter were made."""
    return {
        "python": f"{platform.python_version()}, {platform.python_compiler()}",
        "flags": flags(
            shlex.split(sysconfig.get_config_var("CONFIG_ARGS") or ""),
            shlex.split(sysconfig.get_config_var("PY_CORE_CFLAGS") or ""),
        ),
    } | makers(engine.read_bytes())


def flags(configured: list[str], compiled: list[str]) -> str:
    """What of an interpreter's flags makes other code: no warnings, and no paths."""
    kept = [word for word in configured if word.startswith(("--enable", "--with"))]
    kept += [word for word in compiled if word.startswith(("-O", "-m", "-f", "-DNDEBUG"))]
    return " ".join(dict.fromkeys(word for word in kept if "/" not in word))


def makers(engine: bytes) -> Built:
    """The compiler, its major version, and the Cython that made *engine*, as it says itself.

    Those that are installed now may be others.
    """
    clang = re.search(rb"clang version (\d+)", engine)  # first: gcc's start-up code is in it too
    gcc = re.findall(rb"GCC: \([^)]*\) (\d+)", engine)
    cython = re.search(rb"\b_cython_(\d+(?:_\d+)+\w*)", engine)
    compiler = (
        f"clang {clang[1].decode()}" if clang else f"gcc {max(map(int, gcc))}" if gcc else "?"
    )
    return {
        "compiler": compiler,
        "cython": cython[1].decode().replace("_", ".") if cython else "?",
    }


def read(file: Path = FILE) -> list[tuple[Built, Figures]]:
    if not file.exists():
        return []
    return [(entry["built"], entry["instructions"]) for entry in json.loads(file.read_text())]


def kept(built: Built, file: Path = FILE) -> Figures:
    """What was recorded for the same *built*; empty if nothing was."""
    return next((figures for other, figures in read(file) if other == built), {})


def record(built: Built, figures: Figures, file: Path = FILE) -> None:
    """Keep *figures* in place of those that *built* had."""
    entries = [entry for entry in read(file) if entry[0] != built] + [(built, figures)]
    entries.sort(key=lambda entry: list(entry[0].values()))
    shown = [{"built": built, "instructions": figures} for built, figures in entries]
    file.write_text(json.dumps(shown, indent=2) + "\n")


def rose(before: int, now: int) -> bool:
    return now > before * (1 + MARGIN)


def fell(before: int, now: int) -> bool:
    return now < before * (1 - MARGIN)


def risen(before: Figures, now: Figures) -> list[str]:
    return [name for name in now if name in before and rose(before[name], now[name])]


def to_record(before: Figures, now: Figures) -> list[str]:
    """What fell, or has never been recorded."""
    return [name for name in now if name not in before or fell(before[name], now[name])]


def table(before: Figures, now: Figures) -> str:
    lines = [f"{'instructions':<20}{'now':>9}{'kept':>9}{'change':>9}{'x floor':>9}"]
    for name, figure in now.items():
        old = before.get(name)
        change = f"{figure / old - 1:+.1%}" if old else ""
        ratio = f"{figure / now['floor']:.1f}"
        lines.append(f"{name:<20}{figure:>9,}{old or '-':>9}{change:>9}{ratio:>9}")
    return "\n".join(lines)
