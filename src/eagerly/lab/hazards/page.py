"""Hazards as a page."""

from __future__ import annotations

import platform
import shlex
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eagerly.lab.hazards.places import some
from eagerly.lab.hazards.report import lines, words
from eagerly.lab.html.page import Code, Fact, Page, Section, Words, machine

if TYPE_CHECKING:
    from eagerly.lab.hazards.report import Report
    from eagerly.lab.hazards.steps import Hazard
    from eagerly.lab.results import Machine

CAPTION = (
    "Only what has run was looked at, and only in the program's own files: what a run does not "
    "reach, it does not find."
)


def page(report: Report, name: str, how: str, about: Machine) -> Page:
    """What was found in the program of that *name*, and *how* that ended."""
    found = len(report.hazards)
    return Page(
        title=f"Order hazards of {name}",
        about="Code that relies on a task not starting before its creator's next await: with "
        "eager start it does something else.",
        facts=[
            Fact(
                f"{found:,}",
                "hazard was found" if found == 1 else "hazards were found",
                "bad" if found else "good",
            ),
            Fact(f"{report.first_steps:,}", "first steps were taken inside their creators"),
            Fact(f"{report.files:,}", "of the program's files were watched"),
        ],
        sections=[
            *(_hazard(number, each, report) for number, each in enumerate(report.hazards, 1)),
            _looked_at(report),
        ],
        circumstances=[
            ("command", shlex.join(sys.orig_argv)),
            ("the program", how),
            ("when", datetime.now(UTC).isoformat(timespec="seconds")),
            *machine(about),
            ("Python", f"CPython {platform.python_version()}"),
            ("tasks of", "eagerly, interpreted"),
        ],
        data=report.data(),
    )


def _hazard(number: int, hazard: Hazard, report: Report) -> Section:
    title, story = words(hazard)
    parts = [Code("The lines", "\n".join(lines(hazard)), unfolded=True)]
    return Section(f"{number}. {title} ({some(report.times[hazard], 'time')})", story, parts)


def _looked_at(report: Report) -> Section:
    refused = [Words(f"Not watched: {path} ({why})") for path, why in report.refused.items()]
    return Section("What was looked at", CAPTION, refused)
