"""A profile for https://www.speedscope.app, as its file-format-schema.json has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eagerly.lab.profile.report import short

if TYPE_CHECKING:
    from eagerly.lab.profile.seen import About, Seen

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def speedscope(seen: Seen) -> dict[str, Any]:
    """A stack is the sites that made a task and its makers, the outermost first."""
    name = " ".join(seen["command"])
    places = [place for place in enumerate(seen["places"]) if place[1]["seconds"] > 0]
    weights = [place["seconds"] for _, place in places]
    return {
        "$schema": SCHEMA,
        "name": name,
        "exporter": "eagerly profile",
        "shared": {"frames": [_frame(site["about"]) for site in seen["sites"]]},
        "profiles": [
            {
                "type": "sampled",
                "name": f"{name}: time in steps, by the lines that made the tasks",
                "unit": "seconds",
                "startValue": 0,
                "endValue": sum(weights),
                "samples": [_stack(seen, index) for index, _ in places],
                "weights": weights,
            }
        ],
    }


def _frame(about: About) -> dict[str, Any]:
    where = f"{short(about['file'])}:{about['line']}"
    name = f"{about['coroutine']} ({about['how']} at {where})"
    return {"name": name, "file": about["file"], "line": about["line"]}


def _stack(seen: Seen, index: int | None) -> list[int]:
    stack: list[int] = []
    while index is not None:
        place = seen["places"][index]
        stack.append(place["site"])
        index = place["outer"]
    return stack[::-1]
