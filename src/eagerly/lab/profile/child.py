"""The process that a program is profiled in: `python -m eagerly.lab.profile.child`."""

from __future__ import annotations

import sys
from pathlib import Path

from eagerly.lab import run_engine, run_program
from eagerly.lab.run_program import Program


def command(file: Path, engine: str, program: Program, *, uvloop: bool) -> list[str]:
    """What the other process starts this one with, after `python`."""
    words = [str(file), engine, "uvloop" if uvloop else "asyncio"]
    return ["-m", "eagerly.lab.profile.child", *words, *program.command()]


def main() -> None:
    file, engine, loop, *named = sys.argv[1:]
    is_module = named[0] == "-m"
    name, *arguments = named[1:] if is_module else named
    run_engine.install(engine, uvloop=loop == "uvloop")
    if file != "-":
        from eagerly.lab.profile import watch

        watch.begin(Path(file), engine, uvloop=loop == "uvloop", command=named)
    run_program.run(Program(name, arguments, is_module))


if __name__ == "__main__":
    main()
