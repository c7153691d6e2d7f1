"""The arguments of `eagerly bench`, and what they ask for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from eagerly.lab import results
from eagerly.lab.arguments import command, listed, positive, seconds
from eagerly.lab.problems import check_that_the_lab_is_installed, interruptible
from eagerly.lab.shapes import catalog, implementations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

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
  eagerly bench fanout tree --html bench.html  the tables and charts as a page
"""

CHAPTER = "chapter"
PATIENCE = 10.0  # seconds that an implementation of a shape may take

SHAPES = f"shapes:\n{listed({each.name: each.doc for each in catalog.SHAPES})}"


def add_to(commands: Any) -> None:
    bench = command(
        commands,
        "bench",
        help="measure shapes of programs on asyncio, on eagerly and on others",
        about="Measure shapes of programs, or the chapter's, on asyncio, on eagerly and "
        "on whatever else is installed, each in a fresh process.",
        epilog=f"{SHAPES}\n{EXAMPLES}",
    )
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
    bench.add_argument("--json", type=Path, metavar="FILE", help="write every number to FILE")
    bench.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page to FILE, which needs no network"
    )
    bench.set_defaults(run=run, parser=bench)


def run(chosen: argparse.Namespace) -> int:
    _check_that_it_says_what(chosen)
    with interruptible():
        check_that_the_lab_is_installed()
        results.check_that_they_can_be_written(chosen, "json", "html")
        (_chapter if chosen.shapes == [CHAPTER] else _shapes)(chosen)
    return 0


def _chapter(chosen: argparse.Namespace) -> None:
    from eagerly.lab import bench  # here, because it needs rich

    n = chosen.n[-1] if chosen.n else 1_000_000
    bench.run(n, chosen.python, chosen.json, chosen.rounds, chosen.html)


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
    shape_bench.run(
        shapes, chosen.n, chosen.python, chosen.json, plan, sweep=chosen.sweep, html=chosen.html
    )


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


def _check_that_it_says_what(chosen: argparse.Namespace) -> None:
    if not chosen.shapes and not chosen.all:
        chosen.parser.error("name the shapes, or say --all")
    if CHAPTER in chosen.shapes and (len(chosen.shapes) > 1 or chosen.all):
        chosen.parser.error("the chapter is measured by itself")
    if CHAPTER in chosen.shapes and (chosen.sweep or chosen.only):
        chosen.parser.error("--sweep and --only are for shapes")
    if chosen.sweep and chosen.n:
        chosen.parser.error("--sweep and --n are two ways to choose the sizes")
