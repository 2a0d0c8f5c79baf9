"""Points that lapse unless they are spent, points that count later, and what time does to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Catalog,
    Currency,
    Emit,
    Engine,
    InsufficientPoints,
    Ladder,
    Leaderboard,
    ManualClock,
    PointsExpired,
    Reward,
    Rule,
    TierChanged,
)
from gamify_core.storage.memory import MemoryStore
from tests.engine.conftest import MakeEngine

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def amounts(game: Engine, who: str = "ada") -> list[int]:
    """Return what will lapse of somebody's points, in order."""
    return [int(each.amount) for each in game.points.expiring(who, before=LATER)]


def test_what_is_not_spent_in_time_lapses(make_engine: MakeEngine, clock: ManualClock) -> None:
    """It lapses at its instant and not before, is told by `settle` as of then, stays earned and is not spent."""
    game = make_engine()
    game.points.award("ada", 100, expires="10d")
    game.points.award("ada", 5)
    game.points.deduct("ada", 30)
    due = clock.now() + timedelta(days=10)
    clock.set(due - timedelta(microseconds=1))
    assert game.points.balance("ada").balance == 75
    assert list(game.settle()) == []
    clock.set(due)
    balance = game.points.balance("ada")
    assert (balance.balance, balance.available, balance.total_earned, balance.total_spent) == (5, 5, 105, 30)
    clock.advance(days=1)
    (effect,) = game.settle()
    assert isinstance(effect, PointsExpired)
    assert (effect.amount, effect.balance, effect.occurred_at) == (70, 5, due)
    assert list(game.settle()) == []
    movement = game.points.transactions("ada").items[0]
    assert (movement.amount, movement.account, movement.source) == (-70, "@expired", "time")
    assert game.points.balance("ada") == balance


def test_what_lapses_first_is_spent_first(make_engine: MakeEngine) -> None:
    """Whatever came first, and what has no end comes last."""
    game = make_engine()
    game.points.award("ada", 10)
    game.points.award("ada", 10, expires="30d")
    game.points.award("ada", 10, expires="10d")
    assert amounts(game) == [10, 10]
    game.points.deduct("ada", 14)
    assert amounts(game) == [6]
    game.points.deduct("ada", 7)
    assert amounts(game) == []
    assert game.points.balance("ada").balance == 9


