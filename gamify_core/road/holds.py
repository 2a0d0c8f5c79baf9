"""Points set aside: held, then captured in part or whole, or released, or over by themselves.

Promise: a hold ends once. What is held cannot be spent, sent or claimed with, and does not lapse meanwhile; what a
hold lets go of goes back to the lots it was taken from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.decimals import exact, worth
from gamify_core.domain.lots import later
from gamify_core.errors import BadValue, HoldEndedBefore, NotFound
from gamify_core.road import former, lots, wallet
from gamify_core.storage.tables.ledger import HOLD, HoldRow
from gamify_core.storage.tables.participants import NEVER

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["capture", "expire", "place", "release"]


def place(turn: Turn, who: ParticipantRow, currency: str, amount: int, expires: str | None) -> None:
    """Set points aside until they are captured or released, or until a time has passed.

    Raises `InsufficientPoints`, `WalletClosed`.
    """
    wallet.covering(turn, who, currency, amount)
    ends = later(turn.occurred_at, expires, turn.plan.zone) if expires is not None else None
    ordinal = turn.say("hold_placed", who.number, "direct", amount, currency, ends)
    row = (turn.seq, ordinal, who.number, currency, amount, ends, "held", 0, None, None)
    lots.spend(turn, who, currency, amount, ordinal)
    turn.unit.add(HOLD, HoldRow(*row, ends if ends is not None else NEVER))
    turn.timed.add(who.number)


def capture(turn: Turn, hold: tuple[int, int], amount: int | None) -> None:
    """Spend what was held, or a part of it; the rest is available again.

    Raises `NotFound`, `HoldEndedBefore`, `BadValue` (more than is held), `WalletClosed`, and `InsufficientPoints` where
    the wallet does not hold any more what was set aside, for more was taken back than was there.
    """
    row, who = _standing(turn, hold), turn.who
    spent = row.amount if amount is None else amount
    if spent > row.amount:
        scale = turn.plan.catalog.scale(row.currency)
        held, asked = exact(row.amount, scale), exact(spent, scale)
        detail = f"{worth(held, row.currency)} {'is' if held == 1 else 'are'} held, not {asked:,}"
        raise BadValue("amount", asked, detail)
    _let_go(turn, row, "captured", "direct", spent)
    wallet.deduct(turn, who, row.currency, spent, "direct")


def release(turn: Turn, hold: tuple[int, int]) -> None:
    """Let go of what was held. Raises `NotFound`, `HoldEndedBefore`."""
    _let_go(turn, _standing(turn, hold), "released", "direct")


def expire(turn: Turn, row: HoldRow) -> None:
    """Let go of what was held for long enough."""
    _let_go(turn, row, "expired", "time")


def _standing(turn: Turn, hold: tuple[int, int]) -> HoldRow:
    row = turn.unit.get(HOLD, hold)
    name = f"hold_{hold[0]}_{hold[1]}"
    if row is None:
        raise NotFound("hold", name, f"Hold not found: {name}")
    if row.state != "held":
        scale = turn.plan.catalog.scale(row.currency)
        numbers = exact(row.amount, scale), exact(row.captured, scale)
        raise HoldEndedBefore(name, row.state, *numbers, row.currency)
    return row


def _let_go(turn: Turn, row: HoldRow, state: str, cause: str, captured: int = 0) -> None:
    """End a hold. All of it is there again; what is captured is spent from there, as anything else."""
    who, place = turn.who, (row.activity, row.ordinal)
    ended = row._replace(
        state=state, captured=captured, resolved=turn.seq, resolved_at=turn.occurred_at, due=None
    )
    former.rewrite(turn, HOLD, row, ended)
    turn.timed.add(who.number)
    turn.say("hold_ended", who.number, cause, row.amount, row.currency, *place, state, captured)
    balance = lots.balance(turn.unit, who.number, row.currency)
    lots.put_back(turn, who, row.currency, lots.draws(turn.unit, *place), balance)
