from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gamify_core import (
    Award,
    Badge,
    BadValue,
    Catalog,
    Currency,
    Engine,
    InsufficientPoints,
    Ladder,
    Limits,
    ManualClock,
    NotFound,
    PointsAwarded,
    PointsDeducted,
)
from tests.engine.conftest import MakeEngine

ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # instants are no part of what makes effects equal

MOST = 2**53 - 1
GEMS = Catalog(currencies=[Currency("gems")])


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine with points and gems."""
    return make_engine(GEMS)


def test_somebody_never_seen_holds_nothing(game: Engine) -> None:
    """Reading an unknown person gives zeros, and does not make them appear."""
    balance = game.points.balance("ada")
    assert (balance.balance, balance.available, balance.total_earned, balance.total_spent) == (0, 0, 0, 0)
    assert list(game.points.transactions("ada")) == []
    assert game.participants.list().total == 0


def test_awards_and_deductions_are_kept_apart(game: Engine) -> None:
    """The balance is what was earned less what was spent, and both sums stay readable."""
    assert game.points.award("ada", 100).new_balance == 100
    assert game.points.deduct("ada", 30).new_balance == 70
    assert game.points.award("ada", 1).new_balance == 71
    assert game.points.balance("ada").to_dict() == {"balance": 71, "total_earned": 101, "total_spent": 30}


def test_a_balance_can_be_emptied_but_not_overdrawn(game: Engine) -> None:
    """Spending all that is there works; one point more is refused with the numbers, and leaves no trace."""
    game.points.award("ada", 30)
    before = game.history.state_digest()
    with pytest.raises(
        InsufficientPoints, match=r"^Insufficient points\. Available: 30, requested: 31$"
    ) as caught:
        game.points.deduct("ada", 31)
    assert (caught.value.participant_id, caught.value.currency) == ("ada", "points")
    assert (caught.value.available, caught.value.requested, caught.value.http_status) == (30, 31, 400)
    assert game.history.state_digest() == before
    assert game.points.deduct("ada", 30).new_balance == 0


def test_an_overdraft_by_a_stranger_does_not_make_them_appear(game: Engine) -> None:
    """A refused command leaves nothing, not even the participant it was about."""
    with pytest.raises(InsufficientPoints, match="Available: 0, requested: 1"):
        game.points.deduct("ada", 1)
    assert game.participants.list().total == 0
    assert game.history.activity() == ()


def test_currencies_do_not_mix(game: Engine) -> None:
    """A wallet of one currency neither feeds nor pays for another."""
    game.points.award("ada", 5)
    game.points.award("ada", 7, currency="gems")
    assert game.points.balance("ada").balance == 5
    assert game.points.balance("ada", currency="gems").balance == 7
    with pytest.raises(InsufficientPoints, match="Available: 5, requested: 6"):
        game.points.deduct("ada", 6)
    with pytest.raises(NotFound, match="Currency definition not found: gem") as caught:
        game.points.award("ada", 1, currency="gem")
    assert caught.value.nearest == "gems"


def test_a_movement_tells_where_the_points_came_from(game: Engine, clock: ManualClock) -> None:
    """Each movement carries its reason, metadata, instant, other side, and the balance after it."""
    answer = game.points.award("ada", 100, reason="Welcome", metadata={"by": ["bob", 1.5, None]})
    clock.advance(hours=1)
    game.points.deduct("ada", 40)
    second, first = game.points.transactions("ada")
    assert first.to_dict() == {
        "transaction_id": answer.transaction_id,
        "amount": 100,
        "currency": "points",
        "balance_after": 100,
        "source": "direct",
        "account": "@issued",
        "peer_id": None,
        "reason": "Welcome",
        "metadata": {"by": ["bob", 1.5, None]},
        "occurred_at": "2026-03-02T09:00:00Z",
        "base_amount": None,
        "matured_from": None,
    }
    assert (second.amount, second.balance_after, second.account) == (-40, 60, "@spent")
    assert (second.reason, second.metadata) == (None, {})
    assert second.occurred_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_a_movement_of_a_badge_names_the_badge(make_engine: MakeEngine) -> None:
    """Points that something else gave say what gave them, and carry no reason of their own."""
    game = make_engine(Catalog(badges=[Badge("first", points=50)]))
    game.badges.award("ada", "first", metadata={"note": "theirs, not the points'"})
    (movement,) = game.points.transactions("ada")
    assert (movement.source, movement.amount, movement.reason, movement.metadata) == (
        "badge:first",
        50,
        None,
        {},
    )


def test_pages_of_transactions_run_from_the_newest(game: Engine) -> None:
    """Pages hold newest first, know the whole, and are empty beyond the end."""
    for amount in range(1, 8):
        game.points.award("ada", amount)
    first = game.points.transactions("ada", page=1, page_size=3)
    assert [m.amount for m in first] == [7, 6, 5]
    assert (first.total, first.page, first.page_size) == (7, 1, 3)
    assert [m.amount for m in game.points.transactions("ada", page=3, page_size=3)] == [1]
    assert list(game.points.transactions("ada", page=4, page_size=3)) == []


def test_a_transfer_moves_and_is_neither_earned_nor_spent(make_engine: MakeEngine) -> None:
    """Passing points around changes both balances and neither sum, so it reaches no tier."""
    game = make_engine(Catalog(ladders=[Ladder("tier", tiers={"bronze": 0, "gold": 100})]))
    game.points.award("ada", 150)
    answer = game.points.transfer("ada", "bob", 120, reason="a present")
    assert answer.to_dict() == {
        "transaction_id": answer.transaction_id,
        "participant_id": "ada",
        "recipient_id": "bob",
        "amount": 120,
        "new_balance": 30,
        "recipient_balance": 120,
    }
    assert game.points.balance("ada").to_dict() == {"balance": 30, "total_earned": 150, "total_spent": 0}
    assert game.points.balance("bob").to_dict() == {"balance": 120, "total_earned": 0, "total_spent": 0}
    assert game.tiers.current("bob").current_tier is None
    assert answer.effects == (
        PointsDeducted("ada", "direct", "", ANY_TIME, 120, "points", 30, "bob"),
        PointsAwarded("bob", "direct", "", ANY_TIME, 120, "points", 120, "ada"),
    )


def test_both_sides_of_a_transfer_name_each_other(game: Engine) -> None:
    """Each wallet's movement shows the other participant and the reason, and the two ids differ."""
    game.points.award("ada", 5)
    game.points.transfer("ada", "bob", 5, reason="a present", metadata={"card": 1})
    sent, received = game.points.transactions("ada")[0], game.points.transactions("bob")[0]
    assert (sent.amount, sent.peer_id, sent.reason) == (-5, "bob", "a present")
    assert (received.amount, received.peer_id, received.metadata) == (5, "ada", {"card": 1})
    assert sent.account is None
    assert sent.transaction_id != received.transaction_id


