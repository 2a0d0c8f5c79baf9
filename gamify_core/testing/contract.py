"""The contract every store must pass: each written guarantee of `storage.protocol`, under its number.

Subclass it and say how a store is made::

    class TestMyStore(StoreContract):
        def make_store(self, tmp_path):
            return MyStore(tmp_path / "rows")

`make_store` is called once a test, with a fresh directory. The machine in `gamify_core.testing.machine` holds
the same store against the model with random operations; the two together are what "it is a store" means.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from gamify_core.errors import StoreClosed, StoreConflict, StoreError
from gamify_core.storage.protocol import Index, Key, Reader, Store, Table, Transaction
from gamify_core.testing.toys import (
    CITY,
    CITY_BY_CODE,
    CITY_BY_SIZE,
    LETTER,
    LEVEL,
    PERSON,
    PERSON_BY_NAME,
    PERSON_BY_NICK,
    RUNNER,
    RUNNER_BY_DAY,
    RUNNER_BY_RANK,
    TOYS,
    CityRow,
    LetterRow,
    LevelRow,
    PersonRow,
    RunnerRow,
    order_of,
    range_of,
)

__all__ = ["StoreContract", "insert", "remove", "update", "writing"]

Row = TypeVar("Row", bound=tuple[Any, ...])

Range = tuple[Key, Key | None, Key | None]

MOST = 2**63 - 1
LEAST = -(2**63)
ADA = PersonRow(1, "", "ada", b"\x01", None)
BOB = PersonRow(2, "", "bob", None, "seen once")
CAY = PersonRow(3, "guild", "ada", None, None)
OSLO = CityRow("Oslo", "OSL", 7, b"")
ROME = CityRow("Rome", None, 7, None)
LETTERS = [
    LetterRow(1, "in", 1, "one"),
    LetterRow(1, "in", 2, "two"),
    LetterRow(1, "in", 3, "three"),
    LetterRow(1, "out", 1, "four"),
    LetterRow(2, "in", 1, "five"),
]
RUNNERS = [
    RunnerRow(1, 1, -30, "ann", 5, None),
    RunnerRow(2, 1, -30, "bea", 4, "late"),
    RunnerRow(3, 1, -20, "cal", None, None),
    RunnerRow(4, 1, None, None, 5, None),
    RunnerRow(5, 1, -90, "dan", 5, None),
    RunnerRow(1, 2, -10, "ann", 1, None),
    RunnerRow(2, 2, -10, "ann", 2, None),
    RunnerRow(6, 1, 0, "", 5, None),
]
LEVELS = [
    LevelRow(1, -30, 2),
    LevelRow(1, -20, 1),
    LevelRow(1, 0, 4),
    LevelRow(2, LEAST, 1),
    LevelRow(2, MOST, 1),
]
RANGES: list[Range] = [
    ((), None, None),
    ((1,), None, None),
    ((2,), None, None),
    ((9,), None, None),
    ((1,), (-30,), None),
    ((1,), None, (-30,)),
    ((1,), (-30,), (0,)),
    ((1,), (-25,), (-20,)),
    ((1,), (0,), (-30,)),
]
LONG_RANGES: list[Range] = [
    ((1, -30), None, None),
    ((1, -30), ("bea",), None),
    ((1,), (-30, "bea"), None),
    ((1,), None, (-30, "bea")),
    ((1,), (-30, "ann"), (-20, "cal")),
    ((1, -30, "ann"), None, None),
]
LETTER_RANGES: list[Range] = [
    ((), None, None),
    ((1,), None, None),
    ((1, "in"), None, None),
    ((9, "in"), None, None),
    ((), (1, "in", 2), (2,)),
    ((1,), ("in", 2), ("out", 1)),
    ((1,), ("out",), None),
    ((1, "in"), (2,), None),
    ((1, "in"), (-1,), (3,)),
    ((1, "in"), (3,), (2,)),
    ((1, "in"), (7,), None),
    ((1, "in", 2), None, None),
]
CUTS = [
    (False, 0, None),
    (True, 0, None),
    (False, 1, 2),
    (True, 1, 2),
    (False, 0, 0),
    (False, 99, 1),
    (True, 2, None),
]


@contextmanager
def writing(store: Store) -> Iterator[Transaction]:
    """Hold a write transaction that is committed at the end, or rolled back when an error passes."""
    transaction = store.begin(["toys"])
    try:
        yield transaction
    except BaseException:
        transaction.rollback()
        raise
    transaction.commit()


def insert(transaction: Transaction, table: Table[Row], *rows: Row) -> None:
    """Insert rows in one `replace`."""
    after: Mapping[Key, Row | None] = {row[: table.key]: row for row in rows}
    transaction.replace(table, dict.fromkeys(after), after)


def update(transaction: Transaction, table: Table[Row], *rows: Row) -> None:
    """Replace rows that are there, in one `replace`."""
    after = {row[: table.key]: row for row in rows}
    before: dict[Key, Row | None] = {}
    for key in after:
        before[key] = transaction.get(table, key)
        assert before[key] is not None
    transaction.replace(table, before, after)


def remove(transaction: Transaction, table: Table[Row], *rows: Row) -> None:
    """Remove rows in one `replace`."""
    before = {row[: table.key]: row for row in rows}
    transaction.replace(table, before, dict.fromkeys(before))


def _fill(store: Store) -> None:
    with writing(store) as tx:
        insert(tx, PERSON, ADA, BOB, CAY)
        insert(tx, CITY, OSLO, ROME)
        insert(tx, LETTER, *LETTERS)
        insert(tx, RUNNER, *RUNNERS)
        insert(tx, LEVEL, *LEVELS)


def _everything(reader: Reader) -> dict[str, list[object]]:
    """Read all rows along every order there is."""
    orders: list[tuple[Table[Any], Index | None]] = [(table, None) for table in TOYS]
    orders += [(table, index) for table in TOYS for index in table.indexes]
    return {f"{table.name} {index}": list(reader.scan(table, index)) for table, index in orders}


def _same(
    reader: Reader, table: Table[Row], index: Index | None, rows: list[Row], ranges: list[Range]
) -> None:
    """Hold every range, cut and count of an order against the plainest reading of the rows."""
    for prefix, start, stop in ranges:
        for reverse, offset, limit in CUTS:
            found = reader.scan(
                table, index, prefix, start=start, stop=stop, reverse=reverse, offset=offset, limit=limit
            )
            assert found == range_of(
                table,
                index,
                rows,
                prefix,
                start=start,
                stop=stop,
                reverse=reverse,
                offset=offset,
                limit=limit,
            ), (prefix, start, stop, reverse, offset, limit)
        assert reader.count(table, index, prefix) == len(range_of(table, index, rows, prefix))


class StoreContract:
    """The promises of a store, each a test named after the guarantee it belongs to."""

    def make_store(self, tmp_path: Path) -> Store:
        """Return a new, empty store; `tmp_path` is a directory of its own."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """Give a store with the toy tables, closed afterwards."""
        store = self.make_store(tmp_path)
        store.migrate(TOYS)
        yield store
        store.close()

    # -- 1: whole or not at all -----------------------------------------------------------------------

    def test_1_a_commit_keeps_everything(self, store: Store) -> None:
        """What a transaction wrote, to whichever table, a later view reads, under its own row type."""
        _fill(store)
        with store.view() as view:
            assert view.get(PERSON, (2,)) == BOB
            assert view.get(CITY, ("Oslo",)) == OSLO
            assert view.get(LETTER, (1, "in", 2)) == LETTERS[1]
            assert view.get(RUNNER, (4, 1)) == RUNNERS[3]
            assert view.get(LEVEL, (2, LEAST)) == LEVELS[3]
            for table in TOYS:
                assert {type(row) for row in view.scan(table)} == {table.row}

    def test_1_a_rollback_leaves_nothing(self, store: Store) -> None:
        """Inserts, changes and removals are all taken back, along every order, also ones read in between."""
        _fill(store)
        with store.view() as view:
            before = _everything(view)
        tx = store.begin(["toys"])
        insert(
            tx, LETTER, LetterRow(1, "in", 4, "x"), LetterRow(1, "in", 5, "y"), LetterRow(8, "new", 1, "z")
        )
        insert(tx, PERSON, PersonRow(4, "", "dee", b"n", None))
        update(tx, PERSON, ADA._replace(name="eve", nick=None), BOB._replace(nick=b"\x01"))
        update(tx, RUNNER, RUNNERS[0]._replace(down=7), RUNNERS[3]._replace(down=-50, tie="x"))
        assert _everything(tx) != before
        update(tx, RUNNER, RUNNERS[0]._replace(down=8), RUNNERS[1]._replace(down=None, tie=None))
        remove(tx, RUNNER, RUNNERS[4])
        remove(tx, CITY, OSLO, ROME)
        insert(tx, CITY, CityRow("Bern", "OSL", 1, None))
        remove(tx, LETTER, LetterRow(1, "in", 5, "y"))
        remove(tx, LEVEL, LEVELS[0])
        insert(tx, LEVEL, LevelRow(3, 1, 1))
        tx.rollback()
        with store.view() as view:
            assert _everything(view) == before
            assert view.find(PERSON, PERSON_BY_NAME, ("", "ada")) == ADA
            assert view.find(PERSON, PERSON_BY_NAME, ("", "eve")) is None
            assert view.find(CITY, CITY_BY_CODE, ("OSL",)) == OSLO
            assert view.last(LETTER, (1, "in")) == LETTERS[2]
            assert view.last(LETTER, (8, "new")) is None
            assert view.count(RUNNER, RUNNER_BY_RANK, (1,)) == 5  # noqa: PLR2004 - as counted in RUNNERS
            assert view.position(RUNNER, RUNNER_BY_RANK, (1,), (-30,)) == 1

    def test_1_what_was_rolled_back_can_be_written_again(self, store: Store) -> None:
        """A rollback gives unique values and chain numbers free."""
        tx = store.begin(["toys"])
        insert(tx, PERSON, ADA)
        tx.rollback()
        with writing(store) as tx:
            insert(tx, PERSON, ADA._replace(note="second try"))
        with store.view() as view:
            assert view.scan(PERSON) == [ADA._replace(note="second try")]

    def test_1_ending_twice_is_harmless(self, store: Store) -> None:
        """A rollback never raises, even after the end, and takes back nothing of what was committed."""
        tx = store.begin(["toys"])
        insert(tx, PERSON, ADA)
        tx.commit()
        tx.rollback()
        empty = store.begin()
        empty.rollback()
        empty.rollback()
        with store.view() as view:
            assert view.get(PERSON, (1,)) == ADA

    @pytest.mark.parametrize("end", ["commit", "rollback"])
    def test_1_an_ended_transaction_refuses(self, store: Store, end: str) -> None:
        """A transaction that has ended neither reads nor writes nor commits: nothing slips out beside it."""
        tx = store.begin(["toys"])
        getattr(tx, end)()
        with pytest.raises(StoreError):
            insert(tx, PERSON, ADA)
        with pytest.raises(StoreError):
            tx.get(PERSON, (1,))
        with pytest.raises(StoreError):
            tx.commit()
        with store.view() as view:
            assert view.count(PERSON) == 0

    # -- 2: no lost update ----------------------------------------------------------------------------

    def test_2_no_update_is_lost(self, store: Store) -> None:
        """Threads that read, add one and write under the same lock name add up exactly."""
        threads, rounds = 4, 10
        with writing(store) as tx:
            insert(tx, LEVEL, LevelRow(1, 0, 0))

        def work() -> None:
            for _ in range(rounds):
                with writing(store) as tx:
                    row = tx.get(LEVEL, (1, 0))
                    assert row is not None
                    update(tx, LEVEL, row._replace(holders=row.holders + 1))

        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(work) for _ in range(threads)]:
                done.result()
        with store.view() as view:
            assert view.get(LEVEL, (1, 0)) == LevelRow(1, 0, threads * rounds)

    def test_2_threads_number_a_chain_densely(self, store: Store) -> None:
        """Threads that each append after the head they read never give a number twice nor leave one out."""
        threads, rounds = 4, 10

        def work(worker: int) -> None:
            for turn in range(rounds):
                with writing(store) as tx:
                    head = tx.last(PERSON)
                    number = head.number + 1 if head else 1
                    insert(tx, PERSON, PersonRow(number, str(worker), str(turn), None, None))

        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(work, worker) for worker in range(threads)]:
                done.result()
        with store.view() as view:
            assert [row.number for row in view.scan(PERSON)] == list(range(1, threads * rounds + 1))

    # -- 3: own writes are seen -----------------------------------------------------------------------

    def test_3_own_writes_are_seen_by_every_reader(self, store: Store) -> None:
        """Each reading method answers with the new rows before the commit."""
        _fill(store)
        with writing(store) as tx:
            _everything(tx)  # orders that were read before are not allowed to go stale
            dee = PersonRow(4, "", "dee", b"dd", None)
            insert(tx, LETTER, LetterRow(2, "in", 2, "six"))
            insert(tx, PERSON, dee)
            update(tx, RUNNER, RUNNERS[2]._replace(down=-95))
            assert tx.last(LETTER, (2, "in")) == LetterRow(2, "in", 2, "six")
            assert tx.count(LETTER, None, (2, "in")) == 2  # noqa: PLR2004 - one was there, one was added
            assert tx.get(LETTER, (2, "in", 2)) == LetterRow(2, "in", 2, "six")
            assert tx.get_many(PERSON, [(4,), (9,), (4,)]) == [dee, None, dee]
            assert tx.find(PERSON, PERSON_BY_NICK, (b"dd",)) == dee
            assert tx.scan(RUNNER, RUNNER_BY_RANK, (1,), limit=1) == [RUNNERS[2]._replace(down=-95)]
            assert tx.position(RUNNER, RUNNER_BY_RANK, (1,), (-90,)) == 1
            remove(tx, RUNNER, RUNNERS[2]._replace(down=-95))
            assert tx.position(RUNNER, RUNNER_BY_RANK, (1,), (-90,)) == 0
            assert tx.get(RUNNER, (3, 1)) is None
            assert tx.count(RUNNER, RUNNER_BY_RANK, (1,)) == 4  # noqa: PLR2004 - five less the removed one

    def test_3_rows_that_enter_and_leave_a_partial_order_are_seen(self, store: Store) -> None:
        """A row whose `present` column becomes None leaves the order, and comes back with a value."""
        with writing(store) as tx:
            insert(tx, RUNNER, RUNNERS[0])
            assert tx.count(RUNNER, RUNNER_BY_RANK, (1,)) == 1
            update(tx, RUNNER, RUNNERS[0]._replace(down=None, tie=None))
            assert tx.scan(RUNNER, RUNNER_BY_RANK, (1,)) == []
            assert tx.count(RUNNER, RUNNER_BY_RANK, (1,)) == 0
            update(tx, RUNNER, RUNNERS[0]._replace(down=3))
            assert tx.scan(RUNNER, RUNNER_BY_RANK) == [RUNNERS[0]._replace(down=3)]

    def test_3_the_last_of_a_chain_can_be_taken_off_and_put_back(self, store: Store) -> None:
        """Rows a transaction appended can be removed by it, newest first, and the numbers are given again."""
        one, two, three = LETTERS[:3]
        with writing(store) as tx:
            insert(tx, LETTER, one)
        with writing(store) as tx:
            insert(tx, LETTER, two, three)
            remove(tx, LETTER, three, two)
            assert tx.last(LETTER, (1, "in")) == one
            insert(tx, LETTER, two._replace(text="again"))
            update(tx, LETTER, one._replace(text="in place"))
        with store.view() as view:
            assert view.scan(LETTER) == [one._replace(text="in place"), two._replace(text="again")]
            assert view.count(LETTER, None, (1, "in")) == 2  # noqa: PLR2004 - the two above

    def test_3_an_emptied_chain_is_no_chain(self, store: Store) -> None:
        """When the only link is taken off again, nothing is left of the chain."""
        with writing(store) as tx:
            insert(tx, LETTER, LETTERS[0])
            remove(tx, LETTER, LETTERS[0])
            assert tx.last(LETTER, (1, "in")) is None
            assert tx.count(LETTER, None, (1, "in")) == 0
            assert tx.scan(LETTER, None, (1, "in")) == []
            assert tx.scan(LETTER) == []

    # -- 4: a repeated unique fact is refused ---------------------------------------------------------

    @pytest.mark.parametrize(
        ("table", "rows"),
        [
            (PERSON, [PersonRow(4, "x", "new", None, None), PersonRow(5, "", "ada", None, None)]),
            (PERSON, [PersonRow(4, "x", "new", None, None), PersonRow(5, "x", "y", b"\x01", None)]),
            (PERSON, [PersonRow(4, "x", "y", None, None), PersonRow(5, "x", "y", None, None)]),
            (CITY, [CityRow("Bern", None, 1, None), CityRow("Oslo", None, 1, None)]),
            (CITY, [CityRow("Bern", None, 1, None), CityRow("Bonn", "OSL", 1, None)]),
            (LETTER, [LetterRow(3, "in", 1, "new"), LetterRow(1, "in", 3, "again")]),
        ],
        ids=["unique", "partial unique", "within one call", "key", "keyed table", "chain number"],
    )
    def test_4_a_repeated_fact_is_refused_and_leaves_nothing(
        self, store: Store, table: Table[Any], rows: list[tuple[Any, ...]]
    ) -> None:
        """The whole `replace` is refused, with the good row before the bad one; the transaction goes on."""
        _fill(store)
        tx = store.begin(["toys"])
        insert(tx, LEVEL, LevelRow(7, 7, 7))
        before = _everything(tx)
        with pytest.raises(StoreConflict):
            insert(tx, table, *rows)
        assert _everything(tx) == before
        insert(tx, LEVEL, LevelRow(7, 8, 8))
        tx.commit()
        with store.view() as view:
            assert view.scan(LEVEL, None, (7,)) == [LevelRow(7, 7, 7), LevelRow(7, 8, 8)]
            assert view.find(PERSON, PERSON_BY_NAME, ("", "ada")) == ADA
            assert view.find(PERSON, PERSON_BY_NAME, ("x", "new")) is None

    def test_4_a_change_into_a_taken_value_is_refused(self, store: Store) -> None:
        """Updates are held to unique indexes as inserts are, and a refused one moves nothing."""
        _fill(store)
        with writing(store) as tx:
            with pytest.raises(StoreConflict):
                update(tx, PERSON, CAY._replace(note="x"), BOB._replace(name="ada"))
            assert tx.scan(PERSON) == [ADA, BOB, CAY]
        with store.view() as view:
            assert view.find(PERSON, PERSON_BY_NAME, ("", "bob")) == BOB

    def test_4_none_is_not_a_repeated_fact(self, store: Store) -> None:
        """Any number of rows may have None in a partial unique index, and none of them is found by it."""
        _fill(store)
        with writing(store) as tx:
            insert(tx, CITY, CityRow("Bern", None, 1, None))
            assert tx.find(CITY, CITY_BY_CODE, (None,)) is None
            assert tx.scan(CITY, CITY_BY_CODE) == [OSLO]

    def test_4_a_row_may_keep_its_own_value(self, store: Store) -> None:
        """Changing another column of a row is no conflict with itself."""
        _fill(store)
        with writing(store) as tx:
            update(tx, PERSON, ADA._replace(note="same name"))
            assert tx.find(PERSON, PERSON_BY_NICK, (b"\x01",)) == ADA._replace(note="same name")

    def test_4_a_value_given_up_can_be_taken(self, store: Store) -> None:
        """What removed and changed rows give up is free for inserted ones at once, for all later."""
        _fill(store)
        with writing(store) as tx:
            bern = CityRow("Bern", "OSL", 2, None)
            tx.replace(CITY, {("Bern",): None, ("Oslo",): OSLO}, {("Bern",): bern, ("Oslo",): None})
            assert tx.find(CITY, CITY_BY_CODE, ("OSL",)) == bern
            bonn = CityRow("Bonn", "OSL", 2, None)
            moved = bern._replace(code="BRN")
            tx.replace(CITY, {("Bonn",): None, ("Bern",): bern}, {("Bonn",): bonn, ("Bern",): moved})
            assert tx.scan(CITY, CITY_BY_CODE) == [moved, bonn]
            update(tx, CITY, bonn._replace(code=None))
            update(tx, CITY, ROME._replace(code="OSL"))
        with store.view() as view:
            assert view.find(CITY, CITY_BY_CODE, ("OSL",)) == ROME._replace(code="OSL")
            assert view.find(CITY, CITY_BY_CODE, ("BRN",)) == moved

    # -- 5: order is total and the same in every store ------------------------------------------------

    def test_5_a_counted_index_answers_every_range(self, store: Store) -> None:
        """Prefix, bounds, direction, offset, limit and count mean what filtering and sorting gives."""
        _fill(store)
        with store.view() as view:
            _same(view, RUNNER, RUNNER_BY_RANK, RUNNERS, RANGES + LONG_RANGES)

    def test_5_other_orders_answer_every_range(self, store: Store) -> None:
        """A plain partial index, key orders, counted or not, and chains keep to the same meaning."""
        _fill(store)
        with store.view() as view:
            _same(view, RUNNER, RUNNER_BY_DAY, RUNNERS, RANGES)
            _same(view, RUNNER, None, RUNNERS, RANGES)
            _same(view, LEVEL, None, LEVELS, RANGES)
            _same(view, LETTER, None, LETTERS, LETTER_RANGES)

    def test_5_position_counts_the_rows_before_a_bound(self, store: Store) -> None:
        """A partial bound gives the competition rank, a full one the ordinal; offset is the inverse."""
        _fill(store)
        with store.view() as view:
            for race in (1, 2, 9):
                order = [
                    entry[1:] for entry, _ in order_of(RUNNER, RUNNER_BY_RANK, RUNNERS) if entry[0] == race
                ]
                for bound in [
                    (-91,),
                    (-90,),
                    (-30,),
                    (-30, "bea"),
                    (-30, "ann"),
                    (0, ""),
                    (0,),
                    (1,),
                    (MOST,),
                ]:
                    expected = sum(1 for entry in order if entry < bound)
                    assert view.position(RUNNER, RUNNER_BY_RANK, (race,), bound) == expected, (race, bound)
            for race, bounds in ((1, (-31, -30, -25, 0, 1)), (2, (LEAST, 0, MOST))):
                for down in bounds:
                    expected = sum(1 for row in LEVELS if row.race == race and row.down < down)
                    assert view.position(LEVEL, None, (race,), (down,)) == expected
            for row in RUNNERS[:3]:
                place = view.position(RUNNER, RUNNER_BY_RANK, (1,), (row.down, row.tie))
                assert view.scan(RUNNER, RUNNER_BY_RANK, (1,), offset=place, limit=1) == [row]

    def test_5_text_is_ordered_by_its_bytes(self, store: Store) -> None:
        """No locale, no case folding, no UTF-16: by UTF-8 bytes, in the key, in an index and on a board."""
        names = [
            "",
            "A",
            "Z",
            "a",
            "a b",
            "aa",
            "é",
            "e\u0301",
            "ß",
            "\ud7ff",
            "\uffff",
            "\U0001f600",
            "\x01",
            "~",
        ]
        with writing(store) as tx:
            insert(tx, CITY, *(CityRow(name, name, 0, None) for name in names))
            insert(tx, RUNNER, *(RunnerRow(n, 1, 0, name, None, None) for n, name in enumerate(names)))
        by_bytes = sorted(names, key=lambda name: name.encode())
        with store.view() as view:
            assert [row.name for row in view.scan(CITY)] == by_bytes
            assert [row.name for row in view.scan(CITY, CITY_BY_CODE)] == by_bytes
            assert [row.tie for row in view.scan(RUNNER, RUNNER_BY_RANK, (1,))] == by_bytes
            for place, name in enumerate(by_bytes):
                assert view.position(RUNNER, RUNNER_BY_RANK, (1,), (0, name)) == place

    def test_5_integers_are_ordered_by_value_and_ties_by_key(self, store: Store) -> None:
        """Negative numbers come first, ten after nine, equal ones by the key."""
        sizes = [10, 9, -1, 0, -10, MOST, LEAST, 9]
        rows = [CityRow(chr(ord("h") - n), None, size, None) for n, size in enumerate(sizes)]
        with writing(store) as tx:
            insert(tx, CITY, *rows)
            found = tx.scan(CITY, CITY_BY_SIZE)
        assert [row.size for row in found] == sorted(sizes)
        assert [row.name for row in found if row.size == 9] == ["a", "g"]  # noqa: PLR2004 - the tied size

    def test_5_a_long_board_keeps_its_counts(self, store: Store) -> None:
        """Counts stay right while a board grows past any block, is moved about, and shrinks again."""
        size = 1500
        rows = {n: RunnerRow(n, 1, -(n * 7919 % 1009), f"p{n:05}", None, None) for n in range(size)}
        with writing(store) as tx:
            insert(tx, RUNNER, *rows.values())
        with writing(store) as tx:
            moved = [row._replace(down=-(n * 31 % 4001)) for n, row in rows.items() if n % 3]
            rows.update((row.person, row) for row in moved)
            update(tx, RUNNER, *moved)
        with writing(store) as tx:
            gone = [row for n, row in rows.items() if n % 5 and n % 7]
            remove(tx, RUNNER, *gone)
            for row in gone:
                del rows[row.person]
        best_first = sorted(rows.values(), key=lambda row: (row.down, row.tie))
        with store.view() as view:
            assert view.count(RUNNER, RUNNER_BY_RANK, (1,)) == len(best_first)
            for place in range(0, len(best_first), 41):
                row = best_first[place]
                assert view.position(RUNNER, RUNNER_BY_RANK, (1,), (row.down, row.tie)) == place
                near = view.scan(RUNNER, RUNNER_BY_RANK, (1,), offset=place, limit=3)
                assert near == best_first[place : place + 3]
            assert view.scan(RUNNER, RUNNER_BY_RANK, (1,)) == best_first

    # -- 6: values are exact --------------------------------------------------------------------------

    def test_6_values_come_back_as_they_went(self, store: Store) -> None:
        """The bounds of 64 bits, empty and astral text, zero bytes and None survive, with their types."""
        rows = [
            CityRow("", "", MOST, b""),
            CityRow("'; --", "\U0001f3c6", LEAST, b"\x00\xff"),
            CityRow("1", None, 0, None),
            CityRow("line\nbreak", "1e3", 2**53 + 1, b"text"),
        ]
        with writing(store) as tx:
            insert(tx, CITY, *rows)
        with store.view() as view:
            for row in rows:
                found = view.get(CITY, (row.name,))
                assert found == row
                assert found is not None
                assert [type(value) for value in found] == [type(value) for value in row]

    def test_6_an_answer_is_the_callers_own(self, store: Store) -> None:
        """Emptying a list that a scan returned empties nothing in the store."""
        _fill(store)
        with store.view() as view:
            for table in TOYS:
                rows = view.scan(table)
                kept = list(rows)
                rows.clear()
                assert view.scan(table) == kept
            rows_of_one = view.scan(LETTER, None, (1, "in"))
            rows_of_one.clear()
            assert view.count(LETTER, None, (1, "in")) == 3  # noqa: PLR2004 - as in LETTERS

    # -- 7: a view is a snapshot ----------------------------------------------------------------------

    def test_7_the_answers_of_a_view_agree(self, store: Store) -> None:
        """What a writer commits while a view is open is not in that view, and is in the next one."""
        _fill(store)

        def write() -> None:
            with writing(store) as tx:
                insert(tx, LETTER, LetterRow(1, "in", 4, "late"))
                update(tx, RUNNER, RUNNERS[0]._replace(down=-99))

        with ThreadPoolExecutor(1) as pool:
            with store.view() as view:
                before = view.scan(LETTER)
                done = pool.submit(write)
                threading.Event().wait(0.05)  # the writer may finish, or wait for this view: both are right
                assert view.scan(LETTER) == before
                assert view.count(LETTER, None, (1, "in")) == 3  # noqa: PLR2004 - as in LETTERS
                assert view.scan(RUNNER, RUNNER_BY_RANK, (1,), limit=1) == [RUNNERS[4]]
            done.result()
        with store.view() as view:
            assert view.last(LETTER, (1, "in")) == LetterRow(1, "in", 4, "late")
            assert view.position(RUNNER, RUNNER_BY_RANK, (1,), (-90,)) == 1

    def test_7_a_view_never_sees_half_a_transaction(self, store: Store) -> None:
        """A view opened beside a writer sees both halves of its work or neither."""
        half = threading.Event()

        def read() -> tuple[int, int]:
            half.wait()
            with store.view() as view:
                return view.count(PERSON), len(view.scan(LETTER))

        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(read)
            with writing(store) as tx:
                insert(tx, PERSON, ADA)
                half.set()
                threading.Event().wait(0.05)
                insert(tx, LETTER, LETTERS[0])
            assert answer.result() in {(0, 0), (1, 1)}

    def test_7_views_of_many_threads(self, store: Store) -> None:
        """Readers beside a writer always find the two rows it keeps equal to be equal."""
        rounds = 20
        with writing(store) as tx:
            insert(tx, LEVEL, LevelRow(1, 0, 0), LevelRow(2, 0, 0))
        stop = threading.Event()

        def read() -> bool:
            agreed = True
            while not stop.is_set():
                with store.view() as view:
                    one, two = view.get_many(LEVEL, [(1, 0), (2, 0)])
                    assert one is not None
                    assert two is not None
                    agreed = agreed and one.holders == two.holders
            return agreed

        with ThreadPoolExecutor(2) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            try:
                for turn in range(1, rounds + 1):
                    with writing(store) as tx:
                        update(tx, LEVEL, LevelRow(1, 0, turn))
                        update(tx, LEVEL, LevelRow(2, 0, turn))
            finally:
                stop.set()
            assert all(reader.result() for reader in readers)

    def test_7_an_ended_view_refuses(self, store: Store) -> None:
        """A view that was let go answers nothing, rather than something newer."""
        with store.view() as view:
            assert view.count(PERSON) == 0
        with pytest.raises(StoreError):
            view.count(PERSON)

    # -- 8: errors ------------------------------------------------------------------------------------

    def test_8_a_table_that_is_not_there_is_a_store_error(self, tmp_path: Path) -> None:
        """No driver's error and no KeyError leaves the store."""
        store = self.make_store(tmp_path)
        store.migrate([CITY])
        tx = store.begin(["toys"])
        with pytest.raises(StoreError):
            tx.get(LEVEL, (1, 1))
        with pytest.raises(StoreError):
            insert(tx, LEVEL, *LEVELS)
        tx.rollback()
        store.close()

    def test_8_a_closed_store_says_so(self, tmp_path: Path) -> None:
        """Every call after `close` is `StoreClosed`, and closing twice is harmless."""
        store = self.make_store(tmp_path)
        store.migrate(TOYS)
        unopened = store.view()
        store.close()
        store.close()
        with pytest.raises(StoreClosed):
            store.begin()
        with pytest.raises(StoreClosed):
            store.view()
        with pytest.raises(StoreClosed):
            store.migrate(TOYS)
        with pytest.raises(StoreClosed):
            unopened.__enter__()

    # -- migrate --------------------------------------------------------------------------------------

    def test_migrate_may_be_called_again_and_adds_what_is_new(self, tmp_path: Path) -> None:
        """A second call keeps all rows and makes the tables that were not there."""
        store = self.make_store(tmp_path)
        store.migrate([PERSON])
        with writing(store) as tx:
            insert(tx, PERSON, ADA)
        store.migrate(TOYS)
        with writing(store) as tx:
            insert(tx, LEVEL, *LEVELS)
        store.migrate(TOYS)
        with store.view() as view:
            assert view.scan(PERSON) == [ADA]
            assert view.count(LEVEL) == len(LEVELS)
        store.close()

    def test_migrate_may_be_called_by_many_at_once(self, tmp_path: Path) -> None:
        """Threads that start together all find the tables made."""
        store = self.make_store(tmp_path)
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(store.migrate, TOYS) for _ in range(8)]:
                done.result()
        _fill(store)
        with store.view() as view:
            assert view.count(RUNNER) == len(RUNNERS)
        store.close()
