"""How each definition becomes a plan, and what it wants kept for that.

Promise: a plan is asked for what a definition reads (a metric, a window, an expression), so what nothing reads is not
kept. Nothing else comes of compiling.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from gamify_core.catalog import Badge, Challenge, Ladder, Leaderboard, Metric, Rule, Season, Streak
from gamify_core.catalog.definitions import Review
from gamify_core.clock import instant_of
from gamify_core.domain.conditions import Expression
from gamify_core.domain.decimals import one
from gamify_core.domain.periods import BEGINNING, END, HOUR, Calendar, duration, rolling
from gamify_core.domain.streaks import StreakRules, plain
from gamify_core.domain.thresholds import parse_criteria
from gamify_core.domain.zones import CARRIED, ZoneLine, zone
from gamify_core.road.calendars import (
    KINDS,
    WEEKDAYS,
    board_name,
    calendar_of,
    edge_of,
    hours_in,
)
from gamify_core.road.compiled import (
    ALL_TIME,
    BadgePlan,
    BoardPlan,
    CapPlan,
    ChallengePlan,
    CounterPlan,
    Grouping,
    LadderPlan,
    Mode,
    RulePlan,
    StreakPlan,
    Terms,
    Tracker,
    Windows,
)

if TYPE_CHECKING:
    from gamify_core.road.plan import Plan

__all__ = [
    "badge_plan",
    "board_plan",
    "challenge_plan",
    "counter_plan",
    "ladder_plan",
    "mode_of",
    "natural",
    "ranking",
    "rule_plan",
    "streak_plan",
    "terms_of",
]

_EVER = 2**62  # longer than all time: what a cooldown of a billion weeks comes to must still fit 64 bits


def counter_plan(plan: Plan, metric: Metric) -> CounterPlan:
    """Return the plan of a declared metric."""
    mode: Mode = "max" if metric.max else "min" if metric.min else "latest" if metric.latest else "sum"
    kept = plan.metric(metric.code, mode)
    kept.mode = mode
    plan.track(metric.code, "all_time")
    amount = metric.sum or metric.max or metric.min or metric.latest
    if amount is not None and metric.scale:  # what is kept are integers
        amount = f"({amount}) * {one(metric.scale)}"
    return CounterPlan(
        metric,
        kept,
        plan.expression(metric.when),
        plan.expression(amount),
        plan.expression(metric.distinct),
    )


def rule_plan(plan: Plan, rule: Rule) -> RulePlan:
    """Return the plan of a rule."""
    cap = None
    if rule.cap is not None:
        names = f"rule.{rule.code}.points", f"rule.{rule.code}.times"
        points, times = (plan.metric(name, "sum") for name in names)
        limits = rule.cap.points, rule.cap.times
        points_in, times_in = (
            plan.track(name, rule.cap.per, keep=limit is not None)
            for name, limit in zip(names, limits, strict=True)
        )
        scale = max([plan.catalog.scale(currency) for currency, _ in rule.award], default=0)
        most = rule.cap.points * one(scale) if rule.cap.points is not None else None
        cap = CapPlan(most, rule.cap.times, rule.cap.per, points, times, points_in, times_in, scale)
    return RulePlan(
        rule,
        plan.expression(rule.when) if isinstance(rule.when, str) else None,
        _amounts(plan, rule.award),
        _amounts(plan, rule.deduct),
        cap,
        min(duration(rule.cooldown), _EVER) or None if rule.cooldown is not None else None,
        instant_of(rule.starts) if rule.starts is not None else None,
        instant_of(rule.ends) if rule.ends is not None else None,
        terms_of(rule.matures, rule.expires),
    )


def _amounts(
    plan: Plan, amounts: Iterable[tuple[str, int | str]]
) -> tuple[tuple[str, int | Expression], ...]:
    found: list[tuple[str, int | Expression]] = []
    for currency, amount in amounts:
        unit = one(plan.catalog.scale(currency))  # what is kept are integers
        source = f"({amount}) * {unit}" if isinstance(amount, str) and unit > 1 else amount
        expression = plan.expression(source) if isinstance(source, str) else None
        found.append((currency, expression if expression is not None else int(amount) * unit))
    return tuple(found)


def terms_of(matures: str | None, expires: str | None) -> Terms | None:
    """Return the terms that these lengths of time come to; None where there are none."""
    return Terms(matures, expires) if matures is not None or expires is not None else None


def streak_plan(plan: Plan, streak: Streak) -> StreakPlan:
    """Return the plan of a streak."""
    hours, minutes = streak.day_start.split(":")
    calendar = Calendar(
        KINDS[streak.period],
        week_start=WEEKDAYS.index(streak.week_start or plan.catalog.week_start),
        day_start=int(hours) * 60 + int(minutes),
        days=streak.days or 1,
        anchor=streak.anchor.toordinal() if streak.anchor is not None else 1,
    )
    rules = StreakRules(
        calendar,
        grace=int(streak.grace_period_hours * HOUR),
        grace_mode=streak.grace_mode,
        target=streak.target,
        rest_weekdays=frozenset(WEEKDAYS.index(day) for day in streak.rest_days),
        freeze_cap=streak.freeze_cap,
        freeze_every=streak.freeze_every,
        distinct_days=streak.count == "days",
        goals=tuple(minimum for _, minimum in streak.goals),
        match=streak.match,
    )
    line = None
    if streak.timezone == "event":
        line = CARRIED
    elif streak.timezone != "participant":
        line = ZoneLine((zone(streak.timezone),))
    days = Calendar(day_start=calendar.day_start) if rules.distinct_days else None
    hours_at_risk = streak.at_risk_hours or hours_in(streak.period, streak.days) / 4
    risk = int(hours_at_risk * HOUR)
    return StreakPlan(streak, plan.expression(streak.when), rules, line, days, risk, not plain(rules))


def ladder_plan(plan: Plan, order: int, ladder: Ladder) -> LadderPlan:
    """Return the plan of a ladder."""
    scale = plan.scale(ladder.metric)
    reached = [
        (tier.min_points * one(scale), place)
        for place, tier in enumerate(ladder.tiers)
        if tier.award_type != "manual"
    ]
    minimums, places = tuple(minimum for minimum, _ in reached), tuple(place for _, place in reached)
    codes = tuple(tier.code for tier in ladder.tiers)
    made = LadderPlan(order, ladder, codes, minimums, places, _review(plan, ladder), scale)
    plan.read(ladder.metric)
    for minimum in minimums:
        plan.watch(plan.watched(ladder.metric), minimum, made)
    return made


def _review(plan: Plan, ladder: Ladder) -> Calendar | None:
    """Return the periods of a ladder's reviews: those that it names, or else those of its metric, or years."""
    if ladder.demotion != "at_review":
        return None
    window = ladder.metric.partition("@")[2]
    kind = window if window in get_args(Review) else "yearly"
    return calendar_of(ladder.review or kind, plan.catalog.week_start)


