"""One file, several processes: taking turns, first openings, and forks at every awkward moment."""

# ruff: noqa: SLF001, S603 - looks into the queue of waiters, and starts Python itself

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gamify_core.errors import StoreBusy, StoreError
from gamify_core.storage import sqlite as sqlite_store
from gamify_core.storage.filelock import FileLock, Place
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.testing.contract import insert, update, writing
from gamify_core.testing.toys import LEVEL, RUNNER, RUNNER_BY_RANK, TOYS, LevelRow, RunnerRow

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX")

FIRST_OPENING = """
import sys
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.storage.tables import TABLES
sys.stdin.readline()
store = SQLiteStore(sys.argv[1])
store.migrate(TABLES)
store.close()
"""
ADDING = """
import sys
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.testing.contract import update, writing
from gamify_core.testing.toys import LEVEL, RUNNER
store = SQLiteStore(sys.argv[1], durability="normal")
me = int(sys.argv[2])
sys.stdin.readline()
for turn in range(100):
    with writing(store) as tx:
        row = tx.get(LEVEL, (1, 0))
        update(tx, LEVEL, row._replace(holders=row.holders + 1))
        update(tx, RUNNER, *[tx.get(RUNNER, (me * 100 + n, 1))._replace(down=-turn * n) for n in range(20)])
store.close()
"""
MOVING = """
import sys
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.testing.contract import update, writing
from gamify_core.testing.toys import RUNNER, RunnerRow
store = SQLiteStore(sys.argv[1], durability="normal")
for line in sys.stdin:
    turn = int(line)
    with writing(store) as tx:
        update(tx, RUNNER, *[RunnerRow(n, 1, n * turn % 997, f"p{n}", turn, None) for n in range(turn % 5, 900, 5)])
    print("done", flush=True)
store.close()
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    """Give a store with one level row of nobody, closed afterwards."""
    made = SQLiteStore(tmp_path / "store.db", timeout=5)
    made.migrate(TOYS)
    with writing(made) as tx:
        insert(tx, LEVEL, LevelRow(1, 0, 0))
    yield made
    made.close()


def _raise_by_one(store: SQLiteStore) -> None:
    with writing(store) as tx:
        row = tx.get(LEVEL, (1, 0))
        assert row is not None
        update(tx, LEVEL, row._replace(holders=row.holders + 1))


def _holders(store: SQLiteStore) -> int:
    with store.view() as view:
        row = view.get(LEVEL, (1, 0))
    assert row is not None
    return row.holders


def _together(script: str, calls: list[list[str]]) -> None:
    """Run a script several times at once, all starting in the same moment."""
    folder = Path(sqlite_store.__file__).parents[2]
    surroundings = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-W", "error", "-c", script]
    children = [
        subprocess.Popen(
            [*command, *call], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings
        )
        for call in calls
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        _, complaint = child.communicate(timeout=120)
        assert (child.returncode, complaint) == (0, "")


def _in_child(work: Callable[[], object]) -> Callable[[], str]:
    """Fork, do the work in the child, and return what waits for it and tells what came of it."""
    reading, writing_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = f"{work()}"
        except BaseException as error:  # noqa: BLE001 - the parent is told of whatever it was
            answer = f"{type(error).__name__}: {error}"
        os.write(writing_end, answer.encode())
        os._exit(0)
    os.close(writing_end)

    def wait() -> str:
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read().decode()
        os.waitpid(child, 0)
        return answer

    return wait


def test_many_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """Whoever comes first makes the tables; all others find them, and nobody fails."""
    _together(FIRST_OPENING, [[str(tmp_path / "new.db")]] * 8)
    store = SQLiteStore(tmp_path / "new.db")
    with store.view() as view:
        assert view.borrowed.execute("SELECT COUNT(*) FROM gamify_schema").fetchone() == (1,)
    store.close()


def test_no_update_and_no_rank_is_lost_between_processes(store: SQLiteStore) -> None:
    """Processes that read and then write one row add up, and the counts they keep together stay exact."""
    with writing(store) as tx:
        insert(
            tx, RUNNER, *[RunnerRow(me * 100 + n, 1, n, "", None, None) for me in range(3) for n in range(20)]
        )
    _together(ADDING, [[store.path, str(me)] for me in range(3)])
    assert _holders(store) == 300
    with store.view() as view:
        assert view.verify_counts(RUNNER, RUNNER_BY_RANK) == []
        assert view.count(RUNNER, RUNNER_BY_RANK, (1,)) == 60


def test_ranks_are_those_of_the_other_process_at_once(store: SQLiteStore) -> None:
    """What a reader remembers of blocks and rows never outlives a commit of another process."""
    rows = {n: RunnerRow(n, 1, 0, f"p{n}", None, None) for n in range(900)}
    with writing(store) as tx:
        insert(tx, RUNNER, *rows.values())
    command = [sys.executable, "-c", MOVING, store.path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        for turn in range(1, 25):
            other.stdin.write(f"{turn}\n")
            other.stdin.flush()
            assert other.stdout.readline() == "done\n"
            rows.update(
                (n, RunnerRow(n, 1, n * turn % 997, f"p{n}", turn, None)) for n in range(turn % 5, 900, 5)
            )
            order = sorted(rows.values(), key=lambda row: (row.down, row.tie, row.person))
            downs = [row.down for row in order if row.down is not None]
            for _ in range(2):  # the second time from what is remembered
                with store.view() as view:
                    for bound in range(0, 997, 83):
                        assert view.position(RUNNER, RUNNER_BY_RANK, (1,), (bound,)) == bisect_left(
                            downs, bound
                        )
                    todays = sum(row.day == turn and row.down is not None and row.down < 500 for row in order)
                    assert view.position(RUNNER, RUNNER_BY_RANK, (1,), (500,), turn) == todays
                    assert view.count(RUNNER, RUNNER_BY_RANK, (1,)) == len(rows)
                    assert view.scan(RUNNER, RUNNER_BY_RANK, (1,), limit=10) == order[:10]
                    assert view.get(RUNNER, (turn % 5, 1)) == rows[turn % 5]
        other.stdin.close()
    with store.view() as view:
        assert view.verify_counts(RUNNER, RUNNER_BY_RANK) == []


def test_a_child_works_beside_its_parent(store: SQLiteStore) -> None:
    """Both sides of a fork read and write, and what the child writes after the parent closed is kept."""
    _raise_by_one(store)
    closed_reading, closed_writing = os.pipe()

    def work() -> int:
        _raise_by_one(store)
        os.read(closed_reading, 1)
        _raise_by_one(store)
        return _holders(store)

    wait = _in_child(work)
    _raise_by_one(store)
    store.close()
    os.write(closed_writing, b"x")
    assert wait() == "4"
    for end in (closed_reading, closed_writing):
        os.close(end)
    again = SQLiteStore(store.path)
    again.migrate(TOYS)
    assert _holders(again) == 4
    again.close()


def test_a_fork_waits_for_the_work_of_other_threads(store: SQLiteStore) -> None:
    """A child forked while another thread is inside a transaction and a view can work."""
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with store.view() as view:
            tx = store.begin()
            view.count(LEVEL)
            inside.set()
            time.sleep(0.1)
            tx.commit()
        done.set()

    def work() -> tuple[bool, int]:
        _raise_by_one(store)
        return done.is_set(), _holders(store)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    wait = _in_child(work)
    assert wait() == "(True, 1)"
    thread.join()
    _raise_by_one(store)
    assert _holders(store) == 2


@pytest.mark.parametrize("kind", ["transaction", "view"])
def test_a_child_forked_in_the_middle_refuses(store: SQLiteStore, kind: str) -> None:
    """A fork inside one's own transaction or view: the child says so, the parent goes on undisturbed."""
    held: Any = store.begin() if kind == "transaction" else store.view().__enter__()

    def work() -> str:
        answers = []
        for attempt in (
            lambda: held.get(LEVEL, (1, 0)),
            store.begin,
            store.view().__enter__,
            lambda: SQLiteStore(store.path),
        ):
            try:
                attempt()
            except StoreError as error:
                answers.append("forked" if "was forked" in str(error) else "refused")
        if kind == "transaction":
            held.rollback()
        return " ".join(answers)

    wait = _in_child(work)
    assert wait() == "refused forked forked forked"
    assert held.get(LEVEL, (1, 0)) == LevelRow(1, 0, 0)
    if kind == "transaction":
        update(held, LEVEL, LevelRow(1, 0, 5))
        held.commit()
    else:
        held.__exit__(None, None, None)
    _raise_by_one(store)
    assert _holders(store) == (6 if kind == "transaction" else 1)


