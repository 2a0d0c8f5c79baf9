"""Which period is required next, and until when: the calendar of a streak on the ground.

Promise: all is worked out along a `ZoneLine`, so it holds for people who travel. A period is excused when it
is a rest day, touches a pause, was repaired, or never came (it and the next one begin at the same instant).
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from gamify_core.domain.periods import BEGINNING, DAY, END, Calendar
from gamify_core.domain.zones import ZoneLine, fixed

if TYPE_CHECKING:
    from gamify_core.domain.streak_facts import Pardons
    from gamify_core.domain.streak_rules import StreakRules

__all__ = ["NEVER", "deadline", "excuse", "following", "furthest", "ground", "is_excused", "label_at"]
__all__ += ["next_required", "reaches"]

Excuse = Literal["void", "repaired", "excused_rest", "excused_pause"]

NEVER: Final = 1 << 62
"""A label and an instant that are never reached: what follows a pause without an end."""


_CACHED: Final = 4096


@lru_cache(maxsize=4096)
def _there(offset: int) -> ZoneLine:
    return ZoneLine((fixed(offset),))


def ground(line: ZoneLine, offset: int) -> ZoneLine:
    """Return the line that boundaries follow after a mark that carried this offset."""
    return _there(offset) if line.carried else line


def label_at(calendar: Calendar, line: ZoneLine, instant: int) -> int:
    """Return the label of an instant in the zone that holds then."""
    return calendar.label(instant, line.at(instant))


def reaches(calendar: Calendar, line: ZoneLine, label: int, after: int | None = None) -> int:
    """Return the first instant (`after` or later) at which the line shows this label or a higher one."""
    if not line.changes:
        if after is None:
            return calendar.begins(label, line.zones[0])
        return calendar.reaches(label, line.zones[0], after)
    start = calendar.begins(label, UTC) - DAY  # no wall clock is a day ahead of UTC
    if after is not None and after > start:
        start = after
    first = bisect_right(line.changes, start)
    for change, zone in zip(line.changes[first:], line.zones[first:], strict=False):
        found = calendar.reaches(label, zone, start)
        if found < change:
            return found
        start = change
    return calendar.reaches(label, line.zones[-1], start)


def deadline(label: int, rules: StreakRules, line: ZoneLine) -> int:
    """Return the first instant that is too late for a period: the next one's first, and the grace."""
    return NEVER if label >= NEVER else reaches(rules.calendar, line, label + 1) + rules.grace


def next_required(label: int, rules: StreakRules, line: ZoneLine, pardons: Pardons) -> int:
    """Return the first label after this one that is not excused."""
    candidate = label + 1
    while (beyond := _beyond_excuse(candidate, rules, line, pardons)) != candidate:
        candidate = beyond
    return candidate


def following(label: int, rules: StreakRules, line: ZoneLine, pardons: Pardons) -> tuple[int, int]:
    """Return the first label after this one that is not excused, and its deadline.

    For who never moved and was pardoned nothing, as most were, both are reckoned once for everybody in a zone.
    """
    alike = not (line.changes or pardons.pauses or pardons.repaired)
    name = (line.zones[0], label)
    found = rules.ahead.get(name) if alike else None
    if found is None:
        required = next_required(label, rules, line, pardons)
        found = required, deadline(required, rules, line)
        if alike:
            if len(rules.ahead) >= _CACHED:
                rules.ahead.clear()
            rules.ahead[name] = found
    return found


def is_excused(label: int, rules: StreakRules, line: ZoneLine, pardons: Pardons) -> bool:
    """Say whether nothing is asked in a period."""
    return _beyond_excuse(label, rules, line, pardons) != label


def excuse(label: int, rules: StreakRules, line: ZoneLine, pardons: Pardons) -> Excuse | None:
    """Say why nothing is asked in a period, or None when something is: what never came is told before all."""
    if reaches(rules.calendar, line, label + 1) == reaches(rules.calendar, line, label):
        return "void"
    if label in pardons.repaired:
        return "repaired"
    if rules.rest_weekdays and (label - 1) % 7 in rules.rest_weekdays:
        return "excused_rest"
    return "excused_pause" if is_excused(label, rules, line, pardons) else None


def _beyond_excuse(label: int, rules: StreakRules, line: ZoneLine, pardons: Pardons) -> int:
    """Return the label itself when it is required, else one further on with nothing required in between."""
    if label in pardons.repaired or (rules.rest_weekdays and (label - 1) % 7 in rules.rest_weekdays):
        return label + 1
    if pardons.pauses:
        for first, last in _paused(pardons.pauses, rules.calendar, line):
            if first <= label <= last:
                return last + 1
    if label >= NEVER:
        return label
    # A date jumped over stays excused even if the traveller flies back into it: what was settled remains so.
    begins = reaches(rules.calendar, line, label)
    return label + 1 if reaches(rules.calendar, line, label + 1) == begins else label


@lru_cache(maxsize=1024)
def _paused(
    pauses: tuple[tuple[int, int], ...], calendar: Calendar, line: ZoneLine
) -> tuple[tuple[int, int], ...]:
    """Return the first and last label that each pause touches, were it for a microsecond."""
    return tuple(
        (furthest(calendar, line, start), NEVER - 1 if end >= END else furthest(calendar, line, end - 1))
        for start, end in pauses
    )


def furthest(calendar: Calendar, line: ZoneLine, instant: int) -> int:
    """Return the highest label shown up to an instant: higher than its own where the date went back."""
    label = label_at(calendar, line, max(instant, BEGINNING + DAY))
    while reaches(calendar, line, label + 1) <= instant:
        label += 1
    return label
