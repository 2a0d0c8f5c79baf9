"""The profile a participant sees, the visits that move it, and the example catalog behind it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Catalog,
    Engine,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    NotFound,
    Streak,
    Tier,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import MakeEngine

with as_file(files("gamify_core") / "examples") as examples:
    AGENTS = Catalog.load(examples / "agents.toml")

BADGES = {
    "onboarding_complete": ("Getting Started", "onboarding", 100),
    "first_agent": ("Agent Creator", "onboarding", 50),
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
LEVELS = [
    ("Newcomer", 0),
    ("Beginner", 100),
    ("Intermediate", 500),
    ("Advanced", 1000),
    ("Expert", 2500),
    ("Master", 5000),
    ("Legend", 10000),
]


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine under the example catalog."""
    return make_engine(AGENTS)


# -- the document --------------------------------------------------------------------------------------------


def test_the_document_comes_out_as_it_is_written(game: Engine, clock: ManualClock) -> None:
    """Its numbers and its keys: 150 points are level 2, three tenths of the 500 that come next, rank 4."""
    for who, name, points in (("user_abc", "Alice", 2500), ("user_b", None, 700), ("user_c", "Cy", 151)):
        game.participants.upsert(who, name)
        game.points.award(who, points)
    for _ in range(3):
        game.participants.visit("user_me")
        clock.advance(days=1)
    clock.advance(days=-1)
    game.events.emit("user_me", "agent_created")
    game.events.emit("user_me", "onboarding_completed")
    document = game.participants.profile("user_me").to_dict()
    badges, leaderboard, available = (
        document.pop(key) for key in ("badges", "leaderboard", "availableBadges")
    )
    assert document == {
        "points": 150,
        "level": 2,
        "title": "Beginner",
        "nextLevel": 500,
        "progress": 30,
        "streak": 3,
        "badgeAwarded": None,
        "userRank": 4,
    }
    assert isinstance(badges, list)
    assert isinstance(available, list)
    assert badges[1] == {
        "id": "first_agent",
        "name": "Agent Creator",
        "description": "Create your first AI agent",
        "icon": "🤖",
        "category": "onboarding",
        "points": 50,
        "condition": "Create 1 agent",
    }
    assert available[0] == {
        "id": "message_100",
        "name": "Century Club",
        "description": "Send 100 messages through your agents",
        "icon": "💬",
        "category": "usage",
        "points": 100,
        "condition": "100 messages",
    }
    assert [len(badges), len(available)] == [2, 9]
    assert leaderboard == [
        {"userId": "user_abc", "name": "Alice", "points": 2500, "level": 5, "title": "Expert"},
        {"userId": "user_b", "name": "Anonymous", "points": 700, "level": 3, "title": "Intermediate"},
        {"userId": "user_c", "name": "Cy", "points": 151, "level": 2, "title": "Beginner"},
        {"userId": "user_me", "name": "Anonymous", "points": 150, "level": 2, "title": "Beginner"},
    ]


def test_the_example_has_the_documents_levels_and_badges() -> None:
    """Seven levels and eleven badges, each with the name, category and points of its table."""
    assert [(tier.name, tier.min_points) for tier in AGENTS.ladder("level").tiers] == LEVELS
    told = {badge.code: (badge.name, badge.category, dict(badge.points)["points"]) for badge in AGENTS.badges}
    assert told == BADGES
    assert all(badge.description and badge.icon and badge.condition for badge in AGENTS.badges)


EARNED_BY: list[tuple[str, int, list[str]]] = [
    ("onboarding_completed", 1, ["onboarding_complete"]),
    ("beta_joined", 1, ["early_adopter"]),
    ("agent_created", 10, ["first_agent", "agent_3", "agent_10"]),
    ("user_referred", 5, ["first_referral", "referral_5"]),
    ("message_sent", 1000, ["message_100", "message_1000"]),
]


