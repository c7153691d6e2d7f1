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
    """Run the program, watched, and say what was found, on standard error and in *file*.

    Returns the exit status: the program's own, but 1 if that is 0 and there are hazards.
    """
    if file is not None:
        results.put("{}\n", file)  # it would be a pity to find out afterwards
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "hazards.json")
        status = _run(child.command(written, packages, program))
        if not written.exists():
            message = f"{program.name} has not begun: exit status {status}"
            raise Failure(message)
        report = Report.of(json.loads(written.read_text()))
    if file is not None:
        results.put(json.dumps(report.data(), indent=1) + "\n", file)
    print(report.text(), end="", file=sys.stderr)
    return status or int(bool(report.hazards))


def _run(words: Sequence[str]) -> int:
    """In a process on the interpreted engine, which alone can be watched."""
    environ = {**os.environ, "EAGERLY_PURE": "1"}
    with _left_to_the_program(), subprocess.Popen([sys.executable, *words], env=environ) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        status = process.wait()
    return status if status >= 0 else 128 - status


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
