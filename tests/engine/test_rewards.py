"""Rewards: what is on offer, claiming and cancelling, codes, limits and stock."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    AdminRequired,
    BadValue,
    Catalog,
    Currency,
    Engine,
    GamifyError,
    IdempotencyConflict,
    InsufficientPoints,
    Ladder,
    ManualClock,
    MaxClaims,
    NoCodes,
    NotFound,
    OutOfStock,
    Reward,
    RewardCancelled,
    RewardClaimed,
    RewardInactive,
    Rule,
    RuleFailed,
)
from tests.engine.conftest import store_of

if TYPE_CHECKING:
    from .conftest import MakeEngine

CATALOG = Catalog(
    currencies=[Currency("gems")],
    rewards=[
        Reward("ten_off", name="10% Off Coupon", type="coupon", points_cost=500, max_claims_per_user=1),
        Reward("card", type="voucher", points_cost=100, total_inventory=2, display_order=2),
        Reward("mug", type="physical", description="For tea", points_cost=30, currency="gems"),
        Reward("sticker", display_order=-1),
        Reward("old", points_cost=1, is_active=False),
    ],
    rules=[
        Rule("won", on="won", reward=["ten_off", "card"]),
        Rule("gone", on="gone", reward="old"),
        Rule("must", on="must", reward="card", strict=True),
    ],
)


def rich(make_engine: MakeEngine, *people: str, catalog: Catalog = CATALOG, **settings: Any) -> Engine:
    """Return an engine whose people hold 1,500 points each."""
    game = make_engine(catalog, **settings)
    for who in people or ("ada",):
        game.points.award(who, 1500)
    return game


# -- claiming ------------------------------------------------------------------------------------------------


def test_the_documents_claim(make_engine: MakeEngine) -> None:
    """Exactly the document's keys and values, but for the id."""
    game = rich(make_engine)
    game.rewards.add_codes("ten_off", ["SAVE10-ABC123"])
    answer = game.rewards.claim("ten_off", "ada")
    assert answer.to_dict() == {
        "claim_id": "claim_4_1",
        "participant_id": "ada",
        "reward_name": "10% Off Coupon",
        "reward_type": "coupon",
        "code_value": "SAVE10-ABC123",
        "points_deducted": 500,
        "new_balance": 1000,
    }
    assert answer.reward_id == "ten_off"
    assert [effect.tag for effect in answer.effects] == ["points_deducted", "reward_claimed"]
    assert [effect.cause for effect in answer.effects] == ["reward:ten_off", "direct"]
    claimed = answer.effects[1]
    assert isinstance(claimed, RewardClaimed)
    assert (claimed.reward, claimed.name, claimed.points_deducted) == ("ten_off", "10% Off Coupon", 500)
    assert (claimed.claim_id, claimed.code_value) == (answer.claim_id, "SAVE10-ABC123")
    assert claimed.to_dict().items() >= {"claim_id": "claim_4_1", "code_value": "SAVE10-ABC123"}.items()
    assert str(answer).splitlines()[1:] == [
        "  −500 points             reward ten_off",
        "  reward 10% Off Coupon   for 500, code SAVE10-ABC123",
    ]
    assert game.points.transactions("ada")[0].source == "reward:ten_off"


def test_points_deduction_can_be_waived(make_engine: MakeEngine) -> None:
    """Then the claim costs nothing, and nobody needs to have anything."""
    game = make_engine(CATALOG)
    answer = game.rewards.claim("card", "ada", points_deduction=False)
    assert (answer.points_deducted, answer.new_balance) == (0, 0)
    assert [effect.tag for effect in answer.effects] == ["reward_claimed"]
    assert game.rewards.get("card").available == 1
    game.points.award("ada", 70)
    assert game.rewards.claim("sticker", "ada").new_balance == 70


def test_a_cost_is_taken_in_the_rewards_currency(make_engine: MakeEngine) -> None:
    """A reward for gems leaves the points alone, and its answer shows the gems that are left."""
    game = rich(make_engine)
    with pytest.raises(InsufficientPoints, match="Available: 0, requested: 30"):
        game.rewards.claim("mug", "ada")
    game.points.award("ada", 31, currency="gems")
    assert game.rewards.claim("mug", "ada").new_balance == 1
    assert game.points.balance("ada").balance == 1500
    assert game.rewards.claims("ada")[0].currency == "gems"


