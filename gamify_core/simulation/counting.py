"""The road of a simulated world: what is decided on it is counted, and nothing else is kept of it.

Promise: what a command brought about is counted once it stands, with what was due before it; of what was taken back
nothing is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from gamify_core.road.road import Road
from gamify_core.simulation.tallies import Person, Tally
from gamify_core.storage.tables import ORDER
from gamify_core.storage.tables.activity import ActivityRow
from gamify_core.storage.unit import Unit

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.road.commands import Ask, Decided
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Table

__all__ = ["OURS", "CountedRoad", "Counting"]

_row = tuple.__new__
_NOBODY = Person("", 0)
OURS = 1  # the number of the one catalog that is in force
_REST = ("", "", None, OURS, 1, None, None, "", b"", None)


class Counting:
    """A recorder that keeps the last activity alone, and hands every outcome to a tally."""

    def __init__(self, midnights: Sequence[int]) -> None:
        self.midnights = midnights
        self.people: dict[str, Person] = {}
        self.days: int = len(midnights) - 1
        self.tally: Tally = Tally(self.days)
        self.head: ActivityRow
        self._trying: list[tuple[Person, int, str, list[Words], dict[int, Person] | None]] | None = None
        self.begin()

    def begin(self) -> None:
        """Forget what was decided."""
        self.head = ActivityRow._make((0, 0, 0, *_REST))

    def text(self, _request: dict[str, Any]) -> str:
        """Return nothing: nobody will ask what was asked."""
        return ""

    def last(self, _unit: Unit) -> ActivityRow:
        """Return the last activity."""
        return self.head

    def record(
        self,
        _unit: Unit,
        turn: Turn,
        kind: str,
        _request: str,
        _catalog: int,
        _hashed: bytes | None,
        _fingerprint: bytes | None,
        _previous: bytes,
        _erases: bool = False,  # noqa: FBT001, FBT002 - as above
    ) -> None:
        """Count what was decided."""
        at = turn.occurred_at
        self.head = _row(ActivityRow, (turn.seq, turn.recorded_at, at, *_REST))
        people = self.people
        others: dict[int, Person] | None = None
        if len(turn.people) > 1:
            others = {number: people[name] for number, name in turn.people.items() if name in people}
        person = people.get(turn.who.participant_id, _NOBODY)
        if self._trying is None:
            self.tally.take(person, self.day(at), kind, turn.outcome, others)
        else:
            self._trying.append((person, self.day(at), kind, turn.outcome, others))

    def attempt(self, decide: Callable[[], Decided]) -> Decided:
        """Count what a command brings about, and what was due before it, unless it is taken back."""
        head, self._trying = self.head, []
        kept = False
        try:
            decided = decide()
            kept = decided.written
        finally:
            tried, self._trying = self._trying, None
            if not kept:
                self.head = head
        if kept:
            for each in tried:
                self.tally.take(*each)
        return decided

    def day(self, instant: int) -> int:
        """Return the day on which an instant falls where the catalog is at home."""
        return bisect_right(self.midnights, instant, 1, self.days) - 1


class _Loose(Unit):
    """A unit over a store that knows no parents: a table that is read in order is sent alone."""

    __slots__ = ()

    def _flush_dirty(self, table: Table[Any]) -> None:
        whole = self._shelves
        if whole[table].before or whole[table].ends:
            alone = self._shelves = type(whole)(ORDER)
            alone[table] = whole[table]
            try:
                self.flush()
            finally:
                self._shelves = whole


class CountedRoad(Road):
    """The road, over such units; what is taken back is not counted."""

    unit: type[Unit] = _Loose

    def attempt(self, unit: Unit, scope: str, ask: Ask, *, backfill: bool = False) -> Decided:
        """Decide a command that may be refused."""
        notes = self.recorder
        assert isinstance(notes, Counting)  # noqa: S101 - a world makes its road with it
        return notes.attempt(partial(super().attempt, unit, scope, ask, backfill=backfill))
