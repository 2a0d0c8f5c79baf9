"""What is kept of streaks is always what the activities come to, and what time does is said exactly once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Catalog,
    Engine,
    GamifyError,
    Leaderboard,
    ManualClock,
    Metric,
    Streak,
    StreakBroken,
)
from gamify_core.road.streak_rows import case_of, marks_of, state_in
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.tables.metrics import METRIC, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.streaks import STREAK
from tests.engine.conftest import store_of

STREAKS = [
    Streak("plain"),
    Streak("frozen", grace_period_hours=2, freeze_cap=2, freeze_every=2, freeze_cost=1, repair_hours=90),
    Streak("target", target=2, timezone="event", freeze_cap=1),
    Streak("goals", period="days", days=2, goals={"lessons": 2, "marks": 3}, match="any", freeze_cap=2),
    Streak("days", period="weekly", on="lesson", count="days", target=2),
    Streak("credit", on="lesson", grace_period_hours=6, grace_mode="credit", rest_days="sunday"),
]
CATALOG = Catalog(
    metrics=[Metric("lessons", "lesson"), Metric("marks", "lesson", sum="marks")],
    streaks=STREAKS,
    leaderboards=[
        Leaderboard(f"b_{streak.code}", metric=f"streak.{streak.code}.longest") for streak in STREAKS
    ],
)
CODES = [streak.code for streak in STREAKS]
BY_HAND = [code for code in CODES if code != "goals"]

INSTANTS = st.builds(
    lambda days, edge: timedelta(days=days, microseconds=edge),
    st.integers(0, 6),
    st.sampled_from([0, 1, -1, 7_200_000_000, 7_199_999_999, 21_600_000_000, 3_600_000_000]),
)
"""How long ago something happened: at a midnight or around it, or where the grace ends."""


def _record(game: Engine, at: Any, n: int) -> object:
    return game.streaks.record("ada", BY_HAND[n % len(BY_HAND)], at=at)


def _emit(game: Engine, at: Any, n: int) -> object:
    return game.events.emit("ada", "lesson", {"marks": n % 4}, at=at)


def _retract(game: Engine, _: Any, n: int) -> object:
    rows = [row for row in game.history.activity() if row.kind in ("event", "streaks.record")]
    row = rows[n % len(rows)]
    if row.kind == "event":
        return game.events.retract(f"evt_{row.seq}")
    assert row.request is not None
    return game.streaks.retract("ada", str(row.request["streak_code"]), activity_id=row.seq)


def _pause(game: Engine, at: Any, n: int) -> object:
    end = at + timedelta(hours=n) if n % 3 else None
    return game.streaks.pause("ada", CODES[n % len(CODES)], at, end)


STEPS: dict[str, Any] = {
    "record": _record,
    "emit": _emit,
    "retract": _retract,
    "give": lambda game, at, n: game.streaks.give_freezes("ada", CODES[n % 6], n % 2 + 1, at=at),
    "pause": _pause,
    "resume": lambda game, at, n: game.streaks.resume("ada", CODES[n % 6], at=at),
    "repair": lambda game, _, __: game.streaks.repair("ada", "frozen"),
    "settle": lambda game, at, _: game.settle(at),
    "move": lambda game, at, n: game.participants.upsert(
        "ada", timezone=("Asia/Tokyo", "America/Los_Angeles", "+00:00")[n % 3], at=at
    ),
}
COMMANDS = st.lists(
    st.tuples(
        st.sampled_from([*STEPS, *["record", "emit"] * 5, *["settle"] * 2]),
        st.one_of(st.just(timedelta()), INSTANTS),
        st.integers(0, 60),
        st.sampled_from([0, 0, 0, 1, 2, 3]),
    ),
    max_size=25,
)


def played(commands: list[Any]) -> Engine:
    """Return an engine on which these commands were given, as far as they were not refused."""
    clock = ManualClock("2026-03-02T00:00:00Z")
    game = Engine(CATALOG, MemoryStore(), clock=clock)
    for step, ago, n, wait in commands:
        clock.advance(days=wait)
        try:
            STEPS[step](game, clock.now() - ago, n)
        except (GamifyError, ZeroDivisionError):
            continue
    return game


@settings(deadline=None)
@given(commands=COMMANDS)
def test_the_row_of_a_streak_is_the_fold_of_its_activities(commands: list[Any]) -> None:
    """Whatever came, in whatever order: state, what is due next, and the board of longest runs."""
    game = played(commands)
    plan = game._access.plan  # noqa: SLF001 - what the engine decides by
    with store_of(game).view() as view:
        windows = {row.number: row.metric for row in view.scan(WINDOW)}
        scores = {windows[row.window]: row for row in view.scan(METRIC)}
        for row in view.scan(STREAK):
            person = view.get(PARTICIPANT, (row.participant,))
            assert person is not None
            case = case_of(view, person, plan.streaks[row.streak], plan.zone, row)
            state = case.fold(marks_of(view, person, row.streak))
            assert state_in(row) == state, row.streak
            if row.told is not None:
                assert row.due == case.due(state, row.told)
            score = scores.get(f"streak.{row.streak}.longest")
            longest = (state.longest, state.longest_at) if state is not None and state.longest else None
            assert longest == ((score.value, score.reached_at) if score is not None else None)


@settings(deadline=None)
@given(commands=COMMANDS)
def test_after_settling_nothing_is_left_to_be_said(commands: list[Any]) -> None:
    """Settling again says nothing; what is told of every run is what reading says of it."""
    game = played(commands)
    game.settle()
    assert len(game.settle()) == 0
    for state in game.streaks.list("ada"):
        told = [
            effect
            for row in game.history.activity()
            for effect in row.effects
            if getattr(effect, "streak", "") == state.code and effect.tag != "freeze_used"
        ]
        if state.status == "broken" and told:
            assert told[-1].tag != "streak_extended"
        if state.current_count and told:
            assert told[-1].tag != "streak_broken"


orders = st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=12)


@pytest.mark.parametrize("freezes", [0, 2])
@given(steps=orders)
def test_every_break_is_said_once(freezes: int, steps: list[tuple[int, bool]]) -> None:
    """In order, whoever comes first says it: there are as many breaks as runs that have ended."""
    clock = ManualClock("2026-03-02T12:00:00Z")
    game = Engine(Catalog(streaks=[Streak("plain", freeze_cap=2)]), MemoryStore(), clock=clock)
    heard: Counter[str] = Counter()
    game.on(StreakBroken, lambda effect: heard.update([effect.tag]))
    if freezes:
        game.streaks.give_freezes("ada", "plain", freezes)
    for days, records in steps:
        clock.advance(days=days)
        if records:
            game.streaks.record("ada", "plain")
        else:
            game.settle()
    game.settle()
    ended = [run for run in game.streaks.runs("ada", "plain") if run.ended_at is not None]
    assert heard["streak_broken"] == len(ended)
