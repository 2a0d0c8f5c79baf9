"""Badges: earned once (unless repeatable), with what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.errors import GamifyError
from gamify_core.road import wallet
from gamify_core.road.meters import moved, value_in, value_of
from gamify_core.storage.tables.progress import BADGE, BadgeRow

if TYPE_CHECKING:
    from gamify_core.catalog import Badge
    from gamify_core.road.compiled import BadgePlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["consider", "earn", "held", "revoke"]


def held(turn: Turn, who: ParticipantRow, badge: Badge) -> BadgeRow | None:
    """Return the row by which a participant holds a badge, or None."""
    head = turn.unit.last(BADGE, (who.number, badge.code))
    return head if head is not None and head.held else None


def consider(turn: Turn, who: ParticipantRow, plan: BadgePlan) -> None:
    """Give a badge whose criteria are met and which is not held yet."""
    if held(turn, who, plan.badge) is None and plan.criteria.met(lambda name: value_of(turn, who, name)):
        earn(turn, who, plan.badge, "criteria")


def earn(turn: Turn, who: ParticipantRow, badge: Badge, cause: str) -> BadgeRow:
    """Write that a badge is earned, and give what it gives."""
    head = turn.unit.last(BADGE, (who.number, badge.code))
    n = 1 if head is None else head.n + 1
    source = None if cause == "direct" else cause
    row = BadgeRow(who.number, badge.code, n, 1, turn.occurred_at, turn.seq, source)
    turn.unit.append(BADGE, row)
    turn.say("badge_earned", who.number, cause, badge.code)
    if head is None or not head.held:
        _count(turn, who, 1)
    for currency, points in badge.points:
        try:
            wallet.award(turn, who, currency, points, f"badge:{badge.code}")
        except GamifyError:  # a full wallet does not take the badge away
            turn.say("skipped", who.number, f"badge:{badge.code}", "points", "out_of_range")
    return row


def revoke(turn: Turn, who: ParticipantRow, badge: Badge, cause: str) -> None:
    """Write that a badge is held no more. Points that it gave stay."""
    head = turn.unit.last(BADGE, (who.number, badge.code))
    n = 1 if head is None else head.n + 1
    turn.unit.append(BADGE, BadgeRow(who.number, badge.code, n, 0, turn.occurred_at, turn.seq, None))
    turn.say("badge_revoked", who.number, cause, badge.code)
    _count(turn, who, -1)


def _count(turn: Turn, who: ParticipantRow, change: int) -> None:
    plan = turn.plan.metrics.get("badges.count")
    if plan is not None:
        old = value_in(turn, who, turn.plan.reading("badges.count"))
        moved(turn, who, plan, old, old + change, change)
