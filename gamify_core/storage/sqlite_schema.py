"""The tables of a SQLite file: made from declarations, numbered, and brought up to date.

Promise: `migrate` is safe to call from many processes at once, inside the one write transaction it is given;
it adds what is missing next to whatever else the file holds, and refuses a file from a later version
untouched. The schema's number stands in a table of our own, because `user_version` may belong to the
application.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from gamify_core.errors import StoreNewer
from gamify_core.storage.sqlite_blocks import Blocks
from gamify_core.storage.sqlite_ranks import Counts
from gamify_core.storage.sqlite_statements import Order, Statements, columns_sql, quoted
from gamify_core.storage.sqlite_views import VIEWS

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["NUMBER", "is_current", "is_numbered", "migrate"]

NUMBER = 1
"""The schema this version writes. A step for each later number goes into `STEPS`."""

STEPS: dict[int, Callable[[Database], None]] = {}
"""What turns schema `number - 1` into `number` in files that exist; missing tables are made anyway."""

_NUMBERS = """CREATE TABLE gamify_schema (
    "number" INTEGER PRIMARY KEY, "applied_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT"""


def _database(connection: sqlite3.Connection) -> Database:
    from sqlite_utils import Database  # noqa: PLC0415 - a memory store should not pay for importing it

    return Database(connection, execute_plugins=False, recursive_triggers=False)


def _names(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}


def _found(connection: sqlite3.Connection, names: set[str]) -> int:
    if "gamify_schema" not in names:
        return 0
    number: int = connection.execute('SELECT IFNULL(MAX("number"), 0) FROM gamify_schema').fetchone()[0]
    return number


def _refuse_newer(path: str, found: int) -> None:
    if found > NUMBER:
        detail = f"{path}: its schema is number {found}, this version of gamify_core knows {NUMBER}"
        raise StoreNewer(detail, found=found, known=NUMBER)


def is_numbered(connection: sqlite3.Connection, path: str) -> bool:
    """Say whether a file that has our tables has those of this version. Raises `StoreNewer`."""
    found = _found(connection, {"gamify_schema"})
    _refuse_newer(path, found)
    return found == NUMBER


def is_current(connection: sqlite3.Connection, path: str, tables: Sequence[Statements]) -> bool:
    """Say, by reading only, whether there is nothing to do. Raises `StoreNewer`."""
    names = _names(connection)
    found = _found(connection, names)
    _refuse_newer(path, found)
    needed = {order.name for texts in tables for order in texts.orders.values()}
    needed |= {Counts(order).name for texts in tables for order in texts.counted}
    return found == NUMBER and needed <= names


def migrate(connection: sqlite3.Connection, path: str, tables: Sequence[Statements], blocks: Blocks) -> None:
    """Bring the file up to date inside the transaction that is open."""
    database = _database(connection)
    names = _names(connection)
    found = _found(connection, names)
    _refuse_newer(path, found)
    if not found:
        database.execute(_NUMBERS)
    else:
        for number in range(found + 1, NUMBER + 1):
            STEPS[number](database)
    names = _names(connection)
    parents = {texts.table.name: texts for texts in tables}
    for texts in tables:
        _make(database, names, texts, parents, blocks)
    if found < NUMBER:
        database.execute("INSERT INTO gamify_schema (number) VALUES (?)", (NUMBER,))
    _make_views(database)


def _make(
    database: Database, names: set[str], texts: Statements, parents: dict[str, Statements], blocks: Blocks
) -> None:
    if f"gamify_{texts.table.name}" not in names:
        database.execute(_table_sql(texts, parents))
    for index in texts.table.indexes:
        order = texts.order(index)
        if order.name not in names:
            unique = "UNIQUE " if index.unique else ""
            columns = columns_sql(order.indexed)
            where = f" WHERE {order.present}" if order.present else ""
            database.execute(f"CREATE {unique}INDEX {quoted(order.name)} ON {texts.name} ({columns}){where}")
    for order in texts.counted:
        _make_counts(database, names, order, blocks)


def _make_counts(database: Database, names: set[str], order: Order, blocks: Blocks) -> None:
    counts = Counts(order)
    if counts.name not in names:
        database.execute(counts.create)
        blocks.rebuild(counts)


def _table_sql(texts: Statements, parents: dict[str, Statements]) -> str:
    """Return the CREATE TABLE of a declaration.

    A key of several columns, or of text, is the order the rows themselves are stored in (WITHOUT ROWID): no
    second tree. A single integer is SQLite's own row number, which is smaller still. Foreign keys are for
    people and their tools: the connection does not enforce them, because the rows are only ever written by
    one road.
    """
    table = texts.table
    key = table.columns[: table.key]
    lines = []
    single = table.key == 1 and texts.kinds[key[0]][0] == "INTEGER"
    for name, (kind, nullable) in texts.kinds.items():
        line = f"{quoted(name)} {kind}"
        if single and name == key[0]:
            line += " PRIMARY KEY"
        elif not nullable:
            line += " NOT NULL"
        parent = parents.get(table.parents.get(name, ""))
        if parent is not None and parent.table.key == 1:
            line += f" REFERENCES {parent.name} ({quoted(parent.table.columns[0])})"
            line += " DEFERRABLE INITIALLY DEFERRED"
        lines.append(line)
    if not single:
        lines.append(f"PRIMARY KEY ({columns_sql(key)})")
    rowid = "" if single else ", WITHOUT ROWID"
    return f"CREATE TABLE {texts.name} ({', '.join(lines)}) STRICT{rowid}"


def _make_views(database: Database) -> None:
    """Add the views whose tables are there and whose names the application has not taken."""
    names = {name.casefold() for name in _names(database.conn)}
    for name, view in VIEWS.items():
        if name not in names and view.tables <= names:
            database.create_view(name, view.select)
