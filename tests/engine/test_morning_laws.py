"""`change` on an all-time board: exact against the table that was seen as the day began, whatever happens in it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import Catalog, Engine, Leaderboard, ManualClock
from gamify_core.clock import instant_of
from gamify_core.road.meters import DAILY
from gamify_core.services.orders import morning_key
from gamify_core.storage.sqlite_reading import SQLiteReader
from gamify_core.storage.tables.metrics import (
    LEVEL_HELD,
    LEVEL_OF_MORNING,
    METRIC,
    METRIC_BY_MORNING,
    METRIC_BY_RANK,
    SCORE_LEVEL,
)
from tests.engine.conftest import new_store

if TYPE_CHECKING:
    from pathlib import Path

    from gamify_core.catalog.definitions import Ties
    from gamify_core.storage.protocol import Store

Direction = Literal["ascending", "descending"]

PEOPLE = ["ada", "bob", "cyd", "dan", "Eve", "émile"]
TIES: list[Ties] = ["competition", "dense", "ordinal"]
ORDERS: list[Direction] = ["descending", "ascending"]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@given(
    days=st.lists(
        st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(-4, 4)), max_size=8), min_size=2, max_size=4
    ),
    ties=st.sampled_from(TIES),
    order=st.sampled_from(ORDERS),
)
def test_change_compares_with_this_morning_however_often_one_moves(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    days: list[list[tuple[str, int]]],
    ties: Ties,
    order: Direction,
) -> None:
    """On an all-time board, day after day: up, down and back, by who moves and by who is passed."""
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    path = tmp_path_factory.mktemp("laws") / "game.db"
    store = new_store(kind, path)
    board = Leaderboard("b", metric="points.balance", ties=ties, order=order)
    with Engine(Catalog(leaderboards=[board]), store, clock=clock, accept_late=None) as game:
        for day, moves in enumerate(days):
            clock.set(datetime(2026, 3, 1 + day, tzinfo=UTC))
            then = {entry.participant_id: entry.rank for entry in game.leaderboards.top("b")}
            for who, points in moves:
                clock.advance(seconds=1)
                if points > 0:
                    game.points.award(who, points)
                elif -points <= game.points.balance(who).balance and points:
                    game.points.deduct(who, -points)
                _check_mornings(store, ties, clock)
                for entry in game.leaderboards.top("b"):
                    was = then.get(entry.participant_id)
                    if was is None:
                        assert entry.change == ("new" if then else None)
                    else:
                        moved = "same" if was == entry.rank else "up" if was > entry.rank else "down"
                        assert entry.change == moved


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@given(
    moves=st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(1, 3), st.integers(0, 3)), max_size=12),
    gone=st.lists(st.integers(0, 11), max_size=5),
    left=st.sampled_from(PEOPLE),
)
def test_what_is_taken_back_is_taken_out_of_the_morning(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    moves: list[tuple[str, int, int]],
    gone: list[int],
    left: str,
) -> None:
    """After reversals and a deletion the levels of a dense board are those of its rows, now and as the day began."""
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    path = tmp_path_factory.mktemp("laws") / "game.db"
    store = new_store(kind, path)
    with Engine(Catalog(leaderboards=[Leaderboard("b", ties="dense")]), store, clock=clock) as game:
        earned = []
        for who, points, hours in moves:
            clock.advance(hours=hours * 7)
            earned.append(game.points.award(who, points).transaction_id)
        for number in gone:
            if number < len(earned):
                game.points.reverse(earned[number])
                earned[number] = earned[-1]
                earned.pop()
                _check_mornings(store, "dense", clock)
        if any(who == left for who, _, _ in moves):
            game.participants.delete(left)
            _check_mornings(store, "dense", clock)
            game.leaderboards.top("b")


def _check_mornings(store: Store, ties: Ties, clock: ManualClock) -> None:
    """Hold the levels of a dense board against its rows: who holds each score, and who did as today began."""
    with store.view() as view:
        if isinstance(view, SQLiteReader):
            for index in (METRIC_BY_RANK, METRIC_BY_MORNING):
                assert view.verify_counts(METRIC, index) == []
            for index in (LEVEL_HELD, LEVEL_OF_MORNING):
                assert view.verify_counts(SCORE_LEVEL, index) == []
        if ties != "dense":
            return
        today = DAILY.label(instant_of(clock.now()), UTC)
        rows = [row for row in view.scan(METRIC) if row.down is not None]
        assert {row.down: row.holders for row in view.scan(SCORE_LEVEL) if row.holders} == Counter(
            [row.down for row in rows]
        )
        mornings = [key[0] for row in rows if (key := morning_key(row, today)) is not None]
        held = {row.down: row.before if row.day == today else row.holders for row in view.scan(SCORE_LEVEL)}
        assert {down: holders for down, holders in held.items() if holders} == Counter(mornings)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_scores_that_nobody_holds_are_swept_out_after_their_day(tmp_path: Path, kind: str) -> None:
    """A dense board remembers the scores emptied today, and not those of the days before."""
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    store = new_store(kind, tmp_path / "game.db")
    with Engine(Catalog(leaderboards=[Leaderboard("b", ties="dense")]), store, clock=clock) as game:
        for day in range(1, 5):
            clock.set(datetime(2026, 3, day, tzinfo=UTC))
            for who in PEOPLE:
                game.points.award(who, 1 + PEOPLE.index(who))
            with store.view() as view:
                rows = view.scan(SCORE_LEVEL)
            assert sum(row.holders or 0 for row in rows) == len(PEOPLE)
            assert {row.emptied for row in rows} - {None} <= {DAILY.label(instant_of(clock.now()), UTC)}
