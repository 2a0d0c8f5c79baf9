"""Taking one movement of points back: whole, in part, and as far as it is there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Catalog,
    Currency,
    InsufficientPoints,
    Ladder,
    Leaderboard,
    ManualClock,
    NotFound,
    Reward,
    Streak,
)
from gamify_core.effects import BadgeRevoked, PointsMerged, PointsReversed, TierChanged

if TYPE_CHECKING:
    from gamify_core.catalog.definitions import Period

    from .conftest import MakeEngine

TIERS = {"bronze": 0, "silver": 60, "gold": 200}


def test_the_reversal_of_an_award_was_never_earned(make_engine: MakeEngine) -> None:
    """Balance and total earned fall, nothing is spent, and a linked movement stands for it."""
    game = make_engine()
    given = game.points.award("ada", 100, reason="Welcome")
    game.points.award("ada", 5)
    answer = game.points.reverse(given.transaction_id, reason="a mistake")
    assert (answer.amount, answer.new_balance, answer.reversed_total, answer.stayed) == (100, 5, 100, ())
    assert answer.effects == (answer.effects[0],)
    assert isinstance(answer.effects[0], PointsReversed)
    assert answer.points == -100
    balance = game.points.balance("ada")
    assert (balance.balance, balance.total_earned, balance.total_spent) == (5, 5, 0)
    newest = game.points.transactions("ada")[0]
    assert (newest.transaction_id, newest.amount, newest.account, newest.reason) == (
        answer.transaction_id,
        -100,
        "@issued",
        "a mistake",
    )
    assert "−100 points" in str(answer)
    assert answer.to_dict() == {
        "transaction_id": answer.transaction_id,
        "reversed_transaction_id": given.transaction_id,
        "participant_id": "ada",
        "amount": 100,
        "currency": "points",
        "reversed_total": 100,
        "new_balance": 5,
        "stayed": [],
    }


def test_the_reversal_of_a_deduction_was_never_spent(make_engine: MakeEngine) -> None:
    """The points come back, total spent falls, total earned stays."""
    game = make_engine(Catalog(currencies=[Currency("gems")]))
    game.points.award("ada", 100, currency="gems")
    paid = game.points.deduct("ada", 30, currency="gems")
    answer = game.points.reverse(paid.transaction_id)
    assert (answer.currency, answer.amount, answer.new_balance) == ("gems", 30, 100)
    assert "+30 gems" in str(answer)
    balance = game.points.balance("ada", currency="gems")
    assert (balance.balance, balance.total_earned, balance.total_spent) == (100, 100, 0)


def test_parts_come_up_to_the_whole(make_engine: MakeEngine) -> None:
    """Parts are taken back one by one, never more than there was, and then there is nothing left to do."""
    game = make_engine()
    given = game.points.award("ada", 100).transaction_id
    assert game.points.reverse(given, amount=40).reversed_total == 40
    with pytest.raises(BadValue, match="60 of 100 points are left to reverse, not 61"):
        game.points.reverse(given, amount=61)
    assert game.points.reverse(given).amount == 60
    digest = game.history.state_digest()
    again = game.points.reverse(given)
    assert (again.amount, again.transaction_id, again.reversed_total, again.new_balance) == (0, None, 100, 0)
    assert again.effects == ()
    assert game.history.state_digest() == digest


@pytest.mark.parametrize(
    ("how", "taken", "balance", "earned"),
    [("allow_negative", 100, -70, 0), ("partial", 30, 0, 70)],
)
def test_what_was_spent_is_owed_or_left(
    make_engine: MakeEngine, how: str, taken: int, balance: int, earned: int
) -> None:
    """A wallet that does not hold it any more goes below zero, or gives what it has."""
    game = make_engine()
    given = game.points.award("ada", 100)
    game.points.deduct("ada", 70)
    with pytest.raises(InsufficientPoints, match=r"Available: 30, requested: 100"):
        game.points.reverse(given.transaction_id)
    answer = game.points.reverse(given.transaction_id, on_insufficient=how)  # type: ignore[arg-type]
    assert (answer.amount, answer.new_balance) == (taken, balance)
    assert game.points.balance("ada").total_earned == earned


def test_nothing_is_there_to_take(make_engine: MakeEngine) -> None:
    """A partial reversal of an empty, or overdrawn, wallet writes nothing."""
    game = make_engine()
    first, second = (game.points.award("ada", 10).transaction_id for _ in range(2))
    game.points.deduct("ada", 20)
    assert game.points.reverse(first, on_insufficient="partial").amount == 0
    game.points.reverse(first, on_insufficient="allow_negative")
    assert game.points.reverse(second, on_insufficient="partial").amount == 0
    assert game.points.balance("ada").balance == -10


def test_later_awards_repay_what_is_owed(make_engine: MakeEngine) -> None:
    """An overdrawn wallet takes awards as any other, and spends nothing before it is above zero."""
    game = make_engine()
    given = game.points.award("ada", 100)
    game.points.deduct("ada", 70)
    game.points.reverse(given.transaction_id, on_insufficient="allow_negative")
    assert game.points.award("ada", 100).new_balance == 30
    with pytest.raises(InsufficientPoints):
        game.points.deduct("ada", 31)


@pytest.mark.parametrize("name", ["", "txn", "txn_0_0", "txn_9_0", "txn_2_7", "evt_2", "txn_1_0", "txn_3_0"])
def test_what_is_no_movement_is_not_found(make_engine: MakeEngine, name: str) -> None:
    """An id that no movement has is refused with the document's sentence."""
    game = make_engine()
    game.points.award("ada", 1)
    game.participants.upsert("ada", display_name="Ada")
    with pytest.raises(NotFound, match="Transaction not found: "):
        game.points.reverse(name)


