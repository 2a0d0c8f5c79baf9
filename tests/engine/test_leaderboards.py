"""Boards: who is first, where somebody stands, who is around them, and what changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Award,
    Badge,
    BadValue,
    Catalog,
    Emit,
    Engine,
    Leaderboard,
    ManualClock,
    Metric,
    NotFound,
)

if TYPE_CHECKING:
    from gamify_core.catalog.definitions import Period
    from gamify_core.services.leaderboards import Around, BoardPage

    from .conftest import MakeEngine

PERIODS: tuple[Period, ...] = ("all_time", "yearly", "monthly", "weekly", "daily")
SCORES = {"ada": 50, "bob": 70, "cyd": 50, "dan": 90, "eve": 50, "fay": 10}
"""In order of arrival: three share 50, and of these ada reached it first."""
ORDER = ["dan", "bob", "ada", "cyd", "eve", "fay"]


def board(game: Engine, clock: ManualClock, scores: dict[str, int] | None = None) -> Engine:
    """Award each their points, a minute apart."""
    for who, points in (scores or SCORES).items():
        game.points.award(who, points)
        clock.advance(minutes=1)
    return game


def lines(page: BoardPage | Around) -> list[tuple[int, str, int]]:
    """Return rank, participant and score of each entry."""
    return [(entry.rank, entry.participant_id, int(entry.score)) for entry in page.entries]


# -- order and ranks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ties", "ranks"),
    [
        ("competition", [1, 2, 3, 3, 3, 6]),
        ("dense", [1, 2, 3, 3, 3, 4]),
        ("ordinal", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_every_reading_ranks_alike(
    make_engine: MakeEngine, clock: ManualClock, ties: str, ranks: list[int]
) -> None:
    """Top, pages, ranks and windows agree under each policy of ties."""
    definition = Leaderboard("b", ties=ties)  # type: ignore[arg-type]
    game = board(make_engine(Catalog(leaderboards=[definition])), clock)
    expected = [(rank, who, SCORES[who]) for rank, who in zip(ranks, ORDER, strict=True)]
    assert lines(game.leaderboards.top("b")) == expected
    pages = [game.leaderboards.page("b", page=number, page_size=2) for number in (1, 2, 3, 4)]
    assert [line for page in pages for line in lines(page)] == expected
    assert {page.total_participants for page in pages} == {6}
    for rank, who, score in expected:
        mine = game.leaderboards.rank("b", who)
        assert (mine.rank, mine.score, mine.total_participants) == (rank, score, 6)
        assert lines(game.leaderboards.around("b", who, radius=0)) == [(rank, who, score)]


def test_ascending_boards_put_the_least_first(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Where less is better, less is first; ties still go to who was there first."""
    game = make_engine(
        Catalog(
            metrics=[Metric("seconds", on="race", min="seconds")],
            leaderboards=[Leaderboard("fastest", metric="seconds", order="ascending")],
        )
    )
    for who, seconds in (("ada", 62), ("bob", 59), ("cyd", 59), ("ada", 58), ("bob", 80)):
        game.events.emit(who, "race", {"seconds": seconds})
        clock.advance(minutes=1)
    assert lines(game.leaderboards.top("fastest")) == [(1, "ada", 58), (2, "bob", 59), (2, "cyd", 59)]


def test_one_metric_may_be_ranked_both_ways(make_engine: MakeEngine, clock: ManualClock) -> None:
    """An ascending board does not turn a descending one of the same metric round."""
    up, down = Leaderboard("up", order="ascending"), Leaderboard("down")
    game = board(make_engine(Catalog(leaderboards=[down, up])), clock, {"ada": 1, "bob": 2})
    for period in ("all_time", "daily"):
        assert lines(game.leaderboards.top("down", period=period)) == [(1, "bob", 2), (2, "ada", 1)]
        assert lines(game.leaderboards.top("up", period=period)) == [(1, "ada", 1), (2, "bob", 2)]


