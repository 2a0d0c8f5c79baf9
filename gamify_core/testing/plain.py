"""A store in the plainest words: copies of dicts, sorted at every reading.

It meets the contract and is far too slow for anything else: the peer against which the memory store itself is
held, and the place for the author of a store to see what each method has to answer.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from gamify_core.errors import StoreClosed, StoreConflict, StoreError
from gamify_core.storage.protocol import Index, Key, Table
from gamify_core.testing.toys import range_of

__all__ = ["PlainStore"]

Row = Any
Tables = dict[Table[Any], dict[Key, Row]]


class PlainReading:
    """What is read, from one state of the rows."""

    def __init__(self, store: PlainStore) -> None:
        """Read nothing until opened."""
        self.store = store
        self.tables: Tables | None = None

    def forget(self) -> None:
        """Read nothing any more."""
        self.tables = None

    def rows(self, table: Table[Any]) -> dict[Key, Row]:
        """Return all rows of a table."""
        if self.tables is None or table not in self.tables:
            raise StoreError("not open, or no such table")
        return self.tables[table]

    def get(self, table: Table[Any], key: Key, /) -> Row | None:
        """Look a key up."""
        return self.rows(table).get(key)

    def get_many(self, table: Table[Any], keys: Sequence[Key], /) -> list[Row | None]:
        """Look keys up."""
        return [self.get(table, key) for key in keys]

    def values(self, table: Table[Any], keys: Sequence[Key], column: str, /) -> list[Any]:
        """Look keys up, for one column."""
        rows = self.get_many(table, keys)
        return [None if row is None else getattr(row, column) for row in rows]

    def find(self, table: Table[Any], index: Index, values: Key, /) -> Row | None:
        """Try every row."""
        places = table.places(index)
        for row in self.rows(table).values():
            if tuple(row[place] for place in places) == values and None not in values:
                return row
        return None

    def last(self, table: Table[Any], prefix: Key = (), /) -> Row | None:
        """Take the last of all."""
        rows = range_of(table, None, self.rows(table).values(), prefix)
        return rows[-1] if rows else None

    def scan(
        self, table: Table[Any], index: Index | None = None, /, prefix: Key = (), **cut: Any
    ) -> list[Row]:
        """Sort and cut."""
        return range_of(table, index, self.rows(table).values(), prefix, **cut)

    def count(
        self,
        table: Table[Any],
        index: Index | None = None,
        /,
        prefix: Key = (),
        *,
        start: Key | None = None,
        stop: Key | None = None,
    ) -> int:
        """Read and count."""
        return len(range_of(table, index, self.rows(table).values(), prefix, start=start, stop=stop))

    def position(
        self,
        table: Table[Any],
        index: Index | None,
        prefix: Key,
        bound: Key | None,
        /,
        mark: int | None = None,
    ) -> int:
        """Read what comes before, and count."""
        rows = range_of(table, index, self.rows(table).values(), prefix, stop=bound)
        if mark is None:
            return len(rows)
        assert index is not None
        assert index.marked is not None
        marked = table.columns.index(index.marked)
        return sum(row[marked] == mark for row in rows)

    def span(
        self, table: Table[Any], index: Index | None, prefix: Key, start: Key, stop: Key, /
    ) -> tuple[int, int, int]:
        """Read and count, three times."""
        before = self.position(table, index, prefix, start)
        return before, self.position(table, index, prefix, stop) - before, self.count(table, index, prefix)

    def beside(  # noqa: PLR0913 - a range of a board
        self, table: Table[Any], index: Index | None, prefix: Key, key: Key, /, *, before: int, length: int
    ) -> list[Row]:
        """Return the rows of a board around a bound."""
        above = self.scan(table, index, prefix, stop=key, reverse=True, limit=before)
        return above[::-1] + self.scan(table, index, prefix, start=key, limit=length - before)


class PlainView(PlainReading):
    """A state of the rows."""

    @property
    def version(self) -> object:
        """Something of this view alone: no other is said to show the same."""
        return self

    def __enter__(self) -> Self:
        """Take the present state."""
        self.tables = self.store.state()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget it."""
        self.tables = None


class PlainTransaction(PlainReading):
    """A copy of the rows, put in their place by the commit."""

    def replace(
        self, table: Table[Any], before: Mapping[Key, Row | None], after: Mapping[Key, Row | None], /
    ) -> None:
        """Change a copy, keep it if no fact is stated twice."""
        rows = dict(self.rows(table))
        for key, row in after.items():
            if before[key] is None and row is not None and key in rows:
                raise StoreConflict("key")
            rows.pop(key, None)
            if row is not None:
                rows[key] = row
        for _, places in table.unique:
            facts = [tuple(row[place] for place in places) for row in rows.values()]
            facts = [fact for fact in facts if None not in fact]
            if len(facts) != len(set(facts)):
                raise StoreConflict("unique")
        assert self.tables is not None
        self.tables[table] = rows

    def append(self, table: Table[Any], rows: Sequence[Row], /) -> None:
        """Add rows that are all new."""
        after = {row[: table.key]: row for row in rows}
        if len(after) < len(rows):
            raise StoreConflict("key")
        self.replace(table, dict.fromkeys(after), after)

    def commit(self) -> None:
        """Put the copy in place."""
        if self.tables is None:
            raise StoreError("ended")
        self.store.tables = self.tables
        self.rollback()

    def rollback(self) -> None:
        """Forget the copy."""
        if self.tables is not None:
            self.forget()
            self.store.lock.release()


class PlainStore:
    """The whole store."""

    def __init__(self) -> None:
        """Begin empty."""
        self.lock: threading.Lock = threading.Lock()
        self.tables: Tables | None = {}

    def state(self) -> Tables:
        """Return the rows as committed."""
        if self.tables is None:
            raise StoreClosed("closed")
        return copy.copy(self.tables)

    def migrate(self, tables: Iterable[Table[Any]], /) -> None:
        """Add what is not there."""
        with self.lock:
            self.tables = {**{table: {} for table in tables}, **self.state()}

    def begin(self, locks: Sequence[str] = (), /) -> PlainTransaction:  # noqa: ARG002 - one lock for all names
        """Copy the rows."""
        self.state()
        self.lock.acquire()
        transaction = PlainTransaction(self)
        transaction.tables = self.state()
        return transaction

    def view(self) -> PlainView:
        """Give a view that is not open yet."""
        self.state()
        return PlainView(self)

    def close(self) -> None:
        """Drop the rows."""
        self.tables = None
