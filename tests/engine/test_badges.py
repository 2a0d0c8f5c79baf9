"""Badges: earned once by criteria, by rules or by hand, listed, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core import Badge, Catalog, Currency, Leaderboard, ManualClock, Metric, NotFound, Rule, Streak

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine


def test_criteria_give_a_badge_once(make_engine: MakeEngine) -> None:
    """The event that reaches the threshold earns it, the ones before and after do not."""
    game = make_engine(
        Catalog(metrics=[Metric("lessons", on="e")], badges=[Badge("b", criteria="lessons >= 2")])
    )
    assert [len(game.events.emit("ada", "e").badges) for _ in range(4)] == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("criteria", "after"),
    [
        ("lessons >= 2 and points.earned >= 30", 3),
        ("lessons >= 2 or points.earned >= 30", 2),
        ("lessons >= 9 or (lessons >= 1 and points.earned > 10)", 2),
        ("lessons@daily >= 4", 4),
        ("lessons", 1),
    ],
)
def test_criteria_join_thresholds(make_engine: MakeEngine, criteria: str, after: int) -> None:
    """`and` needs all, `or` any; whichever metric moves last wakes the badge."""
    game = make_engine(
        Catalog(
            metrics=[Metric("lessons", on="e")],
            rules=[Rule("r", on="e", award=10)],
            badges=[Badge("b", criteria=criteria)],
        )
    )
    earned = [len(game.events.emit("ada", "e").badges) for _ in range(5)]
    assert earned.index(1) + 1 == after
    assert sum(earned) == 1


def test_a_jump_over_a_threshold_reaches_it(make_engine: MakeEngine) -> None:
    """A metric that goes past a threshold in one move has reached it."""
    game = make_engine(Catalog(badges=[Badge("b", criteria="points.earned >= 50")]))
    assert game.points.award("ada", 500).badges[0].code == "b"


def test_a_badge_gives_points_and_what_they_reach(make_engine: MakeEngine) -> None:
    """Points come in every currency the badge names, and may reach further badges in the same command."""
    game = make_engine(
        Catalog(
            currencies=[Currency("gems")],
            badges=[
                Badge("first", points={"points": 50, "gems": 2}),
                Badge("second", criteria="points.earned >= 50", points=5),
            ],
        )
    )
    answer = game.badges.award("ada", "first")
    assert (answer.points, [badge.code for badge in answer.badges]) == (55, ["first", "second"])
    assert game.points.balance("ada", currency="gems").balance == 2


def test_a_second_award_gives_nothing(
    make_engine: MakeEngine, clock: ManualClock, make_store: Callable[[], Store]
) -> None:
    """Awarding a held badge says when it was earned, and writes nothing at all."""
    game = make_engine(Catalog(badges=[Badge("b", points=5)]), store=make_store())
    first = game.badges.award("ada", "b")
    digest, activity = game.history.state_digest(), game.history.activity()
    clock.advance(days=1)
    second = game.badges.award("ada", "b")
    assert (first.already_earned, second.already_earned) == (False, True)
    assert second.earned_at == first.earned_at == first.occurred_at
    assert (second.effects, second.badges, second.points) == ((), (), 0)
    assert (game.history.state_digest(), game.history.activity()) == (digest, activity)


def test_a_repeatable_badge_is_earned_again(make_engine: MakeEngine, clock: ManualClock) -> None:
    """It gives its points each time, is counted as one badge, and knows how often it was earned."""
    game = make_engine(
        Catalog(
            badges=[Badge("often", repeatable=True, points=5), Badge("two", criteria="badges.count >= 2")],
        )
    )
    for _ in range(3):
        assert not game.badges.award("ada", "often").already_earned
        clock.advance(days=1)
    often = game.badges.list("ada").badges[0]
    assert (often.times, often.earned_at) == (3, clock.now().replace(day=4))
    assert game.points.balance("ada").balance == 15
    assert not game.badges.list("ada", badge_codes=["two"]).badges[0].earned


def test_what_counts_badges_later_counts_a_repeated_one_once(
    make_engine: MakeEngine, make_store: Callable[[], Store]
) -> None:
    """A catalog that begins to count badges finds what it would have counted from the start."""
    badges = [Badge("often", repeatable=True), Badge("other"), Badge("gone")]
    store = make_store()
    before = make_engine(Catalog(badges=badges), store=store)
    for code in ("often", "other", "often", "gone"):
        before.badges.award("ada", code)
    before.badges.revoke("ada", "gone")
    board = Leaderboard("collectors", metric="badges.count")
    after = make_engine(Catalog(badges=badges, leaderboards=[board]), store=store)
    after.badges.award("bob", "often")
    assert str(after.leaderboards.top("collectors")) == "1. ada 2\n2. bob 1"


def test_revoking_takes_the_badge_and_not_what_it_gave(make_engine: MakeEngine) -> None:
    """A revoked badge is not held, its points stay, and it can be earned again."""
    game = make_engine(Catalog(badges=[Badge("b", points=5), Badge("one", criteria="badges.count >= 1")]))
    game.badges.award("ada", "b")
    revoked = game.badges.revoke("ada", "b", reason="a mistake")
    assert [effect.tag for effect in revoked.effects] == ["badge_revoked"]
    state = game.badges.list("ada", badge_codes=["b"]).badges[0]
    assert (state.earned, state.earned_at, state.times) == (False, None, 1)
    assert game.points.balance("ada").balance == 5
    assert not game.badges.award("ada", "b").already_earned
    assert game.badges.list("ada", badge_codes=["b"]).badges[0].times == 2
    assert game.points.balance("ada").balance == 10


def test_criteria_that_were_met_give_a_revoked_badge_again_only_when_reached_anew(
    make_engine: MakeEngine,
) -> None:
    """A badge that was taken back does not return with the next event: its threshold was crossed before."""
    game = make_engine(Catalog(metrics=[Metric("m", on="e")], badges=[Badge("b", criteria="m >= 1")]))
    game.events.emit("ada", "e")
    game.badges.revoke("ada", "b")
    assert game.events.emit("ada", "e").badges == ()


def test_revoking_what_is_not_held_is_refused(make_engine: MakeEngine) -> None:
    """There is nothing to take back, and nobody appears because somebody tried."""
    game = make_engine(Catalog(badges=[Badge("b")]))
    with pytest.raises(NotFound, match="does not hold"):
        game.badges.revoke("ada", "b")
    assert game.participants.list().total == 0


@pytest.mark.parametrize("call", ["award", "revoke", "list"])
def test_an_unknown_badge_is_named(make_engine: MakeEngine, call: str) -> None:
    """The document's sentence, with the nearest code."""
    game = make_engine(Catalog(badges=[Badge("first_steps")]))
    arguments = {"badge_codes": ["first_step"]} if call == "list" else {"badge_code": "first_step"}
    with pytest.raises(NotFound) as caught:
        getattr(game.badges, call)("ada", **arguments)
    assert str(caught.value) == "Badge definition not found: first_step (did you mean 'first_steps'?)"
    assert caught.value.detail == "Badge definition not found: first_step"
    assert (caught.value.nearest, caught.value.http_status) == ("first_steps", 404)


