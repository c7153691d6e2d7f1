"""What was measured of shapes, as tables: from a run, or from its file, which is pyperf's.

A table is one shape at one n on one interpreter, a row of it one implementation. All that a table
says is computed from pyperf's benchmarks, whose runs know their round; that a row is empty, and
why, is in their metadata too. Numbers:

    value        median of all the values of the row: seconds (or bytes) for one task, step, ...
    spread       half the distance between the quartiles, as a share of that
    ratio        median over the rounds of the ratio of two rows, both from the same round
    asyncio best the faster of asyncio's lazy and eager rows; for rows on uvloop, asyncio on uvloop
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import pyperf

from eagerly.lab.problems import Problem
from eagerly.lab.shapes import catalog, implementations
from eagerly.lab.shapes.implementations import FLOOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from eagerly.lab.shapes.implementations import Implementation
    from eagerly.lab.shapes.shape import Shape

MARK = "eagerly_"  # what our metadata begin with

KEPT = {
    *("name", "unit", "loops", "inner_loops", "calibrate_loops", "duration", "date"),
    *("cpu_count", "cpu_model_name", "platform", "load_avg_1min"),
    *("python_version", "python_implementation", "python_compiler"),  # not where it lies
}


@dataclass
class Row:
    """One implementation: the runs of its pyperf benchmark, or why there are none."""

    implementation: Implementation
    why_not: str | None = None
    runs: list[Any] = field(default_factory=list)

    @property
    def values(self) -> list[float]:
        return [value for run in self.runs for value in run.values]

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def spread(self) -> float | None:
        if len(self.values) < 2:
            return None
        low, _, high = quantiles(self.values, n=4)
        return (high - low) / 2 / self.value

    @property
    def p99(self) -> float:
        values = sorted(self.values)
        return values[min(len(values) - 1, round(0.99 * (len(values) - 1)))]

    def by_round(self) -> dict[int, float]:
        return {
            run.get_metadata()[MARK + "round"]: median(run.values)
            for run in self.runs
            if run.values
        }


@dataclass
class Table:
    shape: Shape
    n: int
    python: str  # the version
    engine: str  # "native" or "interpreted"
    rows: list[Row]

    def row(self, name: str) -> Row | None:
        """The row of that name, if it was measured."""
        return next((each for each in self.measured if each.implementation.name == name), None)

    @property
    def measured(self) -> list[Row]:
        return [each for each in self.rows if each.values]

    @property
    def floor(self) -> Row | None:
        return self.row(FLOOR.name)

    def asyncio_best(self, loop: str) -> Row | None:
        rivals = [
            each
            for each in self.measured
            if each.implementation.is_asyncio and each.implementation.loop == loop
        ]
        return min(rivals, key=lambda row: row.value, default=None)


def ratio(one: Row | None, other: Row | None) -> float | None:
    """How many times *one* is *other*, each round by itself; None where no round has both."""
    if one is None or other is None:
        return None
    ones, others = one.by_round(), other.by_round()
    both = [ones[number] / others[number] for number in ones if number in others]
    return median(both) if both else None


# ------------------------------------------------------------------ pyperf's file


def suite(tables: Sequence[Table]) -> Any:
    """A pyperf.BenchmarkSuite of all that was measured; None if that is nothing."""
    first = tables[0].python if tables else ""
    benchmarks = [
        pyperf.Benchmark(_with_metadata(row, table, first))
        for table in tables
        for row in table.measured
    ]
    return pyperf.BenchmarkSuite(benchmarks) if benchmarks else None


def as_text(tables: Sequence[Table], *, lean: bool = False) -> str:
    """The file; lean: without what pyperf notes of each process and we never look at."""
    file = io.StringIO()
    made = suite(tables)
    if lean:
        made = pyperf.BenchmarkSuite([_lean(benchmark) for benchmark in made])
    made.dump(file, compact=lean)
    return file.getvalue() + "\n"


def read(files: Iterable[Path]) -> list[Table]:
    """The tables of all files; what several have measured is taken from the last of them."""
    tables: dict[tuple[str, str, int], Table] = {}
    for file in files:
        try:
            tables |= _read(file)
        except OSError as error:
            message = f"{file}: {error.strerror}"
            raise Problem(message) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            message = f"{file}: not what eagerly bench --json writes of shapes"
            raise Problem(message) from error
    return list(tables.values())


def _read(file: Path) -> dict[tuple[str, str, int], Table]:
    tables: dict[tuple[str, str, int], Table] = {}
    for benchmark in pyperf.BenchmarkSuite.load(str(file)):
        about = benchmark.get_metadata()
        key = (python_of(about), about[MARK + "shape"], about[MARK + "n"])
        tables.setdefault(key, _empty(about)).rows.append(_row(benchmark))
    for table in tables.values():
        table.rows.sort(key=lambda row: implementations.IMPLEMENTATIONS.index(row.implementation))
    return tables


def _lean(benchmark: Any) -> Any:
    runs = []
    for run in benchmark.get_runs():
        about = {
            name: value
            for name, value in run.get_metadata().items()
            if name in KEPT or name.startswith(MARK) or name.endswith("_version")
        }
        runs.append(pyperf.Run(run.values, run.warmups, about, collect_metadata=False))
    return pyperf.Benchmark(runs)


def _with_metadata(row: Row, table: Table, first_python: str) -> list[Any]:
    elsewhere = "" if table.python == first_python else f" on {table.python}"
    name = f"{table.shape.name} n={table.n} {row.implementation.name}{elsewhere}"
    empty = {each.implementation.name: each.why_not for each in table.rows if each.why_not}
    about = {
        "name": name,
        MARK + "shape": table.shape.name,
        MARK + "n": table.n,
        MARK + "implementation": row.implementation.name,
        MARK + "engine": table.engine,
        MARK + "empty_rows": json.dumps(empty),
    }
    benchmark = pyperf.Benchmark(row.runs)
    benchmark.update_metadata(about)
    runs: list[Any] = benchmark.get_runs()
    return runs


def _empty(about: dict[str, Any]) -> Table:
    """The table that the metadata tell of, with those rows that have no runs."""
    rows = [
        Row(implementations.BY_NAME[name], why_not)
        for name, why_not in json.loads(about[MARK + "empty_rows"]).items()
    ]
    shape = catalog.BY_NAME[about[MARK + "shape"]]
    return Table(shape, about[MARK + "n"], python_of(about), about[MARK + "engine"], rows)


def python_of(about: dict[str, Any]) -> str:
    """Without pyperf's "(64-bit)"."""
    version: str = about["python_version"].partition(" ")[0]
    return version


def _row(benchmark: Any) -> Row:
    name = benchmark.get_metadata()[MARK + "implementation"]
    return Row(implementations.BY_NAME[name], runs=benchmark.get_runs())
