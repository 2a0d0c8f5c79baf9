"""The laws of what time does to points and rungs: whoever settles, and whenever, it comes out the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Badge,
    Catalog,
    Currency,
    Engine,
    GamifyError,
    Ladder,
    ManualClock,
    PointsExpired,
    Rule,
)
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.tables.ledger import ENTRY, HOLD, LOT, PENDING
from gamify_core.storage.tables.participants import NEVER, PARTICIPANT
from gamify_core.storage.tables.progress import REVIEW
from tests.engine.conftest import new_store, store_of
from tests.engine.replaying import difference

START = "2026-03-02T09:00+00:00"
DAY = 86_400
PEOPLE = ("ada", "bob")
CATALOG = Catalog(
    currencies=[Currency("gems", expires="2d", matures="1d")],
    rules=[
        Rule("gift", on="gift", award={"points": 7, "gems": 3}, expires="1d"),
        Rule("pay", on="pay", deduct=6),
    ],
    badges=[Badge("rich", criteria="points.balance >= 20", points=2, permanent=False)],
    ladders=[
        Ladder(
            "tier",
            tiers={"low": 0, "mid": 10, "high": 25},
            metric="points.earned@daily",
            demotion="at_review",
        ),
        Ladder(
            "slow",
            tiers={"a": 5, "b": 15, "c": 30},
            metric="points.balance",
            demotion="at_review",
            review="daily",
            fall="one",
        ),
    ],
)
MATURES = st.sampled_from([None, None, None, "1h", "1d"])
EXPIRES = st.sampled_from([None, "1h", "2h", "1d", "1d", "2d", "1mo"])
AMOUNTS = st.integers(1, 25)
COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "award",
                "award",
                "deduct",
                "transfer",
                "hold",
                "capture",
                "release",
                "reverse",
                "gift",
                "pay",
                "retract",
            ]
        ),
        st.sampled_from(("ada", "ada", "bob")),
        AMOUNTS,
        MATURES,
        EXPIRES,
        st.sampled_from([0, 0, 1, 3_600, 3_600, DAY // 2, DAY, 8 * DAY]),
    ),
    min_size=6,
    max_size=25,
)


class World:
    """One engine, its clock, and what it has handed out so far."""

    def __init__(self, store: Any) -> None:
        """Open an engine on a store."""
        self.clock = ManualClock(START)
        self.game = Engine(CATALOG, store, clock=self.clock, seed=3)
        self.holds: list[str] = []
        self.moves: list[str] = []
        self.events: list[str] = []

    def do(self, kind: str, who: str, amount: int, matures: str | None, expires: str | None) -> object:
        """Do one command, and return what came of it in words that do not depend on numbers of rows."""
        points, events = self.game.points, self.game.events

        def one_of(ids: list[str]) -> str:
            return ids[amount % len(ids)] if ids else "none"

        todo: dict[str, Callable[[], Any]] = {
            "award": lambda: points.award(who, amount, matures=matures, expires=expires),
            "deduct": lambda: points.deduct(who, amount),
            "transfer": lambda: points.transfer(who, "bob" if who == "ada" else "ada", amount),
            "hold": lambda: points.hold(who, amount, expires=expires),
            "capture": lambda: points.capture(one_of(self.holds), amount),
            "release": lambda: points.release(one_of(self.holds)),
            "reverse": lambda: points.reverse(one_of(self.moves), on_insufficient="partial"),
            "retract": lambda: events.retract(one_of(self.events)),
            "gift": lambda: events.emit(who, "gift"),
            "pay": lambda: events.emit(who, "pay"),
        }
        try:
            answer = todo[kind]()
        except GamifyError as error:
            return error.code
        if kind in {"award", "deduct"}:
            self.moves.append(answer.transaction_id)
        elif kind == "hold":
            self.holds.append(answer.hold_id)
        elif kind in {"gift", "pay"}:
            self.events.append(answer.event_id)
        # The cause of what an undo does names a row
        return [attrs.evolve(each, cause=each.cause.partition(":evt_")[0]) for each in answer.effects]

    def state(self) -> object:
        """Return what everybody has now."""
        people = self.game.participants
        return [
            (
                self.game.points.balance(who),
                self.game.points.balance(who, currency="gems"),
                [self.game.tiers.current(who, ladder=ladder).current_tier for ladder in ("tier", "slow")],
                [(hold.amount, hold.expires_at) for hold in self.game.points.holds(who)],
                [(each.amount, each.matures_at) for each in self.game.points.pending(who)],
                people.state(who).badges,
            )
            for who in PEOPLE
        ]


def check_the_books(game: Engine) -> None:
    """Hold the rows against each other."""
    with store_of(game).view() as view:
        lots, holds, waiting = view.scan(LOT), view.scan(HOLD), view.scan(PENDING)
        for person in view.scan(PARTICIPANT):
            dues = [
                row.due
                for table in (lots, holds, waiting)
                for row in table
                if row.participant == person.number
            ]
            dues += [row.due for row in view.scan(REVIEW, None, (person.number,))]
            assert person.due == min((due for due in dues if due is not None), default=None)
            for currency in ("points", "gems"):
                rows = view.scan(ENTRY, None, (person.number, currency))
                balance = sum(row.amount for row in rows)
                assert balance == (rows[-1].balance if rows else 0)
                assert balance >= 0
                mine = (person.number, currency)
                held = sum(row.amount for row in holds if (row.participant, row.currency) == mine and row.due)
                lapsing = sum(row.left for row in lots if (row.participant, row.currency) == mine)
                assert 0 <= held <= balance
                assert 0 <= lapsing <= balance - held
        assert all((row.due is not None) == (row.left > 0) for row in lots)
        assert all((row.due is not None) == (row.state == "held") for row in holds)
        assert all(row.due in (row.expires, NEVER) for row in holds if row.due is not None)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(deadline=None, max_examples=25)
@given(commands=COMMANDS, every=st.integers(1, 3), hours=st.integers(0, 300))
def test_it_is_the_same_whenever_it_is_settled(
    kind: str, commands: list[Any], every: int, hours: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Commands that settle first, reads as of now and settling at any instants come to the same in the end."""
    store = new_store(kind, tmp_path_factory.mktemp("time") / "g.db")
    often, never = World(store), World(MemoryStore())
    for place, (*command, wait) in enumerate(commands):
        for world in (often, never):
            world.clock.advance(seconds=wait)
        if place % every == 0:
            before = often.state()
            often.game.settle()
            assert often.state() == before
        assert often.do(*command) == never.do(*command)
    check_the_books(often.game)
    for world in (often, never):
        world.clock.advance(hours=hours)
    as_read = never.state()
    assert often.state() == as_read
    for world in (often, never):
        world.game.settle()
        assert world.state() == as_read
        check_the_books(world.game)
        assert list(world.game.history.verify().mismatches) == []
        assert list(world.game.settle()) == []
    assert difference(often.game) == {}
    store.close()


