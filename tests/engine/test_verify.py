"""An audit finds nothing where nothing is wrong, and says by a stable code what is."""

from __future__ import annotations

import itertools
import json
import random
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Award,
    Badge,
    BadValue,
    Catalog,
    Engine,
    GamifyError,
    Ladder,
    Leaderboard,
    Metric,
    Reward,
    Streak,
)
from gamify_core.errors import StoreCorrupt
from gamify_core.history import report as report_module
from gamify_core.history.report import MEANINGS, Mismatch, Report
from gamify_core.road.catalogs import last_catalog
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG, PAYLOAD
from gamify_core.storage.tables.assets import ASSET, PROVENANCE, SUPPLY
from gamify_core.storage.tables.ledger import ENTRY, REVERSAL
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import BADGE, EVENT, STANDING
from gamify_core.storage.tables.rewards import CLAIM, CODE, STOCK
from gamify_core.storage.tables.streaks import STREAK
from tests.engine.conftest import MakeEngine, store_of
from tests.engine.playing import played

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Table

SMALL = Catalog(
    metrics=[Metric("lessons", "lesson"), Metric("topics", "lesson", distinct="topic")],
    badges=[Badge("first", criteria="lessons >= 1", points=5), Badge("card", max_supply=3)],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 10})],
    leaderboards=[Leaderboard("top", ties="dense"), Leaderboard("topics", metric="topics")],
    rewards=[Reward("mug", type="coupon", points_cost=3)],
    streaks=[Streak("daily", on="lesson")],
)


def small(make_engine: MakeEngine) -> Engine:
    """Play a little of everything that is tampered with below."""
    game = make_engine(SMALL)
    game.participants.upsert("ada", display_name="Ada")
    game.points.award("ada", 20, idempotency_key="k")
    game.events.emit("ada", "lesson", {"topic": "loops"})
    spent = game.points.deduct("ada", 4)
    game.points.reverse(spent.transaction_id, amount=1)
    game.points.transfer("ada", "bob", 2)
    game.assets.transfer(game.assets.mint("card", "ada").asset_id, "ada", "bob")
    game.rewards.add_codes("mug", ["A", "B"])
    game.rewards.claim("mug", "ada")
    return game


def tamper(game: Engine, table: Table[Any], place: int, columns: dict[str, object]) -> None:
    """Change a row of a table behind the engine's back."""
    store = store_of(game)
    with store.view() as view:
        row = view.scan(table)[place]
    transaction = store.begin()
    key = row[: table.key]
    transaction.replace(table, {key: row}, {key: row._replace(**columns)})
    transaction.commit()


def codes(report: Report) -> set[str]:
    """Return the codes of what a report found."""
    return {one.code for one in report.mismatches}


def test_nothing_is_wrong_with_a_game_that_was_played(make_engine: MakeEngine) -> None:
    """Every table that has rows was looked at, and the report says how much that was."""
    report = small(make_engine).history.verify(replay=True)
    assert report.ok
    assert bool(report)
    assert report.mismatches == ()
    assert report.replayed == report.checked["activity"]
    assert "everything adds up" in str(report)
    assert json.loads(json.dumps(report.to_dict()))["ok"] is True


@settings(deadline=None, max_examples=15)
@given(draws=st.integers(0, 2**32))
def test_nothing_is_wrong_whatever_was_done(draws: int) -> None:
    """Edits, retractions, late events, trades, gifts: what is derived is what history comes to, decided again too."""
    report = played(MemoryStore(), draws, 40).history.verify(replay=True)
    assert report.ok, str(report)


def test_a_file_adds_up_too(make_engine: MakeEngine) -> None:
    """The store's own damage is looked for as well, and the counts kept beside boards."""
    game = small(make_engine)
    assert played(store_of(make_engine()), 5).history.verify().ok
    assert game.history.verify().ok


