"""Copies, options in a URL, places that may only be read, and a COMMIT of which nobody knows what became."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gamify_core import (
    BadValue,
    Catalog,
    CommitOutcomeUnknown,
    Engine,
    HandleInUse,
    HostStore,
    ManualClock,
    NoTransaction,
    PointsAwarded,
    SQLiteStore,
    StoreBusy,
    StoreClosed,
    StoreError,
)
from gamify_core.storage import memory
from gamify_core.storage.memory import MemoryStore
from tests.engine.conftest import MakeEngine
from tests.faults.playing import Say, begun

CATALOG = Catalog.from_dict(
    {
        "rules": {"lesson": {"on": "lesson", "award": 10, "streak": "daily"}},
        "streaks": {"daily": {}},
        "ladders": {"tier": {"tiers": {"bronze": 0, "gold": 100}}},
        "badges": {"copy": {"max_supply": 5}},
        "leaderboards": {"week": {"period": "weekly"}},
    }
)
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX")


def in_child(work: Callable[[], object]) -> str:
    """Do the work in a child, and return what came of it."""
    return "\n".join(begun(lambda say: say(f"{work()}"))().said)


# -- backups --------------------------------------------------------------------------------------------


def test_a_backup_is_the_whole_game(make_engine: MakeEngine, clock: ManualClock, tmp_path: Path) -> None:
    """From memory and from a file: the copy has the same digest, its audit is clean, and it goes on by itself."""
    game = make_engine(CATALOG)
    for n in range(300):
        game.events.emit(f"p{n}", "lesson")
    game.assets.mint("copy", "p1")
    copy = tmp_path / "copy.db"
    game.backup(copy)
    before = game.history.state_digest()
    game.events.emit("p1", "lesson")
    with Engine.reopen(copy, clock=clock) as restored:
        assert restored.history.state_digest() == before
        assert restored.history.verify().ok
        assert restored.leaderboards.rank("week", "p7").score == 10
        restored.points.award("p1", 5)
    assert sorted(path.name for path in tmp_path.iterdir() if "store" not in path.name) == [
        "copy.db",
        "copy.db-lock",
    ]


def test_a_backup_that_cannot_be_made_leaves_nothing(make_engine: MakeEngine, tmp_path: Path) -> None:
    """A file that is there, a folder that is not, a value that is no path: refused, and no half of a copy stays."""
    game = make_engine(CATALOG)
    game.points.award("ada", 5)
    taken = tmp_path / "copy.db"
    taken.write_text("mine")
    for place in (taken, tmp_path, tmp_path / "missing" / "copy.db"):
        with pytest.raises(StoreError):
            game.backup(place)
    for bad in ("", "a\0b", 5, None, b"bytes"):
        with pytest.raises(BadValue) as caught:
            game.backup(bad)  # type: ignore[arg-type]
        assert caught.value.field == "path"
    with game.transaction() as tx:
        tx.points.award("ada", 5)
        with pytest.raises(HandleInUse):
            game.backup(tmp_path / "other.db")
    game.close()
    with pytest.raises(StoreClosed):
        game.backup(tmp_path / "other.db")
    assert taken.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if "store" not in path.name] == ["copy.db"]


def test_an_engine_without_a_file_leaves_backups_to_the_application(tmp_path: Path) -> None:
    """Where the application alone can open the database, it alone can copy it."""
    with pytest.raises(NoTransaction):
        Engine(CATALOG, HostStore()).backup(tmp_path / "copy.db")


# -- options --------------------------------------------------------------------------------------------


def test_a_url_has_options(tmp_path: Path) -> None:
    """Durability and patience can be set where an engine is configured by a string."""
    with Engine.open(CATALOG, f"sqlite:///{tmp_path}/game.db?durability=normal&timeout=0.05") as game:
        game.points.award("ada", 5)
        stranger = sqlite3.connect(tmp_path / "game.db", isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy) as caught:
            game.points.award("ada", 5)
        assert 0.05 <= caught.value.waited < 5
        stranger.close()
    for wrong in ("durability=ful", "timeout=soon", "timeout=-1", "timeout=nan", "timeout", "speed=9", "x"):
        with pytest.raises(BadValue):
            Engine.open(CATALOG, f"sqlite:///{tmp_path}/other.db?{wrong}")
    for patience in (-1, float("inf"), True, "5", None):
        with pytest.raises(BadValue) as refused:
            SQLiteStore(tmp_path / "other.db", timeout=patience)  # type: ignore[arg-type]
        assert refused.value.field == "timeout"
    assert not (tmp_path / "other.db").exists()


def test_memory_waits_with_a_deadline_too() -> None:
    """A thread that holds the store for too long is `StoreBusy` to the others."""
    game = Engine(CATALOG, MemoryStore(timeout=0.05))
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with game.transaction():
            held.set()
            over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    for call in (lambda: game.points.award("ada", 1), lambda: game.points.balance("ada")):
        with pytest.raises(StoreBusy) as caught:
            call()
        assert caught.value.waited >= 0.05
    over.set()
    thread.join()
    assert game.points.award("ada", 1).new_balance == 1


# -- reading only ---------------------------------------------------------------------------------------


@pytest.fixture
def public() -> Iterator[Path]:
    """Give a folder that anybody may read."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def stranger(path: Path) -> Callable[[], str]:
    """Return what asks a process that may write nothing there, begun before anything is open that it would inherit."""
    waiting, going = os.pipe()

    def read(say: Say) -> None:
        os.read(waiting, 1)
        if os.getuid() == 0:
            os.setuid(65534)  # to root, nothing is read-only
        with Engine.reopen(path, read_only=True) as game:
            with pytest.raises(StoreError, match="reading only"):
                game.points.award("ada", 1)
            say(f"{game.points.balance('ada').balance}, {game.history.verify().ok}")

    wait = begun(read)
    os.close(waiting)

    def ask() -> str:
        os.write(going, b"x")
        os.close(going)
        return "".join(wait().said)

    return ask


