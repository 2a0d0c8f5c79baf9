"""Where the rows of one table lie in memory: keyed rows in a dict, chains in lists.

Both kinds of shelf answer alike. What is unique is kept at once, because it must refuse; every other order is
made when it is first read. A chain keeps plain tuples: the garbage collector forgets a plain tuple of atoms
and walks a NamedTuple for ever, and a ledger grows without end, while the rows of a keyed table are replaced
by others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from gamify_core.errors import StoreConflict, StoreError
from gamify_core.storage.memory_orders import Order, cut
from gamify_core.storage.protocol import Index, Key, Table, Value
from gamify_core.storage.ranges import too_long

__all__ = ["ChainShelf", "KeyShelf", "shelf_for"]

Row = tuple[Any, ...]
Rows = Mapping[Key, Row | None]

_new: Any = tuple.__new__  # a NamedTuple's own __new__ takes twice the time


class _Unique:
    """A unique index: which key has which values."""

    __slots__ = ("_places", "_shown", "holders", "name")

    def __init__(self, table: Table[Any], index: Index) -> None:
        self.name = index.name
        self.holders: dict[Key, Key] = {}
        self._places = table.places(index)
        self._shown = table.columns.index(index.present) if index.present else self._places[0]

    def _values(self, row: Row | None) -> Key | None:
        if row is None or row[self._shown] is None:
            return None
        values = tuple([row[place] for place in self._places])
        return None if None in values else values

    def shows(self, row: Row) -> bool:
        """Say whether a row has values here."""
        return row[self._shown] is not None

    def concerns(self, before: Rows, after: Rows) -> bool:
        """Say whether any of the rows has values here; most rows of a partial index have none."""
        shown = self._shown
        for rows in (after, before):
            for row in rows.values():
                if row is not None and row[shown] is not None:
                    return True
        return False

    def check(self, before: Rows, after: Rows) -> None:
        """Refuse a change after which two rows would have the same values."""
        freed: set[Key] = set()
        taken: set[Key] = set()
        for key, new in after.items():
            had, wants = self._values(before[key]), self._values(new)
            if had != wants:
                if wants in taken:
                    raise StoreConflict(f"{self.name}: {wants!r} was stated twice")
                if had is not None:
                    freed.add(had)
                if wants is not None:
                    taken.add(wants)
        for wants in taken:
            if wants in self.holders and wants not in freed:
                raise StoreConflict(f"{self.name}: {wants!r} is there already")

    def apply(self, before: Rows, after: Rows) -> None:
        """Give up what the rows had, then take what they have."""
        for old in before.values():
            had = self._values(old)
            if had is not None:
                self.holders.pop(had, None)
        for key, new in after.items():
            wants = self._values(new)
            if wants is not None:
                self.holders[wants] = key


class _Shelf(ABC):
    """What both kinds of shelf do alike, over their own `get`, `pairs`, `replace` and `put`."""

    __slots__ = ("_orders", "_table", "_uniques", "get", "kept")

    get: Callable[[Key], Any]  # the row with this key, or None …
    kept: Callable[[Key], Row | None]  # … and as it lies here; attributes, so that a dict's own `get` will do

    def __init__(self, table: Table[Any]) -> None:
        self._table = table
        self._orders: dict[Index | None, Order] = {}
        self._uniques = {index: _Unique(table, index) for index in table.indexes if index.unique}

    @abstractmethod
    def pairs(self) -> Iterator[tuple[Key, Row]]:
        """Iterate over all keys and rows, in no order."""

    @abstractmethod
    def values(self, keys: Sequence[Key], place: int) -> list[Any]:
        """Return what the rows with these keys have at a place, None where there is no row."""

    @abstractmethod
    def replace(self, before: Rows, after: Rows) -> None:
        """Make the rows be `after`, or refuse before anything is changed."""

    @abstractmethod
    def put(self, before: Rows, after: Rows) -> None:
        """Make the rows be `after` without asking; a rollback does so with the two swapped."""

    def _follow(self, before: Rows, after: Rows) -> None:
        """Carry a change over to what is kept beside the rows."""
        for unique in self._uniques.values():
            if unique.concerns(before, after):
                unique.apply(before, after)
        for order in self._orders.values():
            order.note(before, after)

    def forget_orders(self) -> None:
        """Let every order be made anew by its next reader."""
        self._orders.clear()

    def find(self, index: Index, values: Key) -> Any:
        """Return the row that has these values in a unique index, or None."""
        unique = self._uniques.get(index)
        if unique is None:
            raise StoreError(f"{index.name} is no unique index of {self._table.name}")
        key = unique.holders.get(values)
        return None if key is None else self.get(key)

    def order(self, index: Index | None) -> Order:
        """Return an order, made now if this is its first reader."""
        order = self._orders.get(index)
        if order is None or order.broken:
            if index is not None and index not in self._table.indexes:
                raise StoreError(f"{index.name} is no index of {self._table.name}")
            order = self._orders[index] = Order(self._table, index, self.kept, self.pairs())
        return order

    def scan(  # noqa: PLR0913 - the arguments of a scan
        self,
        index: Index | None,
        prefix: Key,
        start: Key | None,
        stop: Key | None,
        *,
        reverse: bool,
        offset: int,
        limit: int | None,
    ) -> list[Any]:
        """Return the rows of a range."""
        return self.order(index).rows(prefix, start, stop, reverse=reverse, offset=offset, limit=limit)

    def count(self, index: Index | None, prefix: Key) -> int:
        """Return how many rows have this prefix."""
        return self.order(index).count(prefix)

    def count_range(self, index: Index | None, prefix: Key, start: Key | None, stop: Key | None) -> int:
        """Return how many rows of a range there are."""
        return len(self.scan(index, prefix, start, stop, reverse=False, offset=0, limit=None))

    def grow(self, row: Row) -> bool:  # noqa: ARG002 - only a chain can
        """Add the next row of a chain; say whether it was added."""
        return False

    def shrink(self, row: Row) -> None:  # noqa: B027 - where `grow` adds nothing there is nothing to take back
        """Take back what `grow` has added."""

    def last(self, prefix: Key) -> Any:
        """Return the head of a chain."""
        raise StoreError(f"{self._table.name} is no chain, so {prefix!r} has no last row")


class KeyShelf(_Shelf):
    """Rows under their keys."""

    __slots__ = ("_rows",)

    def __init__(self, table: Table[Any]) -> None:
        """Hold the rows of `table`."""
        super().__init__(table)
        self._rows: dict[Key, Row] = {}
        self.get: Callable[[Key], Any] = self._rows.get
        self.kept: Callable[[Key], Row | None] = self._rows.get

    def pairs(self) -> Iterator[tuple[Key, Row]]:
        """Iterate over all keys and rows."""
        return iter(self._rows.items())

    def values(self, keys: Sequence[Key], place: int) -> list[Any]:
        """Return what the rows with these keys have at a place."""
        return [None if row is None else row[place] for row in map(self._rows.get, keys)]

    def replace(self, before: Rows, after: Rows) -> None:
        """Make the rows be `after`; a key that is there already is a conflict."""
        rows = self._rows
        for key, row in after.items():
            if before[key] is None and row is not None and key in rows:
                raise StoreConflict(f"{self._table.name}: {key!r} is there already")
        for unique in self._uniques.values():
            unique.check(before, after)
        self.put(before, after)

    def put(self, before: Rows, after: Rows) -> None:
        """Make the rows be `after`."""
        rows = self._rows
        for key, row in after.items():
            if row is None:
                rows.pop(key, None)
            else:
                rows[key] = row
        if self._uniques or self._orders:
            self._follow(before, after)

    def count(self, index: Index | None, prefix: Key) -> int:
        """Return how many rows have this prefix."""
        return self.order(index).count(prefix) if prefix or index else len(self._rows)

    def count_range(self, index: Index | None, prefix: Key, start: Key | None, stop: Key | None) -> int:
        """Return how many rows of a range there are."""
        return self.order(index).count(prefix, start, stop)


class ChainShelf(_Shelf):
    """Rows numbered from 1 within their prefix, which is the key without its last column."""

    __slots__ = ("_chains", "_groups", "_row", "_width")

    def __init__(self, table: Table[Any]) -> None:
        """Hold the rows of `table`."""
        super().__init__(table)
        self._chains: dict[Key, list[Row]] = {}
        self._groups: defaultdict[Value, dict[Key, None]] | None = (
            None  # names by first column, when first asked
        )
        self._row = table.row
        self._width = table.key - 1
        self.get: Callable[[Key], Any] = self._get
        self.kept: Callable[[Key], Row | None] = self._kept

    def _get(self, key: Key) -> Any:
        chain = self._chains.get(key[:-1])
        number: Any = key[-1]
        return _new(self._row, chain[number - 1]) if chain and 0 < number <= len(chain) else None

    def _kept(self, key: Key) -> Row | None:
        chain = self._chains.get(key[:-1], ())
        number: Any = key[-1]
        return chain[number - 1] if 0 < number <= len(chain) else None

    def last(self, prefix: Key) -> Any:
        """Return the head of a chain, or None."""
        chain = self._chains.get(prefix)
        return _new(self._row, chain[-1]) if chain else None

    def pairs(self) -> Iterator[tuple[Key, Row]]:
        """Iterate over all keys and rows."""
        width = self._table.key
        return ((row[:width], row) for chain in self._chains.values() for row in chain)

    def values(self, keys: Sequence[Key], place: int) -> list[Any]:
        """Return what the rows with these keys have at a place."""
        if self._width:
            return [None if row is None else row[place] for row in map(self._kept, keys)]
        rows: list[Any] = self._chains.get((), [])  # one chain has them all
        numbers: list[Any] = [key[0] for key in keys]
        return [rows[number - 1][place] if 0 < number <= len(rows) else None for number in numbers]

    def replace(self, before: Rows, after: Rows) -> None:
        """Make the rows be `after`; a number given twice is a conflict, a hole in a chain an error."""
        chains = self._chains
        sizes: dict[Key, int] = {}
        for key, row in after.items():
            if before[key] is not None and row is not None:
                continue
            prefix = key[:-1]
            number: Any = key[-1]
            size = sizes.get(prefix)
            if size is None:
                size = len(chains.get(prefix, ()))
            if row is not None:
                if number != size + 1:
                    raise self._misplaced(key, again=number <= size)
                sizes[prefix] = number
            elif before[key] is not None:
                if number != size:
                    raise self._misplaced(key, again=False)
                sizes[prefix] = size - 1
        for unique in self._uniques.values():
            if unique.concerns(before, after):
                unique.check(before, after)
        self.put(before, after)

    def grow(self, row: Row) -> bool:
        """Add the next row of a chain, where nothing beside the rows has to be carried along; say whether it was."""
        if self._orders:
            return False
        for unique in self._uniques.values():
            if unique.shows(row):
                return False
        width = self._width
        chain = self._chains.get(row[:width])
        if chain is None or row[width] != len(chain) + 1:
            return False
        chain.append(row[:])
        return True

    def shrink(self, row: Row) -> None:
        """Take a row that was added by `grow` off its chain, where it is there."""
        chain = self._chains[row[: self._width]]
        if len(chain) == row[self._width]:
            chain.pop()

    def _misplaced(self, key: Key, *, again: bool) -> StoreError:
        if again:
            return StoreConflict(f"{self._table.name}: {key!r} is there already")
        return StoreError(f"{self._table.name}: {key!r} would leave a hole in its chain")

    def put(self, before: Rows, after: Rows) -> None:
        """Make the rows be `after`."""
        chains = self._chains
        for key, row in after.items():
            prefix = key[:-1]
            number: Any = key[-1]
            chain = chains.get(prefix)
            if row is None:
                if chain is not None:
                    del chain[number - 1 :]
                    if not chain:
                        self._end(prefix)
            elif chain is None:
                chains[prefix] = [row[:]]
                if self._groups is not None:
                    self._groups[prefix[0]][prefix] = None
            elif number > len(chain):
                chain.append(row[:])
            else:
                chain[number - 1] = row[:]
        if self._uniques or self._orders:
            self._follow(before, after)

    def _end(self, prefix: Key) -> None:
        del self._chains[prefix]
        if self._groups is not None:
            del self._groups[prefix[0]][prefix]

    def scan(  # noqa: PLR0913 - the arguments of a scan
        self,
        index: Index | None,
        prefix: Key,
        start: Key | None,
        stop: Key | None,
        *,
        reverse: bool,
        offset: int,
        limit: int | None,
    ) -> list[Any]:
        """Return the rows of a range; along the key of one chain it is a slice."""
        if index is not None:
            rows = super().scan(index, prefix, start, stop, reverse=reverse, offset=offset, limit=limit)
            return [_new(self._row, plain) for plain in rows]
        room = self._table.key - len(prefix)
        if (start is not None and len(start) > room) or (stop is not None and len(stop) > room):
            raise too_long(self._table.name)
        if room == 1:
            rows = self._chains.get(prefix, [])
            low: Any = start[0] - 1 if start else 0  # type: ignore[operator]
            high: Any = stop[0] - 1 if stop else len(rows)  # type: ignore[operator]
            first, last = max(low, 0), min(high, len(rows))
        else:
            rows = self._joined(prefix)
            first = bisect_left(rows, prefix + start) if start else 0
            last = bisect_left(rows, prefix + stop) if stop else len(rows)
        first, last = cut(first, last, reverse, offset, limit)
        found = rows[first:last] if first < last else []
        if reverse:
            found.reverse()
        row = self._row
        return [_new(row, plain) for plain in found]

    def _named(self, prefix: Key) -> Iterable[Key]:
        """Return the names of all chains that begin with a shorter prefix, in no order."""
        if not prefix:
            return self._chains
        if self._groups is None:
            self._groups = defaultdict(dict)
            for name in self._chains:
                self._groups[name[0]][name] = None
        group = self._groups.get(prefix[0], {})
        width = len(prefix)
        return group if width == 1 else [name for name in group if name[:width] == prefix]

    def _joined(self, prefix: Key) -> list[Row]:
        """Return the rows of all chains with a shorter prefix, or of the one link that a whole key names."""
        if len(prefix) == self._table.key:
            row = self.get(prefix)
            return [] if row is None else [row]
        return [row for name in sorted(self._named(prefix)) for row in self._chains[name]]

    def count(self, index: Index | None, prefix: Key) -> int:
        """Return how many rows have this prefix."""
        if index is not None:
            return super().count(index, prefix)
        if len(prefix) == self._table.key - 1:
            return len(self._chains.get(prefix, ()))
        if len(prefix) == self._table.key:
            return int(self.get(prefix) is not None)
        return sum(len(self._chains[name]) for name in self._named(prefix))


def shelf_for(table: Table[Any]) -> KeyShelf | ChainShelf:
    """Return an empty shelf of the right kind."""
    return ChainShelf(table) if table.chain else KeyShelf(table)
