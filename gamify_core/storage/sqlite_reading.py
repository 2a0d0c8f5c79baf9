"""Reading rows on one connection: the SQLite side of `Reader`.

Promise: what the protocol says, with every driver error as a `StoreError`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from gamify_core.errors import StoreError
from gamify_core.storage import sqlite_ranks
from gamify_core.storage.protocol import Index, Key, Table, Value
from gamify_core.storage.ranges import too_long
from gamify_core.storage.sqlite_connections import DRIVER_ERRORS, store_error
from gamify_core.storage.sqlite_ranks import Counts, Executing
from gamify_core.storage.sqlite_statements import Order, Statements

__all__ = ["Layout", "SQLiteReader"]

Row = TypeVar("Row", bound=tuple[Any, ...])
_FEW = 256  # rows that are cheaper to skip than to find a way around


class Layout:
    """The derived SQL of every table a store has met, and the path for its errors."""

    def __init__(self, path: str) -> None:
        """Know no table yet."""
        self.path = path
        self._statements: dict[Table[Any], Statements] = {}
        self._counts: dict[Order, Counts] = {}

    def __getitem__(self, table: Table[Any]) -> Statements:
        """Return the statements of a table."""
        try:
            return self._statements[table]
        except KeyError:
            made = Statements(table)
            self._counts.update({order: Counts(order) for order in made.counted})
            # Two threads may get here at once; all must go on with the same orders, counts hang on them.
            return self._statements.setdefault(table, made)

    def counts(self, order: Order) -> Counts:
        """Return the counts of an order; refuses one that is not counted."""
        try:
            return self._counts[order]
        except KeyError:
            detail = f"{order.name} is not a counted order"
            raise StoreError(detail) from None


class SQLiteReader:
    """The readers of the protocol over one connection."""

    __slots__ = ("_connection", "_layout")

    _connection: sqlite3.Connection | None

    def __init__(self, layout: Layout) -> None:
        """Read with the texts of `layout`."""
        self._layout = layout
        self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise self._not_open()
        return self._connection

    def _not_open(self) -> StoreError:
        return StoreError(f"{self._layout.path}: this transaction or view is not open (any more)")

    def _refused(self, error: BaseException) -> StoreError:
        return store_error(error, self._layout.path)

    def forsake(self) -> sqlite3.Connection | None:
        """Forget the connection without touching it: this process is not the one that opened it."""
        connection, self._connection = self._connection, None
        return connection

    def get(self, table: Table[Row], key: Key, /) -> Row | None:
        """Return the row with this key, or None."""
        texts = self._layout[table]
        row: Row | None = self._one(texts, texts.get, key)
        return row

    def get_many(self, table: Table[Row], keys: Sequence[Key], /) -> list[Row | None]:
        """Return the rows with these keys, in the same order, None where there is none."""
        execute = self._open().execute
        texts = self._layout[table]
        text, make = texts.get, texts.make
        try:
            found = [execute(text, key).fetchone() for key in keys]
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error
        return [None if row is None else make(row) for row in found]

    def values(self, table: Table[Row], keys: Sequence[Key], column: str, /) -> list[Any]:
        """Return what the rows with these keys have in one column, None where there is no row."""
        place = table.columns.index(column)
        return [None if row is None else row[place] for row in self.get_many(table, keys)]

    def find(self, table: Table[Row], index: Index, values: Key, /) -> Row | None:
        """Return the row that a unique index has under these values, or None."""
        texts = self._layout[table]
        row: Row | None = self._one(texts, texts.order(index).find, values)
        return row

    def last(self, table: Table[Row], prefix: Key = (), /) -> Row | None:
        """Return the head of the chain that `prefix` names, or None."""
        texts = self._layout[table]
        row: Row | None = self._one(texts, texts.last, prefix)
        return row

    def _one(self, texts: Statements, text: str, values: Key) -> Any:
        try:
            row = self._open().execute(text, values).fetchone()
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error
        return None if row is None else texts.make(row)

    def scan(  # noqa: PLR0913 - the protocol's range
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
        """Return rows in the order of `index` whose leading columns equal `prefix`."""
        texts = self._layout[table]
        order = texts.order(index)
        if stop == ():
            return []  # nothing is before everything
        start, stop = start or (), stop or ()
        if offset > _FEW and order.counted and len(prefix) == 1:
            return self._far(texts, order, prefix, start, stop, reverse=reverse, offset=offset, limit=limit)
        text = order.scan(len(prefix), len(start), len(stop), reverse=reverse)
        most = -1 if limit is None else limit
        return self._some(texts, text, (*prefix, *start, *stop, most, offset))

    def _some(self, texts: Statements, text: str, values: Key) -> list[Any]:
        return self._fetched(texts, text, values)

    def _fetched(self, texts: Statements, text: str, values: Key) -> list[Any]:
        try:
            rows = self._executing().execute(text, values).fetchall()
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error
        return list(map(texts.make, rows))

    def _executing(self) -> Executing:
        return self._open()

    def _far(  # noqa: PLR0913 - the protocol's range
        self,
        texts: Statements,
        order: Order,
        prefix: Key,
        start: Key,
        stop: Key,
        *,
        reverse: bool,
        offset: int,
        limit: int | None,
    ) -> list[Any]:
        """Read a range far into a counted order: counts lead to the block, only in it rows are skipped."""
        connection = self._open()
        counts = self._layout.counts(order)
        (board,) = prefix
        _fitting(counts, start, stop)
        try:
            first = self._counted(counts, board, (), start) if start else 0
            end = self._counted(counts, board, (), stop)
            if reverse:
                end -= offset
                first = first if limit is None else max(first, end - limit)
            else:
                first += offset
                end = end if limit is None else min(end, first + limit)
            found = self._seek(counts, board, first) if first < end else None
            if found is None:
                return []
            block, skipped = found
            text = order.scan(1, len(block), 0, reverse=False)
            rows = connection.execute(text, (board, *block, end - first, skipped)).fetchall()
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error
        return list(map(texts.make, reversed(rows) if reverse else rows))

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
        """Return how many rows have these leading columns, between bounds."""
        if stop == ():
            return 0  # nothing is before everything
        plain = not start and not stop
        if plain and table.chain and index is None and len(prefix) == table.key - 1:
            head = self.last(table, prefix)
            n: int = 0 if head is None else head[table.key - 1]
            return n
        order = self._layout[table].order(index)
        start, stop = start or (), stop or ()
        try:
            if order.counted and len(prefix) == 1:
                counts = self._layout.counts(order)
                _fitting(counts, start, stop)
                return self._counted(counts, prefix[0], start, stop)
            text = order.count(len(prefix), len(start), len(stop))
            counted: int = self._open().execute(text, (*prefix, *start, *stop)).fetchone()[0]
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error
        return counted

    def _seek(self, counts: Counts, board: Value, offset: int) -> tuple[Key, int] | None:
        return sqlite_ranks.seek(self._open(), counts, board, offset)

    def _counted(self, counts: Counts, board: Value, start: Key, stop: Key) -> int:
        connection = self._open()
        if stop:
            last = sqlite_ranks.position(connection, counts, board, stop)
        else:
            last = sqlite_ranks.total(connection, counts, board)
        return max(0, last - sqlite_ranks.position(connection, counts, board, start)) if start else last

    def position(
        self,
        table: Table[Row],
        index: Index | None,
        prefix: Key,
        bound: Key | None,
        /,
        mark: int | None = None,
    ) -> int:
        """Return how many rows of a counted order come strictly before `bound` within the board `prefix`."""
        counts = self._layout.counts(self._layout[table].order(index))
        (board,) = prefix
        _fitting(counts, bound or ())
        try:
            if mark is not None:
                return self._marked(counts, board, bound, mark)
            return 0 if bound == () else self._counted(counts, board, (), bound or ())
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error

    def span(
        self, table: Table[Row], index: Index | None, prefix: Key, start: Key, stop: Key, /
    ) -> tuple[int, int, int]:
        """Return how many rows of a board come before a range, are in it, and there are."""
        counts = self._layout.counts(self._layout[table].order(index))
        (board,) = prefix
        _fitting(counts, start, stop)
        try:
            return self._spanned(counts, board, start, stop)
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error

    def beside(  # noqa: PLR0913 - a range of a board
        self, table: Table[Row], index: Index | None, prefix: Key, key: Key, /, *, before: int, length: int
    ) -> list[Row]:
        """Return the rows of a board around a bound: both sides of it with one statement."""
        texts = self._layout[table]
        order = self._layout.counts(texts.order(index)).order
        text = order.beside(len(prefix), len(key))
        near = (*prefix, *key)
        found = self._fetched(texts, text, (*near, before, 0, *near, length - before, 0))
        found.sort(key=order.ordering)
        return found

    def _spanned(self, counts: Counts, board: Value, start: Key, stop: Key) -> tuple[int, int, int]:
        before = self._counted(counts, board, (), start)
        return before, self._counted(counts, board, (), stop) - before, self._counted(counts, board, (), ())

    def _marked(self, counts: Counts, board: Value, bound: Key | None, mark: int) -> int:
        return sqlite_ranks.marked_position(self._open(), counts, board, bound, mark)

    def verify_counts(self, table: Table[Row], index: Index | None = None, /) -> list[str]:
        """Recount a counted order from its rows and return, in words, what does not agree."""
        counts = self._layout.counts(self._layout[table].order(index))
        try:
            return sqlite_ranks.faults(self._open(), counts)
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error

    def check(self, tables: Iterable[Table[Any]], /) -> list[str]:
        """Let SQLite look for damage in its file, and recount every counted order; return what is wrong, in words."""
        found = []
        try:
            for (line,) in self._open().execute("PRAGMA integrity_check"):
                found += [part for part in line.splitlines() if part != "ok"]
            for table, row, parent, _ in self._open().execute("PRAGMA foreign_key_check"):
                found.append(f"{table} {row}: refers to a row of {parent} that is not there")
        except DRIVER_ERRORS as error:
            found.append(str(error))
        found += _misfit(self._open())
        for table in tables:
            for order in self._layout[table].counted:
                found += sqlite_ranks.faults(self._open(), self._layout.counts(order))
        return found


def _fitting(counts: Counts, *bounds: Key) -> None:
    """Refuse a bound within a board that has more columns than the order."""
    for bound in bounds:
        if len(bound) > len(counts.lowest):
            raise too_long(counts.order.name)


def _misfit(connection: sqlite3.Connection) -> list[str]:
    """Say so where a file is gone, or not a whole number of pages: SQLite reads on, past what was cut off or put on.

    As long as there is a log beside it, that may be a page that a crash left half copied, and the log has it whole.
    """
    (_, _, path), *_ = connection.execute("PRAGMA database_list")
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    if path and not Path(path).exists():
        return [f"{path}: the file was removed while it was open"]
    if not path or not page or _size(f"{path}-wal"):
        return []
    size = _size(path)
    return [f"{path}: its {size:,} bytes are not a whole number of pages of {page:,}"] if size % page else []


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:  # another process may take it away at any moment
        return 0
