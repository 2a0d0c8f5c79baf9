from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Badge,
    Catalog,
    CatalogError,
    Currency,
    Engine,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    Rule,
    Streak,
    TierChanged,
)
from gamify_core.game import Game
from gamify_core.storage.memory import MemoryStore
from tests.engine.conftest import MakeEngine, store_of

PLAIN = Catalog()


def kinds(game: Engine) -> list[str]:
    """Return the kinds of all activities."""
    return [row.kind for row in game.history.activity()]


def test_the_first_write_adopts_the_catalog(make_engine: MakeEngine) -> None:
    """A store learns its catalog with the first command, not before and not again."""
    game = make_engine()
    assert kinds(game) == []
    game.points.award("ada", 1)
    game.points.award("ada", 1)
    assert kinds(game) == ["catalog.adopted", "points.award", "points.award"]
    (adopted,) = game.history.activity(limit=1)
    assert adopted.participant_id is None
    assert adopted.request == {"fingerprint": game.catalog.fingerprint, "on_change": "keep"}
    assert adopted.effects == ()


def test_the_same_catalog_is_not_adopted_again(make_engine: MakeEngine) -> None:
    """Opening a store again under the same meaning writes nothing new."""
    first = make_engine(Catalog(badges=[Badge("a"), Badge("b")]))
    first.points.award("ada", 1)
    again = make_engine(Catalog(badges=[Badge("a"), Badge("b")]), store=store_of(first))
    again.points.award("ada", 1)
    assert kinds(again) == ["catalog.adopted", "points.award", "points.award"]


def test_a_refused_first_command_adopts_nothing(make_engine: MakeEngine) -> None:
    """A command that leaves no trace leaves no adoption either."""
    game = make_engine()
    with pytest.raises(Exception, match="Insufficient"):
        game.points.deduct("ada", 1)
    assert kinds(game) == []


def test_a_changed_catalog_is_adopted_where_it_comes_into_force(make_engine: MakeEngine) -> None:
    """Two engines taking turns on one store each write that their catalog is in force from there on."""
    plain = make_engine(PLAIN)
    badged = make_engine(Catalog(badges=[Badge("a")]), store=store_of(plain))
    for game in (plain, badged, badged, plain):
        game.points.award("ada", 1)
    awards = ["points.award"]
    assert kinds(plain) == [
        *("catalog.adopted", *awards, "catalog.adopted", *awards, *awards, "catalog.adopted", *awards)
    ]


def test_refusing_a_change(make_engine: MakeEngine) -> None:
    """With `on_change="refuse"` reading works, writing under another catalog is refused with the remedy."""
    first = make_engine(PLAIN, on_change="refuse")
    first.points.award("ada", 5)
    other = make_engine(Catalog(badges=[Badge("a")]), store=store_of(first), on_change="refuse")
    before = first.history.state_digest()
    assert other.points.balance("ada").balance == 5
    for use in (lambda: other.points.award("ada", 1), lambda: other.events.emit("ada", "e")):
        with pytest.raises(CatalogError, match=r'it differs from the one .*; on_change="keep"'):
            use()
    assert first.history.state_digest() == before
    assert first.points.award("ada", 1).new_balance == 6


def test_new_definitions_act_from_now_on(make_engine: MakeEngine) -> None:
    """Under a new catalog nothing is handed out for the past; what is reached from now on is."""
    first = make_engine(PLAIN)
    for _ in range(3):
        first.events.emit("ada", "lesson")
    first.points.award("ada", 500)
    later = make_engine(
        Catalog(
            metrics=[Metric("lessons", "lesson")],
            badges=[Badge("third", criteria="lessons >= 3"), Badge("fifth", criteria="lessons >= 5")],
            ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 100, "gold": 1000})],
        ),
        store=store_of(first),
    )
    assert later.badges.list("ada").earned_count == 0
    assert rung_of(later, "ada") == "silver"  # read before the first command as after it
    answers = [later.events.emit("ada", "lesson") for _ in range(2)]
    assert [[badge.code for badge in answer.badges] for answer in answers] == [[], ["fifth"]]
    assert later.points.award("ada", 1000).tier_upgrade is not None


RUNGS = {"bronze": 0, "silver": 100, "gold": 1000, "jade": 5000}


def rung_of(game: Game, who: str, ladder: str = "tier") -> str | None:
    """Return the rung somebody stands on."""
    tier = game.tiers.current(who, ladder=ladder).current_tier
    return tier.code if tier is not None else None


