"""What a season comes to, one number at a time, from its tally."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from gamify_core.domain.decimals import one
from gamify_core.simulation.cohorts import fate, triangle
from gamify_core.simulation.statistics import gini, kaplan_meier, quantile

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.domain.expectations import Measure
    from gamify_core.simulation.tallies import Days, Tally

__all__ = ["Value", "days_to_reach", "stock_of", "survivors", "unit_of", "value_of"]


class Value(NamedTuple):
    """A number, and where it is a share of countable things: so many of so many."""

    value: float
    hits: int | None = None
    of: int = 0


def value_of(tally: Tally, catalog: Catalog, asked: Measure) -> Value:
    """Return what a measure comes to; NaN where there is nothing to tell it from, as on a day after the season."""
    if asked.day is not None and asked.day > tally.days:
        return Value(math.nan)
    return _MEASURES[asked.name](tally, catalog, asked)


def _part(hits: int, of: int) -> Value:
    return Value(hits / of if of else math.nan, hits, of)


def _day(tally: Tally, asked: Measure) -> int:
    """Return the place of a day that is counted from 1; the last one where none is named."""
    return tally.days - 1 if asked.day is None else max(asked.day, 1) - 1


def _share(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    if asked.kind == "badge":
        people = tally.population if asked.persona is None else tally.players[asked.persona]
        if asked.day is not None and asked.persona is None:
            return _part(sum(tally.badges.get(asked.target, [])[: _day(tally, asked) + 1]), people)
        earned = [
            n
            for (badge, who), n in tally.earners.items()
            if badge == asked.target and asked.persona in (None, who)
        ]
        return _part(sum(earned), people)
    day = _day(tally, asked)
    return _part(tally.holders(asked.kind, asked.target)[day], tally.present()[day])


def _reached(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    return _part(sum(tally.reached.get((asked.kind, asked.target), {}).values()), tally.population)


def days_to_reach(tally: Tally, ladder: str, tier: str) -> list[float]:
    """Return the share that has not reached a rung by each day after arriving."""
    none: Counter[int] = Counter()
    rung = ladder, tier
    return kaplan_meier(tally.reached.get(rung, none), tally.unreached.get(rung, none), tally.days)


def _days_to(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    for day, share in enumerate(days_to_reach(tally, asked.kind, asked.target)):
        if share <= 0.5:  # noqa: PLR2004 - the median
            return Value(day)
    return Value(math.inf)


def survivors(tally: Tally, streak: str) -> list[float]:
    """Return the share of runs that reach each length, from 1 up."""
    none: Counter[int] = Counter()
    ended, going = tally.ended.get(streak, none), tally.running.get(streak, none)
    longest = max([0, *ended, *going])
    return kaplan_meier(ended, going, longest)[: max(longest, 1)]


def _streak(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    shares = survivors(tally, asked.target)
    length = asked.length or 7
    runs = sum(tally.ended.get(asked.target, Counter()).values()) + sum(
        tally.running.get(asked.target, Counter()).values()
    )
    if not runs:
        return Value(math.nan)
    return Value(shares[length - 1] if length <= len(shares) else 0.0)


def _claims(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    return Value(sum(tally.claims.get(asked.target, [])[: _day(tally, asked) + 1]))


def stock_of(tally: Tally, catalog: Catalog, reward: str) -> Days | None:
    """Return what is left of a reward, or of its codes, at the end of each day, or None where it has no end."""
    ends = [catalog.reward(reward).total_inventory, tally.codes.get(reward)]
    bounds = [each for each in ends if each is not None]
    if not bounds:
        return None
    whole, left = min(bounds), []
    for claimed in tally.claims.get(reward, [0] * tally.days):
        whole -= claimed
        left.append(whole)
    return left


def _stockout(tally: Tally, catalog: Catalog, asked: Measure) -> Value:
    for day, left in enumerate(stock_of(tally, catalog, asked.target) or [], 1):
        if left <= 0:
            return Value(day)
    return Value(math.inf)


def _unmet(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    wanted = [
        sum(days)
        for (reward, code), days in tally.refused.items()
        if reward == asked.target and code in _GONE
    ]
    return Value(sum(wanted))


_GONE: Final = frozenset({"out_of_stock", "no_codes"})


def _supply(tally: Tally, catalog: Catalog, asked: Measure) -> Value:
    return Value(tally.supply(asked.target)[_day(tally, asked)] / unit_of(catalog, asked.target))


def unit_of(catalog: Catalog, currency: str) -> int:
    """Return how many of what a tally counts make one of a currency: 100, where it has two decimals."""
    return one(catalog.scale(currency))


def _flow(name: str) -> Callable[[Tally, Catalog, Measure], Value]:
    def flow(tally: Tally, catalog: Catalog, asked: Measure) -> Value:
        days = tally.flow(name, asked.target)[: _day(tally, asked) + 1]
        return Value(sum(days) / unit_of(catalog, asked.target))

    return flow


def _sinks(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    gone = sum(tally.flow("spent", asked.target)) + sum(tally.flow("expired", asked.target))
    issued = sum(tally.flow("issued", asked.target))
    return Value(gone / issued if issued else math.nan)


def _breakage(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    spent, issued = sum(tally.flow("spent", asked.target)), sum(tally.flow("issued", asked.target))
    return Value(1 - spent / issued if issued else math.nan)


def _velocity(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    supply = tally.supply(asked.target)
    moved = sum(tally.flow("spent", asked.target)) + sum(tally.flow("moved", asked.target))
    mean = sum(supply) / len(supply)
    return Value(moved / mean if mean else math.nan)


def _redemption(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    return Value(fate(triangle(tally, asked.target)).spent[-1] if tally.supply(asked.target) else math.nan)


def _mean(tally: Tally, catalog: Catalog, asked: Measure) -> Value:
    held = tally.held(asked.target, asked.persona)
    people, whole = sum(held.values()), sum(value * many for value, many in held.items())
    return Value(whole / people / unit_of(catalog, asked.target) if people else math.nan)


def _quantile(part: float) -> Callable[[Tally, Catalog, Measure], Value]:
    def quantile_of(tally: Tally, catalog: Catalog, asked: Measure) -> Value:
        return Value(quantile(tally.held(asked.target, asked.persona), part) / unit_of(catalog, asked.target))

    return quantile_of


def _gini(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    return Value(gini(tally.held(asked.target, asked.persona)))


def _dau(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    daily = tally.daily()
    return Value(sum(daily) / len(daily) if asked.day is None else daily[_day(tally, asked)])


def _retention(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    age = 1 if asked.day is None else asked.day
    if age >= tally.days:
        return Value(math.nan)
    return _part(tally.seen_at_age[age], tally.watched_at_age()[age])


def _events(tally: Tally, _catalog: Catalog, asked: Measure) -> Value:
    return Value(sum(sum(days[: _day(tally, asked) + 1]) for days in tally.events.values()))


_MEASURES: Final[dict[str, Callable[[Tally, Catalog, Measure], Value]]] = {
    "share": _share,
    "reached": _reached,
    "days_to": _days_to,
    "streak": _streak,
    "claims": _claims,
    "stockout": _stockout,
    "unmet": _unmet,
    "supply": _supply,
    "issued": _flow("issued"),
    "spent": _flow("spent"),
    "expired": _flow("expired"),
    "sinks": _sinks,
    "breakage": _breakage,
    "redemption": _redemption,
    "velocity": _velocity,
    "mean": _mean,
    "p10": _quantile(0.1),
    "p50": _quantile(0.5),
    "p90": _quantile(0.9),
    "gini": _gini,
    "dau": _dau,
    "retention": _retention,
    "events": _events,
}
