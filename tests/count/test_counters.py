"""What callgrind and perf write, and which of them counts."""

from __future__ import annotations

import counters
import pytest
from programs import ROUNDS


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A PATH on which there is nothing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path, name, script="exit 1"):
    (path / name).write_text(f"#!/bin/sh\n{script}\n")
    (path / name).chmod(0o755)


def test_callgrind_tells_a_total():
    assert counters.callgrind_total("events: Ir\nsummary: 1\n\ntotals: 4321\n") == 4321


def test_what_costs_the_same_at_both_sizes_is_no_item(monkeypatch):
    def count(self, name, size):
        return 123_456_789 + ROUNDS * size * (7 if name == "step" else 3)

    monkeypatch.setattr(counters.Counter, "count", count)
    monkeypatch.setattr(counters, "run", lambda *_: None)
    figures = counters.CALLGRIND.figures()
    assert figures["step"] == 7
    assert figures["floor"] == 3


def test_a_program_that_fails_ends_it_with_what_it_said():
    nothing = counters.Counter("none", ("sh", "-c", "echo broken >&2; exit 3"), "-o", int)
    with pytest.raises(SystemExit, match="step was not counted\nbroken"):
        nothing.count("step", 1)


def test_perf_tells_a_count_for_each_kind_of_core():
    assert counters.perf_total("# started\n\n123,,instructions:u,99,100.00,,\n") == 123
    hybrid = "100,,cpu_core/instructions/u,9,1.0,,\n23,,cpu_atom/instructions/u,9,1.0,,\n"
    assert counters.perf_total(hybrid) == 123


def test_without_a_counter_perf_tells_nothing():
    assert counters.perf_total("<not supported>,,instructions:u,0,100.00,,\n") == 0


def test_valgrind_counts_where_it_is(path):
    program(path, "valgrind")
    program(path, "perf", "echo 123,,instructions:u,9,100.00,, >&2")
    assert counters.find() is counters.CALLGRIND


def test_perf_totals_where_it_works(path):
    program(path, "perf", "echo 123,,instructions:u,9,100.00,, >&2")
    assert counters.find() is counters.PERF


@pytest.mark.parametrize("script", ["exit 1", "echo '<not supported>,,instructions:u,0,,' >&2"])
def test_perf_that_does_not_work_is_none(path, script):
    program(path, "perf", script)
    assert counters.find() is None


def test_where_there_is_nothing_nothing_counts(path):
    assert counters.find() is None