@needs_fork
def test_a_place_that_may_only_be_read(public: Path) -> None:
    """A file in a folder where nothing can be written opens, beside a log or without one, and nothing is made there."""
    path = public / "game.db"
    while_written, at_rest, after_a_crash = [stranger(path) for _ in range(3)]
    with Engine(CATALOG, path) as game:
        game.points.award("ada", 5)
        public.chmod(0o555)
        assert while_written() == "5, True"
        public.chmod(0o755)
        kept = {end: Path(f"{path}{end}").read_bytes() for end in ("", "-wal", "-shm")}
    path.chmod(0o444)
    public.chmod(0o555)
    assert at_rest() == "5, True"  # the log went with the last writer
    public.chmod(0o755)
    for end, content in kept.items():
        Path(f"{path}{end}").unlink(missing_ok=True)
        Path(f"{path}{end}").write_bytes(content)
    public.chmod(0o555)
    before = sorted(entry.name for entry in public.iterdir())
    assert after_a_crash() == "5, True"
    assert sorted(entry.name for entry in public.iterdir()) == before


# -- a commit of which nobody knows ---------------------------------------------------------------------


class Breaking:
    """A connection whose COMMIT fails, having been done or not."""

    def __init__(self, connection: sqlite3.Connection, *, done: bool) -> None:
        self._connection = connection
        self._done = done

    def execute(self, text: str, *rest: Any) -> Any:
        """Execute a statement, and break at COMMIT."""
        if text == "COMMIT":
            if self._done:
                self._connection.execute(text)
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(text, *rest)

    def __getattr__(self, name: str) -> Any:
        """Be the connection in all else."""
        return getattr(self._connection, name)


@pytest.mark.parametrize("done", [False, True])
def test_a_retry_after_a_commit_of_unknown_outcome_converges(tmp_path: Path, *, done: bool) -> None:
    """Whether it was done or not, the same key ends with exactly one effect, and nobody is told of it twice."""
    heard: list[object] = []
    store = SQLiteStore(tmp_path / "game.db")
    game = Engine(CATALOG, store)
    game.on(PointsAwarded, heard.append)
    game.points.award("ada", 1)
    store.connection = Breaking(store.connection, done=done)  # type: ignore[assignment]
    with pytest.raises(CommitOutcomeUnknown, match="same idempotency key"):
        game.events.emit("ada", "lesson", idempotency_key="lesson-1")
    again = game.events.emit("ada", "lesson", idempotency_key="lesson-1")
    assert (again.replayed, again.points) == (done, 10)
    assert game.points.balance("ada").balance == 11
    assert len(heard) == (1 if done else 2)
    assert game.history.verify().ok
    game.close()
    store.close()


# -- forks of a store in memory -------------------------------------------------------------------------


@needs_fork
def test_a_child_has_a_copy_of_what_is_in_memory() -> None:
    """After a fork each side goes on by itself, also from the middle of a transaction."""
    game = Engine(CATALOG)
    game.points.award("ada", 5)
    assert in_child(lambda: game.points.award("ada", 1).new_balance) == "6"
    with game.transaction() as tx:
        tx.points.award("ada", 10)
        assert in_child(lambda: tx.points.award("ada", 1).new_balance) == "16"
    assert game.points.balance("ada").balance == 15


@needs_fork
def test_a_fork_waits_for_the_thread_that_changes_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child never sees half a change, nor waits for a thread that it does not have."""
    game = Engine(CATALOG)
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with game.transaction() as tx:
            tx.points.award("ada", 5)
            held.set()
            over.wait(0.2)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    assert in_child(lambda: game.points.award("ada", 1).new_balance) == "6"
    thread.join()
    monkeypatch.setattr(memory, "_FORK_PATIENCE", 0.01)
    held.clear()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    began = time.monotonic()
    assert "was forked while another thread" in in_child(lambda: game.points.award("ada", 1))
    assert time.monotonic() - began < 5
    over.set()
    thread.join()
    assert game.points.award("ada", 1).new_balance == 11
