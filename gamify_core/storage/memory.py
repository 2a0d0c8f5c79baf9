"""The store in memory: the model of the others, and the fastest place for tests and simulations.

One lock is held from the beginning of a transaction to its end, and by a view for as long as it is open, so
all guarantees of the protocol hold by construction: nothing can be seen half done. Changes apply at once and
are remembered; a rollback applies them swapped, newest first. The mappings given to `replace` are kept until
the transaction ends and must not be changed afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from gamify_core.errors import StoreBusy, StoreClosed, StoreConflict, StoreError
from gamify_core.storage import forks
from gamify_core.storage.memory_shelves import ChainShelf, KeyShelf, shelf_for
from gamify_core.storage.protocol import Index, Key, Table

__all__ = ["MemoryStore", "ScratchStore"]

Row = TypeVar("Row", bound=tuple[Any, ...])
Rows = Mapping[Key, Any]
Shelf = KeyShelf | ChainShelf
_FORK_PATIENCE = 5.0  # seconds a fork waits for the work of other threads


class _Shelves(dict[Table[Any], Shelf]):
    """The shelf of each table. Asking for one that is not there raises what is the matter.

    A closed store and an ended transaction have no shelves, so the hot paths need no test of either.
    """

    __slots__ = ("refusal",)

    def __init__(self, refusal: Callable[[], StoreError]) -> None:
        super().__init__()
        self.refusal: Callable[[], StoreError] = refusal

    def __missing__(self, table: Table[Any]) -> Shelf:
        raise self.refusal()


def _unknown() -> StoreError:
    return StoreError("The store does not have this table", hint="call migrate(tables) first")


def _closed() -> StoreError:
    return StoreClosed("The store is closed")


def _torn() -> StoreError:
    return StoreError(
        "This process was forked while another thread was changing the store",
        hint="fork when no thread is at work",
    )


def _ended() -> StoreError:
    return StoreError("This transaction or view is not open")


_ENDED = _Shelves(_ended)


class _Reading:
    """The readers, which a view and a transaction share."""

    __slots__ = ("_shelves", "_store")

    _shelves: _Shelves
    _store: MemoryStore

    def get(self, table: Table[Row], key: Key, /) -> Row | None:
        """Return the row with this key, or None."""
        row: Row | None = self._shelves[table].get(key)
        return row

    def get_many(self, table: Table[Row], keys: Sequence[Key], /) -> list[Row | None]:
        """Return the rows with these keys, None where there is none."""
        return list(map(self._shelves[table].get, keys))

    def values(self, table: Table[Row], keys: Sequence[Key], column: str, /) -> list[Any]:
        """Return what the rows with these keys have in one column, None where there is no row."""
        return self._shelves[table].values(keys, table.columns.index(column))

    def find(self, table: Table[Row], index: Index, values: Key, /) -> Row | None:
        """Return the row that a unique index has under these values, or None."""
        row: Row | None = self._shelves[table].find(index, values)
        return row

    def last(self, table: Table[Row], prefix: Key = (), /) -> Row | None:
        """Return the head of a chain, or None."""
        row: Row | None = self._shelves[table].last(prefix)
        return row

    def scan(  # noqa: PLR0913 - as the protocol has it
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
        """Return the rows of a range, in the order of `index`."""
        return self._shelves[table].scan(
            index, prefix, start, stop, reverse=reverse, offset=offset, limit=limit
        )

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
        """Return how many rows have these leading columns, between bounds."""
        if start is None and stop is None:
            return self._shelves[table].count(index, prefix)
        return self._shelves[table].count_range(index, prefix, start, stop)

    def position(
        self,
        table: Table[Row],
        index: Index | None,
        prefix: Key,
        bound: Key | None,
        /,
        mark: int | None = None,
    ) -> int:
        """Return how many rows of a board come strictly before `bound`."""
        return self._shelves[table].order(index).position(prefix, bound, mark)

    def span(
        self, table: Table[Row], index: Index | None, prefix: Key, start: Key, stop: Key, /
    ) -> tuple[int, int, int]:
        """Return how many rows of a board come before a range, are in it, and there are."""
        return self._shelves[table].order(index).span(prefix, start, stop)

    def beside(  # noqa: PLR0913 - a range of a board
        self, table: Table[Row], index: Index | None, prefix: Key, key: Key, /, *, before: int, length: int
    ) -> list[Row]:
        """Return the rows of a board around a bound."""
        found: list[Any] = self._shelves[table].order(index).beside(prefix, key, before, length)
        return found


class _View(_Reading):
    """A reading of the store that keeps writers waiting while it is open."""

    __slots__ = ()

    @property
    def version(self) -> object:
        """How many transactions were kept so far: nothing else changes what is seen."""
        return self._store._kept  # noqa: SLF001 - a view is a part of its store

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._shelves = _ENDED

    def __enter__(self) -> Self:
        """Take the lock."""
        store = self._store
        self._shelves = store._take()  # noqa: SLF001 - a view is a part of its store
        store._views += 1  # noqa: SLF001
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock back."""
        self._shelves = _ENDED
        store = self._store
        store._views -= 1  # noqa: SLF001
        store._lock.release()  # noqa: SLF001


