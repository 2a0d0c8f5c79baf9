"""The profile document: levels, badges, streak and the top five, from the catalog that is shipped for it."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from gamify_core import Catalog
from tests.seeds.playing import same

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core import Engine, ManualClock

CATALOG = Catalog.load(str(files("gamify_core") / "examples" / "agents.toml"))


def test_the_document_s_own_numbers(open_game: Callable[[Catalog], Engine], clock: ManualClock) -> None:
    """150 points are level 2, Beginner, at 30 percent of the next threshold; the fourth of the board."""
    game = open_game(CATALOG)
    clock.set("2026-02-12T08:00:00Z")
    for name, points in (("Alice", 2500), (None, 900), ("Carol", 600)):
        who = "user_abc" if name == "Alice" else str(name or "user_nameless")
        game.points.award(who, points)
        if name:
            game.participants.upsert(who, name)
    game.points.award("me", 100)
    for day in (12, 13, 14):
        clock.set(f"2026-02-{day}T09:00:00Z")
        game.participants.visit("me")
    game.events.emit("me", "agent_created")
    badge = {
        "id": "first_agent",
        "name": "Agent Creator",
        "description": "Create your first AI agent",
        "icon": "🤖",
        "category": "onboarding",
        "points": 50,
        "condition": "Create 1 agent",
    }
    body = game.participants.profile("me").to_dict()
    available = body.pop("availableBadges")
    same(
        body,
        {
            "badges": [badge],
            "points": 150,
            "level": 2,
            "title": "Beginner",
            "nextLevel": 500,
            "progress": 30,
            "streak": 3,
            "badgeAwarded": None,
            "leaderboard": [
                {"userId": "user_abc", "name": "Alice", "points": 2500, "level": 5, "title": "Expert"},
                {
                    "userId": "user_nameless",
                    "name": "Anonymous",
                    "points": 900,
                    "level": 3,
                    "title": "Intermediate",
                },
                {"userId": "Carol", "name": "Carol", "points": 600, "level": 3, "title": "Intermediate"},
                {"userId": "me", "name": "Anonymous", "points": 150, "level": 2, "title": "Beginner"},
            ],
            "userRank": 4,
        },
    )
    assert isinstance(available, list)
    assert {each["id"]: (each["name"], each["category"], each["points"]) for each in available} == {
        "onboarding_complete": ("Getting Started", "onboarding", 100),
        "message_100": ("Century Club", "usage", 100),
        "message_1000": ("Message Master", "usage", 500),
        "agent_3": ("Agent Army", "usage", 150),
        "agent_10": ("Agent Overlord", "usage", 500),
        "first_referral": ("Referrer", "social", 100),
        "referral_5": ("Influencer", "social", 500),
        "login_streak_7": ("Week Warrior", "achievement", 200),
        "login_streak_30": ("Monthly Master", "achievement", 1000),
        "early_adopter": ("Early Adopter", "achievement", 500),
    }
    (century,) = [each for each in available if each["id"] == "message_100"]
    assert century == {
        "id": "message_100",
        "name": "Century Club",
        "description": "Send 100 messages through your agents",
        "icon": "💬",
        "category": "usage",
        "points": 100,
        "condition": "100 messages",
    }


def test_a_visit_may_earn_the_badge_that_reaches_the_next_level(
    open_game: Callable[[Catalog], Engine], clock: ManualClock
) -> None:
    """The seventh login in a row gives Week Warrior and its 200 points, and the level they reach, in the same call."""
    game = open_game(CATALOG)
    for day in range(1, 7):
        clock.set(f"2026-02-{day:02}T09:00:00Z")
        assert game.participants.visit("me").to_dict()["badgeAwarded"] is None
    assert game.participants.profile("me").to_dict()["level"] == 1
    clock.set("2026-02-07T09:00:00Z")
    visit = game.participants.visit("me").to_dict()
    assert (visit["badgeAwarded"], visit["points"], visit["level"], visit["title"]) == (
        "login_streak_7",
        200,
        2,
        "Beginner",
    )
    assert (visit["streak"], visit["nextLevel"], visit["progress"]) == (7, 500, 40)
    assert game.participants.profile("me").to_dict()["badgeAwarded"] is None


def test_the_levels_of_the_table(open_game: Callable[[Catalog], Engine]) -> None:
    """Seven levels, their titles and thresholds; at the top there is no next one and all of the way is done."""
    levels = [(tier.level, tier.name, tier.min_points) for tier in CATALOG.ladder("level").tiers]
    assert levels == [
        (1, "Newcomer", 0),
        (2, "Beginner", 100),
        (3, "Intermediate", 500),
        (4, "Advanced", 1000),
        (5, "Expert", 2500),
        (6, "Master", 5000),
        (7, "Legend", 10000),
    ]
    game = open_game(CATALOG)
    game.points.award("me", 10_000)
    body = game.participants.profile("me").to_dict()
    assert (body["level"], body["title"], body["nextLevel"], body["progress"]) == (7, "Legend", None, 100)


def test_beyond_the_tenth_there_is_no_rank(open_game: Callable[[Catalog], Engine]) -> None:
    """The tenth of the board has a rank, the eleventh has none; five are listed."""
    game = open_game(CATALOG)
    for n in range(11):
        game.points.award(f"user_{n:02}", 1000 - n)
    assert game.participants.profile("user_09").to_dict()["userRank"] == 10
    assert game.participants.profile("user_10").to_dict()["userRank"] is None
    board = game.participants.profile("user_10").to_dict()["leaderboard"]
    assert isinstance(board, list)
    assert [row["userId"] for row in board] == [f"user_{n:02}" for n in range(5)]
