"""Challenges against a recount: go through the list of events, and say when the goals are first met in each window."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import Catalog, Challenge, ChallengeCompleted, Emit, Engine, ManualClock, Metric, Rule
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.sqlite import SQLiteStore

if TYPE_CHECKING:
    from gamify_core.answers import Answer
    from gamify_core.catalog.definitions import Period
    from gamify_core.storage.protocol import Store

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
"""The Monday after the clocks went forward in Paris: the day, the week and (nearly) the month begin there."""
EDGES = [
    datetime(2026, 2, 28, 23, tzinfo=UTC),  # the first of March in Paris
    datetime(2026, 3, 22, 23, tzinfo=UTC),  # a Monday there, before the change
    datetime(2026, 3, 28, 23, tzinfo=UTC),  # the day of 23 hours begins
    datetime(2026, 3, 29, 22, tzinfo=UTC),  # it ends, and with it the week
    datetime(2026, 3, 30, 10, tzinfo=UTC),
]
MICROSECOND = timedelta(microseconds=1)
PERIODS: list[Period] = ["all_time", "monthly", "weekly", "daily"]
METRICS = [
    Metric("times", on="e"),
    Metric("total", on="e", sum="v"),
    Metric("best", on="e", max="v"),
    Metric("kinds", on="e", distinct="v"),
]


class Happened(NamedTuple):
    """An event: whose, when, and its value."""

    who: str
    at: datetime
    value: int


class Goals(NamedTuple):
    """Goals as they are written, and what they mean for the values of the events of a window."""

    text: str
    met: Callable[[list[int]], bool]


GOALS = [
    Goals("times >= 2", lambda values: len(values) >= 2),
    Goals("total >= 3", lambda values: sum(values) >= 3),
    Goals("best >= 2", lambda values: max(values, default=0) >= 2),
    Goals("kinds >= 2", lambda values: len(set(values)) >= 2),
    Goals("events.count >= 3", lambda values: len(values) >= 3),
    Goals("challenge.c >= 2", lambda values: values.count(1) >= 2),
    Goals("times >= 3 and best >= 2", lambda values: len(values) >= 3 and max(values) >= 2),
    Goals("kinds >= 3 or total >= 4", lambda values: len(set(values)) >= 3 or sum(values) >= 4),
    Goals("points.earned >= 20 and challenge.c", lambda values: len(values) >= 2 and 1 in values),
]

instants = st.builds(
    lambda edge, step: edge + step,
    st.sampled_from(EDGES),
    st.sampled_from([-MICROSECOND, timedelta(0), MICROSECOND, timedelta(hours=1)]),
)
events = st.lists(
    st.builds(Happened, st.sampled_from(["ada", "bob"]), instants, st.integers(0, 3)), max_size=20
)
spans = st.tuples(st.none() | instants, st.none() | instants).filter(
    lambda span: span[0] is None or span[1] is None or span[0] < span[1]
)
Span = tuple[datetime | None, datetime | None]


def catalog(goals: Goals, period: Period, span: Span) -> Catalog:
    """Return a catalog of one challenge."""
    challenge = Challenge("c", goals.text, period=period, starts=span[0], ends=span[1])
    rules = [Rule("pay", on="e", award=10), Rule("step", on="e", when="v == 1", advance="c")]
    return Catalog(timezone="Europe/Paris", metrics=METRICS, rules=rules, challenges=[challenge])


def holds(span: Span, at: datetime) -> bool:
    """Say whether an instant is within a span."""
    starts, ends = span
    return (starts is None or starts <= at) and (ends is None or at < ends)


def window(period: Period, at: datetime) -> object:
    """Return what tells the window of an instant from others, by the wall clock of Paris."""
    day = at.astimezone(PARIS).date()
    named: dict[str, object] = {
        "all_time": 0,
        "monthly": (day.year, day.month),
        "weekly": day - timedelta(days=day.weekday()),
        "daily": day,
    }
    return named[period]


def expected(goals: Goals, period: Period, span: Span, happened: list[Happened]) -> list[bool]:
    """Say of each event, in the order in which they came, whether it is the one that completes its window."""
    counted: dict[object, list[int]] = defaultdict(list)
    done: set[object] = set()
    found = []
    for one in happened:
        key = one.who, window(period, one.at)
        if holds(span, one.at):
            counted[key].append(one.value)
        completes = holds(span, one.at) and key not in done and goals.met(counted[key])
        if completes:
            done.add(key)
        found.append(completes)
    return found


def send(game: Engine, happened: list[Happened], size: int) -> list[bool]:
    """Send events in batches, and say which of them completed the challenge."""
    found: list[bool] = []
    for start in range(0, len(happened), size):
        batch = [Emit(one.who, "e", {"v": one.value}, one.at) for one in happened[start : start + size]]
        answered = game.events.emit_batch(batch)
        assert answered.failed == 0
        found.extend(completed(item.answer) for item in answered.results)
    return found


def completed(answer: Answer | None) -> bool:
    """Say whether a command completed the challenge, and that it did so no more than once."""
    assert answer is not None
    tags = Counter(type(effect) for effect in answer.effects)
    assert tags[ChallengeCompleted] <= 1
    return tags[ChallengeCompleted] == 1


def store_for(kind: str, factory: pytest.TempPathFactory) -> Store:
    """Return a new store."""
    if kind == "memory":
        return MemoryStore()
    return SQLiteStore(factory.mktemp("laws") / "game.db", durability="normal")


def open_on(store: Store, made: Catalog) -> Engine:
    """Return an engine for which anything that happened is early enough."""
    return Engine(made, store, clock=ManualClock(NOW), accept_late=None)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@given(
    happened=events,
    goals=st.sampled_from(GOALS),
    period=st.sampled_from(PERIODS),
    span=spans,
    size=st.sampled_from([1, 3, 100]),
)
def test_a_window_is_completed_by_the_event_that_first_meets_the_goals(  # noqa: PLR0913 - what a challenge can be
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    happened: list[Happened],
    goals: Goals,
    period: Period,
    span: Span,
    size: int,
) -> None:
    """Exactly those events complete it that a recount says, once in each window, whatever the batches and the order."""
    store = store_for(kind, tmp_path_factory)
    with open_on(store, catalog(goals, period, span)) as game:
        wanted = expected(goals, period, span, happened)
        assert send(game, happened, size) == wanted
        for who in ("ada", "bob"):
            times = sum(done for done, one in zip(wanted, happened, strict=True) if one.who == who)
            assert game.challenges.progress(who)[0].times_completed == times


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@given(
    before=events,
    after=events,
    goals=st.sampled_from(GOALS),
    period=st.sampled_from(PERIODS),
    spans=st.tuples(spans, spans),
)
def test_a_challenge_that_is_moved_counts_as_if_it_had_always_been_there(  # noqa: PLR0913 - as above
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    before: list[Happened],
    after: list[Happened],
    goals: Goals,
    period: Period,
    spans: tuple[Span, Span],
) -> None:
    """Under a new span each goal holds what happened in it, before and after the change; steps that a rule did take."""
    store = store_for(kind, tmp_path_factory)
    old, new = spans
    with open_on(store, catalog(goals, period, old)) as game:
        send(game, before, 100)
        moved = open_on(store, catalog(goals, period, new))
        send(moved, after, 100)
        moved.events.emit("cyd", "other")  # whatever comes first adopts the catalog
        progress = moved.challenges.progress("ada")[0]
        starts, ends = new
        shown = max(starts, NOW) if starts else NOW
        shown = min(shown, ends - MICROSECOND) if ends else shown
        inside = [
            (one, could)
            for one, could in [
                *((one, holds(old, one.at)) for one in before),
                *((one, True) for one in after),
            ]
            if one.who == "ada" and holds(new, one.at) and window(period, one.at) == window(period, shown)
        ]
        assert {goal.metric: goal.value for goal in progress.goals} == {
            goal.metric: value_of(goal.metric, inside) for goal in progress.goals
        }


def value_of(metric: str, inside: list[tuple[Happened, bool]]) -> int:
    """Return what a metric comes to; of each event it is known whether a rule could take its step."""
    values = [one.value for one, _ in inside]
    counted: dict[str, int] = {
        "times": len(values),
        "events.count": len(values),
        "total": sum(values),
        "best": max(values, default=0),
        "kinds": len(set(values)),
        "points.earned": 10 * len(values),
        "challenge.c": sum(one.value == 1 and could for one, could in inside),
    }
    return counted[metric]


class Done(NamedTuple):
    """Something done so many days after the last: points given or taken, or (nought) a lesson."""

    days: int
    amount: int


@given(
    done=st.lists(
        st.builds(Done, st.sampled_from([0, 0, 1, 6, 7]), st.sampled_from([-5, -1, 0, 0, 1, 5])), max_size=25
    ),
    every=st.booleans(),
    lessons=st.integers(1, 3),
)
def test_a_level_is_held_against_its_goal_in_every_window(
    done: list[Done], lessons: int, *, every: bool
) -> None:
    """A week is completed by the first thing in it after which its lessons and the balance, as it stands, suffice."""
    goals = f"lessons >= {lessons} {'and' if every else 'or'} points.balance >= 5"
    clock = ManualClock("2026-03-02T00:00+00:00")
    made = Catalog(metrics=[Metric("lessons", on="e")], challenges=[Challenge("c", goals, period="weekly")])
    balance, days, weeks = 0, 0, set()
    counted: Counter[int] = Counter()
    with Engine(made, clock=clock) as game:
        for one in done:
            clock.advance(days=one.days)
            days += one.days
            week = days // 7
            if one.amount == 0:
                answer: Answer = game.events.emit("ada", "e")
                counted[week] += 1
            elif one.amount > 0:
                answer = game.points.award("ada", one.amount)
                balance += one.amount
            elif balance >= -one.amount:
                answer = game.points.deduct("ada", -one.amount)
                balance += one.amount
            else:
                continue
            met = [counted[week] >= lessons, balance >= 5]
            now = week not in weeks and (all(met) if every else any(met))
            assert completed(answer) == now
            weeks |= {week} if now else set()
        assert game.challenges.progress("ada")[0].times_completed == len(weeks)
