"""Chains whose links also run in some other order: the first link that an instant or an id leads to.

Promise: a place is found by halving, in a number of looks that grows with the logarithm of the chain, where an index
of its own would have cost something with every link.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.storage.protocol import Key, Reader, Table
    from gamify_core.storage.unit import Unit

__all__ = ["first_from"]

Row = TypeVar("Row", bound=tuple[Any, ...])
Order = TypeVar("Order", int, tuple[int, int])


def first_from(  # noqa: PLR0913 - which chain, in what order, and where to begin
    reader: Reader | Unit,
    table: Table[Row],
    chain: Key,
    order: Callable[[Row], Order],
    bound: Order,
    low: int = 1,
) -> int:
    """Return the number of the first link of a chain, from `low` on, whose `order` is no less than `bound`.

    `order` must not fall from link to link. Where all of them are less, this is the number after the last.
    """

    def reached(number: int) -> bool:
        row = reader.get(table, (*chain, number))
        return row is None or order(row) >= bound

    head = reader.last(table, chain)
    end = low if head is None else head[len(chain)] + 1
    return low + bisect_left(range(low, end), True, key=reached)  # noqa: FBT003 - what is looked for
