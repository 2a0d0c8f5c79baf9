"""What is left after taking back is what there would be without it, on every store and in any order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import (
    Badge,
    BadValue,
    Cap,
    Catalog,
    Challenge,
    Emit,
    Engine,
    InsufficientPoints,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    Reward,
    Rule,
    Streak,
)
from gamify_core.storage.tables.assets import SUPPLY
from gamify_core.storage.tables.ledger import ENTRY, REVERSAL
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.rewards import STOCK
from gamify_core.storage.tables.rules import FIRED
from gamify_core.storage.tables.streaks import MARK, STREAK
from tests.engine.conftest import new_store

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""A Sunday, the first of a month: the day, the week and the month end at different instants."""
BOUNDARIES = [
    datetime(2026, 2, 23, tzinfo=UTC),
    datetime(2026, 2, 27, tzinfo=UTC),
    datetime(2026, 2, 28, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 3, 1, 9, tzinfo=UTC),
]
PEOPLE = ["ada", "bob"]
STORES = pytest.mark.parametrize("kind", ["memory", "sqlite"])
PERIODS: Any = ["all_time", "monthly", "weekly", "daily"]
METRICS = [
    Metric("times", on="e"),
    Metric("total", on="e", sum="v"),
    Metric("best", on="e", max="v"),
    Metric("least", on="e", min="v"),
    Metric("kinds", on="e", distinct="v"),
]
BOARDS = ["points.earned", "events.count", "streak.daily.longest", *(metric.code for metric in METRICS)]
CATALOG = Catalog(
    metrics=METRICS,
    streaks=[
        Streak("daily", on="e", target=2, grace_period_hours=2),
        Streak("weekly", period="weekly", on="e"),
    ],
    rules=[
        Rule("sum", on="e", award="abs(v)"),
        Rule("capped", on="e", award=7, cap=Cap(points=10, per="daily")),
        Rule("few", on="e", award=1, cap=Cap(times=2, per="weekly")),
        Rule("rare", on="e", award=2, cooldown="6h"),
        Rule("step", on="e", advance="quest"),
    ],
    badges=[
        Badge("two", criteria="times >= 2", points=11, permanent=False, max_supply=9),
        Badge("three", criteria="points.earned@weekly >= 25 or streak.daily >= 2", points=3, permanent=False),
    ],
    challenges=[Challenge("quest", goals="challenge.quest >= 99")],
    ladders=[Ladder("tier", tiers={"a": 0, "b": 20, "c": 50}, demotion="immediate")],
    leaderboards=[
        Leaderboard(f"b{place}", metric=name, periods=PERIODS, ties="dense")
        for place, name in enumerate(BOARDS)
    ]
    + [
        Leaderboard("badges", metric="badges.count"),
        Leaderboard("least_up", metric="least", order="ascending"),
    ],
)

instants = st.builds(
    lambda boundary, step: boundary + timedelta(microseconds=step),
    st.sampled_from(BOUNDARIES),
    st.sampled_from([-1, 0, 1, 1_000_000]),
)
events = st.builds(
    lambda who, v, at: Emit(who, "e", {"v": v}, at), st.sampled_from(PEOPLE), st.integers(-4, 4), instants
)
played = st.lists(events, min_size=1, max_size=9)


@contextmanager
def engine(kind: str, catalog: Catalog = CATALOG) -> Iterator[tuple[Engine, Store]]:
    """Give an engine on a new store."""
    with TemporaryDirectory() as folder:
        store: Store = new_store(kind, Path(folder) / "game.db")
        try:
            yield Engine(catalog, store, clock=ManualClock(NOW), accept_late=None, seed=1), store
        finally:
            store.close()


def kept(store: Store) -> dict[str, set[tuple[Any, ...]]]:
    """Return what is kept of metrics and streaks, by names and not by numbers, without what a day began with."""
    with store.view() as view:
        windows = {row.number: (row.metric, row.calendar, row.label) for row in view.scan(WINDOW)}
        return {
            "metric": {(row.participant, windows[row.window], *row[2:6]) for row in view.scan(METRIC)},
            "level": {
                (windows[row.window], row.down, row.holders) for row in view.scan(SCORE_LEVEL) if row.holders
            },
            "seen": {(row.participant, windows[row.window], *row[2:]) for row in view.scan(SEEN)},
            "mark": {(*row[:4], row.carried) for row in view.scan(MARK)},
            "streak": {row[: row._fields.index("seen_id")] for row in view.scan(STREAK)},
        }


def standing(game: Engine, who: str) -> tuple[object, ...]:
    """Return what somebody has and is."""
    tier = game.tiers.current(who).current_tier
    balance = game.points.balance(who)
    state = game.badges.list(who, earned_only=True)
    return (
        (balance.balance, balance.total_earned, balance.total_spent),
        [(badge.code, badge.times) for badge in state],
        tier.code
        if tier is not None and tier.code != "a"
        else None,  # the bottom is held from the first move on
        len(game.assets.list(who)),
        [(one.current_count, one.longest_count, one.last_recorded_at) for one in game.streaks.list(who)],
        [progress.goals[0].value for progress in game.challenges.progress(who)],
    )


