"""A command repeated under its key answers as the first time, in every property, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    Award,
    Badge,
    Catalog,
    Currency,
    Emit,
    Engine,
    Event,
    Ladder,
    ManualClock,
    Metric,
    Rule,
    Streak,
    TierChanged,
)
from gamify_core.answers import Answer
from tests.engine.conftest import store_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine

CATALOG = Catalog(
    currencies=[Currency("gems")],
    metrics=[Metric("n", on="e")],
    rules=[
        Rule("r", on="e", award={"points": "roll(10, 99)", "gems": 1}, streak="daily", badge="often"),
        Rule("poor", on="e", deduct={"gems": 1000}),
        Rule("callable", on="e", when=lambda properties: "x" in properties, award=1),
    ],
    badges=[Badge("often", repeatable=True, points=5), Badge("first", criteria="n >= 1", points={"gems": 2})],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 10, "gold": 20})],
    streaks=[Streak("daily")],
)
Command = "Callable[[Engine], Answer]"
COMMANDS: dict[str, Any] = {
    "award": lambda game: game.points.award("ada", 700, reason="r", metadata={"a": 1}, idempotency_key="k"),
    "award of another currency": lambda game: game.points.award(
        "ada", 7, currency="gems", idempotency_key="k"
    ),
    "deduct": lambda game: game.points.deduct("ada", 30, idempotency_key="k"),
    "transfer": lambda game: game.points.transfer("ada", "bob", 30, idempotency_key="k"),
    "badge": lambda game: game.badges.award("ada", "often", idempotency_key="k"),
    "revoke": lambda game: game.badges.revoke("ada", "often", idempotency_key="k"),
    "assign": lambda game: game.tiers.assign("ada", "silver", reason="r", idempotency_key="k"),
    "clear": lambda game: game.tiers.clear("ada", idempotency_key="k"),
    "streak": lambda game: game.streaks.record("ada", "daily", idempotency_key="k"),
    "reverse": lambda game: game.points.reverse("txn_2_0", amount=40, reason="r", idempotency_key="k"),
    "retract": lambda game: game.events.retract(key="sent", reason="r", idempotency_key="k"),
    "amend": lambda game: game.events.amend(key="sent", properties={"y": 1}, idempotency_key="k"),
    "event": lambda game: game.events.emit("ada", "e", {"x": 1.5, "y": ["z"]}, idempotency_key="k"),
}


def properties_of(answer: Answer) -> dict[str, object]:
    """Return every public property of an answer, and how it prints; only `replayed` tells the two apart."""
    names = [name for name in dir(answer) if not name.startswith("_") and name not in {"replayed", "to_dict"}]
    found = {name: getattr(answer, name) for name in names}
    # Ids and instants are left out of an effect's equality, and must be the same here
    found["ids"] = [(effect.id, effect.occurred_at) for effect in answer.effects]
    return {
        **found,
        "document": answer.to_dict(),
        "text": str(answer).replace(" (replayed)", ""),
        "repr": repr(answer),
    }


def prepared(make_engine: MakeEngine, store: Store | None = None) -> Engine:
    """Return an engine in which every command has something to do."""
    game = make_engine(CATALOG, seed=5, **({"store": store} if store is not None else {}))
    game.points.award("ada", 100)
    game.badges.award("ada", "often")
    game.events.emit("ada", "e", idempotency_key="sent")
    return game


@pytest.mark.parametrize("command", COMMANDS)
def test_a_replay_answers_alike_in_every_property(
    make_engine: MakeEngine, clock: ManualClock, command: str
) -> None:
    """Whatever happened since, the same key gives the first answer, flagged, and the store is as before."""
    game = prepared(make_engine)
    first = COMMANDS[command](game)
    told = properties_of(first)
    clock.advance(days=3)
    game.points.award("ada", 10_000)
    game.events.emit("ada", "e")
    digest, activity = game.history.state_digest(), len(game.history.activity())
    replay = COMMANDS[command](game)
    assert (first.replayed, replay.replayed) == (False, True)
    assert replay == first
    assert properties_of(replay) == told
    assert properties_of(first) == told
    assert (game.history.state_digest(), len(game.history.activity())) == (digest, activity)


@pytest.mark.parametrize("command", COMMANDS)
def test_history_reads_the_same_effects(make_engine: MakeEngine, command: str) -> None:
    """The activity shows what the live answer showed, ids and instants too."""
    game = prepared(make_engine)
    answer = COMMANDS[command](game)
    (row,) = game.history.activity(after=answer.activity_id - 1)
    assert row.effects == answer.effects
    assert [(one.id, one.occurred_at) for one in row.effects] == [
        (one.id, one.occurred_at) for one in answer.effects
    ]
    assert (row.recorded_at, row.occurred_at) == (answer.recorded_at, answer.occurred_at)


def test_a_replay_under_a_changed_catalog_answers_as_then(
    make_engine: MakeEngine, make_store: Callable[[], Store]
) -> None:
    """Names come from the catalog the command was decided under, which the store carries."""
    store = make_store()
    before = Catalog(
        badges=[Badge("b", "Old Name", criteria="points.earned >= 1")],
        ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 5})],
    )
    told = properties_of(make_engine(before, store=store).points.award("ada", 5, idempotency_key="k"))
    later = make_engine(Catalog(badges=[Badge("other")]), store=store)
    later.points.award("ada", 1)
    replay = later.points.award("ada", 5, idempotency_key="k")
    assert replay.replayed
    assert properties_of(replay) == told
    assert [badge.name for badge in replay.badges] == ["Old Name"]


@pytest.mark.parametrize("handle", ["transaction", "dry_run"])
def test_a_replay_within_a_handle(make_engine: MakeEngine, handle: str) -> None:
    """Inside a transaction or a dry run the same key replays too, what was done before it and within it."""
    game = prepared(make_engine)
    before = game.points.award("ada", 5, idempotency_key="before")
    with getattr(game, handle)() as inner:
        assert properties_of(inner.points.award("ada", 5, idempotency_key="before")) == properties_of(before)
        first = COMMANDS["event"](inner)
        again = COMMANDS["event"](inner)
        assert again.replayed
        assert properties_of(again) == properties_of(first)


def test_batches_replay_item_by_item(make_engine: MakeEngine) -> None:
    """A batch repeated under its keys gives the same results, and the whole is flagged."""
    game = prepared(make_engine)
    events = [Emit("ada", "e", {"x": 1}, idempotency_key="1"), Emit("bob", "e", idempotency_key="2")]
    first, again = game.events.emit_batch(events), game.events.emit_batch(events)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.to_dict() == again.to_dict()
    awards = [Award("ada", 5), Award("bob", 6)]
    one, other = (game.points.award_batch(awards, idempotency_key="b") for _ in range(2))
    assert (one.replayed, other.replayed) == (False, True)
    assert one.to_dict() == other.to_dict()
    for batch in (first, again, one, other):
        assert batch.failed == 0
    pairs = zip([*first, *one], [*again, *other], strict=True)
    for mine, theirs in pairs:
        assert mine.answer is not None
        assert theirs.answer is not None
        assert properties_of(theirs.answer) == properties_of(mine.answer)


def test_a_replay_outlives_the_definition(make_engine: MakeEngine) -> None:
    """A key answers as it did first, even when the catalog has lost what the command was about."""
    full = Catalog(
        badges=[Badge("b")],
        streaks=[Streak("s")],
        ladders=[Ladder("tier", {"low": 0, "high": 10})],
        currencies=[Currency("gems")],
        events=[Event("e")],
    )
    game = make_engine(full)
    later = make_engine(Catalog(events=[Event("other")]), store=store_of(game))

    def all_on(engine: Engine) -> list[Answer]:
        return [
            engine.badges.award("ada", "b", idempotency_key="1"),
            engine.streaks.record("ada", "s", idempotency_key="2"),
            engine.tiers.assign("ada", "high", idempotency_key="3"),
            engine.points.award("ada", 5, currency="gems", idempotency_key="4"),
            engine.points.deduct("ada", 2, currency="gems", idempotency_key="5"),
            engine.points.transfer("ada", "bob", 1, currency="gems", idempotency_key="6"),
            engine.events.emit("ada", "e", idempotency_key="7"),
        ]

    first = all_on(game)
    later.points.award("bob", 1)
    again = all_on(later)
    assert [one.replayed for one in again] == [True] * 7
    assert [one.effects for one in again] == [one.effects for one in first]


def test_what_a_catalog_has_lost_goes_by_its_code(make_engine: MakeEngine) -> None:
    """A rung that the catalog no longer has does not get in the way of the next one, nor of reading about it."""
    game = make_engine(Catalog(ladders=[Ladder("tier", {"old": 0, "gone": 10})]))
    game.points.award("ada", 20)
    later = make_engine(Catalog(ladders=[Ladder("tier", {"old": 0, "new": 100})]), store=store_of(game))
    told: list[TierChanged] = []
    later.on(TierChanged, told.append)
    answer = later.points.award("ada", 100)
    assert answer.new_balance == 120
    assert [(change.previous_name, change.name) for change in told][-1][1] == "New"
    assert "New" in str(answer)
    assert later.history.activity(limit=100)[-1].effects == answer.effects
    current = later.tiers.current("ada").current_tier
    assert current is not None
    assert current.code == "new"
