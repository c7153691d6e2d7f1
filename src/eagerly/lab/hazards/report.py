"""Hazards in words."""

from __future__ import annotations

import linecache
import os
import textwrap
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from eagerly.lab.hazards.steps import Creation, Hazard, Site

WIDTH = 100
NOTHING = "no order hazards: no first step read or set what its creator set after it"


@dataclass
class Report:
    """What was found."""

    counted: Counter[Hazard] = field(default_factory=Counter)  # what was seen: of the first
    refused: dict[str, str] = field(default_factory=dict)
    _first: dict[Hazard, Hazard] = field(default_factory=dict)

    def add(self, hazard: Hazard) -> None:
        """It has happened once more."""
        kind = replace(hazard, seen="", final="")
        self.counted[self._first.setdefault(kind, hazard)] += 1

    @property
    def hazards(self) -> list[Hazard]:
        """One for every pair of places in the program, in the order of its files and lines."""
        return sorted(self.counted, key=lambda each: (each.late.path, each.late.line, each.kind))

    def text(self) -> str:
        """A paragraph for each."""
        paragraphs = [
            _paragraph(number, hazard, self.counted[hazard])
            for number, hazard in enumerate(self.hazards, 1)
        ]
        paragraphs += [f"not watched: {path} ({why})" for path, why in self.refused.items()]
        return "\n\n".join(paragraphs or [NOTHING]) + "\n"

    def data(self) -> list[dict[str, Any]]:
        """The same for programs."""
        return [asdict(each) | {"times": self.counted[each]} for each in self.hazards]


def _paragraph(number: int, hazard: Hazard, times: int) -> str:
    title, story = {"read": _read, "set": _set, "cancelled": _cancelled}[hazard.kind](hazard)
    often = "" if times == 1 else f" ({times} times)"
    lines = [f"{number}. {title}{often}"]
    lines += textwrap.wrap(f"{story} {_advice(hazard)}", WIDTH - 3)
    sites = [
        (hazard.early, "sets" if hazard.kind == "set" else "reads"),
        (hazard.creation.site, "makes the task"),
        (hazard.late, "cancels it" if hazard.kind == "cancelled" else "sets"),
    ]
    for site, what in sites:
        if site is not None:
            lines.append(f"  {where(site)}  {what}:  {_source(site)}")
    return "\n   ".join(lines)


def _read(hazard: Hazard) -> tuple[str, str]:
    title = f"{hazard.coroutine}() reads {hazard.what} before its creator sets it"
    story = (
        f"The first step reads it {_at(hazard.early)} and finds {hazard.seen}. The task was made "
        f"{_made(hazard.creation)}; its creator then sets it {_at(hazard.late)}, before it "
        f"suspends, and a task that starts lazily would find {hazard.final}."
    )
    return title, story


def _set(hazard: Hazard) -> tuple[str, str]:
    title = f"{hazard.coroutine}() sets {hazard.what}, and its creator overwrites it"
    story = (
        f"The first step sets it {_at(hazard.early)}, to {hazard.seen}. The task was made "
        f"{_made(hazard.creation)}; its creator then sets it {_at(hazard.late)}, to "
        f"{hazard.final}, before it suspends. A task that starts lazily would have the last word."
    )
    return title, story


def _cancelled(hazard: Hazard) -> tuple[str, str]:
    title = f"{hazard.coroutine}() has taken its first step when its creator cancels it"
    story = (
        f"The task was made {_made(hazard.creation)}, and is cancelled {_at(hazard.late)}, before "
        f"its creator has suspended; by then {hazard.seen}. A task that starts lazily would not "
        "have begun."
    )
    return title, story


def _advice(hazard: Hazard) -> str:
    lazily = "make this task with eager_start=False"
    if hazard.kind == "cancelled":
        return f"Decide before the task is made, or {lazily}."
    if hazard.late == hazard.creation.site:
        return f"Give the task what it needs as an argument, or {lazily}."
    return f"Set it before the task is made, or {lazily}."


def _made(creation: Creation) -> str:
    by = "" if creation.by is None else f" (by {where(creation.by)}, in {creation.by.function})"
    return _at(creation.site) + by


def _at(site: Site | None) -> str:
    return "" if site is None else f"at {where(site)}, in {site.function}"


def where(site: Site) -> str:
    """File and line, as short as they can be found from here."""
    path = os.path.relpath(site.path)
    return f"{site.path if path.startswith('..') else path}:{site.line}"


def _source(site: Site) -> str:
    return linecache.getline(site.path, site.line).strip()
