"""Guarantees 5 to 7: one total order, exact values, views that are snapshots."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from gamify_core.errors import StoreError
from gamify_core.storage.protocol import Index, Key, Reader, Store, Table
from gamify_core.testing.contract_parts import (
    ADA,
    LEAST,
    LETTER_RANGES,
    LETTERS,
    LEVELS,
    LONG_RANGES,
    MOST,
    RANGES,
    RUNNERS,
    SPLIT_RANGES,
    StoreParts,
    fill,
    insert,
    remove,
    same,
    update,
    writing,
)
from gamify_core.testing.toys import (
    CITY,
    CITY_BY_CODE,
    CITY_BY_SIZE,
    LETTER,
    LETTER_BY_TEXT,
    LEVEL,
    PERSON,
    RUNNER,
    RUNNER_BY_DAY,
    RUNNER_BY_PERSON,
    RUNNER_BY_RANK,
    TOYS,
    CityRow,
    LetterRow,
    LevelRow,
    RunnerRow,
    order_of,
)

__all__ = ["ReadContract"]


class ReadContract(StoreParts):
    """What a store promises about reading."""

    # -- 5: order is total and the same in every store ------------------------------------------------

    def test_5_a_counted_index_answers_every_range(self, store: Store) -> None:
        """Prefix, bounds, direction, offset, limit and count mean what filtering and sorting gives."""
        fill(store)
        with store.view() as view:
            same(view, RUNNER, RUNNER_BY_RANK, RUNNERS, RANGES + LONG_RANGES)

    def test_5_other_orders_answer_every_range(self, store: Store) -> None:
        """A plain partial index, key orders, counted or not, and chains keep to the same meaning."""
        fill(store)
        with store.view() as view:
            same(view, RUNNER, RUNNER_BY_DAY, RUNNERS, RANGES)
            same(view, RUNNER, None, RUNNERS, RANGES)
            same(view, LEVEL, None, LEVELS, RANGES)
            same(view, LETTER, None, LETTERS, LETTER_RANGES)

    def test_3_one_column_of_many_rows(self, store: Store) -> None:
        """Values come in the order asked, of keys of one column and of several, and of very many rows."""
        fill(store)
        with store.view() as view:
            assert view.values(PERSON, [], "name") == []
            tables: list[tuple[Table[Any], list[Any]]] = [
                (RUNNER, RUNNERS),
                (LEVEL, LEVELS),
                (LETTER, LETTERS),
            ]
            for table, rows in tables:
                keys = [row[: table.key] for row in rows]
                keys = [keys[-1], (9,) * table.key if table is not LETTER else (9, "no", 1), *keys] * 50
                for column in table.columns:
                    expected = [
                        None if row is None else getattr(row, column) for row in view.get_many(table, keys)
                    ]
                    assert view.values(table, keys, column) == expected, (table.name, column)

    def test_5_the_rest_of_the_key_follows_the_columns_of_an_index(self, store: Store) -> None:
        """Rows that an index finds equal are ordered, and bounded, by the columns of the key that it has not."""
        fill(store)
        more = [RunnerRow(1, race, None, None, 5, None) for race in (3, 4)]
        with writing(store) as tx:
            insert(tx, RUNNER, *more)
        with store.view() as view:
            same(view, RUNNER, RUNNER_BY_PERSON, RUNNERS + more, SPLIT_RANGES)

    def test_5_a_bound_with_more_columns_than_its_order_is_refused(self, store: Store) -> None:
        """There is nothing to compare it by, whatever the rows are: none, a few, or those far into a board."""
        orders: list[tuple[Table[Any], Index | None, Key, Key]] = [
            (RUNNER, RUNNER_BY_RANK, (1,), (-30, "bea", 2)),
            (RUNNER, RUNNER_BY_PERSON, (1,), (5, 1)),
            (RUNNER, None, (1,), (1,)),
            (LEVEL, None, (1,), (0,)),
            (LETTER, LETTER_BY_TEXT, (), ("one", 1, "in", 1)),
            (LETTER, None, (1, "in"), (1,)),
            (LETTER, None, (1,), ("in", 1)),
            (PERSON, None, (), (1,)),
        ]
        for filled in (False, True):
            if filled:
                fill(store)
            with store.view() as view:
                for table, index, prefix, longest in orders:
                    asks: list[Callable[[Key], object]] = [
                        partial(_from, view, table, index, prefix),
                        partial(_before, view, table, index, prefix),
                        partial(_counted, view, table, index, prefix),
                    ]
                    if index is RUNNER_BY_RANK or table is LEVEL:
                        asks += [
                            partial(view.position, table, index, prefix),
                            partial(_far, view, table, index, prefix),
                            partial(_spanned, view, table, index, prefix),
                            partial(_beside, view, table, index, prefix),
                        ]
                    for ask in asks:
                        ask(longest)
                        with pytest.raises(StoreError):
                            ask((*longest, 1))

    def test_5_position_counts_the_rows_before_a_bound(self, store: Store) -> None:
        """A partial bound gives the competition rank, a full one the ordinal; offset is the inverse."""
        fill(store)
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
            for start, stop in (((-90,), (-30,)), ((-30,), (-29,)), ((-30,), (-30, "bea")), ((0,), (MOST,))):
                for race in (1, 2, 9):
                    before, upto = (
                        view.position(RUNNER, RUNNER_BY_RANK, (race,), it) for it in (start, stop)
                    )
                    total = view.count(RUNNER, RUNNER_BY_RANK, (race,))
                    found = view.span(RUNNER, RUNNER_BY_RANK, (race,), start, stop)
                    assert found == (before, upto - before, total), (race, start, stop)
                    for above, length in ((0, 0), (0, 2), (1, 1), (1, 3), (9, 10), (2, 50)):
                        rows = view.beside(
                            RUNNER, RUNNER_BY_RANK, (race,), start, before=above, length=length
                        )
                        first = max(0, before - above)
                        limit = before + length - above - first
                        assert rows == view.scan(
                            RUNNER, RUNNER_BY_RANK, (race,), offset=first, limit=limit
                        ), (race, start, above, length)
            for row in RUNNERS[:3]:
                place = view.position(RUNNER, RUNNER_BY_RANK, (1,), (row.down, row.tie))
                assert view.scan(RUNNER, RUNNER_BY_RANK, (1,), offset=place, limit=1) == [row]

    def test_5_position_counts_the_rows_that_have_a_mark(self, store: Store) -> None:
        """With a mark only rows that have it count, be it the greatest there is, an earlier one, or nobody's."""
        fill(store)
        moves = [
            RUNNERS[2]._replace(day=6),
            RUNNERS[1]._replace(day=6, down=-95),
            RUNNERS[0]._replace(day=4),
            RUNNERS[2]._replace(day=3, down=7),
        ]
        rows = {(row.person, row.race): row for row in RUNNERS}
        for move in [None, *moves]:
            if move is not None:
                with writing(store) as tx:
                    update(tx, RUNNER, move)
                rows[move.person, move.race] = move
            order = [
                (entry[1:], row.day)
                for entry, row in order_of(RUNNER, RUNNER_BY_RANK, rows.values())
                if entry[0] == 1
            ]
            with store.view() as view:
                for mark in (3, 4, 5, 6, 9):
                    marked = [place for place, day in order if day == mark]
                    assert view.position(RUNNER, RUNNER_BY_RANK, (1,), None, mark) == len(marked)
                    for bound in ((LEAST,), (-90,), (-30, "bea"), (-30, "bea", 2), (0,), (MOST,)):
                        expected = sum(place < bound for place in marked)
                        assert view.position(RUNNER, RUNNER_BY_RANK, (1,), bound, mark) == expected
                assert view.position(RUNNER, RUNNER_BY_RANK, (1,), None) == len(order)
                assert view.position(RUNNER, RUNNER_BY_RANK, (9,), None, 5) == 0

    def test_5_marks_are_counted_on_a_long_board_day_by_day(self, store: Store) -> None:
        """While rows move on one day after the other, today's are told from the rest wherever one asks."""
        size = 900
        rows = {n: RunnerRow(n, 1, n * 7919 % 1009, f"p{n:05}", None, None) for n in range(size)}
        with writing(store) as tx:
            insert(tx, RUNNER, *rows.values())
        for day in (1, 2, 3):
            with writing(store) as tx:
                moved = [
                    row._replace(down=n * (31 + day) % 1009, day=day)
                    for n, row in rows.items()
                    if n * day % 7 < day + 1
                ]
                rows.update((row.person, row) for row in moved)
                update(tx, RUNNER, *moved)
                gone = [row for n, row in rows.items() if n % 50 == day]
                remove(tx, RUNNER, *gone)
                for row in gone:
                    del rows[row.person]
            with store.view() as view:
                todays = [row.down for row in rows.values() if row.day == day and row.down is not None]
                assert view.position(RUNNER, RUNNER_BY_RANK, (1,), None, day) == len(todays)
                for bound in range(0, 1010, 101):
                    expected = sum(down < bound for down in todays)
                    assert view.position(RUNNER, RUNNER_BY_RANK, (1,), (bound,), day) == expected

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

    def test_5_a_board_is_right_after_every_single_change(self, store: Store) -> None:
        """One row comes, moves or goes at a time, and each reading after it has exact places and counts."""
        rows = {n: RunnerRow(n, 1, n // 3, f"p{n:03}", None, None) for n in range(60)}
        with writing(store) as tx:
            insert(tx, RUNNER, *rows.values())
            for n in range(0, 60, 4):
                if n % 3 == 0:
                    remove(tx, RUNNER, rows.pop(n))
                elif n % 3 == 1:
                    rows[n] = rows[n]._replace(down=59 - n)
                    update(tx, RUNNER, rows[n])
                else:
                    rows[n + 100] = RunnerRow(n + 100, 1, n, "new", None, None)
                    insert(tx, RUNNER, rows[n + 100])
                order = sorted(rows.values(), key=lambda row: (row.down, row.tie, row.person))
                assert tx.scan(RUNNER, RUNNER_BY_RANK, (1,)) == order
                assert tx.position(RUNNER, RUNNER_BY_RANK, (1,), (10,)) == sum(
                    1
                    for row in order
                    if row.down is not None and row.down < 10  # noqa: PLR2004 - the bound
                )

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
        fill(store)
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
        fill(store)

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

    def test_7_views_of_one_version_show_the_same(self, store: Store) -> None:
        """A view that shows something else has another version; where nobody wrote it may be the same."""
        fill(store)
        seen = []
        for turn in range(3):
            for _ in range(2):
                with store.view() as view:
                    seen.append((view.version, view.get(LEVEL, (1, 0))))
            with writing(store) as tx:
                update(tx, LEVEL, LevelRow(1, 0, 10 + turn))
        for version, row in seen:
            assert all(other == row for also, other in seen if also == version)
        assert len({version for version, _ in seen}) >= len({row for _, row in seen})

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


def _from(reader: Reader, table: Table[Any], index: Index | None, prefix: Key, bound: Key) -> object:
    return reader.scan(table, index, prefix, start=bound)


def _before(reader: Reader, table: Table[Any], index: Index | None, prefix: Key, bound: Key) -> object:
    return reader.scan(table, index, prefix, stop=bound)


def _far(reader: Reader, table: Table[Any], index: Index | None, prefix: Key, bound: Key) -> object:
    return reader.scan(table, index, prefix, start=bound, offset=1_000)


def _spanned(reader: Reader, table: Table[Any], index: Index | None, prefix: Key, bound: Key) -> object:
    return reader.span(table, index, prefix, bound, bound)


def _beside(reader: Reader, table: Table[Any], index: Index | None, prefix: Key, bound: Key) -> object:
    return reader.beside(table, index, prefix, bound, before=1, length=2)


def _counted(reader: Reader, table: Table[Any], index: Index | None, prefix: Key, bound: Key) -> object:
    return reader.count(table, index, prefix, stop=bound)