def test_a_fork_does_not_wait_for_ever(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """When another thread does not end its work, the fork goes on; the child refuses, the parent works."""
    monkeypatch.setattr(sqlite_store, "_FORK_PATIENCE", 0.05)
    inside, over = threading.Event(), threading.Event()

    def hold() -> None:
        with store.view():
            tx = store.begin()
            inside.set()
            over.wait()
            tx.commit()

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    wait = _in_child(lambda: _holders(store))
    assert "was forked" in wait()
    over.set()
    thread.join()
    _raise_by_one(store)
    assert _holders(store) == 1


def test_an_inherited_connection_outlives_the_child(store: SQLiteStore) -> None:
    """A child that ends in the ordinary way does not close what it inherited, so the parent can commit."""
    folder = Path(sqlite_store.__file__).parents[2]
    script = f"""
import os, sys
sys.path.insert(0, {str(folder)!r})
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.testing.contract import insert
from gamify_core.testing.toys import LEVEL, LevelRow
store = SQLiteStore({store.path!r})
with store.view() as view:
    tx = store.begin()
    child = os.fork()
    if child == 0:
        sys.exit(0)
    os.waitpid(child, 0)
    insert(tx, LEVEL, LevelRow(7, 7, 7))
    tx.commit()
store.close()
"""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    with store.view() as view:
        assert view.get(LEVEL, (7, 7)) == LevelRow(7, 7, 7)


def test_a_closed_store_and_a_read_only_store_survive_a_fork(store: SQLiteStore) -> None:
    """Stores that hold no lock are forked with all others."""
    closed = SQLiteStore(store.path)
    closed.close()
    reading = SQLiteStore(store.path, read_only=True)
    wait = _in_child(lambda: _holders(reading))
    assert wait() == "0"
    assert _holders(reading) == 0
    reading.close()


def test_the_lock_of_a_process_that_died_is_free(store: SQLiteStore) -> None:
    """A process killed in the middle of a transaction keeps nobody waiting, and leaves nothing."""

    def die() -> None:
        insert(store.begin(), LEVEL, LevelRow(9, 9, 9))
        os._exit(9)

    _in_child(die)()
    _raise_by_one(store)
    with store.view() as view:
        assert view.get(LEVEL, (9, 9)) is None


# -- the locks themselves --------------------------------------------------------------------------------


def test_a_turn_goes_to_whoever_waited_longest() -> None:
    """Threads get their turns in the order in which they asked."""
    place = Place()
    assert place.acquire(time.monotonic())
    served: list[int] = []
    threads = []

    def wait(number: int) -> None:
        assert place.acquire(time.monotonic() + 10)
        served.append(number)
        place.release()

    for number in range(5):
        thread = threading.Thread(target=wait, args=(number,))
        thread.start()
        threads.append(thread)
        while len(place._waiting) <= number:
            time.sleep(0.001)
    place.release()
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4]
    assert place.acquire(time.monotonic())


