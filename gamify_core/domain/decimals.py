"""Numbers with a fixed count of decimals, kept as integers: 12.34 of scale 2 is 1234.

Promise: exact both ways whatever the caller's decimal context is, and no float anywhere; what has more decimals than
the scale is nobody's guess.
"""

from __future__ import annotations

from decimal import Decimal

__all__ = ["FINEST", "Amount", "exact", "kept", "one", "plain", "told", "worth"]

Amount = int | Decimal
"""A number as people know it: an integer where there is no scale, and else a `Decimal` with all of its decimals."""
FINEST = 6
"""How many decimals the currency has that has the most of them."""
_DIGITS = 40


def one(scale: int) -> int:
    """Return the integer that a whole unit is kept as: of scale 2 it is 100."""
    return int(10**scale)


def exact(value: int, scale: int) -> Amount:
    """Return the number that an integer of a scale stands for: of scale 0 the integer itself."""
    return (
        Decimal(f"{value}e-{scale}") if scale else value
    )  # as text: arithmetic rounds to the context's precision


def kept(value: Amount, scale: int) -> int | None:
    """Return the integer of a scale that a number is kept as; None where it has more decimals, or is none."""
    if isinstance(value, int):
        return value * one(scale)
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > _DIGITS or abs(value.adjusted()) > _DIGITS:
        return None
    shift = exponent + scale
    whole, rest = divmod(int("".join(map(str, digits))), one(max(-shift, 0)))
    if rest:
        return None
    whole *= one(max(shift, 0))
    return -whole if sign else whole


def plain(value: object) -> object:
    """Return a value for plain JSON, which has no decimals that are exact: they are text there."""
    return format(value, "f") if isinstance(value, Decimal) else value


def told(value: int, scale: int) -> int | str:
    """Return the number that an integer of a scale stands for as an outcome keeps it for a sentence."""
    return format(exact(value, scale), "f") if scale else value


def worth(amount: Amount, currency: str, sign: str = "") -> str:
    """Return an amount of a currency for people: `1,200 points`, `+0.50 usd`.

    One of the library's own points is `1 point`. What one is of another code that ends like a plural nobody has said,
    so it is `1 × gems`.
    """
    if amount == 1 and isinstance(amount, int) and currency.endswith("s"):
        return f"{sign}1 point" if currency == "points" else f"{sign}1 × {currency}"
    return f"{sign}{amount:,} {currency}"
