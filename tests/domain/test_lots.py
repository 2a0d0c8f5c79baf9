from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import BadValue
from gamify_core.clock import instant_of, moment
from gamify_core.domain.lots import Lot, draw, later, length, restored
from gamify_core.domain.periods import Calendar
from gamify_core.domain.reviews import falls_to, held_until, next_review

PARIS = ZoneInfo("Europe/Paris")
LOTS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 50), st.integers(1, 9)),
    max_size=6,
    unique_by=lambda lot: lot[:2],
).map(lambda lots: [Lot(*lot) for lot in lots])


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2026-01-31T12:00+00:00", "1mo", "2026-02-28T12:00+00:00"),  # the last day there is
        ("2024-02-29T12:00+00:00", "1y", "2025-02-28T12:00+00:00"),
        (
            "2026-03-01T09:00+00:00",
            "1mo",
            "2026-04-01T08:00+00:00",
        ),  # ten o'clock on the wall, before and after
        ("2026-03-28T09:00+00:00", "2d", "2026-03-30T09:00+00:00"),  # days are 24 hours
        ("2026-03-28T09:00+00:00", "15m", "2026-03-28T09:15+00:00"),
    ],
)
def test_months_go_by_the_calendar_and_days_by_the_hour(start: str, text: str, end: str) -> None:
    """A month is one of the calendar on the wall of a zone, a day 24 hours."""
    instant = instant_of(datetime.fromisoformat(start))
    assert moment(later(instant, text, PARIS)) == datetime.fromisoformat(end)


@pytest.mark.parametrize("text", ["", "0d", "-1d", "1", "d", "1.5d", "101y", "1 mo", "mo", None, 3, "99999w"])
def test_what_is_no_length_of_time_is_refused(text: object) -> None:
    """Nothing, less than nothing, and more than a hundred years are no lengths."""
    with pytest.raises(BadValue):
        length(text)


@given(LOTS, st.integers(0, 60))
def test_what_lapses_first_is_spent_first(lots: list[Lot], amount: int) -> None:
    """Whatever is left of a lot, nothing was taken of one that lapses later; and no more is taken than there is."""
    taken = draw(lots, amount)
    assert sum(lot.left for lot in taken) == min(amount, sum(lot.left for lot in lots))
    left = {lot[:2]: lot.left for lot in lots}
    for lot in taken:
        left[lot[:2]] -= lot.left
    assert all(each >= 0 for each in left.values())
    unspent = [name for name, each in left.items() if each]
    assert not taken or not unspent or max(lot[:2] for lot in taken) <= min(unspent)


@given(LOTS, st.integers(0, 10), st.lists(st.integers(1, 20), max_size=6))
def test_parts_that_come_back_are_what_the_whole_would_be(
    lots: list[Lot], endless: int, parts: list[int]
) -> None:
    """Giving back in parts gives the lots the same as giving back their sum at once, all of it in the end."""
    whole = endless + sum(lot.left for lot in lots)
    drawn, left, given_back = list(lots), whole, 0
    for wanted in parts:
        part = min(wanted, left)
        back = {lot[:2]: lot.left for lot in restored(drawn, part, left)}
        drawn = [lot._replace(left=lot.left - back.get(lot[:2], 0)) for lot in drawn]
        left, given_back = left - part, given_back + part
    at_once = {lot[:2]: lot.left for lot in restored(lots, given_back, whole)}
    assert {lot[:2]: lot.left - at_once.get(lot[:2], 0) for lot in lots} == {
        lot[:2]: lot.left for lot in drawn
    }
    assert sum(lot.left for lot in restored(lots, whole, whole)) == whole - endless


def test_a_rung_stands_to_the_end_of_the_period_after_the_one_that_earned_it() -> None:
    """Periods begin where their zone begins them, and earning a rung again makes it safe for one period more."""
    years = Calendar("yearly")
    summer = instant_of(datetime(2026, 7, 1, tzinfo=UTC))
    new_year = instant_of(datetime(2026, 12, 31, 23, tzinfo=UTC))
    assert next_review(years, PARIS, summer) == new_year
    assert next_review(years, PARIS, new_year) == instant_of(datetime(2027, 12, 31, 23, tzinfo=UTC))
    assert held_until(years, PARIS, summer, earned=False) == new_year
    assert held_until(years, PARIS, summer, earned=True) == instant_of(datetime(2027, 12, 31, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("at", "earned", "fall", "to"),
    [
        (3, 1, "all", 1),
        (3, 1, "one", 2),
        (3, 3, "one", 3),
        (3, 3, "all", 3),
        (1, -1, "one", 0),
        (0, -1, "one", -1),
        (3, -1, "all", -1),
    ],
)
def test_a_fall_is_by_one_rung_or_to_what_was_earned(at: int, earned: int, fall: str, to: int) -> None:
    """Never below what the period has earned, and never at all from what it has."""
    assert falls_to((0, 1, 2, 3), at, earned, fall) == to
