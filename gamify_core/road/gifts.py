"""Gifts: redeemed once by each participant, for points and a badge with a numbered copy of it.

Redeeming is the posted score `gift_redeemed`: whichever command asks for it comes here, so there is never a second
payment. What a gift gives that cannot be given (a copy that is sold out) refuses the whole of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.clock import iso
from gamify_core.errors import (
    AlreadyRedeemed,
    DefinitionExists,
    DefinitionInUse,
    GiftExpired,
    NotFound,
)
from gamify_core.ids import id_of, numbers_of
from gamify_core.road import assets, badges, definitions, wallet
from gamify_core.road.joined import own_numbers
from gamify_core.storage.tables.gifts import GIFT, SCORE, SCORE_BY_GIFT, GiftRow, ScoreRow

if TYPE_CHECKING:
    from gamify_core.catalog import Badge
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["REDEEMED", "define_badge", "gift_of", "redeem", "refuse_to_empty"]

REDEEMED = "gift_redeemed"
"""The action under which a redemption is a posted score."""


def gift_of(reader: Reader | Unit, scope: str, gift_id: str) -> GiftRow:
    """Return a gift of this scope. Raises `NotFound`."""
    number, _ = numbers_of("gift", gift_id)
    row = reader.get(GIFT, (number,))
    if row is None or row.scope != scope or id_of("gift", number) != gift_id:
        raise NotFound("gift", gift_id[:100], f"Gift not found: {gift_id:.100}")
    return row


def define_badge(turn: Turn, name: str) -> str:
    """Define the badge of the gift that this command creates, and return its code: it is called as the gift is.

    The badge is secret: nobody can strive for it, and a gift of one scope should not show in the lists of another.
    """
    code = id_of("gift", turn.seq)
    if code in {badge.code for badge in turn.plan.catalog.badges}:
        raise DefinitionExists("badge", code)
    definitions.write(turn, "badges", code, {"name": name, "secret": True})
    return code


def refuse_to_empty(turn: Turn, badge: str) -> None:
    """Refuse to take a badge out of force that a gift of any scope promises still. Raises `DefinitionInUse`.

    There is no index for that: badges are deleted seldom, and gifts are few beside what they are redeemed for.
    """
    for gift in turn.unit.scan(GIFT):
        if gift.badge == badge and (gift.expires is None or gift.expires > turn.recorded_at):
            raise DefinitionInUse("badge", badge, id_of("gift", gift.activity))


def redeem(turn: Turn, who: ParticipantRow, gift: GiftRow) -> None:
    """Give a participant what a gift holds. Raises `AlreadyRedeemed`, `GiftExpired`, `NotFound` (badge), `SoldOut`."""
    gift_id = id_of("gift", gift.activity)
    numbers = own_numbers(turn.unit, who)
    if any(turn.unit.find(SCORE, SCORE_BY_GIFT, (gift.activity, each)) is not None for each in numbers):
        raise AlreadyRedeemed(gift_id, who.participant_id)
    if gift.expires is not None and turn.occurred_at >= gift.expires:
        raise GiftExpired(gift_id, iso(gift.expires))
    cause = f"gift:{gift_id}"
    paid_in = turn.plan.told_of(gift.currency)
    turn.say("gift_redeemed", who.number, "direct", gift.activity, gift.reward, *paid_in)
    if gift.reward:
        wallet.award(turn, who, gift.currency, gift.reward, cause)
    if gift.badge is not None:
        _give_badge(turn, who, turn.plan.catalog.badge(gift.badge), cause)
    turn.unit.add(
        SCORE,
        ScoreRow(
            who.number,
            turn.seq,
            turn.scope,
            f"{gift.currency}.earned",
            REDEEMED,
            gift.reward,
            gift.activity,
            gift.tier,
            turn.occurred_at,
        ),
    )


def _give_badge(turn: Turn, who: ParticipantRow, badge: Badge, cause: str) -> None:
    """Give one copy of a badge, and let it be earned by whoever does not hold it yet."""
    fresh = badges.held(turn, who, badge) is None
    if fresh:
        badges.earn(turn, who, badge, cause, refuse=True)
    if not fresh or badge.max_supply is None:  # to earn a badge of limited supply is to get a copy already
        assets.mint(turn, who, badge, cause)