@STORES
@given(played=played, data=st.data())
def test_taking_all_back_leaves_nothing(kind: str, played: list[Emit], data: st.DataObject) -> None:
    """In whatever order events are taken back, in the end it is as if none had been sent."""
    with engine(kind) as (game, store), engine(kind) as (never, _):
        sent = [one.answer for one in game.events.emit_batch(played).results]
        for answer in data.draw(st.permutations(sent)):
            gone = game.events.retract(answer.event_id)  # type: ignore[union-attr]
            assert not gone.stayed
            assert game.events.retract(gone.event_id).already_retracted
        assert all(not rows for rows in kept(store).values())
        for who in PEOPLE:
            assert standing(game, who) == standing(never, who)
        again = game.events.emit_batch(played)
        first = never.events.emit_batch(played)
        told = [
            ([one.answer.points for one in batch.results], [len(one.answer.skipped) for one in batch.results])  # type: ignore[union-attr]
            for batch in (again, first)
        ]
        assert told[0] == told[1], "caps and cooldowns are as before the first event"


@STORES
@given(played=played, gone=st.sets(st.integers(0, 8)))
def test_counts_are_those_of_what_is_left(kind: str, played: list[Emit], gone: set[int]) -> None:
    """Counters, streaks and their boards are what the other events alone would have made of them."""
    with engine(kind) as (game, store), engine(kind) as (alone, other):
        sent = [one.answer for one in game.events.emit_batch(played).results]
        for place in sorted(gone & set(range(len(sent))), reverse=True):
            game.events.retract(sent[place].event_id)  # type: ignore[union-attr]
        for who in dict.fromkeys(
            one.participant_id for one in played
        ):  # the same numbers for the same people
            alone.participants.upsert(who)
        alone.events.emit_batch([one for place, one in enumerate(played) if place not in gone])

        def counted(store: Store) -> dict[str, set[tuple[Any, ...]]]:
            found = kept(store)
            names = {
                "events.count",
                "streak.daily.longest",
                "streak.weekly.longest",
                *(metric.code for metric in METRICS),
            }
            found["metric"] = {row for row in found["metric"] if row[1][0] in names}
            found["level"] = {row for row in found["level"] if row[0][0] in names}
            return found

        assert counted(store) == counted(other)


COMMANDS = st.one_of(
    st.tuples(st.just("emit"), events),
    st.tuples(st.just("award"), st.sampled_from(PEOPLE), st.integers(1, 30), instants),
    st.tuples(st.just("deduct"), st.sampled_from(PEOPLE), st.integers(1, 30), instants),
    st.tuples(st.just("retract"), st.integers(0, 30)),
    st.tuples(st.just("amend"), st.integers(0, 30), st.integers(-4, 4)),
    st.tuples(
        st.just("reverse"),
        st.integers(0, 60),
        st.integers(1, 9),
        st.sampled_from(["reject", "allow_negative", "partial"]),
    ),
)


MANY = Catalog(
    rules=[
        Rule("fee", on="e", award=20, deduct=5, streak="daily", advance="quest", cooldown="6h"),
        Rule("capped", on="e", award="7", mint="card", cap=Cap(points=10, per="daily")),
        Rule("few", on="e", award=4, badge="often", reward="mug", cap=Cap(times=2, per="weekly")),
        Rule("only", on="e", badge="only", mint="rare"),
    ],
    streaks=[Streak("daily")],
    challenges=[Challenge("quest", goals="challenge.quest >= 2", points=9)],
    badges=[
        Badge("card"),
        Badge("rare", max_supply=4),
        Badge("often", repeatable=True, points=3),
        Badge("only", max_supply=1, permanent=False, points=2),
    ],
    rewards=[Reward("mug", total_inventory=3)],
    leaderboards=[Leaderboard("b", periods=PERIODS), Leaderboard("badges", metric="badges.count")],
)
"""Rules of several parts, each with a bound of another kind, and things of which there are few."""

SPENDING = st.one_of(
    st.tuples(st.just("emit"), events),
    st.tuples(st.just("deduct"), st.sampled_from(PEOPLE), st.integers(1, 40), instants),
    st.tuples(st.just("pass on"), st.sampled_from(PEOPLE), st.integers(0, 5)),
    st.tuples(st.just("amend"), st.integers(0, 30), st.integers(-4, 4)),
)


def belongings(game: Engine, store: Store) -> dict[str, object]:
    """Return what people have, what there is left of things, and what bounds have been used of."""
    found: dict[str, object] = {}
    for who in PEOPLE:
        balance = game.points.balance(who)
        found[who] = (
            (balance.balance, balance.total_earned, balance.total_spent),
            [(badge.code, badge.times, badge.earned) for badge in game.badges.list(who)],
            sorted((asset.asset_id, asset.edition) for asset in game.assets.list(who)),
            [progress.times_completed for progress in game.challenges.progress(who)],
        )
    with store.view() as view:
        found["supply"] = view.scan(SUPPLY)
        found["stock"] = view.scan(STOCK)
        found["fired"] = [row[:3] for row in view.scan(FIRED)]
    rows = kept(store)
    return {**found, **{name: rows[name] for name in ("metric", "level", "mark", "streak")}}


