"""Streaks whose definition changes while people have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import Catalog, Engine, ManualClock, Streak

if TYPE_CHECKING:
    from .conftest import MakeEngine

EDITS: list[tuple[str, dict[str, Any]]] = [
    ("daily", {"period": "weekly"}),
    ("weekly", {"period": "daily"}),
    ("daily", {"period": "monthly"}),
    ("daily", {"period": "hourly"}),
    ("daily", {"day_start": "04:00"}),
    ("weekly", {"week_start": "sunday"}),
    ("daily", {"target": 2}),
    ("weekly", {"target": 2, "count": "days"}),
    ("daily", {"grace_period_hours": 30}),
    ("daily", {"timezone": "Asia/Tokyo"}),
]


def recorded(game: Engine, clock: ManualClock, code: str) -> None:
    """Record twice on each of nine days but the fourth, in the morning and shortly after midnight."""
    for day in (0, 1, 2, 4, 5, 6, 7, 8):
        for hour in (1, 9):
            clock.set(datetime(2026, 3, 2, hour, tzinfo=UTC) + timedelta(days=day))
            game.streaks.record("ada", code)


@pytest.mark.parametrize(("period", "change"), EDITS, ids=[f"{period} {change}" for period, change in EDITS])
def test_an_edited_streak_is_what_it_would_have_been(
    make_engine: MakeEngine, clock: ManualClock, period: str, change: dict[str, Any]
) -> None:
    """Activities are judged by the new definition from the first on, and recording goes on from there."""
    edited, fresh = make_engine(), make_engine()
    before: Any = edited.definitions.streaks
    after: Any = fresh.definitions.streaks
    before.create({"code": "s", "period": period})
    recorded(edited, clock, "s")
    before.update("s", change)
    after.create({"code": "s", "period": period, **change})
    recorded(fresh, clock, "s")
    if "timezone" not in change:  # labels freeze with their activities
        assert edited.streaks.get("ada", "s") == fresh.streaks.get("ada", "s")
    clock.advance(days=1)
    for game in (edited, fresh):
        game.streaks.record("ada", "s")
        for read in (
            game.participants.get,
            game.participants.state,
            game.streaks.list,
            game.participants.export,
        ):
            read("ada")
    if "timezone" not in change:
        assert edited.streaks.get("ada", "s") == fresh.streaks.get("ada", "s")
        assert list(edited.streaks.runs("ada", "s")) == list(fresh.streaks.runs("ada", "s"))


def test_a_streak_edited_there_and_back_is_as_it_was(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Days made weeks and days again are the same days: nothing of the activities is lost on the way."""
    game = make_engine(Catalog(streaks=[Streak("other")]))
    streaks: Any = game.definitions.streaks
    streaks.create({"code": "s"})
    recorded(game, clock, "s")
    before = game.streaks.get("ada", "s")
    for period in ("weekly", "monthly", "daily"):
        streaks.update("s", {"period": period})
    assert game.streaks.get("ada", "s") == before
