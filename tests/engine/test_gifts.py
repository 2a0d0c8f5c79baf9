"""Gifts: created, listed, and redeemed once by each participant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    AdminRequired,
    AlreadyRedeemed,
    Badge,
    BadValue,
    Catalog,
    Currency,
    DefinitionExists,
    DefinitionInUse,
    GiftExpired,
    IdempotencyConflict,
    Ladder,
    Limits,
    ManualClock,
    NotFound,
    SoldOut,
    Tier,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine

LADDER = Ladder("tier", tiers=[Tier("bronze"), Tier("gold", min_points=500)])


def test_the_documents_gift(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A gift is created, and answered with exactly the document's keys and values."""
    clock.set("2026-02-20T14:00:00Z")
    game = make_engine()
    gift = game.gifts.create("Welcome Pack", "gold", 500, badge=True, expires="2026-03-20T00:00:00Z")
    assert gift.to_dict() == {
        "gift_id": gift.gift_id,
        "name": "Welcome Pack",
        "tier": "gold",
        "reward": 500,
        "badge_included": True,
        "expires": "2026-03-20T00:00:00Z",
        "created_at": "2026-02-20T14:00:00Z",
    }
    keys = ["gift_id", "name", "tier", "reward", "badge_included", "expires", "created_at"]
    assert list(gift.to_dict()) == keys
    assert gift.gift_id == f"gift_{gift.activity_id}"
    assert (gift.name, gift.tier, gift.reward, gift.currency) == ("Welcome Pack", "gold", 500, "points")
    assert (gift.badge_included, gift.badge_code) == (True, gift.gift_id)
    assert (gift.expires, gift.created_at) == (datetime(2026, 3, 20, tzinfo=UTC), clock.now())
    assert str(gift) == f"{gift.gift_id} Welcome Pack: 500 points"


def test_redeeming_gives_points_and_the_badge_of_the_gift(make_engine: MakeEngine) -> None:
    """Points with what they reach, the badge that bears the gift's name, and one numbered copy for each."""
    game = make_engine(Catalog(ladders=[LADDER]))
    gift = game.gifts.create("Welcome Pack", "gold", 500, badge=True)
    first, second = (game.gifts.redeem(gift.gift_id, who) for who in ("ada", "bob"))
    tags = ["gift_redeemed", "points_awarded", "badge_earned", "asset_minted", "tier_changed"]
    assert [effect.tag for effect in first.effects] == tags
    assert {effect.cause for effect in first.effects[1:4]} == {f"gift:{gift.gift_id}"}
    assert (first.gift_id, first.reward, first.currency, first.new_balance) == (
        gift.gift_id,
        500,
        "points",
        500,
    )
    assert first.tier_upgrade is not None
    assert first.badge is not None
    assert (first.badge.code, first.badge.name) == (gift.gift_id, "Welcome Pack")
    assert first.asset is not None
    assert second.asset is not None
    assert (first.asset.edition, second.asset.edition) == (1, 2)
    assert first.to_dict() == {
        "gift_id": gift.gift_id,
        "participant_id": "ada",
        "reward": 500,
        "new_balance": 500,
        "badge": gift.gift_id,
        "badge_id": first.asset.asset_id,
        "redeemed_at": "2026-03-02T09:00:00Z",
    }
    assert str(first).splitlines()[:2] == [
        "ada · gifts.redeem",
        f"  gift {gift.gift_id}".ljust(26) + "redeemed, +500 points",
    ]


def test_a_gift_may_give_nothing_but_its_mark(make_engine: MakeEngine) -> None:
    """A reward of 0 is no movement, no badge is no badge, and the redemption still counts once."""
    game = make_engine()
    gift = game.gifts.create("Thanks", "none", 0)
    assert (gift.badge_included, gift.badge_code, gift.expires) == (False, None, None)
    answer = game.gifts.redeem(gift.gift_id, "ada")
    assert ([effect.tag for effect in answer.effects], answer.new_balance) == (["gift_redeemed"], 0)
    assert (answer.badge, answer.asset, answer.to_dict()["badge_id"]) == (None, None, None)
    with pytest.raises(AlreadyRedeemed):
        game.gifts.redeem(gift.gift_id, "ada")
    assert game.points.transactions("ada").total == 0


