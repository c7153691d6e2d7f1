"""The shape of a run's data: what measure makes, report reads and --json writes.

Plain dicts, so that a report of the loaded file is the report of the run. Every number that was
measured is kept; nothing that can be computed from the others is stored.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from eagerly.lab.problems import Problem

if TYPE_CHECKING:
    import argparse


class Sample(TypedDict):
    """One process: its implementation, and its floor just before and just after."""

    seconds: float
    floors: list[float]


class Measurement(TypedDict):
    implementation: str
    needs: str | None  # "3.12": the version that this interpreter lacks; then there are no samples
    command: list[str]
    samples: list[Sample]


class WorkloadResult(TypedDict):
    workload: str
    example: str
    title: str
    claim: str
    n: int
    each: str
    floor_is: str
    measurements: list[Measurement]


class Engine(TypedDict):
    """The eagerly that an interpreter ran."""

    version: str
    native: bool
    folder: str


class InterpreterResult(TypedDict):
    asked_as: str
    executable: str
    implementation: str
    version: str
    build: str
    eagerly: Engine | None
    workloads: list[WorkloadResult]


class Machine(TypedDict):
    cpu: str
    cores: int
    platform: str
    memory_available: int | None
    load: float | None


class Report(TypedDict):
    date: str
    command: list[str]
    constants: dict[str, float | None]
    machine: Machine
    interpreters: list[InterpreterResult]


def check_that_they_can_be_written(chosen: argparse.Namespace, *options: str) -> None:
    """The files that were asked for, each by its own option."""
    named: dict[Path, str] = {}
    for option in options:
        file: Path | None = getattr(chosen, option)
        if file is None:
            continue
        check_that_it_can_be_written(file, f"--{option}")
        other = named.setdefault(file.resolve(), option)
        if other != option:
            message = f"--{other} and --{option} are the same file, {file}"
            raise Problem(message)


def check_that_it_can_be_written(file: Path, option: str = "--json") -> None:
    """Find out before the run what would spoil its end."""
    if file.exists() and not file.is_file():
        message = f"{option} {file}: not a regular file"
        raise Problem(message)
    if not file.parent.is_dir():
        message = f"{option} {file}: there is no folder {file.parent}"
        raise Problem(message)
    try:
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        message = f"{option} {file}: cannot write into {file.parent}: {error.strerror}"
        raise Problem(message) from error


def write(report: Report, file: Path) -> None:
    put(json.dumps(report, indent=1) + "\n", file)


def put(text: str, file: Path) -> None:
    """All or nothing: the file appears when it is whole."""
    target = file.resolve()  # through a link to the file that it names
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
