"""Calendar periods as integer labels, and their first instants.

Promise: a label depends on the wall clock alone, never on a count of seconds, so days of 23 and 25 hours,
missing midnights, repeated hours and dates that never were come out right. Instants are microseconds since
the epoch, UTC. Labels of one calendar are consecutive integers: the next period is always `label + 1`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, Literal, get_args

from attrs import Attribute, field, frozen

from gamify_core.errors import BadValue, in_words
from gamify_core.exactly import exactly

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BEGINNING", "DAY", "END", "HOUR", "LONGEST_ROLLING", "MINUTE", "SECOND", "WEEK"]
__all__ += ["Calendar", "Kind", "duration", "rolling"]

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

Kind = Literal["hourly", "daily", "weekly", "monthly", "yearly", "days", "all_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = _EPOCH.toordinal()
_LAST_ORDINAL: Final = date.max.toordinal()
_MICROSECOND = timedelta(microseconds=1)
BEGINNING: Final = (1 - _EPOCH_ORDINAL) * DAY
"""The first instant of the year 1, UTC: nothing is earlier."""
END: Final = (_LAST_ORDINAL + 1 - _EPOCH_ORDINAL) * DAY
"""The first instant after the year 9999, UTC: everything is earlier."""

_CACHED: Final = 4096
_DURATION = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_NAMED = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:/P[0-9]+D)?)?|-W([0-9]{2}))?", re.ASCII)
_ROLLING = re.compile(r"last_([1-9][0-9]{0,3})d", re.ASCII)
LONGEST_ROLLING: Final = 3660
"""How many days a rolling period has at most."""
_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}


def duration(text: object) -> int:
    """Return the microseconds in `"90s"`, `"10m"`, `"24h"`, `"14d"` or `"2w"`; a day is 24 hours here."""
    text = exactly(text)
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        detail = f"{in_words(text)} is not a duration"
        raise BadValue("duration", text, detail, hint="a whole number and s, m, h, d or w, such as '24h'")
    return int(found[1]) * _UNITS[found[2]]


def rolling(period: str) -> int | None:
    """Return the days of a rolling period such as `last_30d`: a day and the 29 before it. None: it is no such."""
    found = _ROLLING.fullmatch(period)
    days = int(found[1]) if found is not None else 0
    return days if 0 < days <= LONGEST_ROLLING else None


def _within(low: int, high: int) -> Callable[[object, Attribute[int], int], None]:
    def check(_: object, attribute: Attribute[int], value: int) -> None:
        name = attribute.name
        if type(value) is not int or not low <= value <= high:
            raise BadValue(name, value, f"{name} is a whole number from {low} to {high}")

    return check


def _known(_: object, __: object, kind: str) -> None:
    if kind not in get_args(Kind):
        hint = f"one of {', '.join(get_args(Kind))}"
        raise BadValue("kind", kind, f"There is no period {kind!r}", hint=hint)


def _offset(instant: int, zone: tzinfo) -> int:
    """Return how far the zone's wall clock is ahead of UTC at an instant, in microseconds."""
    try:
        ahead = (_EPOCH + timedelta(microseconds=instant)).astimezone(zone).utcoffset()
    except OverflowError as cause:
        raise _outside("instant", instant) from cause
    return _micros(ahead)


def _micros(ahead: timedelta | None) -> int:
    return 0 if ahead is None else ahead // _MICROSECOND


def _outside(what: str, value: int) -> BadValue:
    return BadValue(what, value, f"The {what} {value} lies outside the years 1 to 9999")


