"""Lines on logarithmic axes as SVG: no library, and the same file every time."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 300, 230  # of a panel, axes and all
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 26, 34
LEGEND = 22  # a row
IN_A_ROW = 3  # panels

STYLE = (
    "text{font:11px sans-serif;fill:#333}.title{font-weight:bold}"
    ".grid{stroke:#ddd}.line{fill:none;stroke-width:2}.end{text-anchor:end}.mid{text-anchor:middle}"
)


@dataclass(frozen=True)
class Line:
    """Points by ascending x; a dashed line is a limit, not a competitor."""

    name: str
    color: str
    points: tuple[tuple[float, float], ...]
    dashed: bool = False


@dataclass(frozen=True)
class Panel:
    title: str
    lines: tuple[Line, ...]


def svg(title: str, x_says: str, y_says: str, panels: Sequence[Panel]) -> str:
    """A file: all panels side by side, which share their axes, so that they can be compared."""
    columns = min(IN_A_ROW, len(panels))
    rows = ceil(len(panels) / columns)
    lines = _of_all(panels)
    legend = ceil(len(lines) / (2 * columns)) * LEGEND
    width, height = columns * WIDTH, rows * HEIGHT + legend
    x, y = _axes(panels)
    parts = [
        _opened(width, height, f' width="{width}" height="{height}"'),
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        parts.append(f'<g transform="translate({column * WIDTH},{row * HEIGHT})">')
        parts += _panel(panel, x, y, x_says, y_says)
        parts.append("</g>")
    parts += _legend(lines, 2 * columns, rows * HEIGHT)
    return "\n".join([*parts, "</svg>", ""])


def each(title: str, x_says: str, y_says: str, panels: Sequence[Panel]) -> Iterator[str]:
    """Parts of a page that has the style: a drawing for each panel, with the axes of all."""
    x, y = _axes(panels)
    for panel in panels:
        lines = _of_all([panel])
        parts = [
            _opened(WIDTH, HEIGHT + ceil(len(lines) / 2) * LEGEND),
            f"<title>{escape(f'{title}, {panel.title}')}</title>",
            *_panel(panel, x, y, x_says, y_says),
            *_legend(lines, 2, HEIGHT),
        ]
        yield "\n".join([*parts, "</svg>"])


def _opened(width: int, height: int, size: str = "") -> str:
    box = f'viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}{size} role="img">'


def _of_all(panels: Sequence[Panel]) -> list[Line]:
    """One of each name, in the order of the panel that has the most."""
    fullest_first = sorted(panels, key=lambda panel: -len(panel.lines))
    return list({line.name: line for panel in fullest_first for line in panel.lines}.values())


def _axes(panels: Sequence[Panel]) -> tuple[Axis, Axis]:
    points = [point for panel in panels for line in panel.lines for point in line.points]
    return Axis.around([x for x, _ in points]), Axis.around([y for _, y in points])


@dataclass(frozen=True)
class Axis:
    """From one power of ten to another."""

    low: int
    high: int

    @classmethod
    def around(cls, values: Sequence[float]) -> Axis:
        low, high = floor(log10(min(values))), ceil(log10(max(values)))
        return cls(low, max(high, low + 1))

    def share(self, value: float) -> float:
        return (log10(value) - self.low) / (self.high - self.low)

    def ticks(self) -> Iterator[float]:
        step = ceil((self.high - self.low) / 8)
        return (10.0**power for power in range(self.low, self.high + 1, step))


def _panel(panel: Panel, x: Axis, y: Axis, x_says: str, y_says: str) -> Iterator[str]:
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    bottom = TOP + inner_height

    def at(point: tuple[float, float]) -> tuple[float, float]:
        across, up = x.share(point[0]), y.share(point[1])
        return round(LEFT + across * inner_width, 1), round(bottom - up * inner_height, 1)

    yield f'<text class="title" x="{LEFT}" y="16">{escape(panel.title)}</text>'
    yield f'<text class="end" x="{WIDTH - RIGHT}" y="16">{escape(y_says)}</text>'
    for tick in x.ticks():
        left, _ = at((tick, 10.0**y.low))
        yield f'<path class="grid" d="M{left} {TOP}V{bottom}"/>'
        yield f'<text class="mid" x="{left}" y="{bottom + 14}">{short(tick)}</text>'
    for tick in y.ticks():
        _, top = at((10.0**x.low, tick))
        yield f'<path class="grid" d="M{LEFT} {top}H{WIDTH - RIGHT}"/>'
        yield f'<text class="end" x="{LEFT - 4}" y="{top + 4}">{short(tick)}</text>'
    yield f'<text class="end" x="{WIDTH - RIGHT}" y="{bottom + 28}">{escape(x_says)}</text>'
    for line in panel.lines:
        yield from _line(line, [at(point) for point in line.points])


def _line(line: Line, points: Sequence[tuple[float, float]]) -> Iterator[str]:
    path = "L".join(f"{left} {top}" for left, top in points)
    yield f'<path class="line" stroke="{line.color}"{_dashes(line)} d="M{path}"/>'
    for left, top in points:
        yield f'<circle cx="{left}" cy="{top}" r="2.5" fill="{line.color}"/>'


def _legend(lines: Sequence[Line], columns: int, top: int) -> Iterator[str]:
    for index, line in enumerate(lines):
        row, column = divmod(index, columns)
        left, middle = 12 + column * WIDTH // 2, top + row * LEGEND + 10
        stroke = f'stroke="{line.color}"{_dashes(line)}'
        yield f'<path class="line" {stroke} d="M{left} {middle}h24"/>'
        yield f'<text x="{left + 30}" y="{middle + 4}">{escape(line.name)}</text>'


def _dashes(line: Line) -> str:
    return ' stroke-dasharray="5 3"' if line.dashed else ""


def short(number: float) -> str:
    """10000 is 10k."""
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:g}{suffix}"
    return f"{number:g}"
