"""What is counted: declared metrics, in the windows they are read in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gamify_core import Badge, Catalog, Emit, Engine, Leaderboard, ManualClock, Metric, Rule

if TYPE_CHECKING:
    from .conftest import MakeEngine


def reading(name: str, *metrics: Metric) -> Catalog:
    """Return a catalog in which the event `ask` awards a thousand points and what a metric holds."""
    return Catalog(metrics=metrics, rules=[Rule("ask", on="ask", award=f'1000 + metric("{name}")')])


def asked(game: Engine, who: str = "ada") -> int:
    """Return what the metric holds now."""
    return game.events.emit(who, "ask").points - 1000


@pytest.mark.parametrize(
    ("metric", "values", "expected"),
    [
        (Metric("m", on="e"), [5, 3, 9], 3),
        (Metric("m", on="e", when="v > 4"), [5, 3, 9], 2),
        (Metric("m", on=["e", "f"]), [5, 3], 2),
        (Metric("m", on="e", sum="v"), [5, 3, 9], 17),
        (Metric("m", on="e", sum="v"), [5, -8, 1], -2),
        (Metric("m", on="e", sum="v * 2", when="v > 4"), [5, 3, 9], 28),
        (Metric("m", on="e", sum="v"), [5, None, 9], 14),
        (Metric("m", on="e", sum="v"), [0, 5], 5),
        (Metric("m", on="e", max="v"), [5, 3, 9, 4], 9),
        (Metric("m", on="e", max="v"), [-5, -3, -9], -3),
        (Metric("m", on="e", max="v"), [None, 2], 2),
        (Metric("m", on="e", min="v"), [5, 3, 9], 3),
        (Metric("m", on="e", min="v"), [0, 3], 0),
        (Metric("m", on="e", min="v"), [-5, 3], -5),
        (Metric("m", on="e", distinct="v"), [5, 3, 5, 3, 9], 3),
        (Metric("m", on="e", distinct="v"), ["a", "b", "a", None], 2),
        (Metric("m", on="e", distinct="v // 10"), [11, 12, 21], 2),
    ],
)
def test_metrics_count_sum_and_compare(
    make_engine: MakeEngine, metric: Metric, values: list[object], expected: int
) -> None:
    """A metric counts events, or sums, or keeps the extreme of a property, or counts its different values."""
    game = make_engine(reading("m", metric))
    for value in values:
        game.events.emit("ada", "e", {"v": value})
    game.events.emit("ada", "other", {"v": 1000})
    game.events.emit("bob", "e", {"v": 1000})
    assert asked(game) == expected


def test_an_event_without_the_property_adds_nothing(make_engine: MakeEngine) -> None:
    """A property that is missing is not zero: it moves neither sum nor extreme, and is no failure."""
    game = make_engine(
        Catalog(
            metrics=[Metric("total", on="e", sum="v"), Metric("least", on="e", min="v")],
            badges=[Badge("b", criteria="total >= 1 or least >= 1")],
        )
    )
    assert game.events.emit("ada", "e").effects == ()
    assert game.events.emit("ada", "e", {"v": 1}).badges[0].code == "b"


@pytest.mark.parametrize(
    ("window", "expected"),
    [("hourly", 1), ("daily", 2), ("weekly", 3), ("monthly", 4), ("yearly", 5)],
)
def test_a_window_holds_what_happened_in_it(
    make_engine: MakeEngine, clock: ManualClock, window: str, expected: int
) -> None:
    """Each calendar counts from its own beginning: the hour, midnight, Monday, the first, New Year."""
    game = make_engine(reading(f"m@{window}", Metric("m", on="e")))
    last_year, last_month = "2025-12-31T23:59+00:00", "2026-02-28T23:59+00:00"
    times = (last_year, last_month, "2026-03-01T12:00+00:00", "2026-03-02T00:00+00:00")
    for time in (*times, "2026-03-03T08:59:59+00:00", "2026-03-03T09:00+00:00"):
        clock.set(time)
        game.events.emit("ada", "e")
    assert asked(game) == expected


@pytest.mark.parametrize(
    ("metric", "today", "yesterday"),
    [
        (Metric("m", on="e", sum="v"), 4, 12),
        (Metric("m", on="e", max="v"), 3, 7),
        (Metric("m", on="e", min="v"), 1, 5),
        (Metric("m", on="e", distinct="v"), 2, 2),
    ],
)
def test_late_events_go_into_the_window_in_which_they_happened(
    make_engine: MakeEngine, clock: ManualClock, metric: Metric, today: int, yesterday: int
) -> None:
    """What arrives late is counted where it belongs, by the instant at which it happened."""
    game = make_engine(reading("m@daily", metric))
    then = clock.now() - timedelta(days=1)
    for value, at in ((3, None), (7, then), (1, None), (5, then)):
        game.events.emit("ada", "e", {"v": value}, at=at)
    assert asked(game) == today
    assert game.events.emit("ada", "ask", at=then).points - 1000 == yesterday


def test_a_window_ends_at_the_catalogs_midnight(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Whose midnight it is, the catalog says, not the participant, nor the offset that an instant carries."""
    catalog = Catalog(
        timezone="Europe/Paris",
        metrics=[Metric("m", on="e")],
        rules=[Rule("ask", on="ask", award='1000 + metric("m@daily")')],
    )
    game = make_engine(catalog)
    game.participants.upsert("ada", timezone="Asia/Tokyo")
    clock.set("2026-03-02T22:59:59+00:00")
    game.events.emit("ada", "e")
    assert asked(game) == 1
    clock.set("2026-03-02T23:00+00:00")
    assert asked(game) == 0


