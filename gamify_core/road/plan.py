"""A catalog, compiled for deciding: which metrics are kept, in which windows, and what watches them.

Promise: a metric that nothing reads is not kept. Compiling is pure, and the same catalog gives the same plan in
every process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import tzinfo
from typing import TYPE_CHECKING, TypeVar

from gamify_core.catalog import Catalog
from gamify_core.domain.conditions import Expression, compile_condition
from gamify_core.domain.periods import BEGINNING, END, rolling
from gamify_core.domain.zones import zone
from gamify_core.road.calendars import calendar_of, name_of, seasons_of
from gamify_core.road.compiled import (
    BadgePlan,
    BoardPlan,
    ChallengePlan,
    CounterPlan,
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
)
from gamify_core.road.compiling import (
    badge_plan,
    board_plan,
    challenge_plan,
    counter_plan,
    ladder_plan,
    mode_of,
    natural,
    rule_plan,
    streak_plan,
    terms_of,
)

__all__ = ["Plan", "compile_plan"]

if TYPE_CHECKING:
    from gamify_core.road.rebuild import Changes
    from gamify_core.storage.tables.metrics import WindowRow

Planned = TypeVar("Planned")


class Plan:
    """A compiled catalog. One that is read by before it is in force says what its adoption will change, as `ahead`."""

    ahead: Changes | None = None

    def __init__(self, catalog: Catalog) -> None:
        """Compile `catalog`, which has been validated already."""
        self.catalog = catalog
        self.zone: tzinfo = zone(catalog.timezone)
        self._trackers: dict[tuple[str, str], Tracker] = {}
        self._named: dict[str, Tracker] = {}
        self.wallets: Mapping[str, WalletPlan] = _Wallets(self)
        """The metrics that a wallet of each currency moves."""
        self._terms: dict[str, Terms] = {
            currency.code: terms
            for currency in catalog.currencies
            if (terms := terms_of(currency.matures, currency.expires)) is not None
        }
        self._watches: dict[tuple[str, str], list[tuple[int, Node]]] = defaultdict(list)
        self._seasons = seasons_of(catalog)
        self.rollings: dict[str, int] = {}
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
        self.boards: dict[str, BoardPlan] = {
            board.code: board_plan(self, board) for board in catalog.leaderboards
        }
        counters = [(metric, counter_plan(self, metric)) for metric in catalog.metrics]
        rules = [rule_plan(self, rule) for rule in catalog.rules]
        self.streaks: dict[str, StreakPlan] = {
            streak.code: streak_plan(self, streak) for streak in catalog.streaks
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
        return self.keep(made) if keep else self._trackers.get(made.key, made)

    def keep(self, made: Tracker) -> Tracker:
        """Return the tracker of these windows that is kept, this one where there is none."""
        return self._trackers.setdefault(made.key, made)

    def read(self, name: str) -> None:
        """Make sure that a metric can be read under this name, windows included."""
        base, _, window = name.partition("@")
        self.metric(base, mode_of(base))
        if (days := rolling(window)) is not None:
            self.rollings[name] = days
        if window or not natural(base):
            self._windowed(base, window)

    def _windowed(self, base: str, window: str, *, keep: bool = True) -> Tracker:
        """Return the tracker of a metric in a window by name: a calendar's, a season, or the days of a rolling one."""
        if window in self._seasons:
            starts, ends = self._seasons[window]
            return self.track(base, "all_time", starts=starts, ends=ends, keep=keep)
        kind = "daily" if rolling(window) is not None else window
        return self.track(base, kind or "all_time", keep=keep)

    def expression(self, source: str | None) -> Expression | None:
        """Return an expression, and see to it that the metrics it reads are kept."""
        if source is None:
            return None
        expression = compile_condition(source)
        for name in expression.metrics:
            self.read(name)
        return expression

    def told_of(self, currency: str) -> tuple[str, ...]:
        """Return what an outcome says of a currency where the rest does not: which it is, if it has decimals."""
        return (currency,) if self.catalog.scale(currency) else ()

    def terms(self, currency: str, matures: str | None, expires: str | None) -> Terms | None:
        """Return the terms that an award of a currency is given on: its own, and else those of the currency."""
        usual = self._terms.get(currency)
        if usual is not None:
            matures, expires = matures or usual.matures, expires or usual.expires
        return terms_of(matures, expires)

    def reading(self, name: str) -> Tracker:
        """Return the tracker that a metric is read from under this name (`lessons`, `lessons@weekly`).

        Of one of the `rollings`, the last so many days, it is that of the days.
        """
        tracker = self._named.get(name)
        if tracker is None:
            base, _, window = name.partition("@")
            tracker = self._named[name] = self._windowed(base, window, keep=False)
        return tracker

    def scale(self, metric: str) -> int:
        """Return how many of the digits of a metric's values are decimals."""
        return self.scales.get(metric.partition("@")[0], 0)

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
        """Make the plans of what thresholds are for; their order is that in which they fire."""
        ladders, badges = self.catalog.ladders, self.catalog.badges
        for order, ladder in enumerate(ladders):
            self.ladders[ladder.code] = ladder_plan(self, order, ladder)
        for order, badge in enumerate(badges, len(ladders)):
            if badge.criteria:
                self.badges[badge.code] = badge_plan(self, order, badge, badge.criteria)
        for order, challenge in enumerate(self.catalog.challenges, len(ladders) + len(badges)):
            self.challenges[challenge.code] = challenge_plan(self, order, challenge)

    def watched(self, name: str) -> tuple[str, str]:
        """Return what thresholds on a metric are kept under: its tracker's key, or no calendar for a running value."""
        base, _, window = name.partition("@")
        return (name, "") if not window and natural(name) else self._windowed(base, window).key

    def watch(self, key: tuple[str, str], minimum: int, node: Node) -> None:
        """Let a threshold be held against a metric; `key` is what its watch is kept under."""
        self._watches[key].append((minimum, node))

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


class _Wallets(dict[str, WalletPlan]):
    """Made when they are first asked for: a currency need not be declared."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def __missing__(self, currency: str) -> WalletPlan:
        plan = self._plan
        earned, spent, balance = (
            plan.metrics.get(f"{currency}.{part}") for part in ("earned", "spent", "balance")
        )
        made = self[currency] = WalletPlan(earned, spent, balance, plan.terms(currency, None, None))
        return made


def _watch(thresholds: Sequence[tuple[int, Node]], *, running: bool) -> Watch:
    """Return the watch of a metric's running value, or of a window of it."""
    watch = Watch()
    for minimum, node in sorted(thresholds, key=lambda pair: (pair[0], pair[1].order)):
        watch.add(minimum, node, standing=running and isinstance(node, ChallengePlan) and node.anew)
    return watch


def _by_event(pairs: Iterable[tuple[Iterable[str], Planned]]) -> dict[str, tuple[Planned, ...]]:
    found: dict[str, list[Planned]] = defaultdict(list)
    for names, value in pairs:
        for name in names:
            found[name].append(value)
    return {name: tuple(values) for name, values in found.items()}


def compile_plan(catalog: Catalog) -> Plan:
    """Return the plan of a catalog."""
    return Plan(catalog)