def test_a_new_ladder_finds_everybody_where_they_are(make_engine: MakeEngine, clock: ManualClock) -> None:
    """At adoption people stand silently on what they have earned; rungs reached later are reported."""
    first = make_engine(PLAIN)
    first.points.award("ada", 1500)
    first.points.award("bob", 5)
    first.scope("guild").points.award("ada", 150)
    first.participants.upsert("eve")
    later = make_engine(Catalog(ladders=[Ladder("tier", tiers=RUNGS)]), store=store_of(first))
    clock.advance(hours=1)
    assert later.points.award("carl", 1).effects != ()
    assert [rung_of(later, who) for who in ("ada", "bob", "carl", "eve")] == [
        "gold",
        "bronze",
        "bronze",
        None,
    ]
    assert rung_of(later.scope("guild"), "ada") == "silver"
    history = later.tiers.history("ada")
    assert [reached.code for reached in history] == ["bronze", "silver", "gold"]
    (adopted,) = [row for row in later.history.activity() if row.kind == "catalog.adopted"][1:]
    assert {reached.achieved_at for reached in history} == {adopted.recorded_at}
    assert adopted.effects == ()
    assert later.points.award("ada", 1).tier_upgrade is None
    raised = [effect for effect in later.points.award("ada", 4000).effects if isinstance(effect, TierChanged)]
    assert [(effect.previous_code, effect.code) for effect in raised] == [("gold", "jade")]


@pytest.mark.parametrize(
    ("metric", "rung"),
    [
        ("points.balance", "some"),
        ("points.earned", "much"),
        ("points.spent", "much"),
        ("points.earned@weekly", "some"),
        ("points.earned@daily", None),
        ("rest.balance", "none"),
        ("rest.earned", "some"),
        ("gems.balance", None),
        ("events.count", "some"),
        ("lessons", "some"),
        ("nothing", None),
        ("even", "none"),
        ("badges.count", None),
        ("streak.daily.longest", "some"),
    ],
)
def test_a_new_ladder_on_any_metric(
    make_engine: MakeEngine, clock: ManualClock, metric: str, rung: str | None
) -> None:
    """Kept or rebuilt, in a wallet or a window: what has moved has a rung, were it the one at the bottom."""
    base: dict[str, Any] = {
        "currencies": [Currency("rest"), Currency("gems")],
        "streaks": [Streak("daily", on="lesson")],
    }
    first = make_engine(Catalog(**base))
    first.participants.upsert("bob")
    first.points.award("ada", 10)
    clock.advance(days=7)
    first.points.award("ada", 5)
    first.points.deduct("ada", 10)
    first.points.award("ada", 5, currency="rest")
    first.points.deduct("ada", 5, currency="rest")
    for value in (1, -1):
        first.events.emit("ada", "lesson", {"v": value})
    clock.advance(days=1)
    metrics = [
        Metric("lessons", "lesson"),
        Metric("nothing", "other"),
        Metric("even", "lesson", sum="v"),
    ]
    ladder = Ladder("tier", metric=metric, tiers={"none": 0, "some": 1, "much": 10})
    later = make_engine(Catalog(**base, metrics=metrics, ladders=[ladder]), store=store_of(first))
    later.participants.upsert("carl")
    assert rung_of(later, "ada") == rung
    assert rung_of(later, "bob") is None


def test_a_ladder_that_comes_back_keeps_what_was_assigned(make_engine: MakeEngine) -> None:
    """Who was pinned stays so; who rose while there was no ladder stands where that is, without a word."""
    ladder = Catalog(ladders=[Ladder("tier", tiers=RUNGS)])
    first = make_engine(ladder)
    first.points.award("ada", 1)
    first.points.award("bob", 1)
    first.tiers.assign("bob", "jade")
    gap = make_engine(PLAIN, store=store_of(first))
    for who in ("ada", "bob"):
        gap.points.award(who, 150)
    assert first.points.award("carl", 1).tier_upgrade is None
    assert [rung_of(first, who) for who in ("ada", "bob", "carl")] == ["silver", "jade", "bronze"]
    assert first.points.award("ada", 1000).tier_upgrade is not None


