"""Periods: labels that follow the wall clock, and boundaries that are exact to the microsecond."""

from __future__ import annotations

import pickle
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.domain.periods import (
    BEGINNING,
    DAY,
    END,
    HOUR,
    MINUTE,
    SECOND,
    WEEK,
    Calendar,
    Kind,
    duration,
)
from gamify_core.domain.zones import fixed, zone
from gamify_core.errors import BadValue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _at(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)


def _fresh(calendar: Calendar) -> Calendar:
    """Return the same calendar with nothing remembered."""
    return attrs.evolve(calendar)


# The zone, an instant near which its clock did something strange, and what that was.
_STRANGE = (
    ("UTC", "2026-03-01T00:00+00:00"),
    ("+05:45", "2026-03-01T00:00+05:45"),
    ("America/New_York", "2024-03-10T07:00+00:00"),  # an hour is missing
    ("America/New_York", "2024-11-03T06:00+00:00"),  # an hour comes twice
    ("America/Sao_Paulo", "2018-11-04T03:00+00:00"),  # midnight is missing
    ("America/Havana", "2024-11-03T05:00+00:00"),  # the hour after midnight comes twice
    ("America/Toronto", "1919-03-31T04:30+00:00"),  # 23:30 to 00:30 is missing
    ("America/Goose_Bay", "2010-11-07T03:01+00:00"),  # a minute past midnight, back to yesterday
    ("Pacific/Apia", "2011-12-30T10:00+00:00"),  # a whole date is missing
    ("Pacific/Kwajalein", "1993-08-21T12:00+00:00"),  # so it is here
    ("America/Juneau", "1867-10-19T00:00+00:00"),  # and here one came twice
)
_BACKWARDS = {"America/Goose_Bay", "America/Juneau"}
_CALENDARS = (
    Calendar("hourly"),
    Calendar("daily"),
    Calendar("daily", day_start=240),
    Calendar("daily", day_start=30),
    Calendar("weekly"),
    Calendar("weekly", week_start=6),
    Calendar("monthly"),
    Calendar("yearly"),
    Calendar("days", days=3, anchor=730_000),
)
_PLACES = st.sampled_from(_STRANGE)
_NUDGES = st.builds(
    lambda steps, unit, by: steps * unit + by,
    st.integers(-60, 60),
    st.sampled_from((MINUTE, 30 * MINUTE, HOUR, DAY)),
    st.sampled_from((0, 1, -1, 30 * SECOND)),
)


