"""What a catalog compiles to: the definitions with their expressions, and the metrics and windows they move.

Promise: whatever a move of a metric can set off is found by two bisects in that metric's own list, never by going
through the catalog. These are values: filled while a plan is compiled, and only read from then on.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import tzinfo
from typing import TYPE_CHECKING, Literal, NamedTuple

import attrs

from gamify_core.domain.decimals import one
from gamify_core.domain.periods import BEGINNING, END, Calendar
from gamify_core.domain.thresholds import rung

if TYPE_CHECKING:
    from gamify_core.catalog import Badge, Challenge, Ladder, Leaderboard, Metric, Rule, Season, Streak, Tier
    from gamify_core.domain.conditions import Expression
    from gamify_core.domain.streaks import StreakRules
    from gamify_core.domain.thresholds import Criteria
    from gamify_core.domain.zones import ZoneLine
    from gamify_core.storage.tables.metrics import WindowRow

__all__ = [
    "ALL_TIME",
    "BadgePlan",
    "BoardPlan",
    "CapPlan",
    "ChallengePlan",
    "CounterPlan",
    "Grouping",
    "LadderPlan",
    "MetricPlan",
    "Mode",
    "Node",
    "RulePlan",
    "StreakPlan",
    "Terms",
    "Tracker",
    "WalletPlan",
    "Watch",
    "Windows",
]

Mode = Literal["sum", "level", "max", "min", "latest"]
ALL_TIME = Calendar("all_time")


@attrs.define(eq=False)
class LadderPlan:
    """A ladder and where it stands in catalog order.

    `minimums` are those of the rungs that are reached by the metric, whose values are kept with `scale` decimals;
    `places` say where each of them stands in `codes`. Rungs whose `award_type` is manual are only ever assigned.
    `review` are the periods at whose ends rungs may be lost.
    """

    order: int
    ladder: Ladder
    codes: tuple[str, ...]
    minimums: tuple[int, ...]
    places: tuple[int, ...]
    review: Calendar | None = None
    scale: int = 0

    def least(self, tier: Tier) -> int:
        """Return the least value of the metric, as it is kept, that reaches a rung."""
        return tier.min_points * one(self.scale)

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


@attrs.define(eq=False)
class Windows:
    """How time is cut into windows: the periods of a calendar, as far as they lie in the span [`starts`, `ends`).

    A season is the one window that all time leaves within its span; a window at the edge of a span is cut short by it.
    """

    calendar: Calendar
    zone: tzinfo
    starts: int
    ends: int

    def label(self, instant: int) -> int | None:
        """Return the label of the window that holds an instant, or None outside the span."""
        if not self.starts <= instant < self.ends:
            return None
        return 0 if self.calendar is ALL_TIME else self.calendar.label(instant, self.zone)

    def nearest(self, instant: int) -> int:
        """Return the label of the window that holds an instant: before the span its first, after it its last one."""
        label = self.label(max(self.starts, self.standing(instant)))
        return 0 if label is None else label

    def standing(self, instant: int) -> int:
        """Return the instant whose window is read at an instant: what it came to by its end stands after."""
        return min(instant, self.ends - 1)

    def bounds(self, label: int) -> tuple[int | None, int | None]:
        """Return the first instant of a window and the first after it; None where it has no such end."""
        if self.calendar is ALL_TIME:
            return (
                self.starts if self.starts > BEGINNING else None,
                self.ends if self.ends < END else None,
            )
        begins, following = (self.calendar.begins(each, self.zone) for each in (label, label + 1))
        return max(begins, self.starts), min(following, self.ends)


@attrs.define(eq=False)
class ChallengePlan:
    """A challenge, the windows it is completed in, and where each metric of its goals is read.

    That is in a window of a tracker, or (None) its running value as it stands. `anew`: some of them is a level, which
    may stand where it has to as a window begins, without a move of its own that would say so.
    """

    order: int
    challenge: Challenge
    criteria: Criteria
    windows: Windows
    trackers: dict[str, Tracker | None]
    anew: bool


Node = LadderPlan | BadgePlan | ChallengePlan


@attrs.define(eq=False)
class Watch:
    """The thresholds on one metric, ascending, and what each of them wakes.

    `first` are woken by a first move wherever that leads: in a window that has just begun everybody is below rungs
    that the window before had earned them, and there is no threshold on the way down from it. `standing` are woken
    by every move that ends at their threshold or above.
    """

    minimums: list[int] = attrs.field(factory=list)
    nodes: list[Node] = attrs.field(factory=list)
    first: list[Node] = attrs.field(factory=list)
    standing: list[tuple[int, Node]] = attrs.field(factory=list)

    def add(self, minimum: int, node: Node, *, standing: bool = False) -> None:
        """Watch one more threshold; they come in ascending order."""
        if standing:
            self.standing.append((minimum, node))
            return
        self.minimums.append(minimum)
        self.nodes.append(node)
        again = (
            isinstance(node, LadderPlan)
            or (isinstance(node, ChallengePlan) and node.anew)
            or (isinstance(node, BadgePlan) and not node.badge.permanent)
        )
        if again and node not in self.first:
            self.first.append(node)

    def reached(self, old: int | None, new: int) -> list[Node]:
        """Return what a move from `old` (None: never moved before) to `new` wakes, either way."""
        high = bisect_right(self.minimums, new)
        if old is None:
            found = self.nodes[:high] + self.first
        else:
            low = bisect_right(self.minimums, old)
            found = self.nodes[low:high] if low <= high else self.nodes[high:low]
        if self.standing:
            found = found + [node for minimum, node in self.standing if minimum <= new]
        return found


class Grouping(NamedTuple):
    """By which attribute of participants a board is split, and whether its groups are ranked by their average."""

    attribute: str
    average: bool


@attrs.define(eq=False)
class Tracker(Windows):
    """A metric kept in windows. `ranked` ones are boards.

    There a value below `least` is not ranked, and `groupings` say which boards of groups follow it. With a `delay` a
    window is final that long after its end; `sealed` are the numbers of final ones that no rebuild may touch.
    """

    metric: str
    text: str
    ranked: bool = False
    ascending: bool = False
    dense: bool = False
    watch: Watch | None = None
    least: int | None = None
    delay: int | None = None
    groupings: tuple[Grouping, ...] = ()
    sealed: frozenset[tuple[str, int]] = frozenset()

    @property
    def key(self) -> tuple[str, str]:
        """What tells this tracker from others."""
        return self.metric, self.text

    def down(self, value: int, hidden: int) -> int | None:
        """Return what orders a value, best first; None where it is not ranked, nor is who is hidden."""
        if hidden or (self.least is not None and value < self.least):
            return None
        return value if self.ascending else -value

    def due(self, label: int) -> int | None:
        """Return the instant from which a window is final, or None for one that never is."""
        ends = self.bounds(label)[1] if self.delay is not None else None
        return None if ends is None or self.delay is None else ends + self.delay

    def is_final(self, label: int, at: int) -> bool:
        """Say whether a window is final at an instant: nothing that is recorded changes it any more."""
        due = self.due(label)
        return due is not None and due <= at

    def closed(self, scope: str, instant: int, recorded_at: int) -> bool:
        """Say whether the window that holds an instant is not to be changed by what is recorded at another one."""
        label = self.label(instant)
        due = None if label is None else self.due(label)
        return due is not None and (recorded_at >= due or (scope, label) in self.sealed)


@attrs.define(eq=False)
class MetricPlan:
    """Everything to do when a metric moves."""

    name: str
    mode: Mode
    watch: Watch | None = (
        None  # on the running value, where that is kept elsewhere (wallet, streak, event chain)
    )
    trackers: tuple[Tracker, ...] = ()


class Terms(NamedTuple):
    """How long what is awarded waits until it counts, and how long it lasts from then on."""

    matures: str | None
    expires: str | None


@attrs.define(eq=False)
class WalletPlan:
    """The metrics of a currency that something reads, and on what terms it is awarded where nothing else is said."""

    earned: MetricPlan | None
    spent: MetricPlan | None
    balance: MetricPlan | None
    terms: Terms | None = None


@attrs.define(eq=False)
class CounterPlan:
    """A declared metric: what it takes from an event."""

    metric: Metric
    plan: MetricPlan
    when: Expression | None
    amount: Expression | None
    distinct: Expression | None
    goals: tuple[
        tuple[StreakPlan, int], ...
    ] = ()  # the streaks that ask for it, and which of their goals it is


@attrs.define(eq=False)
class CapPlan:
    """The bound of a rule: at most so many points (of so many decimals, kept as an integer) and times in a period.

    How many there were is read in the windows `points_in` and `times_in`.
    """

    points: int | None
    times: int | None
    per: str
    points_plan: MetricPlan
    times_plan: MetricPlan
    points_in: Tracker
    times_in: Tracker
    scale: int = 0


@attrs.define(eq=False)
class RulePlan:
    """A rule with its expressions compiled.

    `opaque`: its condition is a Python callable; `bounded`: more than its condition may stand against it; `gives`: it
    does more than move points; `noted`: that it fired has to be remembered.
    """

    rule: Rule
    when: Expression | None
    awards: tuple[tuple[str, int | Expression], ...]
    deducts: tuple[tuple[str, int | Expression], ...]
    cap: CapPlan | None
    cooldown: int | None
    starts: int | None
    ends: int | None
    terms: Terms | None = None
    random: bool = attrs.field(init=False)  # whether anything in it draws luck, and needs a stream of its own
    cause: str = attrs.field(init=False)
    opaque: bool = attrs.field(init=False)
    noted: bool = attrs.field(init=False)
    bounded: bool = attrs.field(init=False)
    gives: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Tell once what would else be asked with every event."""
        rule, cap = self.rule, self.cap
        self.cause = f"rule:{rule.code}"
        self.opaque = rule.opaque
        self.noted = self.cooldown is not None or (cap is not None and cap.times is not None)
        self.bounded = self.noted or self.starts is not None or self.ends is not None
        self.gives = any((rule.streak, rule.badge, rule.mint, rule.reward, rule.advance))

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
    days: Calendar | None  # by what days are counted, where they are
    risk: int  # how long before its end a run that is not kept up is at risk
    beside: bool  # what one more activity is worth depends on the others of its period
    current: MetricPlan | None = None
    longest: MetricPlan | None = None


@attrs.define(eq=False)
class BoardPlan:
    """A leaderboard and the tracker of each period that is kept.

    A rolling period is read from the days that it is made of; `seasons` have a tracker each, in the order of time.
    Scores are kept as integers with `scale` decimals.
    """

    board: Leaderboard
    trackers: dict[str, Tracker]
    seasons: tuple[tuple[Season, Tracker], ...]
    scale: int
    grouping: Grouping | None

    @property
    def every(self) -> list[Tracker]:
        """The trackers of all its periods."""
        return [*self.trackers.values(), *(tracker for _, tracker in self.seasons)]

    def named(self, period: str, window: WindowRow) -> str | None:
        """Return what a window is called as one of a period, `2026-W07` or `spring`; None where it is none of these."""
        key = window.metric, window.calendar
        if period == "season":
            return next((season.code for season, tracker in self.seasons if tracker.key == key), None)
        tracker = self.trackers[period]
        return tracker.calendar.text(window.label) if tracker.key == key else None
