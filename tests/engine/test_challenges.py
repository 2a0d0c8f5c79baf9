"""Challenges: goals within a window, what completing them gives, once, and how far somebody has come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    Award,
    Badge,
    BadValue,
    Catalog,
    Challenge,
    ChallengeCompleted,
    Currency,
    Engine,
    ManualClock,
    Metric,
    NotFound,
    PointsAwarded,
    Reward,
    RewardClaimed,
    Rule,
    Skipped,
    Streak,
)
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.metrics import WINDOW
from tests.engine.conftest import store_of

if TYPE_CHECKING:
    from gamify_core.game import Game

    from .conftest import MakeEngine

LESSONS = Metric("lessons", on="e")
MICROSECOND = timedelta(microseconds=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
STARTS, ENDS = MONDAY + timedelta(days=3, hours=10), MONDAY + timedelta(days=9, hours=10)
"""Thursday at ten to Wednesday at ten: a span that cuts two weeks short, and that late events can reach back over."""


def lessons(code: str = "c", goals: str = "lessons >= 2", **fields: Any) -> Catalog:
    """Return a catalog of one challenge."""
    return Catalog(metrics=[LESSONS], challenges=[Challenge(code, goals, **fields)])


def completions(game: Game, who: str, *instants: datetime) -> list[bool]:
    """Send an event at each instant, and say which of them completed something."""
    answers = [game.events.emit(who, "e", at=at) for at in instants]
    return [any(isinstance(effect, ChallengeCompleted) for effect in answer.effects) for answer in answers]


# -- completing -----------------------------------------------------------------------------------------------


def test_a_challenge_is_completed_once(make_engine: MakeEngine) -> None:
    """The event that meets the goals completes it; the ones before and after do not, also not for others."""
    game = make_engine(lessons(points=50))
    assert [game.events.emit("ada", "e").points for _ in range(4)] == [0, 50, 0, 0]
    assert game.events.emit("bob", "e").effects == ()
    assert game.challenges.progress("ada")[0].times_completed == 1


def test_completing_gives_points_badges_and_rewards(make_engine: MakeEngine) -> None:
    """All gifts come after the completion, name it as their cause, and a reward costs nothing."""
    quest = Challenge(
        "quest", "lessons", points={"points": 5, "gems": 2}, badge=["hero", "often"], reward="mug"
    )
    game = make_engine(
        Catalog(
            currencies=[Currency("gems")],
            metrics=[LESSONS],
            badges=[Badge("hero", points=7), Badge("often", repeatable=True)],
            rewards=[Reward("mug", points_cost=1000)],
            challenges=[quest],
        )
    )
    answer = game.events.emit("ada", "e")
    assert [(effect.tag, effect.cause) for effect in answer.effects] == [
        ("challenge_completed", "goals"),
        ("points_awarded", "challenge:quest"),
        ("points_awarded", "challenge:quest"),
        ("badge_earned", "challenge:quest"),
        ("points_awarded", "badge:hero"),
        ("badge_earned", "challenge:quest"),
        ("reward_claimed", "challenge:quest"),
    ]
    completed = answer.effects[0]
    assert isinstance(completed, ChallengeCompleted)
    assert (completed.code, completed.name, completed.participant_id) == ("quest", "Quest", "ada")
    assert [effect.points_deducted for effect in answer.effects if isinstance(effect, RewardClaimed)] == [0]
    assert game.points.transactions("ada")[0].source in {"challenge:quest", "badge:hero"}
    assert (game.points.balance("ada").balance, game.points.balance("ada", currency="gems").balance) == (
        12,
        2,
    )


def test_it_prints_with_the_points_it_gives(make_engine: MakeEngine) -> None:
    """An answer says in one line that a challenge was completed and for how much."""
    game = make_engine(lessons("spring_run", "lessons", points=1500))
    assert str(game.events.emit("ada", "e")).splitlines()[1] == (
        "  challenge Spring Run    completed, +1,500 points"
    )
    assert str(make_engine(lessons(goals="lessons")).events.emit("ada", "e")).endswith("completed")


def test_what_cannot_be_given_is_passed_over(make_engine: MakeEngine) -> None:
    """A reward that is out of stock is said to be, and takes neither the completion nor the other gifts away."""
    rewards = [Reward("mug", total_inventory=0), Reward("cap"), Reward("old", is_active=False)]
    game = make_engine(
        Catalog(
            metrics=[LESSONS],
            rewards=rewards,
            challenges=[Challenge("c", "lessons", reward=["mug", "cap", "old"])],
        )
    )
    effects = game.events.emit("ada", "e").effects
    assert [effect.tag for effect in effects] == [
        "challenge_completed",
        "skipped",
        "reward_claimed",
        "skipped",
    ]
    assert [(e.cause, e.effect, e.code) for e in effects if isinstance(e, Skipped)] == [
        ("challenge:c", "reward", "out_of_stock"),
        ("challenge:c", "reward", "reward_inactive"),
    ]
    assert game.challenges.progress("ada")[0].completed


def test_a_full_wallet_does_not_take_the_completion_away(make_engine: MakeEngine) -> None:
    """Points that would leave the range of 64 bits are passed over."""
    most = 2**53 - 1
    game = make_engine(lessons(goals="lessons", points=most))
    assert game.points.award_batch([Award("ada", most)] * 1024).failed == 0
    (completed, skipped) = game.events.emit("ada", "e").effects
    assert completed.tag == "challenge_completed"
    assert isinstance(skipped, Skipped)
    assert (skipped.effect, skipped.code) == ("points", "out_of_range")


def test_a_badge_that_is_held_is_not_given_again(make_engine: MakeEngine) -> None:
    """Who has the badge already completes the challenge and gets no second one, unless it is repeatable."""
    badges = [Badge("once"), Badge("often", repeatable=True)]
    game = make_engine(
        Catalog(
            metrics=[LESSONS], badges=badges, challenges=[Challenge("c", "lessons", badge=["once", "often"])]
        )
    )
    for badge in badges:
        game.badges.award("ada", badge.code)
    assert [badge.code for badge in game.events.emit("ada", "e").badges] == ["often"]


def test_one_challenge_leads_to_another(make_engine: MakeEngine) -> None:
    """What a challenge gives counts towards others, in one command and in catalog order, and never towards itself."""
    challenges = [
        Challenge("rich", "points.earned >= 10 and badges.count >= 1", points=10),
        Challenge("first", "lessons", points=10, badge="b"),
    ]
    game = make_engine(Catalog(metrics=[LESSONS], badges=[Badge("b")], challenges=challenges))
    effects = game.events.emit("ada", "e").effects
    assert [e.code for e in effects if isinstance(e, ChallengeCompleted)] == ["first", "rich"]
    assert sum(e.amount for e in effects if isinstance(e, PointsAwarded)) == 20


def test_badges_come_before_challenges(make_engine: MakeEngine) -> None:
    """Of what one event reaches, ladders and badges are told first: that is catalog order."""
    game = make_engine(
        Catalog(
            metrics=[LESSONS],
            badges=[Badge("b", criteria="lessons")],
            challenges=[Challenge("c", "lessons"), Challenge("d", "lessons")],
        )
    )
    effects = game.events.emit("ada", "e").effects
    assert [getattr(effect, "code", "") for effect in effects] == ["b", "c", "d"]


def test_scopes_are_apart(make_engine: MakeEngine) -> None:
    """What somebody does in one scope counts nowhere else."""
    game = make_engine(lessons(starts=MONDAY))
    guild = game.scope("guild:1")
    assert [game.events.emit("ada", "e").effects, guild.events.emit("ada", "e").effects] == [(), ()]
    assert guild.events.emit("ada", "e").effects != ()
    assert (game.challenges.progress("ada")[0].completed, guild.challenges.progress("ada")[0].completed) == (
        False,
        True,
    )


# -- windows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instants", "completed"),
    [
        ([STARTS - MICROSECOND, STARTS], [False, False]),
        ([STARTS, STARTS], [False, True]),
        ([STARTS, ENDS - MICROSECOND], [False, True]),
        ([STARTS, ENDS], [False, False]),
        ([ENDS, ENDS - MICROSECOND, STARTS], [False, False, True]),
    ],
)
def test_what_happens_from_the_start_and_before_the_end_counts(
    make_engine: MakeEngine, clock: ManualClock, instants: list[datetime], completed: list[bool]
) -> None:
    """The first instant belongs to the challenge, the last does not, in whichever order they arrive."""
    clock.set(ENDS)
    game = make_engine(lessons(starts=STARTS, ends=ENDS))
    assert completions(game, "ada", *instants) == completed


@pytest.mark.parametrize(
    ("fields", "completed"),
    [
        ({"starts": STARTS}, [False, False, True, False]),
        ({"ends": STARTS}, [False, False, False, False]),
        ({"ends": STARTS + MICROSECOND}, [False, True, False, False]),
        ({}, [False, True, False, False]),
    ],
)
def test_a_span_may_be_open(
    make_engine: MakeEngine, clock: ManualClock, fields: dict[str, Any], completed: list[bool]
) -> None:
    """Without a start all that was before the end counts, without an end all that is after the start."""
    clock.set(ENDS)
    game = make_engine(lessons(**fields))
    instants = (STARTS - MICROSECOND, STARTS, STARTS + MICROSECOND, ENDS)
    assert completions(game, "ada", *instants) == completed


def test_every_week_is_a_window_of_its_own(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A weekly challenge begins anew at the catalog's Monday midnight, and counts its completions."""
    clock.set(MONDAY + timedelta(days=20))
    game = make_engine(lessons(period="weekly", points=5), accept_late=None)
    week = timedelta(weeks=1)
    times = [MONDAY, MONDAY + week - MICROSECOND, MONDAY + week - MICROSECOND, MONDAY + week]
    assert completions(game, "ada", *times, MONDAY + 2 * week - MICROSECOND) == [
        False,
        True,
        False,
        False,
        True,
    ]
    progress = game.challenges.progress("ada")[0]
    assert (progress.times_completed, progress.completed, progress.status) == (2, False, "active")
    assert (progress.starts, progress.ends) == (MONDAY + 2 * week, MONDAY + 3 * week)


