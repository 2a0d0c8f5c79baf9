"""What taking an event back frees, and what it must not: bounds, what was defined then, and what was so for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core import Badge, Cap, Catalog, Challenge, Currency, Leaderboard, Metric, Reward, Rule, Streak
from gamify_core.effects import PointsPending

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core import Engine, ManualClock
    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine


def scores(game: Engine, board: str) -> dict[str, int]:
    """Return the scores on a board."""
    return {row.participant_id: int(row.score) for row in game.leaderboards.top(board)}


@pytest.mark.parametrize(
    "bound",
    [{"cap": Cap(points=100, per="daily")}, {"cap": Cap(times=1, per="daily")}, {"cooldown": "1d"}],
    ids=["points", "times", "cooldown"],
)
def test_points_that_stay_keep_their_place(make_engine: MakeEngine, bound: dict[str, object]) -> None:
    """What was spent cannot be had again by taking the event back."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=100, **bound)]))  # type: ignore[arg-type]
    sent = game.events.emit("ada", "e")
    game.points.deduct("ada", 100)
    game.events.retract(sent.event_id)
    assert game.events.emit("ada", "e").points == 0
    assert game.points.balance("ada").total_earned == 100


def test_a_part_that_goes_makes_room(make_engine: MakeEngine) -> None:
    """A cap has room for as much as was taken back, by hand before or with the event."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=100, cap=Cap(points=100, per="daily"))]))
    sent = game.events.emit("ada", "e")
    game.points.reverse(sent.effects[0].id, amount=10)
    game.points.deduct("ada", 50)
    assert game.events.retract(sent.event_id).points == -40
    assert game.events.emit("ada", "e").points == 50


@pytest.mark.parametrize("hours", [1, 3], ids=["pending", "matured"])
def test_what_was_promised_makes_room(make_engine: MakeEngine, clock: ManualClock, hours: int) -> None:
    """Points that count later take of a cap when they are promised, and give it back when they go, counted or not."""
    game = make_engine(
        Catalog(
            currencies=[Currency("gems", matures="2h")],
            rules=[Rule("r", on="e", award={"gems": 100}, cap=Cap(points=100, per="daily"))],
        )
    )
    sent = game.events.emit("ada", "e")
    assert [one.code for one in game.events.emit("ada", "e").skipped] == ["cap"]
    game.points.reverse(sent.effects[0].id, amount=10)
    clock.advance(hours=hours)
    game.events.retract(sent.event_id)
    again = game.events.emit("ada", "e")
    assert [one.amount for one in again.effects if isinstance(one, PointsPending)] == [100]


@pytest.mark.parametrize("hours", [1, 3], ids=["pending", "matured"])
def test_what_a_badge_promised_goes_with_it(make_engine: MakeEngine, clock: ManualClock, hours: int) -> None:
    """Points of a badge that count later are taken back with the badge, counted or not."""
    game = make_engine(
        Catalog(
            currencies=[Currency("gems", matures="2h")],
            metrics=[Metric("n", on="e")],
            badges=[Badge("b", criteria="n >= 1", points={"gems": 5}, permanent=False)],
        )
    )
    sent = game.events.emit("ada", "e")
    clock.advance(hours=hours)
    assert game.events.retract(sent.event_id).stayed == ()
    clock.advance(hours=3)
    balance = game.points.balance("ada", currency="gems")
    assert (balance.balance, balance.pending, balance.total_earned) == (0, 0, 0)
    assert game.history.verify(replay=True)


def test_a_copy_that_moved_on_keeps_its_place(make_engine: MakeEngine) -> None:
    """Who gave the copy away has had it: the rule does not mint another in the same day."""
    rule = Rule("r", on="e", mint="card", cap=Cap(times=1, per="daily"))
    game = make_engine(Catalog(badges=[Badge("card")], rules=[rule]))
    sent = game.events.emit("ada", "e")
    game.assets.transfer(sent.effects[0].asset_id, "ada", "bob")  # type: ignore[attr-defined]
    game.events.retract(sent.event_id)
    assert [one.code for one in game.events.emit("ada", "e").skipped] == ["cap_times"]


def test_what_is_passed_over_hides_no_firing(make_engine: MakeEngine) -> None:
    """A rule that skips one part and does another silently is taken back with its bounds."""
    rule = Rule("r", on="e", advance="ch", reward="mug", cap=Cap(times=1, per="daily"), cooldown="1h")
    catalog = Catalog(
        rewards=[Reward("mug", total_inventory=1)],
        challenges=[Challenge("ch", goals="challenge.ch >= 5")],
        rules=[rule],
    )
    game = make_engine(catalog)
    game.rewards.claim("mug", "bob")
    for _ in range(2):
        sent = game.events.emit("ada", "e")
        assert [one.code for one in sent.skipped] == ["out_of_stock"]
        assert game.challenges.progress("ada")[0].goals[0].value == 1
        game.events.retract(sent.event_id)
        assert game.challenges.progress("ada")[0].goals[0].value == 0


def test_a_rule_that_did_not_fire_gives_nothing_back(make_engine: MakeEngine) -> None:
    """A rule that only had something to skip leaves its bounds to the events at which it fired."""
    rule = Rule("r", on="e", award=10, cap=Cap(points=10, times=2, per="daily"))
    game = make_engine(Catalog(rules=[rule]))
    game.events.emit("ada", "e")
    empty = game.events.emit("ada", "e")
    assert [one.code for one in empty.skipped] == ["cap"]
    game.events.retract(empty.event_id)
    assert game.events.emit("ada", "e").points == 0


@pytest.mark.parametrize(
    ("then", "now", "points"),
    [
        (Cap(points=10, per="daily"), Cap(points=10, per="weekly"), 0),
        (Cap(times=1, per="daily"), Cap(points=10, per="daily"), 0),
        (Cap(points=10, per="daily"), Cap(times=1, per="daily"), 0),
        (Cap(points=10, per="daily"), Cap(points=15, per="daily"), 10),
        (None, Cap(points=10, times=1, per="daily"), 0),
    ],
)
def test_a_bound_is_lowered_where_it_was_counted(
    make_engine: MakeEngine, make_store: Callable[[], Store], then: Cap | None, now: Cap, points: int
) -> None:
    """An event that was given under another cap frees nothing of the one that came after it."""
    store = make_store()

    def game(cap: Cap | None) -> Engine:
        return make_engine(Catalog(rules=[Rule("r", on="e", award=10, cap=cap)]), store=store)

    sent = game(then).events.emit("ada", "e")
    later = game(now)
    later.events.emit("ada", "e")
    later.events.retract(sent.event_id)
    assert later.events.emit("ada", "e").points == points


def test_what_left_the_catalog_forgets_the_event_too(
    make_engine: MakeEngine, make_store: Callable[[], Store]
) -> None:
    """A streak or a challenge that comes back later counts what is left, as if it had never been away."""
    store = make_store()
    rule = Rule("r", on="e", streak="d", advance="c")
    catalog = Catalog(
        streaks=[Streak("d", target=2), Streak("a", on="e")],
        challenges=[Challenge("c", goals="challenge.c >= 9"), Challenge("b", goals="challenge.b >= 9")],
        rules=[rule, Rule("s", on="e", advance="b")],
        leaderboards=[Leaderboard("long", metric="streak.d.longest")],
    )
    game = make_engine(catalog, store=store)
    first, second = (game.events.emit("ada", "e") for _ in range(2))
    assert scores(game, "long") == {"ada": 1}
    left = Catalog(streaks=catalog.streaks[1:], challenges=catalog.challenges[1:])
    without = make_engine(left, store=store)
    for one, run, longest, steps in ((second, 0, 0, 1), (first, 0, 0, 0)):
        without.events.retract(one.event_id)
        back = make_engine(catalog, store=store)
        back.points.award("bob", 1)
        streak = back.streaks.get("ada", "d")
        assert (streak.current_count, streak.longest_count) == (run, longest)
        assert [progress.goals[0].value for progress in back.challenges.progress("ada")] == [steps, steps]
        assert scores(back, "long") == {}
        without.points.award("bob", 1)


def test_a_completion_by_others_goals_is_said(make_engine: MakeEngine) -> None:
    """A challenge whose goals no longer hold stays complete, and the answer says so, whichever event completed it."""
    catalog = Catalog(
        metrics=[Metric("times", on="e")],
        challenges=[Challenge("two", "times >= 2", points=5), Challenge("one", "times >= 1")],
    )
    game = make_engine(catalog)
    first, second = (game.events.emit("ada", "e") for _ in range(2))
    answer = game.events.retract(first.event_id)
    assert [one.message for one in answer.stayed if one.message.startswith("two")] == ["two is permanent"]
    assert sum(one.message == "one is permanent" for one in answer.stayed) == 1, "its own event went"
    game.events.emit("ada", "e")
    assert game.points.balance("ada").balance == 5
    again = game.events.amend(second.event_id, {"n": 1})
    assert game.points.balance("ada").balance == 5
    assert again.event_name == "e"


RICH = Badge("rich", criteria="points.balance >= 100", permanent=False, points=3)


def test_what_was_so_for_a_while_was_so(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A badge that falls with a balance was earned all the same: today counts it less, the day of it does not."""
    boards = [
        Leaderboard("badges", metric="badges.count", periods=["daily", "all_time"], period="daily"),
        Leaderboard("earned", periods=["daily", "all_time"], period="all_time"),
    ]
    game = make_engine(Catalog(badges=[RICH], leaderboards=boards))
    game.points.award("ada", 100)
    assert scores(game, "earned") == {"ada": 103}
    clock.advance(days=1)
    answer = game.points.deduct("ada", 50)
    assert [one.tag for one in answer.effects] == ["points_deducted", "badge_revoked", "points_reversed"]
    assert (game.points.balance("ada").balance, scores(game, "earned")) == (50, {"ada": 100})
    (state,) = game.badges.list("ada")
    assert (state.earned, state.times) == (False, 1)
    assert game.leaderboards.rank("badges", "ada", period="all_time").score == 0
    clock.advance(days=-1)
    assert scores(game, "badges") == {"ada": 1}
    clock.advance(days=1)
    game.points.award("ada", 50)
    assert [state.times for state in game.badges.list("ada", earned_only=True)] == [2]


