"""Instructions an item, counted and held against those that were recorded.

    python tests/count [--record | --strict]

A clock tells of a slow-down only on a quiet machine; this tells of it anywhere.  A rise of more
than 5 % fails the run.  ``programs.py`` is what is counted, ``counters.py`` counts,
``figures.toml`` is what was recorded.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import comparing
import counters
import figures

from eagerly.engine import task

NO_COUNTER = "eagerly: make count needs valgrind; on Debian and Ubuntu: apt install valgrind"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make count", description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--record", action="store_true", help="keep what is counted now")
    what.add_argument("--strict", action="store_true", help="without recorded figures, fail")
    chosen = parser.parse_args()
    counter = counters.find()
    if not counter:
        print(NO_COUNTER, file=sys.stderr)
        return 2

    build = figures.build(Path(task.__file__), counter.name)
    before = figures.kept(build)
    now = counter.figures()
    print("\n".join(f"{what}: {which}" for what, which in build.items()))
    print(comparing.table(before, now))
    if chosen.record:
        figures.record(build, now)
        print(f"recorded in {figures.FILE.name}")
        return 0
    said, status = comparing.judge(before, now, strict=chosen.strict)
    print("\n".join(said) or f"Nothing changed by more than {comparing.MARGIN:.0%}")
    return status


if __name__ == "__main__":
    sys.exit(main())
