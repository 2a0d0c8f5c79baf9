"""Putting a streak right: what a late or a withdrawn activity, a pause, a repair or another zone makes of it.

Promise: the state is the fold of what is left under the facts that hold, as if it had never been otherwise; what had
been said differently, about the run, the longest one or a freeze, is said to be corrected; metrics follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road import milestones
from gamify_core.road.streak_rows import marks_of, put, row_of, state_in
from gamify_core.storage.tables.streaks import STREAK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamify_core.domain.streaks import Mark, Reading, State
    from gamify_core.road.streak_rows import Case
    from gamify_core.road.turn import Turn

__all__ = ["correct", "refold", "void"]


def refold(turn: Turn, was: Case, now: Case, cause: str, gone: Sequence[Mark] = ()) -> None:
    """Fold what there is of a streak again, write that and say what is different.

    `was` is what it was judged by, `now` what it is judged by; `gone` are activities that were taken away.
    """
    number, code = now.who.number, now.plan.streak.code
    row = row_of(turn.unit, number, code)
    before = state_in(row)
    after = now.fold(marks_of(turn.unit, now.who, code))
    facts = row.pardons if row is not None else 0
    told = row.told if row is not None else None
    if not gone:
        told = turn.occurred_at if told is None else max(told, turn.occurred_at)
    if after is None and not facts:
        if row is not None:
            turn.unit.remove(STREAK, row)
    else:
        put(turn.unit, number, code, after, facts, told, now.due(after, told or turn.occurred_at))
    correct(turn, now, before, after, told, cause, was)
    void(turn, was, now, before, after)
    if now.plan.streak.milestones:
        milestones.reach(turn, now, before, after, was=was, gone=gone)


def correct(  # noqa: PLR0913 - what was said, by what it was judged, and what is so
    turn: Turn,
    now: Case,
    before: State | None,
    after: State | None,
    told: int | None,
    cause: str,
    was: Case | None = None,
) -> None:
    """Say what had been said otherwise of a streak."""
    was = was or now
    at = _instant(turn, before, after, told)
    old, new = was.read(before, at), now.read(after, at)
    counts = _counts(before, after, old, new)
    returned = _used(was, before, at) - _used(now, after, at)
    runs = (before.runs if before is not None else 0) - (after.runs if after is not None else 0)
    run, longest, previous, longest_before = counts
    if (run, longest) != (previous, longest_before) or returned:
        more = (returned, max(runs, 0)) if returned or runs > 0 else ()
        turn.say("streak_corrected", now.who.number, cause, now.plan.streak.code, *counts, *more)


def _instant(turn: Turn, before: State | None, after: State | None, told: int | None) -> int:
    """Return the instant as of which things were and are said: the latest that anything is known of."""
    seen = [state.seen for state in (before, after) if state is not None]
    return max(turn.occurred_at, *seen, told if told is not None else turn.occurred_at)


def _counts(
    before: State | None, after: State | None, old: Reading, new: Reading
) -> tuple[int, int, int, int]:
    """Return run and longest as they are and as they were; a run that has ended counts by its length."""
    run, previous = (state.run if state is not None else 0 for state in (after, before))
    if bool(old.current) != bool(new.current):
        run, previous = new.current, old.current
    return run, new.longest, previous, old.longest


def _used(case: Case, state: State | None, at: int) -> int:
    """Return how many freezes have been used up to an instant."""
    rules = case.plan.rules
    if state is None or not (rules.freeze_every or case.pardons.grants):
        return 0
    return state.consumed + sum(miss.outcome == "frozen" for miss in case.missed(state, at))


def void(turn: Turn, was: Case, now: Case, before: State | None, after: State | None) -> None:
    """Let the metrics of a streak be worked out again: the same longest run may stand in other windows than it did."""
    plan, at = now.plan, _instant(turn, before, after, None)
    if plan.current is not None:
        turn.void(now.who, plan.current, was.read(before, at).current, now.read(after, at).current)
    if plan.longest is not None:
        longest, previous = (state.longest if state is not None else 0 for state in (after, before))
        turn.void(now.who, plan.longest, previous, longest)
