"""Ended, or refused by the disk, at every single write, sync, truncation and removal of a file's whole life."""

from __future__ import annotations

import os
import signal
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from gamify_core import CommitOutcomeUnknown, Engine, StoreError
from gamify_core.storage import sqlite_schema
from tests.faults.faulty import UNREACHABLE, Fault, Faults, install
from tests.faults.playing import DEEP, Ended, Say, command, in_child, made_good, opened, prefixes

pytestmark = [
    pytest.mark.skipif(
        UNREACHABLE, reason="SQLite's own functions cannot be reached in this Python: no faults to inject"
    ),
    pytest.mark.filterwarnings(
        "ignore:.*multi-threaded.*fork:DeprecationWarning"
    ),  # it is what the stores prepare for
]

COUNT = 20 if DEEP else 8
SHORT = 8  # commands of a life among errors, of which there are many more
STRIDE = 1 if DEEP else 37  # every call, or one in so many


def eager(game: Engine) -> None:
    """Let checkpoints come every few commits, so that they are a part of the life."""
    game._store.connection.execute("PRAGMA wal_autocheckpoint=12")  # type: ignore[attr-defined]  # noqa: SLF001


def life(path: Path, commands: int, fault: Fault | None, say: Say) -> None:
    """Live from the making of a file to its closing, saying what was answered."""
    faults = Faults(fault)
    install(faults)
    with opened(path) as game:
        eager(game)
        for n in range(commands):
            command(game, n)
            say("ok")
    say(f"calls {faults.calls}")


