"""Charts as SVG: no library, and the same file every time.

Each color has two shades, for light paper and for dark, and each line a mark of its own, for those
who do not tell the colors apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 340, 250  # of a panel, axes and all
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 26, 38
LEGEND = 22  # a row
ACROSS, ROW, NAMES = 480, 20, 150  # of dots: the whole, a row, and what is left of them

# Of a file. A page has its own, with the same names.
STYLE = (
    "svg{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--line:#dde1e6}"
    "@media(prefers-color-scheme:dark){svg{--paper:#14171c;--ink:#e7eaee;--line:#333a45}}"
    "text{font:12px sans-serif;fill:var(--ink)}.title{font-weight:bold}.grid{stroke:var(--line)}"
    ".axis{stroke:var(--ink)}.line{fill:none;stroke:currentColor;stroke-width:1.75}"
    ".mark{fill:currentColor;stroke:currentColor}.hollow{fill:var(--paper);stroke-width:1.5}"
    ".strong{stroke-width:3}.end{text-anchor:end}.mid{text-anchor:middle}.paper{fill:var(--paper)}"
)
MARKS = {
    "circle": "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    "square": "M-2.7-2.7h5.4v5.4h-5.4z",
    "triangle": "M0-3.7L3.4 2.5h-6.8z",
    "diamond": "M0-4.2L4.2 0L0 4.2L-4.2 0z",
    "turned": "M0 3.7L3.4-2.5h-6.8z",
    "bar": "M-4-1h8v2h-8z",
}


@dataclass(frozen=True)
class Look:
    """What a line is known by; a dashed one is a limit, not a competitor."""

    light: str
    dark: str
    mark: str = "circle"  # one of MARKS
    hollow: bool = False
    strong: bool = False
    dashed: bool = False

    def opened(self) -> str:
        """What does not know light-dark() takes the attribute, for light paper."""
        return f'<g color="{self.light}" style="color:light-dark({self.light},{self.dark})">'

    def line(self, path: str) -> str:
        dashes = ' stroke-dasharray="5 3"' if self.dashed else ""
        return f'<path class="line{" strong" * self.strong}"{dashes} d="{path}"/>'

    def marked(self, left: float, top: float) -> str:
        where = f'transform="translate({left},{top})"'
        return f'<path class="mark{" hollow" * self.hollow}" {where} d="{MARKS[self.mark]}"/>'


FASTER, SLOWER = Look("#15803d", "#4ade80"), Look("#c2410c", "#ff8f5e")
NEITHER = Look("#59636e", "#a2adba")


@dataclass(frozen=True)
class Line:
    """Points by ascending x."""

    name: str
    look: Look
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Panel:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Drawing:
    title: str  # said to those who cannot see it
    width: int
    height: int
    parts: Sequence[str]

    def inside_a_page(self) -> str:
        """Of one that has the style."""
        return self._whole("", f"<title>{escape(self.title)}</title>")

    def file(self) -> str:
        size = f' width="{self.width}" height="{self.height}"'
        paper = f'<rect class="paper"{size} fill="#fff"/>'
        head = f"<title>{escape(self.title)}</title><style>{STYLE}</style>{paper}"
        return self._whole(size, head) + "\n"

    def _whole(self, size: str, head: str) -> str:
        box = f'viewBox="0 0 {self.width} {self.height}"'
        opened = f'<svg xmlns="http://www.w3.org/2000/svg" {box}{size} role="img">'
        return "\n".join([opened, head, *self.parts, "</svg>"])


@dataclass(frozen=True)
class Axis:
    """A logarithmic one, with those ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]
    margin: float = 0.0  # at each end, as a share

    @classmethod
    def around(cls, values: Sequence[float]) -> Axis:
        """Between round numbers."""
        low, high = _round_below(min(values)), _round_above(max(values))
        if low == high:
            high = _round_above(high * 1.01)
        powers = range(floor(log10(low)), ceil(log10(high)) + 1)
        steps = (1, 2, 5) if high / low <= 1000 else (1,)
        every = ceil(len(powers) / 8) if len(steps) == 1 else 1
        found = (_exact(step, power) for power in powers[::every] for step in steps)
        return cls(low, high, tuple(tick for tick in found if low <= tick <= high))

    @classmethod
    def through(cls, values: Sequence[float]) -> Axis:
        """Of a few values, each of which is a tick."""
        return cls(min(values), max(values), tuple(sorted(set(values))), 0.04)

    def share(self, value: float) -> float:
        if self.low == self.high:
            return 0.5
        share = log10(value / self.low) / log10(self.high / self.low)
        return self.margin + share * (1 - 2 * self.margin)


def _exact(step: int, power: int) -> float:
    return step * 10.0**power if power >= 0 else step / 10.0**-power


def _round_below(value: float) -> float:
    power = floor(log10(value))
    return max(tick for step in (1, 2, 5) if (tick := _exact(step, power)) <= value)


def _round_above(value: float) -> float:
    power = floor(log10(value))
    return min(tick for step in (1, 2, 5, 10) if (tick := _exact(step, power)) >= value)


