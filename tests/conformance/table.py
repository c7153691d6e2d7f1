"""known.toml: what of asyncio's own tests does not pass with our classes in place, and why."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "known.toml"

PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
STARTS = ["lazy", "eager"]


@dataclass(frozen=True)
class Reason:
    """Some tests that do not pass for one reason, and where."""

    why: str
    tests: list[str]
    python: list[str]
    start: list[str]
    hangs: bool = False

    @classmethod
    def read(cls, entry: dict[str, Any]) -> Reason:
        return cls(**{"python": PYTHONS, "start": STARTS} | entry)

    def covers(self, test: str) -> bool:
        return any(fnmatchcase(test, pattern) for pattern in self.tests)


class Table:
    """The reasons, or those of them that hold somewhere."""

    def __init__(self, reasons: list[Reason]) -> None:
        self.reasons = reasons

    @classmethod
    def read(cls, file: Path = FILE) -> Table:
        return cls([Reason.read(entry) for entry in tomllib.loads(file.read_text())["reason"]])

    @classmethod
    def here(cls, start: str) -> Table:
        """What holds on this interpreter, with tasks that start in this way."""
        python = "{}.{}".format(*sys.version_info)
        everywhere = cls.read().reasons
        return cls([r for r in everywhere if python in r.python and start in r.start])

    def why(self, test: str) -> str:
        """Why *test* does not pass; empty if it should."""
        return next((reason.why for reason in self.reasons if reason.covers(test)), "")

    def hangs(self, test: str) -> bool:
        return any(reason.hangs and reason.covers(test) for reason in self.reasons)
