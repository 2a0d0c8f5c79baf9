"""The values that streaks are made of: what goes into the fold, what is kept, what comes out.

Promise: all are immutable and compare by value, and `State` is a flat row of integers. Nothing is decided
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from attrs import field, frozen

from gamify_core.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.domain.streak_rules import StreakRules
    from gamify_core.domain.zones import ZoneLine

__all__ = [
    "BASELINE",
    "MEMORY",
    "NO_PARDONS",
    "Correction",
    "Mark",
    "Miss",
    "Pardons",
    "Period",
    "PeriodStatus",
    "Reading",
    "Recorded",
    "Run",
    "State",
    "Status",
    "Terms",
]

Status = Literal["none", "active", "pending", "grace", "excused", "frozen", "broken"]
PeriodStatus = Literal[
    "satisfied",
    "frozen",
    "excused_rest",
    "excused_pause",
    "repaired",
    "void",
    "grace",
    "missed",
    "idle",
    "open",
    "future",
]

MEMORY: Final = 62
"""How many periods behind the last one a `State` knows one by one: as many as a 64-bit column holds."""


BASELINE: Final = -2
"""The `part` of a mark that is no activity, but what a streak had come to before it was kept here.

Its period is satisfied; `weight` is the run that ends there (0 where there is none), `day` the longest run so far. What
lies before it counts for nothing: it is told already.
"""


class Mark(NamedTuple):
    """One accepted activity and the label it was given; marks are equal when they are the same activity.

    One activity that counts for two goals is two marks, told apart by `part`.
    """

    label: int
    instant: int
    id: int
    offset: int = 0
    """What the instant itself carried, in seconds, for a streak in zone "event"; 0 for all others."""
    part: int = 0
    """Which of several goals it counts for; one that the rules do not have (any more) counts for nothing,"""
    weight: int = 1
    """and how much, 1 or more."""
    day: int = 0
    """The proleptic ordinal of its day on the wall clock that labelled it, where days are counted."""


def _numbers(values: Iterable[int]) -> frozenset[int]:
    return frozenset(values)


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


class Terms(NamedTuple):
    """All that a streak is judged by, beside its marks."""

    rules: StreakRules
    line: ZoneLine
    pardons: Pardons


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
    """Freezes held, earned ones among them, and all grants up to `settled`; later ones are taken when needed."""
    settled: int | None
    consumed: int
    """Freezes ever used."""
    behind: int
    """Bit i is set when the label `last - 1 - i` is satisfied; it knows `MEMORY` of them."""
    offset: int
    """What the mark that satisfied `last` carried (or the greatest mark, while there is no `last`)."""
    label: int
    tally: int
    """The greatest label of a mark, and how far that period has come: one number, whatever is counted."""
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
    """A streak as of an instant. It lives until just before `expires_at`, freezes left aside.

    Of several goals `progress` tells how many are reached, and `parts` how far each is: (progress, target).
    """

    current: int
    longest: int
    status: Status
    expires_at: int | None
    progress: int
    target: int
    lost_count: int
    broken_at: int | None
    freezes: int
    parts: tuple[tuple[int, int], ...] = ()


class Run(NamedTuple):
    """An unbroken stretch of satisfied periods; `ended_at` is the deadline that broke it, or None."""

    start_label: int
    end_label: int
    length: int
    ended_at: int | None


class Period(NamedTuple):
    """One period of a calendar: [begins, ends), what became of it, and how far it came."""

    label: int
    text: str
    begins: int
    ends: int
    status: PeriodStatus
    progress: int
    target: int