def test_every_badge_can_be_earned(game: Engine, clock: ManualClock) -> None:
    """By events and visits alone, each at its threshold and not one before; then the level is what they come to."""
    with game.transaction() as tx:
        for event, times, codes in EARNED_BY:
            earned = []
            for number in range(1, times + 1):
                earned += [(number, badge.code) for badge in tx.events.emit("ada", event).badges]
            assert [code for _, code in earned] == codes
            assert earned[-1][0] == times
        awarded = {}
        for day in range(1, 31):
            if code := tx.participants.visit("ada").badge_awarded:
                awarded[code] = day
            clock.advance(days=1)
    assert awarded == {"login_streak_7": 7, "login_streak_30": 30}
    clock.advance(hours=-1)
    profile = game.participants.profile("ada")
    assert {badge.id for badge in profile.badges} == set(BADGES)
    assert profile.available_badges == ()
    assert (profile.points, profile.level, profile.streak) == (
        sum(points for _, _, points in BADGES.values()),
        5,
        30,
    )


# -- levels --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "level", "following", "progress"),
    [
        (0, 1, 100, 0),
        (1, 1, 100, 1),
        (99, 1, 100, 99),
        (100, 2, 500, 20),
        (499, 2, 500, 99),
        (500, 3, 1000, 50),
        (9_999, 6, 10_000, 99),
        (10_000, 7, None, 100),
        (25_000, 7, None, 100),
    ],
)
def test_levels_at_their_edges(
    game: Engine, points: int, level: int, following: int | None, progress: int
) -> None:
    """Progress is the share of the next threshold, floored; at the top it is whole and nothing comes next."""
    if points:
        game.points.award("ada", points)
    profile = game.participants.profile("ada")
    assert (profile.level, profile.title) == (level, LEVELS[level - 1][0])
    assert (profile.points, profile.next_level, profile.progress) == (points, following, progress)


def test_a_rung_that_was_assigned_is_shown(make_engine: MakeEngine) -> None:
    """Who was put on a rung stands there; rungs that no points reach do not come next."""
    tiers = [Tier("low"), Tier("vip", min_points=50, award_type="manual"), Tier("high", min_points=100)]
    game = make_engine(Catalog(ladders=[Ladder("tier", tiers=tiers)]))
    game.points.award("ada", 60)
    assert game.participants.profile("ada").next_level == 100
    game.tiers.assign("ada", "vip")
    profile = game.participants.profile("ada")
    assert (profile.level, profile.title, profile.next_level) == (2, "Vip", 100)
    game.tiers.assign("ada", "low")
    game.points.award("ada", 1_000)
    assert (game.participants.profile("ada").level, game.participants.profile("ada").progress) == (1, 100)


def test_below_the_lowest_rung(make_engine: MakeEngine) -> None:
    """A ladder that does not begin at nothing has people on no rung: level 0, without a title."""
    game = make_engine(Catalog(ladders=[Ladder("level", tiers={"one": 10})]))
    game.points.award("ada", 4)
    profile = game.participants.profile("ada")
    assert (profile.level, profile.title, profile.next_level, profile.progress) == (0, None, 10, 40)
    assert profile.leaderboard[0].level == 0


def test_an_empty_catalog_has_a_profile(make_engine: MakeEngine) -> None:
    """Without ladders, streaks, badges and boards there are points, and a ranking by them."""
    game = make_engine()
    game.points.award("ada", 4)
    assert game.participants.profile("ada").to_dict() == {
        "badges": [],
        "points": 4,
        "level": 0,
        "title": None,
        "nextLevel": None,
        "progress": 0,
        "streak": 0,
        "badgeAwarded": None,
        "leaderboard": [{"userId": "ada", "name": "Anonymous", "points": 4, "level": 0, "title": None}],
        "userRank": 1,
        "availableBadges": [],
    }


# -- which ladder and streak ---------------------------------------------------------------------------------


