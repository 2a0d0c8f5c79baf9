"""Boards against a model: sort everybody, count by hand. Instants are drawn at the ends of periods."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import Catalog, Emit, Engine, Leaderboard, ManualClock, Metric, Streak
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.storage.tables.metrics import (
    LEVEL_HELD,
    LEVEL_OF_MORNING,
    METRIC,
    METRIC_BY_MORNING,
    METRIC_BY_RANK,
    SCORE_LEVEL,
)

if TYPE_CHECKING:
    from gamify_core.catalog.definitions import Period, Ties

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""A Sunday, the first of a month: the day, the week and the month end at different instants."""
BOUNDARIES = [datetime(2026, 1, 1), datetime(2026, 2, 23), datetime(2026, 3, 1), datetime(2026, 3, 1, 9)]  # noqa: DTZ001
PEOPLE = ["ada", "bob", "cyd", "dan", "Eve", "émile"]
TIES: list[Ties] = ["competition", "dense", "ordinal"]
PERIODS: list[Period] = ["all_time", "yearly", "monthly", "weekly", "daily"]
STARTS: dict[Period, datetime] = {
    "all_time": datetime.min.replace(tzinfo=UTC),
    "yearly": datetime(2026, 1, 1, tzinfo=UTC),
    "monthly": datetime(2026, 3, 1, tzinfo=UTC),
    "weekly": datetime(2026, 2, 23, tzinfo=UTC),
    "daily": datetime(2026, 3, 1, tzinfo=UTC),
}


class Score(NamedTuple):
    """An event that scores."""

    who: str
    at: datetime
    value: int


instants = st.builds(
    lambda boundary, step: boundary.replace(tzinfo=UTC) + timedelta(microseconds=step),
    st.sampled_from(BOUNDARIES),
    st.sampled_from([-1, 0, 1, 1_000_000]),
)
scores = st.lists(
    st.builds(Score, st.sampled_from(PEOPLE), instants, st.integers(-3, 3)), min_size=1, max_size=25
)
METRICS = {"total": Metric("total", on="e", sum="v"), "best": Metric("best", on="e", max="v")}
METRICS["least"] = Metric("least", on="e", min="v")
METRICS["times"] = Metric("times", on="e")
METRICS["kinds"] = Metric("kinds", on="e", distinct="v")


def catalog(name: str, ties: Ties, order: str = "descending", *, kept: bool = True) -> Catalog:
    """Return a catalog of one board."""
    board = Leaderboard("b", metric=name, ties=ties, order=order, periods=PERIODS if kept else ["all_time"])  # type: ignore[arg-type]
    return Catalog(metrics=[METRICS[name]], leaderboards=[board])


def send(game: Engine, played: list[Score], size: int = 100) -> None:
    """Send events in batches."""
    events = [Emit(one.who, "e", {"v": one.value}, one.at) for one in played]
    for batch in itertools.batched(events, size) if hasattr(itertools, "batched") else _batched(events, size):
        assert game.events.emit_batch(batch).failed == 0


def _batched(events: list[Emit], size: int) -> list[list[Emit]]:
    return [events[start : start + size] for start in range(0, len(events), size)]


def entered(name: str, played: list[Score]) -> dict[str, tuple[int, datetime]]:
    """Return each one's score and when it was reached, from the meaning of the words."""
    by_person: dict[str, list[Score]] = defaultdict(list)
    for one in played:
        if name != "total" or one.value:  # what adds nothing puts nobody on a board
            by_person[one.who].append(one)
    found = {}
    for who, mine in by_person.items():
        values = [one.value for one in mine]
        match name:
            case "total" | "times":
                found[who] = sum(values) if name == "total" else len(values), max(one.at for one in mine)
            case "kinds":
                sighted = [min(one.at for one in mine if one.value == value) for value in set(values)]
                found[who] = len(sighted), max(sighted)
            case _:
                extreme = max(values) if name == "best" else min(values)
                found[who] = extreme, min(one.at for one in mine if one.value == extreme)
    return found


