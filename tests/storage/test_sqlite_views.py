"""What a person who opens the file reads: plain words, names instead of numbers, ISO timestamps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gamify_core import Catalog, Currency, Engine, Ladder, Leaderboard, Metric
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.storage.sqlite_views import VIEWS, written
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import (
    ACTIVITY,
    CATALOG,
    PAYLOAD,
    ActivityRow,
    CatalogRow,
    PayloadRow,
)
from gamify_core.storage.tables.ledger import ENTRY, EntryRow
from gamify_core.storage.tables.metrics import METRIC, WINDOW, MetricRow, WindowRow
from gamify_core.storage.tables.participants import PARTICIPANT, ParticipantRow
from gamify_core.storage.tables.progress import BADGE, EVENT, STANDING, BadgeRow, EventRow, StandingRow
from gamify_core.storage.tables.streaks import STREAK, StreakRow
from gamify_core.testing.contract import insert, writing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
T = 1_771_056_900_000_000  # 2026-02-14 08:15 UTC
WHEN = "2026-02-14T08:15:00.000000Z"
LATER = "2026-02-14T08:15:00.000007Z"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    """Give a store in which two people have done a little of everything."""
    made = SQLiteStore(tmp_path / "people.db")
    made.migrate(TABLES)
    with writing(made) as tx:
        insert(tx, CATALOG, CatalogRow(1, "print", "{}"))
        insert(
            tx,
            PARTICIPANT,
            ParticipantRow(1, "", "ada", "Ada", None, "Europe/Paris", "{}", 1, T, None),
            ParticipantRow(2, "", "bob", None, None, None, "{}", 1, T, None),
        )
        insert(
            tx,
            ACTIVITY,
            ActivityRow(1, T + 7, T, "", "points.award", 1, 1, 1, None, None, "[]", b"seal", None),
        )
        insert(tx, PAYLOAD, PayloadRow(1, b"salt", '{"amount": 10}', None))
        insert(
            tx,
            ENTRY,
            EntryRow(1, "points", 1, 1, 0, 10, "@issued", None, 10, 10, 0, T, None, None, None),
            EntryRow(1, "points", 2, 1, 1, -4, None, 2, 6, 10, 4, T + 7, "rule:lesson", None, None),
        )
        insert(tx, EVENT, EventRow(1, 1, "lesson", T, 1, None))
        insert(
            tx,
            WINDOW,
            WindowRow(1, "", "points.earned", "weekly UTC", 2911, T, T + 7),
            WindowRow(2, "", "lessons", "all_time", 0, None, None),
        )
        insert(
            tx,
            METRIC,
            MetricRow(1, 1, 10, T, -10, "ada", None, None, None),
            MetricRow(2, 1, 10, T + 7, -10, "bob", None, None, None),
            MetricRow(1, 2, 1, T, None, None, None, None, None),
        )
        insert(tx, STANDING, StandingRow(1, "tier", 1, "bronze", "automatic", T, 1))
        insert(tx, STANDING, StandingRow(1, "tier", 2, "silver", "automatic", T + 7, 1))
        insert(
            tx, BADGE, BadgeRow(1, "first", 1, 1, T, 1, "rule:lesson"), BadgeRow(2, "first", 1, 1, T, 1, None)
        )
        insert(tx, BADGE, BadgeRow(2, "first", 2, 0, T + 7, 1, None))
        state: dict[str, Any] = dict.fromkeys(StreakRow._fields, 0) | {
            "participant": 1,
            "streak": "daily",
            "last_at": T,
            "run": 3,
        }
        insert(tx, STREAK, StreakRow(**state))
    yield made
    made.close()


def _read(store: SQLiteStore, name: str) -> list[dict[str, Any]]:
    with store.view() as view:
        cursor = view.borrowed.execute(f'SELECT * FROM "{name}"')
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def test_every_view_has_rows_of_people(store: SQLiteStore) -> None:
    """All views exist, and what was done is found in each of them, with the participant's own name."""
    for name in VIEWS:
        rows = _read(store, name)
        assert rows, name
        assert {row["participant_id"] for row in rows} <= {"ada", "bob"}


