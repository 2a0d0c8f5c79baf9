"""The Gamification API: every request of the document in its own order, and the answers it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    AdminRequired,
    Award,
    Badge,
    BadValue,
    Catalog,
    Emit,
    GamifyError,
    InsufficientPoints,
    Ladder,
    Leaderboard,
    MaxClaims,
    NoCodes,
    NotFound,
    Reward,
    Streak,
    Tier,
)
from tests.seeds.playing import ANY, at, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core import Engine, ManualClock

    Open = Callable[[Catalog], Engine]

TIERS = [
    Tier("bronze", level=1, min_points=0),
    Tier("silver", level=2, min_points=500),
    Tier("gold", level=3, min_points=1000, color="#FFD700"),
    Tier("platinum", level=4, min_points=10_000, color="#E5E4E2", benefits=("priority_support", "2x_points")),
]
CATALOG = Catalog(
    # The document counts what remains to the next tier from the balance
    ladders=[Ladder("tier", tiers=TIERS, metric="points.balance")],
    badges=[
        Badge("first_steps"),
        Badge(
            "power_user",
            description="Log in 10 times",
            icon_url="https://cdn.example.com/badges/power.png",
            rarity="rare",
        ),
        *(Badge(f"other_{n}") for n in range(6)),
    ],
    streaks=[Streak("daily_login", grace_period_hours=24)],
    leaderboards=[Leaderboard("top_scorers", period="monthly")],
    rewards=[
        Reward(
            "ten_off",
            name="10% Off Coupon",
            type="coupon",
            description="10% discount on next purchase",
            points_cost=500,
            max_claims_per_user=1,
        ),
        Reward("mug", type="physical", points_cost=100, total_inventory=2),
    ],
)


@pytest.fixture
def game(open_game: Open) -> Engine:
    """Open the game of the document."""
    return open_game(CATALOG)


def test_quick_start(game: Engine, clock: ManualClock) -> None:
    """A complete flow in four calls: points, a badge, a streak, the state."""
    clock.set("2026-02-14T10:00:00Z")
    answer = game.points.award(
        "user_123", 250, reason="Completed onboarding", idempotency_key="onboarding_user123"
    )
    document = {
        "transaction_id": ANY,
        "participant_id": "user_123",
        "amount": 250,
        "new_balance": 250,
        "tier_upgrade": None,
    }
    same(answer.to_dict(), document)
    same(
        game.badges.award("user_123", "first_steps").to_dict(),
        {
            "participant_id": "user_123",
            "badge_code": "first_steps",
            "badge_name": "First Steps",
            "icon": None,
            "rarity": "common",
            "earned_at": "2026-02-14T10:00:00Z",
            "already_earned": False,
        },
    )
    same(
        game.streaks.record("user_123", "daily_login").to_dict(),
        {
            "streak_code": "daily_login",
            "new_count": 1,
            "longest_count": 1,
            "is_new_record": True,
            "already_recorded": False,
        },
    )
    state = game.participants.state("user_123").to_dict()
    badges = state.pop("badges")
    same(
        state,
        {
            "participant_id": "user_123",
            "points": {"balance": 250, "total_earned": 250, "total_spent": 0},
            "tier": {"code": "bronze", "name": "Bronze", "level": 1},
            "streaks": {"current": 1, "longest": 1},
            "challenges": {"active": 0, "completed": 0},
            "rewards": {"total_claimed": 0},
        },
    )
    assert isinstance(badges, list)
    assert badges[0].items() >= {"code": "first_steps", "name": "First Steps", "earned": True}.items()


def test_award_points(game: Engine) -> None:
    """An award tells the new balance and the tier it reached, with the one that was left."""
    game.points.award("user_123", 900)
    answer = game.points.award(
        "user_123",
        600,
        reason="Purchase completed",
        metadata={"order_id": "ord_abc", "amount_usd": 49.99},
        idempotency_key="purchase_ord_abc",
    )
    same(
        answer.to_dict(),
        {
            "transaction_id": ANY,
            "participant_id": "user_123",
            "amount": 600,
            "new_balance": 1500,
            "tier_upgrade": {
                "code": "gold",
                "name": "Gold",
                "level": 3,
                "previous_code": "silver",
                "previous_level": 2,
            },
        },
    )


def test_deduct_points(game: Engine) -> None:
    """A deduction tells the balance; more than is there is refused with the document's sentence and status."""
    game.points.award("user_123", 1500)
    same(
        game.points.deduct("user_123", 50, reason="Reward redemption").to_dict(),
        {"transaction_id": ANY, "participant_id": "user_123", "amount": 50, "new_balance": 1450},
    )
    game.points.deduct("user_123", 1420)
    with pytest.raises(InsufficientPoints) as caught:
        game.points.deduct("user_123", 50)
    assert caught.value.to_dict() == {"detail": "Insufficient points. Available: 30, requested: 50"}
    assert caught.value.http_status == 400