def test_each_participant_redeems_a_gift_once(make_engine: MakeEngine) -> None:
    """The second time is refused and pays nothing; others, and other gifts, are not concerned."""
    game = make_engine()
    gift, other = (game.gifts.create(name, "gold", 5).gift_id for name in ("one", "two"))
    game.gifts.redeem(gift, "ada")
    with pytest.raises(AlreadyRedeemed) as caught:
        game.gifts.redeem(gift, "ada")
    assert (caught.value.gift_id, caught.value.participant_id) == (gift, "ada")
    game.gifts.redeem(other, "ada")
    game.gifts.redeem(gift, "bob")
    assert [game.points.balance(who).balance for who in ("ada", "bob")] == [10, 5]
    assert [game.gifts.get(each).redeemed for each in (gift, other)] == [2, 1]


def test_a_gift_expires_when_it_says(make_engine: MakeEngine, clock: ManualClock) -> None:
    """One microsecond before is in time, the instant itself is not; what comes late is judged by when it was."""
    game = make_engine()
    end = clock.now() + timedelta(days=1)
    gift = game.gifts.create("Short", "gold", 5, expires=end)
    clock.set(end - timedelta(microseconds=1))
    game.gifts.redeem(gift.gift_id, "ada")
    clock.set(end)
    with pytest.raises(GiftExpired) as caught:
        game.gifts.redeem(gift.gift_id, "bob")
    assert (caught.value.gift_id, caught.value.expires) == (gift.gift_id, "2026-03-03T09:00:00Z")
    assert game.participants.list().total == 1
    game.gifts.redeem(gift.gift_id, "bob", at=end - timedelta(hours=3))
    with pytest.raises(AlreadyRedeemed):  # the reason that will not go away
        game.gifts.redeem(gift.gift_id, "bob")


def test_a_gift_may_name_a_badge_and_a_currency(make_engine: MakeEngine) -> None:
    """A badge that is defined is given with its own points; who holds it gets a copy and earns nothing anew."""
    game = make_engine(Catalog(currencies=[Currency("gems")], badges=[Badge("star", points=7)]))
    gift = game.gifts.create("Star", "gold", 3, "star", currency="gems")
    assert (gift.badge_code, gift.currency) == ("star", "gems")
    game.badges.award("bob", "star")
    ada, bob = (game.gifts.redeem(gift.gift_id, who) for who in ("ada", "bob"))
    assert (ada.points, [badge.code for badge in ada.badges]) == (7, ["star"])
    assert (bob.points, bob.badges, bob.badge) == (0, (), None)
    assert bob.asset is not None
    assert (bob.new_balance, bob.asset.edition) == (3, 2)
    assert game.badges.list("bob").badges[0].times == 1


def test_never_two_copies_of_a_limited_badge(make_engine: MakeEngine) -> None:
    """Earning a badge of limited supply mints its copy already; who holds it gets one more, and no third."""
    game = make_engine(Catalog(badges=[Badge("rare", max_supply=3)]))
    one, two = (game.gifts.create(name, "gold", 5, "rare").gift_id for name in ("one", "two"))
    game.gifts.redeem(one, "ada")
    assert [asset.edition for asset in game.assets.list("ada")] == [1]
    game.gifts.redeem(two, "ada")
    assert sorted(asset.edition for asset in game.assets.list("ada")) == [1, 2]


@pytest.mark.parametrize("held", [False, True])
def test_a_sold_out_gift_gives_nothing_at_all(make_engine: MakeEngine, held: bool) -> None:  # noqa: FBT001
    """Neither points nor badge nor mark are written, so it can be redeemed should a copy be found."""
    game = make_engine(Catalog(badges=[Badge("rare", max_supply=1)]))
    gift = game.gifts.create("Rare", "gold", 5, "rare").gift_id
    game.gifts.redeem(gift, "ada")
    other = game.gifts.create("Rare again", "gold", 5, "rare").gift_id
    digest = game.history.state_digest()
    who = "ada" if held else "bob"
    with pytest.raises(SoldOut) as caught:
        game.gifts.redeem(other, who)
    assert (caught.value.badge, caught.value.max_supply) == ("rare", 1)
    assert game.history.state_digest() == digest
    assert game.gifts.get(other).redeemed == 0


