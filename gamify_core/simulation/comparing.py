"""Two catalogs on the same luck: who plays, when, and what they send is alike, so a difference is the rules' own."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from datetime import date
from typing import TYPE_CHECKING

import attrs

from gamify_core import border
from gamify_core.catalog.expected import unknown_in
from gamify_core.domain.expectations import Measure, measure
from gamify_core.simulation.headlines import headlines, size_of
from gamify_core.simulation.results import Estimate, Simulation, plain, spelt
from gamify_core.simulation.simulating import CatalogLike, ScenarioLike, simulate
from gamify_core.simulation.statistics import t_interval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.simulation.running import Progress

__all__ = ["Comparison", "Difference", "compare"]

_LABEL = 34


@attrs.frozen
class Difference:
    """One measure under both catalogs, and by how much `b` differs from `a`, repetition by repetition."""

    label: str
    a: Estimate
    b: Estimate
    difference: Estimate

    @property
    def sure(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        low, high = self.difference.low, self.difference.high
        return low > 0 or high < 0 or (low == high != 0)

    def __str__(self) -> str:
        """Return `91.3 → 404, by 313 [273 – 353]`."""
        share = self.a.measure.share
        a, b = (spelt(each.value, share=share) for each in (self.a, self.b))
        return f"{a} → {b}, by {self.difference}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON; what cannot be told is null."""
        names = {"a": self.a, "b": self.b, "difference": self.difference}
        told: dict[str, object] = {"measure": str(self.a.measure), "label": self.label, "sure": self.sure}
        for name, each in names.items():
            told[name] = {part: plain(getattr(each, part)) for part in ("value", "low", "high")}
        return told


@attrs.frozen
class Comparison:
    """Two simulations on the same luck."""

    a: Simulation
    b: Simulation
    differences: tuple[Difference, ...]

    def measure(self, text: str) -> Difference:
        """Return the difference in a measure. Raises `BadValue`."""
        return _differing(str(measure(text)), measure(text), self.a, self.b)

    def __str__(self) -> str:
        """Return a line for each measure; a star stands where the difference is hardly luck."""
        many = f"{size_of(self.a)}, {self.a.n} repetitions, seed {self.a.seed}"
        lines = [
            f"{many}, both on the same luck; * is hardly chance",
            f"  {'':<{_LABEL}} {'a':>12} {'b':>12}  b − a",
        ]
        for each in self.differences:
            share = each.a.measure.share
            a, b = (spelt(one.value, share=share) for one in (each.a, each.b))
            lines.append(
                f"{'*' if each.sure else ' '} {each.label:<{_LABEL}} {a:>12} {b:>12}  {each.difference}"
            )
        return "\n".join(lines)


def compare(  # noqa: PLR0913 - the settings of a simulation, all by name
    a: CatalogLike,
    b: CatalogLike,
    *,
    measures: Iterable[str] | None = None,
    players: int | None = None,
    days: int | None = None,
    seed: int = 0,
    scenario: ScenarioLike | None = None,
    replications: int = 10,
    workers: int | None = None,
    executor: Executor | None = None,
    start: date | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Simulate two catalogs on the same luck, and tell what differs, with the interval of each difference.

    `measures` are those to be told (`"share(tier.gold)"`); left out, the headlines and the goals that both have.
    The other settings are those of `simulate`. Raises as it does.

    >>> from gamify_core import Catalog, Rule
    >>> ten, twelve = (Catalog(rules=[Rule("lesson", on="lesson", award=points)]) for points in (10, 12))
    >>> result = compare(ten, twelve, players=20, days=20, replications=3)
    >>> print(result.measure("mean(points)").sure)
    True
    """
    border.whole(replications, "replications", 2, 10_000)
    one, other = (
        simulate(
            catalog,
            players=players,
            days=days,
            seed=seed,
            scenario=scenario,
            replications=replications,
            workers=workers,
            executor=executor,
            start=start,
            progress=progress,
        )
        for catalog in (a, b)
    )
    asked: dict[Measure, str] = {}
    if measures is None:
        told = [(label, estimate.measure) for label, estimate in headlines(one)]
        told += [
            (str(goal.expected.measure), goal.expected.measure)
            for each in (one, other)
            for goal in each.goals()
        ]
        for label, each in told:
            if unknown_in(one.catalog, each) is None and unknown_in(other.catalog, each) is None:
                asked.setdefault(each, label)
    else:
        asked = {measure(text): text for text in measures}
    return Comparison(one, other, tuple(_differing(label, each, one, other) for each, label in asked.items()))


def _differing(label: str, asked: Measure, a: Simulation, b: Simulation) -> Difference:
    one, other = a.measure(asked), b.measure(asked)
    values = tuple(
        0.0 if mine == theirs else theirs - mine
        for mine, theirs in zip(one.values, other.values, strict=False)
    )
    known = [value for value in values if not math.isnan(value)]
    value, low, high = t_interval(known) if known else (math.nan, math.nan, math.nan)
    return Difference(label, one, other, Estimate(asked, value, low, high, len(known), values))
