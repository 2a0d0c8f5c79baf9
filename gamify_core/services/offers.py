"""What rewards say: what is on offer, who claimed what, and what claiming, cancelling and adding codes answer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core.answers import Answer
from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import Amount, exact, plain, worth
from gamify_core.errors import NotFound
from gamify_core.ids import id_of
from gamify_core.road.rewards import takes_codes
from gamify_core.services.pages import Page
from gamify_core.storage.tables.rewards import CODE, STOCK, ClaimRow, StockRow

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.catalog.definitions import Reward
    from gamify_core.storage.protocol import Reader

__all__ = ["CancelAnswer", "Claim", "ClaimAnswer", "CodesAnswer", "Offer", "Offers", "claim_of", "offer_of"]


@attrs.frozen
class Offer:
    """A reward as it can be claimed now.

    `available` is how many are left in stock and `available_codes` how many codes; None where there is no such bound.
    """

    id: str
    name: str
    type: str
    description: str | None
    points_cost: int
    currency: str
    available_codes: int | None
    max_claims_per_user: int | None
    total_inventory: int | None
    available: int | None
    claimed: int
    is_active: bool
    factor: str | None = None
    duration: str | None = None
    multiplies: str | None = None

    def __str__(self) -> str:
        """Return `Gift Card (card): 500 points, 3 left`."""
        cost = worth(self.points_cost, self.currency) if self.points_cost else "free"
        bounds = [bound for bound in (self.available, self.available_codes) if bound is not None]
        left = f", {min(bounds):,} left" if bounds else ""
        return f"{self.name} ({self.id}): {cost}{left}{'' if self.is_active else ', not on offer'}"

    def to_dict(self) -> dict[str, object]:
        """Return the document's reward."""
        return {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "description": self.description,
            "points_cost": self.points_cost,
            "available_codes": self.available_codes,
            "max_claims_per_user": self.max_claims_per_user,
        }


@attrs.frozen
class Offers(Page[Offer]):
    """A page of rewards."""

    def to_dict(self) -> dict[str, object]:
        """Return the document's list, which knows no pages."""
        return {"rewards": [offer.to_dict() for offer in self.items], "total": self.total}


@attrs.frozen
class Claim:
    """A claim of a participant; `status` is `claimed` or `cancelled`. `points_deducted` is what it cost then.

    A reward that the catalog does not have any more goes by its code, and has no type.
    """

    claim_id: str
    reward_id: str
    reward_name: str
    type: str | None
    code_value: str | None
    points_deducted: Amount
    currency: str
    claimed_at: datetime
    status: str

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        cost = plain(self.points_deducted)
        return {**attrs.asdict(self), "points_deducted": cost, "claimed_at": iso(self.claimed_at)}


