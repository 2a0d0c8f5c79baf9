"""What a streak asks of people: its periods, what satisfies one, and how patient it is.

Promise: rules under which nothing could ever be required or reached are refused, with the field that is wrong.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Final, Literal

from attrs import field, frozen

from gamify_core.domain.periods import Calendar
from gamify_core.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

__all__ = ["GraceMode", "Match", "StreakRules", "plain"]

GraceMode = Literal["keep_alive", "credit"]
Match = Literal["all", "any"]

_WEEK: Final = frozenset(range(7))
_COLUMN: Final = 1 << 62
_LONGEST: Final = {"hourly": 1, "daily": 1, "weekly": 7, "monthly": 31, "yearly": 366}


def _numbers(values: Iterable[int]) -> frozenset[int]:
    return frozenset(values)


def _tuple(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(values)


@frozen
class StreakRules:
    """What a streak asks: `target` activities in each period of `calendar`, `grace` microseconds of patience.

    `rest_weekdays` (0 = Monday) excuse days of a daily streak. At most `freeze_cap` freezes are held; with
    `freeze_every`, each so many satisfied periods of a run earn one. `grace_mode` names what an activity in the
    grace does: `keep_alive` counts it once, for its own period; `credit` lets it first fill the period before.

    With `goals`, a period has several parts, and is satisfied when all (or any, by `match`) have reached theirs.
    With `distinct_days`, it is different days that count, not activities and their weights.
    """

    calendar: Calendar = field(factory=Calendar)
    grace: int = 0
    grace_mode: GraceMode = "keep_alive"
    target: int = 1
    rest_weekdays: frozenset[int] = field(default=frozenset(), converter=_numbers)
    freeze_cap: int = 2
    freeze_every: int = 0
    distinct_days: bool = False
    goals: tuple[int, ...] = field(default=(), converter=_tuple)
    match: Match = "all"
    # No part of the value: whether a mark counts for its own label, and by its weight alone; and a cache of which
    # period is required after which, and until when, in each zone (see `streak_deadlines.following`).
    simple: bool = field(init=False, eq=False, repr=False)
    ahead: dict[tuple[tzinfo, int], tuple[int, int]] = field(factory=dict, init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse rules under which nothing could ever be required or reached."""
        for name, least in (("grace", 0), ("target", 1), ("freeze_cap", 0), ("freeze_every", 0)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise BadValue(name, value, f"{name} is a whole number, {least} or more")
        if self.grace_mode not in {"keep_alive", "credit"}:
            raise BadValue("grace_mode", self.grace_mode, "Grace is 'keep_alive' or 'credit'")
        if self.calendar.kind == "all_time":
            raise BadValue("calendar", self.calendar.kind, "A streak needs periods that follow each other")
        if self.rest_weekdays and self.calendar.kind != "daily":
            raise BadValue("rest_weekdays", self.rest_weekdays, "Only a daily streak has rest days")
        if not self.rest_weekdays < _WEEK:
            raise BadValue("rest_weekdays", self.rest_weekdays, "Rest days are some, not all, of 0 to 6")
        self._check_goals()
        simple = plain(self) and self.grace_mode == "keep_alive"
        object.__setattr__(self, "simple", simple)  # the way of attrs to set a field of a frozen class

    def _check_goals(self) -> None:
        if self.match not in {"all", "any"}:
            raise BadValue("match", self.match, "Goals are matched by 'all' or 'any'")
        if any(type(goal) is not int or goal < 1 for goal in self.goals):
            raise BadValue("goals", self.goals, "Each goal is a whole number, 1 or more")
        if prod(goal + 1 for goal in self.goals) > _COLUMN:
            raise BadValue("goals", self.goals, "These goals are too great to be kept together")
        if self.goals and self.target != 1:
            raise BadValue("target", self.target, "With goals there is no other target")
        if type(self.distinct_days) is not bool:
            raise BadValue("distinct_days", self.distinct_days, "distinct_days is true or false")
        most = _LONGEST.get(self.calendar.kind, self.calendar.days)
        for name, goals in (("target", (self.target,)), ("goals", self.goals)):
            if self.distinct_days and max(goals, default=0) > most:
                raise BadValue(name, max(goals), f"A period here has no more than {most} days")


def plain(rules: StreakRules) -> bool:
    """Say whether a period is a sum of weights with one target, so that one number tells all of it."""
    return not rules.goals and not rules.distinct_days
