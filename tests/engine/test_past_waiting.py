"""`engine.at(instant)` where time does things by itself: what was due by then is done, whoever wrote it, or nobody."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Badge,
    Cap,
    Catalog,
    Currency,
    Engine,
    GamifyError,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    Reward,
    Rule,
    Streak,
)
from gamify_core.clock import moment
from gamify_core.game import Game
from gamify_core.storage.tables.former import FORMER
from gamify_core.storage.tables.ledger import LOT, PENDING
from tests.engine.conftest import MakeEngine, new_store, store_of
from tests.engine.test_past import is_as_told, plain

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Store

CATALOG = Catalog(
    currencies=[
        Currency("miles", expires="3d"),
        Currency("cash", scale=2, matures="36h", expires="5d"),
    ],
    metrics=[Metric("lessons", "lesson")],
    rules=[
        Rule("lesson", on="lesson", award="10 + n", streak="daily", cap=Cap(points=60, per="daily")),
        Rule("fly", on="fly", award={"miles": "n"}, cooldown="1d"),
        Rule("back", on="buy", award={"cash": "1.25"}, deduct={"miles": 2}),
    ],
    streaks=[Streak("daily", freeze_cap=2, freeze_every=2, milestones={3: 5})],
    ladders=[
        Ladder("tier", tiers={"bronze": 0, "silver": 40, "gold": 90}, demotion="at_review", review="daily"),
        Ladder(
            "week",
            tiers={"a": 0, "b": 30, "c": 60},
            metric="points.earned@weekly",
            demotion="at_review",
            fall="one",
        ),
    ],
    badges=[
        Badge("flyer", criteria="miles.balance >= 30", permanent=False, points=2),
        Badge("saver", criteria="cash.earned >= 300"),
    ],
    leaderboards=[
        Leaderboard("miles", metric="miles.balance", ties="dense"),
        Leaderboard(
            "cup", period="daily", finalize_after="3h", prizes={1: 7, 2: {"badge": "saver"}}, group_by="team"
        ),
    ],
    rewards=[Reward("mug", points_cost=15, total_inventory=3)],
)
PEOPLE = ("ada", "bob", "cay")
HOUR = 3_600


def _last(game: Engine, kind: str, n: int) -> str:
    rows = [row for row in game.history.activity() if row.kind == kind]
    return f"{rows[n % len(rows)].seq}_0" if rows else "1_0"


def _late(clock: ManualClock, n: int) -> datetime:
    return clock.now() - timedelta(hours=n % 60)


STEPS: dict[str, Callable[[Engine, ManualClock, str, int], object]] = {
    "lesson": lambda game, _, who, n: game.events.emit(who, "lesson", {"n": n % 40}),
    "late": lambda game, clock, who, n: game.events.emit(who, "lesson", {"n": n % 40}, at=_late(clock, n)),
    "fly": lambda game, _, who, n: game.events.emit(who, "fly", {"n": n}),
    "buy": lambda game, _, who, __: game.events.emit(who, "buy"),
    "award": lambda game, _, who, n: game.points.award(
        who, n + 1, reason=f"r{n}", metadata={"n": n}, matures=f"{n % 50 + 1}h", expires=(None, "2d")[n % 2]
    ),
    "lapsing": lambda game, clock, who, n: game.points.award(
        who, n + 1, expires=f"{n % 90 + 1}h", at=_late(clock, n)
    ),
    "cash": lambda game, _, who, n: game.points.award(who, n + 1, currency="cash"),
    "deduct": lambda game, _, who, n: game.points.deduct(who, n + 1, currency=("points", "miles")[n % 2]),
    "transfer": lambda game, _, who, n: game.points.transfer(
        who, PEOPLE[n % 3], n + 1, currency=("points", "miles")[n % 2]
    ),
    "hold": lambda game, _, who, n: game.points.hold(
        who, n // 2 + 1, expires=(None, "5h", "30h")[n % 3], currency=("points", "miles")[n % 2]
    ),
    "capture": lambda game, _, __, n: game.points.capture(
        f"hold_{_last(game, 'points.hold', n)}", n // 4 + 1
    ),
    "release": lambda game, _, __, n: game.points.release(f"hold_{_last(game, 'points.hold', n)}"),
    "reverse": lambda game, _, __, n: game.points.reverse(
        f"txn_{_last(game, 'points.award', n)}", amount=(None, 1)[n % 2], on_insufficient="partial"
    ),
    "unspend": lambda game, _, __, n: game.points.reverse(f"txn_{_last(game, 'points.deduct', n)}"),
    "retract": lambda game, _, __, n: game.events.retract(f"evt_{_last(game, 'event', n)[:-2]}"),
    "claim": lambda game, _, who, __: game.rewards.claim("mug", who),
    "assign": lambda game, _, who, n: game.tiers.assign(who, ("silver", "gold")[n % 2]),
    "clear": lambda game, _, who, __: game.tiers.clear(who),
    "close": lambda game, _, who, __: game.points.close(who),
    "reopen": lambda game, _, who, __: game.points.reopen(who),
    "settle": lambda game, clock, _, n: game.settle(clock.now() - timedelta(hours=n % 30), limit=n % 3 + 1),
    "open": lambda game, clock, who, n: game.participants.opening(
        who, balances={"miles": n + 1}, streaks={"daily": (2, 3, clock.now() - timedelta(days=1))}
    ),
    "team": lambda game, _, who, n: game.participants.update(
        who, attributes={"team": ("red", "blue")[n % 2]}
    ),
}
OFTEN = [*STEPS, *["lesson", "fly", "award", "lapsing", "hold", "deduct"] * 2]
WAITS = (0, 0, 1, HOUR, 5 * HOUR, 24 * HOUR, 40 * HOUR, 8 * 24 * HOUR)


def _until(game: Game, days: int) -> datetime:
    now = moment(game._access.road.now()[0])  # noqa: SLF001 - engines do not hand out their clock
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)


CURRENCIES = ("points", "miles", "cash")
OF_WALLETS: dict[str, Callable[[Game, str, str], Any]] = {
    "balance": lambda game, who, currency: game.points.balance(who, currency=currency),
    "statement": lambda game, who, currency: game.points.transactions(who, currency=currency),
}
OF_EVERYBODY: dict[str, Callable[[Game, str], Any]] = {
    "holds": lambda game, who: game.points.holds(who),
    "pending": lambda game, who: game.points.pending(who),
    "expiring": lambda game, who: game.points.expiring(who, _until(game, 4)),
    "tier": lambda game, who: game.tiers.current(who),
    "week": lambda game, who: game.tiers.current(who, ladder="week"),
    "badges": lambda game, who: game.badges.list(who),
    "progress": lambda game, who: game.badges.progress(who, "flyer"),
    "streaks": lambda game, who: game.streaks.list(who),
    "document": lambda game, who: game.participants.profile(who),
    "state": lambda game, who: game.participants.state(who),
    "profile": lambda game, who: game.participants.get(who),
    "export": lambda game, who: game.participants.export(who),
    "due": lambda game, who: str(game.due(_until(game, 3), participant_id=who)),
    "lesson": lambda game, who: game.events.explain(who, "lesson", {"n": 9}),
    "fly": lambda game, who: game.events.explain(who, "fly", {"n": 9}),
    "buy": lambda game, who: game.events.explain(who, "buy"),
    "rank": lambda game, who: game.leaderboards.rank("miles", who),
}
OF_ALL: dict[str, Callable[[Game], Any]] = {
    "due": lambda game: str(game.due(_until(game, 3))),
    "cup": lambda game: game.leaderboards.top("cup"),
    "last cup": lambda game: game.leaderboards.top("cup", of="previous"),
    "miles": lambda game: game.leaderboards.top("miles"),
    "people": lambda game: game.participants.list(sort_by="total_points"),
    "digest": lambda game: game.history.state_digest(),
    "flow": lambda game: game.analytics.currency("points", "7d"),
}


def reads() -> dict[str, Callable[[Game], Any]]:
    """Return every kind of read, of everybody and every currency."""
    found = dict(OF_ALL)
    for currency in CURRENCIES:
        found[f"owed {currency}"] = partial(_asked, _owed, currency)
        for who in PEOPLE:
            found |= {
                f"{name} {who} {currency}": partial(_asked, read, who, currency)
                for name, read in OF_WALLETS.items()
            }
    for who in PEOPLE:
        found |= {f"{name} {who}": partial(_asked, read, who) for name, read in OF_EVERYBODY.items()}
    return found


def _asked(read: Callable[..., Any], *about: Any) -> Any:
    *what, game = about
    return read(game, *what)


def _owed(game: Game, currency: str) -> Any:
    return game.analytics.liability(currency, by="day")


READS = reads()


def everything(game: Game) -> dict[str, Any]:
    """Return what every read answers about everybody, a refusal by its sentence."""
    found: dict[str, Any] = {}
    for name, read in READS.items():
        try:
            found[name] = plain(read(game))
        except GamifyError as error:
            found[name] = str(error)
    return found


def played(store: Store, draws: int, steps: int, after: Callable[[Engine, datetime], object]) -> Engine:
    """Play a game in which much waits, by the draws of a seed, hardly ever settling."""
    luck = random.Random(draws)  # noqa: S311 - meant to be repeatable
    clock = ManualClock("2026-03-02T09:00:00Z")
    game = Engine(CATALOG, store, clock=clock, seed=7, accept_late=None)
    for _ in range(steps):
        clock.advance(seconds=luck.choice(WAITS) + 1)
        step, who, n = STEPS[luck.choice(OFTEN)], luck.choice(PEOPLE), luck.randrange(61)
        with suppress(GamifyError):
            step(game, clock, who, n)
        clock.advance(seconds=1)  # a command that did much before it is recorded some microseconds later
        after(game, clock.now())
        if luck.random() < 0.4:
            clock.advance(seconds=luck.choice(WAITS))
            after(game, clock.now())
    return game


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(deadline=None, max_examples=max(2, settings().max_examples // 50))
@given(draws=st.integers(0, 2**32))
def test_what_was_due_is_done_in_the_past_as_it_was_live(
    kind: str, draws: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After every command and between commands, for every kind of read, and as often as it is looked at."""
    store = new_store(kind, tmp_path_factory.mktemp("past") / "g.db")
    told: list[tuple[datetime, dict[str, Any]]] = []
    game = played(store, draws, 8, lambda game, now: told.append((now, everything(game))))
    is_as_told(game, told, everything)
    store.close()


