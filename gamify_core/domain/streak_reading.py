"""What a streak says: as of an instant (`read`), and about the activity just recorded (`compare`).

Promise: reading changes nothing and needs no nightly work; a streak is alive exactly when acting at that
instant would extend or keep its run. A clock or a zone that goes back breaks nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.streak_deadlines import NEVER, deadline, ground, is_excused, label_at, reaches
from gamify_core.domain.streak_facts import (
    MEMORY,
    Correction,
    Mark,
    Pardons,
    Reading,
    Recorded,
    State,
    Status,
    StreakRules,
)
from gamify_core.domain.streak_fold import Settled, Terms, chain_of, settle, stock_at

if TYPE_CHECKING:
    from gamify_core.domain.zones import ZoneLine

__all__ = ["compare", "read", "satisfied"]


def read(state: State | None, rules: StreakRules, line: ZoneLine, pardons: Pardons, as_of: int) -> Reading:
    """Return how a streak stands at an instant.

    `progress` is exact for the greatest label seen and for later ones; in a period that a traveller has come
    back to it is the target when that was reached there, else 0.
    """
    terms = Terms(rules, line, pardons)
    if state is None:
        return Reading(0, 0, "none", None, 0, rules.target, 0, None, stock_at(0, None, as_of, terms))
    line = ground(line, state.offset)
    present = label_at(rules.calendar, line, as_of)
    done = satisfied(state, present)
    progress = min(state.tally, rules.target) if present == state.label else rules.target if done else 0
    if state.last is None:
        freezes = stock_at(0, None, as_of, terms)
        return Reading(0, 0, "none", None, progress, rules.target, 0, None, freezes)
    after = settle(chain_of(state), state.last, terms, present, as_of)
    freezes = stock_at(after.stock, after.settled, as_of, terms)
    if after.broken_at is not None:
        lost, at = state.run, after.broken_at
        return Reading(0, state.longest, "broken", None, progress, rules.target, lost, at, freezes)
    status = _status(after, present, terms._replace(line=line), done=done)
    expires = _expires(after.required, rules, line, as_of)
    return Reading(state.run, state.longest, status, expires, progress, rules.target, 0, None, freezes)


def _status(after: Settled, present: int, terms: Terms, *, done: bool) -> Status:
    if done:
        return "active"
    if after.required < present:
        return "grace"
    if after.required > present and is_excused(present, *terms):
        return "excused"
    return "frozen" if after.misses else "pending"


def _expires(required: int, rules: StreakRules, line: ZoneLine, as_of: int) -> int | None:
    if required >= NEVER:
        return None
    # Whoever has flown back into the period has until its end there, though its deadline has gone by.
    return reaches(rules.calendar, line, required + 1, max(as_of, deadline(required, rules, line)))


def satisfied(state: State | None, label: int) -> bool:
    """Say whether a period is satisfied; more than `MEMORY` periods behind the last that is forgotten."""
    if state is None or state.last is None or label > state.last:
        return False
    back = state.last - label
    return back == 0 or (back <= MEMORY and bool(state.behind >> (back - 1) & 1))


def compare(before: State | None, after: State, mark: Mark, *, already: bool | None = None) -> Recorded:
    """Return what recording a mark changed, from the states before and after it.

    `already` says whether the mark's period was satisfied before; it is only needed for a mark that is more
    than `MEMORY` periods late, or an older duplicate.
    """
    if already is None:
        again = before is not None and (before.seen, before.seen_id) == (mark.instant, mark.id)
        already = again or satisfied(before, mark.label)
    record = after.longest > (0 if before is None else before.longest)
    return Recorded(after.run, after.longest, record, already, _corrections(before, after, mark))


def _corrections(before: State | None, after: State, mark: Mark) -> tuple[Correction, ...]:
    """Name what changed about the past: with an activity in order, nothing."""
    if before is None or (mark.label >= before.label and mark.instant >= before.seen):
        return ()
    found = list[Correction]()
    if after.last == before.last and after.run != before.run:
        found.append(Correction("run", before.run, after.run))
    if after.longest != before.longest:
        found.append(Correction("longest", before.longest, after.longest))
    if after.runs != before.runs:
        found.append(Correction("runs", before.runs, after.runs))
    if after.consumed != before.consumed:
        found.append(Correction("freezes", before.consumed, after.consumed))
    return tuple(found)
