"""Whether each single value of a definition has the right kind and range.

Promise: whatever stands in a field, the answer is a fault or nothing, never an exception. What a value refers
to is asked elsewhere, and only of values that are sound here.
"""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING, Final, get_args

from gamify_core.catalog import defining, values
from gamify_core.catalog import definitions as d
from gamify_core.catalog.board_checks import check_prizes_shape, check_seasons_shape
from gamify_core.catalog.conversions import KINDS
from gamify_core.catalog.findings import Findings, shown
from gamify_core.catalog.streak_checks import check_goals_shape, check_milestones_shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["check_calendar", "check_code", "check_shape"]

# `streak.earned` would be the streak called earned as well as what was earned of the currency called streak
_RESERVED: Final = frozenset(
    {"streak", "badges", "events", "event", "participant", "rule", "challenge", "claim", "reward"}
)
# … and `challenge.earned` would read as a part of a wallet
_OF_WALLETS: Final = frozenset({"earned", "spent", "balance"})
_NAMED_IN_EXPRESSIONS: Final = (d.Metric, d.Streak, d.Currency, d.Challenge)
_SHORT: Final = 100


def check_calendar(findings: Findings, timezone: object, week_start: object, name: object) -> None:
    """Check the settings that stand at the top of a catalog."""
    checks = (
        ("timezone", values.zone, timezone),
        ("week_start", values.weekday, week_start),
        ("name", values.text, name),
    )
    for path, check, value in checks:
        if problem := check(value):
            findings.fault(path, *problem)


def check_code(findings: Findings, where: str, definition: d.Definition) -> bool:
    """Check the code of a definition and say whether it is sound; `where` is its place in a list."""
    code: object = definition.code
    problem = (values.event_name if isinstance(definition, d.Event) else values.code)(code)
    path = where if problem and not _short(code) else f"{where.partition('[')[0]}.{code}"
    if problem:
        findings.fault(path, *problem)
    elif isinstance(definition, _NAMED_IN_EXPRESSIONS) and keyword.iskeyword(str(code)):
        findings.fault(path, f"{code!r} is a word of the condition language", f"call it {code}_1, say")
    elif isinstance(definition, d.Currency) and code in _RESERVED:
        findings.fault(path, f"a currency cannot be called {code!r}, metrics are", "choose another code")
    elif isinstance(definition, d.Challenge) and code in _OF_WALLETS:
        findings.fault(path, f"a challenge cannot be called {code!r}, metrics are", "choose another code")
    else:
        return True
    return False


def _short(code: object) -> bool:
    return isinstance(code, str) and 0 < len(code) <= _SHORT and code.isprintable()


def check_shape(findings: Findings, path: str, definition: object) -> None:
    """Check every field of a definition but its code."""
    kind = next(each for each in _FIELDS if isinstance(definition, each))
    for field, check in _FIELDS[kind].items():
        # What is wrong with a board's own period has been said when its periods, which hold it, are looked at
        told = field == "periods" and not findings.sound(f"{path}.period")
        if not told and (problem := check(getattr(definition, field))):
            findings.fault(f"{path}.{field}", *problem)
    if isinstance(definition, d.Event):
        _check_properties(findings, path, definition)
    elif isinstance(definition, d.Rule):
        _check_amounts(findings, f"{path}.award", definition.award, expressions=True)
        _check_amounts(findings, f"{path}.deduct", definition.deduct, expressions=True)
        if definition.cap is not None:
            _check_cap(findings, f"{path}.cap", definition.cap)
    elif isinstance(definition, d.Badge | d.Challenge):
        _check_amounts(findings, f"{path}.points", definition.points, expressions=False)
    elif isinstance(definition, d.Streak):
        check_goals_shape(findings, f"{path}.goals", definition.goals)
        check_milestones_shape(findings, f"{path}.milestones", definition.milestones)
    elif isinstance(definition, d.Leaderboard):
        check_seasons_shape(findings, f"{path}.seasons", definition.seasons)
        check_prizes_shape(findings, f"{path}.prizes", definition.prizes)
    elif isinstance(definition, d.Ladder):
        _check_tiers(findings, f"{path}.tiers", definition.tiers)


