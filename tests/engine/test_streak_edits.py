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


def test_milestones_may_be_given_as_numbers_and_are_made_up_for_on_request(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """A length that a run has passed gives nothing by itself, and once when everybody is looked at anew."""
    game = make_engine()
    streaks: Any = game.definitions.streaks
    streaks.create({"code": "s"})
    for _ in range(3):
        game.streaks.record("ada", "s")
        clock.advance(days=1)
    streaks.update("s", {"milestones": {2: 50}})
    game.streaks.record("ada", "s")
    assert game.points.balance("ada").balance == 0
    for name in ("Once", "Twice"):
        streaks.update("s", {"name": name}, on_change="reevaluate")
        assert game.points.balance("ada").balance == 50


def test_a_break_that_was_told_too_early_is_taken_back(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A late activity that the run goes on with says that the break it is news to was none."""
    game = make_engine(Catalog(streaks=[Streak("s")]))
    game.streaks.record("ada", "s")
    late = clock.now() + timedelta(days=1)
    clock.advance(days=4)
    assert [effect.tag for effect in game.settle().effects] == ["streak_broken"]
    (put_right,) = game.streaks.record("ada", "s", at=late).corrections
    assert (put_right.count, put_right.previous_count) == (1, 0)
    assert [effect.tag for effect in game.settle().effects] == ["streak_broken"]


def test_the_first_zone_somebody_names_was_always_theirs(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Events from before the registration are judged by it; a streak that has begun is not rewritten."""
    game = make_engine(Catalog(streaks=[Streak("s")]))
    clock.set("2026-03-03T20:00:00Z")
    game.participants.upsert("ada", timezone="America/Los_Angeles")
    assert game.streaks.record("ada", "s", at=datetime(2026, 3, 3, 3, tzinfo=UTC)).new_count == 1
    assert game.streaks.record("ada", "s").new_count == 2
