"""Run a program in a process of its own, to its end, and outlive it.

That is a python like ours: with the same flags, and in the same environment.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence


# A file of the program that is named like a module that we import is not for us.
START = """\
import sys
if not sys.flags.safe_path:
    del sys.path[0]
from {} import main
main()
"""


def start(module: str, *words: str) -> list[str]:
    """What starts the main() of a module of ours, after `python`."""
    return ["-c", START.format(module), *words]


def make_room_on_the_path() -> None:
    """For the program's folder, where python would put it: ours are imported now."""
    if not sys.flags.safe_path:
        sys.path.insert(0, "")


def python(words: Sequence[str]) -> list[str]:
    """The command of a python with the flags of ours."""
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return [sys.executable, *flags, *words]


def ended(words: Sequence[str], environ: Mapping[str, str] | None = None) -> int:
    """The status of a python, with the flags of ours, that *words* start."""
    with _signals_passed_on() as children:
        process = subprocess.Popen(python(words), env=environ)
        children.append(process)
        return process.wait()


def how(status: int) -> str:
    """That it ended with that *status*, in words."""
    if status >= 0:
        return f"ended with status {status}"
    return f"was ended by {signal.Signals(-status).name}"


@contextmanager
def _signals_passed_on() -> Generator[list[subprocess.Popen[bytes]], None, None]:
    """A terminal sends Ctrl-C to both of us; SIGTERM is passed on."""
    children: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _frame: object) -> None:
        for process in children:
            process.send_signal(number)

    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, pass_on)
    if before[signal.SIGINT] is not signal.SIG_IGN:  # which the program is to inherit
        signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield children
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
