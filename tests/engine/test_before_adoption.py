"""A changed catalog, from opening the file on: what is read before the first command is what its adoption leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from gamify_core import (
    Badge,
    Catalog,
    Challenge,
    GamifyError,
    Ladder,
    Leaderboard,
    Metric,
    Season,
    Streak,
)
from gamify_core.road.rebuild import Rebuilding
from tests.engine.conftest import store_of

if TYPE_CHECKING:
    from gamify_core import ManualClock
    from gamify_core.game import Game

    from .conftest import MakeEngine

PEOPLE = ("ada", "bob", "cyd", "dan", "eve", "anonymous:5")
PERIODS = ("all_time", "weekly", "daily")
OLD = Catalog(
    metrics=[Metric("lessons", "lesson"), Metric("topics", "lesson", distinct="topic")],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 40})],
    streaks=[Streak("daily", on="lesson")],
    leaderboards=[
        Leaderboard("b", periods=PERIODS, period="all_time"),
        Leaderboard("l", metric="lessons", period="weekly"),
    ],
)


def board(code: str = "b", **changed: Any) -> Catalog:
    """Return the catalog with one more board, or with another in its place."""
    kept = [each for each in OLD.leaderboards if each.code != code]
    return attrs.evolve(OLD, leaderboards=[*kept, Leaderboard(code, **{"periods": PERIODS, **changed})])


SEASONS = [Season("cold", "2026-01-01", "2026-03-01"), Season("mild", "2026-03-01", "2026-06-01")]
CHANGES: dict[str, Catalog] = {
    "a new board": board("n", metric="topics"),
    "a board of a new metric": attrs.evolve(
        OLD,
        metrics=[*OLD.metrics, Metric("best", "lesson", max="score")],
        leaderboards=[*OLD.leaderboards, Leaderboard("n", metric="best", periods=PERIODS)],
    ),
    "dense ties": board(ties="dense"),
    "least first": board(order="ascending"),
    "a minimum": board(min_score=20),
    "groups": board(group_by="team"),
    "averages of groups": board(group_by="team", group_score="average", ties="dense"),
    "another zone": board(timezone="Asia/Tokyo"),
    "a rolling board": board("n", period="last_7d", periods=("last_7d",)),
    "seasons": board("n", period="season", periods=("season",), seasons=SEASONS),
    "weeks that close": board(
        "n",
        period="weekly",
        periods=("weekly", "daily"),
        finalize_after="2h",
        prizes={1: 50},
        group_by="team",
    ),
    "a metric counted otherwise": attrs.evolve(
        OLD, metrics=[Metric("lessons", "lesson", when="score >= 50"), OLD.metrics[1]]
    ),
    "a board of runs": board("n", metric="streak.daily.longest"),
    "a streak by weeks": attrs.evolve(OLD, streaks=[Streak("daily", on="lesson", period="weekly")]),
    "a streak by weeks, ranked": attrs.evolve(
        OLD,
        streaks=[Streak("daily", on="lesson", period="weekly")],
        leaderboards=[*OLD.leaderboards, Leaderboard("n", metric="streak.daily.longest")],
    ),
    "a new ladder": attrs.evolve(
        OLD, ladders=[*OLD.ladders, Ladder("level", metric="topics", tiers={"one": 1, "two": 2})]
    ),
    "a new ladder with reviews": attrs.evolve(
        OLD,
        ladders=[
            *OLD.ladders,
            Ladder("level", metric="lessons@weekly", tiers={"one": 0, "two": 2}, demotion="at_review"),
        ],
    ),
    "a ladder that has reviews now": attrs.evolve(
        OLD, ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 40}, demotion="at_review")]
    ),
    "a badge": attrs.evolve(OLD, badges=[Badge("third", criteria="lessons@weekly >= 3 and topics >= 2")]),
    "a challenge": attrs.evolve(OLD, challenges=[Challenge("c", goals="lessons >= 2", period="weekly")]),
    "another name": attrs.evolve(OLD, badges=[Badge("idle")]),
}


def play(game: Game, clock: ManualClock) -> None:
    """Fill three weeks with lessons, points, a reversal, a retraction, and people who are hidden or left."""
    for number, who in enumerate(PEOPLE[:5]):
        game.participants.upsert(who, attributes={"team": "red" if number % 2 else "blue"})
    for day in range(16):
        for number, who in enumerate(PEOPLE[:5]):
            if (day * 7 + number * 3) % 4 < 2:
                said = {"score": (day * 31 + number * 17) % 100, "topic": "abc"[(day + number) % 3]}
                game.events.emit(who, "lesson", said)
                game.points.award(who, 5 + (day + number) % 3)
        clock.advance(days=1)
    given = game.points.award("bob", 9)
    game.points.reverse(given.transaction_id)
    game.events.retract(game.events.emit("cyd", "lesson", {"score": 99, "topic": "z"}).event_id)
    game.leaderboards.hide("dan")
    game.participants.anonymize("eve")
    game.scope("guild").points.award("ada", 3)
    clock.advance(hours=5)


def reads(game: Game) -> Iterator[tuple[str, Callable[[], object]]]:
    """Name everything that an application could show of a game."""
    boards = game.leaderboards
    for definition in game.catalog.leaderboards:
        code = definition.code
        for period in (*definition.periods, "monthly", "last_9d"):
            for of in (None, "previous"):
                for group in (None, "red") if definition.group_by else (None,):
                    how: dict[str, Any] = {"period": period, "of": of, "group": group}
                    told = f"{code} {period} {of} {group}"
                    yield f"page {told}", partial(boards.page, code, **how)
                    yield f"ranks {told}", partial(boards.ranks, code, PEOPLE, **how)
                    yield f"among {told}", partial(boards.among, code, ["cyd", "ada"], **how)
                yield f"groups {code} {period} {of}", partial(boards.groups, code, period=period, of=of)
            yield f"rank {code} {period}", partial(boards.rank, code, "bob", period=period)
            yield f"around {code} {period}", partial(boards.around, code, "cyd", period=period)
    for who in PEOPLE:
        for ladder in game.catalog.ladders:
            yield f"tier {who} {ladder.code}", partial(game.tiers.current, who, ladder=ladder.code)
        yield f"badges {who}", partial(game.badges.list, who)
        yield f"streaks {who}", partial(game.streaks.list, who)
        yield f"challenges {who}", partial(game.challenges.progress, who)
        yield f"state {who}", partial(game.participants.state, who)
        yield f"profile {who}", partial(game.participants.profile, who)
        yield f"export {who}", partial(_metrics, game, who)
    yield "list", partial(_listed, game)
    yield "expiring", partial(game.streaks.expiring, "daily")


def _metrics(game: Game, who: str) -> object:
    """Return the values that are kept of somebody, in an order that is not that in which windows were opened."""
    kept = game.participants.export(who)["metrics"]
    return sorted(map(str, kept)) if isinstance(kept, list) else kept


def _listed(game: Game) -> object:
    return [(each.participant_id, each.current_tier) for each in game.participants.list()]


def answered(game: Game) -> dict[str, object]:
    """Read everything; a refusal is an answer."""
    found: dict[str, object] = {}
    for name, read in reads(game):
        try:
            answer = read()
        except GamifyError as error:
            answer = str(error)
        found[name] = answer
    return found


@pytest.mark.parametrize("name", CHANGES)
def test_reads_before_the_first_command_are_those_of_after(
    make_engine: MakeEngine, clock: ManualClock, name: str
) -> None:
    """Whatever changes, nothing that is read is read otherwise once somebody elsewhere has sent a command."""
    first = make_engine(OLD)
    play(first, clock)
    later = make_engine(CHANGES[name], store=store_of(first))
    written = first.history.state_digest()
    before = answered(later)
    assert first.history.state_digest() == written
    in_scope = later.scope("guild").leaderboards.top("b")
    later.scope("elsewhere").participants.upsert("zoe")
    after = answered(later)
    assert {key: (before[key], after[key]) for key in after if before[key] != after[key]} == {}
    assert in_scope == later.scope("guild").leaderboards.top("b")


def test_a_reader_follows_whoever_writes_under_another_catalog(make_engine: MakeEngine) -> None:
    """A dashboard with boards of its own never writes, and shows what is there at every moment."""
    writer = make_engine(OLD)
    reader = make_engine(board("n", metric="lessons", ties="dense", group_by="team"), store=store_of(writer))
    assert list(reader.leaderboards.top("n")) == []
    for count, who in enumerate(("ada", "bob", "ada"), 1):
        writer.participants.upsert(who, attributes={"team": "red"})
        writer.events.emit(who, "lesson")
        assert reader.leaderboards.top("n").total_participants == min(count, 2)
        assert [(each.group, each.score) for each in reader.leaderboards.groups("n")] == [("red", count)]
    assert [(each.rank, each.participant_id, each.score) for each in reader.leaderboards.top("n")] == [
        (1, "ada", 2),
        (2, "bob", 1),
    ]
    writer.leaderboards.hide("ada")
    assert reader.leaderboards.rank("n", "bob").rank == 1
    assert reader.history.verify().ok, "rows are held against the catalog that they were written under"
    assert [row.kind for row in writer.history.activity()].count("catalog.adopted") == 1


def test_a_handle_reads_as_its_first_command_will_find_it(make_engine: MakeEngine) -> None:
    """Inside a transaction or a dry run it is the same: before a command of it, and after."""
    first = make_engine(OLD)
    for _ in range(3):
        first.events.emit("ada", "lesson")
    later = make_engine(board("n", metric="lessons"), store=store_of(first))
    for opened in (later.dry_run, later.transaction):
        with opened() as handle:
            assert handle.leaderboards.rank("n", "ada").score == 3
            handle.events.emit("ada", "lesson")
            assert handle.leaderboards.rank("n", "ada").score == 4
    assert later.leaderboards.rank("n", "ada").score == 4


def test_what_is_due_is_shown_under_the_changed_catalog(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A review of a ladder that is new is due before anybody has written: reading says who falls."""
    tiers = {"one": 0, "two": 2}
    first = make_engine(OLD)
    for _ in range(3):
        first.events.emit("ada", "lesson")
    catalog = attrs.evolve(
        OLD,
        ladders=[*OLD.ladders, Ladder("level", metric="lessons@monthly", tiers=tiers, demotion="at_review")],
    )
    later = make_engine(catalog, store=store_of(first))

    def level() -> str | None:
        rung = later.tiers.current("ada", ladder="level").current_tier
        return rung.code if rung is not None else None

    assert level() == "two"
    later.points.award("bob", 1)
    clock.advance(days=62)  # the second review finds nothing
    assert level() == "one"
    wider = attrs.evolve(catalog, leaderboards=[*OLD.leaderboards, Leaderboard("n", metric="topics")])
    later = make_engine(wider, store=store_of(first))
    assert level() == "one"


def test_what_asks_for_no_history_reads_none(make_engine: MakeEngine) -> None:
    """A balance under a changed catalog costs what it did: nobody's events are gone through for it."""
    first = make_engine(OLD)
    first.events.emit("ada", "lesson")
    first.points.award("ada", 5)
    later = make_engine(board("n", metric="lessons"), store=store_of(first))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rebuilding, "over", _never)
        assert later.points.balance("ada").balance == 5
        assert later.participants.get("ada").participant_id == "ada"
        assert later.leaderboards.rank("b", "ada").rank == 1, "an unchanged board is read as it is kept"


def _never(_self: object, _people: object) -> None:
    pytest.fail("somebody's history was gone through")