def test_a_ladder_that_only_changes_moves_nobody_by_itself(make_engine: MakeEngine) -> None:
    """The code was there before: its new rungs act from the next move on, and say so."""
    first = make_engine(Catalog(ladders=[Ladder("tier", tiers={"bronze": 0, "gold": 1000})]))
    first.points.award("ada", 500)
    later = make_engine(Catalog(ladders=[Ladder("tier", tiers=RUNGS)]), store=store_of(first))
    later.points.award("bob", 1)
    assert rung_of(later, "ada") == "bronze"
    later.points.award("ada", 500)
    assert rung_of(later, "ada") == "gold"


def test_an_event_that_cannot_be_counted_does_not_bar_a_catalog(make_engine: MakeEngine) -> None:
    """Old events whose properties a new metric cannot add up are passed over, as new ones are."""
    first = make_engine(PLAIN)
    for score in (5, "many", None, 2.5, 7):
        first.events.emit("ada", "lesson", {"score": score})
    first.events.emit("ada", "lesson")
    summed = Catalog(
        metrics=[Metric("scores", "lesson", sum="score"), Metric("good", "lesson", when="score * 2 >= 10")],
        leaderboards=[Leaderboard("scores", metric="scores"), Leaderboard("good", metric="good")],
    )
    kept, rebuilt = make_engine(summed), make_engine(summed, store=store_of(first))
    for row in first.history.activity():
        if row.kind == "event" and row.request is not None:
            kept.events.emit("ada", "lesson", row.request["properties"])  # type: ignore[arg-type]
    for game in (kept, rebuilt):
        game.events.emit("ada", "lesson", {"score": 1})
    for code in ("scores", "good"):
        assert str(rebuilt.leaderboards.top(code)) == str(kept.leaderboards.top(code)) != ""


def test_a_board_that_was_given_up_and_taken_back(make_engine: MakeEngine) -> None:
    """A window that one catalog kept, another did not, and a third keeps again, has all of it once."""
    dense = Catalog(leaderboards=[Leaderboard("all", ties="dense")])
    first = make_engine(dense)
    gap = make_engine(PLAIN, store=store_of(first))
    for game, who, amount in (
        (first, "ada", 5),
        (first, "bob", 3),
        (gap, "ada", 2),
        (gap, "carl", 3),
        (first, "dora", 1),
        (gap, "dora", 2),
        (first, "eve", 1),
    ):
        game.points.award(who, amount)
    entries = first.leaderboards.top("all").entries
    assert [(e.rank, e.participant_id, e.score) for e in entries] == [
        (1, "ada", 7),
        (2, "bob", 3),
        (2, "carl", 3),
        (2, "dora", 3),
        (3, "eve", 1),
    ]
    assert [first.leaderboards.rank("all", e.participant_id).rank for e in entries] == [1, 2, 2, 2, 3]


def test_each_answer_keeps_the_names_of_its_catalog(make_engine: MakeEngine) -> None:
    """History is read under the catalog that each row was decided under, which the file carries."""
    old = make_engine(Catalog(badges=[Badge("a", name="Old")]))
    old.badges.award("ada", "a")
    new = make_engine(PLAIN, store=store_of(old))
    new.points.award("ada", 1)
    effects = [row.effects for row in new.history.activity() if row.kind == "badges.award"]
    assert [effect.to_dict()["name"] for (effect,) in effects] == ["Old"]


# -- the law: rebuilt equals kept from the start -------------------------------------------------------------

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EDGES = [
    MONDAY,
    MONDAY - MINUTE,
    MONDAY + MINUTE,
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 2, 28, 23, 59, tzinfo=UTC),
]
PEOPLE = ("ada", "bob", "carl")

BASE: dict[str, Any] = {
    "rules": [Rule("pay", on="lesson", award="score", streak="daily")],
    "streaks": [Streak("daily")],
    "badges": [Badge("star", repeatable=True), Badge("moon")],
}
FULL = Catalog(
    **BASE,
    metrics=[
        Metric("lessons", "lesson"),
        Metric("scores", "lesson", sum="score"),
        Metric("best", "lesson", max="score"),
        Metric("worst", "lesson", min="score"),
        Metric("topics", "lesson", distinct="topic"),
        Metric("hits", "lesson", when="score >= 5"),
    ],
    leaderboards=[
        *(
            Leaderboard(
                code.replace(".", "_"), metric=code, periods=("all_time", "weekly", "daily"), ties="dense"
            )
            for code in ("points.earned", "lessons", "best", "hits", "events.count")
        ),
        *(
            Leaderboard(code.replace(".", "_"), metric=code, periods=("all_time", "weekly", "daily"))
            for code in ("points.balance", "scores", "topics", "badges.count")
        ),
        *(
            Leaderboard(code.replace(".", "_"), metric=code, periods=("all_time", "daily"), ties="ordinal")
            for code in ("points.spent", "streak.daily.longest")
        ),
        Leaderboard("worst", metric="worst", order="ascending", periods=("all_time", "monthly")),
    ],
)
SPARSE = Catalog(**BASE)

