"""``python -m eagerly.lab.hazards [--watch PACKAGE] [--json FILE] app.py [ARGUMENT ...]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from eagerly.lab import run_program
from eagerly.lab.arguments import Parser
from eagerly.lab.hazards import command
from eagerly.lab.problems import Problem


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="with --hazards: look at this installed package too (repeatable)",
    )


def main() -> int:
    parser = Parser(prog="python -m eagerly.lab.hazards", allow_abbrev=False)
    add_to(parser)
    parser.add_argument("--json", type=Path, metavar="FILE")
    run_program.add_to(parser)
    parser.set_defaults(parser=parser)
    chosen = parser.parse_args()
    try:
        program = run_program.chosen_program(chosen)
        return command.find(program, chosen.watch, chosen.json)
    except Problem as problem:
        print(f"{parser.prog}: {problem}", file=sys.stderr)
        return problem.status


if __name__ == "__main__":
    sys.exit(main())
