"""What a designer writes, as plain values: frozen, comparable, printable, with no behaviour of their own.

Promise: a definition keeps what it was given and decides nothing (`Rule.decide` asks the domain). Whether it makes
sense is the question of the `Catalog` it is put into, which answers for all of them at once; so a definition by
itself is never refused. Things refer to each other by code. `name` is the code in title case unless given.
Streaks and leaderboards, which have parts of their own, are defined in rooms of their own, and are had from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core.catalog.board_definitions import Leaderboard, Prize, Season
from gamify_core.catalog.conversions import (
    Properties,
    amounts,
    decimal,
    many,
    moment,
    names,
    points,
    word_of,
)
from gamify_core.catalog.defining import (
    Amount,
    Definition,
    Demotion,
    Fall,
    GroupScore,
    Order,
    Period,
    Predicate,
    Review,
    RewardType,
    Rounding,
    Stacking,
    StreakPeriod,
    Ties,
    Weekday,
    name_of_code,
)
from gamify_core.catalog.nearest import nearest
from gamify_core.catalog.streak_definitions import Milestone, Streak
from gamify_core.errors import NotFound

if TYPE_CHECKING:
    from decimal import Decimal

    from gamify_core.domain.deciding import Decision

__all__ = [
    "Amount",
    "Badge",
    "Cap",
    "Challenge",
    "Currency",
    "Definition",
    "Demotion",
    "Event",
    "Fall",
    "GroupScore",
    "Ladder",
    "Leaderboard",
    "Metric",
    "Milestone",
    "Order",
    "Period",
    "Predicate",
    "Prize",
    "Review",
    "Reward",
    "RewardType",
    "Rounding",
    "Rule",
    "Season",
    "Stacking",
    "Streak",
    "StreakPeriod",
    "Tier",
    "Ties",
    "Weekday",
]


@attrs.frozen(init=False, repr=False)
class Event(Definition):
    """An event of the application, with the kind of each property.

    That is a Python type or one of `"integer"`, `"number"`, `"text"`, `"boolean"`, `"list"`, `"any"`. With no
    properties, any are accepted.
    """

    properties: Properties

    # Positional only, so that properties may be called `self` and `code` too
    def __init__(self, code: str, /, **properties: type | str) -> None:
        """Declare event `code` with these properties."""
        words = Properties({name: word_of(kind) for name, kind in properties.items()})
        self.__attrs_init__(code, words)

    def __repr__(self) -> str:
        """Return the call that makes it."""
        pairs = [f"{name}={kind!r}" for name, kind in self.properties.items()]
        return f"Event({', '.join([repr(self.code), *pairs])})"


@attrs.frozen(repr=False)
class Currency(Definition):
    """A kind of points.

    With `scale=2` amounts have two decimals. Calls take them as `Decimal("12.34")`, as text (`"12.34"`) or as whole
    units (12 is 12.00), and answer in `Decimal`s, which are text in JSON; what has more decimals is refused. So it is
    in definitions: what a rule awards, a badge gives, a reward costs and a rung asks are whole units; an expression
    comes to an amount that is exact in the smallest unit, or is rounded to it as its rule says. Rows keep integers of
    that unit, at most 2^53-1 in one amount. So a store takes no catalog that changes the scale of a currency.
    `points` are whole.

    What is awarded of it counts once `matures` has passed, and lapses, as far as it is unspent, once `expires` has
    passed from then on; both are stretches of time such as `"14d"`, `"3mo"` or `"1y"`. Rules and awards may say
    otherwise.
    """

    name: str = name_of_code()
    scale: int = 0
    matures: str | None = attrs.field(default=None, kw_only=True)
    expires: str | None = attrs.field(default=None, kw_only=True)


def _counts(metric: Metric) -> bool:
    """Say whether nothing but counting is asked for."""
    taken = metric.sum, metric.max, metric.min, metric.latest, metric.distinct
    return not metric.days and all(source is None for source in taken)


@attrs.frozen(repr=False)
class Metric(Definition):
    """A counter of events, or the sum, maximum, minimum, latest or number of distinct values of a property.

    `sum`, `max`, `min`, `latest` and `distinct` take the name of a property or an expression; with none of them events
    are counted, or with `days` the different days on which they happened (in the zone of the catalog, or of the board
    that shows them). The latest value is that of the last event by the time at which it happened, however late it
    arrives; of several at one instant the greatest.

    Any metric that is no level can be read in a window: `lessons@weekly`, the week that runs (also `hourly`, `daily`,
    `monthly`, `yearly`); `lessons@spring`, a season of a leaderboard, which is nothing before it and stands after it;
    and in `when` and amounts `metric("lessons@last_30d")`, today and the 29 days before it in the catalog's zone. These
    days are added up when they are asked for. No threshold is set on them: they fall by time alone, and nothing moves.

    `scale` is how many decimals a value has: with `scale=2` events carry 12.34, which is kept exactly, as 1234, and
    boards show `Decimal("12.34")`. A value with more decimals is rounded as `rounding` says (`"floor"`, `"round"`,
    `"ceil"`); without it, it does not count, and the answer says so. Metrics with decimals are for boards and
    expressions; thresholds are whole numbers.
    """

    on: tuple[str, ...] = attrs.field(converter=names)
    sum: str | None = attrs.field(default=None, kw_only=True)
    max: str | None = attrs.field(default=None, kw_only=True)
    min: str | None = attrs.field(default=None, kw_only=True)
    latest: str | None = attrs.field(default=None, kw_only=True)
    distinct: str | None = attrs.field(default=None, kw_only=True)
    days: bool = attrs.field(default=False, kw_only=True)
    when: str | None = attrs.field(default=None, kw_only=True)
    scale: int = attrs.field(default=0, kw_only=True)
    rounding: Rounding | None = attrs.field(default=None, kw_only=True)
    count: bool = attrs.field(default=attrs.Factory(_counts, takes_self=True), kw_only=True)


@attrs.frozen
class Cap:
    """The most that a rule gives in a period: so many points, so many times."""

    points: int | None = None
    times: int | None = None
    per: Period = "daily"


@attrs.frozen(repr=False)
class Rule(Definition):
    """When this event comes, and the condition holds: award, deduct, record streaks, give badges, and so on.

    `mint` names badges of which a copy is minted, `reward` rewards that are handed out free of charge, `advance`
    challenges whose metric `challenge.<code>` goes up by one.

    `award` and `deduct` are an amount, an expression, or a mapping of them by currency, and are held as
    pairs. `starts` and `ends` are aware datetimes (or ISO 8601 text), the end excluded. `when` may be a
    Python callable that takes the event's properties: the escape for what conditions cannot say, which cannot
    be explained, and of which a file keeps only the name (`{"python": "app.rules.lucky"}`). `matures` and `expires` are
    as of a currency, for what this rule awards.
    """

    on: tuple[str, ...] = attrs.field(converter=names)
    when: str | Predicate | None = None
    award: tuple[tuple[str, Amount], ...] = attrs.field(default=(), converter=amounts)
    deduct: tuple[tuple[str, Amount], ...] = attrs.field(default=(), converter=amounts)
    streak: tuple[str, ...] = attrs.field(default=(), converter=names)
    badge: tuple[str, ...] = attrs.field(default=(), converter=names)
    mint: tuple[str, ...] = attrs.field(default=(), converter=names)
    reward: tuple[str, ...] = attrs.field(default=(), converter=names)
    advance: tuple[str, ...] = attrs.field(default=(), converter=names)
    cap: Cap | None = None
    cooldown: str | None = None
    starts: datetime | None = attrs.field(default=None, converter=moment)
    ends: datetime | None = attrs.field(default=None, converter=moment)
    strict: bool = False
    rounding: Rounding | None = None
    name: str = name_of_code()
    matures: str | None = attrs.field(default=None, kw_only=True)
    expires: str | None = attrs.field(default=None, kw_only=True)

    @property
    def opaque(self) -> bool:
        """Whether the condition is a Python callable."""
        return callable(self.when)

    def decide(  # noqa: PLR0913 - what a rule may read, all by name
        self,
        properties: Mapping[str, object] | None = None,
        *,
        metrics: Mapping[str, int | Decimal] | None = None,
        participant: Mapping[str, object] | None = None,
        at: datetime | None = None,
        seed: int | None = None,
        scales: Mapping[str, int] | None = None,
    ) -> Decision:
        """Return what the rule makes of an event with these `properties`, by itself: no engine is needed.

        `metrics` are the values that `metric("…")` reads, under the names it reads them by, `participant` the
        attributes, `at` (an aware datetime) the local time and the season, `seed` what `chance` and `roll` are drawn
        from. A rule does not know its catalog: `scales` says of the currencies that have decimals how many
        (`{"usd": 2}`). What only a history knows is left out: caps, cooldowns, stock, and badges that are held already.
        Raises `BadValue` where the rule reads something that was not given.

        >>> lesson = Rule("lesson", on="lesson_finished", when="score >= 60", award="10 + score // 10")
        >>> print(lesson.decide({"score": 97}))
        lesson: yes, +19 points
        >>> print(lesson.decide({"score": 41}))
        lesson: no, score >= 60 is false (score = 41)
        """
        from gamify_core.domain.deciding import decide  # noqa: PLC0415 - it imports definitions

        return decide(self, properties or {}, metrics or {}, participant or {}, at, seed, scales or {})


@attrs.frozen(repr=False)
class Tier(Definition):
    """A rung of a ladder. A `level` of 0 is filled in by the ladder: 1, 2, 3 … from the lowest rung up."""

    name: str = name_of_code()
    level: int = 0
    min_points: int = 0
    color: str | None = None
    description: str | None = None
    benefits: tuple[str, ...] = attrs.field(default=(), converter=names)
    award_type: str = "automatic"
    display_order: int = 0


def _rungs(tiers: Iterable[Tier] | Mapping[str, int]) -> tuple[Tier, ...]:
    """Return tiers from the lowest up, numbered; the order in which they were written says nothing."""
    if isinstance(tiers, Mapping):
        tiers = [Tier(code, min_points=minimum) for code, minimum in tiers.items()]
    rungs: tuple[Tier, ...] = many(tiers)
    if all(type(getattr(tier, "min_points", None)) is int for tier in rungs):
        rungs = tuple(sorted(rungs, key=lambda tier: tier.min_points))
        rungs = tuple(
            attrs.evolve(tier, level=place) if tier.level == 0 and tier.level is not False else tier
            for place, tier in enumerate(rungs, 1)
        )
    return rungs


@attrs.frozen(repr=False)
class Ladder(Definition):
    """Tiers or levels on one metric: the highest rung whose `min_points` the metric reaches is held.

    With `demotion="at_review"` a rung stands until the end of the period (`review`) after the one in which the metric
    reached it last. Who has not reached it again by then falls to the rung that the period which ends has earned
    (`fall="all"`), or by `"one"` rung, but no lower than that. On a metric in a window (`points.earned@yearly`)
    people have to qualify anew in each.
    """

    tiers: tuple[Tier, ...] = attrs.field(default=(), converter=_rungs)
    metric: str = "points.earned"
    demotion: Demotion = "never"
    name: str = name_of_code()
    review: Review | None = attrs.field(default=None, kw_only=True)
    fall: Fall = attrs.field(default="all", kw_only=True)

    def tier(self, code: str) -> Tier:
        """Return a rung by its code; raise `NotFound` when there is none."""
        for tier in self.tiers:
            if tier.code == code:
                return tier
        near = nearest(code, [tier.code for tier in self.tiers])
        raise NotFound("tier", code, f"Tier definition not found: {code}", nearest=near)


@attrs.frozen(repr=False)
class Badge(Definition):
    """A mark of something achieved: earned once (unless `repeatable`) by criteria, a rule, or by hand.

    `criteria` are thresholds on metrics, such as `"lessons >= 1 and streak.daily >= 7"`; `condition` is text
    for people. `points` is an amount or a mapping by currency, held as pairs. With a `max_supply` each earning also
    mints a numbered copy, and there are no more than so many; `transferable` says whether copies may change hands.
    A badge that is not `permanent` is lost, with the points it gave, as soon as its criteria are met no more.
    """

    name: str = name_of_code()
    description: str | None = None
    icon_url: str | None = None
    icon: str | None = None
    category: str | None = None
    rarity: str = "common"
    points: tuple[tuple[str, int], ...] = attrs.field(default=(), converter=points)
    criteria: str | None = None
    condition: str | None = None
    max_supply: int | None = None
    repeatable: bool = False
    transferable: bool = True
    secret: bool = False
    permanent: bool = True
    display_order: int = 0


@attrs.frozen(repr=False)
class Reward(Definition):
    """Something to be claimed for points, as far as stock, codes and the limit for each participant go.

    `total_inventory` None is without end. A `coupon` always takes a code from the pool; so does any other type once
    it was given codes. A `points_multiplier` multiplies what its holder is awarded of `multiplies` by `factor` for
    `duration` (`"24h"`, `"7d"`) from the claim on. Several at once stack by their own `stacking`: of the `highest`
    ones the greatest counts, those that `add` add what they are above one, those that `multiply` multiply; then the
    three multiply each other. A factor below one lowers what is awarded, but never to less than one point. A rule's
    cap counts points as they were multiplied.
    """

    name: str = name_of_code()
    type: RewardType = "digital"
    description: str | None = None
    points_cost: int = 0
    currency: str = "points"
    max_claims_per_user: int | None = None
    total_inventory: int | None = None
    is_active: bool = True
    factor: str | None = attrs.field(default=None, converter=decimal)
    duration: str | None = None
    multiplies: str = "points"
    stacking: Stacking = "highest"
    rounding: Rounding = "floor"
    display_order: int = 0


@attrs.frozen(repr=False)
class Challenge(Definition):
    """Goals to be reached within a window, and what reaching them gives, once in each window.

    `goals` are thresholds on metrics as in a badge's criteria, without windows of their own: each metric is read in
    the window of the challenge. That is each `period` (`all_time`: the whole of it), and only what happens from
    `starts` on and before `ends` counts. Levels, such as a balance or a running streak, are read as they stand.
    """

    goals: str = ""
    name: str = name_of_code()
    description: str | None = None
    period: Period = "all_time"
    starts: datetime | None = attrs.field(default=None, converter=moment)
    ends: datetime | None = attrs.field(default=None, converter=moment)
    points: tuple[tuple[str, int], ...] = attrs.field(default=(), converter=points)
    badge: tuple[str, ...] = attrs.field(default=(), converter=names)
    reward: tuple[str, ...] = attrs.field(default=(), converter=names)
    is_active: bool = True
    display_order: int = 0
