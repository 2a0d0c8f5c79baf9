"""Trades: two sides swap copies and points in one commit, or nothing happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Catalog,
    Currency,
    Engine,
    GamifyError,
    InsufficientPoints,
    Ladder,
    Limits,
    NotFound,
    NotOwner,
    NotTransferable,
    Side,
    TierChanged,
)

if TYPE_CHECKING:
    from .conftest import MakeEngine

CATALOG = Catalog(
    currencies=[Currency("gems")],
    badges=[Badge("card"), Badge("bound", transferable=False)],
)


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine in which ada and bob have two cards each, numbered in turn, and a hundred points."""
    made = make_engine(CATALOG)
    for who in ("ada", "bob", "ada", "bob"):
        made.assets.mint("card", who)
    for who in ("ada", "bob"):
        made.points.award(who, 100)
    return made


def cards(game: Engine, who: str) -> list[str]:
    """Return the ids of somebody's cards, the first that was got first."""
    return [asset.asset_id for asset in reversed(game.assets.list(who).items)]


def refused(game: Engine, error: type[GamifyError], first: Any, second: Any) -> Any:
    """Check that a trade is refused with this error and leaves no trace, and return the error."""
    before = game.history.state_digest()
    with pytest.raises(error) as caught:
        game.trades.execute(first, second)
    assert game.history.state_digest() == before
    return caught.value


def test_both_sides_change_hands(game: Engine) -> None:
    """Copies and points go over and back, the answer says what each side gave, and every copy knows its way."""
    (mine, _), (theirs, other) = cards(game, "ada"), cards(game, "bob")
    answer = game.trades.execute(Side("ada", [mine], 30), Side("bob", [theirs, other]))
    assert answer.to_dict() == {
        "action_id": f"act_{answer.activity_id}",
        "type": "trade",
        "first": {"participant_id": "ada", "assets": [mine], "points": 30, "currency": "points"},
        "second": {"participant_id": "bob", "assets": [theirs, other], "points": 0, "currency": "points"},
        "status": "completed",
        "traded_at": "2026-03-02T09:00:00Z",
    }
    assert answer.traded_at == answer.occurred_at
    assert [game.assets.get(asset).owner for asset in (mine, theirs, other)] == ["bob", "ada", "ada"]
    assert [game.points.balance(who).balance for who in ("ada", "bob")] == [70, 130]
    assert [step.what for step in game.assets.history(mine)] == ["minted", "transferred"]
    assert game.assets.history(mine)[1].activity_id == answer.activity_id
    assert {effect.cause for effect in answer.effects} == {"trade"}
    assert game.assets.supply("card").owners == 2


def test_a_sale_is_a_trade(game: Engine) -> None:
    """One side gives a copy, the other points; they count as neither earned nor spent."""
    asset = cards(game, "ada")[0]
    answer = game.trades.execute(Side("ada", [asset]), Side("bob", points=80))
    assert (answer.first.points, answer.second.assets, answer.points) == (0, (), 80)
    ada, bob = (game.points.balance(who) for who in ("ada", "bob"))
    assert (ada.balance, ada.total_earned, ada.total_spent) == (180, 100, 0)
    assert (bob.balance, bob.total_earned, bob.total_spent) == (20, 100, 0)
    assert (game.points.transactions("bob")[0].source, game.points.transactions("bob")[0].peer_id) == (
        "trade",
        "ada",
    )


def test_a_present_is_a_trade(game: Engine) -> None:
    """One side alone may give, to somebody who was never seen before."""
    game.trades.execute(Side("ada"), Side("bob", cards(game, "bob")))
    game.trades.execute(Side("ada", points=100), Side("carl"))
    assert (len(cards(game, "ada")), game.points.balance("carl").balance) == (4, 100)
    assert game.assets.supply("card").owners == 1


def test_points_reach_what_their_balance_reaches(make_engine: MakeEngine) -> None:
    """What a trade moves sets off as any other movement does, on both sides."""
    ladder = Ladder("tier", metric="points.balance", demotion="immediate", tiers={"low": 0, "high": 50})
    game = make_engine(Catalog(ladders=[ladder]))
    game.points.award("ada", 60)
    game.points.award("bob", 10)
    changed = game.trades.execute(Side("ada", points=40), Side("bob")).effects
    assert {(e.participant_id, e.code) for e in changed if isinstance(e, TierChanged)} == {
        ("ada", "low"),
        ("bob", "high"),
    }


def test_currencies_change_hands(game: Engine) -> None:
    """Each side pays in the currency that it names."""
    game.points.award("bob", 7, currency="gems")
    answer = game.trades.execute(Side("ada", points=50), Side("bob", points=7, currency="gems"))
    assert answer.second == Side("bob", (), 7, "gems")
    assert game.points.balance("ada", currency="gems").balance == 7
    assert game.points.balance("bob").balance == 150
    error = refused(game, NotFound, Side("ada", points=1, currency="gold"), Side("bob"))
    assert error.kind == "currency"


