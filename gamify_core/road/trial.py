"""Trying a command out over a snapshot: the real decision, and nowhere for it to go.

Promise: a trial answers like any unit of work, its own rows included, whatever is put into it, and never sends
anything. So it needs no writer: it works on a store that is only read from, and waits for nobody.
A dry run is the other way, and rolls back what it sent; it has the writer while it is open.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

from gamify_core.storage.ranges import Uncounted, arranged
from gamify_core.storage.tables import ORDER
from gamify_core.storage.unit import Unit

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Index, Key, Reader, Table

__all__ = ["Trial", "beneath"]

Row = TypeVar("Row", bound=tuple[Any, ...])


class Trial(Uncounted, Unit):
    """A unit of work over a view, or over the unit of an open handle."""

    __slots__ = ("_firsts",)

    def __init__(self, reader: Reader | Unit) -> None:
        """Read from `reader`. Facts other units have learnt since are left alone: the snapshot may be older."""
        never_written_to: Any = reader
        super().__init__(never_written_to, ORDER)
        if isinstance(reader, Trial):
            self.memo.update(reader.memo)  # what that has tried out holds here too
        # The keys of queued rows by their first column: a scan of one person's must not go through everybody's
        self._firsts: dict[Table[Any], dict[object, dict[Key, None]]] = defaultdict(dict)

    def flush(self) -> None:
        """Send nothing; what was appended to chains joins the queued rows, which is where `get` looks."""
        for table, shelf in self._shelves.items():
            for row in shelf.ends:
                self._queue(table, row[: shelf.key])
            shelf.join()

    def remove(self, table: Table[Row], row: Row) -> None:
        """Queue the removal of a row."""
        self._queue(table, row[: table.key])
        super().remove(table, row)

    def _keep(self, table: Table[Row], shelf: Any, key: Key, old: Row | None, row: Row) -> None:
        self._queue(table, key)
        super()._keep(table, shelf, key, old, row)

    def _queue(self, table: Table[Any], key: Key) -> None:
        self._firsts[table].setdefault(key[0], {})[key] = None

    def scan(  # noqa: PLR0913 - the same range as the store's own scan
        self,
        table: Table[Row],
        index: Index | None = None,
        /,
        prefix: Key = (),
        *,
        start: Key | None = None,
        stop: Key | None = None,
        reverse: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Row]:
        """Return a range of rows, the snapshot's and the queued ones in one order."""
        self.flush()
        shelf = self._shelves[table]
        by_first = prefix and (index is None or index.columns[0] == table.columns[0])
        own = self._firsts[table].get(prefix[0], {}) if by_first else shelf.before
        queued = [key for key in own if key in shelf.before]
        if not queued:
            return super().scan(
                table, index, prefix, start=start, stop=stop, reverse=reverse, offset=offset, limit=limit
            )
        most = (
            offset + limit + len(queued) if limit is not None else None
        )  # each may stand for one that is kept
        kept = self._transaction.scan(
            table, index, prefix, start=start, stop=stop, reverse=reverse, limit=most
        )
        rows = [row for row in kept if row[: table.key] not in shelf.before]
        rows += [row for key in queued if (row := shelf.rows[key]) is not None]
        return arranged(rows, table, index, prefix, start, stop, reverse=reverse, offset=offset, limit=limit)

    def count(
        self,
        table: Table[Row],
        index: Index | None = None,
        /,
        prefix: Key = (),
        *,
        start: Key | None = None,
        stop: Key | None = None,
    ) -> int:
        """Count rows with these leading columns, between bounds."""
        self.flush()
        if not self._shelves[table].before:
            return super().count(table, index, prefix, start=start, stop=stop)
        return len(self.scan(table, index, prefix, start=start, stop=stop))


def beneath(reader: Reader | Unit) -> Reader | Unit:
    """Return what trials read from, one upon the other: a snapshot, the past, or the unit of an open handle."""
    while isinstance(reader, Trial):
        reader = reader._transaction  # noqa: SLF001 - its own kind
    return reader
