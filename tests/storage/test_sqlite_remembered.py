"""Rows at hand: a store that remembers answers as one that reads everything from the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gamify_core.errors import StoreConflict, StoreError
from gamify_core.storage import sqlite_remembered
from gamify_core.storage.protocol import Key, Transaction
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.testing.contract import insert, remove, update, writing
from gamify_core.testing.toys import (
    CITY,
    CITY_BY_CODE,
    LETTER,
    PERSON,
    PERSON_BY_NAME,
    RUNNER,
    TOYS,
    CityRow,
    LetterRow,
    PersonRow,
    RunnerRow,
)

ADA = PersonRow(1, "", "ada", None, None)
BERN = CityRow("Bern", "BE", 1, None)
HELLO = LetterRow(1, "in", 1, "hello")
AGAIN = LetterRow(1, "in", 2, "again")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a file."""
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    """Give a store that holds a person, a city and a letter."""
    made = SQLiteStore(path, timeout=5)
    made.migrate(TOYS)
    with writing(made) as tx:
        insert(tx, PERSON, ADA)
        insert(tx, CITY, BERN)
        insert(tx, LETTER, HELLO)
    yield made
    made.close()


def _read(tx: Transaction) -> list[object]:
    """Read one row in each of the ways that are remembered."""
    return [
        tx.get(CITY, ("Bern",)),
        *tx.get_many(CITY, [("Bern",), ("Rome",)]),
        tx.find(PERSON, PERSON_BY_NAME, ("", "ada")),
        tx.find(PERSON, PERSON_BY_NAME, ("", "eve")),
        tx.last(LETTER, (1, "in")),
        tx.count(LETTER, None, (1, "in")),
        tx.get(PERSON, (1,)),
        tx.last(PERSON),
    ]


def _change(tx: Transaction) -> None:
    """Change every row that `_read` reads."""
    update(tx, CITY, BERN._replace(size=2))
    update(tx, PERSON, ADA._replace(name="eve"))
    tx.append(LETTER, [AGAIN])


def _asked(store: SQLiteStore, use: Callable[[Transaction], object]) -> list[str]:
    """Return the SELECTs that a use of one transaction executes."""
    heard: list[str] = []
    with writing(store) as tx:
        store.connection.set_trace_callback(heard.append)
        use(tx)
        store.connection.set_trace_callback(None)
    return [text for text in heard if text.startswith("SELECT")]


def test_what_was_read_is_not_read_again(store: SQLiteStore) -> None:
    """The next transaction asks the file only for what is not there."""
    _asked(store, _read)
    assert len(_asked(store, _read)) == 2  # Rome and eve, who are not there


def test_what_was_written_is_not_read_again(store: SQLiteStore) -> None:
    """Changed rows, new ones and new ends of chains are at hand as they were written."""
    _asked(store, _read)
    with writing(store) as tx:
        _change(tx)
        insert(tx, CITY, CityRow("Rome", None, 3, None))
    expected: list[object] = [BERN._replace(size=2), BERN._replace(size=2), CityRow("Rome", None, 3, None)]
    expected += [None, ADA._replace(name="eve"), AGAIN, 2, ADA._replace(name="eve"), ADA._replace(name="eve")]
    with writing(store) as tx:
        assert _read(tx) == expected
    assert len(_asked(store, _read)) == 1  # ada, who has another name now


@pytest.mark.parametrize("reading_first", [False, True])
def test_a_rollback_takes_back_what_is_remembered(store: SQLiteStore, *, reading_first: bool) -> None:
    """After a rollback every way of reading answers what the file holds."""
    trial = store.begin()
    before = _read(trial) if reading_first else None
    _change(trial)
    _read(trial)
    trial.rollback()
    with writing(store) as tx:
        after = _read(tx)
    assert after == [BERN, BERN, None, ADA, None, HELLO, 1, ADA, ADA]
    assert before in (None, after)


def test_a_removal_is_remembered_and_taken_back(store: SQLiteStore) -> None:
    """A removed row is gone for all ways of reading, and back after a rollback."""
    trial = store.begin()
    _read(trial)
    remove(trial, CITY, BERN)
    remove(trial, LETTER, HELLO)
    remove(trial, PERSON, ADA)
    assert _read(trial) == [None, None, None, None, None, None, 0, None, None]
    trial.rollback()
    with writing(store) as tx:
        assert _read(tx) == [BERN, BERN, None, ADA, None, HELLO, 1, ADA, ADA]


def test_what_another_connection_wrote_is_seen(store: SQLiteStore, path: Path) -> None:
    """Nothing is remembered across a commit of somebody else."""
    with writing(store) as tx:
        _read(tx)
    other = SQLiteStore(path)
    other.migrate(TOYS)
    with writing(other) as tx:
        _change(tx)
    other.close()
    with writing(store) as tx:
        assert _read(tx)[0] == BERN._replace(size=2)
        assert tx.find(PERSON, PERSON_BY_NAME, ("", "eve")) == ADA._replace(name="eve")
        assert tx.last(LETTER, (1, "in")) == AGAIN


