"""Each feature's program on each interpreter: what it printed, or the error that it died of."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from eagerly.lab import child, interpreters
from eagerly.lab.interpreters import isolated
from eagerly.lab.measure import Subject
from eagerly.lab.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eagerly.lab.interpreters import Interpreter
    from eagerly.lab.results import Engine, Machine
    from eagerly.lab.tour.features import Feature

PYENV = "~/.pyenv"
LIMIT = 60.0  # seconds for one program; each takes a few at most


class Evidence(TypedDict):
    python: str  # the interpreter's version
    executable: str
    by: str  # "python", "asyncio" or "eagerly"
    there: bool  # the feature was seen
    status: int | None  # None where nothing has run to its end
    lines: list[str]


class Shown(TypedDict):
    feature: str
    since: str
    about: str
    shows: str
    program: str
    evidence: list[Evidence]


class Toured(TypedDict):
    version: str
    executable: str
    build: str
    eagerly: Engine | None


class Tour(TypedDict):
    """What --json writes."""

    date: str
    command: list[str]
    machine: Machine
    interpreters: list[Toured]
    features: list[Shown]


def found() -> list[Interpreter]:
    """The running one, and of those on the PATH and pyenv's one of each version."""
    by_version: dict[str, Interpreter] = {}
    for path in _candidates():
        try:
            each = interpreters.find(path)
        except Problem:  # pyenv's stand-ins for what is not installed, PyPy, a broken one
            continue
        by_version.setdefault(each.version, each)
    here = interpreters.running()
    by_version[here.version] = here
    return sorted(by_version.values(), key=lambda each: _number(each.version))


def _candidates() -> Iterator[str]:
    for minor in range(interpreters.OLDEST[1], 30):
        path = shutil.which(f"python3.{minor}")
        if path is not None:
            yield path
    root = Path(os.environ.get("PYENV_ROOT", PYENV)).expanduser()
    for folder in sorted(root.glob("versions/3.*")):
        yield str(folder / "bin" / "python")


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def sides(feature: Feature) -> tuple[str, ...]:
    return ("asyncio", "eagerly") if feature.eagerly else ("python",)


def evidence(feature: Feature, subject: Subject, by: str) -> Evidence:
    who = subject.interpreter
    made: Evidence = {
        "python": who.version,
        "executable": who.executable,
        "by": by,
        "there": False,
        "status": None,
        "lines": ["eagerly needs Python 3.11"],
    }
    if by == "eagerly" and subject.engine is None:
        return made
    with tempfile.TemporaryDirectory(prefix="eagerly-") as folder:
        file = Path(folder, "program.py")
        head = f"import {by} as lib\n" if feature.eagerly else ""
        file.write_text(head + feature.program, encoding="utf-8")
        try:
            finished = child.run([*isolated(subject.python), str(file)], Path(folder), LIMIT)
        except subprocess.TimeoutExpired:
            made["lines"] = [f"it was stopped after {LIMIT:g} seconds"]
            return made
    made["status"] = finished.returncode
    made["lines"] = finished.stdout.splitlines()
    if finished.returncode != 0:
        made["lines"].append(child.why_it_died(finished))
    said = "\n".join(made["lines"])
    made["there"] = re.search(feature.shows, said, re.MULTILINE) is not None
    return made


def missing(tour: Tour) -> list[str]:
    """The evidence that should be there and is not: the exit status is 1 then."""
    engines = {each["executable"]: each["eagerly"] for each in tour["interpreters"]}
    lacking = []
    for shown in tour["features"]:
        for each in shown["evidence"]:
            due = _number(each["python"])[:2] >= _number(shown["since"])
            engine = engines[each["executable"]]
            if each["by"] == "eagerly":  # which has it before Python does, where it is compiled
                due = engine is not None and (due or engine["native"])
            if due and not each["there"]:
                lacking.append(f"{shown['feature']} by {each['by']} on {each['python']}")
    return lacking


def chosen_interpreters(names: list[str]) -> list[Interpreter]:
    """Those that are named and the running one; all that are found where none is named."""
    if not names:
        return found()
    once: dict[tuple[str, str], Interpreter] = {}
    for each in [interpreters.running(), *map(interpreters.find, names)]:
        once.setdefault((each.executable, each.prefix), each)
    return list(once.values())


def without_eagerly(interpreter: Interpreter) -> Subject:
    return Subject(interpreter, interpreter.executable, None)


def toured(subject: Subject) -> Toured:
    who = subject.interpreter
    return {
        "version": who.version,
        "executable": who.executable,
        "build": who.build,
        "eagerly": subject.engine,
    }