def table(
    name: str, ties: Ties, played: list[Score], *, ascending: bool = False
) -> list[tuple[int, str, int]]:
    """Return rank, participant and score of everybody, in order."""
    best_first = sorted(
        ((value if ascending else -value, at, who) for who, (value, at) in entered(name, played).items())
    )
    lines = []
    for place, (down, _, who) in enumerate(best_first):
        better = [other for other, _, _ in best_first if other < down]
        rank = {"competition": len(better), "dense": len(set(better)), "ordinal": place}[ties] + 1
        lines.append((rank, who, down if ascending else -down))
    return lines


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@given(
    played=scores,
    name=st.sampled_from(sorted(METRICS)),
    ties=st.sampled_from(TIES),
    order=st.sampled_from(["descending", "ascending"]),
    period=st.sampled_from(PERIODS),
    kept=st.booleans(),
)
def test_a_board_is_everybody_sorted(  # noqa: PLR0913 - what a board can be
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    played: list[Score],
    name: str,
    ties: Ties,
    order: str,
    period: Period,
    *,
    kept: bool,
) -> None:
    """Ranks, pages, windows and counts are those of a sort by score, instant and id."""
    store = (
        None
        if kind == "memory"
        else SQLiteStore(tmp_path_factory.mktemp("laws") / "game.db", durability="normal")
    )
    game = Engine(catalog(name, ties, order, kept=kept), store, clock=ManualClock(NOW), accept_late=None)
    with game:
        send(game, played)
        inside = [one for one in played if one.at >= STARTS[period]]
        expected = table(name, ties, inside, ascending=order == "ascending")
        _check_pages(game, expected, period)
        _check_ranks(game, expected, period)
        _check_windows(game, expected, period)
        if store is not None:
            with store.view() as view:
                for index in (METRIC_BY_RANK, METRIC_BY_MORNING):
                    assert view.verify_counts(METRIC, index) == []
                for index in (LEVEL_HELD, LEVEL_OF_MORNING):
                    assert view.verify_counts(SCORE_LEVEL, index) == []


def _check_pages(game: Engine, expected: list[tuple[int, str, int]], period: Period) -> None:
    """Check that pages of any size, one after the other, are the whole board."""
    for size in (1, 2, 100):
        pages = [
            game.leaderboards.page("b", page=n + 1, page_size=size, period=period) for n in range(len(PEOPLE))
        ]
        shown = [(entry.rank, entry.participant_id, entry.score) for page in pages for entry in page]
        assert shown == expected
        assert {page.total_participants for page in pages} == {len(expected)}


def _check_ranks(game: Engine, expected: list[tuple[int, str, int]], period: Period) -> None:
    """Check everybody's rank, score and neighbours in number."""
    absent = set(PEOPLE) - {who for _, who, _ in expected}
    assert all(game.leaderboards.rank("b", who, period=period).rank is None for who in absent)
    for rank, who, score in expected:
        mine = game.leaderboards.rank("b", who, period=period)
        assert (mine.rank, mine.score) == (rank, score)
        assert mine.above + mine.tied + 1 + mine.below == mine.total_participants == len(expected)
        assert mine.tied == sum(other == score for _, _, other in expected) - 1
        assert mine.percentile == round(100 * (len(expected) - mine.above - 1) / len(expected), 1)


def _check_windows(game: Engine, expected: list[tuple[int, str, int]], period: Period) -> None:
    """Check that a window is a stretch of the board, as long as there are people, with me in it."""
    for _, who, _ in expected:
        for radius in (0, 1, 2):
            around = game.leaderboards.around("b", who, radius=radius, period=period)
            shown = [(entry.rank, entry.participant_id, int(entry.score)) for entry in around]
            assert len(shown) == min(2 * radius + 1, len(expected))
            start = expected.index(shown[0])
            assert shown == expected[start : start + len(shown)]
            place = [other for _, other, _ in shown].index(who)
            assert place == radius or start == 0 or start + len(shown) == len(expected)


