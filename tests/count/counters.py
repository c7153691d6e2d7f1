"""What counts the instructions of ``programs.py``: callgrind, or the processor, through perf.

Callgrind comes first: it counts the same on every processor, and runs where no counter can be read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median_low

from figures import Figures
from programs import PROGRAMS, ROUNDS_ALONE, SIZES

CALLGRIND = (
    *("valgrind", "-q", "--tool=callgrind"),
    *("--zero-before=getppid", "--dump-before=getpgrp"),
)
PERF = "perf", "stat", "-x,", "-e", "instructions:u"

SMALL, LARGE = SIZES
TIMEOUT = 300  # seconds, of one process
CLEAN = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "EAGERLY_PURE": "0"}


def run(counter: tuple[str, ...], *program: str) -> str:
    """What ``programs.py`` prints while *counter* counts."""
    process = subprocess.run(
        [*counter, sys.executable, Path(__file__).with_name("programs.py"), *program],
        env=CLEAN, timeout=TIMEOUT, check=False,
        capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    if process.returncode:
        sys.exit(f"eagerly: nothing was counted\n{process.stderr[-3000:]}")
    return process.stdout


def callgrind() -> Figures:
    """One process for all."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory, "out")
        printed = run((*CALLGRIND, f"--callgrind-out-file={out}"))
        names = [line.split()[0] for line in printed.splitlines()]
        totals = [total(Path(f"{out}.{n}").read_text()) for n, _ in enumerate(names, 1)]
    return items(names[::2], totals[::2], totals[1::2])


def items(names: list[str], small: list[int], large: list[int]) -> Figures:
    """Of each program's rounds the median: the first has at its small size what is not its own."""
    rounds: dict[str, list[int]] = {}
    for name, less, more in zip(names, small, large, strict=True):
        rounds.setdefault(name, []).append(round((more - less) / (LARGE - SMALL)))
    return {name: median_low(figures) for name, figures in rounds.items()}


def total(dump: str) -> int:
    """The instructions in what callgrind has written down."""
    return int(re.search(r"^totals: (\d+)", dump, re.MULTILINE)[1])


def perf() -> Figures:
    """A process for each program and size."""
    small = [perf_total(name, SMALL) // ROUNDS_ALONE for name in PROGRAMS]
    large = [perf_total(name, LARGE) // ROUNDS_ALONE for name in PROGRAMS]
    return items(list(PROGRAMS), small, large)


def perf_total(name: str, size: int) -> int:
    with tempfile.NamedTemporaryFile("r") as out:
        run((*PERF, "-o", out.name), name, str(size))
        return perf_count(out.read())


def perf_count(written: str) -> int:
    """The sum over the processor's kinds of cores; 0 where there is no counter to be read."""
    return sum(map(int, re.findall(r"^(\d+),.*instructions", written, re.MULTILINE)))


def perf_works() -> bool:
    if not shutil.which("perf"):
        return False
    tried = subprocess.run([*PERF, "true"], capture_output=True, text=True, check=False)
    return perf_count(tried.stderr) > 0


def find() -> Callable[[], Figures] | None:
    """What can count here."""
    if shutil.which("valgrind"):
        return callgrind
    return perf if perf_works() else None
