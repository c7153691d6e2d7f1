"""Measure workloads on one interpreter: each implementation in a fresh process, in rounds.

A round goes once through all implementations of a workload, so that a slow minute of the machine
falls on all of them. Nothing is thrown away or averaged here: report.py takes medians of the
seconds, and of the ratios to the floor that was measured in the same process.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eagerly.lab import child
from eagerly.lab.interpreters import isolated
from eagerly.lab.problems import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eagerly.lab.interpreters import Interpreter
    from eagerly.lab.progress import Progress
    from eagerly.lab.results import Engine, InterpreterResult, Measurement, Sample, WorkloadResult
    from eagerly.lab.workloads.worker import Implementation, Workload

HERE = Path(__file__).parent  # the folder from which `-m workloads.gather` finds the scripts

ROUNDS = 5
PATIENCE = 4.0


@dataclass(frozen=True)
class Rounds:
    """How often to measure: `rounds` times, but stop at what has taken `patience` seconds in all.

    So a million asyncio tasks are timed once, while eagerly's, where half a floor makes a
    difference, get every round. Asked for a number of rounds, the bench has patience without end.
    """

    rounds: int = ROUNDS
    patience: float | None = PATIENCE

    def enough(self, samples: list[Sample]) -> bool:
        spent = sum(sample["seconds"] for sample in samples)
        return self.patience is not None and spent >= self.patience


@dataclass(frozen=True)
class Subject:
    """An interpreter, the Python that runs its workers, and its eagerly, if it can have one."""

    interpreter: Interpreter
    python: str
    engine: Engine | None

    def result(self) -> InterpreterResult:
        return {
            "asked_as": self.interpreter.asked_as,
            "executable": self.interpreter.executable,
            "implementation": self.interpreter.implementation,
            "version": self.interpreter.version,
            "build": self.interpreter.build,
            "eagerly": self.engine,
            "workloads": [],
        }


def steps(workloads: Sequence[Workload], rounds: Rounds) -> int:
    """How many processes it takes at most: what the progress bar counts."""
    return rounds.rounds * sum(len(workload.implementations) for workload in workloads)


def measure(
    subject: Subject, workload: Workload, n: int, rounds: Rounds, progress: Progress
) -> WorkloadResult:
    size = workload.size(n)
    measurements = [_planned(subject, workload, each, size) for each in workload.implementations]
    for number in range(1, rounds.rounds + 1):
        for each in measurements:
            if each["needs"] is None and not rounds.enough(each["samples"]):
                what = f"{workload.example} {each['implementation']}, round {number}"
                progress.at(f"{subject.interpreter.version}: {what}")
                each["samples"].append(_sample(subject, each))
            progress.advance()
    return {
        "workload": workload.name,
        "example": workload.example,
        "title": workload.title,
        "claim": workload.claim,
        "n": size,
        "each": workload.each,
        "floor_is": workload.floor_is,
        "measurements": measurements,
    }


def _planned(
    subject: Subject, workload: Workload, implementation: Implementation, size: int
) -> Measurement:
    script = [*isolated(subject.python), "-m", f"workloads.{workload.name}"]
    command = [*script, implementation.name, str(size)]
    if implementation.library == "eagerly" and subject.engine is not None:
        command.append(subject.engine["folder"])
    lacks = subject.interpreter.major_minor < implementation.needs
    return {
        "implementation": implementation.name,
        "needs": ".".join(map(str, implementation.needs)) if lacks else None,
        "command": command,
        "samples": [],
    }


def _sample(subject: Subject, measurement: Measurement) -> Sample:
    finished = child.run(measurement["command"], HERE)
    if finished.returncode != 0:
        who = f"{measurement['implementation']} on {subject.interpreter.version}"
        message = f"{who} failed: {child.why_it_died(finished)}"
        raise Failure(message)
    sample: Sample = json.loads(finished.stdout)
    return sample
