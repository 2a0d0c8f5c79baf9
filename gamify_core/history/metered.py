"""What was counted by an instant of the past: a participant's metrics from their history, a board from everybody's.

What rules have used of their bounds is decided as they go, so it is found by deciding all that was recorded again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from gamify_core.road.commands import NOBODY
from gamify_core.road.repeating import fill, replay, wanted_of
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
from gamify_core.storage.tables.metrics import (
    METRIC,
    SCORE_LEVEL,
    SEEN,
    WINDOW,
    WINDOW_BY_NAME,
    MetricRow,
    ScoreLevelRow,
    SeenRow,
)
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.history.past import Past
    from gamify_core.road.compiled import Tracker
    from gamify_core.storage.protocol import Index, Key, Table
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["Levels", "Metrics", "Seen"]


class _Bare:
    """The past without what is counted in it, to count it in."""

    def __init__(self, past: Past) -> None:
        self._past = past

    def __getattr__(self, name: str) -> Any:
        return getattr(self._past, name)

    def get(self, table: Table[Any], key: Key) -> Any:
        return None if table in _COUNTED else self._past.get(table, key)

    def scan(self, table: Table[Any], index: Index | None = None, prefix: Key = (), **how: Any) -> list[Any]:
        return [] if table in _COUNTED else self._past.scan(table, index, prefix, **how)


_COUNTED = frozenset({METRIC, SEEN, SCORE_LEVEL})


class Metrics:
    """A participant's metrics from their history, a board from everybody's."""

    def __init__(self, past: Past) -> None:
        """Count in a past; what was counted once is kept."""
        self._past = past
        self._boards: dict[tuple[str, str, str], dict[int, list[MetricRow]]] = {}
        self._seen: dict[tuple[str, str, str], dict[tuple[int, int], list[SeenRow]]] = {}
        self._people: dict[tuple[int, str, str], dict[int, MetricRow]] = {}
        self._closed: dict[int, list[MetricRow] | None] = {}
        self._before: dict[int, Metrics] = {}

    def get(self, key: Key) -> MetricRow | None:
        """Return a participant's row in a window, or None."""
        number, window = key
        named = self._named(window)
        who = self._past.get(PARTICIPANT, (number,))
        if named is None or who is None:
            return None
        scope, tracker = named
        if _is_bound(tracker):
            return self._bound(who, int(str(window)))
        then = self._then(int(str(window)))
        if then is not None:
            entry = then[0].get(key)
            return _placed(entry, then[1], who) if entry is not None else None
        board = self._boards.get((scope, *tracker.key))
        if board is not None:
            return next((row for row in board.get(int(str(window)), []) if row.participant == number), None)
        return self._of(who, tracker).get(int(str(window)))

    def rows(self, index: Index | None, prefix: Key) -> list[MetricRow]:
        """Return the rows of a participant, or (in an order) those of a window."""
        if index is not None:
            return self.board(prefix[0])
        who = self._past.get(PARTICIPANT, (prefix[0],))
        if who is None:
            return []
        counted = {
            window
            for tracker in self._past.plan.trackers.values()
            if not _is_bound(tracker)
            for window in self._of(who, tracker)
        }
        rows = self._past.reader.scan(METRIC, None, prefix[:1])  # such as are final, and keep what is gone
        if any(map(_is_bound, self._past.plan.trackers.values())) and (store := self._past.decided_again()):
            with store.view() as view:
                rows += view.scan(METRIC, None, prefix[:1])
        kept = {row.window for row in rows}
        found = [self.get((who.number, window)) for window in sorted(counted | kept)]
        return [row for row in found if row is not None]

    def board(self, window: Any) -> list[MetricRow]:
        """Return the entries of a window."""
        closed = self._final(window)
        if closed is not None:
            return closed
        name = self._filled(window)
        return self._boards[name].get(window, []) if name is not None else []

    def seen(self, number: Any, window: Any) -> list[SeenRow]:
        """Return the different values that a participant had shown in a window."""
        name = self._filled(window)
        return self._seen[name].get((number, window), []) if name is not None else []

    def _bound(self, who: ParticipantRow, window: int) -> MetricRow | None:
        """Return what of a rule's bound a participant had used: only deciding all of it again tells that."""
        row, store = self._past.reader.get(WINDOW, (window,)), self._past.decided_again()
        if row is None or store is None:
            return None
        with store.view() as view:
            there = view.find(WINDOW, WINDOW_BY_NAME, row[1:5])
            found = view.get(METRIC, (who.number, there.number)) if there is not None else None
        return found._replace(window=window) if found is not None else None

    def _final(self, window: int) -> list[MetricRow] | None:
        """Return the entries of a window that was final by then, None for one that was not.

        They are those of the moment before it was, or of a board that was made later, of the moment at which it was:
        from then on nothing changes it any more but who is hidden.
        """
        if window not in self._closed:
            self._closed[window] = self._as_closed(window)
        return self._closed[window]

    def _as_closed(self, window: int) -> list[MetricRow] | None:
        then = self._then(window)
        if then is None:
            return None
        metrics, tracker = then
        found = []
        for entry in metrics.board(window):
            who = self._past.get(PARTICIPANT, (entry.participant,))
            if who is not None:
                found.append(_placed(entry, tracker, who))
        return found

    def _then(self, window: int) -> tuple[Metrics, Tracker] | None:
        """Return what was counted at the moment before a window was final, None where it was not by then."""
        row = self._past.reader.get(WINDOW, (window,))
        named = self._named(window)
        due = named[1].due(row.label) if row is not None and named is not None else None
        if named is None or due is None or due > self._past.instant:
            return None
        tracker = named[1]
        then = self._past.kept_since(self._past.before(due), lambda plan: tracker.key in plan.trackers)
        if then is None or then.seq == self._past.seq:
            return None
        metrics = self._before.get(then.instant)
        if metrics is None:
            found = then.derived(METRIC)
            assert isinstance(found, Metrics)  # noqa: S101 - as of any past
            metrics = self._before[then.instant] = found
        return metrics, tracker

    def _filled(self, window: Any) -> tuple[str, str, str] | None:
        """Go through everybody's history for the tracker of a window, once, and say under what name it is kept."""
        named = self._named(window)
        if named is None:
            return None
        scope, tracker = named
        name = (scope, *tracker.key)
        if name not in self._boards:
            unit, turn = self._turn(scope)
            fill(turn, [tracker], scope)
            board = self._boards[name] = {}
            for row in unit.queued(METRIC):
                board.setdefault(row.window, []).append(row)
            shown = self._seen[name] = {}
            for each in unit.queued(SEEN):
                shown.setdefault((each.participant, each.window), []).append(each)
        return name

    def _of(self, who: ParticipantRow, tracker: Tracker) -> dict[int, MetricRow]:
        name = (who.number, *tracker.key)
        rows = self._people.get(name)
        if rows is None:
            unit, turn = self._turn(who.scope, who)
            replay(turn, wanted_of(self._past.plan, [tracker]))
            rows = self._people[name] = {row.window: row for row in unit.queued(METRIC)}
        return rows

    def _turn(self, scope: str, who: ParticipantRow | None = None) -> tuple[Trial, Turn]:
        unit = Trial(_Bare(self._past))
        return unit, Turn(unit, self._past.plan, lambda _: 0, scope, 0, 0, 0, 0, who or NOBODY)

    def _named(self, window: Any) -> tuple[str, Tracker] | None:
        row = self._past.reader.get(WINDOW, (window,))
        tracker = self._past.plan.trackers.get((row.metric, row.calendar)) if row is not None else None
        return (row.scope, tracker) if row is not None and tracker is not None else None


