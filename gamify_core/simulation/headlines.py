"""The few numbers that somebody looks at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.catalog.expected import unknown_in
from gamify_core.domain.expectations import Measure
from gamify_core.simulation.liabilities import liabilities
from gamify_core.simulation.results import spelt
from gamify_core.simulation.tallies import higher_rungs

if TYPE_CHECKING:
    from gamify_core.simulation.results import Estimate, Simulation

__all__ = ["headlines", "lines_of", "size_of"]

_LABEL = 34


def headlines(result: Simulation) -> list[tuple[str, Estimate]]:
    """Return the headlines of a season, each under its label."""
    asked = [
        ("active on a day", Measure("dau")),
        *[(f"D{age} retention", Measure("retention", day=age)) for age in (1, 7, 30) if age < result.days],
    ]
    for currency in sorted({currency for tally in result.tallies for currency in tally.currencies()}):
        kind = "currency"
        asked += [
            (f"{currency} issued", Measure("issued", kind, currency)),
            (f"{currency} spent or expired, of issued", Measure("sinks", kind, currency)),
            (f"{currency} outstanding at the end", Measure("supply", kind, currency)),
            (f"{currency} held by the median player", Measure("p50", kind, currency)),
            (f"{currency}, Gini of balances", Measure("gini", kind, currency)),
        ]
    asked += [
        (f"reach {ladder} {tier}", Measure("reached", ladder, tier))
        for ladder, tier in higher_rungs(result.catalog)
    ]
    asked += [
        (f"{reward.code}: first day out of stock", Measure("stockout", "reward", reward.code))
        for reward in result.catalog.rewards
        if reward.total_inventory is not None
    ]
    return [
        (label, result.measure(each)) for label, each in asked if unknown_in(result.catalog, each) is None
    ]


def size_of(result: Simulation) -> str:
    """Return `1,000 players × 90 days`."""
    players = "player" if result.players == 1 else "players"
    days = "day" if result.days == 1 else "days"
    return f"{result.players:,} {players} × {result.days:,} {days}"


def lines_of(result: Simulation) -> list[str]:
    """Return a season in a screenful."""
    many = f", {result.n} repetitions" if result.n > 1 else ""
    seed = f", seed {result.seed}" if result.seed is not None else ""
    lines = [f"{size_of(result)}{many}{seed}"]
    if result.coupling:
        lines.append(f"  played together, for they share {', '.join(result.coupling)}")
    lines += [f"  {label:<{_LABEL}} {estimate}" for label, estimate in headlines(result)]
    lines += [
        f"  {f'{each.currency} liability, at {each.cost:g} each':<{_LABEL}} "
        f"{spelt(each.liability)} (were all spent: {spelt(each.at_most)})"
        for each in liabilities(result)
    ]
    lines += [f"  {goal}" for goal in result.goals()]
    lines += [f"  repetition {failure.replication} failed: {failure.error}" for failure in result.failures]
    return lines
