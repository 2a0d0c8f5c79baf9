"""Carrying a backtest out: people get what they would have had, once, and what was wrong goes back as far as asked."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    AdminRequired,
    Badge,
    BadValue,
    Catalog,
    Challenge,
    Currency,
    Engine,
    HistoryMovedOn,
    IdempotencyConflict,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    Reward,
    Rule,
)
from gamify_core.storage.memory import MemoryStore
from tests.engine.conftest import START, MakeEngine, store_of
from tests.engine.replaying import difference
from tests.engine.test_replay_law import CATALOG, COMMANDS, play

OLD = Catalog(
    metrics=[Metric("lessons", "lesson")],
    rules=[Rule("lesson", on="lesson", award=10)],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 25, "gold": 60})],
    badges=[Badge("rich", criteria="points.earned >= 50", points=5)],
    rewards=[Reward("mug", type="physical", points_cost=20)],
    leaderboards=[Leaderboard("top", periods=("all_time", "weekly"))],
)
RICHER = attrs.evolve(
    OLD,
    rules=[Rule("lesson", on="lesson", award=20)],
    badges=[*OLD.badges, Badge("keen", criteria="lessons >= 3", points=7)],
)
POORER = attrs.evolve(OLD, rules=[Rule("lesson", on="lesson", award=4)])


def lessons(game: Engine, who: str, times: int) -> None:
    """Send some events."""
    for _ in range(times):
        game.events.emit(who, "lesson")


def earned(game: Any, who: str) -> tuple[int, int]:
    """Return what somebody earned and has."""
    balance = game.points.balance(who)
    return balance.total_earned, balance.balance


def under(catalog: Catalog, game: Engine, clock: ManualClock, **more: Any) -> Engine:
    """Open the same store with another catalog."""
    return Engine(catalog, store_of(game), clock=clock, **more)


def test_what_is_given_is_exactly_what_would_have_been(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Points, badges, rungs and boards end where they would have been; the ledger says the cause."""
    game = make_engine(OLD)
    lessons(game, "ada", 3)
    lessons(game, "bob", 1)
    clock.advance(days=7)
    game.points.award("cay", 1)
    report = game.history.backtest(RICHER)
    richer = under(RICHER, game, clock)
    done = richer.history.apply(report)
    assert (done.given, done.taken, done.participants, done.badges_given) == ({"points": 52}, {}, 2, 2)
    assert earned(richer, "ada") == (72, 72)  # 3 lessons, rich and keen, as if it had always been so
    assert earned(richer, "bob") == (20, 20)
    rung = richer.tiers.current("ada").current_tier
    assert rung is not None
    assert rung.code == "gold"
    assert {badge.code for badge in richer.badges.list("ada").badges if badge.earned} == {"rich", "keen"}
    sources = {one.source for one in richer.points.transactions("ada").items}
    assert {one for one in sources if one.startswith("backtest")} == {f"backtest:{report.id}"}
    week = [
        (one.participant_id, one.score) for one in richer.leaderboards.top("top", period="weekly").entries
    ]
    assert week == [("cay", 1)]
    assert richer.history.backtest(RICHER).differences == ()
    assert difference(richer) == {}


def test_the_same_report_again_does_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Nor does one half of it that was done before the process died."""
    game = make_engine(OLD)
    for n in range(5):
        lessons(game, f"p{n}", 1)
    report = game.history.backtest(RICHER)
    richer = under(RICHER, game, clock)
    half = attrs.evolve(report, differences=report.differences[:2])
    assert richer.history.apply(half).participants == 2
    lessons(richer, "p4", 1)  # life goes on
    whole = richer.history.apply(report)
    assert (whole.participants, whole.already) == (3, 2)
    digest = richer.history.state_digest()
    again = richer.history.apply(report)
    assert (again.participants, again.already, again.given) == (0, 5, {})
    assert richer.history.state_digest() == digest
    assert [earned(richer, f"p{n}") for n in range(5)] == [(20, 20)] * 4 + [(40, 40)]
    assert difference(richer) == {}


@pytest.mark.parametrize(
    ("take", "ada", "short"),
    [("never", (30, 10), {}), ("unspent", (20, 0), {"points": 8}), ("all", (12, -8), {})],
)
def test_what_was_given_too_much(
    make_engine: MakeEngine, clock: ManualClock, take: Any, ada: tuple[int, int], short: dict[str, int]
) -> None:
    """It stays, or goes as far as it is still there, or goes into debts; it was never earned then."""
    game = make_engine(OLD)
    lessons(game, "ada", 3)
    game.rewards.claim("mug", "ada")
    report = game.history.backtest(POORER)
    assert dict(report.differences[0].points) == {"points": -18}
    poorer = under(POORER, game, clock)
    done = poorer.history.apply(report, take=take)
    assert earned(poorer, "ada") == ada
    assert done.short == short
    left = [one for one in poorer.history.backtest(POORER).differences if one.points]
    assert (left == []) is (take == "all")
    assert difference(poorer) == {}


def test_what_is_taken_is_taken_of_what_was_issued(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What others have sent since is theirs to send, and stands, though it came as directly as what is taken."""
    double = Reward("double", type="points_multiplier", factor=2, duration="2d")
    game = make_engine(Catalog(rewards=[double]))
    game.rewards.claim("double", "ada")
    game.points.award("ada", 10)
    game.points.award("bob", 50)
    game.points.transfer("bob", "ada", 30)
    less = Catalog(rewards=[attrs.evolve(double, factor="1.5")])
    report = game.history.backtest(less)
    other = under(less, game, clock)
    done = other.history.apply(report, take="all")
    assert (done.taken, done.short) == ({"points": 5}, {})
    assert earned(other, "ada") == (15, 45)
    assert difference(other) == {}


