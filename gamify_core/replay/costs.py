"""What points cost whoever gives them: of what was spent, and of what may yet be, then and now."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Self

import attrs

from gamify_core import border
from gamify_core.catalog import Catalog
from gamify_core.domain.decimals import Amount
from gamify_core.errors import BadValue, NotFound

__all__ = ["CostChange", "check_known", "costs_of"]

_MOST: Final = 10_000_000
"""As in a scenario."""


@attrs.frozen
class CostChange:
    """What a currency costs, in your own money, at `each` when one of it is spent.

    `spent_*` is what all that was spent costs, `liability_*` what is outstanding would, were all of it spent: what is
    not going to be makes it less (`gamify report` tells how much of it most likely is).
    """

    each: float
    spent_then: Decimal
    spent_now: Decimal
    liability_then: Decimal
    liability_now: Decimal

    @classmethod
    def of(cls, each: float, spent: tuple[Amount, Amount], outstanding: tuple[Amount, Amount]) -> Self:
        """Return what amounts cost; from a cost as it is written, so that 3 at 0.1 are 0.3."""
        one = Decimal(str(each))
        return cls(each, *(one * amount for amount in spent), *(one * amount for amount in outstanding))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "each": self.each,
            "spent_then": float(self.spent_then),
            "spent_now": float(self.spent_now),
            "spent_change": float(self.spent_now - self.spent_then),
            "liability_then": float(self.liability_then),
            "liability_now": float(self.liability_now),
            "liability_change": float(self.liability_now - self.liability_then),
        }


def costs_of(value: Mapping[str, float] | None) -> dict[str, float]:
    """Return what one of each currency costs. Raises `BadValue`."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        detail = f"costs must be a mapping of currencies, not {type(value).__name__}"
        raise BadValue("costs", value, detail, hint='such as {"points": 0.01}')
    found: dict[str, float] = {}
    for code, each in border.members(value, "costs"):
        if isinstance(each, bool) or not isinstance(each, int | float) or not 0 <= each <= _MOST:
            detail = f"{each!r:.60} is not a cost"
            raise BadValue(f"costs.{code!s:.60}", each, detail, hint=f"write a number from 0 to {_MOST}")
        found[border.code(code, "costs")] = float(each)
    return found


def check_known(costs: Mapping[str, float], then: Catalog, now: Catalog) -> None:
    """Refuse the cost of a currency that neither catalog has. Raises `NotFound`."""
    for code in costs:
        try:
            then.currency(code)
        except NotFound:
            now.currency(code)
