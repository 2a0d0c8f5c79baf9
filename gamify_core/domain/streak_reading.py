"""What a streak says: as of an instant (`read`), and about the activity just recorded (`compare`).

Promise: reading changes nothing and needs no nightly work; a streak is alive exactly when acting at that
instant would extend or keep its run. A clock or a zone that goes back breaks nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gamify_core.domain.streak_deadlines import NEVER, ground, is_excused, label_at, reaches
from gamify_core.domain.streak_facts import (
    Correction,
    Mark,
    Miss,
    Pardons,
    Reading,
    Recorded,
    State,
    Status,
    Terms,
)
from gamify_core.domain.streak_fold import Settled, settle, stock_at
from gamify_core.domain.streak_step import satisfied
from gamify_core.domain.streak_tallies import standing

if TYPE_CHECKING:
    from gamify_core.domain.streak_rules import StreakRules
    from gamify_core.domain.zones import ZoneLine

__all__ = ["Outlook", "ahead", "compare", "due", "read"]

_row = tuple.__new__  # with every activity: `Outlook(…)` takes three times as long


class Outlook(NamedTuple):
    """What becomes of a run if nothing is done: what it counts at an instant, until when, and what it missed by then.

    With nothing open (no run, a broken one, a pause without an end) there is no `expires_at`: time does nothing more.
    """

    current: int
    expires_at: int | None
    missed: tuple[Miss, ...]


_NO_RUN = Outlook(0, None, ())


def ahead(state: State | None, rules: StreakRules, line: ZoneLine, pardons: Pardons, as_of: int) -> Outlook:
    """Return what time has done to a run by an instant, and when it does something next."""
    if state is None or state.last is None:
        return _NO_RUN
    if line.carried:
        line = ground(line, state.offset)
    present = label_at(rules.calendar, line, as_of)
    after = settle(state, state.last, _row(Terms, (rules, line, pardons)), present, as_of)
    if after.broken_at is not None:
        return _row(Outlook, (0, None, after.misses))
    return _row(Outlook, (state.run, _expires(after, rules, line, as_of), after.misses))


def read(state: State | None, rules: StreakRules, line: ZoneLine, pardons: Pardons, as_of: int) -> Reading:
    """Return how a streak stands at an instant.

    `progress` and `parts` are exact for the greatest label seen and for later ones; in a period that a traveller
    has come back to each goal counts as reached when that period was satisfied, else as not begun.
    """
    terms = Terms(rules, line, pardons)
    if state is None:
        _, target, parts = standing(0, rules)
        return Reading(0, 0, "none", None, 0, target, 0, None, stock_at(0, None, as_of, terms), parts)
    line = ground(line, state.offset)
    present = label_at(rules.calendar, line, as_of)
    done = satisfied(state, present)
    if rules.goals:
        progress, target, parts = _parts(state, present, rules, done=done)
    else:
        target, parts = rules.target, ()
        progress = min(state.tally, target) if present == state.label else target if done else 0
    if state.last is None:
        freezes = stock_at(0, None, as_of, terms)
        return Reading(0, 0, "none", None, progress, target, 0, None, freezes, parts)
    after = settle(state, state.last, terms, present, as_of)
    freezes = stock_at(after.stock, after.settled, as_of, terms)
    if after.broken_at is not None:
        lost, at = state.run, after.broken_at
        return Reading(0, state.longest, "broken", None, progress, target, lost, at, freezes, parts)
    status = _status(after, present, terms._replace(line=line), done=done)
    expires = _expires(after, rules, line, as_of)
    return Reading(state.run, state.longest, status, expires, progress, target, 0, None, freezes, parts)


def _parts(
    state: State, present: int, rules: StreakRules, *, done: bool
) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    if present == state.label:
        return standing(state.tally, rules)
    _, target, parts = standing(0, rules)
    return (target, target, tuple((goal, goal) for _, goal in parts)) if done else (0, target, parts)


def due(state: State | None, rules: StreakRules, line: ZoneLine, pardons: Pardons, as_of: int) -> int | None:
    """Return the next instant at which time by itself uses a freeze or ends the run, if nothing is done.

    None when nothing is open: no run, a broken one, or a pause without an end.
    """
    return ahead(state, rules, line, pardons, as_of).expires_at


def _status(after: Settled, present: int, terms: Terms, *, done: bool) -> Status:
    if done:
        return "active"
    if after.required < present:
        return "grace"
    if after.required > present and is_excused(present, *terms):
        return "excused"
    return "frozen" if after.misses else "pending"


def _expires(after: Settled, rules: StreakRules, line: ZoneLine, as_of: int) -> int | None:
    if after.required >= NEVER:
        return None
    # Whoever has flown back into the period has until its end there, though its deadline has gone by.
    return reaches(rules.calendar, line, after.required + 1, max(as_of, after.deadline))


def compare(before: State | None, after: State, mark: Mark, *, already: bool | None = None) -> Recorded:
    """Return what recording a mark changed, from the states before and after it.

    `already` says whether the mark won nothing, as its period was satisfied before; it is only needed for a mark
    that is more than `MEMORY` periods late, or a duplicate other than of the last one.
    """
    if already is None:
        again = after is before and (mark.instant, mark.id) == (after.seen, after.seen_id)
        already = again or (satisfied(before, mark.label) and _same_periods(before, after))
    record = after.longest > (0 if before is None else before.longest)
    return Recorded(after.run, after.longest, record, already, _corrections(before, after, mark))


def _same_periods(before: State | None, after: State) -> bool:
    """Say whether no period was won: with credit, an activity in a satisfied one may have filled another."""
    return before is not None and (before.last, before.behind) == (after.last, after.behind)


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