def test_which_ladder_and_streak_are_meant(make_engine: MakeEngine) -> None:
    """Those named; else `level`, `tier`, the first ladder, and the streak `login`, `daily_login`, the first."""
    ladders = [Ladder(code, tiers={f"{code}_low": 0}) for code in ("other", "tier", "level")]
    streaks = [Streak(code) for code in ("other", "daily_login", "login")]
    for count, (title, streak) in enumerate(
        [("Other Low", "other"), ("Tier Low", "daily_login"), ("Level Low", "login")], 1
    ):
        game = make_engine(Catalog(ladders=ladders[:count], streaks=streaks[:count]))
        profile = game.participants.visit("ada")
        assert (profile.title, profile.streak) == (title, 1)
        assert game.streaks.get("ada", streak).current_count == 1
        assert game.participants.profile("ada", ladder="other", streak="other").title == "Other Low"
        visited = game.participants.visit("ada", streak="other")
        assert (visited.streak, game.streaks.get("ada", "other").current_count) == (1, 1)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda game: game.participants.profile("ada", ladder="nope"), NotFound),
        (lambda game: game.participants.profile("ada", streak="nope"), NotFound),
        (lambda game: game.participants.visit("ada", streak="nope"), NotFound),
        (lambda game: game.participants.profile("ada", ladder=1), BadValue),
        (lambda game: game.participants.visit(""), BadValue),
    ],
    ids=["ladder", "streak", "visited", "kind", "nobody"],
)
def test_what_there_is_not_is_refused(
    game: Engine, call: Callable[[Engine], object], error: type[Exception]
) -> None:
    """An unknown ladder or streak is named, and nobody appears."""
    with pytest.raises(error):
        call(game)
    assert game.participants.list().total == 0


# -- visits --------------------------------------------------------------------------------------------------


def test_a_visit_is_read_after_all_that_it_brought_about(make_engine: MakeEngine) -> None:
    """A badge's points that reach the next level are in the same answer."""
    game = make_engine(
        Catalog(
            ladders=[Ladder("level", tiers={"one": 0, "two": 50})],
            streaks=[Streak("login")],
            badges=[
                Badge("here", criteria="streak.login >= 1", points=50),
                Badge("rich", criteria="points.earned >= 50"),
            ],
        )
    )
    visit = game.participants.visit("ada")
    assert (visit.badge_awarded, visit.points, visit.level, visit.user_rank) == ("here", 50, 2, 1)
    assert [badge.id for badge in visit.badges] == ["here", "rich"]
    assert [effect.tag for effect in visit.effects][:2] == ["streak_extended", "badge_earned"]
    again = game.participants.visit("ada")
    assert (again.badge_awarded, again.streak, again.effects) == (None, 1, ())


def test_visits_on_days_in_a_row_count(game: Engine, clock: ManualClock) -> None:
    """Several on one day are one; a day without one ends the run."""
    for expected, hours in ((1, 0), (1, 3), (2, 24), (3, 24), (1, 49)):
        clock.advance(hours=hours)
        assert game.participants.visit("ada").streak == expected


def test_a_visit_happened_when_it_says(game: Engine, clock: ManualClock) -> None:
    """A visit that is recorded late counts on its own day."""
    game.participants.visit("ada")
    clock.advance(days=2)
    game.participants.visit("ada")
    assert game.participants.visit("ada", at=datetime(2026, 3, 3, 8, tzinfo=UTC)).streak == 3


def test_a_repeated_visit_tells_the_same_badge(game: Engine, clock: ManualClock) -> None:
    """Under its key a visit is recorded once, and still names the badge that it earned."""
    for day in range(7):
        first = game.participants.visit("ada", idempotency_key=f"day {day}")
        clock.advance(days=1)
    again = game.participants.visit("ada", idempotency_key="day 6")
    assert (first.badge_awarded, again.badge_awarded) == ("login_streak_7", "login_streak_7")
    assert (first.replayed, again.replayed) == (False, True)
    assert again == first


def test_without_a_streak_a_visit_registers(make_engine: MakeEngine) -> None:
    """It makes somebody known the first time, and writes nothing after."""
    game = make_engine()
    assert game.participants.visit("ada").streak == 0
    assert game.participants.get("ada").is_active
    before = game.history.activity()
    game.participants.visit("ada")
    assert game.history.activity() == before


def test_reading_a_profile_writes_nothing(game: Engine) -> None:
    """Not even somebody who has never been seen appears."""
    before = game.history.state_digest()
    profile = game.participants.profile("ghost")
    assert (profile.points, profile.level, profile.title, profile.user_rank) == (0, 1, "Newcomer", None)
    assert game.history.state_digest() == before


# -- the first five ------------------------------------------------------------------------------------------

NO_BOARD = Catalog(ladders=[Ladder("level", tiers={"one": 0, "ten": 10})])
BOARD = Catalog(ladders=NO_BOARD.ladders, leaderboards=[Leaderboard("everybody")])
OTHER = Catalog(
    ladders=NO_BOARD.ladders,
    metrics=[Metric("spoken", "said")],
    leaderboards=[
        Leaderboard("week", period="weekly"),
        Leaderboard("worst", order="ascending"),
        Leaderboard("talk", metric="spoken"),
    ],
)


