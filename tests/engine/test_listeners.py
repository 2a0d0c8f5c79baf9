from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from gamify_core import (
    Award,
    Badge,
    BadgeEarned,
    BadValue,
    Catalog,
    Effect,
    Emit,
    Engine,
    InsufficientPoints,
    Ladder,
    Metric,
    PointsAwarded,
    PointsDeducted,
    TierChanged,
)
from tests.engine.conftest import MakeEngine

ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # instants are no part of what makes effects equal

CATALOG = Catalog(
    metrics=[Metric("lessons", "lesson")],
    badges=[Badge("first", criteria="lessons >= 1", points=5)],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 10, "gold": 100})],
)


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine with a ladder and a badge."""
    return make_engine(CATALOG)


@pytest.fixture
def heard(game: Engine) -> list[Effect]:
    """Collect every effect that listeners are told of."""
    told: list[Effect] = []
    game.on(Effect, told.append)
    return told


def test_a_listener_hears_its_kind_of_effect_in_order(game: Engine) -> None:
    """A jump over two rungs is heard rung by rung; other kinds are not heard."""
    rungs: list[str | None] = []
    game.on(TierChanged, lambda change: rungs.append(change.code))
    game.points.award("ada", 500)
    game.points.deduct("ada", 1)
    assert rungs == ["silver", "gold"]


def test_listeners_hear_what_the_answer_says(game: Engine, heard: list[Effect]) -> None:
    """What is told is what the answer lists, ids and instants included."""
    answer = game.events.emit("ada", "lesson")
    assert [e.to_dict() for e in heard] == [e.to_dict() for e in answer.effects]
    assert [type(e) for e in heard] == [BadgeEarned, PointsAwarded]


def test_listeners_hear_scopes_and_batches(game: Engine, heard: list[Effect]) -> None:
    """Commands of every scope and accepted items of a batch are told; refused items are not."""
    game.scope("guild").points.award("ada", 1)
    game.points.award_batch([Award("bob", 2), Award("bob", 0), Award("carl", 3)])
    assert [e.participant_id for e in heard] == ["ada", "bob", "carl"]


def test_nobody_is_told_before_the_commit(game: Engine, heard: list[Effect]) -> None:
    """Inside a transaction nothing is heard; after it, everything, in order."""
    with game.transaction() as tx:
        tx.points.award("ada", 1)
        tx.scope("guild").points.award("bob", 2)
        with tx.transaction() as part:
            part.points.award("carl", 3)
        tx.points.award_batch([Award("dora", 4)])
        assert heard == []
    assert [e.participant_id for e in heard] == ["ada", "bob", "carl", "dora"]


def test_what_was_taken_back_is_not_told(game: Engine, heard: list[Effect]) -> None:
    """Neither a failed part, nor a trial, nor a whole transaction that failed is heard."""
    with game.transaction() as tx:
        with pytest.raises(ZeroDivisionError), tx.transaction() as part:  # noqa: PT012 - the block is the subject
            part.points.award("ada", 1)
            _ = 1 / 0
        with tx.dry_run() as trial, trial.transaction() as deep:
            deep.points.award("ada", 1)
        with pytest.raises(InsufficientPoints):
            tx.points.deduct("ada", 1)
    with pytest.raises(ZeroDivisionError), game.transaction() as tx:  # noqa: PT012 - as above
        tx.points.award("ada", 1)
        _ = 1 / 0
    assert heard == []


def test_trials_imports_and_replays_are_silent(game: Engine, heard: list[Effect]) -> None:
    """Listeners run for what happens now, once."""
    with game.dry_run() as trial:
        trial.points.award("ada", 1)
        trial.scope("guild").points.award("ada", 1)
    game.events.explain("ada", "lesson")
    game.events.emit_batch([Emit("ada", "lesson")], backfill=True)
    with game.transaction() as tx:
        tx.events.emit_batch([Emit("bob", "lesson")], backfill=True)
    assert heard == []
    game.points.award("ada", 1, idempotency_key="k")
    game.points.award("ada", 1, idempotency_key="k")
    with game.transaction() as tx:
        tx.points.award("ada", 1, idempotency_key="k")
    game.points.award_batch([Award("eve", 1)], idempotency_key="b")
    game.points.award_batch([Award("eve", 1)], idempotency_key="b")
    assert [e.participant_id for e in heard] == ["ada", "eve"]


def test_a_command_that_did_nothing_tells_nothing(game: Engine, heard: list[Effect]) -> None:
    """A badge that is held already, and a profile that says so already, are no news."""
    game.badges.award("ada", "first")
    del heard[:]
    game.badges.award("ada", "first")
    game.participants.upsert("ada")
    assert heard == []


def test_what_a_listener_raises_is_logged_and_stops_nobody(
    game: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """The facts stand already: the command answers, the other listeners are told, the log has the error."""
    told: list[Effect] = []

    def broken(effect: PointsAwarded) -> None:
        raise LookupError(effect.amount)

    game.on(PointsAwarded, broken)
    game.on(PointsAwarded, told.append)
    with caplog.at_level(logging.ERROR, "gamify_core"):
        assert game.points.award("ada", 7).new_balance == 7
    assert len(told) == 1
    (record,) = caplog.records
    assert "PointsAwarded" in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


def test_a_listener_may_use_the_engine(game: Engine) -> None:
    """What a listener sets off is a command of its own, and is told in turn."""

    def thank(award: PointsAwarded) -> None:
        assert game.points.balance(award.participant_id).balance == award.balance
        if award.participant_id == "ada":
            game.points.award("bob", 1)

    spent: list[PointsDeducted] = []
    game.on(PointsAwarded, thank)
    game.on(PointsDeducted, spent.append)
    game.points.award("ada", 5)
    with game.transaction() as tx:
        tx.points.award("ada", 5)
    assert game.points.balance("bob").balance == 2
    assert spent == []


@pytest.mark.parametrize(
    "kind", [int, "points_awarded", None, PointsAwarded("a", "b", "c", ANY_TIME, 1, "points", 1)]
)
def test_only_kinds_of_effects_are_listened_to(game: Engine, kind: object) -> None:
    """A kind that can never come is refused at once."""
    with pytest.raises(BadValue, match="kind of effect"):
        game.on(kind, print)  # type: ignore[arg-type]


def test_a_listener_must_be_callable(game: Engine) -> None:
    """What cannot be called is refused at once, not logged at every effect."""
    with pytest.raises(BadValue, match="a function to call"):
        game.on(Effect, None)  # type: ignore[arg-type]
