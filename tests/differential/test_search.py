"""New programs, where the interpreter's own asyncio is the one that we mean to be like."""

from __future__ import annotations

import os
import sys

import pytest
from asyncio_315 import record
from hypothesis import HealthCheck, assume, given, settings
from language import programs
from ours import WAYS, difference

from eagerly.engine import ready

pytestmark = [
    pytest.mark.skipif(sys.version_info[:2] != (3, 15), reason="asyncio 3.15 is the reference"),
    pytest.mark.filterwarnings("ignore:coroutine 'World.run' was never awaited"),
]


@pytest.mark.parametrize(
    "many", [50, pytest.param(3000, marks=pytest.mark.slow)], ids=lambda many: f"{many} programs"
)
def test_a_new_program_does_what_it_does_in_asyncio(many, monkeypatch):
    monkeypatch.setattr(ready, "LONG", float("inf"))

    @settings(
        max_examples=many, deadline=None, database=None, derandomize="CI" in os.environ,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(programs)
    def search(program):
        one = record(program)
        assume("program" in one)
        for how in WAYS.values():
            found = difference(one, how)
            assert not found, found

    search()
