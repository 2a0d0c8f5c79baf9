"""What a streak asks for: periods of several days, different days, goals on metrics, and grace that gives credit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    BadValue,
    Catalog,
    CountedByGoals,
    Engine,
    ManualClock,
    Metric,
    OutOfWindow,
    Streak,
)

if TYPE_CHECKING:
    from .conftest import MakeEngine

METRICS = [Metric("lessons", "lesson"), Metric("minutes", "lesson", sum="minutes")]


def lesson(game: Engine, minutes: int = 0, at: datetime | None = None) -> tuple[int, list[str]]:
    """Send a lesson, and return the count after it and what was said."""
    answer = game.events.emit("ada", "lesson", {"minutes": minutes}, at=at)
    return game.streaks.get("ada", "daily").current_count, [effect.tag for effect in answer.effects]


def test_periods_of_several_days(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Fourteen days from an anchor: twice within is once, the next fortnight goes on."""
    streak = Streak("daily", period="days", days=14, anchor=date(2026, 3, 2))
    game = make_engine(Catalog(streaks=[streak]))
    counts = []
    for days in (0, 13, 14, 28, 56):
        clock.set(datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(days=days))
        counts.append(game.streaks.record("ada", "daily").new_count)
    assert counts == [1, 1, 2, 3, 1]
    assert game.streaks.calendar("ada", "daily", start=clock.now())[0].label == "2026-04-27/P14D"


