"""The orders of a table in memory: made when first read, brought up to date when read again.

A write remembers, once per row, what the row was when its order was last up to date; a read settles what has
moved since. So a board nobody reads costs a write one entry of a dict, and a row that moved a hundred times
between two reads is moved once. When more than an eighth of a board has moved, sorting it anew is cheaper and
is done instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

from gamify_core.errors import StoreError
from gamify_core.storage.blocks import Blocks
from gamify_core.storage.protocol import Index, Key, Table, Value
from gamify_core.storage.ranges import too_long

__all__ = ["Order", "cut"]

Row = tuple[Any, ...]
Entry = tuple[Any, ...]

_REBUILD = 8
_NOTHING = Blocks()
_UNMARKED = -(2**63)
_NOTED = 10_000


class _Top:
    """Greater than every value: a prefix followed by it stands behind all rows with that prefix."""

    __slots__ = ()

    def __gt__(self, other: object) -> bool:
        return True


TOP: Any = _Top()


def cut(first: int, last: int, reverse: bool, offset: int, limit: int | None) -> tuple[int, int]:  # noqa: FBT001
    """Return the places that `offset` and `limit` leave of those from `first` to before `last`."""
    if reverse:
        last -= offset
        return (first if limit is None or last - limit < first else last - limit), last
    first += offset
    return first, (last if limit is None or first + limit > last else first + limit)


class _Marked:
    """The entries of a board whose rows have the greatest mark, in a list of their own.

    Kept once somebody has asked for it, and brought up to date when asked again: what moved is only noted.
    """

    __slots__ = ("_column", "_entries", "_moved", "mark")

    def __init__(self, column: int, entries: Iterable[Entry]) -> None:
        marks = [(entry, entry[-1][column]) for entry in entries]
        self._column = column
        self._moved: list[tuple[Entry | None, Entry | None]] = []
        self.mark: int = max([mark for _, mark in marks if mark is not None], default=_UNMARKED)
        self._entries = Blocks()
        self._entries.fill([entry for entry, mark in marks if mark == self.mark])

    def note(self, changes: list[tuple[Any, Any]]) -> None:
        """Remember changes, up to so many."""
        self._moved += changes
        if len(self._moved) > _NOTED:
            self.settled()

    def settled(self) -> Blocks:
        """Return the entries that have the mark."""
        entries, column = self._entries, self._column
        for was, now in self._moved:
            if was is not None and was[-1][column] == self.mark:
                entries.remove(was)
            mark = None if now is None else now[-1][column]
            if now is None or mark is None or mark < self.mark:
                continue
            if mark > self.mark:
                self.mark = mark
                entries.fill([])
            entries.add(now)
        self._moved.clear()
        return entries


class Order:
    """The order that an index, or the key, gives to the rows of a table.

    A counted order is kept in one list per board, the value of its first column: shorter lists, and what
    moves on one board is not settled for the reader of another.
    """

    __slots__ = (
        "_board_of",
        "_boards",
        "_columns_of",
        "_key",
        "_mark",
        "_marked",
        "_name",
        "_room",
        "_row_of",
        "_shown",
        "_width",
        "broken",
        "by_key",
        "counted",
    )

    def __init__(
        self,
        table: Table[Any],
        index: Index | None,
        row_of: Callable[[Key], Any],
        rows: Iterable[tuple[Key, Row]],
    ) -> None:
        """Order `rows`, all there are now; `row_of` answers what a row is at any later time."""
        self.broken: bool = False
        self.by_key: bool = index is None
        self.counted: bool = table.counted if index is None else index.counted
        places = tuple(range(table.key)) if index is None else table.places(index)
        self._columns_of = _columns_of(places)
        self._width = len(places)
        self._name = table.name if index is None else index.name
        rest = table.order(index)[len(places) :]
        self._room = len(rest)
        # A row begins with its key: where the index has the first columns of that, a bound has to tell them twice
        self._key: tuple[int | None, ...] | None = None
        if rest != tuple(range(len(rest))):
            where = {place: n for n, place in enumerate(places)}
            self._key = tuple([where.get(place) for place in range(table.key)])
        self._shown = table.columns.index(index.present) if index and index.present else None
        self._board_of: Callable[[Row], Value] = itemgetter(places[0]) if self.counted else _one_board
        self._row_of = row_of
        self._mark = table.columns.index(index.marked) if index and index.marked else None
        self._marked: dict[Value, _Marked] = {}
        self._boards: dict[Value, tuple[Blocks, dict[Key, Row | None]]] = {}
        for key, row in rows:
            if self._shown is None or row[self._shown] is not None:
                self._moved(self._board_of(row))[key] = None

    # -- writes ---------------------------------------------------------------------------------------

    def note(self, before: Mapping[Key, Row | None], after: Mapping[Key, Row | None]) -> None:
        """Remember that these rows changed."""
        shown, board_of, by_key = self._shown, self._board_of, self.by_key
        for key, new in after.items():
            old = before[key]
            if by_key and old is not None and new is not None:
                continue
            board = None
            if old is not None and (shown is None or old[shown] is not None):
                board = board_of(old)
                self._moved(board).setdefault(key, old)
            else:
                old = None
            if new is not None and (shown is None or new[shown] is not None):
                onto = board_of(new)
                if old is None or onto != board:
                    self._moved(onto).setdefault(key, None)

    def _moved(self, board: Value) -> dict[Key, Row | None]:
        pair = self._boards.get(board)
        if pair is None:
            pair = self._boards[board] = (Blocks(), {})
        return pair[1]

    # -- settling -------------------------------------------------------------------------------------

    def _settled(self, board: Value) -> Blocks:
        pair = self._boards.get(board)
        if pair is None:
            return _NOTHING
        if pair[1]:
            self._settle(board, *pair)
        return pair[0]

    def _settle(self, board: Value, entries: Blocks, moved: dict[Key, Row | None]) -> None:
        try:
            if len(moved) * _REBUILD > len(entries):
                self._sort_anew(entries, board, moved)
            else:
                self._move(entries, board, moved)
        except BaseException:  # interrupted: what is half moved is made anew by the next reader
            self.broken = True
            raise
        moved.clear()

    def _move(self, entries: Blocks, board: Value, moved: dict[Key, Row | None]) -> None:
        changes = self._changes(board, moved)
        marked = self._marked.get(board)
        if marked is not None:
            marked.note(changes)
        for was, now in changes:
            if was is None:
                entries.add(now)
            elif now is None:
                entries.remove(was)
            elif (
                was[:-1] == now[:-1]
            ):  # it keeps its place; its other columns may not even compare (None and 1)
                entries.exchange(was, now)
            else:
                entries.replace(was, now)

    def _sort_anew(self, entries: Blocks, board: Value, moved: dict[Key, Row | None]) -> None:
        self._marked.pop(board, None)
        changes = self._changes(board, moved)
        gone = {was for was, _ in changes if was is not None}
        kept = [entry for entry in entries if entry not in gone] if gone else list(entries)
        kept += [now for _, now in changes if now is not None]
        kept.sort()
        entries.fill(kept)

    def _changes(self, board: Value, moved: dict[Key, Row | None]) -> list[tuple[Any, Any]]:
        """Return what stood for each row on a board and what stands for it now, where the two differ."""
        shown, entry, row_of, board_of = self._shown, self._entry, self._row_of, self._board_of
        changes = []
        for key, old in moved.items():
            new = row_of(key)
            if new is not None and ((shown is not None and new[shown] is None) or board_of(new) != board):
                new = None
            if new is old:
                continue
            was = None if old is None else entry(key, old)
            now = None if new is None else entry(key, new)
            if was != now:
                changes.append((was, now))
        return changes

    def _entry(self, key: Key, row: Row) -> Entry | None:
        """Return what stands for a row, None when it has no place for want of a value.

        Along an index that is the ordered columns and then the row itself, whose first columns are its key:
        so ties are ordered by the key, and reading the board needs no look-up of each row.
        """
        if self.by_key:
            return key
        columns = self._columns_of(row)
        return None if None in columns else (*columns, row)

    # -- reads ----------------------------------------------------------------------------------------

    def _lying(self, prefix: Key) -> tuple[Blocks, bool]:
        """Return the entries among which a prefix is found, and whether all of them have it."""
        if not self.counted:
            return self._settled(None), not prefix
        if prefix:
            return self._settled(prefix[0]), len(prefix) == 1
        boards: list[Any] = [board for board in self._boards if board is not None]
        everything = Blocks()  # all boards at once: for exports and checks, which read every row anyway
        everything.fill([entry for board in sorted(boards) for entry in self._settled(board)])
        return everything, True

    def _bound(self, bound: Entry) -> Entry:
        """Return a bound in the shape of an entry, which ends in the whole row."""
        width = self._width
        if len(bound) <= width:
            return bound
        rest, room = bound[width:], self._room
        if len(rest) > room and rest[room] is not TOP:
            raise too_long(self._name)
        if self.by_key:
            return bound
        if self._key is None:
            return (*bound[:width], rest)
        key: list[Any] = []
        for place in self._key:
            if place is not None:
                key.append(bound[place])
            elif rest:
                key.append(rest[0])
                rest = rest[1:]
            else:
                break
        return (*bound[:width], (*key, *rest))

    def rows(  # noqa: PLR0913 - the arguments of a scan
        self,
        prefix: Key,
        start: Key | None,
        stop: Key | None,
        *,
        reverse: bool,
        offset: int,
        limit: int | None,
    ) -> list[Row]:
        """Return the rows of a range, in order."""
        entries, whole = self._lying(prefix)
        first, last = cut(*self._ends(entries, prefix, start, stop, whole=whole), reverse, offset, limit)
        found = entries.between(first, last)
        if reverse:
            found.reverse()
        return list(map(self._row_of, found)) if self.by_key else [entry[-1] for entry in found]

    def _ends(
        self, entries: Blocks, prefix: Key, start: Key | None, stop: Key | None, *, whole: bool
    ) -> tuple[int, int]:
        """Return the place of the first row of a range, and the one after its last."""
        if start is not None:
            first = entries.before(self._bound(prefix + start))
        else:
            first = 0 if whole else entries.before(self._bound(prefix))
        if stop is not None:
            return first, entries.before(self._bound(prefix + stop))
        return first, (len(entries) if whole else entries.before(self._bound((*prefix, TOP))))

    def count(self, prefix: Key, start: Key | None = None, stop: Key | None = None) -> int:
        """Return how many rows of a range there are."""
        entries, whole = self._lying(prefix)
        first, last = self._ends(entries, prefix, start, stop, whole=whole)
        return max(0, last - first)

    def position(self, prefix: Key, bound: Key | None, mark: int | None = None) -> int:
        """Return how many rows of a board come before a bound, all of them or those with a mark."""
        if not self.counted or not prefix:
            raise StoreError("This is asked of one board of a counted order")
        entries = self._settled(prefix[0])
        if mark is not None:
            entries = self._having(prefix[0], entries, mark)
        if bound is None:
            return len(entries)
        whole = prefix + bound
        if len(whole) > self._width:
            whole = self._bound(whole)
        found = entries.before(whole)
        return found if len(prefix) == 1 else found - entries.before(self._bound(prefix))

    def span(self, prefix: Key, start: Key, stop: Key) -> tuple[int, int, int]:
        """Return how many rows of a board come before a range, are in it, and there are."""
        low, high, width = prefix + start, prefix + stop, self._width
        if len(low) > width or len(high) > width:
            low, high = self._bound(low), self._bound(high)
        return self._one_settled(prefix).span(low, high)

    def beside(self, prefix: Key, key: Key, before: int, length: int) -> list[Row]:
        """Return the rows of a board around a bound."""
        found = self._one_settled(prefix).beside(self._bound(prefix + key), before, length)
        return list(map(self._row_of, found)) if self.by_key else [entry[-1] for entry in found]

    def _one_settled(self, prefix: Key) -> Blocks:
        if not self.counted or len(prefix) != 1:
            raise StoreError("This is asked of one board of a counted order")
        pair = self._boards.get(prefix[0])
        return pair[0] if pair is not None and not pair[1] else self._settled(prefix[0])

    def _having(self, board: Value, entries: Blocks, mark: int) -> Blocks:
        """Return the entries that have a mark: kept for the greatest, sought out for any other."""
        column = self._mark
        if column is None:
            raise StoreError("This order has no marks")
        marked = self._marked.get(board)
        if marked is None:
            if not entries:
                return entries
            marked = self._marked[board] = _Marked(column, entries)
        try:
            kept = marked.settled()
        except BaseException:  # interrupted: as when a board is
            del self._marked[board]
            raise
        if mark == marked.mark:
            return kept
        if mark > marked.mark:
            return _NOTHING
        found = Blocks()
        found.fill([entry for entry in entries if entry[-1][column] == mark])
        return found


def _one_board(_row: Row) -> None:
    return None


def _columns_of(places: tuple[int, ...]) -> Callable[[Row], Row]:
    if len(places) > 1:
        return itemgetter(*places)
    place = places[0]
    return lambda row: (row[place],)
