"""What the outcomes of a module's tests are, held against the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from table import Table


class Module(NamedTuple):
    name: str
    start: str


class Outcome(NamedTuple):
    test: str
    how: str  # passed, failed, skipped, hangs; started: the process died in it
    details: str


class Verdict:
    """What one module's outcomes are, held against the table."""

    def __init__(self, module: Module, outcomes: list[Outcome], died: str, table: Table) -> None:
        self.module = module
        self.died = died
        self.table = table
        good = [o for o in outcomes if o.how == "passed"]
        bad = [o for o in outcomes if o.how in ("failed", "started", "hangs")]
        self.run = len(good) + len(bad)
        self.known = [o for o in bad if table.why(o.test)]
        self.new_failures = [o for o in bad if not table.why(o.test)]
        self.new_passes = [o for o in good if table.why(o.test)]

    def as_expected(self) -> bool:
        return not any(self.deviations())

    def line(self) -> str:
        passed = self.run - len(self.known) - len(self.new_failures)
        counts = self.run, passed, len(self.known), len(self.new_failures), len(self.new_passes)
        return f"{self.module.name:<26}{self.module.start:<7}" + "".join(f"{n:>10}" for n in counts)

    def deviations(self) -> Iterator[str]:
        where = f"({self.module.start})"
        for outcome in self.new_failures:
            yield f"NEW FAILURE {outcome.test} {where}\n{outcome.details}"
        for outcome in self.new_passes:
            why = self.table.why(outcome.test)
            yield f"NEW PASS {outcome.test} {where}, which known.toml does not expect: {why}"
        if not self.run:
            yield f"NOTHING RAN of {self.module.name} {where}"
        if self.died:
            yield f"THE PROCESS of {self.module.name} {where} did not end well: {self.died}"
