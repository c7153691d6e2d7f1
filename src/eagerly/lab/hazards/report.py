"""Hazards in words, and in a file."""

from __future__ import annotations

import linecache
import os
import textwrap
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from eagerly.lab.hazards.places import some
from eagerly.lab.hazards.steps import Creation, Hazard, Site

WIDTH = 100


@dataclass
class Report:
    """What was found, and how much was looked at."""

    times: dict[Hazard, int] = field(default_factory=dict)  # how often; values are of the first
    files: int = 0  # of the program's own
    refused: dict[str, str] = field(
        default_factory=dict
    )  # those that could not be watched, and why
    first_steps: int = 0  # that tasks took inside their creators
    _known: dict[Hazard, Hazard] = field(default_factory=dict)

    def add(self, hazard: Hazard) -> bool:
        """It has happened; is it new?"""
        known = self._known.setdefault(replace(hazard, seen="", final=""), hazard)
        self.times[known] = self.times.get(known, 0) + 1
        return known is hazard

    @property
    def hazards(self) -> list[Hazard]:
        """One for all that differ only in values, by their files and lines."""
        return sorted(self.times, key=lambda each: (each.late.path, each.late.line, each.kind))

    # ----------------------------------------------------------------------- in a file

    def data(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {
            "files": self.files,
            "refused": self.refused,
            "first_steps": self.first_steps,
            "hazards": [asdict(each) | {"times": self.times[each]} for each in self.hazards],
        }

    @classmethod
    def of(cls, data: dict[str, Any]) -> Report:
        """What was written by ``data``."""
        report = cls(files=data["files"], refused=data["refused"], first_steps=data["first_steps"])
        for each in data["hazards"]:
            given = dict(each)
            times = given.pop("times")
            given["late"], given["early"] = _site(given["late"]), _site(given["early"])
            made = given["creation"]
            given["creation"] = Creation(_site(made["site"]), _site(made["by"]), made["coroutine"])
            report.times[Hazard(**given)] = times
        return report

    # ----------------------------------------------------------------------- in words

    def text(self) -> str:
        """A paragraph for each hazard; without any, what was looked at."""
        paragraphs = [
            _paragraph(number, hazard, self.times[hazard])
            for number, hazard in enumerate(self.hazards, 1)
        ]
        if not paragraphs:
            paragraphs = [self._nothing()]
        paragraphs += [f"Not watched: {path} ({why})" for path, why in self.refused.items()]
        return "\n\n".join(paragraphs) + "\n"

    def _nothing(self) -> str:
        if not self.files:
            if self.refused:
                return "Nothing was watched: no file of the program could be rewritten."
            return "Nothing was watched: the program loaded no source file of its own."
        looked = f"{some(self.first_steps, 'first step')} in {some(self.files, 'file')}"
        if not self.first_steps:
            return f"No order hazards, for no task started eagerly ({looked})."
        return f"No order hazards in what has run: {looked}."


def _site(data: dict[str, Any] | None) -> Any:
    return None if data is None else Site(**data)


def words(hazard: Hazard) -> tuple[str, str]:
    """What happens, in a line; how it comes to that, and what to do."""
    title, story = {"read": _read, "set": _set, "cancelled": _cancelled}[hazard.kind](hazard)
    return title, f"{story} {_advice(hazard)}"


def _paragraph(number: int, hazard: Hazard, times: int) -> str:
    title, story = words(hazard)
    often = "" if times == 1 else f" ({times:,} times)"
    head = textwrap.wrap(f"{number}. {title}{often}", WIDTH, subsequent_indent="   ")
    body = textwrap.wrap(story, WIDTH - 3, break_on_hyphens=False)
    return "\n   ".join([*head, *body, *(f"  {line}" for line in lines(hazard))])


def _read(hazard: Hazard) -> tuple[str, str]:
    title = f"{hazard.coroutine}() reads {hazard.what} before its creator sets it"
    story = (
        f"The first step reads it {_at(hazard.early)}, and finds {hazard.seen}. The task was made "
        f"{_made(hazard.creation)}; its creator then sets it {_at(hazard.late)}, before it "
        f"suspends. A task that starts lazily would find {hazard.final}."
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
        f"its creator suspends; by then {hazard.seen}. A task that starts lazily would not have "
        "begun."
    )
    return title, story


def _advice(hazard: Hazard) -> str:
    lazily = "make this task with eager_start=False"
    if hazard.kind == "cancelled":
        return f"Decide before the task is made, or {lazily}."
    if hazard.late == hazard.creation.site:  # self.task = create_task(...)
        return f"Do not rely on it in the first step, or {lazily}."
    return f"Move that above the creation, or {lazily}."


def _made(creation: Creation) -> str:
    by = "" if creation.by is None else f" (by {where(creation.by)}, in {creation.by.function}())"
    return _at(creation.site) + by


def _at(site: Site | None) -> str:
    if site is None:
        return ""
    return f"at {where(site)}" + ("" if site.function == "<module>" else f", in {site.function}()")


def where(site: Site) -> str:
    """File and line, as short as they can be found from here."""
    path = os.path.relpath(site.path)
    return f"{site.path if path.startswith('..') else path}:{site.line}"


def lines(hazard: Hazard) -> list[str]:
    """The lines of the program that it is about."""
    sites = [hazard.early, hazard.creation.site, hazard.late]
    unique = list(dict.fromkeys(site for site in sites if site is not None))
    wide = max(len(where(site)) for site in unique)
    sources = [(where(site), linecache.getline(site.path, site.line).strip()) for site in unique]
    return [f"{place:{wide}} | {source}" for place, source in sources if source]
