"""Multipliers of points: claimed as a reward, running for a while, and told wherever the points are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    Award,
    Badge,
    BadValue,
    Cap,
    Catalog,
    Currency,
    Engine,
    Leaderboard,
    ManualClock,
    PointsAwarded,
    Reward,
    Rule,
)
from gamify_core.storage.sqlite import SQLiteStore
from tests.engine.conftest import START, store_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gamify_core.services.definition_fields import RewardFields

    from .conftest import MakeEngine

MOST = 2**53 - 1


def boost(code: str = "double", factor: str = "2", duration: str = "24h", **fields: Any) -> Reward:
    """Return a multiplier that costs nothing."""
    return Reward(code, type="points_multiplier", factor=factor, duration=duration, **fields)


CATALOG = Catalog(
    currencies=[Currency("gems")],
    rewards=[boost()],
    rules=[
        Rule("lesson", on="lesson", award=19),
        Rule("both", on="both", award={"points": 5, "gems": 5}),
        Rule("capped", on="capped", award=20, cap=Cap(points=30)),
        Rule("bonus", on="bonus", badge="b"),
    ],
    badges=[Badge("b", points=7)],
    leaderboards=[Leaderboard("all")],
)


def given(game: Engine, amount: int = 10, **arguments: Any) -> int:
    """Award points, and return what was given."""
    return int(game.points.award("ada", amount, **arguments).amount)


# -- what is multiplied --------------------------------------------------------------------------------------


def test_rules_and_direct_awards_are_multiplied(make_engine: MakeEngine) -> None:
    """The balance, boards and answers have the whole amount; what it was before is told beside it."""
    game = make_engine(CATALOG)
    assert given(game) == 10
    game.rewards.claim("double", "ada")
    answer = game.points.award("ada", 100, reason="r")
    assert (answer.amount, answer.base_amount, answer.points, answer.new_balance) == (200, 100, 200, 210)
    assert answer.to_dict()["amount"] == 200
    event = game.events.emit("ada", "lesson")
    assert event.points == 38
    (effect,) = event.effects
    assert isinstance(effect, PointsAwarded)
    assert (effect.amount, effect.base, effect.to_dict()["base"]) == (38, 19, 19)
    movements = game.points.transactions("ada")
    assert [(one.amount, one.base_amount) for one in movements] == [(38, 19), (200, 100), (10, None)]
    assert movements[0].to_dict()["base_amount"] == 19
    assert str(game.leaderboards.top("all")) == "1. ada 248"
    assert str(event).splitlines()[1] == "  +38 points              rule lesson (19 multiplied)"
    assert str(answer).splitlines()[1] == "  +200 points             (100 multiplied)"


def test_what_is_not_multiplied_says_so(make_engine: MakeEngine) -> None:
    """Without a multiplier, and with one that changes nothing, there is no base."""
    game = make_engine(Catalog(rewards=[boost("little", "1.01")]))
    before = game.points.award("ada", 10)
    game.rewards.claim("little", "ada")
    after = game.points.award("ada", 10)
    for answer in (before, after, game.points.deduct("ada", 10)):
        assert (answer.amount, answer.base_amount) == (10, 10)
    assert {movement.base_amount for movement in game.points.transactions("ada")} == {None}


def test_a_batch_is_multiplied_and_boost_false_is_not(make_engine: MakeEngine) -> None:
    """Each item by what its own participant has running."""
    game = make_engine(CATALOG)
    game.rewards.claim("double", "ada")
    game.points.award_batch([Award("ada", 10), Award("bob", 10), Award("ada", 1)])
    assert game.points.balance("ada").balance == 22
    assert game.points.balance("bob").balance == 10
    assert given(game, boost=False) == 10
    requests = [row.request for row in game.history.activity(after=2)]
    assert [request.get("boost") for request in requests if request is not None] == [None] * 3 + [False]
    with pytest.raises(BadValue, match="boost must be True or False, not 'no'"):
        given(game, boost="no")


def test_only_its_own_currency_is_multiplied(make_engine: MakeEngine) -> None:
    """A multiplier of gems leaves points as they are, and the other way round."""
    catalog = Catalog(
        currencies=[Currency("gems")],
        rewards=[boost(multiplies="gems"), boost("triple", "3")],
        rules=[Rule("both", on="both", award={"points": 5, "gems": 5})],
    )
    game = make_engine(catalog)
    game.rewards.claim("double", "ada")
    game.events.emit("ada", "both")
    assert (game.points.balance("ada").balance, game.points.balance("ada", currency="gems").balance) == (
        5,
        10,
    )
    assert given(game, currency="gems") == 20
    assert given(game) == 10


def test_badges_and_transfers_give_what_they_give(make_engine: MakeEngine) -> None:
    """What a badge is worth, and what another sends, is no award of activity."""
    game = make_engine(CATALOG)
    game.rewards.claim("double", "ada")
    assert game.badges.award("ada", "b").points == 7
    assert game.events.emit("ada", "bonus").points == 0
    game.points.award("bob", 10)
    assert game.points.transfer("bob", "ada", 10).recipient_balance == 17


def test_a_cap_bounds_what_was_multiplied(make_engine: MakeEngine) -> None:
    """Multiplied first, trimmed then; where nothing of the bonus is left, none is told."""
    game = make_engine(CATALOG)
    game.rewards.claim("double", "ada")
    answer = game.events.emit("ada", "capped")
    assert (answer.points, [one.message for one in answer.skipped]) == (30, ["the daily cap of 30 leaves 30"])
    assert game.points.transactions("ada")[0].base_amount == 20
    assert game.events.emit("ada", "capped").points == 0
    other = make_engine(CATALOG)
    assert other.events.emit("ada", "capped").points == 20
    other.rewards.claim("double", "ada")
    assert other.events.emit("ada", "capped").points == 10
    assert other.points.transactions("ada")[0].base_amount is None


def test_what_is_too_much_is_refused(make_engine: MakeEngine) -> None:
    """A direct award raises and leaves no trace; a rule passes it over."""
    catalog = Catalog(
        rewards=[boost()],
        rules=[Rule("much", on="much", award=MOST), Rule("half", on="half", award=MOST // 2)],
    )
    game = make_engine(catalog)
    game.rewards.claim("double", "ada")
    before = game.history.state_digest()
    with pytest.raises(BadValue, match="multiplied by 2, would be more than 9007199254740991") as caught:
        game.points.award("ada", MOST)
    assert (caught.value.field, game.history.state_digest()) == ("amount", before)
    answer = game.events.emit("ada", "much")
    assert (answer.points, [(one.effect, one.code) for one in answer.skipped]) == (
        0,
        [("award", "out_of_range")],
    )
    assert game.events.emit("ada", "half").points == MOST - 1


def test_explaining_tells_the_multiplier(make_engine: MakeEngine) -> None:
    """In the rule's own sentence, beside what is passed over."""
    game = make_engine(CATALOG)
    game.rewards.claim("double", "ada")
    assert str(game.events.explain("ada", "lesson")) == "lesson: yes, 19 points are multiplied to 38"
    assert (
        str(game.events.explain("ada", "capped"))
        == "capped: yes, the daily cap of 30 leaves 30; 20 points are multiplied to 40"
    )
    assert str(game.events.explain("bob", "lesson")) == "lesson: yes"


