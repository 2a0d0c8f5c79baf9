"""The memory store: the contract, the machine, and what is special to it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gamify_core.errors import StoreClosed, StoreError
from gamify_core.storage import blocks
from gamify_core.storage.blocks import Blocks
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.protocol import Index, Key, Reader, Store, Table
from gamify_core.testing.contract import StoreContract, insert, remove, update, writing
from gamify_core.testing.machine import StoreMachine
from gamify_core.testing.plain import PlainStore
from gamify_core.testing.toys import (
    CITY,
    CITY_BY_CODE,
    CITY_BY_SIZE,
    LETTER,
    LETTER_BY_TEXT,
    LEVEL,
    RUNNER,
    RUNNER_BY_DAY,
    RUNNER_BY_RANK,
    TOYS,
    CityRow,
    LetterRow,
    LevelRow,
    RunnerRow,
)

A_BOARD = [RunnerRow(n, 1, n % 5, f"p{n}", None, None) for n in range(40)]


class TestMemoryStore(StoreContract):
    """The contract."""

    def make_store(self, tmp_path: Path) -> Store:  # noqa: ARG002 - nothing of it lies in files
        """Make a memory store."""
        return MemoryStore()


class TestPlainStore(StoreContract):
    """The contract can be met in the plainest words, and the machine's peer meets it."""

    def make_store(self, tmp_path: Path) -> Store:  # noqa: ARG002 - nothing of it lies in files
        """Make the plain one."""
        return PlainStore()


class _AgainstPlain(StoreMachine):
    """The model itself is held against the plain store, with blocks small enough to split and to merge."""

    def __init__(self) -> None:
        super().__init__()
        self.load = blocks.LOAD
        blocks.LOAD = 4

    def teardown(self) -> None:
        """Put the size of the blocks back."""
        super().teardown()
        blocks.LOAD = self.load

    def make_store(self) -> Store:
        """Make the plain store."""
        return PlainStore()


TestMachine = _AgainstPlain.TestCase


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    """Give a memory store with the toy tables."""
    store = MemoryStore()
    store.migrate(TOYS)
    yield store
    store.close()


def test_a_thread_does_not_wait_for_itself(store: MemoryStore) -> None:
    """What would be a deadlock, or no snapshot, is an error, and what was open goes on."""
    tx = store.begin()
    with pytest.raises(StoreError, match="transaction open"):
        store.begin()
    with pytest.raises(StoreError, match="transaction open"), store.view():
        pass
    insert(tx, LEVEL, LevelRow(1, 1, 1))
    tx.commit()
    with store.view() as view, store.view() as inner:
        with pytest.raises(StoreError, match="view open"):
            store.begin()
        assert view.count(LEVEL) == inner.count(LEVEL) == 1
    store.begin().rollback()


@pytest.mark.parametrize("wanted", ["transaction", "view"])
def test_another_thread_waits_for_the_end(store: MemoryStore, wanted: str) -> None:
    """A call of another thread returns after the end of the transaction, and sees all of it."""
    asked, got = threading.Event(), threading.Event()

    def ask() -> int:
        asked.set()
        if wanted == "view":
            with store.view() as view:
                got.set()
                return view.count(LEVEL)
        with writing(store) as tx:
            got.set()
            return tx.count(LEVEL)

    with ThreadPoolExecutor(1) as pool:
        with writing(store) as tx:
            insert(tx, LEVEL, LevelRow(1, 1, 1))
            answer = pool.submit(ask)
            asked.wait()
            assert not got.wait(0.05)
        assert answer.result() == 1


def test_closing_ends_what_this_thread_has_open(store: MemoryStore) -> None:
    """A transaction that the close ended says that the store is closed, and the lock is free for others."""
    tx = store.begin()
    insert(tx, LEVEL, LevelRow(1, 1, 1))
    store.close()
    with pytest.raises(StoreClosed):
        tx.get(LEVEL, (1, 1))
    with pytest.raises(StoreClosed):
        tx.commit()
    with pytest.raises(StoreClosed):
        insert(tx, LEVEL, LevelRow(1, 2, 1))
    tx.rollback()
    with ThreadPoolExecutor(1) as pool, pytest.raises(StoreClosed):
        pool.submit(store.begin).result(timeout=5)


def test_closing_under_a_view(store: MemoryStore) -> None:
    """A view that is open when its store is closed says so, and still gives its lock back."""
    with store.view() as view:
        store.close()
        with pytest.raises(StoreClosed):
            view.scan(LEVEL)
    with ThreadPoolExecutor(1) as pool, pytest.raises(StoreClosed):
        pool.submit(store.view).result(timeout=5)


def test_two_tables_of_one_name_are_refused(store: MemoryStore) -> None:
    """Tables are told apart by their names, so a second declaration is a mistake and changes nothing."""
    with pytest.raises(StoreError, match="toy_level"):
        store.migrate([Table("toy_level", LevelRow, key=1)])
    with store.view() as view:
        assert view.count(LEVEL) == 0


