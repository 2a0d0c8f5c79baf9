"""Taking a movement of somebody's points back: the mirror image of it, whole or in part.

Promise: of a movement no more is ever taken back than it was, and what has lapsed of an award does not go a second
time. What comes back lies where it was drawn from; what goes is taken first from where it came to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gamify_core.domain.decimals import exact
from gamify_core.errors import BadValue, WalletClosed
from gamify_core.ids import id_of
from gamify_core.road import lapses, lots, wallet
from gamify_core.road.meters import moved
from gamify_core.road.turn import Fall
from gamify_core.storage.protocol import LARGEST
from gamify_core.storage.tables.ledger import ENTRY, REVERSAL, ReversalRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.road.lapses import Lapsed
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.ledger import EntryRow
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["OnInsufficient", "check_part", "reverse"]

OnInsufficient = Literal["reject", "allow_negative", "partial"]
"""What a reversal does where the wallet does not hold any more what it is to give back."""


def reverse(  # noqa: PLR0913 - which movement, how much of it, and why
    turn: Turn,
    who: ParticipantRow,
    entry: EntryRow,
    cause: str,
    amount: int | None = None,
    on_insufficient: OnInsufficient = "reject",
) -> int:
    """Take (what is left of) a movement of somebody's points back, and return how much that was.

    It may be one of somebody who was merged into them: then the wallet of that number is the `peer` of this one. The
    mirror image is a movement of its own, now; what was earned or spent by the original was never earned or
    spent, and leaves the windows in which it was. Nothing to take back is nothing written.

    Raises `BadValue`, `InsufficientPoints` and `WalletClosed`.
    """
    if who.is_closed:
        raise WalletClosed(who.participant_id)
    currency, key = entry.currency, entry[:3]
    head = turn.unit.last(ENTRY, (who.number, currency))
    assert head is not None  # noqa: S101 - the same wallet, or the one that it was merged into
    _reversible(entry)
    before = turn.unit.get(REVERSAL, key)
    undone = before.amount if before is not None else 0
    lapsed = lapses.lapsed(turn, who, entry)
    there = lots.available(turn, who, currency, head.balance) + sum(part.left for part in lapsed)
    take = _takeable(turn, who, entry, there, undone, amount, on_insufficient)
    if not take:
        return 0
    if lapsed:
        head = _regain(turn, who, entry, head, lapsed, take)
    signed = -take if entry.amount > 0 else take
    if head.balance + signed > LARGEST or head.balance + signed < -LARGEST:
        raise wallet.too_much(turn, who, currency, take)
    earned = head.earned - take if entry.account == wallet.ISSUED else head.earned
    spent = head.spent - take if entry.account == wallet.SPENT else head.spent
    turn.unit.put(REVERSAL, ReversalRow(*key, undone + take))
    peer = (entry.participant,) if entry.participant != who.number else ()
    ordinal = turn.say("points_reversed", who.number, cause, signed, currency, head.balance + signed, *peer)
    wallet.append(
        turn,
        who,
        currency,
        head.version,
        ordinal,
        signed,
        entry.account,
        peer[0] if peer else None,
        head.balance,
        earned,
        spent,
        cause,
        None,
        entry.version,
    )
    if signed < 0:
        lots.withdraw(turn, who, entry, take, head.balance + signed)
    elif entry.account != wallet.EXPIRED:  # what lapsed would lapse again
        lots.give_back(turn, who, entry, take, abs(entry.amount) - undone, head.balance + signed)
    metrics = turn.plan.wallets[currency]
    fall = Fall(currency, entry.version, take) if not peer else None
    if metrics.earned is not None and earned != head.earned:
        turn.void(who, metrics.earned, head.earned, earned, fall)
    if metrics.spent is not None and spent != head.spent:
        turn.void(who, metrics.spent, head.spent, spent, fall)
    if metrics.balance is not None:
        moved(turn, who, metrics.balance, head.balance, head.balance + signed, signed)
    return take


def _regain(  # noqa: PLR0913 - which award of whose, and how much of it goes
    turn: Turn, who: ParticipantRow, entry: EntryRow, head: EntryRow, lapsed: Iterable[Lapsed], take: int
) -> EntryRow:
    """Take back that an award has lapsed, as far as the award is to go and is not there: it went once already."""
    missing = take - lots.unspent(turn, entry)
    for part in lapsed:
        amount = min(part.left, missing)
        if amount <= 0:
            break
        missing -= amount
        lapses.forget(turn, part, amount)
        reverse(turn, who, part.movement, wallet.TIME, amount)
    return turn.unit.last(ENTRY, (who.number, entry.currency)) or head


def _reversible(entry: EntryRow) -> None:
    if entry.account == wallet.OPENING:
        what = "an opening"
    elif entry.reverses is not None:
        what = "a reversal"
    elif entry.source == wallet.MERGED:
        what = "a merge"
    elif entry.peer is not None:
        what = "a transfer"
    else:
        return
    name, detail = id_of("txn", entry.activity, entry.ordinal), f"{what} cannot be reversed"
    raise BadValue("transaction_id", name, detail, hint="move the points back with a movement of its own")


def _takeable(  # noqa: PLR0913 - what there was, what there is, and what is asked for
    turn: Turn,
    who: ParticipantRow,
    entry: EntryRow,
    available: int,
    undone: int,
    amount: int | None,
    on_insufficient: OnInsufficient,
) -> int:
    """Return how much of a movement can be taken back now."""
    left = abs(entry.amount) - undone
    if amount is not None:
        check_part(turn, entry.currency, left, abs(entry.amount), amount)
    take = left if amount is None else amount
    if entry.amount < 0 or available >= take or on_insufficient == "allow_negative":
        return take
    if on_insufficient == "partial":
        return max(available, 0)
    raise wallet.insufficient(turn, who, entry.currency, available, take)


def check_part(turn: Turn, currency: str, left: int, whole: int, asked: int) -> None:
    """Refuse to take more back of a movement, or a promise of one, than is left of it. Raises `BadValue`."""
    if asked > left:
        scale = turn.plan.catalog.scale(currency)
        there, all_of_it, told = (exact(each, scale) for each in (left, whole, asked))
        detail = f"{there:,} of {all_of_it:,} {currency} are left to reverse, not {told:,}"
        raise BadValue("amount", told, detail)
