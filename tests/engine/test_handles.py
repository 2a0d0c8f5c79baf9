from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from gamify_core import (
    Award,
    Badge,
    BadgeEarned,
    BadValue,
    Catalog,
    Emit,
    Engine,
    HandleInUse,
    InsufficientPoints,
    Ladder,
    Leaderboard,
    Metric,
    Rule,
    StoreClosed,
    Streak,
    TierChanged,
)
from gamify_core.game import Game
from gamify_core.storage.protocol import Store
from tests.engine.conftest import MakeEngine

CATALOG = Catalog.from_dict(
    {
        "metrics": {"lessons": {"on": "lesson"}},
        "rules": {"lesson": {"on": "lesson", "award": 10, "streak": "daily"}},
        "streaks": {"daily": {}},
        "ladders": {"tier": {"tiers": {"bronze": 0, "gold": 100}}},
        "badges": {"first": {"criteria": "lessons >= 1", "points": 5}},
        "leaderboards": {"all": {}, "week": {"period": "weekly", "ties": "dense"}},
    }
)


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine with something of everything, and somebody who has been there before."""
    game = make_engine(CATALOG, seed=1)
    game.events.emit("eve", "lesson")
    return game


def everything(game: Game) -> None:
    """Use every kind of command once."""
    game.events.emit("ada", "lesson", idempotency_key="k")
    game.points.award("ada", 100)
    game.points.deduct("ada", 1)
    game.points.transfer("ada", "bob", 2)
    game.points.award_batch([Award("carl", 1), Award("carl", 0)])
    game.events.emit_batch([Emit("dora", "lesson")])
    game.badges.award("bob", "first")
    game.badges.revoke("bob", "first")
    game.tiers.assign("bob", "gold")
    game.tiers.clear("bob")
    game.streaks.record("bob", "daily")
    game.participants.upsert("ada", "Ada", timezone="Europe/Paris", attributes={"a": 1})
    game.participants.update("ada", display_name="Ada L.")
    game.scope("guild").points.award("ada", 3)


# -- transactions --------------------------------------------------------------------------------------------


def test_a_transaction_is_committed_whole(make_engine: MakeEngine) -> None:
    """What a transaction did is what the same commands do one by one."""
    apart, together = make_engine(CATALOG, seed=1), make_engine(CATALOG, seed=1)
    everything(apart)
    with together.transaction() as tx:
        everything(tx)
    assert together.history.state_digest() == apart.history.state_digest()


def test_a_transaction_that_raises_leaves_nothing(game: Engine) -> None:
    """An exception that leaves the block takes everything back and passes on."""
    before = game.history.state_digest()
    with pytest.raises(ZeroDivisionError), game.transaction() as tx:  # noqa: PT012 - the block is the subject
        everything(tx)
        _ = 1 / 0
    assert game.history.state_digest() == before
    game.points.award("ada", 1)
    assert game.points.balance("ada").balance == 1


def test_a_transaction_reads_its_own_writes_and_others_do_not(game: Engine, store_kind: str) -> None:
    """Inside, everything is seen at once: balances, boards, tiers, lists; a reader outside sees the past."""
    seen: list[int] = []
    with game.transaction() as tx:
        tx.points.award("ada", 150)
        assert tx.points.balance("ada").balance == 150
        assert tx.leaderboards.rank("all", "ada").rank == 1
        assert tx.leaderboards.top("week", period="weekly").total_participants == 2
        current = tx.tiers.current("ada").current_tier
        assert current is not None
        assert current.code == "gold"
        assert tx.participants.get("ada").points.balance == 150
        assert tx.history.activity(after=2)[0].kind == "points.award"
        if store_kind == "sqlite":  # in memory a reader waits for the writer
            reader = threading.Thread(target=lambda: seen.append(int(game.points.balance("ada").balance)))
            reader.start()
            reader.join()
            assert seen == [0]
    assert game.points.balance("ada").balance == 150


def test_a_refusal_that_is_caught_leaves_the_rest(game: Engine) -> None:
    """Each command is atomic inside: what was refused left nothing, what was done stays."""
    with game.transaction() as tx:
        tx.points.award("ada", 10)
        with pytest.raises(InsufficientPoints):
            tx.points.transfer("ada", "bob", 11)
        with pytest.raises(BadValue):
            tx.points.award("ada", 0)
        tx.points.deduct("ada", 3)
    assert game.points.balance("ada").balance == 7
    assert game.participants.list().total == 2


def test_an_empty_transaction_writes_nothing(game: Engine) -> None:
    """Opening and closing a handle is not an activity."""
    before = game.history.state_digest()
    with game.transaction():
        pass
    assert game.history.state_digest() == before


# -- nested --------------------------------------------------------------------------------------------------


def test_a_nested_transaction_is_a_part_that_can_be_taken_back(game: Engine) -> None:
    """The part that raised is gone; what came before it, after it, and beside it stays."""
    with game.transaction() as tx:
        tx.points.award("ada", 1)
        with tx.transaction() as part:
            part.points.award("ada", 10)
        with pytest.raises(ZeroDivisionError), tx.transaction() as part:  # noqa: PT012 - as above
            part.points.award("ada", 100)
            everything(part)
            _ = 1 / 0
        assert tx.points.balance("ada").balance == 11
        tx.points.award("ada", 1000)
    assert game.points.balance("ada").balance == 1011


def test_a_nested_part_falls_with_the_whole(game: Engine) -> None:
    """What a nested block kept is only kept when the outer one is."""
    before = game.history.state_digest()
    with pytest.raises(ZeroDivisionError), game.transaction() as tx:  # noqa: PT012 - as above
        with tx.transaction() as part, part.transaction() as deep:
            everything(deep)
        _ = 1 / 0
    assert game.history.state_digest() == before


def test_a_dry_run_inside_a_transaction_is_taken_back(game: Engine) -> None:
    """A trial in the middle sees what the transaction did, and leaves it as it was."""
    with game.transaction() as tx:
        tx.points.award("ada", 1)
        with tx.dry_run() as trial:
            everything(trial)
            assert trial.points.balance("ada").balance > 100
        assert tx.points.balance("ada").balance == 1
    assert game.points.balance("ada").balance == 1


def test_a_transaction_inside_a_dry_run_keeps_nothing(game: Engine) -> None:
    """Whatever is committed within a trial goes with the trial."""
    before = game.history.state_digest()
    with game.dry_run() as trial, trial.transaction() as tx:
        everything(tx)
    assert game.history.state_digest() == before


# -- dry runs ------------------------------------------------------------------------------------------------


def test_a_dry_run_answers_truly_and_keeps_nothing(game: Engine) -> None:
    """The trial's answers are those of the real thing, ids included; the store is as before."""
    before = game.history.state_digest()
    with game.dry_run() as trial:
        tried = trial.events.emit("ada", "lesson", {"n": 1})
        assert trial.points.balance("ada").balance == 15
    assert game.history.state_digest() == before
    done = game.events.emit("ada", "lesson", {"n": 1})
    assert tried == done
    assert str(tried) == str(done)
    assert tried.to_dict() == done.to_dict()