TAMPERINGS: list[tuple[str, Table[Any], int, dict[str, object]]] = [
    ("activity.digest", ACTIVITY, 2, {"outcome": "[]"}),
    ("activity.digest", ACTIVITY, 2, {"digest": bytes(32)}),
    ("activity.digest", PAYLOAD, 2, {"request": '{"amount":2000,"participant_id":"ada"}'}),
    ("activity.clock", ACTIVITY, 2, {"recorded_at": 0}),
    ("activity.late", ACTIVITY, 2, {"late": 7}),
    ("key.fingerprint", ACTIVITY, 2, {"fingerprint": bytes(16)}),
    ("catalog.altered", CATALOG, 0, {"document": "{}"}),
    ("ledger.balance", ENTRY, 0, {"balance": 21}),
    ("ledger.totals", ENTRY, 1, {"earned": 1}),
    ("ledger.sides", ENTRY, 0, {"account": None}),
    ("ledger.outcome", ENTRY, 0, {"source": "rule:x"}),
    ("ledger.zero_sum", ENTRY, -1, {"amount": 3}),
    ("reversal.amount", REVERSAL, 0, {"amount": 4}),
    ("metric.value", METRIC, 0, {"value": 99}),
    ("metric.value", METRIC, 0, {"reached_at": 99}),
    ("metric.order", METRIC, 0, {"tie": "eve"}),
    ("seen.values", SEEN, 0, {"first_at": 1}),
    ("level.holders", SCORE_LEVEL, 0, {"holders": 2}),
    ("tier.outcome", STANDING, 1, {"tier": "gold"}),
    ("badge.outcome", BADGE, 0, {"held": 0}),
    ("event.outcome", EVENT, 0, {"name": "other"}),
    ("event.outcome", EVENT, 0, {"retracted": 4}),
    ("streak.state", STREAK, 0, {"run": 2}),
    ("streak.due", STREAK, 0, {"due": 1, "told": 1}),
    ("asset.owner", ASSET, 0, {"owner": 1}),
    ("asset.provenance", PROVENANCE, 1, {"previous": 2}),
    ("supply.count", SUPPLY, 0, {"owners": 2}),
    ("stock.count", STOCK, 0, {"claimed": 2}),
    ("code.free", CODE, 0, {"free": 1}),
    ("claim.outcome", CLAIM, 0, {"cost": 1}),
    ("participant.erased", PARTICIPANT, 0, {"erased": "anonymized"}),
]


@pytest.mark.parametrize(("code", "table", "place", "columns"), TAMPERINGS)
def test_what_was_tampered_with_is_named(
    make_engine: MakeEngine, code: str, table: Table[Any], place: int, columns: dict[str, object]
) -> None:
    """A row changed behind the engine's back is found, under the code that says what does not fit."""
    game = small(make_engine)
    tamper(game, table, place, columns)
    report = game.history.verify()
    assert code in codes(report), str(report)
    assert not report
    assert all(one.code in MEANINGS for one in report.mismatches)
    assert json.dumps(report.to_dict())


@pytest.mark.parametrize(
    ("table", "columns"),
    [(PARTICIPANT, {"display_name": "Eve"}), (BADGE, {"occurred_at": 7}), (ENTRY, {"occurred_at": 7})],
)
def test_what_only_deciding_again_tells_is_found_by_that(
    make_engine: MakeEngine, table: Table[Any], columns: dict[str, object]
) -> None:
    """A name, or a date that nothing else rests on."""
    game = small(make_engine)
    tamper(game, table, 0, columns)
    assert "replay.rows" in codes(game.history.verify(replay=True))


def test_erasing_is_no_damage(make_engine: MakeEngine) -> None:
    """Erased words are counted as such, and the seal still closes; what rests on them is passed over, and told."""
    game = small(make_engine)
    game.participants.anonymize("ada")
    game.participants.delete("bob")
    report = game.history.verify(replay=True)
    assert report.ok, str(report)
    assert report.erased > 3
    assert set(report.not_compared) >= {1, 2}
    assert len(report.passed_over) >= report.erased
    assert report.replayed == report.checked["activity"] - len(report.passed_over)
    assert "words were erased" in str(report.not_replayed)


def test_beside_an_erased_person_everybody_else_is_decided_again(make_engine: MakeEngine) -> None:
    """Those whom the erased had to do with are passed over too; a change to anybody else's rows is found."""
    game = make_engine(Catalog(badges=[Badge("star")]))
    for who in ("ada", "bob", "cay"):
        game.badges.award(who, "star")
        game.points.award(who, 10)
    game.points.transfer("ada", "bob", 5)
    game.participants.delete("ada")
    game.points.award("cay", 1)
    report = game.history.verify(replay=True)
    assert report.ok, str(report)
    assert report.not_compared == (1, 2)
    assert report.passed_over == (2, 3, 8, 9)
    tamper(game, BADGE, 1, {"occurred_at": 7})
    assert game.history.verify(replay=True).ok  # bob's, who was sent something by somebody who is erased
    tamper(game, BADGE, 2, {"occurred_at": 7})
    assert codes(game.history.verify(replay=True)) == {"replay.rows"}


