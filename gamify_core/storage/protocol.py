"""The seam between the rules and the places rows are kept.

A store knows typed rows, keys, declared indexes and order. It knows nothing of gamification, never asks
the clock and decides no rule, so a new mechanic touches no store beyond the declaration of its table, and a new
store is a day's work. `gamify_core.testing.contract` holds every store to the guarantees below.

**Guarantees**

1. *Whole or not at all.* Either everything of a transaction is there after `commit`, or nothing is.
2. *No lost update.* Write transactions run one after the other (or as if they did): what a transaction read
   is still so when it commits.
3. *Own writes are seen.* After `replace`, the same transaction's readers answer with the new rows.
4. *A repeated unique fact is refused* with `StoreConflict`, and that `replace` leaves nothing behind.
5. *Order is total and the same in every store*: column by column, integers by value, text by its UTF-8 bytes,
   then the key. `None` is never ordered: a counted or partial index simply has no entry for such a row.
6. *Values are exact*: 64-bit integers, UTF-8 text without NUL, bytes, `None`. Times are integers, microseconds UTC.
7. *A view is a snapshot*: its answers agree with each other, and it never blocks a writer for longer than it is open.
8. *Errors* of a driver leave as `StoreError` with the cause attached; an error raised by the commit itself is
   `CommitOutcomeUnknown`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Generic, Protocol, Self, TypeVar

import attrs

__all__ = ["LARGEST", "Index", "Key", "Reader", "Store", "Table", "Transaction", "Value", "View"]

Row = TypeVar("Row", bound=tuple[Any, ...])
Value = int | str | bytes | None
Key = tuple[Value, ...]
LARGEST: Final = 2**63 - 1
"""The largest number that a store holds; the least that rules make of anything is its negative."""


@attrs.frozen(eq=False)
class Index:
    """An order kept beside a table's key order.

    `columns` are the columns in order, all ascending (a column to be read downwards is stored negated).
    A `unique` index refuses a second row with the same columns. A `counted` index answers
    `position` and offsets in O(log n); its first column is the board, the rest the order inside it.
    `present` names a column: rows in which it is None are left out of the index.
    `marked` names an integer column of a counted index: beside all rows of a board, those are counted whose mark is
    the greatest there is. It is for marks that only grow, such as the day on which a row last moved, and answers what
    is true of today's rows without anything to be swept out at midnight.
    `carried` names columns of which a store that keeps its indexes apart from the rows may keep copies in this one, so
    that a stretch of the order is read in one place: it is for what changes together with what orders it.
    """

    name: str
    columns: tuple[str, ...]
    unique: bool = False
    counted: bool = False
    present: str | None = None
    marked: str | None = None
    carried: tuple[str, ...] = ()


@attrs.frozen(eq=False)
class Table(Generic[Row]):
    """A kind of row: its columns, its key (the first `key` columns), and the indexes kept over it.

    A *chain* numbers its rows 1, 2, 3 … in the last key column, densely within the columns before it, so its
    last row is its head and its count at once. Rows of a chain may be replaced in place; only the last may be
    removed, and only by the transaction that wrote it. Whoever writes leaves no hole: a store need not notice one.
    A table whose `counted` is set has counts kept over its key order (first key column = the board).
    `parents` names, for people and for foreign keys, the table that an integer column points to.
    """

    name: str
    row: type[Row]
    key: int
    chain: bool = False
    counted: bool = False
    indexes: tuple[Index, ...] = ()
    parents: Mapping[str, str] = attrs.field(factory=dict)

    columns: tuple[str, ...] = attrs.field(init=False, repr=False)
    unique: tuple[tuple[Index, tuple[int, ...]], ...] = attrs.field(init=False, repr=False)
    plain: bool = attrs.field(init=False, repr=False)
    """Whether a row is found by its key, and by nothing else: it is no chain, and nothing else is unique."""
    width: int = attrs.field(init=False, repr=False)
    """How many columns name a chain."""

    @columns.default
    def _columns(self) -> tuple[str, ...]:
        names: tuple[str, ...] = self.row._fields  # type: ignore[attr-defined]
        return names

    @unique.default
    def _unique(self) -> tuple[tuple[Index, tuple[int, ...]], ...]:
        return tuple((index, self.places(index)) for index in self.indexes if index.unique)

    @plain.default
    def _plain(self) -> bool:
        return not self.chain and not self.unique

    @width.default
    def _width(self) -> int:
        return self.key - 1

    def places(self, index: Index) -> tuple[int, ...]:
        """Return where in a row the columns of `index` stand."""
        return tuple(self.columns.index(column) for column in index.columns)

    def order(self, index: Index | None) -> tuple[int, ...]:
        """Return where in a row the columns of an order stand: those of its index, then the rest of the key."""
        own = self.places(index) if index is not None else ()
        return own + tuple(place for place in range(self.key) if place not in own)


class Reader(Protocol):
    """What both a view and a write transaction answer."""

    def get(self, table: Table[Row], key: Key, /) -> Row | None:
        """Return the row with this key, or None."""
        ...

    def get_many(self, table: Table[Row], keys: Sequence[Key], /) -> list[Row | None]:
        """Return the rows with these keys, in the same order, None where there is none."""
        ...

    def values(self, table: Table[Row], keys: Sequence[Key], column: str, /) -> list[Any]:
        """Return what the rows with these keys have in one column, in the same order, None where there is no row."""
        ...

    def find(self, table: Table[Row], index: Index, values: Key, /) -> Row | None:
        """Return the row that a unique index has under these values, or None."""
        ...

    def last(self, table: Table[Row], prefix: Key = (), /) -> Row | None:
        """Return the head of the chain that `prefix` names (all key columns but the last), or None."""
        ...

    def scan(  # noqa: PLR0913 - each argument is one property of a range, all independent
        self,
        table: Table[Row],
        index: Index | None = None,
        /,
        prefix: Key = (),
        *,
        start: Key | None = None,
        stop: Key | None = None,
        reverse: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Row]:
        """Return rows in the order of `index` (None: the key order) whose leading columns equal `prefix`.

        `start` (inclusive) and `stop` (exclusive) bound the columns that follow the prefix, always stated in
        ascending order; either may be partial. For `start` a partial bound means "from the first row with these
        columns on", for `stop` "before the first row with these columns". `reverse` reads the same range
        backwards: then `offset` and `limit` count from its end.

        The columns of an order are those of its index, then those of the key that are not among them. A bound has at
        most as many as follow the prefix: beyond them rows have nothing to be compared by, so a longer one, which can
        only be a mistake, is refused with `StoreError`, here and wherever else a bound is passed.
        """
        ...

    def count(
        self,
        table: Table[Row],
        index: Index | None = None,
        /,
        prefix: Key = (),
        *,
        start: Key | None = None,
        stop: Key | None = None,
    ) -> int:
        """Return how many rows have these leading columns, and lie between bounds as `scan` has them.

        O(log n) for a chain and for a counted order's board.
        """
        ...

    def position(
        self,
        table: Table[Row],
        index: Index | None,
        prefix: Key,
        bound: Key | None,
        /,
        mark: int | None = None,
    ) -> int:
        """Return how many rows of a counted order come strictly before `bound` within the board `prefix`.

        `bound` may be partial: `(score,)` counts the rows with a smaller score (a competition rank less one),
        the full key counts the rows before this very one (an ordinal rank less one). O(log n).
        With `mark`, only rows with this mark are counted, along an index that has marks; None as the bound means all
        of them. That is O(log n) for the greatest mark on the board, and for others takes time with the rows before.
        """
        ...

    def span(
        self, table: Table[Row], index: Index | None, prefix: Key, start: Key, stop: Key, /
    ) -> tuple[int, int, int]:
        """Return how many rows of a counted order's board come before a range, are in it, and there are at all.

        It is `position` and two counts at once, which is all of a rank: from `(score,)` to before `(score + 1,)` there
        are the better ones, those alike, and everybody. `start` is not after `stop`, and neither is empty. O(log n).
        """
        ...

    def beside(  # noqa: PLR0913 - a range of a board
        self, table: Table[Row], index: Index | None, prefix: Key, key: Key, /, *, before: int, length: int
    ) -> list[Row]:
        """Return the rows of a counted order's board around a bound: so many before it, `length` in all.

        Where fewer come before it or follow, there are fewer. `key` may be partial and need not be of any row. `before`
        is not more than `length`.
        """
        ...


class View(Reader, Protocol):
    """A snapshot for reading, to be used in a `with` statement."""

    @property
    def version(self) -> object:
        """What equals the version of another view of this store only if both show the same rows.

        So an answer that was worked out in one view holds in the other.
        """
        ...

    def __enter__(self) -> Self:
        """Open the snapshot."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the snapshot go."""
        ...


