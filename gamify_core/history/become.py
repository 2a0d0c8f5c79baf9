"""What people have become: rungs, badges, events and streaks, held against what was sealed of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gamify_core.history.looking import Look, spelt
from gamify_core.history.report import Mismatch
from gamify_core.road.erasing import DELETED
from gamify_core.road.joined import is_alias, own_numbers
from gamify_core.road.opening import SOURCE
from gamify_core.road.streak_rows import case_of, marks_of, state_in
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import (
    BADGE,
    EVENT,
    RETRACTION,
    REVIEW,
    STANDING,
    BadgeRow,
    StandingRow,
    ended_by,
    is_void,
    voided,
)
from gamify_core.storage.tables.streaks import MARK, STREAK, StreakRow

if TYPE_CHECKING:
    from gamify_core.history.looking import Check

__all__ = ["CHECKS"]


def tiers(look: Look) -> Iterator[Mismatch]:
    """Compare every change of rung with what was said of it.

    A pin and the rung at the bottom go unsaid, and so does where a ladder that is new to the catalog puts people.
    """
    told = 0
    for rows, gaps in look.chains(STANDING, "tier.gap"):
        yield from gaps
        before = None
        for row in rows:
            moved = look.tells(
                row.activity, "tier_changed", row.participant, ..., row.ladder, row.tier, before
            )
            told += moved
            silent = before is None or row.tier == before
            if not silent and not moved and not _placed(look, row.activity):
                yield Mismatch("tier.outcome", spelt(*row[:3]), row.tier, before)
            before = row.tier
        yield from _reviewed(look, rows[-1])
    yield from look.count("tier.missing", STANDING, look.said["tier_changed"], told)


def _reviewed(look: Look, head: StandingRow) -> Iterator[Mismatch]:
    """See that a rung that can be lost is to be reviewed."""
    plan = look.plan.ladders.get(head.ladder)
    if plan is None or plan.review is None or head.tier not in plan.codes:
        return
    if plan.codes.index(head.tier) > plan.earned(0) and look.reader.get(REVIEW, head[:2]) is None:
        who = look.reader.get(PARTICIPANT, head[:1])
        if who is not None and who.erased != DELETED and not is_alias(who):
            yield Mismatch("review.missing", spelt(*head[:2]), None, head.tier)


def _placed(look: Look, activity: int) -> bool:
    row = look.reader.get(ACTIVITY, (activity,))
    return row is not None and (row.kind == "catalog.adopted" or row.kind.startswith("definitions."))


def badges(look: Look) -> Iterator[Mismatch]:
    """Compare every earning and every end of one with what was said of it."""
    told = 0
    for rows, gaps in look.chains(BADGE, "badge.gap"):
        yield from gaps
        told += len(rows) - _unsaid(rows)
        for row in rows:
            if row.source == SOURCE:
                if not look.tells(row.activity, "=", row.participant, "badge", row.badge):
                    yield Mismatch("badge.outcome", spelt(*row[:3]), row.held)
                continue
            earned = row.held and not (row.source or "").startswith(("void:", "ended:"))
            tag = "badge_earned" if earned else "badge_revoked"
            sealed = look.tells_person(row.activity, tag, row.participant, ..., row.badge)
            if is_void(row) and not sealed:
                continue  # an earning that was over already never was: nothing more is said
            if not sealed:
                yield Mismatch("badge.outcome", spelt(*row[:3]), row.held)
    said = look.said["badge_earned"] + look.said["badge_revoked"] + look.done["opened badge"]
    yield from look.count("badge.missing", BADGE, said, told)


def _unsaid(rows: list[BadgeRow]) -> int:
    """Return how many rows nothing is said of: what lets an earning never have been that was over already."""
    over = {ended_by(row) for row in rows}
    return sum(is_void(row) and any(n in over for _, n in voided([row])) for row in rows)


def events(look: Look) -> Iterator[Mismatch]:
    """Compare events with the activities that they were, and what took some of them back with the ones that did."""
    yield from look.count("event.missing", EVENT, look.done["happened"])
    retracted = 0
    for rows, gaps in look.chains(EVENT, "event.gap"):
        yield from gaps
        for row in rows:
            if not look.tells(row.activity, "=", row.participant, row.name):
                yield Mismatch("event.outcome", spelt(*row[:2]), row.name)
            retracted += row.retracted is not None
    for taken, gaps in look.chains(RETRACTION, "event.gap"):
        yield from gaps
        retracted -= len(taken)
        for back in taken:
            event = look.reader.get(EVENT, (back.participant, back.event))
            found = event.retracted if event is not None else None
            if found != back.activity:
                yield Mismatch("event.outcome", spelt(*back[:2]), found, back.activity)
    if retracted:
        yield Mismatch("event.outcome", "retracted", retracted, 0)


def streaks(look: Look) -> Iterator[Mismatch]:
    """Fold every streak again from its activities."""
    who = None
    marks_met = 0
    for row in look.rows(STREAK):
        if who is None or who.number != row.participant:
            who = look.reader.get(PARTICIPANT, (row.participant,))
        plan = look.plan.streaks.get(row.streak)
        marks_met += _marks(look, row)
        if plan is None or who is None or who.erased == DELETED:
            continue
        case = case_of(look.reader, who, plan, look.plan.zone, row)
        marks = marks_of(look.reader, who, row.streak)
        look.checked["mark"] += len(marks)
        state, found = case.fold(marks), state_in(row)
        if state != found:
            yield Mismatch("streak.state", spelt(*row[:2]), found, state)
        elif row.told is not None and who.erased is None and row.due != case.due(state, row.told):
            yield Mismatch("streak.due", spelt(*row[:2]), row.due, case.due(state, row.told))
    yield from look.count("streak.missing", MARK, marks_met)


def _marks(look: Look, row: StreakRow) -> int:
    """Return how many activities there are of a streak, under all numbers of a person."""
    who = look.reader.get(PARTICIPANT, (row.participant,))
    numbers = own_numbers(look.reader, who) if who is not None else (row.participant,)
    return sum(look.reader.count(MARK, None, (number, row.streak)) for number in numbers)


CHECKS: tuple[Check, ...] = (tiers, badges, events, streaks)
