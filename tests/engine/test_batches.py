from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from gamify_core import (
    Award,
    BadValue,
    Catalog,
    CatalogError,
    Emit,
    Engine,
    IdempotencyConflict,
    Leaderboard,
    Limits,
    ManualClock,
    Metric,
    NotFound,
    PointsAnswer,
    Rule,
    RuleFailed,
    StoreClosed,
)
from tests.engine.conftest import MakeEngine, store_of

CATALOG = Catalog(
    metrics=[Metric("lessons", "lesson")],
    rules=[Rule("lesson", on="lesson", award=10), Rule("fee", on="entry", deduct=5, strict=True)],
)


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine with a rule that pays and a rule that refuses."""
    return make_engine(CATALOG)


def test_each_item_is_decided_in_turn(game: Engine) -> None:
    """Items see what those before them did, and are answered in the order they were passed."""
    answer = game.points.award_batch([Award("ada", 1), Award("bob", 2), Award("ada", 3)])
    assert [(item.participant_id, item.error) for item in answer] == [
        ("ada", None),
        ("bob", None),
        ("ada", None),
    ]
    balances = [item.answer.new_balance for item in answer if isinstance(item.answer, PointsAnswer)]
    assert balances == [1, 2, 4]
    assert (answer.processed, answer.failed, len(answer), answer.replayed) == (3, 0, 3, False)


def test_a_refused_item_fails_alone(game: Engine) -> None:
    """Good items go in around bad ones, each bad one with its own error, and nothing of it stays."""
    answer = game.points.award_batch(
        [
            Award("ada", 1),
            Award("eve", 0),
            Award("", 1),
            Award("mallory", 1, currency="rubles"),
            "no award",  # type: ignore[list-item]
            Award("bob", 2),
        ]
    )
    assert (answer.processed, answer.failed) == (2, 4)
    kinds = [type(item.error) for item in answer]
    assert kinds == [type(None), BadValue, BadValue, NotFound, BadValue, type(None)]
    assert isinstance(answer.results[4].error, BadValue)
    assert answer.results[4].error.field == "awards[4]"
    assert [person.participant_id for person in game.participants.list()] == ["ada", "bob"]
    assert [row.kind for row in game.history.activity()] == [
        "catalog.adopted",
        "points.award",
        "points.award",
    ]


def test_an_item_refused_half_way_leaves_nothing(game: Engine) -> None:
    """A strict rule refuses an event after it was stored and counted: all of that is taken back."""
    answer = game.events.emit_batch([Emit("ada", "lesson"), Emit("bob", "entry"), Emit("bob", "lesson")])
    assert [type(item.error) for item in answer] == [type(None), RuleFailed, type(None)]
    assert game.events.list("bob").total == 1
    assert game.points.balance("bob").balance == 10
    assert [person.participant_id for person in game.participants.list()] == ["ada", "bob"]


def test_a_refused_item_does_not_leave_a_gap(make_engine: MakeEngine) -> None:
    """With or without refused items between them, the accepted ones end in the same state."""
    clean, mixed = make_engine(CATALOG, seed=1), make_engine(CATALOG, seed=1)
    clean.events.emit_batch([Emit("ada", "lesson"), Emit("bob", "lesson")])
    mixed.events.emit_batch(
        [Emit("eve", "entry"), Emit("ada", "lesson"), Emit("", "lesson"), Emit("bob", "lesson")]
    )
    assert mixed.history.state_digest() == clean.history.state_digest()


def test_an_empty_batch_is_an_empty_answer(game: Engine) -> None:
    """Nothing to do is no error, writes nothing, and is no replay."""
    answer = game.points.award_batch([])
    assert answer.to_dict() == {"processed": 0, "failed": 0, "results": []}
    assert not answer.replayed
    assert game.history.activity() == ()


def test_the_document_of_a_batch(game: Engine) -> None:
    """`to_dict` has the documents' keys for what went in and what was refused."""
    body = game.points.award_batch([Award("ada", 5), Award("bob", -1)]).to_dict()
    assert body == {
        "processed": 1,
        "failed": 1,
        "results": [
            {"participant_id": "ada", "transaction_id": "txn_2_0", "new_balance": 5, "error": None},
            {
                "participant_id": "bob",
                "transaction_id": None,
                "new_balance": None,
                "error": f"amount must be from 1 to {2**53 - 1}, not -1",
            },
        ],
    }


def test_a_batch_is_printed_item_by_item(game: Engine) -> None:
    """What came of each, and why one was refused."""
    answer = game.events.emit_batch([Emit("ada", "lesson"), Emit("bob", "entry")])
    assert str(answer).splitlines() == [
        "ada · lesson",
        "  +10 points              rule lesson",
        f"bob: {answer.results[1].error}",
    ]


def test_a_batch_may_be_any_iterable_of_items(game: Engine) -> None:
    """A generator is taken whole before anything is written, so what it raises leaves no trace."""

    def awards() -> Iterator[Award]:
        yield Award("ada", 1)
        raise LookupError("the source broke")

    with pytest.raises(LookupError, match="the source broke"):
        game.points.award_batch(awards())
    assert game.history.activity() == ()
    assert game.points.award_batch(Award("ada", n) for n in (1, 2)).processed == 2


@pytest.mark.parametrize("bad", [None, 5, "ada", {"ada": 1}])
def test_what_is_no_list_is_refused(game: Engine, bad: object) -> None:
    """A batch that is no list of items is one clear error, not a failure of each of its letters."""
    with pytest.raises(BadValue, match="awards must be a list"):
        game.points.award_batch(bad)  # type: ignore[arg-type]
    with pytest.raises(BadValue, match="events must be a list"):
        game.events.emit_batch(bad)  # type: ignore[arg-type]


