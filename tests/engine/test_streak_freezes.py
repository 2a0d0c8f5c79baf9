"""What a streak forgives: freezes, pauses and repairs, in order and late, and what each costs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Catalog,
    Engine,
    FreezesFull,
    FreezeUsed,
    InsufficientPoints,
    Leaderboard,
    ManualClock,
    NotForSale,
    NotFound,
    NotRepairable,
    OutOfWindow,
    Streak,
    StreakBroken,
    StreakCorrected,
)

if TYPE_CHECKING:
    from .conftest import MakeEngine

FROZEN = Catalog(streaks=[Streak("daily", freeze_cap=2)])
START = datetime.fromisoformat("2026-03-02T09:00+00:00")


def day(number: int, hour: int = 9) -> datetime:
    """Return an hour of a day, counted from Monday, 2 March (0)."""
    return START.replace(hour=0) + timedelta(days=number, hours=hour)


def record(game: Engine, clock: ManualClock, *days: int) -> list[int]:
    """Record on these days, each when it has come, and return the counts."""
    counts = []
    for number in days:
        clock.set(day(number))
        counts.append(game.streaks.record("ada", "daily").new_count)
    return counts


def standing(game: Engine) -> tuple[int, int, str, int]:
    """Return count, longest run, status and freezes of now."""
    state = game.streaks.get("ada", "daily")
    return state.current_count, state.longest_count, state.status, state.freezes


# -- freezes -------------------------------------------------------------------------------------------------


def test_a_freeze_stands_in_for_a_missed_day(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Reading knows it at once; the next activity says it, with the day, and the run goes on."""
    game = make_engine(FROZEN)
    assert game.streaks.give_freezes("ada", "daily").freezes == 1
    record(game, clock, 0)
    clock.set(day(2, 8))
    assert standing(game) == (1, 1, "frozen", 0)
    answer = game.streaks.record("ada", "daily")
    assert answer.new_count == 2
    used = answer.effects[0]
    assert isinstance(used, FreezeUsed)
    assert (used.period, used.count, used.cause) == ("2026-03-03", 1, "time")
    assert "a freeze stands in for 2026-03-03" in str(answer)
    assert standing(game) == (2, 2, "active", 0)


