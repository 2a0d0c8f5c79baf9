"""Metrics move here: the rows of every window that is kept, and the thresholds that a move reaches.

Order inside a board is by *event time*: a score's `reached_at` is the latest event that changed a sum, or the
earliest that reached a maximum, so neither batching nor the order of arrival changes a rank, and a write that leaves
the score leaves `reached_at`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.periods import Calendar
from gamify_core.errors import BadValue
from gamify_core.road.plan import ALL_TIME, MetricPlan, Tracker, natural
from gamify_core.road.streak_rows import count_of
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN, WINDOW, WINDOW_BY_NAME
from gamify_core.storage.tables.metrics import MetricRow, ScoreLevelRow, SeenRow, WindowRow
from gamify_core.storage.tables.progress import EVENT

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["moved", "see", "value_in", "value_of", "window_number"]

DAILY = Calendar("daily")
_LIMIT = 2**63 - 1
_row = tuple.__new__


def moved(turn: Turn, who: ParticipantRow, plan: MetricPlan, old: int | None, new: int, delta: int) -> None:
    """Let a metric go from `old` (None: it never moved before) to `new`, `delta` apart, at the turn's instant.

    A metric whose running value is kept nowhere else passes the `delta` (or the value, for extremes) and lets its
    all-time window say what is old and what is new.
    """
    if plan.watch is not None and (nodes := plan.watch.reached(old, new)):
        turn.wake(who, nodes)
    for tracker in plan.trackers:
        window = window_number(turn.unit, turn.scope, tracker, turn.occurred_at, make=True)
        row = turn.unit.get(METRIC, (who.number, window))
        _keep(turn, who, tracker, row, window, plan.mode, new, delta)


def _keep(  # noqa: PLR0913 - one call site, on the hottest path: a record for these would cost more than it says
    turn: Turn,
    who: ParticipantRow,
    tracker: Tracker,
    row: MetricRow | None,
    window: int,
    mode: str,
    new: int,
    delta: int,
) -> None:
    at = turn.occurred_at
    old = None if row is None else row.value
    reached = at
    if mode == "sum":
        value = delta if row is None else row.value + delta
        if row is not None and row.reached_at > at:
            reached = row.reached_at
    else:
        value = new
        if row is not None:
            if mode == "level":
                reached = max(row.reached_at, at)
            elif value == row.value and at < row.reached_at:
                pass  # the same extreme, but reached earlier: only `reached_at` changes
            elif (value <= row.value) if mode == "max" else (value >= row.value):
                return
    if row is not None and value == row.value and reached >= row.reached_at:
        return
    if not -_LIMIT <= value <= _LIMIT:
        detail = f"{tracker.metric} would leave the range of 64 bits"
        raise BadValue(tracker.metric, value, detail)
    if tracker.ranked:
        _rank(turn, who, tracker, row, window, value, reached)
    else:
        turn.unit.put(METRIC, _row(MetricRow, (who.number, window, value, reached, None, None, None, None, None)))
    if tracker.watch is not None and (nodes := tracker.watch.reached(old, value)):
        turn.wake(who, nodes)


def _rank(  # noqa: PLR0913 - as above
    turn: Turn, who: ParticipantRow, tracker: Tracker, row: MetricRow | None, window: int, value: int, reached: int
) -> None:
    down = value if tracker.ascending else -value
    day = day_down = day_reached = None
    if tracker.calendar is ALL_TIME:
        day = DAILY.label(turn.recorded_at, tracker.zone)
        if row is not None:
            if row.day == day:
                day_down, day_reached = row.day_down, row.day_reached
            else:
                day_down, day_reached = row.down, row.reached_at
    turn.unit.put(
        METRIC,
        _row(
            MetricRow,
            (who.number, window, value, reached, down, who.participant_id, day, day_down, day_reached),
        ),
    )
    if tracker.dense and (row is None or row.down != down):
        _level(turn.unit, window, down, 1)
        if row is not None and row.down is not None:
            _level(turn.unit, window, row.down, -1)


def _level(unit: Unit, window: int, down: int, change: int) -> None:
    """Count one holder of a score more or less; a score nobody holds has no row."""
    row = unit.get(SCORE_LEVEL, (window, down))
    holders = (row.holders if row is not None else 0) + change
    if holders:
        unit.put(SCORE_LEVEL, ScoreLevelRow(window, down, holders))
    elif row is not None:
        unit.remove(SCORE_LEVEL, row)


def window_number(unit: Unit, scope: str, tracker: Tracker, instant: int, *, make: bool = False) -> int:
    """Return the number of the window that holds an instant; 0 where there is none yet and none is to be made."""
    label = tracker.calendar.label(instant, tracker.zone) if tracker.calendar is not ALL_TIME else 0
    name = (scope, tracker.metric, tracker.text, label)
    number: int | None = unit.known.get(name) or unit.memo.get(name)
    if number is not None:
        return number
    row = unit.find(WINDOW, WINDOW_BY_NAME, name)
    if row is None:
        if not make:
            return 0
        row = _open(unit, name, tracker)
    unit.memo[name] = row.number
    return row.number


def _open(unit: Unit, name: tuple[str, str, str, int], tracker: Tracker) -> WindowRow:
    head = unit.last(WINDOW)
    starts = ends = None
    if tracker.calendar is not ALL_TIME:
        starts = tracker.calendar.begins(name[3], tracker.zone)
        ends = tracker.calendar.begins(name[3] + 1, tracker.zone)
    row = WindowRow(1 if head is None else head.number + 1, *name, starts, ends)
    unit.add(WINDOW, row)
    return row


def see(turn: Turn, who: ParticipantRow, plan: MetricPlan, value: str) -> None:
    """Count a value of a distinct-metric, in every window in which it is new."""
    for tracker in plan.trackers:
        window = window_number(turn.unit, turn.scope, tracker, turn.occurred_at, make=True)
        if turn.unit.get(SEEN, (who.number, window, value)) is None:
            turn.unit.add(SEEN, SeenRow(who.number, window, value))
            row = turn.unit.get(METRIC, (who.number, window))
            _keep(turn, who, tracker, row, window, "sum", 1, 1)


def value_in(turn: Turn, who: ParticipantRow, tracker: Tracker) -> int:
    """Return a metric's value in the tracker's window at the turn's instant."""
    window = window_number(turn.unit, turn.scope, tracker, turn.occurred_at)
    row = turn.unit.get(METRIC, (who.number, window)) if window else None
    return 0 if row is None else row.value


def value_of(turn: Turn, who: ParticipantRow, name: str) -> int:
    """Return a metric's value as the turn sees it: `points.earned`, `streak.daily`, `lessons@weekly` …"""
    if "@" not in name and natural(name):
        return _natural(turn, who, name)
    return value_in(turn, who, turn.plan.reading(name))


def _natural(turn: Turn, who: ParticipantRow, name: str) -> int:
    if name.startswith("streak."):
        return count_of(turn, who, name)
    if name == "events.count":
        event = turn.unit.last(EVENT, (who.number,))
        return 0 if event is None else event.n
    currency, _, part = name.rpartition(".")
    entry = turn.unit.last(ENTRY, (who.number, currency))
    if entry is None:
        return 0
    return {"earned": entry.earned, "spent": entry.spent, "balance": entry.balance}[part]
