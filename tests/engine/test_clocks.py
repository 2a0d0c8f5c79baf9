from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gamify_core import (
    Award,
    BadValue,
    Catalog,
    Emit,
    Engine,
    Leaderboard,
    ManualClock,
    OutOfWindow,
    Streak,
)
from tests.engine.conftest import MakeEngine

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=1), 7 * DAY])
def test_the_window_behind_includes_its_edge(
    make_engine: MakeEngine, clock: ManualClock, late: timedelta
) -> None:
    """An instant exactly `accept_late` old is taken, one microsecond older refused with the reason."""
    game = make_engine(accept_late=late)
    assert game.points.award("ada", 1, at=clock.now() - late).occurred_at == clock.now() - late
    with pytest.raises(
        OutOfWindow, match=r"at 2026-.*Z lies too far back: it is 2026-03-02T09:00:00Z .*accept_late"
    ):
        game.points.award("ada", 1, at=clock.now() - late - MICROSECOND)
    assert game.points.balance("ada").balance == 1


@pytest.mark.parametrize("early", [timedelta(0), timedelta(minutes=5)])
def test_the_window_ahead_includes_its_edge(
    make_engine: MakeEngine, clock: ManualClock, early: timedelta
) -> None:
    """An instant exactly `accept_early` ahead is taken, one microsecond more is refused with the reason."""
    game = make_engine(accept_early=early)
    game.points.award("ada", 1, at=clock.now() + early)
    with pytest.raises(OutOfWindow, match=r"lies in the future: it is 2026-03-02T09:00:00Z .*accept_early"):
        game.points.award("ada", 1, at=clock.now() + early + MICROSECOND)
    assert game.points.balance("ada").balance == 1


