"""The interpreters that a run measures: finding one, and asking it who it is."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass

from eagerly.lab import child
from eagerly.lab.problems import Problem

OLDEST = (3, 8)  # that the workloads can run on, for asyncio's side
OLDEST_FOR_EAGERLY = (3, 11)

# Any Python understands this, so that one too old can be told so.
WHO_ARE_YOU = """
import json, platform, sys
print(json.dumps([sys.executable, platform.python_implementation(), platform.python_version(),
                  list(sys.version_info[:2]), sys.version, sys.prefix]))
"""


@dataclass(frozen=True)
class Interpreter:
    asked_as: str
    executable: str
    implementation: str
    version: str
    major_minor: tuple[int, int]
    build: str
    prefix: str  # tells a venv from the interpreter that it was made of

    @property
    def runs_eagerly(self) -> bool:
        return self.major_minor >= OLDEST_FOR_EAGERLY

    def is_the_same_as(self, other: Interpreter) -> bool:
        return (self.executable, self.prefix) == (other.executable, other.prefix)


def isolated(executable: str) -> list[str]:
    """The start of a command that runs there with no PYTHON* variable and no user's packages."""
    return [executable, "-E", "-s"]


def running() -> Interpreter:
    return _introduced(sys.executable, sys.executable)


def find(name: str) -> Interpreter:
    """The interpreter of that command name or path."""
    path = shutil.which(name)
    if path is None:
        message = f"--python {name}: there is no such command"
        raise Problem(message)
    interpreter = _introduced(name, path)
    if interpreter.implementation != "CPython":
        message = f"--python {name}: it is {interpreter.implementation}, and eagerly is for CPython"
        raise Problem(message)
    if interpreter.major_minor < OLDEST:
        needed = ".".join(map(str, OLDEST))
        message = f"--python {name}: it is {interpreter.version}, and this needs {needed}"
        raise Problem(message)
    return interpreter


def _why_it_does_not_run(finished: child.Finished) -> str:
    """The first line: pyenv's stand-in, for what is not chosen, goes on with several of advice."""
    said = finished.stderr.strip().splitlines()
    if not said or child.TRACEBACK in said:
        return child.why_it_died(finished)
    return said[0]


def _introduced(name: str, path: str) -> Interpreter:
    try:
        finished = child.run([*isolated(path), "-c", WHO_ARE_YOU])
    except OSError as error:
        message = f"--python {name}: it does not start: {error.strerror}"
        raise Problem(message) from error
    if finished.returncode != 0:
        message = f"--python {name}: it does not run: {_why_it_does_not_run(finished)}"
        raise Problem(message)
    try:
        executable, kind, version, (major, minor), build, prefix = json.loads(finished.stdout)
    except ValueError as error:
        message = f"--python {name}: it is not a Python interpreter"
        raise Problem(message) from error
    return Interpreter(name, executable, kind, version, (major, minor), build, prefix)
