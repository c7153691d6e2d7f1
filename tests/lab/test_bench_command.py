"""The command as a person meets it: in a process of its own, with a small n."""

import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from bench_helpers import older_python, processes_of, refused

from eagerly.lab import cli

BENCH = [sys.executable, "-m", "eagerly", "bench", "chapter"]
EXAMPLES = ["6.1", "6.2", "6.3", "2.2", "2.7", "4.4"]


def bench(*arguments, **variables):
    environment = {**os.environ, "NO_COLOR": "", **variables}
    return subprocess.run(
        [*BENCH, *map(str, arguments)], capture_output=True, text=True, env=environment, check=False
    )


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """One run, and the file that it wrote."""
    file = tmp_path_factory.mktemp("bench") / "chapter.json"
    ran = bench("--n", 1000, "--rounds", 1, "--json", file, FORCE_COLOR="1", TTY_COMPATIBLE="1")
    assert ran.returncode == 0, ran.stderr
    return ran, json.loads(file.read_text())


# ------------------------------------------------------------------ what it shows


def test_there_is_a_table_for_each_example(small):
    ran, _ = small

    for example in EXAMPLES:
        assert f"Example {example}:" in ran.stdout


def test_it_says_which_interpreter_and_engine_ran(small):
    ran, data = small
    native = data["interpreters"][0]["eagerly"]["native"]

    assert f"CPython {data['interpreters'][0]['version']}" in ran.stdout
    assert data["machine"]["cpu"] in ran.stdout
    assert (", native\n" in ran.stdout) == native
    assert ("NOT native" in ran.stdout) == (not native)


def test_piped_output_has_no_escape_codes_even_where_the_environment_asks_for_colour(small):
    ran, _ = small

    assert "\x1b" not in ran.stdout + ran.stderr
    assert "\r" not in ran.stdout + ran.stderr


def test_piped_tables_are_whole(small):
    ran, _ = small

    assert "…" not in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 100


def test_piped_progress_is_a_plain_line_for_each_process(small):
    ran, data = small
    commands = [
        sample
        for workload in data["interpreters"][0]["workloads"]
        for each in workload["measurements"]
        for sample in each["samples"]
    ]

    assert len(ran.stderr.splitlines()) == len(commands)
    assert ran.stderr.splitlines()[0].endswith("6.1 asyncio.TaskGroup, round 1")


def test_the_file_has_every_number_and_its_circumstances(small):
    _, data = small
    [interpreter] = data["interpreters"]

    assert data["date"]
    assert data["command"]
    assert data["machine"]["platform"]
    assert data["constants"]["n"] == 1000
    assert interpreter["version"] == ".".join(map(str, sys.version_info[:3]))
    assert [each["example"] for each in interpreter["workloads"]] == EXAMPLES
    for workload in interpreter["workloads"]:
        for each in workload["measurements"]:
            assert each["command"]
            assert len(each["samples"]) == (0 if each["needs"] else 1)
            for sample in each["samples"]:
                assert sample["seconds"] > 0
                assert len(sample["floors"]) == 2


def test_the_running_interpreter_is_measured_once_when_it_is_named_too(capsys, tmp_path):
    file = tmp_path / "chapter.json"

    arguments = ["--n", "10", "--rounds", "1", "--python", sys.executable, "--json", str(file)]
    assert cli.main(["bench", "chapter", *arguments]) == 0

    assert len(json.loads(file.read_text())["interpreters"]) == 1
    assert os.listdir(tmp_path) == ["chapter.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="the old interpreter is a shell script")
def test_an_older_interpreter_is_measured_for_asyncio_alone(capsys, tmp_path):
    old = older_python(tmp_path, then=f'exec "{sys.executable}" "$@"')

    status = cli.main(["bench", "chapter", "--n", "10", "--rounds", "1", "--python", str(old)])
    _, _, shown = capsys.readouterr().out.partition("CPython 3.10.99, too old for eagerly")

    assert status == 0
    for row in ("asyncio.TaskGroup", "eagerly.TaskGroup", "asyncio.Runner", "eagerly.gather"):
        assert any(row in line and "needs 3.11" in line for line in shown.splitlines())
    assert any("eager" in line and "needs 3.12" in line for line in shown.splitlines())
    assert "Total seconds on each interpreter" in shown


# ------------------------------------------------------------------ what it refuses


@pytest.mark.parametrize("n", ["0", "-5", "many", "1.5", ""])
def test_an_n_that_is_no_positive_number_is_one_clear_line_and_exit_status_2(capsys, n):
    assert "argument --n" in refused(capsys, "chapter", f"--n={n}")


def test_an_n_that_does_not_fit_into_memory_is_one_clear_line_and_exit_status_2(capsys):
    assert "the most is --n" in refused(capsys, "chapter", "--n", 10**12)


@pytest.mark.parametrize("arguments", [[], ["chapter", "--fast"], ["novel"], ["chapter", "--n"]])
def test_a_wrong_option_is_one_clear_line_and_exit_status_2(capsys, arguments):
    assert " --help)" in refused(capsys, *arguments)


def test_an_interpreter_that_is_missing_is_one_clear_line_and_exit_status_2(capsys):
    assert "--python python3.99: " in refused(capsys, "chapter", "--python", "python3.99")


@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 0", "is not a Python interpreter"),
        ("echo 'shim: no such version\\n\\nsome advice' >&2; exit 127", "shim: no such version\n"),
        ('echo \'["x", "CPython", "2.7.18", [2, 7], "", ""]\'', "this needs 3.8"),
        ('echo \'["x", "PyPy", "3.11.9", [3, 11], "", ""]\'', "it is PyPy"),
    ],
)
def test_an_interpreter_that_will_not_do_is_one_clear_line_and_exit_status_2(
    capsys, tmp_path, script, reason
):
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)

    assert reason in refused(capsys, "chapter", "--python", fake)


