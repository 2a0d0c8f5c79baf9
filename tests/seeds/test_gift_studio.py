"""Gift Studio: create a gift, redeem it as a score, audit the currency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core import AlreadyRedeemed, Catalog, GiftExpired, Ladder, Leaderboard, NotFound
from tests.seeds.playing import ANY, at, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core import Engine, ManualClock

CATALOG = Catalog(
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 100, "gold": 500})],
    leaderboards=[Leaderboard("everybody")],
)


def test_the_document_from_first_to_last(open_game: Callable[[Catalog], Engine], clock: ManualClock) -> None:
    """Create a gift; its redemption as a posted score moves the tier and tells the rank; the audit counts it."""
    game = open_game(CATALOG)
    clock.set("2026-02-20T14:00:00Z")
    gift = game.gifts.create("Welcome Pack", "gold", 500, badge=True, expires=at("2026-03-20T00:00:00Z"))
    same(
        gift.to_dict(),
        {
            "gift_id": ANY,
            "name": "Welcome Pack",
            "tier": "gold",
            "reward": 500,
            "badge_included": True,
            "expires": "2026-03-20T00:00:00Z",
            "created_at": "2026-02-20T14:00:00Z",
        },
    )
    for place, points in enumerate((900, 1000, 1100, 1200)):
        game.points.award(f"ahead{place}", points)
    game.points.award("alice.kred", 200)
    clock.set("2026-02-20T14:05:00Z")
    score = game.scores.add("alice.kred", "tier", "gift_redeemed", 500)
    same(
        score.to_dict(),
        {
            "userId": "alice.kred",
            "metric": "tier",
            "previous": 200,
            "current": 700,
            "tier_name": "gold",
            "rank": 5,
            "updated_at": "2026-02-20T14:05:00Z",
        },
    )
    same(
        game.analytics.currency("gifts_redeemed", "7d").to_dict(),
        {
            "type": "currency",
            "metric": "gifts_redeemed",
            "window": "7d",
            "summary": {"total_gifts": 1, "total_value": 500, "unique_recipients": 1, "top_tier": None},
            "daily": [{"date": "2026-02-20", "count": 1, "value": 500}],
        },
    )


def test_the_audit_has_the_document_s_numbers(
    open_game: Callable[[Catalog], Engine], clock: ManualClock
) -> None:
    """142 redemptions of 200 points by 98 people, most of them gold; the newest days come first."""
    game = open_game(CATALOG)
    clock.set("2026-02-13T23:00:00Z")
    gifts = [game.gifts.create("A", "gold", 200).gift_id, game.gifts.create("B", "silver", 200).gift_id]
    redemptions = [(gifts[0], n) for n in range(98)] + [(gifts[1], n) for n in range(44)]
    plan = {14: 25, 15: 25, 16: 20, 17: 20, 18: 10, 19: 19, 20: 23}
    assert sum(plan.values()) == len(redemptions) == 142
    for day, count in plan.items():
        clock.set(f"2026-02-{day}T12:00:00Z")
        for _ in range(count):
            gift, person = redemptions.pop(0)
            game.gifts.redeem(gift, f"user_{person}")
    clock.set("2026-02-20T23:59:00Z")
    audit = game.analytics.currency("gifts_redeemed", "7d").to_dict()
    assert audit["summary"] == {
        "total_gifts": 142,
        "total_value": 28400,
        "unique_recipients": 98,
        "top_tier": "gold",
    }
    assert audit["daily"][:2] == [  # type: ignore[index]
        {"date": "2026-02-20", "count": 23, "value": 4600},
        {"date": "2026-02-19", "count": 19, "value": 3800},
    ]


def test_a_redemption_is_one_whichever_call_makes_it(
    open_game: Callable[[Catalog], Engine], clock: ManualClock
) -> None:
    """With its gift id the posted score is the redemption: badge and points come once, and never after the end."""
    game = open_game(CATALOG)
    clock.set("2026-02-20T14:00:00Z")
    gift = game.gifts.create("Welcome Pack", "gold", 500, badge=True, expires=at("2026-03-20T00:00:00Z"))
    score = game.scores.add("alice.kred", "tier", "gift_redeemed", 500, gift_id=gift.gift_id)
    assert (score.previous, score.current, score.tier_name) == (0, 500, "gold")
    assert [badge.code for badge in score.badges] == [gift.gift_id]
    assert game.assets.list("alice.kred").total == 1
    with pytest.raises(AlreadyRedeemed):
        game.gifts.redeem(gift.gift_id, "alice.kred")
    assert game.points.balance("alice.kred").balance == 500
    clock.set("2026-03-20T00:00:00Z")
    with pytest.raises(GiftExpired):
        game.gifts.redeem(gift.gift_id, "bob.kred")
    with pytest.raises(NotFound, match="Gift not found: gift_99"):
        game.gifts.redeem("gift_99", "bob.kred")
