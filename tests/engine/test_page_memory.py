"""Pages that are recalled: never one that reading would not give now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gamify_core import Catalog, Engine, Leaderboard, ManualClock, Season
from gamify_core.storage.sqlite import SQLiteStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import MakeEngine

CATALOG = Catalog(leaderboards=[Leaderboard("b"), Leaderboard("day", period="daily")])


def test_a_page_is_read_once_and_again_after_every_commit(make_engine: MakeEngine) -> None:
    """Asked twice it is the same object; after an award, a rename or in an open handle it is what is so then."""
    game = make_engine(CATALOG, clock=ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC)))
    game.points.award("ada", 5)
    first = game.leaderboards.top("b")
    assert game.leaderboards.top("b") is first
    assert game.leaderboards.top("b", change=False) is not first
    game.points.award("bob", 9)
    assert [entry.participant_id for entry in game.leaderboards.top("b")] == ["bob", "ada"]
    game.participants.update("ada", display_name="Ada")
    assert game.leaderboards.top("b").entries[1].display_name == "Ada"
    with game.dry_run() as trial:
        trial.points.award("ada", 50)
        assert trial.leaderboards.top("b").entries[0].participant_id == "ada"
    assert game.leaderboards.top("b").entries[0].participant_id == "bob"


def test_a_page_is_read_anew_when_time_alone_changes_it(make_engine: MakeEngine) -> None:
    """At midnight what moved yesterday is the same, and a daily board is empty; back again it is as it was."""
    clock = ManualClock(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC))
    game = make_engine(CATALOG, clock=clock)
    game.points.award("ada", 5)
    game.points.award("bob", 4)
    changes = [entry.change for entry in game.leaderboards.top("b")]
    assert len(game.leaderboards.top("day")) == 2
    clock.set(datetime(2026, 3, 2, tzinfo=UTC))
    assert [entry.change for entry in game.leaderboards.top("b")] == ["same", "same"] != changes
    assert len(game.leaderboards.top("day")) == 0
    clock.set(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC))
    assert len(game.leaderboards.top("day")) == 2


def test_a_page_gives_way_to_a_season_that_begins_within_the_day(make_engine: MakeEngine) -> None:
    """Before the first there is the one to come, between two the one that is over."""
    clock = ManualClock(datetime(2026, 3, 2, 5, tzinfo=UTC))
    seasons = [Season("morning", clock.now().replace(hour=6), clock.now().replace(hour=10))]
    seasons.append(Season("afternoon", clock.now().replace(hour=12), clock.now().replace(hour=18)))
    game = make_engine(
        Catalog(leaderboards=[Leaderboard("b", period="season", seasons=seasons)]), clock=clock
    )
    game.points.award("ada", 5)
    seen = []
    for hour in (5, 6, 11, 12, 19):
        clock.set(datetime(2026, 3, 2, hour, tzinfo=UTC))
        table = game.leaderboards.top("b").table
        seen.append((table.of, table.begun))
    assert seen == [("morning", hour > 5) for hour in (5, 6, 11)] + [("afternoon", True)] * 2


def test_a_page_is_read_anew_after_another_engine_has_written(tmp_path: Path) -> None:
    """Two engines on one file: what one recalls gives way to what the other has committed."""
    stores = [SQLiteStore(tmp_path / "game.db", durability="normal") for _ in range(2)]
    one, two = (Engine(CATALOG, store) for store in stores)
    with one, two:
        for points in range(1, 6):
            two.points.award("ada", points)
            for _ in range(2):
                assert [entry.score for entry in one.leaderboards.top("b")] == [points * (points + 1) // 2]
