"""Playing a game in a sentence: what is given, what happens, what is then the case, and what is said otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Cap,
    Catalog,
    Challenge,
    Currency,
    Emit,
    GamifyError,
    InsufficientPoints,
    Ladder,
    Leaderboard,
    Metric,
    NotFound,
    Reward,
    Rule,
    Streak,
)
from gamify_core.clock import ManualClock
from gamify_core.testing import Play, play

GAME = Catalog(
    timezone="Europe/Paris",
    currencies=[Currency("gems")],
    metrics=[
        Metric("lessons", on="lesson_finished"),
        Metric("topics", on="lesson_finished", distinct="topic"),
        Metric("best", on="lesson_finished", max="score"),
    ],
    rules=[
        Rule(
            "lesson",
            on="lesson_finished",
            when="score >= 60",
            award="10 + score // 10",
            streak="daily",
            cap=Cap(points=300, per="daily"),
        ),
        Rule("gem", on="found", award={"gems": 2}),
    ],
    streaks=[Streak("daily", grace_period_hours=4)],
    ladders=[
        Ladder("tier", {"bronze": 0, "silver": 60, "gold": 2000}),
        Ladder("level", {"one": 0, "two": 5}, metric="lessons"),
    ],
    badges=[
        Badge("first_steps", criteria="lessons >= 1", points=50),
        Badge("explorer", criteria="topics >= 5 and streak.daily >= 7", points=200),
        Badge("star", points=5),
    ],
    leaderboards=[Leaderboard("weekly", period="weekly")],
    challenges=[Challenge("two", goals="lessons >= 2", period="weekly")],
    rewards=[Reward("mug", points_cost=50, total_inventory=1)],
)


def message(step: Callable[[], object]) -> str:
    """Return what an assertion says when it fails."""
    with pytest.raises(AssertionError) as failure:
        step()
    return str(failure.value)


def test_a_sentence_that_is_true() -> None:
    """Each thing that can be expected, met."""
    story = (
        play(GAME).given(points=50, metrics={"lessons": 1}).when("lesson_finished", score=97, topic="loops")
    )
    story.then(
        points=+19,
        balance=69,
        badges=[],
        tier="silver",
        streak=1,
        rank=1,
        challenge="two",
        metrics={"lessons": 2, "best": 97, "topics": 1, "streak.daily": 1},
    )
    story.then(points={"points": 19, "gems": 0}, tier={"tier": "silver", "level": "one"}, streak={"daily": 1})


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        ({"points": 20}, "points  expected +20, got +69"),
        ({"points": {"gems": 1}}, "gems  expected +1, got none"),
        ({"balance": 70}, "balance  expected 70 points, got 69"),
        (
            {"badge": "explorer"},
            "badge  expected explorer, got first_steps (explorer 17%, topics 1 of 5, streak.daily 1 of 7)",
        ),
        ({"badges": ["explorer"]}, "badges  expected explorer, got first_steps"),
        ({"badges": []}, "badges  expected none, got first_steps"),
        ({"tier": "gold"}, "tier  expected gold, got silver (1,931 short of gold)"),
        ({"tier": {"level": "two"}}, "level  expected two, got one (4 short of two)"),
        ({"streak": 2}, "streak daily  expected 2, got 1 (active)"),
        ({"rank": 2}, "rank weekly  expected 2, got 1 (with 69)"),
        ({"challenge": "two"}, "challenge  expected two, got none"),
        ({"skipped": "cap"}, "skipped  expected cap, got none"),
        ({"metrics": {"best": 96}}, "best  expected 96, got 97"),
        ({"nothing": True}, "nothing  expected, got 5 effects"),
    ],
)
def test_what_is_otherwise_is_said_with_what_is(expected: dict[str, object], says: str) -> None:
    """Each expectation that is not met fails by itself, and says what was the case instead."""
    story = play(GAME).when("lesson_finished", score=97, topic="loops")
    then: Callable[..., Play] = story.then
    assert f"    {says}\n" in message(lambda: then(**expected))


def test_a_message_ends_with_the_why_and_with_what_happened() -> None:
    """All that differs in one list, the reasons of the last event, and the effects as a person would read them."""
    story = play(GAME).given(points=50, metrics={"lessons": 1}).when("lesson_finished", score=41)
    assert message(lambda: story.then(points=+19, tier="silver", balance=100)) == (
        "ada · lesson_finished(score=41)\n"
        "    points   expected +19, got none\n"
        "    balance  expected 100 points, got 50\n"
        "    tier     expected silver, got bronze (10 short of silver)\n"
        "why:\n"
        "    lesson: no, score >= 60 is false (score = 41)\n"
        "    tier two: not yet, lessons 2 of 5\n"
        "    challenge two: reached, lessons 2 of 2\n"
        "what happened:\n"
        "    challenge Two           completed"
    )


def test_what_happens_often_is_said_once() -> None:
    """Steps and effects that repeat are counted, and long stories cut."""
    story = play(GAME).when("lesson_finished", score=100).again(20)
    said = message(lambda: story.then(points=+300))
    assert said.startswith("ada · 21 × lesson_finished(score=100)\n    points  expected +300, got +350\n")
    assert "lesson: yes, the daily cap of 300 leaves 0" not in said.splitlines()[0]
    assert said.endswith("    rule lesson skipped award the daily cap of 300 leaves 0  (× 6)")
    for n in range(20):
        story.when("found", n=n).do(lambda game: game.badges.award("ada", "star"))
    assert "ada · " in message(lambda: story.then(points=0))
    assert "…, " in message(lambda: story.then(points=0)).splitlines()[0]


def test_a_long_story_is_cut() -> None:
    """What happened last is what is shown, and how much came before it."""
    story = play(GAME)
    for n in range(9):
        story.when("lesson_finished", score=60 + 10 * n).do(lambda game: game.points.deduct("ada", 1))
    lines = message(lambda: story.then(points={"points": 1})).splitlines()
    assert lines[1] == "    points  expected +1, got +221"
    assert re.fullmatch(r"    … \d+ more", lines[lines.index("what happened:") + 1])
    assert len(lines) - lines.index("what happened:") == 14


def test_each_then_looks_at_the_steps_since_the_last() -> None:
    """What was looked at once is over when the next step begins; until then it can be looked at again."""
    story = play(GAME).when("lesson_finished", score=60).then(points=66).then(badge="first_steps")
    story.when("lesson_finished", score=60).then(points=16, badges=[]).after(minutes=1).then(nothing=True)
    assert [why.event_name for why in story.why] == []
    assert [why.event_name for why in story.when("found").why] == ["found"]


def test_time_passes_and_does_what_it_does() -> None:
    """A streak is alive within its grace and broken after it; that is told as it is settled."""
    story = play(GAME).given(streak=6).when("lesson_finished", score=60).then(streak=7)
    story.after(days=1).then(nothing=True, streak=7)
    story.at("2026-03-04T02:59+00:00").then(nothing=True, streak=7)
    story.at("2026-03-04T03:00+00:00").then(streak=0)
    assert "streak daily            broken after 7 days" in message(lambda: story.then(nothing=True))


def test_somebody_else_plays_along() -> None:
    """Each is expected for themselves; ranks follow."""
    story = play(GAME, participant_id="bob").given(points=100).by("ada").given(points=10)
    story.when("found").then(points={"gems": 2}, rank=2).by("bob").then(nothing=True, rank=1)


def test_anything_else_can_be_done() -> None:
    """A command of any service is a step; what it refuses is raised as it always is."""

    def claim(game: object) -> object:
        assert isinstance(game, type(story.game))
        return game.rewards.claim("mug", "ada")

    story = play(GAME).given(points=60)
    story.do(claim).then(points=-50, balance=10)
    assert repr(story) == "<Play ada · claim>"
    with pytest.raises(GamifyError, match="out of stock"):
        story.do(claim)
    with pytest.raises(InsufficientPoints):
        story.do(lambda game: game.points.deduct("ada", 11))
    story.do(lambda game: game.points.transfer("ada", "bob", 10)).then(points=-10, balance=0)


def test_what_is_given_has_led_where_it_leads() -> None:
    """It went by the engine's own road: points to a tier, a streak to what counts it, events to their metrics."""
    story = play(GAME).given(
        points={"points": 300, "gems": 4},
        badges="star",
        streak={"daily": 7},
        metrics={"topics": 5, "best": 80},
        timezone="Asia/Tokyo",
        attributes={"plan": "pro"},
        events=[Emit("ada", "lesson_finished", {"score": 60}, ManualClock("2026-02-01T09:00+00:00").now())],
    )
    story.then(
        balance={"points": 300, "gems": 4},
        tier="silver",
        streak=7,
        metrics={"topics": 5, "best": 80, "lessons": 1},
        nothing=True,
    )
    assert story.game.participants.get("ada").timezone == "Asia/Tokyo"
    assert story.game.badges.progress("ada", "explorer").earned
    story.given(tier="gold").then(tier="gold")