def test_what_the_views_say(store: SQLiteStore) -> None:
    """The last entry is the balance, ties share a rank, a badge taken back is gone."""
    (balance,) = _read(store, "balances")
    assert (balance["participant_id"], balance["balance"], balance["total_earned"]) == ("ada", 6, 10)
    assert (balance["total_spent"], balance["transactions"], balance["last_at"]) == (4, 2, LATER)
    one, two = _read(store, "transactions")
    assert (one["transaction_id"], one["amount"], one["other_side"]) == ("txn_1_0", 10, "@issued")
    assert (two["transaction_id"], two["amount"], two["other_side"]) == ("txn_1_1", -4, "bob")
    board = _read(store, "boards")
    assert [(row["rank"], row["participant_id"], row["score"]) for row in board] == [
        (1, "ada", 10),
        (1, "bob", 10),
    ]
    assert (board[0]["metric"], board[0]["calendar"], board[0]["starts_at"]) == (
        "points.earned",
        "weekly UTC",
        WHEN,
    )
    lessons = [row for row in _read(store, "metrics") if row["metric"] == "lessons"]
    assert [(row["value"], row["starts_at"]) for row in lessons] == [(1, None)]
    assert [row["participant_id"] for row in _read(store, "badges")] == ["ada"]
    tiers = [(row["tier"], row["is_current"]) for row in _read(store, "tiers")]
    assert tiers == [("bronze", 0), ("silver", 1)]
    (activity,) = _read(store, "activity")
    assert (activity["recorded_at"], activity["occurred_at"]) == (LATER, WHEN)
    assert (activity["request"], activity["participant_id"]) == ('{"amount": 10}', "ada")
    (event,) = _read(store, "events")
    assert (event["event_name"], event["occurred_at"]) == ("lesson", WHEN)
    (streak,) = _read(store, "streaks")
    assert (streak["streak"], streak["last_activity_at"]) == ("daily", WHEN)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)
    | st.sampled_from([-1, 0, 1, 999_999, 1_000_000, -1_000_000, -999_999, T])
)
def test_instants_are_written_exactly(store: SQLiteStore, instant: int) -> None:
    """Any microsecond from year 1 to 9999 is written as its ISO form, before 1970 too."""
    with store.view() as view:
        (found,) = view.borrowed.execute(f"SELECT {written('?1')}", (instant,)).fetchone()
    expected = (EPOCH + timedelta(microseconds=instant)).strftime("%m-%dT%H:%M:%S.%fZ")
    assert found == f"{(EPOCH + timedelta(microseconds=instant)).year:04}-{expected}"


BOARDS = [
    Leaderboard("all"),
    Leaderboard("week", period="weekly", periods=["weekly", "daily"]),
    Leaderboard("again", period="weekly"),
    Leaderboard("away", timezone="Asia/Tokyo", period="yearly"),
    Leaderboard("away_all", timezone="Asia/Tokyo"),
    Leaderboard("sunday", period="weekly", week_start="sunday"),
    Leaderboard("least", metric="lessons", order="ascending"),
]


