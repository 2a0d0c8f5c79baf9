"""Guarantees 1 to 4: whole or not at all, no lost update, own writes seen, no fact twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gamify_core.errors import StoreConflict, StoreError
from gamify_core.storage.protocol import Store, Table
from gamify_core.testing.contract_parts import (
    ADA,
    BOB,
    CAY,
    LEAST,
    LETTERS,
    LEVELS,
    OSLO,
    ROME,
    RUNNERS,
    StoreParts,
    everything,
    fill,
    insert,
    remove,
    update,
    writing,
)
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
    RUNNER_BY_RANK,
    TOYS,
    CityRow,
    LetterRow,
    LevelRow,
    PersonRow,
)

__all__ = ["WriteContract"]


class WriteContract(StoreParts):
    """What a store promises about writing."""

    # -- 1: whole or not at all -----------------------------------------------------------------------

    def test_1_a_commit_keeps_everything(self, store: Store) -> None:
        """What a transaction wrote, to whichever table, a later view reads, under its own row type."""
        fill(store)
        with store.view() as view:
            assert view.get(PERSON, (2,)) == BOB
            assert view.get(CITY, ("Oslo",)) == OSLO
            assert view.get(LETTER, (1, "in", 2)) == LETTERS[1]
            assert view.get(RUNNER, (4, 1)) == RUNNERS[3]
            assert view.get(LEVEL, (2, LEAST)) == LEVELS[3]
            for table in TOYS:
                for index in (None, *table.indexes):
                    assert {type(row) for row in view.scan(table, index)} == {table.row}

    def test_1_a_rollback_leaves_nothing(self, store: Store) -> None:
        """Inserts, changes and removals are all taken back, along every order, also ones read in between."""
        fill(store)
        with store.view() as view:
            before = everything(view)
        tx = store.begin(["toys"])
        insert(
            tx, LETTER, LetterRow(1, "in", 4, "x"), LetterRow(1, "in", 5, "y"), LetterRow(8, "new", 1, "z")
        )
        insert(tx, PERSON, PersonRow(4, "", "dee", b"n", None))
        update(tx, PERSON, ADA._replace(name="eve", nick=None), BOB._replace(nick=b"\x01"))
        update(tx, RUNNER, RUNNERS[0]._replace(down=7), RUNNERS[3]._replace(down=-50, tie="x"))
        assert everything(tx) != before
        update(tx, RUNNER, RUNNERS[0]._replace(down=8), RUNNERS[1]._replace(down=None, tie=None))
        remove(tx, RUNNER, RUNNERS[4])
        remove(tx, CITY, OSLO, ROME)
        insert(tx, CITY, CityRow("Bern", "OSL", 1, None))
        remove(tx, LETTER, LetterRow(1, "in", 5, "y"))
        remove(tx, LEVEL, LEVELS[0])
        insert(tx, LEVEL, LevelRow(3, 1, 1))
        tx.rollback()
        with store.view() as view:
            assert everything(view) == before
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
        fill(store)
        with writing(store) as tx:
            everything(tx)  # orders that were read before are not allowed to go stale
            dee = PersonRow(4, "", "dee", b"dd", None)
            insert(tx, LETTER, LetterRow(2, "in", 2, "six"))
            insert(tx, PERSON, dee)
            update(tx, RUNNER, RUNNERS[2]._replace(down=-95))
            assert tx.last(LETTER, (2, "in")) == LetterRow(2, "in", 2, "six")
            assert tx.count(LETTER, None, (2, "in")) == 2  # noqa: PLR2004 - one was there, one was added
            assert tx.get(LETTER, (2, "in", 2)) == LetterRow(2, "in", 2, "six")
            assert tx.get_many(PERSON, [(4,), (9,), (4,)]) == [dee, None, dee]
            assert tx.values(PERSON, [(4,), (9,), (1,), (4,)], "name") == ["dee", None, "ada", "dee"]
            assert tx.values(RUNNER, [(RUNNERS[2].person, 1), (RUNNERS[2].person, 9)], "down") == [-95, None]
            assert tx.find(PERSON, PERSON_BY_NICK, (b"dd",)) == dee
            assert tx.scan(RUNNER, RUNNER_BY_RANK, (1,), limit=1) == [RUNNERS[2]._replace(down=-95)]
            assert tx.position(RUNNER, RUNNER_BY_RANK, (1,), (-90,)) == 1
            assert tx.count(RUNNER, RUNNER_BY_RANK, (1,), stop=(-90,)) == 1
            assert tx.span(RUNNER, RUNNER_BY_RANK, (1,), (-95,), (-90,)) == (0, 1, 5)
            first = tx.scan(RUNNER, RUNNER_BY_RANK, (1,), limit=2)
            assert tx.beside(RUNNER, RUNNER_BY_RANK, (1,), (-90,), before=1, length=2) == first
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

    def test_3_a_row_that_keeps_its_place_is_seen_as_it_is_now(self, store: Store) -> None:
        """A column outside an index goes from None to a value and back, and the order shows the row as it is."""
        cities = [CityRow(f"c{n:02}", None, 7, None) for n in range(40)]
        with writing(store) as tx:
            insert(tx, CITY, *cities)
        for code in ("x", None):
            with writing(store) as tx:
                assert len(tx.scan(CITY, CITY_BY_SIZE)) == len(cities)
                for place in (0, 20, 39):
                    cities[place] = cities[place]._replace(seal=None if code is None else b"s")
                    update(tx, CITY, cities[place])
                assert tx.scan(CITY, CITY_BY_SIZE) == cities

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

    def test_3_appended_rows_are_seen_at_the_ends_of_their_chains(self, store: Store) -> None:
        """`append` adds rows to one chain or several, and a rollback takes them off again."""
        one, two, three = LETTERS[:3]
        with writing(store) as tx:
            tx.append(LETTER, [one])
            assert tx.last(LETTER, (1, "in")) == one
        with writing(store) as tx:
            tx.append(LETTER, [two, three])
            tx.append(LETTER, [three._replace(n=4)])
        tx = store.begin()
        tx.append(LETTER, [three._replace(n=5)])
        tx.rollback()
        with store.view() as view:
            assert view.scan(LETTER, None, (1, "in")) == [one, two, three, three._replace(n=4)]

    def test_4_a_row_appended_twice_is_refused_and_leaves_nothing(self, store: Store) -> None:
        """`append` refuses a number that is there already, with all rows of the call."""
        one, two, three = LETTERS[:3]
        with writing(store) as tx:
            tx.append(LETTER, [one])
        tx = store.begin()
        with pytest.raises(StoreConflict):
            tx.append(LETTER, [one])
        with pytest.raises(StoreConflict):
            tx.append(LETTER, [two, three, two])
        assert tx.scan(LETTER, None, (1, "in")) == [one]
        tx.commit()

    def test_4_an_appended_row_is_held_to_unique_indexes(self, store: Store) -> None:
        """As an inserted one is: against the rows that are there, and against those of its own call."""
        with writing(store) as tx:
            tx.append(PERSON, [ADA, BOB])
            assert tx.find(PERSON, PERSON_BY_NAME, ("", "bob")) == BOB
            assert tx.find(PERSON, PERSON_BY_NICK, (b"\x01",)) == ADA
            new = PersonRow(3, "x", "y", None, None)
            for repeated in (
                [new._replace(scope="", name="ada")],
                [new, new._replace(number=4)],
                [new._replace(nick=b"\x01")],
            ):
                with pytest.raises(StoreConflict):
                    tx.append(PERSON, repeated)
            tx.append(PERSON, [])
            assert tx.scan(PERSON) == [ADA, BOB]

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
        fill(store)
        tx = store.begin(["toys"])
        insert(tx, LEVEL, LevelRow(7, 7, 7))
        before = everything(tx)
        with pytest.raises(StoreConflict):
            insert(tx, table, *rows)
        assert everything(tx) == before
        insert(tx, LEVEL, LevelRow(7, 8, 8))
        tx.commit()
        with store.view() as view:
            assert view.scan(LEVEL, None, (7,)) == [LevelRow(7, 7, 7), LevelRow(7, 8, 8)]
            assert view.find(PERSON, PERSON_BY_NAME, ("", "ada")) == ADA
            assert view.find(PERSON, PERSON_BY_NAME, ("x", "new")) is None

    def test_4_a_refused_change_is_no_part_of_a_rollback(self, store: Store) -> None:
        """Giving a transaction up takes back what was done in it, and nothing for what was refused."""
        fill(store)
        tx = store.begin(["toys"])
        with pytest.raises(StoreConflict):
            insert(tx, CITY, CityRow("Bern", None, 1, None), OSLO._replace(size=8))
        tx.rollback()
        with store.view() as view:
            assert view.scan(CITY) == [OSLO, ROME]

    def test_4_a_change_into_a_taken_value_is_refused(self, store: Store) -> None:
        """Updates are held to unique indexes as inserts are, and a refused one moves nothing."""
        fill(store)
        with writing(store) as tx:
            with pytest.raises(StoreConflict):
                update(tx, PERSON, CAY._replace(note="x"), BOB._replace(name="ada"))
            assert tx.scan(PERSON) == [ADA, BOB, CAY]
        with store.view() as view:
            assert view.find(PERSON, PERSON_BY_NAME, ("", "bob")) == BOB

    def test_4_none_is_not_a_repeated_fact(self, store: Store) -> None:
        """Any number of rows may have None in a partial unique index, and none of them is found by it."""
        fill(store)
        with writing(store) as tx:
            insert(tx, CITY, CityRow("Bern", None, 1, None))
            assert tx.find(CITY, CITY_BY_CODE, (None,)) is None
            assert tx.scan(CITY, CITY_BY_CODE) == [OSLO]

    def test_4_a_row_may_keep_its_own_value(self, store: Store) -> None:
        """Changing another column of a row is no conflict with itself."""
        fill(store)
        with writing(store) as tx:
            update(tx, PERSON, ADA._replace(note="same name"))
            assert tx.find(PERSON, PERSON_BY_NICK, (b"\x01",)) == ADA._replace(note="same name")

    def test_4_a_value_given_up_can_be_taken(self, store: Store) -> None:
        """What removed and changed rows give up is free for inserted ones at once, for all later."""
        fill(store)
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