def test_a_transfer_that_cannot_be_paid_changes_nobody(game: Engine) -> None:
    """An overdraft refuses the whole transfer; the recipient does not appear."""
    game.points.award("ada", 5)
    before = game.history.state_digest()
    with pytest.raises(InsufficientPoints, match="Available: 5, requested: 6"):
        game.points.transfer("ada", "bob", 6)
    assert game.history.state_digest() == before


def test_nobody_transfers_to_themselves(game: Engine) -> None:
    """A transfer to oneself is a mistake and is refused by name."""
    game.points.award("ada", 5)
    with pytest.raises(BadValue, match="sender and recipient are the same: 'ada'") as caught:
        game.points.transfer("ada", "ada", 1)
    assert caught.value.field == "recipient_id"


@pytest.mark.parametrize("amount", [1, MOST])
def test_the_least_and_the_most(game: Engine, amount: int) -> None:
    """Both ends of the range of amounts are kept exactly."""
    assert game.points.award("ada", amount).new_balance == amount
    assert game.points.deduct("ada", amount).new_balance == 0


def test_a_wallet_never_leaves_64_bits(game: Engine) -> None:
    """The award that would overflow a sum is refused; the wallet stays as it was and goes on working."""
    answers = game.points.award_batch([Award("ada", MOST)] * 1025)
    assert (answers.processed, answers.failed) == (1024, 1)
    assert isinstance(answers.results[-1].error, BadValue)
    assert "64 bits" in answers.results[-1].error.detail
    assert game.points.balance("ada").balance == 1024 * MOST
    game.points.award("bob", MOST)
    with pytest.raises(BadValue, match="64 bits"):
        game.points.transfer("bob", "ada", MOST)
    assert game.points.balance("bob").balance == MOST
    assert game.points.deduct("ada", MOST).new_balance == 1023 * MOST


def test_limits_are_tighter_bounds_of_ones_own(make_engine: MakeEngine) -> None:
    """`limits` bound amount and reason for awards, deductions, transfers and batch items alike."""
    game = make_engine(limits=Limits(amount=10, reason=5))
    game.points.award("ada", 10, reason="12345")
    for refused in (
        lambda: game.points.award("ada", 11),
        lambda: game.points.deduct("ada", 11),
        lambda: game.points.transfer("ada", "bob", 11),
    ):
        with pytest.raises(BadValue, match="amount must be from 1 to 10, not 11"):
            refused()
    with pytest.raises(BadValue, match="reason must be at most 5 characters, not 6"):
        game.points.award("ada", 1, reason="123456")
    assert game.points.award_batch([Award("ada", 11)]).failed == 1


def test_what_a_caller_passes_is_not_shared(game: Engine) -> None:
    """Changing the metadata after the call does not change what was recorded."""
    metadata: dict[str, object] = {"tags": ["a"]}
    game.points.award("ada", 1, metadata=metadata)
    metadata["tags"] = "changed"
    assert game.points.transactions("ada")[0].metadata == {"tags": ["a"]}


def test_a_late_award_keeps_its_own_instant(game: Engine, clock: ManualClock) -> None:
    """`at` is when it happened, whatever the clock says; the wallet stays in the order of writing."""
    game.points.award("ada", 1)
    late = game.points.award("ada", 2, at=clock.now() - timedelta(days=2))
    assert late.occurred_at == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert [m.amount for m in game.points.transactions("ada")] == [2, 1]
