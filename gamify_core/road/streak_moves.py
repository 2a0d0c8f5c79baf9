"""What a streak is judged by has changed: its participant lives elsewhere, or its definition says something else.

Promise: the state is always the fold of the activities under the definition and the zones that hold, and so is the
instant at which time does something next. Labels stay as they were given, unless the definition cuts time into other
periods: a day's number says nothing among weeks, so activities and repairs are labelled anew then. A move is answered
with what it corrects; a new definition changes what is to come, and says nothing of what was said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gamify_core.domain.streaks import BASELINE
from gamify_core.domain.zones import CARRIED, ZoneLine, fixed
from gamify_core.road import former
from gamify_core.road.joined import gather
from gamify_core.road.streak_corrections import refold
from gamify_core.road.streak_rows import Case, case_of, marks_of, put, row_of
from gamify_core.road.streak_time import up_to_date
from gamify_core.storage.tables.streaks import MARK, REPAIR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.plan import Plan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["Ruled", "redefined", "rejudge", "rezone", "standing"]

_CAUSE = "timezone"


class Ruled(NamedTuple):
    """A streak that is judged otherwise from now on.

    `places` says where each of its goals stands among the new ones; `recut` is the plan of before, where that cut time
    into other periods.
    """

    plan: StreakPlan
    places: Mapping[int, int]
    recut: StreakPlan | None = None


def standing(turn: Turn, who: ParticipantRow) -> list[Case]:
    """Return what a participant's streaks are judged by in the zone they live in, with all said that time has done."""
    found = []
    for plan in turn.plan.streaks.values():
        if plan.line is None:
            row, case = up_to_date(turn, who, plan)
            if row is not None:
                found.append(case)
    return found


def rezone(turn: Turn, who: ParticipantRow, before: Iterable[Case]) -> None:
    """Judge streaks by the zones that a participant has lived in, now that there is one more."""
    for was in before:
        row = row_of(turn.unit, who.number, was.plan.streak.code)
        refold(turn, was, case_of(turn.unit, who, was.plan, turn.plan.zone, row), _CAUSE)


def redefined(plan: Plan, old: Plan) -> dict[str, Ruled]:
    """Return the streaks that are judged otherwise than under another plan."""
    found = {}
    for code, streak in plan.streaks.items():
        before = old.streaks.get(code)
        if before is None:
            found[code] = Ruled(streak, {})
        elif (_line(plan, streak), streak.rules) != (_line(old, before), before.rules) or _goals(
            streak
        ) != _goals(before):
            places = {metric: place for place, metric in enumerate(_goals(streak))}
            moved = {
                place: places.get(metric, -1)
                for place, metric in enumerate(_goals(before))
                if places.get(metric) != place
            }
            periods = (streak.rules.calendar, streak.days) == (before.rules.calendar, before.days)
            found[code] = Ruled(streak, moved, None if periods else before)
    return found


def _goals(streak: StreakPlan) -> list[str]:
    return [metric for metric, _ in streak.streak.goals]


def _line(plan: Plan, streak: StreakPlan) -> ZoneLine:
    return streak.line if streak.line is not None else ZoneLine((plan.zone,))


def rejudge(turn: Turn, who: ParticipantRow, ruled: Mapping[str, Ruled]) -> None:
    """Fold a participant's streaks again under new definitions."""
    for code, (plan, places, recut) in ruled.items():
        row = row_of(turn.unit, who.number, code)
        if row is None:
            continue
        if places:
            _replace(turn, who, code, places)
        if recut is not None:
            _relabel(turn, case_of(turn.unit, who, plan, turn.plan.zone, row), recut)
        case = case_of(turn.unit, who, plan, turn.plan.zone, row)
        state = case.fold(marks_of(turn.unit, who, code))
        told = row.told if row.told is not None else turn.recorded_at
        due = case.due(state, told) if who.erased is None else None
        put(turn.unit, who.number, code, state, row.pardons, row.told, due)


def _replace(turn: Turn, who: ParticipantRow, code: str, places: Mapping[int, int]) -> None:
    """Let activities count for the goals they counted for, wherever these stand now; one that is gone has no place."""
    rows = gather(turn.unit, who, MARK, None, (code,))
    for row in rows:
        if row.part in places:
            former.rewrite(turn, MARK, row, None)
    for row in rows:  # one goal may stand where another stood
        if row.part in places and places[row.part] >= 0:
            former.rewrite(turn, MARK, None, row._replace(part=places[row.part]))


def _relabel(turn: Turn, case: Case, before: StreakPlan) -> None:
    """Give every activity, and every repair, the period of the new definition that it falls into."""
    unit, calendar, days, line = turn.unit, case.plan.rules.calendar, case.plan.days, case.line
    code = case.plan.streak.code
    marks = gather(unit, case.who, MARK, None, (code,))
    for mark in marks:
        unit.remove(MARK, mark)
    for mark in marks:
        here = fixed(mark.carried) if line is CARRIED else line.at(mark.instant)
        day = mark.day if mark.part == BASELINE else days.label(mark.instant, here) if days is not None else 0
        moved = mark._replace(label=calendar.label(mark.instant, here), day=day)
        former.keep(turn, MARK, mark, moved)
        unit.put(MARK, moved)
    repairs = gather(unit, case.who, REPAIR, None, (code,))
    for repair in repairs:
        unit.remove(REPAIR, repair)
    for repair in repairs:
        here = line.zones[-1]
        began = before.rules.calendar.begins(repair.label, here)
        made_good = repair._replace(label=calendar.label(began, here))
        former.keep(turn, REPAIR, repair, made_good)
        unit.put(REPAIR, made_good)
