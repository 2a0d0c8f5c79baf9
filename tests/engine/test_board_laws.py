"""Boards under everything that moves them, against a model: sort everybody who is shown, and count by hand."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import Catalog, Engine, Leaderboard, ManualClock, Metric, RankPrize
from tests.engine.conftest import new_store

from .replaying import difference
from .test_leaderboard_laws import TIES, entered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamify_core.catalog.definitions import Ties

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
"""A Sunday; a period of fourteen days began on the 2nd, and rolling ones begin at other midnights."""
EDGES = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3, 8)]
PEOPLE = ["ada", "bob", "cyd", "Eve", "émile"]
STARTS = {
    "all_time": datetime.min.replace(tzinfo=UTC),
    "weekly": datetime(2026, 3, 2, tzinfo=UTC),
    "days": datetime(2026, 3, 2, tzinfo=UTC),
    "season": datetime(2026, 3, 3, tzinfo=UTC),
    "last_7d": datetime(2026, 3, 2, tzinfo=UTC),
    "last_1d": datetime(2026, 3, 8, tzinfo=UTC),
}
METRICS = {
    "total": Metric("total", on="e", sum="v"),
    "best": Metric("best", on="e", max="v"),
    "last": Metric("last", on="e", latest="v"),
    "days": Metric("days", on="e", days=True),
    "kinds": Metric("kinds", on="e", distinct="v"),
}
SEASONS = {
    "one": {"starts": "2026-02-01", "ends": "2026-03-01"},
    "two": {"starts": "2026-03-03", "ends": "2026-04-01"},
}
KINDS = pytest.mark.parametrize("kind", ["memory", "sqlite"])


class Played(NamedTuple):
    """An event that scores."""

    who: str
    at: datetime
    value: int


people = st.sampled_from(PEOPLE)
instants = st.builds(
    lambda edge, step: edge + timedelta(microseconds=step),
    st.sampled_from(EDGES),
    st.sampled_from([-1, 0, 1]),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("emit"), st.builds(Played, people, instants, st.integers(1, 3))),
        st.tuples(st.just("emit"), st.builds(Played, people, instants, st.integers(-2, 3))),
        st.tuples(st.just("retract"), st.integers(0, 30)),
        st.tuples(st.just("hide"), people),
        st.tuples(st.just("unhide"), people),
        st.tuples(st.just("join"), st.tuples(people, st.sampled_from(["red", "blue", None]))),
    ),
    min_size=1,
    max_size=16,
)


class World:
    """What was done, and what of it stands."""

    def __init__(self, game: Engine) -> None:
        self.game = game
        self.events: list[tuple[str, Played]] = []
        self.hidden: set[str] = set()
        self.team: dict[str, str] = {}
        for who, team in (("ada", "red"), ("bob", "red"), ("cyd", "blue")):
            self.do("join", (who, team))
            self.do("emit", Played(who, EDGES[-1], 2))

    def do(self, what: str, about: Any) -> None:
        """Do one step, and remember it."""
        game = self.game
        match what:
            case "emit":
                answer = game.events.emit(about.who, "e", {"v": about.value}, at=about.at)
                self.events.append((answer.event_id, about))
            case "retract" if self.events:
                event_id, _ = self.events.pop(about % len(self.events))
                game.events.retract(event_id)
            case "hide":
                game.leaderboards.hide(about)
                self.hidden.add(about)
            case "unhide":
                game.leaderboards.unhide(about)
                self.hidden.discard(about)
            case "join":
                who, team = about
                game.participants.upsert(who, attributes={"team": team})
                self.team[who] = team or ""

    def table(
        self, name: str, period: str, *, ascending: bool, least: int
    ) -> list[tuple[int, datetime, str]]:
        """Return what orders each entry, in order."""
        inside: list[Any] = [one for _, one in self.events if one.at >= STARTS[period]]
        if name == "days":
            first: dict[tuple[str, object], datetime] = {}
            for one in inside:
                day = one.who, one.at.date()
                first[day] = min(one.at, first.get(day, one.at))
            scores: dict[str, tuple[int, datetime]] = {}
            for (who, _), at in first.items():
                count, latest = scores.get(who, (0, at))
                scores[who] = count + 1, max(latest, at)
        elif name == "last":
            by_person: dict[str, list[Any]] = defaultdict(list)
            for one in inside:
                by_person[one.who].append(one)
            scores = {}
            for who, mine in by_person.items():
                last = max(mine, key=lambda one: (one.at, one.value))
                scores[who] = last.value, last.at
        else:
            scores = entered(name, inside)
        shown = {who: score for who, score in scores.items() if who not in self.hidden and score[0] >= least}
        return sorted((value if ascending else -value, at, who) for who, (value, at) in shown.items())


def numbered(
    table: list[tuple[int, datetime, str]], ties: Ties, *, ascending: bool
) -> list[tuple[int, str, int]]:
    """Return rank, participant and score of each entry."""
    lines = []
    for place, (down, _, who) in enumerate(table):
        better = [other for other, _, _ in table if other < down]
        rank = {"competition": len(better), "dense": len(set(better)), "ordinal": place}[ties] + 1
        lines.append((rank, who, down if ascending else -down))
    return lines


@contextmanager
def engine(kind: str, board: Leaderboard, clock: ManualClock) -> Iterator[Engine]:
    """Give an engine on a new store."""
    with TemporaryDirectory() as folder:
        store: Any = new_store(kind, Path(folder) / "g.db")
        metrics = [METRICS[board.metric]] if board.metric in METRICS else []
        try:
            yield Engine(Catalog(metrics=metrics, leaderboards=[board]), store, clock=clock, accept_late=None)
        finally:
            store.close()


@KINDS
@settings(deadline=None, max_examples=max(8, settings().max_examples // 5))
@given(
    done=steps,
    name=st.sampled_from(sorted(METRICS)),
    ties=st.sampled_from(TIES),
    order=st.sampled_from(["descending", "ascending"]),
    least=st.sampled_from([None, 2]),
    average=st.booleans(),
    period=st.sampled_from(sorted(STARTS)),
    kept=st.sampled_from([True, True, False]),
)
def test_boards_are_what_a_sort_says_whatever_was_done(  # noqa: PLR0913 - what a board can be
    kind: str,
    done: list[tuple[str, Any]],
    name: str,
    ties: Ties,
    order: Any,
    least: int | None,
    period: str,
    *,
    average: bool,
    kept: bool,
) -> None:
    """After events, retractions, people hidden and shown, and changed groups, in any order; an audit finds nothing."""
    board = Leaderboard(
        "b",
        metric=name,
        ties=ties,
        order=order,
        period="season" if period == "season" else "all_time",
        periods=sorted(STARTS)
        if kept
        else sorted({"days", "season", period} - {"last_7d", "last_1d", "weekly"}),
        days=14,
        anchor=datetime(2026, 3, 2, tzinfo=UTC).date(),
        seasons=SEASONS,
        min_score=least,
        group_by="team",
        group_score="average" if average else "sum",
    )
    with engine(kind, board, ManualClock(NOW)) as game:
        world = World(game)
        for what, about in done:
            world.do(what, about)
        ascending = order == "ascending"
        table = world.table(name, period, ascending=ascending, least=least if least is not None else -99)
        _check(game, period, numbered(table, ties, ascending=ascending))
        for team in ("red", "blue"):
            mine = [entry for entry in table if world.team.get(entry[2]) == team]
            _check(game, period, numbered(mine, ties, ascending=ascending), group=team)
        _check_groups(world, period, table, ascending=ascending, average=average)
        report = game.history.verify()
        assert report.ok, str(report)
        assert difference(game) == {}


def _check(game: Engine, period: str, expected: list[tuple[int, str, int]], group: str | None = None) -> None:
    """Check pages by number and by cursor, ranks, windows and friends."""
    boards = game.leaderboards
    for size in (1, 3):
        seen: list[Any] = []
        for number in range(1, len(PEOPLE) + 1):
            seen += boards.page("b", page=number, page_size=size, period=period, group=group)
        assert [(e.rank, e.participant_id, e.score) for e in seen] == expected
        page = boards.page("b", page_size=size, period=period, group=group)
        seen = [*page]
        while page.next_cursor is not None:
            page = boards.page("b", page_size=size, after=page.next_cursor, group=group)
            seen += page
        assert [(e.rank, e.participant_id, e.score) for e in seen] == expected
    ranks = {one.participant_id: one for one in boards.ranks("b", PEOPLE, period=period, group=group)}
    assert {who: (one.rank, one.score) for who, one in ranks.items() if one.rank} == {
        who: (rank, score) for rank, who, score in expected
    }
    for _, who, score in expected:
        mine = ranks[who]
        assert mine.total_participants == len(expected) == mine.above + mine.tied + mine.below + 1
        assert mine.tied == sum(other == score for *_, other in expected) - 1
        around = [
            (e.rank, e.participant_id, e.score)
            for e in boards.around("b", who, radius=1, period=period, group=group)
        ]
        start = expected.index((around[0][0], around[0][1], int(around[0][2])))
        assert around == expected[start : start + min(3, len(expected))]
        assert who in [other for _, other, _ in around]
    friends = boards.among("b", PEOPLE[:3], period=period, group=group)
    assert [(e.overall_rank, e.participant_id, e.score) for e in friends] == [
        line for line in expected if line[1] in PEOPLE[:3]
    ]
    assert {*friends.absent} == {*PEOPLE[:3]} - {who for _, who, _ in expected}


def _check_groups(
    world: World, period: str, table: list[tuple[int, datetime, str]], *, ascending: bool, average: bool
) -> None:
    """Check the board of groups."""
    scores: dict[str, list[int]] = defaultdict(list)
    for down, _, who in table:
        if team := world.team.get(who):
            scores[team].append(down if ascending else -down)
    sign = 1 if ascending else -1
    sums = {team: 10**6 * sum(own) // len(own) if average else sum(own) for team, own in scores.items()}
    lines = sorted((sign * sums[team], team, len(own)) for team, own in scores.items())
    found = [*world.game.leaderboards.groups("b", period=period)]
    assert [(entry.group, entry.members) for entry in found] == [
        (team, members) for _, team, members in lines
    ]
    for entry, (down, _, _) in zip(found, lines, strict=True):
        assert entry.score * (10**6 if average else 1) == sign * down
        assert world.game.leaderboards.group_rank("b", entry.group, period=period) == entry


awards = st.lists(
    st.tuples(
        people,
        st.integers(1, 4),
        st.sampled_from([0, 1, 6 * 3600, 86_400]),
        st.sampled_from([0, 3600, 86_400]),
    ),
    max_size=14,
)


@KINDS
@settings(deadline=None, max_examples=max(8, settings().max_examples // 5))
@given(done=awards, ties=st.sampled_from(TIES), settled=st.lists(st.booleans(), min_size=14, max_size=14))
def test_each_period_is_paid_once_from_what_was_recorded_by_then(
    kind: str, done: list[tuple[str, int, int, int]], ties: Ties, settled: list[bool]
) -> None:
    """However often somebody settles in between: the same winners, and a final table that stays as it is."""
    board = Leaderboard(
        "b", metric="points.spent", period="daily", finalize_after="6h", prizes={1: 10, "2-3": 5}, ties=ties
    )
    clock = ManualClock(NOW)
    recorded: list[tuple[datetime, datetime, str, int]] = []
    with engine(kind, board, clock) as game:
        for who in PEOPLE:
            game.points.award(who, 100)
        paid: list[tuple[str, int, str]] = []

        def settle() -> None:
            paid.extend(
                (e.period, e.rank, e.participant_id) for e in game.settle() if isinstance(e, RankPrize)
            )

        for (who, points, wait, late), now in zip(done, settled, strict=False):
            clock.advance(seconds=wait)
            if now:
                settle()
            at = clock.now() - timedelta(seconds=late)
            game.points.deduct(who, points, at=at)
            recorded.append((clock.now(), at, who, points))
        clock.advance(days=3)
        settle()
        settle()
        expected = []
        for day in sorted({at.date() for _, at, *_ in recorded}):
            due = datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(days=1)
            totals: dict[str, tuple[int, datetime]] = {}
            for seen, at, who, points in recorded:
                if at.date() == day and seen < due:
                    total, reached = totals.get(who, (0, at))
                    totals[who] = total + points, max(reached, at)
            table = sorted((-total, reached, who) for who, (total, reached) in totals.items())
            lines = numbered(table, ties, ascending=False)
            shown = [(e.rank, e.participant_id, e.score) for e in game.leaderboards.top("b", of=day)]
            assert shown == lines
            expected += [(str(day), rank, who) for rank, who, _ in lines if rank <= 3]
        assert sorted(paid) == sorted(expected)
        assert difference(game) == {}
        assert game.history.verify().ok
