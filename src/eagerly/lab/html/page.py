"""A page, as plain parts, and its text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eagerly.lab.results import Machine


@dataclass(frozen=True)
class Fact:
    """One number that is seen first."""

    value: str
    label: str
    tone: str = ""  # "good" or "bad"


@dataclass(frozen=True)
class Cell:
    text: str
    sort: float | str | None = None  # by what a column is sorted; by its text, if by nothing else
    share: float | None = None  # a bar, as a share of the longest
    tone: str = ""  # "ours", "theirs", "floor", "good", "bad", "dim"
    notes: Sequence[str] = ()  # smaller, below
    warnings: Sequence[str] = ()
    printed: str = ""  # by a program, shown as it was printed


@dataclass(frozen=True)
class Column:
    name: str
    help: str = ""
    number: bool = True


@dataclass(frozen=True)
class Table:
    title: str  # said to those who cannot see it
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    sorted_by: int | None = None  # as it stands here, falling
    narrow: bool = False  # a table on a phone too, where others of many columns become cards
    kind: ClassVar[str] = "table"

    @property
    def becomes_cards(self) -> bool:
        return not self.narrow and (
            len(self.columns) > 4 or any(cell.printed for row in self.rows for cell in row[2:])
        )


@dataclass(frozen=True)
class Code:
    title: str
    text: str
    unfolded: bool = False
    kind: ClassVar[str] = "code"


@dataclass(frozen=True)
class Picture:
    """SVG of our own making: it is not escaped."""

    svg: str
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Words:
    text: str
    tone: str = ""
    kind: ClassVar[str] = "words"


@dataclass(frozen=True)
class Section:
    title: str
    text: str = ""  # `so` is code, here and in about
    parts: Sequence[Any] = ()  # each says its kind, which is a macro of page.html


@dataclass(frozen=True)
class Page:
    title: str
    about: str
    facts: Sequence[Fact]
    sections: Sequence[Section]
    circumstances: Sequence[tuple[str, str]]
    data: Any = field(repr=False)  # as JSON has it: every number


def text(page: Page) -> str:
    """The whole file."""
    script = _ours("page.js")
    made: str = _template().render(
        page=page,
        style=Markup(_ours("page.css")),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=Markup(in_script(page.data)),
    )
    return made.lstrip() + "\n"  # lines of the template that write nothing


def in_script(data: Any) -> str:
    """JSON that no browser takes for the end of its element."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def with_code(words: str) -> Markup:
    return Markup(re.sub("`(.+?)`", r"<code>\1</code>", str(escape(words))))


def machine(about: Machine) -> list[tuple[str, str]]:
    load = "" if about["load"] is None else f", load {about['load']}"
    return [
        ("machine", f"{about['cpu']}, {about['cores']} cores{load}"),
        ("platform", about["platform"]),
    ]


@cache
def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("eagerly.lab", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["with_code"] = with_code
    return environment.get_template("page.html")


def _ours(name: str) -> str:
    return files("eagerly.lab.html").joinpath(name).read_text(encoding="utf-8")
