"""What time had been said to have done by an instant of the past: which periods were closed, how far streaks were told.

A board and a streak read the same whether that was said or not. It matters to who tries out what would come next.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gamify_core.road import merging, opening
from gamify_core.road.joined import own_numbers
from gamify_core.road.streak_rows import Case, marks_of, state_in
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.boards import CLOSED, CLOSING, ClosingRow
from gamify_core.storage.tables.metrics import METRIC, METRIC_BY_RANK, WINDOW

if TYPE_CHECKING:
    from gamify_core.history.past import Past
    from gamify_core.storage.protocol import Index, Key
    from gamify_core.storage.tables.streaks import StreakRow

__all__ = ["Closings", "Told"]

_AT_ONCE: Final = 1_000
_TELLING: Final = frozenset({"streak_broken", "freeze_used", "streak_corrected"})


class Closings:
    """When windows are final, for those of which that was not done by then.

    One that is final later was opened by then if somebody is in it. That is looked at for who tries out what would
    come next; a read asks only for those that are final.
    """

    def __init__(self, past: Past) -> None:
        """Work it out for a past."""
        self._past = past

    def get(self, key: Key) -> ClosingRow | None:
        """Return the row of a window."""
        return self._then(self._past.reader.get(CLOSING, key))

    def rows(self, _index: Index | None, _prefix: Key) -> list[ClosingRow]:
        """Return those of all windows: their order is that of when they are final."""
        found = self._past.reader.scan(CLOSING)
        return [row for each in found if (row := self._then(each)) is not None]

    def _then(self, row: ClosingRow | None) -> ClosingRow | None:
        if row is None:
            return None
        due = self._due(row)
        if due is not None and due > self._past.instant:
            past = self._past
            if not past.telling or not past.scan(METRIC, METRIC_BY_RANK, (row.window,), limit=1):
                return None
        return row._replace(due=due)

    def _due(self, row: ClosingRow) -> int | None:
        """Return when a window is final, or None where it is closed: what was never closed was passed over."""
        window = self._past.reader.get(WINDOW, (row.window,))
        assert window is not None  # noqa: S101 - windows are never removed
        tracker = self._past.plan.trackers.get((window.metric, window.calendar))
        if row.due is not None or tracker is None:
            return row.due
        names = [
            (window.scope, board.board.code, name) for board, _, name in self._past.plan.closings(window)
        ]
        closed = [done for name in names if (done := self._past.reader.get(CLOSED, name)) is not None]
        later = any(done.activity > self._past.seq for done in closed)
        return tracker.due(window.label) if later else None


class Told:
    """How far it had been said what time does to streaks: one way through all that was recorded tells it."""

    def __init__(self, past: Past) -> None:
        """Go through what was recorded by then when the first streak is asked for."""
        self._past = past
        self._said: dict[tuple[int, str], list[tuple[int, int]]] | None = None

    def of(self, row: StreakRow, case: Case) -> StreakRow:
        """Return a streak's row as it was, with how far it was told, and when there was more to tell."""
        state = state_in(row)
        if self._said is None:
            self._said = self._all()
        numbers = own_numbers(self._past, case.who)
        said = [each for number in numbers for each in self._said.get((number, row.streak), [])]
        marks = marks_of(self._past, case.who, row.streak)
        since, told = 0, None
        if state is not None and state.last_at is not None:  # from then on, whatever was said before
            told = state.last_at
            found = [mark for mark in marks if (mark.label, mark.instant) == (state.last, state.last_at)]
            since = max((mark.id for mark in found), default=0)
        instants = [mark.instant for mark in marks if mark.id > since]
        instants += [at for seq, at in said if seq > since]
        told = max([*instants, *([told] if told is not None else [])], default=None)
        due = row.due if told is None else case.due(state, told)
        return row._replace(told=told, due=due if case.who.erased is None else None)

    def _all(self) -> dict[tuple[int, str], list[tuple[int, int]]]:
        found: dict[tuple[int, str], list[tuple[int, int]]] = {}
        after = 0
        while rows := self._past.scan(ACTIVITY, None, (), start=(after + 1,), limit=_AT_ONCE):
            after = rows[-1].seq
            for row in rows:
                opens = row.kind == opening.KIND
                names = opens or row.kind == merging.KIND
                if names or '"streak_' in row.outcome or '"freeze_' in row.outcome:
                    for words in json.loads(row.outcome):
                        if words[0] in _TELLING or (names and words[2] == "streak"):
                            name = (int(words[1]), str(words[3]))  # an opening has told of its own activity
                            found.setdefault(name, []).append((row.seq + opens, row.occurred_at))
        return found
