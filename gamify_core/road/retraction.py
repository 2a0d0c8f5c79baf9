"""Taking an event back: all that it caused, by the policy of each thing, and a word on what stays.

Promise: what is left is what there would be had the event never been sent, but for what cannot be undone: points that
were spent, copies that belong to others by now, badges that are permanent, challenges that were completed, rungs of
ladders that take none away, and what was decided since in the light of it. All of that is said. What an event caused
is read from the outcome of its own activity, so a rule that was changed since is undone as it was.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs

from gamify_core.catalog import Catalog
from gamify_core.domain.streaks import Mark
from gamify_core.domain.zones import CARRIED
from gamify_core.errors import NotFound
from gamify_core.road import badges, former, rewards
from gamify_core.road.joined import gather, own_numbers
from gamify_core.road.plan import compile_plan
from gamify_core.road.recount import lower, recount
from gamify_core.road.reversals import movement, outcome_of, stay, take_back, take_copy, taken_of
from gamify_core.road.streak_corrections import refold
from gamify_core.road.streak_time import up_to_date
from gamify_core.road.values import events_of
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG
from gamify_core.storage.tables.challenges import ADVANCE
from gamify_core.storage.tables.ledger import PENDING
from gamify_core.storage.tables.progress import EVENT, RETRACTION, RetractionRow
from gamify_core.storage.tables.rewards import CLAIM
from gamify_core.storage.tables.rules import FIRED
from gamify_core.storage.tables.streaks import MARK

if TYPE_CHECKING:
    from gamify_core.catalog.definitions import Cap
    from gamify_core.effects import Words
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.mirroring import OnInsufficient
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Table
    from gamify_core.storage.tables.progress import EventRow
    from gamify_core.storage.tables.streaks import MarkRow

__all__ = ["retract", "unmark"]

Said = list[tuple[int, "Words"]]
_LEFT = frozenset({"spent", "moved_on"})
"""Why what a rule gave is there still, so that its firing counts still: it would give as much again."""


def retract(turn: Turn, event: EventRow, policy: OnInsufficient) -> int | None:
    """Take an event of the turn's participant back; return the offset its instant carried, where a streak kept it."""
    turn.undoing = policy
    cause = f"retract:evt_{event.activity}"
    said = _caused(turn, event)
    _uncount(turn, event)
    carried = _unmark(turn, event, cause)
    stayed: set[str] = set()
    for ordinal, words in reversed(said):
        place = len(turn.outcome)
        _undo(turn, event, ordinal, words, cause)
        if any(told[0] == "skipped" and told[4] in _LEFT for told in turn.outcome[place:]):
            stayed.add(str(words[2]))
    _unfire(turn, event, said, stayed)
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
    head = turn.unit.last(RETRACTION, (event.participant,))
    n = 1 if head is None else head.n + 1
    turn.unit.append(RETRACTION, RetractionRow(event.participant, n, event.n, turn.seq))
    if (plan := turn.plan.metrics.get("events.count")) is not None:
        left = events_of(turn.unit, who)
        turn.void(who, plan, left + 1, left)
    for counter in turn.plan.counters.get(event.name, ()):
        turn.void(who, counter.plan)
    for code in _codes(turn, ADVANCE):
        advance = turn.unit.get(ADVANCE, (event.participant, code, event.activity))
        if advance is not None:
            former.keep(turn, ADVANCE, advance, None)
            turn.unit.remove(ADVANCE, advance)
            if (steps := turn.plan.metrics.get(f"challenge.{code}")) is not None:
                turn.void(who, steps)


def _codes(turn: Turn, table: Table[Any]) -> list[str]:
    """Return the codes under which the participant has rows: the catalog may not have all of them any more."""
    found: list[str] = []
    for number in own_numbers(turn.unit, turn.who):
        rows = turn.unit.scan(table, None, (number,), limit=1)
        while rows:
            code = rows[0][1]
            found += [] if code in found else [code]
            rows = turn.unit.scan(table, None, (number,), start=(f"{code}\0",), limit=1)
    return found


def _then(turn: Turn, event: EventRow) -> Catalog:
    """Return the catalog under which an event was decided."""
    activity = turn.unit.get(ACTIVITY, (event.activity,))
    row = turn.unit.get(CATALOG, (activity.catalog,)) if activity is not None else None
    if row is None or row.fingerprint == turn.plan.catalog.fingerprint:
        return turn.plan.catalog
    return Catalog.from_dict(json.loads(row.document))