def test_scopes_do_not_see_each_other(make_engine: MakeEngine) -> None:
    """A movement of another scope is not found."""
    game = make_engine()
    given = game.scope("guild").points.award("ada", 1).transaction_id
    with pytest.raises(NotFound):
        game.points.reverse(given)
    assert game.scope("guild").points.reverse(given).new_balance == 0


def test_transfers_and_reversals_cannot_be_reversed(make_engine: MakeEngine) -> None:
    """Both sides of a transfer and a reversal itself are refused; nothing is written."""
    game = make_engine()
    given = game.points.award("ada", 10)
    moved = game.points.transfer("ada", "bob", 5)
    undone = game.points.reverse(given.transaction_id, amount=1).transaction_id
    other = f"txn_{moved.activity_id}_1"
    digest = game.history.state_digest()
    for name, why in ((moved.transaction_id, "transfer"), (other, "transfer"), (undone, "reversal")):
        assert name is not None
        with pytest.raises(BadValue, match=f"a {why} cannot be reversed") as refused:
            game.points.reverse(name)
        assert refused.value.value == name
    assert game.history.state_digest() == digest


@pytest.mark.parametrize(
    ("amount", "how"), [(0, "reject"), (True, "reject"), (1.5, "reject"), (1, "never"), (1, None)]
)
def test_bad_arguments_are_refused(make_engine: MakeEngine, amount: object, how: object) -> None:
    """An amount that is none and a policy that there is not are refused, with the field's name."""
    game = make_engine()
    given = game.points.award("ada", 10)
    with pytest.raises(BadValue) as caught:
        game.points.reverse(given.transaction_id, amount=amount, on_insufficient=how)  # type: ignore[arg-type]
    assert caught.value.field == ("amount" if how == "reject" else "on_insufficient")


def test_windows_of_then_fall(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A reversal lowers the week in which it was earned, not the one in which it is taken back."""
    boards = [
        Leaderboard("earned", period="weekly", periods=["weekly", "all_time"], ties="dense"),
        Leaderboard("spent", metric="points.spent", period="weekly"),
    ]
    game = make_engine(Catalog(leaderboards=boards))
    first = game.points.award("ada", 50).transaction_id
    game.points.award("ada", 20, at=clock.now() - timedelta(hours=1))
    paid = game.points.deduct("ada", 7).transaction_id
    game.points.award("bob", 20)
    week = clock.now()
    clock.advance(days=7)
    game.points.award("ada", 1)
    game.points.reverse(first, amount=45)
    game.points.reverse(paid)

    def table(period: Period) -> list[tuple[int, str, int]]:
        return [
            (row.rank, row.participant_id, int(row.score))
            for row in game.leaderboards.top("earned", period=period)
        ]

    assert table("weekly") == [(1, "ada", 1)]
    assert table("all_time") == [(1, "ada", 26), (2, "bob", 20)]
    clock.set(week)
    assert table("weekly") == [(1, "ada", 25), (2, "bob", 20)]
    assert len(game.leaderboards.top("spent")) == 0


def test_a_whole_reversal_leaves_the_board(make_engine: MakeEngine) -> None:
    """Who has nothing left in a window is not on its board, and dense ranks close up."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b", ties="dense")]))
    given = game.points.award("ada", 50).transaction_id
    game.points.award("bob", 20)
    assert game.leaderboards.rank("b", "bob").rank == 2
    game.points.reverse(given)
    assert [(row.rank, row.participant_id) for row in game.leaderboards.top("b")] == [(1, "bob")]


