"""Assets: numbered copies that are minted, owned, handed on and burnt, and the ledger of who has them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    AssetBurned,
    AssetMinted,
    AssetTransferred,
    Badge,
    BadValue,
    Catalog,
    EditionTaken,
    Engine,
    IdempotencyConflict,
    ManualClock,
    Metric,
    NotFound,
    NotOwner,
    NotTransferable,
    Rule,
    RuleFailed,
    SoldOut,
    SupplyFixed,
)
from gamify_core.services.ownership import ownership

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.services.ownership import Ownership
    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine

CATALOG = Catalog(
    badges=[Badge("free"), Badge("three", max_supply=3), Badge("bound", transferable=False), Badge("other")]
)


def ledger(game: Engine, badge: str, limit: int = 100) -> Ownership:
    """Return the ownership ledger as analytics reads it."""
    return ownership(game._access, badge, limit)  # noqa: SLF001 - the reading itself, without the service around it


def refused(game: Engine, error: type[Exception], use: Callable[[], object]) -> Any:
    """Check that a call is refused with this error and leaves no trace, and return the error."""
    before = game.history.state_digest()
    with pytest.raises(error) as caught:
        use()
    assert game.history.state_digest() == before
    return caught.value


# -- minting ------------------------------------------------------------------------------------------------------


def test_a_mint_answers_with_the_document(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The fields of the document under its own keys, edition and supply passed inside the metadata as it does."""
    clock.set("2026-02-20T13:00:00+00:00")
    game = make_engine(Catalog(badges=[Badge("early_adopter")]))
    answer = game.assets.mint("early_adopter", "alice.kred", metadata={"edition": 1, "max_supply": 100})
    assert answer.to_dict() == {
        "badge_id": answer.asset_id,
        "badge": "early_adopter",
        "owner": "alice.kred",
        "edition": 1,
        "max_supply": 100,
        "minted_at": "2026-02-20T13:00:00Z",
    }
    assert answer.minted_at == clock.now()
    assert [(type(e), e.participant_id, e.cause) for e in answer.effects] == [
        (AssetMinted, "alice.kred", "direct")
    ]
    assert game.assets.supply("early_adopter").max_supply == 100
    assert str(answer) == "alice.kred · assets.mint\n  asset early_adopter #1  minted"


def test_editions_are_allotted_from_the_lowest_never_used(make_engine: MakeEngine) -> None:
    """Numbers that were named before their turn are passed over, and nothing else is."""
    game = make_engine(CATALOG)
    named = [2, None, 5, 4, None, None, 7, None]
    assert [game.assets.mint("free", "ada", edition=n).edition for n in named] == [2, 1, 5, 4, 3, 6, 7, 8]


def test_naming_the_next_number_is_taking_it(make_engine: MakeEngine) -> None:
    """A named number that is the next one is not met again by the next mint."""
    game = make_engine(CATALOG)
    assert [game.assets.mint("free", "ada", edition=n).edition for n in (1, None, 3, None)] == [1, 2, 3, 4]


def test_a_taken_edition_is_refused_even_burnt(make_engine: MakeEngine) -> None:
    """A number stands for one copy for ever: minted in turn, named, or burnt."""
    game = make_engine(CATALOG)
    first = game.assets.mint("free", "ada")
    game.assets.mint("free", "ada", edition=9)
    game.assets.burn(first.asset_id, "ada")
    for taken in (1, 9):
        error = refused(game, EditionTaken, partial(game.assets.mint, "free", "bob", edition=taken))
        assert (error.badge, error.edition, error.http_status) == ("free", taken, 409)
    assert game.assets.mint("free", "bob").edition == 2


def test_the_last_copy_is_the_last(make_engine: MakeEngine) -> None:
    """A defined supply is minted to its last number; after it nothing, named or not, though a copy is burnt."""
    game = make_engine(CATALOG)
    assert [game.assets.mint("three", "ada", edition=n).edition for n in (3, None, None)] == [3, 1, 2]
    game.assets.burn(game.assets.list("ada")[0].asset_id, "ada")
    for edition in (None, 2):
        error = refused(game, SoldOut, partial(game.assets.mint, "three", "bob", edition=edition))
        assert (error.detail, error.max_supply) == ("All 3 editions of three are minted", 3)


