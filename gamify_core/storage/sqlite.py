"""A store in one SQLite file, for any number of threads and processes on one computer.

Promise: what the protocol guarantees. One connection writes, behind a fair lock that threads and processes
share; every view reads on a connection of its own and never waits for the writer. With `durability="full"` a
commit that returned survives a loss of power; with `"normal"` it survives a crash of the process, and a loss
of power may take the last moments back (whole transactions, in order).

A connection to SQLite must not cross a fork: the child would believe it held the parent's locks, and what it
wrote could vanish with the parent's write-ahead log. So right before a fork every idle connection is closed,
work of other threads is waited for, and both sides open anew when they need to. What cannot be waited for is
a transaction or view of the forking thread itself: in the child of such a fork the store refuses to work.
"""

from __future__ import annotations

import math
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from gamify_core.errors import BadValue, StoreBusy, StoreClosed, StoreError, in_words
from gamify_core.storage import forks, sqlite_schema
from gamify_core.storage.filelock import FileLock, Place
from gamify_core.storage.protocol import Table
from gamify_core.storage.sqlite_blocks import Blocks
from gamify_core.storage.sqlite_connections import (
    DRIVER_ERRORS,
    ReadingConnection,
    connect,
    park,
    refuse_unsafe,
    store_error,
    unsafe_here,
)
from gamify_core.storage.sqlite_joined import JoinedStore, file_of
from gamify_core.storage.sqlite_reading import Layout
from gamify_core.storage.sqlite_remembered import Remembered
from gamify_core.storage.sqlite_snapshots import SQLiteView
from gamify_core.storage.sqlite_transactions import SQLiteTransaction

__all__ = ["SQLiteStore"]

_READERS_KEPT = 16
_FORK_PATIENCE = 5.0  # seconds a fork waits for the work of other threads


