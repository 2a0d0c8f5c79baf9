from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from gamify_core import (
    Badge,
    BadgeEarned,
    Catalog,
    Engine,
    ManualClock,
    Metric,
    PointsAwarded,
    PointsDeducted,
    Rule,
)
from gamify_core.storage.tables.activity import ACTIVITY, PAYLOAD, ActivityRow, PayloadRow
from tests.engine.conftest import MakeEngine, store_of

ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # instants are no part of what makes effects equal

CATALOG = Catalog(
    metrics=[Metric("lessons", "lesson")],
    rules=[Rule("lesson", on="lesson", award=10)],
    badges=[Badge("first", criteria="lessons >= 1")],
)


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine that has been used in many ways."""
    game = make_engine(CATALOG, seed=1)
    game.events.emit("ada", "lesson", {"né": 'a "quote"', "n": 1.5}, idempotency_key="k")
    game.points.transfer("ada", "bøb", 3, reason="für dich\n🎁")
    game.scope("guild").points.award("ada", 1, idempotency_key="k")
    game.points.deduct("ada", 1)
    return game


def rows(game: Engine) -> list[tuple[ActivityRow, PayloadRow]]:
    """Read the spine of history as it is stored."""
    with store_of(game).view() as view:
        spine = view.scan(ACTIVITY)
        payloads = [view.get(PAYLOAD, (row.seq,)) for row in spine]
    assert None not in payloads
    return [(row, payload) for row, payload in zip(spine, payloads, strict=True) if payload is not None]


def test_the_seal_is_what_it_says(game: Engine) -> None:
    """Each digest is SHA-256 over the one before it, the payload's salted hash, and the row's words."""
    previous = bytes(32)
    for row, payload in rows(game):
        assert payload.salt is not None
        assert payload.request is not None
        hidden = hashlib.sha256(payload.salt + payload.request.encode()).digest()
        words = "|".join(
            [
                str(row.seq),
                str(row.recorded_at),
                str(row.occurred_at),
                row.scope,
                row.kind,
                str(row.participant or 0),
                str(row.catalog),
                str(row.semantics),
                row.key.hex() if row.key else "",
                row.fingerprint.hex() if row.fingerprint else "",
                row.outcome,
            ]
        )
        assert row.digest == hashlib.sha256(previous + hidden + words.encode()).digest()
        previous = row.digest


def test_keys_are_kept_as_hashes(game: Engine) -> None:
    """A row keeps of its key 16 bytes of SHA-256 over scope, operation and key, and not the key itself."""
    keyed = [row for row, _ in rows(game) if row.key is not None]
    assert [row.key for row in keyed] == [
        hashlib.sha256(f"{scope}\x00{kind}\x00k".encode()).digest()[:16]
        for scope, kind in (("", "event"), ("guild", "points.award"))
    ]
    assert all(row.fingerprint is None for row, _ in rows(game) if row.key is None)
    (first,) = [(row, payload) for row, payload in rows(game) if row.kind == "event"]
    assert first[1].request is not None
    assert first[0].fingerprint == hashlib.sha256(first[1].request.encode()).digest()[:16]


def test_rows_are_numbered_without_gaps_and_salted_apart(game: Engine) -> None:
    """Numbers count up from 1, instants of recording rise, and no two salts are alike."""
    spine = rows(game)
    assert [row.seq for row, _ in spine] == list(range(1, len(spine) + 1))
    assert all(one.recorded_at < other.recorded_at for (one, _), (other, _) in pairwise(spine))
    assert len({payload.salt for _, payload in spine}) == len(spine)
    assert {len(payload.salt or b"") for _, payload in spine} == {16}


def test_outcomes_hold_no_free_text(game: Engine) -> None:
    """What people wrote, and what they are called, is in payloads only, which can be erased."""
    outcomes = "".join(row.outcome for row, _ in rows(game))
    for text in ("ada", "bøb", "für", "quote"):
        assert text not in outcomes


def test_the_activity_tells_what_was_asked_and_what_came_of_it(game: Engine) -> None:
    """Each accepted command is there once, in order, with its request as it was passed and its effects."""
    adopted, event, transfer, guild, deduct = game.history.activity(every_scope=True)
    assert (adopted.kind, adopted.participant_id, adopted.effects) == ("catalog.adopted", None, ())
    assert event.request == {
        "participant_id": "ada",
        "event_name": "lesson",
        "properties": {"né": 'a "quote"', "n": 1.5},
    }
    assert [type(effect) for effect in event.effects] == [PointsAwarded, BadgeEarned]
    assert transfer.request == {
        "participant_id": "ada",
        "recipient_id": "bøb",
        "amount": 3,
        "reason": "für dich\n🎁",
    }
    assert transfer.effects == (
        PointsDeducted("ada", "direct", "", ANY_TIME, 3, "points", 7, "bøb"),
        PointsAwarded("bøb", "direct", "", ANY_TIME, 3, "points", 3, "ada"),
    )
    assert (guild.participant_id, guild.kind, guild.seq) == ("ada", "points.award", 4)
    assert deduct.recorded_at > guild.recorded_at
    assert event.occurred_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_ids_derive_from_the_activity(game: Engine) -> None:
    """Event, transaction and effect ids are the activity's number and an ordinal."""
    answer = game.events.emit("bob", "lesson")
    assert (answer.event_id, answer.fact_id, answer.activity_id) == ("evt_6", "fact_6", 6)
    assert [effect.id for effect in answer.effects] == ["txn_6_1", "fx_6_2"]
    assert game.points.transactions("bob")[0].transaction_id == "txn_6_1"
    assert game.events.list("bob")[0].id == "evt_6"


