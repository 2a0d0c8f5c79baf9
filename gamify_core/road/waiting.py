"""What waits for a participant, and what becomes of it when its time has come.

Promise: the row of a person says when that is first, so whoever reads it knows, at no cost, whether anything is due.
A command does what is due for the people it is about before it decides anything, so nobody spends what has lapsed;
`settle` does it for everybody; and a read does it in a trial, which writes nothing. All three go through here. What is
due for one person at one instant is one activity, in this order: points mature, holds end, lots lapse, rungs are
reviewed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gamify_core.domain.lots import Lot
from gamify_core.road import former, holds, pending, reviews, wallet
from gamify_core.road.commands import due_at
from gamify_core.road.joined import gather, own_numbers
from gamify_core.storage.tables.ledger import HOLD, HOLD_DUE, LOT, LOT_DUE, PENDING, PENDING_DUE
from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_DUE
from gamify_core.storage.tables.progress import REVIEW, REVIEW_DUE
from gamify_core.storage.tables.waiting import WAITING

if TYPE_CHECKING:
    from gamify_core.road.commands import Ask
    from gamify_core.road.plan import Plan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Index, Table
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["KIND", "due_for", "first_due", "forget", "refresh", "settle"]

KIND: Final = "participants.settled"


def due_for(participant_id: str, at: int) -> Ask:
    """Return the command that does what waits for a participant and is due at an instant."""
    return due_at(KIND, participant_id, at, settle)


def settle(turn: Turn) -> int | None:
    """Do what is due for the turn's participant at its instant."""
    if turn.who.is_closed:
        for row in _due(turn, HOLD, HOLD_DUE):
            holds.expire(turn, row)
        return None
    for row in _due(turn, PENDING, PENDING_DUE):
        pending.mature(turn, row)
    for row in _due(turn, HOLD, HOLD_DUE):
        holds.expire(turn, row)
    lapsing: dict[str, list[Lot]] = {}
    for row in _due(turn, LOT, LOT_DUE):
        lapsing.setdefault(row.currency, []).append(Lot(row.expires, row.version, row.left, row.participant))
        former.rewrite(turn, LOT, row, row._replace(left=0, due=None))
    for currency, gone in sorted(lapsing.items()):
        wallet.lapse(turn, turn.who, currency, gone)
    for row in _due(turn, REVIEW, REVIEW_DUE):
        reviews.review(turn, row)
    turn.timed.add(turn.who.number)
    return None


def _due(turn: Turn, table: Table[Any], index: Index) -> list[Any]:
    return gather(turn.unit, turn.who, table, index, stop=(turn.occurred_at + 1,))


def refresh(unit: Unit, number: int) -> None:
    """Let the row of a person say when time does something to what they have."""
    person = unit.get(PARTICIPANT, (number,))
    if person is None:
        return
    waiting = WAITING if not person.is_closed else ((HOLD, HOLD_DUE),)
    firsts = [
        unit.scan(table, index, (each,), limit=1)
        for each in own_numbers(unit, person)
        for table, index in waiting
    ]
    due = min((rows[0].due for rows in firsts if rows), default=None)
    if person.erased is not None:  # nothing happens to them any more
        due = None
    if due != person.due:
        unit.put(PARTICIPANT, person._replace(due=due))


def first_due(unit: Unit, _plan: Plan, until: int, most: int) -> list[tuple[int, int]]:
    """Return for which participants something is due first up to an instant, and when."""
    rows = unit.scan(PARTICIPANT, PARTICIPANT_DUE, (), stop=(until + 1,), limit=most)
    return [(row.due, row.number) for row in rows if row.due is not None]


def forget(turn: Turn, who: ParticipantRow) -> None:
    """Let nothing wait any more for somebody who is deleted: holds are released, what lapses or is to come is not."""
    unit = turn.unit
    for row in gather(unit, who, PENDING, PENDING_DUE):
        unit.put(PENDING, row._replace(due=None, left=0, resolved=turn.seq))
    for hold in gather(unit, who, HOLD, HOLD_DUE):
        ended = hold._replace(state="released", resolved=turn.seq, resolved_at=turn.occurred_at, due=None)
        unit.put(HOLD, ended)
    for lot in gather(unit, who, LOT, LOT_DUE):
        unit.put(LOT, lot._replace(due=None, left=0))
    for review in gather(unit, who, REVIEW, REVIEW_DUE):
        unit.remove(REVIEW, review)
