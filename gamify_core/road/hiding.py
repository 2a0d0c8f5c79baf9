"""Hiding somebody from the leaderboards: their scores are counted as ever, and ranked nowhere.

Promise: while somebody is hidden, every board is as if they were not there, those of closed periods too. What happens
to them meanwhile is counted, and once they are shown again they stand where they would had they never been hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road import groups
from gamify_core.road.compiled import ALL_TIME
from gamify_core.road.joined import gather, own_numbers
from gamify_core.road.levels import relevel
from gamify_core.road.registering import become
from gamify_core.road.repeating import refill
from gamify_core.road.reranking import rank, unranked
from gamify_core.road.trial import Trial
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.road.compiled import Tracker
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.metrics import MetricRow, WindowRow

__all__ = ["hide", "is_final", "unhide"]


def hide(turn: Turn) -> None:
    """Take the turn's participant off all boards."""
    who = turn.who
    if who.is_hidden:
        turn.rest(0)
        return
    _become(turn, hidden=1)
    for row, window in _scores(turn):
        if row.down is None:
            continue
        turn.unit.put(METRIC, unranked(row))
        if turn.unit.get(SCORE_LEVEL, (row.window, row.down)) is not None:
            relevel(turn.unit, row, None)
        group = groups.memberships(turn.plan, window)
        if group is not None:
            tracker, attribute, name = group
            groups.count(turn.unit, tracker, window, attribute, name, row, None)


def unhide(turn: Turn) -> None:
    """Put the turn's participant back on all boards."""
    who = turn.who
    if not who.is_hidden:
        turn.rest(0)
        return
    _become(turn, hidden=0)
    scores = _scores(turn)
    for row, window in scores:
        group = groups.memberships(turn.plan, window)
        if group is not None:
            _rejoin(turn, row, window, group)
    lasting = {
        key: tracker
        for key, tracker in turn.plan.trackers.items()
        if tracker.ranked and tracker.calendar is ALL_TIME
    }
    days: dict[int, MetricRow] = {}
    if lasting:  # where they stood as today began
        scratch = Trial(turn.unit)
        refill(turn, scratch, turn.who, lasting)
        days = {row.window: row for row in scratch.queued(METRIC)}
    for row, window in scores:
        tracker = turn.plan.trackers.get((window.metric, window.calendar))
        if tracker is not None and tracker.ranked:
            who = turn.unit.get(PARTICIPANT, (row.participant,)) or turn.who
            told = days.get(row.window) if who.number == turn.who.number else None
            rank(turn, tracker, who, row, told)


def is_final(turn: Turn, window: WindowRow) -> bool:
    """Say whether the table of a window, or of a group in it, is final by now."""
    group = groups.memberships(turn.plan, window)
    tracker = turn.plan.trackers.get((window.metric, window.calendar)) if group is None else group[0]
    return tracker is not None and tracker.is_final(window.label, turn.recorded_at)


def _become(turn: Turn, *, hidden: int) -> None:
    """Hide or show a person, under all names that they have on final tables."""
    for number in own_numbers(turn.unit, turn.who):
        before = turn.unit.get(PARTICIPANT, (number,)) or turn.who
        after = before._replace(is_hidden=hidden)
        become(turn, before, after)
        if number == turn.who.number:
            turn.who = after


def _scores(turn: Turn) -> list[tuple[MetricRow, WindowRow]]:
    rows = gather(turn.unit, turn.who, METRIC)
    found = ((row, turn.unit.get(WINDOW, (row.window,))) for row in rows)
    return [(row, window) for row, window in found if window is not None]


def _rejoin(turn: Turn, row: MetricRow, window: WindowRow, group: tuple[Tracker, str, str]) -> None:
    """Put a score back on the board of a group where that is final; elsewhere it follows the board of all."""
    tracker, attribute, name = group
    if not tracker.is_final(window.label, turn.recorded_at):
        turn.unit.remove(METRIC, row)
        return
    down = tracker.down(row.value, 0)
    who = turn.unit.get(PARTICIPANT, (row.participant,)) or turn.who
    back = row._replace(down=down, tie=who.participant_id)
    turn.unit.put(METRIC, back)
    if tracker.dense:
        relevel(turn.unit, None, back)
    groups.count(turn.unit, tracker, window, attribute, name, None, back)