@pytest.mark.parametrize(
    ("calendar", "label", "text"),
    [
        (Calendar("daily"), date(2026, 2, 14).toordinal(), "2026-02-14"),
        (Calendar("weekly"), (date(2026, 2, 14).toordinal() - 1) // 7, "2026-W07"),
        (Calendar("monthly"), 12 * 2026 + 1, "2026-02"),
        (Calendar("yearly"), 2026, "2026"),
        (
            Calendar("hourly"),
            (date(2026, 2, 14).toordinal() - date(1970, 1, 1).toordinal()) * 24 + 8,
            "2026-02-14T08Z",
        ),
        (Calendar("all_time"), 0, "all"),
        (Calendar("days", days=10, anchor=date(2026, 2, 4).toordinal()), 1, "2026-02-14/P10D"),
    ],
)
def test_labels_and_texts(calendar: Calendar, label: int, text: str) -> None:
    """Each kind of period has the documented label and a text that a person can read."""
    at = _at("2026-02-14T08:30+00:00")
    assert calendar.label(at, zone("UTC")) == label
    assert calendar.text(label) == text
    assert calendar.begins(label, zone("UTC")) <= at < calendar.begins(label + 1, zone("UTC"))


@given(st.dates(date(2, 1, 1), date(9998, 12, 31)))
def test_weeks_are_those_of_the_iso(day: date) -> None:
    """A week that starts on Monday is named as ISO 8601 names it, over every turn of the year."""
    calendar = Calendar("weekly")
    label = calendar.label((day.toordinal() - 719_163) * DAY, zone("UTC"))
    year, week, _ = day.isocalendar()
    assert calendar.text(label) == f"{year:04}-W{week:02}"


@given(st.sampled_from(_CALENDARS), _PLACES, _NUDGES)
def test_a_period_holds_the_instants_from_its_beginning(
    calendar: Calendar, place: tuple[str, str], by: int
) -> None:
    """Nothing before a period's first instant has its label or a higher one, and that instant has."""
    name, around = place
    here, at = zone(name), _at(around) + by
    label = calendar.label(at, here)
    begins = calendar.begins(label, here)
    following = calendar.begins(label + 1, here)
    assert begins <= at
    assert begins < following  # this label occurs, so it has a length
    assert at < following or name in _BACKWARDS
    assert calendar.label(begins, here) >= label
    assert all(calendar.label(begins - before, here) < label for before in (1, MINUTE, HOUR, DAY))


@given(st.sampled_from(_CALENDARS), _PLACES, st.lists(_NUDGES, min_size=2, max_size=12))
def test_what_is_remembered_is_what_is_worked_out(
    calendar: Calendar, place: tuple[str, str], nudges: list[int]
) -> None:
    """A calendar that has answered before answers exactly as one that has not."""
    name, around = place
    used, here = _fresh(calendar), zone(name)
    for by in nudges:
        at = _at(around) + by
        assert used.label(at, here) == _fresh(calendar).label(at, here)
        assert used.label(at, zone("UTC")) == _fresh(calendar).label(at, zone("UTC"))


@given(st.sampled_from(_CALENDARS), _PLACES, _NUDGES, st.integers(-2, 2))
def test_reaches_is_the_first_instant_not_before(
    calendar: Calendar, place: tuple[str, str], by: int, ahead: int
) -> None:
    """`reaches` is at or after the given instant, shows the label, and nothing in between does."""
    name, around = place
    here, after = zone(name), _at(around) + by
    label = calendar.label(after, here) + ahead
    found = calendar.reaches(label, here, after)
    assert found >= after
    assert calendar.label(found, here) >= label
    between = (after, found - 1, (after + found) // 2)
    assert all(calendar.label(t, here) < label for t in between if after <= t < found)


@pytest.mark.parametrize(
    ("name", "day", "begins"),
    [
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30+00:00"),
        ("America/Havana", "2024-11-03", "2024-11-03T04:00+00:00"),
        ("America/Havana", "2024-03-10", "2024-03-10T05:00+00:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00+00:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00+00:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00+00:00"),
        ("America/Goose_Bay", "2010-11-07", "2010-11-07T03:00+00:00"),
        ("America/New_York", "2024-03-11", "2024-03-11T04:00+00:00"),
    ],
)
def test_days_begin_where_the_clock_first_gets_there(name: str, day: str, begins: str) -> None:
    """A missing midnight is the instant of the skip, a repeated one its first pass, a missing date empty."""
    assert Calendar().begins(date.fromisoformat(day).toordinal(), zone(name)) == _at(begins)


@pytest.mark.parametrize("minutes", [120, 121, 137, 150, 179, 180])
def test_a_day_start_inside_a_gap(minutes: int) -> None:
    """A day that starts within the skipped hour starts at the skip, to the microsecond."""
    calendar = Calendar(day_start=minutes)
    assert calendar.begins(date(2024, 3, 10).toordinal(), zone("America/New_York")) == _at(
        "2024-03-10T07:00+00:00"
    )


def test_the_date_goes_back_and_so_does_the_label() -> None:
    """Where the clock goes back over midnight the earlier label comes again, and is found again."""
    calendar, here = Calendar(), zone("America/Goose_Bay")
    first, again = _at("2010-11-07T03:00:30+00:00"), _at("2010-11-07T03:30+00:00")
    seventh = date(2010, 11, 7).toordinal()
    assert [calendar.label(first + DAY, here), calendar.label(first, here)] == [seventh, seventh]
    assert calendar.label(again, here) == seventh - 1
    assert calendar.reaches(seventh, here, again) == _at("2010-11-07T04:00+00:00")
    assert calendar.reaches(seventh, here, first) == first


@pytest.mark.parametrize("kind", ["daily", "weekly", "monthly", "yearly", "hourly"])
@pytest.mark.parametrize("name", ["UTC", "Asia/Tokyo", "America/New_York", "+23:59", "-23:59"])
def test_the_ends_of_the_calendar(kind: Kind, name: str) -> None:
    """Around the years 1 and 9999 there is an answer or a `BadValue`, never another error."""
    calendar, here = Calendar(kind), zone(name)
    answers = []
    for at in (BEGINNING - 1, BEGINNING, BEGINNING + 2 * DAY, END - 2 * DAY, END - 1, END, 1 << 80):
        try:
            label = calendar.label(at, here)
        except BadValue:
            continue
        answers.append(at)
        for near in (label - 1, label, label + 1):
            with suppress(BadValue):
                assert calendar.reaches(near, here, at) >= at
            with suppress(BadValue):
                assert calendar.begins(near, here) <= at + 367 * DAY
    assert (
        {BEGINNING + 2 * DAY, END - 2 * DAY}
        <= set(answers)
        <= {BEGINNING, BEGINNING + 2 * DAY, END - 2 * DAY, END - 1}
    )


@pytest.mark.parametrize(
    ("kind", "label"), [("daily", 0), ("daily", 3_652_060), ("weekly", -1), ("monthly", 11)]
)
def test_labels_that_do_not_exist_have_no_text(kind: Kind, label: int) -> None:
    """A label outside the years 1 to 9999 is a `BadValue`."""
    with pytest.raises(BadValue, match="outside the years 1 to 9999"):
        Calendar(kind).text(label)


def test_all_time_is_one_period() -> None:
    """All time has one label, which no instant leaves."""
    calendar = Calendar("all_time")
    assert {calendar.label(at, zone("UTC")) for at in (BEGINNING, 0, END - 1)} == {0}
    assert (calendar.begins(0, zone("UTC")), calendar.begins(1, zone("UTC"))) == (BEGINNING, END)
    with pytest.raises(BadValue):
        calendar.begins(2, zone("UTC"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "fortnightly"},
        {"week_start": 7},
        {"day_start": 1440},
        {"days": 0},
        {"anchor": 0},
        {"days": True},
    ],
)
def test_calendars_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    """A field out of range is a `BadValue` that names it."""
    with pytest.raises(BadValue) as caught:
        Calendar(**wrong)  # type: ignore[arg-type]
    assert caught.value.field == next(iter(wrong))


def test_calendars_are_values() -> None:
    """Calendars compare and hash by what they say, and travel between processes, whatever they remember."""
    used = Calendar("weekly", week_start=6)
    used.label(0, zone("Europe/Paris"))
    assert used == Calendar("weekly", week_start=6) != Calendar("weekly")
    assert len({used, Calendar("weekly", week_start=6)}) == 1
    assert pickle.loads(pickle.dumps(used)) == used  # noqa: S301
    assert "span" not in repr(used)


def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a calendar remembers is forgotten when there is too much of it, and answers stay the same."""
    monkeypatch.setattr("gamify_core.domain.periods._CACHED", 3)
    calendar = Calendar()
    for offset in range(0, 36_000, 3600):
        assert calendar.label(DAY + HOUR, fixed(offset)) == 719_164
    assert len(calendar._spans) <= 3  # noqa: SLF001 - memory has no other face
    assert len(calendar._passes) <= 4  # noqa: SLF001


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", 90 * SECOND),
        ("10m", 10 * MINUTE),
        ("24h", DAY),
        ("14d", 14 * DAY),
        ("2w", 2 * WEEK),
        ("0s", 0),
    ],
)
def test_durations(text: str, length: int) -> None:
    """A duration is a whole number and a unit."""
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "10", "h", "-1h", "1.5h", "1h30m", "10 m", "10M", "1h\n", "٣h", 24])
def test_other_durations_are_refused(text: str) -> None:
    """Anything else is a `BadValue`, not a guess."""
    with pytest.raises(BadValue, match="is not a duration"):
        duration(text)
