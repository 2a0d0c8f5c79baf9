"""Counted orders in SQLite: reading a rank or an offset from two levels of counts kept beside the rows.

Promise: `position` and `seek` cost O(log n) and read nothing but the file. A board is cut into *blocks* of
neighbouring rows (level 1) and those into *superblocks* (level 2); of each the table `…_blocks` holds the
smallest place it may contain and the number of rows in it. The first block of a board starts at the lowest
place there can be, every superblock starts where one of its blocks does, and level 0 numbers the changes of
structure. `sqlite_blocks` keeps all this as rows move.
"""

from __future__ import annotations

import sqlite3

from gamify_core.storage.protocol import Key, Value
from gamify_core.storage.sqlite_statements import Order, columns_sql, equals_sql, lowest, quoted, vector

__all__ = ["BLOCK", "SUPERBLOCK", "VERSION", "Counts", "faults", "position", "seek", "total"]

VERSION, BLOCK, SUPERBLOCK = 0, 1, 2


class Counts:
    """The SQL of one counted order's blocks."""

    def __init__(self, order: Order) -> None:
        """Derive the texts."""
        self.order = order
        board, places = order.columns[0], order.columns[1:]
        self.places = places
        self.lowest: Key = lowest(order.kinds[1:])
        self.name: str = f"{order.name}_blocks"
        table = quoted(self.name)
        self.table: str = table
        width = len(places)
        level = f'"{board}"=? AND "level"=?'
        columns = columns_sql(places)
        present = f" AND {order.present}" if order.present else ""
        rows = f"{order.source} WHERE {quoted(board)}=?"
        typed = ", ".join(
            f"{quoted(name)} {kind} NOT NULL" for name, kind in zip(places, order.kinds[1:], strict=True)
        )
        self.create: str = (
            f'CREATE TABLE {table} ("{board}" {order.kinds[0]} NOT NULL, "level" INTEGER NOT NULL, {typed}, '
            f'"n" INTEGER NOT NULL, PRIMARY KEY ("{board}", "level", {columns})) STRICT, WITHOUT ROWID'
        )
        self.boards: str = f'SELECT DISTINCT "{board}" FROM {order.source} WHERE {order.present or "1"}'
        self.counted_boards: str = f'SELECT DISTINCT "{board}" FROM {table}'
        self.clear: str = f"DELETE FROM {table}"
        self.load: str = f"SELECT {columns} FROM {table} WHERE {level} ORDER BY {columns}"
        self.walk: str = (
            f'SELECT "n", {columns} FROM {table} WHERE {level} AND {vector(places, ">=")} ORDER BY {columns}'
        )
        descending = columns_sql(places, " DESC")
        below = vector(places, "<=")
        self.floor: str = (
            f"SELECT {columns} FROM {table} WHERE {level} AND {below} ORDER BY {descending} LIMIT 1"
        )
        self.total: str = f'SELECT IFNULL(SUM("n"), 0) FROM {table} WHERE {level}'
        upper, block, target = 2, 2 + width, 2 + 2 * width
        kept = f'SELECT IFNULL(SUM("n"), 0) FROM {table} WHERE "{board}"=?1 AND "level"='
        self.before: str = (
            f"SELECT ({kept}{SUPERBLOCK} AND {vector(places, '<', upper)})"
            f" + ({kept}{BLOCK} AND {vector(places, '>=', upper)} AND {vector(places, '<', block)})"
            f" + (SELECT COUNT(*) FROM {rows}1 AND {vector(places, '>=', block)}"
            f" AND {vector(places, '<', target)}{present})"
        )
        self.members: str = (
            f"SELECT {columns} FROM {rows} AND {vector(places, '>=')}{present} ORDER BY {columns} LIMIT ?"
        )
        self.members_count: str = f"SELECT COUNT(*) FROM {rows}{present}"
        self.range_count: str = f"{self.members_count} AND {vector(places, '>=')} AND {vector(places, '<')}"
        self.rest_count: str = f"{self.members_count} AND {vector(places, '>=')}"
        one = f"{level} AND {equals_sql(places)}"
        self.n: str = f'SELECT "n" FROM {table} WHERE {one}'
        self.move: str = f'UPDATE {table} SET "n"="n"+? WHERE {one}'
        self.add: str = f'{self.move} RETURNING "n"'
        marks = ", ".join("?" * (width + 3))
        self.put: str = f'INSERT INTO {table} ("{board}", "level", {columns}, "n") VALUES ({marks})'
        self.set: str = f'UPDATE {table} SET "n"=? WHERE {one}'
        self.drop: str = f"DELETE FROM {table} WHERE {one}"


def position(connection: sqlite3.Connection, counts: Counts, board: Value, bound: Key) -> int:
    """Return how many rows of the board come before `bound`, which may be partial."""
    execute = connection.execute
    # No row is below the lowest completion of a partial bound and at or above the partial bound itself.
    target = bound + counts.lowest[len(bound) :]
    upper = execute(counts.floor, (board, SUPERBLOCK, *target)).fetchone()
    if upper is None:
        return 0
    block = execute(counts.floor, (board, BLOCK, *target)).fetchone()
    found: int = execute(counts.before, (board, *upper, *block, *target)).fetchone()[0]
    return found


def total(connection: sqlite3.Connection, counts: Counts, board: Value) -> int:
    """Return how many rows the board has."""
    found: int = connection.execute(counts.total, (board, SUPERBLOCK)).fetchone()[0]
    return found


def seek(connection: sqlite3.Connection, counts: Counts, board: Value, offset: int) -> tuple[Key, int] | None:
    """Return where the block that holds row number `offset` starts, and how far into it the row is."""
    start = counts.lowest
    for level in (SUPERBLOCK, BLOCK):
        blocks = connection.execute(counts.walk, (board, level, *start))
        for n, *bound in blocks:
            if offset < n:
                start = tuple(bound)
                break
            offset -= n
        else:
            return None
        blocks.close()
    return start, offset


def faults(connection: sqlite3.Connection, counts: Counts) -> list[str]:
    """Return what is wrong with the counts of an order, in words; an empty list when nothing is."""
    execute = connection.execute
    boards = {board for (board,) in execute(counts.boards)} | {
        board for (board,) in execute(counts.counted_boards)
    }
    found = []
    for board in boards:
        levels = {}
        for level in (BLOCK, SUPERBLOCK):
            walked = execute(counts.walk, (board, level, *counts.lowest)).fetchall()
            starts = levels[level] = [row[1:] for row in walked]
            if not starts or starts[0] != counts.lowest:
                found.append(f"{counts.name} {board!r}: level {level} does not start at the lowest place")
            for (n, *start), stop in zip(walked, [*starts[1:], None], strict=True):
                if stop is None:
                    really = execute(counts.rest_count, (board, *start)).fetchone()[0]
                else:
                    really = execute(counts.range_count, (board, *start, *stop)).fetchone()[0]
                if really != n:
                    found.append(
                        f"{counts.name} {board!r}: level {level} at {start} says {n}, there are {really}"
                    )
        if not set(levels[SUPERBLOCK]) <= set(levels[BLOCK]):
            found.append(f"{counts.name} {board!r}: a superblock starts where no block does")
    return found
