"""What of a wallet lapses, and when: its lots, what is drawn from them, and what comes back to them.

Promise: of somebody for whom nothing waits, no row is looked for: that is told by their own row, which is read anyway.
What is left of the lots of a wallet is never more than what is available of it. What comes back to a lot that has
lapsed since lapses at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain import lots
from gamify_core.domain.lots import Lot
from gamify_core.road import former
from gamify_core.road.joined import gather
from gamify_core.storage.tables.ledger import DRAW, ENTRY, HOLD, HOLD_DUE, LOT, LOT_DUE, DrawRow, LotRow
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.ledger import EntryRow
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = [
    "arrive",
    "available",
    "balance",
    "draws",
    "give_back",
    "held",
    "keep",
    "open_lot",
    "put_back",
    "spend",
]
__all__ += ["unspent", "waits", "withdraw"]


def waits(turn: Turn, who: ParticipantRow) -> bool:
    """Say whether anything of a participant waits, lapses or is held."""
    if who.number in turn.timed:
        return True
    row = turn.unit.get(PARTICIPANT, (who.number,))
    return row is not None and row.due is not None


def balance(reader: Reader | Unit, number: int, currency: str) -> int:
    """Return what a wallet holds."""
    head = reader.last(ENTRY, (number, currency))
    return head.balance if head is not None else 0


def held(reader: Reader | Unit, who: ParticipantRow, currency: str) -> int:
    """Return how much of a wallet is held."""
    rows = gather(reader, who, HOLD, HOLD_DUE)
    return sum(row.amount for row in rows if row.currency == currency)


def available(turn: Turn, who: ParticipantRow, currency: str, balance: int) -> int:
    """Return how much of a balance is not held."""
    return balance - held(turn.unit, who, currency) if waits(turn, who) else balance


def open_lot(  # noqa: PLR0913 - which lot of which wallet, and what there is
    turn: Turn,
    who: ParticipantRow,
    currency: str,
    version: int,
    amount: int,
    expires: int,
    balance: int,
    *,
    back: int | None = None,
) -> None:
    """Let an amount of what movement `version` brought lapse at `expires`; the wallet holds `balance` by now.

    Where it was in debt, what the debt has swallowed cannot lapse. Of a lot that comes with its movement no word is
    left, for it was not there before that; of what comes `back` to the wallet of that number there is.
    """
    turn.timed.add(who.number)
    left = sum(row.left for row in _open(turn, who, currency))
    room = balance - held(turn.unit, who, currency) - left
    part = min(amount, max(room, 0))
    if not part:
        return
    key = (who.number if back is None else back, currency, version, expires)
    row = turn.unit.get(LOT, key)
    whole, kept = (row.amount, row.left) if row is not None else (0, 0)
    now = LotRow(*key, max(whole, kept + part), kept + part, expires)
    if row is None and back is None:
        turn.unit.put(LOT, now)
    else:
        former.rewrite(turn, LOT, row, now)


def spend(turn: Turn, who: ParticipantRow, currency: str, amount: int, ordinal: int) -> list[Lot]:
    """Draw what is spent, or set aside, by effect `ordinal` from the lots that lapse first, and return from which."""
    if not waits(turn, who):
        return []
    open_ones = [_lot(row) for row in _open(turn, who, currency)]
    taken = lots.draw(open_ones, amount)
    for lot in taken:
        _take(turn, who, currency, lot)
    keep(turn, currency, ordinal, taken)
    return taken


def keep(turn: Turn, currency: str, ordinal: int, taken: Iterable[Lot]) -> None:
    """Write what effect `ordinal` of this command has from which lot."""
    for lot in taken:
        key = (turn.seq, ordinal, lot.holder, currency, lot.version, lot.expires)
        turn.unit.add(DRAW, DrawRow(*key, lot.left))


def draws(unit: Unit, activity: int, ordinal: int) -> list[Lot]:
    """Return what a movement or a hold has from which lot."""
    rows = unit.scan(DRAW, None, (activity, ordinal))
    return [Lot(row.expires, row.version, row.amount, row.participant) for row in rows if row.amount]


def arrive(  # noqa: PLR0913 - what came from whose lots
    turn: Turn, who: ParticipantRow, currency: str, version: int, taken: list[Lot], balance: int
) -> None:
    """Let what was sent lapse with its recipient when it would have lapsed with its sender."""
    for lot in taken:
        open_lot(turn, who, currency, version, lot.left, lot.expires, balance)


def give_back(  # noqa: PLR0913 - whose movement, and how much of how much
    turn: Turn, who: ParticipantRow, entry: EntryRow, amount: int, left: int, balance: int
) -> None:
    """Give an amount of a movement out of a wallet back to its lots; `left` of it had not been taken back before."""
    drawn = draws(turn.unit, entry.activity, entry.ordinal)
    back = lots.restored(drawn, amount, left)
    for lot in back:
        key = (entry.activity, entry.ordinal, lot.holder, entry.currency, lot.version, lot.expires)
        row = turn.unit.get(DRAW, key)
        if row is not None:
            turn.unit.put(DRAW, row._replace(amount=row.amount - lot.left))
    put_back(turn, who, entry.currency, back, balance)


def put_back(turn: Turn, who: ParticipantRow, currency: str, back: Iterable[Lot], balance: int) -> None:
    """Put what was drawn back into its lots; of one that has lapsed by now it lapses at this instant."""
    for lot in back:
        expires = max(lot.expires, turn.occurred_at)
        open_lot(turn, who, currency, lot.version, lot.left, expires, balance, back=lot.holder)


def withdraw(turn: Turn, who: ParticipantRow, entry: EntryRow, amount: int, balance: int) -> None:
    """Take an award back out of its own lots as far as it is there still; the wallet holds `balance` by now.

    Where that is not all of it, the rest comes from what does not lapse, and then from what lapses first.
    """
    if not waits(turn, who):
        return
    for row in turn.unit.scan(LOT, None, entry[:3]):
        part = min(row.left, amount)
        if part:
            _take(turn, who, entry.currency, _lot(row)._replace(left=part))
            amount -= part
    open_ones = [_lot(row) for row in _open(turn, who, entry.currency)]
    room = max(balance - held(turn.unit, who, entry.currency), 0)
    for lot in lots.draw(open_ones, max(sum(lot.left for lot in open_ones) - room, 0)):
        _take(turn, who, entry.currency, lot)


def unspent(turn: Turn, entry: EntryRow) -> int:
    """Return how much of an award is in its own lots still."""
    return sum(row.left for row in turn.unit.scan(LOT, None, entry[:3]))


def _lot(row: LotRow) -> Lot:
    return Lot(row.expires, row.version, row.left, row.participant)


def _open(turn: Turn, who: ParticipantRow, currency: str) -> list[LotRow]:
    rows = gather(turn.unit, who, LOT, LOT_DUE)
    return [row for row in rows if row.currency == currency]


def _take(turn: Turn, who: ParticipantRow, currency: str, lot: Lot) -> None:
    row = turn.unit.get(LOT, (lot.holder, currency, lot.version, lot.expires))
    assert row is not None  # noqa: S101 - it was just read
    left = row.left - lot.left
    former.rewrite(turn, LOT, row, row._replace(left=left, due=row.expires if left else None))
    turn.timed.add(who.number)
