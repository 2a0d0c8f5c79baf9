"""Connections to one SQLite file: how they are opened, and what its errors are called here.

Promise: every connection is ours (no implicit transactions, no plugins), and every error of the driver
becomes a `StoreError` that names the file.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

from gamify_core.errors import StoreBusy, StoreConflict, StoreCorrupt, StoreError
from gamify_core.storage.sqlite_places import Places

__all__ = [
    "DRIVER_ERRORS",
    "ReadingConnection",
    "connect",
    "park",
    "refuse_unsafe",
    "store_error",
    "unsafe_here",
]

DRIVER_ERRORS = (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError)
"""What the driver raises: its own errors, and those of binding a value that SQLite cannot hold."""

_UNIQUE = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
}
_STATEMENTS = 512
_serials = itertools.count(1)
_unsafe: set[str] = set()  # files whose locks this process inherited by a fork in the middle of a transaction


def unsafe_here(path: str) -> None:
    """Refuse `path` from now on in this process, because SQLite's own record of its locks is wrong in it."""
    _unsafe.add(path)


def refuse_unsafe(path: str) -> None:
    """Raise when a fork left this process unable to open the file."""
    if path in _unsafe:
        raise StoreError(
            f"{path}: this process was forked while a thread was using the store",
            hint="fork outside of transactions and views, or start processes with 'spawn'",
        )


class ReadingConnection(sqlite3.Connection):
    """A connection that only reads, and what it remembers of the file.

    `answers` holds what was read at `version`, SQLite's number of what others have committed; a snapshot that finds
    another number forgets it. `serial` tells two connections of a process apart.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Open as the driver does, and remember nothing yet."""
        super().__init__(*arguments, **named)
        self.version: int = -1
        self.serial: int = next(_serials)
        self.hand: sqlite3.Cursor = self.cursor()  # `connection.execute` makes a new one for every statement
        self.answers: dict[Any, Any] = {}
        self.places: Places = Places(self.hand)


def connect(
    path: str, *, timeout: float, durability: str, write: bool, read_only: bool
) -> sqlite3.Connection:
    """Open a connection; a reader's refuses to write."""
    refuse_unsafe(path)
    address = f"{Path(path).as_uri()}?mode={'ro' if read_only else 'rwc' if write else 'rw'}"
    if read_only and _is_still(path):
        address += "&immutable=1"
    connection = sqlite3.connect(
        address,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
        uri=True,
        factory=sqlite3.Connection if write else ReadingConnection,
    )
    try:
        _set_up(connection, durability=durability, write=write)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_still(path: str) -> bool:
    """Say whether a file stands where SQLite cannot put what it shares between readers beside it.

    It would refuse to open the file there. Without a log beside it the file is whole, and without leave to make one
    nobody like us writes to it.
    """
    return not os.access(Path(path).parent, os.W_OK) and not Path(f"{path}-wal").exists()


def _set_up(connection: sqlite3.Connection, *, durability: str, write: bool) -> None:
    execute = connection.execute
    execute("PRAGMA trusted_schema=OFF")
    if not write:
        execute("PRAGMA query_only=ON")
        execute("PRAGMA cache_size=-16384")
        return
    mode = execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        message = f"the file system does not allow write-ahead logging (journal mode is {mode!r})"
        raise sqlite3.OperationalError(message)
    execute(f"PRAGMA synchronous={'FULL' if durability == 'full' else 'NORMAL'}")
    if sys.platform == "darwin":  # pragma: no cover - an fsync there does not reach the disk
        execute("PRAGMA fullfsync=1")
    execute("PRAGMA cache_size=-65536")
    # Waiting for a turn is done outside, fairly; SQLite's own waiting is only for opening.
    execute("PRAGMA busy_timeout=0")


def store_error(error: BaseException, path: str) -> StoreError:
    """Return what `error` is called outside; the caller raises it `from` the error."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return StoreError(f"{path}: {error}")
    if code in _UNIQUE:
        return StoreConflict(f"{path}: {error}")
    plain = code & 0xFF
    if plain in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusy(f"{path}: {error}")
    if plain in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return StoreCorrupt(f"{path}: {error}")
    return StoreError(f"{path}: {error}")


def park(connection: sqlite3.Connection) -> None:
    """Keep a connection that was inherited by a fork from ever being used or closed, even at exit.

    Closing it here could take the parent's locks away or remove the write-ahead log under its feet. A list
    would be emptied when the interpreter ends, so a reference is given away for good.
    """
    import ctypes  # noqa: PLC0415 - needed in the child of an unlucky fork only

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
