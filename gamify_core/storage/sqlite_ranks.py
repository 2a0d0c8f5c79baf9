"""Counted orders in SQLite: reading a rank or an offset from two levels of counts kept beside the rows.

Promise: `position` and `seek` cost O(log n) and read nothing but the file. A board is cut into *blocks* of
neighbouring rows (level 1) and those into *superblocks* (level 2); of each the table `…_blocks` holds the
smallest place it may contain and the number of rows in it. The first block of a board starts at the lowest
place there can be, every superblock starts where one of its blocks does, and level 0 numbers the changes of
structure. `sqlite_blocks` keeps all this as rows move.

Along an order with marks each block also knows the greatest mark it has met and how many of its rows have that one:
a mark that only grows (a day) needs no sweep when it does, since what is counted for yesterday is not today's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from gamify_core.storage.protocol import Key, Value
from gamify_core.storage.sqlite_statements import (
    UNMARKED,
    Order,
    columns_sql,
    equals_sql,
    lowest,
    quoted,
    vector,
)

__all__ = [
    "BLOCK",
    "SUPERBLOCK",
    "VERSION",
    "Counts",
    "Executing",
    "Size",
    "faults",
    "marked_position",
    "marks_of",
    "position",
]
__all__ += ["seek", "together", "total"]

VERSION, BLOCK, SUPERBLOCK = 0, 1, 2

Executing = sqlite3.Connection | sqlite3.Cursor
Size = tuple[int, ...]
"""How many rows there are; along an order with marks also the greatest mark, and how many of them have it."""


def together(sizes: Iterable[Size]) -> Size:
    """Return the size of several stretches of rows as one."""
    counted, *marks = zip(*sizes, strict=True)
    if not marks:
        return (sum(counted),)
    greatest = max(marks[0])
    return sum(counted), greatest, sum([m for mark, m in zip(*marks, strict=True) if mark == greatest])


class Counts:
    """The SQL of one counted order's blocks."""

    def __init__(self, order: Order) -> None:
        """Derive the texts."""
        self.order = order
        board, places, marked = order.columns[0], order.columns[1:], order.marked
        self.lowest: Key = lowest(order.kinds[1:])
        self.none: Size = (0, UNMARKED, 0) if marked else (0,)
        self.name: str = f"{order.name}_blocks"
        self.table: str = quoted(self.name)
        table = self.table
        width = len(places)
        level = f'"{board}"=? AND "level"=?'
        columns = columns_sql(places)
        sizes = ("n", "mark", "m") if marked else ("n",)
        size = columns_sql(sizes)
        present = f" AND {order.present}" if order.present else ""
        rows = f"{order.source} WHERE {quoted(board)}=?"
        typed = ", ".join(
            f"{quoted(name)} {kind} NOT NULL" for name, kind in zip(places, order.kinds[1:], strict=True)
        )
        self.create: str = (
            f'CREATE TABLE {table} ("{board}" {order.kinds[0]} NOT NULL, "level" INTEGER NOT NULL, {typed}, '
            f"{columns_sql(sizes, ' INTEGER NOT NULL')}, "
            f'PRIMARY KEY ("{board}", "level", {columns})) STRICT, WITHOUT ROWID'
        )
        self.boards: str = f'SELECT DISTINCT "{board}" FROM {order.source} WHERE {order.present or "1"}'
        self.counted_boards: str = f'SELECT DISTINCT "{board}" FROM {table}'
        self.clear: str = f"DELETE FROM {table}"
        self.load: str = f"SELECT {columns} FROM {table} WHERE {level} ORDER BY {columns}"
        after = f"FROM {table} WHERE {level} AND {vector(places, '>=')} ORDER BY {columns}"
        self.walk: str = f'SELECT "n", {columns} {after}'
        self.walk_sizes: str = f"SELECT {size} {after}"
        self.walk_between: str = self.walk.replace(" ORDER BY", f" AND {vector(places, '<')} ORDER BY")
        descending = columns_sql(places, " DESC")
        below = vector(places, "<=")
        self.floor: str = (
            f"SELECT {columns} FROM {table} WHERE {level} AND {below} ORDER BY {descending} LIMIT 1"
        )
        self.total: str = f'SELECT IFNULL(SUM("n"), 0) FROM {table} WHERE {level}'
        self.before: str = self._before(places, '"n"', present)
        if marked:
            mark = f"?{2 + 3 * width}"
            self.marked_before: str = self._before(
                places, f'"m" * ("mark"={mark})', f'{present} AND "{marked}"={mark}'
            )
            self.marks: str = (
                f'SELECT MAX("mark"), SUM("m" * ("mark"=?)) FROM {table}'
                f' WHERE "{board}"=? AND "level"={SUPERBLOCK}'
            )
            self.marked_rows: str = f'SELECT COUNT(*) FROM {rows}{present} AND "{marked}"=?'
            self.marked_rows_before: str = f"{self.marked_rows} AND {vector(places, '<')}"
        self._of_rows(order, rows, present)
        self._of_blocks(order, size, sizes)

    def _of_rows(self, order: Order, rows: str, present: str) -> None:
        """Derive what reads and counts the rows themselves."""
        places, marked, columns = order.columns[1:], order.marked, columns_sql(order.columns[1:])
        member = f'1, IFNULL("{marked}", {UNMARKED}), 1' if marked else "1"
        upwards = f"FROM {rows} AND {vector(places, '>=')}{present} ORDER BY {columns} LIMIT ?"
        self.members: str = f"SELECT {columns} {upwards}"
        self.member_sizes: str = f"SELECT {member} {upwards}"
        self.members_count: str = f"SELECT COUNT(*) FROM {rows}{present}"
        self.range_count: str = f"{self.members_count} AND {vector(places, '>=')} AND {vector(places, '<')}"
        self.between: str = self.range_count
        self.rest_count: str = f"{self.members_count} AND {vector(places, '>=')}"

    def _of_blocks(self, order: Order, size: str, sizes: tuple[str, ...]) -> None:
        """Derive what reads and changes single blocks."""
        board, places, table = order.columns[0], order.columns[1:], self.table
        columns, width = columns_sql(places), len(places)
        level = f'"{board}"=? AND "level"=?'
        one = f"{level} AND {equals_sql(places)}"
        self.n: str = f'SELECT "n" FROM {table} WHERE {one}'
        self.size: str = f"SELECT {size} FROM {table} WHERE {one}"
        moved = '"n"="n"+?1'
        if order.marked:
            moved += ', "m"=CASE WHEN "mark"=?2 THEN "m"+?3 WHEN "mark"<?2 THEN ?3 ELSE "m" END'
            moved += ', "mark"=MAX("mark", ?2)'
        self.move: str = f"UPDATE {table} SET {moved} WHERE {one}"
        self.add: str = f'{self.move} RETURNING "n"'
        marks = ", ".join("?" * (width + 2 + len(sizes)))
        self.put: str = f'INSERT INTO {table} ("{board}", "level", {columns}, {size}) VALUES ({marks})'
        self.set: str = f"UPDATE {table} SET {columns_sql(sizes, '=?')} WHERE {one}"
        self.touch: str = f'UPDATE {table} SET "n"="n"+1 WHERE {one}'
        self.drop: str = f"DELETE FROM {table} WHERE {one}"

    def _before(self, places: tuple[str, ...], summed: str, present: str) -> str:
        """Return what adds up superblocks before one, its blocks before one, and the rows of that before a place."""
        board, width = self.order.columns[0], len(places)
        upper, block, target = 2, 2 + width, 2 + 2 * width
        kept = f'SELECT IFNULL(SUM({summed}), 0) FROM {self.table} WHERE "{board}"=?1 AND "level"='
        return (
            f"SELECT ({kept}{SUPERBLOCK} AND {vector(places, '<', upper)})"
            f" + ({kept}{BLOCK} AND {vector(places, '>=', upper)} AND {vector(places, '<', block)})"
            f' + (SELECT COUNT(*) FROM {self.order.source} WHERE "{board}"=?1 AND {vector(places, ">=", block)}'
            f" AND {vector(places, '<', target)}{present})"
        )


