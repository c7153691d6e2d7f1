"""The arguments of `eagerly profile`, and what they ask for."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from eagerly.lab import run_child, run_engine, run_program
from eagerly.lab.arguments import command, positive
from eagerly.lab.hazards import command as hazards
from eagerly.lab.problems import Failure, check_that_the_lab_is_installed, interruptible
from eagerly.lab.profile import child
from eagerly.lab.run_engine import Tasks

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from eagerly.lab.profile.compare import Compared
    from eagerly.lab.profile.cost import Costs
    from eagerly.lab.profile.seen import Seen
    from eagerly.lab.results import Machine
    from eagerly.lab.run_program import Program

EXAMPLES = """\
engines:
{engines}

examples:
  eagerly profile app.py --port 8000         app.py with its arguments, on asyncio as it is
  eagerly profile -m pytest tests            a module, as python -m has it
  eagerly profile --engine eagerly app.py    the same on eagerly's tasks
  eagerly profile --compare app.py           and timed, unwatched, with the tasks of each engine
  eagerly profile --json seen.json app.py    every number
  eagerly profile --html seen.html app.py    a page: charts, tables, a flame graph
  eagerly profile --speedscope tasks.speedscope.json app.py
                                             for https://www.speedscope.app
  eagerly profile --hazards app.py           what breaks in it when tasks start eagerly
  eagerly profile --hazards -m pytest        and in what the tests test

The report comes when the program has ended, also by Ctrl-C, by SIGTERM or in a crash. Processes
that the program starts are not watched. A program that is compared runs many times, reads nothing
and has to end by itself.
"""


FILES = ("json", "html", "speedscope")  # options


class Profile(TypedDict):
    """What --json writes."""

    machine: Machine
    seen: Seen
    costs: Costs
    compared: list[Compared] | None


def add_to(commands: Any) -> None:
    engines = "\n".join(f"  {name:14} {text}" for name, text in run_engine.ENGINES.items())
    parser = command(
        commands,
        "profile",
        help="run a program, and tell what its tasks do and what eager start would save",
        about="Run a program, unmodified, and tell for each line that makes tasks what becomes of "
        "them; then what eager start would save.",
        epilog=EXAMPLES.format(engines=engines),
        usage="eagerly profile [options] (PROGRAM | -m MODULE) [ARGUMENT ...]",
    )
    parser.add_argument(
        "--engine", choices=run_engine.ENGINES, default=run_engine.ASYNCIO,
        help="whose tasks the program gets (default: asyncio)",
    )  # fmt: skip
    parser.add_argument("--uvloop", action="store_true", help="make uvloop's loops")
    parser.add_argument(
        "--compare", action="store_true", help="run it with each engine too, and compare the times"
    )
    parser.add_argument(
        "--runs", type=positive, default=5, help="how often with each engine (default: 5)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every number to FILE")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page to FILE, which needs no network"
    )
    parser.add_argument(
        "--speedscope",
        type=Path,
        metavar="FILE",
        help="write the flame graph to FILE, for speedscope.app",
    )
    hazards.add_to(parser)
    run_program.add_to(parser)
    parser.set_defaults(run=run, parser=parser)


def run(chosen: argparse.Namespace) -> int:
    if chosen.hazards:
        return hazards.run(chosen)
    if chosen.watch:
        chosen.parser.error("--watch goes with --hazards")
    check_that_the_lab_is_installed()
    tasks = Tasks(chosen.engine, chosen.uvloop)
    tasks.check()
    program = run_program.chosen_program(chosen)

    from eagerly.lab import progress, results  # here, because they need the lab
    from eagerly.lab.machine import this_machine
    from eagerly.lab.profile import compare, report

    results.check_that_they_can_be_written(chosen, *FILES)
    console = progress.console()
    seen = profiled(program, tasks)
    with interruptible():
        profile: Profile = {
            "machine": this_machine(),
            "seen": seen,
            "costs": _measured(tasks),
            "compared": None,
        }
        console.print(report.of(seen, profile["costs"]))
        try:
            if chosen.compare and seen["end"]["status"] == 0:
                rows = profile["compared"] = compare.compared(program, chosen.runs)
                console.print(report.compared(rows))
                console.print(report.estimated_and_measured(seen, profile["costs"], rows))
        finally:
            _write(profile, chosen)
    _say_how_it_ended(program, seen, chosen.compare)
    if profile["compared"] is not None and not any(row["runs"] for row in profile["compared"]):
        message = f"{program.name} could not be compared: it failed each time that it ran again"
        raise Failure(message)
    return 0


def _write(profile: Profile, chosen: argparse.Namespace) -> None:
    from eagerly.lab import results
    from eagerly.lab.html import page as html
    from eagerly.lab.profile.page import page
    from eagerly.lab.profile.speedscope import speedscope

    if chosen.json is not None:
        results.put(json.dumps(profile, indent=1) + "\n", chosen.json)
    if chosen.speedscope is not None:
        results.put(json.dumps(speedscope(profile["seen"])) + "\n", chosen.speedscope)
    if chosen.html is not None:
        results.put(html.text(page(profile)), chosen.html)


def _measured(tasks: Tasks) -> Costs:
    from eagerly.lab import progress
    from eagerly.lab.profile import cost

    with progress.watch(1) as screen:
        screen.at("what a task costs on this interpreter")
        return cost.measured(tasks)


def profiled(program: Program, tasks: Tasks) -> Seen:
    """Run *program* to its end, however it ends; what was seen of it."""
    with tempfile.TemporaryDirectory(prefix="eagerly-") as folder:
        file = Path(folder, "seen.json")
        status = run_child.ended(child.command(file, "watch", tasks, program))
        seen: Seen | None = json.loads(file.read_text()) if file.exists() else None
    if seen is None or not seen["sites"]:
        message = (
            f"{program.name} {run_child.how(status)}, and made no task: is there asyncio in it?"
        )
        raise Failure(message)
    seen["end"]["status"] = status
    return seen


def _say_how_it_ended(program: Program, seen: Seen, compare: bool) -> None:
    from eagerly.lab.profile.report import duration

    status, whole = seen["end"]["status"], seen["end"]["whole"]
    if status == 0 and whole:
        return
    message = f"{program.name} {run_child.how(status)}: this is what was seen until then"
    if not whole:
        message += f", when it was last written down, {duration(seen['seconds'])} after its start"
    if compare and status != 0:
        message += "; to be compared it has to end with status 0"
    raise Failure(message)