class SQLiteStore:
    """Rows in a SQLite file at `path`, which is made when it is not there.

    `timeout` is how many seconds a writer waits for its turn before `StoreBusy`. With `durability="full"` what was
    answered survives a loss of power, with `"normal"` (several times faster) it survives a crash of the process. A
    `read_only` store answers views and writes nothing, not even beside the file.

    A file that is removed or replaced while the store is open takes no more writes (`StoreError`), rather than losing
    them; what is read is read from the file that was opened. Close the engine before you put another in its place.

    >>> import os, tempfile
    >>> from gamify_core import Catalog, Engine, SQLiteStore
    >>> path = os.path.join(tempfile.mkdtemp(), "game.db")
    >>> with Engine(Catalog(), SQLiteStore(path, durability="normal", timeout=5)) as game:
    ...     game.points.award("ada", 5).new_balance
    5
    """

    connection: sqlite3.Connection
    cursor: sqlite3.Cursor
    blocks: Blocks
    remembered: Remembered

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        durability: Literal["full", "normal"] = "full",
        timeout: float = 30.0,
        read_only: bool = False,
    ) -> None:
        """Open the file; raises `StoreError` when that is not possible."""
        text = os.fspath(path)
        if not isinstance(text, str) or not text or "\0" in text or text == ":memory:":
            raise BadValue(
                "path", path, f"{text!r} is not the path of a file", hint="for memory use MemoryStore"
            )
        if durability not in {"full", "normal"}:
            raise BadValue("durability", durability, f"durability is 'full' or 'normal', not {durability!r}")
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 <= timeout < math.inf:
            detail = f"timeout is a number of seconds, 0 or more, not {in_words(timeout)}"
            raise BadValue("timeout", timeout, detail)
        self.path: str = str(Path(text).resolve())
        if Path(self.path).is_dir():
            detail = f"{self.path}: is a directory"
            raise StoreError(detail)
        self._durability = durability
        self._timeout = timeout
        self._read_only = read_only
        self._layout = Layout(self.path)
        self._closed = False
        self._identity: tuple[int, int] | None = None
        self._start()
        if read_only:
            self._readers.append(self._connect_to_read())
        else:
            self._enter(time.monotonic())
            self._exit()
        forks.watch(self)

    def _start(self) -> None:
        """Hold nothing yet: the state of a new store, and of one that a fork brought to a new process."""
        self._place = Place()
        self._door = threading.Lock()  # held to open a connection, so that a fork can keep it shut
        self._file: FileLock | None = None
        self._connected = False
        self._readers: list[ReadingConnection] = []
        self._views: dict[SQLiteView, int] = {}
        self._transaction: SQLiteTransaction | None = None
        self._owner = 0
        self._forking = False

    # -- the protocol ------------------------------------------------------------------------------------

    def migrate(self, tables: Iterable[Table[Any]], /) -> None:
        """Make the tables, indexes and views exist."""
        texts = [self._layout[table] for table in tables]
        with self.view() as view:
            try:
                current = sqlite_schema.is_current(view.borrowed, self.path, texts)
            except DRIVER_ERRORS as error:
                raise store_error(error, self.path) from error
        if current:
            return
        transaction = self.begin()
        try:
            sqlite_schema.migrate(self.connection, self.path, texts, self.blocks)
            self.remembered.clear()  # a step may have changed rows behind its back
        except BaseException as error:
            transaction.rollback()
            if isinstance(error, DRIVER_ERRORS):
                raise store_error(error, self.path) from error
            raise
        transaction.commit()

    def joined(self, connection: object) -> JoinedStore:
        """Return a store on a connection of the application's own, which has to lead to this very file."""
        other = file_of(connection)
        try:
            same = bool(other) and Path(other).samefile(self.path)
        except OSError:
            same = False
        if not same:
            detail = f"the connection leads to {other or 'no file'}, the engine's file is {self.path}"
            raise BadValue("connection", connection, detail, hint="an engine for any database: HostStore()")
        return JoinedStore(self._layout, connection)  # the tables were made when the file was opened

    def begin(self, locks: Sequence[str] = (), /) -> SQLiteTransaction:  # noqa: ARG002 - one lock for all names
        """Open the write transaction, when it is this thread's turn."""
        if self._read_only:
            detail = f"{self.path}: the store was opened for reading only"
            raise StoreError(detail)
        began = time.monotonic()
        self._enter(began)
        try:
            self._refuse_another_file()
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                self._begin_again(began, error)
            self._look()
            self._owner = threading.get_ident()
            transaction = self._transaction = SQLiteTransaction(self._layout, self)
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self._exit()
            raise
        return transaction

    def view(self) -> SQLiteView:
        """Return a snapshot for reading, to be used in a `with` statement."""
        if self._closed:
            raise self._is_closed()
        return SQLiteView(self._layout, self._borrow, self._give_back)

    def close(self) -> None:
        """Let go of all connections. A transaction this thread still has open is rolled back."""
        transaction = self._transaction
        if transaction is not None and self._owner == threading.get_ident():
            transaction.rollback()
        if self._closed:
            return
        if self._read_only:
            self._closed = True
            self._drain()
            return
        self._enter(time.monotonic(), connecting=False)
        self._closed = True
        try:
            self._drain()
            self._disconnect()
        finally:
            self._exit()
            if self._file is not None:
                self._file.close()
                self._file = None

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy the store, as it is at this moment, to a new file at `path`, while others go on writing."""
        from gamify_core.storage.copying import arriving  # noqa: PLC0415 - it knows how to fill a store of this kind

        with arriving(path) as partial, self.view() as view:
            try:
                copy = sqlite3.connect(partial, isolation_level=None)
                try:
                    view.borrowed.backup(copy)
                finally:
                    copy.close()
            except DRIVER_ERRORS as error:
                raise store_error(error, os.fspath(path)) from error

    # -- the one writer ----------------------------------------------------------------------------------

    def holds(self, transaction: SQLiteTransaction) -> bool:
        """Say whether this is the transaction that is open."""
        return self._transaction is transaction

    def leave(self, transaction: SQLiteTransaction, *, spoilt: bool) -> None:
        """Let the next writer in, after a transaction ended; a spoilt connection is not used again."""
        if self._transaction is transaction:
            if spoilt:
                self._disconnect()
            self._transaction = None
            self._exit()

    def _enter(self, began: float, *, connecting: bool = True) -> None:
        """Wait for this thread's turn and this process's, and see that there is a connection."""
        refuse_unsafe(self.path)  # before waiting for a lock that the parent may hold
        deadline = began + self._timeout
        if not self._place.acquire(deadline):
            raise self._busy(began)
        try:
            if self._closed:
                raise self._is_closed()  # noqa: TRY301 - as below
            if self._file is None:
                self._file = self._lock_file()
            if not self._file.acquire(deadline):
                raise self._busy(began)  # noqa: TRY301 - the one way out that lets go of the turn
            if connecting and not self._connected:
                self._make_writer(self._file)
        except BaseException:
            self._place.release()
            raise

    def _make_writer(self, file: FileLock) -> None:
        try:
            self.connection = self._connect(write=True)
        except BaseException:
            file.release()
            raise
        self.cursor = self.connection.cursor()
        self.blocks = Blocks(self.connection)
        self.remembered = Remembered(self._layout.__getitem__)
        self._data_version = -1
        self._connected = True

    def _refuse_another_file(self) -> None:
        """Refuse where our connection leads to a file that nobody finds under its name any more.

        SQLite would go on writing to it, and everything that was acknowledged would be gone when it is closed.
        """
        try:
            there = os.stat(self.path)  # noqa: PTH116 - a path object takes longer than the look
        except OSError:
            found = None
        else:
            found = there.st_dev, there.st_ino
        if self._identity is None:
            self._identity = found
        if found is None or found != self._identity:
            what = "removed" if found is None else "replaced by another"
            detail = f"{self.path}: the file was {what} while the store was open"
            raise StoreError(detail, hint="close the engine, put the file in its place, and open it again")

    def _exit(self) -> None:
        if self._file is not None:
            self._file.release()
        self._place.release()

    def _begin_again(self, began: float, error: sqlite3.Error) -> None:
        """Execute BEGIN IMMEDIATE again and again while somebody who does not know our lock has it."""
        while True:
            refusal = store_error(error, self.path)
            if not isinstance(refusal, StoreBusy):
                raise refusal from error
            if time.monotonic() - began >= self._timeout:
                raise self._busy(began) from error
            time.sleep(random.uniform(0.0002, 0.004))  # noqa: S311 - only to keep waiters out of step
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as again:
                error = again
            else:
                return

    def _look(self) -> None:
        """Find out, inside the transaction, whether another connection has written since our last one."""
        (version,) = self.cursor.execute("PRAGMA data_version").fetchone()
        if version != self._data_version:
            self._data_version = version
            self.blocks.foreign()
            self.remembered.clear()

    def _lock_file(self) -> FileLock:
        path = f"{self.path}-lock"
        try:
            return FileLock(path)
        except OSError as error:
            missing = not Path(path).parent.is_dir()
            detail = f"{self.path}: there is no such folder" if missing else f"{path}: {error.strerror}"
            raise StoreError(detail) from error

    def _busy(self, began: float) -> StoreBusy:
        waited = time.monotonic() - began
        return StoreBusy(f"{self.path}: another writer was busy for {waited:.1f} seconds", waited=waited)

    def _is_closed(self) -> StoreClosed:
        return StoreClosed(f"{self.path}: the store was closed")

    # -- connections -------------------------------------------------------------------------------------

    def _connect(self, *, write: bool) -> sqlite3.Connection:
        try:
            with self._door:
                return connect(
                    self.path,
                    timeout=self._timeout,
                    durability=self._durability,
                    write=write,
                    read_only=self._read_only,
                )
        except DRIVER_ERRORS as error:
            raise store_error(error, self.path) from error

    def _connect_to_read(self) -> ReadingConnection:
        connection = self._connect(write=False)
        assert isinstance(connection, ReadingConnection)  # noqa: S101 - what is made for reading
        return connection

    def _disconnect(self) -> None:
        if self._connected:
            self._connected = False
            self.connection.close()

    def _borrow(self, view: SQLiteView) -> ReadingConnection:
        if self._closed:
            raise self._is_closed()
        self._views[view] = threading.get_ident()
        try:
            return self._readers.pop()
        except IndexError:
            pass
        try:
            return self._connect_to_read()
        except BaseException:
            del self._views[view]
            raise

    def _give_back(self, view: SQLiteView, connection: ReadingConnection) -> None:
        try:
            if connection.in_transaction:
                connection.hand.execute("COMMIT")
        except sqlite3.Error:
            connection.close()
        else:
            if len(self._readers) < _READERS_KEPT:
                self._readers.append(connection)
            else:
                connection.close()
        self._views.pop(view, None)
        if self._closed:
            self._drain()

    def _drain(self) -> None:
        """Close the readers that nobody uses; those in use are closed when they are given back."""
        while self._readers:
            self._readers.pop().close()

    # -- forks -------------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Close every idle connection, once other threads have done with theirs, and keep the door shut."""
        deadline = time.monotonic() + _FORK_PATIENCE
        me = threading.get_ident()
        mine = self._transaction is not None and self._owner == me
        self._forking = not mine and self._place.acquire(deadline)
        if self._forking and not self._closed:
            self._disconnect()
        self._door.acquire()
        while True:
            others = [owner for owner in list(self._views.values()) if owner != me]
            self._drain()  # after the look, because a view gives its connection back before it is forgotten
            if not others or time.monotonic() >= deadline:
                break
            time.sleep(0.001)

    def after_fork_in_parent(self) -> None:
        """Let everybody go on."""
        self._door.release()
        if self._forking:
            self._place.release()

    def after_fork_in_child(self) -> None:
        """Begin anew, without a single connection of the parent."""
        inherited = [view.forsake() for view in self._views]
        if self._transaction is not None:
            inherited.append(self._transaction.forsake())
        elif self._connected:
            inherited.append(self.connection)
        inherited += self._readers
        for connection in inherited:
            if connection is not None:
                unsafe_here(self.path)
                park(connection)
        if self._file is not None:
            self._file.close()
        self._start()