def test_inside_a_tie_the_first_to_get_there_is_first(make_engine: MakeEngine, clock: ManualClock) -> None:
    """By the time of the events, not of their arrival; at the same instant by participant id."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b")]))
    now = clock.now()
    for who, ago in (("zoe", 1), ("bob", 2), ("ann", 1), ("yul", 3)):
        game.points.award(who, 10, at=now - timedelta(hours=ago))
    assert [entry.participant_id for entry in game.leaderboards.top("b")] == ["yul", "bob", "ann", "zoe"]


def test_a_write_that_leaves_the_score_leaves_its_place(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Equalling one's best later does not push one behind others with the same best."""
    game = make_engine(
        Catalog(metrics=[Metric("best", on="e", max="v")], leaderboards=[Leaderboard("b", metric="best")])
    )
    for who, value in (("zoe", 9), ("ann", 9), ("zoe", 9), ("zoe", 3)):
        game.events.emit(who, "e", {"v": value})
        clock.advance(minutes=1)
    assert [entry.participant_id for entry in game.leaderboards.top("b")] == ["zoe", "ann"]


def test_the_same_best_reached_earlier_counts(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A late event that shows a best was reached before puts its owner first."""
    game = make_engine(
        Catalog(metrics=[Metric("best", on="e", max="v")], leaderboards=[Leaderboard("b", metric="best")])
    )
    game.events.emit("ann", "e", {"v": 9})
    clock.advance(minutes=1)
    game.events.emit("zoe", "e", {"v": 9})
    game.events.emit("zoe", "e", {"v": 9}, at=clock.now() - timedelta(hours=1))
    assert [entry.participant_id for entry in game.leaderboards.top("b")] == ["zoe", "ann"]


# -- windows on the board ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "radius", "shown"),
    [
        ("ada", 1, ["bob", "ada", "cyd"]),
        ("dan", 1, ["dan", "bob", "ada"]),
        ("fay", 1, ["cyd", "eve", "fay"]),
        ("bob", 2, ["dan", "bob", "ada", "cyd", "eve"]),
        ("eve", 5, ORDER),
        ("ada", 100, ORDER),
    ],
)
def test_around_is_a_window_with_me_in_it(
    make_engine: MakeEngine, clock: ManualClock, who: str, radius: int, shown: list[str]
) -> None:
    """Neighbours on both sides; at the ends the window stays as long while there are people."""
    game = board(make_engine(Catalog(leaderboards=[Leaderboard("b")])), clock)
    around = game.leaderboards.around("b", who, radius=radius)
    assert [entry.participant_id for entry in around.entries] == shown
    assert around.total_participants == 6


def test_top_and_pages_are_bounded(make_engine: MakeEngine, clock: ManualClock) -> None:
    """`limit` and pages say how much is wanted; beyond the end there is nothing."""
    game = board(make_engine(Catalog(leaderboards=[Leaderboard("b")])), clock)
    assert [entry.participant_id for entry in game.leaderboards.top("b", limit=2)] == ["dan", "bob"]
    assert (
        len(game.leaderboards.around("b", "ada", radius=1)) == len(game.leaderboards.top("b", limit=3)) == 3
    )
    assert game.leaderboards.page("b", page=9).entries == ()
    for limit in (0, 101, True, "5", 2.0):
        with pytest.raises(BadValue, match="limit"):
            game.leaderboards.top("b", limit=limit)  # type: ignore[arg-type]
    with pytest.raises(BadValue, match="radius"):
        game.leaderboards.around("b", "ada", radius=-1)


def test_nobody_there(make_engine: MakeEngine) -> None:
    """An empty board is a board, and nobody has a place on it."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b", ties="dense")]))
    assert str(game.leaderboards.top("b")) == "nobody is on b yet"
    for period in PERIODS:
        assert game.leaderboards.top("b", period=period).total_participants == 0
        rank = game.leaderboards.rank("b", "ada", period=period)
        assert (rank.rank, rank.score, rank.percentile, rank.total_participants) == (None, None, None, 0)
    with pytest.raises(NotFound, match="'ada' is not on the leaderboard b"):
        game.leaderboards.around("b", "ada")