def test_the_new_balance_is_that_after_the_whole_command(make_engine: MakeEngine) -> None:
    """What the claim sets off is counted in: here a badge for having spent."""
    catalog = Catalog.from_dict(
        {
            "rewards": {"mug": {"points_cost": 100}},
            "badges": {"spender": {"criteria": "points.spent >= 100", "points": 7}},
        }
    )
    game = rich(make_engine, catalog=catalog)
    answer = game.rewards.claim("mug", "ada")
    assert (answer.new_balance, [badge.code for badge in answer.badges]) == (1407, ["spender"])
    assert answer.claim_id == game.rewards.claims("ada")[0].claim_id


def test_codes_go_first_in_first_out(make_engine: MakeEngine) -> None:
    """In the order in which they were added, over several additions."""
    game = rich(make_engine, "ada", "bob", "carl")
    game.rewards.add_codes("ten_off", ["Z", "A"])
    game.rewards.add_codes("ten_off", ["M"])
    claims = [game.rewards.claim("ten_off", who) for who in ("carl", "ada", "bob")]
    assert [claim.code_value for claim in claims] == ["Z", "A", "M"]


def test_any_type_takes_codes_once_it_was_given_some(make_engine: MakeEngine) -> None:
    """Before, a voucher is claimed without one; from then on it is refused when they are used up."""
    game = rich(make_engine, catalog=Catalog(rewards=[Reward("card", type="voucher")]))
    assert game.rewards.claim("card", "ada").code_value is None
    assert game.rewards.get("card").available_codes is None
    game.rewards.add_codes("card", ["A"])
    assert game.rewards.get("card").available_codes == 1
    assert game.rewards.claim("card", "ada").code_value == "A"
    assert game.rewards.get("card").available_codes == 0
    with pytest.raises(NoCodes):
        game.rewards.claim("card", "ada")


# -- refusals ------------------------------------------------------------------------------------------------


def refused(game: Engine, reward: str, who: str = "ada") -> GamifyError:
    """Return the error that a claim is refused with; it leaves no trace."""
    before = game.history.state_digest()
    with pytest.raises(GamifyError) as caught:
        game.rewards.claim(reward, who)
    assert game.history.state_digest() == before
    return caught.value


def test_the_documents_refusals(make_engine: MakeEngine) -> None:
    """The sentences and statuses of the error table."""
    game = rich(make_engine)
    error = refused(game, "ten_off")
    assert (type(error), error.http_status, error.to_dict()) == (
        NoCodes,
        400,
        {"detail": "No available reward codes"},
    )
    game.rewards.add_codes("ten_off", ["A", "B"])
    game.rewards.claim("ten_off", "ada")
    error = refused(game, "ten_off")
    assert isinstance(error, MaxClaims)
    assert (error.http_status, error.detail) == (400, "Maximum claims per participant exceeded")
    assert (error.reward_id, error.participant_id, error.limit) == ("ten_off", "ada", 1)
    error = refused(game, "ten_of")
    assert isinstance(error, NotFound)
    assert (error.http_status, error.detail, error.nearest) == (
        404,
        "Reward definition not found: ten_of",
        "ten_off",
    )


def test_what_stands_against_a_claim_is_looked_at_in_order(make_engine: MakeEngine) -> None:
    """Inactive before the limit, the limit before stock, stock before codes, codes before points."""

    def offer(**fields: Any) -> Catalog:
        return Catalog(rewards=[Reward("r", type="coupon", points_cost=10, max_claims_per_user=1, **fields)])

    first = make_engine(offer(total_inventory=1))
    store = store_of(first)
    first.rewards.add_codes("r", ["A"])
    first.rewards.claim("r", "ada", points_deduction=False)
    assert isinstance(
        refused(make_engine(offer(total_inventory=1, is_active=False), store=store), "r"), RewardInactive
    )
    game = make_engine(offer(total_inventory=1), store=store)
    assert isinstance(refused(game, "r"), MaxClaims)
    sold_out = refused(game, "r", "bob")
    assert isinstance(sold_out, OutOfStock)
    assert (sold_out.reward_id, sold_out.total_inventory) == ("r", 1)
    more = make_engine(offer(total_inventory=2), store=store)
    assert isinstance(refused(more, "r", "bob"), NoCodes)
    more.rewards.add_codes("r", ["B"])
    assert isinstance(refused(more, "r", "bob"), InsufficientPoints)
    assert more.rewards.claim("r", "bob", points_deduction=False).code_value == "B"