def test_an_edition_beyond_the_supply_is_refused(make_engine: MakeEngine) -> None:
    """There is no number four of three, and the refused mint does not fix anything."""
    game = make_engine(CATALOG)
    error = refused(game, BadValue, lambda: game.assets.mint("three", "ada", edition=4))
    assert "from 1 to 3" in error.detail
    refused(game, BadValue, lambda: game.assets.mint("free", "ada", edition=6, max_supply=5))
    assert game.assets.mint("free", "ada", max_supply=7).max_supply == 7


@pytest.mark.parametrize(
    ("badge", "first", "fixed"), [("three", None, 3), ("free", 5, 5), ("free", None, None)]
)
def test_the_supply_is_fixed_once(
    make_engine: MakeEngine, badge: str, first: int | None, fixed: int | None
) -> None:
    """By the definition, or by the first mint, which fixes `no end` when it says nothing; another is refused."""
    game = make_engine(CATALOG)
    assert game.assets.mint(badge, "ada", max_supply=first).max_supply == fixed
    error = refused(game, SupplyFixed, lambda: game.assets.mint(badge, "ada", max_supply=4))
    assert (error.max_supply, error.asked) == (fixed, 4)
    again = game.assets.mint(badge, "ada", max_supply=fixed)
    assert (again.edition, again.max_supply) == (2, fixed)


def test_a_supply_other_than_defined_is_refused_at_the_first_mint(make_engine: MakeEngine) -> None:
    """The definition is there before any copy is."""
    game = make_engine(CATALOG)
    refused(game, SupplyFixed, lambda: game.assets.mint("three", "ada", metadata={"max_supply": 100}))


def test_a_definition_that_changes_its_supply_means_it(
    make_engine: MakeEngine, make_store: Callable[[], Store]
) -> None:
    """More copies can be minted, or no more; those that are there stay. Without one nothing is fixed."""
    store = make_store()

    def under(max_supply: int | None) -> Engine:
        return make_engine(Catalog(badges=[Badge("b", max_supply=max_supply)]), store=store)

    under(1).assets.mint("b", "ada")
    refused(under(1), SoldOut, lambda: under(1).assets.mint("b", "ada"))
    assert [under(3).assets.mint("b", "bob").edition for _ in range(2)] == [2, 3]
    supply = under(2).assets.supply("b")
    assert (supply.max_supply, supply.minted, supply.remaining) == (2, 3, 0)
    refused(under(2), SoldOut, lambda: under(2).assets.mint("b", "ada"))
    assert under(None).assets.supply("b").max_supply is None
    assert under(None).assets.mint("b", "ada").edition == 4


def test_a_supply_that_is_defined_for_a_while_leaves_nothing(make_engine: MakeEngine) -> None:
    """What the first mint fixed holds again once the definition is silent: that there is no end."""
    game = make_engine()
    game.definitions.badges.create({"code": "x"})
    game.assets.mint("x", "ada")
    game.definitions.badges.update("x", {"max_supply": 2})
    game.assets.mint("x", "ada")
    refused(game, SoldOut, lambda: game.assets.mint("x", "ada"))
    game.definitions.badges.update("x", {"max_supply": None})
    assert game.assets.supply("x").max_supply is None
    assert game.assets.mint("x", "ada").edition == 3


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"edition": 0}, "edition"),
        ({"edition": True}, "edition"),
        ({"max_supply": -1}, "max_supply"),
        ({"metadata": {"edition": "1"}}, "metadata.edition"),
        ({"metadata": {"max_supply": 0}}, "metadata.max_supply"),
        ({"edition": 1, "metadata": {"edition": 2}}, "edition"),
        ({"max_supply": 9, "metadata": {"max_supply": 8}}, "max_supply"),
        ({"metadata": {"x": object()}}, "metadata.x"),
        ({"to": 42}, "to"),
    ],
)
def test_a_mint_checks_what_it_is_told(
    make_engine: MakeEngine, arguments: dict[str, Any], field: str
) -> None:
    """What is no number, or is said twice in two ways, is refused by name."""
    game = make_engine(CATALOG)
    error = refused(game, BadValue, lambda: game.assets.mint(**{"badge": "free", "to": "ada", **arguments}))
    assert field in (error.field, error.detail.split(" ")[0])