def test_nobody_pays_with_what_the_trade_brings(game: Engine) -> None:
    """Each side has what it gives before anything is moved, whichever of them is named first."""
    rich, poor = Side("ada", points=100), Side("bob", points=101)
    for sides in ((rich, poor), (poor, rich)):
        error = refused(game, InsufficientPoints, *sides)
        assert (error.participant_id, error.available, error.requested) == ("bob", 100, 101)
    game.trades.execute(Side("ada", points=100), Side("bob", points=100))
    assert [game.points.balance(who).balance for who in ("ada", "bob")] == [100, 100]


@pytest.mark.parametrize("place", ["first", "second"])
def test_what_is_not_owned_is_not_traded(game: Engine, place: str) -> None:
    """A copy that is the other side's, a stranger's or burnt already moves nothing, not even what came before it."""
    mine, theirs = cards(game, "ada")
    game.assets.transfer(theirs, "ada", "carl")
    game.assets.burn(mine, "ada")
    for asset in (mine, theirs, cards(game, "bob")[0]):
        sides = [Side("ada", [asset]), Side("bob", cards(game, "bob")[1:], 10)]
        error = refused(game, NotOwner, *(sides if place == "first" else reversed(sides)))
        assert (error.asset_id, error.participant_id) == (asset, "ada")


def test_what_is_bound_is_not_traded(game: Engine) -> None:
    """Every check of a transfer applies."""
    bound = game.assets.mint("bound", "bob").asset_id
    refused(game, NotTransferable, Side("ada", cards(game, "ada")), Side("bob", [bound]))
    assert refused(game, NotFound, Side("ada", ["asset_99_0"]), Side("bob")).kind == "asset"


@pytest.mark.parametrize(
    ("sides", "field"),
    [
        ((Side("ada"), Side("bob")), "first"),
        ((Side("ada", points=5), Side("ada")), "second.participant_id"),
        ((Side("ada", points=-1), Side("bob")), "first.points"),
        ((Side("ada", points=True), Side("bob")), "first.points"),
        ((Side("ada"), Side("bob", points=1.5)), "second.points"),  # type: ignore[arg-type]
        ((Side("ada"), Side("bob", "asset_2_0")), "second.assets"),
        ((Side("ada", ["asset_2_0", "asset_2_0"]), Side("bob")), "assets"),
        ((Side("ada", ["asset_2_0"]), Side("bob", ["asset_2"])), "assets"),
        ((Side(7, points=1), Side("bob")), "first.participant_id"),  # type: ignore[arg-type]
        ((Side("ada", points=1, currency=None), Side("bob")), "first.currency"),  # type: ignore[arg-type]
        (("ada", Side("bob", points=1)), "first"),
        ((Side("ada", points=1), {"participant_id": "bob"}), "second"),
    ],
)
def test_a_trade_checks_what_it_is_told(game: Engine, sides: tuple[Any, Any], field: str) -> None:
    """Nothing to swap, a copy named twice (in two spellings), oneself, or what is no side: refused by name."""
    assert refused(game, BadValue, *sides).field == field


def test_an_asset_must_be_named_as_one(game: Engine) -> None:
    """What is no id of an asset is not found."""
    assert refused(game, NotFound, Side("ada", [3]), Side("bob")).detail == "Asset not found: 3"  # type: ignore[list-item]


def test_limits_bound_a_trade(make_engine: MakeEngine) -> None:
    """The most that may be moved at once holds here too."""
    game = make_engine(CATALOG, limits=Limits(amount=10))
    for _ in range(2):
        game.points.award("ada", 10)
    refused(game, BadValue, Side("ada", points=11), Side("bob"))
    assert game.trades.execute(Side("ada", points=10), Side("bob")).first.points == 10


def test_a_repeated_trade_is_one(game: Engine) -> None:
    """Under its key it answers as the first time, though by then nothing could be swapped so again."""
    sides = Side("ada", cards(game, "ada"), 5), Side("bob", cards(game, "bob"))
    first = game.trades.execute(*sides, idempotency_key="k")
    digest = game.history.state_digest()
    again = game.trades.execute(*sides, idempotency_key="k")
    assert (again.replayed, again.to_dict(), again) == (True, first.to_dict(), first)
    assert game.history.state_digest() == digest
    assert game.history.activity()[-1].effects == first.effects


def test_a_refused_trade_in_a_transaction_leaves_the_rest(game: Engine) -> None:
    """What was moved before the refusal is taken back, and what the transaction did otherwise stays."""
    mine, theirs = cards(game, "ada"), cards(game, "bob")
    with game.transaction() as tx:
        tx.assets.transfer(mine[0], "ada", "bob")
        with pytest.raises(NotOwner):
            tx.trades.execute(Side("bob", [theirs[0], mine[0]], 5), Side("ada", [theirs[1]]))
        tx.trades.execute(Side("bob", [theirs[0]]), Side("ada", [mine[1]]))
    owners = [game.assets.get(asset).owner for asset in (*mine, *theirs)]
    assert owners == ["bob", "bob", "ada", "bob"]
    assert [game.points.balance(who).balance for who in ("ada", "bob")] == [100, 100]