def position(connection: Executing, counts: Counts, board: Value, bound: Key) -> int:
    """Return how many rows of the board come before `bound`, which may be partial."""
    # No row is below the lowest completion of a partial bound and at or above the partial bound itself.
    target = bound + counts.lowest[len(bound) :]
    return _sum(connection, counts, counts.before, board, target)


def marks_of(connection: Executing, counts: Counts, board: Value, mark: int) -> tuple[int | None, int]:
    """Return the greatest mark that blocks of the board have met (None: no blocks), and how many rows have `mark`.

    The second is meant for the greatest mark alone, which is what blocks count.
    """
    found: tuple[int | None, int] = connection.execute(counts.marks, (mark, board)).fetchone()
    return found


def marked_position(  # noqa: PLR0913 - which board, before what, and what is known
    connection: Executing,
    counts: Counts,
    board: Value,
    bound: Key | None,
    mark: int,
    marks: tuple[int | None, int] | None = None,
) -> int:
    """Return how many rows with this mark come before `bound`; None means all of them. `marks` are the board's."""
    execute = connection.execute
    greatest, marked = marks or marks_of(connection, counts, board, mark)
    if greatest is None or greatest < mark:
        return 0
    target = None if bound is None else bound + counts.lowest[len(bound) :]
    if greatest > mark:  # blocks count the greatest marks only
        if target is None:
            found: int = execute(counts.marked_rows, (board, mark)).fetchone()[0]
        else:
            found = execute(counts.marked_rows_before, (board, mark, *target)).fetchone()[0]
        return found
    if target is None or not marked:
        return int(marked)
    return _sum(connection, counts, counts.marked_before, board, target, mark)


