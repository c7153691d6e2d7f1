"""The package as the house tests see it: its files, its twins, and fresh processes."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import eagerly

HERE = Path(eagerly.__file__).parent


def name_of(path: Path) -> str:
    """``.../eagerly/engine/task.py`` is ``eagerly.engine.task``."""
    parts = path.relative_to(HERE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = sorted(HERE.rglob("*.py"))
TWINS = [py for py in MODULES if py.with_suffix(".pxd").exists()]


def compiled(path: Path, package: Path = HERE) -> Path | None:
    """What *path* was compiled to for this interpreter."""
    for suffix in EXTENSION_SUFFIXES:
        extension = package / path.relative_to(HERE).with_suffix(suffix)
        if extension.exists():
            return extension
    return None


IS_COMPILED = any(compiled(path) for path in TWINS)


def python(code: str, *, path: Path | None = None, **environ: str) -> str:
    """Run *code* in a fresh process; what it printed, or the last line of its error."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("EAGERLY_")}
    env["PYTHONPATH"] = os.pathsep.join(map(str, [*([path] if path else []), HERE.parent]))
    finished = subprocess.run(
        [sys.executable, "-W", "always::RuntimeWarning", "-c", code],
        env=env | environ, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    if finished.returncode:
        return finished.stderr.strip().splitlines()[-1]
    return (finished.stdout + finished.stderr).strip()


def stale() -> list[str]:
    """Modules whose source changed after they were compiled (in a checkout: pip keeps no times)."""
    if "site-packages" in HERE.parts:
        return []
    newer = []
    for path in TWINS:
        extension = compiled(path)
        if extension is None:
            continue
        made = extension.stat().st_mtime
        newer += [s.name for s in (path, path.with_suffix(".pxd")) if s.stat().st_mtime > made]
    return newer
