"""A writer that is killed at any moment, what comes before an acknowledgement, and logs that were cut anywhere."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from tests.faults.faulty import UNREACHABLE, Faults, install
from tests.faults.playing import DEEP, Say, command, in_child, opened, prefixes

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX"),
    pytest.mark.filterwarnings(
        "ignore:.*multi-threaded.*fork:DeprecationWarning"
    ),  # it is what the stores prepare for
]

ROUNDS = 500 if DEEP else 12
ROUNDS_A_FILE = 25 if DEEP else 6
ACKS = 10_000 if DEEP else 100
COMMANDS = 60 if DEEP else 16
CUTS = 1_000 if DEEP else 20


# -- kill -9 --------------------------------------------------------------------------------------------


def killed(path: Path, first: int, after: float) -> int:
    """Let a child give commands from number `first` on, kill it some time after its first answer; count its answers."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with opened(path) as game:
            for n in count(first):
                command(game, n)
                os.write(writing, b".")
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read(1)
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
        told += pipe.read()
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, "it was alive until then"
    return len(told)


def effects_of(path: Path) -> int:
    """Return how many of the commands are there, each exactly once, as another program sees it."""
    connection = sqlite3.connect(path)
    try:
        there, distinct = connection.execute(
            "SELECT count(*), count(DISTINCT key) FROM gamify_activity WHERE key IS NOT NULL"
        ).fetchone()
    finally:
        connection.close()
    assert there == distinct
    return int(there)


def test_killed_over_and_over(tmp_path: Path) -> None:
    """Nothing that was answered is lost, nothing is there twice, and every audit is clean."""
    luck = random.Random(11)  # noqa: S311 - moments to kill at
    answered = unanswered = 0
    for number in range(ROUNDS):
        path = tmp_path / f"{number // ROUNDS_A_FILE}.db"
        if number % ROUNDS_A_FILE == 0:
            before = 0
        told = killed(path, before, luck.random() * 0.05)
        with opened(path) as game:
            there = effects_of(path)
            assert before + told <= there <= before + told + 1
            report = game.history.verify()
            assert report.ok, report
            for n in range(before, there):  # what was not answered is answered now, and not done again
                command(game, n)
            assert effects_of(path) == there
        answered += told
        unanswered += there - before - told
        before = there
    print(  # noqa: T201 - the figure
        f"kill -9, {ROUNDS} rounds: 0 of {answered} acknowledged lost, 0 doubled, every audit clean"
        f" ({unanswered} were written and not acknowledged)"
    )


# -- no answer before the disk has it -------------------------------------------------------------------


@pytest.mark.skipif(UNREACHABLE, reason="SQLite's own functions cannot be reached in this Python")
def test_no_acknowledgement_precedes_its_sync(tmp_path: Path) -> None:
    """Between the last write of a command and its answer there is a sync, as SQLite does them."""

    def play(say: Say) -> None:
        install(Faults(None, say))
        with opened(tmp_path / "game.db") as game:
            for n in range(200):
                command(game, n)
                say("ok")

    ended = in_child(play)
    assert ended.acknowledged == 200
    since: list[str] = []
    for line in ended.said:
        if line == "ok":
            assert "write" in since
            assert "sync" in since[len(since) - since[::-1].index("write") :], since
            since = []
        else:
            since.append(line)


_TOLD = """
import os, sys
from pathlib import Path
from tests.faults.playing import command, opened
with opened(Path(sys.argv[1])) as game:
    for n in range(int(sys.argv[2])):
        command(game, n)
        os.write(1, b"ok\\n")
"""
_CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((\d+)(?:<([^>]*)>)?.*= (-?\d+)")


@pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed: system calls are not seen"
)
def test_no_acknowledgement_precedes_its_fsync_in_the_kernel(tmp_path: Path) -> None:
    """As the kernel sees it: when an answer is written, every write to the log before it has been synced."""
    log = tmp_path / "calls"
    traced = subprocess.run(  # noqa: S603 - our own interpreter
        [
            *(
                "strace",
                "-f",
                "-y",
                "-e",
                "trace=write,pwrite64,fsync,fdatasync",
                "-e",
                "signal=none",
                "-o",
                str(log),
            ),
            *(sys.executable, "-c", _TOLD, str(tmp_path / "game.db"), str(ACKS)),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=1_800,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    if "ptrace" in traced.stderr and not traced.stdout:
        pytest.skip(f"strace may not trace here: {traced.stderr.strip():.200}")
    assert traced.returncode == 0, traced.stderr
    dirty = False
    acknowledged = early = 0
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            found = _CALL.match(line)
            if found is None:
                continue
            name, file, path, result = found.groups()
            if name in {"fsync", "fdatasync"} and (path or "").endswith("-wal"):
                dirty = dirty and int(result) != 0
            elif name == "pwrite64" and (path or "").endswith("-wal"):
                dirty = True
            elif name == "write" and file == "1" and '"ok' in line:
                acknowledged += 1
                early += dirty
    assert (acknowledged, early) == (ACKS, 0)
    print(f"{acknowledged} of {ACKS} acknowledgements were written after the fsync of what they acknowledge")  # noqa: T201


# -- a log that was cut ---------------------------------------------------------------------------------


def state_of(path: Path) -> int:
    """Return how many commands a file has, which must be an exact prefix of the history, and audit it."""
    with opened(path) as game:
        there = prefixes(COMMANDS)[game.history.state_digest()]
        report = game.history.verify()
        assert report.ok, report
    return there


def kept_open(path: Path, say: Say) -> None:
    """Play without a checkpoint, and die with all of it in the log."""
    with opened(path) as game:
        game._store.connection.execute("PRAGMA wal_autocheckpoint=0")  # type: ignore[attr-defined]  # noqa: SLF001
        for n in range(COMMANDS):
            command(game, n)
        say("ok")
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_log_cut_anywhere_is_a_prefix_of_the_history(tmp_path: Path) -> None:
    """At every frame and at random bytes: what is left is the state after some number of commands, never a mixture."""
    source = tmp_path / "game.db"
    assert in_child(partial(kept_open, source)).acknowledged == 1
    main, log = source.read_bytes(), Path(f"{source}-wal").read_bytes()
    frame = 24 + 4096
    frames = [32 + n * frame for n in range((len(log) - 32) // frame + 1)]
    luck = random.Random(13)  # noqa: S311 - places to cut at
    some = frames if DEEP else luck.sample(frames, 12)
    places = sorted({*some, *[luck.randrange(len(log)) for _ in range(CUTS)], len(log)})
    states = []
    for place in places:
        path = tmp_path / "cut.db"
        path.write_bytes(main)
        Path(f"{path}-wal").write_bytes(log[:place])
        states.append(state_of(path))
        for end in ("", "-wal", "-shm", "-lock"):
            Path(f"{path}{end}").unlink(missing_ok=True)
    assert states == sorted(states)
    assert states[-1] == COMMANDS
    print(  # noqa: T201 - the figure
        f"the log cut at {len(some)} of {len(frames)} frames and {CUTS} random bytes: "
        f"each an exact prefix ({len(set(states))} different ones), every audit clean"
    )
