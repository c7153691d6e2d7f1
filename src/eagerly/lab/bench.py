"""`eagerly bench`: check everything, prepare everything, measure, show, write."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eagerly.lab import chapter, chapter_page, measure, progress, report, results
from eagerly.lab.environments import CHAPTER, Environment, origin, own_engine
from eagerly.lab.html import page
from eagerly.lab.interpreters import find, running
from eagerly.lab.machine import this_machine
from eagerly.lab.measure import Rounds, Subject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from eagerly.lab.environments import Kind
    from eagerly.lab.interpreters import Interpreter
    from eagerly.lab.progress import Progress
    from eagerly.lab.results import InterpreterResult, Report


def run(
    n: int,
    pythons: Sequence[str],
    file: Path | None,
    rounds_asked: int | None,
    html: Path | None = None,
) -> None:
    """Raises Problem before anything has run, and Failure after."""
    rounds = Rounds() if rounds_asked is None else Rounds(rounds_asked, patience=None)
    machine = this_machine()
    chapter.check_that_it_fits(n, machine["memory_available"])
    interpreters = without_doubles([running(), *map(find, pythons)])

    made: Report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.orig_argv,
        "constants": {"n": n, "rounds": rounds.rounds, "patience": rounds.patience},
        "machine": machine,
        "interpreters": [],
    }
    steps = len(interpreters) * measure.steps(chapter.WORKLOADS, rounds)
    with progress.watch(steps) as screen:
        subjects = [prepared(each, screen) for each in interpreters]
        screen.show(report.machine(machine))
        for subject in subjects:
            made["interpreters"].append(_measured(subject, n, rounds, screen))
        if len(subjects) > 1:
            screen.show(report.across(made["interpreters"]))
    if file is not None:
        results.write(made, file)
    if html is not None:
        results.put(page.text(chapter_page.page(made)), html)


def without_doubles(found: list[Interpreter]) -> list[Interpreter]:
    """The running interpreter comes first, and nobody twice."""
    once: list[Interpreter] = []
    for each in found:
        if not any(each.is_the_same_as(other) for other in once):
            once.append(each)
    return once


def prepared(interpreter: Interpreter, screen: Progress, kind: Kind = CHAPTER) -> Subject:
    if interpreter.executable == sys.executable:
        return Subject(interpreter, sys.executable, own_engine())
    if not interpreter.runs_eagerly:
        return Subject(interpreter, interpreter.executable, None)
    environment = Environment(interpreter, origin(), kind)
    if not environment.is_ready:
        screen.at(f"{interpreter.version}: preparing {environment.folder}, kept for next time")
        environment.make()
    return Subject(interpreter, environment.python, environment.engine())


def _measured(subject: Subject, n: int, rounds: Rounds, screen: Progress) -> InterpreterResult:
    result = subject.result()
    screen.show(report.heading(result))
    for workload in chapter.WORKLOADS:
        result["workloads"].append(measure.measure(subject, workload, n, rounds, screen))
        screen.show(report.workload(result["workloads"][-1]))
    screen.show(report.claims(result))
    return result
