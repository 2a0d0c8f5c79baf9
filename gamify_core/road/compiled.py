"""What a catalog compiles to: the definitions with their expressions, and the metrics and windows they move.

Promise: whatever a move of a metric can set off is found by two bisects in that metric's own list, never by going
through the catalog. These are values: filled while a plan is compiled, and only read from then on.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import tzinfo
from typing import TYPE_CHECKING, Literal

import attrs

from gamify_core.domain.periods import Calendar
from gamify_core.domain.thresholds import rung

if TYPE_CHECKING:
    from gamify_core.catalog import Badge, Ladder, Leaderboard, Metric, Rule, Streak
    from gamify_core.domain.conditions import Expression
    from gamify_core.domain.streaks import StreakRules
    from gamify_core.domain.thresholds import Criteria
    from gamify_core.domain.zones import ZoneLine

__all__ = [
    "ALL_TIME",
    "BadgePlan",
    "BoardPlan",
    "CapPlan",
    "CounterPlan",
    "LadderPlan",
    "MetricPlan",
    "Mode",
    "Node",
    "RulePlan",
    "StreakPlan",
    "Tracker",
    "WalletPlan",
    "Watch",
]

Mode = Literal["sum", "level", "max", "min"]
ALL_TIME = Calendar("all_time")


@attrs.define(eq=False)
class LadderPlan:
    """A ladder and where it stands in catalog order.

    `minimums` are those of the rungs that are reached by the metric, `places` where each of them stands in `codes`;
    rungs whose `award_type` is manual are only ever assigned.
    """

    order: int
    ladder: Ladder
    codes: tuple[str, ...]
    minimums: tuple[int, ...]
    places: tuple[int, ...]

    def earned(self, value: int) -> int:
        """Return the place of the highest rung that a value of the metric reaches, or -1."""
        reached = rung(self.minimums, value)
        return self.places[reached] if reached >= 0 else -1


@attrs.define(eq=False)
class BadgePlan:
    """A badge that criteria can give."""

    order: int
    badge: Badge
    criteria: Criteria


Node = LadderPlan | BadgePlan


@attrs.define(eq=False)
class Watch:
    """The thresholds on one metric, ascending, and what each of them wakes.

    `ladders` are woken by a first move wherever that leads: in a window that has just begun everybody is below rungs
    that the window before had earned them, and there is no threshold on the way down from it.
    """

    minimums: list[int] = attrs.field(factory=list)
    nodes: list[Node] = attrs.field(factory=list)
    ladders: list[Node] = attrs.field(factory=list)

    def add(self, minimum: int, node: Node) -> None:
        """Watch one more threshold; they come in ascending order."""
        self.minimums.append(minimum)
        self.nodes.append(node)
        if isinstance(node, LadderPlan) and node not in self.ladders:
            self.ladders.append(node)

    def reached(self, old: int | None, new: int) -> list[Node]:
        """Return what a move from `old` (None: never moved before) to `new` wakes, either way."""
        high = bisect_right(self.minimums, new)
        if old is None:
            return self.nodes[:high] + self.ladders
        low = bisect_right(self.minimums, old)
        if low == high:
            return []
        return self.nodes[low:high] if low < high else self.nodes[high:low]


@attrs.define(eq=False)
class Tracker:
    """A metric kept in the periods of one calendar. `ranked` ones are boards."""

    metric: str
    calendar: Calendar
    zone: tzinfo
    text: str
    ranked: bool = False
    ascending: bool = False
    dense: bool = False
    watch: Watch | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells this tracker from others."""
        return self.metric, self.text


@attrs.define(eq=False)
class MetricPlan:
    """Everything to do when a metric moves."""

    name: str
    mode: Mode
    watch: Watch | None = (
        None  # on the running value, where that is kept elsewhere (wallet, streak, event chain)
    )
    trackers: tuple[Tracker, ...] = ()


@attrs.define(eq=False)
class WalletPlan:
    """The metrics of a currency that something reads."""

    earned: MetricPlan | None
    spent: MetricPlan | None
    balance: MetricPlan | None


@attrs.define(eq=False)
class CounterPlan:
    """A declared metric: what it takes from an event."""

    metric: Metric
    plan: MetricPlan
    when: Expression | None
    amount: Expression | None
    distinct: Expression | None


@attrs.define(eq=False)
class CapPlan:
    """The bound of a rule: at most so many points and times in a period."""

    points: int | None
    times: int | None
    per: str
    points_plan: MetricPlan
    times_plan: MetricPlan


@attrs.define(eq=False)
class RulePlan:
    """A rule with its expressions compiled."""

    rule: Rule
    when: Expression | None
    awards: tuple[tuple[str, int | Expression], ...]
    deducts: tuple[tuple[str, int | Expression], ...]
    cap: CapPlan | None
    cooldown: int | None
    starts: int | None
    ends: int | None
    random: bool = attrs.field(init=False)  # whether anything in it draws luck, and needs a stream of its own

    @random.default
    def _draws(self) -> bool:
        amounts = [amount for _, amount in (*self.awards, *self.deducts) if not isinstance(amount, int)]
        return any(expression.random for expression in (self.when, *amounts) if expression is not None)


@attrs.define(eq=False)
class StreakPlan:
    """A streak, with the names of its metrics."""

    streak: Streak
    when: Expression | None
    rules: StreakRules
    line: ZoneLine | None  # None: the zone that each participant lives in
    current: MetricPlan | None = None
    longest: MetricPlan | None = None


@attrs.define(eq=False)
class BoardPlan:
    """A leaderboard and the tracker of each period that is kept."""

    board: Leaderboard
    trackers: dict[str, Tracker]
