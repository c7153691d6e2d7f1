"""Measure shapes: pyperf's workers, in rounds that alternate between the implementations.

pyperf measures a benchmark to its end before the next begins: its Runner owns the process, and
calls the same script again, as a worker, until it has its twenty runs. On a machine that is busy
now and then, one implementation would meet the quiet minutes and another the busy ones. So the
Runner is used for what one process does, as that worker: it calibrates the number of loops, warms
up, measures, and collects the metadata. When to start which worker is decided here. A round goes
once through all implementations, and what a round says of two of them was measured side by side.
The runs are put together to pyperf benchmarks again, so its commands read our files.

What pyperf does by default is kept: a first process finds out how many loops take `min_time`, each
later one warms up once and measures three values. Where one loop takes a second, it is one value
without a warm-up; and without a wish for a number of rounds, what has taken `patience` seconds has
no further one.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyperf

from eagerly.lab import child
from eagerly.lab.interpreters import isolated
from eagerly.lab.measure import HERE
from eagerly.lab.problems import Failure
from eagerly.lab.shapes.implementations import IMPLEMENTATIONS, OPTIONAL
from eagerly.lab.tables import MARK, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eagerly.lab.measure import Rounds, Subject
    from eagerly.lab.progress import Progress
    from eagerly.lab.shapes.implementations import Implementation
    from eagerly.lab.shapes.shape import Shape

SLOW = 1.0  # seconds for one loop
IN_EVERY_PYTHON = {"asyncio", "eagerly"}


@dataclass(frozen=True)
class Plan:
    """What is the same for every table of a run."""

    rounds: Rounds
    min_time: float = 0.1
    only: frozenset[str] = frozenset(each.name for each in IMPLEMENTATIONS)

    def steps(self) -> int:
        """How many processes a table takes at most: what the progress bar counts."""
        return (1 + self.rounds.rounds) * len(self.only)


def installed(subject: Subject) -> dict[str, str | None]:
    """What that Python can import of what can be measured, and its version."""
    command = [*isolated(subject.python), "-m", "shapes.installed", "pyperf", *OPTIONAL]
    finished = child.run(command, HERE)
    if finished.returncode != 0:
        message = f"{subject.interpreter.asked_as}: {child.why_it_died(finished)}"
        raise Failure(message)
    found: dict[str, str | None] = json.loads(finished.stdout)
    return found


class Bench:
    """One interpreter, and what it has installed."""

    def __init__(self, subject: Subject, plan: Plan, screen: Progress) -> None:
        self.subject = subject
        self.plan = plan
        self.screen = screen
        self.version = subject.interpreter.version
        self.installed = installed(subject) if subject.interpreter.runs_eagerly else {}

    def table(self, shape: Shape, n: int) -> Table:
        """With all its rows, none of them measured."""
        engine = self.subject.engine
        how = "native" if engine is not None and engine["native"] else "interpreted"
        rows = [
            Row(each, self.why_not(shape, each))
            for each in IMPLEMENTATIONS
            if each.name in self.plan.only
        ]
        return Table(shape, n, self.version, how, rows)

    def why_not(self, shape: Shape, implementation: Implementation) -> str | None:
        """Why there can be no such row here; None if there can."""
        if self.subject.interpreter.major_minor < implementation.python:
            return "needs " + ".".join(map(str, implementation.python))
        if self.installed.get("pyperf") is None:
            return "needs pyperf"
        for module in implementation.modules:
            if module not in IN_EVERY_PYTHON and self.installed.get(module) is None:
                return f"needs {module}"
        return shape.lacks(implementation)

    def fill(self, table: Table) -> None:
        """Measure every row, round by round. What is there when it is interrupted is good."""
        loops = {id(row): 1 for row in table.rows}
        spent = {id(row): 0.0 for row in table.rows}
        for number, row in self._turns(table):
            if number == 0 and table.shape.samples:
                continue  # there is nothing to calibrate
            if self._enough(spent[id(row)], number):
                continue
            what = "calibration" if number == 0 else f"round {number}"
            title = f"{table.shape.name} n={table.n:,} {row.implementation.name}, {what}"
            self.screen.at(f"{self.version}: {title}")
            slow = bool(row.runs) and seconds_of_a_loop(row.runs[0]) >= SLOW
            try:
                run = self._run(table, row, number, loops[id(row)], slow=slow)
            except Failure as failure:
                row.why_not, row.runs = f"failed: {failure}", []
                continue
            if number == 0:
                loops[id(row)] = run.get_loops()
            spent[id(row)] += run.get_metadata()["duration"]
            row.runs.append(run)

    def _turns(self, table: Table) -> Iterator[tuple[int, Row]]:
        for number in range(self.plan.rounds.rounds + 1):
            for row in table.rows:
                if row.why_not is None:
                    yield number, row
                self.screen.advance()

    def _enough(self, spent: float, number: int) -> bool:
        """One round there is for everyone."""
        patience = self.plan.rounds.patience
        return patience is not None and number > 1 and spent >= patience

    def _run(self, table: Table, row: Row, number: int, loops: int, *, slow: bool) -> Any:
        """One process, as a pyperf.Run."""
        finished = child.run(self._command(table, row, number, loops, slow=slow), HERE)
        if finished.returncode != 0:
            raise Failure(child.why_it_died(finished))
        benchmark = pyperf.Benchmark.load(io.StringIO(finished.stdout))
        about: dict[str, object] = {MARK + "round": number}
        for module in row.implementation.modules:
            if self.installed.get(module):
                about[f"{module}_version"] = self.installed[module]
        benchmark.update_metadata(about)
        return benchmark.get_runs()[0]

    def _command(self, table: Table, row: Row, number: int, loops: int, *, slow: bool) -> list[str]:
        shape = table.shape
        command = [*isolated(self.subject.python), "-m", "shapes.worker", "--worker"]
        command += ["--shape", shape.name, "--size", str(table.n)]
        command += ["--implementation", row.implementation.name]
        if row.implementation.is_ours and self.subject.engine is not None:
            command += ["--folder", self.subject.engine["folder"]]
        if number == 0:
            once = ["--calibrate-loops", "--warmups", "0", "--values", "1"]
            return [*command, *once, "--min-time", str(self.plan.min_time)]
        warmups, values = (0, 1) if slow else (0 if shape.samples else 1, shape.values)
        counts = ["--warmups", str(warmups), "--values", str(values)]
        return [*command, "--loops", str(loops), *counts]


def seconds_of_a_loop(calibration: Any) -> float:
    """How long the first and only loop of the calibration took."""
    if not calibration.warmups:
        return 0.0  # it samples: nothing was calibrated
    _, value = calibration.warmups[0]
    seconds: float = value * calibration.get_inner_loops()
    return seconds
