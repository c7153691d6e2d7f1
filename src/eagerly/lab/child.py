"""Run another process to its end, or end it with us.

A child has a process group of its own. Ctrl-C therefore reaches this process alone, which then
kills the whole group: a compiler that pip started is not left behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

Finished = subprocess.CompletedProcess[str]

# What would lead a child to another interpreter's packages, or choose its build. EAGERLY_PURE
# stays: to measure the interpreted engine is a fair wish.
NOT_INHERITED = {"PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "VIRTUAL_ENV", "EAGERLY_BUILD"}

TRACEBACK = "Traceback (most recent call last):"


def run(
    command: Sequence[str],
    folder: Path | None = None,
    seconds: float | None = None,
    environ: Mapping[str, str] | None = None,
) -> Finished:
    """Raises OSError where there is nothing to start, TimeoutExpired after so many seconds.

    Without *environ* it gets ours, but for what would mislead another interpreter.
    """
    if environ is None:
        environ = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    process = None
    try:
        with _signals_held():
            process = _started(command, folder, environ)
        stdout, stderr = process.communicate(timeout=seconds)
    except BaseException:  # Ctrl-C, above all
        if process is not None:
            _kill(process)
        raise
    return Finished(command, process.returncode, stdout, stderr)


def why_it_died(finished: Finished) -> str:
    """The last word of a process that failed, in one line."""
    if finished.returncode == -getattr(signal, "SIGKILL", 9):
        return "it was killed, perhaps because memory ran out"
    if finished.returncode < 0:
        return f"it died of signal {-finished.returncode}"
    lines = [line for line in finished.stderr.splitlines() if line.strip()]
    if not lines:
        return f"it ended with status {finished.returncode}"
    if TRACEBACK not in lines:
        return lines[-1].strip()
    last = len(lines) - lines[::-1].index(TRACEBACK)
    return next((line for line in lines[last:] if not line.startswith(" ")), lines[-1])


def _started(
    command: Sequence[str], folder: Path | None, environ: Mapping[str, str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        process_group=None if sys.platform == "win32" else 0,
    )


@contextmanager
def _signals_held() -> Generator[None, None, None]:
    """A signal that comes inside is raised at the end: a child half started would be lost to us."""
    came: list[int] = []
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for each in handlers:
        signal.signal(each, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
    for number in came:
        signal.raise_signal(number)


def _kill(process: subprocess.Popen[str]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended by itself
    process.communicate()
