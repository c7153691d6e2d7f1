"""Order hazards of realistic programs on aiohttp and anyio: none, until one is planted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).parent / "programs"

# What is written instead of what; `# early` and `# late` mark the lines that are to be found.
SETS_A_FIELD_AFTERWARDS = {
    "        self.open = True\n": "",
    "self.writer = asyncio.create_task(self.write())": "self.writer = asyncio.create_task("
    "self.write())\n        self.open = True  # late",
    "while self.open:": "while self.open:  # early",
}
GREETS_AFTERWARDS = {
    '        self.greeting = f"hello from {self.name}"\n': "",
    "self.reader = asyncio.create_task(self.read())": "self.reader = asyncio.create_task("
    'self.read())\n        self.greeting = f"hello from {self.name}"  # late',
    'await self.socket.send_json({"say": self.greeting or "hello"})': "await self.socket."
    'send_json({"say": self.greeting or "hello"})  # early',
}
REGISTERS_AFTERWARDS = {
    "background.add(task)": "background.add(task)  # late",
    "async def moderate(app, by, text):": "async def moderate(app, by, text):\n"
    "    known = asyncio.current_task() in app[BACKGROUND]  # early\n"
    '    app[STATS]["known"] += known',
}
TELLS_THE_REQUEST_AFTERWARDS = {
    "    return web.json_response(texts)": "    asyncio.create_task(audit(request))\n"
    '    request["stories"] = len(texts)  # late\n'
    "    return web.json_response(texts)\n\n\n"
    "async def audit(request):\n"
    '    print(request.get("stories"))  # early',
}
CANCELS_AT_ONCE = {
    "    return web.json_response(texts)": "    reminder = asyncio.create_task(asyncio.sleep(9))\n"
    "    reminder.cancel()  # late\n"
    "    return web.json_response(texts)",
}


def hazards(program: Path, folder: Path) -> list[dict[str, Any]]:
    file = folder / "found.json"
    words = ["profile", "--hazards", "--json", str(file), str(program)]
    command = [sys.executable, "-m", "eagerly", *words]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found: list[dict[str, Any]] = json.loads(file.read_text())["hazards"]
    assert ran.returncode == bool(found), ran.stderr
    return found


@pytest.mark.parametrize("name", ["newsroom", "farm"])
def test_none(name: str, tmp_path: Path) -> None:
    assert hazards(PROGRAMS / f"{name}.py", tmp_path) == []


@pytest.mark.parametrize(
    "planted",
    [
        SETS_A_FIELD_AFTERWARDS,
        GREETS_AFTERWARDS,
        REGISTERS_AFTERWARDS,
        TELLS_THE_REQUEST_AFTERWARDS,
        CANCELS_AT_ONCE,
    ],
)
def test_one_that_is_planted(planted: dict[str, str], tmp_path: Path) -> None:
    source = (PROGRAMS / "newsroom.py").read_text()
    for before, after in planted.items():
        assert source.count(before) == 1
        source = source.replace(before, after)
    program = tmp_path / "newsroom.py"
    program.write_text(source)

    [hazard] = hazards(program, tmp_path)

    lines = source.splitlines()
    assert lines[hazard["late"]["line"] - 1].endswith("# late")
    assert hazard["early"] is None or lines[hazard["early"]["line"] - 1].endswith("# early")
