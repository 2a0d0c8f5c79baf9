"""Points of a wallet that are there and not free: set aside by a hold, still to come, about to lapse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.clock import instant_of
from gamify_core.errors import NotFound
from gamify_core.ids import numbers_of
from gamify_core.road import holds, lots
from gamify_core.road.commands import Ask
from gamify_core.services.access import Access
from gamify_core.services.amounts import asked, length_of, part_of
from gamify_core.services.asking import request_of
from gamify_core.services.reading import snapshot
from gamify_core.services.waiting import (
    Expiring,
    Hold,
    HoldAnswer,
    Pending,
    expiring_of,
    holds_of,
    pending_of,
)
from gamify_core.services.wallets import currency_of
from gamify_core.storage.tables.ledger import HOLD
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from decimal import Decimal

    from gamify_core.road.turn import Turn

__all__ = ["Waiting"]


class Waiting:
    """The part of `engine.points` that is about what waits in a wallet."""

    def __init__(self, access: Access, limits: border.Limits) -> None:
        """Hang off an engine."""
        self._access = access
        self._limits = limits

    def hold(  # noqa: PLR0913 - how much, for how long and what for
        self,
        participant_id: str,
        amount: int | Decimal | str,
        *,
        expires: str | None = None,
        reason: str | None = None,
        metadata: Mapping[str, object] | None = None,
        currency: str = "points",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> HoldAnswer:
        """Set points aside: they stay in the balance, and are not available for anything else.

        `capture` spends them, or a part, and `release` lets them go; with `expires="15m"` they are let go by themselves
        that long after `at`, when the engine's clock says so. Meanwhile they do not lapse.
        Raises `InsufficientPoints`, `BadValue`, `NotFound` (currency), `WalletClosed`.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.points.award("ada", 100)
        >>> held = game.points.hold("ada", 60, expires="15m")
        >>> game.points.balance("ada").available
        40
        >>> game.points.capture(held.hold_id, 50).available
        50
        """
        given = asked(self._limits, participant_id, amount, reason, metadata, currency, at)
        lasts = length_of(expires, "expires") if expires is not None else None
        if lasts is not None:
            given.request["expires"] = lasts

        def decide(turn: Turn) -> None:
            holds.place(turn, turn.who, given.currency, given.units(turn), lasts)
            _tell_available(turn, given.currency)

        key = border.idempotency_key(idempotency_key)
        return HoldAnswer(self._access.write(Ask("points.hold", given.who, given.request, at, key, decide)))

    def capture(  # noqa: PLR0913 - which hold, how much of it and what for
        self,
        hold_id: str,
        amount: int | Decimal | str | None = None,
        *,
        reason: str | None = None,
        metadata: Mapping[str, object] | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> HoldAnswer:
        """Spend what is held (None: all of it), and let go of the rest. A hold ends once.

        Raises `HoldEndedBefore` with its `outcome` (`captured`, `released`, `expired`), `BadValue` where `amount` is
        more than is held, `NotFound`, `WalletClosed`, and `InsufficientPoints` where an award was taken back into debt
        since, so that what was set aside is not in the wallet any more.
        """
        place, who, currency = _called(self._access, hold_id)
        part = border.given(amount, currency, most=self._limits.amount) if amount is not None else None
        request = request_of(
            at,
            hold_id=hold_id,
            amount=part,
            reason=border.text(reason, "reason", self._limits.reason),
            metadata=border.properties(metadata, "metadata") if metadata is not None else None,
        )

        def decide(turn: Turn) -> None:
            holds.capture(turn, place, part_of(turn, currency, amount, self._limits.amount))
            _tell_available(turn, currency)

        key = border.idempotency_key(idempotency_key)
        return HoldAnswer(self._access.write(Ask("points.capture", who, request, at, key, decide)))

    def release(
        self,
        hold_id: str,
        *,
        reason: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> HoldAnswer:
        """Let go of what is held. Raises `HoldEndedBefore` with its `outcome`, `NotFound`."""
        place, who, currency = _called(self._access, hold_id)
        said = border.text(reason, "reason", self._limits.reason)
        request = request_of(at, hold_id=hold_id, reason=said)

        def decide(turn: Turn) -> None:
            holds.release(turn, place)
            _tell_available(turn, currency)

        key = border.idempotency_key(idempotency_key)
        return HoldAnswer(self._access.write(Ask("points.release", who, request, at, key, decide)))

    def holds(self, participant_id: str, *, currency: str | None = None) -> list[Hold]:
        """Return what is set aside of a participant's points now, what ends first first."""
        who = border.participant(participant_id)
        code = currency_of(self._access, currency) if currency is not None else None
        with snapshot(self._access, who) as seen:
            person = self._access.person(seen.reader, who)
            return holds_of(seen, person, code) if person is not None else []

    def pending(self, participant_id: str, *, currency: str | None = None) -> list[Pending]:
        """Return what was awarded and does not count yet, what matures first first."""
        who = border.participant(participant_id)
        code = currency_of(self._access, currency) if currency is not None else None
        with snapshot(self._access, who) as seen:
            person = self._access.person(seen.reader, who)
            return pending_of(seen, person, code) if person is not None else []

    def expiring(
        self, participant_id: str, before: datetime, *, currency: str | None = None
    ) -> list[Expiring]:
        """Return what will have lapsed of a participant's points before an instant if nothing happens meanwhile.

        It is found by letting time pass in a trial, by the code that will write it. What is pending matures in it, and
        holds end. What has lapsed by now, and was not written yet, is not to come any more.

        >>> from gamify_core import Catalog, Engine, ManualClock
        >>> clock = ManualClock("2026-03-02T09:00+00:00")
        >>> game = Engine(Catalog(), clock=clock)
        >>> _ = game.points.award("ada", 100, expires="90d")
        >>> _ = game.points.deduct("ada", 30)
        >>> [each.amount for each in game.points.expiring("ada", before=clock.now().replace(year=2027))]
        [70]
        """
        who = border.participant(participant_id)
        until = instant_of(before, "before")
        code = currency_of(self._access, currency) if currency is not None else None
        with snapshot(self._access, who) as seen:
            person = self._access.person(seen.reader, who)
            return expiring_of(seen, person, until, code) if person is not None else []


def _called(access: Access, hold_id: str) -> tuple[tuple[int, int], str, str]:
    """Return the place of a hold, whose it is and of which currency. Raises `NotFound`."""
    place = numbers_of("hold", hold_id)
    with access.read() as reader:
        row = reader.get(HOLD, place)
        person = reader.get(PARTICIPANT, (row.participant,)) if row is not None else None
    if row is None or person is None or person.scope != access.scope:
        raise NotFound("hold", hold_id, f"Hold not found: {hold_id:.100}")
    return place, person.participant_id, row.currency


def _tell_available(turn: Turn, currency: str) -> None:
    balance = lots.balance(turn.unit, turn.who.number, currency)
    turn.say("=", turn.who.number, lots.available(turn, turn.who, currency, balance))