def test_different_days(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Two days a week: three times on Monday is one of them."""
    game = make_engine(Catalog(streaks=[Streak("daily", period="weekly", count="days", target=2)]))
    for _ in range(3):
        answer = game.streaks.record("ada", "daily")
    state = game.streaks.get("ada", "daily")
    assert (answer.new_count, state.progress, state.target) == (0, 1, 2)
    clock.advance(days=1)
    assert game.streaks.record("ada", "daily").new_count == 1


def test_all_goals(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Three lessons and twenty minutes a day: both have to be reached, and how far each is can be read."""
    game = make_engine(
        Catalog(metrics=METRICS, streaks=[Streak("daily", goals={"minutes": 20, "lessons": 3})])
    )
    assert lesson(game, 25) == (0, [])
    assert lesson(game) == (0, [])
    state = game.streaks.get("ada", "daily")
    assert [(part.metric, part.progress, part.target) for part in state.parts] == [
        ("lessons", 2, 3),
        ("minutes", 20, 20),
    ]
    assert (state.progress, state.target, state.status) == (1, 2, "none")
    assert lesson(game) == (1, ["streak_extended"])
    clock.advance(days=1)
    lesson(game, 20)
    lesson(game)
    assert lesson(game) == (2, ["streak_extended"])


def test_any_goal(make_engine: MakeEngine, clock: ManualClock) -> None:
    """One goal is enough where any will do; nothing is added by an event that adds nothing."""
    streak = Streak("daily", goals={"minutes": 20, "lessons": 3}, match="any")
    game = make_engine(Catalog(metrics=METRICS, streaks=[streak]))
    assert lesson(game, 20) == (1, ["streak_extended"])
    clock.advance(days=1)
    assert [lesson(game)[0] for _ in range(3)] == [1, 1, 2]
    assert game.streaks.get("ada", "daily").status == "active"


def test_a_late_and_a_withdrawn_event_move_goals(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A goal that a late event reaches heals; taking the event back undoes all of that."""
    streak = Streak("daily", goals={"lessons": 2})
    game = make_engine(Catalog(metrics=METRICS, streaks=[streak]))
    start = clock.now()
    for days in (0, 0, 1, 2, 2):
        clock.set(start + timedelta(days=days))
        game.events.emit("ada", "lesson", {"minutes": 1})
    assert game.streaks.get("ada", "daily").current_count == 1
    before = game.streaks.list("ada")
    late = game.events.emit("ada", "lesson", {"minutes": 1}, at=start + timedelta(days=1))
    assert [(one.count, one.previous_count) for one in late.corrections] == [(3, 1)]
    game.events.retract(late.event_id)
    assert game.streaks.list("ada") == before


def test_a_streak_with_goals_is_not_recorded_by_hand(make_engine: MakeEngine) -> None:
    """It says which metrics count; a visit chooses no such streak by itself."""
    streak = Streak("daily", goals={"lessons": 2})
    game = make_engine(Catalog(metrics=METRICS, streaks=[streak]))
    with pytest.raises(CountedByGoals, match="goes by its goals: lessons"):
        game.streaks.record("ada", "daily")
    with pytest.raises(CountedByGoals):
        game.participants.visit("ada", streak="daily")
    assert game.participants.visit("ada").streak == 0
    assert game.streaks.get("ada", "daily").progress == 0


def test_grace_that_gives_credit(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Just after midnight fills yesterday first, and does not count for today as well."""
    streak = Streak("daily", grace_period_hours=6, grace_mode="credit")
    game = make_engine(Catalog(streaks=[streak]))
    counts = []
    for time in ("02T12:00", "04T05:59", "04T05:59:30", "05T06:00"):
        clock.set(f"2026-03-{time}+00:00")
        counts.append(game.streaks.record("ada", "daily").new_count)
    assert counts == [1, 2, 3, 4]


def test_what_is_refused_changes_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Activity of the future or of long ago is refused with the reason, and leaves no trace."""
    game = make_engine(Catalog(streaks=[Streak("daily")]))
    game.streaks.record("ada", "daily")
    before = game.history.state_digest()
    for at, why in (
        (clock.now() + timedelta(minutes=6), "lies in the future"),
        (clock.now() - timedelta(days=8), "lies too far back"),
    ):
        with pytest.raises(OutOfWindow, match=why):
            game.streaks.record("ada", "daily", at=at)
    assert game.history.state_digest() == before


def test_an_edit_judges_what_is_to_come(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The state is that of the new definition at once, and so is the instant at which the run would end."""
    game = make_engine(Catalog(metrics=METRICS))
    game.definitions.streaks.create({"code": "daily", "goals": {"lessons": 1, "minutes": 5}})
    game.events.emit("ada", "lesson", {"minutes": 9})
    game.definitions.streaks.update("daily", {"goals": {"minutes": 5}})
    assert game.streaks.get("ada", "daily").current_count == 1
    game.definitions.streaks.update("daily", {"goals": {"minutes": 50}})
    assert game.streaks.get("ada", "daily").current_count == 0
    game.definitions.streaks.update("daily", {"goals": {"minutes": 3}, "grace_period_hours": 4})
    clock.set("2026-03-04T03:59:59+00:00")
    assert len(game.settle()) == 0
    clock.set("2026-03-04T04:00+00:00")
    assert [effect.occurred_at for effect in game.settle()] == [clock.now()]


# -- taking back ---------------------------------------------------------------------------------------------


def test_taking_an_activity_back_restores_the_streak(make_engine: MakeEngine, clock: ManualClock) -> None:
    """By its number or its instant: the streak is what it was, and a second time nothing is done."""
    game = make_engine(Catalog(streaks=[Streak("daily")]))
    game.streaks.record("ada", "daily")
    clock.advance(days=1)
    before = game.streaks.list("ada")
    for name in ("activity", "instant"):
        done = game.streaks.record("ada", "daily")
        named = {"activity_id": done.activity_id} if name == "activity" else {"at": done.occurred_at}
        answer = game.streaks.retract("ada", "daily", **named)
        assert (answer.new_count, answer.longest_count, answer.already_retracted) == (1, 1, False)
        assert answer.retracted_activity_id == done.activity_id
        assert game.streaks.list("ada") == before
        again = game.streaks.retract("ada", "daily", activity_id=done.activity_id)
        assert again.already_retracted
        assert again.to_dict()["new_count"] == 1
        clock.advance(seconds=1)


def test_what_cannot_be_taken_back_says_why(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Nothing there, somebody else's, an event's, or nothing named."""
    game = make_engine(Catalog(streaks=[Streak("daily", on="lesson")]))
    sent = game.events.emit("ada", "lesson")
    with pytest.raises(BadValue, match=f"events.retract\\('{sent.event_id}'\\)"):
        game.streaks.retract("ada", "daily", activity_id=sent.activity_id)
    bob = game.streaks.record("bob", "daily")
    for who, number in (("ada", bob.activity_id), ("ada", 99), ("cay", 99)):
        with pytest.raises(LookupError, match=f"Activity of daily not found: {number}"):
            game.streaks.retract(who, "daily", activity_id=number)
    with pytest.raises(LookupError, match="not found: at 2026"):
        game.streaks.retract("cay", "daily", at=clock.now())
    with pytest.raises(BadValue, match="pass the activity_id"):
        game.streaks.retract("ada", "daily")
    assert [one.participant_id for one in game.participants.list()] == ["ada", "bob"]