def test_batch_award(game: Engine) -> None:
    """Each award of a batch has its own result."""
    for who, points in (("user_1", 400), ("user_2", 250), ("user_3", 150)):
        game.points.award(who, points)
    batch = game.points.award_batch(
        [
            Award("user_1", 100, reason="Weekly bonus"),
            Award("user_2", 100, reason="Weekly bonus"),
            Award("user_3", 50, reason="Referral bonus"),
        ]
    )
    same(
        batch.to_dict(),
        {
            "processed": 3,
            "failed": 0,
            "results": [
                {"participant_id": "user_1", "transaction_id": ANY, "new_balance": 500, "error": None},
                {"participant_id": "user_2", "transaction_id": ANY, "new_balance": 350, "error": None},
                {"participant_id": "user_3", "transaction_id": ANY, "new_balance": 200, "error": None},
            ],
        },
    )
    with pytest.raises(BadValue, match="100"):
        game.points.award_batch([Award("user_1", 1)] * 101)


def test_badges(game: Engine, clock: ManualClock) -> None:
    """A second award of a badge is told as such; lists show earned and unearned, one or the other, or some."""
    clock.set("2026-02-14T10:00:00Z")
    first = {
        "participant_id": "user_123",
        "badge_code": "power_user",
        "badge_name": "Power User",
        "icon": "https://cdn.example.com/badges/power.png",
        "rarity": "rare",
        "earned_at": "2026-02-14T10:00:00Z",
        "already_earned": False,
    }
    same(game.badges.award("user_123", "power_user", metadata={"trigger": "10th_login"}).to_dict(), first)
    clock.advance(days=1)
    again = game.badges.award("user_123", "power_user", metadata={"trigger": "10th_login"})
    same(again.to_dict(), {**first, "already_earned": True})
    for code in ("first_steps", "other_0"):
        game.badges.award("user_123", code)
    everything = game.badges.list("user_123").to_dict()
    assert (everything["total"], everything["earned_count"]) == (8, 3)
    assert len(game.badges.list("user_123", earned_only=True)) == 3
    same(
        game.badges.list("user_123", badge_codes=["power_user"]).to_dict(),
        {
            "participant_id": "user_123",
            "badges": [
                {
                    "code": "power_user",
                    "name": "Power User",
                    "description": "Log in 10 times",
                    "icon": "https://cdn.example.com/badges/power.png",
                    "rarity": "rare",
                    "earned": True,
                    "earned_at": "2026-02-14T10:00:00Z",
                }
            ],
            "total": 8,
            "earned_count": 3,
        },
    )


def test_tiers(game: Engine, clock: ManualClock) -> None:
    """The tier, the next one counted from the balance, and the history; by hand a tier is assigned."""
    for instant, points in (("2026-01-01", 100), ("2026-01-15", 500), ("2026-02-01", 4400)):
        clock.set(f"{instant}T10:00:00Z")
        game.points.award("user_123", points)
    game.points.deduct("user_123", 3500)
    same(
        game.tiers.current("user_123").to_dict(),
        {
            "participant_id": "user_123",
            "current_tier": {
                "code": "gold",
                "name": "Gold",
                "level": 3,
                "color": "#FFD700",
                "achieved_at": "2026-02-01T10:00:00Z",
            },
            "next_tier": {
                "code": "platinum",
                "name": "Platinum",
                "points_required": 10000,
                "points_remaining": 8500,
            },
            "tier_history": [
                {"code": "bronze", "achieved_at": "2026-01-01T10:00:00Z"},
                {"code": "silver", "achieved_at": "2026-01-15T10:00:00Z"},
                {"code": "gold", "achieved_at": "2026-02-01T10:00:00Z"},
            ],
        },
    )
    assigned = game.tiers.assign("user_123", "platinum", reason="VIP promotion")
    assert assigned.to_dict() == {"participant_id": "user_123", "tier_code": "platinum"}
    current = game.tiers.current("user_123").to_dict()["current_tier"]
    assert isinstance(current, dict)
    assert current["code"] == "platinum"


