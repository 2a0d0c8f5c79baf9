"""Libraries that move the time of a whole process move that of an engine without a clock of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamify_core import Catalog, Engine, OutOfWindow, Streak

CATALOG = Catalog(streaks=[Streak("daily")])
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def lived_through(game: Engine, tick: Any) -> None:
    """Live through some days, `tick` moving the time by so many hours."""
    first = game.streaks.record("ada", "daily")
    assert first.occurred_at == MONDAY
    tick(24)
    assert game.streaks.record("ada", "daily", at=datetime.now(UTC)).new_count == 2
    assert [effect.tag for effect in game.settle()] == []
    with pytest.raises(OutOfWindow):
        game.points.award("ada", 1, at=datetime.now(UTC) + timedelta(minutes=6))
    tick(72)
    assert game.streaks.get("ada", "daily").current_count == 0
    (broken,) = game.settle()
    assert broken.occurred_at == MONDAY.replace(hour=0) + timedelta(days=3)
    assert game.points.award("ada", 1).occurred_at == MONDAY + timedelta(days=4)


def test_time_machine_moves_an_engine() -> None:
    """It patches the clock of the process."""
    time_machine: Any = pytest.importorskip("time_machine")
    with time_machine.travel(MONDAY, tick=False) as traveller, Engine(CATALOG) as game:
        lived_through(game, lambda hours: traveller.shift(timedelta(hours=hours)))


def test_freezegun_moves_an_engine() -> None:
    """It replaces the functions that tell the time, and `datetime` itself."""
    freezegun: Any = pytest.importorskip("freezegun")
    with freezegun.freeze_time(MONDAY) as frozen, Engine(CATALOG) as game:
        lived_through(game, lambda hours: frozen.tick(timedelta(hours=hours)))


def test_an_engine_that_was_there_before_is_moved_too() -> None:
    """The clock is asked each time, not once."""
    time_machine: Any = pytest.importorskip("time_machine")
    game = Engine(CATALOG)
    with time_machine.travel(MONDAY, tick=False):
        assert game.points.award("ada", 1).occurred_at == MONDAY