def test_a_score_is_dated_by_what_is_left(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Inside a tie the one whose last remaining points are older comes first."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b")]))
    game.points.award("zoe", 10)
    clock.advance(hours=1)
    game.points.award("ada", 10)
    clock.advance(hours=1)
    late = game.points.award("zoe", 10).transaction_id
    game.points.reverse(late)
    assert [row.participant_id for row in game.leaderboards.top("b")] == ["zoe", "ada"]


def test_tiers_follow_their_policy(make_engine: MakeEngine) -> None:
    """An immediate ladder is climbed down, another is kept and the answer says so, a pinned rung is left alone."""
    ladders = [
        Ladder("down", tiers=TIERS, demotion="immediate"),
        Ladder("kept", tiers=TIERS),
        Ladder("pinned", tiers=TIERS, demotion="immediate"),
    ]
    game = make_engine(Catalog(ladders=ladders))
    given = game.points.award("ada", 100).transaction_id
    game.tiers.assign("ada", "gold", ladder="pinned")
    answer = game.points.reverse(given)
    changed = [effect for effect in answer.effects if isinstance(effect, TierChanged)]
    assert [(one.ladder, one.code, one.up) for one in changed] == [("down", "bronze", False)]
    assert [(one.effect, one.code, one.message) for one in answer.stayed] == [
        ("tier", "kept", "silver: the ladder kept takes no rung away")
    ]


def test_badges_follow_their_policy(make_engine: MakeEngine) -> None:
    """A badge that is not permanent goes with its points; a permanent one stays with them, and that is told."""
    badges = [
        Badge("passing", criteria="points.earned >= 100", points=7, permanent=False),
        Badge("lasting", criteria="points.earned >= 100", points=5),
    ]
    game = make_engine(Catalog(badges=badges, leaderboards=[Leaderboard("b", metric="badges.count")]))
    given = game.points.award("ada", 100).transaction_id
    answer = game.points.reverse(given)
    assert [one.code for one in answer.effects if isinstance(one, BadgeRevoked)] == ["passing"]
    assert [one.message for one in answer.stayed] == ["lasting is permanent"]
    assert (answer.new_balance, game.points.balance("ada").total_earned) == (5, 5)
    assert game.leaderboards.rank("b", "ada").score == 1
    assert game.points.award("ada", 200).badges[0].code == "passing"


def test_a_badge_goes_without_points_that_are_spent(make_engine: MakeEngine) -> None:
    """What a badge gave and is spent does not stand against a reversal: it is told."""
    badge = Badge("passing", criteria="points.earned >= 100", points=50, permanent=False)
    game = make_engine(Catalog(badges=[badge]))
    given = game.points.award("ada", 100).transaction_id
    game.points.deduct("ada", 40)
    answer = game.points.reverse(given)
    assert answer.new_balance == 0
    assert [(one.code, one.message) for one in answer.stayed] == [("spent", "40 of 50 were spent already")]


def test_a_level_takes_its_badge_along(make_engine: MakeEngine) -> None:
    """Without any reversal: a badge on the balance goes when the balance falls below, and comes again."""
    badge = Badge("rich", criteria="points.balance >= 100", permanent=False)
    game = make_engine(Catalog(badges=[badge]))
    assert game.points.award("ada", 100).badges
    answer = game.points.deduct("ada", 1)
    assert [type(effect) for effect in answer.effects[1:]] == [BadgeRevoked]
    assert game.points.award("ada", 1).badges
    assert [state.times for state in game.badges.list("ada")] == [2], "it was earned, lost, and earned again"


def test_criteria_take_only_what_criteria_gave(make_engine: MakeEngine) -> None:
    """A badge that was awarded by hand stays where its criteria are not met."""
    badge = Badge("rich", criteria="points.balance >= 100", permanent=False)
    game = make_engine(Catalog(badges=[badge]))
    game.badges.award("ada", "rich")
    game.points.award("ada", 100)
    assert len(game.points.deduct("ada", 1).effects) == 1
    assert game.badges.list("ada").earned_count == 1


