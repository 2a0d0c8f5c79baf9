"""Scores that are posted by hand: what they move, and where that leads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import (
    AlreadyRedeemed,
    Badge,
    BadValue,
    Catalog,
    Currency,
    Engine,
    GiftExpired,
    IdempotencyConflict,
    Ladder,
    Leaderboard,
    Limits,
    ManualClock,
    Metric,
    NotFound,
    Streak,
    Tier,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.catalog.definitions import Ties
    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine

TIERS = [Tier("bronze"), Tier("silver", min_points=500), Tier("gold", min_points=700)]
LADDER = Ladder("tier", tiers=TIERS)
METRICS = [
    Metric("lessons", on="lesson"),
    Metric("minutes", on="lesson", sum="minutes"),
    Metric("best", on="lesson", max="score"),
    Metric("fastest", on="lesson", min="seconds"),
    Metric("topics", on="lesson", distinct="topic"),
]


def test_the_documents_score(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A score posted to a ladder answers exactly the document's keys: the rung by its code, and the rank."""
    clock.set("2026-02-20T14:05:00Z")
    game = make_engine(Catalog(ladders=[LADDER], leaderboards=[Leaderboard("all")]))
    for number in range(4):
        game.points.award(f"p{number}", 1000)
    game.points.award("alice.kred", 200)
    score = game.scores.add("alice.kred", "tier", "gift_redeemed", 500)
    assert score.to_dict() == {
        "userId": "alice.kred",
        "metric": "tier",
        "previous": 200,
        "current": 700,
        "tier_name": "gold",
        "rank": 5,
        "updated_at": "2026-02-20T14:05:00Z",
    }
    assert list(score.to_dict())[:3] == ["userId", "metric", "previous"]
    assert (score.user_id, score.participant_id, score.action) == (
        "alice.kred",
        "alice.kred",
        "gift_redeemed",
    )
    assert score.updated_at == clock.now()
    assert [effect.cause for effect in score.effects] == [
        "action:gift_redeemed",
        "ladder:tier",
        "ladder:tier",
    ]
    assert str(score).startswith("alice.kred · gift_redeemed tier 200 → 700")


@pytest.mark.parametrize(
    "metric", ["points", "points.earned", "points.balance", "gems", "gems.balance", "tier"]
)
def test_a_currency_is_awarded(make_engine: MakeEngine, metric: str) -> None:
    """A currency by its code, what was earned of it or its balance, and a ladder on it: all are one award."""
    game = make_engine(Catalog(currencies=[Currency("gems")], ladders=[LADDER]))
    currency = "gems" if "gems" in metric else "points"
    game.points.award("ada", 50, currency=currency)
    game.points.deduct("ada", 20, currency=currency)
    score = game.scores.add("ada", metric, "quiz", 5)
    before = 30 if metric.endswith(".balance") else 50
    assert (score.previous, score.current) == (before, before + 5)
    newest = game.points.transactions("ada", currency=currency).items[0]
    assert (newest.amount, newest.balance_after, newest.source) == (5, 35, "action:quiz")
    assert (score.tier_name, score.rank) == (
        "bronze" if metric in {"tier", "points", "points.earned"} else None,
        None,
    )


@pytest.mark.parametrize(
    ("metric", "values", "seen"),
    [
        ("lessons", [2, 3], [0, 2, 5]),
        ("minutes", [7, -3, 0], [0, 7, 4, 4]),
        ("best", [5, 3, 9, -1], [0, 5, 5, 9, 9]),
        ("fastest", [5, 3, 9, -1], [0, 5, 3, 3, -1]),
    ],
)
def test_a_declared_metric_moves_as_it_is_declared(
    make_engine: MakeEngine, metric: str, values: list[int], seen: list[int]
) -> None:
    """Counts and sums add, a maximum and a minimum hold the value against what there is."""
    game = make_engine(Catalog(metrics=METRICS))
    answers = [game.scores.add("ada", metric, "import", value) for value in values]
    assert [answers[0].previous, *(answer.current for answer in answers)] == seen
    assert game.points.transactions("ada").total == 0