def test_nobody_spends_what_has_lapsed(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A deduction, a transfer, a claim, a hold and a cascade see what is there now, settled or not."""
    game = make_engine(
        Catalog(
            rewards=[Reward("mug", points_cost=10)],
            rules=[Rule("pay", on="pay", deduct=10)],
            badges=[Badge("b")],
        )
    )
    game.points.award("ada", 100, expires="1d")
    clock.advance(days=1)
    refused: list[Callable[[], object]] = [
        lambda: game.points.deduct("ada", 1),
        lambda: game.points.transfer("ada", "bob", 1),
        lambda: game.rewards.claim("mug", "ada"),
        lambda: game.points.hold("ada", 1),
    ]
    for use in refused:
        with pytest.raises(InsufficientPoints, match="Available: 0, requested"):
            use()
    assert [skipped.effect for skipped in game.events.emit("ada", "pay").skipped] == ["deduct"]


def test_a_write_settles_first_and_listeners_hear_of_it(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What was due is an activity of its own, before the command's; the recipient of a transfer is settled too."""
    game = make_engine()
    heard: list[PointsExpired] = []
    game.on(PointsExpired, heard.append)
    game.points.award("ada", 10, expires="1d")
    game.points.award("bob", 20, expires="1d")
    game.points.award("ada", 5)
    clock.advance(days=2)
    game.points.transfer("ada", "bob", 5)
    assert [(effect.participant_id, effect.amount) for effect in heard] == [("ada", 10), ("bob", 20)]
    kinds = [row.kind for row in game.history.activity()][-3:]
    assert kinds == ["participants.settled", "participants.settled", "points.transfer"]
    assert list(game.settle()) == []


def test_points_that_are_sent_lapse_when_they_would_have(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Sending points to somebody and back makes them last no longer."""
    game = make_engine()
    game.points.award("ada", 10, expires="5d")
    game.points.award("ada", 10)
    game.points.transfer("ada", "bob", 15)
    assert (amounts(game), amounts(game, "bob")) == ([], [10])
    clock.advance(days=1)
    game.points.transfer("bob", "ada", 4)
    assert (amounts(game), amounts(game, "bob")) == ([4], [6])


def test_what_comes_back_goes_back_to_its_lot(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A refund in parts fills what was spent last; what has lapsed meanwhile lapses at once."""
    game = make_engine()
    game.points.award("ada", 10, expires="5d")
    game.points.award("ada", 10, expires="9d")
    game.points.award("ada", 10)
    spent = game.points.deduct("ada", 25)
    assert amounts(game) == []
    game.points.reverse(spent.transaction_id, amount=5)
    assert amounts(game) == []
    game.points.reverse(spent.transaction_id, amount=8)
    assert amounts(game) == [8]
    clock.advance(days=6)
    game.points.reverse(spent.transaction_id)
    assert game.points.balance("ada").balance == 20
    assert sum(effect.amount for effect in game.settle() if isinstance(effect, PointsExpired)) == 10
    assert amounts(game) == [10]


def test_an_award_that_is_reversed_takes_its_own_lot(make_engine: MakeEngine) -> None:
    """What was not spent of it is what goes; what was spent goes from what does not lapse, and then from the rest."""
    game = make_engine()
    first = game.points.award("ada", 10, expires="5d")
    game.points.award("ada", 10, expires="9d")
    game.points.award("ada", 3)
    game.points.deduct("ada", 6)
    game.points.reverse(first.transaction_id)
    assert game.points.balance("ada").balance == 7
    assert amounts(game) == [7]


def test_a_debt_swallows_what_would_lapse(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Nobody's balance falls below zero by time, and what paid a debt cannot lapse."""
    game = make_engine()
    given = game.points.award("ada", 30)
    game.points.deduct("ada", 30)
    game.points.reverse(given.transaction_id, on_insufficient="allow_negative")
    game.points.award("ada", 50, expires="1d")
    assert amounts(game) == [20]
    clock.advance(days=1)
    assert game.points.balance("ada").balance == 0


def test_a_currency_and_a_rule_say_how_long(make_engine: MakeEngine) -> None:
    """The terms of an award are its own, else its rule's, else its currency's, each for itself."""
    game = make_engine(
        Catalog(
            currencies=[Currency("points", expires="2d"), Currency("gems", matures="1d")],
            rules=[
                Rule("short", on="short", award={"points": 1, "gems": 2}, expires="1d"),
                Rule("usual", on="usual", award=4),
            ],
            badges=[Badge("b", points=8)],
        )
    )
    game.events.emit("ada", "short")
    game.events.emit("ada", "usual")
    game.badges.award("ada", "b")
    game.points.award("ada", 16, expires="3d")
    told = [(each.currency, each.amount) for each in game.points.expiring("ada", before=LATER)]
    assert told == [("points", 1), ("gems", 2), ("points", 12), ("points", 16)]
    assert game.points.balance("ada", currency="gems").pending == 2


def test_what_matures_counts_from_then_on(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Until then it is in no balance, earns no rung and stands on no board; then it is awarded as of that instant."""
    game = make_engine(
        Catalog(
            ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 50})],
            leaderboards=[Leaderboard("week", period="weekly")],
            badges=[Badge("rich", criteria="points.earned >= 50", points=7)],
        )
    )
    answer = game.points.award("ada", 60, matures="14d", expires="1d")
    due = clock.now() + timedelta(days=14)
    assert (answer.amount, answer.new_balance, answer.matures_at) == (60, 0, due)
    assert "60 points pending       count from 16 Mar 09:00" in str(answer)
    assert answer.to_dict()["new_balance"] == 0
    balance = game.points.balance("ada")
    assert (balance.balance, balance.pending, balance.total_earned) == (0, 60, 0)
    (waiting,) = game.points.pending("ada")
    assert (waiting.amount, waiting.matures_at, waiting.transaction_id) == (60, due, answer.transaction_id)
    with pytest.raises(InsufficientPoints):
        game.points.deduct("ada", 1)
    clock.advance(days=14)
    assert game.points.balance("ada").balance == 67
    now = game.tiers.current("ada").current_tier
    assert now is not None
    assert (now.code, now.achieved_at) == ("silver", due)
    assert game.leaderboards.top("week").entries == ()
    effects = list(game.settle())
    assert [effect.tag for effect in effects] == [
        "points_awarded",
        "tier_changed",
        "badge_earned",
        "points_awarded",
    ]
    assert {effect.occurred_at for effect in effects} == {due}
    assert isinstance(effects[1], TierChanged)
    assert [entry.score for entry in game.leaderboards.top("week").entries] == [67]
    clock.advance(days=1)
    assert game.points.balance("ada").balance == 7


def test_what_is_pending_is_taken_back_before_or_after(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The one id stands for the award as long as it waits, and for what has become of it."""
    game = make_engine(Catalog(rules=[Rule("buy", on="buy", award=10, matures="14d")]))
    given = game.points.award("ada", 100, matures="14d")
    taken = game.points.reverse(given.transaction_id, amount=30)
    assert (taken.amount, taken.new_balance, taken.transaction_id, taken.reversed_total) == (30, 0, None, 30)
    with pytest.raises(BadValue, match="70 of 100 points are left to reverse, not 71"):
        game.points.reverse(given.transaction_id, amount=71)
    bought = game.events.emit("ada", "buy")
    game.events.retract(bought.event_id)
    assert game.points.balance("ada").pending == 70
    again = game.events.emit("ada", "buy")
    clock.advance(days=14)
    assert game.points.balance("ada").balance == 80
    assert game.points.reverse(given.transaction_id, amount=50).new_balance == 30
    game.events.retract(again.event_id)
    assert game.points.balance("ada").balance == 20
    rest = game.points.reverse(given.transaction_id)
    assert (rest.amount, rest.new_balance, rest.reversed_total) == (20, 0, 100)
    assert game.points.reverse(given.transaction_id).amount == 0
    assert game.points.balance("ada").total_earned == 0


@pytest.mark.parametrize("field", ["expires", "matures"])
def test_what_is_no_length_of_time_is_refused(make_engine: MakeEngine, field: str) -> None:
    """The field is named, and nothing is written."""
    game = make_engine()
    with pytest.raises(BadValue, match=f"{field} must be a length of time, not '3 days'"):
        game.points.award("ada", 1, **{field: "3 days"})  # type: ignore[arg-type]
    assert len(game.history.activity()) == 0


def test_reading_writes_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Whatever is due, and however often it is read."""
    game = make_engine()
    game.points.award("ada", 10, expires="1d", matures="1d")
    clock.advance(days=3)
    before = game.history.state_digest()
    for _ in range(2):
        assert game.points.balance("ada").balance == 0
        assert game.points.balance("ada").total_earned == 10
        game.participants.get("ada")
        game.participants.state("ada")
        game.points.expiring("ada", before=LATER)
    assert game.history.state_digest() == before


def test_a_deleted_person_has_nothing_waiting(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Neither does an anonymous one lose what they hold by time; nothing is said of either."""
    game = make_engine()
    for who in ("ada", "bob"):
        game.points.award(who, 10, expires="1d")
        game.points.award(who, 10, matures="1d")
        game.points.hold(who, 5, expires="1d")
    game.participants.delete("ada")
    game.participants.anonymize("bob")
    clock.advance(days=3)
    assert list(game.settle()) == []


def test_an_import_settles_by_its_own_clock(clock: ManualClock) -> None:
    """History that is emitted late spends what was there then, not what is there now."""
    game = Engine(
        Catalog(
            rules=[Rule("get", on="get", award=10, expires="2d"), Rule("pay", on="pay", deduct=5)],
        ),
        MemoryStore(),
        clock=clock,
    )
    day = clock.now() - timedelta(days=100)
    game.events.emit_batch(
        [
            Emit("ada", "get", timestamp=day),
            Emit("ada", "pay", timestamp=day + timedelta(days=1)),
            Emit("ada", "pay", timestamp=day + timedelta(days=3)),
        ],
        backfill=True,
    )
    told = [(row.amount, row.account) for row in reversed(game.points.transactions("ada").items)]
    assert told == [(10, "@issued"), (-5, "@spent"), (-5, "@expired")]


def test_an_award_that_has_lapsed_goes_once(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Taking back what time has taken already takes nothing else, and it is not earned any more."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("all")]))
    first = game.points.award("ada", 100, expires="5d")
    game.points.award("ada", 40)
    clock.advance(days=6)
    taken = game.points.reverse(first.transaction_id)
    assert (taken.amount, taken.reversed_total, taken.new_balance) == (100, 100, 40)
    balance = game.points.balance("ada")
    assert (balance.balance, balance.total_earned) == (40, 40)
    assert game.leaderboards.rank("all", "ada").score == 40
    told = [(row.amount, row.account) for row in game.points.transactions("ada").items]
    assert told[:3] == [(-100, "@issued"), (100, "@expired"), (-100, "@expired")]
    assert min(row.balance_after for row in game.points.transactions("ada").items) >= 0
    assert game.points.reverse(first.transaction_id).amount == 0
    assert game.history.verify(replay=True).ok


def test_of_an_award_in_part_lapsed_the_rest_goes_from_what_is_there(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """What was spent of it comes from the balance, what lapsed does not; in parts it comes to the same."""
    game = make_engine()
    first = game.points.award("ada", 100, expires="5d")
    game.points.award("ada", 50)
    game.points.deduct("ada", 30)
    clock.advance(days=6)
    assert game.points.balance("ada").balance == 50
    assert game.points.reverse(first.transaction_id, amount=60).new_balance == 50
    assert game.points.reverse(first.transaction_id, amount=40).new_balance == 20
    assert game.points.balance("ada").total_earned == 50
    assert game.history.verify(replay=True).ok


def test_an_event_is_taken_back_whose_points_have_lapsed(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What other events gave is left alone; what lapsed and was given back by hand is there to be taken."""
    game = make_engine(Catalog(rules=[Rule("buy", on="buy", award=100, expires="5d")]))
    sent = [game.events.emit("ada", "buy").event_id for _ in range(2)]
    game.points.award("ada", 40)
    clock.advance(days=6)
    game.settle()
    assert game.events.retract(sent[0]).skipped == ()
    assert game.points.balance("ada").balance == 40
    lapse = next(
        row for row in game.points.transactions("ada").items if row.source == "time" and row.amount < 0
    )
    assert game.points.reverse(lapse.transaction_id).new_balance == 140
    game.events.retract(sent[1])
    balance = game.points.balance("ada")
    assert (balance.balance, balance.total_earned) == (40, 40)
    assert game.history.verify(replay=True).ok


def test_what_settling_brings_about_is_settled_too(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A prize lapses, and stands in the table of its week, which closes: one call does all of it."""
    week = Leaderboard("week", period="weekly", finalize_after="12h", prizes={1: 50})
    game = make_engine(Catalog(currencies=[Currency("points", expires="3d")], leaderboards=[week]))
    game.points.award("ada", 5)
    clock.advance(days=60)
    told = game.settle()
    assert not told.more
    assert sum(isinstance(effect, PointsExpired) for effect in told) > 1
    assert list(game.settle()) == []
    assert game.history.verify(replay=True).ok


def test_what_has_matured_says_what_it_was_awarded_for(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Each movement its own award's reason and metadata, and which award that was; of a rule's only the last."""
    rules = [Rule("lesson", on="lesson", award=7, matures="1d")]
    game = make_engine(Catalog(currencies=[Currency("miles")], rules=rules))
    first = game.points.award("ada", 5, reason="Order 1", metadata={"order": 1}, matures="2d")
    second = game.points.award("ada", 6, reason="Order 2", matures="2d")
    game.points.award("ada", 6, reason="Flight", currency="miles", matures="2d")
    game.points.reverse(second.transaction_id, amount=1)
    sent = game.events.emit("ada", "lesson")
    game.points.award("ada", 9, reason="Now")
    clock.advance(days=3)
    game.settle()
    clock.advance(seconds=1)
    movements = game.points.transactions("ada").items
    told = [
        (each.amount, each.reason, dict(each.metadata), each.source, each.matured_from) for each in movements
    ]
    assert told == [
        (5, "Order 2", {}, "pending", second.transaction_id),
        (5, "Order 1", {"order": 1}, "pending", first.transaction_id),
        (7, None, {}, "rule:lesson", sent.effects[0].id),
        (9, "Now", {}, "direct", None),
    ]
    assert [each.reason for each in game.points.transactions("ada", currency="miles")] == ["Flight"]
    exported: Any = game.participants.export("ada")["transactions"]
    assert [each["reason"] for each in exported] == ["Flight", "Now", None, "Order 1", "Order 2"]
    assert [each.reason for each in game.at(clock.now()).points.transactions("ada")] == [t[1] for t in told]
    assert set(game.analytics.currency("points", "7d").summary.by_reason) == {"pending", "rule:lesson", "Now"}
