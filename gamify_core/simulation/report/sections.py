"""The sections of the page, each with its charts and the tables beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from gamify_core.domain.expectations import Measure
from gamify_core.simulation.measuring import stock_of
from gamify_core.simulation.report.achievements import badges, streaks, tiers
from gamify_core.simulation.report.charts import (
    Series,
    legend,
    lines,
    share,
    stacked,
)
from gamify_core.simulation.report.economy import points
from gamify_core.simulation.report.figures import (
    Chart,
    band,
    by_day,
    cause_of,
    figure,
    interval,
    mean,
    personas_of,
)
from gamify_core.simulation.results import spelt

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.simulation.results import Simulation
    from gamify_core.simulation.tallies import Tally

__all__ = ["sections"]


def sections(result: Simulation) -> list[str]:
    """Return the sections there is something to tell of."""
    made = []
    for title, about, charts in (
        ("People", "Who is there, and who comes back.", _people(result)),
        ("Points", "Where they come from, where they go, and what is left.", points(result)),
        ("Tiers", "Who gets how far, and how long it takes.", tiers(result)),
        ("Badges", "How rare each turns out to be, beside what its rarity promises.", badges(result)),
        ("Streaks", "How long runs last.", streaks(result)),
        ("Rewards", "What is claimed, how long the stock lasts, and who comes too late.", _rewards(result)),
        (
            "Held back",
            "What rules meant to do and could not: caps, cooldowns, what was sold out.",
            _held_back(result),
        ),
    ):
        figures = "".join(figure(chart) for chart in charts)
        if figures:
            made.append(f'<h2>{title}</h2><p>{about}</p><div class="grid">{figures}</div>')
    return made


def _active(persona: str, tally: Tally) -> Sequence[float]:
    return tally.active.get(persona, [0] * tally.days)


def _left(catalog: Catalog, reward: str, tally: Tally) -> Sequence[float]:
    return stock_of(tally, catalog, reward) or []


def _people(result: Simulation) -> list[Chart]:
    personas = personas_of(result)
    daily = [Series(persona, mean(result, partial(_active, persona))) for persona in personas]
    total = band(result, "active", lambda tally: tally.daily())
    labels = legend(personas) if len(personas) > 1 else ""
    charts = [
        Chart(
            "Active on each day",
            "Players who did anything on a day (DAU), by persona."
            if len(personas) > 1
            else "Players who did anything on a day (DAU).",
            stacked(daily) + labels,
            ["day", *personas, "all"],
            [[*row, spelt(total.values[int(row[0]) - 1])] for row in by_day(result, daily, spelt)],
        )
    ]

    def returned(tally: Tally) -> list[float]:
        return [
            seen / watched if watched else math.nan
            for seen, watched in zip(tally.seen_at_age, tally.watched_at_age(), strict=True)
        ]

    curve = band(result, "active", returned)
    ages = [age for age in (1, 3, 7, 14, 30, 60, 90, 180, 365) if age < result.days]
    rows = []
    for age in ages:
        each = result.measure(Measure("retention", day=age))
        rows.append([f"D{age}", spelt(each.value, share=True), interval(each.low, each.high)])
    charts.append(
        Chart(
            "Retention",
            "Of those who arrived so many days ago, the share that is active: what the personas come to.",
            lines([curve], spelt=share, first=0),
            ["", "active", "95 %"],
            rows,
        )
    )
    return charts


def _rewards(result: Simulation) -> list[Chart]:
    if not result.catalog.rewards:
        return []
    stocked = [
        reward
        for reward in result.catalog.rewards
        if reward.total_inventory is not None or any(reward.code in tally.codes for tally in result.tallies)
    ]
    rows: list[list[object]] = []
    for reward in result.catalog.rewards:
        claims = result.measure(Measure("claims", "reward", reward.code)).value
        out = result.measure(Measure("stockout", "reward", reward.code))
        unmet = result.measure(Measure("unmet", "reward", reward.code)).value
        days = sorted(value for value in out.values if math.isfinite(value))
        first = spelt(out.value) if len(out.values) == 1 or not days else _days_out(days, len(out.values))
        rows.append(
            [
                reward.name,
                reward.points_cost,
                claims,
                first if reward in stocked else "–",
                unmet,
            ]
        )
    charts = []
    if stocked:
        left = [band(result, reward.name, partial(_left, result.catalog, reward.code)) for reward in stocked]
        charts.append(
            Chart(
                "Stock burn-down",
                "What is left at the end of each day.",
                lines(left) + (legend([each.label for each in left]) if len(left) > 1 else ""),
                ["day", *[each.label for each in left]],
                by_day(result, left, spelt),
            )
        )
    charts.append(
        Chart(
            "Claims",
            "First day out of stock, and how many then came in vain.",
            "",
            ["reward", "cost", "claims", "out of stock", "in vain"],
            rows,
        )
    )
    return charts


def _days_out(days: Sequence[float], of: int) -> str:
    """Return when several repetitions run out, and how many of them do."""
    span = spelt(days[0]) if days[0] == days[-1] else f"{spelt(days[0])} – {spelt(days[-1])}"
    return f"day {span}" if len(days) == of else f"day {span}, in {len(days)} of {of}"


def _held_back(result: Simulation) -> list[Chart]:
    total: dict[tuple[str, str, str], float] = {}
    for tally in result.tallies:
        for key, times in tally.skipped.items():
            total[key] = total.get(key, 0) + times / result.n
    for tally in result.tallies:
        for (reward, code), days in tally.refused.items():
            key = (f"claim:{reward}", "claim", code)
            total[key] = total.get(key, 0) + sum(days) / result.n
    rows = [
        [cause_of(result, cause), effect, code.replace("_", " "), times]
        for (cause, effect, code), times in sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return (
        [
            Chart(
                "What was passed over",
                "Each with its reason, and how often.",
                "",
                ["by", "what", "why", "times"],
                rows,
            )
        ]
        if rows
        else []
    )
