from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gamify_core import (
    Badge,
    Catalog,
    Currency,
    Engine,
    IdempotencyConflict,
    InsufficientPoints,
    Ladder,
    ManualClock,
    Rule,
    Streak,
)
from tests.engine.conftest import MakeEngine, store_of

CATALOG = Catalog(
    currencies=[Currency("gems")],
    badges=[Badge("star", points=5)],
    ladders=[Ladder("tier", tiers={"bronze": 0, "gold": 100})],
    streaks=[Streak("daily")],
    rules=[Rule("lesson", on="lesson", award=10)],
)


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine with one of everything, and ada with points to spend."""
    game = make_engine(CATALOG)
    game.points.award("ada", 1000)
    return game


Write = Callable[[Engine, str], Any]
WRITES: dict[str, Write] = {
    "award": lambda game, key: game.points.award("ada", 7, reason="why", idempotency_key=key),
    "deduct": lambda game, key: game.points.deduct("ada", 7, idempotency_key=key),
    "transfer": lambda game, key: game.points.transfer("ada", "bob", 7, idempotency_key=key),
    "event": lambda game, key: game.events.emit("ada", "lesson", {"n": 1}, idempotency_key=key),
    "badge": lambda game, key: game.badges.award("ada", "star", idempotency_key=key),
    "assign": lambda game, key: game.tiers.assign("ada", "bronze", idempotency_key=key),
    "clear": lambda game, key: game.tiers.clear("ada", idempotency_key=key),
    "streak": lambda game, key: game.streaks.record("ada", "daily", idempotency_key=key),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_the_same_key_gives_the_first_answer_and_writes_nothing(
    game: Engine, clock: ManualClock, write: Write
) -> None:
    """A repeated command answers alike in every respect, flagged, and the store does not change."""
    first = write(game, "k")
    state = game.history.state_digest()
    clock.advance(hours=30)
    again = write(game, "k")
    assert (first.replayed, again.replayed) == (False, True)
    assert again == first
    assert again.to_dict() == first.to_dict()
    assert (again.activity_id, again.recorded_at, again.occurred_at) == (
        first.activity_id,
        first.recorded_at,
        first.occurred_at,
    )
    assert game.history.state_digest() == state


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_without_a_key_every_call_is_its_own(game: Engine, write: Write) -> None:
    """Two keys are two commands: nothing is guessed from equal arguments."""
    first, second = write(game, "k1"), write(game, "k2")
    assert not second.replayed
    if write is not WRITES["badge"]:  # which is held already the second time
        assert second.activity_id == first.activity_id + 1


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"amount": 8}, ("amount",)),
        ({"participant_id": "bob"}, ("participant_id",)),
        ({"reason": "else"}, ("reason",)),
        ({"reason": None}, ("reason",)),
        ({"currency": "gems"}, ("currency",)),
        ({"metadata": {"n": 2}}, ("metadata",)),
        ({"metadata": {"n": 1.0}}, ("metadata",)),
        ({"metadata": {"n": True}}, ("metadata",)),
        ({"metadata": None, "amount": 9}, ("amount", "metadata")),
    ],
)
def test_other_arguments_under_a_used_key_are_a_conflict(
    game: Engine, changed: dict[str, Any], fields: tuple[str, ...]
) -> None:
    """Every argument counts, and the error names exactly those that differ."""
    arguments: dict[str, Any] = {"participant_id": "ada", "amount": 7, "reason": "why", "metadata": {"n": 1}}
    game.points.award(**arguments, idempotency_key="k")
    state = game.history.state_digest()
    with pytest.raises(IdempotencyConflict) as caught:
        game.points.award(**(arguments | changed), idempotency_key="k")
    assert caught.value.fields == fields
    assert (caught.value.key, caught.value.operation, caught.value.http_status) == ("k", "points.award", 409)
    assert game.history.state_digest() == state


def test_the_order_of_keys_in_metadata_says_nothing(game: Engine) -> None:
    """The same JSON object in another order is the same argument."""
    game.points.award("ada", 1, metadata={"a": 1, "b": 2}, idempotency_key="k")
    assert game.points.award("ada", 1, metadata={"b": 2, "a": 1}, idempotency_key="k").replayed


def test_a_defaulted_instant_does_not_count_and_a_given_one_does(game: Engine, clock: ManualClock) -> None:
    """Retrying later is a retry; passing another `at` is another command."""
    game.points.award("ada", 1, idempotency_key="k")
    clock.advance(days=30)
    assert game.points.award("ada", 1, idempotency_key="k").replayed
    with pytest.raises(IdempotencyConflict) as caught:
        game.points.award("ada", 1, at=clock.now(), idempotency_key="k")
    assert caught.value.fields == ("at",)


def test_a_retry_is_answered_however_late(game: Engine, clock: ManualClock) -> None:
    """A key is kept for ever: an `at` that has left the window meanwhile still replays."""
    at = clock.now()
    game.points.award("ada", 1, at=at, idempotency_key="k")
    clock.advance(days=365)
    assert game.points.award("ada", 1, at=at, idempotency_key="k").replayed


def test_operations_and_scopes_do_not_share_keys(game: Engine) -> None:
    """One key may serve once for each operation and each scope."""
    game.points.award("ada", 5, idempotency_key="k")
    assert not game.points.deduct("ada", 5, idempotency_key="k").replayed
    assert not game.scope("guild").points.award("ada", 6, idempotency_key="k").replayed
    assert game.points.award("ada", 5, idempotency_key="k").replayed


def test_a_refused_command_does_not_use_its_key_up(game: Engine) -> None:
    """After an overdraft the same key works once there are points, even with another amount."""
    with pytest.raises(InsufficientPoints):
        game.points.deduct("bob", 5, idempotency_key="k")
    game.points.award("bob", 4)
    assert game.points.deduct("bob", 4, idempotency_key="k").new_balance == 0


def test_a_dry_run_does_not_use_a_key_up(game: Engine) -> None:
    """What was only tried can still be done under the same key."""
    with game.dry_run() as trial:
        trial.points.award("ada", 1, idempotency_key="k")
        assert trial.points.award("ada", 1, idempotency_key="k").replayed
    assert not game.points.award("ada", 2, idempotency_key="k").replayed


def test_a_key_that_was_taken_back_is_free_again(game: Engine) -> None:
    """Inside a transaction a nested part that fails gives its keys back."""
    with game.transaction() as tx:
        with pytest.raises(ZeroDivisionError), tx.transaction() as part:  # noqa: PT012 - the block is the subject
            part.points.award("ada", 1, idempotency_key="k")
            _ = 1 / 0
        assert not tx.points.award("ada", 2, idempotency_key="k").replayed
    assert game.points.award("ada", 2, idempotency_key="k").replayed


def test_a_replay_shows_the_names_of_its_own_time(make_engine: MakeEngine) -> None:
    """Under a changed catalog a replay still answers what was said then."""
    first = make_engine(Catalog(badges=[Badge("star", name="Old Star")]))
    first.badges.award("ada", "star", idempotency_key="k")
    later = make_engine(Catalog(badges=[Badge("star", name="New Star")]), store=store_of(first))
    assert later.badges.award("ada", "star", idempotency_key="k").badges[0].name == "Old Star"


def test_a_replay_of_a_transfer_knows_both_people(game: Engine) -> None:
    """The recipient's name and balance are those of the first answer."""
    game.points.transfer("ada", "bob", 7, idempotency_key="k")
    game.points.award("bob", 100)
    again = game.points.transfer("ada", "bob", 7, idempotency_key="k")
    assert (again.recipient_id, again.recipient_balance, again.sender_balance) == ("bob", 7, 993)


def test_keys_may_be_long_and_odd(game: Engine) -> None:
    """255 characters of any text are a key, and near misses are other keys."""
    long = "k" * 255
    game.points.award("ada", 1, idempotency_key=long)
    assert game.points.award("ada", 1, idempotency_key=long).replayed
    game.points.award("ada", 1, idempotency_key="schlüssel 🔑")
    assert not game.points.award("ada", 1, idempotency_key="schlüssel 🔑 ").replayed
