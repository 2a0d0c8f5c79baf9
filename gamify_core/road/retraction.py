"""Taking an event back: all that it caused, by the policy of each thing, and a word on what stays.

Promise: what is left is what there would be had the event never been sent, but for what cannot be undone: points that
were spent, copies that belong to others by now, badges that are permanent, challenges that were completed, rungs of
ladders that take none away, and what was decided since in the light of it. All of that is said. What an event caused
is read from the outcome of its own activity, so a rule that was changed since is undone as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.streaks import NO_PARDONS, Mark, State, fold, read
from gamify_core.domain.zones import CARRIED
from gamify_core.errors import NotFound
from gamify_core.road import badges, rewards
from gamify_core.road.recount import lower, recount
from gamify_core.road.reversals import outcome_of, stay, take_back, take_copy
from gamify_core.road.streak_rows import line_of, state_of
from gamify_core.road.values import events_of
from gamify_core.storage.tables.challenges import ADVANCE
from gamify_core.storage.tables.progress import EVENT, RETRACTION, RetractionRow
from gamify_core.storage.tables.rewards import CLAIM
from gamify_core.storage.tables.rules import FIRED
from gamify_core.storage.tables.streaks import MARK, STREAK, StreakRow

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.turn import Turn
    from gamify_core.road.wallet import OnInsufficient
    from gamify_core.storage.tables.progress import EventRow
    from gamify_core.storage.tables.streaks import MarkRow

__all__ = ["retract"]

Said = list[tuple[int, "Words"]]


def retract(turn: Turn, event: EventRow, policy: OnInsufficient) -> int | None:
    """Take an event of the turn's participant back; return the offset its instant carried, where a streak kept it."""
    turn.undoing = policy
    cause = f"retract:evt_{event.activity}"
    said = _caused(turn, event)
    _uncount(turn, event)
    _unfire(turn, event, said)
    carried = _unmark(turn, event, cause)
    for ordinal, words in reversed(said):
        _undo(turn, event, ordinal, words, cause)
    recount(turn)
    return carried


def _caused(turn: Turn, event: EventRow) -> Said:
    """Return what an event's activity said of it; that of an amendment begins with what it took back."""
    said = list(enumerate(outcome_of(turn, event.activity)))
    begins = next(ordinal for ordinal, words in said if words[0] == "=")
    return said[begins:]


def _uncount(turn: Turn, event: EventRow) -> None:
    """Mark the event, and let the metrics that count events be worked out again."""
    who = turn.who
    turn.unit.put(EVENT, event._replace(retracted=turn.seq))
    head = turn.unit.last(RETRACTION, (who.number,))
    n = 1 if head is None else head.n + 1
    turn.unit.append(RETRACTION, RetractionRow(who.number, n, event.n, turn.seq))
    if (plan := turn.plan.metrics.get("events.count")) is not None:
        left = events_of(turn.unit, who.number)
        turn.void(who, plan, left + 1, left)
    for counter in turn.plan.counters.get(event.name, ()):
        turn.void(who, counter.plan)
    for code in turn.plan.challenges:
        advance = turn.unit.get(ADVANCE, (who.number, code, event.activity))
        if advance is not None:
            turn.unit.remove(ADVANCE, advance)
            if (steps := turn.plan.metrics.get(f"challenge.{code}")) is not None:
                turn.void(who, steps)


def _unfire(turn: Turn, event: EventRow, said: Said) -> None:
    """Give back what the event's firings took of the bounds of their rules."""
    who = turn.who
    named = {str(words[2]) for _, words in said if words[0] not in {"=", "skipped"}}
    fired = {cause.removeprefix("rule:") for cause in named if cause.startswith("rule:")}
    fired.update(str(code) for code in said[0][1][3:])
    plans = {plan.rule.code: plan for plan in turn.plan.rules.get(event.name, ())}
    for code in sorted(fired):
        firing = turn.unit.get(FIRED, (who.number, code, event.occurred_at))
        if firing is not None and firing.activity == event.activity:
            turn.unit.remove(FIRED, firing)
        cap = plans[code].cap if code in plans else None
        if cap is None:
            continue
        if cap.points is not None:
            lower(turn, who, cap.points_plan, _given(said, f"rule:{code}"), event.occurred_at)
        if cap.times is not None:
            lower(turn, who, cap.times_plan, 1, event.occurred_at)


