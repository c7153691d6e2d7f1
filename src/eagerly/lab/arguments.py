"""What the arguments of the commands have in common: a parser, and kinds of numbers."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def command(
    commands: Any, name: str, *, help: str, about: str, epilog: str, usage: str | None = None
) -> Parser:
    """A command of that *name*, added to *commands*."""
    added: Parser = commands.add_parser(
        name,
        help=help,
        description=textwrap.fill(about, 79),
        epilog=epilog,
        usage=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    return added


def listed(names: dict[str, str]) -> str:
    """Names and what they stand for, in two columns of a help."""
    widest = max(map(len, names))
    return "".join(
        textwrap.fill(
            f"{name:{widest}}  {about}",
            79,
            initial_indent="  ",
            subsequent_indent=" " * (widest + 4),
            break_on_hyphens=False,
        )
        + "\n"
        for name, about in names.items()
    )


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        message = f"{text[:40]!r} is not a number of seconds"
        raise argparse.ArgumentTypeError(message)
    return number


def positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        message = f"{text[:40]!r} is not a whole number"
        raise argparse.ArgumentTypeError(message) from None
    if number < 1:
        message = f"{number} is less than 1"
        raise argparse.ArgumentTypeError(message)
    return number