def test_the_list_shows_all_badges_with_their_state(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Every badge in catalog order, earned or not; or only the earned, or only those asked for."""
    game = make_engine(Catalog(badges=[Badge(code) for code in ("a", "b", "c", "d")]))
    game.badges.award("ada", "c")
    game.badges.award("ada", "b")
    game.badges.award("bob", "a")
    every = game.badges.list("ada")
    assert [(badge.code, badge.earned) for badge in every.badges] == [
        ("a", False),
        ("b", True),
        ("c", True),
        ("d", False),
    ]
    assert every.badges[1].earned_at == clock.now()
    assert (every.total, every.earned_count) == (4, 2)
    assert [badge.code for badge in game.badges.list("ada", earned_only=True).badges] == ["b", "c"]
    some = game.badges.list("ada", badge_codes=["d", "b"])
    assert ([badge.code for badge in some.badges], some.total, some.earned_count) == (["b", "d"], 4, 2)
    assert [
        badge.code for badge in game.badges.list("ada", earned_only=True, badge_codes=["d", "b"]).badges
    ] == ["b"]
    assert game.badges.list("nobody").earned_count == 0


def test_a_secret_badge_shows_once_it_is_earned(make_engine: MakeEngine) -> None:
    """Until then no list, state or profile knows of it."""
    game = make_engine(Catalog(badges=[Badge("open"), Badge("hidden", secret=True)]))
    game.participants.upsert("ada")
    assert [badge.code for badge in game.badges.list("ada").badges] == ["open"]
    assert game.badges.list("ada").total == 1
    assert game.badges.list("ada", badge_codes=["hidden"]).badges == ()
    state = game.participants.state("ada").badges
    assert state is not None
    assert [badge.code for badge in state] == ["open"]
    assert [badge.code for badge in game.participants.get("ada").badges] == ["open"]
    game.badges.award("ada", "hidden")
    assert [badge.code for badge in game.badges.list("ada").badges] == ["open", "hidden"]
    assert [badge.code for badge in game.participants.get("ada").badges] == ["open", "hidden"]


def test_longest_streaks_feed_criteria(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A badge may ask for the longest run, which a break does not take away."""
    game = make_engine(
        Catalog(streaks=[Streak("daily")], badges=[Badge("b", criteria="streak.daily.longest >= 2")])
    )
    assert game.streaks.record("ada", "daily").badges == ()
    clock.advance(days=1)
    assert [badge.code for badge in game.streaks.record("ada", "daily").badges] == ["b"]