@STORES
@given(commands=st.lists(SPENDING, min_size=2, max_size=10))
def test_amending_to_the_same_changes_nothing(kind: str, commands: list[tuple[Any, ...]]) -> None:
    """Whatever was spent or passed on since: no balance, supply, stock, cap, cooldown, badge or board is another."""
    with engine(kind, MANY) as (game, store):
        sent: list[str] = []
        for command in commands:
            carry_out(game, command, sent, [])
        was = belongings(game, store)
        standing = [
            one for who in PEOPLE for one in game.events.list(who, page_size=100) if not one.retracted
        ]
        for one in standing:
            game.events.amend(one.id, one.properties)
            assert belongings(game, store) == was


@STORES
@given(commands=st.lists(st.one_of(SPENDING, st.tuples(st.just("retract"), st.integers(0, 30))), max_size=14))
def test_no_bound_is_got_round(kind: str, commands: list[tuple[Any, ...]]) -> None:
    """What a capped rule gave in a period and was not taken back never exceeds the cap, nor do its firings."""
    with engine(kind, MANY) as (game, store):
        sent: list[str] = []
        for command in commands:
            carry_out(game, command, sent, [])
        points: dict[object, int] = {}
        firings: dict[object, set[int]] = {}
        with store.view() as view:
            undone = {row[:3]: row.amount for row in view.scan(REVERSAL)}
            for row in view.scan(ENTRY):
                left = row.amount - undone.get(row[:3], 0)
                moment = datetime.fromtimestamp(row.occurred_at / 1_000_000, UTC)
                if row.source == "rule:capped" and row.reverses is None:
                    day = row.participant, moment.date()
                    points[day] = points.get(day, 0) + left
                if row.source == "rule:few" and row.reverses is None and left:
                    firings.setdefault((row.participant, moment.isocalendar()[:2]), set()).add(row.activity)
        assert all(given <= 10 for given in points.values())
        assert all(len(times) <= 2 for times in firings.values())


def carry_out(game: Engine, command: tuple[Any, ...], sent: list[str], moved: list[str]) -> None:
    """Carry one command out on what there is; refusals are as good as anything."""
    answer: Any = None
    try:
        match command:
            case ("emit", one):
                answer = game.events.emit(one.participant_id, "e", one.properties, at=one.timestamp)
                sent.append(answer.event_id)
            case ("award" | "deduct" as what, who, amount, at):
                answer = getattr(game.points, what)(who, amount, at=at)
            case ("retract", place) if sent:
                answer = game.events.retract(sent[place % len(sent)])
            case ("pass on", who, place):
                (asset,) = game.assets.list(who).items[place : place + 1]
                game.assets.transfer(asset.asset_id, who, PEOPLE[who == PEOPLE[0]])
            case ("amend", place, v) if sent:
                answer = game.events.amend(sent[place % len(sent)], {"v": v})
                sent.append(answer.event_id)
            case ("reverse", place, amount, how) if moved:
                answer = game.points.reverse(moved[place % len(moved)], amount=amount, on_insufficient=how)
    except (BadValue, InsufficientPoints, ValueError):  # also where there is nothing to pass on
        return
    if answer is not None:
        moved += [one.id for one in answer.effects if one.tag.startswith("points_")]


@STORES
@given(commands=st.lists(COMMANDS, min_size=3, max_size=14))
def test_a_full_recount_finds_no_difference(kind: str, commands: list[tuple[Any, ...]]) -> None:
    """After any mix of commands what is kept is what history amounts to, dates and first sightings included."""
    with engine(kind) as (game, store):
        sent: list[str] = []
        moved: list[str] = []
        for command in commands:
            carry_out(game, command, sent, moved)
        before = kept(store)
        game.points.award("cyd", 1)  # so that there is an activity to begin from
        # A catalog without the boards forgets nothing, and one that asks for them again works all of them out
        Engine(Catalog(), store, clock=ManualClock(NOW)).points.award("cyd", 1)
        later = Engine(CATALOG, store, clock=ManualClock(NOW))
        later.points.award("cyd", 1)
        after = kept(store)
        with store.view() as view:
            numbers = {row.participant_id: row.number for row in view.scan(PARTICIPANT)}

        def of_old(rows: set[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
            return {
                row for row in rows if row[0] != numbers["cyd"] and not str(row[1][0]).startswith("rule.")
            }

        assert of_old(after["metric"]) == of_old(before["metric"])
        assert of_old(after["seen"]) == of_old(before["seen"])
        for who in PEOPLE:
            movements = list(later.points.transactions(who, page_size=100))
            assert sum(movement.amount for movement in movements) == later.points.balance(who).balance
