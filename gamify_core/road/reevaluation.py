"""Letting changed definitions act on everybody: what an edit or a new catalog asks for with `on_change="reevaluate"`.

It is a job that goes on over several commits: each looks at some participants and says how far it has come. Whoever
began it does it to its end; should that process die, others do a step with each of their commands. For each person
thresholds are held against their metrics as they stand, both ways: who is below a rung now leaves it (unless it was
assigned), and badges that are not permanent go with their criteria. What changed for somebody is an activity of its
own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gamify_core.road import milestones
from gamify_core.road.commands import Ask
from gamify_core.road.streak_rows import case_of, row_of, state_in
from gamify_core.storage.tables.definitions import JOB, JobRow

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.unit import Unit

__all__ = ["KIND", "begin", "go_on", "known", "look", "of", "ours", "pending"]

KIND = "catalog.reevaluated"
_NAME = "reevaluate"
_KNOWN = "reevaluating"
_OURS, _LEFT = "ours", "left"


def begin(turn: Turn) -> None:
    """Leave word that everybody is to be looked at, from the first on."""
    turn.unit.put(JOB, JobRow(_NAME, 1, turn.seq))
    turn.unit.memo[_KNOWN] = _OURS


def pending(reader: Reader | Unit) -> JobRow | None:
    """Return what is left to do, or None."""
    return reader.get(JOB, (_NAME,))


def go_on(unit: Unit, job: JobRow, following: int | None) -> None:
    """Say how far the work has come: up to the number that follows, or (None) to its end."""
    if following is None:
        unit.remove(JOB, job)
    else:
        unit.put(JOB, job._replace(following=following))
    whose = unit.known.get(_KNOWN) or unit.memo.get(_KNOWN) or _LEFT
    unit.memo[_KNOWN] = whose if following is not None else None


def known(facts: Mapping[object, object]) -> bool:
    """Say whether work is known to be left, without asking the store."""
    return bool(facts.get(_KNOWN))


def ours(facts: Mapping[object, object]) -> bool:
    """Say whether the work was begun by this process: then it is done at once, otherwise a step with each command.

    Whoever begins it has asked for it and waits; others only help on, in case the one that began has died.
    """
    return facts.get(_KNOWN) == _OURS


def look(unit: Unit) -> None:
    """Find out whether work is left over from a process that did not finish it."""
    unit.memo[_KNOWN] = _LEFT if pending(unit) is not None else None


def of(participant_id: str) -> Ask:
    """Return the command that holds the catalog in force against one participant anew."""
    request = {"participant_id": participant_id}
    return Ask(KIND, participant_id, request, None, None, _reconsider, after=_settle_silence)


def _reconsider(turn: Turn) -> None:
    """Hold every threshold against the metrics of the turn's participant."""
    turn.anew = True
    plan = turn.plan
    turn.wake(turn.who, [*plan.ladders.values(), *plan.badges.values(), *plan.challenges.values()])
    for streak in plan.streaks.values():
        if streak.streak.milestones:
            row = row_of(turn.unit, turn.who.number, streak.streak.code)
            milestones.review(turn, case_of(turn.unit, turn.who, streak, plan.zone, row), state_in(row))


def _settle_silence(turn: Turn) -> None:
    """Write nothing about somebody for whom nothing has changed."""
    if all(words[0] == "skipped" for words in turn.outcome):  # that a badge is sold out is news to nobody
        turn.rest(0)
