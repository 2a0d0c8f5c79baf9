"""Many processes and threads at one file: turns, same keys, first openings, clocks, backups, a full disk, forks."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import resource
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gamify_core import Catalog, Engine, InsufficientPoints, ManualClock, SQLiteStore, StoreError
from tests.faults.playing import DEEP, Ended, Say, begun, command, in_child, made_good, opened, prefixes

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX"),
    pytest.mark.filterwarnings(
        "ignore:.*multi-threaded.*fork:DeprecationWarning"
    ),  # it is what the stores prepare for
]

PROCESSES, THREADS = (8, 8) if DEEP else (4, 4)
SECONDS = 120.0 if DEEP else 1.5
BACKUPS = 100 if DEEP else 4
OPENINGS = 40 if DEEP else 3
PATIENCE = 30.0
BOARD = Catalog.from_dict({"ladders": {"tier": {"tiers": {"a": 0, "b": 500}}}, "leaderboards": {"all": {}}})


def together(works: list[Callable[[Say], object]]) -> list[Ended]:
    """Let children work at the same time, and return how each ended, in order."""
    waiting = [begun(work) for work in works]
    with ThreadPoolExecutor(len(waiting)) as pool:  # each is listened to: a full pipe would make it wait
        return list(pool.map(lambda wait: wait(), waiting))


def unexpected(ended: list[Ended]) -> list[str]:
    """Return what children said that they should not have met."""
    return [line for one in ended for line in one.said if line.startswith("unexpected")]


# -- a crowd --------------------------------------------------------------------------------------------


def in_the_crowd(path: Path, process: int, until: float, say: Say) -> None:
    """Work in several threads until an instant, and say what each call was and how long it took."""
    lock = threading.Lock()
    with Engine(BOARD, SQLiteStore(path, timeout=PATIENCE)) as game:

        def work(thread: int) -> None:
            luck = random.Random(process * 100 + thread)  # noqa: S311 - who does what
            n = 0
            while time.time() < until:
                n += 1
                kind = luck.choice(["award", "deduct", "transfer", "storm"])
                began = time.perf_counter()
                came: list[Any] = []
                try:
                    if kind == "award":
                        came = [game.points.award("hot", 3).new_balance]
                    elif kind == "deduct":
                        came = [game.points.deduct("hot", luck.randrange(1, 9)).new_balance]
                    elif kind == "transfer":
                        game.points.transfer("hot", f"p{luck.randrange(20)}", 1)
                    else:  # everybody comes with the same key at about the same time
                        key = f"storm-{int(time.time() * 20)}"
                        came = [key, game.points.award("storm", 1, idempotency_key=key).replayed]
                except InsufficientPoints:
                    kind = "short"
                except BaseException as error:  # noqa: BLE001 - the parent judges it
                    kind = f"unexpected {type(error).__name__}: {error}"
                took = time.perf_counter() - began
                with lock:
                    say(kind if kind.startswith("unexpected") else json.dumps([kind, took, *came]))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def test_a_crowd_at_a_hot_account(tmp_path: Path) -> None:
    """No error, nobody overdraws, a key that all come with at once acts once, points come from nowhere never."""
    path = tmp_path / "game.db"
    Engine(BOARD, path).close()
    until = time.time() + SECONDS
    ended = together([partial(in_the_crowd, path, n, until) for n in range(PROCESSES)])
    assert unexpected(ended) == []
    calls = [json.loads(line) for one in ended for line in one.said]
    storms = Counter(call[2] for call in calls if call[0] == "storm" and not call[3])
    assert set(storms.values()) == {1}, "each key acted once"
    with Engine(BOARD, path) as game:
        report = game.history.verify()
        assert report.ok, report
        assert game.points.balance("storm").balance == len(storms)
        hot = game.points.balance("hot")
        assert hot.balance >= 0
    assert all(call[2] >= 0 for call in calls if call[0] == "deduct")
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT min(balance) FROM balances").fetchone()[0] >= 0
    connection.close()
    waits = sorted(call[1] for call in calls)
    shares = [len(one.said) for one in ended]
    p50, p99 = (waits[int(len(waits) * share)] * 1000 for share in (0.5, 0.99))
    assert waits[-1] < PATIENCE
    print(  # noqa: T201 - the figure
        f"{PROCESSES} processes x {THREADS} threads, {SECONDS:.0f} s, FULL: {len(calls)} calls"
        f" ({len(calls) / SECONDS:.0f}/s), 0 errors, 0 overdrafts, {len(storms)} storms of one effect each;"
        f" a call took p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {waits[-1] * 1000:.0f} ms;"
        f" calls of a process: {min(shares)} to {max(shares)}"
    )


# -- first openings -------------------------------------------------------------------------------------


def opened_first(path: Path, number: int, go: float, say: Say) -> None:
    """Open a file that may not be there yet, with fifteen others, and do something in it."""
    time.sleep(max(0.0, go - time.time()))
    with Engine(BOARD, SQLiteStore(path, timeout=PATIENCE)) as game:
        game.points.award(f"p{number}", 1)
        say("ok")


def test_sixteen_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    """One of them makes the tables, all of them work."""
    for turn in range(OPENINGS):
        path = tmp_path / f"{turn}.db"
        go = time.time() + 0.2
        ended = together([partial(opened_first, path, n, go) for n in range(16)])
        assert unexpected(ended) == []
        with Engine(BOARD, path) as game:
            assert game.leaderboards.top("all").total_participants == 16
            assert game.history.verify().ok
    print(f"{OPENINGS} x 16 processes opened a new file at once: {OPENINGS * 16} of {OPENINGS * 16} worked")  # noqa: T201


# -- clocks ---------------------------------------------------------------------------------------------


def with_a_clock(path: Path, years: int, say: Say) -> None:
    """Write under a clock that is years off, and jumps about."""
    luck = random.Random(years)  # noqa: S311 - where to jump
    began = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(days=365 * years)
    clock = ManualClock(began)
    with Engine(BOARD, SQLiteStore(path, timeout=PATIENCE), clock=clock) as game:
        for _ in range(40):
            clock.set(began + timedelta(days=luck.randrange(-3650, 3650)))
            game.points.award("ada", 1)
        say("ok")


def test_clocks_that_disagree_and_jump(tmp_path: Path) -> None:
    """However clocks run, what was recorded later has a later instant, and the sum is right."""
    path = tmp_path / "game.db"
    ended = together([partial(with_a_clock, path, years) for years in (0, 10, 30)])
    assert unexpected(ended) == []
    connection = sqlite3.connect(path)
    moments = [row[0] for row in connection.execute("SELECT recorded_at FROM gamify_activity ORDER BY seq")]
    connection.close()
    assert len(moments) >= 3 * 40
    assert all(one < other for one, other in pairwise(moments))
    with Engine(BOARD, path) as game:
        assert game.points.balance("ada").balance == 3 * 40
        assert game.history.verify().ok


# -- backups under load ---------------------------------------------------------------------------------


def test_backups_while_others_write(tmp_path: Path) -> None:
    """Each copy is the game of one moment: an exact prefix of the history, with a clean audit."""
    path = tmp_path / "game.db"
    total = 400 if DEEP else 60
    prefixes(total)  # before anybody writes

    def write(say: Say) -> None:
        with opened(path) as game:
            for n in range(total):
                command(game, n)
                if n % 20 == 0:
                    say("ok")
                time.sleep(0.02 if DEEP else 0.005)

    found = []

    def copy() -> None:
        with opened(path) as game:
            for number in range(BACKUPS):
                game.backup(tmp_path / f"copy{number}.db")
                time.sleep(0.02)

    wait = begun(write)
    copying = threading.Thread(target=copy)
    copying.start()
    assert unexpected([wait()]) == []
    copying.join()
    for number in range(BACKUPS):
        with opened(tmp_path / f"copy{number}.db") as game:
            found.append(prefixes(total)[game.history.state_digest()])
            assert game.history.verify().ok
    assert found == sorted(found)
    print(  # noqa: T201 - the figure
        f"{BACKUPS} backups under load: each an exact prefix of the history ({len(set(found))} different), audits clean"
    )


# -- a disk that is full --------------------------------------------------------------------------------


def filled(path: Path, limit: str, say: Say) -> None:
    """Play until the disk is full, see that what is there stays, make room, and go on."""
    count, n, refused = 120, 0, 0
    with opened(path) as game:
        connection = game._store.connection  # type: ignore[attr-defined]  # noqa: SLF001
        if limit == "pages":
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages + 3}")
        else:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            size = Path(f"{path}-wal").stat().st_size + 40_000
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        while n < count:
            try:
                command(game, n)
                n += 1
            except StoreError as error:
                refused += 1
                say(f"refused {type(error).__name__}")
                assert prefixes(count)[game.history.state_digest()] in {n, n + 1}
                if refused == 3:  # room is made
                    if limit == "pages":
                        connection.execute("PRAGMA max_page_count=1073741823")
                    resource.setrlimit(
                        resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
                    )
                assert refused < 6
    say("ok")


@pytest.mark.parametrize("limit", ["pages", "bytes"])
def test_a_full_disk(tmp_path: Path, limit: str) -> None:
    """Nothing is half there, it is said what is the matter, and when there is room again it goes on."""
    path = tmp_path / "game.db"
    with opened(path) as game:
        command(game, 0)
    prefixes(120)
    ended = in_child(partial(filled, path, limit))
    assert unexpected([ended]) == []
    assert ended.said[-1] == "ok"
    assert [line for line in ended.said if line.startswith("refused")], "the disk was full"
    made_good(path, 119, 120)


# -- forks ----------------------------------------------------------------------------------------------

_game: Engine | None = None  # what the workers of a pool inherit


def _paid(number: int) -> int:
    assert _game is not None
    return int(_game.points.award("pool", number).new_balance)


def test_a_child_that_drops_its_copy_of_the_engine(tmp_path: Path) -> None:
    """What the child lets go of is not what the parent has open by then."""
    held = {"game": Engine(BOARD, tmp_path / "game.db")}
    held["game"].points.award("ada", 1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reading, 1)
        held.clear()
        gc.collect()
        os._exit(0)
    with held["game"].transaction() as tx:
        tx.points.award("ada", 1)
        os.write(writing, b"x")
        assert os.waitpid(child, 0)[1] == 0
    held["game"].points.award("ada", 1)
    assert held["game"].points.balance("ada").balance == 3
    assert held["game"].history.verify().ok
    held["game"].close()
    for end in (reading, writing):
        os.close(end)


def test_workers_of_a_pool_that_was_forked_beside_an_open_engine(tmp_path: Path) -> None:
    """Workers inherit the engine, each opens anew, and all of them and the parent write to one file."""
    global _game  # noqa: PLW0603 - that is how a pool that forks inherits
    _game = Engine(BOARD, tmp_path / "game.db")
    _game.points.award("pool", 1)
    with multiprocessing.get_context("fork").Pool(4) as pool:
        waiting = pool.map_async(_paid, [1] * 60)
        for _ in range(20):
            _game.points.award("pool", 1)
        assert len(set(waiting.get(timeout=60))) == 60
    assert _game.points.balance("pool").balance == 81
    assert _game.history.verify().ok
    _game.close()
    _game = None