@pytest.mark.parametrize("times", [1, 2])
def test_a_dry_run_of_any_command_leaves_no_trace(make_engine: MakeEngine, times: int) -> None:
    """On a new store and on a used one, trying everything changes nothing, and nothing later shows it."""
    game, untouched = make_engine(CATALOG, seed=1), make_engine(CATALOG, seed=1)
    for _ in range(times):
        with game.dry_run() as trial:
            everything(trial)
        everything(game)
        everything(untouched)
    assert game.history.state_digest() == untouched.history.state_digest()


def test_a_dry_run_that_raises_passes_the_error_on(game: Engine) -> None:
    """A refusal inside a trial is the refusal of the real thing."""
    with pytest.raises(InsufficientPoints, match="Available: 0, requested: 1"), game.dry_run() as trial:
        trial.points.deduct("ada", 1)


def test_an_answer_can_be_read_after_its_handle_is_over(game: Engine) -> None:
    """Answers read what was decided, not the store."""
    with game.dry_run() as trial:
        answer = trial.points.award("ada", 2_000)
    assert answer.tier_upgrade is not None
    assert answer.tier_upgrade.name == "Gold"


# -- the wrong handle ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["transaction", "dry_run"])
def test_the_engine_refuses_inside_its_own_block(game: Engine, kind: str) -> None:
    """Using the engine where the handle is meant is an error: for writes, reads, scopes, blocks, closing."""
    with getattr(game, kind)():
        for use in (
            lambda: game.points.award("ada", 1),
            lambda: game.points.award_batch([Award("ada", 1)]),
            lambda: game.points.balance("ada"),
            lambda: game.scope("guild").points.award("ada", 1),
            lambda: game.events.explain("ada", "lesson"),
            game.transaction().__enter__,
            game.dry_run().__enter__,
            game.close,
        ):
            with pytest.raises(HandleInUse):
                use()
    assert game.points.award("ada", 1).new_balance == 1


@pytest.mark.parametrize("kind", ["transaction", "dry_run"])
def test_an_ended_handle_refuses(game: Engine, kind: str) -> None:
    """A handle kept beyond its block, a scope of it, or a nested one, does nothing and says so."""
    with getattr(game, kind)() as handle:
        guild = handle.scope("guild")
        guild.points.award("ada", 1)
        with handle.transaction() as nested:
            nested.points.award("ada", 1)
        with pytest.raises(HandleInUse, match="is over"):
            nested.points.award("ada", 1)
    for over in (handle, guild, nested, handle.scope("other")):
        for use in (
            lambda over=over: over.points.award("ada", 1),
            lambda over=over: over.points.award_batch([Award("ada", 1)]),
            lambda over=over: over.events.emit_batch([Emit("ada", "lesson")], backfill=True),
            lambda over=over: over.points.balance("ada"),
            lambda over=over: over.transaction().__enter__(),
        ):
            with pytest.raises(HandleInUse, match="is over"):
                use()


