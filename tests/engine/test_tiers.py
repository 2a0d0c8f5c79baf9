"""Ladders: rungs are reached by a metric, pinned by hand, and say what the next one asks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    Catalog,
    Currency,
    Engine,
    Ladder,
    ManualClock,
    Metric,
    NotFound,
    Streak,
    Tier,
    TierChanged,
)

if TYPE_CHECKING:
    from gamify_core.answers import Answer

    from .conftest import MakeEngine

TIERS = {"bronze": 0, "silver": 100, "gold": 500, "platinum": 10_000}
LADDER = Ladder("tier", tiers=TIERS)


def steps(answer: Answer) -> list[tuple[str | None, str | None]]:
    """Return each change of rung, from and to."""
    return [(one.previous_code, one.code) for one in answer.effects if isinstance(one, TierChanged)]


def stands(game: Engine, who: str = "ada", ladder: str = "tier") -> str | None:
    """Return the code of the rung somebody stands on."""
    tier = game.tiers.current(who, ladder=ladder).current_tier
    return tier.code if tier is not None else None


# -- climbing ------------------------------------------------------------------------------------------------


def test_the_bottom_rung_is_held_silently(make_engine: MakeEngine) -> None:
    """The first award puts somebody on the rung at 0 and says nothing of it."""
    game = make_engine(Catalog(ladders=[LADDER]))
    assert stands(game) is None
    answer = game.points.award("ada", 5)
    assert (answer.tier_upgrade, steps(answer)) == (None, [])
    assert stands(game) == "bronze"


def test_a_lowest_rung_above_zero_is_said(make_engine: MakeEngine) -> None:
    """Only the rung at 0 is silent: one that has to be earned is an upgrade like any other."""
    game = make_engine(Catalog(ladders=[Ladder("tier", tiers={"member": 10, "silver": 100})]))
    assert game.points.award("ada", 9).tier_upgrade is None
    assert stands(game) is None
    upgrade = game.points.award("ada", 1).tier_upgrade
    assert upgrade is not None
    assert (upgrade.code, upgrade.previous_code, upgrade.previous_level) == ("member", None, None)


@pytest.mark.parametrize(
    ("points", "rung"), [(99, "bronze"), (100, "silver"), (499, "silver"), (500, "gold")]
)
def test_a_rung_is_reached_at_its_points(make_engine: MakeEngine, points: int, rung: str) -> None:
    """A threshold is met when it is reached, not when it is passed."""
    game = make_engine(Catalog(ladders=[LADDER]))
    game.points.award("ada", points)
    assert stands(game) == rung


def test_a_jump_reports_every_rung(make_engine: MakeEngine) -> None:
    """Effects go rung by rung, and the upgrade is the last with where the jump began."""
    game = make_engine(Catalog(ladders=[LADDER]))
    game.points.award("ada", 1)
    answer = game.points.award("ada", 600)
    assert steps(answer) == [("bronze", "silver"), ("silver", "gold")]
    upgrade = answer.tier_upgrade
    assert upgrade is not None
    assert (upgrade.code, upgrade.name, upgrade.level) == ("gold", "Gold", 3)
    assert (upgrade.previous_code, upgrade.previous_level) == ("bronze", 1)
    assert [tier.code for tier in game.tiers.history("ada")] == ["bronze", "silver", "gold"]


def test_the_first_award_may_jump(make_engine: MakeEngine) -> None:
    """The silent rung at 0 stays silent in a jump, and is where it began."""
    answer = make_engine(Catalog(ladders=[LADDER])).points.award("ada", 600)
    assert steps(answer) == [("bronze", "silver"), ("silver", "gold")]
    assert answer.tier_upgrade is not None
    assert answer.tier_upgrade.previous_code == "bronze"


def test_several_ladders_stand_side_by_side(make_engine: MakeEngine) -> None:
    """Each ladder goes by its own metric, and one that is not named `tier` is asked for by name."""
    rungs = [Tier("novice", min_points=1), Tier("pro", level=7, min_points=2)]
    levels = Ladder("level", metric="badges.count", tiers=rungs)
    game = make_engine(Catalog(ladders=[LADDER, levels], badges=[Badge("a", points=100), Badge("b")]))
    first, second = game.badges.award("ada", "a"), game.badges.award("ada", "b")
    assert steps(first) == [("bronze", "silver"), (None, "novice")]
    assert steps(second) == [("novice", "pro")]
    assert (stands(game), stands(game, ladder="level")) == ("silver", "pro")
    assert [tier.level for tier in game.tiers.history("ada", ladder="level")] == [1, 7]


# -- falling -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("demotion", "rung"), [("never", "gold"), ("immediate", "bronze")])
def test_falling_follows_the_ladders_policy(make_engine: MakeEngine, demotion: str, rung: str) -> None:
    """Where the metric can fall, `never` keeps the rung and `immediate` takes it, in one step."""
    ladder = Ladder("tier", tiers=TIERS, metric="points.balance", demotion=demotion)  # type: ignore[arg-type]
    game = make_engine(Catalog(ladders=[ladder]))
    game.points.award("ada", 600)
    answer = game.points.deduct("ada", 550)
    assert stands(game) == rung
    assert steps(answer) == ([("gold", "bronze")] if demotion == "immediate" else [])
    assert answer.tier_upgrade is None


def test_a_kept_rung_is_not_reached_again(make_engine: MakeEngine) -> None:
    """With `never`, coming back to the points of a rung one stands on says nothing."""
    game = make_engine(Catalog(ladders=[Ladder("tier", tiers=TIERS, metric="points.balance")]))
    game.points.award("ada", 600)
    game.points.deduct("ada", 550)
    assert steps(game.points.award("ada", 600)) == []


def test_a_lost_rung_is_reached_again(make_engine: MakeEngine) -> None:
    """With `immediate`, what was lost can be won back, and history tells all of it."""
    ladder = Ladder("tier", tiers=TIERS, metric="points.balance", demotion="immediate")
    game = make_engine(Catalog(ladders=[ladder]))
    game.points.award("ada", 100)
    game.points.deduct("ada", 1)
    assert steps(game.points.award("ada", 1)) == [("bronze", "silver")]
    assert [tier.code for tier in game.tiers.history("ada")] == ["bronze", "silver", "bronze", "silver"]


def test_falling_off_the_ladder(make_engine: MakeEngine) -> None:
    """Below the lowest rung one stands on none."""
    ladder = Ladder("tier", tiers={"member": 10}, metric="points.balance", demotion="immediate")
    game = make_engine(Catalog(ladders=[ladder]))
    game.points.award("ada", 10)
    assert steps(game.points.deduct("ada", 1)) == [("member", None)]
    assert stands(game) is None


def test_a_rung_has_to_be_earned_anew_in_each_window(make_engine: MakeEngine, clock: ManualClock) -> None:
    """On a yearly metric the first move of a new year takes the rung; a late one for the old does not."""
    ladder = Ladder("tier", tiers=TIERS, metric="points.earned@yearly", demotion="immediate")
    game = make_engine(Catalog(ladders=[ladder]))
    clock.set("2026-12-31T12:00+00:00")
    game.points.award("ada", 600)
    clock.set("2027-01-02T12:00+00:00")
    assert stands(game) == "gold"
    assert steps(game.points.award("ada", 1)) == [("gold", "bronze")]
    assert steps(game.points.award("ada", 120)) == [("bronze", "silver")]
    game.points.award("bob", 500)
    assert steps(game.points.award("bob", 5, at=clock.now() - timedelta(days=2))) == []
    assert stands(game, "bob") == "gold"


def test_spending_does_not_lower_what_was_earned(make_engine: MakeEngine) -> None:
    """On earned points, even `immediate` has nothing to take."""
    game = make_engine(Catalog(ladders=[Ladder("tier", tiers=TIERS, demotion="immediate")]))
    game.points.award("ada", 600)
    assert steps(game.points.deduct("ada", 600)) == []


# -- by hand -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rung", ["bronze", "platinum"])
def test_an_assigned_rung_is_pinned_both_ways(make_engine: MakeEngine, rung: str) -> None:
    """Neither earning nor losing moves somebody who was put on a rung by hand."""
    ladder = Ladder("tier", tiers=TIERS, metric="points.balance", demotion="immediate")
    game = make_engine(Catalog(ladders=[ladder]))
    game.points.award("ada", 100)
    answer = game.tiers.assign("ada", rung, reason="VIP promotion")
    assert (answer.tier_code, steps(answer)) == (rung, [("silver", rung)])
    assert (answer.tier_upgrade is not None) == (rung == "platinum")
    assert game.tiers.current("ada").assigned
    assert steps(game.points.award("ada", 900)) == []
    assert steps(game.points.deduct("ada", 1000)) == []
    assert stands(game) == rung


def test_clearing_lets_the_metric_decide(make_engine: MakeEngine) -> None:
    """Once cleared, one stands where the points say, and moves again."""
    game = make_engine(Catalog(ladders=[LADDER]))
    game.tiers.assign("ada", "platinum")
    game.points.award("ada", 100)
    answer = game.tiers.clear("ada")
    assert (answer.tier_code, steps(answer)) == ("silver", [("platinum", "silver")])
    assert not game.tiers.current("ada").assigned
    assert steps(game.points.award("ada", 400)) == [("silver", "gold")]
    assert [tier.code for tier in game.tiers.history("ada")] == ["platinum", "silver", "gold"]


def test_pinning_where_one_stands_is_no_new_rung(make_engine: MakeEngine, clock: ManualClock) -> None:
    """History tells when a rung was reached; assigning or clearing it later does not change that."""
    game = make_engine(Catalog(ladders=[LADDER]))
    game.points.award("ada", 100)
    reached = game.tiers.current("ada").current_tier
    clock.advance(days=1)
    assert steps(game.tiers.assign("ada", "silver")) == []
    clock.advance(days=1)
    assert steps(game.tiers.clear("ada")) == []
    state = game.tiers.current("ada")
    assert state.current_tier == reached
    assert [tier.code for tier in state.tier_history] == ["bronze", "silver"]


def test_unknown_names_are_refused(make_engine: MakeEngine) -> None:
    """An unknown rung is the document's sentence; an unknown ladder is named too. Nothing is left behind."""
    game = make_engine(Catalog(ladders=[LADDER]))
    with pytest.raises(NotFound, match=r"^Tier definition not found: golden") as caught:
        game.tiers.assign("ada", "golden")
    assert caught.value.nearest == "gold"
    for call in (game.tiers.current, game.tiers.clear, game.tiers.history):
        with pytest.raises(NotFound, match="level"):
            call("ada", ladder="level")
    assert game.participants.list().total == 0


