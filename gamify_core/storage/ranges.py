"""What a range of rows means, said once for readers whose rows no store keeps in order: trials, and the past."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from gamify_core.errors import StoreError
from gamify_core.storage.protocol import Index, Key, Reader, Table

__all__ = ["Uncounted", "arranged", "too_long"]

Row = TypeVar("Row", bound=tuple[Any, ...])


def too_long(order: str) -> StoreError:
    """Return the refusal of a bound that has more columns than follow the prefix."""
    return StoreError(f"{order}: a bound has more columns than the order")


def arranged(  # noqa: PLR0913 - the arguments of a scan
    rows: Iterable[Row],
    table: Table[Row],
    index: Index | None,
    prefix: Key,
    start: Key | None,
    stop: Key | None,
    *,
    reverse: bool,
    offset: int,
    limit: int | None,
) -> list[Row]:
    """Return what a scan of a store would that has these rows, whatever order they come in."""
    order = table.order(index)
    width = len(prefix)
    room = len(order) - width
    if (start is not None and len(start) > room) or (stop is not None and len(stop) > room):
        raise too_long(table.name if index is None else index.name)
    present = None if index is None or index.present is None else table.columns.index(index.present)
    found = []
    for row in rows:
        if present is not None and row[present] is None:
            continue
        values = tuple([row[place] for place in order])
        rest: tuple[Any, ...] = values[width:]
        if (
            values[:width] == prefix
            and (start is None or rest[: len(start)] >= start)
            and (stop is None or rest[: len(stop)] < stop)
        ):
            found.append((values, row))
    found.sort(key=lambda pair: pair[0], reverse=reverse)
    kept = [row for _, row in found]
    return kept[offset:] if limit is None else kept[offset : offset + limit]


class Uncounted:
    """What a reader says of ranks where no store counts its rows: by going through what it scans.

    It is slow, and right: nothing that is decided asks a trial or the past for ranks.
    """

    __slots__ = ()

    def position(
        self: Reader,
        table: Table[Row],
        index: Index | None,
        prefix: Key,
        bound: Key | None,
        /,
        mark: int | None = None,
    ) -> int:
        """Return how many rows of an order (of those with this mark) come before `bound`."""
        rows = self.scan(table, index, prefix, stop=bound)
        if mark is None or index is None or index.marked is None:
            return len(rows)
        place = table.columns.index(index.marked)
        return sum([row[place] == mark for row in rows])

    def span(
        self: Reader, table: Table[Row], index: Index | None, prefix: Key, start: Key, stop: Key, /
    ) -> tuple[int, int, int]:
        """Return how many rows of a board come before a range, are in it, and are there in all."""
        before = self.position(table, index, prefix, start)
        return before, self.position(table, index, prefix, stop) - before, self.count(table, index, prefix)

    def beside(  # noqa: PLR0913 - a range of a board
        self: Reader,
        table: Table[Row],
        index: Index | None,
        prefix: Key,
        key: Key,
        /,
        *,
        before: int,
        length: int,
    ) -> list[Row]:
        """Return the rows of a board around a bound."""
        above = self.scan(table, index, prefix, stop=key, reverse=True, limit=before)
        return above[::-1] + self.scan(table, index, prefix, start=key, limit=length - before)