@pytest.mark.parametrize("settings", [{}, {"timezone": "Europe/Paris", "week_start": "saturday"}])
def test_boards_are_called_by_their_codes(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Each window that a leaderboard keeps carries its code, whatever its calendar; of two that share one, both."""
    catalog = Catalog(leaderboards=BOARDS, metrics=[Metric("lessons", "lesson")], **settings)
    with Engine(catalog, tmp_path / "game.db") as engine:
        engine.points.award("ada", 5)
        engine.events.emit("ada", "lesson")
        engine.participants.upsert("bob")
    store = SQLiteStore(tmp_path / "game.db", read_only=True)
    found = {(row["board"], row["metric"], row["calendar"].split()[0]) for row in _read(store, "boards")}
    store.close()
    start = "weekly/saturday" if settings else "weekly"
    assert found == {
        ("all", "points.earned", "all_time"),
        ("week, again", "points.earned", start),
        ("week", "points.earned", "daily"),
        ("away", "points.earned", "yearly"),
        ("away_all", "points.earned", "all_time"),
        ("sunday", "points.earned", "weekly/sunday"),
        ("least", "lessons", "all_time"),
    }


def test_a_board_that_no_catalog_knows_any_more_has_no_code(tmp_path: Path) -> None:
    """The catalog in force names the boards: what an earlier one kept still stands, without a code."""
    path = tmp_path / "game.db"
    with Engine(
        Catalog(leaderboards=[Leaderboard("old"), Leaderboard("day", period="daily")]), path
    ) as engine:
        engine.points.award("ada", 5)
    with Engine(Catalog(leaderboards=[Leaderboard("new")]), path) as engine:
        engine.points.award("ada", 5)
    store = SQLiteStore(path, read_only=True)
    found = {(row["board"], row["calendar"], row["score"]) for row in _read(store, "boards")}
    store.close()
    assert found == {("new", "all_time", 10), (None, "daily UTC", 5)}


def test_what_has_decimals_is_shown_with_them(tmp_path: Path) -> None:
    """Exactly, as text; what has none stays an integer. Ranks go by the numbers."""
    catalog = Catalog(
        currencies=[Currency("usd", scale=2), Currency("gems")],
        metrics=[Metric("spent", "bought", sum="price", scale=3), Metric("bought", "bought")],
        leaderboards=[Leaderboard("spenders", metric="spent"), Leaderboard("rich", metric="usd.balance")],
    )
    store = SQLiteStore(tmp_path / "decimals.db")
    with Engine(catalog, store) as game:
        game.events.emit("ada", "bought", {"price": 9.5})
        game.events.emit("bob", "bought", {"price": 10})
        game.points.award("ada", "12.30", currency="usd")
        game.points.deduct("ada", "12.25", currency="usd")
        game.points.award("bob", "0.07", currency="usd")
        game.points.award("ada", 7, currency="gems")
        rows = {(row["participant_id"], row["currency"]): row for row in _read(store, "balances")}
        told = [
            tuple(rows["ada", code][name] for name in ("balance", "total_earned", "total_spent"))
            for code in ("usd", "gems")
        ]
        assert told == [("0.05", "12.30", "12.25"), (7, 7, 0)]
        movements = [(row["amount"], row["balance_after"]) for row in _read(store, "transactions")]
        assert sorted(movements, key=str) == [
            ("-12.25", "0.05"),
            ("0.07", "0.07"),
            ("12.30", "12.30"),
            (7, 7),
        ]
        boards: defaultdict[str, list[Any]] = defaultdict(list)
        for row in _read(store, "boards"):
            boards[row["board"]].append((row["rank"], row["participant_id"], row["score"]))
        assert sorted(boards["spenders"]) == [(1, "bob", "10.000"), (2, "ada", "9.500")]
        assert sorted(boards["rich"]) == [(1, "bob", "0.07"), (2, "ada", "0.05")]
        values = {(row["participant_id"], row["metric"]): row["value"] for row in _read(store, "metrics")}
        assert (values["ada", "spent"], values["ada", "bought"]) == ("9.500", 1)


def test_a_name_of_somebody_who_was_merged_says_so(tmp_path: Path) -> None:
    """Rows stay under the name they were written under; it says whose they are, and stands on no rung of its own."""
    store = SQLiteStore(tmp_path / "merged.db")
    with Engine(Catalog(ladders=[Ladder("tier", tiers={"bronze": 0})]), store) as game:
        for who in ("ada", "guest", "bob"):
            game.points.award(who, 5)
        game.participants.merge("guest", into="ada")
        people = {row["participant_id"]: row["merged_into"] for row in _read(store, "participants")}
        assert people == {"ada": None, "bob": None, "guest": "ada"}
        current = {row["participant_id"]: row["is_current"] for row in _read(store, "tiers")}
        assert current == {"ada": 1, "bob": 1, "guest": 0}
