"""A catalog, compiled for deciding: which metrics are kept, in which windows, and what watches them.

Promise: a metric that nothing reads is not kept. Compiling is pure, and the same catalog gives the same plan in
every process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from datetime import tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar, get_args

from gamify_core.catalog import Catalog, Challenge, Ladder, Leaderboard, Metric, Rule, Season, Streak
from gamify_core.catalog.definitions import Review
from gamify_core.clock import instant_of
from gamify_core.domain.conditions import Expression, compile_condition
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
    name_of,
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
    MetricPlan,
    Mode,
    Node,
    RulePlan,
    StreakPlan,
    Terms,
    Tracker,
    WalletPlan,
    Watch,
    Windows,
)

__all__ = ["Plan", "compile_plan", "mode_of", "natural"]

if TYPE_CHECKING:
    from gamify_core.road.rebuild import Changes
    from gamify_core.storage.tables.metrics import WindowRow

Planned = TypeVar("Planned")
_EVER = 2**62  # longer than all time: what a cooldown of a billion weeks comes to must still fit 64 bits


class Plan:
    """A compiled catalog. One that is read by before it is in force says what its adoption will change, as `ahead`."""

    ahead: Changes | None = None

    def __init__(self, catalog: Catalog) -> None:
        """Compile `catalog`, which has been validated already."""
        self.catalog = catalog
        self.zone: tzinfo = zone(catalog.timezone)
        self._trackers: dict[tuple[str, str], Tracker] = {}
        self._named: dict[str, Tracker] = {}
        self._wallets: dict[str, WalletPlan] = {}
        self._terms: dict[str, Terms] = {
            currency.code: terms
            for currency in catalog.currencies
            if (terms := _terms(currency.matures, currency.expires)) is not None
        }
        self._watches: dict[tuple[str, str], list[tuple[int, Node]]] = defaultdict(list)
        self.metrics: dict[str, MetricPlan] = {}
        self.scales: dict[str, int] = {each.code: each.scale for each in catalog.metrics if each.scale}
        for currency in catalog.currencies:
            if currency.scale:
                parts = ("earned", "spent", "balance")
                self.scales |= {f"{currency.code}.{part}": currency.scale for part in parts}
        self.ladders: dict[str, LadderPlan] = {}
        self.badges: dict[str, BadgePlan] = {}
        self.challenges: dict[str, ChallengePlan] = {}
        self._nodes()
        self.boards: dict[str, BoardPlan] = {board.code: self._board(board) for board in catalog.leaderboards}
        counters = [(metric, self._counter(metric)) for metric in catalog.metrics]
        rules = [self._rule(rule) for rule in catalog.rules]
        self.streaks: dict[str, StreakPlan] = {
            streak.code: self._streak(streak) for streak in catalog.streaks
        }
        for _, counter in counters:
            counter.goals = self._asking(counter.metric.code)
        self._assemble()
        self.counters: dict[str, tuple[CounterPlan, ...]] = _by_event((c.metric.on, c) for _, c in counters)
        self.rules: dict[str, tuple[RulePlan, ...]] = _by_event((r.rule.on, r) for r in rules)
        self.recorded_by: dict[str, tuple[StreakPlan, ...]] = _by_event(
            (s.streak.on, s) for s in self.streaks.values()
        )
        # What a name stands for is asked with every posted score: no catalog is gone through for it
        self.currencies: frozenset[str] = frozenset(
            ("points", *(currency.code for currency in catalog.currencies))
        )
        self.declared: dict[str, CounterPlan] = {counter.metric.code: counter for _, counter in counters}
        self.laddered: dict[str, LadderPlan] = {}
        for ladder in self.ladders.values():
            self.laddered.setdefault(ladder.ladder.metric, ladder)
        self.ranked: dict[str, BoardPlan] = {}
        for board in self.boards.values():
            if "all_time" in board.trackers:
                self.ranked.setdefault(board.board.metric, board)
        # All of them: what multiplies no points now may have multiplied them as it was claimed
        self.multiplied: frozenset[str] = frozenset(reward.code for reward in catalog.rewards)

    # -- what is kept ----------------------------------------------------------------------------------------

    def metric(self, name: str, mode: Mode) -> MetricPlan:
        """Return (the only) plan of a metric; what it sets off is filled in once everything has been read."""
        if name not in self.metrics:
            self.metrics[name] = MetricPlan(name, mode)
        return self.metrics[name]

    def track(
        self,
        metric: str,
        kind: str,
        *,
        starts: int = BEGINNING,
        ends: int = END,
        keep: bool = True,
    ) -> Tracker:
        """Return the tracker of a metric in a calendar (within a span of its own), making it where it is new."""
        start, where = self.catalog.week_start, self.catalog.timezone
        text = name_of(kind, start, "" if kind == "all_time" else where, starts, ends)
        made = Tracker(calendar_of(kind, start), zone(where), starts, ends, metric, text)
        return self._kept(made) if keep else self._trackers.get(made.key, made)

    def _kept(self, made: Tracker) -> Tracker:
        """Return the tracker of these windows that is kept, this one where there is none."""
        return self._trackers.setdefault(made.key, made)

    def read(self, name: str) -> None:
        """Make sure that a metric can be read under this name, windows included."""
        base, _, window = name.partition("@")
        self.metric(base, mode_of(base))
        if window:
            self.track(base, window)
        elif not natural(base):
            self.track(base, "all_time")

    def wallet(self, currency: str) -> WalletPlan:
        """Return the metrics that a wallet of this currency moves."""
        plan = self._wallets.get(currency)
        if plan is None:
            earned, spent, balance = (
                self.metrics.get(f"{currency}.{part}") for part in ("earned", "spent", "balance")
            )
            plan = self._wallets[currency] = WalletPlan(earned, spent, balance, self._terms.get(currency))
        return plan

    def told_of(self, currency: str) -> tuple[str, ...]:
        """Return what an outcome says of a currency where the rest does not: which it is, if it has decimals."""
        return (currency,) if self.catalog.scale(currency) else ()

    def terms(self, currency: str, matures: str | None, expires: str | None) -> Terms | None:
        """Return the terms that an award of a currency is given on: its own, and else those of the currency."""
        usual = self._terms.get(currency)
        if usual is not None:
            matures, expires = matures or usual.matures, expires or usual.expires
        return _terms(matures, expires)

    def reading(self, name: str) -> Tracker:
        """Return the tracker that a metric is read from under this name (`lessons`, `lessons@weekly`)."""
        tracker = self._named.get(name)
        if tracker is None:
            base, _, window = name.partition("@")
            tracker = self._named[name] = self.track(base, window or "all_time", keep=False)
        return tracker

    def awaiting(self, changed: Changes) -> Plan:
        """Return the same plan as one that is not in force yet."""
        other = copy(self)
        other.ahead = changed
        return other

    def streak(self, code: str) -> StreakPlan:
        """Return the plan of a streak. Raises `NotFound`."""
        return self.streaks[self.catalog.streak(code).code]

    def ladder(self, code: str) -> LadderPlan:
        """Return the plan of a ladder. Raises `NotFound`."""
        return self.ladders[self.catalog.ladder(code).code]

    @property
    def trackers(self) -> dict[tuple[str, str], Tracker]:
        """Every window that is kept, by metric and calendar."""
        return self._trackers

    def closings(self, window: WindowRow) -> list[tuple[BoardPlan, str, str]]:
        """Return the boards that a window is a period of, which period, and what that is called: `weekly 2026-W07`."""
        return [
            (board, period, f"{period} {name}")
            for board in self.boards.values()
            for period in board.board.periods
            if (name := board.named(period, window)) is not None
        ]

    # -- compiling -------------------------------------------------------------------------------------------

    def _nodes(self) -> None:
        order = 0
        for ladder in self.catalog.ladders:
            unit = int(10 ** self.scale(ladder.metric))
            reached = [
                (tier.min_points * unit, n)
                for n, tier in enumerate(ladder.tiers)
                if tier.award_type != "manual"
            ]
            minimums = tuple(minimum for minimum, _ in reached)
            codes = tuple(tier.code for tier in ladder.tiers)
            places, review = tuple(place for _, place in reached), self._review(ladder)
            plan = LadderPlan(order, ladder, codes, minimums, places, review, self.scale(ladder.metric))
            self.ladders[ladder.code] = plan
            self.read(ladder.metric)
            for minimum in minimums:
                self._watches[self._watched(ladder.metric)].append((minimum, plan))
            order += 1
        for badge in self.catalog.badges:
            if badge.criteria:
                earned = BadgePlan(order, badge, parse_criteria(badge.criteria, self.scale))
                self.badges[badge.code] = earned
                for atom in earned.criteria.atoms:
                    self.read(atom.metric)
                    self._watches[self._watched(atom.metric)].append((atom.minimum, earned))
            order += 1
        for place, challenge in enumerate(self.catalog.challenges, order):
            self.challenges[challenge.code] = self._challenge(place, challenge)

    def _review(self, ladder: Ladder) -> Calendar | None:
        """Return the periods of a ladder's reviews: those that it names, or else those of its metric, or years."""
        if ladder.demotion != "at_review":
            return None
        window = ladder.metric.partition("@")[2]
        kind = window if window in get_args(Review) else "yearly"
        return calendar_of(ladder.review or kind, self.catalog.week_start)

    def _watched(self, name: str) -> tuple[str, str]:
        """Return what thresholds on a metric are kept under: its tracker's key, or no calendar for a running value."""
        base, _, window = name.partition("@")
        return (name, "") if not window and natural(name) else self.track(base, window or "all_time").key

    def _challenge(self, order: int, challenge: Challenge) -> ChallengePlan:
        starts = instant_of(challenge.starts) if challenge.starts is not None else BEGINNING
        ends = instant_of(challenge.ends) if challenge.ends is not None else END
        windows = Windows(calendar_of(challenge.period, self.catalog.week_start), self.zone, starts, ends)
        bounded = challenge.period != "all_time" or (starts, ends) != (BEGINNING, END)
        criteria = parse_criteria(challenge.goals, self.scale)
        levels = {atom.metric for atom in criteria.atoms if mode_of(atom.metric) == "level"}
        plan = ChallengePlan(order, challenge, criteria, windows, {}, bounded and bool(levels))
        for metric, minimum in criteria.atoms:
            self.metric(metric, mode_of(metric))
            if metric in levels or (natural(metric) and not bounded):
                plan.trackers[metric] = None
                key = metric, ""
            else:
                tracker = self.track(metric, challenge.period, starts=starts, ends=ends)
                plan.trackers[metric] = tracker
                key = tracker.key
            if challenge.is_active:
                self._watches[key].append((minimum, plan))
        return plan

    def _board(self, board: Leaderboard) -> BoardPlan:
        self.metric(board.metric, mode_of(board.metric))
        trackers: dict[str, Tracker] = {}
        seasons: list[tuple[Season, Tracker]] = []
        for period in board.periods:
            if period == "season":
                seasons = [(each, self._kept(self.ranking(board, period, each))) for each in board.seasons]
            else:
                trackers[period] = self._kept(self.ranking(board, period))
        grouping = Grouping(board.group_by, board.group_score == "average") if board.group_by else None
        plan = BoardPlan(board, trackers, tuple(seasons), self.scale(board.metric), grouping)
        for tracker in plan.every:
            tracker.ranked, tracker.ascending = True, board.order == "ascending"
            tracker.dense = tracker.dense or board.ties == "dense"
            if grouping is not None and grouping not in tracker.groupings:
                tracker.groupings = (*tracker.groupings, grouping)
        return plan

    def ranking(self, board: Leaderboard, period: str, season: Season | None = None) -> Tracker:
        """Return what keeps a board in a period, or would keep it."""
        start, where = board.week_start or self.catalog.week_start, board.timezone or self.catalog.timezone
        # The zone of an all-time board says when its day begins, which `change` looks back to
        told = "" if period == "all_time" and where == self.catalog.timezone else where
        here = zone(where)
        plain = period == "all_time" or rolling(period) is not None
        delay = duration(board.finalize_after) if board.finalize_after is not None and not plain else None
        least = None
        if (
            board.min_score is not None and rolling(period) is None
        ):  # that of a rolling board is asked of the whole
            least = int(Decimal(board.min_score).scaleb(self.scale(board.metric)))
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

    def scale(self, metric: str) -> int:
        """Return how many of the digits of a metric's values are decimals."""
        return self.scales.get(metric.partition("@")[0], 0)

    def _expression(self, source: str | None) -> Expression | None:
        if source is None:
            return None
        expression = compile_condition(source)
        for name in expression.metrics:
            self.read(name)
        return expression

    def _counter(self, metric: Metric) -> CounterPlan:
        mode: Mode = "max" if metric.max else "min" if metric.min else "latest" if metric.latest else "sum"
        plan = self.metric(metric.code, mode)
        plan.mode = mode
        self.track(metric.code, "all_time")
        amount = metric.sum or metric.max or metric.min or metric.latest
        if amount is not None and metric.scale:  # what is kept are integers
            amount = f"({amount}) * {10**metric.scale}"
        return CounterPlan(
            metric,
            plan,
            self._expression(metric.when),
            self._expression(amount),
            self._expression(metric.distinct),
        )

    def _rule(self, rule: Rule) -> RulePlan:
        cap = None
        if rule.cap is not None:
            names = f"rule.{rule.code}.points", f"rule.{rule.code}.times"
            points, times = (self.metric(name, "sum") for name in names)
            limits = rule.cap.points, rule.cap.times
            points_in, times_in = (
                self.track(name, rule.cap.per, keep=limit is not None)
                for name, limit in zip(names, limits, strict=True)
            )
            scale = max([self.catalog.scale(currency) for currency, _ in rule.award], default=0)
            most = rule.cap.points * int(10**scale) if rule.cap.points is not None else None
            cap = CapPlan(most, rule.cap.times, rule.cap.per, points, times, points_in, times_in, scale)
        return RulePlan(
            rule,
            self._expression(rule.when) if isinstance(rule.when, str) else None,
            self._amounts(rule.award),
            self._amounts(rule.deduct),
            cap,
            min(duration(rule.cooldown), _EVER) or None if rule.cooldown is not None else None,
            instant_of(rule.starts) if rule.starts is not None else None,
            instant_of(rule.ends) if rule.ends is not None else None,
            _terms(rule.matures, rule.expires),
        )

    def _amounts(self, amounts: Iterable[tuple[str, int | str]]) -> tuple[tuple[str, int | Expression], ...]:
        found: list[tuple[str, int | Expression]] = []
        for currency, amount in amounts:
            unit = int(10 ** self.catalog.scale(currency))  # what is kept are integers
            source = f"({amount}) * {unit}" if isinstance(amount, str) and unit > 1 else amount
            expression = self._expression(source) if isinstance(source, str) else None
            found.append((currency, expression if expression is not None else int(amount) * unit))
        return tuple(found)

    def _streak(self, streak: Streak) -> StreakPlan:
        hours, minutes = streak.day_start.split(":")
        calendar = Calendar(
            KINDS[streak.period],
            week_start=WEEKDAYS.index(streak.week_start or self.catalog.week_start),
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
        return StreakPlan(streak, self._expression(streak.when), rules, line, days, risk, not plain(rules))

    def _asking(self, metric: str) -> tuple[tuple[StreakPlan, int], ...]:
        """Return the streaks that have a metric among their goals, and which of these it is."""
        return tuple(
            (plan, place)
            for plan in self.streaks.values()
            for place, (goal, _) in enumerate(plan.streak.goals)
            if goal == metric
        )

    def _assemble(self) -> None:
        trackers: dict[str, list[Tracker]] = defaultdict(list)
        for tracker in self._trackers.values():
            trackers[tracker.metric].append(tracker)
        for name, plan in self.metrics.items():
            plan.trackers = tuple(trackers[name])
        for code, streak in self.streaks.items():
            streak.current = self.metrics.get(f"streak.{code}")
            streak.longest = self.metrics.get(f"streak.{code}.longest")
        for key, thresholds in self._watches.items():
            name, text = key
            kept = self._trackers[key] if text else self.metrics[name]
            kept.watch = _watch(thresholds, running=not text)


def _watch(thresholds: Sequence[tuple[int, Node]], *, running: bool) -> Watch:
    """Return the watch of a metric's running value, or of a window of it."""
    watch = Watch()
    for minimum, node in sorted(thresholds, key=lambda pair: (pair[0], pair[1].order)):
        watch.add(minimum, node, standing=running and isinstance(node, ChallengePlan) and node.anew)
    return watch


def _terms(matures: str | None, expires: str | None) -> Terms | None:
    return Terms(matures, expires) if matures is not None or expires is not None else None


def natural(metric: str) -> bool:
    """Whether the running value of a metric is kept in a wallet, a streak or the event chain already."""
    if metric.startswith("streak.") or metric == "events.count":
        return True
    return metric.endswith((".earned", ".spent", ".balance"))


def mode_of(metric: str) -> Mode:
    """Return how a metric that nobody declared adds up."""
    return "level" if metric.startswith("streak.") or metric.endswith(".balance") else "sum"


def _by_event(pairs: Iterable[tuple[Iterable[str], Planned]]) -> dict[str, tuple[Planned, ...]]:
    found: dict[str, list[Planned]] = defaultdict(list)
    for names, value in pairs:
        for name in names:
            found[name].append(value)
    return {name: tuple(values) for name, values in found.items()}


def compile_plan(catalog: Catalog) -> Plan:
    """Return the plan of a catalog."""
    return Plan(catalog)