# -- the way ahead -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "code", "remaining", "threshold", "way"),
    [
        (0, "bronze", 0, 100, 100),
        (1, "silver", 99, 1, 1),
        (99, "silver", 1, 99, 99),
        (100, "gold", 400, 20, 0),
        (150, "gold", 350, 30, 12),
        (499, "gold", 1, 99, 99),
        (500, "platinum", 9500, 5, 0),
        (1500, "platinum", 8500, 15, 10),
        (9999, "platinum", 1, 99, 99),
    ],
)
def test_the_next_rung_says_what_is_missing(  # noqa: PLR0913 - a row of the table
    make_engine: MakeEngine, points: int, code: str, remaining: int, threshold: int, way: int
) -> None:
    """Two fractions, floored: of the next threshold (150 of 500 is 30), and of the way between the rungs."""
    game = make_engine(Catalog(ladders=[LADDER]))
    if points:
        game.points.award("ada", points)
    ahead = game.tiers.current("ada").next_tier
    assert ahead is not None
    assert (ahead.code, ahead.points_required, ahead.points_remaining) == (code, TIERS[code], remaining)
    assert (ahead.share_of_threshold, ahead.share_of_way) == (threshold, way)


def test_at_the_top_there_is_no_next(make_engine: MakeEngine) -> None:
    """The highest rung has nothing above it."""
    game = make_engine(Catalog(ladders=[LADDER]))
    game.points.award("ada", 10_000)
    state = game.tiers.current("ada")
    assert state.next_tier is None
    assert state.current_tier is not None
    assert state.current_tier.code == "platinum"


