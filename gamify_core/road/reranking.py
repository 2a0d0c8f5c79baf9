"""Scores that stay as they are and are put in another order, because a board's definition or who is shown has changed.

Promise: the groups of a final table are those of when it became final, or of when they were first asked for, if that
was later: whatever is asked afterwards (another sum, other ties) is worked out from whom rows have in which group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import attrs

from gamify_core.road import groups
from gamify_core.road.compiled import Grouping, Tracker
from gamify_core.road.levels import relevel
from gamify_core.storage.tables.metrics import METRIC, METRIC_BY_RANK, WINDOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamify_core.road.plan import Plan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.metrics import MetricRow, WindowRow
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["Reranked", "rank", "regroup", "unranked", "windows_of"]


class Reranked(NamedTuple):
    """A window that is put in another order, and by what; of a final period also which groupings are new to it.

    To the board of all those are `asked` whose groups no row tells of, to a group's own board (`group`) other sums.
    """

    window: WindowRow
    tracker: Tracker
    asked: tuple[Grouping, ...] = ()
    group: tuple[str, str] | None = None


def windows_of(turn: Turn, changed: Mapping[tuple[str, str], Tracker], old: Plan) -> dict[int, Reranked]:
    """Return the windows of these trackers; of final periods, those of groups too, which stay as they are otherwise.

    Of a tracker with `sealed` windows it is these alone: what it has besides is filled anew.
    """
    if not changed:
        return {}
    found: dict[int, Reranked] = {}
    told = set()
    for row in turn.unit.scan(WINDOW):
        group = groups.memberships(turn.plan, row)
        if group is None or group[0].key not in changed:
            continue
        tracker, attribute, _ = group
        if tracker.is_final(row.label, turn.recorded_at) and _meant(changed[tracker.key], row):
            if turn.unit.scan(METRIC, METRIC_BY_RANK, (row.number,), limit=1):
                told.add((row.scope, tracker.key, row.label, attribute))
            asked = tuple(each for each in _new(tracker, old) if each.attribute == attribute)
            found[row.number] = Reranked(row, attrs.evolve(tracker, groupings=()), asked, group[1:])
    for row in turn.unit.scan(WINDOW):
        own = changed.get((row.metric, row.calendar))
        if own is None or not _meant(own, row):
            continue
        new = _new(own, old) if own.is_final(row.label, turn.recorded_at) else ()
        groups.clear_sums(turn.unit, own, row, new)
        asked = tuple(each for each in new if (row.scope, own.key, row.label, each.attribute) not in told)
        found[row.number] = Reranked(row, own, asked)
    return found


def _meant(tracker: Tracker, window: WindowRow) -> bool:
    return not tracker.sealed or (window.scope, window.label) in tracker.sealed


def _new(tracker: Tracker, old: Plan) -> tuple[Grouping, ...]:
    was = old.trackers.get(tracker.key)
    return tuple(each for each in tracker.groupings if was is None or each not in was.groupings)


def regroup(unit: Unit, who: ParticipantRow, anew: Reranked, row: MetricRow) -> None:
    """Let groupings that are new to a final period have a score: in the groups of now, or in the one it stands in."""
    if not anew.asked:
        return
    tracker = attrs.evolve(anew.tracker, groupings=anew.asked)
    if anew.group is None:
        groups.follow(unit, who, tracker, row.window, None, row)
    else:
        groups.count(unit, tracker, anew.window, *anew.group, None, row)


def rank(
    turn: Turn, tracker: Tracker, who: ParticipantRow, row: MetricRow, told: MetricRow | None
) -> MetricRow:
    """Put one row in its order, or take it out of any; `told` is what history makes of it, where it can tell."""
    unit = turn.unit
    down = tracker.down(row.value, who.is_hidden) if tracker.ranked else None
    if down is None:
        row = unranked(row)
        unit.put(METRIC, row)
        return row
    if told is not None and told.value == row.value:
        row = row._replace(day=told.day, day_down=told.day_down, day_reached=told.day_reached)
    row = row._replace(down=down, tie=who.participant_id)
    unit.put(METRIC, row)
    if tracker.dense:
        relevel(unit, None, row)
    window = unit.get(WINDOW, (row.window,)) if tracker.groupings else None
    if window is not None and not tracker.is_final(window.label, turn.recorded_at):
        groups.follow(unit, who, tracker, row.window, None, row)
    return row


def unranked(row: MetricRow) -> MetricRow:
    """Return a row without its place on a board."""
    return row._replace(down=None, tie=None, day=None, day_down=None, day_reached=None)
