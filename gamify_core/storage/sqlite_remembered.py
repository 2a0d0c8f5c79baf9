"""Rows that the writing connection of a SQLite store has read, kept at hand for its next transactions.

Promise: what is remembered is what the file holds as the open transaction sees it, for as long as nobody else
writes to the file. The store looks for foreign commits (`PRAGMA data_version`) as each transaction begins and
forgets everything after one. Writes keep what was read up to date, and a rollback forgets what they touched.
Only rows that are there are remembered, and a bounded number of them.

Commands about the same participant read the same few rows: their own, the heads of their wallets, their scores.
Each costs 4-6 µs to read from the file, together a third of what an award does beside its commit. Reading them
for a whole batch in few statements helps batches only, and half as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gamify_core.storage.protocol import Index, Key, Table
from gamify_core.storage.sqlite_statements import Statements

__all__ = ["MOST", "Known", "Remembered"]

MOST = 50_000  # rows of all tables together, at about half a kilobyte each; then all are read anew

Row = tuple[Any, ...]


class Known:
    """What is remembered of one table."""

    __slots__ = ("found", "heads", "key", "rows", "texts")

    def __init__(self, texts: Statements) -> None:
        """Know nothing yet."""
        self.texts = texts
        self.key: int = texts.table.key
        self.rows: dict[Key, Row] = {}
        self.heads: dict[Key, Row] = {}
        self.found: dict[tuple[Index, Key], Key] = {}

    def holder(self, index: Index, values: Key) -> Row | None:
        """Return the row that was found under these values, if it has them still."""
        key = self.found.get((index, values))
        row = None if key is None else self.rows.get(key)
        if row is not None:
            place = self.texts.order(index).place(row)
            if place is not None and place[: len(values)] == values:
                return row
        return None

    def changed(self, after: Mapping[Key, Row | None]) -> None:
        """Follow rows that were replaced."""
        rows, heads = self.rows, self.heads
        for key, row in after.items():
            if key in rows:
                if row is None:
                    del rows[key]
                else:
                    rows[key] = row
            if heads and (head := heads.get(key[:-1])) is not None:
                if row is None:
                    del heads[key[:-1]]
                elif row[: self.key] >= head[: self.key]:
                    heads[key[:-1]] = row

    def grown(self, rows: Sequence[Row]) -> None:
        """Follow rows that were appended."""
        heads = self.heads
        if heads:
            width = self.key - 1
            for row in rows:
                if row[:width] in heads:
                    heads[row[:width]] = row

    def forget(self, keys: Iterable[Row]) -> None:
        """Forget what is known of the rows with these keys, or beginning with them."""
        for key in keys:
            self.rows.pop(key[: self.key], None)
            self.heads.pop(key[: self.key - 1], None)


class Remembered(dict[Table[Any], Known]):
    """What is remembered of each table."""

    __slots__ = ("_texts", "_touched")

    def __init__(self, texts: Callable[[Table[Any]], Statements]) -> None:
        """Remember nothing yet; `texts` gives the statements of a table."""
        super().__init__()
        self._texts = texts
        self._touched: list[tuple[Known, Iterable[Row]]] = []

    def __missing__(self, table: Table[Any]) -> Known:
        """Begin with a table."""
        known = self[table] = Known(self._texts(table))
        return known

    def touched(self, known: Known, keys: Iterable[Row]) -> None:
        """Note what a rollback would make untrue."""
        self._touched.append((known, keys))

    def ended(self, *, kept: bool) -> None:
        """Learn that the transaction is over, and whether what it wrote was kept."""
        touched = self._touched
        if not kept:
            for known, keys in touched:
                known.forget(keys)
        touched.clear()
        if sum([len(known.rows) + len(known.heads) for known in self.values()]) > MOST:
            self.clear()
