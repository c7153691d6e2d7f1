"""known.toml can be read, and decides: a deviation from it fails `make conformance`."""

from __future__ import annotations

import pytest
from table import PYTHONS, STARTS, Reason, Table
from verdict import Module, Outcome, Verdict

REASONS = Table.read().reasons
PATTERNS = [pattern for reason in REASONS for pattern in reason.tests]


@pytest.mark.parametrize("reason", REASONS, ids=[reason.why for reason in REASONS])
def test_a_reason_says_why_which_and_where(reason):
    assert reason.why
    assert reason.tests
    assert set(reason.python) <= set(PYTHONS)
    assert set(reason.start) <= set(STARTS)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_names_one_test_of_a_class(pattern):
    module, case, test = pattern.split(".")
    assert module.startswith("test_")
    assert "*" not in module + test
    assert case.strip("*")


def test_a_test_fails_for_one_reason():
    assert len(PATTERNS) == len(set(PATTERNS))


class TestVerdict:
    TABLE = Table([Reason("it is private", ["test_m.C*.test_known"], ["3.15"], ["lazy"])])

    def verdict(self, *outcomes, died=""):
        module = Module("test_m", "lazy")
        outcomes = [Outcome(f"test_m.CTask.{name}", how, "") for name, how in outcomes]
        return Verdict(module, outcomes, died, self.TABLE)

    def test_a_known_failure_is_as_expected(self):
        verdict = self.verdict(("test_known", "failed"), ("test_other", "passed"))
        assert verdict.as_expected()
        assert not list(verdict.deviations())

    @pytest.mark.parametrize(
        ("test", "how", "says"),
        [
            ("test_other", "failed", "NEW FAILURE test_m.CTask.test_other"),
            ("test_other", "started", "NEW FAILURE test_m.CTask.test_other"),
            ("test_known", "passed", "NEW PASS test_m.CTask.test_known"),
        ],
    )
    def test_what_the_table_does_not_say_is_a_deviation(self, test, how, says):
        verdict = self.verdict((test, how))
        assert not verdict.as_expected()
        assert next(verdict.deviations()).startswith(says)

    def test_a_process_that_died_is_a_deviation_whatever_it_did_before(self):
        assert not self.verdict(("test_other", "passed"), died="exit -11").as_expected()

    def test_a_module_of_which_nothing_ran_is_a_deviation(self):
        assert not self.verdict().as_expected()
