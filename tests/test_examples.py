"""Every example runs, and prints what it says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from helpers import python

EXAMPLES = Path(__file__).parent.parent / "examples"

TIMED = r"\d+\.\d\d s, [\d,]+ ns each"
OUTPUT = {
    "runner.py": re.escape(
        "visit 1: Rome\nvisit 2: Oslo\nvisit 3: Lima\noutside the runner: 0 visits\n"
    ),
    "task_group.py": re.escape(
        "coffee: started\ntea: started\nboth are on their way\ncoffee: ready\ntea: ready\n"
        "cocoa: started\nthe milk is spilt\ncocoa: cancelled\n"
    ),
    "barrier.py": re.escape(
        "Ada is at the start\nGrace is at the start\nAlan is at the start\nall are there: go!\n"
        "Ada is in the goal\nGrace is in the goal\nAlan is in the goal\n"
    ),
    "eager_fan_out.py": rf"2,000 eager tasks in a TaskGroup: {TIMED}\n",
    "gather.py": rf"2,000 coroutines gathered: {TIMED}\n",
    "story_pages.py": "500 pages of 40 stories\n",
    "current_task.py": (rf"here runs the child\nhere runs Task-\d+\nasked 2,000 times: {TIMED}\n"),
}


def test_there_is_output_for_every_example():
    assert sorted(OUTPUT) == sorted(path.name for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("name", OUTPUT)
def test_it_prints(name):
    finished = python(EXAMPLES / name, *(["2000"] if "2,000" in OUTPUT[name] else []))

    assert finished.stderr == ""
    assert re.fullmatch(OUTPUT[name], finished.stdout)


@pytest.mark.parametrize("name", OUTPUT)
def test_it_is_short_and_says_what_it_shows(name):
    source = (EXAMPLES / name).read_text()
    assert len(source.splitlines()) < 40
    assert ast.get_docstring(ast.parse(source)).startswith("Example ")
