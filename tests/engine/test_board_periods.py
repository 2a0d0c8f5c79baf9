"""Boards in seasons, in periods of so many days and in rolling ones; past tables, and what a score is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    BadValue,
    Catalog,
    CatalogError,
    Engine,
    Leaderboard,
    ManualClock,
    Metric,
    NotFound,
    Season,
)

from .replaying import difference

if TYPE_CHECKING:
    from pathlib import Path

    from gamify_core.services.leaderboards import Of

    from .conftest import MakeEngine

SEASONS = {
    "winter": {"starts": "2026-01-01", "ends": "2026-03-01"},
    "spring": {"starts": "2026-03-10", "ends": "2026-06-01"},
}


def shown(
    game: Engine, code: str = "b", *, period: str | None = None, of: Of = None
) -> list[tuple[str, object]]:
    """Return participant and score of each entry."""
    return [
        (entry.participant_id, entry.score) for entry in game.leaderboards.top(code, period=period, of=of)
    ]


def award(game: Engine, who: str, points: int, day: str) -> None:
    """Award points at noon of a day."""
    game.points.award(who, points, at=datetime.fromisoformat(f"{day}T12:00:00+00:00"))


# -- past tables ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [True, False])
def test_a_past_period_is_named_by_a_date_an_instant_its_name_or_as_the_previous(
    make_engine: MakeEngine, *, kept: bool
) -> None:
    """They all bring the same table, and the answer tells which that is."""
    board = Leaderboard("b", period="weekly", periods=["weekly"] if kept else ["all_time"])
    game = make_engine(Catalog(leaderboards=[board]), accept_late=None)
    award(game, "ada", 5, "2026-02-25")
    award(game, "bob", 7, "2026-03-01")
    game.points.award("cyd", 1)
    instant = datetime(2026, 2, 23, tzinfo=UTC)
    for of in ("previous", "2026-W09", date(2026, 3, 1), "2026-03-01", instant, "2026-02-23T00:00:00Z"):
        page = game.leaderboards.top("b", period="weekly", of=of)
        assert [entry.participant_id for entry in page] == ["bob", "ada"]
        assert (page.of, page.starts_at, page.ends_at) == (
            "2026-W09",
            instant,
            datetime(2026, 3, 2, tzinfo=UTC),
        )
        assert game.leaderboards.rank("b", "ada", period="weekly", of=of).rank == 2
        assert len(game.leaderboards.around("b", "ada", period="weekly", of=of)) == 2
    assert shown(game, period="weekly") == shown(game, period="weekly", of="2026-W10") == [("cyd", 1)]
    assert shown(game, period="weekly", of=date(2025, 1, 1)) == []


@pytest.mark.parametrize(
    ("period", "of"),
    [
        ("weekly", "2026-W99"),
        ("weekly", "soon"),
        ("weekly", date(2026, 3, 9)),
        ("all_time", "previous"),
        ("daily", 7),
    ],
)
def test_what_names_no_period_is_refused(make_engine: MakeEngine, period: str, of: Of) -> None:
    """A name nobody wrote, a period to come, and another one of all time."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b")]))
    with pytest.raises(BadValue) as caught:
        game.leaderboards.top("b", period=period, of=of)
    assert caught.value.field == "of"


# -- seasons -------------------------------------------------------------------------------------------------


