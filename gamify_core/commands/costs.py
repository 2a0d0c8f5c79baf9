"""What a currency costs, as it is said on the command line: `--cost points=0.01`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gamify_core import BadValue

__all__ = ["costs_from"]


def costs_from(pairs: Iterable[str]) -> dict[str, float]:
    """Return currencies and their costs from `points=0.01`. Raises `BadValue`."""
    return dict(map(_cost, pairs))


def _cost(pair: str) -> tuple[str, float]:
    """Return a currency and its cost from `points=0.01`."""
    currency, equals, text = pair.partition("=")
    try:
        cost = float(text)
    except ValueError:
        cost = math.nan
    if not equals or not currency or not 0 <= cost < math.inf:
        raise BadValue("cost", pair, f"{pair!r:.60} is not a currency and a cost", hint="such as points=0.01")
    return currency, cost
