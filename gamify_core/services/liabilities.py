"""What is owed: the points that are out, by when they lapse."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

import attrs

from gamify_core.domain.decimals import Amount, exact, plain
from gamify_core.domain.periods import Calendar
from gamify_core.road.joined import gather, is_alias
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
    amount: Amount


@attrs.frozen
class Liability:
    """What is out of a currency.

    `outstanding` is the sum of all balances that are not below zero, and is `held`, plus what never lapses (`never`),
    plus what lapses in each period. What is `pending` is not in it yet, nor is `debt`, the sum of balances below zero.
    """

    currency: str
    outstanding: Amount
    held: Amount
    never: Amount
    periods: tuple[LiabilityPeriod, ...]
    pending: Amount
    debt: Amount

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        periods = [{"period": each.period, "amount": plain(each.amount)} for each in self.periods]
        told = {field.name: plain(getattr(self, field.name)) for field in attrs.fields(type(self))}
        return {**told, "periods": periods}


def liability(seen: Snapshot, currency: str, by: By) -> Liability:
    """Add up what everybody in the scope has as of now, one wallet after the other."""
    calendar, zone = _CALENDARS[by], seen.plan.zone
    lapsing: Counter[int] = Counter()
    outstanding = held = pending = debt = 0
    for person in seen.reader.scan(PARTICIPANT, PARTICIPANT_BY_ID, (seen.access.scope,)):
        if is_alias(person):
            continue
        reader = seen.access.present(seen.reader, person.participant_id, seen.as_of)
        wallet = balance_of(reader, person, person.participant_id, currency)
        balance = int(wallet.balance)
        outstanding += max(balance, 0)
        debt -= min(balance, 0)
        held += int(wallet.held)
        pending += int(wallet.pending)
        if person.due is not None:
            for lot in gather(reader, person, LOT, LOT_DUE):
                if lot.currency == currency:
                    lapsing[calendar.label(lot.expires, zone)] += lot.left
    scale = seen.plan.catalog.scale(currency)
    periods = tuple(
        LiabilityPeriod(calendar.text(label), exact(lapsing[label], scale)) for label in sorted(lapsing)
    )
    never = outstanding - held - sum(lapsing.values())
    return Liability(
        currency,
        exact(outstanding, scale),
        exact(held, scale),
        exact(never, scale),
        periods,
        exact(pending, scale),
        exact(debt, scale),
    )