def test_unknown_boards_and_periods_are_named(make_engine: MakeEngine) -> None:
    """The error says which, and what there is."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("weekly")]))
    with pytest.raises(NotFound, match="weakly") as caught:
        game.leaderboards.top("weakly")
    assert caught.value.nearest == "weekly"
    with pytest.raises(BadValue, match="period must be one of all_time"):
        game.leaderboards.top("weekly", period="fortnightly")
    with pytest.raises(BadValue, match="not 'hourly'"):
        game.leaderboards.top("weekly", period="hourly")


# -- where somebody stands -----------------------------------------------------------------------------------


def test_rank_two_of_1250_is_percentile_99_8(make_engine: MakeEngine) -> None:
    """The documents' example: 100 * (1250 - 2) / 1250, to one decimal."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b")]))
    game.points.award_batch([Award(f"user_{number:04}", 1 + number) for number in range(1250)])
    rank = game.leaderboards.rank("b", "user_1248")
    assert (rank.rank, rank.total_participants, rank.percentile) == (2, 1250, 99.8)
    assert game.leaderboards.rank("b", "user_0000").percentile == 0.0


@pytest.mark.parametrize("ties", ["competition", "dense", "ordinal"])
@pytest.mark.parametrize(
    ("who", "above", "tied", "below", "percentile"),
    [("dan", 0, 0, 5, 83.3), ("cyd", 2, 2, 1, 50.0), ("eve", 2, 2, 1, 50.0), ("fay", 5, 0, 0, 0.0)],
)
def test_above_tied_and_below(  # noqa: PLR0913 - a row of the table
    make_engine: MakeEngine,
    clock: ManualClock,
    ties: str,
    who: str,
    above: int,
    tied: int,
    below: int,
    percentile: float,
) -> None:
    """They count scores, not places, so they and the percentile are the same under every policy."""
    definition = Leaderboard("b", ties=ties)  # type: ignore[arg-type]
    game = board(make_engine(Catalog(leaderboards=[definition])), clock)
    rank = game.leaderboards.rank("b", who)
    assert (rank.above, rank.tied, rank.below, rank.percentile) == (above, tied, below, percentile)


def test_entries_carry_names(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A display name is shown where there is one."""
    game = board(make_engine(Catalog(leaderboards=[Leaderboard("b")])), clock, {"ada": 2000, "bob": 1})
    game.participants.upsert("ada", "Ada L.")
    assert str(game.leaderboards.top("b")) == "1. Ada L. 2,000\n2. bob 1"
    assert [entry.display_name for entry in game.leaderboards.top("b")] == ["Ada L.", None]


def test_boards_of_scopes_are_apart(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Each scope has its own people on its own boards, kept or worked out."""
    game = board(make_engine(Catalog(leaderboards=[Leaderboard("b")])), clock, {"ada": 5})
    guild = game.scope("guild:42")
    guild.points.award("ada", 7)
    guild.points.award("bob", 9)
    for period in ("all_time", "weekly"):
        assert lines(game.leaderboards.top("b", period=period)) == [(1, "ada", 5)]
        assert lines(guild.leaderboards.top("b", period=period)) == [(1, "bob", 9), (2, "ada", 7)]


# -- periods -------------------------------------------------------------------------------------------------


def seasons(game: Engine, clock: ManualClock) -> None:
    """Play through the ends of a day, a week, a month and a year."""
    times = (
        ("2025-12-31T23:59:59.999999", "ada", 100),
        ("2026-01-01T00:00", "bob", 80),
        ("2026-02-28T23:59", "cyd", 70),
        ("2026-03-01T00:00", "ada", 10),
        ("2026-03-01T23:59", "bob", 20),
        ("2026-03-02T00:00", "cyd", 5),
        ("2026-03-03T08:59", "dan", 7),
        ("2026-03-03T09:00", "ada", 1),
        ("2026-03-03T09:00", "eve", 1),
    )
    for time, who, points in times:
        clock.set(f"{time}+00:00")
        game.points.award(who, points)


EXPECTED = {
    "all_time": [(1, "ada", 111), (2, "bob", 100), (3, "cyd", 75), (4, "dan", 7), (5, "eve", 1)],
    "yearly": [(1, "bob", 100), (2, "cyd", 75), (3, "ada", 11), (4, "dan", 7), (5, "eve", 1)],
    "monthly": [(1, "bob", 20), (2, "ada", 11), (3, "dan", 7), (4, "cyd", 5), (5, "eve", 1)],
    "weekly": [(1, "dan", 7), (2, "cyd", 5), (3, "ada", 1), (3, "eve", 1)],
    "daily": [(1, "dan", 7), (2, "ada", 1), (2, "eve", 1)],
}


@pytest.mark.parametrize("period", EXPECTED)
@pytest.mark.parametrize("kept", [True, False])
def test_a_period_holds_what_was_earned_in_it(
    make_engine: MakeEngine, clock: ManualClock, period: Period, *, kept: bool
) -> None:
    """Kept or worked out by a scan, a board begins anew with its period."""
    periods = PERIODS if kept else ("all_time",)
    game = make_engine(Catalog(leaderboards=[Leaderboard("b", periods=periods)]))
    seasons(game, clock)
    page = game.leaderboards.top("b", period=period)
    assert (lines(page), page.period) == (EXPECTED[period], period)


@pytest.mark.parametrize("ties", ["competition", "dense", "ordinal"])
@pytest.mark.parametrize("order", ["descending", "ascending"])
def test_kept_and_scanned_periods_agree(
    make_engine: MakeEngine, clock: ManualClock, ties: str, order: str
) -> None:
    """Whether a board keeps a period decides how fast it answers, never what: changes and percentiles too."""
    kept = Leaderboard("kept", period="daily", periods=PERIODS, ties=ties, order=order)  # type: ignore[arg-type]
    for only in ("all_time", "daily"):
        scanned = Leaderboard("scanned", period=only, ties=ties, order=order)  # type: ignore[arg-type]
        first, second = (
            make_engine(Catalog(leaderboards=[kept])),
            make_engine(Catalog(leaderboards=[scanned])),
        )
        seasons(first, clock)
        seasons(second, clock)
        for period in PERIODS:
            one = first.leaderboards.page("kept", period=period)
            other = second.leaderboards.page("scanned", period=period)
            assert one.entries == other.entries
            for who in ("ada", "bob", "cyd", "dan", "eve", "nobody"):
                assert first.leaderboards.rank("kept", who, period=period) == second.leaderboards.rank(
                    "scanned", who, period=period
                )


def test_the_definition_says_which_period_is_shown(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Without `period`, a board shows the one it was defined with."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b", period="weekly", periods=["all_time"])]))
    seasons(game, clock)
    assert lines(game.leaderboards.top("b")) == EXPECTED["weekly"]
    assert lines(game.leaderboards.top("b", period="all_time")) == EXPECTED["all_time"]


