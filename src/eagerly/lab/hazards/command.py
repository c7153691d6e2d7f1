"""Find the order hazards of a program: the process that waits for it, and tells."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from eagerly.lab import results
from eagerly.lab.hazards import child
from eagerly.lab.hazards.report import Report
from eagerly.lab.problems import Failure
from eagerly.lab.run_program import Program


def find(program: Program, packages: Sequence[str], file: Path | None) -> int:
    """Run the program, watched, and say what was found, here and in *file*.

    Returns the exit status, 1 if there are hazards.  Failure: the program failed.
    """
    if file is not None:
        results.put("{}\n", file)  # it would be a pity to find out afterwards
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "hazards.json")
        status = _run(child.command(written, packages, program))
        report = Report.of(json.loads(written.read_text())) if written.exists() else Report()
    if file is not None:
        results.put(json.dumps(report.data(), indent=1) + "\n", file)
    print(report.text(), end="")
    if status != 0:
        message = f"{program.name} {_how_it_ended(status)}: this is what was found until then"
        raise Failure(message)
    return int(bool(report.hazards))


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    return f"was ended by {signal.Signals(-status).name}"


def _run(words: Sequence[str]) -> int:
    """In a process on the interpreted engine, which alone can be watched."""
    environ = {**os.environ, "EAGERLY_PURE": "1"}
    with _left_to_the_program(), subprocess.Popen([sys.executable, *words], env=environ) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        return process.wait()


@contextmanager
def _left_to_the_program() -> Iterator[None]:
    """Ctrl-C reaches both processes; what it means is for the program to say."""
    before = signal.getsignal(signal.SIGTERM)
    interrupt = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, before)
