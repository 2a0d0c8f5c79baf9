"""A figure: a chart with its definition and the table beside it, and how repetitions are drawn as one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from gamify_core.simulation.inventing import BUILT_IN
from gamify_core.simulation.report.charts import Series
from gamify_core.simulation.results import spelt

if TYPE_CHECKING:
    from gamify_core.simulation.results import Simulation
    from gamify_core.simulation.tallies import Tally

__all__ = ["Chart", "band", "by_day", "cause_of", "figure", "interval", "mean", "personas_of"]


class Chart(NamedTuple):
    """A figure: what it shows, how that is defined, the drawing, and the table beside it."""

    title: str
    defined: str
    drawing: str
    head: Sequence[str]
    rows: Sequence[Sequence[object]]


def figure(chart: Chart) -> str:
    """Return a figure as HTML."""
    table = _table(chart.head, chart.rows)
    beside = (
        f"<details{'' if chart.drawing else ' open'}><summary>Table</summary>{table}</details>"
        if chart.rows
        else ""
    )
    return (
        f"<figure><figcaption><h3>{escape(chart.title)}</h3><p>{escape(chart.defined)}</p></figcaption>"
        f"{chart.drawing}{beside}</figure>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    kept = [[*row] for row in rows]
    right = [
        bool(kept) and all(not isinstance(row[place], str) or _numeric(row[place]) for row in kept)
        for place in range(len(head))
    ]
    names = "".join(
        f"<th{' class=n' if n else ''}>{escape(name)}</th>" for name, n in zip(head, right, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{' class=n' if n else ''}>{_cell(cell)}</td>" for cell, n in zip(row, right, strict=True)
        )
        + "</tr>"
        for row in kept
    )
    return f'<div class="scroll"><table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>'


def _numeric(cell: object) -> bool:
    return isinstance(cell, str) and (cell in ("–", "never", "") or cell[:1].isdigit())


def _cell(cell: object) -> str:
    if isinstance(cell, bool | str):
        return str(cell) if isinstance(cell, str) and cell.startswith("<span") else escape(str(cell))
    return spelt(float(cell)) if isinstance(cell, int | float) else ""


def personas_of(result: Simulation) -> list[str]:
    """Return the personas there are, in the order in which the scenario names them."""
    there = {persona for tally in result.tallies for persona in tally.players}
    told = [persona.code for persona in (result.scenario.personas if result.scenario else ()) or BUILT_IN]
    return [each for each in told if each in there] + sorted(there - {*told})


def mean(result: Simulation, of: Callable[[Tally], Sequence[float]]) -> list[float]:
    """Return the mean of all repetitions at each place, of those that come so far."""
    found = [of(tally) for tally in result.tallies]
    longest = max([0, *map(len, found)])
    return [fmean([each[place] for each in found if place < len(each)]) for place in range(longest)]


def band(result: Simulation, label: str, of: Callable[[Tally], Sequence[float]]) -> Series:
    """Return the mean of all repetitions, in the band from the least to the greatest of them."""
    if result.n == 1:
        return Series(label, mean(result, of))
    found = [of(tally) for tally in result.tallies]
    reach = min(map(len, found))
    low = [min(each[place] for each in found) for place in range(reach)]
    high = [max(each[place] for each in found) for place in range(reach)]
    return Series(label, mean(result, of), low, high)


def _every(days: int) -> range:
    """Return the days that a table tells: all of a month, every week of a season, every month of a year."""
    return range(0, days, 1 if days <= 31 else 7 if days <= 190 else 30)  # noqa: PLR2004


def by_day(result: Simulation, series: Sequence[Series], spelling: Callable[[float], str]) -> list[list[str]]:
    """Return the rows of a table over days, as many of them as somebody reads."""
    return [
        [str(day + 1), *[spelling(each.values[day]) if day < len(each.values) else "" for each in series]]
        for day in _every(result.days)
    ]


def interval(low: float, high: float) -> str:
    """Return the interval of a share, where there is one."""
    return "" if math.isnan(low) else f"{spelt(low, share=True)} – {spelt(high, share=True)}"


def cause_of(result: Simulation, cause: str) -> str:
    """Return what brought something about, for people."""
    return result.cause(cause).replace(":", " ")