def test_a_broken_run_takes_its_badge_along(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A badge on a running streak goes with the activity that begins a new run."""
    badge = Badge("steady", criteria="streak.daily >= 2", permanent=False)
    game = make_engine(Catalog(badges=[badge], streaks=[Streak("daily")]))
    game.streaks.record("ada", "daily")
    clock.advance(days=1)
    assert game.streaks.record("ada", "daily").badges
    clock.advance(days=5)
    answer = game.streaks.record("ada", "daily")
    assert any(isinstance(effect, BadgeRevoked) for effect in answer.effects)
    assert game.badges.list("ada").earned_count == 0


def test_a_new_window_takes_its_badge_along(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A badge on a week's points goes with the first points of a week that has fewer."""
    badge = Badge("busy", criteria="points.earned@weekly >= 50", permanent=False)
    game = make_engine(Catalog(badges=[badge]))
    assert game.points.award("ada", 50).badges
    clock.advance(days=7)
    assert any(isinstance(effect, BadgeRevoked) for effect in game.points.award("ada", 1).effects)


def test_a_past_window_moves_nobody(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Points of last week that are taken back say nothing about where somebody stands by this week's."""
    ladder = Ladder("tier", tiers=TIERS, metric="points.earned@weekly", demotion="immediate")
    game = make_engine(Catalog(ladders=[ladder]))
    given = game.points.award("ada", 100).transaction_id
    clock.advance(days=7)
    assert len(game.points.reverse(given).effects) == 1
    current = game.tiers.current("ada").current_tier
    assert current is not None
    assert current.code == "silver"


def test_what_a_reward_cost_comes_back(make_engine: MakeEngine) -> None:
    """The payment of a claim is a movement like any other, and can be taken back by itself."""
    game = make_engine(Catalog(rewards=[Reward("mug", points_cost=30)]))
    game.points.award("ada", 50)
    game.rewards.claim("mug", "ada")
    paid = game.points.transactions("ada")[0]
    assert game.points.reverse(paid.transaction_id).new_balance == 50


def test_a_dry_run_keeps_nothing(make_engine: MakeEngine) -> None:
    """Inside a dry run the numbers are the real ones, and afterwards nothing has happened."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b")]))
    given = game.points.award("ada", 10).transaction_id
    digest = game.history.state_digest()
    with game.dry_run() as trial:
        assert trial.points.reverse(given).new_balance == 0
        assert len(trial.leaderboards.top("b")) == 0
    assert game.history.state_digest() == digest


def test_wallets_that_are_full_take_nothing_back(make_engine: MakeEngine) -> None:
    """A deduction cannot come back to a wallet that would leave the range of 64 bits."""
    game = make_engine()
    most = 2**53 - 1
    for _ in range(1024):
        game.points.award("ada", most)
    paid = game.points.deduct("ada", most).transaction_id
    game.points.award("bob", most)
    game.points.transfer("bob", "ada", most)
    with pytest.raises(BadValue, match="64 bits"):
        game.points.reverse(paid)
    assert game.points.balance("ada").total_spent == most


def test_an_amount_that_is_too_much_is_told_as_it_was_asked_for(make_engine: MakeEngine) -> None:
    """In the currency's own decimals, not in the units in which the ledger counts."""
    game = make_engine(Catalog(currencies=[Currency("cash", scale=2)]))
    most = Decimal(2**53 - 1) / 100
    for _ in range(1024):
        game.points.award("ada", most, currency="cash")
    with pytest.raises(BadValue, match="64 bits") as refused:
        game.points.award("ada", most, currency="cash")
    assert refused.value.value == most


def test_what_a_merge_brought_cannot_be_reversed(make_engine: MakeEngine) -> None:
    """It is told for what it is; the movement that the points came from can be."""
    game = make_engine()
    given = game.points.award("al", 10)
    merged = game.participants.merge("al", "ada")
    (came,) = [effect.id for effect in merged.effects if isinstance(effect, PointsMerged)]
    with pytest.raises(BadValue, match="a merge cannot be reversed"):
        game.points.reverse(came.replace("fx_", "txn_"))
    assert game.points.reverse(given.transaction_id).new_balance == 0
