"""What wallets say: what moving points answers, what a wallet holds, and each of its movements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import attrs

from gamify_core import border
from gamify_core.answers import Answer
from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import Amount, exact, plain, worth
from gamify_core.effects import (
    PointsAwarded,
    PointsDeducted,
    PointsPending,
    PointsReversed,
    effect_id,
)
from gamify_core.ids import id_of
from gamify_core.road import lots
from gamify_core.road.joined import gather, the_one
from gamify_core.road.requests import asked_with
from gamify_core.storage.tables.former import FORMER
from gamify_core.storage.tables.ledger import ENTRY, PENDING, PENDING_DUE
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from decimal import Decimal

    from gamify_core.effects import Words
    from gamify_core.services.access import Access
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.ledger import EntryRow, PendingRow
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = [
    "Award",
    "Balance",
    "Movement",
    "PointsAnswer",
    "TransferAnswer",
    "balance_of",
    "currency_of",
    "movements_of",
]


@attrs.frozen
class Award:
    """One award of a batch."""

    participant_id: str
    amount: int | Decimal | str
    reason: str | None = None
    metadata: Mapping[str, object] | None = None
    currency: str = "points"
    matures: str | None = attrs.field(default=None, kw_only=True)
    expires: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class Balance:
    """What a wallet holds. `available` is the balance less what is `held` back; `pending` is not in it yet.

    Of a currency with a `scale` the numbers are `Decimal`s, which are text in JSON.
    """

    participant_id: str
    currency: str
    balance: Amount
    available: Amount
    total_earned: Amount
    total_spent: Amount
    held: Amount = 0
    pending: Amount = 0

    def __str__(self) -> str:
        """Return `ada: 70 points (earned 100, spent 30)`."""
        told = f"earned {self.total_earned:,}, spent {self.total_spent:,}"
        return f"{self.participant_id}: {worth(self.balance, self.currency)} ({told})"

    def to_dict(self) -> dict[str, object]:
        """Return the document's `points`."""
        told = {"balance": self.balance, "total_earned": self.total_earned, "total_spent": self.total_spent}
        return {name: plain(number) for name, number in told.items()}


@attrs.frozen
class Movement:
    """One movement of a wallet: `amount` is signed, `balance_after` what was there then.

    `base_amount` is what was awarded before a multiplier made `amount` of it, or None where none did. What was awarded
    to count later is a movement of its own once it counts: `matured_from` is the award's id, and reason and metadata
    are the award's.
    """

    transaction_id: str
    amount: Amount
    currency: str
    balance_after: Amount
    source: str
    account: str | None
    peer_id: str | None
    reason: str | None
    metadata: Mapping[str, object]
    occurred_at: datetime
    base_amount: Amount | None = None
    matured_from: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        told = {name: plain(value) for name, value in attrs.asdict(self).items()}
        return {**told, "occurred_at": iso(self.occurred_at)}


class PointsAnswer(Answer):
    """An award or a deduction."""

    __slots__ = ()

    _unlisted: ClassVar[Mapping[str, object]] = {"transaction_id": None, "new_balance": None}

    @property
    def _movement(self) -> Words:
        return self._decided.outcome[0]

    @property
    def transaction_id(self) -> str:
        """The id of the movement."""
        return effect_id("points_", self._decided.seq, 0)

    @property
    def amount(self) -> Amount:
        """How many points were moved, multipliers included: a `Decimal` where the currency has a `scale`."""
        return self._shown(self._movement[3], self.currency)

    @property
    def base_amount(self) -> Amount:
        """How many were asked for, before multipliers made `amount` of them."""
        multiplied = len(self._movement) > 7 and self._movement[0] != PointsPending.tag  # noqa: PLR2004
        return self._shown(self._movement[7], self.currency) if multiplied else self.amount

    @property
    def currency(self) -> str:
        """Of which currency."""
        return str(self._movement[4])

    @property
    def new_balance(self) -> Amount:
        """The balance after everything the command did; what is pending is not in it."""
        mine = [
            e
            for e in self.effects
            if isinstance(e, PointsAwarded | PointsDeducted | PointsReversed | PointsPending)
            and e.currency == self.currency
            and e.participant_id == self.participant_id
        ]
        return mine[-1].balance

    @property
    def matures_at(self) -> datetime | None:
        """From when on the points count; None where they do already."""
        return moment(int(self._movement[6] or 0)) if self._movement[0] == PointsPending.tag else None

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to an award or a deduction."""
        upgrade = self.tier_upgrade
        body: dict[str, object] = {
            "transaction_id": self.transaction_id,
            "participant_id": self.participant_id,
            "amount": plain(self.amount),
            "new_balance": plain(self.new_balance),
        }
        if self._decided.kind == "points.award":
            body["tier_upgrade"] = upgrade.to_dict() if upgrade else None
        return body

    def _listed(self) -> Mapping[str, object]:
        """Return the document's result of one award of a batch."""
        return {"transaction_id": self.transaction_id, "new_balance": plain(self.new_balance)}


