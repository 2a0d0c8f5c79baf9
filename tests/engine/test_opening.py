"""Day one of people who have a history elsewhere: what they come with stands, and nothing comes of it."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    AlreadyUnderWay,
    Badge,
    BadValue,
    Catalog,
    Challenge,
    Currency,
    Effect,
    Engine,
    IdempotencyConflict,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    NotFound,
    Opening,
    OpeningBalance,
    PointsExpired,
    Rule,
    Streak,
    backtest,
)
from tests.engine.conftest import START, new_store
from tests.engine.replaying import difference
from tests.engine.test_replay_law import CATALOG as EVERYTHING
from tests.engine.test_replay_law import COMMANDS, play

if TYPE_CHECKING:
    from gamify_core.game import Game
    from tests.engine.conftest import MakeEngine

CATALOG = Catalog(
    currencies=[Currency("gems")],
    metrics=[
        Metric("lessons", "lesson"),
        Metric("best", "lesson", max="score"),
        Metric("topics", "lesson", distinct="topic"),
        Metric("last", "lesson", latest="score"),
        Metric("active", "lesson", days=True),
        Metric("marks", "lesson", sum="score"),
    ],
    rules=[Rule("lesson", on="lesson", award=10, streak="daily")],
    streaks=[Streak("daily", milestones={3: 5, 6: 7}), Streak("weeks", period="weekly")],
    ladders=[
        Ladder("tier", tiers={"bronze": 0, "silver": 100, "gold": 1_000}),
        Ladder("status", metric="points.earned@yearly", tiers={"member": 0, "vip": 500}),
    ],
    badges=[
        Badge("beginner", criteria="lessons >= 5", points=50),
        Badge("expert", criteria="lessons >= 10", points=50),
        Badge("loyal", criteria="streak.daily >= 6"),
        Badge("numbered", max_supply=10),
    ],
    leaderboards=[
        Leaderboard("all", periods=("all_time", "weekly")),
        Leaderboard("runs", metric="streak.daily.longest"),
        Leaderboard("best", metric="best", periods=("all_time", "weekly")),
        Leaderboard("topics", metric="topics"),
        Leaderboard("badges", metric="badges.count"),
    ],
    challenges=[Challenge("ten", goals="lessons >= 3", points=1_000)],
)
COMING: dict[str, Any] = {
    "balances": {"points": OpeningBalance(120, earned=1_200), "gems": 7},
    "metrics": {"lessons": 7, "best": 88, "last": 40, "topics": ["loops", "lists"]},
    "badges": ["beginner"],
}


def adds_up(game: Engine) -> None:
    """Hold a game to its laws."""
    report = game.history.verify(replay=True)
    assert report.ok, report
    assert difference(game) == {}


def rung(game: Game, ladder: str = "tier") -> str | None:
    """Return the code of the rung that ada stands on."""
    tier = game.tiers.current("ada", ladder=ladder).current_tier
    return tier.code if tier is not None else None


def come(game: Engine, clock: ManualClock, who: str = "ada", **more: Any) -> Any:
    """Open somebody with a bit of everything, whose run of five was recorded yesterday."""
    streaks = {"daily": (5, 9, clock.now() - timedelta(days=1))}
    return game.participants.opening(who, **{**COMING, "streaks": streaks, **more})


def test_what_somebody_comes_with_stands(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Wallets, runs, metrics, badges, rungs and all-time boards are as if it had been here all the time."""
    game = make_engine(CATALOG)
    answer = come(game, clock)
    points, gems = (game.points.balance("ada", currency=code) for code in ("points", "gems"))
    assert (points.balance, points.total_earned, points.total_spent) == (120, 1_200, 1_080)
    assert (gems.balance, gems.total_earned, gems.total_spent) == (7, 7, 0)
    streak = game.streaks.get("ada", "daily")
    assert (streak.current_count, streak.longest_count) == (5, 9)
    assert rung(game) == "gold"
    assert [badge.code for badge in game.badges.list("ada", earned_only=True)] == ["beginner"]
    for board, score in {"all": 1_200, "runs": 9, "best": 88, "topics": 2, "badges": 1}.items():
        assert game.leaderboards.rank(board, "ada").score == score
    assert answer.tiers == {"tier": "gold", "status": "member"}
    assert answer.balances["gems"].balance == 7
    adds_up(game)


