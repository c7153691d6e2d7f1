"""What counts the instructions of ``programs.py``: callgrind, or the processor, through perf.

Both count a whole process.  Two that differ in the number of items tell what an item costs.
Callgrind comes first: it counts the same on every processor, and where no counter can be read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from figures import Figures
from programs import PROGRAMS, ROUNDS, SIZES

AT_ONCE = 2  # processes
TIMEOUT = 150  # seconds, of a process
CLEAN = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "EAGERLY_PURE": "0"}


@dataclass(frozen=True)
class Counter:
    name: str
    command: tuple[str, ...]  # what is to be counted follows
    writes_to: str  # the option that names a file
    total: Callable[[str], int]  # the instructions in what it wrote

    def figures(self) -> Figures:
        small, large = SIZES
        for name in PROGRAMS:  # imports it for the first time, and that is to be no item's
            run([], name, small)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            less = pool.map(self.count, PROGRAMS, [small] * len(PROGRAMS))
            more = pool.map(self.count, PROGRAMS, [large] * len(PROGRAMS))
            totals = zip(PROGRAMS, less, more, strict=True)
            items = (large - small) * ROUNDS
            return {name: round((more - less) / items) for name, less, more in totals}

    def count(self, name: str, size: int) -> int:
        """The instructions of a process that runs the program *name*."""
        with tempfile.NamedTemporaryFile() as out:
            run([*self.command, f"{self.writes_to}={out.name}"], name, size)
            return self.total(Path(out.name).read_text())


def run(counter: list[str], name: str, size: int) -> None:
    """Run the program *name*, while *counter* counts."""
    process = subprocess.run(
        [*counter, sys.executable, Path(__file__).with_name("programs.py"), name, str(size)],
        env=CLEAN, timeout=TIMEOUT, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    if process.returncode:
        sys.exit(f"eagerly: {name} was not counted\n{process.stderr[-3000:]}")


def callgrind_total(written: str) -> int:
    return int(re.search(r"^totals: (\d+)", written, re.MULTILINE)[1])


def perf_total(written: str) -> int:
    """The sum over the processor's kinds of cores; 0 where there is no counter to be read."""
    return sum(map(int, re.findall(r"^(\d+),.*instructions", written, re.MULTILINE)))


CALLGRIND = Counter(
    "callgrind", ("valgrind", "-q", "--tool=callgrind"), "--callgrind-out-file", callgrind_total
)
PERF = Counter("perf", ("perf", "stat", "-x,", "-e", "instructions:u"), "--output", perf_total)


def find() -> Counter | None:
    """What can count here."""
    if shutil.which("valgrind"):
        return CALLGRIND
    return PERF if shutil.which("perf") and perf_works() else None


def perf_works() -> bool:
    tried = subprocess.run([*PERF.command, "true"], capture_output=True, text=True, check=False)
    return perf_total(tried.stderr) > 0