@given(
    played=scores,
    name=st.sampled_from(sorted(METRICS)),
    ties=st.sampled_from(TIES),
    size=st.integers(1, 5),
    data=st.data(),
)
def test_neither_arrival_nor_batching_changes_a_board(
    played: list[Score], name: str, ties: Ties, size: int, data: st.DataObject
) -> None:
    """The same events in another order and other batches make the same tables, in every period."""
    shuffled = data.draw(st.permutations(played))
    definition = catalog(name, ties)
    first = Engine(definition, clock=ManualClock(NOW), accept_late=None)
    second = Engine(definition, clock=ManualClock(NOW), accept_late=None)
    send(first, played)
    send(second, shuffled, size)
    for period in PERIODS:
        assert first.leaderboards.top("b", period=period) == second.leaderboards.top("b", period=period)


@given(
    before=st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(1, 3)), max_size=10),
    after=st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(1, 3)), max_size=10),
    ties=st.sampled_from(TIES),
    period=st.sampled_from(["all_time", "daily", "weekly"]),
    kept=st.booleans(),
)
def test_change_compares_two_tables(
    before: list[tuple[str, int]],
    after: list[tuple[str, int]],
    ties: Ties,
    period: Period,
    *,
    kept: bool,
) -> None:
    """`change` is what comparing with an earlier table says: the last period's, or this morning's."""
    clock = ManualClock(datetime(2026, 3, 1, 23, tzinfo=UTC))
    board = Leaderboard("b", period=period if kept else "monthly", ties=ties)
    game = Engine(Catalog(leaderboards=[board]), clock=clock)
    for who, points in before:
        game.points.award(who, points)
        clock.advance(seconds=1)
    then = {entry.participant_id: entry.rank for entry in game.leaderboards.top("b", period=period)}
    clock.set(datetime(2026, 3, 2, tzinfo=UTC))  # the next day, and the next week
    for who, points in after:
        game.points.award(who, points)
        clock.advance(seconds=1)
    for entry in game.leaderboards.top("b", period=period):
        was = then.get(entry.participant_id)
        if was is None:
            assert entry.change == ("new" if then else None)
        else:
            assert entry.change == ("same" if was == entry.rank else "up" if was > entry.rank else "down")


@given(moves=st.lists(st.tuples(st.sampled_from(PEOPLE), instants, st.integers(-3, 3)), max_size=15))
def test_a_board_of_balances_is_that_of_the_wallets(moves: list[tuple[str, datetime, int]]) -> None:
    """In the present of every calendar stands what can be spent now, oldest balance first, however late it moved."""
    board = Leaderboard("b", metric="points.balance", periods=PERIODS)
    clock = ManualClock(NOW)
    game = Engine(Catalog(leaderboards=[board]), clock=clock, accept_late=None)
    moved: dict[str, int] = {}
    for number, (who, at, amount) in enumerate(moves):
        before = game.points.balance(who).balance
        if amount > 0:
            game.points.award(who, amount, at=at)
        elif amount and before + amount >= 0:
            game.points.deduct(who, -amount, at=at)
        else:
            continue
        moved[who] = number
    wallets = {who: game.points.balance(who).balance for who in moved}
    expected = sorted(moved, key=lambda who: (-wallets[who], moved[who]))
    for period in PERIODS:
        shown = [(entry.participant_id, entry.score) for entry in game.leaderboards.top("b", period=period)]
        assert shown == [(who, wallets[who]) for who in expected]


days = st.builds(
    lambda day, seconds: datetime(2026, 2, 20, tzinfo=UTC) + timedelta(days=day, seconds=seconds),
    st.integers(0, 8),
    st.sampled_from([0, 1, 86_399]),
)


def _longest(acted: list[datetime]) -> tuple[int, datetime]:
    """Return the longest run of days, and the first instant of the day that completed it."""
    first = {at.date(): at for at in sorted(acted, reverse=True)}
    run, found = 0, (0, NOW)
    for day in sorted(first):
        run = run + 1 if day - timedelta(days=1) in first else 1
        if run > found[0]:
            found = run, first[day]
    return found


