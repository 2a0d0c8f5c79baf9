"""What is handed back: how answers print, the documents' own keys, and when two answers are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    Award,
    Badge,
    Catalog,
    Emit,
    Engine,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    Rule,
    Streak,
    Tier,
)
from tests.front_page import FRONT_PAGE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import MakeEngine

DOCUMENTS = Catalog(
    ladders=[
        Ladder(
            "tier",
            tiers=[
                Tier("bronze"),
                Tier("silver", min_points=500),
                Tier("gold", "Gold Tier", min_points=1500, color="#FFD700"),
                Tier("platinum", min_points=10_000),
            ],
        )
    ],
    badges=[
        Badge(
            "power_user",
            description="Log in 10 times",
            icon_url="https://cdn.example.com/power.png",
            rarity="rare",
        ),
        Badge("first_steps"),
    ],
    streaks=[Streak("daily_login")],
    leaderboards=[Leaderboard("top_scorers", period="monthly")],
)
NOW = "2026-03-02T09:00:00Z"


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Make an engine under the documents' catalog."""
    return make_engine(DOCUMENTS)


# -- as people read it ---------------------------------------------------------------------------------------


def test_the_first_answer_reads_as_the_introduction_shows_it(
    make_engine: MakeEngine, clock: ManualClock, tmp_path: Path
) -> None:
    """An event, the board, an explanation and a dry run, word for word."""
    path = tmp_path / "game.toml"
    path.write_text(FRONT_PAGE)
    game = make_engine(Catalog.load(path))
    clock.set("2026-02-14T10:00+01:00")
    answer = game.events.emit("ada", "lesson_finished", {"score": 97, "topic": "loops"})
    assert str(answer) == (
        "ada · lesson_finished\n"
        "  +19 points              rule lesson\n"
        "  streak daily            1 day, alive until 16 Feb 04:00\n"
        "  badge First Steps       +50 points\n"
        "  tier Bronze → Silver"
    )
    assert str(game.leaderboards.top("weekly")) == "1. ada 69"
    explained = game.events.explain("ada", "lesson_finished", {"score": 41})
    assert str(explained) == "lesson: no, score >= 60 is false (score = 41)"
    with game.dry_run() as trial:
        upgrade = trial.points.award("ada", 2_000).tier_upgrade
    assert upgrade is not None
    assert upgrade.name == "Gold"
    assert game.points.balance("ada").balance == 69