@frozen(cache_hash=True)
class Calendar:
    """How time is cut into periods. `week_start` 0 is Monday; `day_start` is in minutes after midnight.

    A day that starts at 04:00 counts the small hours with the evening before, and so do the weeks, months and
    years made of such days. `days` and `anchor` (a proleptic ordinal) serve the kind `"days"`: periods of so
    many days, one of which begins on the anchor. Hours are those of UTC, whatever the zone.
    """

    kind: Kind = field(default="daily", validator=_known)
    week_start: int = field(default=0, validator=_within(0, 6))
    day_start: int = field(default=0, validator=_within(0, 1439))
    days: int = field(default=1, validator=_within(1, 3660))
    anchor: int = field(default=1, validator=_within(1, _LAST_ORDINAL))
    # Three caches and no part of the value: the stretch last looked at in each zone, those looked at lately (by the
    # day that UTC wrote, for who goes to and fro), and the edges of labels.
    _spans: dict[tzinfo, tuple[int, int, int]] = field(factory=dict, init=False, eq=False, repr=False)
    _lately: dict[tuple[tzinfo, int], tuple[int, int, int]] = field(
        factory=dict, init=False, eq=False, repr=False
    )
    _passes: dict[tuple[tzinfo, int], tuple[int, int]] = field(factory=dict, init=False, eq=False, repr=False)

    def __reduce__(self) -> tuple[type[Calendar], tuple[Kind, int, int, int, int]]:
        """Travel between processes without the caches."""
        return Calendar, (self.kind, self.week_start, self.day_start, self.days, self.anchor)

    def label(self, instant: int, zone: tzinfo) -> int:
        """Return the label of the period that holds an instant on the wall clock of a zone."""
        span = self._spans.get(zone)
        if span is not None and span[0] <= instant < span[1]:
            return span[2]
        span = self._lately.get((zone, instant // DAY))
        if span is not None and span[0] <= instant < span[1]:
            self._spans[zone] = span
            return span[2]
        label = self._reckon(instant, zone)
        self._remember(label, zone, instant)
        return label

    def begins(self, label: int, zone: tzinfo) -> int:
        """Return the first instant at which the zone's wall clock has reached the start of a period.

        Where that start is skipped it is the instant of the skip (so a date that never was begins with the
        next one); where it comes twice it is the first time.
        """
        return self._edges(label, zone)[0]

    def reaches(self, label: int, zone: tzinfo, after: int) -> int:
        """Return the first instant, `after` or later, whose label is this one or a higher one."""
        first, last = self._edges(label, zone)
        if after <= first:
            return first
        # Between the two edges the clock may have been put back over the start of the period.
        return last if after < last and self.label(after, zone) < label else after

    def text(self, label: int) -> str:
        """Return a label for people: `2026-02-14`, `2026-W07`, `2026-02`, `2026`, `2026-02-14T08Z`, `all`.

        A week belongs to the year of its fourth day, as in ISO 8601, whichever day it starts on. A period of
        several days is `2026-02-14/P3D`.
        """
        if self.kind == "all_time":
            return "all"
        if self.kind == "hourly":
            day = _day(label, label // 24 + _EPOCH_ORDINAL)
            return f"{day.isoformat()}T{label % 24:02}Z"
        if self.kind == "weekly":
            middle = _day(label, self._first_day(label) + 3)
            return f"{middle.year:04}-W{(middle.timetuple().tm_yday - 1) // 7 + 1:02}"
        first = _day(label, self._first_day(label)).isoformat()
        if self.kind == "days":
            return f"{first}/P{self.days}D"
        return first[: {"daily": 10, "monthly": 7, "yearly": 4}[self.kind]]

    def named(self, text: str) -> int | None:
        """Return the label that `text` wrote, or None for what it never wrote."""
        found = _NAMED.fullmatch(text)
        if found is None:
            return None
        year, month, day, week = (int(part or 0) for part in found.groups())
        try:
            if week:  # its fourth day lies in the week of that number of the year, counted from its first day
                first = date(year, 1, 1).toordinal() + 7 * (week - 1)
                ordinal = first + (self.week_start + 3 - (first - 1)) % 7
            else:
                ordinal = date(year, month or 1, day or 1).toordinal()
            label = self._of_day(ordinal)
            return label if self.text(label) == text else None
        except (ValueError, BadValue):
            return None

    def _reckon(self, instant: int, zone: tzinfo) -> int:
        if not BEGINNING <= instant < END:
            raise _outside("instant", instant)
        if self.kind == "hourly":
            return instant // HOUR
        if self.kind == "all_time":
            return 0
        wall = instant + _offset(instant, zone) - self.day_start * MINUTE
        return self._of_day(wall // DAY + _EPOCH_ORDINAL, instant)

    def _of_day(self, ordinal: int, instant: int | None = None) -> int:
        """Return the label of the period that a day is in; an `instant` is what an error is about."""
        if self.kind == "daily":
            return ordinal
        if self.kind == "weekly":
            return (ordinal - 1 - self.week_start) // 7
        if self.kind == "days":
            return (ordinal - self.anchor) // self.days
        day = _day(ordinal if instant is None else instant, ordinal)
        return day.year if self.kind == "yearly" else 12 * day.year + day.month - 1

    def _remember(self, label: int, zone: tzinfo, instant: int) -> None:
        try:
            # From the *last* time the clock passed the start: before it the label can be a lower one.
            low, high = self._edges(label, zone)[1], self._edges(label + 1, zone)[0]
        except BadValue:
            return  # the first or last period of the calendar has an edge outside the years 1 to 9999
        if len(self._spans) >= _CACHED:
            self._spans.clear()
        if len(self._lately) >= _CACHED:
            self._lately.clear()
        self._spans[zone] = self._lately[zone, instant // DAY] = (low, high, label)

    def _edges(self, label: int, zone: tzinfo) -> tuple[int, int]:
        """Return the first and the last instant at which the clock passes the start of a period."""
        edges = self._passes.get((zone, label))
        if edges is None:
            edges = self._work_out(label, zone)
            if len(self._passes) >= _CACHED:
                self._passes.clear()
            self._passes[zone, label] = edges
        return edges

    def _work_out(self, label: int, zone: tzinfo) -> tuple[int, int]:
        if self.kind in {"hourly", "all_time"}:
            at = label * HOUR if self.kind == "hourly" else BEGINNING + label * (END - BEGINNING)
            if not BEGINNING <= at <= END:
                raise _outside("label", label)
            return at, at
        ordinal = self._first_day(label)
        start = datetime.combine(_day(label, ordinal), datetime.min.time(), zone)
        start += timedelta(minutes=self.day_start)
        wall = (ordinal - _EPOCH_ORDINAL) * DAY + self.day_start * MINUTE
        first = wall - _micros(start.utcoffset())
        last = wall - _micros(start.replace(fold=1).utcoffset())
        if first <= last:
            return first, last
        # The start is skipped: the two readings lie on either side of the skip, which is found by halving.
        while first - last > 1:
            middle = (first + last) // 2
            if middle + _offset(middle, zone) >= wall:
                first = middle
            else:
                last = middle
        return first, first

    def _first_day(self, label: int) -> int:
        if self.kind == "daily":
            return label
        if self.kind == "weekly":
            return label * 7 + 1 + self.week_start
        if self.kind == "days":
            return label * self.days + self.anchor
        year, month = (label, 0) if self.kind == "yearly" else divmod(label, 12)
        if not 1 <= year <= date.max.year:
            raise _outside("label", label)
        return date(year, month + 1, 1).toordinal()


def _day(value: int, ordinal: int) -> date:
    if not 1 <= ordinal <= _LAST_ORDINAL:
        raise _outside("label", value)
    return date.fromordinal(ordinal)
