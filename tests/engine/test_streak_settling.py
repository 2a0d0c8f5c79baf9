"""Time that does its work: in due order, each thing once, heard by listeners, by however many at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    Catalog,
    Effect,
    Engine,
    FreezeUsed,
    ManualClock,
    OutOfWindow,
    Streak,
    StreakBroken,
)
from gamify_core.cli import main
from gamify_core.services.history import Activity
from gamify_core.storage.sqlite import SQLiteStore
from tests.engine.test_concurrency import at_once

if TYPE_CHECKING:
    from .conftest import MakeEngine

CATALOG = Catalog(
    streaks=[Streak("daily", freeze_cap=2), Streak("hours", period="hourly")],
    badges=[Badge("keen", criteria="streak.daily >= 2", permanent=False)],
)
PEOPLE = 30


def test_what_time_did_is_told_in_due_order(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Across people and streaks, each at the instant at which it was due, as an activity of its own."""
    game = make_engine(CATALOG)
    game.streaks.record("ada", "daily")
    game.streaks.record("ada", "hours")
    game.streaks.give_freezes("bob", "daily")
    game.streaks.record("bob", "daily")
    clock.advance(days=4)
    done = game.settle()
    assert [(effect.tag, effect.participant_id, effect.occurred_at) for effect in done] == [
        ("streak_broken", "ada", datetime(2026, 3, 2, 11, tzinfo=UTC)),
        ("streak_broken", "ada", datetime(2026, 3, 4, tzinfo=UTC)),
        ("freeze_used", "bob", datetime(2026, 3, 4, tzinfo=UTC)),
        ("streak_broken", "bob", datetime(2026, 3, 5, tzinfo=UTC)),
    ]
    assert (done.until, done.more) == (clock.now(), False)
    rows = [row for row in game.history.activity() if row.kind == "streaks.settled"]
    assert [row.occurred_at for row in rows] == [effect.occurred_at for effect in done]
    assert len(game.settle()) == 0


def test_up_to_an_instant_and_so_many(make_engine: MakeEngine, clock: ManualClock) -> None:
    """`until` and `limit` bound it, the rest is done the next time; the future is refused."""
    game = make_engine(CATALOG)
    for who in ("ada", "bob", "cay"):
        game.streaks.record(who, "daily")
    clock.advance(days=5)
    assert len(game.settle(datetime(2026, 3, 3, tzinfo=UTC))) == 0
    first = game.settle(limit=2)
    assert ([effect.participant_id for effect in first], first.more) == (["ada", "bob"], True)
    assert [effect["participant_id"] for effect in game.settle().to_dict()["effects"]] == ["cay"]  # type: ignore[attr-defined]
    with pytest.raises(OutOfWindow, match="lies in the future"):
        game.settle(clock.now() + timedelta(microseconds=1))