class _Transaction(_Reading):
    """A write transaction, which has the lock until it ends."""

    __slots__ = ("_undo",)

    def __init__(self, store: MemoryStore, shelves: _Shelves) -> None:
        self._store = store
        self._shelves = shelves
        # What was changed, from what to what; for a row that was appended: nothing, and the row.
        self._undo: list[tuple[Shelf, Rows | None, Any]] = []

    def replace(
        self, table: Table[Row], before: Mapping[Key, Row | None], after: Mapping[Key, Row | None], /
    ) -> None:
        """Make the rows under these keys be `after`, or raise `StoreConflict` and change nothing."""
        shelf = self._shelves[table]
        undo = self._undo
        undo.append((shelf, before, after))  # first: whatever interrupts the change, it can be taken back
        try:
            shelf.replace(before, after)
        except StoreError:
            undo.pop()
            raise
        except BaseException:
            _take_back(shelf, before, after)
            shelf.forget_orders()  # they may have heard of half the rows
            undo.pop()
            raise

    def append(self, table: Table[Row], rows: Sequence[Row], /) -> None:
        """Add rows at the ends of their chains, or raise and change nothing."""
        shelf = self._shelves[table]
        if len(rows) == 1:
            self._undo.append((shelf, None, rows[0]))  # first, as above
            if shelf.grow(rows[0]):
                return
            self._undo.pop()
        after = {row[: table.key]: row for row in rows}
        if len(after) < len(rows):
            raise StoreConflict(f"{table.name}: a row was given twice")
        self.replace(table, dict.fromkeys(after), after)

    def commit(self) -> None:
        """Keep everything, and end."""
        if self._shelves.refusal is not _unknown:
            raise self._shelves.refusal()
        self._store._kept += 1  # noqa: SLF001 - a transaction is a part of its store
        self._end(_ENDED)

    def rollback(self) -> None:
        """Take everything back, and end."""
        if self._shelves.refusal is _unknown:
            while self._undo:
                shelf, before, after = self._undo[-1]
                if before is None:
                    shelf.shrink(after)
                else:
                    _take_back(shelf, before, after)
                self._undo.pop()
            self._end(_ENDED)

    def _end(self, shelves: _Shelves) -> None:
        self._undo = []
        self._shelves = shelves
        self._store._let_go()  # noqa: SLF001 - a transaction is a part of its store


def _take_back(shelf: Shelf, before: Rows, after: Rows) -> None:
    newest_first = reversed(list(before.items()))  # the links of a chain go back on in the order they had
    shelf.put(after, dict(newest_first))


