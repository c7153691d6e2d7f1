"""The language of the programs: what a task can do, and how Hypothesis writes programs in it.

A program is a list of TASKS scripts, one a task; a script is a list of deeds; a deed is a list of
a word and its arguments, which may be scripts again.  All of it is JSON.  The first task is the
program's main; the others begin when somebody first speaks of them.  ``play.py`` says what each
word does.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TASKS = 6
FUTURES = 3

Deed = list[Any]
Script = list[Deed]
Program = list[Script]

task = st.integers(0, TASKS - 1)
other = st.integers(1, TASKS - 1)  # main has begun, and nobody can wait for it
future = st.integers(0, FUTURES - 1)
thing = st.one_of(other, other, other, st.integers(TASKS, TASKS + FUTURES - 1))
others = st.lists(other, min_size=1, max_size=3, unique=True)
things = st.lists(thing, min_size=1, max_size=4)  # gather() may be given one twice
message = st.sampled_from(["a", "b", 7, None])
few = st.integers(1, 4)
flag = st.booleans()
patience = st.sampled_from([None, 0, 1, 2, 3, 5])

error = st.sampled_from(
    [
        *("ValueError", "KeyError", "TimeoutError", "ExceptionGroup"),
        *("CancelledError", "CancelledError", "Special", "GeneratorExit", "StopIteration"),
        *("SystemExit", "KeyboardInterrupt"),
    ]
)
errors_of_futures = st.sampled_from(["ValueError", "CancelledError", "Special"])


def word(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Deed]:
    return st.tuples(st.just(name), *arguments).map(list)


# What needs no waiting, so that a callback can do it too.
quick = st.one_of(
    word("set future", future),
    word("fail future", future, errors_of_futures),
    word("cancel future", future, message),
    word("start", other),
    word("start in context", other),
    word("cancel", task, message),
    word("cancel", task, message),
    word("uncancel", task),
    word("child for", task, other),
    word("cancel group", task),
    word("look", task),
    word("number", few),
)

simple = st.one_of(
    quick,
    quick,
    word("soon", quick),
    word("later", few, quick),
    word("when done", thing, quick),
    word("child", other),
    word("turns", few),
    word("turns", few),
    word("sleep", few),
    word("await", thing),
    word("await", thing),
    word("shield", thing),
    word("wait for", thing, patience),
    word("gather", things, flag),
    word("gather", things, flag),
    word("gather and cancel", things, flag, st.integers(0, 3), message),
    word("wait", things, st.sampled_from(["ALL_COMPLETED", "FIRST_COMPLETED"]), patience),
    word("as completed", things, patience),
    word("reschedule", patience),
    word("raise", error),
)


def compound(script: st.SearchStrategy[Script]) -> st.SearchStrategy[Deed]:
    return st.one_of(
        word("group", others, script),
        word("group", others, in_time(script)),
        word("timeout", patience, script),
        word("except", script),
        word("except error", script),
        word("finally", script, script),
    )


def in_time(script: st.SearchStrategy[Script]) -> st.SearchStrategy[Script]:
    """*script* when the children have begun: before, their group cancels them unseen."""
    return st.tuples(word("turns", few), script).map(lambda parts: [parts[0], *parts[1]])


def script_of(deed: st.SearchStrategy[Deed], least: int, most: int) -> st.SearchStrategy[Script]:
    return st.lists(deed, min_size=least, max_size=most)


inner = script_of(simple, 1, 3)
middle = script_of(st.one_of(simple, simple, compound(inner)), 1, 4)
outer = script_of(st.one_of(simple, compound(middle)), 2, 5)
beginning = st.one_of(
    word("group", st.lists(other, min_size=2, max_size=3, unique=True), outer),
    word("group", st.lists(other, min_size=2, max_size=3, unique=True), in_time(outer)),
    word("gather", st.lists(thing, min_size=2, max_size=4), flag),
)
main = st.tuples(beginning, outer).map(lambda parts: [["except", [parts[0]]], *parts[1]])

programs: st.SearchStrategy[Program] = st.tuples(main, *[outer] * (TASKS - 1)).map(list)