def test_looking_at_a_scanned_period_changes_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Neither the store, nor what later writes do to a window that a badge watches."""
    game = make_engine(
        Catalog(
            badges=[Badge("b", criteria="points.earned@weekly >= 10")],
            leaderboards=[Leaderboard("b", order="ascending")],
        )
    )
    game.points.award("ada", 5)
    digest = game.history.state_digest()
    for _ in range(2):
        assert lines(game.leaderboards.top("b", period="weekly")) == [(1, "ada", 5)]
    assert game.history.state_digest() == digest
    clock.advance(minutes=1)
    game.points.award("bob", 1)
    assert lines(game.leaderboards.top("b", period="weekly")) == [(1, "bob", 1), (2, "ada", 5)]
    assert game.points.award("ada", 5).badges


def test_boards_have_their_own_midnight_and_week(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A board's zone and first day of the week are its own, or else the catalog's."""
    game = make_engine(
        Catalog(
            leaderboards=[
                Leaderboard("utc", period="daily"),
                Leaderboard("tokyo", period="daily", timezone="Asia/Tokyo"),
                Leaderboard("week", period="weekly", week_start="tuesday"),
            ]
        )
    )
    clock.set("2026-03-02T14:59+00:00")
    game.points.award("ada", 1)
    clock.set("2026-03-02T15:00+00:00")
    game.points.award("bob", 1)
    shown = [
        [entry.participant_id for entry in game.leaderboards.top(code)] for code in ("utc", "tokyo", "week")
    ]
    assert shown == [["ada", "bob"], ["bob"], ["ada", "bob"]]
    clock.set("2026-03-03T00:00+00:00")
    assert [game.leaderboards.top(code).total_participants for code in ("utc", "tokyo", "week")] == [0, 1, 0]