def amounts(game: Game, before: datetime) -> list[int]:
    """Return what will lapse of ada's points, in order."""
    return [int(each.amount) for each in game.points.expiring("ada", before)]


def test_what_had_lapsed_and_nobody_had_written_is_gone(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Before it was due it is there, from then on it is not; a statement tells what was written by then."""
    game = make_engine(Catalog())
    game.points.award("ada", 100, expires="2d")
    told = []
    for days in (1, 1, 3):
        clock.advance(days=days)
        told.append((clock.now(), game.points.balance("ada"), game.points.transactions("ada").total))
    clock.advance(seconds=1)
    game.settle()
    assert [balance.balance for _, balance, _ in told] == [100, 0, 0]
    for instant, balance, movements in told:
        past = game.at(instant).points
        assert (past.balance("ada"), past.transactions("ada").total, movements) == (balance, 1, 1)
    assert game.points.transactions("ada").total == 2


def test_lots_are_as_full_as_they_were(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What was spent, held, given back or lapsed since is in them, and owed by the month of its end."""
    game = make_engine(Catalog())
    end = clock.now() + timedelta(days=400)
    game.points.award("ada", 60, expires="10d")
    game.points.award("ada", 40, expires="40d")
    told = []

    def look() -> None:
        clock.advance(hours=1)
        told.append((clock.now(), amounts(game, end), game.analytics.liability("points")))
        clock.advance(seconds=1)

    look()
    spent = game.points.deduct("ada", 30)
    look()
    held = game.points.hold("ada", 50)
    look()
    game.points.reverse(spent.transaction_id)
    look()
    clock.advance(days=11)
    look()
    game.points.release(held.hold_id)
    look()
    assert [each for _, each, _ in told] == [[60, 40], [30, 40], [20], [30, 20], [20], [40]]
    clock.advance(days=60)
    game.settle()
    for instant, lapsing, owed in told:
        past = game.at(instant)
        assert (amounts(past, end), past.analytics.liability("points")) == (lapsing, owed)


def test_a_promise_is_as_great_as_it_was(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What was taken back of it since is in it, in part or whole, and what it has become since it is not yet."""
    game = make_engine(Catalog())
    promised = game.points.award("ada", 100, matures="5d").transaction_id
    told = []
    for amount in (30, 20, None):
        clock.advance(hours=1)
        told.append((clock.now(), game.points.pending("ada"), game.points.balance("ada")))
        clock.advance(seconds=1)
        if amount is not None:
            game.points.reverse(promised, amount=amount)
    clock.advance(days=5)
    game.settle()
    assert [[each.amount for each in pending] for _, pending, _ in told] == [[100], [70], [50]]
    for instant, pending, balance in told:
        past = game.at(instant).points
        assert (past.pending("ada"), past.balance("ada")) == (pending, balance)


def test_a_rung_that_was_kept_or_lost_by_time_is_so_in_the_past(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """At the end of each period, whether somebody had settled by then, settled later, or never did."""
    tiers = {"guest": 0, "silver": 100, "gold": 500}
    ladder = Ladder("tier", tiers=tiers, metric="points.earned@yearly", demotion="at_review")
    game = make_engine(Catalog(ladders=[ladder]))
    game.points.award("ada", 600)
    told = []
    for days, settles in ((300, False), (100, True), (300, False), (365, False), (365, True), (365, False)):
        clock.advance(days=days)
        told.append((clock.now(), game.tiers.current("ada")))
        if settles:
            clock.advance(seconds=1)
            game.settle()
    assert len({state.current_tier.code for _, state in told if state.current_tier is not None}) > 1
    for instant, state in told:
        assert game.at(instant).tiers.current("ada") == state


def test_what_waited_before_an_account_was_closed_waited_then(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Lots that nobody had touched by then, so that no word was left of them."""
    game = make_engine(Catalog())
    game.points.award("ada", 26, expires="3d")

    def looked(game: Game) -> tuple[object, ...]:
        end = _until(game, 9)
        return amounts(game, end), game.analytics.liability("points"), str(game.due(end))

    clock.advance(hours=1)
    then, told = clock.now(), looked(game)
    clock.advance(hours=1)
    game.points.close("ada")
    assert told[0] == [26]
    assert looked(game)[0] == []
    assert looked(game.at(then)) == told


def test_who_has_nothing_waiting_leaves_no_word_of_it(make_engine: MakeEngine) -> None:
    """Points without an end, however they move, and a promise that nobody has touched yet."""
    game = make_engine(Catalog())
    game.points.award("ada", 100)
    game.points.transfer("ada", "bob", 30)
    game.points.deduct("bob", 10)
    game.points.award("cay", 5, matures="1d", expires="3d")
    game.points.award("cay", 5, expires="3d")
    with store_of(game).view() as view:
        assert view.scan(FORMER) == []
        assert view.scan(PENDING)
        assert view.scan(LOT)


def test_milestones_are_as_often_given_as_they_were(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Before a run reached one again, and before two participants were one."""
    game = make_engine(Catalog(streaks=[Streak("daily", milestones={2: 5}, milestones_once="run")]))
    told = []
    for days in (1, 1, 5, 1):
        for who in ("ada", "bob")[: days + 1]:
            game.streaks.record(who, "daily")
        clock.advance(seconds=1)
        told.append((clock.now(), [game.participants.export(who)["milestones"] for who in ("ada", "bob")]))
        clock.advance(days=days)
    game.participants.merge("bob", "ada")
    assert len({str(each) for _, each in told}) > 1
    for instant, each in told:
        past = game.at(instant).participants
        assert [past.export(who)["milestones"] for who in ("ada", "bob")] == each
