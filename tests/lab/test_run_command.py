"""`eagerly run`: whatever a program can see of itself is as `python` has it, but for its tasks."""

import os
import signal
import subprocess
import sys
import zipfile
from importlib.util import find_spec

import pytest

from eagerly.lab import cli

PYTHON = [sys.executable]
RUN = [sys.executable, "-m", "eagerly", "run"]

SELF = """
import asyncio, os, sys, __main__
print(sys.argv, sys.path[0], __name__, __spec__ and __spec__.name, __package__)
print(type(__loader__), sorted(globals()))
print(__file__, __main__.__dict__ is globals(), sys.stdin.read())
"""

ENDINGS = {
    "comes to its end": "print('done')",
    "exits with a number": "import sys; sys.exit(3)",
    "exits with words": "import sys; sys.exit('no')",
    "exits with None": "raise SystemExit",
    "raises": "def f():\n    raise ValueError('x')\nf()",
    "raises one out of another": "try:\n    1 / 0\nexcept Exception:\n    raise KeyError(1)",
    "is interrupted": "raise KeyboardInterrupt",
    "does not compile": "x = (",
    "imports what does not compile": "import broken",
    "has a hook for exceptions": "import sys\nsys.excepthook = lambda *a: print(a[1])\n1 / 0",
    "says more at exit": "import atexit; atexit.register(print, 'bye'); 1 / 0",
    "is looked at afterwards": "import atexit, sys, traceback\n"
    "atexit.register(lambda: traceback.print_tb(sys.last_traceback))\n1 / 0",
    "leaves at once": "import os; os._exit(4)",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
}

WHOSE = """
import asyncio

async def main():
    task = asyncio.create_task(asyncio.sleep(0))
    child = asyncio.create_task(nothing())
    print(type(task).__module__, child.done(), type(asyncio.get_running_loop()).__module__)
    await task

async def nothing():
    pass

asyncio.run(main())
"""

FAILS = """
import asyncio

async def fail():
    raise ValueError

async def main():
    await asyncio.create_task(fail())

asyncio.run(main())
"""