def test_the_same_number_said_twice_is_said_once(make_engine: MakeEngine) -> None:
    """By name and in the metadata alike."""
    game = make_engine(CATALOG)
    answer = game.assets.mint("free", "ada", edition=2, metadata={"edition": 2, "max_supply": None})
    assert (answer.edition, answer.max_supply) == (2, None)


def test_a_scope_has_supplies_of_its_own(make_engine: MakeEngine) -> None:
    """Numbers, owners and assets of one scope are nothing to another."""
    game = make_engine(CATALOG)
    guild: Any = game.scope("guild")
    here, there = (one.assets.mint("three", "ada") for one in (game, guild))
    assert (here.edition, there.edition) == (1, 1)
    assert guild.assets.supply("three").minted == 1
    refused(game, NotFound, lambda: game.assets.get(there.asset_id))
    refused(game, NotFound, lambda: game.assets.transfer(there.asset_id, "ada", "bob"))
    assert [asset.asset_id for asset in guild.assets.list("ada")] == [there.asset_id]


def test_many_who_mint_at_once_get_different_numbers(make_engine: MakeEngine) -> None:
    """Threads that race for the last copies get each number once, and the rest are told."""
    game = make_engine(Catalog(badges=[Badge("b", max_supply=8)]))

    def attempt(n: int) -> int | None:
        try:
            return game.assets.mint("b", f"p{n}").edition
        except SoldOut:
            return None

    with ThreadPoolExecutor(4) as pool:
        editions = list(pool.map(attempt, range(12)))
    assert sorted(n for n in editions if n is not None) == list(range(1, 9))


def test_a_repeated_mint_is_one_copy(make_engine: MakeEngine) -> None:
    """The same key answers with the same copy, even sold out by then; other arguments are a conflict."""
    game = make_engine(Catalog(badges=[Badge("b", max_supply=1)]))
    first = game.assets.mint("b", "ada", metadata={"edition": 1}, idempotency_key="k")
    again = game.assets.mint("b", "ada", metadata={"edition": 1}, idempotency_key="k")
    assert (again.replayed, again.to_dict(), again) == (True, first.to_dict(), first)
    error = refused(
        game, IdempotencyConflict, lambda: game.assets.mint("b", "ada", edition=1, idempotency_key="k")
    )
    assert set(error.fields) == {"edition", "metadata"}
    assert game.assets.supply("b").minted == 1


# -- earned badges and rules --------------------------------------------------------------------------------------


def test_an_earned_badge_with_a_supply_comes_with_a_number(make_engine: MakeEngine) -> None:
    """By hand, by criteria and by a rule alike; without a supply there is no copy."""
    game = make_engine(
        Catalog(
            metrics=[Metric("n", on="e")],
            rules=[Rule("r", on="e", badge="ruled")],
            badges=[
                Badge("hand", max_supply=9, points=5),
                Badge("ruled", max_supply=9),
                Badge("criteria", max_supply=9, criteria="n >= 1"),
                Badge("plain", criteria="n >= 1"),
            ],
        )
    )
    by_hand = game.badges.award("ada", "hand")
    assert [(e.tag, e.cause) for e in by_hand.effects] == [
        ("badge_earned", "direct"),
        ("asset_minted", "badge:hand"),
        ("points_awarded", "badge:hand"),
    ]
    assert str(by_hand).splitlines()[1].split() == ["badge", "Hand", "#1,", "+5", "points"]
    minted = [e for e in game.events.emit("ada", "e").effects if isinstance(e, AssetMinted)]
    assert [(e.badge, e.edition, e.cause) for e in minted] == [
        ("ruled", 1, "badge:ruled"),
        ("criteria", 1, "badge:criteria"),
    ]
    assert {asset.badge for asset in game.assets.list("ada")} == {"hand", "ruled", "criteria"}
    assert not game.badges.award("bob", "hand").already_earned
    assert [owner.edition for owner in game.assets.owners("hand")] == [2, 1]