def test_the_defaults_are_seven_days_and_five_minutes(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Without settings a week late and five minutes early are accepted, and no more."""
    game = make_engine()
    for fine in (-7 * DAY, timedelta(minutes=5)):
        game.points.award("ada", 1, at=clock.now() + fine)
    for beyond in (-7 * DAY - MICROSECOND, timedelta(minutes=5) + MICROSECOND):
        with pytest.raises(OutOfWindow):
            game.points.award("ada", 1, at=clock.now() + beyond)


def test_no_window_behind_takes_any_age(make_engine: MakeEngine, clock: ManualClock) -> None:
    """`accept_late=None` takes the oldest instant there is; the future stays closed."""
    game = make_engine(accept_late=None)
    oldest = datetime(1, 1, 1, tzinfo=UTC)
    assert game.points.award("ada", 1, at=oldest).occurred_at == oldest
    assert game.points.transactions("ada")[0].occurred_at == oldest
    with pytest.raises(OutOfWindow):
        game.points.award("ada", 1, at=clock.now() + DAY)


@pytest.mark.parametrize(
    "at",
    [
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_an_instant_outside_the_calendar_is_refused(make_engine: MakeEngine, at: datetime) -> None:
    """What is before the year 1 or after 9999 in UTC is one clear error, with any window."""
    game = make_engine(accept_late=None)
    with pytest.raises(BadValue, match="outside the years 1 to 9999") as caught:
        game.points.award("ada", 1, at=at)
    assert caught.value.field == "at"
    assert game.history.activity() == ()


WRITES: dict[str, Any] = {
    "award": lambda game, at: game.points.award("ada", 1, at=at),
    "deduct": lambda game, at: game.points.deduct("ada", 1, at=at),
    "transfer": lambda game, at: game.points.transfer("ada", "bob", 1, at=at),
    "emit": lambda game, at: game.events.emit("ada", "e", at=at),
    "streak": lambda game, at: game.streaks.record("ada", "daily", at=at),
    "upsert": lambda game, at: game.participants.upsert("ada", "Ada", at=at),
    "update": lambda game, at: game.participants.update("ada", display_name="A", at=at),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_every_write_has_the_window(make_engine: MakeEngine, clock: ManualClock, write: Any) -> None:
    """Each kind of write takes an aware instant within the window, and refuses all else without a trace."""
    game = make_engine(Catalog(streaks=[Streak("daily")]))
    game.points.award("ada", 5)
    before = game.history.state_digest()
    for wrong in (clock.now() - 8 * DAY, clock.now() + DAY):
        with pytest.raises(OutOfWindow):
            write(game, wrong)
    for bad in (datetime(2026, 3, 2, 9), "2026-03-02T09:00+00:00", 1_772_442_000):  # noqa: DTZ001
        with pytest.raises(BadValue, match=r"time zone|aware datetime") as caught:
            write(game, bad)
        assert caught.value.field == "at"
    assert game.history.state_digest() == before
    write(game, clock.now() - DAY)
    assert game.history.activity(after=2)[0].occurred_at == clock.now() - DAY


def test_the_instant_may_be_in_any_zone(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The same instant in another zone is the same instant."""
    game = make_engine()
    tokyo = clock.now().astimezone(timezone(timedelta(hours=9)))
    assert game.points.award("ada", 1, at=tokyo).occurred_at == clock.now()


def recorded(game: Engine) -> list[datetime]:
    """Return the instants of recording, in the order of the activity."""
    return [row.recorded_at for row in game.history.activity()]


def test_recording_instants_rise_while_the_clock_stands(make_engine: MakeEngine, clock: ManualClock) -> None:
    """With a clock that stands still each row is recorded one microsecond after the one before."""
    game = make_engine()
    for _ in range(3):
        assert game.points.award("ada", 1).occurred_at == clock.now()
    assert recorded(game) == [clock.now() + n * MICROSECOND for n in range(4)]


def test_recording_instants_rise_when_the_clock_goes_back(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """A clock put back does not reorder history; what occurred still follows the clock."""
    game = make_engine()
    start = clock.now()
    game.points.award("ada", 1)
    clock.set(start - DAY)
    assert game.points.award("ada", 1).occurred_at == start - DAY
    clock.set(start + DAY)
    game.points.award("ada", 1)
    assert recorded(game) == [start, start + MICROSECOND, start + 2 * MICROSECOND, start + DAY]


def test_an_answer_knows_both_clocks(make_engine: MakeEngine, clock: ManualClock) -> None:
    """`recorded_at` is when it was written, `occurred_at` when it happened, and the activity agrees."""
    game = make_engine()
    late = clock.now() - DAY
    answer = game.points.award("ada", 1, at=late)
    row = game.history.activity(after=1)[0]
    assert (answer.recorded_at, answer.occurred_at) == (row.recorded_at, row.occurred_at)
    assert (answer.recorded_at, answer.occurred_at) == (clock.now() + MICROSECOND, late)


def test_in_an_import_the_clock_follows_the_events(make_engine: MakeEngine, clock: ManualClock) -> None:
    """History is recorded when it occurred where order allows, and always in rising order."""
    game = make_engine()
    days = [datetime(2020, 1, day, tzinfo=UTC) for day in (1, 3, 2, 4)]
    answer = game.events.emit_batch([Emit("ada", "e", timestamp=day) for day in days], backfill=True)
    assert answer.failed == 0
    first, second, third, fourth = days
    adopted, *rest = recorded(game)
    assert adopted == first
    assert rest == [first + MICROSECOND, second, second + MICROSECOND, fourth]
    assert third < second < clock.now()


def test_after_an_import_the_clock_is_the_clock_again(make_engine: MakeEngine, clock: ManualClock) -> None:
    """An import leaves the window of later writes as it was."""
    game = make_engine()
    old = datetime(2020, 1, 1, tzinfo=UTC)
    game.events.emit_batch([Emit("ada", "e", timestamp=old)], backfill=True)
    assert game.points.award("ada", 1).recorded_at == clock.now()
    with pytest.raises(OutOfWindow):
        game.points.award("ada", 1, at=old)
    assert game.events.emit_batch([Emit("ada", "e", timestamp=old)]).failed == 1


def test_batches_and_handles_keep_the_window(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The window holds for items of a batch and inside transactions."""
    game = make_engine()
    assert game.points.award_batch([Award("ada", 1)], at=clock.now() - 8 * DAY).failed == 1
    with game.transaction() as tx, pytest.raises(OutOfWindow):
        tx.points.award("ada", 1, at=clock.now() - 8 * DAY)


def test_scarcity_follows_the_order_of_writing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A late deduction is paid from what is there now, not from what was there then."""
    game = make_engine()
    game.points.award("ada", 10)
    assert game.points.deduct("ada", 10, at=clock.now() - DAY).new_balance == 0


def test_the_calendar_follows_what_occurred(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Points that come late count in the week in which they were earned (the clock stands on a Monday)."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("week", period="weekly")]))
    sunday = clock.now() - DAY
    game.points.award("ada", 5, at=sunday)
    game.points.award("bob", 1)
    assert str(game.leaderboards.top("week")) == "1. bob 1"
    clock.set(sunday)
    assert str(game.leaderboards.top("week")) == "1. ada 5"


class Wall:
    """A clock of one's own."""

    def now(self) -> datetime:
        """Tell the time."""
        return datetime(2030, 1, 1, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize("clock", [Wall(), Wall().now, None], ids=["object", "callable", "default"])
def test_clocks_are_objects_or_callables(make_engine: MakeEngine, clock: Any) -> None:
    """Anything that tells an aware time is a clock; the default is the system's."""
    before = datetime.now(UTC)
    answer = make_engine(clock=clock).points.award("ada", 1)
    assert answer.occurred_at == Wall().now() if clock else before <= answer.occurred_at <= datetime.now(UTC)


def clock_of_naive() -> datetime:
    """Tell a time without a zone."""
    return datetime(2026, 1, 1)  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize("bad", ["noon", clock_of_naive, lambda: 5], ids=["text", "naive", "int"])
def test_a_clock_that_is_none_is_refused(make_engine: MakeEngine, bad: Any) -> None:
    """What cannot be called, or tells no aware time, is a `BadValue` that names the clock."""
    with pytest.raises(BadValue) as caught:
        make_engine(clock=bad).points.award("ada", 1)
    assert caught.value.field == "clock"


def test_a_clock_says_what_is_no_instant() -> None:
    """In the words of every other wrong value, at its making and when it is set."""
    for wrong in ("garbage", "2026-03-02T09:00", 5):
        odd: Any = wrong
        with pytest.raises(BadValue, match="start"):
            ManualClock(odd)
        with pytest.raises(BadValue, match="moment"):
            ManualClock().set(odd)
