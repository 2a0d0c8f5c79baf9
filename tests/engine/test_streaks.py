"""Streaks through the engine: in order and late, in three kinds of zone, as metrics, and read as of now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Catalog,
    Engine,
    Ladder,
    Leaderboard,
    ManualClock,
    NotFound,
    OutOfWindow,
    Rule,
    Streak,
    StreakBroken,
    StreakCorrected,
    StreakExtended,
)

if TYPE_CHECKING:
    from .conftest import MakeEngine

DAILY = Catalog(streaks=[Streak("daily")])


def record(game: Engine, at: str | datetime | None = None, who: str = "ada") -> int:
    """Record an activity of the streak `daily`, and return the count."""
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return game.streaks.record(who, "daily", at=when).new_count


def current(game: Engine, who: str = "ada") -> tuple[int, int, str]:
    """Return how the streak `daily` stands now."""
    state = game.streaks.get(who, "daily")
    return state.current_count, state.longest_count, state.status


# -- in order ------------------------------------------------------------------------------------------------


def test_day_by_day(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The documents' three calls: the first day, the same day again, the next day."""
    game = make_engine(DAILY)
    answers = [game.streaks.record("ada", "daily"), game.streaks.record("ada", "daily")]
    clock.advance(days=1)
    answers.append(game.streaks.record("ada", "daily"))
    told = [(one.new_count, one.longest_count, one.is_new_record, one.already_recorded) for one in answers]
    assert told == [(1, 1, True, False), (1, 1, False, True), (2, 2, True, False)]
    assert [len(one.streaks) for one in answers] == [1, 0, 1]


