"""Order hazards: code that relies on a task not starting before its creator's next ``await``.

``watch`` runs a program so that they are found; ``report`` says them in words.
docs/hazards.md says what is seen and what is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import eagerly
from eagerly.lab.hazards.engine import Watch
from eagerly.lab.hazards.modules import OwnModules as OwnModules
from eagerly.lab.hazards.report import Report as Report
from eagerly.lab.problems import Problem


@contextmanager
def watch(own: OwnModules) -> Iterator[Report]:
    """Find hazards in those modules, if they are imported in here, while their tasks run.

    Problem: the engine is the native one, which cannot be watched.
    """
    if eagerly.native:
        message = "order hazards are found on the interpreted engine: set EAGERLY_PURE=1"
        raise Problem(message)
    report = Report()
    with own.rewritten(), Watch(own.__contains__, report.add).installed():
        yield report
    report.refused = dict(own.refused)
