"""What time does to a streak by itself: a freeze is used, or the run ends.

Promise: each is said once, by whoever comes first: a command about the streak, or one that settles. Until then nothing
is amiss, for reading works it out. How far it has been said stands in the streak's row, and so does when there is more
to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road.streak_rows import Case, case_of, put, row_of, state_in
from gamify_core.storage.tables.streaks import STREAK, STREAK_DUE

if TYPE_CHECKING:
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.plan import Plan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.tables.streaks import StreakRow
    from gamify_core.storage.unit import Unit

__all__ = ["CAUSE", "elapse", "first_due", "settle", "up_to_date"]

CAUSE = "time"


def up_to_date(turn: Turn, who: ParticipantRow, plan: StreakPlan) -> tuple[StreakRow | None, Case]:
    """Return a participant's streak with all said that time has done to it by the turn's instant."""
    row = row_of(turn.unit, who.number, plan.streak.code)
    case = case_of(turn.unit, who, plan, turn.plan.zone, row)
    if row is not None and row.due is not None and row.due <= turn.occurred_at:
        row = elapse(turn, case, row, turn.occurred_at)
    return row, case


def elapse(turn: Turn, case: Case, row: StreakRow, until: int) -> StreakRow:
    """Say what time has done to a streak up to an instant, and return its row after that."""
    state, code = state_in(row), case.plan.streak.code
    told = until if row.told is None else max(until, row.told)
    ahead = case.ahead(state, until)
    misses, known = ahead.missed, set[int]()
    if misses and row.told is not None and misses[0].at <= row.told:  # they are judged in order
        # By their periods: who has flown back into one may miss it again, at an instant that has gone by
        known = {miss.label for miss in case.missed(state, row.told)}
    for miss in misses:
        if miss.label in known or state is None:
            continue
        words = (code, miss.length, state.longest)
        if miss.outcome == "frozen":
            period = case.plan.rules.calendar.text(miss.label)
            turn.say("freeze_used", case.who.number, CAUSE, *words, period)
            continue
        turn.say("streak_broken", case.who.number, CAUSE, *words)
        current = case.plan.current
        if current is not None and current.watch is not None:  # what the run gave may have to go with it
            turn.wake(case.who, current.watch.reached(miss.length, 0))
    due = ahead.expires_at if told == until else case.due(state, told)
    return put(turn.unit, case.who.number, code, state, row.pardons, told, due)


def first_due(unit: Unit, plan: Plan, until: int, most: int) -> list[tuple[int, int]]:
    """Return for which participants time does something first up to an instant, and when."""
    rows = [
        row
        for code in plan.streaks
        for row in unit.scan(STREAK, STREAK_DUE, (code,), stop=(until + 1,), limit=most)
    ]
    return [(row.due, row.participant) for row in rows if row.due is not None]


def settle(turn: Turn) -> int | None:
    """Say what time does to the streaks of the turn's participant at its instant; return when there is more."""
    following = None
    for plan in turn.plan.streaks.values():
        row, _ = up_to_date(turn, turn.who, plan)
        if row is not None and row.due is not None and (following is None or row.due < following):
            following = row.due
    return following
