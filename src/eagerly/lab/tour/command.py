"""The arguments of `eagerly tour`, and what they ask for."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from eagerly.lab.arguments import command, listed
from eagerly.lab.problems import check_that_the_lab_is_installed, interruptible
from eagerly.lab.tour.features import BY_NAME, FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from eagerly.lab.interpreters import Interpreter
    from eagerly.lab.measure import Subject
    from eagerly.lab.progress import Progress
    from eagerly.lab.tour.features import Feature
    from eagerly.lab.tour.walk import Shown, Tour

EXAMPLES = """\
examples:
  eagerly tour                                  everything, on every interpreter found
  eagerly tour --only taskgroup --only runner   these features
  eagerly tour --python python3.12              on this interpreter and on that one
  eagerly tour --json tour.json                 what was printed, with its circumstances
  eagerly tour --html tour.html                 the same as a page
"""

LIST = f"features:\n{listed({each.name: each.about for each in FEATURES})}"


def add_to(commands: Any) -> None:
    tour = command(
        commands,
        "tour",
        help="see what Python 3.11 and 3.12 brought, on the interpreters of this machine",
        about="Run a small program for each feature of Python 3.11 and 3.12 on every interpreter "
        "found (on the PATH, and pyenv's), show what each printed, and what eagerly gives there.",
        epilog=f"{LIST}\n{EXAMPLES}",
    )
    tour.add_argument(
        "--only",
        type=feature,
        action="append",
        metavar="NAME",
        help="this feature only (repeatable), see below",
    )
    tour.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="COMMAND",
        help="tour this interpreter and the running one, not all that are found (repeatable)",
    )
    tour.add_argument("--json", type=Path, metavar="FILE", help="write everything to FILE")
    tour.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page to FILE, which needs no network"
    )
    tour.set_defaults(run=run, parser=tour)


def feature(text: str) -> Feature:
    if text in BY_NAME:
        return BY_NAME[text]
    message = f"there is no feature {text[:40]!r}; there are {', '.join(BY_NAME)}"
    raise argparse.ArgumentTypeError(message)


def run(chosen: argparse.Namespace) -> int:
    check_that_the_lab_is_installed()
    from eagerly.lab import results  # here, because they need the lab
    from eagerly.lab.html import page as html
    from eagerly.lab.tour import page, walk

    with interruptible():
        results.check_that_they_can_be_written(chosen, "json", "html")
        made = _toured(chosen.only or FEATURES, walk.chosen_interpreters(chosen.python))
        if chosen.json is not None:
            results.put(json.dumps(made, indent=1) + "\n", chosen.json)
        if chosen.html is not None:
            results.put(html.text(page.page(made)), chosen.html)
    return 1 if walk.missing(made) else 0


def _toured(features: Sequence[Feature], interpreters: Sequence[Interpreter]) -> Tour:
    from eagerly.lab import progress
    from eagerly.lab.machine import this_machine
    from eagerly.lab.tour import report, walk

    made: Tour = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.orig_argv,
        "machine": this_machine(),
        "interpreters": [],
        "features": [],
    }
    steps = len(interpreters) * sum(len(walk.sides(each)) for each in features)
    with progress.watch(steps) as screen:
        with_eagerly = any(each.eagerly for each in features)
        subjects = [_subject(each, screen, with_eagerly=with_eagerly) for each in interpreters]
        made["interpreters"] = [walk.toured(each) for each in subjects]
        for each in features:
            made["features"].append(_shown(each, subjects, screen))
            screen.show(report.feature(made["features"][-1]))
        screen.show(report.summary(made))
        for line in walk.missing(made):
            screen.show(f"missing: {line}")
    return made


def _subject(interpreter: Interpreter, screen: Progress, *, with_eagerly: bool) -> Subject:
    """With eagerly, which takes a minute to build, only where a feature asks for it."""
    from eagerly.lab.bench import prepared
    from eagerly.lab.tour import walk

    return prepared(interpreter, screen) if with_eagerly else walk.without_eagerly(interpreter)


def _shown(feature: Feature, subjects: Sequence[Subject], screen: Progress) -> Shown:
    from eagerly.lab.tour import walk

    evidence = []
    for subject in subjects:
        for by in walk.sides(feature):
            screen.at(f"{feature.name}: {by} on {subject.interpreter.version}")
            evidence.append(walk.evidence(feature, subject, by))
            screen.advance()
    return {
        "feature": feature.name,
        "since": ".".join(map(str, feature.since)),
        "about": feature.about,
        "shows": feature.shows,
        "program": feature.program,
        "evidence": evidence,
    }