def stubborn(path: Path, fault: Fault, say: Say, *, dies: bool = False) -> None:
    """Live the same life, repeating whatever fails for a reason that is documented; or die when that is unknown.

    Every other life goes on with the engine that met the error, the rest open a new one.
    """
    install(Faults(fault))
    stays = bool(fault.first // STRIDE // 2 % 2)
    n = refused = 0
    while n < SHORT:
        try:
            with opened(path) as game:
                eager(game)
                while n < SHORT:
                    try:
                        command(game, n)
                    except StoreError as error:
                        if dies and isinstance(error, CommitOutcomeUnknown):
                            os.kill(os.getpid(), signal.SIGKILL)
                        if not stays:
                            raise
                        say(f"refused {type(error).__name__}")
                        refused += 1
                        assert refused < 60, "it goes on for ever"
                        continue
                    say("ok")
                    n += 1
        except StoreError as error:
            say(f"refused {type(error).__name__}")
            refused += 1
            assert refused < 60, "it goes on for ever"


def calls_of_a_life(path: Path, commands: int) -> int:
    """Return how many calls there are to fail."""
    ended = in_child(partial(life, path, commands, None))
    assert ended.acknowledged == commands, ended
    return int(ended.said[-1].removeprefix("calls "))


def test_killed_at_every_call(tmp_path: Path) -> None:
    """Whatever was answered is there, what was not is there whole or not at all, and the rest can be made good."""
    calls = calls_of_a_life(tmp_path / "whole.db", COUNT)
    answered = lives = 0
    for first in range(1, calls + 1, STRIDE):
        path = tmp_path / f"{first}.db"
        ended = in_child(partial(life, path, COUNT, Fault(first, "kill")))
        assert ended.status == signal.SIGKILL, ended
        made_good(path, ended.acknowledged, COUNT)
        path.unlink()
        answered += ended.acknowledged
        lives += 1
    print(  # noqa: T201 - the figure
        f"killed at {lives} of {calls} calls (creation, migration, writing, checkpoint, close): "
        f"0 of {answered} answered commands lost, 0 doubled, every audit clean"
    )


def judged(ended: Ended, path: Path) -> Counter[str]:
    """Hold a life among errors to its promises, and return the names of those it met."""
    refusals = Counter(line.removeprefix("refused ") for line in ended.said if line.startswith("refused "))
    unexpected = [line for line in ended.said if line.startswith("unexpected")]
    assert not unexpected, unexpected
    with opened(path) as game:
        assert prefixes(SHORT).get(game.history.state_digest()) == SHORT
        report = game.history.verify()
        assert report.ok, report
    return refusals


@pytest.mark.parametrize("what", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("lasts", [0, 8], ids=["once", "for_a_while"])
def test_the_disk_refuses_every_call(tmp_path: Path, what: Literal["EIO", "ENOSPC"], lasts: int) -> None:
    """Only documented errors come out, and the same commands given again end with exactly one effect each."""
    calls = calls_of_a_life(tmp_path / "whole.db", SHORT)
    met: Counter[str] = Counter()
    lives = 0
    for first in range(1, calls + 1, STRIDE):
        path = tmp_path / f"{first}.db"
        done = first // STRIDE % 2 == 1  # an answer that it failed does not mean that it was not done
        ended = in_child(partial(stubborn, path, Fault(first, what, lasts, done)))
        assert ended.status == 0
        met += judged(ended, path)
        path.unlink()
        lives += 1
    print(  # noqa: T201 - the figure
        f"{what} {'once' if not lasts else f'for {lasts + 1} calls'} at {lives} calls: {dict(met)}; "
        f"every command took effect exactly once, every audit clean"
    )


def test_a_crash_after_an_unknown_outcome(tmp_path: Path) -> None:
    """A commit that failed may come back when the process dies: the file is one or the other, and a retry converges."""
    calls = calls_of_a_life(tmp_path / "whole.db", SHORT)
    came_back = crashed = 0
    for first in range(1, calls + 1, STRIDE):
        path = tmp_path / f"{first}.db"
        fault = Fault(first, "EIO", 0, done=True)
        ended = in_child(partial(stubborn, path, fault, dies=True))
        if ended.status == signal.SIGKILL:
            crashed += 1
            came_back += made_good(path, ended.acknowledged, SHORT) - ended.acknowledged
        path.unlink()
    print(f"{crashed} crashes after a failed COMMIT: {came_back} came back, all converged")  # noqa: T201 - the figure


def test_a_migration_killed_at_every_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade is whole or not there, and is simply done again: the file never lies in between."""
    seed = tmp_path / "seed.db"
    with opened(seed) as game:
        for n in range(5):
            command(game, n)
    before = seed.read_bytes()
    newer = sqlite_schema.NUMBER + 1

    def step(database: object) -> None:
        database.execute("CREATE TABLE gamify_extra (n INTEGER PRIMARY KEY) STRICT")  # type: ignore[attr-defined]
        database.execute("INSERT INTO gamify_extra SELECT seq FROM gamify_activity")  # type: ignore[attr-defined]

    monkeypatch.setattr(sqlite_schema, "NUMBER", newer)
    monkeypatch.setattr(sqlite_schema, "STEPS", {newer: step})

    def upgrade(path: Path, fault: Fault | None, say: Say) -> None:
        faults = Faults(fault)
        install(faults)
        with opened(path):
            pass
        say(f"calls {faults.calls}")

    first = calls = 0
    while first <= calls:
        path = tmp_path / f"{first}.db"
        path.write_bytes(before)
        fault = Fault(first, "kill") if first else None
        ended = in_child(partial(upgrade, path, fault))
        if not first:
            calls = int(ended.said[-1].removeprefix("calls "))
        with opened(path) as game:
            numbers, extra = [
                game._store.connection.execute(f"SELECT max({column}), count(*) FROM {table}").fetchone()  # type: ignore[attr-defined]  # noqa: SLF001
                for column, table in (("number", "gamify_schema"), ("n", "gamify_extra"))
            ]
            assert (numbers, extra) == ((newer, 2), (6, 6))
            assert game.history.verify().ok
        first += 1
    assert calls > 5


def test_a_backup_killed_at_every_call(tmp_path: Path) -> None:
    """A copy is there under its name when it is whole, and otherwise not at all."""
    source = tmp_path / "game.db"
    with opened(source) as game:
        for n in range(COUNT):
            command(game, n)

    def copy(target: Path, fault: Fault | None, say: Say) -> None:
        faults = Faults(fault)
        install(faults)
        with opened(source) as game:
            game.backup(target)
            say("ok")
        say(f"calls {faults.calls}")

    calls = int(in_child(partial(copy, tmp_path / "whole.db", None)).said[-1].removeprefix("calls "))
    assert calls > 10
    for first in range(1, calls + 1, STRIDE):
        target = tmp_path / f"{first}.db"
        ended = in_child(partial(copy, target, Fault(first, "kill")))
        assert ended.status == signal.SIGKILL
        assert target.exists() == (ended.said == ["ok"])
        if target.exists():
            made_good(target, COUNT, COUNT)
    made_good(source, COUNT, COUNT)
