"""Working metrics out again, from what is left once something was taken back.

Promise: afterwards every window of such a metric holds what it would hold had the rest been all there ever was, the
place on a board and its date included; who has nothing left in a window leaves it. It is the way a new catalog fills
its windows, tried out in one participant's history alone, and only the rows that come out otherwise are written.
Undoing a sum by subtraction is quicker, and knows neither the date of what is left nor a maximum: so that is done only
where a movement of a wallet goes that no date rests on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road.groups import follow
from gamify_core.road.levels import relevel
from gamify_core.road.meters import DAILY, window_number
from gamify_core.road.repeating import refill
from gamify_core.road.reversals import taken
from gamify_core.road.trial import Trial
from gamify_core.storage.tables.activity import ACTIVITY, ActivityRow
from gamify_core.storage.tables.boards import CLOSING
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.metrics import METRIC, SEEN, WINDOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamify_core.road.compiled import MetricPlan, Tracker
    from gamify_core.road.turn import Fall, Turn
    from gamify_core.storage.tables.ledger import EntryRow
    from gamify_core.storage.tables.metrics import MetricRow
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["lower", "recount"]


def recount(turn: Turn) -> None:
    """Work out again whatever the turn has found stale, and wake what that reaches."""
    stale, turn.stale = turn.stale, []
    people = {who.number: who for who, _, _ in stale}
    for number, who in people.items():
        left = {name for found, name, fall in stale if found.number == number and fall is None}
        falls = [(name, fall) for found, name, fall in stale if found.number == number and fall is not None]
        left.update(name for name, fall in falls if name not in left and not _fell(turn, who, name, fall))
        if left:
            _recount(turn, who, left)


def _fell(turn: Turn, who: ParticipantRow, name: str, fall: Fall) -> bool:
    """Take a movement out of the windows that it was counted in, and say whether that was all there is to do.

    It is where each of them stands as it does without it too: it was reached later, or by something else of that very
    moment, and so was the morning of its last day.
    """
    entry = turn.unit.get(ENTRY, (who.number, fall.currency, fall.version))
    assert entry is not None  # noqa: S101 - it was taken back
    alone = taken(turn.unit, entry) == abs(entry.amount) and not _beside(turn, entry)
    activity = turn.unit.get(ACTIVITY, (entry.activity,))
    found = []
    for tracker in turn.plan.metrics[name].trackers:
        window = window_number(turn.unit, turn.scope, tracker, entry.occurred_at)
        row = turn.unit.get(METRIC, (who.number, window)) if window else None
        if row is None or tracker.closed(turn.scope, entry.occurred_at, turn.recorded_at):
            continue
        lasting = row.value > fall.amount and tracker.least is None  # else it may be ranked no more
        if (alone and row.reached_at <= entry.occurred_at) or not lasting or activity is None:
            return False
        left = row._replace(value=row.value - fall.amount)
        if row.down is not None:
            by = -fall.amount if tracker.ascending else fall.amount
            left = left._replace(down=row.down + by)
            if row.day is not None and DAILY.label(activity.recorded_at, tracker.zone) < row.day:
                if row.day_down is None or row.day_reached is None:
                    return False
                if alone and row.day_reached <= entry.occurred_at:
                    return False
                left = left._replace(day_down=row.day_down + by)
            elif alone and row.day is not None:
                return False
        found.append((tracker, window, row, left))
    for place in found:
        _settle(turn, who, *place)
    return True


def _beside(turn: Turn, entry: EntryRow) -> bool:
    """Say whether another movement of the same kind stands, of the same activity and instant."""
    for version in (entry.version - 1, entry.version + 1):
        other = turn.unit.get(ENTRY, (entry.participant, entry.currency, version))
        if (
            other is not None
            and other.reverses is None
            and (other.activity, other.occurred_at, other.account)
            == (entry.activity, entry.occurred_at, entry.account)
            and taken(turn.unit, other) < abs(other.amount)
        ):
            return True
    return False


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
    kept = refill(turn, scratch, who, trackers)
    for opened in scratch.queued(WINDOW):  # a longest run may count in another window now
        turn.unit.add(WINDOW, opened)
    for closing in scratch.queued(CLOSING):
        if closing.due is not None and closing.due > turn.recorded_at:
            turn.unit.add(CLOSING, closing)
    for number in sorted({*kept, *(row.window for row in scratch.queued(METRIC))}):
        tracker = _tracker(turn.unit, number, trackers)
        if tracker is not None and _final(turn, tracker, number):
            continue
        left = scratch.get(METRIC, (who.number, number))
        if tracker is not None and left != kept.get(number):
            _settle(turn, who, tracker, number, kept.get(number), left)
        _settle_seen(turn, scratch, who, number)


def _tracker(unit: Unit, number: int, trackers: Mapping[tuple[str, str], Tracker]) -> Tracker | None:
    """Return which of these trackers a window is one of."""
    window = unit.get(WINDOW, (number,))
    return trackers.get((window.metric, window.calendar)) if window is not None else None


def _final(turn: Turn, tracker: Tracker, window: int) -> bool:
    """Say whether a window is closed, so that what is taken back now changes nothing in it any more."""
    row = turn.unit.get(WINDOW, (window,))
    return row is not None and tracker.is_final(row.label, turn.recorded_at)


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
        relevel(turn.unit, held, left)
    if tracker.groupings:
        follow(turn.unit, who, tracker, window, held, left)
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
    for fresh in scratch.scan(SEEN, None, (who.number, window)):  # of whom they were merged with
        if turn.unit.get(SEEN, fresh[:3]) is None:
            turn.unit.add(SEEN, fresh)


def lower(turn: Turn, who: ParticipantRow, plan: MetricPlan, by: int, at: int) -> None:
    """Take something off a sum of which no history is kept, such as a cap's, in the windows that hold an instant."""
    for tracker in plan.trackers:
        window = window_number(turn.unit, turn.scope, tracker, at)
        row = turn.unit.get(METRIC, (who.number, window)) if window else None
        if row is not None:
            left = row.value - by
            _settle(turn, who, tracker, window, row, row._replace(value=left) if left > 0 else None)