class TransferAnswer(Answer):
    """A transfer of points between two participants."""

    __slots__ = ()

    @property
    def transaction_id(self) -> str:
        """The id of the sender's movement."""
        return effect_id("points_", self._decided.seq, 0)

    @property
    def amount(self) -> Amount:
        """How many points were moved."""
        return self._of(0, 3)

    @property
    def sender_balance(self) -> Amount:
        """What the sender has left."""
        return self._of(0, 5)

    def _of(self, movement: int, place: int) -> Amount:
        words = self._decided.outcome[movement]
        return self._shown(words[place], str(words[4]))

    @property
    def recipient_id(self) -> str:
        """Who received."""
        return self._decided.people[int(self._decided.outcome[1][1] or 0)]

    @property
    def recipient_balance(self) -> Amount:
        """What the recipient has now."""
        return self._of(1, 5)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "transaction_id": self.transaction_id,
            "participant_id": self.participant_id,
            "recipient_id": self.recipient_id,
            "amount": plain(self.amount),
            "new_balance": plain(self.sender_balance),
            "recipient_balance": plain(self.recipient_balance),
        }


def currency_of(access: Access, code: str) -> str:
    """Return the code of a currency that there is. Raises `NotFound`."""
    code = border.code(code, "currency")
    if code != "points":
        access.plan.catalog.currency(code)
    return code


def balance_of(
    reader: Reader, person: ParticipantRow | None, who: str, currency: str, scale: int = 0
) -> Balance:
    """Return what a participant holds of a currency; somebody who has not been seen holds nothing."""
    if scale:
        whole = balance_of(reader, person, who, currency)
        numbers = (
            whole.balance,
            whole.available,
            whole.total_earned,
            whole.total_spent,
            whole.held,
            whole.pending,
        )
        return Balance(who, currency, *(exact(int(number), scale) for number in numbers))
    if person is None:
        return Balance(who, currency, 0, 0, 0, 0)
    head = reader.last(ENTRY, (person.number, currency))
    balance, earned, spent = (head.balance, head.earned, head.spent) if head is not None else (0, 0, 0)
    if person.due is None:
        return Balance(who, currency, balance, balance, earned, spent)
    held = lots.held(reader, person, currency)
    waiting = gather(reader, person, PENDING, PENDING_DUE)
    pending = sum(row.left for row in waiting if row.currency == currency)
    return Balance(who, currency, balance, balance - held, earned, spent, held, pending)


def movements_of(reader: Reader, rows: Sequence[EntryRow], scale: int = 0) -> list[Movement]:
    """Return movements of one person's wallet from its rows; what was erased of what they were asked with is gone."""
    promises = _promises(reader, rows) if rows else {}
    return [_movement(reader, row, promises.get((row.activity, row.version)), scale) for row in rows]


def _promises(reader: Reader, rows: Sequence[EntryRow]) -> dict[tuple[int, int], PendingRow]:
    """Return the promises that movements have come of, by activity and version: as they matured, word was left."""
    first, last = (some(row.activity for row in rows) for some in (min, max))
    who = reader.get(PARTICIPANT, (rows[0].participant,))
    assert who is not None  # noqa: S101 - a wallet is somebody's
    words = gather(
        reader, the_one(reader, who), FORMER, None, (PENDING.name,), start=(first,), stop=(last + 1,)
    )
    found = (PENDING.row(*json.loads(word.after)) for word in words if word.after is not None)
    return {
        (each.resolved or 0, each.version): each
        for each in found
        if each.version and each.currency == rows[0].currency
    }


def _movement(reader: Reader, row: EntryRow, promise: PendingRow | None, scale: int) -> Movement:
    reason: str | None = None
    metadata: Mapping[str, object] = {}
    if row.source is None or (promise is not None and promise.source is None):
        request = asked_with(reader, row.activity if promise is None else promise.activity) or {}
        reason, metadata = request.get("reason"), request.get("metadata") or {}
    peer = reader.get(PARTICIPANT, (row.peer,)) if row.peer is not None else None
    return Movement(
        effect_id("points_", row.activity, row.ordinal),
        exact(row.amount, scale),
        row.currency,
        exact(row.balance, scale),
        row.source or "direct",
        row.account,
        peer.participant_id if peer is not None else None,
        reason,
        metadata,
        moment(row.occurred_at),
        exact(row.base, scale) if row.base is not None else None,
        id_of("txn", promise.activity, promise.ordinal) if promise is not None else None,
    )
