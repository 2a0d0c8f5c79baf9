"""The laws of an import, held against processes that are really killed and files that are really written."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from gamify_core import Catalog, Engine
from gamify_core.cli import main
from gamify_core.githistory import GitHistory
from gamify_core.importing import feed
from tests.cli.games import GIT, HISTORY, digest, gamify, played, ran, surroundings
from tests.cli.repositories import make, wild

KILLS = 30 if os.environ.get("GAMIFY_DEEP") else 4
BATCH = 3  # less than the lines that come between two kills, so that each gets a little further


@pytest.fixture(scope="module")
def whole() -> str:
    """Return the digest of the bundled history, played in memory without any interruption."""
    engine, _ = played(GIT, HISTORY.read_bytes().splitlines())
    return engine.history.state_digest()


def stored(db: Path) -> int:
    """Return how many events a file holds, as another program sees it."""
    if not db.exists():
        return 0
    connection = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # the tables are being made, or the file is
    finally:
        connection.close()


def heed_interrupts() -> None:
    """Take Ctrl-C as usual: a suite that runs in the background of a shell was started deaf to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(db: Path, lines: list[bytes]) -> subprocess.Popen[bytes]:
    """Start an import that has been given these lines, waits for more, and has committed some of them."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        gamify("run", GIT, "-", db, "--batch", str(BATCH)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=surroundings(),
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - this process has one thread
    )
    assert process.stdin is not None
    before = stored(db)
    process.stdin.write(b"".join(lines))
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while stored(db) <= before and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert process.poll() is None
    return process


@pytest.mark.parametrize("batch", ["1", "50", "1000"])
def test_memory_and_a_file_end_alike_whatever_the_batch(tmp_path: Path, whole: str, batch: str) -> None:
    """The same history with the same seed gives the same rows and ids, in memory and in a file."""
    db = tmp_path / "game.db"
    assert main(["run", str(GIT), str(HISTORY), str(db), "--batch", batch]) == 0
    assert digest(db) == whole


def test_running_the_same_file_again_changes_nothing(
    tmp_path: Path, whole: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every event is known already, nothing is written, and the status is that of success."""
    db = tmp_path / "game.db"
    arguments = ["run", str(GIT), str(HISTORY), str(db)]
    assert main(arguments) == 0
    capsys.readouterr()
    assert main(arguments) == 0
    assert "313 events: 0 new, 313 known already, 0 refused" in capsys.readouterr().out
    assert digest(db) == whole


def test_a_file_that_has_grown_continues(tmp_path: Path) -> None:
    """The first half, and then the whole file, is the whole file; also when no line has a key of its own."""
    lines = [
        re.sub(rb', "idempotency_key": "\w+"', b"", line)
        for line in HISTORY.read_bytes().splitlines(keepends=True)
    ]
    assert not any(b"idempotency_key" in line for line in lines)
    half, every, db = tmp_path / "half.jsonl", tmp_path / "every.jsonl", tmp_path / "game.db"
    half.write_bytes(b"".join(lines[:150]))
    every.write_bytes(b"".join(lines))
    for path in (half, every):
        assert main(["run", str(GIT), str(path), str(db)]) == 0
    in_one_go, _ = played(GIT, lines)
    assert digest(db) == in_one_go.history.state_digest()


def test_killed_at_any_moment_and_run_again_it_ends_the_same(tmp_path: Path, whole: str) -> None:
    """`kill -9` over and over, anywhere in the history or in a commit; then to the end: the same state."""
    db, luck = tmp_path / "game.db", random.Random(5)  # noqa: S311 - moments to kill at
    lines = HISTORY.read_bytes().splitlines(keepends=True)
    for kill in range(KILLS):
        process = started(db, lines[: 40 + 250 * kill // KILLS])
        time.sleep(luck.random() * 0.03)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert 0 < stored(db) < len(lines)
    done = ran("run", GIT, HISTORY, db)
    assert done.returncode == 0, done.stderr
    assert digest(db) == whole


def test_ctrl_c_ends_cleanly_and_the_same_command_goes_on(tmp_path: Path, whole: str) -> None:
    """No traceback, a summary, the status of an interruption, whole batches in the file; then it goes on."""
    db = tmp_path / "game.db"
    process = started(db, HISTORY.read_bytes().splitlines(keepends=True)[:100])
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert b"the same command goes on from there" in err
    assert b"refused" in out
    assert stored(db) % BATCH == 0
    assert ran("run", GIT, HISTORY, db).returncode == 0
    assert digest(db) == whole


def test_a_git_history_played_twice_changes_nothing(tmp_path: Path) -> None:
    """Names included: the second time writes no row, and memory would have ended alike."""
    repository, db = make(tmp_path / "r", wild(60, seed=3)), tmp_path / "game.db"
    arguments = ["demo", "--git", str(repository), "--db", str(db)]
    assert main(arguments) == 1  # one commit is from the future
    first = digest(db)
    assert main([*arguments, "--batch", "9"]) == 1
    assert digest(db) == first


def test_a_git_history_that_was_cut_off_ends_the_same(tmp_path: Path) -> None:
    """A part of the commits without their authors' names, as after a crash, and then all: as if in one go."""
    repository = make(tmp_path / "r", wild(60, seed=4))
    cut, one_go = tmp_path / "cut.db", tmp_path / "whole.db"
    with Engine(Catalog.load(GIT), cut, accept_late=None, seed=0) as engine:
        feed(engine, list(GitHistory(repository))[:25], batch=10)
    for db in (cut, one_go):
        main(["demo", "--git", str(repository), "--db", str(db)])
    assert digest(cut) == digest(one_go)
