"""What is read of streaks: a calendar, the runs, who is about to lose one; and milestones, which feed the cascade."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Catalog,
    Engine,
    Ladder,
    ManualClock,
    Milestone,
    Reward,
    Rule,
    Streak,
)

if TYPE_CHECKING:
    from .conftest import MakeEngine

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def record(game: Engine, clock: ManualClock, *days: int) -> None:
    """Record on these days, counted from Monday, 2 March (0), each when it has come."""
    for number in days:
        clock.set(START + timedelta(days=number))
        game.streaks.record("ada", "daily")


# -- calendar and runs ---------------------------------------------------------------------------------------


def test_a_calendar_tells_every_day(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Done, frozen, rest, paused, missed, idle, open and still to come: what each day was."""
    game = make_engine(Catalog(streaks=[Streak("daily", freeze_cap=1, rest_days="sunday", repair_hours=24)]))
    game.streaks.give_freezes("ada", "daily")
    record(game, clock, 0, 1, 3)
    game.streaks.pause("ada", "daily", START + timedelta(days=4), START + timedelta(days=5))
    record(game, clock, 9)
    clock.set(START + timedelta(days=10))
    before = game.history.state_digest()
    days = game.streaks.calendar("ada", "daily", start=date(2026, 3, 1), end=date(2026, 3, 13))
    assert game.history.state_digest() == before
    assert [(period.label[-2:], period.status) for period in days] == [
        ("01", "excused_rest"),
        ("02", "satisfied"),
        ("03", "satisfied"),
        ("04", "frozen"),
        ("05", "satisfied"),
        ("06", "excused_pause"),
        ("07", "excused_pause"),
        ("08", "excused_rest"),
        ("09", "missed"),
        ("10", "idle"),
        ("11", "satisfied"),
        ("12", "open"),
        ("13", "future"),
    ]
    assert days[1].to_dict() == {
        "label": "2026-03-02",
        "begins": "2026-03-02T00:00:00Z",
        "ends": "2026-03-03T00:00:00Z",
        "status": "satisfied",
        "progress": 1,
        "target": 1,
    }
    assert len(days.to_dict()["periods"]) == len(days) == 13  # type: ignore[arg-type]


