"""What `make count` tells of the figures, and when it fails; valgrind has no part in this."""

from __future__ import annotations

import pytest
from comparing import judge, table

KEPT = {"floor": 500, "step": 1000}


@pytest.mark.parametrize("now", [1051, 2000])
def test_a_rise_of_more_than_five_percent_fails(now):
    _, status = judge(KEPT, KEPT | {"step": now})
    assert status == 1


def test_it_says_what_rose_by_how_much_and_how_to_accept_it():
    said, _ = judge(KEPT, KEPT | {"step": 1100})
    first, which, last = said
    assert first.startswith("FAILED")
    assert which.split() == ["step:", "1,000", "instructions,", "now", "1,100", "(+10.0%)"]
    assert "make count ARGS=--record" in last


@pytest.mark.parametrize("now", [950, 1000, 1050])
def test_of_five_percent_up_or_down_nothing_is_said(now):
    assert judge(KEPT, KEPT | {"step": now}, strict=True) == ([], 0)


def test_a_fall_of_more_than_five_percent_passes_with_the_advice_to_record_it():
    (advice, which), status = judge(KEPT, KEPT | {"step": 949})
    assert "fewer" in advice
    assert "make count ARGS=--record" in advice
    assert "step" in which
    assert status == 0


def test_a_fall_does_not_make_up_for_a_rise():
    said, status = judge(KEPT, {"floor": 600, "step": 500})
    assert "floor" in "".join(said)
    assert "step" in "".join(said)
    assert status == 1


@pytest.mark.parametrize("before", [{}, {"floor": 500}], ids=["none", "not of this program"])
def test_figures_that_were_never_recorded_are_missed_aloud(before):
    said, status = judge(before, KEPT)
    assert said[0].startswith("NOT GUARDED: no figures")
    assert "make count ARGS=--record" in said[0]
    assert "  step" in said
    assert status == 0


@pytest.mark.parametrize("before", [{}, {"floor": 500}], ids=["none", "not of this program"])
def test_strictly_they_have_to_be_there(before):
    said, status = judge(before, KEPT, strict=True)
    assert said[0].startswith("FAILED")
    assert status == 1


def test_the_table_shows_what_changed_and_how_many_floors_it_costs():
    _, floor, step, new = table(KEPT, KEPT | {"step": 1100, "new": 7}).splitlines()
    assert floor.split() == ["floor", "500", "500", "+0.0%", "1.0"]
    assert step.split() == ["step", "1,100", "1,000", "+10.0%", "2.2"]
    assert new.split() == ["new", "7", "-", "-", "0.0"]