def test_an_undo_forgets_what_was_so_for_a_while(make_engine: MakeEngine) -> None:
    """Without the event by which it was earned, a badge that has fallen since was never earned."""
    catalog = Catalog(
        badges=[RICH],
        rules=[Rule("r", on="e", award=100)],
        leaderboards=[Leaderboard("b", metric="badges.count")],
    )
    game = make_engine(catalog)
    sent = game.events.emit("ada", "e")
    game.points.deduct("ada", 50)
    assert [state.times for state in game.badges.list("ada")] == [1]
    game.events.retract(sent.event_id, on_insufficient="allow_negative")
    assert [(state.earned, state.times) for state in game.badges.list("ada")] == [(False, 0)]
    assert (game.points.balance("ada").balance, scores(game, "b")) == (-50, {})


def test_one_ground_falls_and_another_holds(make_engine: MakeEngine, make_store: Callable[[], Store]) -> None:
    """A badge that criteria and a rule have given is held by the rule alone when the criteria fail, and then not."""
    store = make_store()
    badge = Badge("rich", criteria="points.balance >= 100", permanent=False, repeatable=True)
    board = Leaderboard("b", metric="badges.count")
    catalog = Catalog(badges=[badge], rules=[Rule("r", on="e", badge="rich")], leaderboards=[board])
    game = make_engine(catalog, store=store)
    game.points.award("ada", 100)
    sent = game.events.emit("ada", "e")
    game.points.deduct("ada", 90)
    assert [(state.earned, state.times) for state in game.badges.list("ada")] == [(True, 2)]
    assert (game.points.balance("ada").balance, scores(game, "b")) == (10, {"ada": 1})
    game.events.retract(sent.event_id)
    assert [(state.earned, state.times) for state in game.badges.list("ada")] == [(False, 1)]
    assert (game.points.balance("ada").balance, scores(game, "b")) == (10, {"ada": 0})
    make_engine(Catalog(), store=store).points.award("bob", 1)
    later = make_engine(catalog, store=store)
    later.points.award("bob", 1)
    assert scores(later, "b") == {"ada": 0}, "worked out from history it is the same"


def test_a_badge_may_flip_often(make_engine: MakeEngine) -> None:
    """However often a badge came and went, each time it goes once and comes once."""
    game = make_engine(Catalog(badges=[Badge("rich", criteria="points.balance >= 100", permanent=False)]))
    for _ in range(30):
        game.points.award("ada", 100)
        gone = game.points.deduct("ada", 100)
        assert [one.tag for one in gone.effects] == ["points_deducted", "badge_revoked"]
    game.points.award("ada", 100)
    assert [(state.earned, state.times) for state in game.badges.list("ada")] == [(True, 31)]


def test_the_morning_is_without_it_too(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What a board's day began with loses what was taken back of the days before."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b")]))
    given = game.points.award("ada", 50)
    game.points.award("bob", 40)
    clock.advance(days=1)
    game.points.award("ada", 1)
    game.points.award("bob", 1)
    game.points.reverse(given.transaction_id, amount=20)
    first, second = game.leaderboards.top("b")
    assert [(row.participant_id, row.score, row.change) for row in (first, second)] == [
        ("bob", 41, "same"),
        ("ada", 31, "same"),
    ]