def _is_bound(tracker: Tracker) -> bool:
    """Say whether a metric is what rules have used of their bounds."""
    return tracker.metric.startswith("rule.")


def _placed(entry: MetricRow, tracker: Tracker, who: ParticipantRow) -> MetricRow:
    """Return an entry of a final table where its owner stands now: who is hidden stands nowhere."""
    down = tracker.down(entry.value, who.is_hidden)
    return entry._replace(down=down, tie=who.participant_id if down is not None else None)


class Seen:
    """The different values behind a number of them, which a rolling board adds up."""

    def __init__(self, metrics: Metrics) -> None:
        """Look at what was counted."""
        self._metrics = metrics

    def get(self, key: Key) -> SeenRow | None:
        """Return the row of a value, or None."""
        return next((row for row in self.rows(None, key[:2]) if row.value == key[2]), None)

    def rows(self, _index: Index | None, prefix: Key) -> list[SeenRow]:
        """Return those of a participant in a window."""
        number, window = prefix
        return self._metrics.seen(number, window)


class Levels:
    """Who held which score of a board, and as its last day began."""

    def __init__(self, metrics: Metrics) -> None:
        """Look at what was counted."""
        self._metrics = metrics

    def get(self, key: Key) -> ScoreLevelRow | None:
        """Return the row of a score, or None."""
        return next((row for row in self.rows(None, key[:1]) if row.down == key[1]), None)

    def rows(self, _index: Index | None, prefix: Key) -> list[ScoreLevelRow]:
        """Return those of a window."""
        entries = self._metrics.board(prefix[0])
        today = max((row.day for row in entries if row.day is not None), default=None)
        now = Counter(row.down for row in entries if row.down is not None)
        moved = [row for row in entries if today is not None and row.day == today]
        changed = {row.down for row in moved} | {row.day_down for row in moved}
        came = Counter(row.down for row in moved)
        left = Counter(row.day_down for row in moved if row.day_down is not None)
        found = []
        for down in sorted({*now, *left}):
            held = now[down] or None
            if down not in changed:
                found.append(ScoreLevelRow(prefix[0], down, held, None, None, None))  # type: ignore[arg-type]
                continue
            before = now[down] - came[down] + left[down] or None
            emptied = None if held else today
            found.append(ScoreLevelRow(prefix[0], down, held, today, before, emptied))  # type: ignore[arg-type]
        return found