def _check_properties(findings: Findings, path: str, event: d.Event) -> None:
    for name, kind in event.properties.items():
        where = f"{path}.{name}"
        if problem := values.text(name) or (None if name else values.Problem("a property needs a name")):
            findings.fault(path, *problem)
        elif problem := values.one_of(KINDS)(kind):
            findings.fault(where, *problem)


def _check_cap(findings: Findings, path: str, cap: object) -> None:
    if not isinstance(cap, d.Cap):
        findings.fault(path, f"{shown(cap)} is not a cap", 'write { points = 300, per = "daily" }')
        return
    check_shape(findings, path, cap)
    if cap.points is None and cap.times is None:
        findings.fault(path, "a cap without points or times bounds nothing", "write points = … or times = …")


def _check_amounts(
    findings: Findings, path: str, pairs: Sequence[tuple[str, object]], *, expressions: bool
) -> None:
    seen = set()
    for currency, amount in pairs:
        where = path if len(pairs) == 1 and currency == "points" else f"{path}.{currency}"
        if problem := values.code(currency):
            findings.fault(path, *problem)
        elif currency in seen:
            findings.fault(where, f"{currency} stands twice", "write one amount for each currency")
        elif isinstance(amount, str) and expressions:
            pass  # an expression, which is read later
        elif problem := values.amount(amount, expressions=expressions):
            findings.fault(where, *problem)
        seen.add(str(currency))


def _check_tiers(findings: Findings, path: str, tiers: Sequence[object]) -> None:
    seen = set()
    before: d.Tier | None = None
    for place, tier in enumerate(tiers):
        if not isinstance(tier, d.Tier):
            findings.fault(
                f"{path}[{place}]", f"{shown(tier)} is not a tier", 'write Tier("gold", min_points=2000)'
            )
            continue
        where = f"{path}.{tier.code}"
        if not check_code(findings, f"{path}[{place}]", tier):
            continue
        check_shape(findings, where, tier)
        if tier.code in seen:
            findings.fault(where, f"tier {tier.code!r} is declared twice", "give each tier a code of its own")
        seen.add(tier.code)
        if before is not None and findings.sound(where):
            _check_rise(findings, where, before, tier)
        before = tier if findings.sound(where) else None
    if not tiers:
        findings.fault(path, "a ladder needs tiers", "write tiers = { bronze = 0, silver = 100 }")


def _check_rise(findings: Findings, path: str, lower: d.Tier, tier: d.Tier) -> None:
    if tier.min_points <= lower.min_points:
        findings.fault(
            f"{path}.min_points",
            f"{tier.code} needs {tier.min_points}, and so does {lower.code}",
            "min_points rise from tier to tier",
        )
    elif tier.level <= lower.level:
        findings.fault(
            f"{path}.level",
            f"{tier.code} is level {tier.level} and stands above {lower.code}, level {lower.level}",
            "levels rise with min_points",
        )


_order = values.whole(-values.MOST, values.MOST)
_some_text = values.optional(values.text)
_some_expression = values.optional(values.expression)
_some_weekday = values.optional(values.weekday)
_some_amount = values.optional(values.whole(1, values.MOST))