def test_a_missed_day_starts_anew(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The run that ended is told, the longest stays, and the new run counts one."""
    game = make_engine(DAILY)
    for _ in range(3):
        record(game)
        clock.advance(days=1)
    clock.advance(days=1)
    answer = game.streaks.record("ada", "daily")
    broken, extended = answer.effects
    assert isinstance(broken, StreakBroken)
    assert broken.count == 3
    assert isinstance(extended, StreakExtended)
    assert (extended.count, extended.longest, extended.is_new_record) == (1, 3, False)
    assert (answer.new_count, answer.longest_count, answer.is_new_record) == (1, 3, False)


@pytest.mark.parametrize(
    ("streak", "times", "counts"),
    [
        (Streak("daily", period="hourly"), ["02T09:59", "02T10:00", "02T12:00"], [1, 2, 1]),
        (Streak("daily", period="weekly"), ["02T00:00", "08T23:59", "09T00:00"], [1, 1, 2]),
        (Streak("daily", period="weekly", week_start="sunday"), ["07T12:00", "08T00:00"], [1, 2]),
        (Streak("daily", grace_period_hours=4), ["02T12:00", "04T03:59"], [1, 2]),
        (Streak("daily", grace_period_hours=4), ["02T12:00", "04T04:00"], [1, 1]),
        (Streak("daily", day_start="04:00"), ["02T05:00", "03T03:59", "03T04:00"], [1, 1, 2]),
        (Streak("daily", target=2), ["02T09:00", "02T10:00", "03T09:00", "03T10:00"], [0, 1, 1, 2]),
        (Streak("daily", rest_days=["tuesday"]), ["02T12:00", "04T12:00", "06T12:00"], [1, 2, 1]),
    ],
)
def test_periods(
    make_engine: MakeEngine, clock: ManualClock, streak: Streak, times: list[str], counts: list[int]
) -> None:
    """Hours, days and weeks, with grace, a day that starts late, a target, and days of rest."""
    game = make_engine(Catalog(streaks=[streak]))
    got = []
    for time in times:
        clock.set(f"2026-03-{time}+00:00")
        got.append(record(game))
    assert got == counts


def test_months(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A monthly streak goes by calendar months, short ones too."""
    game = make_engine(Catalog(streaks=[Streak("daily", period="monthly")]))
    got = []
    for time in ("2026-03-31T23:59", "2026-04-01T00:00", "2026-05-31T12:00", "2026-07-01T00:00"):
        clock.set(f"{time}+00:00")
        got.append(record(game))
    assert got == [1, 2, 3, 1]


# -- late ----------------------------------------------------------------------------------------------------


def test_a_late_activity_heals(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The day that was missing joins the runs on both sides, and the answer lists what it put right."""
    game = make_engine(DAILY)
    start = clock.now()
    record(game)
    clock.advance(days=2)
    assert record(game) == 1
    answer = game.streaks.record("ada", "daily", at=start + timedelta(days=1))
    assert (answer.new_count, answer.longest_count, answer.is_new_record) == (3, 3, True)
    (corrected,) = answer.corrections
    assert (corrected.count, corrected.previous_count) == (3, 1)
    assert (corrected.longest, corrected.previous_longest) == (3, 1)
    assert not answer.already_recorded
    assert current(game) == (3, 3, "active")


def test_a_late_activity_in_a_complete_day_changes_nothing(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """It is said to be recorded already, and corrects nothing."""
    game = make_engine(DAILY)
    start = clock.now()
    record(game)
    clock.advance(days=1)
    record(game)
    answer = game.streaks.record("ada", "daily", at=start - timedelta(hours=1))
    assert (answer.already_recorded, answer.effects, answer.new_count) == (True, (), 2)


def test_a_late_activity_before_a_gap_heals_only_its_own_run(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """A run in the past may become the longest without touching the present one, or what asks for that."""
    two = Badge("two", criteria="streak.daily >= 2")
    game = make_engine(Catalog(streaks=[Streak("daily")], badges=[two]))
    start = clock.now()
    for day in (0, 2, 5):
        clock.set(start + timedelta(days=day))
        record(game)
    answer = game.streaks.record("ada", "daily", at=start + timedelta(days=1))
    (corrected,) = answer.effects
    assert isinstance(corrected, StreakCorrected)
    assert (corrected.count, corrected.longest) == (1, 3)
    assert current(game) == (1, 3, "active")


@pytest.mark.parametrize("order", [[0, 1, 2, 4, 5], [5, 4, 2, 1, 0], [2, 5, 0, 4, 1]])
def test_the_order_of_arrival_does_not_matter(
    make_engine: MakeEngine, clock: ManualClock, order: list[int]
) -> None:
    """The same activities make the same streak, however they arrive."""
    game = make_engine(DAILY)
    start = clock.now()
    clock.advance(days=5)
    for day in order:
        record(game, start + timedelta(days=day))
    assert current(game) == (2, 3, "active")


def test_too_late_or_too_early_is_refused(make_engine: MakeEngine, clock: ManualClock) -> None:
    """`at` may lie in the window that the engine accepts, and is aware."""
    game = make_engine(DAILY)
    now = clock.now()
    for at in (now - timedelta(days=7, microseconds=1), now + timedelta(minutes=5, microseconds=1)):
        with pytest.raises(OutOfWindow):
            record(game, at)
    with pytest.raises(BadValue, match="time zone"):
        record(game, now.replace(tzinfo=None))
    assert game.participants.list().total == 0
    assert record(game, now - timedelta(days=7)) == 1
    assert record(game, now + timedelta(minutes=5)) == 1


def test_what_is_late_and_was_not_needed_folds_nothing(
    make_engine: MakeEngine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a period that had its target by then, an activity costs no look at the others, and is counted."""
    game = make_engine(Catalog(streaks=[Streak("daily", target=2, on="e")]))
    start = clock.now()
    for hours in (0, 0, 24, 24, 27):
        clock.set(start + timedelta(hours=hours))
        record(game)

    def fold(*_: object) -> None:
        pytest.fail("folded again")

    with monkeypatch.context() as patched:
        patched.setattr("gamify_core.road.streak_rows.fold", fold)
        for hours in (1, 25):
            answer = game.streaks.record("ada", "daily", at=start + timedelta(hours=hours))
            assert (answer.already_recorded, answer.new_count, answer.effects) == (True, 2, ())
    assert current(game) == (2, 2, "active")
    assert game.streaks.get("ada", "daily").last_recorded_at == clock.now()


def test_two_rules_record_one_late_activity(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Also when the event comes late, two rules that name the same streak count it once."""
    game = make_engine(
        Catalog(
            streaks=[Streak("daily", target=2)],
            rules=[Rule("a", on="e", streak="daily"), Rule("b", on="e", streak="daily")],
        )
    )
    game.events.emit("ada", "e")
    game.events.emit("ada", "e", at=clock.now() - timedelta(days=1))
    game.events.emit("ada", "e", at=clock.now() - timedelta(hours=1))
    clock.set(clock.now() - timedelta(days=1))
    assert game.streaks.get("ada", "daily").progress == 0
    assert game.streaks.get("ada", "daily").longest_count == 1


def test_a_run_completed_earlier_than_was_known_climbs_a_board(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """An earlier activity of the last day dates the run anew: it says nothing, and decides the tie."""
    board = Leaderboard("keen", metric="streak.daily.longest")
    game = make_engine(Catalog(streaks=[Streak("daily")], leaderboards=[board]))
    record(game, who="bob")
    clock.advance(hours=1)
    record(game, who="ada")
    assert str(game.leaderboards.top("keen")) == "1. bob 1\n1. ada 1"
    answer = game.streaks.record("ada", "daily", at=clock.now() - timedelta(hours=2))
    assert answer.effects == ()
    assert str(game.leaderboards.top("keen")) == "1. ada 1\n1. bob 1"


def test_the_rung_at_the_bottom_is_held_from_the_first_run(make_engine: MakeEngine) -> None:
    """With a target of two, one activity is no run yet; the second one is, and stands on the rung at 0."""
    ladder = Ladder("tier", metric="streak.daily.longest", tiers={"new": 0, "keen": 3})
    game = make_engine(Catalog(streaks=[Streak("daily", target=2)], ladders=[ladder]))
    rungs: list[str | None] = []
    for _ in range(2):
        assert record(game) == len(rungs)
        rung = game.tiers.current("ada").current_tier
        rungs.append(rung.code if rung else None)
    assert rungs == [None, "new"]


# -- zones ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "counts"),
    [
        ("UTC", [1, 1, 2]),  # 2 March, 2 March, 3 March
        ("Asia/Tokyo", [1, 2, 2]),  # 2 March 21:00, 3 March 01:00, 3 March 12:00
        ("participant", [1, 1, 1]),  # Los Angeles: 2 March 04:00, 08:00 and 19:00
        ("event", [1, 2, 2]),  # as each instant's own offset says: 2, 3 and 3 March
    ],
)
def test_three_kinds_of_zone(
    make_engine: MakeEngine, clock: ManualClock, zone: str, counts: list[int]
) -> None:
    """Whose midnight parts the days: a fixed zone's, the participant's, or that of the instant itself."""
    game = make_engine(Catalog(streaks=[Streak("daily", timezone=zone)]))
    game.participants.upsert("ada", timezone="America/Los_Angeles")
    got = []
    for at in ("2026-03-02T12:00+00:00", "2026-03-03T01:00+09:00", "2026-03-03T03:00+00:00"):
        clock.set(at)
        got.append(record(game, at))
    assert got == counts


def test_without_a_zone_of_their_own_people_live_in_the_catalogs(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """`participant` falls back to the catalog's zone."""
    game = make_engine(Catalog(timezone="Asia/Tokyo", streaks=[Streak("daily")]))
    clock.set("2026-03-02T14:59+00:00")
    assert record(game) == 1
    clock.set("2026-03-02T15:00+00:00")
    assert record(game) == 2


def test_moving_to_another_zone_keeps_the_run(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Days that were recorded keep their labels; from the move on, days end at the new midnight."""
    game = make_engine(DAILY)
    game.participants.upsert("ada", timezone="Europe/Paris")
    assert record(game) == 1
    clock.advance(days=1)
    assert record(game) == 2
    clock.advance(hours=1)
    game.participants.update("ada", timezone="America/Los_Angeles")
    assert current(game) == (2, 2, "active")
    clock.set("2026-03-05T07:59+00:00")  # still 4 March in Los Angeles
    assert current(game) == (2, 2, "pending")
    assert record(game) == 3
    clock.set("2026-03-05T08:00+00:00")
    assert record(game) == 4


# -- reading -------------------------------------------------------------------------------------------------


def test_reading_computes_as_of_now_and_writes_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A run stands, waits, hangs by its grace and breaks by the clock alone."""
    game = make_engine(Catalog(streaks=[Streak("daily", grace_period_hours=2)]))
    record(game)
    digest = game.history.state_digest()
    seen = []
    for at in (
        "2026-03-02T23:59:59+00:00",
        "2026-03-03T00:00+00:00",
        "2026-03-04T00:00+00:00",
        "2026-03-04T01:59:59.999999+00:00",
        "2026-03-04T02:00+00:00",
    ):
        clock.set(at)
        state = game.streaks.get("ada", "daily")
        assert game.streaks.list("ada").streaks == (state,)
        seen.append((state.current_count, state.status, state.lost_count))
    assert seen == [(1, "active", 0), (1, "pending", 0), (1, "grace", 0), (1, "grace", 0), (0, "broken", 1)]
    broken = game.streaks.get("ada", "daily")
    assert broken.broken_at == datetime(2026, 3, 4, 2, tzinfo=UTC)
    assert broken.expires_at is None
    assert game.history.state_digest() == digest
    clock.set("2026-03-03T12:00+00:00")
    assert game.streaks.get("ada", "daily").expires_at == datetime(2026, 3, 4, 2, tzinfo=UTC)


def test_what_expires_and_when_agree(make_engine: MakeEngine) -> None:
    """The answer's effect and the reading name the same end of the run."""
    game = make_engine(DAILY)
    answer = game.streaks.record("ada", "daily")
    expires = game.streaks.get("ada", "daily").expires_at
    assert expires == datetime(2026, 3, 4, tzinfo=UTC)
    assert answer.streaks[0].expires_at == expires


def test_progress_within_a_period(make_engine: MakeEngine) -> None:
    """A streak with a target says how many of them are done."""
    game = make_engine(Catalog(streaks=[Streak("daily", target=3)]))
    for done in (1, 2, 3, 4):
        record(game)
        state = game.streaks.get("ada", "daily")
        assert (state.progress, state.target) == (min(done, 3), 3)


def test_somebody_never_seen_has_zeros(make_engine: MakeEngine) -> None:
    """Reading an unknown person gives streaks of nothing, and makes nobody."""
    game = make_engine(DAILY)
    state = game.streaks.get("nobody", "daily")
    assert (state.current_count, state.longest_count, state.status) == (0, 0, "none")
    assert (state.last_recorded_at, state.expires_at, state.broken_at) == (None, None, None)
    assert game.participants.list().total == 0


def test_an_unknown_streak_is_named(make_engine: MakeEngine) -> None:
    """The error says which, and what was probably meant."""
    game = make_engine(DAILY)
    for call in (game.streaks.record, game.streaks.get):
        with pytest.raises(NotFound, match=r"^Streak definition not found: dayly ") as caught:
            call("ada", "dayly")
        assert caught.value.nearest == "daily"


# -- as metrics ----------------------------------------------------------------------------------------------


def test_streaks_feed_thresholds(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Rises of the current run reach badges, and those of the longest run ladders; each badge once."""
    game = make_engine(
        Catalog(
            streaks=[Streak("daily")],
            badges=[Badge("two", criteria="streak.daily >= 2")],
            ladders=[Ladder("tier", metric="streak.daily.longest", tiers={"a": 1, "b": 3})],
        )
    )
    earned, rungs = [], []
    for gap in (1, 1, 1, 5, 1, 1, 1):
        answer = game.streaks.record("ada", "daily")
        earned.append([badge.code for badge in answer.badges])
        rungs.append(answer.tier_upgrade.code if answer.tier_upgrade else None)
        clock.advance(days=gap)
    assert earned == [[], ["two"], [], [], [], [], []]
    assert rungs == ["a", None, "b", None, None, None, None]


def test_a_late_activity_reaches_thresholds_too(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Healing a run is a rise like any other."""
    game = make_engine(
        Catalog(streaks=[Streak("daily")], badges=[Badge("three", criteria="streak.daily >= 3")])
    )
    start = clock.now()
    record(game)
    clock.advance(days=2)
    record(game)
    answer = game.streaks.record("ada", "daily", at=start + timedelta(days=1))
    assert [badge.code for badge in answer.badges] == ["three"]


def test_conditions_read_streaks_as_of_the_event(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A run that time has broken counts nothing, though nobody wrote that down."""
    rule = Rule("r", on="e", award='1 + metric("streak.daily") * 10 + metric("streak.daily.longest") * 100')
    game = make_engine(Catalog(streaks=[Streak("daily")], rules=[rule]))
    record(game)
    assert game.events.emit("ada", "e").points == 111
    clock.advance(days=3)
    assert game.events.emit("ada", "e").points == 101


def test_a_board_of_longest_streaks(make_engine: MakeEngine, clock: ManualClock) -> None:
    """People are ranked by their longest run."""
    board = Leaderboard("keen", metric="streak.daily.longest")
    game = make_engine(Catalog(streaks=[Streak("daily")], leaderboards=[board]))
    for day in range(3):
        record(game)
        if day < 2:
            record(game, who="bob")
        clock.advance(days=1)
    assert str(game.leaderboards.top("keen")) == "1. ada 3\n2. bob 2"


def test_two_rules_record_one_activity(make_engine: MakeEngine) -> None:
    """Two rules of one event that name the same streak count it once."""
    game = make_engine(
        Catalog(
            streaks=[Streak("daily", target=2, on="e")],
            rules=[Rule("a", on="e", streak="daily"), Rule("b", on="e", streak="daily")],
        )
    )
    game.events.emit("ada", "e")
    assert game.streaks.get("ada", "daily").progress == 1
    assert len(game.events.emit("ada", "e").streaks) == 1


def test_the_carried_offset_is_kept(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A streak by the instant's own offset expires by that offset's midnight."""
    game = make_engine(Catalog(streaks=[Streak("daily", timezone="event")]))
    game.streaks.record("ada", "daily", at=clock.now().astimezone(timezone(timedelta(hours=-7))))
    assert game.streaks.get("ada", "daily").expires_at == datetime(2026, 3, 4, 7, tzinfo=UTC)
