"""A streak, and what its lengths give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import cast

import attrs

from gamify_core.catalog.conversions import day, gifts, goals, names, points
from gamify_core.catalog.defining import (
    Counting,
    Definition,
    GraceMode,
    Match,
    Once,
    StreakPeriod,
    Weekday,
    name_of_code,
)

__all__ = ["Milestone", "Streak"]


@attrs.frozen
class Milestone:
    """What a run of `length` periods gives: points (an amount, or a mapping by currency), badges, rewards."""

    length: int
    points: tuple[tuple[str, int], ...] = attrs.field(default=(), converter=points)
    badge: tuple[str, ...] = attrs.field(default=(), converter=names)
    reward: tuple[str, ...] = attrs.field(default=(), converter=names)


def _lengths(
    value: Mapping[int, int | Mapping[str, object]] | Iterable[Milestone] | Milestone | None,
) -> tuple[Milestone, ...]:
    """Return milestones from the shortest up; `{7: 50}` and `{7: {"badge": "keen"}}` are read as such."""
    return gifts(value, Milestone, _length, lambda each: each.length)


def _length(key: object) -> tuple[object]:
    """Return a length; a file's keys are text."""
    return (int(key) if isinstance(key, str) and key.isdecimal() and len(key) < 10 else key,)  # noqa: PLR2004


def _weekdays(value: Weekday | Iterable[Weekday] | None) -> tuple[Weekday, ...]:
    return cast("tuple[Weekday, ...]", names(value))


@attrs.frozen(repr=False)
class Streak(Definition):
    """Periods in a row with at least `target` activities each.

    `timezone` is `"participant"`, `"event"` (the offset the instant itself carries) or the name of a zone.
    `on` names events that record it, where `when` holds; rules and direct calls record it too. `week_start`
    None is the catalog's. `period="days"` are `days` days each, one of which begins on `anchor` (a date).

    What a period asks: `target` activities, or (`count="days"`) activities on so many different days of it; or
    `goals`, a mapping of declared metrics to how much of each its events have to add up to within the period, of all
    of which (`match="all"`) or any. Then events alone record it.
    What is forgiven: an activity within the grace keeps the run alive (`grace_mode="keep_alive"`), or counts for the
    period that was missed (`"credit"`). A freeze stands in for one missed period; at most `freeze_cap` are held. They
    are given by hand, earned with every `freeze_every`th period of a run, or bought for `freeze_cost` points each. A
    broken run is taken up again by `streaks.repair` within `repair_hours` of the break, for `repair_cost` points.
    `milestones` map lengths of a run to what reaching them gives, `"ever"` once or in each `"run"`. In the last
    `at_risk_hours` (None: a quarter of the period) before it would break a run is at risk.
    """

    name: str = name_of_code()
    description: str | None = None
    period: StreakPeriod = "daily"
    grace_period_hours: int = 0
    timezone: str = "participant"
    target: int = 1
    week_start: Weekday | None = None
    day_start: str = "00:00"
    rest_days: tuple[Weekday, ...] = attrs.field(default=(), converter=_weekdays)
    freeze_cap: int = 0
    display_order: int = 0
    on: tuple[str, ...] = attrs.field(default=(), converter=names)
    when: str | None = None
    days: int | None = attrs.field(default=None, kw_only=True)
    anchor: date | None = attrs.field(default=None, converter=day, kw_only=True)
    grace_mode: GraceMode = attrs.field(default="keep_alive", kw_only=True)
    count: Counting = attrs.field(default="activities", kw_only=True)
    goals: tuple[tuple[str, int], ...] = attrs.field(default=(), converter=goals, kw_only=True)
    match: Match = attrs.field(default="all", kw_only=True)
    freeze_every: int = attrs.field(default=0, kw_only=True)
    freeze_cost: int = attrs.field(default=0, kw_only=True)
    repair_hours: int = attrs.field(default=0, kw_only=True)
    repair_cost: int = attrs.field(default=0, kw_only=True)
    milestones: tuple[Milestone, ...] = attrs.field(default=(), converter=_lengths, kw_only=True)
    milestones_once: Once = attrs.field(default="ever", kw_only=True)
    at_risk_hours: int | None = attrs.field(default=None, kw_only=True)
