"""Generated programs: where there is an alarm, lazy tasks do find something else.

Each program runs twice: watched, and on asyncio, where tasks start lazily.  Every read prints its
line and what it found.
"""

from __future__ import annotations

import contextlib
import io
import random

import pytest

HEAD = """\
import asyncio
class Box: a = b = 0
box = Box()
async def nothing(): pass
"""


class Writer:
    """Writes a program of coroutines that read, set, make tasks and wait for them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._values = iter(range(1, 1000))
        self._functions: dict[str, list[str]] = {}

    def program(self) -> str:
        self._write("main", depth=0)
        lines = HEAD.splitlines()
        for name, body in self._functions.items():
            lines += [f"async def {name}():", *(f"    {line}" for line in body)]
        lines.append("asyncio.run(main())")
        return "\n".join(line.replace("LINE", str(n)) for n, line in enumerate(lines, 1)) + "\n"

    def _write(self, name: str, depth: int) -> None:
        body = self._functions[name] = []
        waiting: list[str] = []
        for _ in range(self._random.randint(2, 5)):
            match self._random.choice(["set", "read", "read", "task", "task", "wait", "suspend"]):
                case "set":
                    body.append(f"box.{self._random.choice('ab')} = {next(self._values)}")
                case "read":
                    body.append(f"print(LINE, box.{self._random.choice('ab')})")
                case "task" if depth < 2:
                    body += self._task(depth, waiting)
                case "wait" if waiting:
                    body.append(f"await {waiting.pop()}")
                case _:
                    body.append(f"await {self._random.choice(['asyncio.sleep(0)', 'nothing()'])}")
        body += [f"await {task}" for task in waiting]

    def _task(self, depth: int, waiting: list[str]) -> list[str]:
        child = f"child_{len(self._functions)}"
        self._write(child, depth + 1)
        how = self._random.randrange(5)
        if how == 0:
            return ["async with asyncio.TaskGroup() as group:", f"    group.create_task({child}())"]
        make = self._random.choice(
            [f"asyncio.create_task({child}())", f"asyncio.gather({child}())"]
        )
        if how == 1:
            return [f"await {make}"]
        waiting.append(f"task_of_{child}")
        return [f"{waiting[-1]} = {make}"]


def found(printed: str) -> dict[int, str]:
    """What each line that reads has found."""
    return {int(line): value for line, value in map(str.split, printed.splitlines())}


def lazily(program: str) -> dict[int, str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, {"__name__": "__main__"})
    return found(printed.getvalue())


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_every_alarm_is_a_difference(watcher, start):
    alarms = 0
    for seed in range(start, start + 50):
        program = Writer(seed).program()
        seen = watcher.run(program)
        eager, lazy = found(seen["printed"]), lazily(program)

        for hazard in seen["hazards"]:
            if hazard["kind"] == "read":
                line = hazard["early"]["line"]
                assert lazy[line] != eager[line], f"line {line} of\n{program}"
                alarms += 1
    assert alarms