def test_when_the_freezes_are_used_up_the_run_breaks(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Two days are covered, the third breaks the run, and all three are told in order."""
    game = make_engine(FROZEN)
    game.streaks.give_freezes("ada", "daily", 2)
    record(game, clock, 0)
    clock.set(day(4))
    answer = game.streaks.record("ada", "daily")
    assert [effect.tag for effect in answer.effects] == [
        "freeze_used",
        "freeze_used",
        "streak_broken",
        "streak_extended",
    ]
    assert standing(game) == (1, 1, "active", 0)


def test_a_late_activity_gives_the_freeze_back(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The answer says that the runs are longer and that a freeze is held again."""
    game = make_engine(FROZEN)
    game.streaks.give_freezes("ada", "daily")
    assert record(game, clock, 0, 2) == [1, 2]
    answer = game.streaks.record("ada", "daily", at=day(1))
    (corrected,) = answer.corrections
    assert (corrected.count, corrected.previous_count, corrected.freezes_returned) == (3, 2, 1)
    assert "1 freeze returned" in str(answer)
    assert standing(game) == (3, 3, "active", 1)


def test_an_earlier_activity_may_draw_a_freeze(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The known oddity: a run that begins earlier needs the freeze earlier, and lacks it later."""
    game = make_engine(FROZEN)
    game.streaks.give_freezes("ada", "daily", at=day(0, 1))
    clock.set(day(2))
    assert record(game, clock, 2, 4) == [1, 2]
    answer = game.streaks.record("ada", "daily", at=day(0, 2))
    assert (answer.new_count, answer.longest_count) == (1, 2)
    assert standing(game) == (1, 2, "active", 0)


def test_a_freeze_that_comes_late_heals(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Given for an instant before the deadline it saves the run; a moment after it, it does not."""
    for late, counted in ((day(2, 0), 2), (day(2, 0) + timedelta(microseconds=1), 1)):
        game = make_engine(FROZEN)
        assert record(game, clock, 0, 2) == [1, 1]
        answer = game.streaks.give_freezes("ada", "daily", at=late)
        assert standing(game)[0] == counted
        assert len(answer.corrections) == counted - 1
        assert answer.freezes == 2 - counted


def test_the_cap_holds(make_engine: MakeEngine) -> None:
    """A gift is cut to what fits and says so; where nothing fits it is refused with the numbers."""
    game = make_engine(FROZEN)
    answer = game.streaks.give_freezes("ada", "daily", 5, reason="a present")
    assert answer.to_dict() == {
        "participant_id": "ada",
        "streak_code": "daily",
        "added": 2,
        "freezes": 2,
        "cost": 0,
    }
    with pytest.raises(FreezesFull, match="holds 2 of at most 2 freezes, and 1 more do not fit") as caught:
        game.streaks.give_freezes("ada", "daily")
    assert (caught.value.held, caught.value.cap, caught.value.asked) == (2, 2, 1)
    assert game.streaks.get("ada", "daily").freezes == 2


def test_freezes_are_bought_with_points(make_engine: MakeEngine) -> None:
    """Paid and given in one commit; too few points or no room is refused, and nothing is paid for nothing."""
    game = make_engine(Catalog(streaks=[Streak("daily", freeze_cap=2, freeze_cost=10)]))
    game.points.award("ada", 35)
    answer = game.streaks.buy_freezes("ada", "daily", 2, idempotency_key="k")
    assert (answer.cost, answer.freezes, answer.points) == (20, 2, -20)
    assert game.points.transactions("ada").items[0].source == "streak:daily"
    with pytest.raises(FreezesFull):
        game.streaks.buy_freezes("ada", "daily")
    again = game.streaks.buy_freezes("ada", "daily", 2, idempotency_key="k")
    assert again.replayed
    assert again.effects == answer.effects
    assert game.points.balance("ada").balance == 15
    with pytest.raises(InsufficientPoints, match="Available: 0, requested: 10"):
        game.streaks.buy_freezes("bob", "daily")
    assert game.streaks.get("bob", "daily").freezes == 0


def test_what_is_not_for_sale_is_not_sold(make_engine: MakeEngine) -> None:
    """A streak without a price is refused by name, and so is one that nobody knows."""
    game = make_engine(FROZEN)
    with pytest.raises(NotForSale, match="Freezes of daily are not for sale"):
        game.streaks.buy_freezes("ada", "daily")
    with pytest.raises(NotFound):
        game.streaks.give_freezes("ada", "dayly")
    with pytest.raises(BadValue):
        game.streaks.give_freezes("ada", "daily", 0)
    assert game.participants.list().total == 0


def test_freezes_are_earned_every_so_many_periods(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Every second day earns one; taking the activity back that earned it takes it back."""
    game = make_engine(Catalog(streaks=[Streak("daily", freeze_cap=2, freeze_every=2)]))
    record(game, clock, 0, 1)
    assert standing(game) == (2, 2, "active", 1)
    clock.advance(hours=1)
    last = game.streaks.record("ada", "daily")
    assert last.already_recorded
    game.streaks.retract("ada", "daily", at=day(1))
    assert standing(game)[3] == 1  # the later one of the day earns it as well
    game.streaks.retract("ada", "daily", activity_id=last.activity_id)
    assert standing(game) == (1, 1, "pending", 0)


def test_criteria_read_what_a_freeze_has_saved(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Thresholds and boards of the longest run go by the run as it is, freezes and all."""
    game = make_engine(
        Catalog(
            streaks=[Streak("daily", freeze_cap=1)],
            badges=[Badge("three", criteria="streak.daily >= 3")],
            leaderboards=[Leaderboard("keen", metric="streak.daily.longest")],
        )
    )
    game.streaks.give_freezes("ada", "daily")
    record(game, clock, 0, 1)
    clock.set(day(3))
    answer = game.streaks.record("ada", "daily")
    assert [badge.code for badge in answer.badges] == ["three"]
    assert game.leaderboards.top("keen").entries[0].score == 3
    assert game.participants.profile("ada").streak == 3


# -- pauses --------------------------------------------------------------------------------------------------


def test_a_pause_asks_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Days that it touches break nothing, and a read says so; what is done in it counts all the same."""
    game = make_engine(Catalog(streaks=[Streak("daily")]))
    record(game, clock, 0)
    answer = game.streaks.pause("ada", "daily", day(1), day(4))
    assert (answer.starts, answer.ends) == (day(1), day(4))
    clock.set(day(3))
    assert standing(game)[:3] == (1, 1, "excused")
    assert game.streaks.record("ada", "daily").new_count == 2
    clock.set(day(5))
    assert game.streaks.record("ada", "daily").new_count == 3


def test_a_pause_without_an_end_ends_when_one_resumes(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Until then nothing expires; from the day after on everything is as before."""
    game = make_engine(Catalog(streaks=[Streak("daily")]))
    record(game, clock, 0)
    game.streaks.pause("ada", "daily")
    clock.set(day(40))
    assert game.streaks.get("ada", "daily").expires_at is None
    answer = game.streaks.resume("ada", "daily")
    assert (answer.starts, answer.ends) == (day(0), day(40))
    assert game.streaks.get("ada", "daily").expires_at == day(42, 0)
    idle = game.streaks.resume("ada", "daily")
    assert (idle.starts, idle.ends) == (None, None)
    assert game.history.activity()[-1].kind == "streaks.resume"
    assert len([row for row in game.history.activity() if row.kind == "streaks.resume"]) == 1
    clock.set(day(42, 0))
    assert standing(game)[:3] == (0, 1, "broken")


def test_pauses_that_meet_are_one(make_engine: MakeEngine) -> None:
    """Overlaps are merged, whichever comes first, and an end that is open stays open."""
    game = make_engine(Catalog(streaks=[Streak("daily")]))
    game.streaks.pause("ada", "daily", day(1), day(3))
    game.streaks.pause("ada", "daily", day(6), day(8))
    merged = game.streaks.pause("ada", "daily", day(2), day(6))
    assert (merged.starts, merged.ends) == (day(1), day(8))
    opened = game.streaks.pause("ada", "daily", day(8))
    assert (opened.starts, opened.ends) == (day(1), None)


def test_a_pause_of_the_past_heals_within_the_window(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A break that was told already is put right; further back than is accepted it is refused."""
    game = make_engine(Catalog(streaks=[Streak("daily")]))
    record(game, clock, 0)
    clock.set(day(3))
    assert [effect.tag for effect in game.settle()] == ["streak_broken"]
    answer = game.streaks.pause("ada", "daily", day(1), day(4))
    (corrected,) = answer.effects
    assert isinstance(corrected, StreakCorrected)
    assert (corrected.count, corrected.previous_count) == (1, 0)
    with pytest.raises(OutOfWindow, match="too far back"):
        game.streaks.pause("ada", "daily", day(-9))
    for start, end in ((day(2), day(2)), (day(3), day(2))):
        with pytest.raises(BadValue, match="ends after it starts"):
            game.streaks.pause("ada", "daily", start, end)
    with pytest.raises(BadValue, match="ends after it starts"):
        game.streaks.pause("ada", "daily", end=day(1))


# -- repairs -------------------------------------------------------------------------------------------------


def broken(make_engine: MakeEngine, clock: ManualClock, cost: int = 0) -> Engine:
    """Return an engine on which a run of two ended at the beginning of the third day after it."""
    game = make_engine(Catalog(streaks=[Streak("daily", repair_hours=48, repair_cost=cost)]))
    record(game, clock, 0, 1)
    clock.set(day(3, 1))
    return game


def test_a_repair_takes_the_run_up_again(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The break is told, then put right, for the points it costs; the run goes on from there."""
    game = broken(make_engine, clock, 7)
    game.points.award("ada", 10)
    answer = game.streaks.repair("ada", "daily")
    assert answer.to_dict() == {
        "participant_id": "ada",
        "streak_code": "daily",
        "current_count": 2,
        "cost": 7,
        "periods": ["2026-03-04"],
    }
    assert [effect.tag for effect in answer.effects] == [
        "streak_broken",
        "points_deducted",
        "streak_corrected",
    ]
    assert game.points.balance("ada").balance == 3
    assert game.streaks.record("ada", "daily").new_count == 3


def test_a_repair_has_its_time_and_its_price(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Too late, not broken, never, or too dear: each is refused with its reason, and nothing is written."""
    game = broken(make_engine, clock, 7)
    with pytest.raises(InsufficientPoints):
        game.streaks.repair("ada", "daily")
    clock.set(day(4, 23))
    free = broken(make_engine, clock)
    clock.set(day(4, 23) + timedelta(minutes=59))
    assert free.streaks.repair("ada", "daily").current_count == 2
    with pytest.raises(NotRepairable, match="is not broken") as alive:
        free.streaks.repair("ada", "daily")
    assert alive.value.reason == "alive"
    clock.set(day(5, 0) + timedelta(microseconds=1))
    before = game.history.state_digest()
    with pytest.raises(NotRepairable, match="broke more than 48 hours ago") as late:
        game.streaks.repair("ada", "daily")
    assert late.value.reason == "too_late"
    assert game.history.state_digest() == before
    with pytest.raises(NotRepairable, match="no repair_hours") as never:
        make_engine(Catalog(streaks=[Streak("daily")])).streaks.repair("ada", "daily")
    assert never.value.reason == "never"


# -- other facts ---------------------------------------------------------------------------------------------


def test_flying_back_into_a_day_brings_a_run_back(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A break that was told in Tokyo is put right in Honolulu, where the day is not over, and told anew there."""
    game = make_engine(Catalog(streaks=[Streak("daily")]))
    game.participants.upsert("ada", timezone="Asia/Tokyo")
    game.streaks.record("ada", "daily")  # 2 March, 18:00 in Tokyo
    clock.set("2026-03-03T15:10+00:00")  # 4 March, 00:10
    assert [type(effect) for effect in game.settle()] == [StreakBroken]
    game.participants.update("ada", timezone="Pacific/Honolulu")
    corrected = game.history.activity()[-1].effects
    assert [effect.tag for effect in corrected] == ["streak_corrected"]
    assert standing(game)[:3] == (1, 1, "pending")
    clock.set("2026-03-04T10:00+00:00")  # midnight in Honolulu
    assert [(type(effect), effect.occurred_at) for effect in game.settle()] == [(StreakBroken, clock.now())]
    assert standing(game)[:3] == (0, 1, "broken")


def test_an_export_has_it(make_engine: MakeEngine) -> None:
    """What was given and paused is among what is held about somebody."""
    game = make_engine(Catalog(streaks=[Streak("daily", freeze_cap=2, milestones={1: 5})]))
    game.streaks.give_freezes("ada", "daily", 2)
    game.streaks.pause("ada", "daily", day(1))
    game.streaks.record("ada", "daily")
    held = game.participants.export("ada")
    assert held["freezes"] == [
        {"code": "daily", "number": 2, "source": "given", "given_at": "2026-03-02T09:00:00Z"}
    ]
    assert held["pauses"] == [{"code": "daily", "starts": "2026-03-03T09:00:00Z", "ends": None}]
    assert (held["repairs"], held["milestones"]) == ([], [{"code": "daily", "length": 1, "times": 1}])


def test_erasing_takes_all_of_it(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Of somebody who is gone nothing is said any more, by time either."""
    game = make_engine(FROZEN)
    for who, erase in (("ada", game.participants.anonymize), ("bob", game.participants.delete)):
        game.streaks.give_freezes(who, "daily")
        game.streaks.pause(who, "daily", day(9), day(10))
        game.streaks.record(who, "daily")
        erase(who)
    clock.advance(days=30)
    assert len(game.settle()) == 0
    assert len(game.streaks.expiring("daily", before=clock.now() + timedelta(days=9))) == 0