def test_stock_that_is_cut_below_what_was_claimed_is_empty(make_engine: MakeEngine) -> None:
    """It never shows less than nothing."""
    game = rich(make_engine)
    for _ in range(2):
        game.rewards.claim("card", "ada")
    fewer = make_engine(Catalog(rewards=[Reward("card", total_inventory=1)]), store=store_of(game))
    fewer.rewards.add_codes("card", ["A"])
    offer = fewer.rewards.get("card")
    assert (offer.available, offer.total_inventory, offer.claimed) == (0, 1, 2)
    assert isinstance(refused(fewer, "card"), OutOfStock)


BAD: dict[str, tuple[str, Any]] = {
    "reward number": ("reward_id", lambda game: game.rewards.claim(5, "ada")),
    "participant number": ("participant_id", lambda game: game.rewards.claim("card", 5)),
    "truth": ("points_deduction", lambda game: game.rewards.claim("card", "ada", points_deduction=1)),
    "instant": ("at", lambda game: game.rewards.claim("card", "ada", at="now")),
    "claim number": ("claim_id", lambda game: game.rewards.cancel(17)),
    "reason": ("reason", lambda game: game.rewards.cancel("claim_1_0", reason=5)),
    "one text": ("codes", lambda game: game.rewards.add_codes("card", "ABC")),
    "none": ("codes", lambda game: game.rewards.add_codes("card", [])),
    "too many": ("codes", lambda game: game.rewards.add_codes("card", [str(n) for n in range(10_001)])),
    "empty code": ("codes[1]", lambda game: game.rewards.add_codes("card", ["A", ""])),
    "number": ("codes[0]", lambda game: game.rewards.add_codes("card", [17])),
    "long code": ("codes[0]", lambda game: game.rewards.add_codes("card", ["x" * 256])),
    "nul": ("codes[0]", lambda game: game.rewards.add_codes("card", ["a\x00"])),
    "type": ("reward_type", lambda game: game.rewards.list(reward_type="coupons")),
    "active": ("active_only", lambda game: game.rewards.list(active_only=None)),
    "page size": ("page_size", lambda game: game.rewards.list(page_size=101)),
    "page": ("page", lambda game: game.rewards.claims("ada", page=0)),
    "nobody": ("participant_id", lambda game: game.rewards.claims("")),
}


