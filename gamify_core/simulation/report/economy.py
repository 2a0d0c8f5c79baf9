"""Points on the page: where they come from, where they go, who holds them."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from gamify_core.domain.expectations import Measure
from gamify_core.simulation.cohorts import fate, stretch, triangle
from gamify_core.simulation.liabilities import expected_of
from gamify_core.simulation.measuring import unit_of
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
    interval,
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

    unit = unit_of(result.catalog, currency)

    def days(flow: str, cause: str) -> list[float]:
        none = [0] * result.days
        return mean(
            result, lambda tally: [each / unit for each in tally.amounts.get((flow, currency, cause), none)]
        )

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
    supply = band(result, "outstanding", lambda tally: [each / unit for each in tally.supply(currency)])
    velocity = result.measure(Measure("velocity", "currency", currency))
    rows: list[list[object]] = []
    for (flow, cause), values in sorted(found.items(), key=lambda pair: -sum(pair[1])):
        times = fmean([sum(tally.counts.get((flow, currency, cause), [0])) for tally in result.tallies])
        rows.append(
            [cause_of(result, cause), flow, sum(values), times, sum(values) / times if times else 0.0]
        )
    issued = sum(sum(values) for (flow, _), values in found.items() if flow == "issued")
    breakage = result.measure(Measure("breakage", "currency", currency))
    gone = fmean([sum(tally.flow("expired", currency)) for tally in result.tallies]) / unit
    about = (
        "Outstanding at the end of each day: what is owed to players. "
        f"Velocity (moved in the season / mean supply): {velocity}."
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
            ["", "", "95 %"],
            [
                ["issued", issued, ""],
                ["outstanding", supply.values[-1], ""],
                ["breakage", spelt(breakage.value, share=True), interval(breakage.low, breakage.high)],
                *_liability(result, currency),
            ],
        ),
        *_cohorts(result, currency),
    ]


def _liability(result: Simulation, currency: str) -> list[list[object]]:
    """Return what outstanding points will come to: how many will be spent, and at what cost, where that is known."""
    redemption = result.measure(Measure("redemption", "currency", currency))
    expected = expected_of(result, currency)
    rows: list[list[object]] = [
        [
            "redemption in the end",
            spelt(redemption.value, share=True),
            interval(redemption.low, redemption.high),
        ],
        ["outstanding, to be spent", expected, ""],
    ]
    cost = result.costs.get(currency)
    return [*rows, [f"liability, at {cost:g} each", expected * cost, ""]] if cost is not None else rows


def _cohorts(result: Simulation, currency: str) -> list[Chart]:
    """Return what becomes of points by when they were issued; nothing, where none were spent and none lapsed."""
    found = [triangle(tally, currency) for tally in result.tallies]
    if not any(sum(map(sum, each.spent)) + sum(map(sum, each.lapsed)) for each in found):
        return []
    length, ages = stretch(result.days), min(len(each.issued) for each in found)
    fates = [fate(each) for each in found]
    curves = [
        Series(name, [0.0, *(fmean([getattr(each, name)[age] for each in fates]) for age in range(ages))])
        for name in ("spent", "lapsed")
    ]
    rows: list[list[object]] = []
    for cohort in range(ages):
        issued = fmean([each.issued[cohort] for each in found])
        sums, cells = 0.0, []
        for age in range(ages - cohort):
            sums += fmean([each.spent[cohort][age] for each in found])
            cells.append(share(sums / issued) if issued > 0 else "–")
        rows.append(
            [
                f"day {cohort * length + 1}",
                issued / unit_of(result.catalog, currency),
                *cells,
                *[""] * cohort,
            ]
        )
    about = (
        f"First in, first out, by {'day' if length == 1 else f'{length} days'} of issue: the share of what was issued "
        "that was spent, or lapsed, so long after; what is too young to tell is left out, not taken for unspent. "
        "The table has the share spent of each cohort."
    )
    head = ["issued from", "issued", *(f"{(age + 1) * length} d" for age in range(ages))]
    drawing = lines(curves, spelt=share, x="age" if length == 1 else f"{length}-day ages", first=0) + legend(
        ["spent", "lapsed"]
    )
    return [Chart(f"What becomes of points: {currency}", about, drawing, head, rows)]


def _largest(series: list[Series], most: int, rest_of: str) -> list[Series]:
    """Return the largest of many, and the rest as one."""
    ranked = sorted(series, key=lambda each: (-sum(each.values), each.label))
    if len(ranked) <= most:
        return ranked
    rest = [sum(values) for values in zip(*[each.values for each in ranked[most - 1 :]], strict=True)]
    return [*ranked[: most - 1], Series(f"{len(ranked) - most + 1} other {rest_of}", rest)]


def _balances(result: Simulation, currency: str) -> Chart:
    personas, unit = personas_of(result), unit_of(result.catalog, currency)
    rows, drawn = [], []
    for persona in (None, *(personas if len(personas) > 1 else ())):
        held = [found for tally in result.tallies if (found := tally.held(currency, persona))]
        if not held:  # nobody was of this persona
            continue
        low, middle, high = (
            fmean([quantile(each, part) for each in held]) / unit for part in (0.1, 0.5, 0.9)
        )
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
