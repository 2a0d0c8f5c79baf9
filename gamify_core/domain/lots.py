"""Points that lapse: which of them are spent first, and when what is promised comes about.

Promise: the lot that lapses first is spent first, so no more lapses than has to; what has no end is spent last.
Everything here is reckoned in whole points and microseconds, from values alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from dateutil.relativedelta import relativedelta

from gamify_core.domain.periods import duration
from gamify_core.errors import BadValue, in_words
from gamify_core.exactly import exactly

__all__ = ["Lot", "draw", "later", "length", "restored"]

_CALENDAR: Final = re.compile(r"([0-9]{1,4})(mo|y)", re.ASCII)
_LONGEST: Final = 1200  # months
_LONGEST_SPAN: Final = 36_525 * 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Lot(NamedTuple):
    """So much of what one movement (`version` of the wallet of number `holder`) brought lapses at `expires`."""

    expires: int
    version: int
    left: int
    holder: int = 0


def length(text: object) -> str:
    """Return a stretch of time that points wait or last: `90s`, `15m`, `24h`, `14d`, `2w`, `3mo`, `1y`.

    Raises `BadValue`. Nothing lasts longer than a hundred years, or no time at all.
    """
    text = exactly(text)
    found = _CALENDAR.fullmatch(text) if isinstance(text, str) else None
    if found is not None:
        sound = 0 < int(found[1]) * (12 if found[2] == "y" else 1) <= _LONGEST
    else:
        try:
            sound = 0 < duration(text) <= _LONGEST_SPAN
        except BadValue as error:
            hint = "a whole number and s, m, h, d, w, mo or y, such as '90d' or '12mo'"
            raise BadValue("duration", text, error.detail, hint=hint) from None
    if not sound:
        raise BadValue(
            "duration", text, f"{in_words(text)} is not a length of time", hint="from '1s' to '100y'"
        )
    return str(text)


def later(instant: int, text: str, zone: tzinfo) -> int:
    """Return the instant that lies a stretch of time after another one.

    Days and weeks are 24 hours and seven times that, as everywhere. Months and years are those of the calendar in a
    zone, counted from the instant itself: a month after 31 January is the last of February, at the same time of day.
    """
    found = _CALENDAR.fullmatch(text)
    if found is None:
        return instant + duration(text)
    count = int(found[1])
    by = relativedelta(years=count) if found[2] == "y" else relativedelta(months=count)
    wall = (_EPOCH + timedelta(microseconds=instant)).astimezone(zone).replace(tzinfo=None) + by
    return (wall.replace(tzinfo=zone).astimezone(UTC) - _EPOCH) // _MICROSECOND


def draw(lots: Iterable[Lot], amount: int) -> list[Lot]:
    """Return what spending an amount takes from which lot: of those that lapse first, as far as they go."""
    taken = []
    for lot in sorted(lots):
        if not amount:
            break
        part = min(lot.left, amount)
        if part:
            taken.append(lot._replace(left=part))
            amount -= part
    return taken


def restored(drawn: Sequence[Lot], amount: int, spent: int) -> list[Lot]:
    """Return what goes back to which lot where `amount` is given back of a movement of `spent` that drew so.

    What it took last comes back first: what has no end, then what lapses latest.
    """
    endless = spent - sum(lot.left for lot in drawn)
    amount -= min(amount, max(endless, 0))
    back = []
    for lot in sorted(drawn, reverse=True):
        part = min(lot.left, amount)
        if part:
            back.append(lot._replace(left=part))
            amount -= part
    return back
