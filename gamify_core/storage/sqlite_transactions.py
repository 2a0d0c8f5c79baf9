"""Writing rows: the SQLite side of `Transaction`.

Promise: what the protocol says, with every driver error as a `StoreError`. A `replace` that is refused leaves
nothing behind. A transaction that was ended, or that a fork took to another process, refuses. Single rows are read
from what the store remembers, where it does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from gamify_core.errors import CommitOutcomeUnknown
from gamify_core.storage.protocol import Index, Key, Table
from gamify_core.storage.sqlite_blocks import Blocks
from gamify_core.storage.sqlite_connections import DRIVER_ERRORS
from gamify_core.storage.sqlite_reading import Layout, SQLiteReader
from gamify_core.storage.sqlite_remembered import Known, Remembered
from gamify_core.storage.sqlite_statements import Order, Statements

__all__ = ["SQLiteTransaction", "Writer"]

Row = TypeVar("Row", bound=tuple[Any, ...])


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

    __slots__ = ("_blocks", "_cursor", "_remembered", "_writer")

    def __init__(self, layout: Layout, writer: Writer) -> None:
        """Work on the store's writing connection, on which BEGIN was executed."""
        super().__init__(layout)
        self._writer = writer
        self._connection = writer.connection
        self._blocks = writer.blocks
        self._cursor = writer.cursor  # one for all: `connection.execute` makes a new one for every statement
        self._remembered = writer.remembered

    # -- reading -----------------------------------------------------------------------------------------

    def get(self, table: Table[Row], key: Key, /) -> Row | None:
        """Return the row with this key, or None."""
        if self._connection is None:
            raise self._not_open()
        known = self._remembered[table]
        row: Any = known.rows.get(key)
        if row is None:
            row = self._read(known, known.texts.get, key)
            if row is not None:
                known.rows[row[: known.key]] = row  # as SQLite has the key, which may have converted this one
        return row

    def get_many(self, table: Table[Row], keys: Sequence[Key], /) -> list[Row | None]:
        """Return the rows with these keys, in the same order, None where there is none."""
        return [self.get(table, key) for key in keys]

    def find(self, table: Table[Row], index: Index, values: Key, /) -> Row | None:
        """Return the row that a unique index has under these values, or None."""
        if self._connection is None:
            raise self._not_open()
        known = self._remembered[table]
        row: Any = known.holder(index, values)
        if row is None:
            row = self._read(known, known.texts.order(index).find, values)
            if row is not None:
                key = known.found[index, values] = row[: known.key]
                known.rows[key] = row
        return row

    def last(self, table: Table[Row], prefix: Key = (), /) -> Row | None:
        """Return the head of the chain that `prefix` names, or None."""
        if self._connection is None:
            raise self._not_open()
        known = self._remembered[table]
        row: Any = known.heads.get(prefix)
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
        return None if row is None else known.texts.make(row)

    # -- writing -----------------------------------------------------------------------------------------

    def replace(
        self, table: Table[Row], before: Mapping[Key, Row | None], after: Mapping[Key, Row | None], /
    ) -> None:
        """Make the rows under these keys be `after`, knowing that they are `before`."""
        known = self._remembered[table]
        texts = known.texts
        self._remembered.touched(known, after)
        if len(after) == 1 and not texts.counted:
            self._replace_one(texts, before, after)
            known.changed(after)
            return
        connection = self._open()
        new: list[Row] = []
        gone: list[Key] = []
        changed: dict[tuple[int, ...], list[Row]] = {}
        for key, row in after.items():
            old = before[key]
            if row is None:
                if old is not None:
                    gone.append(key)
            elif old is None:
                new.append(row)
            else:
                changed.setdefault(texts.moved(old, row), []).append(row)
        # One statement is whole by itself; only an insert or a unique column can be refused half-way.
        guarded = len(after) > 1 and bool(new or table.unique)
        try:
            if guarded:
                connection.execute("SAVEPOINT replacing")
            self._write(texts, gone, changed, new)
            for order in texts.counted:
                self._count(order, before, after)
            if guarded:
                connection.execute("RELEASE replacing")
        except DRIVER_ERRORS as error:
            if guarded and connection.in_transaction:
                connection.execute("ROLLBACK TO replacing")
                connection.execute("RELEASE replacing")
            self._blocks.doubt()
            raise self._refused(error) from error

    def append(self, table: Table[Row], rows: Sequence[Row], /) -> None:
        """Add rows at the ends of their chains."""
        texts = self._layout[table]
        if texts.counted:
            after = {row[: table.key]: row for row in rows}
            self.replace(table, dict.fromkeys(after), after)
            return
        connection = self._open()
        try:
            if len(rows) == 1:
                connection.execute(texts.insert, rows[0])
            else:
                connection.execute("SAVEPOINT appending")
                try:
                    connection.executemany(texts.insert, rows)
                except BaseException:
                    connection.execute("ROLLBACK TO appending")
                    raise
                finally:
                    connection.execute("RELEASE appending")
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error

    def _replace_one(
        self, texts: Statements, before: Mapping[Key, Row | None], after: Mapping[Key, Row | None]
    ) -> None:
        """Replace a single row of a table without counts: one statement, which is whole by itself."""
        ((key, row),) = after.items()
        old = before[key]
        try:
            if row is None:
                if old is not None:
                    self._open().execute(texts.delete, key)
            elif old is None:
                self._open().execute(texts.insert, row)
            elif places := texts.moved(old, row):
                text, parameters = texts.update(places)
                self._open().execute(text, parameters(row))
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error

    def _write(
        self,
        texts: Statements,
        gone: list[Key],
        changed: dict[tuple[int, ...], list[Row]],
        new: list[Row],
    ) -> None:
        connection = self._open()
        if gone:
            connection.executemany(texts.delete, gone)
        for places, rows in changed.items():
            if places:
                text, parameters = texts.update(places)
                connection.executemany(text, map(parameters, rows))
        if len(new) == 1:
            connection.execute(texts.insert, new[0])
        elif new:
            connection.executemany(texts.insert, new)

    def _count(self, order: Order, before: Mapping[Key, Row | None], after: Mapping[Key, Row | None]) -> None:
        left: list[Key] = []
        came: list[Key] = []
        for key, row in after.items():
            old = before[key]
            was = None if old is None else order.place(old)
            now = None if row is None else order.place(row)
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
        self._writer.leave(self, spoilt=spoilt)
        self._connection = None
