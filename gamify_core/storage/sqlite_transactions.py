"""Writing rows: the SQLite side of `Transaction`.

Promise: what the protocol says, with every driver error as a `StoreError`. A `replace` that is refused leaves
nothing behind. A transaction that was ended, or that a fork took to another process, refuses. Single rows are read
from what the store remembers, where it does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import length_hint
from typing import Any, Protocol, TypeVar

from gamify_core.errors import CommitOutcomeUnknown, StoreError
from gamify_core.storage.protocol import Index, Key, Table
from gamify_core.storage.sqlite_blocks import Blocks, Placed
from gamify_core.storage.sqlite_connections import DRIVER_ERRORS
from gamify_core.storage.sqlite_reading import Layout, SQLiteReader
from gamify_core.storage.sqlite_remembered import Known, Remembered
from gamify_core.storage.sqlite_statements import Order, Statements

__all__ = ["SQLiteTransaction", "Writer"]

Row = TypeVar("Row", bound=tuple[Any, ...])
_Change = tuple[str, Callable[[Any], Any] | None, Sequence[Any]]
"""A statement, what picks its parameters from a row, and the rows (or keys) to execute it with."""


class Writer(Protocol):
    """What a transaction needs of the store it belongs to."""

    connection: sqlite3.Connection
    cursor: sqlite3.Cursor
    blocks: Blocks
    remembered: Remembered

    def holds(self, transaction: SQLiteTransaction) -> bool:
        """Say whether this is the transaction that is open."""
        ...

    def leave(self, transaction: SQLiteTransaction, *, spoilt: bool) -> None:
        """Let the next writer in; a spoilt connection is not used again."""
        ...


class SQLiteTransaction(SQLiteReader):
    """The one open write transaction of a store."""

    __slots__ = ("_blocks", "_cursor", "_remembered", "_whole", "_writer")

    def __init__(self, layout: Layout, writer: Writer) -> None:
        """Work on the store's writing connection, on which BEGIN was executed."""
        self._layout = layout
        self._writer = writer
        self._connection = writer.connection
        self._blocks = writer.blocks
        self._cursor = writer.cursor  # one for all: `connection.execute` makes a new one for every statement
        self._remembered = writer.remembered
        self._whole = True  # no change was left half done

    # -- reading -----------------------------------------------------------------------------------------

    def get(self, table: Table[Row], key: Key, /) -> Row | None:
        """Return the row with this key, or None."""
        if self._connection is None:
            raise self._not_open()
        known = self._remembered[table]
        row: Row | None = known.rows.get(key)
        if row is None:
            row = self._read(known, known.texts.get, key)
            if row is not None:
                known.keep(row)
        return row

    def get_many(self, table: Table[Row], keys: Sequence[Key], /) -> list[Row | None]:
        """Return the rows with these keys, in the same order, None where there is none."""
        return [self.get(table, key) for key in keys]

    def find(self, table: Table[Row], index: Index, values: Key, /) -> Row | None:
        """Return the row that a unique index has under these values, or None."""
        if self._connection is None:
            raise self._not_open()
        known = self._remembered[table]
        row: Row | None = known.found.get((index, values))
        if row is None:
            row = self._read(known, known.texts.order(index).find, values)
            if row is not None:
                known.keep(row)
        return row

    def last(self, table: Table[Row], prefix: Key = (), /) -> Row | None:
        """Return the head of the chain that `prefix` names, or None."""
        if self._connection is None:
            raise self._not_open()
        known = self._remembered[table]
        row: Row | None = known.heads.get(prefix)
        if row is None:
            row = self._read(known, known.texts.last, prefix)
            if row is not None:
                known.heads[row[: known.key - 1]] = row
        return row

    def _read(self, known: Known, text: str, values: Key) -> Any:
        try:
            row = self._cursor.execute(text, values).fetchone()
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error
        if row is None:
            return None
        self._remembered.added += 1
        return known.texts.make(row)

    # -- writing -----------------------------------------------------------------------------------------

    def replace(
        self, table: Table[Row], before: Mapping[Key, Row | None], after: Mapping[Key, Row | None], /
    ) -> None:
        """Make the rows under these keys be `after`, knowing that they are `before`."""
        self._open()
        known = self._remembered[table]
        self._remembered.touched.append((known, after))
        self._whole = False
        try:
            if len(after) == 1 and not known.texts.counted:
                self._replace_one(known.texts, before, after)
            else:
                self._replace_many(known.texts, before, after)
            known.changed(before, after)
        except BaseException as error:
            known.forget(after)
            self._blocks.doubt()
            if isinstance(error, DRIVER_ERRORS):
                raise self._refused(error) from error
            raise
        self._whole = True

    def append(self, table: Table[Row], rows: Sequence[Row], /) -> None:
        """Add rows at the ends of their chains."""
        if self._connection is None:
            raise self._not_open()
        known = self._remembered[table]
        texts = known.texts
        if texts.counted:
            after = {row[: table.key]: row for row in rows}
            self.replace(table, dict.fromkeys(after), after)
            return
        self._remembered.touched.append((known, rows))
        self._whole = False
        try:
            if len(rows) == 1:
                self._change(texts.insert, rows[0])
            else:
                self._write(texts, [(texts.insert, None, rows)], {})
            known.grown(rows)
        except BaseException as error:
            known.forget(rows)
            if isinstance(error, DRIVER_ERRORS):
                raise self._refused(error) from error
            raise
        self._whole = True

    def _replace_one(self, texts: Statements, before: Mapping[Key, Any], after: Mapping[Key, Any]) -> None:
        """Replace a single row of a table without counts."""
        ((key, row),) = after.items()
        old = before[key]
        if row is None:
            if old is not None:
                self._change(texts.delete, key)
        elif old is None:
            self._change(texts.insert, row)
        elif places := texts.moved(old, row):
            text, parameters = texts.update(places)
            self._change(text, parameters(row))

    def _change(self, text: str, parameters: tuple[Any, ...]) -> None:
        """Execute one change, which is whole by itself."""
        try:
            self._cursor.execute(text, parameters)
        except DRIVER_ERRORS:
            self._whole = True
            raise

    def _replace_many(self, texts: Statements, before: Mapping[Key, Any], after: Mapping[Key, Any]) -> None:
        new: list[Any] = []
        gone: list[Key] = []
        changed: dict[tuple[int, ...], list[Any]] = {}
        for key, row in after.items():
            old = before[key]
            if row is None:
                if old is not None:
                    gone.append(key)
            elif old is None:
                new.append(row)
            else:
                changed.setdefault(texts.moved(old, row), []).append(row)
        changes = [(*texts.update(places), rows) for places, rows in changed.items() if places]
        self._write(texts, [(texts.delete, None, gone), *changes, (texts.insert, None, new)], before)
        for order in texts.counted:
            self._count(order, before, after)

    def _write(self, texts: Statements, changes: Sequence[_Change], before: Mapping[Key, Any]) -> None:
        """Execute changes; when one is refused, take back those before it.

        A savepoint would do that, but while one is open SQLite sets every page aside before it changes it: measured,
        a tenth of a whole batch of awards, which is hardly ever refused.
        """
        connection = self._connection
        assert connection is not None  # noqa: S101 - it was looked at by the caller
        for place, (text, picked, rows) in enumerate(changes):
            given = iter(rows)
            try:
                if rows:
                    connection.executemany(text, given if picked is None else map(picked, given))
            except DRIVER_ERRORS:
                done = [row for _, _, earlier in changes[:place] for row in earlier]
                done += rows[: len(rows) - length_hint(given) - 1]  # the one that was refused was taken, too
                keys = [row[: texts.table.key] for row in done]
                connection.executemany(texts.delete, keys)
                old = [row for key in keys if (row := before.get(key)) is not None]
                connection.executemany(texts.insert, old)
                self._whole = True
                raise

    def _count(self, order: Order, before: Mapping[Key, Row | None], after: Mapping[Key, Row | None]) -> None:
        left: list[Placed] = []
        came: list[Placed] = []
        for key, row in after.items():
            old = before[key]
            was = None if old is None else order.placed(old)
            now = None if row is None else order.placed(row)
            if was != now:
                if was is not None:
                    left.append(was)
                if now is not None:
                    came.append(now)
        if left or came:
            self._blocks.keep(self._layout.counts(order), left, came)

    def commit(self) -> None:
        """Make everything durable and visible, and end."""
        connection = self._open()
        if not self._whole:
            detail = f"{self._layout.path}: a change failed half-way, so all of the transaction has to be rolled back"
            raise StoreError(detail)
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._end(kept=False, spoilt=True)
            detail = f"{self._layout.path}: {error}"
            raise CommitOutcomeUnknown(detail, hint="repeat with the same idempotency key") from error
        self._end(kept=True, spoilt=False)

    def rollback(self) -> None:
        """Forget everything, and end. Never raises."""
        connection = self._connection
        if connection is None or not self._writer.holds(self):
            self._connection = None
            return
        spoilt = True
        try:
            # Not in a transaction: COMMIT was done and an interrupt came right after it, or SQLite gave up
            # itself.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            spoilt = False
        except sqlite3.Error:
            pass  # leaving it spoilt closes the connection, which rolls back as well
        finally:
            self._end(kept=False, spoilt=spoilt)

    def _end(self, *, kept: bool, spoilt: bool) -> None:
        self._blocks.ended(kept=kept)
        self._remembered.ended(kept=kept)
        self._writer.leave(self, spoilt=spoilt)
        self._connection = None
