"""The unit of work: what one command, batch or handle has read and means to write, over any store.

Promise: within a unit every row is read once and seen as last put; puts are queued and reach the store by
`flush`, so that a row put a hundred times in a batch is written once; a scan of a table with queued rows flushes
first, so it sees them. `mark` and `rewind` take back everything put since, whether flushed or not, without asking
the store for savepoints: one failed item of a batch leaves nothing, in every store alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar

from gamify_core.storage.protocol import Index, Key, Table, Transaction

__all__ = ["Unit", "remember"]

Row = TypeVar("Row", bound=tuple[Any, ...])

_UNREAD: Any = object()
_FACTS_KEPT = 10_000
_ROWS_KEPT = 50_000  # clean rows beyond this are forgotten: a long import must not hold the file in memory


class _Shelf(Generic[Row]):
    """What a unit knows of one table."""

    __slots__ = ("before", "ends", "found", "heads", "key", "place", "rows", "table")

    def __init__(self, table: Table[Row], place: int) -> None:
        self.table = table
        self.place = place  # in the order in which tables are flushed
        self.key = table.key
        self.rows: dict[Key, Row | None] = {}  # as this unit sees them; None: there is none
        self.before: dict[Key, Row | None] = {}  # as the store has them, for the rows that are queued
        self.heads: dict[Key, Row | None] = {}
        self.ends: list[
            Row
        ] = []  # rows to be added to chains, which nothing but `last` has to see before a flush
        self.found: dict[tuple[Index, Key], Key | None] = {}

    def join(self) -> None:
        """Let appended rows stand with the queued ones."""
        for row in self.ends:
            key = row[: self.key]
            self.before.setdefault(key, None)
            self.rows[key] = row
        self.ends = []


_place = attrgetter("place")


class _Shelves(dict[Table[Any], _Shelf[Any]]):
    """The shelf of each table that was touched."""

    __slots__ = ("_order",)

    def __init__(self, order: Mapping[Table[Any], int]) -> None:
        super().__init__()
        self._order = order

    def __missing__(self, table: Table[Any]) -> _Shelf[Any]:
        shelf = self[table] = _Shelf(table, self._order[table])
        return shelf


class Unit:
    """One open write transaction with its identity map, its queue of rows and its journal."""

    __slots__ = ("_flushed", "_journal", "_marks", "_rewound", "_shelves", "_transaction", "known", "memo")

    def __init__(
        self,
        transaction: Transaction,
        order: Mapping[Table[Any], int],
        known: dict[object, Any] | None = None,
    ) -> None:
        """Work over `transaction`; `order` gives each table its place when they are flushed, parents first.

        `known` are facts of committed rows that never change, shared by all units of a process.
        """
        self._transaction = transaction
        self._shelves = _Shelves(order)
        # What was there before each put since the first mark: (shelf, key, row, head); for what a unique
        # index finds (shelf, (index, values), key of the row); for an appended row (shelf, None, the row, head).
        self._journal: list[tuple[_Shelf[Any], Any, Any, Any]] = []
        self._marks = 0
        self._rewound = False
        self._flushed = False
        self.known: dict[object, Any] = known if known is not None else {}
        self.memo: dict[object, Any] = {}
        """Facts to be known once this unit commits; forgotten when anything is rewound."""

    # -- reading ----------------------------------------------------------------------------------------------

    def get(self, table: Table[Row], key: Key, /) -> Row | None:
        """Return the row with this key as this unit sees it."""
        shelf = self._shelves[table]
        if shelf.ends:
            self.flush()
        rows = shelf.rows
        row: Row | None = rows.get(
            key, _UNREAD
        )  # not try/except: in a unit of one command most reads are first reads
        if row is _UNREAD:
            row = rows[key] = self._transaction.get(table, key)
        return row

    def get_many(self, table: Table[Row], keys: Sequence[Key], /) -> list[Row | None]:
        """Return the rows with these keys, None where there is none."""
        shelf = self._shelves[table]
        if shelf.ends:
            self.flush()
        rows = shelf.rows
        unread = [key for key in keys if key not in rows]
        if unread:
            rows.update(zip(unread, self._transaction.get_many(table, unread), strict=True))
        return [rows[key] for key in keys]

    def values(self, table: Table[Row], keys: Sequence[Key], column: str, /) -> list[Any]:
        """Return what the rows with these keys have in one column, None where there is no row."""
        place = table.columns.index(column)
        return [None if row is None else row[place] for row in self.get_many(table, keys)]

    def find(self, table: Table[Row], index: Index, values: Key, /) -> Row | None:
        """Return the row that a unique index has under these values."""
        shelf = self._shelves[table]
        name = (index, values)
        key = shelf.found.get(name, _UNREAD)
        if key is _UNREAD:
            row = self._transaction.find(table, index, values)
            if row is None:
                shelf.found[name] = None
                return None
            key = shelf.found[name] = row[: shelf.key]
            return shelf.rows.setdefault(key, row)
        if key is None:
            return None
        row = shelf.rows.get(key)
        return self.get(table, key) if row is None or shelf.ends else row

    def last(self, table: Table[Row], prefix: Key = (), /) -> Row | None:
        """Return the head of a chain."""
        shelf = self._shelves[table]
        row: Row | None = shelf.heads.get(prefix, _UNREAD)
        if row is _UNREAD:
            row = self._transaction.last(table, prefix)
            if row is not None and shelf.before:  # it may have been changed in place, and not been sent yet
                row = shelf.rows.get(row[: shelf.key], row)
            shelf.heads[prefix] = row
        return row

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
        """Return a range of rows; what is queued for this table is flushed first."""
        self._flush_dirty(table)
        return self._transaction.scan(
            table, index, prefix, start=start, stop=stop, reverse=reverse, offset=offset, limit=limit
        )

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
        self._flush_dirty(table)
        return self._transaction.count(table, index, prefix, start=start, stop=stop)

    def position(
        self,
        table: Table[Row],
        index: Index | None,
        prefix: Key,
        bound: Key | None,
        /,
        mark: int | None = None,
    ) -> int:
        """Count the rows of a counted order before `bound`."""
        self._flush_dirty(table)
        return self._transaction.position(table, index, prefix, bound, mark)

    def span(
        self, table: Table[Row], index: Index | None, prefix: Key, start: Key, stop: Key, /
    ) -> tuple[int, int, int]:
        """Count the rows of a board before a range, in it, and in all."""
        self._flush_dirty(table)
        return self._transaction.span(table, index, prefix, start, stop)

    def beside(  # noqa: PLR0913 - a range of a board
        self, table: Table[Row], index: Index | None, prefix: Key, key: Key, /, *, before: int, length: int
    ) -> list[Row]:
        """Return the rows of a board around a bound."""
        self._flush_dirty(table)
        return self._transaction.beside(table, index, prefix, key, before=before, length=length)

    # -- writing ----------------------------------------------------------------------------------------------

    def append(self, table: Table[Row], row: Row) -> None:
        """Queue the next row of a chain, whose head was read before and which no unique index finds."""
        shelf = self._shelves[table]
        prefix = row[: table.width]
        heads = shelf.heads
        if self._marks:
            self._journal.append((shelf, None, row, heads.get(prefix, _UNREAD)))
        heads[prefix] = row
        shelf.ends.append(row)

    def add(self, table: Table[Row], row: Row) -> None:
        """Queue a row that is known to be new."""
        shelf = self._shelves[table]
        key = row[: shelf.key]
        shelf.before.setdefault(key, None)
        self._keep(table, shelf, key, None, row)

    def put(self, table: Table[Row], row: Row) -> None:
        """Queue a row, new or changed."""
        shelf = self._shelves[table]
        key = row[: shelf.key]
        old: Row | None = shelf.rows.get(key, _UNREAD)
        if old is _UNREAD:
            old = self._transaction.get(table, key)
        if key not in shelf.before:
            shelf.before[key] = old
        self._keep(table, shelf, key, old, row)

    def remove(self, table: Table[Row], row: Row) -> None:
        """Queue the removal of a row (of a table that is no chain and is found by no unique index)."""
        shelf = self._shelves[table]
        key = row[: shelf.key]
        old = self.get(table, key)
        shelf.before.setdefault(key, old)
        if self._marks:
            self._journal.append((shelf, key, old, _UNREAD))
        shelf.rows[key] = None

    def _keep(self, table: Table[Row], shelf: _Shelf[Row], key: Key, old: Row | None, row: Row) -> None:
        if table.plain and not self._marks:  # as most are
            shelf.rows[key] = row
            return
        head = _UNREAD
        if table.chain:
            head = shelf.heads.get(key[:-1], _UNREAD)
            if old is None or (head and head is not _UNREAD and head[: shelf.key] == key):
                shelf.heads[key[:-1]] = row
        if self._marks:
            self._journal.append((shelf, key, old, head))
        shelf.rows[key] = row
        for index, places in table.unique:
            values = tuple([row[place] for place in places])
            if old is not None and (was := tuple([old[place] for place in places])) != values:
                left = (index, was)  # a row that goes by another name now is not found under the old one
                if self._marks:
                    self._journal.append((shelf, left, shelf.found.get(left, _UNREAD), None))
                shelf.found[left] = None
            if None not in values:
                name = (index, values)
                if self._marks:
                    unread = None if old is None else _UNREAD
                    self._journal.append((shelf, name, shelf.found.get(name, unread), None))
                shelf.found[name] = key

    # -- taking back ------------------------------------------------------------------------------------------

    def mark(self) -> int:
        """Start a stretch that may be taken back; every mark is ended by `rewind` or `release`."""
        self._marks += 1
        return len(self._journal)

    def rewind(self, mark: int) -> None:
        """Take back everything put since `mark`, and end the stretch."""
        self._rewound = True
        while len(self._journal) > mark:
            shelf, key, old, head = self._journal.pop()
            if key is None:  # an appended row
                _restore(shelf.heads, old[: shelf.key - 1], head)
                if shelf.ends:
                    shelf.ends.pop()
                else:
                    shelf.before[old[: shelf.key]] = old
                    shelf.rows[old[: shelf.key]] = None
                continue
            if isinstance(key[0], Index):
                _restore(shelf.found, key, old)
                continue
            if key not in shelf.before:  # flushed since: the store has what is now to be taken back
                shelf.before[key] = shelf.rows[key]
            shelf.rows[key] = old
            _restore(shelf.heads, key[:-1], head)
        self.memo.clear()
        self.release()

    def release(self) -> None:
        """End a stretch and keep what it did."""
        self._marks -= 1
        if not self._marks:
            self._journal.clear()

    # -- reaching the store -----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send everything queued to the store, parents first."""
        shelves = self._shelves
        dirty = [shelf for shelf in shelves.values() if shelf.before or shelf.ends]
        if len(dirty) > 1:
            dirty.sort(key=_place)
        for shelf in dirty:
            before, rows = shelf.before, shelf.rows
            if shelf.ends and not before:
                self._transaction.append(shelf.table, shelf.ends)
                shelf.ends = []
                continue
            if shelf.ends:
                before = _joined(shelf)
            after = {key: rows[key] for key in before}
            if self._rewound:  # what was taken back is as the store has it, and is not sent
                after = {key: row for key, row in after.items() if row is not before[key]}
                before = {key: before[key] for key in after}
            if after:
                self._transaction.replace(shelf.table, before, after)
            shelf.before = {}
        if (
            self._flushed
            and not self._marks
            and sum([len(shelf.rows) for shelf in shelves.values()]) > _ROWS_KEPT
        ):
            shelves.clear()
        self._flushed = True

    def queued(self, table: Table[Row]) -> list[Row]:
        """Return the rows of a table that are queued and not sent yet."""
        shelf = self._shelves[table]
        return [row for key in shelf.before if (row := shelf.rows[key]) is not None] + shelf.ends

    def _flush_dirty(self, table: Table[Any]) -> None:
        shelf = self._shelves[table]
        if shelf.before or shelf.ends:
            self.flush()

    def commit(self) -> None:
        """Flush and commit."""
        self.flush()
        self._transaction.commit()
        if self.memo:
            remember(self.known, self.memo)

    def rollback(self) -> None:
        """Forget everything."""
        self._transaction.rollback()


def remember(known: dict[object, Any], facts: Mapping[object, Any]) -> None:
    """Add facts to those that are known; beyond a bound what was known before is forgotten, and found again."""
    if len(known) > _FACTS_KEPT:
        known.clear()
    known.update(facts)


def _joined(shelf: _Shelf[Any]) -> dict[Key, Any]:
    """Queue appended rows with the others of their chains: what is removed newest first, then upwards by number."""
    shelf.join()
    before, rows = shelf.before, shelf.rows
    gone = sorted([key for key in before if rows[key] is None], reverse=True)
    left = sorted([key for key in before if rows[key] is not None])
    return {key: before[key] for key in gone + left}


def _restore(place: dict[Any, Any], key: object, old: object) -> None:
    if old is _UNREAD:
        place.pop(key, None)
    else:
        place[key] = old
