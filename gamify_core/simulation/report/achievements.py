"""Tiers, badges and streaks on the page."""

from __future__ import annotations

from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, Final

from gamify_core.simulation.measuring import days_to_reach, survivors
from gamify_core.simulation.report.charts import (
    Bar,
    Series,
    bars,
    legend,
    lines,
    share,
    stacked,
)
from gamify_core.simulation.report.figures import (
    Chart,
    by_day,
    interval,
    mean,
)
from gamify_core.simulation.results import spelt
from gamify_core.simulation.statistics import wilson
from gamify_core.simulation.tallies import higher_rungs

if TYPE_CHECKING:
    from gamify_core.simulation.results import Simulation
    from gamify_core.simulation.tallies import Tally

__all__ = ["badges", "streaks", "tiers"]

_REACHED: Final = (
    "Share that has reached a rung so many days after arriving "
    "(Kaplan–Meier: who arrived late is not taken for one who never does)."
)
_BANDS: Final = {
    "common": (0.30, 1.0),
    "uncommon": (0.10, 0.30),
    "rare": (0.03, 0.10),
    "epic": (0.01, 0.03),
    "legendary": (0.001, 0.01),
    "mythic": (0.0, 0.001),
}
"""What share of players the words for rarity promise, as this page reads them."""


def _held(ladder: str, tier: str, tally: Tally) -> list[float]:
    """Return the share that holds a rung, at the end of each day."""
    both = zip(tally.holders(ladder, tier), tally.present(), strict=True)
    return [held / there if there else 0.0 for held, there in both]


def _reached(ladder: str, tier: str, tally: Tally) -> list[float]:
    """Return the share that has reached a rung, by each day after arriving."""
    return [1 - left for left in days_to_reach(tally, ladder, tier)]


def tiers(result: Simulation) -> list[Chart]:
    """Return, for each ladder, who holds what and how long it takes to get there."""
    charts = []
    for ladder in result.catalog.ladders:
        rungs = [tier.code for tier in ladder.tiers]

        shares = [Series(tier, mean(result, partial(_held, ladder.code, tier))) for tier in rungs]
        names = {tier.code: tier.name for tier in ladder.tiers}
        charts.append(
            Chart(
                f"{ladder.name}: who holds what",
                "Share of players who have arrived, at the end of each day.",
                stacked(shares, spelt=share, most=1.0) + legend([names[tier] for tier in rungs]),
                ["day", *[names[tier] for tier in rungs]],
                by_day(result, shares, lambda value: spelt(value, share=True)),
            )
        )
        above = [tier for code, tier in higher_rungs(result.catalog) if code == ladder.code]
        if not above:
            continue
        curves = [Series(tier, mean(result, partial(_reached, ladder.code, tier))) for tier in above]
        missing = len(rungs) - len(above)  # so that a rung has the same colour in both charts
        rows = []
        for tier, curve in zip(above, curves, strict=True):
            marks = [
                next((str(day) for day, reached in enumerate(curve.values) if reached >= part), "never")
                for part in (0.1, 0.5, 0.9)
            ]
            rows.append([names[tier], *marks, spelt(1 - curve.values[-1], share=True)])
        charts.append(
            Chart(
                f"{ladder.name}: how long it takes",
                _REACHED,
                lines(curves, spelt=share, first=0, colour=missing)
                + legend([names[tier] for tier in above], missing),
                ["rung", "10 % by day", "half by day", "90 % by day", "not reached"],
                rows,
            )
        )
    return charts


def badges(result: Simulation) -> list[Chart]:
    """Return who earns each badge, and whether that is as rare as it says."""
    drawn, rows, shares = [], [], []
    for badge in result.catalog.badges:
        earned = sum(
            n for tally in result.tallies for (code, _), n in tally.earners.items() if code == badge.code
        )
        value, low, high = wilson(earned, sum(tally.population for tally in result.tallies))
        least, most = _BANDS.get(badge.rarity, (0.0, 1.0))
        off = high < least or low > most
        found = "more common" if low > most else "rarer" if off else "as planned"
        told = f'<span class="pill {"bad" if off else "good"}">{found}</span>'
        drawn.append(Bar(badge.name, value, low, high, f"{spelt(value, share=True)} · {badge.rarity}"))
        shares.append([badge.name, spelt(value, share=True), interval(low, high)])
        rows.append(
            [
                badge.name,
                told,
                f"{spelt(value, share=True)} [{interval(low, high)}]",
                f"{share(least)} – {share(most)}",
                badge.rarity,
            ]
        )
    if not drawn:
        return []
    chart = Chart(
        "Who earns each",
        "Share of all players, with its 95 % Wilson interval.",
        bars(drawn, most=1.0),
        ["badge", "share", "95 %"],
        shares,
    )
    planned = Chart(
        "Rarity: planned and actual",
        "Off its plan is a badge whose whole interval lies outside what its rarity promises, as this page reads it.",
        "",
        ["badge", "", "actual", "promised", "rarity"],
        rows,
    )
    return [chart, planned]


def streaks(result: Simulation) -> list[Chart]:
    """Return how long runs last."""
    codes = [
        each
        for each in result.catalog.streaks
        if any(each.code in tally.ended or each.code in tally.running for tally in result.tallies)
    ]
    if not codes:
        return []
    curves = []
    for each in codes:
        found = [survivors(tally, each.code) for tally in result.tallies]
        longest = max(map(len, found))
        curves.append(
            Series(
                each.name,
                [
                    fmean([one[place] if place < len(one) else 0.0 for one in found])
                    for place in range(longest)
                ],
            )
        )
    lengths = [
        length
        for length in (2, 3, 5, 7, 14, 30, 60, 100, 365)
        if any(length <= len(each.values) for each in curves)
    ]
    return [
        Chart(
            "Runs that reach each length",
            "Of all runs that were begun, in periods of the streak; runs that go on count as far as they are known.",
            lines(curves, spelt=share, x="length")
            + (legend([each.label for each in curves]) if len(curves) > 1 else ""),
            ["length", *[each.label for each in curves]],
            [
                [
                    str(length),
                    *[
                        spelt(each.values[length - 1], share=True) if length <= len(each.values) else "0.0 %"
                        for each in curves
                    ],
                ]
                for length in lengths
            ],
        )
    ]
