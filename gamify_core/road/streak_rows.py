"""A participant's streaks as rows: the state, what it is judged by, and what it counts now."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from gamify_core.domain.periods import BEGINNING, END
from gamify_core.domain.streaks import NO_PARDONS, Mark, Pardons, State, ahead, due, fold, missed, read
from gamify_core.domain.zones import ZoneLine, zone
from gamify_core.road.joined import gather
from gamify_core.storage.tables.participants import ZONE_CHANGE
from gamify_core.storage.tables.streaks import FREEZE, MARK, PAUSE, REPAIR, STREAK, StreakRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from gamify_core.domain.streaks import Miss, Outlook, Reading
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["FREEZES", "PAUSES", "REPAIRS", "Case", "case_of", "line_of", "marks_of", "pardons_of", "put"]
__all__ += ["reading_of", "row_of", "state_in", "state_of"]

FREEZES, PAUSES, REPAIRS = 1, 2, 4
"""The bits of a state row's `pardons`: where none is set, there is nothing more to be read."""

_row = tuple.__new__  # `_make` takes three times as long
_AFTER = len(State._fields) + 2
_NOTHING = (None, None, 0, 0, None, 0, 0, None, 0, 0, 0, None, 0, 0, 0)


class Case(NamedTuple):
    """A participant's streak, and all that it is judged by."""

    who: ParticipantRow
    plan: StreakPlan
    line: ZoneLine
    pardons: Pardons

    def read(self, state: State | None, as_of: int) -> Reading:
        """Return how a state stands at an instant."""
        return read(state, self.plan.rules, self.line, self.pardons, as_of)

    def fold(self, marks: Iterable[Mark]) -> State | None:
        """Return the state that marks amount to."""
        return fold(marks, self.plan.rules, self.line, self.pardons)

    def ahead(self, state: State | None, as_of: int) -> Outlook:
        """Return what time has done to a run by an instant, and when it does something next."""
        return ahead(state, self.plan.rules, self.line, self.pardons, as_of)

    def missed(self, state: State | None, as_of: int) -> tuple[Miss, ...]:
        """Return what time has done since the last satisfied period."""
        return missed(state, self.plan.rules, self.line, self.pardons, as_of)

    def due(self, state: State | None, as_of: int) -> int | None:
        """Return when time next does something by itself."""
        return due(state, self.plan.rules, self.line, self.pardons, as_of)


def row_of(reader: Reader | Unit, number: int, code: str) -> StreakRow | None:
    """Return the row of a participant's streak, or None before anything was written of it."""
    return reader.get(STREAK, (number, code))


def state_in(row: StreakRow | None) -> State | None:
    """Return the state that a row holds, or None before the first activity."""
    return None if row is None or row.label is None else _row(State, row[2:_AFTER])


def state_of(reader: Reader | Unit, number: int, code: str) -> State | None:
    """Return the state of a participant's streak, or None before the first activity."""
    return state_in(reader.get(STREAK, (number, code)))


def put(  # noqa: PLR0913 - the columns of the row
    unit: Unit, number: int, code: str, state: State | None, pardons: int, told: int | None, at: int | None
) -> StreakRow:
    """Write the row of a participant's streak: its state, which other facts there are, what was said, what is due."""
    row: StreakRow = _row(StreakRow, (number, code, *(state or _NOTHING), pardons, told, at))
    unit.put(STREAK, row)
    return row


def marks_of(
    reader: Reader | Unit, who: ParticipantRow, code: str, *label: int, limit: int | None = None
) -> list[Mark]:
    """Return the activities of a participant's streak (of one period, the first so many), by label and instant."""
    if who.person is not None:
        rows = gather(reader, who, MARK, None, (code, *label))
        return sorted([_row(Mark, row[2:]) for row in rows])[:limit]
    return [_row(Mark, row[2:]) for row in reader.scan(MARK, None, (who.number, code, *label), limit=limit)]


def case_of(
    reader: Reader | Unit, who: ParticipantRow, plan: StreakPlan, default: tzinfo, row: StreakRow | None
) -> Case:
    """Return what a participant's streak is judged by."""
    facts = pardons_of(reader, who, row) if row is not None and row.pardons else NO_PARDONS
    return _row(Case, (who, plan, line_of(reader, who, plan, default), facts))


def pardons_of(reader: Reader | Unit, who: ParticipantRow, row: StreakRow) -> Pardons:
    """Return the freezes, the pauses and the repairs of a participant's streak."""
    name, has = (row.streak,), row.pardons
    pauses = gather(reader, who, PAUSE, None, name) if has & PAUSES else []
    repairs = gather(reader, who, REPAIR, None, name) if has & REPAIRS else []
    freezes = gather(reader, who, FREEZE, None, name) if has & FREEZES else []
    return Pardons(
        [(one.starts, END if one.ends is None else one.ends) for one in pauses],
        [one.label for one in repairs],
        [(one.instant, one.number) for one in freezes],
    )


def line_of(reader: Reader | Unit, who: ParticipantRow | None, plan: StreakPlan, default: tzinfo) -> ZoneLine:
    """Return whose wall clock a streak is judged by, and since when."""
    if plan.line is not None:
        return plan.line
    line = _always(default)
    if who is None or who.timezone is None:
        return line
    for change in reader.scan(ZONE_CHANGE, None, (who.number,)):
        here = zone(change.timezone) if change.timezone else default
        if change.since == BEGINNING:
            line = _always(here)
        elif line.changes and line.changes[-1] >= change.since:
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
    if who is None:
        return read(None, plan.rules, plan.line or _always(default), NO_PARDONS, as_of)
    row = row_of(reader, who.number, plan.streak.code)
    return case_of(reader, who, plan, default, row).read(state_in(row), as_of)
