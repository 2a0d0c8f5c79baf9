"""Currencies with decimals: what goes in is exact, what comes out is a `Decimal`, and rows keep integers."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    Badge,
    BadValue,
    BalanceMismatch,
    Cap,
    Catalog,
    CatalogError,
    Currency,
    Engine,
    IdempotencyConflict,
    InsufficientPoints,
    Ladder,
    Leaderboard,
    Metric,
    OpeningBalance,
    Reward,
    Rule,
    Side,
    Tier,
)
from gamify_core.storage.tables.ledger import ENTRY
from tests.engine.conftest import MakeEngine, store_of

if TYPE_CHECKING:
    from gamify_core import ManualClock

SHOP = Catalog(
    currencies=[Currency("usd", scale=2), Currency("gems")],
    rules=[
        Rule("back", "bought", award={"usd": "price * 0.05"}),
        Rule("near", "near", award={"usd": "price * 0.05"}, rounding="floor"),
        Rule("some", "some", award={"usd": 3}, cap=Cap(points=5)),
    ],
    rewards=[Reward("mug", points_cost=3, currency="usd")],
    ladders=[Ladder("rich", metric="usd.earned", tiers=[Tier("poor"), Tier("rich", min_points=20)])],
    badges=[Badge("saver", criteria="usd.balance > 20"), Badge("welcome", points={"usd": 2})],
    leaderboards=[Leaderboard("top", metric="usd.balance")],
)


def usd(game: Engine, who: str = "ada") -> Decimal:
    """Return what somebody has, which is a decimal of two places."""
    balance = game.points.balance(who, currency="usd").balance
    assert isinstance(balance, Decimal)
    assert balance.as_tuple().exponent == -2
    return balance


def test_amounts_are_exact_and_whole_numbers_are_whole_units(make_engine: MakeEngine) -> None:
    """A decimal, a number as text and an integer say one thing; rows keep the smallest unit, and JSON has text."""
    game = make_engine(SHOP)
    first = game.points.award("ada", "12.34", currency="usd")
    assert (first.amount, first.new_balance) == (Decimal("12.34"), Decimal("12.34"))
    assert first.to_dict()["amount"] == first.effects[0].to_dict()["amount"] == "12.34"
    assert "+12.34 usd" in str(first)
    game.points.award("ada", Decimal("0.1"), currency="usd")
    game.points.award("ada", 5, currency="usd")
    with localcontext() as context:
        context.prec = 2  # what the application reckons with is its own
        assert game.points.award("ada", Decimal("1234.56"), currency="usd").amount == Decimal("1234.56")
    assert usd(game) == Decimal("1252.00")
    with store_of(game).view() as view:
        assert [row.amount for row in view.scan(ENTRY)] == [1234, 10, 500, 123456]
    assert game.points.balance("ada", currency="usd").to_dict()["balance"] == "1252.00"
    assert game.points.award("ada", 7).new_balance == 7
    assert type(game.points.award("ada", 7, currency="gems").new_balance) is int


@pytest.mark.parametrize(
    "amount",
    [
        *(
            1.5,
            "1.234",
            Decimal("0.001"),
            Decimal("NaN"),
            Decimal("Infinity"),
            True,
            "1e3",
            "",
            0,
            "-1",
            "0.00",
        ),
        *(
            None,
            10**16,
            "90071992547409.92",
            Decimal("1.0000000000000000000000000000000001"),
            [1],
            "\uff11",
            b"1",
        ),
    ],
)
def test_what_is_no_amount_is_refused_and_leaves_nothing(make_engine: MakeEngine, amount: Any) -> None:
    """More decimals than there are, floats, what is no number, and what is beyond the range."""
    game = make_engine(SHOP)
    game.points.award("ada", 1, currency="usd")
    before = game.history.state_digest()
    calls: list[Any] = [game.points.award, game.points.deduct, game.points.hold]
    for call in calls:
        with pytest.raises(BadValue, match="amount must be"):
            call("ada", amount, currency="usd")
    assert game.history.state_digest() == before
    assert game.points.award("ada", "90071992547409.91", currency="usd").amount == Decimal(
        "90071992547409.91"
    )


@pytest.mark.parametrize("amount", ["5", Decimal(5), Decimal("5.5")])
@pytest.mark.parametrize("currency", ["points", "gems"])
def test_what_is_whole_stays_whole(make_engine: MakeEngine, currency: str, amount: Any) -> None:
    """A currency without a scale takes integers alone, as it always did."""
    game = make_engine(SHOP)
    with pytest.raises(BadValue, match="whole number"):
        game.points.award("ada", amount, currency=currency)


def test_one_number_is_one_number_under_a_key(make_engine: MakeEngine) -> None:
    """However it was written: a retry with 5.00 finds the answer of 5, and another number is a conflict."""
    game = make_engine(SHOP)
    game.points.award("ada", 5, currency="usd", idempotency_key="k")
    for same in ("5", "5.00", Decimal("5.0"), Decimal("5E0"), "05"):
        assert game.points.award("ada", same, currency="usd", idempotency_key="k").replayed
    with pytest.raises(IdempotencyConflict):
        game.points.award("ada", "5.01", currency="usd", idempotency_key="k")
    assert usd(game) == 5


def test_refusals_speak_in_decimals(make_engine: MakeEngine) -> None:
    """Balances, holds and parts of them, as numbers and in the sentence."""
    game = make_engine(SHOP)
    given = game.points.award("ada", "1.50", currency="usd")
    held = game.points.hold("ada", "0.40", currency="usd")
    assert held.available == Decimal("1.10")
    with pytest.raises(InsufficientPoints, match=r"Available: 1\.10, requested: 1\.20$") as refused:
        game.points.deduct("ada", "1.2", currency="usd")
    assert refused.value.available == Decimal("1.10")
    with pytest.raises(BadValue, match=r"0\.40 usd are held, not 0\.41"):
        game.points.capture(held.hold_id, "0.41")
    with pytest.raises(BadValue, match=r"1\.50 of 1\.50 usd are left to reverse, not 2\.00"):
        game.points.reverse(given.transaction_id, amount=2)
    with pytest.raises(BalanceMismatch, match=r"ada holds 1\.50 usd, not 1\.51"):
        game.points.assert_balance("ada", "1.51", currency="usd")
    assert game.points.assert_balance("ada", Decimal("1.5"), currency="usd").held == Decimal("0.40")
    assert game.points.capture(held.hold_id, "0.1").captured == Decimal("0.10")
    assert game.points.reverse(given.transaction_id, amount="0.05").new_balance == Decimal("1.35")


def test_rules_reckon_in_whole_units(make_engine: MakeEngine) -> None:
    """What an expression comes to is to be exact in the smallest unit, or is rounded to it as the rule says."""
    game = make_engine(SHOP)
    assert game.events.emit("ada", "bought", {"price": 49.8}).effects[0].to_dict()["amount"] == "2.49"
    assert [one.code for one in game.events.emit("ada", "bought", {"price": 49.99}).skipped] == ["expression"]
    game.events.emit("ada", "near", {"price": 49.99})
    assert usd(game) == Decimal("4.98")
    game.events.emit("ada", "some")
    trimmed = game.events.emit("ada", "some")
    assert [one.message for one in trimmed.skipped] == ["the daily cap of 5.00 leaves 2.00"]
    assert usd(game) == Decimal("9.98")


def test_what_definitions_give_and_ask_are_whole_units(make_engine: MakeEngine) -> None:
    """Points of badges, costs of rewards, rungs and criteria: 20 is 20.00, and the numbers shown are decimals."""
    game = make_engine(SHOP)
    game.badges.award("ada", "welcome")
    assert usd(game) == 2
    assert game.rewards.claim("mug", "bob", points_deduction=False).points_deducted == 0
    with pytest.raises(InsufficientPoints, match=r"requested: 3\.00"):
        game.rewards.claim("mug", "ada")
    assert game.points.award("ada", "17.99", currency="usd").tier_upgrade is None
    following = game.tiers.current("ada", ladder="rich").next_tier
    assert following is not None
    assert (following.points_required, following.points_remaining) == (Decimal(20), Decimal("0.01"))
    assert str(game.badges.progress("ada", "saver")) == "saver 99%, usd.balance 19.99 of 20.01"
    reached = game.points.award("ada", "0.01", currency="usd")
    assert reached.tier_upgrade is not None
    assert not reached.badges
    assert [one.code for one in game.points.award("ada", "0.01", currency="usd").badges] == ["saver"]
    assert str(game.leaderboards.top("top")) == "1. ada 20.01"
    claim = game.rewards.claim("mug", "ada")
    assert (claim.points_deducted, claim.new_balance) == (Decimal(3), Decimal("17.01"))
    back = game.rewards.cancel(claim.claim_id)
    assert (back.points_returned, back.new_balance) == (Decimal(3), Decimal("20.01"))


def test_between_people_and_by_hand(make_engine: MakeEngine) -> None:
    """Transfers, trades, gifts and posted scores take and show decimals too."""
    game = make_engine(SHOP)
    assert game.scores.add("ada", "usd", "quiz", Decimal("10.5")).current == Decimal("10.50")
    sent = game.points.transfer("ada", "bob", "0.25", currency="usd")
    assert (sent.sender_balance, sent.recipient_balance) == (Decimal("10.25"), Decimal("0.25"))
    swap = game.trades.execute(Side("ada", points="0.75", currency="usd"), Side("bob"))
    assert swap.first.to_dict()["points"] == "0.75"
    gift = game.gifts.create("Welcome", "gold", "1.25", currency="usd")
    assert game.gifts.get(gift.gift_id).reward == gift.reward == Decimal("1.25")
    assert game.gifts.redeem(gift.gift_id, "bob").new_balance == Decimal("2.25")
    assert game.scores.add("cyd", "usd", "gift_redeemed", Decimal("1.25"), gift_id=gift.gift_id).previous == 0


def test_what_happened_in_all_is_in_decimals(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Statements, flows, liabilities, what waits and what lapses; replay and verify agree with the rows."""
    game = make_engine(SHOP)
    game.points.award("ada", "2.50", currency="usd", expires="3mo", reason="Refund")
    game.points.award("ada", "1.05", currency="usd", matures="1d")
    game.points.deduct("ada", "0.30", currency="usd")
    assert [one.amount for one in game.points.pending("ada")] == [Decimal("1.05")]
    later = clock.now().replace(year=2030)
    assert [one.to_dict()["amount"] for one in game.points.expiring("ada", later)] == ["2.20"]
    flow = game.analytics.currency("usd", "7d").to_dict()
    assert json.loads(json.dumps(flow)) == flow
    assert flow["summary"]["net"] == "2.20"  # type: ignore[index]
    owed = game.analytics.liability("usd")
    assert (owed.outstanding, owed.pending, owed.never) == (Decimal("2.20"), Decimal("1.05"), 0)
    newest = game.points.transactions("ada", currency="usd").items[0]
    assert (newest.amount, newest.balance_after) == (Decimal("-0.30"), Decimal("2.20"))
    clock.advance(days=200)
    assert usd(game) == Decimal("1.05")
    game.settle()
    assert game.history.verify(replay=True).ok