class MemoryStore:
    """Rows in this process, for as long as it lives.

    A transaction or a view of another thread waits until the lock is free. A thread that has one open itself
    would wait for ever, so there `begin` is refused, and so is a view inside a transaction: it would have to
    show what is committed, and the rows are the transaction's by now.
    """

    def __init__(self, *, timeout: float = 30.0) -> None:
        """Hold nothing yet. Who waits longer than `timeout` seconds for another thread gets `StoreBusy`."""
        self._timeout = timeout
        self._lock = threading.RLock()
        self._shelves = _Shelves(_unknown)
        self._open: _Transaction | None = None
        self._views = 0
        self._kept = 0
        self._still = False
        forks.watch(self)

    def migrate(self, tables: Iterable[Table[Any]], /) -> None:
        """Make the tables exist."""
        with self._lock:
            if self._shelves.refusal is not _unknown:
                raise self._shelves.refusal()
            names = {table.name: table for table in self._shelves}
            for table in tables:
                if names.setdefault(table.name, table) is not table:
                    raise StoreError(f"Two different tables are called {table.name}")
                if table not in self._shelves:
                    self._shelves[table] = shelf_for(table)

    def begin(self, locks: Sequence[str] = (), /) -> _Transaction:  # noqa: ARG002 - one lock for all names
        """Open a write transaction, when no other thread has one or a view."""
        shelves = self._take()
        if self._views:
            self._lock.release()
            raise StoreError("This thread has a view open", hint="end it before beginning a transaction")
        transaction = self._open = _Transaction(self, shelves)
        return transaction

    def view(self) -> _View:
        """Return a snapshot for reading."""
        if self._shelves.refusal is not _unknown:
            raise self._shelves.refusal()
        return _View(self)

    def close(self) -> None:
        """Drop all rows; a transaction of this thread that is still open is given up."""
        with self._lock:
            shelves, self._shelves = self._shelves, _Shelves(_closed)
            transaction = self._open
            if transaction is not None:
                transaction._end(self._shelves)  # noqa: SLF001 - there is nothing left to put rows back to
            shelves.refusal = _closed  # for views of this thread that are still open
            shelves.clear()

    def _take(self) -> _Shelves:
        """Take the lock, unless this thread has a transaction or the store is closed."""
        if not self._lock.acquire(blocking=False) and not self._lock.acquire(timeout=self._timeout):
            raise StoreBusy(f"another thread was busy for {self._timeout:.1f} seconds", waited=self._timeout)
        shelves = self._shelves
        if self._open is None and shelves.refusal is _unknown:
            return shelves
        self._lock.release()
        if shelves.refusal is not _unknown:
            raise shelves.refusal()
        raise StoreError("This thread has a transaction open", hint="end it, or work inside it")

    def _let_go(self) -> None:
        self._open = None
        self._lock.release()

    # -- forks -------------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Wait until no other thread is at work: it would not go on in the child."""
        self._still = self._lock.acquire(timeout=_FORK_PATIENCE)

    def after_fork_in_parent(self) -> None:
        """Let everybody go on."""
        if self._still:
            self._lock.release()

    def after_fork_in_child(self) -> None:
        """Go on with a copy of everything; where another thread did not end its work, refuse."""
        if self._still:
            self._lock.release()
            return
        self._lock = threading.RLock()
        self._shelves = _Shelves(_torn)
        self._open = None
        self._views = 0


class _Growing(_Shelves):
    """Shelves that are put up when they are first asked for."""

    __slots__ = ()

    def __missing__(self, table: Table[Any]) -> Shelf:
        shelf = self[table] = shelf_for(table)
        return shelf


class ScratchStore(MemoryStore):
    """A store that lives for a moment: every table exists, and none costs anything before it is used.

    For one that is opened a hundred thousand times, as by a simulation, and known to ask for sound tables only.
    """

    def __init__(self) -> None:
        super().__init__()
        self._shelves = _Growing(_unknown)
