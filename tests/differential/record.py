"""Write programs and record what asyncio 3.15 does with them: the data of test_replay.py.

make record PYTHON=python3.15
python tests/differential/record.py --show '[[["turns", 1]], [], [], [], [], []]'
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from asyncio_315 import record
from hypothesis import HealthCheck, Phase, given, seed, settings
from known import known
from language import TASKS, Program, programs
from ours import WAYS, difference
from recorded import CI, COMPARED, NIGHTLY, digest, digested, load, save

AT_LEAST = 20  # events; a shorter trace is trivial
BATCH = 2000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--nightly", type=int, default=10_000, help="programs for the nightly run")
    options.add_argument("--ci", type=int, default=300, help="of them, programs for every run")
    options.add_argument("--again", action="store_true", help="with the programs that are there")
    options.add_argument("--show", help="one program, as JSON, to show instead")
    chosen = options.parse_args()
    if sys.version_info[:2] != (3, 15):
        sys.exit("record.py records asyncio 3.15: run it there")
    warnings.simplefilter("ignore", RuntimeWarning)  # SystemExit leaves coroutines behind
    if chosen.show:
        show(json.loads(chosen.show))
        return
    counts: Counter[str] = Counter()
    source = (one["program"] for one in load(NIGHTLY)) if chosen.again else written()
    records = collect(source, chosen.nightly, counts)
    save(NIGHTLY, [digested(one) for one in records])
    first = [record(program) for program in known()]
    save(CI, first + most_diverse(records, chosen.ci - len(first)))
    report(records, counts)


def collect(source: Iterable[Program], many: int, counts: Counter[str]) -> list[dict[str, Any]]:
    """Programs that are worth it, each with another trace."""
    found: dict[str, dict[str, Any]] = {}
    for program in source:
        counts["written"] += 1
        one = record(program)
        counts.update(f"left out: {why}" for why in one.get("never", ()))
        if "never" in one:
            continue
        if len(one["lazy"][0]) < AT_LEAST:
            counts["left out: trivial"] += 1
            continue
        one["program"] = without_unused(one)
        if found.setdefault(digest(one["lazy"]), one) is not one:
            counts["left out: seen before"] += 1
        if len(found) == many:
            break
    return list(found.values())


def written() -> Iterator[Program]:
    """Programs by Hypothesis, the same ones every time."""
    for number in count():
        yield from batch(number)


def batch(number: int) -> list[Program]:
    found: list[Program] = []

    @seed(number)
    @settings(
        max_examples=BATCH, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(programs)
    def write(program: Program) -> None:
        found.append(program)

    write()
    return found


def without_unused(one: dict[str, Any]) -> Program:
    """The program without the scripts of tasks that never begin."""
    begun = {
        event[1]
        for what in ("lazy", "eager traces")
        for trace in one.get(what, ())
        for event in trace
    }
    if "eager traces" not in one and "eager" in one:
        begun |= {n for outcome in one["eager"] for n, *_ in outcome}
    return [script if n in begun else [] for n, script in enumerate(one["program"])]


def most_diverse(records: list[dict[str, Any]], many: int) -> list[dict[str, Any]]:
    """The programs in which most happens that did not happen in those before, one by one."""
    left = {n: steps_of(one) for n, one in enumerate(records)}
    chosen = []
    while left and len(chosen) < many:
        best = max(left, key=lambda n: len(left[n]))
        chosen.append(records[best])
        seen = left.pop(best)
        left = {n: steps - seen for n, steps in left.items()}
        if not any(left.values()):
            left = {n: steps_of(records[n]) for n in left}
    return chosen


def steps_of(one: dict[str, Any]) -> set[str]:
    """What follows what in each task."""
    steps = set()
    last: dict[Any, str] = {}
    for what in ("lazy", "eager traces"):
        for event in one.get(what, [[]])[0]:
            _, who, word, *rest = event
            kind = str([word, *rest[:1]])
            steps.add(f"{what} {last.get(who)} {kind}")
            last[who] = kind
    return steps


def report(records: list[dict[str, Any]], counts: Counter[str]) -> None:
    for one in records:
        counts["recorded"] += 1
        counts.update(f"compared: {what}" for what in COMPARED if what in one)
        counts.update(f"note: {note}" for note in one["notes"])
        counts["with several orders"] += len(one["lazy"]) > 1
        trace = one["lazy"][0]
        counts.update({f"has: {event[2]}" for event in trace})
        counts.update({f"main {end[1]}" for end in trace[-1][3][:1]})
        counts["some task is cancelled"] += any(end[1] == "cancelled" for end in trace[-1][3][:-3])
        counts["some task raises"] += any(end[1] == "raised" for end in trace[-1][3][:-3])
        counts["all tasks return"] += all(end[1] == "returned" for end in trace[-1][3][:-3])
        counts["three tasks or more"] += len(trace[-1][3]) >= 3 + 3
    for what, many in sorted(counts.items()):
        print(f"{many:7} {what}")
    lengths = sorted(len(one["lazy"][0]) for one in records)
    print("events:", [lengths[len(lengths) * part // 10] for part in range(10)], lengths[-1])
    print("bytes:", CI.stat().st_size, NIGHTLY.stat().st_size)


def show(program: Program) -> None:
    program += [[]] * (TASKS - len(program))
    one = record(program)
    print(json.dumps({what: it for what, it in one.items() if what not in COMPARED}))
    for what in COMPARED:
        for thing in one.get(what, ()):
            print(what, *map(json.dumps, thing), sep="\n  ")
    for name, how in WAYS.items():
        print(f"{name}: {('program' in one and difference(one, how)) or 'as recorded'}")


if __name__ == "__main__":
    main()
