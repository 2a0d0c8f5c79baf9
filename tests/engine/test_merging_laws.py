"""Laws of merging: two histories joined are one person's doing both, nothing is lost, and everything adds up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gamify_core import (
    Catalog,
    Engine,
    GamifyError,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    Rule,
    Streak,
)
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.tables.boards import GROUP
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.streaks import STREAK, StreakRow
from tests.engine.conftest import START, store_of

ORDERLESS = Catalog(
    metrics=[
        Metric("lessons", "lesson"),
        Metric("marks", "lesson", sum="score"),
        Metric("best", "lesson", max="score"),
        Metric("least", "lesson", min="score"),
        Metric("topics", "lesson", distinct="topic"),
        Metric("last", "lesson", latest="score"),
        Metric("active", "lesson", days=True),
    ],
    rules=[Rule("lesson", on="lesson", award="score + 1", streak="daily")],
    streaks=[
        Streak("daily", grace_period_hours=4, freeze_every=2, freeze_cap=2),
        Streak("often", period="weekly", on="lesson", count="days", target=2),
        Streak("kind", on="lesson", grace_period_hours=12, grace_mode="credit", rest_days="sunday"),
    ],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 50, "gold": 150})],
    leaderboards=[
        Leaderboard("top", periods=("all_time", "weekly", "daily"), group_by="team"),
        Leaderboard("topics", metric="topics", ties="dense"),
        Leaderboard("best", metric="best", periods=("all_time", "monthly")),
        Leaderboard("least", metric="least", order="ascending"),
        Leaderboard("last", metric="last", periods=("all_time", "last_7d"), min_score=5),
        Leaderboard("longest", metric="streak.daily.longest", periods=("all_time", "weekly")),
        Leaderboard("rich", metric="points.balance", periods=("all_time", "weekly")),
        Leaderboard("often", metric="events.count"),
    ],
)
"""Nothing here pays only once: what one person gets for two histories is what two people get."""

STEP = st.tuples(
    st.sampled_from(["emit", "emit", "emit", "award", "deduct", "record", "post", "retract"]),
    st.sampled_from(["one", "two"]),
    st.integers(0, 60),
    st.sampled_from([0, 0, 1, 3_600, 86_400, 5 * 86_400]),  # how late
    st.sampled_from([0, 60, 3_600, 86_400, 86_400, 3 * 86_400]),  # how much later the next one is
)


def _do(game: Engine, now: datetime, step: str, who: str, n: int, late: int) -> list[str]:  # noqa: PLR0913
    at = now - timedelta(seconds=late)
    match step:
        case "emit":
            game.events.emit(who, "lesson", {"score": n, "topic": "abcde"[n % 5]}, at=at)
        case "award":
            game.points.award(who, n + 1, at=at)
        case "deduct":
            game.points.deduct(who, n + 1, at=at)
        case "record":
            game.streaks.record(who, "daily", at=at)
        case "post":
            game.scores.add(who, "marks", "posted", n + 1, at=at)
        case _:
            rows = [row for row in game.history.activity() if row.kind == "event"]
            if rows:
                answer = game.events.retract(f"evt_{rows[n % len(rows)].seq}")
                return [skipped.message for skipped in answer.stayed]
    return []


def _begun() -> tuple[Engine, ManualClock]:
    clock = ManualClock(START)
    game = Engine(ORDERLESS, MemoryStore(), clock=clock, seed=3)
    game.participants.upsert("bob", attributes={"team": "red"})
    game.points.award("bob", 40)
    return game, clock


def _play(game: Engine, clock: ManualClock, steps: list[Any], names: dict[str, str]) -> list[str]:
    """Play steps under names, and tell what is refused: two people may be refused what one is not."""
    refused = []
    for place, (step, who, n, late, wait) in enumerate(steps):
        try:
            refused += [f"{place} {why}" for why in _do(game, clock.now(), step, names[who], n, late)]
        except GamifyError as error:
            refused.append(f"{place} {error.code}")
        clock.advance(seconds=wait)
    return refused


def _derived(game: Engine, name: str) -> dict[str, Any]:
    """Return what is worked out from a person's history, and all that boards count, without numbers of rows."""
    with store_of(game).view() as view:
        windows = {row.number: row[1:] for row in view.scan(WINDOW)}
        who = next(row.number for row in view.scan(PARTICIPANT) if row.participant_id == name)
        return {
            "metrics": {windows[row.window]: row[2:] for row in view.scan(METRIC, None, (who,))},
            "seen": {(windows[row.window], *row[2:]) for row in view.scan(SEEN, None, (who,))},
            "streaks": {row.streak: _state(row) for row in view.scan(STREAK, None, (who,))},
            "levels": {(windows[row.window], *row[1:3]) for row in view.scan(SCORE_LEVEL) if row.holders},
            "groups": {(windows[row.window], *row[1:]) for row in view.scan(GROUP)},
        }


def _state(row: StreakRow) -> tuple[object, ...]:
    """Return the state of a streak without the number of an activity, and without what was said of it up to when."""
    return row._replace(participant=0, seen_id=0, told=None, due=None)


TWO, ONE = {"one": "one", "two": "two"}, {"one": "one", "two": "one"}


@settings(deadline=None, max_examples=60)
@given(steps=st.lists(STEP, max_size=25), then=st.lists(STEP, max_size=8))
@example([("emit", "one", 9, 0, 86_400), ("emit", "two", 9, 0, 86_400), ("emit", "one", 4, 0, 0)], [])
@example([("emit", "one", 9, 0, 0), ("emit", "two", 9, 86_400, 0), ("retract", "two", 0, 0, 0)], [])
def test_two_who_are_merged_are_one_who_did_both(steps: list[Any], then: list[Any]) -> None:
    """Metrics in every window with their dates, boards, streaks, balance and rung are those of one person.

    So they are with whatever comes afterwards, under either name, late or taken back.
    """
    (apart, clock), (whole, other) = _begun(), _begun()
    both = [("emit", "one", 1, 0, 60), ("emit", "two", 2, 0, 60), *steps]
    if _play(apart, clock, both, TWO) != _play(whole, other, both, ONE):
        return  # one of two could not pay what both together can
    apart.participants.merge("two", into="one")
    for each in (clock, other):
        each.advance(seconds=1)
    assert _derived(apart, "one") == _derived(whole, "one")
    assert _shown(apart) == _shown(whole)
    assert _play(apart, clock, then, TWO) == _play(whole, other, then, ONE)
    assert _derived(apart, "one") == _derived(whole, "one")
    assert _shown(apart) == _shown(whole)
    assert apart.history.verify(replay=True).ok


def _shown(game: Engine) -> list[object]:
    """Return what everybody can see of the person, and of the boards they stand on."""
    return [
        game.points.balance("one"),
        tier.code if (tier := game.tiers.current("one").current_tier) is not None else None,
        [each.to_dict() for each in game.streaks.list("one")],
        game.events.list("one").total,
        *(str(game.leaderboards.top(board.code)) for board in ORDERLESS.leaderboards),
    ]
