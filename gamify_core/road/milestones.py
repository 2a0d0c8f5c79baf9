"""Milestones: what a run gives when it reaches a length, once ever or once in each run.

Promise: what is given is the difference between how often a length has been reached and how often it was given, so a
run that is healed gets what it lacks, and one that was cut and grew again gets nothing twice. Nothing is ever taken
back by itself. Lengths that were reached before a milestone was declared are made up for only when everybody is held
against the definitions anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.streaks import Mark, Run, State, history
from gamify_core.road import former
from gamify_core.road.giving import give
from gamify_core.road.reversals import stay
from gamify_core.road.streak_rows import marks_of
from gamify_core.storage.tables.streaks import MILESTONE, MilestoneRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamify_core.catalog.definitions import Milestone
    from gamify_core.road.streak_rows import Case
    from gamify_core.road.turn import Turn

__all__ = ["reach", "review"]


def reach(  # noqa: PLR0913 - what there was and is, and which activities are the difference
    turn: Turn,
    case: Case,
    before: State | None,
    after: State | None,
    *,
    was: Case | None = None,
    new: Sequence[Mark] = (),
    gone: Sequence[Mark] = (),
    apart: Sequence[Mark] = (),
    in_order: bool = False,
) -> None:
    """Give what lengths of runs give that are reached now and were not before.

    What stood `apart` until now was somebody else's, with runs of its own.
    An activity in order makes one run longer by one: then no other length can have been reached.
    """
    if before is not None and after is not None and before[:6] == after[:6]:
        return
    streak = case.plan.streak
    found: tuple[tuple[Run, ...], tuple[Run, ...]] | None = None
    for milestone in streak.milestones:
        longest = [state.longest if state is not None else 0 for state in (before, after)]
        if milestone.length > max(longest):
            break
        if streak.milestones_once == "ever":
            old, due = (int(each >= milestone.length) for each in longest)
        elif in_order and after is not None and after.run != milestone.length:
            continue
        else:
            found = found or _runs(turn, case, was or case, new, gone, apart)
            old, due = (sum(run.length >= milestone.length for run in runs) for runs in found)
        if due > old and not gone:
            _reward(turn, case, milestone, old, due)
        elif due < old:
            _keep(turn, case, milestone, due)


def review(turn: Turn, case: Case, state: State | None) -> None:
    """Give what lengths of runs give that were reached at any time and have not given it yet."""
    streak = case.plan.streak
    if state is None or not streak.milestones:
        return
    runs = _runs(turn, case, case, (), (), ())[1] if streak.milestones_once != "ever" else ()
    for milestone in streak.milestones:
        ever = int(state.longest >= milestone.length)
        due = (
            ever if streak.milestones_once == "ever" else sum(run.length >= milestone.length for run in runs)
        )
        if due:
            _reward(turn, case, milestone, 0, due)


def _runs(  # noqa: PLR0913 - what it was judged by, and which activities are the difference
    turn: Turn,
    case: Case,
    was: Case,
    new: Sequence[Mark],
    gone: Sequence[Mark],
    apart: Sequence[Mark],
) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """Return the runs as they were, and as they are."""
    marks = marks_of(turn.unit, case.who, case.plan.streak.code)
    then = [mark for mark in marks if mark not in new and mark not in apart] + [*gone]
    at = turn.occurred_at
    return (
        history(then, was.plan.rules, was.line, was.pardons, at)
        + history(apart, was.plan.rules, was.line, was.pardons, at),
        history(marks, case.plan.rules, case.line, case.pardons, at),
    )


def _reward(turn: Turn, case: Case, milestone: Milestone, old: int, due: int) -> None:
    key = (case.who.number, case.plan.streak.code, milestone.length)
    row = turn.unit.get(MILESTONE, key)
    given = row.times if row is not None else 0
    missing = due - max(given, old)
    if missing > 0:
        former.rewrite(turn, MILESTONE, row, MilestoneRow(*key, given + missing))
        for _ in range(missing):
            give(turn, case.who, milestone, f"streak:{case.plan.streak.code}")


def _keep(turn: Turn, case: Case, milestone: Milestone, due: int) -> None:
    """Say that what a length gave stays, though it is reached no more."""
    code = case.plan.streak.code
    row = turn.unit.get(MILESTONE, (case.who.number, code, milestone.length))
    if row is not None and row.times > due:
        stay(turn, case.who, f"streak:{code}", "milestone", "permanent", f"{code} {milestone.length}")
