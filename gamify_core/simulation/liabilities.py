"""What outstanding points will come to, where somebody has said what one costs."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

import attrs

from gamify_core.domain.expectations import Measure
from gamify_core.simulation.cohorts import fate, triangle
from gamify_core.simulation.measuring import unit_of
from gamify_core.simulation.results import plain

if TYPE_CHECKING:
    from gamify_core.simulation.results import Simulation

__all__ = ["Liability", "expected_of", "liabilities"]


@attrs.frozen
class Liability:
    """What a currency's `outstanding` points will cost at `cost` each; `expected` is how many of them will be spent.

    That is told from those before them; were all of them spent, it would come to `at_most`.
    """

    currency: str
    cost: float
    outstanding: float
    expected: float

    @property
    def liability(self) -> float:
        """What those will cost that will be spent."""
        return self.expected * self.cost

    @property
    def at_most(self) -> float:
        """What all of them would cost."""
        return self.outstanding * self.cost

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "currency": self.currency,
            "cost": self.cost,
            "outstanding": plain(self.outstanding),
            "expected": plain(self.expected),
            "liability": plain(self.liability),
            "at_most": plain(self.at_most),
        }


def expected_of(result: Simulation, currency: str) -> float:
    """Return how many of a currency's outstanding points will be spent, if they go the way of those before them."""
    expected = fmean([fate(triangle(tally, currency)).expected for tally in result.tallies])
    return expected / unit_of(result.catalog, currency)


def liabilities(result: Simulation) -> list[Liability]:
    """Return the liability of each currency that has a cost; nothing, where no repetition came to an end."""
    if not result.tallies:
        return []
    return [
        Liability(
            currency,
            cost,
            result.measure(Measure("supply", "currency", currency)).value,
            expected_of(result, currency),
        )
        for currency, cost in sorted(result.costs.items())
    ]
