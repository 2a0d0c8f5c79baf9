"""Every alarm of an audit goes off: a game with a bit of everything, one row changed at a time, what is said of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gamify_core import Award, Catalog, Engine, ManualClock
from gamify_core.history.report import MEANINGS
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG, PAYLOAD, SETTING
from gamify_core.storage.tables.assets import ASSET, PROVENANCE, SUPPLY
from gamify_core.storage.tables.boards import CLOSED, CLOSING, GROUP
from gamify_core.storage.tables.challenges import ADVANCE, COMPLETION
from gamify_core.storage.tables.definitions import DEFINITION
from gamify_core.storage.tables.former import FORMER
from gamify_core.storage.tables.gifts import GIFT, SCORE
from gamify_core.storage.tables.ledger import DRAW, ENTRY, HOLD, LOT, PENDING, REVERSAL
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import BADGE, EVENT, RETRACTION, REVIEW, STANDING
from gamify_core.storage.tables.rewards import BOOST, CLAIM, CODE, STOCK
from gamify_core.storage.tables.streaks import STREAK
from tests.engine.conftest import START, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gamify_core.storage.protocol import Store, Table

RULES = Catalog.from_dict(
    {
        "currencies": [{"code": "gems"}],
        "metrics": [
            {"code": "lessons", "on": "lesson"},
            {"code": "topics", "on": "lesson", "distinct": "topic"},
        ],
        "rules": [
            {"code": "step", "on": "lesson", "advance": "quest"},
            {"code": "luck", "on": "lesson", "when": "chance(0.5) and chance(0)", "award": 1},
        ],
        "badges": [
            {"code": "first", "criteria": "lessons >= 1", "points": 5},
            {"code": "card", "max_supply": 3},
        ],
        "ladders": [
            {"code": "tier", "tiers": {"bronze": 0, "silver": 10}},
            {
                "code": "year",
                "tiers": {"guest": 0, "gold": 10},
                "metric": "points.earned@yearly",
                "demotion": "at_review",
            },
        ],
        "leaderboards": [
            {"code": "top", "ties": "dense"},
            {"code": "topics", "metric": "topics"},
            {"code": "teams", "metric": "lessons", "group_by": "team"},
            {"code": "daily", "period": "daily", "finalize_after": "1h", "prizes": {"1": 3}},
        ],
        "rewards": [
            {"code": "mug", "type": "coupon", "points_cost": 3},
            {
                "code": "double",
                "type": "points_multiplier",
                "factor": 2,
                "duration": "2h",
                "multiplies": "gems",
            },
        ],
        "streaks": [{"code": "daily", "on": "lesson"}],
        "challenges": [{"code": "quest", "goals": "challenge.quest >= 1"}],
    }
)


def everything(store: Store, *, erase: bool = True) -> Engine:
    """Play a bit of everything that is kept; one participant is erased, unless all is to be decided again."""
    clock = ManualClock(START)
    game = Engine(RULES, store, clock=clock)
    game.participants.upsert("ada", display_name="Ada", attributes={"team": "red"})
    game.participants.upsert("bob", attributes={"team": "blue"})
    game.points.award("ada", 40, idempotency_key="k")
    game.events.emit("ada", "lesson", {"topic": "loops"})
    game.events.emit("ada", "lesson", {"topic": "trees"})
    event = game.events.emit("bob", "lesson", {"topic": "loops"})
    spent = game.points.deduct("ada", 4)
    game.points.reverse(spent.transaction_id, amount=1)
    game.points.transfer("ada", "bob", 2)
    game.assets.transfer(game.assets.mint("card", "ada").asset_id, "ada", "bob")
    burnt = game.assets.mint("card", "ada").asset_id
    game.assets.burn(burnt, "ada")
    game.rewards.add_codes("mug", ["A", "B", "C"])
    game.rewards.claim("mug", "ada")
    game.rewards.cancel(game.rewards.claim("mug", "ada").claim_id)
    game.rewards.claim("double", "ada")
    game.points.award_batch([Award("ada", 1), Award("", 1), Award("bob", 2)], idempotency_key="b")
    gift = game.gifts.create("Party", "gold", 2, badge=True)
    game.gifts.redeem(gift.gift_id, "bob")
    game.points.award("ada", 20, currency="gems", expires="30d")
    game.points.hold("ada", 3, currency="gems")
    game.points.capture(game.points.hold("ada", 2, currency="gems").hold_id)
    game.points.deduct("ada", 1, currency="gems")
    game.points.award("ada", 7, matures="1d")
    game.points.award("ada", 7, matures="60d")
    game.events.retract(event.event_id)
    game.definitions.badges.create({"code": "made", "criteria": "points.earned >= 1000"})
    game.points.award("eve", 1)
    if erase:
        game.participants.anonymize("eve")
    clock.advance(days=2)
    game.settle()
    game.points.award("bob", 1)
    return game


class Change(NamedTuple):
    """One row, named by some of its columns, that is changed or, without `columns`, gone; and what is said of it."""

    codes: str
    table: Table[Any]
    row: dict[str, object]
    columns: dict[str, object] | None


CHANGES = [
    Change("activity.clock activity.digest activity.late", ACTIVITY, {"seq": 8}, {"recorded_at": 0}),
    Change("activity.digest", ACTIVITY, {"seq": 8}, {"digest": bytes(32)}),
    Change("activity.digest", PAYLOAD, {"seq": 8}, {"request": "{}"}),
    Change("activity.digest", PAYLOAD, {"seq": 34}, {"hash": bytes(32)}),
    Change("activity.late", ACTIVITY, {"seq": 8}, {"late": 7}),
    Change("activity.orphan activity.digest file.damaged", ACTIVITY, {"seq": 8}, {"catalog": 9}),
    Change("activity.orphan activity.digest file.damaged", ACTIVITY, {"seq": 8}, {"participant": 9}),
    Change("setting.altered", SETTING, {"name": "seed"}, {"value": "8"}),
    Change("setting.altered", SETTING, {"name": "seed"}, None),
    Change("setting.altered", SETTING, {"name": "seed_check"}, {"name": "seed_chuck"}),
    Change("catalog.altered", CATALOG, {"number": 1}, {"document": "{"}),
    Change("catalog.altered", CATALOG, {"number": 1}, {"document": "{}"}),
    Change("catalog.altered", CATALOG, {"number": 1}, {"document": '{ "badges":[]}'}),
    Change("catalog.altered", CATALOG, {"number": 3}, {"fingerprint": "another"}),
    Change("catalog.altered", CATALOG, {"number": 3}, {"document": '{"badges":[{"code":"late"}]}'}),
    Change("definition.altered", DEFINITION, {"code": "made"}, {"activity": 8}),
    Change("key.fingerprint activity.digest", ACTIVITY, {"seq": 4}, {"fingerprint": bytes(16)}),
    Change("key.fingerprint activity.digest", ACTIVITY, {"seq": 4}, {"fingerprint": None}),
    Change("key.fingerprint activity.digest", ACTIVITY, {"seq": 22}, {"fingerprint": bytes(16)}),
    Change("key.effect activity.digest", ACTIVITY, {"seq": 22}, {"outcome": '[["=",null,20,0,99]]'}),
    Change("key.effect activity.digest", ACTIVITY, {"seq": 22}, {"outcome": '[["=",null,20,0]]'}),
    Change("key.effect activity.digest", ACTIVITY, {"seq": 22}, {"outcome": "[]"}),
    Change("participant.erased", PARTICIPANT, {"number": 3}, {"display_name": "Eve"}),
    Change("participant.due", PARTICIPANT, {"number": 1}, {"due": None}),
    Change("participant.due", PARTICIPANT, {"number": 3}, {"due": 7}),
    Change("ledger.balance ledger.outcome", ENTRY, {"participant": 2, "version": 5}, {"balance": 13}),
    Change("ledger.totals metric.value", ENTRY, {"participant": 2, "version": 5}, {"earned": 12}),
    Change("ledger.totals", ENTRY, {"participant": 2, "version": 5}, {"spent": 1}),
    Change(
        "ledger.sides ledger.totals ledger.zero_sum",
        ENTRY,
        {"participant": 2, "version": 5},
        {"account": None},
    ),
    Change("ledger.sides ledger.outcome", ENTRY, {"participant": 2, "version": 5}, {"peer": 1}),
    Change("ledger.outcome", ENTRY, {"participant": 2, "version": 5}, {"source": "rule:step"}),
    Change("ledger.outcome", ENTRY, {"participant": 2, "version": 5}, {"ordinal": 9}),
    Change("ledger.missing metric.value", ENTRY, {"participant": 2, "version": 5}, None),
    Change(
        "ledger.zero_sum ledger.balance ledger.outcome",
        ENTRY,
        {"participant": 2, "version": 2},
        {"amount": 3},
    ),
    Change("lot.left former.row", LOT, {"currency": "gems"}, {"left": -1}),
    Change("lot.left lot.balance former.row", LOT, {"currency": "gems"}, {"left": 41}),
    Change("lot.left participant.due former.row", LOT, {"currency": "gems"}, {"due": None}),
    Change("lot.balance former.row", LOT, {"currency": "gems"}, {"left": 35}),
    Change("former.row", FORMER, {"kind": "lot", "until": 29}, {"after": "[]"}),
    Change("former.row", FORMER, {"kind": "hold"}, {"after": None}),
    Change("former.row", FORMER, {"kind": "pending"}, {"before": "["}),
    Change("draw.lot", DRAW, {"activity": 29}, {"amount": -1}),
    Change("draw.lot draw.missing", DRAW, {"activity": 29}, {"version": 2}),
    Change("draw.missing", DRAW, {"activity": 29}, None),
    Change("draw.missing", DRAW, {"activity": 26}, None),
    Change("hold.state hold.outcome former.row", HOLD, {"activity": 27}, {"captured": 3}),
    Change("hold.state former.row", HOLD, {"activity": 27}, {"state": "held"}),
    Change("hold.state hold.outcome", HOLD, {"activity": 26}, {"state": "released"}),
    Change("hold.outcome lot.balance", HOLD, {"activity": 26}, {"amount": 4}),
    Change("hold.outcome former.row", HOLD, {"activity": 27}, {"resolved": 26}),
    Change("hold.missing former.row", HOLD, {"activity": 27}, None),
    Change("pending.state", PENDING, {"activity": 31}, {"left": 8}),
    Change("pending.state participant.due former.row", PENDING, {"activity": 30}, {"due": 7}),
    Change("pending.outcome former.row", PENDING, {"activity": 30}, {"amount": 8}),
    Change("pending.outcome", PENDING, {"activity": 31}, {"expires": 7}),
    Change("pending.missing former.row", PENDING, {"activity": 30}, None),
    Change("pending.missing", PENDING, {"activity": 31}, None),
    Change("pending.entry former.row", PENDING, {"activity": 30}, {"left": 6}),
    Change("pending.entry former.row", PENDING, {"activity": 30}, {"version": 99}),
    Change("reversal.amount", REVERSAL, {"version": 3}, {"amount": 2}),
    Change("reversal.amount", REVERSAL, {"version": 7}, None),
    Change("metric.value", METRIC, {"participant": 1, "window": 8}, {"value": 3}),
    Change("metric.value", METRIC, {"participant": 1, "window": 8}, {"reached_at": 3}),
    Change("metric.value", METRIC, {"participant": 1, "window": 8}, None),
    Change("metric.value", METRIC, {"participant": 1, "window": 7}, None),
    Change("metric.order metric.value", METRIC, {"participant": 1, "window": 7}, {"tie": "eve"}),
    Change("metric.order metric.value", METRIC, {"participant": 1, "window": 7}, {"down": -3}),
    Change("seen.values", SEEN, {"value": "loops"}, {"first_at": 1}),
    Change("seen.values", SEEN, {"value": "loops"}, None),
    Change("level.holders", SCORE_LEVEL, {"down": -10}, {"holders": 2}),
    Change("level.holders", SCORE_LEVEL, {"down": -10}, None),
    Change("group.total", GROUP, {"name": "red"}, {"total": 3}),
    Change("group.total", GROUP, {"name": "red"}, {"members": 0}),
    Change("group.total", GROUP, {"name": "red"}, None),
    Change("group.members", METRIC, {"participant": 1, "window": 6}, {"value": 3, "down": -3}),
    Change("group.members", METRIC, {"participant": 1, "window": 6}, None),
    Change("group.members", WINDOW, {"number": 6}, {"calendar": "all_time team=green"}),
    Change("closing.due", CLOSING, {"window": 10}, {"due": 7}),
    Change("closing.missing", CLOSING, {"window": 10}, None),
    Change("closed.missing", CLOSED, {"leaderboard": "daily"}, None),
    Change("closed.outcome", CLOSED, {"leaderboard": "daily"}, {"activity": 8}),
    Change(
        "tier.outcome tier.missing",
        STANDING,
        {"participant": 2, "ladder": "tier", "n": 2},
        {"tier": "gold"},
    ),
    Change("tier.missing", STANDING, {"participant": 2, "ladder": "tier", "n": 2}, None),
    Change(
        "review.rung tier.outcome tier.missing",
        STANDING,
        {"participant": 2, "ladder": "year", "n": 2},
        {"tier": None},
    ),
    Change("review.rung review.missing former.row", REVIEW, {"participant": 2}, {"ladder": "none"}),
    Change("review.missing participant.due former.row", REVIEW, {"participant": 2}, None),
    Change("badge.missing", BADGE, {"participant": 1}, None),
    Change("event.missing metric.value seen.values", EVENT, {"participant": 1, "n": 2}, None),
    Change("streak.missing", STREAK, {"participant": 1}, None),
    Change("badge.outcome", BADGE, {"participant": 1}, {"held": 0}),
    Change("badge.outcome", BADGE, {"participant": 1}, {"source": "opening"}),
    Change("event.outcome metric.value seen.values", EVENT, {"participant": 1, "n": 2}, {"activity": 8}),
    Change("event.outcome metric.value seen.values", EVENT, {"participant": 1, "n": 2}, {"retracted": 32}),
    Change("event.outcome metric.value seen.values", EVENT, {"participant": 2}, {"retracted": None}),
    Change("event.outcome", RETRACTION, {"participant": 2}, {"event": 2}),
    Change("event.outcome", RETRACTION, {"participant": 2}, {"activity": 8}),
    Change("streak.state", STREAK, {"participant": 1}, {"run": 2}),
    Change("streak.due", STREAK, {"participant": 1}, {"due": 1}),
    Change("asset.owner", ASSET, {"minted_by": 11}, {"owner": 1}),
    Change("asset.owner", ASSET, {"minted_by": 11}, {"acquired_by": 11}),
    Change("asset.owner supply.count asset.missing", ASSET, {"minted_by": 11}, None),
    Change("asset.owner asset.missing", PROVENANCE, {"minted_by": 24}, None),
    Change("asset.provenance", PROVENANCE, {"minted_by": 11, "n": 2}, {"previous": 2}),
    Change("asset.provenance", PROVENANCE, {"minted_by": 13, "n": 2}, {"what": "transferred"}),
    Change("asset.provenance supply.count", ASSET, {"minted_by": 11}, {"edition": 3}),
    Change("supply.count", SUPPLY, {"badge": "card"}, {"minted": 1}),
    Change("supply.count", SUPPLY, {"badge": "card"}, {"burned": 0}),
    Change("supply.count", SUPPLY, {"badge": "card"}, {"owners": 2}),
    Change("supply.count", SUPPLY, {"badge": "card"}, {"untried": 4}),
    Change("supply.count", SUPPLY, {"badge": "card"}, None),
    Change("stock.count", STOCK, {"reward": "mug"}, {"claimed": 2}),
    Change("stock.count", STOCK, {"reward": "mug"}, {"codes": 2}),
    Change("stock.count", STOCK, {"reward": "mug"}, {"free_codes": 1}),
    Change("stock.count", STOCK, {"reward": "mug"}, None),
    Change("stock.count", STOCK, {"reward": "double"}, None),
    Change("code.free stock.count", CODE, {"n": 1}, {"free": 1}),
    Change("code.free stock.count", CODE, {"n": 2}, {"free": None}),
    Change("claim.outcome", CLAIM, {"claimed_by": 16}, {"cost": 1}),
    Change("claim.outcome", CLAIM, {"claimed_by": 17}, {"cancelled_by": 8}),
    Change("claim.outcome", CLAIM, {"claimed_by": 17}, {"cancelled_by": 0}),
    Change("claim.outcome", BOOST, {"reward": "double"}, {"reward": "mug"}),
    Change("claim.outcome boost.missing", BOOST, {"reward": "double"}, {"ordinal": 5}),
    Change("boost.missing", BOOST, {"reward": "double"}, None),
    Change("claim.missing", CLAIM, {"claimed_by": 17}, None),
    Change("challenge.missing", COMPLETION, {"participant": 1}, None),
    Change("gift.missing", SCORE, {"activity": 24}, None),
    Change("definition.missing", DEFINITION, {"code": "made"}, None),
    Change("definition.missing", DEFINITION, {"code": "gift_23"}, None),
    Change("challenge.outcome", COMPLETION, {"participant": 1}, {"activity": 8}),
    Change("challenge.outcome metric.value", ADVANCE, {"activity": 6}, {"steps": 0}),
    Change("challenge.outcome file.damaged", ADVANCE, {"activity": 6}, {"activity": 99}),
    Change("gift.outcome", GIFT, {"name": "Party"}, {"scope": "guild"}),
    Change("gift.outcome file.damaged", SCORE, {"activity": 24}, {"gift": 99}),
    Change("gift.outcome", SCORE, {"activity": 24}, {"activity": 8}),
]


HOLES = [
    Change(
        "activity.gap file.damaged ledger.outcome metric.value payload.missing tier.outcome tier.missing",
        ACTIVITY,
        {"seq": 39},
        {"seq": 41},
    ),
    Change("payload.missing", PAYLOAD, {"seq": 8}, None),
    Change("payload.missing", PAYLOAD, {"seq": 39}, None),
    Change("definition.gap definition.altered", DEFINITION, {"code": "made"}, {"n": 2}),
    Change("participant.gap file.damaged", PARTICIPANT, {"number": 3}, {"number": 4}),
    Change("ledger.gap", ENTRY, {"participant": 2, "version": 5}, {"version": 6}),
    Change("tier.gap", STANDING, {"participant": 2, "ladder": "tier", "n": 2}, {"n": 3}),
    Change("badge.gap", BADGE, {"participant": 1}, {"n": 2}),
    Change("event.gap", EVENT, {"participant": 1, "n": 2}, {"n": 3}),
    Change("event.gap", RETRACTION, {"participant": 2}, {"n": 2}),
    Change("asset.provenance", PROVENANCE, {"minted_by": 11, "n": 2}, {"n": 3}),
    Change("code.free", CODE, {"n": 3}, {"n": 4}),
]
"""What only a file can be made to hold: a store in memory refuses a chain with a hole in it."""

SQL = [
    (
        "board.count file.damaged",
        "UPDATE gamify_metric_by_rank_blocks SET n = n + 1 WHERE window = 2 AND level = 2",
    ),
    (
        "board.position board.count file.damaged",
        "INSERT INTO gamify_metric_by_rank_blocks VALUES (2, 1, -100, 0, '', 0, 0, 0, 0)",
    ),
    (
        "file.damaged",
        "UPDATE gamify_group_by_rank_blocks SET n = n + 1 WHERE window = 5 AND level = 2",
    ),
    ("file.unreadable", "UPDATE gamify_participant SET attributes = '{' WHERE number = 1"),
]
"""What is kept beside the rows, and rows that cannot be understood, by plain SQL."""

AGAIN = [
    Change("replay.rows", PARTICIPANT, {"number": 1}, {"display_name": "Eve"}),
    Change("replay.activity activity.digest", ACTIVITY, {"seq": 2}, {"outcome": '[["=",1]]'}),
    Change(
        "replay.refused activity.digest",
        PAYLOAD,
        {"seq": 8},
        {"request": '{"amount":4000,"participant_id":"ada"}'},
    ),
]
"""What only deciding everything again tells."""


@contextmanager
def changed(game: Engine, change: Change) -> Iterator[None]:
    """Change a row behind the engine's back, and put it back."""
    store = store_of(game)
    with store.view() as view:
        (row,) = (
            row
            for row in view.scan(change.table)
            if all(getattr(row, name) == value for name, value in change.row.items())
        )
    other = row._replace(**change.columns) if change.columns is not None else None
    key = row[: change.table.key]
    before: dict[Any, Any] = {key: row}
    after: dict[Any, Any] = {key: None}
    if other is not None:
        before.setdefault(other[: change.table.key], None)
        after[other[: change.table.key]] = other
    _replace(store, change.table, before, after)
    try:
        yield
    finally:
        _replace(store, change.table, after, before)


