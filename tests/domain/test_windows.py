"""Windows that end at an instant: exact stretches, and months of the calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.domain.periods import BEGINNING, DAY, HOUR, WEEK
from gamify_core.domain.windows import Length, length
from gamify_core.domain.zones import zone
from gamify_core.errors import BadValue

PARIS = zone("Europe/Paris")


def at(text: str) -> int:
    """Return an instant from text."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // (datetime.resolution)


@pytest.mark.parametrize(
    ("text", "span"), [("24h", 24 * HOUR), ("1h", HOUR), ("7d", 7 * DAY), ("2w", 2 * WEEK), ("90d", 90 * DAY)]
)
def test_hours_days_and_weeks_are_exact(text: str, span: int) -> None:
    """They are so many microseconds, also across a night in which the clocks change."""
    end = at("2026-03-30T12:00+02:00")
    assert end - length(text).before(end, PARIS) == span
    assert str(length(text)) == text


@pytest.mark.parametrize(
    ("text", "end", "start"),
    [
        ("3mo", "2026-05-31T10:00+02:00", "2026-02-28T10:00+01:00"),
        ("1mo", "2024-03-31T10:00+02:00", "2024-02-29T10:00+01:00"),
        ("1y", "2024-02-29T10:00+01:00", "2023-02-28T10:00+01:00"),
        ("12mo", "2026-07-01T00:00+02:00", "2025-07-01T00:00+02:00"),
        # On the wall clock: half past two did not come on the night of the 29th, half an hour past three did
        ("1mo", "2026-04-29T02:30+02:00", "2026-03-29T03:30+02:00"),
    ],
)
def test_months_and_years_are_of_the_calendar(text: str, end: str, start: str) -> None:
    """They are counted in one step on the wall clock of the zone; a day that is missing is the last of its month."""
    assert length(text).before(at(end), PARIS) == at(start)


@pytest.mark.parametrize("text", ["999999999mo", "999999999y", "9999y", "2027y", "999999999w"])
def test_nothing_is_before_the_beginning(text: str) -> None:
    """A window longer than the calendar begins where the calendar does."""
    assert length(text).before(at("2026-03-02T09:00+00:00"), UTC) == BEGINNING


@pytest.mark.parametrize(
    "text",
    ["", "7", "d", "0d", "-1d", "07d", "7 d", "7D", "3m", "1.5d", "7d ", "\u0667d", "1000000000d", None, 8],
)
def test_what_is_no_length_is_refused(text: object) -> None:
    """The error names the field and says what to write; minutes and months cannot be mixed up."""
    with pytest.raises(BadValue, match="is not a length of time") as caught:
        length(text)
    assert (caught.value.field, "mo (months)" in caught.value.hint) == ("window", True)


ENDS = st.sampled_from(
    [
        at(f"{day}T{hour}+00:00")
        for day in ("2024-02-29", "2026-03-29", "2026-10-25", "2026-12-31")
        for hour in ("00:00", "00:59:59.999999", "01:00", "23:59:59.999999")
    ]
)


@given(ENDS, st.integers(1, 40), st.sampled_from(["h", "d", "w", "mo", "y"]))
def test_a_longer_window_begins_no_later(end: int, count: int, unit: str) -> None:
    """A window ends after it begins, and one of one more of the same unit holds it."""
    for where in (UTC, PARIS, zone("Pacific/Apia")):
        starts = [Length(n, unit).before(end, where) for n in (count + 1, count)]
        assert starts[0] <= starts[1] < end
