"""Recorded programs: with our tasks happens what happens with those of asyncio 3.15.

Turn by turn, lazily and eagerly; ``differences.py`` lists what is not compared, and why.
``record.py`` wrote the programs.
"""

from __future__ import annotations

import pytest
from ours import WAYS, difference
from recorded import CI, NIGHTLY, load

from eagerly.engine import ready

pytestmark = [
    pytest.mark.filterwarnings("error::RuntimeWarning"),
    pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def without_the_clock(monkeypatch):
    """A busy machine does not make a group give way to the loop."""
    monkeypatch.setattr(ready, "LONG", float("inf"))


RUNS = [pytest.param(CI, way, id=f"ci, {way}") for way in WAYS] + [
    pytest.param(NIGHTLY, way, id=f"nightly, {way}", marks=pytest.mark.slow)
    for way in ("lazily", "eagerly")
]


@pytest.mark.parametrize(("path", "way"), RUNS)
def test_what_happens_is_what_happens_in_asyncio(path, way):
    differences = [found for record in load(path) if (found := difference(record, WAYS[way]))]
    assert not differences, f"{len(differences)} differ, as\n{min(differences, key=len)}"
