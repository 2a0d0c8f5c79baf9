"""The values that streaks are made of: what goes into the fold, what is kept, what comes out.

Promise: all are immutable and compare by value, and `State` is a flat row of integers. Nothing is decided
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from attrs import field, frozen

from gamify_core.domain.periods import Calendar
from gamify_core.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "MEMORY",
    "NO_PARDONS",
    "Correction",
    "GraceMode",
    "Mark",
    "Miss",
    "Pardons",
    "Reading",
    "Recorded",
    "Run",
    "State",
    "Status",
    "StreakRules",
]

GraceMode = Literal["keep_alive"]
Status = Literal["none", "active", "pending", "grace", "excused", "frozen", "broken"]

MEMORY: Final = 62
"""How many periods behind the last one a `State` knows one by one: as many as a 64-bit column holds."""

_WEEK: Final = frozenset(range(7))


def _numbers(values: Iterable[int]) -> frozenset[int]:
    return frozenset(values)


@frozen
class StreakRules:
    """What a streak asks: `target` activities in each period of `calendar`, `grace` microseconds of patience.

    `rest_weekdays` (0 = Monday) excuse days of a daily streak; at most `freeze_cap` freezes are held.
    `grace_mode` names what an activity in the grace does: `keep_alive` counts it once, for its own period.
    """

    calendar: Calendar = field(factory=Calendar)
    grace: int = 0
    grace_mode: GraceMode = "keep_alive"
    target: int = 1
    rest_weekdays: frozenset[int] = field(default=frozenset(), converter=_numbers)
    freeze_cap: int = 2

    def __attrs_post_init__(self) -> None:
        """Refuse rules under which nothing could ever be required or reached."""
        for name, least in (("grace", 0), ("target", 1), ("freeze_cap", 0)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise BadValue(name, value, f"{name} is a whole number, {least} or more")
        if self.grace_mode != "keep_alive":
            raise BadValue("grace_mode", self.grace_mode, "The one way of grace is 'keep_alive'")
        if self.calendar.kind == "all_time":
            raise BadValue("calendar", self.calendar.kind, "A streak needs periods that follow each other")
        if self.rest_weekdays and self.calendar.kind != "daily":
            raise BadValue("rest_weekdays", self.rest_weekdays, "Only a daily streak has rest days")
        if not self.rest_weekdays < _WEEK:
            raise BadValue("rest_weekdays", self.rest_weekdays, "Rest days are some, not all, of 0 to 6")


class Mark(NamedTuple):
    """One accepted activity and the label it was given; marks are equal when they are the same activity.

    `offset` is what the instant itself carried, in seconds, for a streak in zone "event"; 0 for all others.
    """

    label: int
    instant: int
    id: int
    offset: int = 0


def _spans(pauses: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    spans = tuple(sorted(pauses))
    for start, end in spans:
        if end <= start:
            raise BadValue("pauses", (start, end), "A pause ends after it starts")
    return spans


def _gifts(grants: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    gifts = tuple(sorted(grants))
    for instant, number in gifts:
        if number < 1:
            raise BadValue("grants", (instant, number), "At least one freeze is granted")
    return gifts


@frozen
class Pardons:
    """The other facts of a streak: pauses [from, to), repaired labels, freezes granted (instant, number)."""

    pauses: tuple[tuple[int, int], ...] = field(default=(), converter=_spans)
    repaired: frozenset[int] = field(default=frozenset(), converter=_numbers)
    grants: tuple[tuple[int, int], ...] = field(default=(), converter=_gifts)


NO_PARDONS: Final = Pardons()


class State(NamedTuple):
    """All of a streak that has to be kept, as a row of a table; reading it needs no marks.

    The label of the greatest mark, `label`, is satisfied exactly when it equals `last`.
    """

    last: int | None
    """The last satisfied label,"""
    last_at: int | None
    """and the instant at which its target was reached."""
    run: int
    """Satisfied periods in the run that ends at `last`."""
    longest: int
    longest_at: int | None
    """The instant at which the longest run reached its length: of equal runs, the first one's."""
    runs: int
    """How many runs there have been, with the one that ends at `last`."""
    stock: int
    """Freezes held, all grants up to `settled` taken; later grants are taken when they are needed."""
    settled: int | None
    consumed: int
    """Freezes ever used."""
    behind: int
    """Bit i is set when the label `last - 1 - i` is satisfied; it knows `MEMORY` of them."""
    offset: int
    """What the mark that satisfied `last` carried (or the greatest mark, while there is no `last`)."""
    label: int
    tally: int
    """The greatest label of a mark, and how many marks it has."""
    seen: int
    """The greatest instant of a mark,"""
    seen_id: int
    """and the greatest id at it."""


class Miss(NamedTuple):
    """A required period that went by: at `at` a freeze was used for it, or it broke the run of `length`."""

    label: int
    at: int
    outcome: Literal["frozen", "broken"]
    length: int


class Correction(NamedTuple):
    """A number that a late activity put right: the current run, the longest, how many runs, freezes used."""

    what: Literal["run", "longest", "runs", "freezes"]
    before: int
    after: int


class Recorded(NamedTuple):
    """What one activity changed. `new_count` is the run that ends at the last satisfied period."""

    new_count: int
    longest_count: int
    is_new_record: bool
    already_recorded: bool
    corrections: tuple[Correction, ...]


class Reading(NamedTuple):
    """A streak as of an instant. It lives until just before `expires_at`, freezes left aside."""

    current: int
    longest: int
    status: Status
    expires_at: int | None
    progress: int
    target: int
    lost_count: int
    broken_at: int | None
    freezes: int


class Run(NamedTuple):
    """An unbroken stretch of satisfied periods; `ended_at` is the deadline that broke it, or None."""

    start_label: int
    end_label: int
    length: int
    ended_at: int | None
