"""Recording an activity of a streak.

In order it is one step from the stored state. Late, the marks are folded again, which is what the state means
anyway, unless its period was satisfied by then: that is seen from the marks of that one period. Either way the
label freezes with the activity, and the answer says what a late one put right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.streaks import NO_PARDONS, Mark, Recorded, State, compare, fold, read, step, surplus
from gamify_core.domain.zones import CARRIED, fixed
from gamify_core.road.meters import moved
from gamify_core.road.streak_rows import line_of, state_of
from gamify_core.storage.tables.streaks import MARK, STREAK, MarkRow, StreakRow

if TYPE_CHECKING:
    from gamify_core.domain.zones import ZoneLine
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["follow", "record"]

_row = tuple.__new__


def record(turn: Turn, who: ParticipantRow, plan: StreakPlan, cause: str) -> Recorded:
    """Write an activity at the turn's instant, and say what it changed."""
    code = plan.streak.code
    line = line_of(turn.unit, who, plan, turn.plan.zone)
    carried = turn.offset if line is CARRIED else 0
    here = fixed(turn.offset) if line is CARRIED else line.at(turn.occurred_at)
    mark = Mark(plan.rules.calendar.label(turn.occurred_at, here), turn.occurred_at, turn.seq, carried)
    before = state_of(turn.unit, who.number, code)
    already = None
    after = step(before, mark, plan.rules, line)
    if after is None:
        assert before is not None  # noqa: S101 - a first activity is always in order
        after, already = _late(turn, who, plan, line, before, mark)
    if after is before:  # two rules of one event record the same activity
        return compare(before, after, mark, already=True)
    turn.unit.add(MARK, _row(MarkRow, (who.number, code, *mark)))
    turn.unit.put(STREAK, _row(StreakRow, (who.number, code, *after)))
    recorded = compare(before, after, mark, already=already)
    _tell(turn, who, plan, line, before, after, cause)
    return recorded


def _late(  # noqa: PLR0913 - what was, and by whose clock
    turn: Turn, who: ParticipantRow, plan: StreakPlan, line: ZoneLine, before: State, mark: Mark
) -> tuple[State, bool]:
    """Return the state with an activity that is out of order, and whether its period was satisfied without it."""
    name = (who.number, plan.streak.code)
    if turn.unit.get(MARK, (*name, mark.label, mark.instant, mark.id)) is not None:
        return before, True
    target = plan.rules.target
    beside = [Mark._make(row[2:]) for row in turn.unit.scan(MARK, None, (*name, mark.label), limit=target)]
    after = surplus(before, mark, beside, target)
    if after is None:
        marks = [Mark._make(row[2:]) for row in turn.unit.scan(MARK, None, name)]
        after = fold([*marks, mark], plan.rules, line)
        assert after is not None  # noqa: S101 - a fold of at least one mark
    return after, len(beside) >= target


def _tell(  # noqa: PLR0913 - what was, what is, and by whose clock
    turn: Turn,
    who: ParticipantRow,
    plan: StreakPlan,
    line: ZoneLine,
    before: State | None,
    after: State,
    cause: str,
) -> None:
    if not _stands(before, after):
        _say(turn, who, plan, line, before, after, cause)
    follow(turn, who, plan, line, before, after)


def _say(  # noqa: PLR0913 - as above
    turn: Turn,
    who: ParticipantRow,
    plan: StreakPlan,
    line: ZoneLine,
    before: State | None,
    after: State,
    cause: str,
) -> None:
    code = plan.streak.code
    longest = 0 if before is None else before.longest
    if before is not None and before.last is not None and after.last == before.last:
        turn.say(
            "streak_corrected", who.number, cause, code, after.run, after.longest, before.run, before.longest
        )
    else:
        if before is not None and before.last is not None and after.runs > before.runs and before.run:
            turn.say("streak_broken", who.number, cause, code, before.run, before.longest)
        record = int(after.longest > longest)
        reading = read(after, plan.rules, line, NO_PARDONS, max(turn.occurred_at, after.seen))
        turn.say(
            "streak_extended",
            who.number,
            cause,
            code,
            reading.current,
            after.longest,
            record,
            reading.expires_at,
        )


def _stands(before: State | None, after: State) -> bool:
    """Say whether an activity left the run as it was, or is too little for a first one."""
    if after.last is None:
        return True
    return before is not None and (before.run, before.longest, before.last, before.runs) == (
        after.run,
        after.longest,
        after.last,
        after.runs,
    )


def follow(  # noqa: PLR0913 - as above, without a cause
    turn: Turn, who: ParticipantRow, plan: StreakPlan, line: ZoneLine, before: State | None, after: State
) -> None:
    """Let the metrics of a streak follow its state.

    A longest run is dated by the activity that completed it, and counts in the period of that, whatever the
    activity was that came last. (The current run is ranked nowhere: it falls without anybody doing anything.)
    """
    first = before is None or before.last is None
    if plan.current is not None and not _stands(before, after):
        was, now = _counts(turn, plan, line, before, after)
        if before is not None and after.runs > before.runs and plan.current.watch is not None:
            turn.wake(
                who, plan.current.watch.reached(before.run, now)
            )  # what a run gave may have to go with it
        if now != was:
            moved(turn, who, plan.current, None if first else was, now, now - was)
    if plan.longest is not None and after.longest_at is not None:
        longest, at = (0, None) if before is None else (before.longest, before.longest_at)
        if (after.longest, after.longest_at) != (longest, at):
            old = None if first else longest
            moved(turn, who, plan.longest, old, after.longest, after.longest - longest, after.longest_at)


def _counts(
    turn: Turn, plan: StreakPlan, line: ZoneLine, before: State | None, after: State
) -> tuple[int, int]:
    """Return what a streak counted just before an activity that changed its run, and what it counts after it.

    In order that needs no reading: a run is alive exactly when acting at that instant keeps it. An offset that the
    activity itself carries is the exception, for until then the last one's held.
    """
    if before is None or (after.seen > before.seen and not line.carried):
        return (0 if before is None or after.runs > before.runs else before.run), after.run
    was = read(before, plan.rules, line, NO_PARDONS, turn.occurred_at).current
    return was, read(after, plan.rules, line, NO_PARDONS, max(turn.occurred_at, after.seen)).current
