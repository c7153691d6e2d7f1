"""asyncio's own tests, of the interpreter that runs this, with our classes in place.

    python tests/conformance

Nothing of them is copied: they are imported from the interpreter's ``test.test_asyncio``.  What
does not pass, and why, is in known.toml.  A failure that it does not know, or a pass that it does
not expect, fails the run.  Each module runs in a process of its own (``child.py``).
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from table import Table
from verdict import Module, Outcome, Verdict

import eagerly

# Most of asyncio's tests rely on tasks that start at the loop's next turn.
LAZY = [
    *("test_tasks", "test_taskgroups", "test_runners", "test_locks", "test_timeouts"),
    *("test_waitfor", "test_staggered", "test_queues", "test_futures", "test_futures2"),
    *("test_context", "test_pep492", "test_threads", "test_graph", "test_free_threading"),
    *("test_base_events", "test_streams", "test_subprocess", "test_eager_task_factory"),
]
EAGER = [
    *("test_eager_task_factory", "test_taskgroups", "test_runners", "test_locks", "test_timeouts"),
    *("test_waitfor", "test_staggered", "test_queues", "test_graph"),
]

AT_ONCE = 4  # processes: mostly they sleep
TIMEOUT = 300  # seconds, of a module: its process should have given up itself


def run(module: Module) -> Verdict:
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = Path(scratch, "outcomes")
        child = Path(__file__).with_name("child.py")
        try:
            process = subprocess.run(
                [sys.executable, child, *module, outcomes],
                capture_output=True, text=True, errors="replace", timeout=TIMEOUT, check=False,
            )  # fmt: skip
            died = process.returncode and f"exit {process.returncode}\n{process.stderr[-3000:]}"
        except subprocess.TimeoutExpired:
            died = f"it hung for {TIMEOUT} seconds"
        lines = outcomes.read_text().splitlines() if outcomes.exists() else []
    last = {outcome.test: outcome for outcome in (Outcome(*json.loads(line)) for line in lines)}
    return Verdict(module, list(last.values()), died or "", Table.here(module.start))


def modules() -> list[Module]:
    """What this interpreter has of the tests."""
    everywhere = [(name, "lazy") for name in LAZY] + [(name, "eager") for name in EAGER]
    return [
        Module(name, start)
        for name, start in everywhere
        if importlib.util.find_spec(f"test.test_asyncio.{name}")
    ]


def has_tests() -> bool:
    return all(map(importlib.util.find_spec, ("test", "test.test_asyncio")))


def main() -> int:
    python = f"CPython {sys.version.split()[0]}"
    if not has_tests():
        print(f"eagerly: {python} comes without test.test_asyncio here, so there is no conformance"
              " to show; on Debian and Ubuntu it is in libpython3-testsuite")  # fmt: skip
        return 1
    engine = "native" if eagerly.native else "interpreted"
    print(f"asyncio's own tests of {python}, with eagerly's {engine} classes in place")
    print(f"{'':<33}       run    passed     known  new fail  new pass")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = []
        for verdict in pool.map(run, modules()):
            print(verdict.line(), flush=True)
            verdicts.append(verdict)
    for verdict in verdicts:
        for deviation in verdict.deviations():
            print("\n" + deviation)
    return 0 if all(verdict.as_expected() for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