def test_a_second_award_mints_nothing(make_engine: MakeEngine) -> None:
    """A held badge gives no second copy, unless it is repeatable: then each earning has a number."""
    game = make_engine(
        Catalog(badges=[Badge("once", max_supply=9), Badge("often", max_supply=9, repeatable=True)])
    )
    for _ in range(2):
        game.badges.award("ada", "once")
        game.badges.award("ada", "often")
    assert (game.assets.supply("once").minted, game.assets.supply("often").minted) == (1, 2)


def test_a_sold_out_badge_is_not_earned(make_engine: MakeEngine) -> None:
    """Awarded by hand that is an error; in a cascade the event goes through, says so, and gives none of it."""
    game = make_engine(
        Catalog(
            metrics=[Metric("n", on="e")],
            badges=[
                Badge("pioneer", max_supply=1, criteria="n >= 1", points=50),
                Badge("b", criteria="n >= 1"),
            ],
        )
    )
    assert [badge.code for badge in game.events.emit("ada", "e").badges] == ["pioneer", "b"]
    late = game.events.emit("bob", "e")
    assert [badge.code for badge in late.badges] == ["b"]
    assert [(s.effect, s.code, s.message) for s in late.skipped] == [
        ("badge", "sold_out", "pioneer is sold out: its max_supply is 1")
    ]
    assert late.points == 0
    error = refused(game, SoldOut, lambda: game.badges.award("carl", "pioneer"))
    assert error.max_supply == 1
    assert not game.badges.list("bob", badge_codes=["pioneer"]).badges[0].earned


def test_a_rule_mints(make_engine: MakeEngine) -> None:
    """A copy at every firing, of badges with and without a supply, and earns nothing by that."""
    game = make_engine(
        Catalog(
            badges=[Badge("card"), Badge("rare", max_supply=1)],
            rules=[Rule("drop", on="e", mint=("card", "rare"))],
        )
    )
    first, second = game.events.emit("ada", "e"), game.events.emit("ada", "e")
    assert [(e.badge, e.edition, e.cause) for e in first.effects if isinstance(e, AssetMinted)] == [
        ("card", 1, "rule:drop"),
        ("rare", 1, "rule:drop"),
    ]
    assert [(e.badge, e.edition) for e in second.effects if isinstance(e, AssetMinted)] == [("card", 2)]
    assert [(s.effect, s.code) for s in second.skipped] == [("mint", "sold_out")]
    assert game.badges.list("ada").earned_count == 0
    assert game.assets.list("ada").total == 3


@pytest.mark.parametrize("gives", [{"mint": "rare"}, {"badge": "rare"}])
def test_a_rule_that_finds_all_sold_out_does_not_fire(make_engine: MakeEngine, gives: dict[str, str]) -> None:
    """It is explained as passed over, uses up no cap, and refuses the event where it is strict."""
    rules = [Rule("soft", on="e", **gives), Rule("hard", on="f", strict=True, **gives)]  # type: ignore[arg-type]
    game = make_engine(Catalog(badges=[Badge("rare", max_supply=1)], rules=rules))
    game.assets.mint("rare", "ada")
    assert [s.code for s in game.events.emit("bob", "e").skipped] == ["sold_out"]
    assert "rare is sold out: its max_supply is 1" in str(game.events.explain("bob", "e"))
    error = refused(game, RuleFailed, lambda: game.events.emit("bob", "f"))
    assert error.reason == "sold_out"


