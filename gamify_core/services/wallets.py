"""What wallets say: awards of a batch, what a wallet holds, and each of its movements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core.clock import iso, moment
from gamify_core.effects import effect_id
from gamify_core.road import lots
from gamify_core.road.requests import asked_with
from gamify_core.storage.tables.ledger import ENTRY, PENDING, PENDING_DUE
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.ledger import EntryRow
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["Award", "Balance", "Movement", "balance_of", "movement_of"]


@attrs.frozen
class Award:
    """One award of a batch."""

    participant_id: str
    amount: int
    reason: str | None = None
    metadata: Mapping[str, object] | None = None
    currency: str = "points"
    matures: str | None = attrs.field(default=None, kw_only=True)
    expires: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class Balance:
    """What a wallet holds. `available` is the balance less what is `held` back; `pending` is not in it yet."""

    participant_id: str
    currency: str
    balance: int
    available: int
    total_earned: int
    total_spent: int
    held: int = 0
    pending: int = 0

    def __str__(self) -> str:
        """Return `ada: 70 points (earned 100, spent 30)`."""
        told = f"earned {self.total_earned:,}, spent {self.total_spent:,}"
        return f"{self.participant_id}: {self.balance:,} {self.currency} ({told})"

    def to_dict(self) -> dict[str, object]:
        """Return the document's `points`."""
        return {"balance": self.balance, "total_earned": self.total_earned, "total_spent": self.total_spent}


@attrs.frozen
class Movement:
    """One movement of a wallet: `amount` is signed, `balance_after` what was there then.

    `base_amount` is what was awarded before a multiplier made `amount` of it, or None where none did.
    """

    transaction_id: str
    amount: int
    currency: str
    balance_after: int
    source: str
    account: str | None
    peer_id: str | None
    reason: str | None
    metadata: Mapping[str, object]
    occurred_at: datetime
    base_amount: int | None = None

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {**attrs.asdict(self), "occurred_at": iso(self.occurred_at)}


def balance_of(reader: Reader, person: ParticipantRow | None, who: str, currency: str) -> Balance:
    """Return what a participant holds of a currency; somebody who has not been seen holds nothing."""
    if person is None:
        return Balance(who, currency, 0, 0, 0, 0)
    head = reader.last(ENTRY, (person.number, currency))
    balance, earned, spent = (head.balance, head.earned, head.spent) if head is not None else (0, 0, 0)
    if person.due is None:
        return Balance(who, currency, balance, balance, earned, spent)
    held = lots.held(reader, person.number, currency)
    waiting = reader.scan(PENDING, PENDING_DUE, (person.number,))
    pending = sum(row.left for row in waiting if row.currency == currency)
    return Balance(who, currency, balance, balance - held, earned, spent, held, pending)


def movement_of(reader: Reader, row: EntryRow) -> Movement:
    """Return a movement from its row; what it was asked with is gone where that was erased."""
    reason: str | None = None
    metadata: Mapping[str, object] = {}
    if row.source is None:
        request = asked_with(reader, row.activity) or {}
        reason, metadata = request.get("reason"), request.get("metadata") or {}
    peer = reader.get(PARTICIPANT, (row.peer,)) if row.peer is not None else None
    return Movement(
        effect_id("points_", row.activity, row.ordinal),
        row.amount,
        row.currency,
        row.balance,
        row.source or "direct",
        row.account,
        peer.participant_id if peer is not None else None,
        reason,
        metadata,
        moment(row.occurred_at),
        row.base,
    )