def test_a_season_is_a_table_of_its_own_and_is_read_by_its_name(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """The one that runs is shown; between two, the last; what happens in none counts in none."""
    game = make_engine(
        Catalog(leaderboards=[Leaderboard("b", period="season", seasons=SEASONS)]), accept_late=None
    )
    clock.set("2026-03-05T00:00:00Z")
    award(game, "ada", 5, "2026-02-28")
    award(game, "bob", 9, "2026-03-02")
    assert (shown(game), game.leaderboards.top("b").of) == ([("ada", 5)], "winter")
    clock.set("2026-03-10T00:00:00Z")
    game.points.award("ada", 2)
    game.points.award("cyd", 3)
    assert shown(game) == shown(game, of="spring") == [("cyd", 3), ("ada", 2)]
    assert (
        shown(game, of="winter")
        == shown(game, of="previous")
        == shown(game, of=date(2026, 1, 1))
        == [("ada", 5)]
    )
    assert [entry.change for entry in game.leaderboards.top("b")] == ["new", "down"]
    assert [entry.change for entry in game.leaderboards.top("b", of="winter")] == [None]
    clock.set("2027-01-01T00:00:00Z")
    assert game.leaderboards.top("b").of == "spring"
    with pytest.raises(NotFound) as caught:
        game.leaderboards.top("b", of="sprin")
    assert caught.value.nearest == "spring"
    with pytest.raises(BadValue, match="no season at"):
        game.leaderboards.top("b", of=date(2026, 3, 5))
    clock.set("2026-01-15T00:00:00Z")
    with pytest.raises(BadValue, match="no season before winter"):
        game.leaderboards.top("b", of="previous")


def test_a_season_that_is_to_come_says_when_it_begins(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Its table is there to be shown before anybody can be on it, by its name or as the next one there is."""
    seasons = [Season("one", "2026-03-05", "2026-03-07"), Season("two", "2026-03-07", "2026-03-09")]
    game = make_engine(Catalog(leaderboards=[Leaderboard("b", period="season", seasons=seasons)]))
    game.points.award("ada", 5)
    coming = "nobody is on b yet: {} begins at 2026-03-0{}T00:00:00Z"
    assert str(game.leaderboards.top("b")) == coming.format("one", 5)
    assert str(game.leaderboards.top("b", of="two")) == coming.format("two", 7)
    assert not game.leaderboards.top("b").table.begun
    clock.set("2026-03-05T00:00:00Z")
    assert game.leaderboards.top("b").table.begun
    assert str(game.leaderboards.top("b")) == "nobody is on b yet"
    game.points.award("ada", 5)
    assert shown(game) == [("ada", 5)]


def test_a_season_begins_at_the_midnight_of_its_board(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Dates are those of the board's zone, instants are themselves."""
    seasons = [Season("one", date(2026, 3, 3), datetime(2026, 3, 4, 12, tzinfo=UTC))]
    board = Leaderboard("b", period="season", seasons=seasons, timezone="Asia/Tokyo")
    game = make_engine(Catalog(leaderboards=[board]))
    for at, who in (
        ("2026-03-02T14:59:59Z", "early"),
        ("2026-03-02T15:00:00Z", "first"),
        ("2026-03-04T11:59:59Z", "last"),
    ):
        clock.set(at)
        game.points.award(who, 1)
    clock.set("2026-03-04T12:00:00Z")
    game.points.award("late", 1)
    assert [who for who, _ in shown(game)] == ["first", "last"]


def test_a_season_may_be_added_while_the_game_runs(make_engine: MakeEngine, clock: ManualClock) -> None:
    """An edit of a board made at run time fills the new season from history and leaves the others."""
    game = make_engine(Catalog())
    game.definitions.leaderboards.create(
        {"code": "b", "period": "season", "seasons": {"one": {"starts": "2026-03-01", "ends": "2026-03-03"}}}
    )
    game.points.award("ada", 5)
    clock.advance(days=2)
    game.points.award("bob", 7)
    seasons = {
        "one": {"starts": "2026-03-01", "ends": "2026-03-03"},
        "two": {"starts": "2026-03-03", "ends": "2026-03-31"},
    }
    game.definitions.leaderboards.update("b", {"seasons": seasons})
    assert shown(game) == [("bob", 7)]
    assert shown(game, of="one") == [("ada", 5)]


# -- so many days, and rolling -------------------------------------------------------------------------------


def test_a_period_may_be_so_many_days(make_engine: MakeEngine, clock: ManualClock) -> None:
    """One of them begins on the anchor; the one before is there still, and `change` compares with it."""
    board = Leaderboard("b", period="days", days=14, anchor=date(2026, 3, 2))
    game = make_engine(Catalog(leaderboards=[board]))
    game.points.award("ada", 5)
    clock.set("2026-03-15T23:59:59Z")
    game.points.award("bob", 6)
    clock.set("2026-03-16T00:00:00Z")
    game.points.award("ada", 1)
    page = game.leaderboards.top("b")
    assert ([(e.participant_id, e.change) for e in page], page.of) == ([("ada", "up")], "2026-03-16/P14D")
    assert shown(game, of="2026-03-02/P14D") == shown(game, of="previous") == [("bob", 6), ("ada", 5)]


METRICS = [
    Metric("total", "e", sum="v"),
    Metric("best", "e", max="v"),
    Metric("least", "e", min="v"),
    Metric("last", "e", latest="v"),
    Metric("kinds", "e", distinct="v"),
    Metric("days", "e", days=True),
    Metric("times", "e"),
]
PLAYED = [
    ("ada", -7, 9),
    ("ada", -6, 2),
    ("ada", -3, 2),
    ("ada", 0, 1),
    ("bob", -6, 4),
    ("bob", -1, 4),
    ("cyd", -7, 8),
]
ROLLED = {
    "total": [("bob", 8), ("ada", 5)],
    "best": [("bob", 4), ("ada", 2)],
    "least": [("bob", 4), ("ada", 1)],
    "last": [("bob", 4), ("ada", 1)],
    "kinds": [("ada", 2), ("bob", 1)],
    "days": [("ada", 3), ("bob", 2)],
    "times": [("ada", 3), ("bob", 2)],
}


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("name", ROLLED)
def test_a_rolling_period_is_today_and_the_days_before_it(
    make_engine: MakeEngine, clock: ManualClock, name: str, *, kept: bool
) -> None:
    """Kept or worked out, whatever the metric takes of its events; a day leaves at midnight, nothing settled."""
    board = Leaderboard("b", metric=name, period="last_7d" if kept else "all_time")
    game = make_engine(Catalog(metrics=METRICS, leaderboards=[board]), accept_late=None)
    for who, day, value in PLAYED:
        game.events.emit(who, "e", {"v": value}, at=clock.now() + timedelta(days=day))
    assert shown(game, period="last_7d") == ROLLED[name]
    page = game.leaderboards.top("b", period="last_7d")
    assert (page.starts_at, page.ends_at) == (
        datetime(2026, 2, 24, tzinfo=UTC),
        datetime(2026, 3, 3, tzinfo=UTC),
    )
    assert "cyd" in {who for who, _ in shown(game, period="last_7d", of=date(2026, 3, 1))}
    clock.set("2026-03-08T23:59:59Z")
    assert [who for who, _ in shown(game, period="last_7d")] == ["ada"]
    clock.set("2026-03-09T00:00:00Z")
    assert shown(game, period="last_7d") == []


def test_a_rolling_board_compares_with_yesterday(make_engine: MakeEngine, clock: ManualClock) -> None:
    """With the seven days that ended a day ago."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b", period="last_7d")]))
    game.points.award("ada", 5)
    game.points.award("bob", 3)
    assert {entry.change for entry in game.leaderboards.top("b")} == {None}
    clock.advance(days=1)
    game.points.award("bob", 3)
    game.points.award("cyd", 1)
    assert [(e.participant_id, e.change) for e in game.leaderboards.top("b")] == [
        ("bob", "up"),
        ("ada", "down"),
        ("cyd", "new"),
    ]


# -- what a score is -----------------------------------------------------------------------------------------


def test_scores_may_have_decimals(make_engine: MakeEngine) -> None:
    """They add up exactly, are shown as decimals, and what has too many is passed over or rounded as declared."""
    metrics = [
        Metric("km", "run", sum="km", scale=2),
        Metric("down", "run", sum="km", scale=1, rounding="floor"),
        Metric("up", "run", sum="km", scale=1, rounding="ceil"),
    ]
    boards = [Leaderboard(metric.code, metric=metric.code) for metric in metrics]
    game = make_engine(Catalog(metrics=metrics, leaderboards=boards))
    for _ in range(10):
        game.events.emit("ada", "run", {"km": 0.1})
    game.events.emit("bob", "run", {"km": 1.01})
    answer = game.events.emit("bob", "run", {"km": 0.001})
    assert shown(game, "km") == [("bob", Decimal("1.01")), ("ada", Decimal("1.00"))]
    assert [each.code for each in answer.skipped] == ["not_a_decimal"]
    assert shown(game, "down") == [("ada", Decimal("1.0")), ("bob", Decimal("1.0"))]
    assert shown(game, "up") == [("bob", Decimal("1.2")), ("ada", Decimal("1.0"))]
    assert str(game.leaderboards.top("km", limit=1)) == "1. bob 1.01"
    assert game.leaderboards.rank("km", "bob").to_dict()["score"] == "1.01"


def test_rules_read_metrics_with_their_decimals(make_engine: MakeEngine) -> None:
    """`metric("km")` in a condition is 1.5, not 150."""
    catalog = Catalog.from_toml(
        """
        [metrics]
        km = { on = "run", sum = "km", scale = 2 }
        [rules.far]
        on = "run"
        when = 'metric("km") >= 1.5'
        award = 10
        """
    )
    game = make_engine(catalog)
    assert game.events.emit("ada", "run", {"km": 1.49}).points == 0
    assert game.events.emit("ada", "run", {"km": 0.01}).points == 10


def test_thresholds_on_decimals_are_refused(make_engine: MakeEngine) -> None:
    """They are whole numbers, and would not say whether 42 is 42 or 0.42."""
    del make_engine
    with pytest.raises(CatalogError, match="km has decimals, thresholds are whole numbers"):
        Catalog.from_toml(
            '[metrics]\nkm = { on = "run", sum = "km", scale = 2 }\n[badges.a]\ncriteria = "km >= 42"'
        )


def test_the_latest_value_is_that_of_the_last_event(make_engine: MakeEngine, clock: ManualClock) -> None:
    """By the time at which it happened: a late event changes nothing; with the last taken back, the one before is."""
    game = make_engine(
        Catalog(metrics=[Metric("last", "e", latest="v")], leaderboards=[Leaderboard("b", metric="last")])
    )
    game.events.emit("ada", "e", {"v": 5})
    last = game.events.emit("ada", "e", {"v": 2}, at=clock.now() + timedelta(seconds=1))
    game.events.emit("ada", "e", {"v": 9}, at=clock.now() - timedelta(hours=1))
    assert shown(game) == [("ada", 2)]
    game.events.retract(last.event_id)
    assert shown(game) == [("ada", 5)]


def test_days_are_those_of_the_board(make_engine: MakeEngine, clock: ManualClock) -> None:
    """An evening in Tokyo is another day than in London; taking all of a day back takes the day."""
    boards = [
        Leaderboard("utc", metric="active"),
        Leaderboard("tokyo", metric="active", timezone="Asia/Tokyo"),
    ]
    game = make_engine(Catalog(metrics=[Metric("active", "e", days=True)], leaderboards=boards))
    sent = []
    for at in ("2026-03-02T09:00Z", "2026-03-02T14:00Z", "2026-03-02T16:00Z", "2026-03-03T01:00Z"):
        clock.set(at)
        sent.append(game.events.emit("ada", "e"))
    assert (shown(game, "utc"), shown(game, "tokyo")) == ([("ada", 2)], [("ada", 2)])
    game.events.retract(sent[3].event_id)
    assert (shown(game, "utc"), shown(game, "tokyo")) == ([("ada", 1)], [("ada", 2)])


def test_a_board_may_ask_for_a_least_score(make_engine: MakeEngine) -> None:
    """Who has less is not on it, nor in its totals; who falls below it leaves, in either order."""
    boards = [
        Leaderboard("rich", metric="points.balance", min_score=10, ties="dense"),
        Leaderboard("poor", metric="points.balance", min_score=10, order="ascending"),
        Leaderboard("all", metric="points.balance"),
    ]
    game = make_engine(Catalog(leaderboards=boards))
    for who, points in (("ada", 20), ("bob", 10), ("cyd", 9)):
        game.points.award(who, points)
    assert shown(game, "rich") == shown(game, "poor")[::-1] == [("ada", 20), ("bob", 10)]
    assert game.leaderboards.rank("rich", "cyd").rank is None
    assert game.leaderboards.rank("rich", "bob").percentile == 0.0
    game.points.deduct("ada", 11)
    game.points.award("cyd", 1)
    assert shown(game, "rich") == [("bob", 10), ("cyd", 10)]
    assert shown(game, "all") == [("bob", 10), ("cyd", 10), ("ada", 9)]


def test_the_file_says_which_board_a_table_is_of(tmp_path: Path, clock: ManualClock) -> None:
    """Whoever opens it with another tool finds each board under its code, whatever its periods are."""
    board = Leaderboard(
        "b",
        period="weekly",
        periods=["all_time", "weekly", "days", "season", "last_30d"],
        days=14,
        anchor=date(2026, 3, 2),
        seasons={"now": {"starts": "2026-03-01", "ends": "2026-06-01T12:00:00Z"}},
        order="ascending",
        min_score="1",
        finalize_after="12h",
    )
    path = tmp_path / "game.db"
    with Engine(Catalog(leaderboards=[board]), path, clock=clock) as game:
        game.points.award("ada", 5)
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT board, calendar, rank, participant_id, score FROM boards"
        ).fetchall()
    assert {(name, *rest) for name, _, *rest in rows} == {("b", 1, "ada", 5)}
    assert len(rows) == 5


def test_a_score_with_decimals_may_be_posted(make_engine: MakeEngine) -> None:
    """Exactly as it is; one with too many digits is refused, and nothing is written."""
    metric = Metric("km", "run", sum="km", scale=2)
    game = make_engine(Catalog(metrics=[metric], leaderboards=[Leaderboard("b", metric="km")]))
    game.scores.add("ada", "km", "import", Decimal("12.34"))
    game.scores.add("ada", "km", "import", 1)
    with pytest.raises(BadValue, match="no more than 2 decimals"):
        game.scores.add("ada", "km", "import", Decimal("0.001"))
    with pytest.raises(BadValue, match="that is whole"):
        game.scores.add("ada", "points", "import", Decimal("0.5"))
    assert shown(game) == [("ada", Decimal("13.34"))]
    assert difference(game) == {}
    assert game.history.verify().ok


def test_what_surprises_is_noted(make_engine: MakeEngine) -> None:
    """`gamify check` tells of a board that forgives nothing, and of gaps between seasons."""
    del make_engine
    board = Leaderboard("b", period="season", seasons=SEASONS, finalize_after="0s")
    assert Catalog(leaderboards=[board]).notes == (
        "leaderboards.b is final as soon as a period ends: what comes late does not count in its table.",
        "leaderboards.b keeps nothing between the seasons winter and spring.",
    )