def test_the_activity_is_read_on_from_a_number(game: Engine) -> None:
    """`after` and `limit` cut the list without gap or overlap, to an empty end."""
    whole = [row.seq for row in game.history.activity(every_scope=True)]
    read: list[int] = []
    while page := game.history.activity(every_scope=True, after=read[-1] if read else 0, limit=2):
        read += [row.seq for row in page]
    assert read == whole == [1, 2, 3, 4, 5]
    assert game.history.activity(every_scope=True, after=2**63 - 2) == ()


def test_reading_writes_nothing(game: Engine) -> None:
    """No question, however new its subject, leaves a row or a digest different."""
    before, spine = game.history.state_digest(), rows(game)
    for who in ("ada", "stranger"):
        game.points.balance(who)
        game.points.transactions(who)
        game.badges.list(who)
        game.events.list(who)
        game.participants.state(who)
        game.streaks.list(who)
        game.events.explain(who, "lesson")
    game.participants.list()
    game.history.activity(every_scope=True)
    assert (game.history.state_digest(), rows(game)) == (before, spine)


def test_the_digest_knows_every_difference_that_counts(make_engine: MakeEngine) -> None:
    """Other people, amounts, reasons, instants, scopes or orders are other digests."""
    worlds = [
        lambda g: g.points.award("ada", 1),
        lambda g: g.points.award("bob", 1),
        lambda g: g.points.award("ada", 2),
        lambda g: g.points.award("ada", 1, reason="why"),
        lambda g: g.points.award("ada", 1, idempotency_key="k"),
        lambda g: g.scope("guild").points.award("ada", 1),
        lambda g: g.points.award("ada", 1, at=datetime(2026, 3, 1, tzinfo=UTC)),
        lambda g: (g.points.award("ada", 1), g.points.award("ada", 1)),
        lambda g: (g.points.award("ada", 1), g.points.award("bob", 1)),
        lambda g: (g.points.award("bob", 1), g.points.award("ada", 1)),
        lambda g: g.events.emit("ada", "lesson"),
        lambda g: g.points.balance("ada"),
    ]
    digests = []
    for world in worlds:
        game = make_engine(CATALOG, seed=1)
        world(game)
        digests.append(game.history.state_digest())
    assert len(set(digests)) == len(worlds)


def test_the_digest_is_blind_to_when_it_was_written(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The same facts recorded at another moment, and with other salts, are the same state."""
    digests = set()
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for _ in range(2):
        game = make_engine(Catalog(), seed=1)
        game.participants.upsert("ada", "Ada", at=at)
        game.points.award("ada", 1, at=at, idempotency_key="k")
        digests.add(game.history.state_digest())
        clock.advance(days=1)
    assert len(digests) == 1


def test_a_digest_goes_through_every_row(make_engine: MakeEngine) -> None:
    """Tables of more rows than are read at a time count to the last one, each once."""
    games = [make_engine(Catalog(), seed=1) for _ in range(2)]
    for game in games:
        with game.transaction() as tx:
            for n in range(2_001):
                tx.points.award("ada", n % 7 + 1)
    one, other = games
    assert one.history.state_digest() == other.history.state_digest()
    one.points.award("ada", 1)
    other.points.award("ada", 2)
    assert one.history.state_digest() != other.history.state_digest()