# ------------------------------------------------------------------ lines


def each(title: str, x_says: str, y_says: str, panels: Sequence[Panel]) -> Iterator[Drawing]:
    """A drawing for each panel; they share their axes, so that they can be compared."""
    x, y = _axes(panels)
    for panel in panels:
        parts = [*_panel(panel, x, y, x_says, y_says), *_legend(panel.lines, HEIGHT)]
        height = HEIGHT + ceil(len(panel.lines) / 2) * LEGEND
        yield Drawing(f"{title}, {panel.title}", WIDTH, height, tuple(parts))


def _axes(panels: Sequence[Panel]) -> tuple[Axis, Axis]:
    points = [point for panel in panels for line in panel.lines for point in line.points]
    across = [x for x, _ in points]
    few = len(set(across)) <= 6
    return (
        Axis.through(across) if few else Axis.around(across),
        Axis.around([y for _, y in points]),
    )


def _panel(panel: Panel, x: Axis, y: Axis, x_says: str, y_says: str) -> Iterator[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def across(value: float) -> float:
        return round(LEFT + x.share(value) * (right - LEFT), 1)

    def down(value: float) -> float:
        return round(bottom - y.share(value) * (bottom - TOP), 1)

    yield f'<text class="title" x="{LEFT}" y="16">{escape(panel.title)}</text>'
    yield f'<text class="end" x="{right}" y="16">{escape(y_says)}</text>'
    for tick in x.ticks:
        yield f'<path class="grid" d="M{across(tick)} {TOP}V{bottom}"/>'
        yield f'<text class="mid" x="{across(tick)}" y="{bottom + 15}">{short(tick)}</text>'
    for tick in y.ticks:
        yield f'<path class="grid" d="M{LEFT} {down(tick)}H{right}"/>'
        yield f'<text class="end" x="{LEFT - 6}" y="{down(tick) + 4}">{short(tick)}</text>'
    yield f'<text class="mid" x="{(LEFT + right) // 2}" y="{bottom + 32}">{escape(x_says)}</text>'
    for line in sorted(panel.lines, key=lambda line: line.look.strong):  # on top of the others
        points = [(across(one), down(other)) for one, other in line.points]
        yield line.look.opened()
        yield line.look.line("M" + "L".join(f"{left} {top}" for left, top in points))
        yield from (line.look.marked(*point) for point in points)
        yield "</g>"


def _legend(lines: Sequence[Line], top: int) -> Iterator[str]:
    for index, line in enumerate(lines):
        row, column = divmod(index, 2)
        left, middle = 4 + column * (WIDTH // 2 - 6), top + row * LEGEND + 10
        drawn = line.look.line(f"M{left} {middle}h24") + line.look.marked(left + 12, middle)
        yield f"{line.look.opened()}{drawn}</g>"
        yield f'<text x="{left + 29}" y="{middle + 4}">{escape(line.name)}</text>'


# ------------------------------------------------------------------ dots


def ratios(title: str, kinds: Sequence[str], rows: dict[str, dict[str, float]]) -> Drawing:
    """A row for each name, a dot for its ratio of each kind; what is below 1 is slower."""
    marks = dict(zip(kinds, [*MARKS] * len(kinds), strict=False))
    axis = Axis.around([1.0, *(ratio for row in rows.values() for ratio in row.values())])
    top, right = TOP + 18, ACROSS - RIGHT
    bottom = top + ROW * len(rows)

    def across(value: float) -> float:
        return round(NAMES + axis.share(value) * (right - NAMES), 1)

    parts = [f'<text class="title" x="10" y="16">{escape(title)}</text>']
    for tick in axis.ticks:
        kind = "axis" if tick == 1 else "grid"
        parts.append(f'<path class="{kind}" d="M{across(tick)} {top - 8}V{bottom}"/>')
        parts.append(f'<text class="mid" x="{across(tick)}" y="{top - 12}">{short(tick)}</text>')
    for index, (name, row) in enumerate(rows.items()):
        middle = top + ROW * index + ROW // 2
        parts.append(f'<text class="end" x="{NAMES - 10}" y="{middle + 4}">{escape(name)}</text>')
        parts.append(f'<path class="grid" d="M{NAMES} {middle}H{right}"/>')
        for kind, ratio in row.items():
            look = replace(FASTER if ratio > 1 else SLOWER, mark=marks[kind])
            parts += [look.opened(), look.marked(across(ratio), middle), "</g>"]
    for index, kind in enumerate(kinds):
        down, column = divmod(index, 4)
        left, middle = 14 + column * 117, bottom + 16 + down * LEGEND
        look = replace(NEITHER, mark=marks[kind])
        parts.append(f"{look.opened()}{look.marked(left, middle)}</g>")
        parts.append(f'<text x="{left + 10}" y="{middle + 4}">{escape(kind)}</text>')
    return Drawing(title, ACROSS, bottom + 8 + ceil(len(kinds) / 4) * LEGEND, parts)


def short(number: float) -> str:
    """10000 is 10k."""
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:g}{suffix}"
    return f"{number:g}"
