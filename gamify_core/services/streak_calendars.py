"""The past and the near future of streaks: a calendar of periods, the runs so far, and whose run ends soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core.clock import instant_of, iso, moment
from gamify_core.domain.periods import Calendar
from gamify_core.domain.streak_deadlines import ground, label_at, reaches
from gamify_core.domain.streaks import NO_PARDONS, calendar_of, history
from gamify_core.errors import BadValue
from gamify_core.exactly import exactly
from gamify_core.road.commands import NOBODY
from gamify_core.road.streak_rows import Case, case_of, line_of, marks_of, row_of, state_in
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.streaks import STREAK, STREAK_DUE

if TYPE_CHECKING:
    from gamify_core.domain.streaks import Mark, PeriodStatus
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.services.reading import Snapshot
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.tables.streaks import StreakRow

__all__ = ["Expiring", "StreakCalendar", "StreakPeriod", "StreakRun", "calendar", "expiring", "runs"]

_MOST = 400
_FIRST_DAY, _LAST_DAY = 400, date.max.toordinal() - 400
_SHOWN = 30


@attrs.frozen
class StreakPeriod:
    """One period of a streak, [begins, ends), and what it was.

    `status` is `satisfied`, `open` (the present one, not satisfied yet), `frozen`, `grace` (missed, but bridged),
    `missed` (it broke a run), `idle` (missed while no run was alive), `excused_rest`, `excused_pause`, `repaired`,
    `void` (a date that never came) or `future`.
    """

    label: str
    begins: datetime
    ends: datetime
    status: PeriodStatus
    progress: int
    target: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {**attrs.asdict(self), "begins": iso(self.begins), "ends": iso(self.ends)}


@attrs.frozen
class StreakCalendar:
    """The periods of a streak, one by one."""

    participant_id: str
    streak_code: str
    periods: tuple[StreakPeriod, ...]

    def __iter__(self) -> Iterator[StreakPeriod]:
        """Go through the periods, the earliest first."""
        return iter(self.periods)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.periods)

    def __getitem__(self, place: int) -> StreakPeriod:
        """Return one of them, counted from the earliest."""
        return self.periods[place]

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "streak_code": self.streak_code,
            "periods": [period.to_dict() for period in self.periods],
        }


@attrs.frozen
class StreakRun:
    """A run of `length` periods from `first` to `last`; `ended_at` is the instant that broke it, or None."""

    first: str
    last: str
    length: int
    ended_at: datetime | None

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {**attrs.asdict(self), "ended_at": iso(self.ended_at) if self.ended_at else None}


@attrs.frozen
class Expiring:
    """Somebody whose run ends at `expires_at` if nothing is done, or uses one of its freezes then."""

    participant_id: str
    streak_code: str
    current_count: int
    expires_at: datetime
    freezes: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {**attrs.asdict(self), "expires_at": iso(self.expires_at)}


def calendar(  # noqa: PLR0913 - whose, which, and from when to when
    seen: Snapshot, who: str, person: ParticipantRow | None, plan: StreakPlan, start: object, end: object
) -> StreakCalendar:
    """Return what each period was. Raises `BadValue` for more than 400."""
    marks, case = _case(seen, person, plan)
    last = _label(seen, case, marks, end, "end")
    first = _label(seen, case, marks, start, "start") if start is not None else last - _SHOWN + 1
    if not 0 <= last - first < _MOST:
        detail = f"from start to end there are {last - first + 1:,} periods, not 1 to {_MOST}"
        raise BadValue("start", start, detail, hint="ask for a part of it")
    found = calendar_of(marks, plan.rules, case.line, case.pardons, seen.as_of, first, last)
    periods = tuple(
        StreakPeriod(one.text, moment(one.begins), moment(one.ends), one.status, one.progress, one.target)
        for one in found
    )
    return StreakCalendar(who, plan.streak.code, periods)


def runs(seen: Snapshot, person: ParticipantRow | None, plan: StreakPlan) -> list[StreakRun]:
    """Return every run, the latest first."""
    marks, case = _case(seen, person, plan)
    text = plan.rules.calendar.text
    found = history(marks, plan.rules, case.line, case.pardons, seen.as_of)
    return [
        StreakRun(
            text(run.start_label),
            text(run.end_label),
            run.length,
            moment(run.ended_at) if run.ended_at is not None else None,
        )
        for run in reversed(found)
    ]


def expiring(seen: Snapshot, plan: StreakPlan, before: int) -> list[Expiring]:
    """Return whose run ends or uses a freeze from now on and before an instant, the soonest first.

    What is due and has not been settled yet is looked at one by one: a freeze may have carried it into that time.
    """
    code, found = plan.streak.code, list[tuple[int, int, Expiring]]()
    for row in seen.reader.scan(STREAK, STREAK_DUE, (code,), stop=(before,)):
        person = seen.reader.get(PARTICIPANT, (row.participant,))
        if person is None or person.scope != seen.access.scope or row.due is None:
            continue
        one = _expiring(seen, person, plan, row, before)
        if one is not None:
            found.append(one)
    found.sort(key=lambda one: one[:2])
    return [one for *_, one in found]


def _expiring(
    seen: Snapshot, person: ParticipantRow, plan: StreakPlan, row: StreakRow, before: int
) -> tuple[int, int, Expiring] | None:
    case, state = case_of(seen.reader, person, plan, seen.plan.zone, row), state_in(row)
    due = row.due if row.due is not None and row.due > seen.as_of else case.due(state, seen.as_of)
    if due is None or due >= before:
        return None
    reading = case.read(state, seen.as_of)
    who, code = person.participant_id, plan.streak.code
    return due, row.participant, Expiring(who, code, reading.current, moment(due), reading.freezes)


def _case(seen: Snapshot, person: ParticipantRow | None, plan: StreakPlan) -> tuple[list[Mark], Case]:
    """Return the activities of a streak and what they are judged by; somebody never seen has none."""
    if person is None:
        line = line_of(seen.reader, None, plan, seen.plan.zone)
        return [], Case(NOBODY, plan, line, NO_PARDONS)
    row = row_of(seen.reader, person.number, plan.streak.code)
    marks = marks_of(seen.reader, person, plan.streak.code)
    return marks, case_of(seen.reader, person, plan, seen.plan.zone, row)


def _label(seen: Snapshot, case: Case, marks: list[Mark], given: object, field: str) -> int:
    """Return the period that holds an instant, or the first (as an end: the last) instant of a date."""
    rules, given = case.plan.rules, exactly(given)
    line = ground(case.line, marks[-1].offset) if marks else case.line
    if given is None:
        instant = seen.as_of
    elif isinstance(given, date) and not isinstance(given, datetime):
        days, ordinal = Calendar(day_start=rules.calendar.day_start), given.toordinal()
        if not _FIRST_DAY < ordinal < _LAST_DAY:
            detail = f"{field} lies at the edge of the calendar: {given.isoformat()}"
            raise BadValue(field, given, detail)
        instant = reaches(days, line, ordinal + 1) - 1 if field == "end" else reaches(days, line, ordinal)
    else:
        instant = instant_of(given, field)
    return label_at(rules.calendar, line, instant)
