"""Working inside a transaction of the application's own, on the application's own connection.

Promise: what is written shares the fate of that transaction. We work in a savepoint with cursors of our own,
whatever the connection's `row_factory`, `text_factory` and `isolation_level` are, and leave them as they are. Nothing
here begins, commits or rolls back the application's transaction, sets a PRAGMA, or migrates unless it is asked to.
Nothing that is read or written is remembered beyond the savepoint, because whether it stays is decided later, by
somebody else, and not told.

The savepoint begins by taking SQLite's write lock, so that everything is decided on what is really the last state,
and so that a transaction that cannot write any more says so before anything was decided.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, cast

from gamify_core.errors import BadValue, NoTransaction, StoreBusy, StoreError, StoreOlder
from gamify_core.storage import sqlite_schema
from gamify_core.storage.protocol import Table
from gamify_core.storage.sqlite_blocks import Blocks
from gamify_core.storage.sqlite_connections import DRIVER_ERRORS, store_error
from gamify_core.storage.sqlite_reading import Layout
from gamify_core.storage.sqlite_remembered import Remembered
from gamify_core.storage.sqlite_statements import Statements
from gamify_core.storage.sqlite_transactions import SQLiteTransaction

__all__ = ["HostConnection", "HostStore", "JoinedStore", "file_of"]

HostConnection = sqlite3.Connection
"""A connection that belongs to the application."""

_SAVEPOINT = "gamify_core"
_LOCK = "UPDATE gamify_schema SET number = number WHERE 0"  # changes nothing, and needs the write lock for it
_BEGIN = 'begin it for writing: BEGIN IMMEDIATE (Django: "transaction_mode": "IMMEDIATE" in OPTIONS)'
_ENDED = "the application ended its transaction inside the block"
_END = "commit or roll back after the block: what it did is in doubt until then"
_PLAIN = {
    "builtins": "connect first: in Django there is one inside transaction.atomic()",  # None, or a path
    "django": "pass django.db.connection.connection, inside transaction.atomic()",
    "sqlalchemy": "pass session.connection().connection.driver_connection",
}


def _plain(connection: object) -> sqlite3.Connection:
    """Return the connection, when it is the driver's own."""
    if isinstance(connection, sqlite3.Connection):
        return connection
    detail = f"connection must be a sqlite3.Connection, not {type(connection).__name__}"
    if connection is None:  # as Django has it before the first query
        raise BadValue(
            "connection", connection, detail, hint="connect first: in Django, be inside transaction.atomic()"
        )
    hint = _PLAIN.get(type(connection).__module__.partition(".")[0], "")
    raise BadValue("connection", connection, detail, hint=hint)


class _Fetched:
    """The rows of a statement, read at once."""

    __slots__ = ("_rows",)

    def __init__(self, rows: list[Any]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int) -> list[Any]:
        return [row for _, row in zip(range(size), self._rows, strict=False)]

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


class _Guest:
    """The application's connection, as far as we use it: plain rows and plain text, inside its transaction only."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def _inside(self) -> sqlite3.Connection:
        if not self._connection.in_transaction:  # a statement would be committed by itself, or begin one
            raise NoTransaction(_ENDED, hint=_END)
        return self._connection

    def execute(self, text: str, parameters: Sequence[Any] = ()) -> Any:
        connection = self._inside()
        factory = connection.text_factory
        if factory is str:
            return sqlite3.Cursor(connection).execute(text, parameters)  # of its own: it has no row_factory
        connection.text_factory = str  # it is looked at when a row is fetched, so all of them are fetched now
        try:
            return _Fetched(sqlite3.Cursor(connection).execute(text, parameters).fetchall())
        finally:
            connection.text_factory = factory

    def executemany(self, text: str, parameters: Iterable[Sequence[Any]]) -> Any:
        return sqlite3.Cursor(self._inside()).executemany(text, parameters)

    def cursor(self) -> _Guest:
        return self


def _enter(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Open our savepoint, and return what to work with in it."""
    if not connection.in_transaction:
        detail = "the application's connection has no open transaction"
        raise NoTransaction(
            detail, hint="BEGIN IMMEDIATE first, and COMMIT afterwards: both are the application's"
        )
    guest = cast("sqlite3.Connection", _Guest(connection))
    guest.execute(f"SAVEPOINT {_SAVEPOINT}")
    return guest


def _leave(guest: sqlite3.Connection) -> None:
    """Take our savepoint back, if it is there still."""
    with suppress(sqlite3.Error, NoTransaction):
        guest.execute(f"ROLLBACK TO {_SAVEPOINT}")
        guest.execute(f"RELEASE {_SAVEPOINT}")


class _Joined(SQLiteTransaction):
    """A savepoint in the application's transaction."""

    __slots__ = ()

    def commit(self) -> None:
        """Leave everything to the application's transaction, and end."""
        connection = self._open()
        if not self._whole:
            detail = (
                f"{self._layout.path}: a change failed half-way, so all of the block has to be rolled back"
            )
            raise StoreError(detail)
        try:
            connection.execute(f"RELEASE {_SAVEPOINT}")
        except sqlite3.Error as error:
            self._connection = None
            raise NoTransaction(f"{self._layout.path}: {_ENDED}", hint=_END) from error
        self._connection = None

    def rollback(self) -> None:
        """Take back what was done since the savepoint, and end. Never raises."""
        connection, self._connection = self._connection, None
        if connection is not None:
            _leave(connection)


