"""The arguments of `eagerly run`, and what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eagerly.lab import run_engine, run_program
from eagerly.lab.arguments import command
from eagerly.lab.run_engine import Tasks

if TYPE_CHECKING:
    import argparse
    from typing import Any

EXAMPLES = """\
examples:
  eagerly run app.py --port 8000         app.py with its arguments, on eagerly's tasks
  eagerly run -m uvicorn app:api         a module, as python -m has it
  eagerly run --lazy -m pytest tests     tasks start when asyncio would start them
  eagerly run --uvloop app.py            on uvloop's loop

Processes that the program starts are not on the engine, unless they are forked. With
EAGERLY_DISABLE=1 in the environment the program runs on asyncio as it is.
"""


def add_to(commands: Any) -> None:
    parser = command(
        commands,
        "run",
        help="run a program on eagerly's tasks, as python would run it",
        about="Run a program, unmodified, on eagerly's tasks: everything else is as python would "
        "have it, from sys.argv to the exit status.",
        epilog=EXAMPLES,
        usage="eagerly run [--lazy] [--uvloop] (PROGRAM | -m MODULE) [ARGUMENT ...]",
    )
    parser.add_argument(
        "--lazy", action="store_true", help="keep asyncio's order: tasks start at the next turn"
    )
    parser.add_argument("--uvloop", action="store_true", help="make uvloop's loops")
    run_program.add_to(parser)
    parser.set_defaults(run=run, parser=parser)


def run(chosen: argparse.Namespace) -> int:
    tasks = Tasks(run_engine.LAZY if chosen.lazy else run_engine.EAGER, chosen.uvloop)
    tasks.check()
    program = run_program.chosen_program(chosen)
    tasks.install()
    run_program.run(program)
    return 0