@pytest.mark.parametrize(
    "misuse",
    [
        lambda reader: reader.position(RUNNER, RUNNER_BY_DAY, (1,), (1,)),
        lambda reader: reader.position(RUNNER, RUNNER_BY_RANK, (), (1,)),
        lambda reader: reader.position(LETTER, None, (1, "in"), (1,)),
        lambda reader: reader.find(CITY, CITY_BY_SIZE, (1,)),
        lambda reader: reader.scan(CITY, RUNNER_BY_RANK),
        lambda reader: reader.last(CITY, ()),
        lambda reader: reader.find(LETTER, CITY_BY_CODE, ("x",)),
    ],
    ids=["not counted", "no board", "a chain", "not unique", "not its index", "no chain", "another's index"],
)
def test_what_other_stores_could_not_answer_is_refused(
    store: MemoryStore, misuse: Callable[[Reader], object]
) -> None:
    """A question off the declared indexes fails here too, so that it is found in tests that run in memory."""
    with store.view() as view, pytest.raises(StoreError):
        misuse(view)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([None, None], [LetterRow(1, "in", 3, "c"), LetterRow(1, "in", 5, "e")]),
        ([LetterRow(1, "in", 1, "a")], [None]),
    ],
    ids=["a number left out", "not the last"],
)
def test_a_chain_gets_no_holes(
    store: MemoryStore, before: list[LetterRow | None], after: list[LetterRow | None]
) -> None:
    """Rows that would break the numbering are refused as a whole."""
    links = [LetterRow(1, "in", 1, "a"), LetterRow(1, "in", 2, "b")]
    with writing(store) as tx:
        insert(tx, LETTER, *links)
        keys: list[Key] = [
            (1, "in", (old or new or links[0]).n) for old, new in zip(before, after, strict=True)
        ]
        with pytest.raises(StoreError, match="hole"):
            tx.replace(LETTER, dict(zip(keys, before, strict=True)), dict(zip(keys, after, strict=True)))
        assert tx.scan(LETTER) == links


def test_a_bound_may_go_on_into_the_key(store: MemoryStore) -> None:
    """A cursor of the columns and the key after them stands between rows otherwise alike."""
    rows = [CityRow(name, None, 7, None) for name in "abcd"]
    with writing(store) as tx:
        insert(tx, CITY, *rows)
        assert tx.scan(CITY, CITY_BY_SIZE, start=(7, "c")) == rows[2:]
        assert tx.scan(CITY, CITY_BY_SIZE, (7,), stop=("c",)) == rows[:2]
        assert tx.scan(CITY, CITY_BY_SIZE, (7, "b")) == rows[1:2]
        assert tx.count(CITY, CITY_BY_SIZE, (7, "b")) == 1


def test_a_row_without_an_ordered_value_has_no_place(store: MemoryStore) -> None:
    """None in a column other than `present` keeps a row off the board instead of failing to compare."""
    with writing(store) as tx:
        insert(tx, RUNNER, RunnerRow(1, 1, 5, None, None, None), RunnerRow(2, 1, 5, "x", None, None))
        assert [row.person for row in tx.scan(RUNNER, RUNNER_BY_RANK, (1,))] == [2]


def test_a_row_may_change_its_board(store: MemoryStore) -> None:
    """Where the first column of a counted index is no part of the key, a row leaves one board for another."""
    table = Table(
        "toy_moving",
        RunnerRow,
        key=1,
        indexes=(by_rank := Index("toy_moving_by_rank", ("race", "down"), counted=True, present="down"),),
    )
    store.migrate([table])
    with writing(store) as tx:
        insert(tx, table, *A_BOARD)
        assert tx.count(table, by_rank, (1,)) == len(A_BOARD)
        update(tx, table, A_BOARD[7]._replace(race=2))
        assert tx.count(table, by_rank, (1,)) == len(A_BOARD) - 1
        assert tx.scan(table, by_rank, (2,)) == [A_BOARD[7]._replace(race=2)]
        assert tx.position(table, by_rank, (1, 2), (9,)) == 1  # 2 stands there still, 7 went, 12 comes after


def test_nothing_in_place_of_nothing_is_nothing(store: MemoryStore) -> None:
    """A row that was put and taken off again before it was written may be named without harm."""
    with writing(store) as tx:
        tx.replace(LETTER, {(1, "in", 1): None}, {(1, "in", 1): None})
        tx.replace(RUNNER, {(1, 1): None}, {(1, 1): None})
        insert(tx, LETTER, LetterRow(1, "in", 1, "a"))
        assert tx.count(LETTER) == 1
        assert tx.count(RUNNER) == 0


