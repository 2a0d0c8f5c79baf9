"""Views of a SQLite file: snapshots on borrowed connections, which remember what they have read.

Promise: a view sees the file as it was when the `with` statement was entered, and answers nothing before and after it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from itertools import chain
from types import TracebackType
from typing import Any, Self, TypeVar

from gamify_core.errors import StoreError
from gamify_core.storage.protocol import Key, Table, Value
from gamify_core.storage.sqlite_connections import DRIVER_ERRORS, ReadingConnection
from gamify_core.storage.sqlite_places import Places
from gamify_core.storage.sqlite_ranks import Counts, Executing
from gamify_core.storage.sqlite_reading import Layout, SQLiteReader
from gamify_core.storage.sqlite_statements import Statements

__all__ = ["SQLiteView"]

Row = TypeVar("Row", bound=tuple[Any, ...])
_MANY = 128  # rows of a range, beyond which a reading is not remembered
_ANSWERS_KEPT = 4_096  # readings that a connection remembers, of a row or a few
_AT_ONCE = 128  # rows that are read by their keys with one statement


class SQLiteView(SQLiteReader):
    """A snapshot on a reading connection, which is borrowed for as long as the `with` statement lasts.

    What the connection has read stays at hand while nobody commits, and is taken from there: rows that are asked for
    again and again, such as the last activity, the people of a first page, and the first page itself.
    """

    __slots__ = ("_answers", "_borrow", "_give_back", "_hand", "_places", "_version")

    _connection: ReadingConnection | None

    def __init__(
        self,
        layout: Layout,
        borrow: Callable[[SQLiteView], ReadingConnection],
        give_back: Callable[[SQLiteView, ReadingConnection], None],
    ) -> None:
        """Borrow a connection when entered."""
        super().__init__(layout)
        self._borrow = borrow
        self._give_back = give_back

    @property
    def borrowed(self) -> sqlite3.Connection:
        """The connection the snapshot is read on."""
        return self._open()

    @property
    def version(self) -> object:
        """Which connection reads, and its number of what others have committed."""
        connection = self._connection
        if connection is None:
            raise self._not_open()
        return connection.serial, self._version

    def __enter__(self) -> Self:
        """Open the snapshot."""
        if self._connection is not None:
            detail = f"{self._layout.path}: this view is open already"
            raise StoreError(detail)
        connection = self._connection = self._borrow(self)
        hand = connection.hand
        try:
            hand.execute("BEGIN")
            # A deferred transaction begins with its first read. This one reads, too, whether anything is new.
            (version,) = hand.execute("PRAGMA data_version").fetchone()
        except BaseException as error:
            self._leave()
            if isinstance(error, DRIVER_ERRORS):
                raise self._refused(error) from error
            raise
        if version != connection.version:
            connection.version = version
            connection.answers.clear()
        self._version: int = version
        self._hand: sqlite3.Cursor = hand
        self._answers: dict[Any, Any] = connection.answers
        self._places: Places = connection.places
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the snapshot go."""
        self._leave()

    def _executing(self) -> Executing:
        self._open()
        return self._hand

    def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._give_back(self, connection)

    def _one(self, texts: Statements, text: str, values: Key) -> Any:
        if self._connection is None:
            raise self._not_open()
        name = (text, values)
        try:
            return self._answers[name]
        except KeyError:
            pass
        try:
            row = self._hand.execute(text, values).fetchone()
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error
        found = None if row is None else texts.make(row)
        self._remember(name, found)
        return found

    def _some(self, texts: Statements, text: str, values: Key) -> list[Any]:
        if self._connection is None:
            raise self._not_open()
        name = (text, values)
        known = self._answers.get(name)
        if known is None:
            known = self._fetched(texts, text, values)
            if len(known) > _MANY:
                return known
            self._remember(name, known)
        return list(known)

    def _remember(self, name: tuple[str, Key], found: Any) -> None:
        answers = self._answers
        if len(answers) >= _ANSWERS_KEPT:
            answers.clear()
        answers[name] = found

    def get_many(self, table: Table[Row], keys: Sequence[Key], /) -> list[Row | None]:
        """Return the rows with these keys, in the same order, None where there is none."""
        texts = self._layout[table]
        answers, text = self._answers, texts.get
        if self._connection is not None:
            unknown = [key for key in keys if (text, key) not in answers]
            if len(unknown) > 1:
                self._read_in(texts, list(dict.fromkeys(unknown))[:_AT_ONCE])
        return [self._one(texts, text, key) for key in keys]

    def _read_in(self, texts: Statements, keys: list[Key]) -> None:
        """Read rows that will be asked for with one statement."""
        text, values = _asked_at_once(texts, keys)
        try:
            rows = self._hand.execute(text, values).fetchall()
        except DRIVER_ERRORS as error:
            raise self._refused(error) from error
        width, text = texts.table.key, texts.get
        found = {row[:width]: texts.make(row) for row in rows}
        for key in keys:
            self._remember((text, key), found.get(key))

    def values(self, table: Table[Row], keys: Sequence[Key], column: str, /) -> list[Any]:
        """Return what the rows with these keys have in one column, None where there is no row."""
        texts, width, found = self._layout[table], table.key, dict[Any, Any]()
        self._open()
        for first in range(0, len(keys), _AT_ONCE):
            some = keys[first : first + _AT_ONCE]
            text, values = _asked_at_once(texts, some, column)
            try:
                rows = self._hand.execute(text, values).fetchall()
            except DRIVER_ERRORS as error:
                raise self._refused(error) from error
            found.update([(row[:width], row[width]) for row in rows])
        return list(map(found.get, keys))

    def _seek(self, counts: Counts, board: Value, offset: int) -> tuple[Key, int] | None:
        found = self._places.seek(counts, board, offset, self._version)
        return super()._seek(counts, board, offset) if found is None else found

    def _counted(self, counts: Counts, board: Value, start: Key, stop: Key) -> int:
        self._open()
        places, version = self._places, self._version
        if start and stop:
            return places.between(counts, board, start, stop, version)
        if stop:
            return places.position(counts, board, stop, version)
        total = places.total(counts, board, version)
        return total - places.position(counts, board, start, version) if start else total

    def _spanned(self, counts: Counts, board: Value, start: Key, stop: Key) -> tuple[int, int, int]:
        self._open()
        return self._places.span(counts, board, start, stop, self._version)

    def _marked(self, counts: Counts, board: Value, bound: Key | None, mark: int) -> int:
        self._open()
        return self._places.marked(counts, board, bound, mark, self._version)


def _asked_at_once(
    texts: Statements, keys: Sequence[Key], column: str | None = None
) -> tuple[str, list[Value]]:
    """Return what asks for rows with one statement; of how many keys is rounded up, so texts are few."""
    count = 1 << (len(keys) - 1).bit_length()
    return texts.many(count, column), list(chain(*keys, *[keys[-1]] * (count - len(keys))))
