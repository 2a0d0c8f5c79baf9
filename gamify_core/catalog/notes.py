"""What is legal and worth a second look: things that do nothing, that nobody reaches, or that surprise.

Promise: notes are about a sound catalog, in plain sentences that begin with the path; none of them changes
anything.
"""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from gamify_core.catalog.nearest import nearest
from gamify_core.domain.conditions import compile_condition
from gamify_core.domain.periods import duration
from gamify_core.domain.thresholds import parse_criteria

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gamify_core.catalog.definitions import Metric, Milestone, Reward, Rule, Streak
    from gamify_core.catalog.parts import Parts

__all__ = ["notes"]

_HOURS: Final[Mapping[str, int]] = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 672, "yearly": 8760}
_DEEDS: Final = ("award", "deduct", "streak", "badge", "mint", "reward", "advance")
_STACKED: Final[Mapping[str, str]] = {"add": "add up", "multiply": "multiply each other"}
_RARITIES: Final = ("common", "uncommon", "rare", "epic", "legendary", "mythic")


def notes(parts: Parts) -> tuple[str, ...]:
    """Return the notes on a catalog without faults."""
    return (
        *_rules(parts),
        *_unused(parts),
        *_streaks(parts),
        *_badges(parts),
        *_tiers(parts),
        *(note for reward in parts.rewards for note in _reward(parts, reward)),
        *_boards(parts),
        *_challenges(parts),
    )


def _rules(parts: Parts) -> Iterator[str]:
    for rule in parts.rules:
        path = f"rules.{rule.code}"
        if not any(getattr(rule, word) for word in _DEEDS):
            yield f"{path} does nothing: it has no {', '.join(_DEEDS[:-1])} or {_DEEDS[-1]}."
        if rule.opaque:
            yield f"{path} decides in Python: it cannot be explained, and a file keeps only its name."
        yield from _capped(path, rule)
        yield from _handing(parts, path, rule)


def _capped(path: str, rule: Rule) -> Iterator[str]:
    points = rule.cap.points if rule.cap is not None else None
    if points is None:
        return
    if not rule.award:
        yield f"{path} has a cap of points and awards none."
    for currency, amount in rule.award:
        if isinstance(amount, int) and amount > points:
            yield f"{path} awards {amount} {currency} under a cap of {points}: every award is trimmed."


def _handing(parts: Parts, path: str, rule: Rule) -> Iterator[str]:
    for badge in parts.badges:
        if badge.max_supply is not None and badge.code in rule.badge and badge.code in rule.mint:
            yield f"{path} gives and mints badges.{badge.code}: who earns it gets one copy for that already."
    often = rule.cooldown is None and (rule.cap is None or rule.cap.times is None)
    for reward in parts.rewards:
        if often and reward.code in rule.reward and _piles_up(reward):
            yield (
                f"{path} hands out rewards.{reward.code} at every event, and several of them "
                f"{_STACKED[reward.stacking]}: a cooldown bounds what points come to."
            )


def _piles_up(reward: Reward) -> bool:
    bounded = reward.max_claims_per_user is not None or reward.total_inventory is not None
    return reward.type == "points_multiplier" and reward.stacking != "highest" and not bounded


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
    given.update(currency for challenge in parts.challenges for currency, _ in challenge.points)
    given.update(currency for each in _milestones(parts) for currency, _ in each.points)
    for currency in parts.currencies:
        if currency.code not in given:
            yield f"currencies.{currency.code} is given by no rule, badge or challenge, only by direct calls."


def _metrics_read(parts: Parts) -> set[str]:
    names = {ladder.metric for ladder in parts.ladders} | {board.metric for board in parts.leaderboards}
    for source in (*(badge.criteria for badge in parts.badges), *(each.goals for each in parts.challenges)):
        if source is not None:
            names.update(parse_criteria(source).metrics)
    for source in _expressions(parts):
        names.update(compile_condition(source).metrics)
    names.update(metric for streak in parts.streaks for metric, _ in streak.goals)
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
        if streak.code not in recorded and not streak.on and not streak.goals:
            yield f"streaks.{streak.code} is recorded by no rule and no event, only by direct calls."
        yield from _patience(streak)


