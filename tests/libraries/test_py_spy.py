"""py-spy, a sampling profiler that looks into a process from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from helpers import SOURCES

PY_SPY = Path(sys.executable).with_name("py-spy")
NEWEST = (3, 14)  # of the CPythons whose frames py-spy 0.4 can read

pytestmark = [
    pytest.mark.skipif(not PY_SPY.exists(), reason="py-spy is not installed"),
    pytest.mark.skipif(sys.version_info[:2] > NEWEST, reason="py-spy does not know this CPython"),
]

PROGRAM = """
    import asyncio, eagerly

    def spins():
        print("spinning", flush=True)
        while True:
            sum(range(1000))

    async def inner():
        spins()

    async def outer(seconds):
        if seconds:
            await asyncio.sleep(seconds)
        await inner()

    async def main():
        async with eagerly.TaskGroup() as group:
            group.create_task(outer({seconds}))

    eagerly.run(main())
"""


@pytest.mark.parametrize("seconds", [0, 0.01], ids=["first step", "later step"])
def test_it_sees_the_frames_of_a_coroutine_in_a_step(seconds):
    program = textwrap.dedent(PROGRAM.format(seconds=seconds))
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(SOURCES)}, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout.readline() == "spinning\n"
            dump = subprocess.run(
                [PY_SPY, "dump", "--pid", str(process.pid)],
                capture_output=True, text=True, timeout=240, check=False,
            )  # fmt: skip
        finally:
            process.kill()
    if "ermission" in dump.stderr:
        pytest.skip("this process may not look into others: py-spy says so")
    frames = [line.split()[0] for line in dump.stdout.splitlines() if line.startswith("    ")]
    spins = frames.index("spins")  # a frame of its own may be above
    assert frames[spins : spins + 3] == ["spins", "inner", "outer"]