def test_a_late_event_completes_the_week_in_which_it_happened(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """It completes last week's challenge although this week's is complete already, dated by when it happened."""
    clock.set(MONDAY + timedelta(days=8))
    game = make_engine(lessons(period="weekly"))
    last_week = clock.now() - timedelta(days=7)
    assert completions(game, "ada", clock.now(), clock.now(), last_week, last_week) == [
        False,
        True,
        False,
        True,
    ]
    progress = game.challenges.progress("ada")[0]
    assert (progress.times_completed, progress.completed_at) == (2, clock.now())


def test_a_span_cuts_weeks_short(make_engine: MakeEngine, clock: ManualClock) -> None:
    """In the week in which it starts what came before does not count, in the last one what comes after does not."""
    clock.set(ENDS)
    game = make_engine(lessons(period="weekly", starts=STARTS, ends=ENDS))
    next_monday = MONDAY + timedelta(weeks=1)
    first = completions(game, "ada", STARTS - MICROSECOND, STARTS, next_monday - MICROSECOND)
    second = completions(game, "ada", next_monday, ENDS, ENDS - MICROSECOND)
    assert (first, second) == ([False, False, True], [False, False, True])
    with store_of(game).view() as view:
        edges = [(row.starts_at, row.ends_at) for row in view.scan(WINDOW) if "/" in row.calendar]
    micros = [int(each.timestamp()) * 1_000_000 for each in (STARTS, next_monday, ENDS)]
    assert edges == [(micros[0], micros[1]), (micros[1], micros[2])]


def test_challenges_on_one_metric_do_not_disturb_each_other(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Each span and each calendar keeps a count of its own of the same metric."""
    clock.set(ENDS)
    spans: list[dict[str, Any]] = [
        {},
        {"starts": STARTS},
        {"ends": ENDS},
        {"starts": STARTS, "ends": ENDS},
        {"starts": STARTS + MICROSECOND, "ends": ENDS},
        {"period": "weekly"},
        {"period": "weekly", "starts": STARTS},
        {"period": "daily"},
    ]
    challenges = [Challenge(f"c{n}", "lessons >= 9", **fields) for n, fields in enumerate(spans)]
    game = make_engine(Catalog(metrics=[LESSONS], challenges=challenges))
    for at in (STARTS - MICROSECOND, STARTS, MONDAY + timedelta(weeks=1), ENDS, ENDS):
        game.events.emit("ada", "e", at=at)
    values = [one.goals[0].value for one in game.challenges.progress("ada")]
    assert values == [5, 4, 3, 2, 1, 3, 3, 2]


@pytest.mark.parametrize(
    ("metric", "goals"),
    [
        (Metric("m", on="e", sum="v"), "m >= 5"),
        (Metric("m", on="e", max="v"), "m >= 3"),
        (Metric("m", on="e", distinct="v"), "m >= 2"),
    ],
)
def test_every_kind_of_metric_is_read_in_the_window(
    make_engine: MakeEngine, clock: ManualClock, metric: Metric, goals: str
) -> None:
    """Sums, extremes and different values are those of the window alone."""
    clock.set(ENDS - MICROSECOND)
    game = make_engine(Catalog(metrics=[metric], challenges=[Challenge("c", goals, starts=STARTS)]))
    sent = [(9, STARTS - MICROSECOND), (2, STARTS), (3, STARTS)]
    answers = [game.events.emit("ada", "e", {"v": value}, at=at) for value, at in sent]
    assert [len(answer.effects) for answer in answers] == [0, 0, 1]


def test_points_and_badges_are_read_in_the_window(make_engine: MakeEngine) -> None:
    """What was earned before the challenge is not part of what is earned in it."""
    game = make_engine(
        Catalog(
            badges=[Badge("a"), Badge("b")],
            challenges=[
                Challenge("c", "points.earned >= 10 and badges.count and events.count", period="daily")
            ],
        )
    )
    yesterday = MONDAY - timedelta(hours=1)
    game.points.award("ada", 50, at=yesterday)
    game.badges.award("ada", "a", at=yesterday)
    game.events.emit("ada", "e", at=yesterday)
    assert [goal.value for goal in game.challenges.progress("ada")[0].goals] == [0, 0, 0]
    game.points.award("ada", 10)
    game.events.emit("ada", "e")
    assert [effect.tag for effect in game.badges.award("ada", "b").effects] == [
        "badge_earned",
        "challenge_completed",
    ]


# -- levels ---------------------------------------------------------------------------------------------------


def test_a_level_is_read_as_it_stands(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A balance from last week meets this week's goal, as soon as it moves at all."""
    game = make_engine(
        Catalog(challenges=[Challenge("c", "points.balance >= 100", period="weekly", starts=MONDAY)])
    )
    assert [len(game.points.award("ada", amount).effects) for amount in (99, 1, 50)] == [1, 2, 1]
    clock.advance(weeks=1)
    assert game.challenges.progress("ada")[0].goals[0].met
    assert [effect.tag for effect in game.points.deduct("ada", 5).effects] == [
        "points_deducted",
        "challenge_completed",
    ]
    clock.advance(weeks=1)
    assert len(game.points.deduct("ada", 60).effects) == 1
    assert [effect.tag for effect in game.points.award("ada", 50).effects][1:] == ["challenge_completed"]
    assert game.challenges.progress("ada")[0].times_completed == 3


def test_a_level_outside_the_span_completes_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A balance that is high enough before the challenge starts meets its goal with the first move after that."""
    clock.set(STARTS - MICROSECOND)
    game = make_engine(Catalog(challenges=[Challenge("c", "points.balance >= 10", starts=STARTS, ends=ENDS)]))
    assert len(game.points.award("ada", 50).effects) == 1
    clock.set(STARTS)
    assert game.points.deduct("ada", 1).effects[-1].tag == "challenge_completed"
    game.points.award("bob", 9)
    clock.set(ENDS)
    assert len(game.points.award("bob", 9).effects) == 1


def test_a_run_that_is_long_enough_already_completes_in_a_new_week(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """A streak of ten meets `>= 2` in every week in which it goes on, though it reached two long ago."""
    game = make_engine(
        Catalog(streaks=[Streak("daily")], challenges=[Challenge("c", "streak.daily >= 2", period="weekly")])
    )
    days = []
    for day in range(10):
        answer = game.streaks.record("ada", "daily")
        if any(isinstance(effect, ChallengeCompleted) for effect in answer.effects):
            days.append(day)
        clock.advance(days=1)
    assert days == [1, 7]


def test_where_any_goal_will_do_a_standing_level_is_seen_with_the_first_move(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """The first lesson of a week completes it where the balance is high enough already."""
    game = make_engine(
        Catalog(
            metrics=[LESSONS],
            challenges=[Challenge("c", "lessons >= 3 or points.balance >= 100", period="weekly")],
        )
    )
    game.points.award("ada", 100)
    clock.advance(weeks=1)
    assert completions(game, "ada", clock.now(), clock.now()) == [True, False]
    assert completions(game, "bob", clock.now(), clock.now(), clock.now()) == [False, False, True]


def test_a_completion_stands_when_a_level_falls(make_engine: MakeEngine) -> None:
    """Spending what met the goal takes nothing back: it stays complete, and whole."""
    game = make_engine(Catalog(challenges=[Challenge("c", "points.balance >= 10")]))
    game.points.award("ada", 10)
    game.points.deduct("ada", 10)
    progress = game.challenges.progress("ada")[0]
    assert (progress.completed, progress.progress, progress.goals[0].met) == (True, 1.0, False)
    assert len(game.points.award("ada", 10).effects) == 1


# -- rules that advance ---------------------------------------------------------------------------------------


def advancing(ends: datetime, times: int = 3) -> Catalog:
    """Return a catalog in which two rules advance one challenge."""
    return Catalog(
        rules=[
            Rule("one", on="e", advance="quest"),
            Rule("two", on="e", when="big", advance=["quest", "other"]),
        ],
        challenges=[
            Challenge("quest", f"challenge.quest >= {times}", starts=STARTS, ends=ends),
            Challenge("other", "challenge.other >= 9"),
        ],
    )


def steps(game: Game) -> list[int]:
    """Return how far ada's two challenges were advanced."""
    return [int(one.goals[0].value) for one in game.challenges.progress("ada")]


def test_a_rule_advances_a_challenge(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Each firing is a step, several rules step for themselves, and only within the challenge's window."""
    clock.set(ENDS)
    game = make_engine(advancing(ENDS))
    big = {"big": True}
    sent = [(big, STARTS - MICROSECOND), ({}, STARTS), (big, ENDS - MICROSECOND), ({}, ENDS)]
    answers = [game.events.emit("ada", "e", properties, at=at) for properties, at in sent]
    assert [[effect.tag for effect in answer.effects] for answer in answers] == [
        [],
        [],
        ["challenge_completed"],
        [],
    ]
    assert steps(game) == [3, 2]


def test_a_rule_outside_the_window_does_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A rule that has nothing else to give does not fire, so neither its cap nor its cooldown is used up."""
    clock.set(STARTS - MICROSECOND)
    quest = Challenge("quest", "challenge.quest", starts=STARTS)
    game = make_engine(Catalog(rules=[Rule("r", on="e", advance="quest", cooldown="1h")], challenges=[quest]))
    assert not game.events.explain("ada", "e").rules[0].fires
    game.events.emit("ada", "e")
    clock.set(STARTS)
    assert game.events.explain("ada", "e").rules[0].fires
    assert game.events.emit("ada", "e").effects[0].tag == "challenge_completed"
    assert game.events.emit("ada", "e").effects[0].tag == "skipped"


def test_steps_that_nothing_reads_are_kept_for_later(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A goal that begins to ask for the steps of a rule finds those that were taken before."""
    clock.set(STARTS)
    rules = [Rule("r", on="e", advance="quest")]
    first = make_engine(Catalog(rules=rules, challenges=[Challenge("quest", "events.count >= 99")]))
    for _ in range(2):
        first.events.emit("ada", "e")
    later = make_engine(
        Catalog(rules=rules, challenges=[Challenge("quest", "challenge.quest >= 3")]), store=store_of(first)
    )
    assert later.events.emit("ada", "e").effects[0].tag == "challenge_completed"


# -- changed catalogs -----------------------------------------------------------------------------------------


def test_a_challenge_added_later_counts_from_its_start(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What happened since its start counts, what was before does not, and it completes from its adoption on."""
    clock.set(ENDS)
    first = make_engine(Catalog())
    for at in (STARTS - MICROSECOND, STARTS, ENDS - MICROSECOND):
        first.events.emit("ada", "e", at=at)
    later = make_engine(lessons(goals="lessons >= 3", starts=STARTS), store=store_of(first))
    assert completions(later, "ada", clock.now(), clock.now()) == [True, False]


def test_prolonging_a_challenge_loses_no_step(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A later end is another window, which holds what it would hold had it been so long from the start."""
    clock.set(ENDS - MICROSECOND)
    first = make_engine(advancing(ENDS, 4))
    first.events.emit("ada", "e", {"big": True})
    first.events.emit("ada", "e")
    longer = make_engine(advancing(ENDS + timedelta(days=7), 4), store=store_of(first))
    clock.set(ENDS)
    assert longer.events.emit("ada", "e").effects[0].tag == "challenge_completed"
    assert steps(longer) == [4, 1]


@pytest.mark.parametrize(("on_change", "completed"), [("keep", False), ("reevaluate", True)])
def test_goals_that_were_met_before_are_for_a_reevaluation(
    make_engine: MakeEngine, on_change: str, *, completed: bool
) -> None:
    """New definitions act from now on; what is met already completes only where that is asked for, once."""
    first = make_engine(Catalog())
    for _ in range(2):
        first.events.emit("ada", "e")
    off = Challenge("off", "lessons", is_active=False)
    over = Challenge("over", "lessons", ends=STARTS - timedelta(weeks=9))
    challenges = [Challenge("c", "lessons >= 2"), off, over]
    later = make_engine(
        Catalog(metrics=[LESSONS], challenges=challenges), store=store_of(first), on_change=on_change
    )
    later.points.award("bob", 1)
    later.points.award("bob", 1)
    expected = [completed, False, False]
    assert [one.completed for one in later.challenges.progress("ada")] == expected
    assert completions(later, "ada", MONDAY + timedelta(hours=9)) == [False]


def test_a_completed_challenge_is_not_completed_again_when_it_is_prolonged(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """It has one window for all its time, however long that is."""
    clock.set(STARTS)
    first = make_engine(lessons(goals="lessons", starts=STARTS, ends=ENDS))
    assert completions(first, "ada", clock.now()) == [True]
    longer = make_engine(lessons(goals="lessons", starts=STARTS), store=store_of(first))
    assert completions(longer, "ada", clock.now()) == [False]


# -- reading --------------------------------------------------------------------------------------------------


def test_the_list_is_that_of_the_definitions(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Challenges come by display order and then as declared; `active_only` is what is running now."""
    clock.set(STARTS)
    challenges = [
        Challenge("z", "lessons", display_order=1),
        Challenge("off", "lessons", is_active=False),
        Challenge("over", "lessons", ends=STARTS),
        Challenge("soon", "lessons", starts=STARTS + MICROSECOND),
        Challenge(
            "now", "lessons >= 2", description="Two", starts=STARTS, ends=ENDS, points=5, period="weekly"
        ),
    ]
    game = make_engine(Catalog(metrics=[LESSONS], challenges=challenges))
    assert [one.code for one in game.challenges.list()] == ["off", "over", "soon", "now", "z"]
    assert [one.code for one in game.challenges.list(active_only=True)] == ["now", "z"]
    second = game.challenges.list(active_only=True, page=2, page_size=1)
    assert ([one.code for one in second], second.total) == (["z"], 2)
    assert game.challenges.list(active_only=True, page_size=1).to_dict() == {
        "challenges": [
            {
                "code": "now",
                "name": "Now",
                "description": "Two",
                "goals": "lessons >= 2",
                "period": "weekly",
                "starts": "2026-03-05T10:00:00Z",
                "ends": "2026-03-11T10:00:00Z",
                "points": {"points": 5},
                "badges": [],
                "rewards": [],
                "is_active": True,
                "display_order": 0,
            }
        ],
        "total": 2,
        "page": 1,
        "page_size": 1,
    }


def test_progress_says_what_is_still_to_be_done(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Every goal with its value and target, and the share of the way: the mean of the goals."""
    catalog = lessons("quest", "lessons >= 2 and points.earned >= 10", starts=MONDAY)
    game = make_engine(catalog)
    game.events.emit("ada", "e")
    goals = [
        {"metric": "lessons", "value": 1, "target": 2, "met": False},
        {"metric": "points.earned", "value": 0, "target": 10, "met": False},
    ]
    expected = {
        "code": "quest",
        "name": "Quest",
        "goals": goals,
        "progress": 0.25,
        "completed": False,
        "completed_at": None,
        "times_completed": 0,
        "status": "active",
        "starts": "2026-03-02T00:00:00Z",
        "ends": None,
    }
    page = game.challenges.progress("ada")
    assert page.to_dict() == {
        "participant_id": "ada",
        "challenges": [expected],
        "total": 1,
        "page": 1,
        "page_size": 50,
    }
    game.points.award("ada", 10)
    game.events.emit("ada", "e")
    done = game.challenges.progress("ada")[0]
    assert (done.progress, done.completed, done.completed_at, done.status) == (
        1.0,
        True,
        clock.now(),
        "completed",
    )


@pytest.mark.parametrize(
    ("now", "fields", "status", "window"),
    [
        (STARTS - MICROSECOND, {}, "upcoming", (STARTS, ENDS)),
        (STARTS, {}, "active", (STARTS, ENDS)),
        (ENDS - MICROSECOND, {}, "active", (STARTS, ENDS)),
        (ENDS, {}, "ended", (STARTS, ENDS)),
        (STARTS, {"is_active": False}, "inactive", (STARTS, ENDS)),
        (
            STARTS - MICROSECOND,
            {"period": "daily"},
            "upcoming",
            (STARTS, STARTS.replace(hour=0) + timedelta(days=1)),
        ),
        (ENDS + timedelta(days=9), {"period": "daily"}, "ended", (ENDS.replace(hour=0), ENDS)),
    ],
)
def test_the_status_follows_the_clock(  # noqa: PLR0913 - what a status rests on
    make_engine: MakeEngine,
    clock: ManualClock,
    now: datetime,
    fields: dict[str, Any],
    status: str,
    window: tuple[datetime, datetime],
) -> None:
    """Before it begins a challenge shows its first window, after its end the last."""
    clock.set(now)
    game = make_engine(lessons(starts=STARTS, ends=ENDS, **fields))
    progress = game.challenges.progress("ada")[0]
    assert (progress.status, progress.starts, progress.ends) == (status, *window)
    assert (progress.progress, progress.times_completed) == (0.0, 0)


def test_after_the_end_the_last_window_is_shown(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Who completed the last day of it reads so ever after; who did half of it reads that."""
    clock.set(ENDS - MICROSECOND)
    game = make_engine(lessons(period="daily", starts=STARTS, ends=ENDS))
    assert completions(game, "ada", clock.now(), clock.now()) == [False, True]
    assert completions(game, "bob", clock.now()) == [False]
    clock.set(ENDS + timedelta(days=50))
    ada, bob = (game.challenges.progress(who)[0] for who in ("ada", "bob"))
    assert (ada.status, ada.completed, bob.status, bob.progress) == ("completed", True, "ended", 0.5)


def test_an_inactive_challenge_is_not_completed(make_engine: MakeEngine) -> None:
    """Switched off it neither completes nor counts as active; what is done meanwhile still counts for later."""
    first = make_engine(lessons(goals="lessons >= 3", is_active=False, starts=MONDAY))
    for _ in range(2):
        assert first.events.emit("ada", "e").effects == ()
    assert first.participants.state("ada").to_dict()["challenges"] == {"active": 0, "completed": 0}
    assert first.challenges.progress("ada")[0].goals[0].value == 2
    on = make_engine(lessons(goals="lessons >= 3", starts=MONDAY), store=store_of(first))
    assert on.events.emit("ada", "e").effects[0].tag == "challenge_completed"


def test_the_state_counts_challenges(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Active are those that run and are not complete in their present window, completed all completions ever."""
    challenges = [
        Challenge("week", "lessons", period="weekly"),
        Challenge("ever", "lessons"),
        Challenge("more", "lessons >= 99"),
        Challenge("over", "lessons", ends=MONDAY),
    ]
    game = make_engine(Catalog(metrics=[LESSONS], challenges=challenges))

    def counts(who: str) -> object:
        return game.participants.state(who, include=["challenges"]).to_dict()["challenges"]

    game.events.emit("ada", "e")
    assert counts("ada") == {"active": 1, "completed": 2}
    clock.advance(weeks=1)
    assert counts("ada") == {"active": 2, "completed": 2}
    game.events.emit("ada", "e")
    assert counts("ada") == {"active": 1, "completed": 3}
    assert counts("nobody") == {"active": 3, "completed": 0}


def rows_of(game: Engine) -> list[object]:
    """Return every row of a store."""
    with store_of(game).view() as view:
        return [row for table in TABLES for row in view.scan(table)]


def test_reading_writes_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Neither lists nor progress leave a trace, also for somebody who has never been seen."""
    game = make_engine(lessons(period="daily"))
    game.events.emit("ada", "e")
    before = rows_of(game)
    clock.advance(days=1)
    for who in ("ada", "nobody"):
        game.challenges.progress(who, code="c")
        game.participants.state(who)
    game.challenges.list()
    assert rows_of(game) == before


def test_what_is_asked_for_must_make_sense(make_engine: MakeEngine) -> None:
    """An unknown code, an id that is none and a page that is none are each refused in their own words."""
    game = make_engine(lessons("quest"))
    with pytest.raises(NotFound, match="Challenge definition not found: quets") as refused:
        game.challenges.progress("ada", code="quets")
    assert refused.value.nearest == "quest"
    for page, size in ((0, 1), (1, 0), (1, 101)):
        with pytest.raises(BadValue):
            game.challenges.progress("ada", page=page, page_size=size)
        with pytest.raises(BadValue):
            game.challenges.list(page=page, page_size=size)
    with pytest.raises(BadValue, match="participant_id"):
        game.challenges.progress("")
    assert [one.code for one in game.challenges.progress("ada", code="quest")] == ["quest"]


def test_a_trial_completes_and_leaves_no_trace(make_engine: MakeEngine) -> None:
    """In a dry run the challenge is complete, afterwards it is not, and it can be completed in earnest."""
    game = make_engine(lessons(goals="lessons"))
    with game.dry_run() as trial:
        trial.events.emit("ada", "e")
        assert trial.challenges.progress("ada")[0].completed
    assert not game.challenges.progress("ada")[0].completed
    assert completions(game, "ada", MONDAY + timedelta(hours=9)) == [True]
