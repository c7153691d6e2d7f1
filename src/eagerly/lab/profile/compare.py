"""Run a program with the tasks of each engine, unwatched, in rounds that alternate between them."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, TypedDict

from eagerly.lab import child as process
from eagerly.lab import progress, run_child
from eagerly.lab.profile import child
from eagerly.lab.run_engine import ASYNCIO, ENGINES, Tasks

if TYPE_CHECKING:
    from eagerly.lab.run_program import Program


class Run(TypedDict):
    """From the program's first line to its end."""

    seconds: float
    processor: float  # seconds of it, of all threads


class Compared(TypedDict):
    engine: str
    uvloop: bool
    why_not: str | None  # then there are no runs
    runs: list[Run]  # one a round


def compared(program: Program, runs: int) -> list[Compared]:
    every = [Tasks(engine, uvloop) for uvloop in (False, True) for engine in ENGINES]
    rows: list[Compared] = [
        {"engine": tasks.engine, "uvloop": tasks.uvloop, "why_not": tasks.why_not(), "runs": []}
        for tasks in every
    ]
    with progress.watch(runs * len(rows)) as screen:
        for number in range(1, runs + 1):
            for tasks, row in zip(every, rows, strict=True):
                if row["why_not"] is None:
                    screen.at(f"{program.name}: {tasks.name}, round {number} of {runs}")
                    _run(program, tasks, row)
                screen.advance()
    return rows


def _run(program: Program, tasks: Tasks, row: Compared) -> None:
    with tempfile.TemporaryDirectory(prefix="eagerly-") as folder:
        file = Path(folder, "time.json")
        words = child.command(file, "time", tasks, program)
        finished = process.run(run_child.python(words), environ=os.environ)
        if finished.returncode == 0 and file.exists():
            row["runs"].append(json.loads(file.read_text()))
        else:
            row["why_not"] = f"failed: {process.why_it_died(finished)}"
            row["runs"] = []


def middle(row: Compared) -> float:
    return median(run["seconds"] for run in row["runs"])


def processor(row: Compared) -> float:
    return median(run["processor"] for run in row["runs"])


def spread(row: Compared) -> float | None:
    """Half the distance between the quartiles, as a share of the median."""
    seconds = [run["seconds"] for run in row["runs"]]
    if len(seconds) < 2:
        return None
    low, _, high = quantiles(seconds, n=4)
    return (high - low) / 2 / median(seconds)


def times_faster(row: Compared, rows: list[Compared]) -> float | None:
    """Than asyncio on the same loop: the median of the ratios of each round."""
    base = next(
        each for each in rows if each["engine"] == ASYNCIO and each["uvloop"] == row["uvloop"]
    )
    pairs = list(zip(base["runs"], row["runs"], strict=False))
    return median(one["seconds"] / other["seconds"] for one, other in pairs) if pairs else None
