"""The file itself: how it is opened, refused, copied, read by people, and what becomes of errors in it."""

# ruff: noqa: SLF001 - to make a connection fail one has to reach it

from __future__ import annotations

import gc
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gamify_core import Catalog, Engine
from gamify_core.errors import (
    BadValue,
    CommitOutcomeUnknown,
    StoreBusy,
    StoreClosed,
    StoreConflict,
    StoreCorrupt,
    StoreError,
    StoreNewer,
)
from gamify_core.storage import sqlite_schema
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.storage.tables import TABLES
from gamify_core.testing.contract import insert, update, writing
from gamify_core.testing.toys import (
    CITY,
    LETTER,
    LEVEL,
    PERSON,
    PERSON_BY_NAME,
    TOYS,
    CityRow,
    LetterRow,
    PersonRow,
)

ADA = PersonRow(1, "", "ada", None, None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a file that is not there yet."""
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    """Give a store with the toy tables, closed afterwards."""
    made = SQLiteStore(path, timeout=5)
    made.migrate(TOYS)
    yield made
    made.close()


def _people(store: SQLiteStore) -> int:
    with store.view() as view:
        return view.count(PERSON)


# -- opening ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["", ":memory:", "a\0b", b"bytes.db"])
def test_what_is_no_path_is_refused(bad: Any) -> None:
    """A path that could not be shared by connections is refused before anything is made."""
    with pytest.raises(BadValue) as caught:
        SQLiteStore(bad)
    assert caught.value.field == "path"


def test_an_unknown_durability_is_refused(path: Path) -> None:
    """A misspelt durability does not quietly become the weaker one."""
    with pytest.raises(BadValue, match="'ful'"):
        SQLiteStore(path, durability="ful")  # type: ignore[arg-type]
    assert not path.exists()


@pytest.mark.parametrize(("durability", "number"), [("full", 2), ("normal", 1)])
def test_durability_is_what_was_asked_for(path: Path, durability: Any, number: int) -> None:
    """The writing connection syncs every commit under full durability and only checkpoints under normal."""
    store = SQLiteStore(path, durability=durability)
    assert store.connection.execute("PRAGMA synchronous").fetchone() == (number,)
    assert store.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_places_where_no_file_can_be_are_refused_by_name(tmp_path: Path) -> None:
    """A directory, or a folder that is not there, is a `StoreError` that names it and leaves nothing."""
    for place in (tmp_path, tmp_path / "missing" / "store.db"):
        with pytest.raises(StoreError, match=str(place)):
            SQLiteStore(place)
        with pytest.raises(StoreError, match=str(place)):
            SQLiteStore(place, read_only=True)
    assert list(tmp_path.parent.glob("*-lock")) == []


def test_a_file_that_is_no_database_is_corrupt(path: Path) -> None:
    """A file of something else is refused and keeps its content."""
    path.write_bytes(b"dear diary, " * 1000)
    with pytest.raises(StoreCorrupt) as caught:
        SQLiteStore(path)
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
    assert path.read_bytes().startswith(b"dear diary")


def test_a_damaged_file_is_corrupt_when_read(path: Path) -> None:
    """Pages that were overwritten are reported as damage, by a view and by the writer."""
    store = SQLiteStore(path)
    store.migrate(TOYS)
    with writing(store) as tx:
        insert(tx, LETTER, *[LetterRow(1, "in", n, "x" * 500) for n in range(1, 200)])
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 * 4 :] = b"\xa5" * len(content[4096 * 4 :])
    path.write_bytes(content)
    store = SQLiteStore(path)
    with store.view() as view, pytest.raises(StoreCorrupt):
        view.scan(LETTER)
    tx = store.begin()
    with pytest.raises(StoreCorrupt):
        insert(tx, LETTER, LetterRow(5, "out", 1, "x"))
    tx.rollback()
    store.close()


def test_an_empty_file_and_an_applications_own_database_are_fine(path: Path) -> None:
    """Our tables are added to an empty file, and beside an application's own, whose names stay its own."""
    path.touch()
    SQLiteStore(path).close()
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE Badges (mine)")
    theirs.execute("INSERT INTO Badges VALUES (1)")
    theirs.commit()
    theirs.close()
    store = SQLiteStore(path)
    store.migrate(TABLES)
    with store.view() as view:
        assert view.borrowed.execute("SELECT * FROM badges").fetchall() == [(1,)]
        assert view.borrowed.execute("SELECT COUNT(*) FROM balances").fetchall() == [(0,)]
    store.close()


def test_odd_characters_in_a_path(tmp_path: Path) -> None:
    """A path is a path, whatever it means in an address."""
    path = tmp_path / "what? is #1 & 100%.db"
    store = SQLiteStore(path)
    store.migrate(TOYS)
    store.close()
    assert path.stat().st_size > 0
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [path.name, f"{path.name}-lock"]


def test_a_relative_path_is_meant_from_where_it_was_given(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections opened after a change of directory still open the same file."""
    monkeypatch.chdir(path.parent)
    store = SQLiteStore(path.name)
    store.migrate(TOYS)
    monkeypatch.chdir("/")
    with store.view() as one, store.view() as two:
        assert one.count(PERSON) == two.count(PERSON) == 0
    store.close()


# -- schema ----------------------------------------------------------------------------------------------


def test_a_newer_schema_is_refused(store: SQLiteStore, path: Path) -> None:
    """A file of a later version is refused with both numbers, and stays as it is."""
    with sqlite3.connect(path) as theirs:
        theirs.execute("INSERT INTO gamify_schema (number) VALUES (?)", (sqlite_schema.NUMBER + 1,))
    theirs.close()
    with pytest.raises(StoreNewer) as caught:
        store.migrate([*TOYS, *TABLES])
    assert (caught.value.found, caught.value.known) == (sqlite_schema.NUMBER + 1, sqlite_schema.NUMBER)
    with store.view() as view, pytest.raises(StoreError):
        view.scan(TABLES[0])


def test_an_older_schema_takes_the_steps_between(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step from the file's number on is taken once and recorded with its date."""
    with writing(store) as tx:
        insert(tx, CITY, CityRow("Oslo", None, 1, None))
    taken = []

    def step(database: Any) -> None:
        taken.append(1)
        database.execute("UPDATE gamify_toy_city SET size = size + 1")

    monkeypatch.setattr(sqlite_schema, "NUMBER", 2)
    monkeypatch.setattr(sqlite_schema, "STEPS", {2: step})
    store.migrate(TOYS)
    store.migrate(TOYS)
    with store.view() as view:
        assert taken == [1]
        assert view.scan(CITY)[0].size == 2
        numbers = view.borrowed.execute("SELECT number, applied_at FROM gamify_schema").fetchall()
    assert [number for number, _ in numbers] == [1, 2]
    assert all(applied.endswith("Z") for _, applied in numbers)


def test_a_failing_migration_leaves_the_file_as_it_was(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of SQL in a step is a `StoreError`, and nothing of the migration stays."""
    monkeypatch.setattr(sqlite_schema, "NUMBER", 2)
    monkeypatch.setattr(sqlite_schema, "STEPS", {2: lambda database: database.execute("DROP TABLE nowhere")})
    with pytest.raises(StoreError, match="nowhere"):
        store.migrate([*TOYS, *TABLES])
    with store.view() as view:
        names = {name for (name,) in view.borrowed.execute("SELECT name FROM sqlite_schema")}
    assert "gamify_entry" not in names


def test_tables_are_strict_and_linked(path: Path) -> None:
    """Every table of the engine is STRICT, and columns that point to people say so to tools that ask."""
    store = SQLiteStore(path)
    store.migrate(TABLES)
    with store.view() as view:
        ours = view.borrowed.execute(
            "SELECT name, strict FROM pragma_table_list WHERE name LIKE 'gamify%'"
        ).fetchall()
        links = view.borrowed.execute(
            'SELECT "from", "table", "to" FROM pragma_foreign_key_list(\'gamify_entry\')'
        )
        assert set(links.fetchall()) == {
            ("participant", "gamify_participant", "number"),
            ("peer", "gamify_participant", "number"),
            ("activity", "gamify_activity", "seq"),
        }
        assert view.borrowed.execute("PRAGMA foreign_key_check").fetchall() == []
    assert {name for name, strict in ours if strict} >= {f"gamify_{table.name}" for table in TABLES}
    store.close()


def test_every_range_is_read_along_its_order(path: Path) -> None:
    """No table of the engine sorts or searches row by row to answer a range in one of its orders."""
    store = SQLiteStore(path)
    store.migrate(TABLES)
    with store.view() as view:
        for table in TABLES:
            for order in store._layout[table].orders.values():
                for width in range(len(order.columns)):
                    text = order.scan(width, 1, len(order.columns) - width, reverse=bool(width % 2))
                    marks = ["x"] * text.count("?")
                    plan = [row[3] for row in view.borrowed.execute(f"EXPLAIN QUERY PLAN {text}", marks)]
                    assert len(plan) == 1, (text, plan)
                    assert plan[0].startswith("SEARCH "), (text, plan)
    store.close()


def test_many_rows_are_looked_up_by_their_keys(path: Path) -> None:
    """One statement for many keys searches the table for each; it never walks through the table."""
    store = SQLiteStore(path)
    store.migrate(TABLES)
    with store.view() as view:
        for table in TABLES:
            text = store._layout[table].many(4)
            marks = ["x"] * text.count("?")
            plan = [row[3] for row in view.borrowed.execute(f"EXPLAIN QUERY PLAN {text}", marks)]
            assert any(step.startswith(f"SEARCH gamify_{table.name} ") for step in plan), (text, plan)
            assert not any(step.startswith("SCAN gamify_") for step in plan), (text, plan)
    store.close()


# -- reading only, copies --------------------------------------------------------------------------------


def test_a_read_only_store_reads_and_refuses_to_write(store: SQLiteStore, path: Path) -> None:
    """It sees what others commit, refuses a transaction, and its connection does not write either."""
    reading = SQLiteStore(path, read_only=True)
    with writing(store) as tx:
        insert(tx, PERSON, ADA)
    assert _people(reading) == 1
    reading.migrate(TOYS)
    with pytest.raises(StoreError, match="reading only"):
        reading.begin()
    with reading.view() as view, pytest.raises(sqlite3.OperationalError, match="readonly"):
        view.borrowed.execute("DELETE FROM gamify_toy_person")
    reading.close()
    reading.close()
    with pytest.raises(StoreClosed):
        reading.view()


def test_a_read_only_store_makes_no_file(path: Path) -> None:
    """Opening for reading what is not there is refused, and it is still not there."""
    with pytest.raises(StoreError):
        SQLiteStore(path, read_only=True)
    assert list(path.parent.iterdir()) == []


def test_a_backup_is_the_store_of_one_moment(store: SQLiteStore, path: Path) -> None:
    """A copy taken while a transaction is open holds what was committed, and is a store by itself."""
    with writing(store) as tx:
        insert(tx, PERSON, ADA)
    tx = store.begin()
    insert(tx, PERSON, ADA._replace(number=2, name="bob"))
    target = path.with_name("copy.db")
    store.backup(target)
    tx.commit()
    copy = SQLiteStore(target)
    copy.migrate(TOYS)
    assert (_people(copy), _people(store)) == (1, 2)
    copy.close()
    with pytest.raises(StoreError, match="overwrite"):
        store.backup(target)
    with pytest.raises(StoreError, match="nowhere"):
        store.backup(path.parent / "nowhere" / "copy.db")


# -- errors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [2**63, "text", 1.5, object()])
def test_a_value_that_cannot_be_kept_is_a_store_error(store: SQLiteStore, bad: Any) -> None:
    """A number beyond 64 bits or a wrong type is no conflict, and has the driver's error as its cause."""
    tx = store.begin()
    with pytest.raises(StoreError) as caught:
        insert(tx, CITY, CityRow("Bern", None, 1, None), CityRow("Rome", None, bad, None))
    assert not isinstance(caught.value, StoreConflict)
    assert caught.value.__cause__ is not None
    assert tx.count(CITY) == 0
    tx.rollback()


@pytest.mark.parametrize("bad", ["\ud800", 2**63, object()])
def test_a_value_that_cannot_be_asked_for_is_a_store_error(store: SQLiteStore, bad: Any) -> None:
    """No reader lets an error of the driver through."""
    with store.view() as view:
        for ask in (
            lambda: view.get(CITY, (bad,)),
            lambda: view.get_many(CITY, [(bad,)]),
            lambda: view.find(PERSON, PERSON_BY_NAME, ("", bad)),
            lambda: view.last(LETTER, (1, bad)),
            lambda: view.scan(LETTER, None, (1, bad)),
            lambda: view.count(LETTER, None, (1, bad, 1)),
        ):
            with pytest.raises(StoreError):
                ask()


def test_a_row_without_its_table_of_counts(store: SQLiteStore) -> None:
    """Reading a counted order whose counts are gone is a `StoreError` in each of the ways of reading."""
    tx = store.begin()
    store.connection.execute("DROP TABLE gamify_toy_level_blocks")
    for ask in (
        lambda: tx.position(LEVEL, None, (1,), (1,)),
        lambda: tx.verify_counts(LEVEL),
        lambda: tx.count(LEVEL, None, (1,)),
        lambda: tx.scan(LEVEL, None, (1,), offset=9999),
    ):
        with pytest.raises(StoreError, match="no such table"):
            ask()
    tx.rollback()


def _failing(connection: sqlite3.Connection, word: str, error: BaseException, *, after: bool) -> Any:
    return _Failing(connection, word, error, after=after)


class _Failing:
    """A connection on which one statement fails."""

    def __init__(
        self, connection: sqlite3.Connection, word: str, error: BaseException, *, after: bool
    ) -> None:
        self._connection = connection
        self._word = word
        self._error = error
        self._after = after

    def execute(self, text: str, *rest: Any) -> Any:
        if text != self._word:
            return self._connection.execute(text, *rest)
        if self._after:
            self._connection.execute(text, *rest)
        raise self._error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.mark.parametrize("after", [False, True])
def test_an_error_of_the_commit_itself_is_of_unknown_outcome(store: SQLiteStore, *, after: bool) -> None:
    """When COMMIT fails nobody knows what stayed; the next writer gets a new connection."""
    tx = store.begin()
    insert(tx, PERSON, ADA)
    tx._connection = _failing(
        store.connection, "COMMIT", sqlite3.OperationalError("disk I/O error"), after=after
    )
    with pytest.raises(CommitOutcomeUnknown, match="disk I/O") as caught:
        tx.commit()
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    tx.rollback()
    assert _people(store) == (1 if after else 0)
    with writing(store) as next_one:
        insert(next_one, CITY, CityRow("Oslo", None, 1, None))
    assert _people(store) == (1 if after else 0)


@pytest.mark.parametrize("after", [False, True])
def test_an_interrupt_at_the_commit_leaves_no_transaction_open(store: SQLiteStore, *, after: bool) -> None:
    """Ctrl-C right before or after COMMIT, then a rollback: nothing is half there, the next one gets in."""
    tx = store.begin()
    insert(tx, PERSON, ADA)
    tx._connection = _failing(store.connection, "COMMIT", KeyboardInterrupt(), after=after)
    with pytest.raises(KeyboardInterrupt):
        tx.commit()
    tx.rollback()
    assert _people(store) == (1 if after else 0)
    store.begin().rollback()


def test_a_rollback_that_fails_gives_the_connection_up(store: SQLiteStore) -> None:
    """A rollback never raises; what SQLite could not take back goes with the connection."""
    tx = store.begin()
    insert(tx, PERSON, ADA)
    tx._connection = _failing(store.connection, "ROLLBACK", sqlite3.OperationalError("no"), after=False)
    tx.rollback()
    assert _people(store) == 0
    store.begin().rollback()


def test_an_interrupt_at_the_begin_lets_the_next_one_in(store: SQLiteStore) -> None:
    """Ctrl-C while a transaction is being opened leaves neither the lock nor the transaction behind."""
    real = store.connection
    store.connection = _failing(real, "BEGIN IMMEDIATE", KeyboardInterrupt(), after=True)
    with pytest.raises(KeyboardInterrupt):
        store.begin()
    store.connection = real
    with writing(store) as tx:
        insert(tx, PERSON, ADA)


def test_an_error_at_the_begin_is_a_store_error(store: SQLiteStore) -> None:
    """What is no waiting matter is told at once, and the next writer gets in."""
    real = store.connection
    store.connection = _failing(real, "BEGIN IMMEDIATE", sqlite3.OperationalError("no"), after=False)
    with pytest.raises(StoreError, match="no"):
        store.begin()
    store.connection = real
    store.begin().rollback()


def test_a_view_that_cannot_begin_gives_its_connection_back(store: SQLiteStore) -> None:
    """An error or an interrupt on entering leaves the view closed and no connection lost."""
    errors: list[BaseException] = [sqlite3.OperationalError("no"), KeyboardInterrupt()]
    for error, expected in zip(errors, (StoreError, KeyboardInterrupt), strict=True):
        real = store._connect_to_read()
        store._drain()
        real.hand = _failing(real, "BEGIN", error, after=False)
        store._readers.append(real)
        with pytest.raises(expected):
            store.view().__enter__()
        assert store._views == {}
        store._drain()
    assert _people(store) == 0


def test_a_view_is_entered_once_at_a_time(store: SQLiteStore) -> None:
    """Entering a view twice is refused and leaves it open; afterwards it may be entered anew."""
    view = store.view()
    with view:
        with pytest.raises(StoreError, match="open already"):
            view.__enter__()
        assert view.count(PERSON) == 0
    with view:
        assert view.count(PERSON) == 0


# -- closing ---------------------------------------------------------------------------------------------


def test_closing_rolls_this_threads_transaction_back(path: Path) -> None:
    """A store closed in the middle of its own transaction keeps nothing of it and leaves no lock."""
    store = SQLiteStore(path)
    store.migrate(TOYS)
    insert(store.begin(), PERSON, ADA)
    store.close()
    again = SQLiteStore(path, timeout=1)
    again.migrate(TOYS)
    assert _people(again) == 0
    again.close()


def test_closing_beside_an_open_view_closes_its_connection_in_the_end(path: Path) -> None:
    """A view that is open goes on to answer; its connection is closed when it is let go."""
    store = SQLiteStore(path)
    store.migrate(TOYS)
    with store.view() as view:
        store.close()
        assert view.count(PERSON) == 0
        connection = view.borrowed
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_nothing_is_left_open(path: Path) -> None:
    """After many threads used a store and it was closed, no file of it is open in this process."""
    store = SQLiteStore(path)
    store.migrate(TOYS)
    with_views = [threading.Thread(target=_people, args=(store,)) for _ in range(20)]
    for thread in with_views:
        thread.start()
    for thread in with_views:
        thread.join()
    views = [store.view() for _ in range(20)]
    for view in views:
        view.__enter__()
    for view in views:
        view.__exit__(None, None, None)
    store.close()
    gc.collect()
    fds = Path("/proc/self/fd")
    if fds.exists():
        held = [str(fd.readlink()) for fd in fds.iterdir() if fd.is_symlink()]
        assert [name for name in held if name.startswith(str(path))] == []


# -- waiting ---------------------------------------------------------------------------------------------


def test_a_writer_waits_no_longer_than_its_timeout(path: Path) -> None:
    """Behind a thread, another store, or a stranger's lock: the wait ends, and says how long it was."""
    one, two = SQLiteStore(path, timeout=0.1), SQLiteStore(path, timeout=0.1)
    stranger = sqlite3.connect(path, isolation_level=None)
    tx = one.begin()
    for waiting in (one, two):
        with pytest.raises(StoreBusy) as caught:
            waiting.begin()
        assert 0.1 <= caught.value.waited < 5
    tx.rollback()
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy) as caught:
        one.begin()
    assert 0.1 <= caught.value.waited < 5
    stranger.execute("ROLLBACK")
    two.begin().rollback()
    one.begin().rollback()
    for closing in (stranger, one, two):
        closing.close()


def test_threads_take_turns(store: SQLiteStore) -> None:
    """A thread that writes without a pause does not keep another from writing."""
    turns: list[str] = []
    over = threading.Event()

    def write(name: str) -> None:
        while not over.is_set():
            tx = store.begin()
            turns.append(name)
            tx.rollback()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    over.set()
    for thread in threads:
        thread.join()
    middle = turns[len(turns) // 4 : -len(turns) // 4]
    counts = [middle.count(name) for name in "abc"]
    assert min(counts) > max(counts) / 2, counts


def test_updates_touch_only_what_moved(store: SQLiteStore) -> None:
    """A change outside of every index writes to no index, and a row put back unchanged stays itself."""
    with writing(store) as tx:
        insert(tx, PERSON, ADA)
    seen: list[str] = []
    store.connection.set_trace_callback(seen.append)
    with writing(store) as tx:
        update(tx, PERSON, ADA._replace(note="hello"))
    store.connection.set_trace_callback(None)
    (text,) = [text for text in seen if text.startswith("UPDATE")]
    assert "name" not in text
    assert "nick" not in text
    with store.view() as view:
        assert view.get(PERSON, (1,)) == ADA._replace(note="hello")


def test_a_folder_that_is_not_there_is_called_so(tmp_path: Path) -> None:
    """The path that was given is named, and no file of ours beside it."""
    path = tmp_path / "no" / "game.db"
    with pytest.raises(StoreError) as told:
        SQLiteStore(path)
    assert str(told.value) == f"{path}: there is no such folder"


def test_a_file_that_is_removed_while_open_takes_no_more_writes(path: Path) -> None:
    """What SQLite would write to a file that nobody finds any more would be lost; what was there is still read."""
    with Engine(Catalog(), path) as game:
        game.points.award("ada", 5)
        path.unlink()
        with pytest.raises(StoreError, match="was removed while the store was open"):
            game.points.award("ada", 5)
        assert game.points.balance("ada").balance == 5
        assert not path.exists()
        report = game.history.verify()
        assert [(each.code, each.where) for each in report.mismatches] == [
            ("file.damaged", f"{path}: the file was removed while it was open")
        ]


def test_a_file_that_is_replaced_while_open_takes_no_more_writes(path: Path) -> None:
    """Neither the old one nor the new one: the application has to say, by opening it, that it means the new one."""
    with Engine(Catalog(), path) as game:
        game.points.award("ada", 5)
        game.backup(path.with_name("copy.db"))
        game.points.award("ada", 1)
        path.with_name("copy.db").replace(path)
        with pytest.raises(StoreError, match="was replaced by another while the store was open"):
            game.points.award("ada", 1)
    with Engine(Catalog(), path) as game:
        assert game.points.balance("ada").balance in {5, 6}  # of a log that lies beside it SQLite cannot tell


@pytest.mark.parametrize("more", [1, 512, 4095])
def test_a_file_that_is_no_whole_number_of_pages_is_reported(path: Path, more: int) -> None:
    """SQLite passes over what is behind the last whole page: an audit says so."""
    Engine(Catalog(), path).close()
    with path.open("ab") as file:
        file.write(bytes(more))
    with Engine(Catalog(), path) as game:
        (found,) = game.history.verify().mismatches
        assert found.code == "file.damaged"
        assert "not a whole number of pages" in found.where
