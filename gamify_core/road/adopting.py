"""A changed catalog before the first write under it: read as adopting it will leave the rows.

Promise: between opening a file under another catalog and the first command, and for an engine that only ever reads,
every read answers as it will once this engine's catalog is adopted, and nothing is written: windows that it newly asks
for are filled from history, a board that it ranks otherwise is in its new order, streaks are judged as it says, and
people stand on the rungs of its new ladders. It is done in a trial, by the very code that will do it (`rebuild`), and
for no more people than a read is about: one participant's values from their own history, a board from everybody's in
its scope. What time and commands hand out is not there yet, as it is not there after the adoption either: badges, and
whatever `on_change="reevaluate"` goes on to give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from gamify_core.road.rebuild import Rebuilding
from gamify_core.road.repeating import Everyone
from gamify_core.road.trial import Trial
from gamify_core.road.windows import opened
from gamify_core.storage.tables.metrics import METRIC, SEEN, WINDOW, WindowRow
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import REVIEW, STANDING
from gamify_core.storage.tables.streaks import MARK, REPAIR, STREAK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gamify_core.road.compiled import Tracker
    from gamify_core.road.rebuild import Changes
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Index, Key, Reader, Table
    from gamify_core.storage.unit import Unit

__all__ = ["Adopting"]

Row = TypeVar("Row", bound=tuple[Any, ...])


class Adopting(Trial):
    """Rows as they will be once a catalog is adopted, for whomever is looked at."""

    __slots__ = ("_done", "_fresh", "_tables", "_work")

    def __init__(self, reader: Reader | Unit, turn_in: Callable[[Unit], Turn], changed: Changes) -> None:
        """Read from `reader`; `turn_in` makes the turn of the adoption in a unit."""
        super().__init__(reader)
        self._done: set[int] = set()
        self._fresh: dict[tuple[str, str], Tracker] = {}
        self._tables: frozenset[Table[Any]] = frozenset()  # what beginning reads is as it is
        self._work = Rebuilding(turn_in(self), changed)
        self._tables = _tables(changed)
        self._fresh = {tracker.key: tracker for tracker in changed.fresh}

    def everyone(self, scope: str) -> None:
        """Have it done for all people of a scope."""
        people = [who for who in Everyone(self, scope) if who.number not in self._done]
        self._done.update([who.number for who in people])
        self._work.over(people)
        self._work.finish()

    def get(self, table: Table[Row], key: Key, /) -> Row | None:
        """Return the row with this key as it will be."""
        if table in self._tables:
            self._have(key[0])
        return super().get(table, key)

    def get_many(self, table: Table[Row], keys: Sequence[Key], /) -> list[Row | None]:
        """Return the rows with these keys as they will be."""
        if table in self._tables:
            for key in keys:
                self._have(key[0])
        return super().get_many(table, keys)

    def find(self, table: Table[Row], index: Index, values: Key, /) -> Row | None:
        """Return the row that a unique index has under these values, as it will be."""
        row: Any = super().find(table, index, values)
        if row is None and table is WINDOW:
            row = self._opened(*values)
        return self.get(table, row[: table.key]) if row is not None and table in self._tables else row

    def _opened(self, scope: Any, metric: Any, calendar: Any, label: Any) -> WindowRow | None:
        """Open a window of the adopted catalog, whoever has anything in it: an empty one reads as one not there."""
        tracker = self._fresh.get((metric, calendar))
        if tracker is None:
            return None
        return opened(self, (scope, metric, calendar, label), tracker.bounds(label))

    def last(self, table: Table[Row], prefix: Key = (), /) -> Row | None:
        """Return the head of a chain as it will be."""
        if table in self._tables and prefix:
            self._have(prefix[0])
        return super().last(table, prefix)

    def scan(  # noqa: PLR0913 - the same range as the store's own scan
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
        """Return a range of rows as they will be; of an order that is not one person's, everybody's."""
        if table in self._tables:
            if prefix and (index is None or table.places(index)[0] == 0):
                self._have(prefix[0])
            elif table is not PARTICIPANT:  # a list of people asks nothing that is altered of their own rows
                self._have_all()
        return super().scan(
            table, index, prefix, start=start, stop=stop, reverse=reverse, offset=offset, limit=limit
        )

    def _have_all(self) -> None:
        head = super().last(PARTICIPANT)
        for number in range(1, head.number + 1 if head is not None else 1):
            self._have(number)

    def _have(self, number: Any) -> None:
        """Have it done for the participant with this number."""
        if number in self._done:
            return
        self._done.add(number)
        who = super().get(PARTICIPANT, (number,))
        if who is not None and who.erased != "deleted":
            self._work.over([who])


def _tables(changed: Changes) -> frozenset[Table[Any]]:
    """Return the tables of people whose rows a change alters."""
    tables: set[Table[Any]] = set()
    if changed.fresh or changed.reranked:
        tables |= {METRIC, SEEN}
    if changed.ruled:
        tables |= {STREAK, MARK, REPAIR}
    if changed.ladders or changed.reviewed:
        tables.add(STANDING)
    if any(ladder.review is not None for ladder in (*changed.ladders, *changed.reviewed)):
        tables |= {REVIEW, PARTICIPANT}  # whose row says when that is
    return frozenset(tables)