def test_badges_go_with_what_they_gave(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A badge that the other catalog lacks is taken back where that is asked for; its points are counted once."""
    game = make_engine(OLD)
    lessons(game, "ada", 6)
    without = attrs.evolve(OLD, badges=[])
    report = game.history.backtest(without)
    other = under(without, game, clock)
    assert other.history.apply(report).participants == 0
    done = other.history.apply(report, take="unspent")
    assert (done.taken, done.badges_taken) == ({"points": 5}, 1)
    assert earned(other, "ada") == (60, 60)
    assert other.history.backtest(without).differences == ()
    with pytest.raises(IdempotencyConflict):
        other.history.apply(report, take="all")


def test_a_report_of_something_else_is_refused(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Of another history, for another catalog, of a history and itself; and what is no report, or no policy."""
    game = make_engine(OLD)
    lessons(game, "ada", 1)
    report = game.history.backtest(RICHER)
    with pytest.raises(BadValue, match="another catalog than the one in force here"):
        game.history.apply(report)
    other = make_engine(RICHER)
    lessons(other, "ada", 1)
    with pytest.raises(BadValue, match="another history"):
        other.history.apply(report)
    with pytest.raises(BadValue, match="there is nothing to apply"):
        game.history.apply(game.history.backtest())
    richer = under(RICHER, game, clock)
    with pytest.raises(BadValue, match="take must be"):
        richer.history.apply(report, take="some")  # type: ignore[arg-type]
    with pytest.raises(BadValue, match="report must be"):
        richer.history.apply("report")  # type: ignore[arg-type]
    with pytest.raises(AdminRequired):
        richer.standard().history.apply(report)


@pytest.mark.parametrize("what", ["retract", "reverse", "other catalog", "another report", "edit"])
def test_a_history_that_has_moved_on_is_refused(
    make_engine: MakeEngine, clock: ManualClock, what: str
) -> None:
    """Where what it counts was taken back, where other rules decided since, where another report was applied."""
    game = make_engine(OLD)
    sent = game.events.emit("ada", "lesson")
    given = game.points.award("ada", 3)
    report = game.history.backtest(RICHER)
    richer = under(RICHER, game, clock)
    if what == "retract":
        richer.events.retract(sent.event_id)
    elif what == "reverse":
        richer.points.reverse(given.transaction_id)
    elif what == "other catalog":
        lessons(game, "bob", 1)
    elif what == "another report":
        richer.points.award("bob", 1)
        assert richer.history.apply(richer.history.backtest(RICHER)).participants == 1
    else:
        richer.definitions.badges.create({"code": "made"})
    digest = richer.history.state_digest()
    with pytest.raises((HistoryMovedOn, BadValue)):
        richer.history.apply(report)
    assert richer.history.state_digest() == digest


def test_what_is_no_matter_does_not_stop_it(make_engine: MakeEngine, clock: ManualClock) -> None:
    """New events under the new catalog, one of them taken back, and people who were erased since."""
    game = make_engine(OLD)
    lessons(game, "ada", 1)
    lessons(game, "bob", 1)
    report = game.history.backtest(RICHER)
    richer = under(RICHER, game, clock)
    sent = richer.events.emit("ada", "lesson")
    richer.events.retract(sent.event_id)
    richer.participants.delete("bob")
    done = richer.history.apply(report)
    assert (done.participants, done.gone, done.given) == (1, 1, {"points": 10})
    assert str(done) == f"backtest {report.id}: +10 points, for 1 participant; 1 gone"
    assert done.to_dict()["gone"] == 1


def test_definitions_made_at_run_time_keep_their_codes(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A gift's badge is called after its activity, which is another one in a history decided again."""
    game = make_engine()
    game.points.award("zoe", 1)
    older = under(OLD, game, clock)
    gift = older.gifts.create("Pack", "gold", 3, badge=True)
    lessons(older, "ada", 1)
    older.gifts.redeem(gift.gift_id, "ada")
    richer = under(RICHER, game, clock)
    assert richer.history.apply(richer.history.backtest(RICHER)).given == {"points": 10}
    assert richer.history.backtest(RICHER).differences == ()


def test_a_challenge_that_is_reached_by_it_pays_out_of_the_sum(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """What a gift sets off is part of it, not beside it."""
    dash = Challenge("dash", goals="points.earned >= 25", points=9)
    game = make_engine(attrs.evolve(OLD, challenges=[dash]))
    lessons(game, "ada", 2)
    richer = attrs.evolve(RICHER, challenges=[dash])
    report = game.history.backtest(richer)
    after = under(richer, game, clock)
    after.history.apply(report)
    assert earned(after, "ada") == (49, 49)
    assert after.history.backtest(richer).differences == ()
    assert difference(after) == {}


@settings(deadline=None, max_examples=max(5, settings().max_examples // 4))
@given(
    commands=COMMANDS,
    more=COMMANDS,
    take=st.sampled_from(["never", "unspent", "all"]),
    factor=st.integers(0, 3),
)
def test_after_any_history_the_sums_are_those_of_the_other_catalog(
    commands: list[Any], more: list[Any], take: Any, factor: int
) -> None:
    """Nobody ends with less than they would have, nobody loses unasked, and all of it can be decided again."""
    clock, store = ManualClock(START), MemoryStore()
    game = Engine(CATALOG, store, clock=clock, seed=7)
    play(game, clock, commands)
    other = attrs.evolve(
        CATALOG, rules=[attrs.evolve(CATALOG.rules[0], award=f"score // 2 * {factor}"), *CATALOG.rules[1:]]
    )
    after = Engine(other, store, clock=clock, seed=7)
    after.points.award("zoe", 1)  # which adopts it, so that definitions made at run time are laid over it
    report = after.history.backtest(other)
    then = {one.participant_id: after.points.balance(one.participant_id) for one in report.differences}
    after.history.apply(report, take=take)
    for one in report.differences:
        change = dict(one.points).get("points", 0)
        gain = after.points.balance(one.participant_id).total_earned - then[one.participant_id].total_earned
        if change >= 0:
            assert gain >= change
        elif take == "never":
            assert gain == 0
    play(after, clock, more[:10])
    assert difference(after) == {}


def test_amounts_have_their_decimals(make_engine: MakeEngine, clock: ManualClock) -> None:
    """In the report, in what is given and taken, in what was spent already, and in plain JSON."""

    def back(share: str) -> Catalog:
        rule = Rule("back", on="bought", award={"usd": f"price * {share}"}, rounding="floor")
        return Catalog(currencies=[Currency("usd", scale=2)], rules=[rule])

    game = make_engine(back("0.10"))
    game.events.emit("ada", "bought", {"price": 49.99})
    more = game.history.backtest(back("0.25"))
    assert dict(more.movers[0].points) == {"usd": Decimal("7.50")}
    (usd,) = more.currencies
    assert (usd.issued_then, usd.issued_now, usd.gained) == (
        Decimal("4.99"),
        Decimal("12.49"),
        Decimal("7.50"),
    )
    (cause,) = more.causes
    assert str(cause) == "rule back: 4.99 → 12.49 usd, once"
    assert "1 participant gains 7.50 usd" in str(more)
    assert json.loads(json.dumps(more.to_dict()))["movers"][0]["points"] == {"usd": "7.50"}
    given = under(back("0.25"), game, clock).history.apply(more)
    assert given.given == {"usd": Decimal("7.50")}
    assert given.to_dict()["given"] == {"usd": "7.50"}
    poorer = under(back("0.01"), game, clock)
    poorer.points.deduct("ada", "12.00", currency="usd")
    less = poorer.history.backtest(back("0.01"))
    taken = poorer.history.apply(less, take="unspent")
    assert (taken.taken, taken.short) == ({"usd": Decimal("0.49")}, {"usd": Decimal("11.51")})
    told = [effect for effect in poorer.history.activity()[-1].effects if effect.tag == "skipped"]
    assert [str(getattr(effect, "message", "")) for effect in told] == ["11.51 of 12.00 were spent already"]


def test_what_has_lapsed_is_not_told_as_taken(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Points that are not there any more leave nothing to be taken, into debts neither; of none nobody speaks."""
    usd = [Currency("usd", scale=2)]
    first = make_engine(Catalog(currencies=usd, rules=[Rule("back", on="b", award={"usd": 5}, expires="5d")]))
    first.events.emit("ada", "b")
    clock.advance(days=9)
    first.settle()
    without = Catalog(currencies=usd)
    game = Engine(without, store_of(first), clock=clock)
    report = game.history.backtest(without)
    (money,) = [one.to_dict() for one in report.currencies if one.currency == "usd"]
    assert (money["gained"], money["lost"]) == ("0.00", "5.00")
    done = game.history.apply(report, take="all")
    assert (done.taken, done.short) == ({}, {})
    assert str(done).endswith(": nothing to be done, for 1 participant")
