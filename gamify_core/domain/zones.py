"""Which wall clock holds where, and since when.

Promise: one name gives one object, so it can key a cache; an unknown name is refused with the nearest known
one. A `ZoneLine` says for every instant whose wall clock counts, as a plain value.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import UTC, timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from attrs import field, frozen

from gamify_core.errors import BadValue

__all__ = ["CARRIED", "ZoneLine", "fixed", "zone"]

_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
# The machine's own clock would make results differ between machines; `right/` counts leap seconds.
_REFUSED = ("localtime", "posixrules", "posix/", "right/")


@lru_cache(maxsize=1024)
def zone(name: str) -> tzinfo:
    """Return the zone of that IANA name (`Europe/Paris`) or fixed offset (`+05:30`).

    Raises `BadValue`, naming the nearest known zone, when there is none of that name.
    """
    if name == "UTC":
        return UTC
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        size = int(hours) * 3600 + int(minutes) * 60
        return fixed(-size if sign == "-" else size)
    if name.startswith(_REFUSED):
        raise _unknown(name)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as cause:
        raise _unknown(name) from cause


def _unknown(name: str) -> BadValue:
    known = {each.lower(): each for each in available_timezones()}
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    hint = f"did you mean {known[near[0]]!r}?" if near else "an IANA name such as 'Europe/Paris', or '+05:30'"
    return BadValue("timezone", name, f"There is no time zone {name!r}", hint=hint)


@lru_cache(maxsize=4096)
def fixed(seconds: int) -> tzinfo:
    """Return the zone that is always that many seconds ahead of UTC."""
    try:
        return timezone(timedelta(seconds=seconds))
    except (ValueError, OverflowError) as cause:
        detail = "An offset from UTC is less than a day either way"
        raise BadValue("offset", seconds, detail) from cause


def _rising(_: object, __: object, changes: tuple[int, ...]) -> None:
    if any(later <= earlier for earlier, later in pairwise(changes)):
        raise BadValue("changes", changes, "The instants of a zone line rise strictly")


@frozen(cache_hash=True)
class ZoneLine:
    """A step function from instants to zones: `zones[0]` until `changes[0]`, then `zones[1]`, and so on.

    `carried` marks the line of a streak that follows the offset each activity itself carries.
    """

    zones: tuple[tzinfo, ...]
    changes: tuple[int, ...] = field(default=(), validator=_rising)
    carried: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse a line whose zones and changes do not match."""
        if len(self.zones) != len(self.changes) + 1:
            raise BadValue("zones", self.zones, "A zone line has one zone more than it has changes")

    def at(self, instant: int) -> tzinfo:
        """Return the zone that holds at an instant; a change holds from its own instant on."""
        changes = self.changes
        return self.zones[bisect_right(changes, instant)] if changes else self.zones[0]

    def then(self, instant: int, zone: tzinfo) -> ZoneLine:
        """Return this line with one more change at its end."""
        return ZoneLine((*self.zones, zone), (*self.changes, instant), carried=self.carried)


CARRIED = ZoneLine((UTC,), carried=True)
"""The line of a streak in zone "event": every boundary is in the offset of the activity before it."""
