"""Counted orders in SQLite against plain sorting, with blocks so small that every edge of them is met."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gamify_core.errors import StoreError
from gamify_core.storage import sqlite_blocks, sqlite_places, sqlite_reading
from gamify_core.storage.protocol import Key
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.storage.sqlite_transactions import SQLiteTransaction
from gamify_core.testing.contract import insert, remove, update, writing
from gamify_core.testing.toys import LEVEL, RUNNER, RUNNER_BY_RANK, TOYS, LevelRow, RunnerRow

MOST = 2**63 - 1
SCORES = st.sampled_from([-(2**63), -9, -3, -2, -1, 0, 1, 2, 9, MOST]) | st.integers(-9, 9)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "remove", "fall", "rise", "rollback", "commit", "other"]),
        st.lists(st.tuples(st.integers(1, 40), SCORES | st.none()), min_size=1, max_size=40),
    ),
    max_size=12,
)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_blocks, "FULL", 4)
    monkeypatch.setattr(sqlite_blocks, "FULL_ABOVE", 4)
    monkeypatch.setattr(sqlite_reading, "_FEW", 2)
    monkeypatch.setattr(sqlite_places, "_PATIENCE", 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    """Give a store with the toy tables, closed afterwards."""
    made = SQLiteStore(tmp_path / "ranks.db", durability="normal")
    made.migrate(TOYS)
    yield made
    made.close()


def _runner(person: int, down: int | None, day: int | None = None) -> RunnerRow:
    return RunnerRow(person, 1, down, None if down is None else f"p{person % 7}", day, None)


def _write(tx: SQLiteTransaction, model: dict[int, RunnerRow], rows: list[RunnerRow]) -> None:
    """Write rows that may be there already, in one call."""
    before: dict[Key, RunnerRow | None] = {(row.person, 1): model.get(row.person) for row in rows}
    after: dict[Key, RunnerRow | None] = {(row.person, 1): row for row in rows}
    tx.replace(RUNNER, before, after)
    model.update((row.person, row) for row in rows)


def _agrees(reader: sqlite_reading.SQLiteReader, model: dict[int, RunnerRow]) -> None:
    """Hold every position, offset and count against the sorted rows."""
    assert reader.verify_counts(RUNNER, RUNNER_BY_RANK) == []
    rows = sorted(
        [row for row in model.values() if row.down is not None],
        key=lambda row: (row.down, row.tie, row.person),
    )
    places = [(row.down, row.tie, row.person) for row in rows]
    assert reader.count(RUNNER, RUNNER_BY_RANK, (1,)) == len(rows)
    for bound in [*places, *[place[:2] for place in places], *[place[:1] for place in places], (0,), (MOST,)]:
        assert reader.position(RUNNER, RUNNER_BY_RANK, (1,), bound) == bisect_left(places, bound)
    for day in {row.day for row in rows if row.day is not None} | {9}:
        marked = [place for row, place in zip(rows, places, strict=True) if row.day == day]
        assert reader.position(RUNNER, RUNNER_BY_RANK, (1,), None, day) == len(marked)
        for bound in [*places[::3], (0,), (MOST,)]:
            assert reader.position(RUNNER, RUNNER_BY_RANK, (1,), bound, day) == bisect_left(marked, bound)
    for offset in range(len(rows) + 2):
        assert reader.scan(RUNNER, RUNNER_BY_RANK, (1,), offset=offset, limit=3) == rows[offset : offset + 3]
    turned = rows[::-1]
    assert reader.scan(RUNNER, RUNNER_BY_RANK, (1,), offset=3, limit=3, reverse=True) == turned[3:6]
    assert reader.scan(RUNNER, RUNNER_BY_RANK, (1,), offset=3, reverse=True) == turned[3:]
    for first, last in zip(places[::2], places[1::2], strict=False):
        for start, stop in ((first, last), (first[:1], last[:1]), (last, first), (first[:2], (MOST,))):
            expected = max(0, bisect_left(places, stop) - bisect_left(places, start))
            assert reader.count(RUNNER, RUNNER_BY_RANK, (1,), start=start, stop=stop) == expected
    if places:
        from_here = len(places) - bisect_left(places, places[-1][:1])
        assert reader.count(RUNNER, RUNNER_BY_RANK, (1,), start=places[-1][:1]) == from_here
    inside = [row for row in rows if row.down is not None and -2 <= row.down < 9]
    between = reader.scan(RUNNER, RUNNER_BY_RANK, (1,), start=(-2,), stop=(9,), offset=3, limit=4)
    assert between == inside[3:7]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_ranks_agree_with_sorting(
    store: SQLiteStore, steps: list[tuple[str, list[tuple[int, int | None]]]]
) -> None:
    """After any writes, of this store or another, kept or given up, positions and counts are exact."""
    with writing(store) as tx:
        remove(tx, RUNNER, *tx.scan(RUNNER))
    other = SQLiteStore(store.path, durability="normal")
    model: dict[int, RunnerRow] = {}
    for step, (what, pairs) in enumerate(steps):
        day = (step * 5 + 2) // 7  # days go on, and one in a while a row of yesterday comes late
        tx = (other if what == "other" else store).begin()
        was = dict(model)
        if what == "remove":
            gone = [model.pop(person) for person in {person for person, _ in pairs} if person in model]
            if gone:
                remove(tx, RUNNER, *gone)
        elif what in {"fall", "rise"}:
            by = 5 if what == "fall" else -5
            rows = [
                _runner(row.person, max(-99, min(99, row.down)) + by, day)
                for row in model.values()
                if row.down
            ]
            if rows:
                _write(tx, model, rows)
        else:
            rows = [
                _runner(person, down, day if person % 3 else None) for person, down in dict(pairs).items()
            ]
            _write(tx, model, rows)
        _agrees(tx, model)
        if what == "rollback":
            tx.rollback()
            model = was
        else:
            tx.commit()
        for reading in (store, other):  # each remembers where blocks start, and must not believe it
            with reading.view() as view:
                _agrees(view, model)
    other.close()


def _blocks(store: SQLiteStore, level: int) -> list[int]:
    with store.view() as view:
        text = 'SELECT "n" FROM gamify_toy_runner_by_rank_blocks WHERE "level" = ?'
        return [n for (n,) in view.borrowed.execute(text, (level,))]


def test_a_rising_board_leaves_no_trail_of_empty_blocks(store: SQLiteStore) -> None:
    """People who climb past each other for a long time need no more blocks than there are people."""
    people = 40
    with writing(store) as tx:
        insert(tx, RUNNER, *[_runner(person, -person) for person in range(people)])
    for turn in range(1, 60):
        for person in range(people):
            with writing(store) as tx:
                update(tx, RUNNER, _runner(person, -person - turn * people))
    assert sum(_blocks(store, 1)) == people
    assert len(_blocks(store, 1)) <= people
    assert len(_blocks(store, 2)) <= people / 2
    assert _blocks(store, 1).count(0) <= 1
    with store.view() as view:
        assert view.verify_counts(RUNNER, RUNNER_BY_RANK) == []


def test_an_emptied_board_shrinks_to_one_block(store: SQLiteStore) -> None:
    """A board that everybody left, one after the other from either end, costs nothing to read."""
    for order in (1, -1):
        people = list(range(60))[::order]
        with writing(store) as tx:
            insert(tx, RUNNER, *[_runner(person, person) for person in people])
        for person in people:
            with writing(store) as tx:
                remove(tx, RUNNER, _runner(person, person))
        assert _blocks(store, 1) == [0]
        assert _blocks(store, 2) == [0]


def test_a_big_import_makes_blocks_of_a_fair_size(store: SQLiteStore) -> None:
    """Rows that arrive in one call are cut into many blocks at once, none too full or too empty."""
    with writing(store) as tx:
        insert(tx, RUNNER, *[_runner(person, person) for person in range(500)])
    assert min(_blocks(store, 1)) >= 2
    assert max(_blocks(store, 1)) <= sqlite_blocks.FULL
    assert len(_blocks(store, 2)) >= 500 / 16
    with store.view() as view:
        assert view.verify_counts(RUNNER, RUNNER_BY_RANK) == []
        assert view.position(RUNNER, RUNNER_BY_RANK, (1,), (321,)) == 321


def test_a_counted_key_order_is_kept_too(store: SQLiteStore) -> None:
    """A table whose key order is counted answers positions, board by board."""
    with writing(store) as tx:
        insert(tx, LEVEL, *[LevelRow(race, down, 1) for race in (1, 2) for down in range(race * 30)])
    with store.view() as view:
        assert view.verify_counts(LEVEL) == []
        assert view.position(LEVEL, None, (1,), (17,)) == 17
        assert view.count(LEVEL, None, (2,)) == 60
        assert view.position(LEVEL, None, (3,), (17,)) == 0


def test_counts_are_made_for_rows_that_were_there_first(store: SQLiteStore) -> None:
    """An order that becomes counted in a later version is counted from the rows the file already has."""
    with writing(store) as tx:
        insert(tx, RUNNER, *[_runner(person, person) for person in range(100)])
        store.connection.execute("DROP TABLE gamify_toy_runner_by_rank_blocks")
    store.migrate(TOYS)
    with store.view() as view:
        assert view.verify_counts(RUNNER, RUNNER_BY_RANK) == []
        assert view.position(RUNNER, RUNNER_BY_RANK, (1,), (64,)) == 64


def test_wrong_counts_are_found(store: SQLiteStore) -> None:
    """Verification tells a wrong number, a lost block, and a superblock that starts where no block does."""
    with writing(store) as tx:
        insert(tx, RUNNER, *[_runner(person, person) for person in range(100)])
    table = "gamify_toy_runner_by_rank_blocks"
    harm = {
        "says": f"UPDATE {table} SET n = n + 1 WHERE level = 1 AND down = (SELECT MAX(down) FROM {table})",
        "does not start": f"DELETE FROM {table} WHERE level = 1 AND down < 0",
        "miscounted its marks": f"UPDATE {table} SET m = m - 1 WHERE level = 1 AND down > 0",
        "where no block": f"UPDATE {table} SET tie = tie || 'x' WHERE level = 2 AND down > 0",
    }
    for words, text in harm.items():
        tx = store.begin()
        store.connection.execute(text)
        assert any(words in fault for fault in tx.verify_counts(RUNNER, RUNNER_BY_RANK)), words
        tx.rollback()


def test_a_refused_call_in_a_transaction_that_goes_on(store: SQLiteStore) -> None:
    """A conflict after many splits takes its rows back, and ranks written before and after it stay exact."""
    model: dict[int, RunnerRow] = {}
    tx = store.begin()
    _write(tx, model, [_runner(person, person) for person in range(30)])
    rows = [_runner(person, -person) for person in range(30, 60)]
    with pytest.raises(StoreError):
        insert(tx, RUNNER, *rows, _runner(3, 3))
    _agrees(tx, model)
    _write(tx, model, rows)
    _agrees(tx, model)
    tx.rollback()
    model.clear()
    tx = store.begin()
    _write(tx, model, rows)
    _agrees(tx, model)
    tx.commit()


def test_only_a_counted_order_answers_positions(store: SQLiteStore) -> None:
    """A position in an order that nobody counts is refused instead of being counted row by row."""
    with store.view() as view, pytest.raises(StoreError, match="not a counted order"):
        view.position(RUNNER, None, (1,), (1,))


def test_many_boards_are_not_all_remembered(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that met more boards than it keeps in mind still counts each of them rightly."""
    monkeypatch.setattr(sqlite_blocks, "_BOARDS_KEPT", 3)
    for turn in (1, 2):
        for race in range(6):
            with writing(store) as tx:
                insert(tx, LEVEL, *[LevelRow(race, down * 2 + turn, 1) for down in range(9)])
    assert len(store.blocks._boards) <= 4  # noqa: SLF001 - a bound on memory shows nowhere else
    with store.view() as view:
        assert view.verify_counts(LEVEL) == []


def test_counting_that_fails_half_way_is_forgotten(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the counting itself fails after splits, only a rollback is left, and its blocks are forgotten."""
    model: dict[int, RunnerRow] = {}
    keep = sqlite_blocks.Blocks.keep

    def fails(*arguments: Any) -> None:
        keep(*arguments)
        message = "disk I/O error"
        raise sqlite3.OperationalError(message)

    tx = store.begin()
    _write(tx, model, [_runner(person, person) for person in range(30)])
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_blocks.Blocks, "keep", fails)
        with pytest.raises(StoreError, match="disk I/O"):
            insert(tx, RUNNER, *[_runner(person, -person) for person in range(30, 60)])
    with pytest.raises(StoreError, match="half-way"):
        tx.commit()
    tx.rollback()
    model.clear()
    tx = store.begin()
    _write(tx, model, [_runner(person, -person) for person in range(60, 90)])
    _agrees(tx, model)
    tx.commit()
