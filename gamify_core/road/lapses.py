"""What has lapsed of an award, for when the award itself is taken back.

Promise: what has lapsed went once, and does not go a second time. Of what lapsed and was given back by hand since,
nothing is left here. A wallet is gone through from the award on, as taking back what has lapsed is rare, and an index
would cost something with every movement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gamify_core.road.joined import own_numbers
from gamify_core.road.wallet import EXPIRED
from gamify_core.storage.tables.ledger import DRAW, ENTRY, LOT, REVERSAL, DrawRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.ledger import EntryRow
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["Lapsed", "forget", "lapsed"]


class Lapsed(NamedTuple):
    """How much of an award went with a movement, because it had lapsed."""

    movement: EntryRow
    draw: DrawRow
    left: int


def lapsed(turn: Turn, who: ParticipantRow, entry: EntryRow) -> list[Lapsed]:
    """Return what has lapsed of an award by now, and was not given back since, with the movement it went with."""
    found: list[Lapsed] = []
    if entry.amount > 0 and any(not row.left for row in turn.unit.scan(LOT, None, entry[:3])):
        for number in own_numbers(turn.unit, who):
            after = entry.version if number == entry.participant else 0
            for row in turn.unit.scan(ENTRY, None, (number, entry.currency), start=(after + 1,)):
                if row.account == EXPIRED and row.reverses is None:
                    found += _gone_with(turn, entry, row)
    return found


def _gone_with(turn: Turn, award: EntryRow, row: EntryRow) -> Iterator[Lapsed]:
    before = turn.unit.get(REVERSAL, (row.participant, row.currency, row.version))
    room = -row.amount - (before.amount if before is not None else 0)
    for draw in turn.unit.scan(DRAW, None, (row.activity, row.ordinal)):
        part = min(draw.amount, room)
        if draw[2:5] == award[:3] and part:
            room -= part
            yield Lapsed(row, draw, part)


def forget(turn: Turn, part: Lapsed, amount: int) -> None:
    """Let so much of an award not have lapsed: it is taken back itself."""
    turn.unit.put(DRAW, part.draw._replace(amount=part.draw.amount - amount))