class ClaimAnswer(Answer):
    """A reward that was claimed."""

    __slots__ = ()

    @property
    def claim_id(self) -> str:
        """The id of the claim."""
        return id_of("claim", self._decided.seq, int(self._said()[3] or 0))

    @property
    def reward_id(self) -> str:
        """The code of the reward."""
        return str(self._said()[2])

    @property
    def reward_name(self) -> str:
        """The name of the reward."""
        return self._decided.catalog.reward(self.reward_id).name

    @property
    def reward_type(self) -> str:
        """The type of the reward, such as `coupon`."""
        return self._decided.catalog.reward(self.reward_id).type

    @property
    def code_value(self) -> str | None:
        """The code that was handed out, or None for a reward without codes."""
        value = self._said()[4]
        return str(value) if value is not None else None

    @property
    def points_deducted(self) -> Amount:
        """What it cost."""
        return self._shown(self._said()[5], self._currency)

    @property
    def new_balance(self) -> Amount:
        """The balance, in the reward's currency, after everything the command did."""
        return self._shown(self._said()[6], self._currency)

    @property
    def _currency(self) -> str:
        return self._decided.catalog.reward(self.reward_id).currency

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to a claim."""
        return {
            "claim_id": self.claim_id,
            "participant_id": self.participant_id,
            "reward_name": self.reward_name,
            "reward_type": self.reward_type,
            "code_value": self.code_value,
            "points_deducted": plain(self.points_deducted),
            "new_balance": plain(self.new_balance),
        }


class CancelAnswer(Answer):
    """A claim that was cancelled, or had been already."""

    __slots__ = ()

    @property
    def claim_id(self) -> str:
        """The id of the claim."""
        return id_of("claim", int(self._said()[2] or 0), int(self._said()[3] or 0))

    @property
    def reward_id(self) -> str:
        """The code of the reward."""
        return str(self._said()[4])

    @property
    def already_cancelled(self) -> bool:
        """Whether it had been cancelled before, so that nothing was written."""
        return bool(self._said()[5])

    @property
    def points_returned(self) -> Amount:
        """How many points came back now."""
        return self._shown(self._said()[6], self._currency)

    @property
    def new_balance(self) -> Amount:
        """The balance, in the currency that was paid in, after everything the command did."""
        return self._shown(self._said()[7], self._currency)

    @property
    def _currency(self) -> str:
        paid_in = self._said()[8:]
        return str(paid_in[0]) if paid_in else "points"

    def _told(self) -> tuple[object, ...]:
        return tuple(self._said()[4:])

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "claim_id": self.claim_id,
            "participant_id": self.participant_id,
            "reward_id": self.reward_id,
            "already_cancelled": self.already_cancelled,
            "points_returned": plain(self.points_returned),
            "new_balance": plain(self.new_balance),
        }


class CodesAnswer(Answer):
    """Codes that were added to the pool of a reward."""

    __slots__ = ()

    @property
    def reward_id(self) -> str:
        """The code of the reward."""
        return str(self._said()[2])

    @property
    def added(self) -> int:
        """How many codes were new."""
        return int(self._said()[3] or 0)

    @property
    def duplicates(self) -> int:
        """How many were there already, handed out or not, or stood twice in the list; they were passed over."""
        return int(self._said()[4] or 0)

    @property
    def available_codes(self) -> int:
        """How many codes can be handed out now."""
        return int(self._said()[5] or 0)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "reward_id": self.reward_id,
            "added": self.added,
            "duplicates": self.duplicates,
            "available_codes": self.available_codes,
        }

    def __str__(self) -> str:
        """Return what became of the codes in a line; they are about nobody in particular."""
        passed = f", {self.duplicates:,} there already" if self.duplicates else ""
        return f"{self.reward_id} · {self.added:,} codes added{passed}, {self.available_codes:,} available"


def offer_of(reader: Reader, scope: str, reward: Reward) -> Offer:
    """Return how a reward can be claimed now, in a scope."""
    stock = reader.get(STOCK, (scope, reward.code)) or StockRow(scope, reward.code, 0, 0, 0)
    inventory = reward.total_inventory
    return Offer(
        reward.code,
        reward.name,
        reward.type,
        reward.description,
        reward.points_cost,
        reward.currency,
        stock.free_codes if takes_codes(reward, stock.codes) else None,
        reward.max_claims_per_user,
        inventory,
        max(inventory - stock.claimed, 0) if inventory is not None else None,
        stock.claimed,
        reward.is_active,
        reward.factor,
        reward.duration,
        reward.multiplies if reward.type == "points_multiplier" else None,
    )


def claim_of(reader: Reader, catalog: Catalog, row: ClaimRow) -> Claim:
    """Return a claim as it is listed; of a reward that is gone, only the code is known."""
    code = reader.get(CODE, (row.scope, row.reward, row.code)) if row.code is not None else None
    name, kind = row.reward, None
    try:
        reward = catalog.reward(row.reward)
    except NotFound:
        pass
    else:
        name, kind = reward.name, reward.type
    return Claim(
        id_of("claim", row.claimed_by, row.ordinal),
        row.reward,
        name,
        kind,
        code.value if code is not None else None,
        exact(row.cost, catalog.scale(row.currency)),
        row.currency,
        moment(row.occurred_at),
        "claimed" if row.standing is not None else "cancelled",
    )