def test_people_come_with_decimals(make_engine: MakeEngine, clock: ManualClock) -> None:
    """An opening is in whole units as well, and so are its lots; what it answers is replayed."""
    game = make_engine(SHOP)
    lots = [("0.55", clock.now() + timedelta(days=3))]
    opened = game.participants.opening("ada", balances={"usd": OpeningBalance("7.05", earned=9, lots=lots)})
    assert opened.to_dict()["balances"] == {"usd": {"balance": "7.05", "earned": "9.00", "spent": "1.95"}}
    clock.advance(days=4)
    assert usd(game) == Decimal("6.50")
    with pytest.raises(BadValue, match="at most 2 decimals"):
        game.participants.opening("bob", balances={"usd": Decimal("0.001")})
    with pytest.raises(BadValue, match=r"is 1, and its lots come to 1\.1"):
        game.participants.opening(
            "bob", balances={"usd": OpeningBalance(1, lots=[("1.1", clock.now() + timedelta(days=3))])}
        )
    assert game.history.verify(replay=True).ok


def test_the_decimals_of_a_currency_stay(make_engine: MakeEngine) -> None:
    """No catalog is taken that would read the amounts in the file otherwise, after it was left out for a while too."""
    first = make_engine(SHOP)
    first.points.award("ada", "1.50", currency="usd")
    store = store_of(first)
    other = Catalog(currencies=[Currency("usd", scale=3)])
    with pytest.raises(CatalogError, match="3 is not the scale 2 that its amounts"):
        make_engine(other, store=store).points.award("ada", 1)
    make_engine(Catalog(), store=store).points.award("ada", 1)
    with pytest.raises(CatalogError, match="3 is not the scale 2 that its amounts"):
        make_engine(other, store=store).points.award("ada", 1)
    again = make_engine(Catalog(currencies=[Currency("usd", scale=2), Currency("eur", scale=3)]), store=store)
    assert again.points.award("ada", "0.5", currency="usd").new_balance == 2


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"currencies": [Currency("points", scale=1)]}, "points are whole numbers"),
        (
            {
                "currencies": [Currency("usd", scale=2)],
                "rules": [Rule("a", "x", award={"usd": 1, "points": 1}, cap=Cap(points=5))],
            },
            "caps the sum of currencies with different decimals",
        ),
    ],
)
def test_catalogs_that_would_mix_decimals_are_refused(parts: dict[str, Any], told: str) -> None:
    """`points` are whole, and one cap cannot count unlike things."""
    with pytest.raises(CatalogError, match=told):
        Catalog(**parts)