@pytest.mark.parametrize(("field", "use"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_by_name(make_engine: MakeEngine, field: str, use: Any) -> None:
    """One clear error that names the argument, and nothing is written."""
    game = rich(make_engine)
    before = game.history.state_digest()
    with pytest.raises(BadValue) as caught:
        use(game)
    assert caught.value.field == field
    assert game.history.state_digest() == before


# -- cancelling ----------------------------------------------------------------------------------------------


def test_a_cancelled_claim_gives_all_back(make_engine: MakeEngine) -> None:
    """Stock, code, the participant's share and the points: it can be claimed as if it never had been."""
    catalog = Catalog(
        rewards=[
            Reward("r", type="coupon", points_cost=400, max_claims_per_user=1, total_inventory=1),
        ]
    )
    game = rich(make_engine, catalog=catalog)
    game.rewards.add_codes("r", ["A", "B"])
    first = game.rewards.claim("r", "ada")
    assert game.rewards.get("r").available == 0
    answer = game.rewards.cancel(first.claim_id, reason="changed her mind")
    assert answer.to_dict() == {
        "claim_id": first.claim_id,
        "participant_id": "ada",
        "reward_id": "r",
        "already_cancelled": False,
        "points_returned": 400,
        "new_balance": 1500,
    }
    assert [(effect.tag, effect.cause) for effect in answer.effects] == [
        ("points_reversed", "cancel:r"),
        ("reward_cancelled", "cancel:r"),
    ]
    cancelled = answer.effects[1]
    assert isinstance(cancelled, RewardCancelled)
    assert (cancelled.reward, cancelled.name, cancelled.points_returned) == ("r", "R", 400)
    assert cancelled.to_dict()["claim_id"] == cancelled.claim_id == first.claim_id
    assert str(answer).splitlines()[1:] == [
        "  +400 points             taken back",
        "  reward R                taken back",
    ]
    balance = game.points.balance("ada")
    assert (balance.balance, balance.total_earned, balance.total_spent) == (1500, 1500, 0)
    offer = game.rewards.get("r")
    assert (offer.available, offer.available_codes, offer.claimed) == (1, 2, 0)
    second = game.rewards.claim("r", "ada")
    assert second.code_value == "A"
    assert [(claim.claim_id, claim.status) for claim in game.rewards.claims("ada")] == [
        (second.claim_id, "claimed"),
        (first.claim_id, "cancelled"),
    ]


def test_a_code_goes_back_to_its_place(make_engine: MakeEngine) -> None:
    """It is handed out again before those that were added later."""
    game = rich(make_engine, "ada", "bob", "carl")
    game.rewards.add_codes("ten_off", ["A", "B", "C"])
    first = game.rewards.claim("ten_off", "ada")
    game.rewards.claim("ten_off", "bob")
    game.rewards.cancel(first.claim_id)
    assert game.rewards.claim("ten_off", "carl").code_value == "A"
    assert game.rewards.claim("ten_off", "ada").code_value == "C"


def test_a_second_cancel_does_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """It says so, returns nothing again, and writes nothing at all."""
    game = rich(make_engine)
    claim = game.rewards.claim("card", "ada")
    first = game.rewards.cancel(claim.claim_id)
    digest, activity = game.history.state_digest(), game.history.activity()
    clock.advance(hours=1)
    second = game.rewards.cancel(claim.claim_id)
    assert (second.already_cancelled, second.points_returned, second.new_balance) == (True, 0, 1500)
    assert (second.activity_id, second.claim_id) == (first.activity_id, claim.claim_id)
    assert (game.history.state_digest(), game.history.activity()) == (digest, activity)
    assert second != first
    again = game.rewards.claim("card", "ada")
    assert game.rewards.cancel(again.claim_id) == first


def test_what_was_free_returns_no_points(make_engine: MakeEngine) -> None:
    """A claim that cost nothing when it was made gives back what it took, and no more."""
    game = rich(make_engine)
    claim = game.rewards.claim("card", "ada", points_deduction=False)
    answer = game.rewards.cancel(claim.claim_id)
    assert (answer.points_returned, answer.new_balance) == (0, 1500)
    assert [(effect.tag, effect.to_dict()["points_returned"]) for effect in answer.effects] == [
        ("reward_cancelled", 0)
    ]


@pytest.mark.parametrize("name", ["claim_99_0", "claim_1_0", "txn_3_0", "claim", "", "claim_3_99"])
def test_an_unknown_claim_is_named(make_engine: MakeEngine, name: str) -> None:
    """Whatever is no claim is not found, however it looks."""
    game = rich(make_engine)
    game.rewards.claim("card", "ada")
    with pytest.raises(NotFound, match=f"Claim not found: {name}") as caught:
        game.rewards.cancel(name)
    assert (caught.value.kind, caught.value.name) == ("claim", name)


def test_cancelling_takes_no_tier_that_spending_did_not_give(make_engine: MakeEngine) -> None:
    """Points that come back were earned before: they are not earned again."""
    catalog = Catalog(
        rewards=[Reward("r", points_cost=1500)], ladders=[Ladder("tier", tiers={"low": 0, "high": 1501})]
    )
    game = rich(make_engine, catalog=catalog)
    answer = game.rewards.cancel(game.rewards.claim("r", "ada").claim_id)
    assert answer.tier_upgrade is None
    assert game.points.balance("ada").total_earned == 1500


# -- codes ---------------------------------------------------------------------------------------------------


def test_codes_that_are_there_are_passed_over(make_engine: MakeEngine) -> None:
    """Whether they stand twice in the list, are in the pool, or were handed out."""
    game = rich(make_engine)
    answer = game.rewards.add_codes("ten_off", ["A", "B", "A"])
    assert answer.to_dict() == {"reward_id": "ten_off", "added": 2, "duplicates": 1, "available_codes": 2}
    assert str(answer) == "ten_off · 2 codes added, 1 there already, 2 available"
    game.rewards.claim("ten_off", "ada")
    again = game.rewards.add_codes("ten_off", ["C", "B", "A"])
    assert (again.added, again.duplicates, again.available_codes) == (1, 2, 2)
    assert str(game.rewards.add_codes("ten_off", ["D"])) == "ten_off · 1 codes added, 3 available"
    assert game.participants.list().total == 1


def test_adding_nothing_new_writes_nothing(make_engine: MakeEngine) -> None:
    """It answers with what there is."""
    game = make_engine(CATALOG)
    game.rewards.add_codes("ten_off", ["A"])
    digest = game.history.state_digest()
    answer = game.rewards.add_codes("ten_off", ["A"])
    assert (answer.added, answer.duplicates, answer.available_codes) == (0, 1, 1)
    assert game.history.state_digest() == digest


def test_adding_codes_needs_admin_rights(make_engine: MakeEngine) -> None:
    """A handle for participant-facing code claims, and stocks no pool."""
    game = rich(make_engine)
    front = game.standard()
    with pytest.raises(AdminRequired):
        front.rewards.add_codes("ten_off", ["A"])
    game.rewards.add_codes("ten_off", ["A"])
    assert front.rewards.claim("ten_off", "ada").code_value == "A"


def test_the_same_code_may_belong_to_two_rewards(make_engine: MakeEngine) -> None:
    """A pool is that of its reward alone."""
    game = make_engine(CATALOG)
    assert game.rewards.add_codes("ten_off", ["A"]).added == 1
    assert game.rewards.add_codes("card", ["A"]).added == 1
    with pytest.raises(NotFound, match="Reward definition not found: nothing"):
        game.rewards.add_codes("nothing", ["A"])


# -- repeating -----------------------------------------------------------------------------------------------


def test_a_claim_is_repeated_under_its_key(make_engine: MakeEngine) -> None:
    """The first answer in every word, even when the reward is gone meanwhile; nothing is taken twice."""
    game = rich(make_engine)
    game.rewards.add_codes("ten_off", ["A", "B"], idempotency_key="k")
    first = game.rewards.claim("ten_off", "ada", idempotency_key="k")
    cancelled = game.rewards.cancel(first.claim_id, idempotency_key="k")
    digest = game.history.state_digest()
    for later in (game, make_engine(Catalog(currencies=[Currency("gems")]), store=store_of(game))):
        again = later.rewards.claim("ten_off", "ada", idempotency_key="k")
        assert (again.replayed, again, again.to_dict()) == (True, first, first.to_dict())
        assert (str(again).replace(" (replayed)", ""), again.reward_id) == (str(first), "ten_off")
        undone = later.rewards.cancel(first.claim_id, idempotency_key="k")
        assert (undone.replayed, undone.to_dict()) == (True, cancelled.to_dict())
        added = later.rewards.add_codes("ten_off", ["A", "B"], idempotency_key="k")
        assert (added.replayed, added.added) == (True, 2)
    assert game.history.state_digest() == digest
    for other in (
        lambda: game.rewards.claim("ten_off", "ada", points_deduction=False, idempotency_key="k"),
        lambda: game.rewards.claim("card", "ada", idempotency_key="k"),
        lambda: game.rewards.add_codes("ten_off", ["A"], idempotency_key="k"),
    ):
        with pytest.raises(IdempotencyConflict):
            other()


def test_a_refused_claim_does_not_use_its_key_up(make_engine: MakeEngine) -> None:
    """Once there is a code, the same call succeeds."""
    game = rich(make_engine)
    with pytest.raises(NoCodes):
        game.rewards.claim("ten_off", "ada", idempotency_key="k")
    game.rewards.add_codes("ten_off", ["A"])
    assert game.rewards.claim("ten_off", "ada", idempotency_key="k").code_value == "A"


def test_a_dry_run_keeps_nothing(make_engine: MakeEngine) -> None:
    """The real answer, and the stock, the code and the points are as before."""
    game = rich(make_engine)
    game.rewards.add_codes("ten_off", ["A"])
    digest = game.history.state_digest()
    with game.dry_run() as trial:
        claim = trial.rewards.claim("ten_off", "ada")
        assert claim.code_value == "A"
        assert trial.rewards.get("ten_off").available_codes == 0
        assert trial.rewards.cancel(claim.claim_id).points_returned == 500
        assert trial.rewards.claim("ten_off", "ada").code_value == "A"
    assert game.history.state_digest() == digest


# -- lists ---------------------------------------------------------------------------------------------------


def test_the_documents_list(make_engine: MakeEngine) -> None:
    """Exactly the document's keys; codes are counted where they are used, and None elsewhere."""
    game = make_engine(CATALOG)
    game.rewards.add_codes("ten_off", [f"C{n}" for n in range(45)])
    assert game.rewards.list(reward_type="coupon").to_dict() == {
        "rewards": [
            {
                "id": "ten_off",
                "name": "10% Off Coupon",
                "type": "coupon",
                "description": None,
                "points_cost": 500,
                "available_codes": 45,
                "max_claims_per_user": 1,
            }
        ],
        "total": 1,
    }
    mug = game.rewards.get("mug")
    assert (mug.description, mug.available_codes, mug.currency, mug.available) == (
        "For tea",
        None,
        "gems",
        None,
    )


def test_lists_are_ordered_filtered_and_paged(make_engine: MakeEngine) -> None:
    """By display order, then as the catalog has them; what is not on offer shows when it is asked for."""
    game = make_engine(CATALOG)
    offered = game.rewards.list()
    assert [offer.id for offer in offered] == ["sticker", "ten_off", "mug", "card"]
    every = game.rewards.list(active_only=False)
    assert [(offer.id, offer.is_active) for offer in every][3] == ("old", False)
    second = game.rewards.list(page=2, page_size=3)
    assert ([offer.id for offer in second], second.total, second.page) == (["card"], 4, 2)
    assert game.rewards.list(reward_type="points_multiplier").total == 0
    with pytest.raises(NotFound, match="Reward definition not found: ol"):
        game.rewards.get("ol")


def test_claims_are_listed_newest_first(make_engine: MakeEngine, clock: ManualClock) -> None:
    """By when they happened, with what they cost then; a reward that is gone goes by its code."""
    game = rich(make_engine)
    game.rewards.add_codes("ten_off", ["A"])
    game.rewards.claim("card", "ada")
    clock.advance(hours=2)
    late = game.rewards.claim("ten_off", "ada", at=clock.now() - timedelta(hours=3))
    free = game.rewards.claim("card", "ada", points_deduction=False)
    page = game.rewards.claims("ada", page_size=2)
    assert (page.total, [claim.points_deducted for claim in page]) == (3, [0, 100])
    assert page[0].claim_id == free.claim_id
    (oldest,) = game.rewards.claims("ada", page=2, page_size=2)
    assert oldest.to_dict() == {
        "claim_id": late.claim_id,
        "reward_id": "ten_off",
        "reward_name": "10% Off Coupon",
        "type": "coupon",
        "code_value": "A",
        "points_deducted": 500,
        "currency": "points",
        "claimed_at": "2026-03-02T08:00:00Z",
        "status": "claimed",
    }
    assert json.loads(json.dumps(page.to_dict()))["participant_id"] == "ada"
    gone = make_engine(Catalog(currencies=[Currency("gems")]), store=store_of(game))
    names = [(claim.reward_name, claim.type) for claim in gone.rewards.claims("ada")]
    assert names == [("card", None), ("card", None), ("ten_off", None)]
    assert game.rewards.claims("nobody").total == 0


def test_a_reward_that_is_gone_can_still_be_cancelled(make_engine: MakeEngine) -> None:
    """What was paid for it comes back."""
    game = rich(make_engine)
    claim = game.rewards.claim("card", "ada")
    gone = make_engine(Catalog(currencies=[Currency("gems")]), store=store_of(game))
    answer = gone.rewards.cancel(claim.claim_id)
    assert (answer.reward_id, answer.points_returned, answer.new_balance) == ("card", 100, 1500)


def test_profile_and_state_count_standing_claims(make_engine: MakeEngine) -> None:
    """A cancelled one counts no more."""
    game = rich(make_engine)
    first = game.rewards.claim("card", "ada")
    game.rewards.claim("sticker", "ada")
    game.rewards.cancel(first.claim_id)
    assert game.participants.get("ada").rewards_claimed == 1
    assert game.participants.get("ada").to_dict()["rewards_claimed"] == 1
    assert game.participants.state("ada").to_dict()["rewards"] == {"total_claimed": 1}
    assert game.participants.state("ada", include=["points"]).rewards_claimed is None
    assert game.participants.state("nobody").to_dict()["rewards"] == {"total_claimed": 0}


# -- rules and scopes ----------------------------------------------------------------------------------------


def test_an_undo_tells_which_rewards_it_took_back(make_engine: MakeEngine) -> None:
    """Each is named with its claim, though no points come back with it."""
    game = make_engine(CATALOG)
    game.rewards.add_codes("ten_off", ["A"])
    won = game.events.emit("ada", "won")
    claims = {one.reward: one.claim_id for one in won.effects if isinstance(one, RewardClaimed)}
    back = game.events.retract(won.event_id)
    taken = [one for one in back.effects if isinstance(one, RewardCancelled)]
    assert {one.reward: (one.claim_id, one.points_returned) for one in taken} == {
        code: (claim, 0) for code, claim in claims.items()
    }
    assert "  reward 10% Off Coupon   taken back" in str(back).splitlines()


def test_rules_hand_rewards_out_free_of_charge(make_engine: MakeEngine) -> None:
    """With code and stock; what cannot be handed out is passed over and does not refuse the event."""
    game = make_engine(CATALOG)
    game.rewards.add_codes("ten_off", ["A", "B"])
    won = game.events.emit("ada", "won")
    claimed = [effect for effect in won.effects if isinstance(effect, RewardClaimed)]
    assert [(one.reward, one.cause, one.points_deducted, one.code_value) for one in claimed] == [
        ("ten_off", "rule:won", 0, "A"),
        ("card", "rule:won", 0, None),
    ]
    assert [claim.claim_id for claim in reversed(game.rewards.claims("ada").items)] == [
        one.claim_id for one in claimed
    ]
    assert str(won).splitlines()[1:3] == [
        "  reward 10% Off Coupon   rule won, code A",
        "  reward Card             rule won",
    ]
    assert [claim.code_value for claim in reversed(game.rewards.claims("ada").items)] == ["A", None]
    again = game.events.emit("ada", "won")
    assert [(one.effect, one.code, one.message) for one in again.skipped] == [
        ("reward", "max_claims", "Maximum claims per participant exceeded")
    ]
    third = game.events.emit("bob", "won")
    assert [(one.code, one.message) for one in third.skipped] == [
        ("out_of_stock", "the reward card is out of stock")
    ]
    assert [one.code for one in game.events.emit("carl", "won").skipped] == ["no_codes", "out_of_stock"]
    assert [one.message for one in game.events.emit("ada", "gone").skipped] == [
        "the reward old is not active"
    ]
    with pytest.raises(RuleFailed, match="Rule must: the reward card is out of stock"):
        game.events.emit("ada", "must")
    first = game.rewards.claims("bob")[0]
    assert game.rewards.cancel(first.claim_id).points_returned == 0


def test_explaining_says_what_a_rule_would_hand_out(make_engine: MakeEngine) -> None:
    """And hands nothing out."""
    game = make_engine(CATALOG)
    digest = game.history.state_digest()
    assert str(game.events.explain("ada", "won")) == "won: yes, No available reward codes"
    assert str(game.events.explain("ada", "gone")) == "gone: no, the reward old is not active"
    assert game.history.state_digest() == digest


def test_stock_codes_and_limits_are_those_of_a_scope(make_engine: MakeEngine) -> None:
    """Another scope has its own, and does not know the claims of this one."""
    game = make_engine(CATALOG)
    guild = game.scope("guild")
    game.rewards.add_codes("ten_off", ["A"])
    guild.rewards.add_codes("ten_off", ["A"])
    ours = game.rewards.claim("ten_off", "ada", points_deduction=False)
    assert guild.rewards.get("ten_off").available_codes == 1
    with pytest.raises(NotFound, match="Claim not found"):
        guild.rewards.cancel(ours.claim_id)
    assert guild.rewards.claim("ten_off", "ada", points_deduction=False).code_value == "A"
    assert game.rewards.claims("ada").total == guild.rewards.claims("ada").total == 1