def test_weeks_start_when_the_catalog_says(make_engine: MakeEngine, clock: ManualClock) -> None:
    """`week_start` moves the boundary of weekly windows."""
    rules = [Rule("ask", on="ask", award='1000 + metric("m@weekly")')]
    game = make_engine(Catalog(week_start="sunday", metrics=[Metric("m", on="e")], rules=rules))
    clock.set("2026-03-07T23:59+00:00")
    game.events.emit("ada", "e")
    assert asked(game) == 1
    clock.set("2026-03-08T00:00+00:00")
    assert asked(game) == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("points.balance", 25),
        ("points.earned", 30),
        ("points.spent", 5),
        ("points.earned@daily", 30),
        ("points.spent@monthly", 5),
        ("events.count", 1),
        ("events.count@weekly", 1),
        ("badges.count", 1),
        ("badges.count@yearly", 1),
    ],
)
def test_metrics_that_are_always_there(make_engine: MakeEngine, name: str, expected: int) -> None:
    """Wallets, events and badges count themselves, in windows too."""
    catalog = Catalog(badges=[Badge("b")], rules=[Rule("ask", on="ask", award=f'1000 + metric("{name}")')])
    game = make_engine(catalog)
    game.points.award("ada", 30)
    game.points.deduct("ada", 5)
    game.badges.award("ada", "b")
    assert asked(game) == expected


def test_a_transfer_is_neither_earned_nor_spent(make_engine: MakeEngine) -> None:
    """Passing points around moves balances and reaches nothing that is earned."""
    game = make_engine(Catalog(badges=[Badge("rich", criteria="points.earned >= 10")]))
    game.points.award("ada", 9)
    game.points.transfer("ada", "bob", 9)
    game.points.transfer("bob", "ada", 9)
    assert game.points.award("ada", 1).badges[0].code == "rich"
    assert game.badges.list("bob", earned_only=True).badges == ()


def test_a_sum_that_would_leave_64_bits_is_skipped(make_engine: MakeEngine) -> None:
    """A property too large to add up is passed over, and said to be."""
    game = make_engine(reading("m", Metric("m", on="e", sum="v")))
    answer = game.events.emit("ada", "e", {"v": 2**60})
    assert [(one.effect, one.code) for one in answer.skipped] == [("count", "out_of_range")]
    assert asked(game) == 0


def test_many_that_are_each_in_range_stop_at_64_bits(make_engine: MakeEngine) -> None:
    """The event that would take a sum out of range is accepted, and the sum stays where it was."""
    game = make_engine(
        Catalog(metrics=[Metric("m", on="e", sum="v")], leaderboards=[Leaderboard("b", metric="m")])
    )
    most = 2**53 - 1
    game.events.emit_batch([Emit("ada", "e", {"v": most}) for _ in range(1024)])
    answer = game.events.emit("ada", "e", {"v": most})
    assert [(one.effect, one.code) for one in answer.skipped] == [("count", "out_of_range")]
    (entry,) = game.leaderboards.top("b").entries
    assert entry.score == 1024 * most


def test_distinct_values_keep_their_kind_apart_from_their_case(make_engine: MakeEngine) -> None:
    """Texts that differ in case differ; equal values are one, however often they come."""
    game = make_engine(reading("m", Metric("m", on="e", distinct="v")))
    for value in ("Loops", "loops", "Loops", True, True):
        game.events.emit("ada", "e", {"v": value})
    assert asked(game) == 3