def test_leaderboards(game: Engine, clock: ManualClock) -> None:
    """The top of a month with how everybody moved, and one participant's rank with its percentile."""
    clock.set("2026-01-20T00:00:00Z")
    game.points.award("user_456", 10)
    game.points.award("user_123", 50)
    game.points.award("user_000", 20)
    clock.set("2026-02-14T00:00:00Z")
    for who, points in (("user_456", 5000), ("user_123", 4500), ("user_789", 4200)):
        game.points.award(who, points)
    for n in range(1247):
        game.points.award(f"crowd_{n}", 1)
    same(
        game.leaderboards.top("top_scorers", limit=3, period="monthly").to_dict(),
        {
            "leaderboard_code": "top_scorers",
            "period": "monthly",
            "entries": [
                {
                    "rank": 1,
                    "participant_id": "user_456",
                    "score": 5000,
                    "change": "up",
                    "display_name": None,
                },
                {
                    "rank": 2,
                    "participant_id": "user_123",
                    "score": 4500,
                    "change": "down",
                    "display_name": None,
                },
                {
                    "rank": 3,
                    "participant_id": "user_789",
                    "score": 4200,
                    "change": "new",
                    "display_name": None,
                },
            ],
            "total_participants": 1250,
        },
    )
    rank = game.leaderboards.rank("top_scorers", "user_123").to_dict()
    assert (
        rank.items()
        >= {
            "participant_id": "user_123",
            "rank": 2,
            "score": 4500,
            "total_participants": 1250,
            "percentile": 99.8,
        }.items()
    )


def test_streaks(game: Engine, clock: ManualClock) -> None:
    """Day 1, the same day again, the next day, and the list."""
    keys = ("streak_code", "new_count", "longest_count", "is_new_record", "already_recorded")
    clock.set("2026-02-14T20:00:00Z")
    for instant, document in (
        ("2026-02-13T08:15:00Z", ("daily_login", 1, 1, True, False)),
        ("2026-02-13T09:15:00Z", ("daily_login", 1, 1, False, True)),
        ("2026-02-14T08:15:00Z", ("daily_login", 2, 2, True, False)),
    ):
        recorded = game.streaks.record("user_123", "daily_login", at=at(instant))
        assert recorded.to_dict() == dict(zip(keys, document, strict=True))
    same(
        game.streaks.list("user_123").to_dict(),
        {
            "participant_id": "user_123",
            "streaks": [
                {
                    "code": "daily_login",
                    "name": "Daily Login",
                    "current_count": 2,
                    "longest_count": 2,
                    "last_recorded_at": "2026-02-14T08:15:00Z",
                    "period": "daily",
                }
            ],
        },
    )


def test_rewards(game: Engine) -> None:
    """A coupon is listed with its codes, claimed for its points, and refused in the document's sentences."""
    game.rewards.add_codes("ten_off", ["SAVE10-ABC123", *(f"SAVE10-{n}" for n in range(44))])
    game.points.award("user_123", 1500)
    same(
        game.rewards.list(reward_type="coupon").to_dict(),
        {
            "rewards": [
                {
                    "id": "ten_off",
                    "name": "10% Off Coupon",
                    "type": "coupon",
                    "description": "10% discount on next purchase",
                    "points_cost": 500,
                    "available_codes": 45,
                    "max_claims_per_user": 1,
                }
            ],
            "total": 1,
        },
    )
    claim = game.rewards.claim("ten_off", "user_123", points_deduction=True)
    same(
        claim.to_dict(),
        {
            "claim_id": ANY,
            "participant_id": "user_123",
            "reward_name": "10% Off Coupon",
            "reward_type": "coupon",
            "code_value": "SAVE10-ABC123",
            "points_deducted": 500,
            "new_balance": 1000,
        },
    )
    with pytest.raises(MaxClaims) as most:
        game.rewards.claim("ten_off", "user_123")
    assert (most.value.detail, most.value.http_status) == ("Maximum claims per participant exceeded", 400)
    assert [one.code_value for one in game.rewards.claims("user_123")] == ["SAVE10-ABC123"]
    for n in range(44):
        game.rewards.claim("ten_off", f"crowd_{n}", points_deduction=False)
    with pytest.raises(NoCodes) as none:
        game.rewards.claim("ten_off", "late", points_deduction=False)
    assert (none.value.detail, none.value.http_status) == ("No available reward codes", 400)


