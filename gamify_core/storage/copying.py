"""Copies of a store in a file: whole, or not there at all.

Promise: a copy appears under its name when all of it is on the disk, and never takes the place of another file.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gamify_core.errors import StoreError
from gamify_core.storage.protocol import Reader, Table
from gamify_core.storage.sqlite import SQLiteStore

__all__ = ["arriving", "copied"]

_AT_ONCE = 5_000  # rows written by one call


@contextmanager
def arriving(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name to write a copy under, which gets the name it is meant for at the end, or is removed."""
    target = Path(os.fspath(path)).resolve()
    if os.path.lexists(target):
        detail = f"{target}: a backup does not overwrite a file"
        raise StoreError(detail)
    partial = target.with_name(f"{target.name}-{secrets.token_hex(4)}")
    try:
        yield partial
        try:
            _put(partial, target)
        except OSError as error:
            detail = f"{target}: {error.strerror}"
            raise StoreError(detail) from error
    finally:
        for end in ("", "-journal", "-wal", "-shm", "-lock"):
            with suppress(OSError):
                Path(f"{partial}{end}").unlink()


def _put(partial: Path, target: Path) -> None:
    """Give a finished file its name, durably."""
    try:
        os.link(partial, target)  # unlike a rename, it does not take another file's place
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        partial.rename(target)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def copied(reader: Reader, tables: Iterable[Table[Any]], path: str | os.PathLike[str]) -> None:
    """Write all rows of any store, as `reader` sees them, to a new SQLite file at `path`."""
    kept = list(tables)
    with arriving(path) as partial:
        store = SQLiteStore(partial)
        try:
            store.migrate(kept)
            transaction = store.begin()
            for table in kept:
                rows = reader.scan(table)
                for start in range(0, len(rows), _AT_ONCE):
                    some = rows[start : start + _AT_ONCE]
                    if table.chain:
                        transaction.append(table, some)
                    else:
                        after = {row[: table.key]: row for row in some}
                        transaction.replace(table, dict.fromkeys(after), after)
            transaction.commit()
        finally:
            store.close()