def _sum(connection: Executing, counts: Counts, text: str, board: Value, target: Key, *mark: int) -> int:
    execute = connection.execute
    upper = execute(counts.floor, (board, SUPERBLOCK, *target)).fetchone()
    if upper is None:
        return 0
    block = execute(counts.floor, (board, BLOCK, *target)).fetchone()
    found: int = execute(text, (board, *upper, *block, *target, *mark)).fetchone()[0]
    return found


def total(connection: Executing, counts: Counts, board: Value) -> int:
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
            sizes = execute(counts.walk_sizes, (board, level, *counts.lowest)).fetchall()
            starts = levels[level] = [row[1:] for row in walked]
            if not starts or starts[0] != counts.lowest:
                found.append(f"{counts.name} {board!r}: level {level} does not start at the lowest place")
            for start, size, stop in zip(starts, sizes, [*starts[1:], None], strict=True):
                if stop is None:
                    really = execute(counts.rest_count, (board, *start)).fetchone()[0]
                else:
                    really = execute(counts.range_count, (board, *start, *stop)).fetchone()[0]
                if really != size[0]:
                    found.append(
                        f"{counts.name} {board!r}: level {level} at {start} says {size[0]}, there are {really}"
                    )
                    continue
                members = execute(counts.member_sizes, (board, *start, really)).fetchall()
                if counts.order.marked and not _marks_agree(size, together([counts.none, *members])):
                    found.append(
                        f"{counts.name} {board!r}: level {level} at {start} has miscounted its marks"
                    )
        if not set(levels[SUPERBLOCK]) <= set(levels[BLOCK]):
            found.append(f"{counts.name} {board!r}: a superblock starts where no block does")
    return found


def _marks_agree(said: Size, really: Size) -> bool:
    """Say whether a block's marks are those of its rows; it may have met a greater mark than any that is left."""
    return said[1:] == really[1:] or (said[1] > really[1] and not said[2])
