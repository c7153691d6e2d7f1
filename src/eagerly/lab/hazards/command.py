"""`eagerly profile --hazards`: its arguments, and the process that waits for the program."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from eagerly.lab import results, run_child, run_program
from eagerly.lab.hazards import child
from eagerly.lab.hazards.report import Report
from eagerly.lab.problems import Failure, Problem, check_that_the_lab_is_installed

if TYPE_CHECKING:
    import argparse

    from eagerly.lab.run_program import Program

WITHOUT = ("compare", "uvloop", "engine", "speedscope")  # of `eagerly profile`


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hazards",
        action="store_true",
        help="run it on eagerly's tasks, and find the code that relies on a task not starting "
        "before its creator's next await; exit status 1 if there is any",
    )
    parser.add_argument(
        "--watch",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="look for hazards in this installed package too (repeatable)",
    )


def run(chosen: argparse.Namespace) -> int:
    """Returns the exit status, 1 if there are hazards.  Failure: the program failed."""
    for name in WITHOUT:
        if getattr(chosen, name) != chosen.parser.get_default(name):
            chosen.parser.error(f"--hazards and --{name} do not go together")
    program = run_program.chosen_program(chosen)
    _check_that_they_are_there(chosen.watch)
    if chosen.html is not None:
        check_that_the_lab_is_installed()
    results.check_that_they_can_be_written(chosen, "json", "html")
    report, status = found(program, chosen.watch)
    if chosen.json is not None:
        results.put(json.dumps({"status": status, **report.data()}, indent=1) + "\n", chosen.json)
    if chosen.html is not None:
        _write_page(report, program, status, chosen.html)
    print(report.text(), end="")
    if status != 0:
        how = run_child.how(status)
        message = f"{program.name} {how}: this is what was found until then"
        raise Failure(message)
    return int(bool(report.hazards))


def _check_that_they_are_there(packages: list[str]) -> None:
    for name in packages:
        if not run_program.can_be_found(name.partition(".")[0]):
            message = (
                f"there is no package {name!r} to watch: is it installed for {sys.executable}?"
            )
            raise Problem(message)


def _write_page(report: Report, program: Program, status: int, file: Path) -> None:
    from eagerly.lab.hazards.page import page  # here, because it needs the lab
    from eagerly.lab.html.page import text
    from eagerly.lab.machine import this_machine

    how = run_child.how(status)
    results.put(text(page(report, program.name, how, this_machine())), file)


def found(program: Program, packages: list[str]) -> tuple[Report, int]:
    """What was found in *program* and those packages, and how the program ended."""
    with tempfile.TemporaryDirectory(prefix="eagerly-") as folder:
        file = Path(folder, "hazards.json")
        environ = {**os.environ, "EAGERLY_PURE": "1"}
        status = run_child.ended(child.command(file, packages, program), environ)
        report = Report.of(json.loads(file.read_text())) if file.exists() else Report()
    return report, status