def test_a_turn_that_came_too_late_is_passed_on() -> None:
    """A waiter that gave up is skipped."""
    place = Place()
    place.acquire(time.monotonic())
    assert not place.acquire(time.monotonic() + 0.01)
    assert not place.acquire(0.0)
    place.release()
    assert place.acquire(time.monotonic())


def test_a_turn_handed_over_as_the_waiting_ended_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the deadline and the handing over fall together, the turn is the waiter's and is not lost."""
    place = Place()
    place.acquire(time.monotonic())
    withdraw = place._withdraw

    def late(ticket: threading.Lock) -> bool:
        place.release()
        return withdraw(ticket)

    monkeypatch.setattr(place, "_withdraw", late)
    assert place.acquire(time.monotonic())
    assert place._taken


def test_a_file_lock_is_one_at_a_time_and_knows_a_deadline(tmp_path: Path) -> None:
    """A second holder of the same file waits until its deadline, and gets the lock when it is let go."""
    one, two = FileLock(str(tmp_path / "lock")), FileLock(str(tmp_path / "lock"))
    assert one.acquire(time.monotonic())
    assert not two.acquire(time.monotonic() + 0.02)
    one.release()
    assert two.acquire(time.monotonic())
    for lock in (one, two, two):
        lock.close()


def test_a_waiting_process_holds_the_turnstile(tmp_path: Path) -> None:
    """Behind a process that already waits, another one waits for the turnstile, and gives up in time."""
    ready_reading, ready_writing = os.pipe()
    path = str(tmp_path / "lock")
    lock = FileLock(path)
    assert lock.acquire(time.monotonic())

    def queue() -> bool:
        mine = FileLock(path)
        os.write(ready_writing, b"x")
        return mine.acquire(time.monotonic() + 10)

    wait = _in_child(queue)
    os.read(ready_reading, 1)
    time.sleep(0.05)
    lock.release()
    late = FileLock(path)
    assert wait() == "True"
    assert late.acquire(time.monotonic() + 1)
    for one in (lock, late):
        one.close()
    for end in (ready_reading, ready_writing):
        os.close(end)


def test_a_busy_store_says_for_how_long(store: SQLiteStore) -> None:
    """A stranger that holds SQLite's own lock for too long is `StoreBusy`, caused by the driver's error."""
    impatient = SQLiteStore(store.path, timeout=0.05)
    stranger = sqlite3.connect(store.path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy) as caught:
        impatient.begin()
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    stranger.close()
    impatient.close()
