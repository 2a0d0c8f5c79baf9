"""A participant's streaks as rows: the state, the zone line they are judged by, and what they count now."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from gamify_core.domain.streaks import NO_PARDONS, Reading, State, read
from gamify_core.domain.zones import ZoneLine, zone
from gamify_core.storage.tables.participants import ZONE_CHANGE
from gamify_core.storage.tables.streaks import STREAK

if TYPE_CHECKING:
    from datetime import tzinfo

    from gamify_core.road.compiled import StreakPlan
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["line_of", "reading_of", "state_of"]

_row = tuple.__new__  # `_make` takes three times as long


def state_of(reader: Reader | Unit, number: int, code: str) -> State | None:
    """Return the state of a participant's streak, or None before the first activity."""
    row = reader.get(STREAK, (number, code))
    return None if row is None else _row(State, row[2:])


def line_of(reader: Reader | Unit, who: ParticipantRow | None, plan: StreakPlan, default: tzinfo) -> ZoneLine:
    """Return whose wall clock a streak is judged by, and since when."""
    if plan.line is not None:
        return plan.line
    line = _always(default)
    if who is None or who.timezone is None:
        return line
    for change in reader.scan(ZONE_CHANGE, None, (who.number,)):
        here = zone(change.timezone) if change.timezone else default
        if line.changes and line.changes[-1] >= change.since:
            line = ZoneLine((*line.zones[:-1], here), line.changes)
        else:
            line = line.then(change.since, here)
    return line


@lru_cache(maxsize=1024)
def _always(zone: tzinfo) -> ZoneLine:
    """Return the line of those who never moved: with every activity it is the same one."""
    return ZoneLine((zone,))


def reading_of(
    reader: Reader | Unit, who: ParticipantRow | None, plan: StreakPlan, default: tzinfo, as_of: int
) -> Reading:
    """Return how a participant's streak stands at an instant. Reading writes nothing."""
    state = state_of(reader, who.number, plan.streak.code) if who is not None else None
    return read(state, plan.rules, line_of(reader, who, plan, default), NO_PARDONS, as_of)
