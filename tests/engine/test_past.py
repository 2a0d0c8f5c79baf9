"""`engine.at(instant)` answers what a live read answered then, whatever happened since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    BadValue,
    Catalog,
    Emit,
    Engine,
    GamifyError,
    HandleInUse,
    Leaderboard,
    Metric,
    NotFound,
    OutOfWindow,
    ReadOnly,
    Rule,
    Season,
    StoreClosed,
)
from gamify_core.clock import moment
from gamify_core.game import Game
from gamify_core.storage.tables.activity import ACTIVITY
from tests.engine.conftest import MakeEngine, new_store, store_of
from tests.engine.playing import played

if TYPE_CHECKING:
    from gamify_core import ManualClock

PEOPLE = ("ada", "bob", "dee")
STREAKS = ("daily", "steady", "often", "kind", "made")
BOARDS = ("top", "topics", "longest", "board_0")
PERIODS: tuple[Any, ...] = (None, "all_time", "weekly", "daily")


def plain(value: Any) -> Any:
    """Return an answer as plain data: those that have a document by it, and what documents leave out beside it."""
    if attrs.has(type(value)):
        return {field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if hasattr(value, "items") and not isinstance(value, dict) and hasattr(value, "total"):
        return [plain(each) for each in value.items], value.total
    return value


OF_EVERYBODY: dict[str, Callable[[Game, str], Any]] = {
    "balance": lambda game, who: game.points.balance(who),
    "statement": lambda game, who: game.points.transactions(who, page_size=7),
    "tier": lambda game, who: game.tiers.current(who),
    "tiers": lambda game, who: game.tiers.history(who),
    "badges": lambda game, who: game.badges.list(who),
    "progress": lambda game, who: game.badges.progress(who, "rich"),
    "assets": lambda game, who: game.assets.list(who),
    "streaks": lambda game, who: game.streaks.list(who),
    "profile": lambda game, who: game.participants.get(who),
    "document": lambda game, who: game.participants.profile(who),
    "state": lambda game, who: game.participants.state(who),
    "challenges": lambda game, who: game.challenges.progress(who),
    "claims": lambda game, who: game.rewards.claims(who),
    "events": lambda game, who: game.events.list(who),
    "property": lambda game, who: [
        (plain(game.assets.get(one.asset_id)), plain(game.assets.history(one.asset_id)))
        for one in game.assets.list(who).items
    ],
}
OF_STREAKS: dict[str, Callable[[Game, str, str], Any]] = {
    "runs": lambda game, who, code: game.streaks.runs(who, code),
    "days": lambda game, who, code: game.streaks.calendar(who, code),
}
OF_BOARDS: dict[str, Callable[[Game, str, str], Any]] = {
    "rank": lambda game, who, board: game.leaderboards.rank(board, who),
    "around": lambda game, who, board: game.leaderboards.around(board, who),
}
OF_BADGES: dict[str, Callable[[Game, str], Any]] = {
    "owners": lambda game, badge: game.assets.owners(badge),
    "supply": lambda game, badge: game.assets.supply(badge),
    "ownership": lambda game, badge: game.analytics.ownership(badge),
}
OF_ALL: dict[str, Callable[[Game], Any]] = {
    "people": lambda game: game.participants.list(),
    "by points": lambda game: game.participants.list(sort_by="total_points", sort_order="desc"),
    "gifts": lambda game: game.gifts.list(),
    "activity": lambda game: game.history.activity(),
    "points": lambda game: game.analytics.currency("points", "7d"),
    "made badges": lambda game: game.definitions.badges.list(),
    "made streaks": lambda game: game.definitions.streaks.list(),
    "all challenges": lambda game: game.challenges.list(),
    "rewards": lambda game: game.rewards.list(),
    "reward": lambda game: game.rewards.get("mug"),
}


def reads() -> dict[str, Callable[[Game], Any]]:
    """Return every kind of read, of everybody and everything that there may be."""
    found = dict(OF_ALL)
    for who in PEOPLE:
        found |= {f"{name} {who}": partial(_asked, read, who) for name, read in OF_EVERYBODY.items()}
        for kinds, codes in ((OF_STREAKS, STREAKS), (OF_BOARDS, BOARDS)):
            for code in codes:
                found |= {
                    f"{name} {who} {code}": partial(_asked, read, who, code) for name, read in kinds.items()
                }
    for board in BOARDS:
        for period in PERIODS:
            found[f"top {board} {period}"] = partial(_top, board, period)
    for code in STREAKS:
        found[f"expiring {code}"] = partial(_asked, lambda game, code: game.streaks.expiring(code), code)
    for badge in ("pioneer", "card"):
        found |= {f"{name} {badge}": partial(_asked, read, badge) for name, read in OF_BADGES.items()}
    return found


def _asked(read: Callable[..., Any], *about: Any) -> Any:
    *what, game = about
    return read(game, *what)


def _top(board: str, period: Any, game: Game) -> Any:
    return game.leaderboards.top(board, period=period)


READS = reads()


def everything(game: Game) -> dict[str, Any]:
    """Return what every kind of read answers, a refusal by its sentence."""
    found = {}
    for name, read in READS.items():
        try:
            found[name] = plain(read(game))
        except GamifyError as error:
            found[name] = str(error)
    return found


def now_of(game: Engine) -> datetime:
    """Return an instant by which all is recorded: the clock's, or the last activity's where that is later."""
    with store_of(game).view() as view:
        head = view.last(ACTIVITY)
    now = game._access.road.now()[0]  # noqa: SLF001 - engines do not hand out their clock
    return moment(max(now, head.recorded_at if head is not None else now))


def is_as_told(
    game: Game, told: list[tuple[datetime, dict[str, Any]]], everything: Callable[[Game], dict[str, Any]]
) -> None:
    """Hold the past of each instant against what was read live then; the first read that differs is named."""
    for instant, then in told:
        past = everything(game.at(instant))
        assert past == then, next((name, then[name], past[name]) for name in then if then[name] != past[name])


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(deadline=None, max_examples=max(2, settings().max_examples // 50))
@given(draws=st.integers(0, 2**32))
def test_a_past_read_answers_what_a_live_read_answered_then(
    kind: str, draws: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After every command, for every kind of read: retractions, edits, moves and transfers since change nothing."""
    store = new_store(kind, tmp_path_factory.mktemp("past") / "g.db")
    told: list[tuple[datetime, dict[str, Any]]] = []
    game = played(
        store, draws, 12, least_wait=1, after=lambda game: told.append((now_of(game), everything(game)))
    )
    is_as_told(game, told, everything)
    store.close()


