"""What is owed: the points that are out, by when they lapse."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

import attrs

from gamify_core.domain.periods import Calendar
from gamify_core.services.wallets import balance_of
from gamify_core.storage.tables.ledger import LOT, LOT_DUE
from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_BY_ID

if TYPE_CHECKING:
    from gamify_core.services.reading import Snapshot

__all__ = ["By", "Liability", "LiabilityPeriod", "liability"]

By = Literal["day", "month", "year"]
_CALENDARS: Final = {"day": Calendar("daily"), "month": Calendar("monthly"), "year": Calendar("yearly")}


@attrs.frozen
class LiabilityPeriod:
    """How much of what is available lapses in a period (`2026-03`) unless it is spent."""

    period: str
    amount: int


@attrs.frozen
class Liability:
    """What is out of a currency.

    `outstanding` is the sum of all balances that are not below zero, and is `held`, plus what never lapses (`never`),
    plus what lapses in each period. What is `pending` is not in it yet, nor is `debt`, the sum of balances below zero.
    """

    currency: str
    outstanding: int
    held: int
    never: int
    periods: tuple[LiabilityPeriod, ...]
    pending: int
    debt: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


def liability(seen: Snapshot, currency: str, by: By) -> Liability:
    """Add up what everybody in the scope has as of now, one wallet after the other."""
    calendar, zone = _CALENDARS[by], seen.plan.zone
    lapsing: Counter[int] = Counter()
    outstanding = held = pending = debt = 0
    for person in seen.reader.scan(PARTICIPANT, PARTICIPANT_BY_ID, (seen.access.scope,)):
        reader = seen.access.present(seen.reader, person.participant_id, seen.as_of)
        wallet = balance_of(reader, person, person.participant_id, currency)
        outstanding += max(wallet.balance, 0)
        debt -= min(wallet.balance, 0)
        held += wallet.held
        pending += wallet.pending
        if person.due is not None:
            for lot in reader.scan(LOT, LOT_DUE, (person.number,)):
                if lot.currency == currency:
                    lapsing[calendar.label(lot.expires, zone)] += lot.left
    periods = tuple(LiabilityPeriod(calendar.text(label), lapsing[label]) for label in sorted(lapsing))
    never = outstanding - held - sum(lapsing.values())
    return Liability(currency, outstanding, held, never, periods, pending, debt)