def test_supply_that_a_first_mint_fixed_ends_a_gift_too(make_engine: MakeEngine) -> None:
    """A badge without a supply of its own may have been given one; the badge is not earned without its copy."""
    game = make_engine(Catalog(badges=[Badge("open")]))
    game.assets.mint("open", "zoe", max_supply=1)
    gift = game.gifts.create("Open", "gold", 5, "open").gift_id
    with pytest.raises(SoldOut):
        game.gifts.redeem(gift, "ada")
    assert game.badges.list("ada").earned_count == 0


def test_a_badge_that_is_gone_refuses_its_gift(
    make_engine: MakeEngine, make_store: Callable[[], Store]
) -> None:
    """A catalog that has lost the badge cannot give it, and half a gift is not given."""
    store = make_store()
    gift = make_engine(Catalog(badges=[Badge("b")]), store=store).gifts.create("G", "gold", 5, "b").gift_id
    game = make_engine(store=store)
    with pytest.raises(NotFound, match="Badge definition not found: b"):
        game.gifts.redeem(gift, "ada")
    assert game.points.balance("ada").balance == 0


def test_the_badge_of_a_gift_is_a_definition_of_the_store(
    make_engine: MakeEngine, make_store: Callable[[], Store]
) -> None:
    """Another engine on the store knows it; lists show it only to whoever has it."""
    store = make_store()
    game = make_engine(store=store)
    gift = game.gifts.create("Welcome", "gold", 1, badge=True)
    assert game.catalog.badge(gift.gift_id).name == "Welcome"
    other = make_engine(store=store)
    assert other.badges.list("ada").badges == ()
    other.gifts.redeem(gift.gift_id, "ada")
    assert [badge.name for badge in game.badges.list("ada")] == ["Welcome"]


def test_gifts_are_listed_newest_first(make_engine: MakeEngine, clock: ManualClock) -> None:
    """All of them in pages, or only those that can still be redeemed."""
    game = make_engine()
    assert game.gifts.list().total == 0
    end = clock.now() + timedelta(hours=1)
    for name, expires in (("never", None), ("soon", end), ("later", end + timedelta(hours=1)), ("any", None)):
        game.gifts.create(name, "gold", 1, expires=expires)
    assert [gift.name for gift in game.gifts.list()] == ["any", "later", "soon", "never"]
    page = game.gifts.list(page=2, page_size=3)
    assert ([gift.name for gift in page], page.total) == (["never"], 4)
    clock.set(end)
    active = game.gifts.list(active_only=True, page=1, page_size=2)
    assert ([gift.name for gift in active], active.total) == (["any", "later"], 3)
    assert [gift.name for gift in game.gifts.list(active_only=True, page=2, page_size=2)] == ["never"]
    first = active.to_dict()["gifts"]
    assert first == [game.gifts.get(gift.gift_id).to_dict() for gift in active]
    assert game.gifts.list(page_size=1).items[0].redeemed is None


