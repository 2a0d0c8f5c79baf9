"""What is legal and worth a second look: things that do nothing, that nobody reaches, or that surprise.

Promise: notes are about a sound catalog, in plain sentences that begin with the path; none of them changes
anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gamify_core.catalog.nearest import nearest
from gamify_core.domain.conditions import compile_condition
from gamify_core.domain.thresholds import parse_criteria

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gamify_core.catalog.definitions import Metric, Rule, Streak
    from gamify_core.catalog.parts import Parts

__all__ = ["notes"]

_HOURS: Final[Mapping[str, int]] = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 672, "yearly": 8760}
_RARITIES: Final = ("common", "uncommon", "rare", "epic", "legendary", "mythic")


def notes(parts: Parts) -> tuple[str, ...]:
    """Return the notes on a catalog without faults."""
    return (*_rules(parts), *_unused(parts), *_streaks(parts), *_badges(parts), *_tiers(parts))


def _rules(parts: Parts) -> Iterator[str]:
    for rule in parts.rules:
        path = f"rules.{rule.code}"
        if not (rule.award or rule.deduct or rule.streak or rule.badge):
            yield f"{path} does nothing: it has no award, deduct, streak or badge."
        if rule.opaque:
            yield f"{path} decides in Python: it cannot be explained, and a file keeps only its name."
        yield from _capped(path, rule)


def _capped(path: str, rule: Rule) -> Iterator[str]:
    points = rule.cap.points if rule.cap is not None else None
    if points is None:
        return
    if not rule.award:
        yield f"{path} has a cap of points and awards none."
    for currency, amount in rule.award:
        if isinstance(amount, int) and amount > points:
            yield f"{path} awards {amount} {currency} under a cap of {points}: every award is trimmed."


def _unused(parts: Parts) -> Iterator[str]:
    listeners: list[Rule | Metric | Streak] = [*parts.rules, *parts.metrics, *parts.streaks]
    heard = {event for listener in listeners for event in listener.on}
    for event in parts.events:
        if event.code not in heard:
            yield f"events.{event.code} is declared and nothing listens to it."
    read = _metrics_read(parts)
    for metric in parts.metrics:
        if metric.code not in read:
            yield f"metrics.{metric.code} is counted and nothing reads it."
    given = {currency for rule in parts.rules for currency, _ in rule.award}
    given.update(currency for badge in parts.badges for currency, _ in badge.points)
    for currency in parts.currencies:
        if currency.code not in given:
            yield f"currencies.{currency.code} is given by no rule and no badge, only by direct calls."


def _metrics_read(parts: Parts) -> set[str]:
    names = {ladder.metric for ladder in parts.ladders} | {board.metric for board in parts.leaderboards}
    for badge in parts.badges:
        if badge.criteria is not None:
            names.update(parse_criteria(badge.criteria).metrics)
    for source in _expressions(parts):
        names.update(compile_condition(source).metrics)
    return {name.partition("@")[0] for name in names}


def _expressions(parts: Parts) -> Iterator[str]:
    for rule in parts.rules:
        for source in (rule.when, *(amount for _, amount in (*rule.award, *rule.deduct))):
            if isinstance(source, str):
                yield source
    yield from (streak.when for streak in parts.streaks if streak.when is not None)


def _streaks(parts: Parts) -> Iterator[str]:
    recorded = {code for rule in parts.rules for code in rule.streak}
    for streak in parts.streaks:
        if streak.code not in recorded and not streak.on:
            yield f"streaks.{streak.code} is recorded by no rule and no event, only by direct calls."
        yield from _patience(streak)


def _patience(streak: Streak) -> Iterator[str]:
    if streak.grace_period_hours >= _HOURS[streak.period]:
        yield (
            f"streaks.{streak.code} has a grace of {streak.grace_period_hours} hours, "
            "a whole period or more: missing one period never breaks it."
        )


def _badges(parts: Parts) -> Iterator[str]:
    ruled = {code for rule in parts.rules for code in rule.badge}
    endless = any(badge.repeatable for badge in parts.badges)
    others = len(parts.badges) - 1
    for badge in parts.badges:
        path = f"badges.{badge.code}"
        if badge.criteria is None and badge.code not in ruled:
            yield f"{path} has no criteria and no rule gives it: it is given by hand only."
        near = nearest(badge.rarity, _RARITIES)
        if near is not None and badge.rarity not in _RARITIES:
            yield f"{path} is of rarity {badge.rarity!r}: was {near!r} meant?"
        if badge.criteria is not None and not endless:
            for metric, minimum in parse_criteria(badge.criteria).atoms:
                # The badge itself does not help: it is not held before its criteria are met
                if metric == "badges.count" and minimum > others:
                    yield f"{path} asks for {minimum} badges, and there are only {others} others."


def _tiers(parts: Parts) -> Iterator[str]:
    endless = any(badge.repeatable for badge in parts.badges)
    for ladder in parts.ladders:
        for tier in ladder.tiers:
            if ladder.metric == "badges.count" and not endless and tier.min_points > len(parts.badges):
                path = f"ladders.{ladder.code}.tiers.{tier.code}"
                yield f"{path} asks for {tier.min_points} badges, and there are only {len(parts.badges)}."