def test_the_balance_as_the_metric_counts_what_is_left(make_engine: MakeEngine) -> None:
    """The documents' profile: earned 5000, spent 3500, and 8500 remain to 10000."""
    ladder = Ladder("tier", tiers=TIERS, metric="points.balance")
    game = make_engine(Catalog(ladders=[ladder]))
    game.points.award("ada", 5000)
    game.points.deduct("ada", 3500)
    ahead = game.tiers.current("ada").next_tier
    assert ahead is not None
    assert ahead.points_remaining == 8500


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("points.spent", 30),
        ("events.count", 2),
        ("events.count@weekly", 2),
        ("badges.count", 1),
        ("streak.daily.longest", 1),
        ("v", 12),
        ("v@daily", 12),
        ("gems.balance", 4),
    ],
)
def test_any_metric_may_carry_a_ladder(make_engine: MakeEngine, metric: str, value: int) -> None:
    """The way ahead is read from the same metric that reaches the rungs."""
    ladder = Ladder("tier", metric=metric, tiers={"here": value, "next": value + 50})
    game = make_engine(
        Catalog(
            currencies=[Currency("gems")],
            metrics=[Metric("v", on="e", sum="v")],
            badges=[Badge("b")],
            streaks=[Streak("daily")],
            ladders=[ladder],
        )
    )
    assert game.tiers.current("ada").next_tier is not None
    game.points.award("ada", 40)
    game.points.deduct("ada", 30)
    game.points.award("ada", 4, currency="gems")
    for v in (5, 7):
        game.events.emit("ada", "e", {"v": v})
    game.badges.award("ada", "b")
    game.streaks.record("ada", "daily")
    assert stands(game) == "here"
    ahead = game.tiers.current("ada").next_tier
    assert ahead is not None
    assert (ahead.points_remaining, ahead.share_of_way) == (50, 0)