def test_a_repeated_creation_answers_the_first(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The same key gives the same gift; text and datetime of one instant are the same argument, another is none."""
    game = make_engine()
    end = clock.now() + timedelta(days=1)
    one = game.gifts.create("A", "gold", 5, badge=True, expires=end, idempotency_key="k")
    clock.advance(hours=1)
    two = game.gifts.create("A", "gold", 5, badge=True, expires=end.isoformat(), idempotency_key="k")
    assert (two.replayed, two.to_dict(), one == two) == (True, one.to_dict(), True)
    assert str(two).endswith("(replayed)")
    assert hash(one) == hash(two)
    assert game.gifts.list().total == 1
    with pytest.raises(IdempotencyConflict) as caught:
        game.gifts.create("B", "gold", 6, badge=True, expires=end, idempotency_key="k")
    assert caught.value.fields == ("name", "reward")


def test_creations_are_equal_by_what_was_asked(make_engine: MakeEngine) -> None:
    """Two stores that were asked the same answer the same; another name or badge is another answer."""
    games = [make_engine(), make_engine()]
    games[1].points.award("zoe", 1)  # so that numbers differ
    one, two = (game.gifts.create("A", "gold", 5, badge=True) for game in games)
    assert one.gift_id != two.gift_id
    assert one == two
    assert one != games[1].gifts.create("B", "gold", 5, badge=True)
    assert one != games[1].gifts.create("A", "gold", 5)


def test_a_repeated_redemption_answers_the_first(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The key answers even after the gift has expired, with the balance that there was."""
    game = make_engine()
    gift = game.gifts.create("A", "gold", 5, expires=clock.now() + timedelta(hours=1)).gift_id
    first = game.gifts.redeem(gift, "ada", idempotency_key="k")
    clock.advance(days=2)
    game.points.award("ada", 100)
    again = game.gifts.redeem(gift, "ada", idempotency_key="k")
    assert (again.replayed, again.to_dict()) == (True, first.to_dict())
    assert game.points.balance("ada").balance == 105


def test_gifts_belong_to_their_scope(make_engine: MakeEngine) -> None:
    """Another scope neither lists nor redeems them, and copies are numbered in each."""
    game = make_engine(Catalog(badges=[Badge("b")]))
    guild = game.scope("guild")
    gift = guild.gifts.create("Ours", "gold", 5, "b").gift_id
    for use in (game.gifts.get, lambda name: game.gifts.redeem(name, "ada")):
        with pytest.raises(NotFound, match=f"Gift not found: {gift}"):
            use(gift)
    assert (game.gifts.list().total, guild.gifts.list().total) == (0, 1)
    assert guild.gifts.redeem(gift, "ada").new_balance == 5
    assert game.points.balance("ada").balance == 0


@pytest.mark.parametrize(
    "name", ["gift_999", "gift_0", "gift_1", "gift_2_0", "gift_02", "asset_2_0", "", "gift_2 ", "x" * 300]
)
def test_an_unknown_gift_is_not_found(make_engine: MakeEngine, name: str) -> None:
    """Only the id that a creation answered names a gift: no other activity, and no other spelling of it."""
    game = make_engine()
    assert game.gifts.create("A", "gold", 5).gift_id == "gift_2"
    for use in (game.gifts.get, lambda gift: game.gifts.redeem(gift, "ada")):
        with pytest.raises(NotFound) as caught:
            use(name)
        assert caught.value.detail == f"Gift not found: {name[:100]}"
    assert game.participants.list().total == 0


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("name", ""),
        ("name", None),
        ("name", "x" * 256),
        ("name", "a\x00"),
        ("tier", ""),
        ("tier", 5),
        ("reward", -1),
        ("reward", 2**53),
        ("reward", 1.5),
        ("reward", True),
        ("badge", 1),
        ("badge", None),
        ("expires", "tomorrow"),
        ("expires", "2026-03-20"),
        ("expires", datetime(2026, 3, 20)),  # noqa: DTZ001 - naive is what it tests
        ("expires", 20260320),
        ("currency", 5),
        ("idempotency_key", ""),
    ],
)
def test_bad_input_leaves_no_trace(make_engine: MakeEngine, field: str, bad: object) -> None:
    """Each argument is checked and named, and nothing is written."""
    game = make_engine()
    arguments: dict[str, Any] = {"name": "A", "tier": "gold", "reward": 5, field: bad}
    with pytest.raises(BadValue) as caught:
        game.gifts.create(**arguments)
    assert caught.value.field == field
    assert game.history.activity() == ()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"badge": "nosuch"}, "Badge definition not found"),
        ({"currency": "gold"}, "Currency definition not found"),
    ],
)
def test_a_gift_of_what_is_not_defined_is_refused(
    make_engine: MakeEngine, arguments: dict[str, Any], told: str
) -> None:
    """A badge and a currency have to be there when the gift is created."""
    game = make_engine()
    with pytest.raises(NotFound, match=told):
        game.gifts.create("A", "gold", 5, **arguments)
    assert game.gifts.list().total == 0


def test_limits_bound_what_a_gift_gives(make_engine: MakeEngine) -> None:
    """An amount that may not be awarded may not be given either."""
    game = make_engine(limits=Limits(amount=100))
    game.gifts.create("A", "gold", 100)
    with pytest.raises(BadValue, match="from 0 to 100"):
        game.gifts.create("A", "gold", 101)