@settings(deadline=None, max_examples=40)
@given(commands=COMMANDS, hours=st.integers(0, 1000))
def test_what_is_forecast_is_what_happens(commands: list[Any], hours: int) -> None:
    """Amounts, currencies, instants: if nobody does anything meanwhile, it lapses as it was foretold."""
    world = World(MemoryStore())
    for *command, wait in commands:
        world.clock.advance(seconds=wait)
        world.do(*command)
    world.game.settle()
    before = world.clock.now() + timedelta(hours=hours)
    foretold = [
        (who, each.currency, each.amount, each.expires_at)
        for who in PEOPLE
        for each in world.game.points.expiring(who, before=before)
    ]
    world.clock.set(before - timedelta(microseconds=1)) if hours else None
    came = [
        (effect.participant_id, effect.currency, effect.amount, effect.occurred_at)
        for effect in world.game.settle()
        if isinstance(effect, PointsExpired)
    ]
    assert sorted(foretold) == sorted(came)


@settings(deadline=None, max_examples=25)
@given(commands=COMMANDS, cuts=st.lists(st.integers(1, 400), max_size=6))
def test_settling_in_pieces_is_settling_at_once(commands: list[Any], cuts: list[int]) -> None:
    """Up to any instants in turn, one thing at a time or all of them: the same effects in the same order."""
    worlds = World(MemoryStore()), World(MemoryStore())
    for world in worlds:
        for *command, wait in commands:
            world.clock.advance(seconds=wait)
            world.do(*command)
        world.clock.advance(days=20)
    pieces = []
    for hours in sorted(cuts):
        until = worlds[0].clock.now() - timedelta(hours=480 - hours)
        while True:
            some = worlds[0].game.settle(until, limit=1)
            pieces += list(some)
            if not some.more:
                break
    pieces += list(worlds[0].game.settle())
    whole = list(worlds[1].game.settle())
    assert [(each, each.occurred_at) for each in pieces] == [(each, each.occurred_at) for each in whole]