# -- how long ------------------------------------------------------------------------------------------------


def test_it_runs_from_the_claim_for_its_duration(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The first instant counts, that of its end does not; by when the award happened, not when it came."""
    game = make_engine(CATALOG)
    claimed = clock.now()
    game.rewards.claim("double", "ada")
    clock.advance(days=2)
    tick = timedelta(microseconds=1)
    at = {
        claimed - tick: 10,
        claimed: 20,
        claimed + timedelta(days=1) - tick: 20,
        claimed + timedelta(days=1): 10,
        clock.now(): 10,
    }
    assert {instant: given(game, at=instant) for instant in at} == at


def test_a_late_claim_runs_from_when_it_happened(make_engine: MakeEngine, clock: ManualClock) -> None:
    """And raises what is recorded afterwards, not what was."""
    game = make_engine(CATALOG)
    assert given(game) == 10
    game.rewards.claim("double", "ada", at=clock.now() - timedelta(hours=23))
    assert given(game) == 20
    clock.advance(hours=1)
    assert given(game) == 10
    assert game.points.balance("ada").balance == 40


def test_cancelling_ends_it_now(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What it multiplied stays, what happened while it ran is still raised, and it raises nothing from now on."""
    game = make_engine(CATALOG)
    claim = game.rewards.claim("double", "ada")
    clock.advance(hours=1)
    assert given(game) == 20
    game.rewards.cancel(claim.claim_id)
    assert given(game) == 10
    assert given(game, at=clock.now() - timedelta(minutes=1)) == 20
    assert game.points.balance("ada").balance == 50


def test_cancelling_in_the_transaction_of_the_claim_ends_it(make_engine: MakeEngine) -> None:
    """What was claimed a moment ago is found before it is committed, and a claim that is taken back leaves nothing."""
    game = make_engine(CATALOG)
    with game.transaction() as tx:
        claim = tx.rewards.claim("double", "ada")
        assert tx.points.award("ada", 10).amount == 20
        tx.rewards.cancel(claim.claim_id)
        assert tx.points.award("ada", 10).amount == 10
        tx.rewards.claim("double", "bob")
        with tx.dry_run() as trial:
            trial.rewards.claim("double", "carl")
    assert [game.points.award(who, 10).amount for who in ("ada", "bob", "carl")] == [10, 20, 10]


def test_cancelling_before_it_began_takes_all_of_it(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A cancel dated before the claim leaves no moment in which it ran."""
    game = make_engine(CATALOG)
    claim = game.rewards.claim("double", "ada")
    game.rewards.cancel(claim.claim_id, at=clock.now() - timedelta(hours=1))
    assert given(game) == 10


def test_cancelling_one_leaves_the_others(make_engine: MakeEngine, clock: ManualClock) -> None:
    """And one that is over keeps its end."""
    game = make_engine(Catalog(rewards=[boost(), boost("triple", "3", "48h")]))
    double, triple = (game.rewards.claim(code, "ada") for code in ("double", "triple"))
    clock.advance(hours=25)
    game.rewards.cancel(double.claim_id)
    assert given(game, at=clock.now() - timedelta(hours=2)) == 30
    assert given(game) == 30
    game.rewards.cancel(triple.claim_id)
    assert given(game) == 10
    assert given(game, at=clock.now() - timedelta(hours=2)) == 30
    assert given(game, at=clock.now() - timedelta(hours=1)) == 30


# -- several at once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "amount"),
    [
        (["two"], 20),
        (["two", "three", "two"], 30),
        (["plus", "plus"], 20),
        (["times", "times"], 40),
        (["plus", "two", "times"], 60),
        (["up", "odd"], 11),
        (["odd", "up"], 12),
        (["half", "odd", "up"], 12),
        (["less"], 1),
        (["slow"], 5),
        (["slow", "two"], 20),
        (["slow", "times"], 10),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else str(value),
)
def test_several_stack_by_their_own_terms(make_engine: MakeEngine, claimed: list[str], amount: int) -> None:
    """The highest, the sum and the product, rounded as the one that was claimed last rounds."""
    rewards = [
        boost("two", "2"),
        boost("three", "3"),
        boost("plus", "1.5", stacking="add"),
        boost("times", "2", stacking="multiply"),
        boost("up", "1.01", rounding="ceil"),
        boost("odd", "1.11", rounding="floor"),
        boost("half", "1.1", rounding="round"),
        boost("less", "0.001", stacking="multiply"),
        boost("slow", "0.5"),
    ]
    game = make_engine(Catalog(rewards=rewards))
    for code in claimed:
        game.rewards.claim(code, "ada")
    assert given(game) == amount


def test_it_runs_by_the_terms_it_was_claimed_under(make_engine: MakeEngine) -> None:
    """A changed factor is that of later claims; taking it off the list ends nothing, taking it out does."""
    game = make_engine(CATALOG)
    game.rewards.claim("double", "ada")
    store = store_of(game)
    changed = make_engine(Catalog(rewards=[boost(factor="5", is_active=False)]), store=store)
    assert given(changed) == 20
    other = make_engine(Catalog(rewards=[boost("other", "3")]), store=store)
    assert given(other) == 10
    assert given(make_engine(CATALOG, store=store)) == 20


@pytest.mark.parametrize(
    "edit",
    [
        {"factor": "3"},
        {"multiplies": "gems"},
        {"stacking": "add", "rounding": "ceil"},
        {"type": "digital", "factor": None, "duration": None},
    ],
    ids="+".join,
)
def test_an_edit_of_its_reward_does_not_stop_it(make_engine: MakeEngine, edit: RewardFields) -> None:
    """Whatever the reward says by now, what was claimed of it runs on as it was claimed, deleted or not."""
    game = make_engine(Catalog(currencies=[Currency("gems")], rules=[Rule("lesson", on="lesson", award=10)]))
    fields: RewardFields = {"code": "double", "type": "points_multiplier", "factor": "2", "duration": "7d"}
    game.definitions.rewards.create(fields)
    game.rewards.claim("double", "ada")
    game.definitions.rewards.update("double", edit)
    assert (given(game), game.events.emit("ada", "lesson").points) == (20, 20)
    assert given(game, currency="gems") == 10
    game.definitions.rewards.delete("double")
    assert given(game) == 20


def test_it_can_be_cancelled_when_its_reward_multiplies_no_more(make_engine: MakeEngine) -> None:
    """What the claim set going ends with the claim, whatever the reward is by now; nobody else's does."""
    game = make_engine(CATALOG)
    claims = {who: game.rewards.claim("double", who).claim_id for who in ("ada", "bob")}
    changed = make_engine(Catalog(rewards=[Reward("double")]), store=store_of(game))
    assert given(changed) == 20
    changed.rewards.cancel(claims["ada"])
    assert (given(changed), changed.points.award("bob", 10).amount) == (10, 20)


def test_a_rule_hands_one_out_that_raises_what_follows(make_engine: MakeEngine) -> None:
    """Rules of the same event that come after it are raised already."""
    catalog = Catalog(
        rewards=[boost()],
        rules=[
            Rule("before", on="e", award=1),
            Rule("own", on="e", award=10, reward="double"),
            Rule("after", on="e", award=100),
        ],
    )
    game = make_engine(catalog)
    answer = game.events.emit("ada", "e")
    assert [effect.amount for effect in answer.effects if isinstance(effect, PointsAwarded)] == [1, 10, 200]
    assert game.events.emit("ada", "e").points == 222


def test_scopes_have_multipliers_of_their_own(make_engine: MakeEngine) -> None:
    """The same person in another scope is another participant."""
    game = make_engine(CATALOG)
    game.scope("guild").rewards.claim("double", "ada")
    assert given(game) == 10
    assert game.scope("guild").points.award("ada", 10).amount == 20


def test_a_repeated_award_answers_as_then(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The key keeps the amount that was given, whatever runs by now."""
    game = make_engine(CATALOG)
    game.rewards.claim("double", "ada")
    first = game.points.award("ada", 10, idempotency_key="k")
    clock.advance(days=2)
    again = game.points.award("ada", 10, idempotency_key="k")
    assert (again.replayed, again.amount, again.base_amount) == (True, 20, 10)
    assert again == first


# -- what it costs -------------------------------------------------------------------------------------------


def test_cancelling_looks_at_its_own_claim_alone(tmp_path: Path) -> None:
    """However many multipliers somebody had, ending one is as much work."""

    def work(many: int) -> int:
        store = SQLiteStore(tmp_path / f"{many}.db", durability="normal")
        game = Engine(CATALOG, store, clock=ManualClock(START), seed=1)
        claims = [game.rewards.claim("double", "ada").claim_id for _ in range(many)]
        steps: list[None] = []
        # Each step of SQLite's own machine is counted
        store.connection.set_progress_handler(lambda: steps.append(None), 1)
        game.rewards.cancel(claims[0])
        store.connection.set_progress_handler(None, 1)
        game.close()
        store.close()
        return len(steps)

    assert work(60) <= work(3) * 1.1


def test_it_costs_nothing_where_there_is_none(tmp_path: Path) -> None:
    """Awards ask the store nothing more for a catalog without rewards; else whether anything runs, once."""

    def statements(name: str, rewards: list[Reward]) -> int:
        store = SQLiteStore(tmp_path / f"{name}.db", durability="normal")
        catalog = Catalog(currencies=[Currency("gems")], rewards=rewards)
        game = Engine(catalog, store, clock=ManualClock(START), seed=1)
        game.points.award("ada", 1)
        heard: list[str] = []
        store.connection.set_trace_callback(heard.append)
        use: Callable[[], object] = lambda: game.points.award("ada", 1)  # noqa: E731 - said once, used once
        use()
        store.connection.set_trace_callback(None)
        game.close()
        store.close()
        return len(heard)

    bare = statements("bare", [])
    assert statements("others", [Reward("mug"), boost(multiplies="gems")]) == bare + 1
    assert statements("points", [boost()]) == bare + 1
