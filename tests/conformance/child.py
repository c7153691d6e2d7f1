"""Run one module of ``test.test_asyncio`` with our classes in place: the child of ``__main__``.

    python child.py MODULE lazy|eager OUTCOMES

A test's name and outcome are a line of JSON in the file OUTCOMES, one when it starts and one when
it ends, so that who crashes has a name.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import importlib
import json
import re
import signal
import sys
import unittest
from collections.abc import Iterator
from typing import Any, TextIO

from table import Table

import eagerly

TOO_LONG = 60.0  # seconds, of a test: on a busy machine one that does not hang took ten
FAR_TOO_LONG = 240.0  # of a module: a test hangs where no signal reaches it


class Outcomes(unittest.TestResult):
    """Writes what becomes of each test, and stops the one that hangs."""

    def __init__(self, file: TextIO) -> None:
        super().__init__()
        self.file = file
        self.outcome = ""
        self.details = ""

    def write(self, test: Any) -> None:
        print(json.dumps([name_of(test), self.outcome, self.details]), file=self.file, flush=True)

    def startTest(self, test: Any) -> None:
        self.outcome, self.details = "started", ""
        self.write(test)
        self.outcome = "passed"
        # Again and again: the first may be raised inside a callback of the loop, and be lost there.
        signal.setitimer(signal.ITIMER_REAL, TOO_LONG, 0.1)

    def stopTest(self, test: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.write(test)

    def addError(self, test: Any, err: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.outcome = "failed"
        self.details += self._exc_info_to_string(err, test)

    addFailure = addError

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self.addError(subtest, err)

    def addUnexpectedSuccess(self, test: Any) -> None:
        self.outcome, self.details = "failed", "it was expected to fail"

    def addSkip(self, test: Any, reason: str) -> None:
        self.outcome, self.details = "skipped", reason


class Hangs(Exception):
    """The test takes too long."""


def hangs(*_: Any) -> None:
    raise Hangs


def put_in_place(start: str) -> None:
    eagerly.install(eager_start=start == "eager")
    asyncio.tasks._CTask = eagerly.Task  # what the tests of the C Task are about


def is_about_pythons_task(case: type[unittest.TestCase]) -> bool:
    """Does *case* test the Task or Future that is written in Python?  Those are not replaced."""
    return re.search("(?<!_)Py", case.__name__) is not None  # CTask_PyFuture_Tests is ours


def tests_of(module: Any) -> Iterator[unittest.TestCase]:
    for case in vars(module).values():
        if not isinstance(case, type) or not issubclass(case, unittest.TestCase):
            continue
        if not is_about_pythons_task(case):
            yield from unittest.defaultTestLoader.loadTestsFromTestCase(case)


def name_of(test: unittest.TestCase) -> str:
    return test.id().removeprefix("test.test_asyncio.")


def main(name: str, start: str, path: str) -> None:
    faulthandler.dump_traceback_later(FAR_TOO_LONG, exit=True)
    signal.signal(signal.SIGALRM, hangs)
    put_in_place(start)
    module = importlib.import_module(f"test.test_asyncio.{name}")
    known = Table.here(start)
    with open(path, "w") as file:
        outcomes = Outcomes(file)
        suite = unittest.TestSuite()  # it calls setUpModule() and tearDownModule(), too
        for test in tests_of(module):
            if known.hangs(name_of(test)):
                outcomes.outcome = "hangs"
                outcomes.write(test)
            else:
                suite.addTest(test)
        gc.collect()
        gc.freeze()  # some tests collect a hundred times
        suite.run(outcomes)


if __name__ == "__main__":
    main(*sys.argv[1:])
