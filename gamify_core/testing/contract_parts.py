"""What the parts of the contract share: rows to fill a store with, ranges to read, words for writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from gamify_core.storage.protocol import Index, Key, Reader, Store, Table, Transaction
from gamify_core.testing.toys import (
    CITY,
    LETTER,
    LEVEL,
    PERSON,
    RUNNER,
    TOYS,
    CityRow,
    LetterRow,
    LevelRow,
    PersonRow,
    RunnerRow,
    range_of,
)

__all__ = [
    "ADA",
    "BOB",
    "CAY",
    "CUTS",
    "LEAST",
    "LETTERS",
    "LETTER_RANGES",
    "LEVELS",
    "LONG_RANGES",
    "MOST",
    "OSLO",
    "RANGES",
    "ROME",
    "RUNNERS",
    "SPLIT_RANGES",
    "StoreParts",
    "everything",
    "fill",
    "insert",
    "remove",
    "same",
    "update",
    "writing",
]

Row = TypeVar("Row", bound=tuple[Any, ...])

Range = tuple[Key, Key | None, Key | None]

MOST = 2**63 - 1
LEAST = -(2**63)
ADA = PersonRow(1, "", "ada", b"\x01", None)
BOB = PersonRow(2, "", "bob", None, "seen once")
CAY = PersonRow(3, "guild", "ada", None, None)
OSLO = CityRow("Oslo", "OSL", 7, b"")
ROME = CityRow("Rome", None, 7, None)
LETTERS = [
    LetterRow(1, "in", 1, "one"),
    LetterRow(1, "in", 2, "two"),
    LetterRow(1, "in", 3, "three"),
    LetterRow(1, "out", 1, "four"),
    LetterRow(2, "in", 1, "five"),
]
RUNNERS = [
    RunnerRow(1, 1, -30, "ann", 5, None),
    RunnerRow(2, 1, -30, "bea", 4, "late"),
    RunnerRow(3, 1, -20, "cal", None, None),
    RunnerRow(4, 1, None, None, 5, None),
    RunnerRow(5, 1, -90, "dan", 5, None),
    RunnerRow(1, 2, -10, "ann", 1, None),
    RunnerRow(2, 2, -10, "ann", 2, None),
    RunnerRow(6, 1, 0, "", 5, None),
]
LEVELS = [
    LevelRow(1, -30, 2),
    LevelRow(1, -20, 1),
    LevelRow(1, 0, 4),
    LevelRow(2, LEAST, 1),
    LevelRow(2, MOST, 1),
]
RANGES: list[Range] = [
    ((), None, None),
    ((1,), None, None),
    ((2,), None, None),
    ((9,), None, None),
    ((1,), (-30,), None),
    ((1,), None, (-30,)),
    ((1,), (-30,), (0,)),
    ((1,), (-25,), (-20,)),
    ((1,), (0,), (-30,)),
]
LONG_RANGES: list[Range] = [
    ((1, -30), None, None),
    ((1, -30), ("bea",), None),
    ((1,), (-30, "bea"), None),
    ((1,), None, (-30, "bea")),
    ((1,), (-30, "ann"), (-20, "cal")),
    ((1, -30, "ann"), None, None),
]
SPLIT_RANGES: list[Range] = [
    ((1,), None, None),
    ((1,), (5,), None),
    ((1,), (5, 2), None),
    ((1,), (1, 2), (5, 3)),
    ((1,), None, (5, 4)),
    ((1, 5), (3,), (4,)),
    ((1, 5, 3), None, None),
    ((), (1, 5, 3), (2, 4)),
]
LETTER_RANGES: list[Range] = [
    ((), None, None),
    ((1,), None, None),
    ((1, "in"), None, None),
    ((9, "in"), None, None),
    ((), (1, "in", 2), (2,)),
    ((1,), ("in", 2), ("out", 1)),
    ((1,), ("out",), None),
    ((1, "in"), (2,), None),
    ((1, "in"), (-1,), (3,)),
    ((1, "in"), (3,), (2,)),
    ((1, "in"), (7,), None),
    ((1, "in", 2), None, None),
]
CUTS: list[tuple[bool, int, int | None]] = [
    (False, 0, None),
    (True, 0, None),
    (False, 1, 2),
    (True, 1, 2),
    (False, 0, 0),
    (False, 99, 1),
    (True, 2, None),
]


@contextmanager
def writing(store: Store) -> Iterator[Transaction]:
    """Hold a write transaction that is committed at the end, or rolled back when an error passes."""
    transaction = store.begin(["toys"])
    try:
        yield transaction
    except BaseException:
        transaction.rollback()
        raise
    transaction.commit()


def insert(transaction: Transaction, table: Table[Row], *rows: Row) -> None:
    """Insert rows in one `replace`."""
    after: Mapping[Key, Row | None] = {row[: table.key]: row for row in rows}
    transaction.replace(table, dict.fromkeys(after), after)


def update(transaction: Transaction, table: Table[Row], *rows: Row) -> None:
    """Replace rows that are there, in one `replace`."""
    after = {row[: table.key]: row for row in rows}
    before: dict[Key, Row | None] = {}
    for key in after:
        before[key] = transaction.get(table, key)
        assert before[key] is not None
    transaction.replace(table, before, after)


def remove(transaction: Transaction, table: Table[Row], *rows: Row) -> None:
    """Remove rows in one `replace`."""
    before = {row[: table.key]: row for row in rows}
    transaction.replace(table, before, dict.fromkeys(before))


def fill(store: Store) -> None:
    """Put rows into every toy table, in one transaction."""
    with writing(store) as tx:
        insert(tx, PERSON, ADA, BOB, CAY)
        insert(tx, CITY, OSLO, ROME)
        insert(tx, LETTER, *LETTERS)
        insert(tx, RUNNER, *RUNNERS)
        insert(tx, LEVEL, *LEVELS)


def everything(reader: Reader) -> dict[str, list[object]]:
    """Read all rows along every order there is."""
    orders: list[tuple[Table[Any], Index | None]] = [(table, None) for table in TOYS]
    orders += [(table, index) for table in TOYS for index in table.indexes]
    return {f"{table.name} {index}": list(reader.scan(table, index)) for table, index in orders}


def same(
    reader: Reader, table: Table[Row], index: Index | None, rows: list[Row], ranges: list[Range]
) -> None:
    """Hold every range, cut and count of an order against the plainest reading of the rows."""
    for prefix, start, stop in ranges:
        for reverse, offset, limit in CUTS:
            found = reader.scan(
                table, index, prefix, start=start, stop=stop, reverse=reverse, offset=offset, limit=limit
            )
            assert found == range_of(
                table,
                index,
                rows,
                prefix,
                start=start,
                stop=stop,
                reverse=reverse,
                offset=offset,
                limit=limit,
            ), (prefix, start, stop, reverse, offset, limit)
        assert reader.count(table, index, prefix) == len(range_of(table, index, rows, prefix))
        inside = range_of(table, index, rows, prefix, start=start, stop=stop)
        assert reader.count(table, index, prefix, start=start, stop=stop) == len(inside)


class StoreParts:
    """How a store under test is made and closed."""

    def make_store(self, tmp_path: Path) -> Store:
        """Return a new, empty store; `tmp_path` is a directory of its own."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """Give a store with the toy tables, closed afterwards."""
        store = self.make_store(tmp_path)
        store.migrate(TOYS)
        yield store
        store.close()
