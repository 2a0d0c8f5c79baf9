"""Badges: earned once (unless repeatable), with what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.errors import SoldOut
from gamify_core.road import assets, wallet
from gamify_core.road.joined import own_numbers
from gamify_core.road.meters import moved, value_in, value_of
from gamify_core.road.reversals import outcome_of, stay, take_back, take_copy
from gamify_core.storage.tables.progress import BADGE, ENDED, VOID, BadgeRow, ended_by, is_void, voided

if TYPE_CHECKING:
    from gamify_core.catalog import Badge
    from gamify_core.road.compiled import BadgePlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["consider", "drop", "earn", "forget", "held", "revoke", "standing"]


def held(turn: Turn, who: ParticipantRow, badge: Badge) -> BadgeRow | None:
    """Return the row by which a participant holds a badge, or None; of several the one that was earned first."""
    if who.person is None:
        head = turn.unit.last(BADGE, (who.number, badge.code))
        return head if head is not None and head.held else None
    heads = [turn.unit.last(BADGE, (number, badge.code)) for number in own_numbers(turn.unit, who)]
    there = [head for head in heads if head is not None and head.held]
    return min(there, key=lambda head: (head.occurred_at, head.activity), default=None)


def consider(turn: Turn, who: ParticipantRow, plan: BadgePlan) -> None:
    """Give a badge whose criteria are met and which is not held yet, and take one back that was not to be kept.

    Criteria take what criteria gave: what was awarded by hand or by a rule stays until that is undone. Where something
    is taken back such an earning never was, otherwise it is over now. What comes late to a window that is over may
    give a badge, but takes none that is held by the window of now.
    """
    badge = plan.badge
    row = held(turn, who, badge)
    if row is not None and badge.permanent and turn.undoing is None:
        return
    if plan.criteria.met(lambda name: value_of(turn, who, name)):
        if row is None:
            earn(turn, who, badge, "criteria")
    elif row is not None and not plan.criteria.met(lambda name: value_of(turn, who, name, turn.recorded_at)):
        given = [earned for earned in standing(turn, who, badge) if earned.source == "criteria"]
        if given and badge.permanent:
            stay(turn, who, "criteria", "badge", "permanent", badge.code)
        elif not badge.permanent:
            for earned in reversed(given):
                (_end if turn.undoing is None else drop)(turn, who, badge, earned, "criteria")


def standing(turn: Turn, who: ParticipantRow, badge: Badge) -> list[BadgeRow]:
    """Return the rows by which a badge is held, oldest first: several for a repeatable one.

    They are looked for from the end, as far back as it was last held by nobody: what was before that is over.
    """
    numbers = own_numbers(turn.unit, who)
    if len(numbers) == 1:
        return _standing(turn, who.number, badge)
    found = [row for number in numbers for row in _standing(turn, number, badge)]
    return sorted(found, key=lambda row: row.activity)


def _standing(turn: Turn, number: int, badge: Badge) -> list[BadgeRow]:
    head = turn.unit.last(BADGE, (number, badge.code))
    found: list[BadgeRow] = []
    over: set[int] = set()
    n = head.n if head is not None else 0
    while n and (row := turn.unit.get(BADGE, (number, badge.code, n))) is not None and row.held:
        ended = ended_by(row)
        if is_void(row):
            over.update(gone for _, gone in voided([row]))
        elif ended is not None:
            over.add(ended)
        elif n not in over:
            found.append(row)
        n -= 1
    return found[::-1]


def drop(turn: Turn, who: ParticipantRow, badge: Badge, row: BadgeRow, cause: str) -> None:
    """Take an earning back as if it had never been, with the points and the copy that it gave."""
    _close(turn, who, badge, row, VOID)
    turn.say("badge_revoked", who.number, cause, badge.code)
    _undo(turn, who, badge, row)


def forget(turn: Turn, who: ParticipantRow, badge: Badge, activity: int) -> None:
    """Let an earning that is over already never have been, where this activity had brought one."""
    for number in own_numbers(turn.unit, who):
        rows = turn.unit.scan(BADGE, None, (number, badge.code))
        gone = voided(rows)
        over = {ended_by(row) for row in rows}
        for row in rows:
            if row.activity == activity and row.n in over and (badge.code, row.n) not in gone:
                turn.unit.append(
                    BADGE, rows[-1]._replace(n=rows[-1].n + 1, activity=turn.seq, source=f"{VOID}{row.n}")
                )
                _undo(turn, who, badge, row)
                return


def _undo(turn: Turn, who: ParticipantRow, badge: Badge, row: BadgeRow) -> None:
    """Let an earning that is written as void be counted nowhere, and take back what it gave."""
    if (plan := turn.plan.metrics.get("badges.count")) is not None:
        turn.void(who, plan)
    _give_back(turn, who, badge, row)


def _end(turn: Turn, who: ParticipantRow, badge: Badge, row: BadgeRow, cause: str) -> None:
    """End an earning with what it gave: it was one while it lasted, so it is counted less from now on only."""
    held = _close(turn, who, badge, row, ENDED)
    turn.say("badge_revoked", who.number, cause, badge.code)
    if not held:
        _count(turn, who, -1)
    _give_back(turn, who, badge, row)


def _close(turn: Turn, who: ParticipantRow, badge: Badge, row: BadgeRow, mark: str) -> bool:
    """Write that an earning counts no more, and say whether others do."""
    head = turn.unit.last(BADGE, (row.participant, badge.code))
    assert head is not None  # noqa: S101 - `row` is one of this chain
    others = [earned for earned in standing(turn, who, badge) if earned != row]
    left = [earned for earned in others if earned.participant == row.participant]
    at = left[-1].occurred_at if left else turn.occurred_at
    closed = BadgeRow(
        row.participant, badge.code, head.n + 1, int(bool(left)), at, turn.seq, f"{mark}{row.n}"
    )
    turn.unit.append(BADGE, closed)
    return bool(others)


def _give_back(turn: Turn, who: ParticipantRow, badge: Badge, row: BadgeRow) -> None:
    """Take back the points, counted by now or not, and the copy that an earning gave."""
    given = f"badge:{badge.code}"
    for ordinal, words in reversed(list(enumerate(outcome_of(turn, row.activity)))):
        if words[0] in {"points_awarded", "points_pending"} and words[1:3] == [row.participant, given]:
            take_back(turn, who, words, row.activity, ordinal, given, turn.undoing or "partial")
        elif words[0] == "asset_minted" and words[1:3] == [row.participant, given]:
            take_copy(turn, who, words, given)


def earn(
    turn: Turn, who: ParticipantRow, badge: Badge, cause: str, *, refuse: bool = False
) -> BadgeRow | None:
    """Write that a badge is earned, and give what it gives: of a limited one a numbered copy as well.

    A limited one that is sold out is not earned. A cascade says so and goes on (None); a direct command is refused
    (`refuse`, then this raises `SoldOut`).
    """
    if turn.aside is not None and turn.aside.earned(who.number, badge.code, cause):
        return held(turn, who, badge)
    limit = assets.sold_out(turn, badge) if badge.max_supply is not None else None
    if limit is not None:
        if refuse:
            raise SoldOut(badge.code, limit)
        turn.say("skipped", who.number, cause, "badge", "sold_out", badge.code, limit)
        return None
    head = turn.unit.last(BADGE, (who.number, badge.code))
    fresh = (head is None or not head.held) if who.person is None else held(turn, who, badge) is None
    n = 1 if head is None else head.n + 1
    source = None if cause == "direct" else cause
    row = BadgeRow(who.number, badge.code, n, 1, turn.occurred_at, turn.seq, source)
    turn.unit.append(BADGE, row)
    turn.say("badge_earned", who.number, cause, badge.code)
    if fresh:
        _count(turn, who, 1)
    if badge.max_supply is not None:
        assets.mint(turn, who, badge, f"badge:{badge.code}")
    wallet.give(turn, who, badge.points, f"badge:{badge.code}")
    return row


def revoke(turn: Turn, who: ParticipantRow, badge: Badge, cause: str) -> None:
    """Write that a badge is held no more. Points that it gave stay."""
    for number in own_numbers(turn.unit, who):
        head = turn.unit.last(BADGE, (number, badge.code))
        if head is not None and head.held:
            row = BadgeRow(number, badge.code, head.n + 1, 0, turn.occurred_at, turn.seq, None)
            turn.unit.append(BADGE, row)
            turn.say("badge_revoked", who.number, cause, badge.code)
    _count(turn, who, -1)


def _count(turn: Turn, who: ParticipantRow, change: int) -> None:
    plan = turn.plan.metrics.get("badges.count")
    if plan is not None:
        old = value_in(turn, who, turn.plan.reading("badges.count"))
        moved(turn, who, plan, old, old + change, change)