def test_a_posted_score_reaches_thresholds(make_engine: MakeEngine) -> None:
    """Badges and rungs come as they would of an event, and `current` has what they gave in it."""
    game = make_engine(
        Catalog(
            metrics=METRICS,
            badges=[Badge("keen", criteria="lessons >= 10", points=500)],
            ladders=[LADDER, Ladder("class", tiers=[Tier("one", min_points=10)], metric="lessons")],
        )
    )
    score = game.scores.add("ada", "lessons", "import", 10)
    assert ([badge.code for badge in score.badges], score.tier_name) == (["keen"], "one")
    assert game.scores.add("ada", "class", "import", 1).current == 11
    generous = make_engine(Catalog(badges=[Badge("b", criteria="points.earned >= 5", points=100)]))
    assert generous.scores.add("ada", "points", "quiz", 5).current == 105


def test_a_windowed_ladder_shows_its_window(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The ladder's own reading is what was before and after, in the window in which it happened."""
    yearly = Ladder("tier", tiers=TIERS, metric="points.earned@yearly")
    game = make_engine(Catalog(ladders=[yearly]))
    game.points.award("ada", 900)
    clock.advance(days=365)
    score = game.scores.add("ada", "tier", "quiz", 500)
    assert (score.previous, score.current, score.tier_name) == (0, 500, "gold")


@pytest.mark.parametrize(("ties", "rank"), [("competition", 4), ("dense", 3), ("ordinal", 5)])
def test_the_rank_is_that_of_the_first_all_time_board(
    make_engine: MakeEngine, clock: ManualClock, ties: Ties, rank: int
) -> None:
    """Ranked after everything, by the board's own policy; boards of other metrics and periods do not answer."""
    boards = [
        Leaderboard("week", period="weekly"),
        Leaderboard("lessons", metric="lessons"),
        Leaderboard("all", ties=ties),
        Leaderboard("reversed", order="ascending"),
    ]
    game = make_engine(Catalog(metrics=METRICS, leaderboards=boards))
    for who, points in (("a", 30), ("b", 20), ("c", 20), ("d", 10)):
        game.points.award(who, points)
    clock.advance(hours=1)
    score = game.scores.add("z", "points", "quiz", 10)
    assert score.rank == rank == game.leaderboards.rank("all", "z").rank
    assert game.scores.add("z", "lessons", "quiz", 1).rank == 1
    assert game.scores.add("z", "points.balance", "quiz", 1).rank is None
    assert game.scores.add("z", "minutes", "quiz", 0).rank is None


def test_a_score_of_nothing_is_on_no_board(make_engine: MakeEngine) -> None:
    """Adding 0 moves nothing, so nobody gets a place by it."""
    game = make_engine(Catalog(metrics=METRICS, leaderboards=[Leaderboard("b", metric="minutes")]))
    score = game.scores.add("ada", "minutes", "quiz", 0)
    assert (score.rank, score.current) == (None, 0)
    assert game.leaderboards.top("b").total_participants == 0


def test_a_gift_by_score_is_the_same_redemption(make_engine: MakeEngine) -> None:
    """With a gift it is redeemed, once, whichever way it is asked for; never a second payment."""
    game = make_engine(Catalog(ladders=[LADDER]))
    gift, other = (game.gifts.create(name, "gold", 500, badge=True).gift_id for name in ("A", "B"))
    score = game.scores.add("ada", "tier", "gift_redeemed", 500, gift_id=gift)
    assert (score.previous, score.current, score.tier_name) == (0, 500, "silver")
    tags = ["gift_redeemed", "points_awarded", "badge_earned", "asset_minted"]
    assert [effect.tag for effect in score.effects][:4] == tags
    for again in (
        lambda: game.gifts.redeem(gift, "ada"),
        lambda: game.scores.add("ada", "points", "gift_redeemed", 500, gift_id=gift),
    ):
        with pytest.raises(AlreadyRedeemed):
            again()
    game.gifts.redeem(gift, "bob")
    game.gifts.redeem(other, "ada")
    with pytest.raises(AlreadyRedeemed):
        game.scores.add("ada", "tier", "gift_redeemed", 500, gift_id=other)
    assert game.points.balance("ada").balance == 1000
    summary = game.analytics.currency("gifts_redeemed", "1h").summary
    assert (summary.total_gifts, summary.total_value, summary.unique_recipients) == (3, 1500, 2)


def test_a_gift_by_score_has_to_be_that_gift(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Another value, metric or action is refused, as is a gift that is unknown or over; nothing is written."""
    game = make_engine(Catalog(currencies=[Currency("gems")], metrics=METRICS, ladders=[LADDER]))
    gift = game.gifts.create("A", "gold", 500, expires=clock.now()).gift_id
    digest = game.history.state_digest()
    refused = [
        (("tier", "gift_redeemed", 499), BadValue, "gives 500, not 499"),
        (("gems", "gift_redeemed", 500), BadValue, "gives points, which do not move gems.earned"),
        (("lessons", "gift_redeemed", 500), BadValue, "do not move lessons"),
        (("tier", "quiz", 500), BadValue, "redeemed with the action 'gift_redeemed'"),
        (("tier", "gift_redeemed", 500), GiftExpired, "Gift expired"),
    ]
    for arguments, kind, told in refused:
        with pytest.raises(kind, match=told):
            game.scores.add("ada", *arguments, gift_id=gift)
    with pytest.raises(NotFound, match="Gift not found: gift_77"):
        game.scores.add("ada", "tier", "gift_redeemed", 500, gift_id="gift_77")
    assert game.history.state_digest() == digest


@pytest.mark.parametrize(
    ("metric", "hint"),
    [
        ("topics", "send an event"),
        ("lessons@weekly", "post to 'lessons'"),
        ("points.earned@weekly", "post to 'points.earned'"),
        ("points.spent", "points.deduct"),
        ("streak.daily", "streaks.record"),
        ("streak.daily.longest", "streaks.record"),
        ("runner", "streaks.record"),
        ("badges.count", "badges.award"),
        ("events.count", "events.emit"),
    ],
)
def test_what_moves_in_its_own_way_is_refused(make_engine: MakeEngine, metric: str, hint: str) -> None:
    """Some metrics are no numbers to be added to; the error says what to do instead."""
    runner = Ladder("runner", tiers=TIERS, metric="streak.daily.longest")
    game = make_engine(Catalog(metrics=METRICS, streaks=[Streak("daily")], ladders=[runner]))
    with pytest.raises(BadValue) as caught:
        game.scores.add("ada", metric, "quiz", 5)
    assert (caught.value.field, hint in caught.value.hint) == ("metric", True)
    assert game.participants.list().total == 0


@pytest.mark.parametrize(
    ("metric", "near"),
    [
        ("tear", "tier"),
        ("point", "points"),
        ("lesson", "lessons"),
        ("nothing_like_it", None),
        ("x@weekly", None),
    ],
)
def test_an_unknown_metric_is_named(make_engine: MakeEngine, metric: str, near: str | None) -> None:
    """With the nearest ladder, currency or metric."""
    game = make_engine(Catalog(metrics=METRICS, ladders=[LADDER]))
    with pytest.raises(NotFound) as caught:
        game.scores.add("ada", metric, "quiz", 5)
    assert (caught.value.detail, caught.value.nearest) == (f"Metric not found: {metric}", near)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("participant_id", ""),
        ("metric", None),
        ("action", ""),
        ("action", "x" * 256),
        ("value", 0),
        ("value", -5),
        ("value", 101),
        ("value", 1.0),
        ("value", True),
        ("value", 2**53),
        ("gift_id", 5),
        ("action", "called bob@example.com"),
        ("action", "x" * 101),
        ("action", "quiz\n"),
        ("action", "prüfung"),
    ],
)
def test_bad_input_leaves_no_trace(make_engine: MakeEngine, field: str, bad: object) -> None:
    """Each argument is checked and named, amounts within the engine's limits, and nothing is written."""
    game = make_engine(limits=Limits(amount=100))
    arguments: dict[str, Any] = {
        "participant_id": "ada",
        "metric": "points",
        "action": "gift_redeemed",
        "value": 5,
        field: bad,
    }
    with pytest.raises(BadValue) as caught:
        game.scores.add(**arguments)
    assert caught.value.field == field
    assert game.participants.list().total == 0


@pytest.mark.parametrize("action", ["q", "x" * 100, "Quiz_2.final-round"])
def test_an_action_is_a_code(make_engine: MakeEngine, action: str) -> None:
    """Letters, digits, underscores, dots and dashes, which history keeps as the cause of what it moved."""
    score = make_engine().scores.add("ada", "points", action, 5)
    assert (score.action, score.effects[0].cause) == (action, f"action:{action}")


def test_the_cost_does_not_grow_with_the_catalog(make_engine: MakeEngine) -> None:
    """What a score is posted to is looked up: it is found in as many steps among a few definitions as among many."""

    def steps(many: int, metric: str) -> int:
        numbers = range(many)
        game = make_engine(
            Catalog(
                currencies=[Currency(f"c{n}") for n in numbers],
                metrics=[*METRICS, *(Metric(f"m{n}", on=f"e{n}") for n in numbers)],
                badges=[Badge(f"b{n}") for n in numbers],
                ladders=[
                    *(Ladder(f"l{n}", tiers=[Tier("low")], metric=f"m{n}") for n in numbers),
                    Ladder("tier", tiers=[Tier("bronze")]),
                ],
                leaderboards=[*(Leaderboard(f"l{n}", metric=f"m{n}") for n in numbers), Leaderboard("all")],
            )
        )
        game.scores.add("ada", metric, "quiz", 1)
        called = []
        sys.setprofile(lambda _, event, __: called.append(event))
        try:
            game.scores.add("ada", metric, "quiz", 1)
        finally:
            sys.setprofile(None)
        return len(called)

    for metric in ("points", "tier", "lessons"):
        assert abs(steps(60, metric) - steps(2, metric)) < 20  # a salt or a cache more or less


def test_a_count_only_grows(make_engine: MakeEngine) -> None:
    """What counts events takes amounts, where a sum takes any whole number."""
    game = make_engine(Catalog(metrics=METRICS))
    for value in (0, -1):
        with pytest.raises(BadValue, match="value must be from 1"):
            game.scores.add("ada", "lessons", "quiz", value)


def test_a_repeated_key_answers_the_first(
    make_engine: MakeEngine, make_store: Callable[[], Store], clock: ManualClock
) -> None:
    """With the rank and values of then, even under a catalog that has lost the metric."""
    store = make_store()
    catalog = Catalog(metrics=METRICS, leaderboards=[Leaderboard("b", metric="lessons")])
    game = make_engine(catalog, store=store)
    first = game.scores.add("ada", "lessons", "quiz", 5, idempotency_key="k")
    game.scores.add("bob", "lessons", "quiz", 9)
    later = make_engine(store=store)
    clock.advance(days=1)
    again = later.scores.add("ada", "lessons", "quiz", 5, idempotency_key="k")
    assert (again.replayed, again.to_dict(), again.rank) == (True, first.to_dict(), 1)
    with pytest.raises(IdempotencyConflict):
        later.scores.add("ada", "lessons", "quiz", 6, idempotency_key="k")


def test_what_was_posted_survives_a_rebuild(
    make_engine: MakeEngine, make_store: Callable[[], Store], clock: ManualClock
) -> None:
    """A window or board that is asked for later finds posted values and events in the order in which they came."""
    store = make_store()

    def send(game: Engine, days: int) -> None:
        clock.set("2026-03-02T09:00+00:00")
        for day in range(days):
            properties = {"score": 10 + day, "minutes": 5, "seconds": 50 - day}
            game.events.emit("ada", "lesson", properties)
            for metric, value in (
                ("lessons", 2),
                ("minutes", 0),
                ("minutes", -2),
                ("best", 30),
                ("fastest", 20),
            ):
                game.scores.add("ada", metric, "import", value + day)
            game.events.emit("bob", "lesson", properties)
            clock.advance(days=1)

    boards = [
        Leaderboard(f"{metric}_{period}", metric=metric, period=period)
        for metric in ("lessons", "minutes", "best", "fastest")
        for period in ("all_time", "weekly", "daily")
    ]
    whole = Catalog(metrics=METRICS, leaderboards=boards)
    kept = make_engine(whole)
    send(kept, 9)
    send(make_engine(Catalog(metrics=METRICS), store=store), 9)
    clock.advance(hours=-20)
    rebuilt = make_engine(whole, store=store)
    for game in (kept, rebuilt):
        game.points.award("zoe", 1)
    for board in boards:
        assert rebuilt.leaderboards.top(board.code) == kept.leaderboards.top(board.code)


def test_a_rebuilt_board_knows_what_its_day_began_with(
    make_engine: MakeEngine, make_store: Callable[[], Store], clock: ManualClock
) -> None:
    """Events and posted scores are gone through as they came, so who has risen today is seen to have risen."""
    store = make_store()
    game = make_engine(Catalog(metrics=METRICS), store=store)
    for who, value in (("ada", 5), ("bob", 6)):
        game.scores.add(who, "lessons", "import", value)
    clock.advance(days=1)
    game.events.emit("ada", "lesson")
    game.scores.add("ada", "lessons", "import", 1)
    board = Leaderboard("b", metric="lessons")
    rebuilt = make_engine(Catalog(metrics=METRICS, leaderboards=[board]), store=store)
    rebuilt.points.award("zoe", 1)
    top = rebuilt.leaderboards.top("b")
    assert [(entry.participant_id, entry.score, entry.change) for entry in top] == [
        ("ada", 7, "up"),
        ("bob", 6, "down"),
    ]


def test_a_metric_that_is_declared_otherwise_forgets_what_was_posted(
    make_engine: MakeEngine, make_store: Callable[[], Store]
) -> None:
    """Values that were added to a count say nothing about how many different values there were."""
    store = make_store()
    make_engine(Catalog(metrics=[Metric("m", on="e")]), store=store).scores.add("ada", "m", "import", 5)
    distinct = Catalog(
        metrics=[Metric("m", on="e", distinct="x")], leaderboards=[Leaderboard("b", metric="m")]
    )
    game = make_engine(distinct, store=store)
    game.points.award("zoe", 1)
    assert game.leaderboards.top("b").total_participants == 0


def test_scores_belong_to_their_scope(make_engine: MakeEngine) -> None:
    """The same person elsewhere starts from nothing, on a board of their own."""
    game = make_engine(Catalog(metrics=METRICS, leaderboards=[Leaderboard("b", metric="lessons")]))
    game.scores.add("ada", "lessons", "quiz", 5)
    game.scores.add("bob", "lessons", "quiz", 9)
    score = game.scope("guild").scores.add("ada", "lessons", "quiz", 1)
    assert (score.previous, score.current, score.rank) == (0, 1, 1)


def test_a_dry_run_answers_and_keeps_nothing(make_engine: MakeEngine) -> None:
    """The window that a first score opens is not known any more once the trial is over."""
    game = make_engine(Catalog(metrics=METRICS, leaderboards=[Leaderboard("b", metric="lessons")]))
    with game.dry_run() as trial:
        assert trial.scores.add("ada", "lessons", "quiz", 5).rank == 1
    game.points.award("zoe", 1)
    assert game.scores.add("bob", "lessons", "quiz", 1).to_dict()["rank"] == 1
    assert game.leaderboards.top("b").total_participants == 1
