"""Points that count later: they mature, or are taken back before.

Promise: until they mature they are in no balance, earn no rung and stand on no board. Then they are awarded as of that
instant, with everything it sets off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.errors import BadValue
from gamify_core.road import former, mirroring, wallet
from gamify_core.storage.tables.ledger import ENTRY, PENDING

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.ledger import PendingRow
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["cancel", "mature"]


def mature(turn: Turn, row: PendingRow) -> None:
    """Let points count. A wallet that is full to 64 bits does not take them."""
    who = turn.who
    version = None
    try:
        source = row.source or "pending"
        terms = wallet.AT_ONCE
        wallet.award(turn, who, row.currency, row.left, source, _base(row), terms, row.expires)
    except BadValue:
        turn.say("skipped", who.number, row.source or "pending", "points", "out_of_range")
    else:
        head = turn.unit.last(ENTRY, (who.number, row.currency))
        version = head.version if head is not None else None
    former.rewrite(turn, PENDING, row, row._replace(due=None, version=version, resolved=turn.seq))
    turn.timed.add(who.number)


def _base(row: PendingRow) -> int | None:
    """Return what was awarded before a multiplier; of a part nobody can say."""
    return row.base if row.left == row.amount else None


def cancel(turn: Turn, who: ParticipantRow, row: PendingRow, cause: str, amount: int | None = None) -> int:
    """Take back (so much of) what does not count yet, and return how much that was. Raises `BadValue`."""
    take = row.left if amount is None else amount
    mirroring.check_part(turn, row.currency, row.left, row.amount, take)
    if not take:
        return 0
    left = row.left - take
    now = row._replace(left=left)
    former.rewrite(turn, PENDING, row, now if left else now._replace(due=None, resolved=turn.seq))
    turn.timed.add(who.number)
    turn.say("pending_cancelled", who.number, cause, take, row.currency, left)
    return take
