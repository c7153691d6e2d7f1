"""`eagerly profile` as a person meets it: what it shows, what it refuses, and how it ends."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console

import eagerly
from eagerly.lab import cli
from eagerly.lab.profile import compare, cost, meaning, report
from eagerly.lab.profile.report import duration
from eagerly.lab.profile.seen import COUNTS, added_up
from eagerly.lab.run_engine import Tasks
from eagerly.lab.run_program import Program

PROFILE = [sys.executable, "-m", "eagerly", "profile"]

PROGRAM = """
import asyncio, sys

async def nothing(): pass

async def main():
    await asyncio.gather(*[nothing() for _ in range(100)])
    print("its own words", *sys.argv[1:])

asyncio.run(main())
"""

WAITS = """
import asyncio

async def nothing(): pass

async def main():
    await asyncio.gather(nothing())
    print("up", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""

COSTS = {
    "asyncio": {"gather": [3.0, 5.0], "create_task": [2.0, 4.0]},
    "eagerly": {"gather": [1.0, 4.0], "create_task": [1.0, 4.0]},
    "watching_task": 0.5,
    "watching_step": 0.25,
}


def profile(folder, *arguments, program=PROGRAM, **variables):
    (folder / "app.py").write_text(program)
    return subprocess.run(
        [*PROFILE, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, **variables}, timeout=240,
    )  # fmt: skip


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """One run with everything, and the file that it wrote."""
    folder = tmp_path_factory.mktemp("profile")
    ran = profile(
        folder, "--compare", "--runs", 2, "--json", "seen.json", "app.py", "--compare",
        FORCE_COLOR="1", TTY_COMPATIBLE="1",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran, json.loads((folder / "seen.json").read_text())


@pytest.fixture
def quick(tmp_path, monkeypatch, capfd):
    """`eagerly profile app.py` in this process, and what a task costs is made up."""

    def quick(program, *options):
        (tmp_path / "app.py").write_text(program)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(cost, "measured", lambda tasks: COSTS)
        status = cli.main(["profile", *options, "app.py"])
        return status, *capfd.readouterr()

    return quick


# ------------------------------------------------------------------ what it shows


def test_the_program_runs_as_ever_and_the_report_follows(compared):
    ran, _ = compared

    own, _, report = ran.stdout.partition("its own words --compare\n")
    assert own == ""
    assert "app.py --compare: 10" in report
    assert "app.py:7 gather" in report
    assert "nothing" in report
    assert "shutdown" not in report  # what a runner makes as it ends
    assert "of the tasks ended in their first step." in report
    saves_or_costs = "save" if eagerly.native else "(save|cost)"  # interpreted it may take longer
    assert re.search(f"Eager start would {saves_or_costs} about [0-9]", report)
    assert re.search(r"measured -?\d.* \(asyncio less eagerly\), estimated -?\d", report)
    assert "Watching costs" in report


def test_piped_output_has_no_escape_codes_and_is_whole(compared):
    ran, _ = compared

    assert "\x1b" not in ran.stdout + ran.stderr
    assert "\r" not in ran.stdout + ran.stderr
    assert "…" not in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 100


def test_every_engine_is_compared_in_rounds_that_alternate(compared):
    ran, data = compared
    rows = data["compared"]

    assert [row["engine"] for row in rows] == 2 * [
        "asyncio", "asyncio-eager", "eagerly-lazy", "eagerly"
    ]  # fmt: skip
    assert [row["uvloop"] for row in rows] == 4 * [False] + 4 * [True]
    for row in rows:
        assert len(row["runs"]) == (0 if row["why_not"] else 2)
        assert all(run["seconds"] > 0 and run["processor"] > 0 for run in row["runs"])
    said = ran.stderr.splitlines()
    assert said[0] == "what a task costs on this interpreter"
    steps = [line.split(", ") for line in said[1:]]
    assert [step[-1] for step in steps] == sorted(step[-1] for step in steps)
    assert steps[0] == ["app.py: asyncio", "round 1 of 2"]


def test_the_file_has_what_was_seen_and_its_circumstances(compared):
    _, data = compared
    seen = data["seen"]

    assert data["machine"]["cpu"]
    assert seen["command"] == ["app.py", "--compare"]
    assert seen["python"] == ".".join(map(str, sys.version_info[:3]))
    assert seen["end"] == {"status": 0, "whole": True}
    assert added_up(seen["sites"])["made"] >= 101
    assert added_up(seen["places"]) == added_up(seen["sites"])
    assert set(data["costs"]["asyncio"]) == {"group", "gather", "create_task"}


def test_the_engine_can_be_chosen(quick):
    program = "import asyncio\nasync def main():\n    print(type(asyncio.current_task()))\n"
    program += "asyncio.run(main())"
    _, out, _ = quick(program, "--engine", "eagerly")

    assert "eagerly.engine.task.Task" in out
    assert ", eagerly, CPython" in out


def test_it_tells_what_watching_costs_a_task_that_ends_at_once_and_one_that_suspends(quick):
    _, out, _ = quick(PROGRAM)

    assert (
        "Watching costs 500 ms a task and 250 ms a further step here, so 750 ms one that suspends "
        "once: about"
    ) in " ".join(out.split())


def test_what_watching_costs_is_not_said_to_be_nothing(quick, monkeypatch):
    monkeypatch.setitem(COSTS, "watching_step", 0.0)
    _, out, _ = quick(PROGRAM)

    assert "500 ms a task and too little to be told a further step" in " ".join(out.split())


# ------------------------------------------------------------------ how it ends


@pytest.mark.parametrize("end", ["raise SystemExit(3)", "import os; os.abort()"])
def test_a_program_that_fails_is_reported_with_exit_status_1(quick, end):
    status, out, error = quick(f"{PROGRAM}\n{end}", "--compare")

    assert status == 1
    assert "Measured" not in out
    assert "to be compared it has to end with status 0" in error
    assert "app.py:7 gather" in out
    assert "this is what was seen until then" in error.splitlines()[-1]


def test_a_program_that_leaves_at_once_may_have_done_more_and_it_says_so(quick):
    status, _, error = quick(f"{PROGRAM}\nimport os; os._exit(0)")

    assert status == 1
    assert re.search("ended with status 0: .*, when it was last written down, [0-9]", error)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("interruptible")
def test_a_program_that_is_stopped_is_reported(tmp_path, number):
    (tmp_path / "app.py").write_text(WAITS)
    with subprocess.Popen(
        [*PROFILE, "app.py"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, process_group=0,
    ) as running:  # fmt: skip
        assert running.stdout.readline() == "up\n"
        if number == signal.SIGINT:
            os.killpg(running.pid, number)  # a terminal tells everybody
        else:
            running.send_signal(number)
        out, error = running.communicate(timeout=240)

    assert running.returncode == 1
    assert "gather" in out
    assert f"app.py was ended by {number.name}" in error.splitlines()[-1]


def test_a_program_without_a_task_is_one_clear_line_and_exit_status_1(quick):
    assert quick("print(1)") == (
        1,
        "1\n",
        "eagerly profile: app.py ended with status 0, and made no task: is there asyncio in it?\n",
    )


def test_an_engine_that_fails_the_program_is_told_in_its_row(tmp_path, monkeypatch):
    monkeypatch.setattr(compare, "ENGINES", ["asyncio", "eagerly"])
    (tmp_path / "app.py").write_text(
        "import asyncio\nassert asyncio.run.__module__ != 'eagerly.groups.runner'"
    )
    rows = compare.compared(Program(str(tmp_path / "app.py"), [], is_module=False), 1)

    console = Console(width=100, file=io.StringIO())
    console.print(report.compared(rows))
    shown = console.file.getvalue()
    assert re.search(r"(?m)^eagerly(, eagerly uvloop)?: failed: AssertionError$", shown)
    assert [len(row["runs"]) for row in rows if not row["uvloop"]] == [1, 0]


def test_a_program_is_compared_as_it_was_run_with_the_same_flags_and_environment(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(compare, "ENGINES", ["asyncio"])
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "found.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "library"))
    monkeypatch.setattr(
        subprocess, "_args_from_interpreter_flags", lambda: ["-W", "error::UserWarning"]
    )
    (tmp_path / "app.py").write_text(
        "import asyncio, found, sys\nassert sys.warnoptions == ['error::UserWarning']"
    )

    rows = compare.compared(Program(str(tmp_path / "app.py"), [], is_module=False), 1)

    assert [(row["why_not"], len(row["runs"])) for row in rows if not row["uvloop"]] == [(None, 1)]


def test_a_program_that_ends_well_only_once_is_told_with_exit_status_1(quick, monkeypatch):
    monkeypatch.setattr(compare, "ENGINES", ["asyncio"])
    status, out, error = quick(f"{PROGRAM}\nopen('once', 'x')", "--compare", "--runs", "1")

    assert status == 1
    assert re.search(r"(?m)^asyncio(, asyncio uvloop)?: failed: FileExistsError", out)
    assert "could not be compared" in error.splitlines()[-1]


# ------------------------------------------------------------------ what it refuses


def refused(capsys, *arguments):
    try:
        status = cli.main(["profile", *map(str, arguments)])
    except SystemExit as exit:
        status = exit.code
    said = capsys.readouterr()
    assert (status, said.out, said.err.count("\n")) == (2, "", 1)
    return said.err


def test_what_cannot_be_done_is_one_clear_line_and_exit_status_2(capsys, tmp_path, monkeypatch):
    assert "there is no file 'missing.py'" in refused(capsys, "missing.py")
    assert "name a program" in refused(capsys)
    assert "invalid choice: 'trio'" in refused(capsys, "--engine", "trio", "app.py")
    assert "0 is less than 1" in refused(capsys, "--runs", "0", "app.py")
    file = tmp_path / "missing" / "seen.json"
    (tmp_path / "app.py").touch()
    assert "there is no folder" in refused(capsys, "--json", file, tmp_path / "app.py")
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert "pip install uvloop" in refused(capsys, "--uvloop", "app.py")


def test_without_the_lab_extra_it_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)

    assert "pip install 'eagerly[lab]'" in refused(capsys, "app.py")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="asyncio has them")
def test_asyncios_eager_tasks_on_3_11_are_one_clear_line_and_exit_status_2(capsys):
    assert "needs Python 3.12" in refused(capsys, "--engine", "asyncio-eager", "app.py")


# ------------------------------------------------------------------ what the numbers mean


def site(how, begun, ended_first):
    return {"about": {"how": how}, "begun": begun, "ended_first": ended_first}


def test_what_eager_start_saves_is_counted_by_how_tasks_are_made_and_end():
    def saved(*sites):
        return meaning.saved({"sites": sites}, COSTS)

    assert saved(site("gather", 10, 10)) == 10 * (3.0 - 1.0)
    assert saved(site("gather", 10, 0)) == 10 * (5.0 - 4.0)
    assert saved(site("library", 10, 4)) == 4 * (2.0 - 1.0)
    assert saved(site("run", 10, 10)) == 0
    assert saved(site("gather", 1, 1), site("ensure_future", 1, 1)) == 2.0 + 1.0


def test_the_share_saved_is_of_the_processor_time_on_asyncio_without_being_watched():
    counts = dict.fromkeys((*COUNTS, "seconds", "first_seconds", "longest"), 0)
    gathered = {**counts, **site("gather", 10, 10), "made": 10, "steps": 14}
    seen = {"sites": [gathered], "processor": 46.0}
    watched = 10 * 0.5 + 4 * 0.25

    assert meaning.share_saved({**seen, "engine": "asyncio"}, COSTS) == 20 / (46 - watched)
    assert meaning.share_saved({**seen, "engine": "eagerly"}, COSTS) == 20 / (46 - watched + 20)


def test_a_row_is_compared_with_asyncio_on_its_loop_round_by_round():
    def row(engine, uvloop, *seconds):
        runs = [{"seconds": each, "processor": each} for each in seconds]
        return {"engine": engine, "uvloop": uvloop, "why_not": None, "runs": runs}

    ours = row("eagerly", False, 1, 10, 4)
    rows = [row("asyncio", False, 2, 20, 4), row("asyncio", True, 3), ours]

    assert compare.middle(ours) == 4
    assert compare.times_faster(ours, rows) == 2
    assert compare.times_faster(row("eagerly", True, 6), rows) == 0.5
    assert compare.spread(rows[1]) is None


@pytest.mark.parametrize("tasks", [Tasks("asyncio", False), Tasks("eagerly", False)])
def test_what_a_task_costs_is_measured_for_each_way_of_making_it(tasks):
    began = time.perf_counter()
    costs = cost.measured(tasks)
    took = time.perf_counter() - began

    for engine in ("asyncio", "eagerly"):
        for at_once, suspends in costs[engine].values():
            assert 0 < at_once < took
            assert 0 < suspends < took
    assert 0 <= costs["watching_task"] < took  # a difference: on a busy machine it may be none
    assert 0 <= costs["watching_step"] < took


def test_durations_have_a_unit_that_suits_them():
    assert [duration(each) for each in (12.3456, 0.0456, 0.000789, 1.2e-8, 0)] == [
        "12.3 s", "45.6 ms", "789 µs", "12 ns", "0 ns"
    ]  # fmt: skip
