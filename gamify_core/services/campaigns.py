"""What gifts say: the campaigns there are, and what creating and redeeming one answers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core.answers import Answer
from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import Amount, exact, plain
from gamify_core.effects import AssetMinted, BadgeEarned, GiftRedeemed
from gamify_core.ids import id_of

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.road.commands import Decided
    from gamify_core.storage.tables.gifts import GiftRow

__all__ = ["Gift", "GiftAnswer", "RedeemAnswer", "gift_from"]


@attrs.frozen
class Gift:
    """A gift campaign. `redeemed` is how often it was redeemed, where one gift was asked for (else None)."""

    gift_id: str
    name: str
    tier: str
    reward: Amount
    badge_included: bool
    expires: datetime | None
    created_at: datetime
    currency: str = "points"
    badge_code: str | None = None
    redeemed: int | None = None

    def __str__(self) -> str:
        """Return `Welcome Pack (gift_3, gold): 500 points and a badge`."""
        badge = " and a badge" if self.badge_included else ""
        until = f", until {self.expires:%Y-%m-%d %H:%M}" if self.expires is not None else ""
        return f"{self.name} ({self.gift_id}, {self.tier}): {self.reward:,} {self.currency}{badge}{until}"

    def to_dict(self) -> dict[str, object]:
        """Return the document's gift."""
        return {
            "gift_id": self.gift_id,
            "name": self.name,
            "tier": self.tier,
            "reward": plain(self.reward),
            "badge_included": self.badge_included,
            "expires": iso(self.expires) if self.expires is not None else None,
            "created_at": iso(self.created_at),
        }


class GiftAnswer(Answer):
    """A gift that was created.

    An outcome holds no free text: what the gift is called comes from the arguments, which under one idempotency key are
    the same every time.
    """

    __slots__ = ("gift",)

    def __init__(self, decided: Decided, gift: Gift) -> None:
        """Read from what was decided, and from what it was asked with."""
        super().__init__(decided)
        self.gift: Gift = gift

    @property
    def gift_id(self) -> str:
        """The id of the gift."""
        return self.gift.gift_id

    @property
    def name(self) -> str:
        """What the campaign is called."""
        return self.gift.name

    @property
    def tier(self) -> str:
        """The label by which gifts are audited."""
        return self.gift.tier

    @property
    def reward(self) -> Amount:
        """How many points it gives."""
        return self.gift.reward

    @property
    def currency(self) -> str:
        """Of which currency."""
        return self.gift.currency

    @property
    def badge_included(self) -> bool:
        """Whether it gives a badge."""
        return self.gift.badge_included

    @property
    def badge_code(self) -> str | None:
        """The badge that it gives, or None."""
        return self.gift.badge_code

    @property
    def expires(self) -> datetime | None:
        """The first instant at which it is too late to redeem it, or None."""
        return self.gift.expires

    @property
    def created_at(self) -> datetime:
        """When it was created, in UTC."""
        return self.gift.created_at

    def _told(self) -> tuple[object, ...]:
        named = self.badge_code if self.badge_code != self.gift_id else None  # else it is the number of a row
        words = (self.name, self.tier, self.reward, self.currency, self.badge_included, named, self.expires)
        return self._decided.kind, *words

    def __hash__(self) -> int:
        """Return a hash that equal answers share."""
        return super().__hash__()

    def __str__(self) -> str:
        """Return a line such as `gift_17 Welcome Pack: 500 points`."""
        title = f"{self.gift_id} {self.name}: {self.reward:,} {self.currency}"
        return title + (" (replayed)" if self.replayed else "")

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to a creation."""
        return self.gift.to_dict()


class RedeemAnswer(Answer):
    """A gift that was redeemed, and everything that brought about."""

    __slots__ = ()

    @property
    def _redeemed(self) -> GiftRedeemed:
        return next(effect for effect in self.effects if isinstance(effect, GiftRedeemed))

    @property
    def gift_id(self) -> str:
        """The gift."""
        return self._redeemed.gift_id

    @property
    def reward(self) -> Amount:
        """How many points it gave."""
        return self._redeemed.reward

    @property
    def currency(self) -> str:
        """Of which currency."""
        return str(self._said()[2])

    @property
    def new_balance(self) -> Amount:
        """The balance in that currency after everything the command did."""
        return self._shown(self._said()[3], self.currency)

    @property
    def badge(self) -> BadgeEarned | None:
        """The badge that was earned by it, or None where there was none or it was held already."""
        return next((badge for badge in self.badges if badge.cause == f"gift:{self.gift_id}"), None)

    @property
    def asset(self) -> AssetMinted | None:
        """The numbered copy that came with it, or None."""
        return next((effect for effect in self.effects if isinstance(effect, AssetMinted)), None)

    @property
    def redeemed_at(self) -> datetime:
        """When it was redeemed, in UTC."""
        return self.occurred_at

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        asset = self.asset
        return {
            "gift_id": self.gift_id,
            "participant_id": self.participant_id,
            "reward": plain(self.reward),
            "new_balance": plain(self.new_balance),
            "badge": asset.badge if asset is not None else None,
            "badge_id": asset.asset_id if asset is not None else None,
            "redeemed_at": iso(self.redeemed_at),
        }


def gift_from(row: GiftRow, catalog: Catalog, redeemed: int | None = None) -> Gift:
    """Return a gift from its row, and the catalog that knows what it is paid in."""
    return Gift(
        id_of("gift", row.activity),
        row.name,
        row.tier,
        exact(row.reward, catalog.scale(row.currency)),
        row.badge is not None,
        moment(row.expires) if row.expires is not None else None,
        moment(row.created_at),
        row.currency,
        row.badge,
        redeemed,
    )
