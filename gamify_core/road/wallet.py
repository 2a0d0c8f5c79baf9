"""Moving points: one row for each wallet a movement touches, whose last row is the wallet.

A movement against a system account is one row. Between two participants it is two rows that mirror each other: a
single shared row could be the last row of only one of the two wallets, and the other would need a second table
kept in step. Either way, per currency, all amounts and their other sides sum to zero.
A transfer is neither earned nor spent: passing points around reaches no tier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gamify_core.errors import BadValue, GamifyError, InsufficientPoints
from gamify_core.road.meters import moved
from gamify_core.road.turn import Fall
from gamify_core.storage.tables.ledger import ENTRY, REVERSAL, EntryRow, ReversalRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = [
    "ISSUED",
    "SPENT",
    "OnInsufficient",
    "award",
    "covering",
    "deduct",
    "give",
    "reverse",
    "sweep",
    "transfer",
]

OnInsufficient = Literal["reject", "allow_negative", "partial"]
"""What a reversal does where the wallet does not hold any more what it is to give back."""

ISSUED = "@issued"
SPENT = "@spent"
_LIMIT = 2**63 - 1
_row = tuple.__new__


def award(  # noqa: PLR0913 - on the hottest path, as what it calls
    turn: Turn, who: ParticipantRow, currency: str, amount: int, cause: str, base: int | None = None
) -> None:
    """Issue points to a participant; `base` is what they were before a multiplier made `amount` of them."""
    head = turn.unit.last(ENTRY, (who.number, currency))
    if head is None:
        version = balance = earned = spent = 0
    else:
        version, balance, earned, spent = head.version, head.balance, head.earned, head.spent
    if earned + amount > _LIMIT or balance + amount > _LIMIT:
        raise _too_much(who, currency, amount)
    multiplied = (None, base) if base is not None else ()
    ordinal = turn.say("points_awarded", who.number, cause, amount, currency, balance + amount, *multiplied)
    _append(
        turn,
        who,
        currency,
        version,
        ordinal,
        amount,
        ISSUED,
        None,
        balance,
        earned + amount,
        spent,
        cause,
        base,
    )
    metrics = turn.plan.wallet(currency)
    if metrics.earned is not None:
        moved(turn, who, metrics.earned, earned or None, earned + amount, amount)
    if metrics.balance is not None:
        moved(turn, who, metrics.balance, balance if version else None, balance + amount, amount)


def give(turn: Turn, who: ParticipantRow, gifts: Iterable[tuple[str, int]], cause: str) -> None:
    """Issue what comes with something else: a wallet that is full to 64 bits does not take that away."""
    for currency, points in gifts:
        try:
            award(turn, who, currency, points, cause)
        except GamifyError:
            turn.say("skipped", who.number, cause, "points", "out_of_range")


def deduct(turn: Turn, who: ParticipantRow, currency: str, amount: int, cause: str) -> None:
    """Take points that a participant spends; more than is there is refused with the numbers."""
    paid = turn.aside.paid.get((cause, currency), 0) if turn.aside is not None else 0
    head = covering(turn, who, currency, amount, paid)
    balance = head.balance
    ordinal = turn.say("points_deducted", who.number, cause, amount, currency, balance - amount)
    spent = head.spent + amount
    _append(
        turn, who, currency, head.version, ordinal, -amount, SPENT, None, balance, head.earned, spent, cause
    )
    metrics = turn.plan.wallet(currency)
    if metrics.spent is not None:
        moved(turn, who, metrics.spent, head.spent or None, spent, amount)
    if metrics.balance is not None:
        moved(turn, who, metrics.balance, balance, balance - amount, -amount)


def transfer(  # noqa: PLR0913 - who, to whom, what and why
    turn: Turn,
    sender: ParticipantRow,
    recipient: ParticipantRow,
    currency: str,
    amount: int,
    cause: str = "direct",
) -> None:
    """Move points from one participant to another."""
    head = covering(turn, sender, currency, amount)
    balance = head.balance
    ordinal = turn.say(
        "points_deducted", sender.number, cause, amount, currency, balance - amount, recipient.number
    )
    _append(
        turn,
        sender,
        currency,
        head.version,
        ordinal,
        -amount,
        None,
        recipient.number,
        balance,
        head.earned,
        head.spent,
        cause,
    )
    other = turn.unit.last(ENTRY, (recipient.number, currency))
    version, held, earned, spent = (
        (other.version, other.balance, other.earned, other.spent) if other else (0, 0, 0, 0)
    )
    if held + amount > _LIMIT:
        raise _too_much(recipient, currency, amount)
    ordinal = turn.say(
        "points_awarded", recipient.number, cause, amount, currency, held + amount, sender.number
    )
    _append(
        turn, recipient, currency, version, ordinal, amount, None, sender.number, held, earned, spent, cause
    )
    if (plan := turn.plan.wallet(currency).balance) is not None:
        moved(turn, sender, plan, balance, balance - amount, -amount)
        moved(turn, recipient, plan, held if version else None, held + amount, amount)


def reverse(  # noqa: PLR0913 - which movement, how much of it, and why
    turn: Turn,
    who: ParticipantRow,
    currency: str,
    version: int,
    cause: str,
    amount: int | None = None,
    on_insufficient: OnInsufficient = "reject",
) -> int:
    """Take (what is left of) movement `version` of a wallet back, and return how much that was.

    The mirror image is a movement of its own, now; what was earned or spent by the original was never earned or
    spent, and leaves the windows in which it was. Nothing to take back is nothing written.
    """
    entry = turn.unit.get(ENTRY, (who.number, currency, version))
    head = turn.unit.last(ENTRY, (who.number, currency))
    assert entry is not None  # noqa: S101 - callers name a movement that they have found
    assert head is not None  # noqa: S101 - the same wallet
    if entry.peer is not None or entry.reverses is not None:
        what = "a transfer" if entry.peer is not None else "a reversal"
        detail = f"{what} cannot be reversed"
        raise BadValue(
            "transaction_id", version, detail, hint="move the points back with a movement of its own"
        )
    key = (who.number, currency, version)
    before = turn.unit.get(REVERSAL, key)
    undone = before.amount if before is not None else 0
    take = _takeable(who, entry, head, undone, amount, on_insufficient)
    if not take:
        return 0
    signed = -take if entry.amount > 0 else take
    if head.balance + signed > _LIMIT or head.balance + signed < -_LIMIT:
        raise _too_much(who, currency, take)
    earned = head.earned - take if entry.account == ISSUED else head.earned
    spent = head.spent - take if entry.account == SPENT else head.spent
    turn.unit.put(REVERSAL, ReversalRow(*key, undone + take))
    ordinal = turn.say("points_reversed", who.number, cause, signed, currency, head.balance + signed)
    _append(
        turn,
        who,
        currency,
        head.version,
        ordinal,
        signed,
        entry.account,
        None,
        head.balance,
        earned,
        spent,
        cause,
        None,
        version,
    )
    metrics = turn.plan.wallet(currency)
    if metrics.earned is not None and earned != head.earned:
        turn.void(who, metrics.earned, head.earned, earned, Fall(currency, version, take))
    if metrics.spent is not None and spent != head.spent:
        turn.void(who, metrics.spent, head.spent, spent, Fall(currency, version, take))
    if metrics.balance is not None:
        moved(turn, who, metrics.balance, head.balance, head.balance + signed, signed)
    return take


def sweep(turn: Turn, who: ParticipantRow, currency: str, account: str, cause: str) -> None:
    """Move all that a wallet holds (or owes) to a system account.

    It was neither earned nor spent, and no metric follows: whoever sweeps a wallet takes its owner off the boards.
    """
    head = turn.unit.last(ENTRY, (who.number, currency))
    if head is None or not head.balance:
        return
    balance = head.balance
    tag = "points_deducted" if balance > 0 else "points_awarded"
    ordinal = turn.say(tag, who.number, cause, abs(balance), currency, 0)
    _append(
        turn,
        who,
        currency,
        head.version,
        ordinal,
        -balance,
        account,
        None,
        balance,
        head.earned,
        head.spent,
        cause,
    )


def _takeable(  # noqa: PLR0913 - what there was, what there is, and what is asked for
    who: ParticipantRow,
    entry: EntryRow,
    head: EntryRow,
    undone: int,
    amount: int | None,
    on_insufficient: OnInsufficient,
) -> int:
    """Return how much of a movement can be taken back now."""
    left = abs(entry.amount) - undone
    if amount is not None and amount > left:
        detail = f"{left:,} of {abs(entry.amount):,} {entry.currency} are left to reverse, not {amount:,}"
        raise BadValue("amount", amount, detail)
    take = left if amount is None else amount
    if entry.amount < 0 or head.balance >= take or on_insufficient == "allow_negative":
        return take
    if on_insufficient == "partial":
        return max(head.balance, 0)
    raise InsufficientPoints(who.participant_id, entry.currency, head.balance, take)


def covering(turn: Turn, who: ParticipantRow, currency: str, amount: int, paid: int = 0) -> EntryRow:
    """Return the head of a wallet that holds at least this much, or from which as much was `paid` before.

    Raises `InsufficientPoints`.
    """
    head = turn.unit.last(ENTRY, (who.number, currency))
    balance = head.balance if head is not None else 0
    if head is None or balance < amount > paid:
        raise InsufficientPoints(who.participant_id, currency, balance, amount)
    return head


def _too_much(who: ParticipantRow, currency: str, amount: int) -> BadValue:
    detail = f"{currency} of {who.participant_id!r} would leave the range of 64 bits"
    return BadValue("amount", amount, detail)


def _append(  # noqa: PLR0913 - the columns of the row
    turn: Turn,
    who: ParticipantRow,
    currency: str,
    version: int,
    ordinal: int,
    amount: int,
    account: str | None,
    peer: int | None,
    balance: int,
    earned: int,
    spent: int,
    cause: str = "direct",
    base: int | None = None,
    reverses: int | None = None,
) -> None:
    source = None if cause == "direct" else cause
    turn.unit.append(
        ENTRY,
        _row(
            EntryRow,
            (
                who.number,
                currency,
                version + 1,
                turn.seq,
                ordinal,
                amount,
                account,
                peer,
                balance + amount,
                earned,
                spent,
                turn.occurred_at,
                source,
                base,
                reverses,
            ),
        ),
    )
