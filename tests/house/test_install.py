"""``pip install`` gives the whole engine compiled, or none of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from source_tree import HERE, IS_COMPILED, TWINS

ROOT = HERE.parents[1]
LEFT_BEHIND = shutil.ignore_patterns("*.so", "*.pyd", "*.egg-info", "__pycache__")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / "setup.py").exists(), reason="this is no checkout"),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=LEFT_BEHIND)
    return tmp_path


def wheel(checkout: Path, **environ: str) -> set[str] | str:
    """What is in the wheel, or what pip said."""
    pytest.importorskip("Cython")
    pip = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "."]
    finished = subprocess.run(
        [*pip, "--wheel-dir", "dist"], cwd=checkout, env=os.environ | environ,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if finished.returncode:
        return finished.stdout + finished.stderr
    (made,) = (checkout / "dist").glob("*.whl")
    return set(zipfile.ZipFile(made).namelist())


def compiled(files: set[str] | str) -> set[str]:
    assert isinstance(files, set), files
    return {name for name in files if name.endswith(tuple(EXTENSION_SUFFIXES))}


@pytest.mark.skipif(not IS_COMPILED, reason="no native engine here")
def test_all_is_compiled_where_there_is_a_compiler(checkout: Path):
    files = wheel(checkout, EAGERLY_BUILD="require")

    assert len(compiled(files)) == len(TWINS)
    assert "eagerly/py.typed" in files
    for path in TWINS:
        name = f"eagerly/{path.relative_to(HERE).as_posix()}"
        assert {name, name.replace(".py", ".pxd")} <= set(files)


def test_nothing_is_compiled_without_one(checkout: Path):
    assert not compiled(wheel(checkout, EAGERLY_BUILD="try", CC="/nonexistent"))


def test_nothing_is_compiled_where_one_module_fails(checkout: Path):
    with open(checkout / "src/eagerly/engine/task.pxd", "a") as pxd:
        pxd.write('\ncdef extern from "nowhere.h":\n    int nothing\n')

    assert not compiled(wheel(checkout, EAGERLY_BUILD="try"))


def test_require_fails_without_a_compiler(checkout: Path):
    said = wheel(checkout, EAGERLY_BUILD="require", CC="/nonexistent")

    assert "NOT COMPILED, and EAGERLY_BUILD=require: " in said
    assert "/nonexistent" in said