WAITS = """
import asyncio

async def main():
    print("up", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def ran(command, folder, stdin="", **variables):
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables}
    finished = subprocess.run(
        list(map(str, command)), cwd=folder, input=stdin, capture_output=True, text=True,
        env=environment, check=False, timeout=240,
    )  # fmt: skip
    return finished.returncode, finished.stdout, finished.stderr


@pytest.fixture
def both(tmp_path):
    """What a program does under python and under `eagerly run`: they have to be equal."""

    def both(*arguments, **how):
        plain = ran([*PYTHON, *arguments], tmp_path, **how)
        assert ran([*RUN, *arguments], tmp_path, **how) == plain
        return plain

    return both


# ------------------------------------------------------------------ as python would


@pytest.mark.parametrize("name", ["app.py", "./app.py", "folder/../app.py"])
def test_a_file_sees_itself_as_under_python(both, tmp_path, name):
    (tmp_path / "app.py").write_text(SELF)
    (tmp_path / "folder").mkdir()

    status, out, _ = both(name, "--lazy", "-m", "--", "--help", stdin="given")

    assert status == 0
    assert "given" in out


def test_a_module_sees_itself_as_under_python(both, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "package" / "app.py").write_text(SELF)

    status, out, _ = both("-m", "package.app", "--uvloop", "-m", "x")

    assert status == 0
    assert "'--uvloop', '-m', 'x'" in out


def test_a_folder_and_a_zip_file_see_themselves_as_under_python(both, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "__main__.py").write_text(SELF)
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as packed:
        packed.writestr("__main__.py", SELF)

    assert both("folder", "1")[0] == 0
    assert both("app.zip", "1")[0] == 0


def test_two_dashes_end_our_options(tmp_path):
    (tmp_path / "app.py").write_text("import sys; print(sys.argv)")

    assert ran([*RUN, "--lazy", "--", "app.py", "--", "x"], tmp_path)[1] == (
        "['app.py', '--', 'x']\n"
    )


def test_a_linked_file_finds_its_neighbours_where_it_really_is(both, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "neighbour.py").write_text("print('found')")
    (tmp_path / "real" / "app.py").write_text("import neighbour")
    (tmp_path / "app.py").symlink_to(tmp_path / "real" / "app.py")

    assert both("app.py")[1] == "found\n"


def test_its_own_modules_hide_those_of_python_that_we_have_imported(tmp_path):
    script = "import sys; sys.path[0] = 'bin'; from eagerly.__main__ import main; sys.exit(main())"
    (tmp_path / "app.py").write_text("import argparse, asyncio; print(argparse.MINE)")
    (tmp_path / "argparse.py").write_text("MINE = True")

    assert ran([*PYTHON, "-c", script, "run", "app.py"], tmp_path) == (0, "True\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_program_ends_as_under_python_when_it(both, tmp_path, ending):
    (tmp_path / "app.py").write_text(ENDINGS[ending])
    (tmp_path / "broken.py").write_text("def (")

    both("app.py")


def test_a_safe_path_stays_safe(both, tmp_path):
    (tmp_path / "app.py").write_text("import neighbour")
    (tmp_path / "neighbour.py").touch()

    status, _, error = both("app.py", PYTHONSAFEPATH="1")

    assert status == 1
    assert "No module named 'neighbour'" in error


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("interruptible")
def test_a_signal_is_the_programs(tmp_path, number):
    (tmp_path / "app.py").write_text(WAITS)

    def ending(command):
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as running:  # fmt: skip
            assert running.stdout.readline() == "up\n"
            running.send_signal(number)
            _, error = running.communicate(timeout=240)
        return running.returncode, error.splitlines()[-1:], "eagerly/lab" in error

    assert ending([*RUN, "app.py"]) == ending([*PYTHON, "app.py"])


# ------------------------------------------------------------------ but for its tasks


def whose(tmp_path, *options, **variables):
    (tmp_path / "app.py").write_text(WHOSE)
    status, out, error = ran([*RUN, *options, "app.py"], tmp_path, **variables)
    assert (status, error) == (0, "")
    return out.split()


def test_its_tasks_are_eagerlys_and_start_at_once(tmp_path):
    assert whose(tmp_path) == ["eagerly.engine.task", "True", "asyncio.unix_events"]


def test_lazy_keeps_asyncios_order(tmp_path):
    assert whose(tmp_path, "--lazy")[:2] == ["eagerly.engine.task", "False"]


@pytest.mark.skipif(find_spec("uvloop") is None, reason="uvloop is not installed")
def test_uvloop_makes_its_loops(tmp_path):
    assert whose(tmp_path, "--uvloop") == ["eagerly.engine.task", "True", "uvloop"]


def test_disabled_it_is_asyncio_as_it_is(tmp_path):
    assert whose(tmp_path, EAGERLY_DISABLE="1")[:2] == ["_asyncio", "False"]


def test_it_needs_nothing_that_is_not_in_python(tmp_path):
    (tmp_path / "app.py").write_text("import sys; print(sys.modules.keys() & {'rich', 'pyperf'})")

    assert ran([*RUN, "app.py"], tmp_path)[1] == "set()\n"


def test_what_a_task_raises_is_shown_without_frames_of_the_lab(tmp_path):
    (tmp_path / "app.py").write_text(FAILS)

    status, _, error = ran([*RUN, "app.py"], tmp_path)

    assert status == 1
    assert error.splitlines()[1].endswith('app.py", line 10, in <module>')
    assert "lab" not in error


# ------------------------------------------------------------------ what it refuses


def refused(capsys, *arguments):
    try:
        status = cli.main(["run", *arguments])
    except SystemExit as exit:
        status = exit.code
    said = capsys.readouterr()
    assert (status, said.out, said.err.count("\n")) == (2, "", 1)
    return said.err


def test_what_is_not_there_is_one_clear_line_and_exit_status_2(capsys):
    assert "there is no file 'missing.py'" in refused(capsys, "missing.py")
    assert "for a module say -m missing" in refused(capsys, "missing")
    assert "there is no module 'missing.inner'" in refused(capsys, "-m", "missing.inner")


def test_no_program_and_a_wrong_option_are_one_clear_line_and_exit_status_2(capsys):
    assert "name a program" in refused(capsys)
    assert "name a program" in refused(capsys, "-m")
    assert "eagerly run: unrecognized arguments: --fast" in refused(capsys, "--fast", "app.py")


def test_uvloop_that_is_not_installed_is_one_clear_line_and_exit_status_2(
    capsys, monkeypatch, tmp_path
):
    monkeypatch.setitem(sys.modules, "uvloop", None)

    assert "pip install uvloop" in refused(capsys, "--uvloop", "missing.py")
