"""The `eagerly` command: from arguments to actions, and the mistakes that a person can make.

Its exit status is 0 when done, 1 when something that ran has died, 2 when asked for something that
cannot be done (then nothing has run), and 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from eagerly.lab import environments
from eagerly.lab.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

EXAMPLES = """\
examples:
  eagerly bench chapter                        a million tasks, on this interpreter
  eagerly bench chapter --n 20000              a short run
  eagerly bench chapter --python python3.12 --python python3.13
                                               on those too, side by side
  eagerly bench chapter --json chapter.json    every number, with its circumstances
"""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    try:
        _check_that_the_lab_is_installed()
        # Here, because it needs rich.
        from eagerly.lab import bench

        bench.run(chosen.n, chosen.python, chosen.json, chosen.rounds)
    except Problem as problem:
        print(f"eagerly bench: {problem}", file=sys.stderr)
        return problem.status
    except KeyboardInterrupt:
        print("eagerly bench: interrupted", file=sys.stderr)
        return 130
    return 0


def parser() -> Parser:
    top = Parser(
        prog="eagerly",
        description="Tasks that start eagerly at the price of a function call: the lab.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    version = f"eagerly {environments.version()}"
    top.add_argument("--version", action="version", version=version)
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add_bench(
        commands.add_parser(
            "bench",
            help="measure the programs of the chapter on asyncio and on eagerly",
            description="Measure the programs of the chapter on asyncio and on eagerly, each in a "
            "fresh process.",
            epilog=EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
    )
    return top


def _add_bench(bench: argparse.ArgumentParser) -> None:
    bench.add_argument(
        "workload", choices=["chapter"], help="chapter: examples 6.1, 6.2, 6.3, 2.2, 2.7 and 4.4"
    )
    bench.add_argument(
        "--n",
        type=positive,
        default=1_000_000,
        help="tasks or calls in 6.1 to 6.3 (default: 1000000)",
    )
    bench.add_argument(
        "--rounds",
        type=positive,
        help="measure everything so often (default: 5 times, but what is slow less often)",
    )
    bench.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="COMMAND",
        help="measure on this interpreter too; its environment is made once and kept (repeatable)",
    )
    bench.add_argument("--json", type=Path, metavar="FILE", help="write every number to FILE")


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


def _check_that_the_lab_is_installed() -> None:
    if importlib.util.find_spec("rich") is None:
        message = "this needs the lab: pip install 'eagerly[lab]'"
        raise Problem(message)


def _end(_number: int, _frame: object) -> NoReturn:
    """Asked to end: on the way out the worker is ended too."""
    sys.exit(128 + signal.SIGTERM)