def test_before_all_there_is_nothing_and_after_all_there_is_what_there_is(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Between two commands the first of them counts; what is to come is refused, and an instant without a zone."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("top")]))
    before = clock.now()
    clock.advance(hours=1)
    first = game.points.award("ada", 5).recorded_at
    clock.advance(hours=1)
    game.points.award("ada", 7)
    read = [
        game.at(at).points.balance("ada").balance
        for at in (before, first, first + timedelta(minutes=9), clock.now())
    ]
    assert read == [0, 5, 5, 12]
    assert not game.at(before).leaderboards.top("top").entries
    assert game.at(first - timedelta(microseconds=1)).participants.list().total == 0
    with pytest.raises(OutOfWindow, match="future"):
        game.at(clock.now() + timedelta(seconds=1))
    with pytest.raises(BadValue):
        game.at(datetime(2026, 3, 2))  # noqa: DTZ001 - what is refused


COMMANDS: dict[str, Callable[[Game], object]] = {
    "award": lambda game: game.points.award("ada", 1),
    "batch": lambda game: game.points.award_batch([]),
    "event": lambda game: game.events.emit("ada", "e"),
    "events": lambda game: game.events.emit_batch([Emit("ada", "e")]),
    "upsert": lambda game: game.participants.upsert("ada"),
    "delete": lambda game: game.participants.delete("ada"),
    "define": lambda game: game.definitions.badges.create({"code": "b"}),
    "settle": lambda game: game.settle(),
    "verify": lambda game: game.history.verify(),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_past_is_for_reading(make_engine: MakeEngine, command: str) -> None:
    """Every command is refused by one error, in a transaction of the past as well, and leaves no trace."""
    game = make_engine()
    game.points.award("ada", 5)
    now, digest = now_of(game), game.history.state_digest()
    with pytest.raises(ReadOnly, match="for reading"):
        COMMANDS[command](game.at(now))
    with pytest.raises(ReadOnly), game.at(now).transaction() as tx:
        COMMANDS[command](tx)
    with pytest.raises(ReadOnly), game.at(now).dry_run():
        pass
    assert game.history.state_digest() == digest


def test_fields_that_people_changed_are_as_they_were(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Names, attributes and zones, whatever came after, in another scope too."""
    game = make_engine().scope("guild")
    told = []
    for name in ("Ada", "Ada L.", "Lady L."):
        clock.advance(hours=1)
        game.participants.upsert("ada", display_name=name, attributes={name[-1]: 1}, timezone="Asia/Tokyo")
        clock.advance(minutes=1)
        told.append((clock.now(), game.participants.get("ada")))
    for instant, then in told:
        assert game.at(instant).participants.get("ada") == then
        assert game.at(instant).participants.get("ada").attributes == then.attributes


def test_the_state_of_then_has_the_digest_of_then(make_engine: MakeEngine, clock: ManualClock) -> None:
    """All that was recorded by then is decided again; where words of it are gone, that is refused."""
    game = make_engine()
    told = []
    for n in range(3):
        game.events.emit("ada", "play", {"n": n})
        clock.advance(seconds=1)
        told.append((clock.now(), game.history.state_digest()))
        clock.advance(seconds=1)
    assert len({digest for _, digest in told}) == len(told)
    for instant, digest in told:
        assert game.at(instant).history.state_digest() == digest
    game.participants.anonymize("ada")
    with pytest.raises(ReadOnly):
        game.at(told[0][0]).history.state_digest()


def test_goals_that_moved_up_counted_what_they_counted(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What an event counted for either goal of a streak is there, as it was before the definition was edited."""
    metrics = [Metric("all", "walk"), Metric("lessons", "lesson"), Metric("marks", "lesson", sum="score")]
    game = make_engine(Catalog(metrics=metrics))
    game.definitions.streaks.create({"code": "made", "goals": {"lessons": 2, "marks": 100}})
    game.events.emit("ada", "lesson", {"score": 60})
    game.events.emit("ada", "lesson", {"score": 60})
    clock.advance(seconds=1)
    then, before = clock.now(), plain(game.streaks.get("ada", "made"))
    days = plain(game.streaks.calendar("ada", "made"))
    clock.advance(seconds=1)
    game.definitions.streaks.update("made", {"goals": {"all": 1, "lessons": 2, "marks": 100}, "match": "any"})
    past = game.at(then).streaks
    assert before["current_count"] == 1
    assert (plain(past.get("ada", "made")), plain(past.calendar("ada", "made"))) == (before, days)
    assert game.streaks.get("ada", "made").current_count == 1


def test_the_past_of_a_past_is_the_earlier_one(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What lapsed between the two has not lapsed in the earlier, and is to come there."""
    game = make_engine()
    game.points.award("ada", 5, expires="2d")
    clock.advance(days=1)
    first = clock.now()
    clock.advance(days=2)
    game.settle()
    clock.advance(days=1)
    later = game.at(clock.now())
    assert (later.points.balance("ada").balance, later.at(first).points.balance("ada").balance) == (0, 5)
    assert [effect.tag for effect in later.at(first).due(clock.now())] == ["points_expired"]
    assert list(later.due(clock.now())) == []
    with pytest.raises(OutOfWindow):
        later.at(first).at(clock.now())


def test_of_who_was_erased_there_is_what_was_left(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The old name finds nobody, in the past as now; under the alias there is what was counted, and no name."""
    game = make_engine()
    game.participants.upsert("ada", display_name="Ada")
    game.points.award("ada", 5)
    game.participants.upsert("ada", display_name="Ada L.")
    then = clock.now() + timedelta(seconds=1)
    clock.advance(hours=1)
    game.participants.anonymize("ada")
    past = game.at(then)
    assert past.points.balance("ada").balance == 0
    assert past.points.balance("anonymous:1").balance == 5
    assert past.participants.get("anonymous:1").display_name is None
    game.participants.delete("anonymous:1")
    assert game.at(then).participants.list().total == 0


def test_another_catalog_since_then_reads_by_the_one_of_then(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Boards and rungs of a catalog that is out of force are there in its time, and those of now are not."""
    old, new = Catalog(leaderboards=[Leaderboard("old")]), Catalog(leaderboards=[Leaderboard("new")])
    first = make_engine(old)
    then = first.points.award("ada", 5).recorded_at
    clock.advance(hours=1)
    second = make_engine(new, store=store_of(first))
    second.points.award("ada", 5)
    assert [entry.score for entry in second.at(then).leaderboards.top("old")] == [5]
    with pytest.raises(NotFound):
        second.at(then).leaderboards.top("new")
    assert [entry.score for entry in second.at(now_of(second)).leaderboards.top("new")] == [10]


def test_different_values_of_rolling_days_are_counted_as_they_were(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """A rolling board adds up what was seen on each day, whose values count once: then as now."""
    topics = Metric("topics", "lesson", distinct="topic")
    game = make_engine(
        Catalog(metrics=[topics], leaderboards=[Leaderboard("b", metric="topics", period="last_3d")])
    )
    for who, topic in (("ada", "loops"), ("ada", "types"), ("bob", "loops"), ("ada", "loops")):
        game.events.emit(who, "lesson", {"topic": topic})
        clock.advance(hours=9)
    then, page = clock.now(), game.leaderboards.top("b")
    assert [(entry.participant_id, entry.score) for entry in page] == [("ada", 2), ("bob", 1)]
    clock.advance(minutes=1)
    game.events.emit("bob", "lesson", {"topic": "types"})
    game.events.emit("bob", "lesson", {"topic": "tests"})
    assert game.at(then).leaderboards.top("b") == page


def test_there_is_no_change_where_there_was_no_history_yet(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """What came late of a period before is no history from before it came, nor once it is taken back."""
    seasons = [Season("one", "2026-02-01", "2026-02-08"), Season("two", "2026-02-08", "2026-04-01")]
    boards = [
        Leaderboard("b", period="daily", periods=["daily", "weekly", "last_2d", "season"], seasons=seasons),
        Leaderboard("scanned"),
    ]
    game = make_engine(Catalog(leaderboards=boards, rules=[Rule("play", on="play", award=10)]))
    periods = [("b", "daily"), ("b", "weekly"), ("b", "last_2d"), ("b", "season"), ("scanned", "daily")]

    def changes(game: Game) -> list[object]:
        return [game.leaderboards.top(code, period=period).entries[0].change for code, period in periods]

    clock.set("2026-02-09T12:00Z")  # a Monday
    then = game.events.emit("ada", "play").recorded_at
    assert changes(game) == [None] * 5
    clock.advance(minutes=1)
    late = game.events.emit("bob", "play", at=then - timedelta(days=3))
    assert changes(game) == ["new"] * 5
    assert changes(game.at(then)) == [None] * 5
    game.events.retract(late.event_id)
    assert changes(game) == [None] * 5


@pytest.mark.parametrize("settles", [True, False])
def test_groups_of_a_final_table_are_those_that_it_closed_with(
    make_engine: MakeEngine, clock: ManualClock, *, settles: bool
) -> None:
    """Who moved after the close is in the old group there, for who looks from after the move too."""
    week = Leaderboard("b", period="weekly", finalize_after="1h", group_by="team")
    game = make_engine(Catalog(leaderboards=[week]))
    for who, team, points in (("ada", "red", 30), ("bob", "blue", 20)):
        game.participants.upsert(who, attributes={"team": team})
        game.points.award(who, points)

    def tables(game: Game) -> list[Any]:
        boards = game.leaderboards
        found = [plain(boards.top("b", of=of, group=team)) for team in ("red", "blue") for of in (then, None)]
        return [*found, plain(boards.groups("b", of=then)), boards.group_rank("b", "blue", of=then)]

    then = clock.now()
    clock.advance(minutes=1)
    told = []
    for days in (8, 8, 1):
        told.append((clock.now(), tables(game)))
        clock.advance(days=days)
        if settles:
            game.settle()
        game.participants.upsert("ada", attributes={"team": "blue" if days == 8 else "green"})
        game.points.award("ada", 5)
        clock.advance(minutes=1)
    for instant, live in told:
        assert tables(game.at(instant)) == live


def test_a_final_table_is_in_the_past_what_it_closed_with(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """What was taken back after the close is still in it, as it was then; who is hidden since is not."""
    week = Leaderboard("b", period="weekly", metric="best", finalize_after="1h")
    game = make_engine(Catalog(metrics=[Metric("best", "play", max="score")], leaderboards=[week]))
    sent = game.events.emit("ada", "play", {"score": 30})
    for who, score in (("ada", 10), ("bob", 20), ("cyd", 5)):
        game.events.emit(who, "play", {"score": score})
    of = clock.now()
    clock.advance(days=8)
    told = []
    for change in (
        lambda: game.events.retract(sent.event_id),
        lambda: game.leaderboards.hide("bob"),
        lambda: game.events.emit("ada", "play", {"score": 7}),
        lambda: game.leaderboards.unhide("bob"),
        clock.now,
    ):
        told.append((clock.now(), game.leaderboards.top("b", of=of), game.leaderboards.rank("b", "ada")))
        clock.advance(minutes=1)
        change()
    assert [len(page.entries) for _, page, _ in told] == [3, 3, 2, 2, 3]
    assert {page.entries[0].score for _, page, _ in told} == {30}
    for instant, page, rank in told:
        past = game.at(instant).leaderboards
        assert (past.top("b", of=of), past.rank("b", "ada")) == (page, rank)


def test_a_handle_reads_its_own_past(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Inside a transaction what it has done counts, and the past of a closed engine cannot be read."""
    game = make_engine()
    game.points.award("ada", 5)
    clock.advance(hours=1)
    with game.transaction() as tx:
        done = tx.points.award("ada", 1).recorded_at
        clock.advance(hours=1)
        tx.points.award("ada", 1)
        assert tx.at(done).points.balance("ada").balance == 6
        with pytest.raises(HandleInUse):
            game.at(done)
    past = game.at(done)
    game.close()
    with pytest.raises(StoreClosed):
        past.points.balance("ada")


def test_what_was_held_then_is_held_then(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A hold that was captured or released since is there, in what was available too."""
    game = make_engine()
    game.points.award("ada", 100)
    clock.advance(hours=1)
    hold = game.points.hold("ada", 40)
    clock.advance(hours=1)
    then, held = clock.now(), game.points.balance("ada")
    clock.advance(hours=1)
    game.points.capture(hold.hold_id, 10)
    assert held.available == 60
    assert game.at(then).points.balance("ada") == held
