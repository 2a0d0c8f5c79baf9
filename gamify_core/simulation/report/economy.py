"""Points on the page: where they come from, where they go, who holds them."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from gamify_core.domain.expectations import Measure
from gamify_core.simulation.report.charts import (
    Bar,
    Series,
    bars,
    legend,
    lines,
    ranges,
    share,
    stacked,
)
from gamify_core.simulation.report.figures import (
    Chart,
    band,
    by_day,
    cause_of,
    mean,
    personas_of,
)
from gamify_core.simulation.results import spelt
from gamify_core.simulation.statistics import gini, quantile

if TYPE_CHECKING:
    from gamify_core.simulation.results import Simulation

__all__ = ["points"]

_MOST = 7  # colours before the rest is drawn as one


def points(result: Simulation) -> list[Chart]:
    """Return the charts of every currency that moved."""
    charts = []
    for currency in sorted({currency for tally in result.tallies for currency in tally.currencies()}):
        charts += _currency(result, currency)
    return charts


def _currency(result: Simulation, currency: str) -> list[Chart]:
    flows = {
        (flow, cause)
        for tally in result.tallies
        for flow, money, cause in tally.amounts
        if money == currency and flow in ("issued", "spent", "expired")
    }
    if not flows:
        return []

    def days(flow: str, cause: str) -> list[float]:
        return mean(result, lambda tally: tally.amounts.get((flow, currency, cause), [0] * tally.days))

    found = {key: days(*key) for key in sorted(flows)}
    up = _largest(
        [
            Series(cause_of(result, cause), values)
            for (flow, cause), values in found.items()
            if flow == "issued"
        ],
        _MOST - 2,
        "faucets",
    )
    down = _largest(
        [
            Series(f"{cause_of(result, cause)} ({flow})", values)
            for (flow, cause), values in found.items()
            if flow != "issued"
        ],
        2,
        "sinks",
    )
    supply = band(result, "outstanding", lambda tally: tally.supply(currency))
    velocity = result.measure(Measure("velocity", "currency", currency))
    rows: list[list[object]] = []
    for (flow, cause), values in sorted(found.items(), key=lambda pair: -sum(pair[1])):
        times = fmean([sum(tally.counts.get((flow, currency, cause), [0])) for tally in result.tallies])
        rows.append(
            [cause_of(result, cause), flow, sum(values), times, sum(values) / times if times else 0.0]
        )
    issued = sum(sum(values) for (flow, _), values in found.items() if flow == "issued")
    breakage = result.measure(Measure("breakage", "currency", currency))
    gone = fmean([sum(tally.flow("expired", currency)) for tally in result.tallies])
    about = (
        "Outstanding at the end of each day: what is owed to players. "
        f"Velocity (moved in the season / mean supply): {spelt(velocity.value)}."
    )
    return [
        Chart(
            f"Faucets and sinks: {currency}",
            "Each day by what brought it about; below the line what was spent or expired.",
            stacked(up, down) + legend([each.label for each in (*up, *down)]),
            ["cause", "flow", currency, "times", "each"],
            rows,
        ),
        Chart(
            f"Supply: {currency}",
            about,
            lines([supply]),
            ["day", "outstanding"],
            by_day(result, [supply], spelt),
        ),
        _balances(result, currency),
        Chart(
            f"Liability and breakage: {currency}",
            "Of all that was issued: still outstanding, spent, expired. Breakage is what was not spent so far.",
            bars(
                [
                    Bar(
                        name,
                        part / issued if issued else 0.0,
                        0,
                        0,
                        f"{spelt(part)} · {share(part / issued if issued else 0.0)}",
                    )
                    for name, part in (
                        ("outstanding", supply.values[-1]),
                        ("spent", sum(sum(values) for (flow, _), values in found.items() if flow == "spent")),
                        ("expired", gone),
                    )
                ],
                most=1.0,
            ),
            ["", ""],
            [["issued", issued], ["outstanding", supply.values[-1]], ["breakage", str(breakage)]],
        ),
    ]


def _largest(series: list[Series], most: int, rest_of: str) -> list[Series]:
    """Return the largest of many, and the rest as one."""
    ranked = sorted(series, key=lambda each: (-sum(each.values), each.label))
    if len(ranked) <= most:
        return ranked
    rest = [sum(values) for values in zip(*[each.values for each in ranked[most - 1 :]], strict=True)]
    return [*ranked[: most - 1], Series(f"{len(ranked) - most + 1} other {rest_of}", rest)]


def _balances(result: Simulation, currency: str) -> Chart:
    personas = personas_of(result)
    rows, drawn = [], []
    for persona in (None, *(personas if len(personas) > 1 else ())):
        held = [found for tally in result.tallies if (found := tally.held(currency, persona))]
        if not held:  # nobody was of this persona
            continue
        low, middle, high = (fmean([quantile(each, part) for each in held]) for part in (0.1, 0.5, 0.9))
        unequal = fmean([gini(each) for each in held])
        name = persona or "everyone"
        drawn.append(Bar(name, middle, low, high, f"Gini {unequal:.2f}"))
        rows.append([name, low, middle, high, f"{unequal:.2f}"])
    return Chart(
        f"Balances: {currency}",
        "From the tenth to the ninetieth of a hundred, a dot at the median; Gini 0 is all alike, 1 one has all.",
        ranges(drawn),
        ["persona", "p10", "median", "p90", "Gini"],
        rows,
    )