def test_a_break_is_said_by_whoever_comes_first(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What settling has told the next activity does not tell again, and the other way round."""
    game = make_engine(CATALOG)
    for who in ("ada", "bob"):
        game.streaks.record(who, "daily")
    clock.advance(days=3)
    assert [effect.tag for effect in game.streaks.record("bob", "daily").effects] == [
        "streak_broken",
        "streak_extended",
    ]
    assert [effect.participant_id for effect in game.settle()] == ["ada"]
    assert [effect.tag for effect in game.streaks.record("ada", "daily").effects] == ["streak_extended"]


def test_what_a_run_gave_goes_with_it(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A badge that is not permanent is lost when the run breaks, not when somebody comes back."""
    game = make_engine(CATALOG)
    for _ in range(2):
        game.streaks.record("ada", "daily")
        clock.advance(days=1)
    clock.advance(days=1)
    assert [effect.tag for effect in game.settle()] == ["streak_broken", "badge_revoked"]


def test_listeners_hear_and_dry_runs_do_not_keep(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Told once it is committed; in a transaction when that ends, in a dry run never."""
    game = make_engine(CATALOG)
    heard: list[Effect] = []
    game.on(StreakBroken, heard.append)
    game.streaks.record("ada", "daily")
    clock.advance(days=5)
    with game.dry_run() as trial:
        assert len(trial.settle()) == 1
        assert trial.scope("other").settle().effects == ()
    assert heard == []
    with game.transaction() as tx:
        assert len(tx.settle()) == 1
        assert heard == []
    assert len(heard) == 1
    assert len(game.settle()) == 0


def test_scopes_are_settled_together(make_engine: MakeEngine, clock: ManualClock) -> None:
    """One call does it for the whole store, and the activity stands in the scope it is about."""
    game = make_engine(CATALOG)
    game.scope("guild").streaks.record("ada", "daily")
    clock.advance(days=5)
    assert len(game.settle()) == 1
    assert game.scope("guild").history.activity()[-1].kind == "streaks.settled"
    assert game.scope("guild").streaks.get("ada", "daily").status == "broken"


def test_nothing_due_writes_nothing(make_engine: MakeEngine) -> None:
    """A store on which nothing is due stays as it is, a new one too."""
    game = make_engine(CATALOG)
    assert len(game.settle()) == 0
    assert game.history.activity() == ()
    game.streaks.record("ada", "daily")
    digest = game.history.state_digest()
    assert len(game.settle()) == 0
    assert game.history.state_digest() == digest


# -- at once -------------------------------------------------------------------------------------------------


def test_one_period_is_recorded_once_by_many_threads(make_engine: MakeEngine) -> None:
    """Of many at the same moment exactly one is not told that it was recorded already."""
    game = make_engine(CATALOG)
    fresh: list[bool] = []

    def work(_: int) -> None:
        fresh.extend(not game.streaks.record(f"p{n}", "daily").already_recorded for n in range(5))

    at_once(work, 6)
    assert sum(fresh) == 5
    assert game.streaks.get("p0", "daily").current_count == 1


def test_threads_settle_each_thing_once(make_engine: MakeEngine, clock: ManualClock) -> None:
    """With some that record in between: as many breaks are told, and heard, as there were runs."""
    game = make_engine(CATALOG)
    heard: list[str] = []
    lock = threading.Lock()

    def hear(effect: Effect) -> None:
        with lock:
            heard.append(effect.participant_id)

    game.on(StreakBroken, hear)
    people = [f"p{n}" for n in range(PEOPLE)]
    for who in people:
        game.streaks.record(who, "daily")
    clock.advance(days=9)
    returned: list[str] = []

    def work(n: int) -> None:
        if n == 0:
            for who in people[::2]:
                game.streaks.record(who, "daily")
        else:
            for _ in range(PEOPLE):
                done = [effect.participant_id for effect in game.settle(limit=2)]
                with lock:
                    returned.extend(done)

    at_once(work)
    assert sorted(heard) == sorted(people)
    assert len(returned) == len(set(returned))


CHILD = """
import sys
from gamify_core import Engine, ManualClock
from gamify_core.storage.sqlite import SQLiteStore
from tests.engine.test_streak_settling import CATALOG

game = Engine(CATALOG, SQLiteStore(sys.argv[1], durability="normal"), clock=ManualClock("2026-03-20T09:00Z"))
print("ready", flush=True)
sys.stdin.readline()
fresh = sum(not game.streaks.record(f"new{n}", "daily").already_recorded for n in range(20))
said = 0
while done := len(game.settle(limit=3)):
    said += done
print(fresh, said)
"""


def test_processes_settle_and_record_each_thing_once(tmp_path: Path) -> None:
    """Three processes on one file: every period is recorded once, every freeze and break said once."""
    path = tmp_path / "game.db"
    clock = ManualClock("2026-03-02T09:00Z")
    with Engine(CATALOG, SQLiteStore(path, durability="normal"), clock=clock) as game:
        for n in range(PEOPLE):
            game.streaks.give_freezes(f"p{n}", "daily", 2)
            game.streaks.record(f"p{n}", "daily")
        children = [
            subprocess.Popen(  # noqa: S603 - our own interpreter and text
                [sys.executable, "-c", CHILD, str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
            )
            for _ in range(3)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        totals = [0, 0]
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        for child in children:
            out, _ = child.communicate(timeout=120)
            assert child.returncode == 0
            totals = [a + int(b) for a, b in zip(totals, out.split(), strict=True)]
        assert totals == [20, 3 * PEOPLE]
        rows: list[Activity] = []
        after = 0
        while page := game.history.activity(after=after):
            rows += page
            after = page[-1].seq
        said = [effect for row in rows for effect in row.effects]
        assert sum(isinstance(effect, FreezeUsed) for effect in said) == 2 * PEOPLE
        assert sum(isinstance(effect, StreakBroken) for effect in said) == PEOPLE


def test_the_command_settles_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gamify settle DB` tells who lost what, as lines and as JSON, and a second time nothing."""
    path = str(tmp_path / "game.db")
    clock = ManualClock("2026-03-02T09:00Z")
    with Engine(CATALOG, path, clock=clock) as game:
        game.streaks.record("ada", "daily")
    assert main(["settle", path, "--until", "2026-03-03T00:00Z"]) == 0
    assert capsys.readouterr().out == "0 effects, settled up to 2026-03-03 00:00:00 UTC\n"
    assert main(["settle", path]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ada\n  streak daily            broken after 1 day\n1 effect, settled up to ")
    assert main(["settle", path, "--json"]) == 0
    assert '"effects": []' in capsys.readouterr().out
    assert main(["settle", str(tmp_path / "none.db")]) == 1