def test_it_was_not_this_week(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Nobody knows how it was spread over time, so no week and no year is filled with all of it."""
    game = make_engine(CATALOG)
    come(game, clock)
    assert list(game.leaderboards.top("all", period="weekly")) == []
    assert list(game.leaderboards.top("best", period="weekly")) == []
    assert rung(game, "status") != "vip"
    game.events.emit("ada", "lesson", {"score": 50})
    assert game.leaderboards.rank("all", "ada", period="weekly").score == 10
    assert game.leaderboards.rank("best", "ada", period="weekly").score == 50
    assert game.leaderboards.rank("best", "ada").score == 88


def test_it_is_silent_and_what_it_passed_is_not_handed_out(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """No listener hears of it, neither then nor at the next move; what is reached from then on is given."""
    game = make_engine(CATALOG)
    heard: list[Effect] = []
    game.on(Effect, heard.append)
    come(game, clock, badges=[])
    assert heard == []
    answer = game.events.emit("ada", "lesson", {"score": 50})
    assert [badge.code for badge in answer.badges] == ["loyal"]  # the sixth day
    assert game.points.balance("ada").total_earned == 1_210
    for _ in range(2):
        answer = game.events.emit("ada", "lesson", {"score": 50})
    assert [badge.code for badge in answer.badges] == ["expert"]
    adds_up(game)


def test_milestones_that_were_passed_are_not_paid_again(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Not by going on, and not by holding everybody against a changed catalog anew; a new run pays its own."""
    game = make_engine(CATALOG)
    come(game, clock, streaks={"daily": (4, 5, clock.now() - timedelta(days=1))})
    before = game.points.balance("ada").balance
    for _ in range(2):
        game.streaks.record("ada", "daily")
        clock.advance(days=1)
    assert game.points.balance("ada").balance == before + 7
    game.definitions.badges.create(
        {"code": "extra", "criteria": "points.earned >= 1"}, on_change="reevaluate"
    )
    given = [row for row in game.points.transactions("ada") if row.source == "streak:daily"]
    assert [row.amount for row in given] == [7]
    adds_up(game)


def test_it_comes_once_and_first(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A second one is refused with the facts, and so is one of somebody under way; under its key it is the first."""
    game = make_engine(CATALOG)
    first = come(game, clock, idempotency_key="day one")
    again = come(game, clock, idempotency_key="day one")
    assert again.replayed
    assert again == first
    with pytest.raises(IdempotencyConflict, match="badges"):
        come(game, clock, idempotency_key="day one", badges=[])
    before = game.history.state_digest()
    with pytest.raises(AlreadyUnderWay, match="ada was opened at 2026-03-02T09:00:00") as refused:
        game.participants.opening("ada", balances={"points": 5})
    assert refused.value.opened_at is not None
    game.participants.upsert("bob", "Bob")
    game.participants.opening("bob", balances={"points": 5})
    game.participants.opening("nil")
    with pytest.raises(AlreadyUnderWay, match="nil was opened"):
        game.participants.opening("nil")
    game.points.award("cyd", 5)
    with pytest.raises(AlreadyUnderWay, match="points, tiers") as refused:
        game.participants.opening("cyd", balances={"points": 5})
    assert (refused.value.found, refused.value.opened_at) == (("points", "tiers"), None)
    assert game.history.state_digest() != before
    assert game.participants.list().total == 4


def test_a_run_goes_on_from_its_baseline(make_engine: MakeEngine, clock: ManualClock) -> None:
    """It counts on, passes the longest, and breaks as any other; what lies before the baseline cannot heal it."""
    game = make_engine(CATALOG)
    come(game, clock, streaks={"daily": (8, 9, clock.now() - timedelta(days=1))})
    late = game.streaks.record("ada", "daily", at=clock.now() - timedelta(days=4))
    assert (late.new_count, late.longest_count) == (8, 9)
    counts = []
    for _ in range(3):
        counts.append(game.streaks.record("ada", "daily").new_count)
        clock.advance(days=1)
    assert counts == [9, 10, 11]
    assert game.streaks.get("ada", "daily").longest_count == 11
    runs = game.streaks.runs("ada", "daily")
    assert [run.length for run in runs] == [11]
    clock.advance(days=2)
    assert game.streaks.get("ada", "daily").current_count == 0
    assert [effect.tag for effect in game.settle()] == ["streak_broken"]
    assert game.streaks.record("ada", "daily").new_count == 1
    adds_up(game)


def test_a_run_that_is_over_is_not_said_to_break(make_engine: MakeEngine, clock: ManualClock) -> None:
    """It ended elsewhere; one that is said to be of no length must have ended."""
    game = make_engine(CATALOG)
    long_ago, now = clock.now() - timedelta(days=40), clock.now()
    game.participants.opening("ada", streaks={"daily": (5, 9, long_ago), "weeks": (0, 3, long_ago)})
    assert list(game.settle()) == []
    assert [each.current_count for each in game.streaks.list("ada").streaks] == [0, 0]
    assert game.streaks.record("ada", "daily").longest_count == 9
    with pytest.raises(BadValue, match="at least 1"):
        game.participants.opening("bob", streaks={"daily": (0, 3, now)})
    adds_up(game)


def test_an_opening_is_taken_back_by_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Its points cannot be reversed, and its run is no activity."""
    game = make_engine(CATALOG)
    answer = come(game, clock)
    movement = game.points.transactions("ada").items[0]
    assert (movement.amount, movement.account) == (120, "@opening")
    with pytest.raises(BadValue, match="an opening cannot be reversed"):
        game.points.reverse(movement.transaction_id)
    with pytest.raises(BadValue, match="is an opening"):
        game.streaks.retract("ada", "daily", activity_id=answer.activity_id)
    event = game.events.emit("ada", "lesson", {"score": 99, "topic": "loops"})
    game.events.retract(event.event_id)
    assert game.leaderboards.rank("best", "ada").score == 88
    assert game.leaderboards.rank("topics", "ada").score == 2
    adds_up(game)


def test_lots_lapse_when_they_are_due(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The parts that lapse are spent first, and the rest stays."""
    game = make_engine(CATALOG)
    due = clock.now() + timedelta(days=10)
    lots = [(30, due), (20, due), (10, due + timedelta(days=10))]
    game.participants.opening("ada", balances={"points": OpeningBalance(100, lots=lots)})
    assert [each.amount for each in game.points.expiring("ada", due + timedelta(days=30))] == [50, 10]
    game.points.deduct("ada", 15)
    clock.advance(days=11)
    assert game.points.balance("ada").balance == 50
    assert [each.amount for each in game.settle() if isinstance(each, PointsExpired)] == [35]
    adds_up(game)


def test_what_is_kept_newly_knows_of_it(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Boards and ladders that a changed catalog asks for hold it too, in all time and in no week."""
    game = make_engine(CATALOG)
    come(game, clock)
    for code, metric in {"s": "points.spent", "l": "lessons", "t": "last"}.items():
        fields: Any = {"code": code, "metric": metric, "periods": ["all_time", "weekly"]}
        game.definitions.leaderboards.create(fields)
    assert [game.leaderboards.rank(code, "ada").score for code in "slt"] == [1_080, 7, 40]
    assert [len(list(game.leaderboards.top(code, period="weekly"))) for code in "slt"] == [0, 0, 1]
    adds_up(game)


def test_a_rung_that_is_named_is_stood_on(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A status that was earned elsewhere this year is kept, though the year's points are not known."""
    game = make_engine(CATALOG)
    come(game, clock, tiers={"status": "vip", "tier": "silver"})
    assert rung(game, "status") == "vip"
    assert rung(game) == "silver"
    adds_up(game)


def test_it_moves_with_its_history(make_engine: MakeEngine, clock: ManualClock) -> None:
    """To another store, to a moment of the past, to other rules, and to somebody whom nobody knows any more."""
    game = make_engine(CATALOG)
    come(game, clock)
    opened = clock.now() + timedelta(hours=1)
    clock.advance(days=1)
    game.events.emit("ada", "lesson", {"score": 5, "topic": "loops"})
    lines = io.StringIO()
    game.history.export(lines)
    other = make_engine(CATALOG)
    other.history.restore(io.StringIO(lines.getvalue()))
    assert other.history.state_digest() == game.history.state_digest()
    then = game.at(opened)
    assert then.points.balance("ada").balance == 120
    assert then.streaks.get("ada", "daily").current_count == 5
    assert then.leaderboards.rank("topics", "ada").score == 2
    assert rung(then) == "gold"
    assert backtest(game, CATALOG).same
    game.participants.anonymize("ada")
    game.definitions.leaderboards.create({"code": "l", "metric": "lessons"})
    assert [entry.score for entry in game.leaderboards.top("l")] == [8]
    assert game.history.verify().ok
    come(game, clock, "bob")
    game.participants.delete("bob")
    assert game.history.verify().ok


def test_a_batch_is_one_commit_and_each_its_own(make_engine: MakeEngine, clock: ManualClock) -> None:
    """One that is refused fails alone; under a key the whole is answered again."""
    game = make_engine(CATALOG)
    people = [
        Opening("ada", {"points": 5}),
        Opening("ada", {"points": 7}),
        Opening("bob", {"rubies": 7}),
        Opening("cyd", streaks={"daily": (3, 3, clock.now())}, badges=["beginner"]),
        Opening("", {"points": 7}),
    ]
    for replayed in (False, True):
        done = game.participants.opening_batch(people, idempotency_key="import")
        assert done.replayed is replayed
        assert [item.error.code if item.error else None for item in done.results] == [
            None,
            "already_under_way",
            "not_found",
            None,
            "bad_value",
        ]
    assert done.to_dict()["results"][0]["balances"]["points"]["balance"] == 5  # type: ignore[index]
    assert game.participants.list().total == 2
    adds_up(game)


NOW = ManualClock(START).now()


@pytest.mark.parametrize(
    ("coming", "error"),
    [
        ({"balances": {"points": -1}}, BadValue),
        ({"balances": {"points": 1.5}}, BadValue),
        ({"balances": {"points": OpeningBalance(5, earned=-1)}}, BadValue),
        ({"balances": {"points": OpeningBalance(5, lots=[(6, NOW + timedelta(days=1))])}}, BadValue),
        ({"balances": {"points": OpeningBalance(5, lots=[(5, NOW)])}}, BadValue),
        ({"balances": {"points": OpeningBalance(5, lots=[5])}}, BadValue),  # type: ignore[list-item]
        ({"balances": {"rubies": 5}}, NotFound),
        ({"balances": [5]}, BadValue),
        ({"streaks": {"daily": (5, 4, NOW)}}, BadValue),
        ({"streaks": {"daily": (5, 5, NOW + timedelta(days=1))}}, BadValue),
        ({"streaks": {"daily": (5, 5, NOW.replace(tzinfo=None))}}, BadValue),
        ({"streaks": {"daily": 5}}, BadValue),
        ({"streaks": {"nightly": (5, 5, NOW)}}, NotFound),
        ({"metrics": {"topics": 5}}, BadValue),
        ({"metrics": {"lessons": ["a"]}}, BadValue),
        ({"metrics": {"active": 5}}, BadValue),
        ({"metrics": {"points.earned": 5}}, BadValue),
        ({"metrics": {"unknown": 5}}, NotFound),
        ({"badges": ["unknown"]}, NotFound),
        ({"badges": ["numbered"]}, BadValue),
        ({"badges": "beginner"}, BadValue),
        ({"tiers": {"tier": "unknown"}}, NotFound),
        ({"tiers": {"unknown": "gold"}}, NotFound),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(coming: dict[str, Any], error: type[Exception]) -> None:
    """With the code and the sentence of what is wrong; nobody has appeared by it."""
    game = Engine(CATALOG, clock=ManualClock(START))
    with pytest.raises(error):
        game.participants.opening("ada", **coming)
    assert game.participants.list().total == 0
    assert game.history.verify().checked.get("activity", 0) == 0


RUN = st.integers(0, 12)


@st.composite
def openings(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what somebody comes with to a game that has everything."""
    points, runs = draw(st.integers(0, 200)), {}
    for code in draw(st.sets(st.sampled_from(["daily", "steady", "often", "kind"]))):
        current = draw(RUN)
        last = draw(st.sampled_from([0, 1, 3_600, 86_400, 2 * 86_400, 90 * 86_400]))
        runs[code] = (current, current + draw(RUN), NOW - timedelta(seconds=last))
    lots = [(draw(st.integers(1, points)), NOW + timedelta(days=1))] if points else []
    return {
        "balances": {"points": OpeningBalance(points, earned=draw(st.integers(0, 300)), lots=lots)},
        "streaks": runs,
        "metrics": {"lessons": draw(st.integers(0, 3)), "last": draw(RUN), "topics": ["a", "z"]},
        "badges": draw(st.sets(st.sampled_from(["first", "keen", "steadfast"]))),
    }


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(deadline=None, max_examples=15)
@given(coming=st.lists(openings(), min_size=1, max_size=2), commands=COMMANDS)
def test_whatever_comes_after_an_opening_adds_up(
    kind: str, coming: list[Any], commands: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The laws of replay and of verify hold, with edits, retractions, late events and freezes after it."""
    clock = ManualClock(START)
    store = new_store(kind, tmp_path_factory.mktemp("open") / "g.db")
    game = Engine(EVERYTHING, store, clock=clock, seed=7)
    done = game.participants.opening_batch(
        [Opening(who, **each) for who, each in zip(("ada", "bob"), coming, strict=False)]
    )
    assert all(item.error is None or item.error.code == "bad_value" for item in done.results)
    play(game, clock, commands)
    adds_up(game)
    store.close()


def test_a_baseline_outlives_another_definition(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Cut into other periods, with goals or without, a run that is told keeps its numbers and counts on."""
    game = make_engine(CATALOG)
    game.definitions.streaks.create({"code": "made", "goals": {"lessons": 2, "marks": 50}})
    game.participants.opening("ada", streaks={"made": (5, 9, clock.now())})
    for changes in ({"goals": {"marks": 50}}, {"goals": None, "period": "weekly"}, {"grace_mode": "credit"}):
        game.definitions.streaks.update("made", changes)  # type: ignore[arg-type]
        streak = game.streaks.get("ada", "made")
        assert (streak.current_count, streak.longest_count) == (5, 9)
        assert game.history.verify().ok
    clock.advance(days=7)
    assert game.streaks.record("ada", "made").new_count == 6
    adds_up(game)


def test_each_scope_opens_its_own(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Somebody of the same name elsewhere is somebody else."""
    game = make_engine(CATALOG)
    guild = game.scope("guild")
    for place in (game, guild):
        place.participants.opening("ada", balances={"points": 5}, at=clock.now() - timedelta(days=2))
    assert [place.leaderboards.rank("all", "ada").score for place in (game, guild)] == [5, 5]
    adds_up(game)
