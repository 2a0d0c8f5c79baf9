"""Working metrics out again, from what is left once something was taken back.

Promise: afterwards every window of such a metric holds what it would hold had the rest been all there ever was, the
place on a board and its date included; who has nothing left in a window leaves it. It is the way a new catalog fills
its windows, tried out in one participant's history alone, and only the rows that come out otherwise are written.
Undoing a sum by subtraction would be quicker, and would know neither the date of what is left nor a maximum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road.meters import relevel, window_number
from gamify_core.road.rebuild import replay, wanted_of
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
from gamify_core.storage.tables.activity import ACTIVITY, ActivityRow
from gamify_core.storage.tables.metrics import METRIC, SEEN, WINDOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamify_core.road.compiled import MetricPlan, Tracker
    from gamify_core.storage.tables.metrics import MetricRow
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["lower", "recount"]


def recount(turn: Turn) -> None:
    """Work out again whatever the turn has found stale, and wake what that reaches."""
    stale, turn.stale = turn.stale, []
    people = {who.number: who for who, _ in stale}
    for number, who in people.items():
        _recount(turn, who, {name for found, name in stale if found.number == number})


def _recount(turn: Turn, who: ParticipantRow, names: set[str]) -> None:
    trackers = {
        tracker.key: tracker for name in sorted(names) for tracker in turn.plan.metrics[name].trackers
    }
    if not trackers:
        return
    scratch = Trial(turn.unit)
    # The row that this command is going to write: what it has moved already is dated by it
    row = (
        turn.seq,
        turn.recorded_at,
        turn.occurred_at,
        turn.scope,
        "",
        None,
        0,
        0,
        None,
        None,
        "",
        b"",
        None,
    )
    scratch.add(ACTIVITY, ActivityRow(*row))
    kept: dict[int, MetricRow] = {}
    for held in turn.unit.scan(METRIC, None, (who.number,)):
        if _tracker(turn.unit, held.window, trackers) is not None:
            kept[held.window] = held
            scratch.remove(METRIC, held)
            for seen in turn.unit.scan(SEEN, None, (who.number, held.window)):
                scratch.remove(SEEN, seen)
    again = Turn(scratch, turn.plan, turn.draws, who.scope, turn.seq, turn.recorded_at, 0, 0, who)
    replay(again, wanted_of(turn.plan, trackers.values()))
    for opened in scratch.queued(WINDOW):  # a longest run may count in another window now
        turn.unit.add(WINDOW, opened)
    for number in sorted({*kept, *(row.window for row in scratch.queued(METRIC))}):
        tracker = _tracker(turn.unit, number, trackers)
        left = scratch.get(METRIC, (who.number, number))
        if tracker is not None and left != kept.get(number):
            _settle(turn, who, tracker, number, kept.get(number), left)
        _settle_seen(turn, scratch, who, number)


def _tracker(unit: Unit, number: int, trackers: Mapping[tuple[str, str], Tracker]) -> Tracker | None:
    """Return which of these trackers a window is one of."""
    window = unit.get(WINDOW, (number,))
    return trackers.get((window.metric, window.calendar)) if window is not None else None


def _settle(  # noqa: PLR0913 - whose, where, and from what to what
    turn: Turn,
    who: ParticipantRow,
    tracker: Tracker,
    window: int,
    held: MetricRow | None,
    left: MetricRow | None,
) -> None:
    """Put what is left in a window in the place of what was there."""
    if left is not None:
        turn.unit.put(METRIC, left)
    elif held is not None:
        turn.unit.remove(METRIC, held)
    if tracker.dense:
        was, now = (row.down if row is not None else None for row in (held, left))
        relevel(turn.unit, window, was, now)
    # A window that is over moves nobody: what it gave was given by what happened in it, and is undone with that
    if (
        tracker.watch is not None
        and window_number(turn.unit, turn.scope, tracker, turn.occurred_at) == window
    ):
        old, new = (row.value if row is not None else 0 for row in (held, left))
        turn.wake(who, tracker.watch.reached(old, new))


def _settle_seen(turn: Turn, scratch: Trial, who: ParticipantRow, window: int) -> None:
    """Forget the values that nothing which is left has shown, and date the others by what is left."""
    for seen in turn.unit.scan(SEEN, None, (who.number, window)):
        left = scratch.get(SEEN, (who.number, window, seen.value))
        if left is None:
            turn.unit.remove(SEEN, seen)
        elif left != seen:
            turn.unit.put(SEEN, left)


def lower(turn: Turn, who: ParticipantRow, plan: MetricPlan, by: int, at: int) -> None:
    """Take something off a sum of which no history is kept, such as a cap's, in the windows that hold an instant."""
    for tracker in plan.trackers:
        window = window_number(turn.unit, turn.scope, tracker, at)
        row = turn.unit.get(METRIC, (who.number, window)) if window else None
        if row is not None:
            left = row.value - by
            _settle(turn, who, tracker, window, row, row._replace(value=left) if left > 0 else None)