def _replace(store: Store, table: Table[Any], before: dict[Any, Any], after: dict[Any, Any]) -> None:
    transaction = store.begin()
    transaction.replace(table, before, after)
    transaction.commit()


def found(game: Engine, *, replay: bool = False) -> set[str]:
    """Return the codes of what an audit finds."""
    return {one.code for one in game.history.verify(replay=replay).mismatches}


@pytest.fixture(scope="module")
def in_memory() -> Iterator[Engine]:
    """Play it all in memory, once; every change is to be taken back."""
    game = everything(MemoryStore())
    yield game
    assert game.history.verify().ok


@pytest.fixture(scope="module")
def in_a_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Play it all in a file, once; every change is to be taken back."""
    path = tmp_path_factory.mktemp("alarms") / "game.db"
    with everything(SQLiteStore(path, durability="normal")) as game:
        yield game
        assert game.history.verify().ok


@pytest.fixture(scope="module")
def not_erased() -> Iterator[Engine]:
    """Play it all in memory with nobody erased, so that it can be decided again."""
    game = everything(MemoryStore(), erase=False)
    yield game
    assert game.history.verify(replay=True).ok


def test_every_code_is_tried_here() -> None:
    """A code without a case would be an alarm that nobody has ever heard."""
    tried = {change.codes for change in (*CHANGES, *HOLES, *AGAIN)} | {codes for codes, _ in SQL}
    assert set(MEANINGS) == {code for codes in tried for code in codes.split()}


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_that_is_not_as_it_was_sets_off_its_alarm_and_no_other(
    in_memory: Engine, in_a_file: Engine, change: Change
) -> None:
    """Alike in both stores, but that a file finds by itself what refers to a row that is not there."""
    expected = set(change.codes.split())
    with changed(in_memory, change):
        assert found(in_memory) == expected - {"file.damaged"}
    with changed(in_a_file, change):
        assert found(in_a_file) == expected


@pytest.mark.parametrize("change", HOLES)
def test_a_hole_in_a_chain_sets_off_its_alarm_and_no_other(in_a_file: Engine, change: Change) -> None:
    """Numbers that are not one, two, three tell that something was cut out."""
    with changed(in_a_file, change):
        assert found(in_a_file) == set(change.codes.split())


@pytest.mark.parametrize(("expected", "sql"), SQL)
def test_what_is_kept_beside_the_rows_sets_off_its_alarm(tmp_path: Path, expected: str, sql: str) -> None:
    """Counts of boards that are not those of their rows, and a row that is no row any more."""
    with everything(SQLiteStore(tmp_path / "game.db", durability="normal")) as game:
        with closing(sqlite3.connect(tmp_path / "game.db", isolation_level=None)) as tool:
            tool.execute(sql)
        assert found(game) == set(expected.split())


@pytest.mark.parametrize("change", AGAIN)
def test_what_only_deciding_again_tells_sets_off_its_alarm(not_erased: Engine, change: Change) -> None:
    """Rows that nothing else rests on, and commands that would have come to something else."""
    expected = set(change.codes.split())
    with changed(not_erased, change):
        assert found(not_erased) == expected - {code for code in expected if code.startswith("replay.")}
        assert found(not_erased, replay=True) >= expected


def test_no_row_goes_unnoticed_when_all_is_decided_again(not_erased: Engine) -> None:
    """Of every table the last row is taken away: some check, or deciding again, misses it."""
    looked_at = set()
    for table in TABLES:
        with store_of(not_erased).view() as view:
            rows = view.scan(table)
        if not rows or table in (ACTIVITY, CATALOG, PAYLOAD):  # the spine, which is tried above
            continue
        row = dict(zip(table.columns, rows[-1], strict=True))
        with changed(not_erased, Change("", table, row, None)):
            assert found(not_erased, replay=True), table.name
        looked_at.add(table.name)
    assert len(looked_at) > 30
