"""Closed accounts, balances that are asserted, and what is owed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gamify_core import (
    Badge,
    BadValue,
    BalanceMismatch,
    Catalog,
    Currency,
    ManualClock,
    Reward,
    Rule,
    WalletClosed,
)
from tests.engine.conftest import MakeEngine


def test_no_points_of_a_closed_account_move(make_engine: MakeEngine) -> None:
    """Whoever asks is refused, and nothing is written; a cascade passes the points over."""
    game = make_engine(
        Catalog(
            rules=[Rule("get", on="x", award=5), Rule("pay", on="x", deduct=1)],
            badges=[Badge("b", points=3)],
            rewards=[Reward("mug", points_cost=1)],
        )
    )
    given = game.points.award("ada", 100)
    game.points.award("bob", 100)
    held = game.points.hold("ada", 10)
    assert [effect.tag for effect in game.points.close("ada", reason="fraud").effects] == ["account_closed"]
    assert game.points.close("ada").effects == ()
    before = game.history.state_digest()
    refused: list[Callable[[], object]] = [
        lambda: game.points.award("ada", 1),
        lambda: game.points.award("ada", 1, matures="1d"),
        lambda: game.points.deduct("ada", 1),
        lambda: game.points.transfer("ada", "bob", 1),
        lambda: game.points.transfer("bob", "ada", 1),
        lambda: game.points.reverse(given.transaction_id),
        lambda: game.points.hold("ada", 1),
        lambda: game.points.capture(held.hold_id),
        lambda: game.rewards.claim("mug", "ada"),
    ]
    for use in refused:
        with pytest.raises(WalletClosed, match="The account of ada is closed"):
            use()
    assert game.history.state_digest() == before
    assert [skipped.code for skipped in game.events.emit("ada", "x").skipped] == ["account_closed"] * 2
    assert [skipped.code for skipped in game.badges.award("ada", "b").skipped] == ["account_closed"]
    assert game.points.release(held.hold_id).available == 100
    game.points.reopen("ada")
    assert game.points.award("ada", 1).new_balance == 101
    assert game.history.verify().mismatches == ()


def test_what_a_closed_account_loses_keeps_its_points(make_engine: MakeEngine) -> None:
    """A badge that is not for ever goes with its criteria all the same; what it gave stays, and that is said."""
    game = make_engine(
        Catalog(
            badges=[
                *(Badge("a"), Badge("b")),
                Badge("some", criteria="badges.count >= 2", permanent=False, points=5),
            ],
        )
    )
    game.badges.award("ada", "a")
    game.badges.award("ada", "b")
    game.points.close("ada")
    game.badges.revoke("ada", "a")
    lost = game.badges.revoke("ada", "b")
    assert [effect.tag for effect in lost.effects] == ["badge_revoked", "badge_revoked", "skipped"]
    assert [skipped.code for skipped in lost.skipped] == ["account_closed"]
    assert game.points.balance("ada").balance == 5
    assert game.history.verify(replay=True).ok


def test_time_stands_still_for_a_closed_account(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Holds end; what matures and lapses does so once it is open again, as of when it was due."""
    game = make_engine()
    game.points.award("ada", 10, expires="1d")
    game.points.award("ada", 20, matures="1d")
    game.points.award("ada", 5)
    game.points.hold("ada", 5, expires="1d")
    game.points.close("ada")
    due = clock.now().replace(day=clock.now().day + 1)
    clock.advance(days=2)
    assert (game.points.balance("ada").balance, game.points.balance("ada").held) == (15, 0)
    assert [effect.tag for effect in game.settle()] == ["hold_ended"]
    game.points.reopen("ada")
    assert game.points.balance("ada").balance == 25
    assert {effect.occurred_at for effect in game.settle()} <= {due}
    assert game.points.balance("ada").balance == 25


def test_an_asserted_balance_says_both_numbers(make_engine: MakeEngine, clock: ManualClock) -> None:
    """As of now, and as of any past instant."""
    game = make_engine()
    then = game.points.award("ada", 30).recorded_at
    clock.advance(days=1)
    game.points.award("ada", 5)
    assert game.points.assert_balance("ada", 35).balance == 35
    with pytest.raises(BalanceMismatch) as caught:
        game.points.assert_balance("ada", 30)
    assert (caught.value.expected, caught.value.actual) == (30, 35)
    assert game.at(then).points.assert_balance("ada", 30).balance == 30


def test_what_is_owed_adds_up(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What is out is what is held, what never lapses and what lapses in each month; what has lapsed is out no more."""
    game = make_engine()
    game.points.award("ada", 100, expires="1mo")
    game.points.award("ada", 40, expires="1d")
    game.points.award("ada", 7)
    game.points.award("bob", 50, expires="10d")
    game.points.award("bob", 9, matures="5d")
    game.points.hold("bob", 20)
    given = game.points.award("cay", 5)
    game.points.deduct("cay", 5)
    game.points.reverse(given.transaction_id, on_insufficient="allow_negative")
    clock.advance(days=1)
    owed = game.analytics.liability()
    assert [(each.period, each.amount) for each in owed.periods] == [("2026-03", 30), ("2026-04", 100)]
    assert (owed.outstanding, owed.held, owed.never, owed.pending, owed.debt) == (157, 20, 7, 9, 5)
    assert game.scope("elsewhere").analytics.liability().outstanding == 0
    with pytest.raises(BadValue, match="by must be one of day, month, year"):
        game.analytics.liability(by="week")  # type: ignore[arg-type]


def test_what_is_promised_to_a_closed_account_can_be_taken_back(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """It moves no point, and never will: nothing of it is there when the account is open again."""
    game = make_engine(Catalog(currencies=[Currency("gems", matures="1d")]))
    promised = game.points.award("ada", 5, currency="gems")
    game.points.close("ada")
    assert game.points.reverse(promised.effects[0].id, amount=2).amount == 2
    clock.advance(days=2)
    game.points.reopen("ada")
    assert game.points.balance("ada", currency="gems").balance == 3