actions = st.one_of(
    st.tuples(st.just("emit"), st.integers(0, 9), st.sampled_from(["loops", "types", None])),
    st.tuples(st.just("award"), st.integers(1, 9), st.none()),
    st.tuples(st.just("deduct"), st.integers(1, 9), st.none()),
    st.tuples(st.just("transfer"), st.integers(1, 5), st.none()),
    st.tuples(st.just("star"), st.none(), st.none()),
    st.tuples(st.just("revoke"), st.none(), st.none()),
)
steps = st.tuples(
    st.sampled_from(PEOPLE), actions, st.sampled_from(EDGES), st.booleans(), st.sampled_from(["", "guild"])
)


def act(game: Game, who: str, action: tuple[str, Any, Any], at: datetime) -> None:
    """Do one thing, or find that it cannot be done."""
    kind, number, word = action
    from gamify_core import GamifyError  # noqa: PLC0415 - beside its only use

    try:
        if kind == "emit":
            game.events.emit(who, "lesson", {"score": number, "topic": word}, at=at)
        elif kind == "award":
            game.points.award(who, number, at=at)
        elif kind == "deduct":
            game.points.deduct(who, number, at=at)
        elif kind == "transfer":
            game.points.transfer(who, PEOPLE[PEOPLE.index(who) - 1], number, at=at)
        elif kind == "star":
            game.badges.award(who, "star", at=at)
        else:
            game.badges.revoke(who, "star", at=at)
    except GamifyError:
        pass


def boards(game: Engine, catalog: Catalog) -> dict[str, object]:
    """Read every kept board of every scope whole: order, ranks, scores and changes."""
    return {
        f"{scope} {board.code} {period}": [
            [
                attrs.astuple(entry)
                for entry in game.scope(scope).leaderboards.top(board.code, period=period).entries
            ],
            [
                attrs.astuple(game.scope(scope).leaderboards.rank(board.code, who, period=period))
                for who in PEOPLE
            ],
        ]
        for scope in ("", "guild")
        for board in catalog.leaderboards
        for period in board.periods
    }


@settings(max_examples=40)
@given(history=st.lists(steps, max_size=12), more=st.lists(steps, max_size=3))
def test_rebuilt_equals_kept_from_the_start(history: list[Any], more: list[Any]) -> None:
    """Boards and metrics that a new catalog asks for are as if it had been in force all along."""
    clock = ManualClock(MONDAY)
    kept = Engine(FULL, clock=clock, seed=1)
    store = MemoryStore()
    sparse = Engine(SPARSE, store, clock=clock, seed=1)
    rebuilt = Engine(FULL, store, clock=clock, seed=1)
    for who, action, at, days, scope in history:
        act(kept.scope(scope), who, action, at)
        act(sparse.scope(scope), who, action, at)
        if days:
            clock.advance(minutes=1)
    for game in (kept, rebuilt):
        game.points.award("zoe", 1)
    assert boards(rebuilt, FULL) == boards(kept, FULL)
    for who, action, at, _, scope in more:
        for game in (kept, rebuilt):
            act(game.scope(scope), who, action, at)
    assert boards(rebuilt, FULL) == boards(kept, FULL)


@settings(max_examples=20)
@given(history=st.lists(st.tuples(steps, st.booleans()), max_size=12))
def test_changing_back_and_forth_equals_never_changing(history: list[Any]) -> None:
    """However often catalogs take turns on a store, boards end as under the full one alone."""
    clock = ManualClock(MONDAY)
    kept = Engine(FULL, clock=clock, seed=1)
    store = MemoryStore()
    turns = {
        False: Engine(SPARSE, store, clock=clock, seed=1),
        True: Engine(FULL, store, clock=clock, seed=1),
    }
    for (who, action, at, _, scope), full in history:
        act(kept.scope(scope), who, action, at)
        act(turns[full].scope(scope), who, action, at)
    for game in (kept, turns[True]):
        game.points.award("zoe", 1)
    assert boards(turns[True], FULL) == boards(kept, FULL)