@given(acted=st.lists(st.tuples(st.sampled_from(PEOPLE[:3]), days), max_size=20))
def test_a_board_of_streaks_is_that_of_the_days(acted: list[tuple[str, datetime]]) -> None:
    """Whatever the order of arrival, the longest runs are ranked, and of equal ones those completed first."""
    board = Leaderboard("b", metric="streak.daily.longest")
    game = Engine(
        Catalog(streaks=[Streak("daily")], leaderboards=[board]), clock=ManualClock(NOW), accept_late=None
    )
    for who, at in acted:
        game.streaks.record(who, "daily", at=at)
    best = {who: _longest([at for other, at in acted if other == who]) for who, _ in acted}
    expected = sorted((-length, at, who) for who, (length, at) in best.items())
    shown = [(-entry.score, entry.participant_id) for entry in game.leaderboards.top("b")]
    assert shown == [(down, who) for down, _, who in expected]


def _reached_late(metric: Metric, events: list[tuple[str, str, timedelta]]) -> list[str]:
    """Return the order of a board after these events, each of a person, a value and how long ago."""
    game = Engine(
        Catalog(metrics=[metric], leaderboards=[Leaderboard("b", metric=metric.code)]), clock=ManualClock(NOW)
    )
    for who, value, ago in events:
        game.events.emit(who, "e", {"v": value}, at=NOW - ago)
    return [entry.participant_id for entry in game.leaderboards.top("b")]


def test_distinct_values_count_from_their_first_sighting() -> None:
    """A tie on different values goes to who had them first by event time, also when that arrives late."""
    hour = timedelta(hours=1)
    events = [("ada", "x", hour), ("bob", "x", 2 * hour), ("ada", "x", 3 * hour)]
    shown = _reached_late(Metric("kinds", on="e", distinct="v"), events)
    assert shown == _reached_late(Metric("kinds", on="e", distinct="v"), events[::-1]) == ["ada", "bob"]


def test_sightings_of_earlier_commands_count_too() -> None:
    """What was seen in commands long done decides when a number of values was reached, not the last command alone."""
    hour = timedelta(hours=1)
    events = [("ada", "x", 5 * hour), ("ada", "y", hour), ("bob", "x", 4 * hour), ("bob", "y", 3 * hour)]
    kinds = Metric("kinds", on="e", distinct="v")
    assert _reached_late(kinds, events) == ["bob", "ada"]
    assert _reached_late(kinds, [*events, ("ada", "y", 2 * hour)]) == ["bob", "ada"]
    assert _reached_late(kinds, [*events, ("ada", "y", 4 * hour)]) == ["ada", "bob"]
    assert _reached_late(kinds, [*events, ("ada", "y", 6 * hour)]) == ["ada", "bob"]
    assert _reached_late(kinds, [*events, ("bob", "x", 2 * hour), ("ada", "y", 3 * hour)]) == ["ada", "bob"]


def test_a_longest_run_is_reached_by_the_activity_that_completes_it() -> None:
    """A day that arrives late does not make a run older than its last day."""
    days = {
        who: [NOW - timedelta(days=back, hours=hour) for back in (3, 2, 1)]
        for who, hour in (("ada", 0), ("bob", 1))
    }
    shown = []
    for order in ((0, 1, 2), (0, 2, 1)):
        board = Leaderboard("b", metric="streak.daily.longest")
        game = Engine(Catalog(streaks=[Streak("daily")], leaderboards=[board]), clock=ManualClock(NOW))
        for who, arriving in (("ada", order), ("bob", (0, 1, 2))):
            for day in arriving:
                game.streaks.record(who, "daily", at=days[who][day])
        shown.append([entry.participant_id for entry in game.leaderboards.top("b")])
    assert shown == [["bob", "ada"], ["bob", "ada"]]
