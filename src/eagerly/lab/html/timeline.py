"""Tasks over time: how many wait, and on top of them how many are ready to run."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log10
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eagerly.lab.profile.seen import Thread

WIDTH, HEIGHT = 1000, 240  # of the drawing, which is stretched to the page


@dataclass(frozen=True)
class Tick:
    share: float  # of the axis
    text: str


@dataclass(frozen=True)
class Timeline:
    title: str
    summary: str  # said to those who cannot see it
    suspended: str  # outlines of areas, as SVG's paths have them
    ready: str
    alive: str  # the line above both
    down: Sequence[Tick]
    along: Sequence[Tick]
    samples: Sequence[tuple[float, int, int, int]]
    seconds: float
    width: int = WIDTH
    height: int = HEIGHT
    kind: ClassVar[str] = "timeline"


def timeline(thread: Thread, seconds: float) -> Timeline:
    """Of a run that took so many *seconds*: what was sampled last holds until its end."""
    samples = [(at, alive, ready, waiting) for at, alive, ready, waiting in thread["timeline"]]
    samples = [(0.0, 0, 0, 0), *samples]
    seconds = max(seconds, samples[-1][0])
    samples.append((seconds, *samples[-1][1:]))
    at, most, _, _ = max(samples, key=lambda sample: sample[1])
    waiting = max(sample[3] for sample in samples)
    top = max(1, most)

    def outline(heights: list[int]) -> list[str]:
        """A step at each sample: nothing is known of the time between two of them."""
        points, before = [], 0
        for (when, *_), height in zip(samples, heights, strict=True):
            left = when / seconds * WIDTH
            points += [_point(left, before, top), _point(left, height, top)]
            before = height
        return points

    lower = outline([sample[3] for sample in samples])
    upper = outline([sample[1] for sample in samples])
    return Timeline(
        title=thread["name"],
        summary=f"Tasks of {thread['name']} over {seconds:.3g} seconds: at most {most:,} alive, "
        f"at {at:.3g} seconds, and at most {waiting:,} suspended.",
        suspended=_area([*lower, f"{WIDTH} {HEIGHT}", f"0 {HEIGHT}"]),
        ready=_area([*upper, *reversed(lower)]),
        alive=f"M{'L'.join(upper)}",
        down=[Tick(tick / top, f"{tick:,.0f}") for tick in ticks(top, 4) if tick == int(tick)],
        along=[Tick(tick / seconds, f"{tick:g} s") for tick in ticks(seconds, 5)],
        samples=samples,
        seconds=seconds,
    )


def ticks(most: float, about: int) -> Iterator[float]:
    """Round numbers from 0 to *most*, so many or a few less or more."""
    rough = most / about
    unit = 10.0 ** ceil(log10(rough) - 1)
    step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= rough)
    number = 0
    while number * step <= most:
        yield round(number * step, 12)
        number += 1


def _point(left: float, height: int, top: int) -> str:
    return f"{left:.1f} {HEIGHT - height / top * HEIGHT:.1f}"


def _area(points: Sequence[str]) -> str:
    return f"M{'L'.join(points)}Z"
