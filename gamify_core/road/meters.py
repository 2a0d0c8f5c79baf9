"""Metrics move here: the rows of every window that is kept, and the thresholds that a move reaches.

Order inside a board is by *event time*: a score's `reached_at` is the latest event that changed a sum, the
earliest that reached a maximum, or the latest first sighting among different values, so neither batching nor the
order of arrival changes a rank, and a write that leaves the score leaves `reached_at`.

The balance of a wallet is the exception: what there is of it follows the order of recording, and so do its
windows. A movement that comes late shows in today's balance, for it can be spent from today; no balance of the
past is changed, for it was what it was. (The clock of an import follows its events, so there the two agree.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.periods import Calendar
from gamify_core.errors import BadValue
from gamify_core.road.compiled import ALL_TIME, MetricPlan, Tracker
from gamify_core.road.compiling import natural
from gamify_core.road.groups import follow
from gamify_core.road.levels import level, relevel
from gamify_core.road.rolling import value_in_days
from gamify_core.road.values import natural_value
from gamify_core.road.windows import opened
from gamify_core.storage.protocol import LARGEST
from gamify_core.storage.tables.boards import CLOSING, ClosingRow
from gamify_core.storage.tables.metrics import (
    METRIC,
    SEEN,
    WINDOW,
    WINDOW_BY_NAME,
    MetricRow,
    SeenRow,
    WindowRow,
)

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["DAILY", "moved", "see", "value_in", "value_of", "window_number"]

DAILY = Calendar("daily")
_row = tuple.__new__


def moved(  # noqa: PLR0913 - the move itself, and in the one case that is not the turn's, its instant
    turn: Turn,
    who: ParticipantRow,
    plan: MetricPlan,
    old: int | None,
    new: int,
    delta: int,
    at: int | None = None,
) -> None:
    """Let a metric go from `old` (None: it never moved before) to `new`, `delta` apart (never by nothing).

    That was `at`: unless it is given, when the turn's event occurred, or for a wallet's level when it was recorded.
    A metric whose running value is kept nowhere else passes the `delta` (or the value, for extremes) and lets its
    all-time window say what is old and what is new.
    """
    if plan.watch is not None and (nodes := plan.watch.reached(old, new)):
        turn.wake(who, nodes)
    if at is None:
        at = turn.recorded_at if plan.mode == "level" else turn.occurred_at
    for tracker in plan.trackers:
        if tracker.delay is not None and tracker.closed(turn.scope, at, turn.recorded_at):
            continue
        window = window_number(turn.unit, turn.scope, tracker, at, make=True)
        if window:
            row = turn.unit.get(METRIC, (who.number, window))
            _keep(turn, who, tracker, row, window, plan.mode, new, delta, at)


def _keep(  # noqa: PLR0913 - on the hottest path: a record for these would cost more than it says
    turn: Turn,
    who: ParticipantRow,
    tracker: Tracker,
    row: MetricRow | None,
    window: int,
    mode: str,
    new: int,
    delta: int,
    at: int,
) -> None:
    old = None if row is None else row.value
    reached = at
    if mode == "sum":
        value = delta if row is None else row.value + delta
        if row is not None and row.reached_at > at:
            reached = row.reached_at
    else:
        value = new
        if row is not None and mode == "latest":
            if (at, value) <= (row.reached_at, row.value):
                return  # what came later by the time of the events stands; of one instant, the greatest
        elif row is not None and mode != "level":
            if value == row.value and at < row.reached_at:
                pass  # the same extreme, but reached earlier: only `reached_at` changes
            elif (value <= row.value) if mode == "max" else (value >= row.value):
                return
    if not -LARGEST <= value <= LARGEST:
        detail = f"{tracker.metric} would leave the range of 64 bits"
        raise BadValue(tracker.metric, value, detail)
    _put(turn, who, tracker, row, window, value, reached)
    if tracker.watch is not None and (nodes := tracker.watch.reached(old, value)):
        turn.wake(who, nodes)


def _put(  # noqa: PLR0913 - as above
    turn: Turn,
    who: ParticipantRow,
    tracker: Tracker,
    row: MetricRow | None,
    window: int,
    value: int,
    reached: int,
) -> None:
    if tracker.ranked:
        _rank(turn, who, tracker, row, window, value, reached)
    else:
        turn.unit.put(
            METRIC, _row(MetricRow, (who.number, window, value, reached, None, None, None, None, None))
        )


def _rank(  # noqa: PLR0913 - as above
    turn: Turn,
    who: ParticipantRow,
    tracker: Tracker,
    row: MetricRow | None,
    window: int,
    value: int,
    reached: int,
) -> None:
    down = tracker.down(value, who.is_hidden)
    day = day_down = day_reached = None
    if down is not None and tracker.calendar is ALL_TIME:
        day = DAILY.label(turn.recorded_at, tracker.zone)
        if row is not None:
            if row.day == day:
                day_down, day_reached = row.day_down, row.day_reached
            else:
                day_down, day_reached = row.down, row.reached_at
    tie = who.participant_id if down is not None else None
    new = _row(MetricRow, (who.number, window, value, reached, down, tie, day, day_down, day_reached))
    turn.unit.put(METRIC, new)
    if tracker.dense and (row is None or row.down != down):
        if down is None:
            relevel(turn.unit, row, None)
        else:
            level(turn.unit, window, down, 1, day)
            if row is not None and row.down is not None:
                level(turn.unit, window, row.down, -1, day)
    if tracker.groupings:
        follow(turn.unit, who, tracker, window, row, new)


def window_number(unit: Unit, scope: str, tracker: Tracker, instant: int, *, make: bool = False) -> int:
    """Return the number of the window that holds an instant; 0 where there is none, and none to be made."""
    label = tracker.label(instant)
    if label is None:
        return 0
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
    row = opened(unit, name, tracker.bounds(name[3]))
    due = tracker.due(name[3])
    if due is not None:
        unit.add(CLOSING, ClosingRow(row.number, due))
    return row


def see(turn: Turn, who: ParticipantRow, plan: MetricPlan, said: str | None) -> None:
    """Count a value of a distinct-metric (None: the day on which this is), in every window in which it is new."""
    at = turn.occurred_at
    for tracker in plan.trackers:
        if tracker.delay is not None and tracker.closed(turn.scope, at, turn.recorded_at):
            continue
        value = said if said is not None else str(DAILY.label(at, tracker.zone))
        window = window_number(turn.unit, turn.scope, tracker, at, make=True)
        if not window:
            continue
        seen = turn.unit.get(SEEN, (who.number, window, value))
        if seen is None:
            turn.unit.add(SEEN, SeenRow(who.number, window, value, at))
            row = turn.unit.get(METRIC, (who.number, window))
            _keep(turn, who, tracker, row, window, "sum", 1, 1, at)
        elif at < seen.first_at:
            turn.unit.put(SEEN, SeenRow(who.number, window, value, at))
            _redate(turn, who, tracker, window, seen.first_at)


def _redate(turn: Turn, who: ParticipantRow, tracker: Tracker, window: int, was: int) -> None:
    """Date a number of different values by the latest first sighting, now that the one at `was` was earlier."""
    row = turn.unit.get(METRIC, (who.number, window))
    if row is not None and row.reached_at == was:
        seen = turn.unit.scan(SEEN, None, (who.number, window))
        reached = max(found.first_at for found in seen)
        if reached != was:
            _put(turn, who, tracker, row, window, row.value, reached)


def value_in(turn: Turn, who: ParticipantRow, tracker: Tracker, at: int | None = None) -> int:
    """Return a metric's value in the tracker's window at an instant, by default the turn's."""
    window = window_number(turn.unit, turn.scope, tracker, turn.occurred_at if at is None else at)
    row = turn.unit.get(METRIC, (who.number, window)) if window else None
    return 0 if row is None else row.value


def value_of(turn: Turn, who: ParticipantRow, name: str, at: int | None = None) -> int:
    """Return a metric's value as the turn sees it: `points.earned`, `streak.daily`, `lessons@weekly`, and so on.

    It is that of the turn's instant, or of another one. Before a season there is nothing in it, and what it came to
    stands after its end.
    """
    plan = turn.plan
    if at is None:
        at = turn.occurred_at
    if "@" not in name and natural(name):
        return natural_value(turn.unit, who, plan, name, at)
    tracker = plan.reading(name)
    days = plan.rollings.get(name)
    if days is not None:
        return value_in_days(turn.unit, who, plan, tracker, days, at)
    return value_in(turn, who, tracker, tracker.standing(at))
