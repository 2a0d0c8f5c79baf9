"""Recording an activity of a streak.

In order it is one step from the stored state. Late, the marks are folded again, which is what the state means
anyway, unless its period was satisfied by then: that is seen from the marks of that one period. Either way the
label freezes with the activity, and the answer says what a late one put right. What time has done by then is said
first, by whoever comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.streaks import Mark, Outlook, Recorded, State, compare, filled, step, surplus
from gamify_core.domain.zones import CARRIED, fixed
from gamify_core.errors import CountedByGoals
from gamify_core.road import milestones
from gamify_core.road.meters import moved
from gamify_core.road.streak_corrections import correct
from gamify_core.road.streak_rows import Case, marks_of, put, state_in
from gamify_core.road.streak_time import up_to_date
from gamify_core.storage.tables.streaks import MARK, MarkRow

if TYPE_CHECKING:
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["directly", "follow", "gain", "record"]

_row = tuple.__new__
_HEAVIEST = 10**9  # as great as a goal may be


def directly(turn: Turn, plan: StreakPlan) -> Recorded:
    """Write an activity that the application tells of by itself. Raises `CountedByGoals`."""
    if plan.streak.goals:
        raise CountedByGoals(plan.streak.code, [metric for metric, _ in plan.streak.goals])
    before, after, mark, already = record(turn, turn.who, plan, "direct")
    return compare(before, after, mark, already=already)


def gain(turn: Turn) -> None:
    """Write what an event added to the goals of streaks."""
    gained, turn.gained = turn.gained, []
    for counter, amount in gained:
        for plan, place in counter.goals:
            record(turn, turn.who, plan, f"streak:{plan.streak.code}", place, min(amount, _HEAVIEST))


def record(  # noqa: PLR0913 - the activity, and in the one case that is no plain one, what it counts for
    turn: Turn, who: ParticipantRow, plan: StreakPlan, cause: str, part: int = 0, weight: int = 1
) -> tuple[State | None, State, Mark, bool | None]:
    """Write an activity at the turn's instant; return what `compare` tells from: what was, what is, the activity."""
    code, at = plan.streak.code, turn.occurred_at
    row, case = up_to_date(turn, who, plan)
    line = case.line
    carried = turn.offset if line is CARRIED else 0
    here = fixed(turn.offset) if line is CARRIED else line.at(at)
    day = plan.days.label(at, here) if plan.days is not None else 0
    mark = _row(Mark, (plan.rules.calendar.label(at, here), at, turn.seq, carried, part, weight, day))
    before = state_in(row)
    beside = marks_of(turn.unit, who, code, mark.label) if plan.beside else ()
    already, late = None, False
    after = step(before, mark, plan.rules, line, case.pardons, beside)
    if after is None:
        assert before is not None  # noqa: S101 - a first activity is always in order
        after, already = _late(turn, case, before, mark)
        late = True
    if after is before:  # two rules of one event record the same activity
        return before, after, mark, True
    turn.unit.add(MARK, _row(MarkRow, (who.number, code, *mark)))
    last = None if before is None else before.last
    if after.last != last:  # of what has become of it since, if it comes late, nothing was said
        told = at if after.last_at is None else after.last_at
    else:
        told = at if row is None or row.told is None or row.told < at else row.told
    ahead = None
    if row is not None and after.last == last and not late:
        due = row.due
    else:
        ahead = case.ahead(after, told)
        due = ahead.expires_at
    put(turn.unit, who.number, code, after, 0 if row is None else row.pardons, told, due)
    if late and after.last == last:
        correct(turn, case, before, after, told, cause)
    else:
        if row is not None and row.told is not None and at < row.told:
            _unsay(turn, case, before, after, row.told, cause)
        _tell(turn, case, before, after, cause, ahead if told == max(at, after.seen) else None)
    follow(turn, case, before, after)
    if plan.streak.milestones:
        milestones.reach(turn, case, before, after, new=(mark,), in_order=not late)
    return before, after, mark, already


def _late(turn: Turn, case: Case, before: State, mark: Mark) -> tuple[State, bool | None]:
    """Return the state with an activity that is out of order, and whether its period was satisfied without it.

    With credit that cannot be told from the marks of one period (None).
    """
    rules, name = case.plan.rules, (case.who, case.plan.streak.code)
    if turn.unit.get(MARK, (case.who.number, name[1], *mark[:5])) is not None:
        return before, True
    beside = marks_of(turn.unit, *name, mark.label, limit=None if case.plan.beside else rules.target)
    after = surplus(before, mark, beside, rules)
    if after is not None:
        return after, True
    after = case.fold([*marks_of(turn.unit, *name), mark])
    assert after is not None  # noqa: S101 - a fold of at least one mark
    return after, filled(beside, rules) if rules.grace_mode != "credit" else None


def _unsay(  # noqa: PLR0913 - what was, what is, and what has been said since
    turn: Turn, case: Case, before: State | None, after: State, told: int, cause: str
) -> None:
    """Take back what was said of the time after a run that an activity goes on with, which was not known of then."""
    if before is None or after.runs != before.runs:
        return
    said = [miss.outcome for miss in case.missed(before, told)]
    previous = 0 if "broken" in said else before.run
    returned = max(said.count("frozen") - (after.consumed - before.consumed), 0)
    if previous != before.run or returned:
        more = (returned, 0) if returned else ()
        words = (case.plan.streak.code, before.run, before.longest, previous, before.longest, *more)
        turn.say("streak_corrected", case.who.number, cause, *words)


def _tell(  # noqa: PLR0913 - what was and is, and what lies ahead of it, where that is known already
    turn: Turn, case: Case, before: State | None, after: State, cause: str, ahead: Outlook | None
) -> None:
    """Say what an activity has made of the run that it is the last of."""
    if not _stands(before, after):
        record = int(before is None or after.longest > before.longest)
        ahead = ahead or case.ahead(after, max(turn.occurred_at, after.seen))
        words = (case.plan.streak.code, ahead.current, after.longest, record, ahead.expires_at)
        turn.say("streak_extended", case.who.number, cause, *words)


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


def follow(turn: Turn, case: Case, before: State | None, after: State) -> None:
    """Let the metrics of a streak follow its state.

    A longest run is dated by the activity that completed it, and counts in the period of that, whatever the
    activity was that came last. (The current run is ranked nowhere: it falls without anybody doing anything.)
    """
    first, plan, who = before is None or before.last is None, case.plan, case.who
    if plan.current is not None and not _stands(before, after):
        was, now = _counts(turn, case, before, after)
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


def _counts(turn: Turn, case: Case, before: State | None, after: State) -> tuple[int, int]:
    """Return what a streak counted just before an activity that changed its run, and what it counts after it.

    In order that needs no reading: a run is alive exactly when acting at that instant keeps it. An offset that the
    activity itself carries is the exception, for until then the last one's held.
    """
    if before is None or (after.seen > before.seen and not case.line.carried):
        return (0 if before is None or after.runs > before.runs else before.run), after.run
    was = case.read(before, turn.occurred_at).current
    return was, case.read(after, max(turn.occurred_at, after.seen)).current