def test_a_limit_on_batches_counts_items(make_engine: MakeEngine) -> None:
    """A batch at the limit goes in, a larger one is refused whole."""
    game = make_engine(limits=Limits(batch=2))
    assert game.points.award_batch([Award("ada", 1)] * 2).processed == 2
    with pytest.raises(BadValue, match="at most 2 items, not 3"):
        game.points.award_batch([Award("ada", 1)] * 3)
    with pytest.raises(BadValue, match="at most 2 items, not 3"):
        game.events.emit_batch([Emit("ada", "e")] * 3)
    assert game.points.balance("ada").balance == 2


# -- keys ----------------------------------------------------------------------------------------------------


def test_a_repeated_batch_key_replays_every_item(game: Engine) -> None:
    """The same batch under the same key writes nothing and answers as the first time."""
    batch = [Award("ada", 1), Award("bob", 2), Award("ada", 3)]
    first = game.points.award_batch(batch, idempotency_key="k")
    state = game.history.state_digest()
    again = game.points.award_batch(batch, idempotency_key="k")
    assert again.replayed
    assert again.to_dict() == first.to_dict()
    assert game.history.state_digest() == state


def test_a_batch_key_replays_failures_too(game: Engine) -> None:
    """A batch key replays the whole outcome: what was refused then is not tried again."""
    batch = [Award("ada", 1), Award("bob", 0), Award("ada", 1, currency="rubles")]
    first = game.points.award_batch(batch, idempotency_key="k")
    again = game.points.award_batch(batch, idempotency_key="k")
    assert again.replayed
    assert again.to_dict() == first.to_dict()
    assert [item.error.http_status for item in again if item.error] == [422, 404]
    assert game.points.balance("ada").balance == 1


@pytest.mark.parametrize(
    "other",
    [
        [Award("ada", 1)],
        [Award("ada", 1), Award("bob", 3)],
        [Award("bob", 2), Award("ada", 1)],
        [Award("ada", 1), Award("bob", 2), Award("bob", 2)],
    ],
    ids=["shorter", "changed", "swapped", "longer"],
)
def test_another_batch_under_a_used_key_is_a_conflict(game: Engine, other: list[Award]) -> None:
    """Fewer, more, other or reordered items are another command; nothing of it goes in."""
    game.points.award_batch([Award("ada", 1), Award("bob", 2)], idempotency_key="k")
    state = game.history.state_digest()
    with pytest.raises(IdempotencyConflict) as caught:
        game.points.award_batch(other, idempotency_key="k")
    assert (caught.value.fields, caught.value.operation) == (("awards",), "points.award_batch")
    assert game.history.state_digest() == state


def test_a_batch_key_is_apart_from_the_keys_of_single_awards(game: Engine) -> None:
    """The same key may serve for one award and for one batch."""
    game.points.award("ada", 1, idempotency_key="k")
    assert not game.points.award_batch([Award("ada", 1)], idempotency_key="k").replayed
    assert game.points.award("ada", 1, idempotency_key="k").replayed
    assert game.points.balance("ada").balance == 2


def test_a_batch_key_may_be_as_long_as_any(game: Engine) -> None:
    """A key of 255 characters works for a batch as it does for one award."""
    key = "k" * 255
    assert game.points.award_batch([Award("ada", 1)] * 11, idempotency_key=key).failed == 0
    assert game.points.award_batch([Award("ada", 1)] * 11, idempotency_key=key).replayed


def test_events_of_a_batch_carry_keys_of_their_own(game: Engine) -> None:
    """A key that comes twice, in one batch or in two, is one event."""
    twice = [Emit("ada", "lesson", idempotency_key="k"), Emit("ada", "lesson", idempotency_key="k")]
    answer = game.events.emit_batch(twice)
    assert [item.answer.replayed for item in answer if item.answer] == [False, True]
    assert not answer.replayed
    assert game.events.emit_batch(twice).replayed
    assert game.events.emit("ada", "lesson", idempotency_key="k").replayed
    assert game.points.balance("ada").balance == 10


# -- what is no fault of an item -----------------------------------------------------------------------------


def test_a_store_that_fails_fails_the_batch(game: Engine) -> None:
    """What is no fault of the items is raised, not noted beside each of them."""
    game.close()
    with pytest.raises(StoreClosed):
        game.points.award_batch([Award("ada", 1)])


def test_a_refused_catalog_fails_the_batch(make_engine: MakeEngine) -> None:
    """With `on_change="refuse"` a batch under another catalog is refused whole, inside a transaction too."""
    first = make_engine(CATALOG)
    first.points.award("ada", 1)
    other = make_engine(Catalog(leaderboards=[Leaderboard("all")]), store=store_of(first), on_change="refuse")
    with pytest.raises(CatalogError, match="differs from the one"):
        other.points.award_batch([Award("ada", 1)])
    with other.transaction() as tx, pytest.raises(CatalogError, match="differs from the one"):
        tx.points.award_batch([Award("ada", 1)])
    assert first.points.balance("ada").balance == 1


def test_an_import_takes_events_of_any_age(game: Engine, clock: ManualClock) -> None:
    """`backfill` lifts the window for what lies behind; the same batch without it is refused item by item."""
    old = [Emit("ada", "lesson", timestamp=clock.now() - timedelta(days=days)) for days in (4000, 8, 3000)]
    assert game.events.emit_batch(old).failed == 3
    assert game.events.emit_batch(old, backfill=True).processed == 3
    assert game.points.balance("ada").balance == 30
