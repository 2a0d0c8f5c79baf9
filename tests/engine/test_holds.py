"""Points set aside: what is held is not available, and a hold ends once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gamify_core import (
    BadValue,
    Catalog,
    HoldEndedBefore,
    InsufficientPoints,
    ManualClock,
    NotFound,
    Reward,
    Side,
)
from tests.engine.conftest import MakeEngine


def test_what_is_held_is_there_and_not_available(make_engine: MakeEngine) -> None:
    """Deductions, transfers, claims, trades and further holds are refused with what is available."""
    game = make_engine(Catalog(rewards=[Reward("mug", points_cost=41)]))
    game.points.award("ada", 100)
    held = game.points.hold("ada", 60)
    balance = game.points.balance("ada")
    assert (balance.balance, balance.held, balance.available) == (100, 60, 40)
    assert (held.amount, held.available, held.outcome, held.expires_at) == (60, 40, "held", None)
    for use in (
        lambda: game.points.deduct("ada", 41),
        lambda: game.points.transfer("ada", "bob", 41),
        lambda: game.rewards.claim("mug", "ada"),
        lambda: game.trades.execute(Side("ada", points=41), Side("bob")),
        lambda: game.points.hold("ada", 41),
    ):
        with pytest.raises(InsufficientPoints, match="Available: 40, requested: 41"):
            use()
    game.points.deduct("ada", 40)
    assert game.points.balance("ada").available == 0


def test_a_capture_spends_a_part_and_lets_the_rest_go(make_engine: MakeEngine) -> None:
    """The movement is an ordinary one, with its reason, and can be reversed."""
    game = make_engine()
    game.points.award("ada", 100)
    held = game.points.hold("ada", 60)
    with pytest.raises(BadValue, match="60 points are held, not 61"):
        game.points.capture(held.hold_id, 61)
    done = game.points.capture(held.hold_id, 25, reason="Order 42")
    assert (done.captured, done.amount, done.available, done.outcome) == (25, 60, 75, "captured")
    movement = game.points.transactions("ada").items[0]
    assert (movement.transaction_id, movement.amount, movement.reason) == (
        done.transaction_id,
        -25,
        "Order 42",
    )
    assert game.points.balance("ada").total_spent == 25
    assert done.transaction_id is not None
    assert game.points.reverse(done.transaction_id).new_balance == 100


def test_a_hold_ends_once_and_says_how(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Captured, released or over: whoever comes later hears which, and nothing is written."""
    game = make_engine()
    game.points.award("ada", 100)
    captured, released = game.points.hold("ada", 10), game.points.hold("ada", 10)
    over = game.points.hold("ada", 10, expires="15m")
    game.points.capture(captured.hold_id)
    game.points.release(released.hold_id)
    clock.advance(minutes=15)
    ends = {captured.hold_id: "captured", released.hold_id: "released", over.hold_id: "expired"}
    before = game.history.state_digest()
    for hold_id, outcome in ends.items():
        for use in (game.points.capture, game.points.release):
            with pytest.raises(HoldEndedBefore) as caught:
                use(hold_id)
            assert (caught.value.outcome, caught.value.amount) == (outcome, 10)
    assert game.history.state_digest() == before
    assert game.points.balance("ada").available == 90
    (effect,) = game.settle()
    assert (effect.tag, effect.occurred_at) == (
        "hold_ended",
        over.recorded_at.replace(microsecond=0) + timedelta(minutes=15),
    )


def test_a_key_makes_a_hold_and_a_capture_safe_to_repeat(make_engine: MakeEngine) -> None:
    """The same call again answers what it answered first."""
    game = make_engine()
    game.points.award("ada", 100)
    first = game.points.hold("ada", 10, idempotency_key="h")
    assert game.points.hold("ada", 10, idempotency_key="h").hold_id == first.hold_id
    spent = game.points.capture(first.hold_id, idempotency_key="c")
    again = game.points.capture(first.hold_id, idempotency_key="c")
    assert (again.replayed, again.to_dict()) == (True, spent.to_dict())
    assert game.points.balance("ada").balance == 90


def test_holds_are_listed_by_when_they_end(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Those without an end come last, and those that are over are not listed."""
    game = make_engine()
    game.points.award("ada", 100)
    endless = game.points.hold("ada", 1)
    long, short = game.points.hold("ada", 2, expires="2h"), game.points.hold("ada", 3, expires="1h")
    assert [hold.hold_id for hold in game.points.holds("ada")] == [
        each.hold_id for each in (short, long, endless)
    ]
    clock.advance(hours=1)
    assert [hold.amount for hold in game.points.holds("ada")] == [2, 1]
    assert game.points.holds("nobody") == []


def test_what_is_held_does_not_lapse_until_it_is_let_go(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Then what has lapsed meanwhile lapses at once, and what was captured was spent in time."""
    game = make_engine()
    game.points.award("ada", 100, expires="1d")
    first, second = game.points.hold("ada", 30), game.points.hold("ada", 20)
    clock.advance(days=2)
    assert (game.points.balance("ada").balance, game.points.balance("ada").available) == (50, 0)
    assert game.points.capture(first.hold_id, 25).captured == 25
    assert game.points.balance("ada").balance == 20
    game.points.release(second.hold_id)
    assert game.points.balance("ada").balance == 0


@pytest.mark.parametrize("hold_id", ["hold_1_0", "txn_1_0", "", "hold_0", "hold_99999999999999999999_0"])
def test_a_hold_that_is_not_there_is_not_found(make_engine: MakeEngine, hold_id: str) -> None:
    """Nor is one of another scope."""
    game = make_engine()
    with pytest.raises(NotFound):
        game.points.capture(hold_id)
    other = game.scope("guild")
    other.points.award("ada", 10)
    held = other.points.hold("ada", 5)
    with pytest.raises(NotFound):
        game.points.release(held.hold_id)


def test_what_was_taken_back_meanwhile_is_not_captured(make_engine: MakeEngine) -> None:
    """An award may go into debts, held or not; then the hold stands, and has nothing to be paid from."""
    game = make_engine()
    given = game.points.award("ada", 10).transaction_id
    held = game.points.hold("ada", 8).hold_id
    with pytest.raises(InsufficientPoints, match="Available: 2, requested: 10"):
        game.points.reverse(given)
    assert game.points.reverse(given, on_insufficient="allow_negative").new_balance == 0
    before = game.history.state_digest()
    with pytest.raises(InsufficientPoints, match="Available: 0, requested: 8"):
        game.points.capture(held)
    assert game.history.state_digest() == before
    assert game.points.release(held).outcome == "released"
    assert (game.points.balance("ada").balance, game.points.balance("ada").held) == (0, 0)
