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
from eagerly.lab.shapes import catalog, implementations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

EXAMPLES = """\
examples:
  eagerly bench fanout tree-none               these shapes, on this interpreter
  eagerly bench tree suspend                   all the shapes of these families
  eagerly bench --all --json bench.json        every shape; pyperf reads the file
  eagerly bench step --n 100 --n 1000          other sizes than its own
  eagerly bench chapter                        a million tasks, on this interpreter
  eagerly bench chapter --n 20000              a short run
  eagerly bench chapter --python python3.12 --python python3.13
                                               on those too, side by side
  eagerly bench chapter --json chapter.json    every number, with its circumstances
"""


CHAPTER = "chapter"
PATIENCE = 10.0  # seconds that an implementation of a shape may take

SHAPES = "shapes:\n" + "".join(f"  {each.name:22} {each.doc}\n" for each in catalog.SHAPES)


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    _check_that_it_says_what(chosen)
    signal.signal(signal.SIGTERM, _end)
    try:
        _check_that_the_lab_is_installed()
        (_chapter if chosen.shapes == [CHAPTER] else _shapes)(chosen)
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
            help="measure shapes of programs on asyncio, on eagerly and on others",
            description="Measure shapes of programs, or the chapter's, on asyncio, on eagerly and "
            "on whatever else is installed, each in a fresh process.",
            epilog=f"{SHAPES}\n{EXAMPLES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
    )
    return top


def _add_bench(bench: argparse.ArgumentParser) -> None:
    bench.add_argument(
        "shapes",
        nargs="*",
        type=shape,
        metavar="SHAPE",
        help="shapes or families of them, see below; or chapter: examples 6.1, 6.2, 6.3, 2.2, 2.7 "
        "and 4.4",
    )
    bench.add_argument("--all", action="store_true", help="every shape")
    bench.add_argument(
        "--n",
        type=positive,
        action="append",
        default=[],
        help="sizes instead of each shape's own (repeatable); chapter: of 6.1 to 6.3 (default: "
        "1000000)",
    )
    bench.add_argument(
        "--sweep", action="store_true", help="each shape at all the sizes of its plot"
    )
    bench.add_argument(
        "--only",
        type=implementation,
        action="append",
        metavar="ROW",
        help="this implementation only (repeatable): " + ", ".join(implementations.BY_NAME),
    )
    bench.add_argument(
        "--min-time",
        type=seconds,
        default=0.1,
        metavar="SECONDS",
        help="a value takes so long at least, by repetition (default: 0.1)",
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
    bench.set_defaults(parser=bench)
    bench.add_argument("--json", type=Path, metavar="FILE", help="write every number to FILE")


def _chapter(chosen: argparse.Namespace) -> None:
    from eagerly.lab import bench  # here, because it needs rich

    n = chosen.n[-1] if chosen.n else 1_000_000
    bench.run(n, chosen.python, chosen.json, chosen.rounds)


def _shapes(chosen: argparse.Namespace) -> None:
    from eagerly.lab import shape_bench
    from eagerly.lab.alternate import Plan
    from eagerly.lab.measure import Rounds

    rounds = Rounds(patience=PATIENCE) if chosen.rounds is None else Rounds(chosen.rounds, None)
    plan = Plan(rounds, chosen.min_time)
    if chosen.only:
        plan = Plan(rounds, chosen.min_time, frozenset(chosen.only))
    names = [each.name for each in catalog.SHAPES] if chosen.all else chosen.shapes
    shapes = [each for each in catalog.SHAPES if is_named(each.name, names)]
    shape_bench.run(shapes, chosen.n, chosen.python, chosen.json, plan, sweep=chosen.sweep)


def is_named(name: str, names: Sequence[str]) -> bool:
    """By itself, or by its family."""
    family = name.partition("-")[0]
    return name in names or (family in catalog.FAMILIES and family in names)


def shape(text: str) -> str:
    if text == CHAPTER or text in catalog.BY_NAME or text in catalog.FAMILIES:
        return text
    known = ", ".join([*catalog.BY_NAME, *catalog.FAMILIES, CHAPTER])
    message = f"there is no shape {text[:40]!r}; there are {known}"
    raise argparse.ArgumentTypeError(message)


def implementation(text: str) -> str:
    if text in implementations.BY_NAME:
        return text
    message = f"there is no row {text[:40]!r}; there are " + ", ".join(implementations.BY_NAME)
    raise argparse.ArgumentTypeError(message)


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


def _check_that_it_says_what(chosen: argparse.Namespace) -> None:
    if not chosen.shapes and not chosen.all:
        chosen.parser.error("name the shapes, or say --all")
    if CHAPTER in chosen.shapes and (len(chosen.shapes) > 1 or chosen.all):
        chosen.parser.error("the chapter is measured by itself")
    if CHAPTER in chosen.shapes and (chosen.sweep or chosen.only):
        chosen.parser.error("--sweep and --only are for shapes")
    if chosen.sweep and chosen.n:
        chosen.parser.error("--sweep and --n are two ways to choose the sizes")


def _check_that_the_lab_is_installed() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("rich", "pyperf")):
        message = "this needs the lab: pip install 'eagerly[lab]'"
        raise Problem(message)


def _end(_number: int, _frame: object) -> NoReturn:
    """Asked to end: on the way out the worker is ended too."""
    sys.exit(128 + signal.SIGTERM)
