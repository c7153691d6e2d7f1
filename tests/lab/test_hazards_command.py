"""How hazards are told; what docs/hazards.md shows is run by test_docs.py."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
COMMAND = [sys.executable, "-m", "eagerly", "profile", "--hazards"]

NONE = """
import asyncio

async def child(): pass

async def main(): await asyncio.create_task(child())

asyncio.run(main())
"""

ONE = """
import asyncio

class Server:
    port = None

    async def start(self):
        task = asyncio.create_task(self.serve())
        self.port = 8080
        await task

    async def serve(self): self.port

asyncio.run(Server().start())
"""


@pytest.fixture
def find(tmp_path):
    def find(source, *options, **modules):
        for name, text in {"app": source, **modules}.items():
            (tmp_path / f"{name}.py").write_text(dedent(text))
        words = [*COMMAND, *options, *([] if "-m" in options else ["app.py"])]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    return find


def test_without_hazards_it_says_how_much_was_looked_at(find):
    ran = find(NONE)

    assert ran.stdout == "No order hazards in what has run: 1 first step in 1 file.\n"


def test_the_same_in_a_file(find, tmp_path):
    find(ONE, "--json", "found.json")

    found = json.loads((tmp_path / "found.json").read_text())
    [hazard] = found["hazards"]
    assert (found["files"], found["first_steps"]) == (1, 1)
    assert hazard["times"] == 1
    assert hazard["late"] == {
        "path": str(tmp_path / "app.py"),
        "line": 9,
        "function": "Server.start",
    }


def test_a_module_and_what_it_imports(find):
    ran = find("import worker", "-m", "app", worker=NONE)

    assert "1 first step in 2 files" in ran.stdout


def test_an_installed_package_is_looked_at_if_asked_for(find):
    program = "import sysconfig, asyncio.log, rich\n" + NONE

    assert "in 1 file." in find(program).stdout
    assert "in 1 file." not in find(program, "--watch", "rich").stdout


def test_a_program_that_is_not_loaded_from_source_is_not_watched(find, tmp_path):
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("__main__.py", NONE)

    ran = subprocess.run(
        [*COMMAND, str(tmp_path / "app.zip")], capture_output=True, text=True, check=False
    )

    assert ran.stdout == "Nothing was watched: the program loaded no source file of its own.\n"


def test_how_the_program_ends_is_told(find, tmp_path):
    ran = find("raise SystemExit(3)", "--json", "found.json", "--html", "found.html")

    assert ran.returncode == 1
    assert "app.py ended with status 3" in ran.stderr
    assert json.loads((tmp_path / "found.json").read_text())["status"] == 3
    assert "ended with status 3" in (tmp_path / "found.html").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_found_before_it_is_killed(find, number):
    ran = find(ONE + f"\nimport os\nos.kill(os.getpid(), {number.value})")

    assert "1. Server.serve() reads the attribute 'port'" in ran.stdout
    assert f"app.py was ended by {number.name}" in ran.stderr


def test_a_program_that_fails_shows_its_own_traceback(find):
    ran = find("def fail():\n    {}['missing']\nfail()")

    assert ran.stderr.count("File ") == 2
    assert "KeyError: 'missing'" in ran.stderr


@pytest.mark.parametrize("program", ["x = = 1", "import bad"])
def test_one_that_does_not_compile_too(find, program):
    ran = find(program, bad="x = = 1")

    files = re.findall(r'File "(.+)"', ran.stderr)
    assert [Path(file).name for file in files] == (
        ["app.py"] if "=" in program else ["app.py", "bad.py"]
    )


def test_its_last_finalizers_still_work(find):
    """When the interpreter shuts down, modules are cleared before they are gone, ours too."""
    ran = find("""
        import os, threading

        class Connection:
            def __init__(self):
                self.open, self.log = True, []

            def __del__(self, write=os.write):
                self.open = False
                self.log.append(self.open)
                if "x" not in self.log:
                    write(1, b"closed %d" % self.log[-1])

        threading.connection = Connection()
    """)

    assert ran.stdout.startswith("closed 0")


@pytest.mark.parametrize("pure", [None, "1"])
def test_its_environment_is_as_it_was(find, monkeypatch, pure):
    """So that the processes which it starts run the engine that they would."""
    if pure is None:
        monkeypatch.delenv("EAGERLY_PURE", raising=False)
    else:
        monkeypatch.setenv("EAGERLY_PURE", pure)

    ran = find("import os\nprint(os.environ.get('EAGERLY_PURE'))")

    assert ran.stdout.startswith(f"{pure}\n")


def test_no_compiled_file_is_read_or_written(find, tmp_path):
    find("import worker", worker=NONE)

    assert not (tmp_path / "__pycache__").exists()


def test_what_cannot_be_rewritten_runs_all_the_same(find):
    ran = find("x = " + " + ".join("1" * 900) + "\nprint(x)")

    assert ran.stdout.startswith(
        "900\nNothing was watched: no file of the program could be rewritten"
    )
    assert re.search(r"Not watched: \S+app.py \(RecursionError", ran.stdout)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.py"], "there is no file 'missing.py' here"),
        ([], "name a program"),
        (["--compare", "app.py"], "--hazards and --compare do not go together"),
        (["--engine=asyncio-eager", "app.py"], "--hazards and --engine do not go together"),
        (["--watch", "no_such_package", __file__], "no package 'no_such_package' to watch"),
        (["--json", "no/such/folder/x.json", __file__], "no/such/folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(words, message):
    ran = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert message in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_to_watch_a_package_is_for_hazards():
    words = [*COMMAND[:-1], "--watch", "rich", "app.py"]

    ran = subprocess.run(words, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert "--watch goes with --hazards" in ran.stderr


def test_the_examples_of_the_project_have_none(tmp_path):
    for name in ("barrier", "runner", "task_group"):
        words = [*COMMAND, str(EXAMPLES / f"{name}.py")]

        ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

        assert "No order hazards" in ran.stdout
        assert ran.returncode == 0