# -- handing on and burning ---------------------------------------------------------------------------------------


def test_a_transfer_answers_with_the_document(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The fields of the document under its own keys; the new owner has it since then."""
    game = make_engine(CATALOG)
    asset = game.assets.mint("free", "alice.kred").asset_id
    clock.set("2026-03-02T13:05:00+00:00")
    answer = game.assets.transfer(asset, "alice.kred", "bob.kred")
    assert answer.to_dict() == {
        "action_id": f"act_{answer.activity_id}",
        "type": "transfer",
        "asset": asset,
        "from": "alice.kred",
        "to": "bob.kred",
        "status": "completed",
        "transferred_at": "2026-03-02T13:05:00Z",
    }
    effect = answer.effects[0]
    assert isinstance(effect, AssetTransferred)
    assert (effect.participant_id, effect.sender_id, effect.edition, effect.badge) == (
        "bob.kred",
        "alice.kred",
        1,
        "free",
    )
    assert (answer.badge, answer.edition, answer.transferred_at) == ("free", 1, clock.now())
    assert str(answer).splitlines()[1].split(maxsplit=3) == [
        "asset",
        "free",
        "#1",
        "from alice.kred, bob.kred",
    ]
    held = game.assets.get(asset)
    assert (held.owner, held.acquired_at) == ("bob.kred", clock.now())
    assert held.minted_at < held.acquired_at


def test_a_transfer_changes_no_earned_flag(make_engine: MakeEngine) -> None:
    """Who earned the badge keeps it, who got the copy has earned nothing."""
    game = make_engine(CATALOG)
    minted = game.badges.award("ada", "three").effects[1]
    assert isinstance(minted, AssetMinted)
    assert game.assets.transfer(minted.asset_id, "ada", "bob").badges == ()
    game.assets.burn(minted.asset_id, "bob")
    earned = [game.badges.list(who, badge_codes=["three"]).badges[0].earned for who in ("ada", "bob")]
    assert earned == [True, False]


def test_only_the_owner_hands_on(make_engine: MakeEngine) -> None:
    """Neither a stranger, nor who had it before, nor anybody once it is burnt; and a refusal creates nobody."""
    game = make_engine(CATALOG)
    asset = game.assets.mint("free", "ada").asset_id
    error = refused(game, NotOwner, lambda: game.assets.transfer(asset, "eve", "mallory"))
    assert (error.asset_id, error.participant_id) == (asset, "eve")
    game.assets.transfer(asset, "ada", "bob")
    refused(game, NotOwner, lambda: game.assets.transfer(asset, "ada", "carl"))
    refused(game, NotOwner, lambda: game.assets.burn(asset, "ada"))
    game.assets.burn(asset, "bob")
    refused(game, NotOwner, lambda: game.assets.transfer(asset, "bob", "ada"))
    refused(game, NotOwner, lambda: game.assets.burn(asset, "bob"))


def test_what_is_bound_stays(make_engine: MakeEngine) -> None:
    """Copies of a badge that is not transferable cannot be handed on, but their owner may burn them."""
    game = make_engine(CATALOG)
    asset = game.assets.mint("bound", "ada").asset_id
    error = refused(game, NotTransferable, lambda: game.assets.transfer(asset, "ada", "bob"))
    assert (error.asset_id, error.badge) == (asset, "bound")
    assert game.assets.burn(asset, "ada").owner == "ada"


def test_nobody_hands_on_to_themselves(make_engine: MakeEngine) -> None:
    """A transfer has two ends."""
    game = make_engine(CATALOG)
    asset = game.assets.mint("free", "ada").asset_id
    assert refused(game, BadValue, lambda: game.assets.transfer(asset, "ada", "ada")).field == "to"


@pytest.mark.parametrize(
    "name", ["asset_99_0", "asset_1", "bdg_e4rly", "", "asset_01_0", "asset_2_1", 7, None]
)
@pytest.mark.parametrize("call", ["get", "history", "transfer", "burn"])
def test_an_unknown_asset_is_named(make_engine: MakeEngine, name: Any, call: str) -> None:
    """What is no asset, or none that was minted, is not found, whatever is asked of it."""
    game = make_engine(CATALOG)
    game.assets.mint("free", "ada")
    more = {"transfer": ("ada", "bob"), "burn": ("ada",)}.get(call, ())
    error = refused(game, NotFound, lambda: getattr(game.assets, call)(name, *more))
    assert (error.detail, error.kind) == (f"Asset not found: {name}", "asset")


def test_a_burnt_copy_is_remembered(make_engine: MakeEngine, clock: ManualClock) -> None:
    """It has no owner and is in nobody's list; what it was can be read, and its number is used."""
    game = make_engine(CATALOG)
    asset = game.assets.mint("free", "ada").asset_id
    answer = game.assets.burn(asset, "ada", reason="a mistake")
    assert answer.to_dict() == {
        "action_id": f"act_{answer.activity_id}",
        "type": "burn",
        "asset": asset,
        "owner": "ada",
        "status": "completed",
        "burned_at": "2026-03-02T09:00:00Z",
    }
    assert answer.burned_at == clock.now()
    assert [type(effect) for effect in answer.effects] == [AssetBurned]
    assert str(answer).splitlines()[1].split() == ["asset", "free", "#1", "burnt"]
    assert (game.assets.get(asset).owner, game.assets.list("ada").total) == (None, 0)
    assert list(game.assets.owners("free")) == []
    assert game.assets.mint("free", "ada").edition == 2


def test_burning_frees_no_copy(make_engine: MakeEngine) -> None:
    """The supply counts what was minted; owners are who has one now."""
    game = make_engine(CATALOG)
    assets = [game.assets.mint("three", who).asset_id for who in ("ada", "ada", "bob")]
    game.assets.burn(assets[0], "ada")
    supply = game.assets.supply("three")
    assert supply.to_dict() == {
        "badge": "three",
        "max_supply": 3,
        "minted": 3,
        "burned": 1,
        "remaining": 0,
        "owners": 2,
    }
    game.assets.burn(assets[1], "ada")
    assert game.assets.supply("three").owners == 1


def test_a_copy_tells_its_way(make_engine: MakeEngine, clock: ManualClock) -> None:
    """From the mint on through every hand to its end, with who, whom, when and by which command; in pages."""
    game = make_engine(CATALOG)
    asset = game.assets.mint("free", "ada").asset_id
    seqs = [2]
    for sender, to in (("ada", "bob"), ("bob", "ada")):
        clock.advance(hours=1)
        seqs.append(game.assets.transfer(asset, sender, to).activity_id)
    seqs.append(game.assets.burn(asset, "ada").activity_id)
    way = game.assets.history(asset)
    assert [(step.what, step.sender, step.to) for step in way] == [
        ("minted", None, "ada"),
        ("transferred", "ada", "bob"),
        ("transferred", "bob", "ada"),
        ("burned", "ada", None),
    ]
    assert [step.activity_id for step in way] == seqs
    assert way[1].to_dict() == {
        "what": "transferred",
        "from": "ada",
        "to": "bob",
        "occurred_at": "2026-03-02T10:00:00Z",
        "activity_id": seqs[1],
    }
    second = game.assets.history(asset, page=2, page_size=3)
    assert ([step.what for step in second], second.total) == (["burned"], 4)


# -- reading ------------------------------------------------------------------------------------------------------


def test_the_ledger_is_the_document(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Owners newest acquisition first, with the totals, under the document's keys."""
    game = make_engine(Catalog(badges=[Badge("early_adopter")]))
    clock.set("2026-02-20T12:30:00+00:00")
    first = game.assets.mint("early_adopter", "alice.kred")
    game.assets.mint("early_adopter", "charlie.kred")
    clock.set("2026-02-20T13:05:00+00:00")
    game.assets.transfer(first.asset_id, "alice.kred", "bob.kred")
    found = ledger(game, "early_adopter", 5)
    assert found.to_dict() == {
        "type": "ownership",
        "badge": "early_adopter",
        "owners": [
            {"userId": "bob.kred", "edition": 1, "acquired_at": "2026-02-20T13:05:00Z"},
            {"userId": "charlie.kred", "edition": 2, "acquired_at": "2026-02-20T12:30:00Z"},
        ],
        "total_minted": 2,
        "total_owners": 2,
    }
    assert [owner.edition for owner in found] == [1, 2]
    assert str(found) == "early_adopter · 2 minted, 2 owners\n  #1 bob.kred\n  #2 charlie.kred"
    assert (len(ledger(game, "early_adopter", 1)), ledger(game, "early_adopter", 1).total_owners) == (1, 2)


def test_owners_come_by_when_and_then_by_command(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What was acquired earlier stands lower, though it was reported later; at one instant the later command leads."""
    game = make_engine(CATALOG)
    for who in ("ada", "bob"):
        game.assets.mint("free", who)
    game.assets.mint("free", "carl", at=clock.now().replace(hour=8))
    expected = [("bob", 2), ("ada", 1), ("carl", 3)]
    assert [(owner.participant_id, owner.edition) for owner in game.assets.owners("free")] == expected
    assert [(owner.participant_id, owner.edition) for owner in ledger(game, "free")] == expected
    page = game.assets.owners("free", page=2, page_size=2)
    assert ([owner.edition for owner in page], page.total) == ([3], 3)
    assert page.to_dict()["badge"] == "free"


def test_a_persons_copies_newest_first(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Of all badges or of one, in pages; nobody owns nothing."""
    game = make_engine(CATALOG)
    for badge in ("free", "other", "free"):
        game.assets.mint(badge, "ada")
        clock.advance(hours=1)
    game.assets.mint("free", "bob")
    every = game.assets.list("ada")
    assert [(asset.badge, asset.edition) for asset in every] == [("free", 2), ("other", 1), ("free", 1)]
    assert [asset.edition for asset in game.assets.list("ada", badge="free")] == [2, 1]
    assert game.assets.list("ada", badge="three").total == 0
    second = game.assets.list("ada", page=2, page_size=2)
    assert ([asset.badge for asset in second], second.total) == (["free"], 3)
    assert (game.assets.list("nobody").total, list(game.assets.list("nobody"))) == (0, [])


def test_an_asset_is_read_whole(make_engine: MakeEngine) -> None:
    """With what it was minted with, under the document's keys and since when it is whose."""
    game = make_engine(CATALOG)
    asset = game.assets.mint("three", "ada", metadata={"edition": 2, "series": "spring"}).asset_id
    assert game.assets.get(asset).to_dict() == {
        "badge_id": asset,
        "badge": "three",
        "owner": "ada",
        "edition": 2,
        "max_supply": 3,
        "minted_at": "2026-03-02T09:00:00Z",
        "acquired_at": "2026-03-02T09:00:00Z",
        "metadata": {"edition": 2, "series": "spring"},
    }
    assert game.assets.list("ada")[0] == game.assets.get(asset)


def test_a_copy_outlives_what_was_said_at_its_mint(make_engine: MakeEngine) -> None:
    """When its first owner is erased, the words of the command go; the copy that was handed on stays."""
    game = make_engine(CATALOG)
    asset = game.assets.mint("free", "ada", metadata={"to": "my dear Ada"}).asset_id
    game.assets.transfer(asset, "ada", "bob")
    game.participants.anonymize("ada")
    held = game.assets.get(asset)
    assert (held.owner, held.metadata) == ("bob", {})
    assert game.assets.history(asset)[0].to != "ada"


def test_a_badge_without_copies_has_its_whole_supply(make_engine: MakeEngine) -> None:
    """What is defined and never minted can be read, and reading writes nothing."""
    game = make_engine(CATALOG)
    before = game.history.state_digest()
    supply, endless = game.assets.supply("three"), game.assets.supply("free")
    assert (supply.max_supply, supply.minted, supply.remaining) == (3, 0, 3)
    assert (endless.max_supply, endless.remaining) == (None, None)
    assert (ledger(game, "three").owners, game.assets.owners("three").total) == ((), 0)
    assert game.history.state_digest() == before


@pytest.mark.parametrize("call", ["mint", "list", "owners", "supply", "ownership"])
def test_an_unknown_badge_is_named(make_engine: MakeEngine, call: str) -> None:
    """The document's sentence, with the nearest code."""
    game = make_engine(CATALOG)
    calls: dict[str, Callable[[], object]] = {
        "mint": lambda: game.assets.mint("thre", "ada"),
        "list": lambda: game.assets.list("ada", badge="thre"),
        "owners": lambda: game.assets.owners("thre"),
        "supply": lambda: game.assets.supply("thre"),
        "ownership": lambda: ledger(game, "thre"),
    }
    error = refused(game, NotFound, calls[call])
    assert (error.detail, error.nearest) == ("Badge definition not found: thre", "three")


@pytest.mark.parametrize("limit", [0, 101, True, "5"])
def test_the_ledger_lists_up_to_a_hundred(make_engine: MakeEngine, limit: Any) -> None:
    """Anything else is no limit."""
    game = make_engine(CATALOG)
    assert refused(game, BadValue, lambda: ledger(game, "free", limit)).field == "limit"


def test_copies_outlive_their_definition(make_engine: MakeEngine, make_store: Callable[[], Store]) -> None:
    """What is out of the catalog is minted no more, and is property still: read, handed on and burnt."""
    store = make_store()
    asset = make_engine(CATALOG, store=store).assets.mint("three", "ada").asset_id
    game = make_engine(Catalog(), store=store)
    refused(game, NotFound, lambda: game.assets.mint("three", "ada"))
    assert game.assets.get(asset).max_supply is None, "the definition that said it is gone"
    assert game.assets.transfer(asset, "ada", "bob").to == "bob"
    assert game.assets.supply("three").owners == 1
    assert game.assets.list("bob", badge="three").total == 1
    assert [owner.participant_id for owner in ledger(game, "three")] == ["bob"]
    game.assets.burn(asset, "bob")
    assert game.assets.supply("three").burned == 1


@pytest.mark.parametrize("call", ["mint", "transfer", "burn"])
def test_a_repeated_command_answers_alike(make_engine: MakeEngine, call: str) -> None:
    """Under its key every document comes again word by word, and nothing is written."""
    game = make_engine(CATALOG)
    asset = game.assets.mint("free", "ada").asset_id
    calls: dict[str, Callable[[], Any]] = {
        "mint": lambda: game.assets.mint("three", "ada", idempotency_key="k"),
        "transfer": lambda: game.assets.transfer(asset, "ada", "bob", idempotency_key="k"),
        "burn": lambda: game.assets.burn(asset, "ada", reason="r", idempotency_key="k"),
    }
    first = calls[call]()
    digest = game.history.state_digest()
    again = calls[call]()
    assert again.replayed
    assert (again.to_dict(), again, again.effects) == (first.to_dict(), first, first.effects)
    assert game.history.state_digest() == digest
    assert game.history.activity()[-1].effects == first.effects


def test_a_refused_mint_in_a_transaction_leaves_the_rest(make_engine: MakeEngine) -> None:
    """What was queued for the copy is taken back, and the numbers stay dense."""
    game = make_engine(CATALOG)
    with game.transaction() as tx:
        tx.assets.mint("three", "ada")
        with pytest.raises(EditionTaken):
            tx.assets.mint("three", "ada", edition=1)
        with tx.dry_run() as inner:
            assert inner.assets.mint("three", "eve").edition == 2
        assert tx.assets.mint("three", "bob").edition == 2
    assert game.assets.supply("three").minted == 2
    with game.dry_run() as trial:
        assert trial.assets.mint("three", "ada").edition == 3
    assert game.assets.mint("three", "carl").edition == 3
