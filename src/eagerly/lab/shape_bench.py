"""`eagerly bench SHAPE...`: check everything, prepare everything, measure, show, write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from eagerly.lab import chapter, progress, report, results, shape_page, shape_report, tables
from eagerly.lab.alternate import Bench
from eagerly.lab.bench import prepared, without_doubles
from eagerly.lab.environments import Kind
from eagerly.lab.html import page
from eagerly.lab.interpreters import find, running
from eagerly.lab.machine import this_machine
from eagerly.lab.problems import Failure
from eagerly.lab.shapes.implementations import OPTIONAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from eagerly.lab.alternate import Plan
    from eagerly.lab.progress import Progress
    from eagerly.lab.results import Machine
    from eagerly.lab.shapes.shape import Shape
    from eagerly.lab.tables import Table

ENVIRONMENT = Kind("shapes", needs=("pyperf",), welcome=OPTIONAL)


def run(
    shapes: Sequence[Shape],
    sizes: Sequence[int],
    pythons: Sequence[str],
    file: Path | None,
    plan: Plan,
    *,
    sweep: bool = False,
    html: Path | None = None,
) -> None:
    """Raises Problem before anything has run; what is interrupted is shown and written first."""
    machine = this_machine()
    chosen = list(_tables(shapes, sizes, sweep=sweep))
    chapter.check_that_it_fits(max(n for _, n in chosen), machine["memory_available"])
    interpreters = without_doubles([running(), *map(find, pythons)])
    made: list[Table] = []
    with progress.watch(len(interpreters) * len(chosen) * plan.steps()) as screen:
        subjects = [prepared(each, screen, ENVIRONMENT) for each in interpreters]
        screen.show(report.machine(machine))
        try:
            for subject in subjects:
                screen.show(report.heading(subject.result()))
                bench = Bench(subject, plan, screen)
                for shape, n in chosen:
                    made.append(bench.table(shape, n))
                    _measure(bench, made[-1], screen)
            screen.show(Text(shape_report.CAPTION, "dim"))
        finally:
            if any(table.measured for table in made):
                _write(made, machine, file, html)
    _say_what_failed(made)


def _write(made: Sequence[Table], about: Machine, file: Path | None, html: Path | None) -> None:
    if file is not None:
        results.put(tables.as_text(made), file)
    if html is not None:
        results.put(page.text(shape_page.page(made, about)), html)


def _tables(
    shapes: Sequence[Shape], sizes: Sequence[int], *, sweep: bool
) -> Iterator[tuple[Shape, int]]:
    for shape in shapes:
        asked: Sequence[int | None] = shape.sweep() if sweep else sizes or [None]
        yield from ((shape, n) for n in sorted({shape.size(n) for n in asked}))


def _measure(bench: Bench, table: Table, screen: Progress) -> None:
    try:
        bench.fill(table)
    finally:  # also after Ctrl-C
        screen.show(shape_report.table(table))


def _say_what_failed(made: Sequence[Table]) -> None:
    failed = [
        f"{table.shape.name} of {row.implementation.name}"
        for table in made
        for row in table.rows
        if row.why_not is not None and row.why_not.startswith("failed")
    ]
    if failed:
        message = "failed, see the tables: " + ", ".join(failed)
        raise Failure(message)