_FIELDS: Final[Mapping[type, Mapping[str, values.Check]]] = {
    d.Event: {},
    d.Currency: {
        "name": values.text,
        "scale": values.whole(0, 6),
        "matures": values.optional(values.length),
        "expires": values.optional(values.length),
    },
    d.Metric: {
        "on": values.each(values.event_name),
        "sum": _some_expression,
        "max": _some_expression,
        "min": _some_expression,
        "latest": _some_expression,
        "distinct": _some_expression,
        "days": values.flag,
        "when": _some_expression,
        "scale": values.whole(0, 9),
        "rounding": values.optional(values.one_of(get_args(defining.Rounding))),
        "count": values.flag,
    },
    d.Cap: {"points": _some_amount, "times": _some_amount, "per": values.one_of(get_args(defining.Period))},
    d.Rule: {
        "on": values.each(values.event_name),
        "when": values.optional(values.condition),
        "streak": values.each(values.code),
        "badge": values.each(values.code),
        "mint": values.each(values.code),
        "reward": values.each(values.code),
        "advance": values.each(values.code),
        "cooldown": values.optional(values.duration),
        "starts": values.optional(values.instant),
        "ends": values.optional(values.instant),
        "strict": values.flag,
        "rounding": values.optional(values.one_of(get_args(defining.Rounding))),
        "name": values.text,
        "matures": values.optional(values.length),
        "expires": values.optional(values.length),
    },
    d.Tier: {
        "name": values.text,
        "level": values.whole(1, values.MOST),
        "min_points": values.whole(0, values.MOST),
        "color": _some_text,
        "description": _some_text,
        "benefits": values.each(values.text),
        "award_type": values.one_of(("automatic", "manual")),
        "display_order": _order,
    },
    d.Ladder: {
        "metric": values.expression,
        "demotion": values.one_of(get_args(defining.Demotion)),
        "name": values.text,
        "review": values.optional(values.one_of(get_args(defining.Review))),
        "fall": values.one_of(get_args(defining.Fall)),
    },
    d.Badge: {
        "name": values.text,
        "description": _some_text,
        "icon_url": _some_text,
        "icon": _some_text,
        "category": _some_text,
        "rarity": values.text,
        "criteria": _some_expression,
        "condition": _some_text,
        "max_supply": _some_amount,
        "repeatable": values.flag,
        "transferable": values.flag,
        "secret": values.flag,
        "permanent": values.flag,
        "display_order": _order,
    },
    d.Streak: {
        "name": values.text,
        "description": _some_text,
        "period": values.one_of(get_args(defining.StreakPeriod)),
        "days": values.optional(values.whole(1, 3660)),
        "anchor": values.optional(values.calendar_day),
        "grace_period_hours": values.whole(0, 100_000),
        "timezone": values.streak_zone,
        "target": values.whole(1, 1_000_000),
        "week_start": _some_weekday,
        "day_start": values.time_of_day,
        "rest_days": values.rest_days,
        "freeze_cap": values.whole(0, 1_000_000),
        "grace_mode": values.one_of(get_args(defining.GraceMode)),
        "count": values.one_of(get_args(defining.Counting)),
        "match": values.one_of(get_args(defining.Match)),
        "freeze_every": values.whole(0, 1_000_000),
        "freeze_cost": values.whole(0, values.MOST),
        "repair_hours": values.whole(0, 100_000),
        "repair_cost": values.whole(0, values.MOST),
        "milestones_once": values.one_of(get_args(defining.Once)),
        "at_risk_hours": values.optional(values.whole(1, 100_000)),
        "display_order": _order,
        "on": values.each(values.event_name),
        "when": _some_expression,
    },
    d.Leaderboard: {
        "name": values.text,
        "metric": values.expression,
        "period": values.board_period,
        "periods": values.each(values.board_period),
        "ties": values.one_of(get_args(defining.Ties)),
        "timezone": values.optional(values.zone),
        "order": values.one_of(get_args(defining.Order)),
        "week_start": _some_weekday,
        "display_order": _order,
        "days": values.optional(values.whole(1, 3660)),
        "anchor": values.optional(values.calendar_day),
        "min_score": values.optional(values.score),
        "group_by": values.optional(values.attribute),
        "group_score": values.one_of(get_args(defining.GroupScore)),
        "finalize_after": values.optional(values.delay),
    },
    d.Reward: {
        "name": values.text,
        "type": values.one_of(get_args(defining.RewardType)),
        "description": _some_text,
        "points_cost": values.whole(0, values.MOST),
        "currency": values.code,
        "max_claims_per_user": _some_amount,
        "total_inventory": values.optional(values.whole(0, values.MOST)),
        "is_active": values.flag,
        "factor": values.optional(values.factor),
        "duration": values.optional(values.span),
        "multiplies": values.code,
        "stacking": values.one_of(get_args(defining.Stacking)),
        "rounding": values.one_of(get_args(defining.Rounding)),
        "display_order": _order,
    },
    d.Challenge: {
        "goals": values.goals,
        "name": values.text,
        "description": _some_text,
        "period": values.one_of(get_args(defining.Period)),
        "starts": values.optional(values.instant),
        "ends": values.optional(values.instant),
        "badge": values.each(values.code),
        "reward": values.each(values.code),
        "is_active": values.flag,
        "display_order": _order,
    },
}
