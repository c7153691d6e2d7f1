"""The process that a program is profiled in, or timed."""

from __future__ import annotations

import atexit
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from eagerly.lab import run_child, run_engine, run_program
from eagerly.lab.run_program import Program

if TYPE_CHECKING:
    from eagerly.lab.run_engine import Tasks

    What = Literal["watch", "time"]


def command(file: Path, what: What, tasks: Tasks, program: Program) -> list[str]:
    """What another process starts this one with, after `python`."""
    words = [str(file), what, tasks.engine, "uvloop" if tasks.uvloop else "asyncio"]
    return run_child.start(__name__, *words, *program.command())


def main() -> None:
    file, what, engine, loop, *named = sys.argv[1:]
    is_module = named[0] == "-m"
    name, *arguments = named[1:] if is_module else named
    tasks = run_engine.Tasks(engine, loop == "uvloop")
    tasks.install()
    if what == "watch":
        from eagerly.lab.profile import watch

        watch.begin(Path(file), tasks, named)
    else:
        atexit.register(_tell_time, Path(file), time.perf_counter(), time.process_time())
    run_child.make_room_on_the_path()
    run_program.run(Program(name, arguments, is_module))


def _tell_time(file: Path, begun: float, processor: float) -> None:
    """From the program's first line to after its threads and what it does at exit."""
    took = {"seconds": time.perf_counter() - begun, "processor": time.process_time() - processor}
    file.write_text(json.dumps(took))