def test_events(game: Engine, clock: ManualClock) -> None:
    """An event is processed and found again; a batch reports each; the list is paged."""
    clock.set("2026-02-14T10:00:00Z")
    properties = {"amount": 49.99, "currency": "USD", "product_id": "prod_abc"}
    answer = game.events.emit(
        "user_123",
        "purchase_completed",
        properties,
        at=at("2026-02-14T10:00:00Z"),
        idempotency_key="purchase_ord_001",
    )
    body = answer.to_dict()
    assert body.pop("effects") == []
    same(body, {"event_id": ANY, "fact_id": ANY, "status": "processed"})
    game.events.emit_batch([Emit("user_123", "purchase_completed") for _ in range(100)])
    game.events.emit_batch([Emit("user_123", "purchase_completed") for _ in range(55)])
    game.events.emit("user_123", "something_else")
    page = game.events.list("user_123", event_name="purchase_completed", page=8, page_size=20).to_dict()
    events = page.pop("events")
    same(page, {"participant_id": "user_123", "total": 156, "page": 8, "page_size": 20})
    assert isinstance(events, list)
    assert events[-1] == {
        "id": answer.event_id,
        "event_name": "purchase_completed",
        "properties": properties,
        "occurred_at": "2026-02-14T10:00:00Z",
    }
    with pytest.raises(BadValue, match="100"):
        game.events.emit_batch([Emit("user_123", "e")] * 101)


NEW: dict[str, object] = {
    "participant_id": "user_123",
    "display_name": "Jane Doe",
    "avatar_url": "https://example.com/avatar.png",
    "attributes": {"plan": "premium", "signup_source": "referral"},
    "points": {"balance": 0, "total_earned": 0, "total_spent": 0},
    "tier": None,
    "badges": [],
    "streaks": None,
    "rewards_claimed": 0,
    "total_events": 0,
    "is_active": True,
    "created_at": ANY,
}


def test_participants(game: Engine, clock: ManualClock) -> None:
    """Register, again, get the rich profile, update, and the state in parts."""
    clock.set("2026-02-14T10:00:00Z")
    attributes = {"plan": "premium", "signup_source": "referral"}
    created = game.participants.upsert("user_123", "Jane Doe", "https://example.com/avatar.png", attributes)
    same(created.to_dict(), NEW)
    assert game.participants.upsert("user_123", "Jane Doe").to_dict()["attributes"] == attributes
    game.points.award("user_123", 5000)
    game.points.deduct("user_123", 3500)
    game.badges.award("user_123", "first_steps")
    game.streaks.record("user_123", "daily_login")
    game.events.emit("user_123", "e")
    profile = game.participants.get("user_123").to_dict()
    same(
        profile,
        {
            "participant_id": "user_123",
            "display_name": "Jane Doe",
            "avatar_url": "https://example.com/avatar.png",
            "attributes": attributes,
            "points": {"balance": 1500, "total_earned": 5000, "total_spent": 3500},
            "tier": {
                "code": "gold",
                "name": "Gold",
                "level": 3,
                "color": "#FFD700",
                "achieved_at": "2026-02-14T10:00:00Z",
                "next_tier": {
                    "code": "platinum",
                    "name": "Platinum",
                    "points_required": 10000,
                    "points_remaining": 8500,
                },
            },
            "badges": [
                {
                    "code": "first_steps",
                    "name": "First Steps",
                    "rarity": "common",
                    "earned": True,
                    "earned_at": "2026-02-14T10:00:00Z",
                }
            ],
            "streaks": {"current": 1, "longest": 1, "last_activity_at": "2026-02-14T10:00:00Z"},
            "rewards_claimed": 0,
            "total_events": 1,
            "first_seen_at": ANY,
            "last_seen_at": ANY,
            "is_active": True,
        },
    )
    updated = game.participants.update(
        "user_123", display_name="Jane Smith", attributes={"plan": "enterprise", "team_id": "team_42"}
    ).to_dict()
    assert updated["display_name"] == "Jane Smith"
    assert updated["attributes"] == {"plan": "enterprise", "signup_source": "referral", "team_id": "team_42"}
    part = game.participants.state("user_123", include=["points", "tier", "badges"]).to_dict()
    assert set(part) == {"participant_id", "points", "tier", "badges"}
    with pytest.raises(NotFound) as unknown:
        game.participants.get("nobody")
    assert (unknown.value.detail, unknown.value.http_status) == ("Participant not found: nobody", 404)