class JoinedStore:
    """A store for as long as one transaction of the application's lasts: each `begin` is a savepoint in it."""

    connection: sqlite3.Connection
    cursor: sqlite3.Cursor
    blocks: Blocks
    remembered: Remembered

    def __init__(
        self, layout: Layout, connection: object, tables: Sequence[Table[Any]] | None = None
    ) -> None:
        """Work on a connection of the application's. Each `begin` sees that the `tables` given are there."""
        self._layout = layout
        self._tables = tables
        self._host = _plain(connection)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Call the driver's errors by our names."""
        try:
            yield
        except DRIVER_ERRORS as error:
            raise store_error(error, self._layout.path) from error

    def begin(self, locks: Sequence[str] = (), /) -> SQLiteTransaction:  # noqa: ARG002 - one lock for all names
        """Open a savepoint, and take the write lock."""
        with self._named():
            guest = _enter(self._host)
            try:
                self._lock(guest)
                if not self._is_current(guest):
                    self._refuse_older(sqlite_schema.NUMBER)
            except BaseException:
                _leave(guest)
                raise
        self.connection = guest
        self.cursor = guest.cursor()
        self.blocks = Blocks(guest)
        self.remembered = Remembered(self._layout.__getitem__)
        return _Joined(self._layout, self)

    def _lock(self, guest: sqlite3.Connection) -> None:
        began = time.monotonic()
        try:
            guest.execute(_LOCK)
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode
            waited = time.monotonic() - began
            path = self._layout.path
            if code == sqlite3.SQLITE_BUSY_SNAPSHOT:
                detail = f"{path}: another connection has written since the application's transaction began to read"
                raise StoreBusy(detail, waited=waited, hint=f"{_BEGIN}, and repeat it") from error
            if code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                detail = f"{path}: another writer was busy for {waited:.1f} seconds"
                raise StoreBusy(
                    detail, waited=waited, hint=f"{_BEGIN}, or let the connection wait longer (timeout)"
                ) from error
            if code == sqlite3.SQLITE_ERROR:  # there is no such table
                self._refuse_older(0)
            raise

    def _is_current(self, guest: sqlite3.Connection) -> bool:
        if self._tables is None:
            return sqlite_schema.is_numbered(guest, self._layout.path)
        texts = [self._layout[table] for table in self._tables]
        return sqlite_schema.is_current(guest, self._layout.path, texts)

    def _refuse_older(self, found: int) -> NoReturn:
        detail = (
            f"{self._layout.path}: the application's database does not have the tables of this version (yet)"
        )
        raise StoreOlder(detail, found=found, known=sqlite_schema.NUMBER)

    def migrate(self, tables: Iterable[Table[Any]], /) -> None:
        """Make the tables, indexes and views exist, as a part of the application's transaction."""
        texts: list[Statements] = [self._layout[table] for table in tables]
        with self._named():
            guest = _enter(self._host)
            try:
                if not sqlite_schema.is_current(guest, self._layout.path, texts):
                    sqlite_schema.migrate(guest, self._layout.path, texts, Blocks(guest))
                guest.execute(f"RELEASE {_SAVEPOINT}")
            except BaseException:
                _leave(guest)
                raise

    def holds(self, transaction: SQLiteTransaction) -> bool:  # noqa: ARG002 - it has no other
        """Say that it is this transaction that is open."""
        return True

    def leave(self, transaction: SQLiteTransaction, *, spoilt: bool) -> None:
        """Do nothing: a savepoint that ended keeps nobody waiting."""

    def view(self) -> NoReturn:
        """Refuse: what is read here is read in the transaction."""
        raise StoreError("inside the application's transaction one reads by the handle")

    def close(self) -> None:
        """Do nothing: the connection is the application's."""


class HostStore:
    """Rows in whatever database the application's connections lead to: an engine with no file of its own.

    Everything, reading too, is done in `engine.transaction(connection=…)`, and `engine.migrate(connection)` makes the
    tables. It is meant for databases that only the application can open, such as the one in memory that a test runner
    makes. An engine that knows the file's path works by itself as well.

    >>> import sqlite3
    >>> from gamify_core import Catalog, Engine, HostStore
    >>> game = Engine(Catalog(), HostStore())
    >>> connection = sqlite3.connect(":memory:", isolation_level=None)
    >>> _ = connection.execute("BEGIN IMMEDIATE")
    >>> game.migrate(connection)
    >>> with game.transaction(connection=connection) as tx:
    ...     tx.points.award("ada", 5).new_balance
    5
    >>> _ = connection.execute("COMMIT")
    >>> connection.close()
    """

    def __init__(self) -> None:
        """Know of no database yet."""
        self._layout = Layout("the application's database")
        self._tables: list[Table[Any]] = []

    def joined(self, connection: object) -> JoinedStore:
        """Return a store on a connection of the application's."""
        return JoinedStore(self._layout, connection, self._tables)

    def migrate(self, tables: Iterable[Table[Any]], /) -> None:
        """Learn what tables are needed; `joined(connection).migrate(tables)` makes them."""
        self._tables = list(tables)

    def begin(self, locks: Sequence[str] = (), /) -> NoReturn:  # noqa: ARG002 - as the protocol has it
        """Refuse: there is nothing to write to."""
        self._refuse()

    def view(self) -> NoReturn:
        """Refuse: there is nothing to read."""
        self._refuse()

    def close(self) -> None:
        """Do nothing: connections are the application's."""

    def _refuse(self) -> NoReturn:
        raise NoTransaction(
            "this engine lives in the application's database and has no connection of its own",
            hint="use the handle of engine.transaction(connection=…)",
        )


def file_of(connection: object) -> str:
    """Return the path of the file that a connection leads to, or "" when there is none."""
    try:
        for _, name, file in sqlite3.Cursor(_plain(connection)).execute("PRAGMA database_list").fetchall():
            if name in ("main", b"main"):
                return os.fsdecode(file or "")
    except sqlite3.Error as error:
        raise store_error(error, "the application's connection") from error
    return ""
