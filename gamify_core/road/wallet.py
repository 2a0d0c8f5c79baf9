"""Moving points: one row for each wallet a movement touches, whose last row is the wallet.

A movement against a system account is one row. Between two participants it is two rows that mirror each other: a
single shared row could be the last row of only one of the two wallets, and the other would need a second table
kept in step. Either way, per currency, all amounts and their other sides sum to zero.
A transfer is neither earned nor spent: passing points around reaches no tier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.decimals import exact, one
from gamify_core.domain.lots import later
from gamify_core.errors import BadValue, GamifyError, InsufficientPoints, WalletClosed
from gamify_core.road import lots
from gamify_core.road.compiled import Terms
from gamify_core.road.meters import moved
from gamify_core.storage.protocol import LARGEST
from gamify_core.storage.tables.ledger import (
    ENTRY,
    PENDING,
    EntryRow,
    PendingRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gamify_core.domain.lots import Lot
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = [
    "AT_ONCE",
    "EXPIRED",
    "ISSUED",
    "MERGED",
    "OPENING",
    "SPENT",
    "TIME",
    "append",
    "award",
    "covering",
    "deduct",
    "give",
    "insufficient",
    "lapse",
    "opened",
    "pour",
    "sweep",
    "too_much",
    "transfer",
]

ISSUED = "@issued"
SPENT = "@spent"
EXPIRED = "@expired"
OPENING = "@opening"
MERGED = "merge"
"""What brought about that all of a wallet went to the one that its owner was merged into."""
AT_ONCE = Terms(None, None)
"""The terms of what counts now, whatever its currency says."""
TIME = "time"
"""What brought about that points lapsed, or that they have not."""
_row = tuple.__new__


def award(  # noqa: C901, PLR0913 - on the hottest path, as what it calls
    turn: Turn,
    who: ParticipantRow,
    currency: str,
    amount: int,
    cause: str,
    base: int | None = None,
    terms: Terms | None = None,
    expires: int | None = None,
) -> None:
    """Award points to a participant; `base` is what they were before a multiplier made `amount` of them.

    By the `terms` (None: those of the currency) they may count later, and lapse: both are reckoned from the turn's
    instant, in the catalog's zone. `AT_ONCE` they count now, and lapse at the instant `expires`, if at all.
    """
    if who.is_closed:
        raise WalletClosed(who.participant_id)
    metrics = turn.plan.wallets[currency]
    if terms is None:
        terms = metrics.terms
    if terms is not None and terms is not AT_ONCE:
        if terms.matures is not None:
            _promise(turn, who, currency, amount, cause, base, terms)
            return
        if terms.expires is not None:
            expires = later(turn.occurred_at, terms.expires, turn.plan.zone)
    head = turn.unit.last(ENTRY, (who.number, currency))
    if head is None:
        version = balance = earned = spent = 0
    else:
        version, balance, earned, spent = head.version, head.balance, head.earned, head.spent
    if earned + amount > LARGEST or balance + amount > LARGEST:
        raise too_much(turn, who, currency, amount)
    multiplied = (None, base) if base is not None else ()
    ordinal = turn.say("points_awarded", who.number, cause, amount, currency, balance + amount, *multiplied)
    append(
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
    if expires is not None:
        lots.open_lot(turn, who, currency, version + 1, amount, expires, balance + amount)
    if metrics.earned is not None:
        moved(turn, who, metrics.earned, earned or None, earned + amount, amount)
    if metrics.balance is not None:
        moved(turn, who, metrics.balance, balance if version else None, balance + amount, amount)


def _promise(  # noqa: PLR0913 - as above
    turn: Turn, who: ParticipantRow, currency: str, amount: int, cause: str, base: int | None, terms: Terms
) -> None:
    """Write that points will count later."""
    zone = turn.plan.zone
    counts = later(turn.occurred_at, terms.matures or "", zone)
    expires = later(counts, terms.expires, zone) if terms.expires is not None else None
    balance = lots.balance(turn.unit, who.number, currency)
    words: list[int] = [balance, counts, expires] if expires is not None else [balance, counts]
    ordinal = turn.say("points_pending", who.number, cause, amount, currency, *words)
    source = None if cause == "direct" else cause
    place = (turn.seq, ordinal, who.number, currency)
    turn.unit.add(
        PENDING, PendingRow(*place, amount, base, source, counts, expires, amount, counts, None, None)
    )
    turn.timed.add(who.number)


def give(turn: Turn, who: ParticipantRow, gifts: Iterable[tuple[str, int]], cause: str) -> None:
    """Issue what a definition gives: a wallet that is full to 64 bits does not take that away."""
    for currency, points in gifts:
        try:
            award(turn, who, currency, points * one(turn.plan.catalog.scale(currency)), cause)
        except WalletClosed:
            turn.say("skipped", who.number, cause, "points", "account_closed")
        except GamifyError:
            turn.say("skipped", who.number, cause, "points", "out_of_range")


def deduct(turn: Turn, who: ParticipantRow, currency: str, amount: int, cause: str) -> None:
    """Take points that a participant spends; more than is there is refused with the numbers."""
    paid = turn.aside.paid.get((cause, currency), 0) if turn.aside is not None else 0
    head = covering(turn, who, currency, amount, paid)
    balance = head.balance
    ordinal = turn.say("points_deducted", who.number, cause, amount, currency, balance - amount)
    spent = head.spent + amount
    append(
        turn, who, currency, head.version, ordinal, -amount, SPENT, None, balance, head.earned, spent, cause
    )
    lots.spend(turn, who, currency, amount, ordinal)
    metrics = turn.plan.wallets[currency]
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
    """Move points from one participant to another; what lapses, lapses there when it would have lapsed here."""
    if recipient.is_closed:
        raise WalletClosed(recipient.participant_id)
    head = covering(turn, sender, currency, amount)
    balance = head.balance
    ordinal = turn.say(
        "points_deducted", sender.number, cause, amount, currency, balance - amount, recipient.number
    )
    append(
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
    taken = lots.spend(turn, sender, currency, amount, ordinal)
    version, held, earned, spent = _totals(turn, recipient, currency)
    if held + amount > LARGEST:
        raise too_much(turn, recipient, currency, amount)
    ordinal = turn.say(
        "points_awarded", recipient.number, cause, amount, currency, held + amount, sender.number
    )
    append(
        turn, recipient, currency, version, ordinal, amount, None, sender.number, held, earned, spent, cause
    )
    lots.arrive(turn, recipient, currency, version + 1, taken, held + amount)
    if (plan := turn.plan.wallets[currency].balance) is not None:
        moved(turn, sender, plan, balance, balance - amount, -amount)
        moved(turn, recipient, plan, held if version else None, held + amount, amount)


def lapse(turn: Turn, who: ParticipantRow, currency: str, gone: Sequence[Lot]) -> None:
    """Take what was not spent in time. It stays earned, and is not spent."""
    head = turn.unit.last(ENTRY, (who.number, currency))
    assert head is not None  # noqa: S101 - what lapses has come into the wallet
    balance, cause, amount = head.balance, TIME, sum(lot.left for lot in gone)
    ordinal = turn.say("points_expired", who.number, cause, amount, currency, balance - amount)
    append(
        turn,
        who,
        currency,
        head.version,
        ordinal,
        -amount,
        EXPIRED,
        None,
        balance,
        head.earned,
        head.spent,
        cause,
    )
    lots.keep(turn, currency, ordinal, gone)
    if (metric := turn.plan.wallets[currency].balance) is not None:
        moved(turn, who, metric, balance, balance - amount, -amount)


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
    append(
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


def pour(turn: Turn, source: ParticipantRow, into: ParticipantRow, currency: str) -> None:
    """Let all that a wallet holds or owes, and all that it ever earned and spent, be another wallet's.

    No metric follows here, for there is nothing new to any: they are worked out anew from both histories. The lots stay
    where they were opened.
    """
    head = turn.unit.last(ENTRY, (source.number, currency))
    if head is None:
        return
    version, balance, earned, spent = _totals(turn, into, currency)
    totals = (balance + head.balance, earned + head.earned, spent + head.spent)
    if not all(-LARGEST <= total <= LARGEST for total in totals):
        raise too_much(turn, into, currency, head.balance)
    given = (MERGED, -head.balance, currency, 0, into.number, -head.earned, -head.spent)
    ordinal = turn.say("=", source.number, *given)
    own = (turn, source, currency, head.version, ordinal, -head.balance, None, into.number, head.balance)
    append(*own, 0, 0, MERGED)
    ordinal = turn.say(
        *("points_merged", into.number, MERGED, head.balance, currency, totals[0]),
        *(source.number, head.earned, head.spent),
    )
    ours = (turn, into, currency, version, ordinal, head.balance, None, source.number, balance)
    append(*ours, *totals[1:], MERGED)


def _totals(turn: Turn, who: ParticipantRow, currency: str) -> tuple[int, int, int, int]:
    """Return the version of a wallet, what it holds, and what was ever earned and spent in it."""
    head = turn.unit.last(ENTRY, (who.number, currency))
    return (head.version, head.balance, head.earned, head.spent) if head is not None else (0, 0, 0, 0)


def opened(  # noqa: PLR0913 - what a wallet begins with
    turn: Turn, who: ParticipantRow, currency: str, balance: int, earned: int, spent: int
) -> None:
    """Begin a wallet with what there is of it elsewhere. The movement may be one of nothing: all was spent by then."""
    if who.is_closed:
        raise WalletClosed(who.participant_id)
    ordinal = turn.say("=", who.number, "wallet", currency, balance, earned, spent)
    append(turn, who, currency, 0, ordinal, balance, OPENING, None, 0, earned, spent)


def covering(turn: Turn, who: ParticipantRow, currency: str, amount: int, paid: int = 0) -> EntryRow:
    """Return the head of a wallet of which this much is available, or from which as much was `paid` before.

    Raises `InsufficientPoints`.
    """
    if who.is_closed:
        raise WalletClosed(who.participant_id)
    head = turn.unit.last(ENTRY, (who.number, currency))
    there = lots.available(turn, who, currency, head.balance) if head is not None else 0
    if head is None or there < amount > paid:
        raise insufficient(turn, who, currency, there, amount)
    return head


def insufficient(
    turn: Turn, who: ParticipantRow, currency: str, available: int, requested: int
) -> InsufficientPoints:
    """Return the refusal of what a wallet does not hold, in numbers as people know them."""
    scale = turn.plan.catalog.scale(currency)
    return InsufficientPoints(who.participant_id, currency, exact(available, scale), exact(requested, scale))


def too_much(turn: Turn, who: ParticipantRow, currency: str, amount: int) -> BadValue:
    """Return the refusal of an amount with which a wallet would hold, or have earned, more than a number can be."""
    detail = f"{currency} of {who.participant_id!r} would leave the range of 64 bits"
    return BadValue("amount", exact(amount, turn.plan.catalog.scale(currency)), detail)


def append(  # noqa: PLR0913 - the columns of the row
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
    """Write a movement after the last of a wallet, which was `version` and held `balance`."""
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