@pytest.mark.parametrize("period", ["hourly", "daily", "weekly", "monthly", "yearly"])
@pytest.mark.parametrize("timezone", ["participant", "event", "Pacific/Auckland"])
@pytest.mark.parametrize("at", ["2026-03-29T00:30+00:00", "2026-01-01T00:00+00:00"])
def test_a_streak_that_is_given_goes_on(period: str, timezone: str, at: str) -> None:
    """Whatever its periods and zone: it is as long as was said, and the next activity makes it one longer."""
    catalog = Catalog.from_dict(
        {
            "timezone": "America/New_York",
            "streaks": {"run": {"period": period, "timezone": timezone, "on": "e", "target": 2}},
        }
    )
    story = play(catalog, at=at).given(streak=3)
    story.then(streak=3).when("e").then(streak=3).when("e").then(streak=4)


REFUSED: dict[str, tuple[Callable[[Play], object], str]] = {
    "nothing": (lambda story: story.then(), "then\\(\\) expects nothing in particular"),
    "no event": (lambda story: story.again(), "there is no event to be sent again"),
    "less points": (lambda story: story.given(points=60).given(points=50), "comes to 60 points already"),
    "lower": (lambda story: story.given(metrics={"best": 9}).given(metrics={"best": 8}), "it is 9 already"),
    "badge": (lambda story: story.given(points=4, badges="star"), "comes to 5 points already"),
    "shorter": (lambda story: story.given(streak=3).given(streak=2), "comes to 3: recording alone"),
    "event": (lambda story: story.given(events=[Emit("", "found")]), "participant_id"),
    "rest": (lambda story: story.given(streak={"rested": 3}), "rested goes by its goals"),
    "fewer than none": (lambda story: story.given(streak=-1), "streak must be a whole number from 0"),
    "no length": (lambda story: story.then(streak={"daily": True}), "streak must be a whole number from 0"),
    "no place": (lambda story: story.then(rank=0), "rank must be a whole number from 1"),
    "less than not at all": (
        lambda story: story.when("lesson_finished").again(-1),
        "times must be a whole number",
    ),
    "time that goes back": (lambda story: story.after(days=-1), "time does not go back"),
    "an instant that was": (lambda story: story.at("2020-01-01T00:00Z"), "time does not go back"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_given_or_expected_says_so(name: str) -> None:
    """In a sentence about what was asked for."""
    step, says = REFUSED[name]
    rested = Streak("rested", goals={"lessons": 1})
    catalog = GAME if name != "rest" else Catalog(metrics=GAME.metrics, streaks=[rested])
    with pytest.raises(GamifyError, match=says):
        step(play(catalog))


MISSPELT: dict[str, Callable[[Play], object]] = {
    "tier": lambda story: story.then(tier="silvr"),
    "ladder": lambda story: story.then(tier={"lvel": "one"}),
    "currency": lambda story: story.then(points={"gem": 0}),
    "badge": lambda story: story.then(badge="exploer"),
    "badges": lambda story: story.then(badges=["exploer"]),
    "badges, of one": lambda story: story.then(badges="exploer"),
    "streak": lambda story: story.then(streak={"dayly": 1}),
    "board": lambda story: story.then(rank={"weakly": 1}),
    "challenge": lambda story: story.then(challenge="tow"),
    "badge given": lambda story: story.given(badges="stra"),
    "streak given": lambda story: story.given(streak={"dayly": 1}),
    "metric given": lambda story: story.given(metrics={"lesons": 1}),
    "metric": lambda story: story.then(metrics={"lesons": 0}),
    "metric of a currency": lambda story: story.then(metrics={"gem.earned": 0}),
    "metric of a streak": lambda story: story.then(metrics={"streak.dayly": 0}),
    "tier given": lambda story: story.given(tier="silvr"),
    "skipped": lambda story: story.then(skipped="capp"),
}


@pytest.mark.parametrize("name", MISSPELT)
def test_a_misspelt_code_is_no_expectation(name: str) -> None:
    """It is said to be unknown, and what it may have meant: an assertion on it could never be true, or never fail."""
    with pytest.raises(NotFound, match="did you mean"):
        MISSPELT[name](play(GAME))


def test_a_rung_of_another_ladder_is_told_of_which() -> None:
    """That is no misspelling, but a ladder that was left out."""
    with pytest.raises(NotFound, match=re.escape('it is a rung of level: tier={"level": "two"}')):
        play(GAME).then(tier="two")


def test_a_property_that_nothing_reads_is_warned_of() -> None:
    """The event is sent all the same, for others may read it; a failure says it too."""
    with pytest.warns(UserWarning, match="nothing reads scroe: did you mean score") as warned:
        story = play(GAME).when("lesson_finished", scroe=97)
    assert Path(warned[0].filename).name == "test_playing.py"
    with pytest.raises(AssertionError, match="nothing reads scroe: did you mean score"):
        story.then(points=+69)


def test_one_of_anything_is_not_told_in_the_plural() -> None:
    """Of the library's own points the singular is known; of a code of somebody's own it is not made up."""
    rules = [Rule("one", on="e", award={"points": 1, "gems": 1, "usd": 1}, deduct={"points": 1})]
    game = play(Catalog(currencies=[Currency("gems"), Currency("usd")], rules=rules)).game
    told = " ".join(str(game.events.emit("ada", "e")).split())
    assert told == "ada · e +1 × gems rule one +1 point rule one +1 usd rule one −1 point rule one"
    assert str(game.points.balance("ada", currency="gems")) == "ada: 1 × gems (earned 1, spent 0)"


def test_decimals_are_given_and_expected_as_they_are() -> None:
    """In balances, in what is gained, and in metrics; what has more of them than there are is refused."""
    catalog = Catalog(
        currencies=[Currency("usd", scale=2)],
        metrics=[Metric("paid", on="bought", sum="price", scale=2)],
        rules=[Rule("back", on="bought", award={"usd": "price * 0.05"}, rounding="floor")],
        leaderboards=[Leaderboard("most", metric="paid")],
    )
    story = play(catalog).given(points={"usd": Decimal("1.50")}, metrics={"paid": Decimal("0.51")})
    story.when("bought", price=49.99)
    story.then(
        points={"usd": Decimal("2.49")}, balance={"usd": Decimal("3.99")}, metrics={"paid": Decimal("50.50")}
    )
    with pytest.raises(AssertionError, match=r"paid +expected 51, got 50\.50"):
        story.then(metrics={"paid": 51})
    with pytest.raises(BadValue, match="it has 2 decimals"):
        play(catalog).given(metrics={"paid": Decimal("0.001")})


def test_numbers_are_taken_as_commands_take_them() -> None:
    """As text too; a float is not exact, and told so, wherever it stands."""
    catalog = Catalog(
        currencies=[Currency("usd", scale=2)],
        metrics=[Metric("paid", on="bought", sum="price", scale=2)],
        leaderboards=[Leaderboard("most", metric="paid")],
    )
    story = play(catalog).given(points={"usd": "3.10"}, metrics={"paid": "12.5"})
    story.then(balance={"usd": "3.1"}, metrics={"paid": "12.50"})
    with pytest.raises(AssertionError, match=r"balance +expected 3\.2 usd, got 3\.10"):
        story.then(balance={"usd": "3.20"})
    wrong: list[Any] = [3.1, "a few", True, None]
    for value in wrong:
        for step in (
            lambda value=value: story.given(points={"usd": value}),
            lambda value=value: story.given(metrics={"paid": value}),
            lambda value=value: story.then(points={"usd": value}),
            lambda value=value: story.then(balance={"usd": value}),
            lambda value=value: story.then(metrics={"paid": value}),
        ):
            with pytest.raises(BadValue, match="must be a number"):
                step()


def test_a_window_that_is_not_kept_is_no_expectation() -> None:
    """It would be 0 whatever happens."""
    with pytest.raises(BadValue, match="nothing in the catalog reads topics@daily"):
        play(GAME).then(metrics={"topics@daily": 0})


def test_one_of_several_has_to_be_named() -> None:
    """Where there are two streaks or none, a bare number does not say which."""
    two = Catalog(streaks=[Streak("a"), Streak("b")])
    with pytest.raises(BadValue, match="streak=3 does not say which: there are a, b"):
        play(two).given(streak=3)
    with pytest.raises(BadValue, match="rank=1 does not say which: there is none"):
        play(two).then(rank=1)


def test_a_failure_points_at_the_line_of_the_test() -> None:
    """The trace ends where `then` was called: what is inside of it says nothing about the rule."""
    with pytest.raises(AssertionError) as failure:
        play(GAME).when("found").then(points=1)
    shown = failure.traceback.filter(failure)
    assert Path(shown[-1].path).name == "test_playing.py"
