"""Tiers and levels: which rung a participant stands on, and how that changes.

The rung at the bottom is held silently from the first move. A jump over several rungs is written, and reported,
rung by rung. A rung that was assigned by hand is pinned, both ways, until it is cleared. Falling follows the
ladder's own policy; where definitions are held against everybody anew, all move both ways. Who stands on a rung that
is gone stands there still, among the others by what it asked, until they reach one that is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.reviews import next_review
from gamify_core.road import former, gone
from gamify_core.road.meters import value_of
from gamify_core.road.reversals import stay
from gamify_core.storage.tables.progress import REVIEW, STANDING, ReviewRow, StandingRow

if TYPE_CHECKING:
    from gamify_core.road.compiled import LadderPlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["ASSIGNED", "AUTOMATIC", "CLEARED", "climb", "place_of", "schedule", "stand"]

AUTOMATIC = "automatic"
ASSIGNED = "assigned"
CLEARED = "cleared"


def climb(turn: Turn, who: ParticipantRow, plan: LadderPlan) -> None:
    """Put a participant on the rung that the ladder's metric has earned."""
    head = turn.unit.last(STANDING, (who.number, plan.ladder.code))
    if head is not None and head.how == ASSIGNED:
        return
    there = head.tier if head is not None else None
    at = place_of(turn, plan, there)
    to = plan.earned(value_of(turn, who, plan.ladder.metric))
    cause = f"ladder:{plan.ladder.code}"
    if turn.anew and there is not None and there not in plan.codes:
        stand(turn, who, plan, to, AUTOMATIC, cause)
        return
    if there is not None and to < at:
        if turn.anew or (plan.ladder.demotion == "immediate" and not _late(turn, plan.ladder.metric)):
            stand(turn, who, plan, to, AUTOMATIC, cause)
        elif turn.undoing is not None:
            stay(turn, who, cause, "tier", "kept", there, plan.ladder.code)
        return
    for step in plan.places:
        if not at < step <= to:
            continue
        silent = head is None and step == plan.places[0] and plan.minimums[0] <= 0
        stand(turn, who, plan, step, AUTOMATIC, cause, silent=silent)


def place_of(turn: Turn, plan: LadderPlan, code: str | None) -> int:
    """Return where somebody stands among the rungs that are there: on none (-1), or beside one that is gone."""
    if code is None:
        return -1
    if code in plan.codes:
        return plan.codes.index(code)
    former = gone.former_tier(turn.unit, turn.unit.known, plan.ladder.code, code)
    return plan.earned(plan.least(former)) if former is not None else -1


def _late(turn: Turn, metric: str) -> bool:
    """Say whether the turn moves a window that is over: that may raise somebody, but takes no rung."""
    if "@" not in metric:
        return False
    tracker = turn.plan.reading(metric)
    if turn.recorded_at >= tracker.ends:
        return True
    label = tracker.calendar.label
    return label(turn.occurred_at, tracker.zone) < label(turn.recorded_at, tracker.zone)


def stand(  # noqa: PLR0913 - where, how and why
    turn: Turn, who: ParticipantRow, plan: LadderPlan, to: int, how: str, cause: str, *, silent: bool = False
) -> None:
    """Write that a participant now stands on rung `to` (-1: on none), and say so unless it is `silent`."""
    code = plan.ladder.code
    head = turn.unit.last(STANDING, (who.number, code))
    previous = head.tier if head is not None else None
    tier = plan.codes[to] if to >= 0 else None
    n = 1 if head is None else head.n + 1
    turn.unit.append(STANDING, StandingRow(who.number, code, n, tier, how, turn.occurred_at, turn.seq))
    if not silent and tier != previous:
        turn.say("tier_changed", who.number, cause, code, tier, previous)
    if plan.review is not None:
        schedule(turn, who, plan, to)


def schedule(turn: Turn, who: ParticipantRow, plan: LadderPlan, to: int) -> None:
    """Let rung `to`, if it can be lost, be reviewed at the end of the period, unless that is arranged already."""
    assert plan.review is not None  # noqa: S101 - only such ladders have reviews
    row = turn.unit.get(REVIEW, (who.number, plan.ladder.code))
    if to <= plan.earned(0):
        if row is not None:
            former.rewrite(turn, REVIEW, row, None)
            turn.timed.add(who.number)
    elif row is None:
        due = next_review(plan.review, turn.plan.zone, turn.occurred_at)
        former.rewrite(turn, REVIEW, None, ReviewRow(who.number, plan.ladder.code, due))
        turn.timed.add(who.number)
