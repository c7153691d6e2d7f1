"""What callgrind and perf write, and which of them counts."""

from __future__ import annotations

import counters
import pytest


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A PATH on which there is nothing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path, name, script="exit 1"):
    (path / name).write_text(f"#!/bin/sh\n{script}\n")
    (path / name).chmod(0o755)


def test_callgrind_tells_a_total():
    assert counters.total("events: Ir\nsummary: 1\n\ntotals: 4321\n") == 4321


def test_what_costs_the_same_at_both_sizes_is_no_item():
    assert counters.items(["step"], [5000], [5000 + 7 * 2000]) == {"step": 7}


def test_a_round_that_is_off_does_not_count():
    off = counters.items(["step"] * 3, [90_000, 5000, 5000], [19_000] * 3)
    assert off == {"step": 7}


def test_perf_tells_a_count_for_each_kind_of_core():
    assert counters.perf_count("# started\n\n123,,instructions:u,99,100.00,,\n") == 123
    hybrid = "100,,cpu_core/instructions/u,9,1.0,,\n23,,cpu_atom/instructions/u,9,1.0,,\n"
    assert counters.perf_count(hybrid) == 123


def test_without_a_counter_perf_tells_nothing():
    assert counters.perf_count("<not supported>,,instructions:u,0,100.00,,\n") == 0


def test_valgrind_counts_where_it_is(path):
    program(path, "valgrind")
    program(path, "perf", "echo 123,,instructions:u,9,100.00,, >&2")
    assert counters.find() is counters.callgrind


def test_perf_counts_where_it_works(path):
    program(path, "perf", "echo 123,,instructions:u,9,100.00,, >&2")
    assert counters.find() is counters.perf


@pytest.mark.parametrize("script", ["exit 1", "echo '<not supported>,,instructions:u,0,,' >&2"])
def test_perf_that_does_not_work_is_none(path, script):
    program(path, "perf", script)
    assert counters.find() is None


def test_where_there_is_nothing_nothing_counts(path):
    assert counters.find() is None
