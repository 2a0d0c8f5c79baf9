"""Numbers with a fixed count of decimals, kept as integers: 12.34 of scale 2 is 1234.

Promise: exact both ways, and no float anywhere; what has more decimals than the scale is nobody's guess.
"""

from __future__ import annotations

from decimal import Decimal

__all__ = ["exact", "kept"]


def exact(value: int, scale: int) -> int | Decimal:
    """Return the number that an integer of a scale stands for: of scale 0 the integer itself."""
    return Decimal(value).scaleb(-scale) if scale else value


def kept(value: int | Decimal, scale: int) -> int | None:
    """Return the integer of a scale that a number is kept as; None where it has more decimals, or is none."""
    if isinstance(value, int):
        return value * int(10**scale)
    if not value.is_finite() or len(value.as_tuple().digits) > 40 or abs(value.adjusted()) > 40:  # noqa: PLR2004
        return None
    shifted = value.scaleb(scale)
    whole = int(shifted)
    return whole if shifted == whole else None
