"""Challenges: goals that are met within a window, once in each, and what meeting them gives.

A challenge is looked at when something that its goals read has moved, as of the instant of the event that moved it:
what comes late completes the window in which it happened. A completion stands, also when a level falls again; where
something is taken back, that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road.giving import give
from gamify_core.road.joined import own_numbers
from gamify_core.road.meters import moved, value_in, value_of
from gamify_core.road.reversals import stay
from gamify_core.storage.tables.challenges import ADVANCE, COMPLETION, AdvanceRow, CompletionRow

if TYPE_CHECKING:
    from gamify_core.road.compiled import ChallengePlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["advance", "completed", "consider", "times", "value"]


def consider(turn: Turn, who: ParticipantRow, plan: ChallengePlan) -> None:
    """Complete a challenge whose goals are met in the window of the turn, unless it is complete there already."""
    challenge = plan.challenge
    label = plan.windows.label(turn.occurred_at)
    if label is None or not challenge.is_active:
        return
    complete = completed(turn.unit, who, challenge.code, label) is not None
    if complete and turn.undoing is None:
        return
    met = plan.criteria.met(lambda metric: value(turn, who, plan, metric))
    if complete:
        if not met:
            stay(turn, who, "goals", "challenge", "permanent", challenge.code)
        return
    if met:
        row = CompletionRow(who.number, challenge.code, label, turn.occurred_at, turn.seq)
        turn.unit.add(COMPLETION, row)
        turn.say("challenge_completed", who.number, "goals", challenge.code, label)
        give(turn, who, challenge, f"challenge:{challenge.code}")


def completed(reader: Reader | Unit, who: ParticipantRow, code: str, label: int) -> CompletionRow | None:
    """Return by what somebody completed a challenge in a window, or None; of several completions the first."""
    rows = [reader.get(COMPLETION, (number, code, label)) for number in own_numbers(reader, who)]
    return min(
        (row for row in rows if row is not None),
        key=lambda row: (row.occurred_at, row.activity),
        default=None,
    )


def times(reader: Reader | Unit, who: ParticipantRow, *code: str) -> int:
    """Return in how many windows somebody completed a challenge, or all of them."""
    numbers = own_numbers(reader, who)
    if len(numbers) == 1:
        return reader.count(COMPLETION, None, (who.number, *code))
    return len({row[1:3] for number in numbers for row in reader.scan(COMPLETION, None, (number, *code))})


def value(turn: Turn, who: ParticipantRow, plan: ChallengePlan, metric: str) -> int:
    """Return what a metric of a challenge's goals comes to, in the window of the turn."""
    tracker = plan.trackers[metric]
    return value_of(turn, who, metric) if tracker is None else value_in(turn, who, tracker)


def advance(turn: Turn, who: ParticipantRow, code: str) -> bool:
    """Let `challenge.<code>` go up by one, and say whether a window of the challenge holds the instant at all."""
    if turn.plan.challenges[code].windows.label(turn.occurred_at) is None:
        return False
    row = turn.unit.get(ADVANCE, (who.number, code, turn.seq))
    steps = 1 if row is None else row.steps + 1
    turn.unit.put(ADVANCE, AdvanceRow(who.number, code, turn.seq, turn.occurred_at, steps))
    plan = turn.plan.metrics.get(f"challenge.{code}")
    if plan is not None:
        moved(turn, who, plan, None, 1, 1)
    return True