def _unfire(turn: Turn, event: EventRow, said: Said, stayed: set[str]) -> None:
    """Give back what the event's firings took of the bounds of their rules, as far as nothing of them stayed.

    A bound is lowered where it is counted as it was then: in the same windows.
    """
    who, now = turn.who, turn.plan.catalog
    fired = [str(code) for code in said[0][1][3:]]
    then = _then(turn, event) if fired else now
    for code in fired:
        firing = turn.unit.get(FIRED, (event.participant, code, event.occurred_at))
        whole = f"rule:{code}" not in stayed
        if firing is not None and firing.activity == event.activity and whole:
            former.rewrite(turn, FIRED, firing, None)
        before, cap = _cap(then, code), _cap(now, code)
        if before is None or cap is None or _calendar(then, before) != _calendar(now, cap):
            continue
        if before.points is not None and cap.points is not None:
            points = turn.plan.metrics[f"rule.{code}.points"]
            lower(turn, who, points, _given_back(turn, event, said, f"rule:{code}"), event.occurred_at)
        if before.times is not None and cap.times is not None and whole:
            lower(turn, who, turn.plan.metrics[f"rule.{code}.times"], 1, event.occurred_at)


def _cap(catalog: Catalog, code: str) -> Cap | None:
    """Return the cap of a rule, or None where there is none, or no rule."""
    try:
        return catalog.rule(code).cap
    except NotFound:
        return None


def _calendar(catalog: Catalog, cap: Cap) -> tuple[str, str, str]:
    """Return what cuts the windows of a cap."""
    return cap.per, catalog.timezone, catalog.week_start


def _given_back(turn: Turn, event: EventRow, said: Said, cause: str) -> int:
    """Return how much of the points that a cause gave, or promised, has been taken back by now."""
    unit, place = turn.unit, event.activity
    found = 0
    for ordinal, words in said:
        if words[2] == cause and words[0] in {"points_awarded", "points_pending"}:
            moved = movement(unit, event.participant, str(words[4]), place, ordinal)
            given = moved if words[0] == "points_awarded" else unit.get(PENDING, (place, ordinal))
            found += taken_of(unit, given) if given is not None else 0
    return found


def _unmark(turn: Turn, event: EventRow, cause: str) -> int | None:
    """Remove what the event recorded of streaks, and fold again what is left."""
    carried = None
    for code in _codes(turn, MARK):
        plan = turn.plan.streaks.get(code)
        if plan is None:  # it may come back some day, and is then to be what is left
            if not _marks_by(turn, code, event.activity):
                continue
            plan = attrs.evolve(compile_plan(_then(turn, event)).streaks[code], current=None, longest=None)
        gone = unmark(turn, plan, event.activity, cause)
        if gone and plan.line is CARRIED:
            carried = gone[0].offset
    return carried


def _marks_by(turn: Turn, code: str, activity: int) -> list[MarkRow]:
    """Return what an activity recorded of a streak."""
    return [row for row in gather(turn.unit, turn.who, MARK, None, (code,)) if row.activity == activity]


def unmark(turn: Turn, plan: StreakPlan, activity: int, cause: str) -> list[Mark]:
    """Remove what an activity recorded of a streak, fold again what is left, and return what has gone."""
    who, code = turn.who, plan.streak.code
    rows = _marks_by(turn, code, activity)
    if not rows:
        return []
    _, case = up_to_date(turn, who, plan)
    for row in rows:
        former.keep(turn, MARK, row, None)
        turn.unit.remove(MARK, row)
    gone = [Mark._make(row[2:]) for row in rows]
    refold(turn, case, case, cause, gone=gone)
    return gone


def _undo(turn: Turn, event: EventRow, ordinal: int, words: Words, cause: str) -> None:
    """Undo one effect of the event; what a badge or a challenge gave goes, or stays, with that."""
    who = turn.who
    by_rule = words[0] != "=" and str(words[2]).startswith("rule:")
    match words[0]:
        case "points_awarded" | "points_deducted" | "points_pending" if by_rule:
            if words[0] == "points_deducted" and turn.aside is not None:
                turn.aside.cover(str(words[2]), str(words[4]), int(words[3] or 0))
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
            _unearn(turn, str(words[3]), int((words[4:] or [event.activity])[0] or 0), cause)


def _unearn(turn: Turn, code: str, activity: int, cause: str) -> None:
    """Take a badge back that is not permanent; one by criteria goes when these are not met without the event."""
    who = turn.who
    try:
        badge = turn.plan.catalog.badge(code)
    except NotFound:  # what is out of the catalog has no policy any more
        stay(turn, who, cause, "badge", "permanent", code)
        return
    mine = [row for row in badges.standing(turn, who, badge) if row.activity == activity]
    if not mine:  # over since, or taken back by hand
        badges.forget(turn, who, badge, activity)
        return
    row = mine[-1]
    plan = turn.plan.badges.get(code)
    if badge.permanent or (row.source or "").startswith(("challenge:", "streak:")):
        stay(turn, who, cause, "badge", "permanent", code)
        if turn.aside is not None and badge.repeatable and (row.source or "").startswith("rule:"):
            turn.aside.badges.append((code, activity))
    elif row.source == "criteria" and plan is not None:
        turn.wake(who, [plan])
    else:
        badges.drop(turn, who, badge, row, cause)