def test_late_points_go_to_the_period_in_which_they_were_earned(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """An award for last week changes last week's table, and this week's only by `change`."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b", period="weekly")]))
    game.points.award("ada", 5)
    game.points.award("bob", 9, at=clock.now() - timedelta(days=2))
    assert lines(game.leaderboards.top("b")) == [(1, "ada", 5)]
    assert game.leaderboards.rank("b", "bob").rank is None
    clock.set("2026-03-01T12:00+00:00")
    assert lines(game.leaderboards.top("b")) == [(1, "bob", 9)]


def test_a_level_is_its_last_value_in_the_period(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A board of balances shows what people have, and who was silent in a period is not on it."""
    game = make_engine(
        Catalog(leaderboards=[Leaderboard("b", metric="points.balance", periods=["all_time", "weekly"])])
    )
    game.points.award("ada", 50)
    game.points.award("bob", 60)
    clock.advance(days=7)
    game.points.deduct("bob", 20)
    assert lines(game.leaderboards.top("b")) == [(1, "ada", 50), (2, "bob", 40)]
    assert lines(game.leaderboards.top("b", period="weekly")) == [(1, "bob", 40)]


def test_a_late_movement_shows_in_todays_balance(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A board of balances in the present period shows the balance, also after an award that came late."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b", metric="points.balance", period="weekly")]))
    game.points.award("ada", 50)
    game.points.award("ada", 7, at=clock.now() - timedelta(days=2))
    assert lines(game.leaderboards.top("b")) == [(1, "ada", 57)]


# -- change --------------------------------------------------------------------------------------------------


def changes(game: Engine, period: Period | None = None) -> dict[str, str | None]:
    """Return how each stands against before, as the top and as the window around each says."""
    shown = {entry.participant_id: entry.change for entry in game.leaderboards.top("b", period=period)}
    for who, change in shown.items():
        (mine,) = game.leaderboards.around("b", who, radius=0, period=period)
        assert mine.change == change
    return dict(shown)


@pytest.mark.parametrize("kept", [True, False])
def test_change_is_against_the_period_before(
    make_engine: MakeEngine, clock: ManualClock, *, kept: bool
) -> None:
    """Up, down and same by rank in the last table of the period before; `new` was not in it. A first one has none."""
    definition = Leaderboard("b", periods=["all_time", "weekly"] if kept else ["all_time"])
    game = board(make_engine(Catalog(leaderboards=[definition])), clock, {"ada": 30, "bob": 20, "cyd": 10})
    assert set(changes(game, "weekly").values()) == {None}
    clock.advance(days=7)
    board(game, clock, {"ada": 9, "cyd": 3, "bob": 2, "dan": 1})
    assert changes(game, "weekly") == {"ada": "same", "cyd": "up", "bob": "down", "dan": "new"}
    clock.advance(days=7)
    board(game, clock, {"bob": 5})
    assert changes(game, "weekly") == {"bob": "up"}
    clock.advance(days=14)
    board(game, clock, {"bob": 5})
    assert changes(game, "weekly") == {"bob": "new"}


@pytest.mark.parametrize("ties", ["competition", "dense", "ordinal"])
def test_change_of_all_time_is_against_this_morning(
    make_engine: MakeEngine, clock: ManualClock, ties: str
) -> None:
    """For all time the comparison is with the ranks as the board's day began."""
    definition = Leaderboard("b", ties=ties)  # type: ignore[arg-type]
    game = board(make_engine(Catalog(leaderboards=[definition])), clock, {"ada": 30, "bob": 20, "cyd": 10})
    assert changes(game) == {"ada": None, "bob": None, "cyd": None}
    clock.set("2026-03-03T00:00+00:00")
    assert changes(game) == {"ada": "same", "bob": "same", "cyd": "same"}
    board(game, clock, {"cyd": 15, "dan": 1})
    assert changes(game) == {"ada": "same", "cyd": "up", "bob": "down", "dan": "new"}
    board(game, clock, {"bob": 15})
    assert changes(game) == {"bob": "up", "ada": "down", "cyd": "same", "dan": "new"}
    clock.set("2026-03-04T00:00+00:00")
    assert set(changes(game).values()) == {"same"}


