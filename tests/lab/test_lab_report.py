"""From numbers to tables: the data is made up, so each number in a table can be foretold."""

import io
import json

import pytest
from rich.console import Console

from eagerly.lab import report


def measurement(name, *samples, needs=None):
    made = [{"seconds": seconds, "floors": floors} for seconds, *floors in samples]
    return {"implementation": name, "needs": needs, "command": ["python"], "samples": made}


def fan_out(*measurements):
    return {
        "workload": "fan_out",
        "example": "6.1",
        "title": "n tasks",
        "claim": "it is fast",
        "n": 1000,
        "each": "task",
        "floor_is": "await, no task",
        "measurements": list(measurements),
    }


def interpreter(version, *workloads, eagerly=None):
    return {
        "asked_as": f"python{version}",
        "executable": f"/usr/bin/python{version}",
        "implementation": "CPython",
        "version": version,
        "build": version,
        "eagerly": eagerly,
        "workloads": list(workloads),
    }


NEW = fan_out(
    measurement("asyncio.TaskGroup", (12.0, 0.1, 0.1)),
    measurement("asyncio.TaskGroup, eager", (4.0, 0.1, 0.1)),
    measurement("eagerly.TaskGroup", (0.4, 0.1, 0.1), (0.5, 0.2, 0.3), (0.9, 0.3, 0.3)),
)
OLD = fan_out(
    measurement("asyncio.TaskGroup", needs="3.11"),
    measurement("asyncio.TaskGroup, eager", needs="3.12"),
    measurement("eagerly.TaskGroup", needs="3.11"),
)


def drawn(renderable, width=80, encoding="utf-8"):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Console(file=file, width=width, color_system=None, force_terminal=False).print(renderable)
    file.flush()
    return file.buffer.getvalue().decode(encoding)


def row(table, name):
    """The cells to the right of a name, without the bar."""
    [line] = [line for line in table.splitlines() if line.strip().startswith(name + "  ")]
    return line.strip().removeprefix(name).strip(" ▏▎▍▌▋▊▉█#").split()


def test_a_row_has_the_median_and_what_follows_from_it():
    total, each, faster, floors, rounds = row(drawn(report.workload(NEW)), "eagerly.TaskGroup")

    assert total == "0.500"
    assert each == "500,000"
    assert faster == "8.0"  # than asyncio's best, the eager group's 4 s
    assert floors == "3.00"  # the median of 4, 2 and 3
    assert rounds == "3"


def test_a_slow_round_of_the_machine_does_not_change_the_ratio_to_the_floor():
    calm = measurement("eagerly.TaskGroup", (3.0, 1.0, 1.0))
    noisy = measurement("eagerly.TaskGroup", (3.0, 1.0, 1.0), (6.0, 2.0, 2.0), (30.0, 10.0, 10.0))

    assert report.floors(noisy) == report.floors(calm) == 3.0


def test_the_floor_has_a_row_with_the_median_of_all_floors():
    assert row(drawn(report.workload(NEW)), "floor")[:2] == ["0.100", "100,000"]


def test_what_an_interpreter_lacks_is_a_row_that_says_what_it_needs():
    table = drawn(report.workload(OLD))

    assert row(table, "asyncio.TaskGroup") == ["needs", "3.11"]
    assert row(table, "asyncio.TaskGroup, eager") == ["needs", "3.12"]
    assert row(table, "eagerly.TaskGroup") == ["needs", "3.11"]
    assert not any(line.startswith("floor") for line in table.splitlines())


def test_the_longest_bar_is_the_slowest_row():
    lines = drawn(report.workload(NEW)).splitlines()
    bars = [line.count("█") for line in lines if "TaskGroup" in line]

    assert bars[0] == max(bars)
    assert bars[0] > bars[1] > bars[2]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_nothing_is_cut_off(width):
    for table in (NEW, OLD):
        text = drawn(report.workload(table), width)
        assert "…" not in text
        assert max(map(len, text.splitlines())) <= width


def test_where_only_ascii_goes_out_the_bars_are_ascii():
    text = drawn(report.workload(NEW), encoding="ascii")

    assert "####" in text


def test_the_interpreters_stand_side_by_side():
    results = [interpreter("3.12.1", NEW), interpreter("3.10.13", OLD)]
    text = drawn(report.across(results))

    assert "3.12.1" in text
    assert row(text, "6.1  asyncio.TaskGroup") == ["12.0", "needs", "3.11"]
    assert row(text, "times faster") == ["8.0"]
    assert row(text, "floor") == ["0.100"]


def test_five_interpreters_fit_into_a_hundred_columns():
    versions = ("3.11.7", "3.12.1", "3.13.0", "3.14.10", "3.15.2")
    text = drawn(report.across([interpreter(each, NEW) for each in versions]), 100)

    assert "…" not in text


def test_the_heading_says_whether_the_engine_is_native():
    engine = {"version": "1.2", "native": True, "folder": "/somewhere"}

    assert "eagerly 1.2, native" in drawn(report.heading(interpreter("3.12.1", eagerly=engine)))
    engine["native"] = False
    assert "eagerly 1.2, NOT native" in drawn(report.heading(interpreter("3.12.1", eagerly=engine)))
    assert "too old for eagerly" in drawn(report.heading(interpreter("3.10.13")))


def test_the_claim_that_no_table_shows_is_6_1_against_6_2():
    gather = {**fan_out(measurement("asyncio.gather", (18.0, 0.1, 0.1))), "example": "6.2"}
    text = drawn(report.claims(interpreter("3.12.1", NEW, gather)))

    assert row(text, "asyncio.TaskGroup, eager") == ["4.5", "times"]
    assert row(text, "eagerly.TaskGroup") == ["36", "times"]


def test_a_report_of_the_loaded_file_is_the_report_of_the_run():
    loaded = json.loads(json.dumps(NEW))

    assert drawn(report.workload(loaded)) == drawn(report.workload(NEW))


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1234.5, "1,234"), (12.345, "12.3"), (1.0, "1.00"), (0.0012345, "0.00123"), (0, "0")],
)
def test_a_number_has_three_digits_that_mean_something(number, shown):
    assert report.significant(number) == shown
