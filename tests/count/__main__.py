"""Instructions an item, counted by callgrind and held against those that were recorded.

    python tests/count [--record]

A clock tells of a slow-down only on a quiet machine; this tells of it anywhere.  A rise of more
than 5 % fails the run.  ``programs.py`` is what is counted, figures.json what is kept.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import figures

TIMEOUT = 300  # seconds
RECORD = "record it: make count ARGS=--record"


def run(out: Path) -> list[str]:
    """What ``programs.py`` prints under callgrind, which writes *out*.1, *out*.2 and so on."""
    process = subprocess.run(
        ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}",
         "--zero-before=getppid", "--dump-before=getpgrp",
         sys.executable, Path(__file__).with_name("programs.py")],
        env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": "1", "EAGERLY_PURE": "0"},
        capture_output=True, text=True, errors="replace", timeout=TIMEOUT, check=False,
    )  # fmt: skip
    if process.returncode:
        sys.exit(f"eagerly: nothing was counted\n{process.stderr[-3000:]}")
    return process.stdout.splitlines()


def counted() -> tuple[Path, figures.Figures]:
    """A module of the engine, and what was counted on it."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory, "out")
        engine, *lines = run(out)
        totals = [total(Path(f"{out}.{number}")) for number, _ in enumerate(lines, 1)]
    least: figures.Figures = {}
    sizes = [(int(size), name) for size, name in (line.split(" ", 1) for line in lines)]
    pairs = zip(sizes, totals, strict=True)
    for ((small, name), less), ((large, _), more) in zip(pairs, pairs, strict=True):
        figure = round((more - less) / (large - small))
        least[name] = min(figure, least.get(name, figure))
    return Path(engine), least


def total(dump: Path) -> int:
    return int(re.search(r"^totals: (\d+)", dump.read_text(errors="replace"), re.MULTILINE)[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="make count", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="keep what is counted now")
    record = parser.parse_args().record
    if not shutil.which("valgrind"):
        sys.exit("eagerly: make count needs valgrind; on Debian and Ubuntu: apt install valgrind")

    engine, now = counted()
    built = figures.built(engine)
    before = figures.kept(built)
    print("\n".join(f"{what}: {which}" for what, which in built.items()))
    print(figures.table(before, now))
    if record:
        figures.record(built, now)
        print(f"recorded in {figures.FILE.name}")
        return 0
    return judge(before, now)


def judge(before: figures.Figures, now: figures.Figures) -> int:
    if not before:
        print(f"Nothing was recorded for this build, to compare with; {RECORD}")
        return 0
    if lower := figures.to_record(before, now):
        print(f"More than {figures.MARGIN:.0%} less, or new: {', '.join(lower)}; {RECORD}")
    if higher := figures.risen(before, now):
        print(f"FAILED, more than {figures.MARGIN:.0%} more: {', '.join(higher)}")
    return 1 if higher else 0


if __name__ == "__main__":
    sys.exit(main())