@pytest.mark.parametrize("catalog", [NO_BOARD, BOARD, OTHER], ids=["no board", "board", "other boards"])
def test_the_first_five_and_the_first_ten(make_engine: MakeEngine, catalog: Catalog) -> None:
    """With a board on the metric or without: five are shown, ranks beyond the tenth are not told."""
    game = make_engine(catalog)
    for number in range(12):
        game.points.award(f"p{number:02}", 100 - number)
    game.participants.upsert("idle")
    for who, rank in (("p00", 1), ("p09", 10), ("p10", None), ("idle", None), ("ghost", None)):
        profile = game.participants.profile(who)
        assert profile.user_rank == rank
        assert [(entry.participant_id, entry.points) for entry in profile.leaderboard] == [
            (f"p{number:02}", 100 - number) for number in range(5)
        ]


@pytest.mark.parametrize("catalog", [NO_BOARD, BOARD], ids=["no board", "board"])
def test_equal_points_share_a_rank(make_engine: MakeEngine, catalog: Catalog) -> None:
    """Two at the top are both first, and the next is third."""
    game = make_engine(catalog)
    for who, points in (("cyd", 5), ("ada", 9), ("bob", 9)):
        game.points.award(who, points)
    assert [game.participants.profile(who).user_rank for who in ("ada", "bob", "cyd")] == [1, 1, 3]
    assert [entry.participant_id for entry in game.participants.profile("cyd").leaderboard] == [
        "ada",
        "bob",
        "cyd",
    ]


@pytest.mark.parametrize("catalog", [NO_BOARD, BOARD], ids=["no board", "board"])
def test_the_erased_have_no_name_on_it(make_engine: MakeEngine, catalog: Catalog) -> None:
    """Who is anonymous is shown as such; who was deleted is not shown."""
    game = make_engine(catalog)
    for who, points in (("ada", 9), ("bob", 8), ("cyd", 7)):
        game.participants.upsert(who, who.title())
        game.points.award(who, points)
    game.participants.anonymize("ada")
    game.participants.delete("bob")
    profile = game.participants.profile("cyd")
    assert [(entry.participant_id, entry.name) for entry in profile.leaderboard] == [
        ("anonymous:1", "Anonymous"),
        ("cyd", "Cyd"),
    ]
    assert profile.user_rank == 2


def test_badges_that_are_secret_or_of_another_currency(make_engine: MakeEngine) -> None:
    """A secret badge shows once it is held; points are those of the currency that the level counts."""
    game = make_engine(
        Catalog.from_dict(
            {
                "currencies": {"xp": {}},
                "ladders": {"level": {"metric": "xp.earned", "tiers": {"one": 0, "two": 10}}},
                "badges": {
                    "both": {"points": {"xp": 7, "points": 3}, "icon_url": "https://i.example/b.png"},
                    "plain": {"points": 4, "criteria": "xp.earned >= 10"},
                    "hidden": {"secret": True},
                },
            }
        )
    )
    free = game.participants.profile("ada").available_badges
    assert [(badge.id, badge.points) for badge in free] == [("both", 7), ("plain", 4)]
    assert (free[0].icon, free[0].condition, free[1].condition) == (
        "https://i.example/b.png",
        None,
        "xp.earned >= 10",
    )
    game.badges.award("ada", "hidden")
    game.badges.award("ada", "both")
    profile = game.participants.profile("ada")
    assert ([badge.id for badge in profile.badges], profile.points) == (["both", "hidden"], 7)
    game.badges.revoke("ada", "hidden")
    assert "hidden" not in {badge.id for badge in (*game.participants.profile("ada").badges, *free)}


def test_a_windowed_ladder_is_read_in_its_window(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Where levels count this week's points, so do the profile and its first five."""
    game = make_engine(
        Catalog(ladders=[Ladder("level", metric="points.earned@weekly", tiers={"one": 0, "two": 10})])
    )
    game.points.award("ada", 50)
    clock.advance(weeks=1)
    game.points.award("bob", 5)
    assert game.participants.profile("ada").points == 0
    assert [entry.participant_id for entry in game.participants.profile("ada").leaderboard] == ["bob"]
