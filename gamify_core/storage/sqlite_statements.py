"""The SQL of a table, derived once from its declaration.

Promise: everything read or written by a store in a steady state is one of these texts, so SQLite prepares
each once; every range is read along the order that was declared for it (`INDEXED BY` makes a mistake here an
error rather than a slow scan).
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import Any

from gamify_core.storage.protocol import Index, Key, Table, Value
from gamify_core.storage.ranges import too_long

__all__ = ["UNMARKED", "Order", "Statements", "columns_sql", "equals_sql", "lowest", "quoted", "vector"]

UNMARKED = -(2**63)
LOWEST: dict[str, Value] = {"INTEGER": -(2**63), "TEXT": "", "BLOB": b""}
_TYPES: dict[object, str] = {int: "INTEGER", str: "TEXT", bytes: "BLOB"}


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return f'"{name}"'


def columns_sql(names: tuple[str, ...], after: str = "") -> str:
    """Return a list of columns, each followed by `after`."""
    return ", ".join(f'"{name}"{after}' for name in names)


def equals_sql(names: tuple[str, ...]) -> str:
    """Return the condition that each of these columns equals a parameter."""
    return " AND ".join(f'"{name}"=?' for name in names)


def vector(names: tuple[str, ...], operator: str, first: int | None = None) -> str:
    """Return a row-value comparison of columns with parameters, numbered from `first` on if given."""
    marks = ["?" if first is None else f"?{first + place}" for place in range(len(names))]
    return f"({columns_sql(names)}) {operator} ({', '.join(marks)})"


def lowest(kinds: tuple[str, ...]) -> Key:
    """Return values that nothing of these SQL types is below."""
    return tuple([LOWEST[kind] for kind in kinds])


class Order:
    """An order in which rows of a table are read: its columns, then the rest of the key."""

    def __init__(self, table: Table[Any], index: Index | None, kinds: dict[str, tuple[str, bool]]) -> None:
        """Derive the order of `index` (None: of the key); `kinds` has each column's type and nullability."""
        key = table.columns[: table.key]
        own = index.columns if index else key
        self.columns: tuple[str, ...] = tuple([table.columns[place] for place in table.order(index)])
        self.kinds: tuple[str, ...] = tuple([kinds[name][0] for name in self.columns])
        self.counted: bool = index.counted if index else table.counted
        self.name: str = f"gamify_{index.name if index else table.name}"
        self.table: str = quoted(f"gamify_{table.name}")
        # A row with an absent value has no place in a partial or counted order.
        needed = [index.present] if index and index.present else []
        if self.counted or needed:
            needed += [name for name in own if kinds[name][1] and name not in needed]
        self.needed: tuple[str, ...] = tuple(needed)
        self.present: str = " AND ".join(f'"{name}" IS NOT NULL' for name in needed)
        self.marked: str | None = index.marked if index else None
        # Marks stand in the tree, behind what orders it: the marked rows of a block are counted without the table. So
        # does what is carried: a stretch is read without looking every row of it up, each on a page of its own.
        behind = (*([self.marked] if self.marked else []), *(index.carried if index else ()))
        self.indexed: tuple[str, ...] = (*self.columns, *behind) if behind else own
        self._mark = table.columns.index(self.marked) if self.marked else 0
        self.source: str = f"{self.table} INDEXED BY {quoted(self.name)}" if index else self.table
        self._needed = tuple([table.columns.index(name) for name in needed])
        self.ordering: Callable[[Any], Any] = itemgetter(
            *[table.columns.index(name) for name in self.columns]
        )
        self._selected = columns_sql(table.columns)
        self._scans: dict[tuple[int, int, int, bool], str] = {}
        self._sides: dict[tuple[int, int], str] = {}
        self._counts: dict[tuple[int, int, int], str] = {}
        if index is not None and index.unique:
            self.find: str = (
                f"SELECT {self._selected} FROM {self.source} WHERE {self._where(equals_sql(own))}"
            )

    def place(self, row: tuple[Value, ...]) -> Key | None:
        """Return where `row` stands in this order, or None when it has no entry."""
        for column in self._needed:
            if row[column] is None:
                return None
        place: Key = self.ordering(row)
        return place

    def placed(self, row: tuple[Value, ...]) -> tuple[Key, Value] | None:
        """Return where `row` stands in this order and what its mark is, or None when it has no entry."""
        place = self.place(row)
        if place is None:
            return None
        mark = row[self._mark] if self.marked else None
        return place, UNMARKED if mark is None else mark

    def _where(self, *terms: str) -> str:
        return " AND ".join([term for term in (*terms, self.present) if term]) or "1"

    def _range(self, prefix: int, start: int, stop: int) -> str:
        """Return the condition of a range: how many columns are equal, bound from below, bound from above."""
        rest = self.columns[prefix:]
        if max(start, stop) > len(rest):
            raise too_long(self.name)
        return self._where(
            equals_sql(self.columns[:prefix]),
            vector(rest[:start], ">=") if start else "",
            vector(rest[:stop], "<") if stop else "",
        )

    def scan(self, prefix: int, start: int, stop: int, *, reverse: bool) -> str:
        """Return the text of a range: how many columns are equal, bound from below, bound from above."""
        shape = (prefix, start, stop, reverse)
        try:
            return self._scans[shape]
        except KeyError:
            rest, where = self.columns[prefix:], self._range(prefix, start, stop)
            order = columns_sql(rest or self.columns, " DESC" if reverse else "")
            text = (
                f"SELECT {self._selected} FROM {self.source} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
            )
            self._scans[shape] = text
            return text

    def beside(self, prefix: int, key: int) -> str:
        """Return the text that reads both sides of a bound of so many columns, in no order."""
        shape = (prefix, key)
        try:
            return self._sides[shape]
        except KeyError:
            above, below = self.scan(prefix, 0, key, reverse=True), self.scan(prefix, key, 0, reverse=False)
            text = self._sides[shape] = f"SELECT * FROM ({above}) UNION ALL SELECT * FROM ({below})"
            return text

    def count(self, prefix: int, start: int = 0, stop: int = 0) -> str:
        """Return the text that counts the rows of a range of this shape."""
        shape = (prefix, start, stop)
        try:
            return self._counts[shape]
        except KeyError:
            where = self._range(prefix, start, stop)
            text = self._counts[shape] = f"SELECT COUNT(*) FROM {self.source} WHERE {where}"
            return text