class Transaction(Reader, Protocol):
    """One write transaction. It is opened by `Store.begin` and must be ended by `commit` or `rollback`."""

    def replace(
        self, table: Table[Row], before: Mapping[Key, Row | None], after: Mapping[Key, Row | None], /
    ) -> None:
        """Make the rows under these keys be `after`, knowing that they are `before` (same keys in both).

        None in `before` inserts, None in `after` removes; rows whose key order matters (chains) come in that
        order. Raises `StoreConflict` when a unique index has such a row already.
        """
        ...

    def append(self, table: Table[Row], rows: Sequence[Row], /) -> None:
        """Add rows at the ends of their chains: `replace` for rows that are all new, in the order of each chain.

        It says less than `replace` and is asked for several rows of every command, so it has a way of its own. Raises
        `StoreConflict`, and adds nothing, when a chain has such a number already, a row is given twice, or a
        unique index has such a row.
        """
        ...

    def commit(self) -> None:
        """Make everything durable and visible, and end. An error here is `CommitOutcomeUnknown`."""
        ...

    def rollback(self) -> None:
        """Forget everything, and end. Never raises."""
        ...


class Store(Protocol):
    """A place for rows, safe to share between threads."""

    def migrate(self, tables: Iterable[Table[Any]], /) -> None:
        """Make the tables and indexes exist. Many threads and processes may call it at once."""
        ...

    def begin(self, locks: Sequence[str] = (), /) -> Transaction:
        """Open a write transaction. `locks` names what it decides about, sorted, for stores that lock by name."""
        ...

    def view(self) -> View:
        """Return a snapshot for reading."""
        ...

    def close(self) -> None:
        """Let go of all resources. Afterwards every call raises `StoreClosed`. Closing twice is harmless."""
        ...
