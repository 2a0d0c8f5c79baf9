"""The streaks of two people who are one person from now on.

Promise: the state is the fold of the activities of both, with what was forgiven in either, in the zone that the person
lives in. A longest run that either had stays, also where an opening would hide it: what lies before a baseline counts
for nothing, so then the merger writes one of its own that tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gamify_core.domain.streaks import BASELINE, Mark
from gamify_core.road import former, milestones, wallet
from gamify_core.road.streak_corrections import correct, void
from gamify_core.road.streak_rows import case_of, marks_of, put, row_of, state_in
from gamify_core.storage.tables.streaks import MARK, MILESTONE, STREAK, MarkRow, MilestoneRow

if TYPE_CHECKING:
    from gamify_core.domain.streaks import State
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.streak_rows import Case
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.tables.streaks import StreakRow

__all__ = ["Apart", "apart", "join"]


class Apart(NamedTuple):
    """A streak as it stands with the target and with the source, before they are one."""

    plan: StreakPlan
    was: Case
    ours: StreakRow | None
    theirs: StreakRow
    marks: list[Mark]
    """The activities of the source."""


def apart(turn: Turn, source: ParticipantRow) -> list[Apart]:
    """Return the streaks that the source has, which are the target's from now on."""
    found = []
    for code, plan in turn.plan.streaks.items():
        theirs = row_of(turn.unit, source.number, code)
        if theirs is not None:
            ours = row_of(turn.unit, turn.who.number, code)
            was = case_of(turn.unit, turn.who, plan, turn.plan.zone, ours)
            found.append(Apart(plan, was, ours, theirs, marks_of(turn.unit, source, code)))
    return found


def join(turn: Turn, source: ParticipantRow, streaks: list[Apart]) -> None:
    """Fold the activities of both, and say what is different for the target; lengths that are reached are rewarded."""
    for row in turn.unit.scan(MILESTONE, None, (source.number,)):
        key = (turn.who.number, row.streak, row.length)
        own = turn.unit.get(MILESTONE, key)
        both = MilestoneRow(*key, row.times + (own.times if own is not None else 0))
        former.rewrite(turn, MILESTONE, own, both)
        former.rewrite(turn, MILESTONE, row, None)
    for one in streaks:
        turn.say("=", turn.who.number, "streak", one.plan.streak.code)
        _join(turn, one)
    for left in turn.unit.scan(STREAK, None, (source.number,)):
        turn.unit.remove(STREAK, left)
        if (
            turn.unit.get(STREAK, (turn.who.number, left.streak)) is None
        ):  # the catalog may have it again some day
            turn.unit.put(STREAK, left._replace(participant=turn.who.number))


def _join(turn: Turn, one: Apart) -> None:
    who, code = turn.who, one.plan.streak.code
    before, theirs = state_in(one.ours), state_in(one.theirs)
    facts = one.theirs.pardons | (one.ours.pardons if one.ours is not None else 0)
    row = put(turn.unit, who.number, code, before, facts, None, None)
    now = case_of(turn.unit, who, one.plan, turn.plan.zone, row)
    longest = max((state.longest for state in (before, theirs) if state is not None), default=0)
    after = _fold(turn, now, longest)
    told = max(turn.occurred_at, *(row.told or 0 for row in (one.ours, one.theirs) if row is not None))
    put(turn.unit, who.number, code, after, facts, told, now.due(after, told))
    correct(turn, now, before, after, told, wallet.MERGED, one.was)
    void(turn, one.was, now, before, after)
    if one.plan.streak.milestones:
        milestones.reach(turn, now, _at_best(before, theirs), after, was=one.was, apart=one.marks)


def _fold(turn: Turn, case: Case, longest: int) -> State | None:
    """Return the state of all activities; where it knows less than both did, it is told."""
    code = case.plan.streak.code
    marks = marks_of(turn.unit, case.who, code)
    after = case.fold(marks)
    latest = max((mark for mark in marks if mark.part == BASELINE), default=None)
    if after is None or after.longest >= longest or latest is None:
        return after
    told = latest._replace(id=turn.seq, day=longest)
    turn.unit.add(MARK, MarkRow(case.who.number, code, *told))
    return case.fold([*marks, told])


def _at_best(one: State | None, other: State | None) -> State | None:
    """Return a state with the longest run of two, which is all that is asked of it."""
    if one is None or other is None:
        return one or other
    return one._replace(longest=max(one.longest, other.longest))