class Statements:
    """All texts of one table, and its orders."""

    def __init__(self, table: Table[Any]) -> None:
        """Derive everything from the declaration."""
        self.table = table
        self.kinds: dict[str, tuple[str, bool]] = _kinds(table)
        self.name: str = quoted(f"gamify_{table.name}")
        key = table.columns[: table.key]
        selected = columns_sql(table.columns)
        self.make: Callable[[Any], Any] = partial(tuple.__new__, table.row)
        self.by_key: Order = Order(table, None, self.kinds)
        self.orders: dict[Index | None, Order] = {None: self.by_key}
        self.orders.update({index: Order(table, index, self.kinds) for index in table.indexes})
        self.counted: tuple[Order, ...] = tuple([order for order in self.orders.values() if order.counted])
        self.get: str = f"SELECT {selected} FROM {self.name} WHERE {equals_sql(key)}"
        chain = equals_sql(key[:-1]) or "1"
        self.last: str = f'SELECT {selected} FROM {self.name} WHERE {chain} ORDER BY "{key[-1]}" DESC LIMIT 1'
        marks = ", ".join("?" * len(table.columns))
        self.insert: str = f"INSERT INTO {self.name} ({selected}) VALUES ({marks})"
        self.delete: str = f"DELETE FROM {self.name} WHERE {equals_sql(key)}"
        self._many: dict[tuple[int, str | None], str] = {}
        self._key = tuple(range(table.key))
        ordered = {
            name
            for index in table.indexes
            for name in (*index.columns, index.present or "", index.marked or "", *index.carried)
        }
        rest = range(table.key, len(table.columns))
        self._plain = tuple([place for place in rest if table.columns[place] not in ordered])
        self._ordered = tuple([place for place in rest if table.columns[place] in ordered])
        self._updates: dict[tuple[int, ...], tuple[str, Callable[[Any], Any]]] = {}

    def order(self, index: Index | None) -> Order:
        """Return the order of one of the table's indexes, or of its key."""
        return self.orders[index]

    def many(self, count: int, column: str | None = None) -> str:
        """Return the text that reads the rows with so many keys, in no order; or of each its key and one column."""
        try:
            return self._many[count, column]
        except KeyError:
            key = self.table.columns[: self.table.key]
            columns = columns_sql(self.table.columns if column is None else (*key, column))
            if len(key) == 1:
                text = (
                    f"SELECT {columns} FROM {self.name} WHERE {quoted(key[0])} IN ({', '.join('?' * count)})"
                )
            else:  # a vector in a list of vectors would be looked for by a walk through the whole table
                marks = ", ".join("?" * len(key))
                these = f"WITH these({columns_sql(key)}) AS (VALUES {', '.join([f'({marks})'] * count)})"
                text = (
                    f"{these} SELECT {columns} FROM these CROSS JOIN {self.name} USING ({columns_sql(key)})"
                )
            self._many[count, column] = text
            return text

    def moved(self, old: tuple[Value, ...], new: tuple[Value, ...]) -> tuple[int, ...]:
        """Return the columns an update from `old` to `new` has to set.

        A column that some index reads is set only when it changed: SQLite rewrites the entries of every index
        that reads a column it is told to set, even to the same value.
        """
        if not self._ordered:
            return self._plain
        return self._plain + tuple([place for place in self._ordered if old[place] != new[place]])

    def update(self, places: tuple[int, ...]) -> tuple[str, Callable[[Any], Any]]:
        """Return the text that sets these columns, and what picks its parameters from a row."""
        try:
            return self._updates[places]
        except KeyError:
            columns = self.table.columns
            changed = columns_sql(tuple([columns[place] for place in places]), "=?")
            text = f"UPDATE {self.name} SET {changed} WHERE {equals_sql(columns[: self.table.key])}"
            made = self._updates[places] = (text, itemgetter(*places, *self._key))
            return made


def _kinds(table: Table[Any]) -> dict[str, tuple[str, bool]]:
    """Return the SQL type of each column, and whether it may be absent."""
    kinds = {}
    for name, hint in typing.get_type_hints(table.row).items():
        parts = typing.get_args(hint) or (hint,)
        (kind,) = [part for part in parts if part is not type(None)]
        kinds[name] = (_TYPES[kind], type(None) in parts)
    return kinds
