"""A participant's streaks as rows: the state, the zone line they are judged by, and what they count now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.streaks import NO_PARDONS, Reading, State, read
from gamify_core.domain.zones import ZoneLine, zone
from gamify_core.storage.tables.participants import ZONE_CHANGE
from gamify_core.storage.tables.streaks import STREAK

if TYPE_CHECKING:
    from datetime import tzinfo

    from gamify_core.road.plan import StreakPlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["count_of", "line_of", "reading_of", "state_of"]


def state_of(reader: Reader | Unit, number: int, code: str) -> State | None:
    """Return the state of a participant's streak, or None before the first activity."""
    row = reader.get(STREAK, (number, code))
    return None if row is None else State._make(row[2:])


def line_of(reader: Reader | Unit, who: ParticipantRow | None, plan: StreakPlan, default: tzinfo) -> ZoneLine:
    """Return whose wall clock a streak is judged by, and since when."""
    if plan.line is not None:
        return plan.line
    line = ZoneLine((default,))
    if who is None or who.timezone is None:
        return line
    for change in reader.scan(ZONE_CHANGE, None, (who.number,)):
        here = zone(change.timezone) if change.timezone else default
        if line.changes and line.changes[-1] >= change.since:
            line = ZoneLine((*line.zones[:-1], here), line.changes)
        else:
            line = line.then(change.since, here)
    return line


def reading_of(
    reader: Reader | Unit, who: ParticipantRow | None, plan: StreakPlan, default: tzinfo, as_of: int
) -> Reading:
    """Return how a participant's streak stands at an instant. Reading writes nothing."""
    state = state_of(reader, who.number, plan.streak.code) if who is not None else None
    return read(state, plan.rules, line_of(reader, who, plan, default), NO_PARDONS, as_of)


def count_of(turn: Turn, who: ParticipantRow, metric: str) -> int:
    """Return `streak.<code>` or `streak.<code>.longest` as the turn sees it."""
    _, code, *longest = metric.split(".")
    state = state_of(turn.unit, who.number, code)
    if state is None:
        return 0
    if longest:
        return state.longest
    plan = turn.plan.streaks[code]
    line = line_of(turn.unit, who, plan, turn.plan.zone)
    return read(state, plan.rules, line, NO_PARDONS, max(turn.occurred_at, state.seen)).current