def test_json_in_a_folder_that_does_not_exist_is_one_clear_line_and_exit_status_2(capsys, tmp_path):
    file = tmp_path / "missing" / "chapter.json"

    assert "there is no folder" in refused(capsys, "chapter", "--json", file)
    assert os.listdir(tmp_path) == []


def test_json_onto_a_folder_is_one_clear_line_and_exit_status_2(capsys, tmp_path):
    assert "not a regular file" in refused(capsys, "chapter", "--json", tmp_path)


def test_json_onto_a_device_would_replace_it_and_is_refused(capsys):
    assert "not a regular file" in refused(capsys, "chapter", "--json", os.devnull)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="a folder that not even root can write to")
def test_json_in_a_folder_that_is_read_only_is_one_clear_line_and_exit_status_2(capsys):
    assert "cannot write into /proc" in refused(capsys, "chapter", "--json", "/proc/chapter.json")


def test_without_the_lab_extra_it_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)

    assert "pip install 'eagerly[lab]'" in refused(capsys, "chapter")


def test_a_refusal_of_the_real_command_has_the_same_line_and_status():
    ran = bench("--n", 10**12)

    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)


# ------------------------------------------------------------------ how it ends


@pytest.mark.skipif(sys.platform == "win32", reason="the worker is a shell script")
@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ("kill -9 $$", "perhaps because memory ran out"),
        ("echo oh no >&2; exit 3", "oh no"),
        ("exit 3", "it ended with status 3"),
    ],
)
def test_a_worker_that_dies_is_one_clear_line_and_exit_status_1(
    capsys, monkeypatch, tmp_path, then, reason
):
    monkeypatch.setattr("eagerly.lab.bench.running", lambda: cli_interpreter(tmp_path, then))
    file = tmp_path / "chapter.json"

    status = cli.main(["bench", "chapter", "--n", "10", "--json", str(file)])

    assert status == 1
    assert reason in capsys.readouterr().err.splitlines()[-1]
    assert not file.exists()


def cli_interpreter(folder, then):
    from eagerly.lab.interpreters import find

    return find(str(older_python(folder, then)))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("number", "status", "words"),
    [(signal.SIGINT, 130, "eagerly bench: interrupted\n"), (signal.SIGTERM, 143, "")],
)
def test_an_interrupted_run_stops_its_worker_and_leaves_nothing(tmp_path, number, status, words):
    mark = str(uuid.uuid4())  # inherited by our workers, and by nobody else's
    with subprocess.Popen(
        [*BENCH, "--n", "500000", "--json", str(tmp_path / "chapter.json")],
        env={**os.environ, "BENCH_OF": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert "6.1" in running.stderr.readline()
            running.send_signal(number)
            _, errors = running.communicate(timeout=240)
        finally:
            running.kill()  # it has ended, unless something above failed

    assert running.returncode == status
    assert errors == words
    assert os.listdir(tmp_path) == []
    assert processes_of(mark) == []


# ------------------------------------------------------------------ other interpreters


@pytest.mark.slow
def test_another_interpreter_gets_an_environment_that_the_next_run_uses_again(tmp_path):
    other = os.path.realpath(sys.executable)
    if other == sys.executable:
        pytest.skip("the tests run outside of a venv: there is no second interpreter")
    arguments = ["--n", 1000, "--rounds", 1, "--python", other, "--json", tmp_path / "chapter.json"]

    first = bench(*arguments, XDG_CACHE_HOME=str(tmp_path / "cache"))
    second = bench(*arguments, XDG_CACHE_HOME=str(tmp_path / "cache"))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "preparing" in first.stderr
    assert "preparing" not in second.stderr
    assert "Total seconds on each interpreter" in second.stdout
    here, there = json.loads((tmp_path / "chapter.json").read_text())["interpreters"]
    assert there["eagerly"]["native"] == (os.environ.get("EAGERLY_PURE") != "1")
    assert there["eagerly"]["folder"] != here["eagerly"]["folder"]