def test_the_outer_handle_waits_for_the_nested_one(game: Engine) -> None:
    """While a nested block is open only its handle works: a part taken back must not take more with it."""
    with game.transaction() as tx:
        with tx.transaction() as part:
            with pytest.raises(HandleInUse, match="nested"):
                tx.points.award("ada", 1)
            part.points.award("ada", 2)
        tx.points.award("ada", 4)
    assert game.points.balance("ada").balance == 6


def test_a_handle_that_failed_lets_the_engine_go_on(game: Engine) -> None:
    """After a block that raised, the engine, and new blocks, work again in the same thread."""
    for kind in ("transaction", "dry_run"):
        with pytest.raises(KeyError), getattr(game, kind)():
            raise KeyError(kind)
    with game.transaction() as tx:
        tx.points.award("ada", 1)
    assert game.points.balance("ada").balance == 1


def test_another_thread_waits_for_the_block(game: Engine) -> None:
    """A writer in another thread does not fail and is not lost: it comes after."""
    balances: list[int] = []
    with game.transaction() as tx:
        writer = threading.Thread(
            target=lambda: balances.append(int(game.points.award("ada", 1).new_balance))
        )
        writer.start()
        tx.points.award("ada", 10)
        assert balances == []
    writer.join()
    assert balances == [11]


def test_explaining_leaves_no_trace(game: Engine) -> None:
    """Asking what an event would do is a trial of its own, on an engine and inside a transaction."""
    before = game.history.state_digest()
    assert game.events.explain("new", "lesson").rules[0].fires
    assert game.history.state_digest() == before
    with game.transaction() as tx:
        tx.points.award("ada", 1)
        assert tx.events.explain("newer", "lesson").rules[0].fires
        assert tx.participants.list().total == 2


def test_a_window_first_opened_in_a_dry_run_is_not_remembered(make_engine: MakeEngine) -> None:
    """Numbers given out in a trial are given out again: a later write is not filed under another's number."""
    catalog = Catalog(
        metrics=[Metric("a", "a"), Metric("b", "b")],
        leaderboards=[Leaderboard("a", metric="a"), Leaderboard("b", metric="b")],
    )
    game = make_engine(catalog)
    with game.dry_run() as trial:
        trial.events.emit("ada", "a")
        assert trial.leaderboards.top("a").total_participants == 1
    game.events.emit("bob", "b")
    game.events.emit("ada", "a")
    assert str(game.leaderboards.top("a")) == "1. ada 1"
    assert str(game.leaderboards.top("b")) == "1. bob 1"


def test_effects_inside_a_transaction_are_those_of_the_moment(make_engine: MakeEngine) -> None:
    """Each answer lists what its own command caused, not what the transaction did before it."""
    game = make_engine(
        Catalog(
            metrics=[Metric("lessons", "lesson")],
            badges=[Badge("first", criteria="lessons >= 1")],
            streaks=[Streak("daily")],
            rules=[Rule("lesson", on="lesson", award=60)],
            ladders=[Ladder("tier", tiers={"bronze": 0, "gold": 100})],
        )
    )
    with game.transaction() as tx:
        kinds = [[type(effect) for effect in tx.events.emit("ada", "lesson").effects] for _ in range(3)]
    assert [BadgeEarned in kind for kind in kinds] == [True, False, False]
    assert [TierChanged in kind for kind in kinds] == [False, True, False]


def test_a_handle_is_no_place_for_another_thread(make_engine: MakeEngine) -> None:
    """Another thread that uses a handle is refused, and what the handle does is not disturbed."""
    game = make_engine(Catalog())
    refused: list[BaseException] = []

    def intrude(tx: Game) -> None:
        for use in (lambda: tx.points.award("bob", 1), lambda: tx.points.balance("bob")):
            try:
                use()
            except HandleInUse as error:
                refused.append(error)

    with game.transaction() as tx:
        tx.points.award("ada", 1)
        other = threading.Thread(target=intrude, args=(tx,))
        other.start()
        other.join()
        tx.points.award("ada", 1)
    assert len(refused) == 2
    assert game.points.balance("ada").balance == 2
    assert game.points.balance("bob").balance == 0


def test_an_engine_leaves_a_store_open_that_it_was_given(make_store: Callable[[], Store]) -> None:
    """Closing an engine ends the engine; a store that came from outside stays its owner's."""
    store = make_store()
    one, other = Engine(Catalog(), store), Engine(Catalog(), store)
    one.close()
    with pytest.raises(StoreClosed):
        one.points.award("ada", 1)
    assert other.points.award("ada", 1).new_balance == 1