def test_history_carries_when_each_rung_was_reached(make_engine: MakeEngine, clock: ManualClock) -> None:
    """By the instant of the event that reached it."""
    game = make_engine(
        Catalog(ladders=[Ladder("tier", tiers=[Tier("a"), Tier("b", min_points=5, color="#FFD700")])])
    )
    start = clock.now()
    game.points.award("ada", 1)
    clock.advance(days=3)
    game.points.award("ada", 9, at=start)
    first, second = game.tiers.history("ada")
    assert (first.achieved_at, second.achieved_at) == (start, start)
    assert (second.level, second.color) == (2, "#FFD700")


def test_every_wallet_metric_holds_the_bottom_rung_from_its_first_move(make_engine: MakeEngine) -> None:
    """A ladder on what was spent begins with the first spending, one on earnings with the first earning."""
    ladders = [
        Ladder("spender", {"frugal": 0, "lavish": 100}, metric="points.spent"),
        Ladder("earner", {"novice": 0, "expert": 100}, metric="points.earned"),
    ]
    game = make_engine(Catalog(ladders=ladders))

    def stands(who: str, ladder: str) -> str | None:
        current = game.tiers.current(who, ladder=ladder).current_tier
        return current.code if current is not None else None

    game.points.award("ada", 30)
    assert (stands("ada", "spender"), stands("ada", "earner")) == (None, "novice")
    game.points.deduct("ada", 5)
    assert stands("ada", "spender") == "frugal"
    game.points.transfer("ada", "bob", 5)
    assert stands("bob", "earner") is None
    game.points.award("bob", 5)
    assert stands("bob", "earner") == "novice"
