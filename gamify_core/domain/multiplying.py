"""Multipliers of points: what several at once come to, and what they make of an amount.

Promise: factors are combined and applied exactly, as fractions, and rounded once at the end, so 1.1 three times over
is 1.331 and not a little less; nobody who was awarded something gets nothing for having a multiplier.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from gamify_core.catalog.definitions import Rounding, Stacking

__all__ = ["Factor", "combined", "multiplied"]

_ONE = Fraction(1)


class Factor(NamedTuple):
    """A multiplier that is running: `factor` as a decimal text (`"1.5"`), and how it stacks with others."""

    factor: str
    stacking: Stacking = "highest"


def combined(factors: Iterable[Factor]) -> Fraction:
    """Return what several multipliers come to, whatever their order.

    Of those that stack as `highest` the greatest counts, below one too; what the `add` ones are above one is added
    up; the `multiply` ones multiply; and the three results multiply each other. A group with none in it is one.

    >>> combined([Factor("2"), Factor("1.5"), Factor("1.5", "add"), Factor("1.1", "multiply")])
    Fraction(33, 10)
    """
    highest: Fraction | None = None
    added, product = _ONE, _ONE
    for text, stacking in factors:
        factor = Fraction(text)
        if stacking == "highest":
            highest = factor if highest is None else max(highest, factor)
        elif stacking == "add":
            added += factor - 1
        else:
            product *= factor
    return (_ONE if highest is None else highest) * added * product


def multiplied(amount: int, factor: Fraction, rounding: Rounding = "floor") -> int:
    """Return what a factor makes of an amount (of at least 1), in whole points and at least one.

    `round` takes a half up, as people do.

    >>> multiplied(19, Fraction("1.5")), multiplied(19, Fraction("1.5"), "round"), multiplied(1, Fraction("0.1"))
    (28, 29, 1)
    """
    over, under = (amount * factor).as_integer_ratio()
    if rounding == "floor":
        result = over // under
    elif rounding == "ceil":
        result = -(-over // under)
    else:
        result = (2 * over + under) // (2 * under)
    return max(result, 1)
