"""Programs that once found a difference: smallest ones, recorded before all others."""

from __future__ import annotations

from language import TASKS, Program

KNOWN: dict[str, Program] = {
    "a group is left when its last child's end has been told, not when it has come": [
        [["cancel", 0, None], ["group", [1, 2], []]],
        [["turns", 1]],
        [["raise", "ValueError"]],
    ],
    "an error counts whichever of the children of a gather it comes from, and whenever": [
        [["wait", [1, 2], "FIRST_COMPLETED", None], ["gather", [1, 2], False]],
        [],
        [["raise", "ValueError"]],
    ],
    "who is given to gather twice is cancelled twice": [
        [["except", [["gather and cancel", [1, 1], False, 1, "a"]]]],
        [["await", 6]],
    ],
    "the cancellation of a gather has the message of its last argument": [
        [["set future", 0], ["except", [["gather and cancel", [6, 1, 6], True, 1, "a"]]]],
        [["await", 7]],
    ],
    "what fails while its siblings start is heard of a turn later": [
        [["gather", [6, 1], False]],
        [["fail future", 0, "ValueError"]],
    ],
    "who listens to a child in its first step hears of its end before the group does": [
        [["group", [1, 2], []]],
        [["await", 6]],
        [["when done", 2, ["look", 1]], ["turns", 1], ["raise", "ValueError"]],
    ],
    "several may await a task in its first step": [
        [["start", 3], ["await", 3]],
        [["await", 3]],
        [["await", 3]],
        [["start", 1], ["start", 2], ["turns", 1]],
    ],
}


def known() -> list[Program]:
    return [[*program, *([[]] * (TASKS - len(program)))] for program in KNOWN.values()]
