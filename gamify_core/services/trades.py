"""`engine.trades`: two participants swap assets and points in one commit, or nothing happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

import attrs

from gamify_core import border
from gamify_core.answers import ActionAnswer
from gamify_core.clock import iso
from gamify_core.domain.decimals import plain
from gamify_core.effects import AssetTransferred, PointsDeducted
from gamify_core.errors import BadValue
from gamify_core.ids import numbers_of
from gamify_core.road import assets, wallet
from gamify_core.road.commands import Ask
from gamify_core.services.access import Access
from gamify_core.services.asking import other_side, request_of

if TYPE_CHECKING:
    from decimal import Decimal

    from gamify_core.border import Json
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["Side", "TradeAnswer", "Trades"]

_CAUSE = "trade"


@attrs.frozen
class Side:
    """One side of a trade: who it is, and what they give: copies of badges by their ids, points, or both."""

    participant_id: str
    assets: Sequence[str] = ()
    points: int | Decimal | str = 0
    currency: str = "points"

    def to_dict(self) -> dict[str, Json]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "assets": list(self.assets),
            "points": cast("int | str", plain(self.points)),
            "currency": self.currency,
        }


class TradeAnswer(ActionAnswer):
    """A trade that was done."""

    __slots__ = ()

    @property
    def type(self) -> str:
        """Always `trade`."""
        return "trade"

    @property
    def first(self) -> Side:
        """The first side, with what it gave."""
        return self._gave(self.participant_id)

    @property
    def second(self) -> Side:
        """The second side, with what it gave."""
        return self._gave(self._decided.people[int(self._said()[2] or 0)])

    @property
    def traded_at(self) -> datetime:
        """When it was done, in UTC."""
        return self.occurred_at

    def _gave(self, who: str) -> Side:
        """Return what somebody gave, from what was moved."""
        swapped = [effect for effect in self.effects if effect.cause == _CAUSE]
        given = [e.asset_id for e in swapped if isinstance(e, AssetTransferred) and e.sender_id == who]
        paid = [e for e in swapped if isinstance(e, PointsDeducted) and e.participant_id == who]
        if not paid:
            return Side(who, tuple(given))
        return Side(who, tuple(given), paid[0].amount, paid[0].currency)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON, in the words of a transfer."""
        return {
            "action_id": self.action_id,
            "type": self.type,
            "first": self.first.to_dict(),
            "second": self.second.to_dict(),
            "status": self.status,
            "traded_at": iso(self.traded_at),
        }


class Trades:
    """Swaps between two participants, whole or not at all."""

    def __init__(self, access: Access, limits: border.Limits) -> None:
        """Hang off an engine."""
        self._access = access
        self._limits = limits

    def execute(
        self,
        first: Side,
        second: Side,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> TradeAnswer:
        """Swap what two participants give, in one commit; when anything stands against it, nothing is moved.

        Everybody gives from what they had before the trade. Points that change hands are neither earned nor spent.
        At least one side gives something. Raises `NotFound`, `NotOwner`, `NotTransferable`, `InsufficientPoints`,
        `BadValue` (nothing to swap, an asset twice, a trade with oneself).

        >>> from gamify_core import Badge, Catalog, Engine, Side
        >>> game = Engine(Catalog(badges=[Badge("early_adopter")]))
        >>> _ = game.points.award("bob", 100)
        >>> minted = game.assets.mint("early_adopter", "alice").asset_id
        >>> game.trades.execute(Side("alice", assets=[minted]), Side("bob", points=80)).status
        'completed'
        >>> game.points.balance("alice").balance, game.assets.get(minted).owner
        (80, 'bob')
        """
        one, other = self._checked(first, "first"), self._checked(second, "second")
        if one.participant_id == other.participant_id:
            detail = f"both sides of the trade are the same: {one.participant_id!r}"
            raise BadValue("second.participant_id", other.participant_id, detail)
        _hold_against(one, other)
        request = request_of(
            at, participant_id=one.participant_id, first=one.to_dict(), second=other.to_dict()
        )

        def decide(turn: Turn) -> None:
            partner = other_side(turn, other.participant_id, "second.participant_id")
            swap = (
                (turn.who, one, self._means(turn, turn.who, one, first.points, "first"), partner),
                (partner, other, self._means(turn, partner, other, second.points, "second"), turn.who),
            )
            for giver, side, points, taker in swap:
                for asset in side.assets:
                    assets.hand_over(turn, asset, giver, taker, _CAUSE)
                if points:
                    wallet.transfer(turn, giver, taker, side.currency, points, _CAUSE)
            turn.say("=", turn.who.number, partner.number)

        key = border.idempotency_key(idempotency_key)
        ask = Ask("trades.execute", one.participant_id, request, at, key, decide, (other.participant_id,))
        return TradeAnswer(self._access.write(ask))

    def _checked(self, side: Side, field: str) -> Side:
        """Return our own copy of a side whose values are sound."""
        if not isinstance(side, Side):
            detail = f"{field} must be a Side, not {type(side).__name__}"
            raise BadValue(field, side, detail, hint="Side('ada', assets=['asset_17_0'], points=50)")
        listed = border.several(side.assets, f"{field}.assets")
        for asset in listed:
            numbers_of("asset", asset)
        return Side(
            border.participant(side.participant_id, f"{field}.participant_id"),
            tuple([str(asset) for asset in listed]),
            border.given(side.points, side.currency, f"{field}.points", 0, self._limits.amount),
            border.code(side.currency, f"{field}.currency"),
        )

    def _means(self, turn: Turn, giver: ParticipantRow, side: Side, points: object, field: str) -> int:
        """Return what somebody pays, in the smallest unit of its currency.

        Refuse points that they do not have yet: what the trade itself brings in must not pay for it.
        """
        if not side.points:
            return 0
        scale = turn.plan.catalog.currency(side.currency).scale
        units = border.minor(points, f"{field}.points", scale, self._limits.amount)
        wallet.covering(turn, giver, side.currency, units)
        return units


def _hold_against(one: Side, other: Side) -> None:
    """Refuse a trade in which nobody gives anything, or an asset is given twice, whatever it is called by."""
    listed = [*one.assets, *other.assets]
    if not listed and not one.points and not other.points:
        detail = "a trade needs something to swap: neither side gives assets or points"
        raise BadValue("first", one, detail)
    named: set[tuple[int, int]] = set()
    for asset in listed:
        numbers = numbers_of("asset", asset)
        if numbers in named:
            detail = f"an asset can be given once: {asset}"
            raise BadValue("assets", asset, detail)
        named.add(numbers)