def test_metrics_with_decimals_are_opened_and_exported_with_them(make_engine: MakeEngine) -> None:
    """As amounts are: exact, whole numbers are whole units, JSON has text, and what has more decimals is refused."""
    spent = Metric("spent", "bought", sum="price", scale=2)
    game = make_engine(
        Catalog(metrics=[spent, Metric("n", "bought")], leaderboards=[Leaderboard("top", metric="spent")])
    )
    begun = game.participants.opening("ada", metrics={"spent": "12.30", "n": 3}, idempotency_key="k")
    assert begun.metrics == {"spent": Decimal("12.30"), "n": 3}
    assert begun.to_dict()["metrics"] == {"spent": "12.30", "n": 3}
    same = game.participants.opening("ada", metrics={"n": 3, "spent": Decimal("12.3")}, idempotency_key="k")
    assert same.replayed
    game.participants.opening("bob", metrics={"spent": 12})
    game.scores.add("bob", "spent", "posted", Decimal("0.05"))
    assert [entry.score for entry in game.leaderboards.top("top")] == [Decimal("12.30"), Decimal("12.05")]
    told: Any = game.participants.export("bob")
    assert [(each["metric"], each["value"]) for each in told["metrics"]] == [("spent", "12.05")]
    assert [(each["metric"], each["value"]) for each in told["scores"]] == [("spent", "0.05")]
    wrongs: list[Any] = [{"spent": "0.001"}, {"spent": 0.5}, {"n": "1.5"}, {"spent": 2**53}]
    for wrong in wrongs:
        with pytest.raises(BadValue):
            game.participants.opening("cay", metrics=wrong)
    assert game.history.verify(replay=True).ok