def test_admin_resources(game: Engine) -> None:
    """The three definitions of the document are created as they stand, listed, updated in part and deleted."""
    badge = {
        "code": "streak_master",
        "name": "Streak Master",
        "description": "Maintain a 30-day streak",
        "icon_url": "https://cdn.example.com/badges/streak.png",
        "category": "achievement",
        "rarity": "epic",
        "display_order": 10,
    }
    admin: Any = game.definitions
    created = admin.badges.create(badge).to_dict()
    assert created.items() >= badge.items()
    page = admin.badges.list(page=1, page_size=50, is_active=True).to_dict()
    assert (page["total"], page["page"], page["page_size"]) == (9, 1, 50)
    assert admin.badges.get(created["id"]).to_dict().items() >= badge.items()
    changed = admin.badges.update(created["id"], {"name": "Updated Name", "rarity": "legendary"}).to_dict()
    assert changed.items() >= {**badge, "name": "Updated Name", "rarity": "legendary"}.items()
    admin.badges.delete(created["id"])
    assert admin.badges.list(is_active=True).total == 8
    tier = {
        "code": "diamond",
        "name": "Diamond",
        "level": 5,
        "color": "#E5E4E2",
        "criteria_config": {"min_points": 50000},
        "award_type": "automatic",
        "benefits": ["priority_support", "2x_points"],
        "display_order": 4,
    }
    assert admin.tiers.create(tier).to_dict().items() >= tier.items()
    streak = {
        "code": "weekly_login",
        "name": "Daily Login Streak",
        "description": "Log in every day to build your streak",
        "period": "daily",
        "grace_period_hours": 24,
        "display_order": 1,
    }
    assert admin.streaks.create(streak).to_dict().items() >= streak.items()
    reward = {
        "name": "Premium Gift Card",
        "type": "voucher",
        "description": "Redeemable for premium items",
        "points_cost": 1000,
        "max_claims_per_user": 1,
        "total_inventory": 100,
        "is_active": True,
    }
    given = admin.rewards.create(reward).to_dict()
    assert given.items() >= reward.items()
    assert [one.id for one in game.rewards.list(reward_type="voucher")] == [given["id"]]
    assert admin.leaderboards.create({"code": "weekly", "period": "weekly"}).to_dict()["code"] == "weekly"


def test_participant_management(game: Engine, clock: ManualClock) -> None:
    """Participants are searched and sorted; one is anonymised, another deleted with all that is theirs."""
    clock.set("2026-02-14T10:00:00Z")
    game.participants.upsert("user_123", "Jane Doe")
    game.participants.upsert("user_9", "Janet")
    game.points.award("user_9", 20)
    game.points.award("user_123", 5000)
    game.points.deduct("user_123", 3500)
    for _ in range(156):
        game.events.emit("user_123", "e")
    found = game.participants.list(search="jane", sort_by="total_points", sort_order="desc").to_dict()
    items = found.pop("items")
    same(found, {"total": 2, "page": 1, "page_size": 50})
    assert isinstance(items, list)
    same(
        items[0],
        {
            "participant_id": "user_123",
            "display_name": "Jane Doe",
            "total_points": 5000,
            "available_points": 1500,
            "current_tier": "gold",
            "total_events": 156,
            "is_active": True,
        },
    )
    game.participants.anonymize("user_123")
    assert game.participants.list(search="jane").total == 1
    game.participants.delete("user_9")
    assert game.participants.list(search="jane").total == 0
    for who in ("user_123", "user_9"):
        with pytest.raises(NotFound):
            game.participants.get(who)


