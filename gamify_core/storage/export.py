"""Plain tables into a SQLite file, for people and their tools."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamify_core.storage.sqlite_connections import DRIVER_ERRORS, store_error

if TYPE_CHECKING:
    from typing import Protocol

    class Plain(Protocol):
        """Columns and rows."""

        @property
        def columns(self) -> Sequence[str]:
            """The names of the columns."""
            ...

        @property
        def rows(self) -> Sequence[tuple[Any, ...]]:
            """The rows."""
            ...


__all__ = ["others_in", "write_tables"]


def write_tables(path: str, tables: Mapping[str, Plain]) -> None:
    """Write tables under their names, in place of those that are there. Raises `StoreError`."""
    from sqlite_utils import Database  # noqa: PLC0415 - loaded only when a file is written

    try:
        file = Database(path, execute_plugins=False)
        try:
            for name, table in tables.items():
                # Drop and create, not `replace`: a table of an earlier run may have had other columns
                file.table(name).drop(ignore=True)
                file.table(name).create(
                    {column: _kind(table, place) for place, column in enumerate(table.columns)}
                )
                file.table(name).insert_all(dict(zip(table.columns, row, strict=True)) for row in table.rows)
        finally:
            file.close()
    except DRIVER_ERRORS as error:
        raise store_error(error, path) from error


def others_in(path: str, names: Collection[str]) -> list[str]:
    """Return what a file holds beside tables of these names; of one that cannot be read, why not."""
    asked = "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
    try:
        with closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)) as file:
            rows = file.execute(asked).fetchall()
    except DRIVER_ERRORS as error:
        return [str(error)]
    return [name for name, kind in rows if (kind != "table" or name not in names) and "sqlite_" not in name]


def _kind(table: Plain, place: int) -> type:
    """Return the kind of a column, told by the first value that it has."""
    for row in table.rows:
        if row[place] is not None:
            return type(row[place])
    return str
