"""What a person must be told in one line, and the exit status that goes with it."""

from __future__ import annotations

import importlib.util
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import NoReturn


class Problem(Exception):
    """Asked for something that cannot be done: found before anything runs."""

    status = 2


class Failure(Problem):
    """Something that ran has died."""

    status = 1


class Interrupted(Problem):
    """By Ctrl-C."""

    status = 130


def check_that_the_lab_is_installed() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("rich", "pyperf", "jinja2")):
        message = "this needs the lab: pip install 'eagerly[lab]'"
        raise Problem(message)


@contextmanager
def interruptible() -> Generator[None, None, None]:
    """Ctrl-C and SIGTERM come out as exceptions: on the way out, our children are ended too."""
    signal.signal(signal.SIGTERM, _end)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted") from None


def _end(_number: int, _frame: object) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)