def test_a_calendar_shows_what_was_made_good(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A repaired day is shown as one."""
    game = make_engine(Catalog(streaks=[Streak("daily", repair_hours=24)]))
    record(game, clock, 0)
    clock.set(START + timedelta(days=2))
    game.streaks.repair("ada", "daily")
    assert [one.status for one in game.streaks.calendar("ada", "daily")][-3:] == [
        "satisfied",
        "repaired",
        "open",
    ]


def test_a_calendar_goes_by_dates_where_one_lives(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Dates and instants name the same days; hours of a date are those of its zone; nobody has a calendar too."""
    game = make_engine(Catalog(streaks=[Streak("daily"), Streak("hours", period="hourly")]))
    game.participants.upsert("ada", timezone="Asia/Tokyo")
    clock.advance(days=1)
    game.streaks.record("ada", "daily")
    third, begins = date(2026, 3, 3), datetime(2026, 3, 2, 15, tzinfo=UTC)
    day = game.streaks.calendar("ada", "daily", start=third, end=third)
    assert [(one.begins, one.status) for one in day] == [(begins, "satisfied")]
    now = clock.now()
    assert game.streaks.calendar("ada", "daily", start=now, end=now).periods == day.periods
    hours = game.streaks.calendar("ada", "hours", start=third, end=third)
    assert (len(hours), hours[0].begins) == (24, begins)
    assert {one.status for one in game.streaks.calendar("nobody", "daily")} == {"idle", "open"}
    assert len(game.streaks.calendar("nobody", "daily")) == 30


def test_a_calendar_has_bounds(make_engine: MakeEngine) -> None:
    """Four hundred periods at most, the end not before the start, and dates that there are."""
    game = make_engine(Catalog(streaks=[Streak("daily")]))
    end = date(2026, 3, 2)
    assert len(game.streaks.calendar("ada", "daily", start=end - timedelta(days=399), end=end)) == 400
    for start, message in (
        (end - timedelta(days=400), "401 periods"),
        (end + timedelta(days=1), "0 periods"),
        (date(1, 1, 1), "edge of the calendar"),
        (datetime(2026, 3, 2), "no time zone"),  # noqa: DTZ001 - what is refused
        ("2026-03-02", "must be an aware datetime"),
    ):
        with pytest.raises(BadValue, match=message):
            game.streaks.calendar("ada", "daily", start=start, end=end)  # type: ignore[arg-type]


def test_runs_are_pages(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The latest first, the present one without an end."""
    game = make_engine(Catalog(streaks=[Streak("daily")]))
    record(game, clock, 0, 1, 5, 6, 7)
    page = game.streaks.runs("ada", "daily", page_size=1)
    assert (page.total, page.items[0].to_dict()) == (
        2,
        {"first": "2026-03-07", "last": "2026-03-09", "length": 3, "ended_at": None},
    )
    (older,) = game.streaks.runs("ada", "daily", page=2, page_size=1)
    assert (older.length, older.ended_at) == (2, datetime(2026, 3, 5, tzinfo=UTC))
    assert game.streaks.runs("nobody", "daily").total == 0


# -- whom to remind ------------------------------------------------------------------------------------------


def test_who_is_about_to_lose_a_run(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The soonest first, of this scope alone, settled or not; who has a freeze comes with it."""
    game = make_engine(Catalog(streaks=[Streak("daily", freeze_cap=2)]))
    for who, zone in (("ada", "UTC"), ("bob", "Asia/Tokyo"), ("cay", "UTC"), ("gone", "UTC")):
        game.participants.upsert(who, timezone=zone)
        game.streaks.record(who, "daily")
    game.scope("guild").streaks.record("dee", "daily")
    game.streaks.give_freezes("cay", "daily", 2)
    clock.advance(days=1)
    game.streaks.record("ada", "daily")
    game.streaks.record("bob", "daily")
    clock.advance(days=1)
    game.streaks.record("bob", "daily")
    tonight = datetime(2026, 3, 5, 0, 0, 1, tzinfo=UTC)
    for settled in (False, True):
        if settled:
            game.settle()
        page = game.streaks.expiring("daily", before=tonight)
        told = [(one.participant_id, one.current_count, one.freezes) for one in page]
        assert told == [("ada", 2, 0), ("cay", 1, 1)]
        assert page.items[0].to_dict()["expires_at"] == "2026-03-05T00:00:00Z"
        assert page.total == 2
    later = game.streaks.expiring("daily", before=tonight + timedelta(days=1), page=2, page_size=2)
    assert [one.participant_id for one in later] == ["bob"]


@pytest.mark.parametrize(
    ("hours", "time", "risky"),
    [
        (None, "03T17:59:59", False),
        (None, "03T18:00", True),
        (2, "03T21:59", False),
        (2, "03T22:00", True),
    ],
)
def test_at_risk(
    make_engine: MakeEngine, clock: ManualClock, hours: int | None, time: str, *, risky: bool
) -> None:
    """In the last quarter of the period, or as many hours as the definition says, and not when it is done."""
    game = make_engine(Catalog(streaks=[Streak("daily", at_risk_hours=hours)]))
    record(game, clock, 0)
    assert not game.streaks.get("ada", "daily").at_risk
    clock.set(f"2026-03-{time}+00:00")
    assert game.streaks.get("ada", "daily").at_risk is risky
    assert [one.participant_id for one in game.streaks.expiring("daily")] == ["ada"] * risky
    game.streaks.record("ada", "daily")
    assert not game.streaks.get("ada", "daily").at_risk


# -- milestones ----------------------------------------------------------------------------------------------


def points(game: Engine) -> int:
    """Return what ada has earned."""
    return int(game.points.balance("ada").balance)


def test_milestones_feed_the_cascade(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Points reach a tier, a badge brings its points, a reward is handed out; the cause is the streak."""
    streak = Streak(
        "daily", milestones=[Milestone(2, 50), Milestone(3, {"gems": 5}, badge="keen", reward="mug")]
    )
    game = make_engine(
        Catalog.from_dict(
            {
                "currencies": {"gems": {}},
                "ladders": {"tier": {"tiers": {"a": 0, "b": 50}}},
                "badges": {"keen": {"points": 7}},
                "rewards": {"mug": {"total_inventory": 1}},
                "streaks": {
                    "daily": {
                        "milestones": {
                            "2": 50,
                            "3": {"points": {"gems": 5}, "badge": "keen", "reward": "mug"},
                        }
                    }
                },
            }
        )
    )
    assert game.catalog.streaks[0] == streak
    record(game, clock, 0, 1)
    second = game.history.activity()[-1].effects
    assert [(effect.tag, effect.cause) for effect in second] == [
        ("streak_extended", "direct"),
        ("points_awarded", "streak:daily"),
        ("tier_changed", "ladder:tier"),
        ("tier_changed", "ladder:tier"),
    ][: len(second)]
    assert points(game) == 50
    clock.advance(days=1)
    answer = game.streaks.record("ada", "daily")
    assert [effect.tag for effect in answer.effects] == [
        "streak_extended",
        "points_awarded",
        "badge_earned",
        "points_awarded",
        "reward_claimed",
    ]
    assert "streak daily" in str(answer)
    assert (points(game), game.points.balance("ada", currency="gems").balance) == (57, 5)


def test_once_ever_or_once_in_each_run(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A second run of the same length gives again only where the definition says so."""
    for once, total in (("ever", 10), ("run", 20)):
        clock.set(START)
        game = make_engine(Catalog(streaks=[Streak("daily", milestones={2: 10}, milestones_once=once)]))  # type: ignore[arg-type]
        record(game, clock, 0, 1, 4, 5, 6)
        assert points(game) == total


def test_healing_gives_what_is_missing_and_nothing_twice(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Joined runs give what they reach together; a run that is cut keeps it, and gets it no second time."""
    for once in ("ever", "run"):
        clock.set(START)
        streak = Streak("daily", milestones=[Milestone(2, 10), Milestone(3, 100)], milestones_once=once)
        game = make_engine(Catalog(streaks=[streak]))
        record(game, clock, 0, 2)
        late = game.streaks.record("ada", "daily", at=START + timedelta(days=1))
        assert (late.points, points(game)) == (110, 110)
        back = game.streaks.retract("ada", "daily", activity_id=late.activity_id)
        assert [stay.effect for stay in back.stayed] == ["milestone", "milestone"]
        assert points(game) == 110
        again = game.streaks.record("ada", "daily", at=START + timedelta(days=1))
        assert (again.new_count, again.points) == (3, 0)


def test_a_milestone_that_is_declared_later_counts_from_then_on(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Who is past it already gets nothing for that; the next length is given."""
    game = make_engine(Catalog(badges=[Badge("keen")], rewards=[Reward("mug", total_inventory=0)]))
    game.definitions.streaks.create({"code": "daily"})
    record(game, clock, 0, 1, 2)
    game.definitions.streaks.update(
        "daily", {"milestones": {"2": 10, "4": {"points": 40, "badge": "keen", "reward": "mug"}}}
    )
    record(game, clock, 3)
    assert points(game) == 40
    effects = game.history.activity()[-1].effects
    assert [effect.tag for effect in effects][1:] == ["points_awarded", "badge_earned", "skipped"]


def test_a_rule_that_records_reaches_milestones_too(make_engine: MakeEngine) -> None:
    """The event is answered with them, and taking it back says what stays."""
    game = make_engine(
        Catalog(
            streaks=[Streak("daily", milestones={1: 5})],
            rules=[Rule("r", on="e", streak="daily")],
            ladders=[Ladder("tier", tiers={"a": 0, "b": 5})],
        )
    )
    sent = game.events.emit("ada", "e")
    assert (sent.points, sent.streaks[0].count) == (5, 1)
    back = game.events.retract(sent.event_id)
    assert [stay.effect for stay in back.stayed] == ["milestone"]
    assert points(game) == 5