def badge_plan(plan: Plan, order: int, badge: Badge, criteria: str) -> BadgePlan:
    """Return the plan of a badge that is earned by criteria."""
    made = BadgePlan(order, badge, parse_criteria(criteria, plan.scale))
    for atom in made.criteria.atoms:
        plan.read(atom.metric)
        plan.watch(plan.watched(atom.metric), atom.minimum, made)
    return made


def challenge_plan(plan: Plan, order: int, challenge: Challenge) -> ChallengePlan:
    """Return the plan of a challenge."""
    starts = instant_of(challenge.starts) if challenge.starts is not None else BEGINNING
    ends = instant_of(challenge.ends) if challenge.ends is not None else END
    windows = Windows(calendar_of(challenge.period, plan.catalog.week_start), plan.zone, starts, ends)
    bounded = challenge.period != "all_time" or (starts, ends) != (BEGINNING, END)
    criteria = parse_criteria(challenge.goals, plan.scale)
    levels = {atom.metric for atom in criteria.atoms if mode_of(atom.metric) == "level"}
    made = ChallengePlan(order, challenge, criteria, windows, {}, bounded and bool(levels))
    for metric, minimum in criteria.atoms:
        plan.metric(metric, mode_of(metric))
        if metric in levels or (natural(metric) and not bounded):
            made.trackers[metric] = None
            key = metric, ""
        else:
            tracker = plan.track(metric, challenge.period, starts=starts, ends=ends)
            made.trackers[metric] = tracker
            key = tracker.key
        if challenge.is_active:
            plan.watch(key, minimum, made)
    return made


def board_plan(plan: Plan, board: Leaderboard) -> BoardPlan:
    """Return the plan of a leaderboard."""
    plan.metric(board.metric, mode_of(board.metric))
    trackers: dict[str, Tracker] = {}
    seasons: list[tuple[Season, Tracker]] = []
    for period in board.periods:
        if period == "season":
            seasons = [(each, plan.keep(ranking(plan, board, period, each))) for each in board.seasons]
        else:
            trackers[period] = plan.keep(ranking(plan, board, period))
    grouping = Grouping(board.group_by, board.group_score == "average") if board.group_by else None
    made = BoardPlan(board, trackers, tuple(seasons), plan.scale(board.metric), grouping)
    for tracker in made.every:
        tracker.ranked, tracker.ascending = True, board.order == "ascending"
        tracker.dense = tracker.dense or board.ties == "dense"
        if grouping is not None and grouping not in tracker.groupings:
            tracker.groupings = (*tracker.groupings, grouping)
    return made


def ranking(plan: Plan, board: Leaderboard, period: str, season: Season | None = None) -> Tracker:
    """Return what keeps a board in a period, or would keep it."""
    start, where = board.week_start or plan.catalog.week_start, board.timezone or plan.catalog.timezone
    # The zone of an all-time board says when its day begins, which `change` looks back to
    told = "" if period == "all_time" and where == plan.catalog.timezone else where
    here = zone(where)
    plain = period == "all_time" or rolling(period) is not None
    delay = duration(board.finalize_after) if board.finalize_after is not None and not plain else None
    least = None
    if (
        board.min_score is not None and rolling(period) is None
    ):  # that of a rolling board is asked of the whole
        least = int(Decimal(board.min_score).scaleb(plan.scale(board.metric)))
    return Tracker(
        ALL_TIME if season is not None else calendar_of(period, start, board.days, board.anchor),
        here,
        edge_of(season.starts, here) if season is not None else BEGINNING,
        edge_of(season.ends, here) if season is not None else END,
        board.metric,
        board_name(board, period, start, told, season),
        ranked=True,
        ascending=board.order == "ascending",
        least=least,
        delay=delay,
    )


def natural(metric: str) -> bool:
    """Whether the running value of a metric is kept in a wallet, a streak or the event chain already."""
    if metric.startswith("streak.") or metric == "events.count":
        return True
    return metric.endswith((".earned", ".spent", ".balance"))


def mode_of(metric: str) -> Mode:
    """Return how a metric that nobody declared adds up."""
    return "level" if metric.startswith("streak.") or metric.endswith(".balance") else "sum"