def test_participant_facing_code_redeems_and_does_not_create(make_engine: MakeEngine) -> None:
    """A gift is points for everybody who asks, so who may only play cannot make one."""
    game = make_engine()
    gift = game.gifts.create("A", "gold", 5).gift_id
    with pytest.raises(AdminRequired):
        game.standard().gifts.create("B", "gold", 5)
    assert game.standard().gifts.redeem(gift, "ada").reward == 5
    assert game.gifts.list().total == 1


def test_a_code_that_is_taken_is_not_defined_again(make_engine: MakeEngine) -> None:
    """A badge of the catalog that is called as the next gift would be stays what it is."""
    game = make_engine(Catalog(badges=[Badge("gift_2")]))
    with pytest.raises(DefinitionExists, match="Badge definition exists already: gift_2"):
        game.gifts.create("A", "gold", 5, badge=True)


def test_a_full_wallet_refuses_a_gift(make_engine: MakeEngine) -> None:
    """Points that no wallet can hold are not given, nor is anything else of the gift."""
    game = make_engine(Catalog(badges=[Badge("b")]))
    gift = game.gifts.create("A", "gold", 2**53 - 1, "b").gift_id
    with game.transaction() as tx:
        for _ in range(1024):
            tx.points.award("ada", 2**53 - 1)
    with pytest.raises(BadValue, match="64 bits"):
        game.gifts.redeem(gift, "ada")
    assert game.badges.list("ada").earned_count == 0


@pytest.mark.parametrize("named", [False, True])
def test_the_badge_of_a_gift_stays_as_long_as_the_gift(
    make_engine: MakeEngine, clock: ManualClock, *, named: bool
) -> None:
    """Neither the badge of a gift nor one it names is deleted before the gift has expired, in whichever scope it is."""
    game = make_engine()
    game.definitions.badges.create({"code": "b"})
    clock.set("2026-03-10T00:00:00Z")
    gift = game.scope("guild").gifts.create(
        "A", "gold", 5, "b" if named else True, expires="2026-03-20T00:00:00Z"
    )
    badge = str(gift.badge_code)
    clock.set("2026-03-19T23:59:59Z")
    before = game.history.state_digest()
    with pytest.raises(DefinitionInUse, match=f"Badge {badge} comes with {gift.gift_id}, which") as caught:
        game.definitions.badges.delete(badge)
    assert (caught.value.kind, caught.value.name, caught.value.used_by) == ("badge", badge, gift.gift_id)
    assert (caught.value.code, caught.value.http_status) == ("definition_in_use", 409)
    assert game.history.state_digest() == before
    assert [given.code for given in game.scope("guild").gifts.redeem(gift.gift_id, "ada").badges] == [badge]
    clock.set("2026-03-20T00:00:00Z")
    assert game.definitions.badges.delete(badge).deleted


def test_a_gift_without_end_keeps_its_badge(make_engine: MakeEngine) -> None:
    """What never expires is promised for good; gifts without a badge, or with another, are no hindrance."""
    game = make_engine()
    for code in ("b", "other"):
        game.definitions.badges.create({"code": code})
    game.gifts.create("A", "gold", 5)
    game.gifts.create("B", "gold", 5, "b")
    assert game.definitions.badges.delete("other").deleted
    with pytest.raises(DefinitionInUse):
        game.definitions.badges.delete("b")


def test_the_end_of_a_gift_is_told_by_the_clock_inside_the_transaction(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Nothing comes of an end, so nothing is settled then: the instant of the command decides, however it was begun."""
    game = make_engine()
    gift = game.gifts.create("Spring", "gold", 5, expires=clock.now() + timedelta(hours=1))
    with game.transaction() as tx:
        tx.gifts.redeem(gift.gift_id, "ada")
        clock.advance(hours=1)
        with pytest.raises(GiftExpired):
            tx.gifts.redeem(gift.gift_id, "bob")
    rows = len(game.history.activity())
    assert not game.settle().effects
    assert len(game.history.activity()) == rows
    assert game.gifts.list(active_only=True).total == 0
