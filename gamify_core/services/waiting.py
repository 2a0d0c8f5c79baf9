"""What is set aside, what is to come and what will lapse, as `engine.points` tells it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core.answers import Answer
from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import Amount, exact, plain
from gamify_core.effects import HoldEnded, HoldPlaced, effect_id
from gamify_core.ids import id_of
from gamify_core.road.joined import gather
from gamify_core.storage.tables.ledger import HOLD, HOLD_DUE, PENDING, PENDING_DUE

if TYPE_CHECKING:
    from gamify_core.services.reading import Snapshot
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["Expiring", "Hold", "HoldAnswer", "Pending", "expiring_of", "holds_of", "pending_of"]


@attrs.frozen
class Hold:
    """Points that are set aside, until `expires_at` (None: until they are captured or released)."""

    hold_id: str
    participant_id: str
    amount: Amount
    currency: str
    expires_at: datetime | None

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        ends = iso(self.expires_at) if self.expires_at is not None else None
        return {**attrs.asdict(self), "amount": plain(self.amount), "expires_at": ends}


@attrs.frozen
class Pending:
    """Points that were awarded, count from `matures_at` on, and lapse at `expires_at` (None: never)."""

    transaction_id: str
    amount: Amount
    currency: str
    matures_at: datetime
    expires_at: datetime | None

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        ends = iso(self.expires_at) if self.expires_at is not None else None
        told = {**attrs.asdict(self), "amount": plain(self.amount)}
        return {**told, "matures_at": iso(self.matures_at), "expires_at": ends}


@attrs.frozen
class Expiring:
    """So many points lapse at `expires_at` if they are not spent before."""

    amount: Amount
    currency: str
    expires_at: datetime

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {**attrs.asdict(self), "amount": plain(self.amount), "expires_at": iso(self.expires_at)}


class HoldAnswer(Answer):
    """A hold that was placed, or has ended."""

    __slots__ = ()

    @property
    def _hold(self) -> HoldPlaced | HoldEnded:
        return next(each for each in self._read() if isinstance(each, HoldPlaced | HoldEnded))

    @property
    def hold_id(self) -> str:
        """The hold, to be captured or released."""
        return self._hold.hold_id

    @property
    def amount(self) -> Amount:
        """How much was set aside."""
        return self._hold.amount

    @property
    def currency(self) -> str:
        """Of which currency."""
        return self._hold.currency

    @property
    def captured(self) -> Amount:
        """How much of it was spent."""
        return self._hold.captured if isinstance(self._hold, HoldEnded) else 0

    @property
    def outcome(self) -> str:
        """What has become of it: `held`, `captured` or `released`."""
        return self._hold.outcome if isinstance(self._hold, HoldEnded) else "held"

    @property
    def expires_at(self) -> datetime | None:
        """When it is over by itself; None where it is not, or has ended."""
        return self._hold.expires_at if isinstance(self._hold, HoldPlaced) else None

    @property
    def available(self) -> Amount:
        """How much of the balance is available after everything the command did."""
        return self._shown(self._said()[2], self.currency)

    @property
    def transaction_id(self) -> str | None:
        """The movement that a capture made, or None."""
        said = enumerate(self._decided.outcome)
        found = next((n for n, words in said if words[0] == "points_deducted"), None)
        return effect_id("points_", self._decided.seq, found) if found is not None else None

    def _title(self) -> str:
        return f"{self.hold_id} {self.outcome}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "hold_id": self.hold_id,
            "participant_id": self.participant_id,
            "amount": plain(self.amount),
            "currency": self.currency,
            "outcome": self.outcome,
            "captured": plain(self.captured),
            "expires_at": iso(self.expires_at) if self.expires_at is not None else None,
            "available": plain(self.available),
            "transaction_id": self.transaction_id,
        }


def holds_of(seen: Snapshot, person: ParticipantRow, currency: str | None) -> list[Hold]:
    """Return what is set aside of somebody's points; what ends first comes first."""
    return [
        Hold(
            id_of("hold", row.activity, row.ordinal),
            person.participant_id,
            exact(row.amount, seen.plan.catalog.scale(row.currency)),
            row.currency,
            moment(row.expires) if row.expires is not None else None,
        )
        for row in sorted(gather(seen.reader, person, HOLD, HOLD_DUE), key=lambda row: (row.due, row[:2]))
        if currency in (None, row.currency)
    ]


def pending_of(seen: Snapshot, person: ParticipantRow, currency: str | None) -> list[Pending]:
    """Return what is to come of somebody's points; what matures first comes first."""
    return [
        Pending(
            id_of("txn", row.activity, row.ordinal),
            exact(row.left, seen.plan.catalog.scale(row.currency)),
            row.currency,
            moment(row.matures),
            moment(row.expires) if row.expires is not None else None,
        )
        for row in sorted(
            gather(seen.reader, person, PENDING, PENDING_DUE), key=lambda row: (row.due, row[:2])
        )
        if currency in (None, row.currency)
    ]


def expiring_of(seen: Snapshot, person: ParticipantRow, until: int, currency: str | None) -> list[Expiring]:
    """Return what will have lapsed of somebody's points before an instant, by letting time pass in a trial."""
    if person.due is None or until <= seen.as_of:
        return []
    _, coming = seen.access.ahead(seen.reader, person, until - 1)
    scale = seen.plan.catalog.scale
    return [
        Expiring(exact(int(words[3] or 0), scale(str(words[4]))), str(words[4]), moment(one.occurred_at))
        for one in coming
        for words in one.outcome
        if words[0] == "points_expired" and currency in (None, words[4])
    ]
