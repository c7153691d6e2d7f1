"""`eagerly bench SHAPE...` as a person meets it: in a process of its own, with a small n."""

import os
import signal
import subprocess
import sys
import uuid

import pyperf
import pytest
from bench_helpers import older_python, processes_of, refused

from eagerly.lab import alternate, bench_command, child, cli, tables
from eagerly.lab.shapes import catalog

BENCH = [sys.executable, "-m", "eagerly", "bench"]
SHORT = ["--min-time", "0.001", "--rounds", "2"]
ONLY = ["--only", "await", "--only", "asyncio", "--only", "trio", "--only", "eagerly"]


def pyperf_says(*arguments):
    command = [sys.executable, "-m", "pyperf", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """One run, the rounds that it said it makes, and the file that it wrote."""
    file = tmp_path_factory.mktemp("shapes") / "bench.json"
    ran = subprocess.run(
        [*BENCH, "fanout", "suspend-sleep-bytes", "--n", "200", *SHORT, *ONLY, "--json", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran, file


def row_of(shown, name):
    return next(line for line in shown.splitlines() if line.startswith(name))


# ------------------------------------------------------------------ what it shows and writes


def test_there_is_a_table_for_each_shape_with_a_row_for_everybody(small):
    ran, _ = small

    for title in ("fanout, n = 200", "suspend-sleep-bytes, n = 200"):
        _, _, shown = ran.stdout.partition(title)
        for name in ("await (floor)", "asyncio", "trio", "eagerly"):
            assert row_of(shown, name)


def test_a_row_that_cannot_be_says_why(small):
    _, _, shown = small[0].stdout.partition("suspend-sleep-bytes, n")

    assert "has no floor" in row_of(shown, "await (floor)")
    assert "not written for it" in row_of(shown, "trio") or "needs trio" in row_of(shown, "trio")


def test_rounds_of_different_implementations_alternate(small):
    said = [
        line for line in small[0].stderr.splitlines() if "fanout" in line and "trio" not in line
    ]
    rounds = [line.rpartition(", ")[2] for line in said]

    assert rounds == ["calibration"] * 3 + ["round 1"] * 3 + ["round 2"] * 3


def test_pyperf_reads_the_file(small):
    _, file = small
    names = pyperf.BenchmarkSuite.load(str(file)).get_benchmark_names()

    assert {"fanout n=200 await", "fanout n=200 asyncio", "fanout n=200 eagerly"} <= set(names)
    assert "fanout n=200 eagerly" in pyperf_says("hist", file)
    assert "Geometric mean" in pyperf_says("compare_to", file, file)


def test_the_file_has_the_calibration_the_warm_up_and_three_values_of_each_process(small):
    suite = pyperf.BenchmarkSuite.load(str(small[1]))
    calibration, *runs = suite.get_benchmark("fanout n=200 eagerly").get_runs()

    assert calibration.get_metadata()["calibrate_loops"] == runs[0].get_loops()
    assert [len(run.warmups) for run in runs] == [1, 1]
    assert [len(run.values) for run in runs] == [3, 3]
    assert runs[0].get_inner_loops() == 200


def test_the_tables_of_the_file_are_the_tables_of_the_run(small):
    fanout, weight = tables.read([small[1]])

    assert (fanout.shape.name, fanout.n) == ("fanout", 200)
    assert list(fanout.row("eagerly").by_round()) == [1, 2]
    assert 0 < weight.row("eagerly").value < 5_000


# ------------------------------------------------------------------ who is missing, and who fails


def bench(*arguments):
    return cli.main(["bench", *arguments, "--n", "20", "--rounds", "1", "--min-time", "0.001"])


@pytest.mark.skipif(sys.platform == "win32", reason="the old interpreter is a shell script")
def test_an_interpreter_too_old_is_shown_with_what_it_needs(capsys, tmp_path):
    old = older_python(tmp_path, then="exit 1")

    assert bench("fanout", "--only", "asyncio", "--only", "eagerly", "--python", str(old)) == 0

    _, _, shown = capsys.readouterr().out.partition("CPython 3.10.99, too old for eagerly")
    assert "needs 3.11" in row_of(shown, "asyncio")
    assert "needs 3.11" in row_of(shown, "eagerly")


def test_an_implementation_that_is_not_installed_is_shown_with_what_it_needs(capsys, monkeypatch):
    monkeypatch.setattr(alternate, "installed", lambda subject: {"pyperf": "2.10", "uvloop": None})

    assert bench("current", "--only", "eagerly", "--only", "eagerly uvloop") == 0

    assert "needs uvloop" in row_of(capsys.readouterr().out, "eagerly uvloop")


def test_an_implementation_that_fails_keeps_nobody_else_from_being_measured(capsys, monkeypatch):
    run = child.run

    def fails(command, folder=None):
        if "asyncio" in command and "shapes.worker" in command:
            return child.Finished(command, 1, "", "oh no\n")
        return run(command, folder)

    monkeypatch.setattr(child, "run", fails)

    status = bench("current", "--only", "asyncio", "--only", "eagerly")

    said = capsys.readouterr()
    assert status == 1
    assert "failed: oh no" in row_of(said.out, "asyncio")
    assert row_of(said.out, "eagerly").split()[-1] == "1"  # round
    assert said.err.splitlines()[-1].endswith("failed, see the tables: current of asyncio")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_shows_and_writes_what_is_done_and_leaves_nothing_behind(tmp_path):
    mark = str(uuid.uuid4())
    file = tmp_path / "bench.json"
    arguments = ["current", "--n", "100", "--rounds", "100", "--only", "eagerly", "--json", file]
    with subprocess.Popen(
        [*BENCH, *map(str, arguments)],
        env={**os.environ, "BENCH_OF": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            while not running.stderr.readline().endswith("round 2\n"):
                assert running.poll() is None
            running.send_signal(signal.SIGINT)
            shown, errors = running.communicate(timeout=240)
        finally:
            running.kill()  # it has ended, unless something above failed

    assert running.returncode == 130
    assert errors.endswith("eagerly bench: interrupted\n")
    rounds = int(row_of(shown, "eagerly").split()[-1])
    assert 1 <= rounds < 100  # a busy machine lets it go on for a while
    assert len(tables.read([file])[0].row("eagerly").values) == 3 * rounds
    assert processes_of(mark) == []


# ------------------------------------------------------------------ what it chooses and refuses


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["novel"], "there is no shape 'novel'"),
        ([], "name the shapes, or say --all"),
        (["chapter", "fanout"], "the chapter is measured by itself"),
        (["chapter", "--sweep"], "--sweep and --only are for shapes"),
        (["fanout", "--sweep", "--n", "3"], "--sweep and --n"),
        (["fanout", "--only", "curio"], "there is no row 'curio'"),
        (["fanout", "--min-time", "0"], "argument --min-time"),
        (["fanout", "--n", "0"], "argument --n"),
        (["fanout", "--rounds", "many"], "argument --rounds"),
        (["fanout", "--n", 10**12], "the most is --n"),
        (["fanout", "--python", "python3.99"], "--python python3.99: "),
        (["fanout", "--json", "/missing/bench.json"], "there is no folder"),
    ],
)
def test_a_wrong_option_is_one_clear_line_and_exit_status_2(capsys, arguments, reason):
    assert reason in refused(capsys, *arguments)


@pytest.mark.parametrize("module", ["rich", "pyperf"])
def test_without_the_lab_extra_it_says_what_to_install(capsys, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)

    assert "pip install 'eagerly[lab]'" in refused(capsys, "fanout")


def test_a_family_is_all_of_its_shapes_and_a_shape_is_itself_alone():
    def named(*names):
        return [each.name for each in catalog.SHAPES if bench_command.is_named(each.name, names)]

    assert named("mixed", "fanout") == ["fanout", "mixed-own", "mixed-factory"]
    assert len(named("tree")) == 8


def test_an_n_beyond_what_makes_sense_for_a_shape_is_the_most_that_does():
    assert catalog.BY_NAME["tree-none"].size(1_000_000) == 6
    assert catalog.BY_NAME["tree-none"].size(None) == 6


@pytest.mark.slow
def test_every_shape_runs_from_the_command_in_every_implementation(tmp_path):
    file = tmp_path / "all.json"
    small = ["--all", "--n", "3", "--rounds", "1", "--min-time", "0.001", "--json", str(file)]

    ran = subprocess.run([*BENCH, *small], capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert {table.shape for table in tables.read([file])} == set(catalog.SHAPES)