@pytest.mark.parametrize("seed", range(4))
def test_whenever_somebody_is_erased_the_rest_comes_out_as_it_was(seed: int) -> None:
    """Games with a bit of everything, of few people, who have much to do with each other."""
    luck, steps = random.Random(seed), itertools.count(1)  # noqa: S311 - meant to be repeatable
    when = luck.randrange(5, 40)

    def erase(game: Engine) -> None:
        if next(steps) == when:
            with suppress(GamifyError):
                luck.choice([game.participants.anonymize, game.participants.delete])(
                    luck.choice(["ada", "cay"])
                )

    report = played(MemoryStore(), seed, 45, after=erase).history.verify(replay=True)
    assert report.ok, str(report)


def test_keys_and_batches_are_decided_again(make_engine: MakeEngine) -> None:
    """With refused items, repeated keys, several scopes and a key under which there was nothing to do."""
    game = small(make_engine)
    game.points.award_batch([Award("ada", 1), Award("", 1), Award("cay", 2)], idempotency_key="b")
    game.points.award_batch([Award("ada", 1), Award("", 1), Award("cay", 2)], idempotency_key="b")
    game.scope("guild").points.award("ada", 3, idempotency_key="k")
    for key in ("once", "again"):
        game.badges.award("ada", "card", idempotency_key=key)
    report = game.history.verify(replay=True)
    assert report.ok, str(report)
    tamper(game, ACTIVITY, -3, {"outcome": '[["=",null,999]]'})
    assert codes(game.history.verify()) >= {"activity.digest"}


def test_a_changed_catalog_is_decided_again_under_what_was_in_force(make_engine: MakeEngine) -> None:
    """Each command under the catalog of its time, adoptions and edits included."""
    game = small(make_engine)
    store = store_of(game)
    other = make_engine(Catalog(badges=[Badge("late", criteria="points.earned >= 1")]), store=store)
    other.points.award("bob", 1)
    other.definitions.badges.create(
        {"code": "made", "criteria": "points.earned >= 2"}, on_change="reevaluate"
    )
    game.points.award("ada", 1)
    report = game.history.verify(replay=True)
    assert report.ok, str(report)


def test_many_mismatches_are_counted_and_the_first_are_listed(make_engine: MakeEngine) -> None:
    """A limit on the list is none on the count; a limit that is none is refused."""
    game = small(make_engine)
    tamper(game, ACTIVITY, 2, {"outcome": "[]"})
    report = game.history.verify(limit=1)
    assert len(report.mismatches) == 1
    assert report.found > 1
    assert "more" in str(report)
    with pytest.raises(BadValue):
        game.history.verify(limit=0)
    with pytest.raises(ValueError, match="code"):
        Mismatch("nonsense", "here")


def test_every_code_that_a_check_writes_has_a_meaning() -> None:
    """An alarm under a code that is none would be told as a row that cannot be read; no code is there for nothing."""
    rooms = Path(report_module.__file__).parent.glob("*.py")
    written = {code for room in rooms for code in re.findall(r'"([a-z]+\.[a-z_]+)"', room.read_text("utf-8"))}
    kinds = {"catalog.adopted", "events.amend", "gifts.create", "gifts.redeem", "leaderboards.closed"}
    kinds |= {"participants.delete", "participants.opening", "scores.add"}
    assert written - kinds == set(MEANINGS)


def test_progress_is_told(make_engine: MakeEngine) -> None:
    """How many rows were read never exceeds how many there are said to be."""
    told: list[tuple[int, int]] = []
    small(make_engine).history.verify(replay=True, progress=lambda done, whole: told.append((done, whole)))
    assert told
    assert all(done <= whole for done, whole in told)


def test_every_table_is_looked_at(make_engine: MakeEngine) -> None:
    """A table that no check reads would be one in which anything may stand."""
    known = set(small(make_engine).history.verify().checked)
    indirectly = {"payload", "setting", "reversal", "job", "zone_change", "mark", "freeze", "pause", "repair"}
    indirectly |= {"milestone", "fired", "former"}
    assert {table.name for table in TABLES} - indirectly - known == set()


def test_a_catalog_that_is_no_json_any_more_is_one_error(make_engine: MakeEngine) -> None:
    """Whoever asks the file for its catalog is told that the file is damaged."""
    game = small(make_engine)
    tamper(game, CATALOG, 0, {"document": '{"badges'})
    with pytest.raises(StoreCorrupt, match="cannot be read"):
        last_catalog(store_of(game), "here")
    assert not game.history.verify().ok