def _milestones(parts: Parts) -> Iterator[Milestone]:
    for streak in parts.streaks:
        yield from streak.milestones


def _patience(streak: Streak) -> Iterator[str]:
    if streak.grace_period_hours >= (_HOURS.get(streak.period) or 24 * (streak.days or 1)):
        yield (
            f"streaks.{streak.code} has a grace of {streak.grace_period_hours} hours, "
            "a whole period or more: missing one period never breaks it."
        )


def _badges(parts: Parts) -> Iterator[str]:
    given = {code for rule in parts.rules for code in (*rule.badge, *rule.mint)}
    given.update(code for challenge in parts.challenges for code in challenge.badge)
    given.update(code for milestone in _milestones(parts) for code in milestone.badge)
    given.update(code for board in parts.leaderboards for prize in board.prizes for code in prize.badge)
    endless = any(badge.repeatable for badge in parts.badges)
    others = len(parts.badges) - 1
    for badge in parts.badges:
        path = f"badges.{badge.code}"
        if badge.criteria is None and badge.code not in given:
            yield f"{path} has no criteria, and nothing else gives it: it is given by hand only."
        if badge.criteria is None and not badge.permanent:
            yield f"{path} is not permanent and has no criteria: nothing takes it back by itself."
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


def _reward(parts: Parts, reward: Reward) -> Iterator[str]:
    path = f"rewards.{reward.code}"
    givers = [
        f"{section}.{giver.code}"
        for section, definitions in (("rules", parts.rules), ("challenges", parts.challenges))
        for giver in definitions
        if reward.code in giver.reward
    ]
    givers += [
        f"streaks.{streak.code}"
        for streak in parts.streaks
        if any(reward.code in milestone.reward for milestone in streak.milestones)
    ]
    unbounded = reward.max_claims_per_user is None and reward.total_inventory is None
    # The codes of a coupon bound it, and what a rule or a challenge hands out is meant to be free
    if reward.points_cost == 0 and unbounded and reward.type != "coupon" and not givers:
        yield f"{path} costs nothing and has no limit: it can be claimed without end."
    if reward.total_inventory == 0:
        yield f"{path} has an inventory of 0: nobody can claim it. Leave total_inventory out for no end of it."
    if givers and not reward.is_active:
        yield f"{path} is not active: what {' and '.join(givers)} would hand out of it is skipped."
    if reward.factor is not None:
        yield from _factor(path, Decimal(reward.factor))


def _factor(path: str, factor: Decimal) -> Iterator[str]:
    if factor == 1:
        yield f"{path} has a factor of {factor}, which changes nothing."
    elif factor < 1:
        yield f"{path} has a factor of {factor}: whoever claims it is awarded less."


def _boards(parts: Parts) -> Iterator[str]:
    for board in parts.leaderboards:
        path = f"leaderboards.{board.code}"
        if board.finalize_after is not None and duration(board.finalize_after) == 0:
            yield f"{path} is final as soon as a period ends: what comes late does not count in its table."
        for earlier, later in itertools.pairwise(board.seasons):
            if type(earlier.ends) is type(later.starts) and earlier.ends != later.starts:
                yield f"{path} keeps nothing between the seasons {earlier.code} and {later.code}."


def _challenges(parts: Parts) -> Iterator[str]:
    advanced = {code for rule in parts.rules for code in rule.advance}
    read = _metrics_read(parts)
    endless = any(badge.repeatable for badge in parts.badges)
    for challenge in parts.challenges:
        path = f"challenges.{challenge.code}"
        name = f"challenge.{challenge.code}"
        if challenge.code in advanced and name not in read:
            yield f"{path} is advanced by a rule and nothing reads {name}."
        if challenge.code not in advanced and name in read:
            yield f"{path}: {name} is read and no rule advances it, so it stays 0."
        for metric, minimum in parse_criteria(challenge.goals).atoms:
            if metric == "badges.count" and not endless and minimum > len(parts.badges):
                yield f"{path} asks for {minimum} badges, and there are only {len(parts.badges)}."
