"""What eagerly does with a program, and how that differs from what was recorded."""

from __future__ import annotations

import json
from typing import Any

from differences import is_compared_eagerly
from play import How, World, play
from recorded import is_among

import eagerly


def group(world: World) -> eagerly.TaskGroup:
    return eagerly.TaskGroup()


def lazy_task(loop: Any, coro: Any, eager_start: Any = None, **arguments: Any) -> Any:
    """A task factory of somebody's, so that groups and gather do not make the tasks."""
    return eagerly.Task(coro, loop=loop, **arguments)


LAZILY = How(eagerly, group, {"eager_start": False})
IN_DEBUG_MODE = How(eagerly, group, {"eager_start": False}, debug=True)
BY_A_FACTORY = How(eagerly, group, {}, lazy_task)
EAGERLY = How(eagerly, group, {}, eager=True)
BY_OUR_FACTORY = How(eagerly, group, {}, eagerly.eager_task_factory, eager=True)

WAYS = {
    "lazily": LAZILY,
    "lazily, in debug mode": IN_DEBUG_MODE,
    "lazily, by a factory": BY_A_FACTORY,
    "eagerly": EAGERLY,
    "eagerly, by our factory": BY_OUR_FACTORY,
}


def difference(record: dict[str, Any], how: How) -> str:
    """How we differ from *record*; nothing if we do not."""
    if not how.eager:
        return compare(record, "lazy", play(record["program"], how).events)
    if not is_compared_eagerly(record["notes"]):
        return ""
    if "eager" not in record and "eager traces" not in record:
        return ""
    world = play(record["program"], how)
    return compare(record, "eager traces", world.events) or compare(
        record, "eager", world.outcome()
    )


def compare(record: dict[str, Any], what: str, found: list[Any]) -> str:
    if what not in record or is_among(found, record[what]):
        return ""
    return "\n".join([what, json.dumps(record["program"]), *side_by_side(record[what][0], found)])


def side_by_side(theirs: Any, ours: list[Any]) -> list[str]:
    """The lines of both, to the first that differs."""
    if isinstance(theirs, str):
        return ["record.py --show PROGRAM shows what asyncio 3.15 does"]
    lines = []
    for n, our in enumerate(ours):
        their = theirs[n] if n < len(theirs) else "the end"
        if json.dumps(their) != json.dumps(our):
            return [*lines, f"  asyncio: {json.dumps(their)}", f"  eagerly: {json.dumps(our)}"]
        lines.append(f"  {json.dumps(our)}")
    return [*lines, f"  asyncio goes on: {theirs[len(ours) :]}"]