def test_an_older_link_that_changes_is_not_taken_for_the_head(store: SQLiteStore) -> None:
    """A row in the middle of a chain may change; its last row stays the head, whether it was read before or not."""
    with writing(store) as tx:
        tx.append(LETTER, [AGAIN])
    store.remembered.clear()
    for text in ("first", "second"):
        with writing(store) as tx:
            update(tx, LETTER, HELLO._replace(text=text))
            assert tx.last(LETTER, (1, "in")) == AGAIN
    with writing(store) as tx:
        update(tx, LETTER, AGAIN._replace(text="third"))
        assert tx.last(LETTER, (1, "in")) == AGAIN._replace(text="third")


def test_a_key_that_sqlite_converts_is_remembered_as_it_is_kept(store: SQLiteStore) -> None:
    """A row asked for by a key of another type follows later changes like any other."""
    odd: Any = "1"
    with writing(store) as tx:
        assert tx.get(PERSON, (odd,)) == ADA
        update(tx, PERSON, ADA._replace(note="new"))
        assert tx.get(PERSON, (odd,)) == ADA._replace(note="new")


def test_values_of_a_partial_index_are_found_in_the_file(store: SQLiteStore) -> None:
    """A row is found by a value it was given a moment ago, and not by one it has lost."""
    with writing(store) as tx:
        assert tx.find(CITY, CITY_BY_CODE, ("BE",)) == BERN
        update(tx, CITY, BERN._replace(code="CH"))
        assert tx.find(CITY, CITY_BY_CODE, ("BE",)) is None
        assert tx.find(CITY, CITY_BY_CODE, ("CH",)) == BERN._replace(code="CH")


def test_no_more_than_a_bound_is_remembered(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are read and written, what is kept at hand is bounded, and answers stay right."""
    monkeypatch.setattr(sqlite_remembered, "MOST", 50)
    for number in range(30):
        with writing(store) as tx:
            insert(tx, CITY, *[CityRow(f"{number}.{n}", None, n, None) for n in range(5)])
            tx.append(LETTER, [LetterRow(2 + number, "in", 1, "x")])
            _read(tx)
        known = store.remembered.values()
        assert sum(len(one.rows) + len(one.heads) for one in known) <= 50
    with writing(store) as tx:
        assert tx.get(CITY, ("3.4",)) == CityRow("3.4", None, 4, None)


def test_a_refused_change_of_many_rows_leaves_nothing(store: SQLiteStore) -> None:
    """Removals, changes and new rows before the refused one are taken back, in the file and in memory alike."""
    rome, oslo = CityRow("Rome", "RM", 2, None), CityRow("Oslo", None, 3, None)
    with writing(store) as tx:
        insert(tx, CITY, rome, oslo)
    before: dict[Key, CityRow | None] = {
        ("Bern",): BERN,
        ("Oslo",): oslo,
        ("Kyiv",): None,
        ("Lima",): None,
        ("Nice",): None,
    }
    after: dict[Key, CityRow | None] = {
        ("Bern",): None,
        ("Oslo",): oslo._replace(size=9),
        ("Kyiv",): CityRow("Kyiv", None, 4, None),
        ("Lima",): CityRow("Lima", "RM", 5, None),
        ("Nice",): CityRow("Nice", None, 6, None),
    }
    with writing(store) as tx:
        for _ in range(2):
            with pytest.raises(StoreConflict):
                tx.replace(CITY, before, after)
            assert tx.scan(CITY) == [BERN, oslo, rome]
            assert tx.get_many(CITY, list(after)) == [BERN, oslo, None, None, None]
    with writing(store) as tx:
        assert tx.get_many(CITY, list(after)) == [BERN, oslo, None, None, None]


def test_a_refused_append_leaves_nothing(store: SQLiteStore) -> None:
    """The links before the refused one are taken back; the one that was there already stays."""
    with writing(store) as tx:
        with pytest.raises(StoreConflict):
            tx.append(LETTER, [AGAIN, HELLO._replace(text="twice")])
        assert tx.scan(LETTER) == [HELLO]
        assert tx.last(LETTER, (1, "in")) == HELLO


def test_a_change_that_was_interrupted_cannot_be_committed(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When rows are written and their counts are not, only a rollback is left, and then all is as before."""

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    runner = RunnerRow(1, 1, 5, "a", None, None)
    trial = store.begin()
    with monkeypatch.context() as patch:
        patch.setattr(store.blocks, "keep", fails, raising=False)
        with pytest.raises(KeyboardInterrupt):
            insert(trial, RUNNER, runner)
    with pytest.raises(StoreError, match="half-way"):
        trial.commit()
    trial.rollback()
    with writing(store) as tx:
        assert tx.get(RUNNER, (1, 1)) is None
        insert(tx, RUNNER, runner)


def test_a_table_changed_from_outside_by_name_is_read_anew(store: SQLiteStore, path: Path) -> None:
    """A person who edits the file with another tool is not overruled by what was remembered."""
    with writing(store) as tx:
        _read(tx)
    tool = sqlite3.connect(path)
    with tool:
        tool.execute("UPDATE gamify_toy_city SET size = 77")
    tool.close()
    with writing(store) as tx:
        assert tx.get(CITY, ("Bern",)) == BERN._replace(size=77)
