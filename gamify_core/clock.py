"""Where "now" comes from. The engine asks one clock and nothing else does.

A clock is any zero-argument callable that returns an aware `datetime`, or any object with such a `.now()`
(so `ManualClock`, a class of your own, or a lambda in a test). Inside the library an instant is an `int`: microseconds
since 1970-01-01 UTC; these functions are the only place where the two meet.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from gamify_core.errors import BadValue, in_words
from gamify_core.exactly import exactly

__all__ = ["Clock", "ManualClock", "Now", "instant_of", "iso", "moment", "now_from", "offset_of"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND


class Now(Protocol):
    """An object that tells the time."""

    def now(self) -> datetime:
        """Return the present as an aware datetime."""
        ...


Clock = Callable[[], datetime] | Now


class ManualClock:
    """A clock that stands still until it is moved, for tests and simulations.

    >>> clock = ManualClock("2026-03-01T09:00+01:00")
    >>> clock.advance(days=1).isoformat()
    '2026-03-02T09:00:00+01:00'
    """

    def __init__(self, start: datetime | str = "2026-01-01T00:00+00:00") -> None:
        """Stand at `start`: an aware datetime, or ISO 8601 text with an offset."""
        self._now = _aware(_read(start, "start"), "start")

    def now(self) -> datetime:
        """Return where the clock stands."""
        return self._now

    def advance(
        self, *, weeks: float = 0, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Move on by an exact stretch of time (a day is 24 hours), and return the new now."""
        step = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        self._now = (self._now.astimezone(UTC) + step).astimezone(self._now.tzinfo)
        return self._now

    def set(self, moment: datetime | str) -> datetime:
        """Jump to `moment`, forwards or backwards, and return it."""
        self._now = _aware(_read(moment, "moment"), "moment")
        return self._now


def _read(value: datetime | str, field: str) -> datetime:
    value = exactly(value)
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        detail = f"{field} is {in_words(value)}, no aware datetime and no ISO 8601"
        raise BadValue(field, value, detail, hint="such as 2026-03-02T09:00+01:00") from None


def _aware(value: datetime, field: str) -> datetime:
    try:
        offset = value.utcoffset()
    except Exception as error:  # a zone of the caller's own
        detail = f"{field} has a time zone that cannot tell its offset: {type(error).__name__}"
        raise BadValue(field, None, detail) from error
    if offset is None:
        detail = f"{field} has no time zone: {value.isoformat()}"
        raise BadValue(field, value, detail, hint="add one, e.g. datetime.now(timezone.utc)")
    return value


def instant_of(value: object, field: str = "at") -> int:
    """Return the microseconds of an aware datetime; anything else is a `BadValue` that names `field`."""
    if not isinstance(value, datetime):
        detail = f"{field} must be an aware datetime, not {type(value).__name__}"
        raise BadValue(field, value, detail, hint="datetime.fromisoformat('2026-02-14T10:00:00+00:00')")
    instant = (_aware(exactly(value), field) - EPOCH) // _MICROSECOND
    if not _FIRST <= instant <= _LAST:  # such as the last evening of the year 9999 west of Greenwich
        detail = f"{field} lies outside the years 1 to 9999 in UTC: {value.isoformat()}"
        raise BadValue(field, value, detail)
    return instant


def offset_of(value: datetime) -> int:
    """Return the whole seconds that the datetime's own zone is ahead of UTC at that moment."""
    offset = exactly(value).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def moment(instant: int) -> datetime:
    """Return an instant as an aware datetime in UTC."""
    return EPOCH + timedelta(microseconds=instant)


def iso(instant: int | datetime) -> str:
    """Return an instant as the documents write it: `2026-02-14T10:00:00Z`, with fractions where there are any."""
    known = instant.astimezone(UTC) if isinstance(instant, datetime) else moment(instant)
    return known.isoformat().replace("+00:00", "Z")


def now_from(clock: Clock | None) -> Callable[[], tuple[int, int]]:
    """Return a function giving (microseconds, offset in seconds) by this clock; None is the system's, in UTC."""
    if clock is None:
        return lambda: (time.time_ns() // 1000, 0)
    tell: object = getattr(clock, "now", clock)
    if not callable(tell):
        detail = "clock must be callable or have .now()"
        raise BadValue("clock", clock, detail, hint="e.g. lambda: datetime.now(timezone.utc)")

    def now() -> tuple[int, int]:
        value = tell()
        return instant_of(value, "clock"), offset_of(value)

    return now
