"""What a changed definition does to what was counted: worked out again, or merely put in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from gamify_core import Catalog, Engine, Leaderboard, Metric

from .conftest import store_of

if TYPE_CHECKING:
    from gamify_core import ManualClock

    from .conftest import MakeEngine


def table(game: Engine, code: str = "b", **how: Any) -> list[tuple[int, str, int]]:
    """Return a board as it stands."""
    return [
        (entry.rank, entry.participant_id, int(entry.score)) for entry in game.leaderboards.top(code, **how)
    ]


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Hold a board on a metric that looks into events; two scored alike, and one of them was anonymized."""
    game = make_engine(Catalog(metrics=[Metric("good", on="e", when="score >= 50")]))
    game.definitions.leaderboards.create({"code": "b", "metric": "good", "periods": ["all_time", "daily"]})
    for who in ("ada", "bob"):
        for _ in range(2):
            game.events.emit(who, "e", {"score": 60})
    game.events.emit("cleo", "e", {"score": 60})
    game.participants.anonymize("ada")
    return game


@pytest.mark.parametrize("period", ["all_time", "daily"])
def test_nobody_leaves_a_board_whose_ties_are_changed(
    game: Engine, period: Literal["all_time", "daily"]
) -> None:
    """Dense or not, and back again: who was anonymized stays, and so does every rank."""
    skipping = [(1, "anonymous:1", 2), (1, "bob", 2), (3, "cleo", 1)]
    assert table(game, period=period) == skipping
    game.definitions.leaderboards.update("b", {"ties": "dense"})
    assert table(game, period=period) == [(1, "anonymous:1", 2), (1, "bob", 2), (2, "cleo", 1)]
    assert game.leaderboards.rank("b", "cleo", period=period).rank == 2
    game.events.emit("cleo", "e", {"score": 60})
    assert [rank for rank, _, _ in table(game, period=period)] == [1, 1, 1]
    game.definitions.leaderboards.update("b", {"ties": None})
    assert [rank for rank, _, _ in table(game, period=period)] == [1, 1, 1]


def test_a_metric_that_is_ranked_later_ranks_everybody(game: Engine, clock: ManualClock) -> None:
    """The rows that are counted already are ranked as they are, with what the day began with where history tells."""
    game.definitions.leaderboards.delete("b")
    game.points.award("cleo", 1)
    clock.advance(days=1)
    for _ in range(3):
        game.events.emit("cleo", "e", {"score": 60})
    game.definitions.leaderboards.create({"code": "b", "metric": "good"})
    assert table(game) == [(1, "cleo", 4), (2, "anonymous:1", 2), (2, "bob", 2)]
    changes = {entry.participant_id: entry.change for entry in game.leaderboards.top("b")}
    assert changes == {"cleo": "up", "anonymous:1": "down", "bob": "down"}


def test_what_never_was_counted_counts_what_rows_still_tell(game: Engine, make_engine: MakeEngine) -> None:
    """The number of events outlives their properties, and what was to be read in them does not."""
    more = [
        Metric("good", on="e", when="score >= 50"),
        Metric("all", on="e"),
        Metric("sum", on="e", sum="score"),
    ]
    boards = [Leaderboard(each, metric=each) for each in ("all", "sum")]
    later = make_engine(Catalog(metrics=more, leaderboards=boards), store=store_of(game))
    later.points.award("cleo", 1)
    assert table(later, "all") == [(1, "anonymous:1", 2), (1, "bob", 2), (3, "cleo", 1)]
    assert table(later, "sum") == [(1, "bob", 120), (2, "cleo", 60)]


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({"when": "score >= 60"}, 1, 0),
        ({"sum": "score"}, 120, 50),
        ({"max": "score"}, 70, 50),
        ({"min": "score"}, 50, 50),
        ({"distinct": "score"}, 2, 1),
    ],
)
def test_a_metric_that_counts_otherwise_is_worked_out_again(
    make_engine: MakeEngine, changes: dict[str, Any], before: int, after: int
) -> None:
    """Its values are what the present definition makes of history, at once, and so after something is taken back."""

    def under(**how: Any) -> Engine:
        catalog = Catalog(metrics=[Metric("l", on="e", **how)], leaderboards=[Leaderboard("b", metric="l")])
        return make_engine(catalog, **kept)

    kept: dict[str, Any] = {}
    first = under()
    kept["store"] = store_of(first)
    first.events.emit("ada", "e", {"score": 50})
    last = first.events.emit("ada", "e", {"score": 70})
    assert first.leaderboards.rank("b", "ada").score == 2
    later = under(**changes)
    later.points.award("bob", 1)
    assert later.leaderboards.rank("b", "ada").score == before
    later.events.retract(last.event_id)
    assert [score for _, _, score in table(later)] == ([after] if after else [])


def test_a_difference_between_catalogs_says_so() -> None:
    """Whoever compares two catalogs is told which values will be worked out again."""
    first = Catalog(metrics=[Metric("l", on="e"), Metric("same", on="e")])
    second = Catalog(metrics=[Metric("l", on="e", when="score >= 60"), Metric("same", on="e")])
    told = first.diff(second)
    assert "metrics.l is worked out again from history" in told
    assert not any("same" in sentence for sentence in told)