def test_every_effect_reads_as_a_line(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Deductions, skips, breaks, corrections and falls are said as plainly as gains."""
    game = make_engine(
        Catalog(
            rules=[Rule("shop", on="buy", deduct="price"), Rule("big", on="buy", award=3_000)],
            ladders=[
                Ladder(
                    "rank", metric="points.balance", tiers={"low": 10, "high": 2_000}, demotion="immediate"
                )
            ],
            badges=[Badge("often", repeatable=True, points=5)],
            streaks=[Streak("weekly", period="weekly")],
        )
    )
    assert str(game.events.emit("ada", "buy", {"price": 50})) == (
        "ada · buy\n"
        "  rule shop skipped deduct Insufficient points. Available: 0, requested: 50\n"
        "  +3,000 points           rule big\n"
        "  rank none → Low\n"
        "  rank Low → High"
    )
    assert str(game.points.deduct("ada", 2_995, idempotency_key="k")) == (
        "ada · points.deduct\n  −2,995 points\n  rank High → none"
    )
    replay = str(game.points.deduct("ada", 2_995, idempotency_key="k"))
    assert replay.startswith("ada · points.deduct (replayed)\n")
    assert "badge Often             +5 points" in str(game.badges.award("ada", "often"))
    assert str(game.badges.revoke("ada", "often")).endswith("badge Often             taken back")
    start = clock.now()
    assert "streak weekly           1 week, alive until 16 Mar 00:00" in str(
        game.streaks.record("ada", "weekly")
    )
    clock.advance(weeks=1)
    assert "2 weeks, alive" in str(game.streaks.record("ada", "weekly"))
    clock.advance(weeks=2)
    assert "streak weekly           broken after 2 weeks" in str(game.streaks.record("ada", "weekly"))
    late = game.streaks.record("ada", "weekly", at=clock.now() - (clock.now() - start) / 3)
    assert "streak weekly           corrected from 1 week to 4 weeks" in str(late)


# -- under the documents' keys -------------------------------------------------------------------------------


def test_award(game: Engine) -> None:
    """The documents' first award has no upgrade, and one that reaches a tier says which."""
    first = game.points.award("user_123", 250, reason="Completed onboarding")
    assert first.to_dict() == {
        "transaction_id": first.transaction_id,
        "participant_id": "user_123",
        "amount": 250,
        "new_balance": 250,
        "tier_upgrade": None,
    }
    game.points.award("user_123", 1150)
    assert game.points.award("user_123", 100).to_dict()["tier_upgrade"] == {
        "code": "gold",
        "name": "Gold Tier",
        "level": 3,
        "previous_code": "silver",
        "previous_level": 2,
    }


def test_deduct(game: Engine) -> None:
    """A deduction says no tier."""
    game.points.award("user_123", 1500)
    answer = game.points.deduct("user_123", 50, reason="Reward redemption")
    assert answer.to_dict() == {
        "transaction_id": answer.transaction_id,
        "participant_id": "user_123",
        "amount": 50,
        "new_balance": 1450,
    }


def test_the_balance_after_all_that_an_award_brought(make_engine: MakeEngine) -> None:
    """`amount` is what was awarded, `new_balance` what is there once badges have given theirs."""
    game = make_engine(Catalog(badges=[Badge("b", criteria="points.earned >= 10", points=5)]))
    answer = game.points.award("ada", 10)
    assert (answer.amount, answer.points, answer.new_balance) == (10, 15, 15)
    assert answer.new_balance == game.points.balance("ada").balance


def test_batches(game: Engine) -> None:
    """Awards and events item by item, refusals with their sentence."""
    batch = game.points.award_batch([Award("user_1", 100, "Weekly bonus"), Award("user_2", 0)])
    good, bad = batch.results
    assert good.answer is not None
    assert batch.to_dict() == {
        "processed": 1,
        "failed": 1,
        "results": [
            {
                "participant_id": "user_1",
                "transaction_id": f"txn_{good.answer.activity_id}_0",
                "new_balance": 100,
                "error": None,
            },
            {
                "participant_id": "user_2",
                "transaction_id": None,
                "new_balance": None,
                "error": str(bad.error and bad.error.detail),
            },
        ],
    }
    events = game.events.emit_batch([Emit("user_1", "e"), Emit("user_1", "")])
    sent = events.results[0].answer
    assert sent is not None
    assert events.to_dict()["results"] == [
        {
            "participant_id": "user_1",
            "event_id": f"evt_{sent.activity_id}",
            "fact_id": f"fact_{sent.activity_id}",
            "status": "processed",
            "error": None,
        },
        {
            "participant_id": "user_1",
            "event_id": None,
            "fact_id": None,
            "status": "failed",
            "error": "event_name must be 1 to 255 characters, not 0",
        },
    ]


def test_badge(game: Engine, clock: ManualClock) -> None:
    """An award and its repetition, and the list."""
    expected = {
        "participant_id": "user_123",
        "badge_code": "power_user",
        "badge_name": "Power User",
        "icon": "https://cdn.example.com/power.png",
        "rarity": "rare",
        "earned_at": NOW,
        "already_earned": False,
    }
    assert (
        game.badges.award("user_123", "power_user", metadata={"trigger": "10th_login"}).to_dict() == expected
    )
    clock.advance(days=1)
    again = game.badges.award("user_123", "power_user").to_dict()
    assert again == {**expected, "already_earned": True}
    assert game.badges.list("user_123").to_dict() == {
        "participant_id": "user_123",
        "badges": [
            {
                "code": "power_user",
                "name": "Power User",
                "description": "Log in 10 times",
                "icon": "https://cdn.example.com/power.png",
                "rarity": "rare",
                "earned": True,
                "earned_at": NOW,
            },
            {
                "code": "first_steps",
                "name": "First Steps",
                "description": None,
                "icon": None,
                "rarity": "common",
                "earned": False,
                "earned_at": None,
            },
        ],
        "total": 2,
        "earned_count": 1,
    }


def test_tier(game: Engine, clock: ManualClock) -> None:
    """Where one stands, what is next, and the history."""
    game.points.award("user_123", 1)
    clock.advance(days=1)
    game.points.award("user_123", 1499)
    assert game.tiers.current("user_123").to_dict() == {
        "participant_id": "user_123",
        "current_tier": {
            "code": "gold",
            "name": "Gold Tier",
            "level": 3,
            "color": "#FFD700",
            "achieved_at": "2026-03-03T09:00:00Z",
        },
        "next_tier": {
            "code": "platinum",
            "name": "Platinum",
            "points_required": 10_000,
            "points_remaining": 8500,
        },
        "tier_history": [
            {"code": "bronze", "achieved_at": NOW},
            {"code": "silver", "achieved_at": "2026-03-03T09:00:00Z"},
            {"code": "gold", "achieved_at": "2026-03-03T09:00:00Z"},
        ],
    }
    assert game.tiers.assign("user_123", "platinum").to_dict() == {
        "participant_id": "user_123",
        "tier_code": "platinum",
    }


def test_leaderboard_and_rank(game: Engine) -> None:
    """Entries with rank, score and change, and one's own place."""
    game.points.award("user_456", 5000)
    game.points.award("user_123", 4500)
    assert game.leaderboards.top("top_scorers", limit=1).to_dict() == {
        "leaderboard_code": "top_scorers",
        "period": "monthly",
        "entries": [
            {"rank": 1, "participant_id": "user_456", "score": 5000, "change": None, "display_name": None}
        ],
        "total_participants": 2,
    }
    assert game.leaderboards.rank("top_scorers", "user_123").to_dict() == {
        "participant_id": "user_123",
        "rank": 2,
        "score": 4500,
        "total_participants": 2,
        "percentile": 0.0,
    }
    around = game.leaderboards.around("top_scorers", "user_123").to_dict()
    assert around == game.leaderboards.top("top_scorers").to_dict()


def test_streaks(game: Engine) -> None:
    """A recording, and the list."""
    assert game.streaks.record("user_123", "daily_login").to_dict() == {
        "streak_code": "daily_login",
        "new_count": 1,
        "longest_count": 1,
        "is_new_record": True,
        "already_recorded": False,
    }
    assert game.streaks.list("user_123").to_dict() == {
        "participant_id": "user_123",
        "streaks": [
            {
                "code": "daily_login",
                "name": "Daily Login",
                "current_count": 1,
                "longest_count": 1,
                "last_recorded_at": NOW,
                "period": "daily",
            }
        ],
    }


def test_event_and_events(game: Engine) -> None:
    """The event's ids and status, with its effects, and the history."""
    answer = game.events.emit("user_123", "purchase_completed", {"amount": 49.99, "currency": "USD"})
    assert answer.to_dict() == {
        "event_id": answer.event_id,
        "fact_id": answer.fact_id,
        "status": "processed",
        "effects": [],
    }
    assert game.events.list("user_123", event_name="purchase_completed").to_dict() == {
        "participant_id": "user_123",
        "events": [
            {
                "id": answer.event_id,
                "event_name": "purchase_completed",
                "properties": {"amount": 49.99, "currency": "USD"},
                "occurred_at": NOW,
            }
        ],
        "total": 1,
        "page": 1,
        "page_size": 20,
    }


def test_profile_and_state(game: Engine, clock: ManualClock) -> None:
    """The rich profile with the next tier inside the tier, and the brief state."""
    game.participants.upsert("user_123", "Jane Doe", "https://example.com/avatar.png", {"plan": "premium"})
    game.points.award("user_123", 1500)
    game.points.deduct("user_123", 500)
    game.badges.award("user_123", "first_steps")
    game.streaks.record("user_123", "daily_login")
    game.events.emit("user_123", "e")
    clock.advance(days=1)
    profile = game.participants.get("user_123").to_dict()
    assert str(profile.pop("first_seen_at")).startswith("2026-03-02T09:00:00")
    assert profile.pop("last_seen_at") == "2026-03-02T09:00:00.000006Z"  # the last command
    tier = {"code": "gold", "name": "Gold Tier", "level": 3}
    assert profile == {
        "participant_id": "user_123",
        "display_name": "Jane Doe",
        "avatar_url": "https://example.com/avatar.png",
        "attributes": {"plan": "premium"},
        "points": {"balance": 1000, "total_earned": 1500, "total_spent": 500},
        "tier": {
            **tier,
            "color": "#FFD700",
            "achieved_at": NOW,
            "next_tier": {
                "code": "platinum",
                "name": "Platinum",
                "points_required": 10_000,
                "points_remaining": 8500,
            },
        },
        "badges": [
            {
                "code": "first_steps",
                "name": "First Steps",
                "rarity": "common",
                "earned": True,
                "earned_at": NOW,
            }
        ],
        "streaks": {"current": 1, "longest": 1, "last_activity_at": NOW},
        "rewards_claimed": 0,
        "total_events": 1,
        "is_active": True,
    }
    assert game.participants.state("user_123").to_dict() == {
        "participant_id": "user_123",
        "points": {"balance": 1000, "total_earned": 1500, "total_spent": 500},
        "tier": tier,
        "badges": [
            {"code": "power_user", "name": "Power User", "earned": False, "earned_at": None},
            {"code": "first_steps", "name": "First Steps", "earned": True, "earned_at": NOW},
        ],
        "streaks": {"current": 1, "longest": 1},
        "challenges": {"active": 0, "completed": 0},
        "rewards": {"total_claimed": 0},
    }


def test_effects_are_plain_json_with_readable_instants(make_engine: MakeEngine) -> None:
    """An effect's document has its kind, its fields, and instants as text."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=5, streak="daily")], streaks=[Streak("daily")]))
    answer = game.events.emit("ada", "e")
    award, streak = (effect.to_dict() for effect in answer.effects)
    assert award == {
        "type": "points_awarded",
        "participant_id": "ada",
        "cause": "rule:r",
        "id": f"txn_{answer.activity_id}_1",
        "occurred_at": NOW,
        "amount": 5,
        "currency": "points",
        "balance": 5,
        "peer_id": None,
        "base": None,
    }
    assert (streak["type"], streak["count"], streak["is_new_record"]) == ("streak_extended", 1, True)
    assert streak["expires_at"] == "2026-03-04T00:00:00Z"


# -- equality ------------------------------------------------------------------------------------------------

COMMANDS: dict[str, Callable[[Engine, str], Any]] = {
    "award": lambda game, who: game.points.award(who, 700),
    "batch": lambda game, who: game.points.award_batch([Award(who, 5), Award(who, 0)]).results[0],
    "badge": lambda game, who: game.badges.award(who, "first_steps"),
    "tier": lambda game, who: game.tiers.assign(who, "gold"),
    "streak": lambda game, who: game.streaks.record(who, "daily_login"),
    "event": lambda game, who: game.events.emit(who, "e", {"a": 1}),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_answers_are_equal_without_ids_and_instants(
    make_engine: MakeEngine, clock: ManualClock, command: str
) -> None:
    """The same done at another time in another store is equal; done to somebody else it is not."""
    one, other = make_engine(DOCUMENTS), make_engine(DOCUMENTS)
    first = COMMANDS[command](one, "ada")
    other.points.award("zoe", 1)
    clock.advance(minutes=90)
    second = COMMANDS[command](other, "ada")
    assert first == second
    assert first != COMMANDS[command](one, "bob")
    assert first != "ada"


def test_answers_that_did_other_things_differ(game: Engine) -> None:
    """Neither another event, nor another amount, nor a repetition is the same."""
    assert game.events.emit("ada", "a") != game.events.emit("ada", "b")
    assert game.points.award("ada", 1) != game.points.award("bob", 2)
    assert game.badges.award("ada", "first_steps") != game.badges.award("ada", "first_steps")
    recorded = [game.streaks.record("ada", "daily_login") for _ in range(3)]
    assert recorded[0] != recorded[1]
    assert recorded[1] == recorded[2]


def test_an_answer_names_what_happened_in_brackets(game: Engine) -> None:
    """Its `repr` is short and says the kinds of the effects."""
    assert repr(game.points.award("ada", 700)) == "<PointsAnswer ada ['points_awarded', 'tier_changed']>"


def test_points_are_those_of_the_participant(make_engine: MakeEngine) -> None:
    """A transfer's `points` is what the sender lost, not the sum over both."""
    game = make_engine(Catalog(metrics=[Metric("m", on="e")]))
    game.points.award("ada", 10)
    answer = game.points.transfer("ada", "bob", 4)
    assert answer.points == -4
    assert answer.to_dict() == {
        "transaction_id": answer.transaction_id,
        "participant_id": "ada",
        "recipient_id": "bob",
        "amount": 4,
        "new_balance": 6,
        "recipient_balance": 4,
    }


def test_a_streak_of_several_days_prints_as_periods(make_engine: MakeEngine) -> None:
    """Its period is no unit that people have a word for."""
    game = make_engine(Catalog(streaks=[Streak("steady", period="days", days=2)]))
    assert "1 period, alive until" in str(game.streaks.record("ada", "steady"))
