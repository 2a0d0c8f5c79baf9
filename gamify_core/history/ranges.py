"""Ranges of rows that no store keeps in order: sorted, bounded and cut as a store would."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Index, Key, Table

__all__ = ["arranged"]

Row = TypeVar("Row", bound=tuple[Any, ...])


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
    """Return what a scan of these rows would."""
    places = table.places(index) if index is not None else ()
    order = (*places, *range(table.key))
    present = None if index is None or index.present is None else table.columns.index(index.present)
    found = []
    for row in rows:
        if present is not None and row[present] is None:
            continue
        values = tuple([row[place] for place in order])
        rest: tuple[Any, ...] = values[len(prefix) :]
        if (
            values[: len(prefix)] == prefix
            and (start is None or rest[: len(start)] >= start)
            and (stop is None or rest[: len(stop)] < stop)
        ):
            found.append((values, row))
    found.sort(key=lambda pair: pair[0], reverse=reverse)
    kept = [row for _, row in found]
    return kept[offset:] if limit is None else kept[offset : offset + limit]