@pytest.mark.parametrize("ties", ["competition", "dense", "ordinal"])
def test_joining_a_tie_changes_ranks_as_the_policy_says(
    make_engine: MakeEngine, clock: ManualClock, ties: str
) -> None:
    """Two who share a level: those below fall under competition, rise under dense, and stay under ordinal."""
    definition = Leaderboard("b", ties=ties)  # type: ignore[arg-type]
    game = board(make_engine(Catalog(leaderboards=[definition])), clock, {"ada": 30, "bob": 20, "cyd": 10})
    clock.advance(days=1)
    board(game, clock, {"bob": 10})
    expected = {
        "competition": {"ada": "same", "bob": "up", "cyd": "same"},
        "dense": {"ada": "same", "bob": "up", "cyd": "up"},
        "ordinal": {"ada": "same", "bob": "same", "cyd": "same"},
    }
    assert changes(game) == expected[ties]


def test_the_day_of_an_all_time_board_is_its_own(make_engine: MakeEngine, clock: ManualClock) -> None:
    """`change` looks back to the midnight of the board's zone, whatever other boards of the metric have."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("utc"), Leaderboard("b", timezone="Asia/Tokyo")]))
    clock.set("2026-03-02T14:00+00:00")
    game.points.award("ada", 1)
    assert changes(game) == {"ada": None}
    clock.set("2026-03-02T15:00+00:00")  # midnight in Tokyo
    assert changes(game) == {"ada": "same"}
    assert [entry.change for entry in game.leaderboards.top("utc")] == [None]


# -- what moves a board --------------------------------------------------------------------------------------


def test_boards_of_any_metric(make_engine: MakeEngine) -> None:
    """Counters, sums, distinct values and badges are ranked like points."""
    metrics = [Metric("n", on="e"), Metric("total", on="e", sum="v"), Metric("kinds", on="e", distinct="v")]
    names = ("n", "total", "kinds", "events.count", "points.spent")
    boards = [Leaderboard(name.replace(".", "_"), metric=name, periods=["daily"]) for name in names]
    game = make_engine(Catalog(metrics=metrics, leaderboards=boards))
    game.events.emit_batch(
        [
            Emit("ada", "e", {"v": 5}),
            Emit("ada", "e", {"v": 5}),
            Emit("bob", "e", {"v": 30}),
            Emit("ada", "x"),
        ]
    )
    game.points.award("bob", 9)
    game.points.deduct("bob", 4)
    for period in ("all_time", "daily", "weekly"):
        shown = [lines(game.leaderboards.top(name.replace(".", "_"), period=period)) for name in names]
        assert shown == [
            [(1, "ada", 2), (2, "bob", 1)],
            [(1, "bob", 30), (2, "ada", 10)],
            [(1, "ada", 1), (1, "bob", 1)],
            [(1, "ada", 3), (2, "bob", 1)],
            [(1, "bob", 4)],
        ]


def test_a_dry_run_shows_the_board_as_it_would_be(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Inside a dry run ranks follow its own awards; afterwards nothing has moved."""
    game = board(make_engine(Catalog(leaderboards=[Leaderboard("b")])), clock, {"ada": 5, "bob": 9})
    with game.dry_run() as trial:
        trial.points.award("ada", 10)
        for period in PERIODS:
            assert lines(trial.leaderboards.top("b", period=period)) == [(1, "ada", 15), (2, "bob", 9)]
    for period in PERIODS:
        assert lines(game.leaderboards.top("b", period=period)) == [(1, "bob", 9), (2, "ada", 5)]


def test_change_is_left_out_where_it_is_not_asked_for(make_engine: MakeEngine, clock: ManualClock) -> None:
    """`change=False` answers the same entries, each without what has changed."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b")]))
    for who, amount in (("ada", 30), ("bob", 20), ("cyd", 10)):
        game.points.award(who, amount)
    clock.advance(days=1)
    plain = game.leaderboards.top("b", change=False)
    assert [(entry.participant_id, entry.rank, entry.change) for entry in plain] == [
        ("ada", 1, None),
        ("bob", 2, None),
        ("cyd", 3, None),
    ]
    assert {entry.change for entry in game.leaderboards.around("b", "bob", change=False)} == {None}
    assert {entry.change for entry in game.leaderboards.top("b")} == {"same"}


def test_a_page_beyond_the_end_says_so(make_engine: MakeEngine) -> None:
    """Printing a page that has no entries tells an empty board from a page too far."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b")]))
    assert str(game.leaderboards.top("b")) == "nobody is on b yet"
    game.points.award("ada", 1)
    assert str(game.leaderboards.page("b", page=9)) == "b has 1 entry, none of them on page 9"