def _given(said: Said, cause: str) -> int:
    """Return how many points a cause gave."""
    return sum(int(words[3] or 0) for _, words in said if words[0] == "points_awarded" and words[2] == cause)


def _unmark(turn: Turn, event: EventRow, cause: str) -> int | None:
    """Remove what the event recorded of streaks, and fold again what is left."""
    carried = None
    for plan in turn.plan.streaks.values():
        rows = turn.unit.scan(MARK, None, (turn.who.number, plan.streak.code))
        gone = [row for row in rows if row.activity == event.activity]
        for row in gone:
            turn.unit.remove(MARK, row)
        if gone:
            _refold(turn, plan, [row for row in rows if row.activity != event.activity], cause)
            carried = gone[0].carried if plan.line is CARRIED else carried
    return carried


def _refold(turn: Turn, plan: StreakPlan, left: list[MarkRow], cause: str) -> None:
    who, code = turn.who, plan.streak.code
    line = line_of(turn.unit, who, plan, turn.plan.zone)
    before = state_of(turn.unit, who.number, code)
    assert before is not None  # noqa: S101 - there was a mark
    after = fold([Mark._make(row[2:]) for row in left], plan.rules, line)
    if after is not None:
        turn.unit.put(STREAK, StreakRow(who.number, code, *after))
    else:
        turn.unit.remove(STREAK, StreakRow(who.number, code, *before))

    def counts(state: State | None) -> tuple[int, int]:
        return (state.run, state.longest) if state is not None else (0, 0)

    def current(state: State | None) -> int:
        return (
            read(state, plan.rules, line, NO_PARDONS, max(turn.occurred_at, state.seen)).current
            if state
            else 0
        )

    if counts(after) != counts(before):
        turn.say("streak_corrected", who.number, cause, code, *counts(after), *counts(before))
    if plan.current is not None:
        turn.void(who, plan.current, current(before), current(after))
    if plan.longest is not None:
        turn.void(who, plan.longest, before.longest, counts(after)[1])


def _undo(turn: Turn, event: EventRow, ordinal: int, words: Words, cause: str) -> None:
    """Undo one effect of the event; what a badge or a challenge gave goes, or stays, with that."""
    who = turn.who
    by_rule = words[0] != "=" and str(words[2]).startswith("rule:")
    match words[0]:
        case "points_awarded" | "points_deducted" if by_rule:
            take_back(turn, who, words, event.activity, ordinal, cause, turn.undoing or "partial")
        case "asset_minted" if by_rule:
            take_copy(turn, who, words, cause)
        case "reward_claimed" if by_rule:
            claim = turn.unit.get(CLAIM, (event.activity, ordinal))
            if claim is not None and claim.standing is not None:
                rewards.cancel(turn, who, claim, cause)
        case "challenge_completed":
            stay(turn, who, cause, "challenge", "permanent", str(words[3]))
        case "badge_earned":
            _unearn(turn, event, str(words[3]), cause)


def _unearn(turn: Turn, event: EventRow, code: str, cause: str) -> None:
    """Take a badge back that is not permanent; one by criteria goes when these are not met without the event."""
    who = turn.who
    try:
        badge = turn.plan.catalog.badge(code)
    except NotFound:  # what is out of the catalog has no policy any more
        stay(turn, who, cause, "badge", "permanent", code)
        return
    mine = [row for row in badges.standing(turn, who, badge) if row.activity == event.activity]
    if not mine:  # taken back by hand since
        return
    row = mine[-1]
    plan = turn.plan.badges.get(code)
    if badge.permanent or (row.source or "").startswith("challenge:"):
        stay(turn, who, cause, "badge", "permanent", code)
    elif row.source == "criteria" and plan is not None:
        turn.wake(who, [plan])
    else:
        badges.drop(turn, who, badge, row, cause)
