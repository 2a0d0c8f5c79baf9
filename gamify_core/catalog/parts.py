"""Everything that a catalog is made of, before anybody has asked whether it makes sense.

Promise: the sections are tuples in the order in which they were declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from gamify_core.catalog.conversions import many, pairs
from gamify_core.catalog.definitions import (
    Badge,
    Challenge,
    Currency,
    Definition,
    Event,
    Ladder,
    Leaderboard,
    Metric,
    Reward,
    Rule,
    Streak,
    Weekday,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["SECTIONS", "Parts"]

SECTIONS: Final[Mapping[str, type[Definition]]] = {
    "events": Event,
    "currencies": Currency,
    "metrics": Metric,
    "rules": Rule,
    "streaks": Streak,
    "ladders": Ladder,
    "badges": Badge,
    "leaderboards": Leaderboard,
    "rewards": Reward,
    "challenges": Challenge,
}


# One converter each: type checkers read what a field takes from it, and know no type variables there
def _events(value: Iterable[Event] | Event) -> tuple[Event, ...]:
    return many(value)


def _currencies(value: Iterable[Currency] | Currency) -> tuple[Currency, ...]:
    return many(value)


def _metrics(value: Iterable[Metric] | Metric) -> tuple[Metric, ...]:
    return many(value)


def _rules(value: Iterable[Rule] | Rule) -> tuple[Rule, ...]:
    return many(value)


def _streaks(value: Iterable[Streak] | Streak) -> tuple[Streak, ...]:
    return many(value)


def _ladders(value: Iterable[Ladder] | Ladder) -> tuple[Ladder, ...]:
    return many(value)


def _badges(value: Iterable[Badge] | Badge) -> tuple[Badge, ...]:
    return many(value)


def _leaderboards(value: Iterable[Leaderboard] | Leaderboard) -> tuple[Leaderboard, ...]:
    return many(value)


def _rewards(value: Iterable[Reward] | Reward) -> tuple[Reward, ...]:
    return many(value)


def _challenges(value: Iterable[Challenge] | Challenge) -> tuple[Challenge, ...]:
    return many(value)


@attrs.frozen(kw_only=True, slots=False)
class Parts:
    """The sections of a catalog, and its calendar: whose midnight, and which day weeks start on."""

    events: tuple[Event, ...] = attrs.field(default=(), converter=_events)
    currencies: tuple[Currency, ...] = attrs.field(default=(), converter=_currencies)
    metrics: tuple[Metric, ...] = attrs.field(default=(), converter=_metrics)
    rules: tuple[Rule, ...] = attrs.field(default=(), converter=_rules)
    streaks: tuple[Streak, ...] = attrs.field(default=(), converter=_streaks)
    ladders: tuple[Ladder, ...] = attrs.field(default=(), converter=_ladders)
    badges: tuple[Badge, ...] = attrs.field(default=(), converter=_badges)
    leaderboards: tuple[Leaderboard, ...] = attrs.field(default=(), converter=_leaderboards)
    rewards: tuple[Reward, ...] = attrs.field(default=(), converter=_rewards)
    challenges: tuple[Challenge, ...] = attrs.field(default=(), converter=_challenges)
    timezone: str = "UTC"
    week_start: Weekday = "monday"
    name: str = ""
    expect: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=pairs, eq=False)
    """What a designer expects of a season, by measure: for simulations; it is no part of what the catalog means."""
