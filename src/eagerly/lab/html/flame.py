"""A flame graph: the time of the steps, by what made the tasks, and what made those."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eagerly.lab.profile.report import duration, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eagerly.lab.profile.seen import Seen

THINNEST = 0.0005  # of the whole, about half a pixel: what is thinner is not drawn
COLORS = 6  # lines take turns


@dataclass(frozen=True)
class Box:
    depth: int
    left: float  # shares of the whole
    width: float
    name: str
    about: str
    color: int  # 0: the root


@dataclass(frozen=True)
class Flame:
    title: str
    boxes: Sequence[Box]
    depth: int
    hidden: int
    kind: ClassVar[str] = "flame"


def flame(seen: Seen) -> Flame:
    places, sites = seen["places"], seen["sites"]
    below: dict[int | None, list[int]] = defaultdict(list)
    for index, place in enumerate(places):
        below[place["outer"]].append(index)
    seconds = _with_all_below([place["seconds"] for place in places], below)
    whole = sum(seconds[index] for index in below[None])
    boxes = [Box(0, 0.0, 1.0, "all tasks", f"all tasks: {duration(whole)} in their steps", 0)]
    hidden = 0
    waiting: list[tuple[int | None, int, float]] = [
        (None, 0, 0.0)
    ]  # a place, its depth and where it begins
    while waiting and whole:
        place_index, depth, left = waiting.pop()
        for index in sorted(below[place_index], key=lambda each: -seconds[each]):
            place, width = places[index], seconds[index] / whole
            about = sites[place["site"]]["about"]
            if width < THINNEST:
                hidden += 1
                continue
            where = f"{short(about['file'])}:{about['line']}"
            says = (
                f"{about['coroutine']}, {about['how']} at {where}: {place['made']:,} tasks, "
                f"{duration(seconds[index])} with all that they made ({width:.1%}), "
                f"{duration(place['seconds'])} in their own steps"
            )
            name, color = f"{about['coroutine']} · {where}", 1 + place["site"] % COLORS
            boxes.append(Box(depth + 1, left, width, name, says, color))
            waiting.append((index, depth + 1, left))
            left += width
    return Flame(
        "Time in steps, by the lines that made the tasks",
        boxes,
        1 + max(box.depth for box in boxes),
        hidden,
    )


def _with_all_below(own: list[float], below: dict[int | None, list[int]]) -> list[float]:
    """Without recursion: a chain of places may be long."""
    order: list[int] = list(below[None])
    for index in order:  # it grows
        order += below.get(index, ())
    seconds = list(own)
    for index in reversed(order):
        seconds[index] += sum(seconds[each] for each in below.get(index, ()))
    return seconds
