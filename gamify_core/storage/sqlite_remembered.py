"""Rows that the writing connection of a SQLite store has read or written, kept at hand for its next transactions.

Promise: what is remembered is what the file holds as the open transaction sees it, for as long as nobody else
writes to the file. The store looks for foreign commits (`PRAGMA data_version`) as each transaction begins and
forgets everything after one. Writes keep it up to date, and a rollback forgets what they touched. Only rows that
are there are remembered, and a bounded number of them.

Commands about the same participant read the same few rows: their own, the heads of their wallets, their scores.
Each costs 4-6 µs to read from the file, together nearly a third of what an award does beside its commit. Reading
ahead for a whole batch in few statements would spare batches a part of that, and single commands nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from gamify_core.storage.protocol import Index, Key, Table
from gamify_core.storage.sqlite_statements import Statements

__all__ = ["MOST", "Known", "Remembered"]

MOST = 100_000  # rows of all tables together, at 300 to 500 bytes each; beyond it all are read anew

Row = tuple[Any, ...]


class Known:
    """What is remembered of one table."""

    __slots__ = ("_names", "chain", "found", "heads", "key", "rows", "texts")

    def __init__(self, texts: Statements) -> None:
        """Know nothing yet."""
        table = texts.table
        self.texts: Statements = texts
        self.key: int = table.key
        self.chain: bool = table.chain
        self.rows: dict[Key, Any] = {}
        self.heads: dict[Key, Any] = {}
        self.found: dict[tuple[Index, Key], Any] = {}
        # Names are met again; values that may be absent, such as idempotency keys, hardly ever are.
        self._names = [
            (index, places)
            for index, places in table.unique
            if not index.present and not any(texts.kinds[column][1] for column in index.columns)
        ]

    def keep(self, row: Row) -> None:
        """Remember a row that was read."""
        self.rows[row[: self.key]] = row  # not the key it was asked by, which SQLite may have converted
        for index, places in self._names:
            self.found[index, tuple([row[place] for place in places])] = row

    def changed(self, before: Mapping[Key, Row | None], after: Mapping[Key, Row | None]) -> None:
        """Follow rows that were replaced."""
        if not self.chain and not self._names:
            self.rows.update(after)  # `None` says as well as nothing that it is to be read
            return
        for key, row in after.items():
            self._drop(key)
            if row is not None and self._names:
                self.keep(row)
            if self.chain:
                head = self.heads.get(key[:-1])
                if row is None:
                    self.heads.pop(key[:-1], None)
                elif before[key] is None or (head is not None and head[: self.key] == key):
                    self.heads[key[:-1]] = row

    def _drop(self, key: Key) -> None:
        row = self.rows.pop(key, None)
        if row is not None:
            for index, places in self._names:
                self.found.pop((index, tuple([row[place] for place in places])), None)

    def grown(self, rows: Sequence[Row]) -> None:
        """Follow rows that were appended."""
        width, heads = self.key - 1, self.heads
        for row in rows:
            heads[row[:width]] = row

    def forget(self, keys: Iterable[Row]) -> None:
        """Forget what is known of the rows with these keys, or beginning with them."""
        for key in keys:
            self._drop(key[: self.key])
            self.heads.pop(key[: self.key - 1], None)


class Remembered(dict[Table[Any], Known]):
    """What is remembered of each table."""

    __slots__ = ("_texts", "added", "touched")

    def __init__(self, texts: Callable[[Table[Any]], Statements]) -> None:
        """Remember nothing yet; `texts` gives the statements of a table."""
        super().__init__()
        self._texts = texts
        self.added: int = 0
        self.touched: list[tuple[Known, Collection[Row]]] = []
        """What the open transaction writes, noted beforehand: a rollback makes what is known of it untrue."""

    def __missing__(self, table: Table[Any]) -> Known:
        """Begin with a table."""
        known = self[table] = Known(self._texts(table))
        return known

    def ended(self, *, kept: bool) -> None:
        """Learn that the transaction is over, and whether what it wrote was kept."""
        for known, keys in self.touched:
            self.added += len(keys)
            if not kept:
                known.forget(keys)
        self.touched.clear()
        if self.added > MOST:  # at most, since a row that is put again was counted again
            self.added = sum([len(known.rows) + len(known.heads) for known in self.values()])
            if self.added > MOST:
                self.clear()
