"""The `eagerly` command: finds the command that is meant, and says in one line what went wrong.

Each command is a module: `add_to(commands)` adds its arguments, `run(chosen)` does what they ask
for and returns the exit status: 0 when done, 1 when something that ran has died, 2 when asked for
something that cannot be done (then nothing has run), 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from eagerly.lab.arguments import Parser
from eagerly.lab.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {  # and the module of each
    "run": "eagerly.lab.run_command",
    "profile": "eagerly.lab.profile.command",
    "bench": "eagerly.lab.bench_command",
    "tour": "eagerly.lab.tour.command",
}

EXAMPLES = """\
examples:
  eagerly run app.py                 a program of yours, on eagerly's tasks
  eagerly profile app.py             what its tasks do, and what eager start would save
  eagerly bench fanout tree-none     shapes of programs on asyncio and on eagerly, timed
  eagerly tour                       what Python 3.11 and 3.12 brought, on your interpreters

Each command has examples of its own: eagerly COMMAND --help
"""


class ShowVersion(argparse.Action):
    """Looks it up only if it is asked for: `eagerly run` shall not wait for these imports."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from eagerly.lab import environments

        print(f"eagerly {environments.version()}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else list(arguments)
    chosen, unknown = parser(given).parse_known_args(given)
    if unknown:  # named by the command, whose help tells what there is
        chosen.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        status: int = chosen.run(chosen)
    except Problem as problem:
        print(f"{chosen.parser.prog}: {problem}", file=sys.stderr)
        return problem.status
    return status


def parser(given: Sequence[str]) -> Parser:
    top = Parser(
        prog="eagerly",
        description="Tasks that start eagerly at the price of a function call: the lab.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action=ShowVersion, nargs=0, help="show it, and exit")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for name in _wanted(given):
        import_module(COMMANDS[name]).add_to(commands)
    return top


def _wanted(given: Sequence[str]) -> Sequence[str]:
    """The command that is named, which shall not wait for the imports of others; or all."""
    return given[:1] if given and given[0] in COMMANDS else list(COMMANDS)
