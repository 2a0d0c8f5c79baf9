"""Windows of time that end at an instant: `"24h"`, `"7d"`, `"2w"`, `"3mo"`, `"1y"`.

Promise: hours, days and weeks are stretches of so many microseconds (a day is 24 hours here, as in every duration);
months and years are those of the calendar, counted in one step back from the instant itself on the wall clock of a
zone, so that three months before the 31st of May is the last of February and not what chained steps drift to.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import attrs
from dateutil.relativedelta import relativedelta

from gamify_core.domain.periods import BEGINNING, DAY, HOUR, WEEK
from gamify_core.errors import BadValue, in_words
from gamify_core.exactly import exactly

__all__ = ["Length", "length"]

_EXACT: Final = {"h": HOUR, "d": DAY, "w": WEEK}
_LENGTH: Final = re.compile(r"([1-9][0-9]{0,8})(h|d|w|mo|y)", re.ASCII)
_MONTHS: Final = {"mo": 1, "y": 12}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@attrs.frozen
class Length:
    """How long a window is: so many of a unit."""

    count: int
    unit: str

    def before(self, end: int, zone: tzinfo) -> int:
        """Return the instant that lies this long before `end`, or the beginning of all time where that is later."""
        if self.unit in _EXACT:
            return max(end - self.count * _EXACT[self.unit], BEGINNING)
        try:
            wall = (_EPOCH + timedelta(microseconds=end)).astimezone(zone)
            then = wall - relativedelta(months=self.count * _MONTHS[self.unit])
            return max((then - _EPOCH) // _MICROSECOND, BEGINNING)
        except (ValueError, OverflowError):  # no clock shows what was before the year 1
            return BEGINNING

    def __str__(self) -> str:
        """Return the length as it is written: `3mo`."""
        return f"{self.count}{self.unit}"


def length(text: object, field: str = "window") -> Length:
    """Return the length that a text says. Raises `BadValue`."""
    text = exactly(text)
    found = _LENGTH.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        detail = f"{field} {in_words(text)} is not a length of time"
        hint = "a whole number and h, d, w, mo (months) or y, such as '7d', or two aware datetimes"
        raise BadValue(field, text, detail, hint=hint)
    return Length(int(found[1]), found[2])
