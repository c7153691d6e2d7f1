"""The process that a program is watched in: ``python -m eagerly.lab.hazards.child``.

What was found is written when something new is found, when the process ends, and when SIGTERM
ends it.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import eagerly
from eagerly.lab import results, run_program
from eagerly.lab.hazards.modules import OwnModules
from eagerly.lab.hazards.report import Report
from eagerly.lab.hazards.watch import watch
from eagerly.lab.run_program import Program

to_the_end = ExitStack()


def command(file: Path, packages: Sequence[str], program: Program) -> list[str]:
    """What the other process starts this one with, after ``python``.

    With EAGERLY_PURE=1 in the environment, for only the interpreted engine can be watched; what it
    was is among the words.
    """
    words = [str(file), ",".join(packages), os.environ.get("EAGERLY_PURE", "")]
    return ["-m", "eagerly.lab.hazards.child", *words, *program.command()]


def main() -> None:
    file, packages, pure, *named = sys.argv[1:]
    del os.environ["EAGERLY_PURE"]
    if pure:  # as it is, so that the program and its processes find it so
        os.environ["EAGERLY_PURE"] = pure
    is_module = named[0] == "-m"
    name, *arguments = named[1:] if is_module else named
    program = Program(name, arguments, is_module)
    eagerly.install()
    own = OwnModules(folder_of(program), packages.split(",") if packages else ())
    process = os.getpid()

    def write(report: Report) -> None:
        if os.getpid() == process:  # not in a fork
            results.put(json.dumps(report.data()), Path(file))

    report = to_the_end.enter_context(watch(own, write))
    write(report)
    atexit.register(write, report)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda number, _frame: end(report, number))

    def end(report: Report, number: int) -> None:
        write(report)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    run_program.run(program, own.loader)


def folder_of(program: Program) -> Path:
    """Where the program's own modules are."""
    if program.is_module:
        return Path.cwd()
    path = Path(program.name).resolve()
    return path if path.is_dir() else path.parent


if __name__ == "__main__":
    main()