def test_idempotency(game: Engine) -> None:
    """The second call with a key returns the first result, and nothing happens."""
    first = game.points.award("user_123", 100, idempotency_key="purchase_ord_001")
    second = game.points.award("user_123", 100, idempotency_key="purchase_ord_001")
    assert first.to_dict() == second.to_dict()
    assert second.replayed
    assert game.points.balance("user_123").balance == 100


def test_pages_of_transactions(game: Engine) -> None:
    """The second page of twenty has its number, its size and the total across all pages."""
    for _ in range(156):
        game.points.award("user_123", 1)
    body = game.points.transactions("user_123", page=2, page_size=20).to_dict()
    assert body.items() >= {"total": 156, "page": 2, "page_size": 20}.items()
    transactions = body["transactions"]
    assert isinstance(transactions, list)
    assert [row["balance_after"] for row in transactions] == list(range(136, 116, -1))
    with pytest.raises(BadValue, match="100"):
        game.points.transactions("user_123", page_size=101)


ERRORS: dict[str, tuple[Callable[[Engine], object], int, str]] = {
    "deduct more than available": (
        lambda game: game.points.deduct("user_123", 50),
        400,
        "Insufficient points. Available: 30, requested: 50",
    ),
    "unknown badge code": (
        lambda game: game.badges.award("user_123", "unknown_badge"),
        404,
        "Badge definition not found: unknown_badge",
    ),
    "missing admin scope": (
        lambda game: game.standard().definitions.badges.create({"code": "x"}),
        403,
        "API key requires 'admin' scope",
    ),
    "no reward codes left": (
        lambda game: game.rewards.claim("ten_off", "user_123", points_deduction=False),
        400,
        "No available reward codes",
    ),
    "max claims exceeded": (
        lambda game: [game.rewards.claim("ten_off", "rich", points_deduction=False) for _ in range(2)],
        400,
        "Maximum claims per participant exceeded",
    ),
    "unknown tier code": (
        lambda game: game.tiers.assign("user_123", "nickel"),
        404,
        "Tier definition not found: nickel",
    ),
    "unknown participant": (
        lambda game: game.participants.get("nobody"),
        404,
        "Participant not found: nobody",
    ),
}


@pytest.mark.parametrize("scenario", ERRORS)
def test_the_error_table(game: Engine, scenario: str) -> None:
    """Every scenario of the table has its status and its sentence, and leaves nothing behind."""
    call, status, detail = ERRORS[scenario]
    game.points.award("user_123", 30)
    if scenario == "max claims exceeded":
        game.rewards.add_codes("ten_off", ["A", "B"])
    with pytest.raises(GamifyError) as caught:
        call(game)
    assert (caught.value.http_status, caught.value.to_dict()) == (status, {"detail": detail})
    assert isinstance(caught.value, AdminRequired) == (status == 403)


def test_the_limits_of_the_document(game: Engine) -> None:
    """Ids of 1 to 255 characters, amounts up to a million, reasons of 500 characters: 422 with the field's name."""
    for call, field in (
        (lambda: game.points.award("", 1), "participant_id"),
        (lambda: game.points.award("x" * 256, 1), "participant_id"),
        (lambda: game.points.award("x", 0), "amount"),
        (lambda: game.points.award("x", 1_000_001), "amount"),
        (lambda: game.points.award("x", 1, reason="r" * 501), "reason"),
    ):
        with pytest.raises(BadValue) as caught:
            call()
        assert (caught.value.field, caught.value.http_status) == (field, 422)
    assert game.points.award("x" * 255, 1_000_000, reason="r" * 500).new_balance == 1_000_000


def test_the_integration_example(game: Engine) -> None:
    """A purchase awards a point per dollar, records the streak, and says whether a tier was reached."""
    order_id, total = "42", 612.40
    result = game.points.award(
        "user_123",
        int(total),
        reason=f"Purchase #{order_id}",
        metadata={"order_id": order_id, "amount": total},
        idempotency_key=f"purchase_{order_id}",
    )
    game.streaks.record("user_123", "daily_login")
    assert (result.amount, result.new_balance) == (612, 612)
    assert result.tier_upgrade is not None
    assert result.tier_upgrade.name == "Silver"