def test_groups_of_chains_follow_the_chains(store: MemoryStore) -> None:
    """All chains of one box are found together, also those begun and ended after the first time of asking."""
    with writing(store) as tx:
        insert(tx, LETTER, LetterRow(1, "in", 1, "a"))
        assert tx.count(LETTER, None, (1,)) == 1
        insert(tx, LETTER, LetterRow(1, "out", 1, "b"), LetterRow(2, "in", 1, "c"))
        assert [row.text for row in tx.scan(LETTER, None, (1,))] == ["a", "b"]
        remove(tx, LETTER, LetterRow(1, "out", 1, "b"))
        assert [row.text for row in tx.scan(LETTER, None, (1,))] == ["a"]
        assert tx.count(LETTER, None, (2,)) == 1


class _Torn(dict[Key, Any]):
    """A mapping that breaks off in its second reading: after the checks, within the work."""

    readings = 0

    def items(self) -> Any:
        """Iterate, or break off."""
        self.readings += 1
        found = super().items()
        if self.readings > 1:
            return _broken_off(list(found))
        return found


def _broken_off(pairs: list[tuple[Key, Any]]) -> Iterator[tuple[Key, Any]]:
    yield pairs[0]
    raise KeyboardInterrupt


def test_an_interrupted_change_leaves_nothing(store: MemoryStore) -> None:
    """Ctrl-C in the middle of a `replace` leaves nothing of it, in the rows and on the boards."""
    with writing(store) as tx:
        insert(tx, RUNNER, *A_BOARD)
        assert tx.position(RUNNER, RUNNER_BY_RANK, (1,), (1,)) == 8
    tx = store.begin()
    torn = _Torn({row[:2]: row._replace(down=99) for row in A_BOARD[:3]})
    with pytest.raises(KeyboardInterrupt):
        tx.replace(RUNNER, {row[:2]: row for row in A_BOARD[:3]}, torn)
    assert tx.count(RUNNER, RUNNER_BY_RANK, (1, 99)) == 0
    tx.commit()
    with store.view() as view:
        assert view.scan(RUNNER) == A_BOARD
        assert view.scan(RUNNER, RUNNER_BY_RANK, (1,)) == sorted(A_BOARD, key=lambda row: (row.down, row.tie))


def test_an_interrupted_reader_leaves_no_broken_board(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while a board is brought up to date is made good by the next reader."""
    with writing(store) as tx:
        insert(tx, RUNNER, *A_BOARD)
        assert tx.count(RUNNER, RUNNER_BY_RANK, (1, 0)) == 8
        update(tx, RUNNER, A_BOARD[0]._replace(down=99), A_BOARD[1]._replace(down=99))

        def interrupted(*_entries: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(Blocks, "replace", interrupted)
            with pytest.raises(KeyboardInterrupt):
                tx.count(RUNNER, RUNNER_BY_RANK, (1,))
        assert tx.count(RUNNER, RUNNER_BY_RANK, (1,)) == len(A_BOARD)
        assert [row.person for row in tx.scan(RUNNER, RUNNER_BY_RANK, (1, 99))] == [0, 1]


def test_a_chain_taken_off_in_parts_comes_back_in_order(store: MemoryStore) -> None:
    """A rollback over several removals of one chain puts its links back under their own numbers."""
    links = [LetterRow(1, "in", n, str(n)) for n in range(1, 7)]
    with writing(store) as tx:
        insert(tx, LETTER, *links)
    tx = store.begin()
    remove(tx, LETTER, *reversed(links[4:]))
    remove(tx, LETTER, *reversed(links[1:4]))
    remove(tx, LETTER, links[0])
    insert(tx, LETTER, links[0]._replace(text="other"))
    tx.rollback()
    with store.view() as view:
        assert view.scan(LETTER) == links


def test_chains_lie_as_plain_tuples(store: MemoryStore) -> None:
    """A link is kept as a plain tuple, which the garbage collector forgets, and comes out as its row type."""
    with writing(store) as tx:
        insert(tx, LETTER, LetterRow(1, "in", 1, "a"))
        update(tx, LETTER, LetterRow(1, "in", 1, "b"))
        insert(tx, LETTER, LetterRow(1, "in", 2, "c"), LetterRow(2, "in", 1, "d"))
        found = tx.scan(LETTER, LETTER_BY_TEXT)
    assert {type(row) for row in found} == {LetterRow}
    kept = [row for _, row in store._shelves[LETTER].pairs()]  # noqa: SLF001 - it shows nowhere else
    assert {type(row) for row in kept} == {tuple}


def test_the_package_loads_neither_pytest_nor_hypothesis() -> None:
    """An application that imports `gamify_core.testing` or the memory store needs no test tools installed."""
    script = "import sys, gamify_core.testing, gamify_core.storage.memory as m; m.MemoryStore().close(); "
    script += "sys.exit(bool({'pytest', 'hypothesis', 'sqlite_utils'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0  # noqa: S603
