"""Periods that close: final after a delay, and their prizes paid once, however many settle."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gamify_core import Catalog, Engine, ManualClock, RankPrize
from gamify_core.storage.sqlite import SQLiteStore

from .conftest import store_of
from .replaying import difference

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeEngine

PRIZES: Any = {1: 500, "2-3": {"badge": "podium"}, 4: {"points": {"gems": 5}, "reward": "mug"}}


def catalog(**changes: Any) -> Catalog:
    """Return a weekly board that closes twelve hours after Sunday."""
    fields: dict[str, Any] = {"period": "weekly", "finalize_after": "12h", "prizes": PRIZES, **changes}
    return Catalog.from_dict(
        {
            "currencies": [{"code": "gems"}],
            "badges": [{"code": "podium"}],
            "rewards": [{"code": "mug", "type": "physical"}],
            "leaderboards": [{"code": "b", **fields}],
        }
    )


def play(game: Engine, clock: ManualClock, scores: dict[str, int]) -> None:
    """Award each their points, a minute apart."""
    for who, points in scores.items():
        game.points.award(who, points)
        clock.advance(minutes=1)


def prizes(game: Engine) -> list[tuple[int, str]]:
    """Settle, and return who was paid for which rank."""
    return [(e.rank, e.participant_id) for e in game.settle() if isinstance(e, RankPrize)]


SCORES = {"ada": 9, "bob": 8, "cyd": 7, "dan": 6, "eve": 5}


def test_a_period_is_paid_once_it_is_final(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Each rank what it gives, through the cascade, at the instant at which it was due, and never again."""
    game = make_engine(catalog())
    heard: list[str] = []
    game.on(RankPrize, lambda effect: heard.append(effect.participant_id))
    play(game, clock, SCORES)
    clock.set("2026-03-09T11:59:59Z")
    page = game.leaderboards.top("b", of="previous")
    assert (prizes(game), page.is_final) == ([], False)
    clock.set("2026-03-10T09:00Z")
    page = game.leaderboards.top("b", of="2026-W10")
    assert page.is_final
    assert page.settled_through == clock.now() - timedelta(hours=21)  # the prizes are due since then
    settled = game.settle()
    paid = [effect for effect in settled if isinstance(effect, RankPrize)]
    assert [(e.rank, e.participant_id, e.leaderboard, e.period) for e in paid] == [
        (rank, who, "b", "2026-W10") for rank, who in enumerate(("ada", "bob", "cyd", "dan"), 1)
    ]
    assert {effect.occurred_at.isoformat() for effect in settled} == {"2026-03-09T12:00:00+00:00"}
    assert game.points.balance("ada").balance == 509
    assert [badge.code for badge in game.badges.list("bob", earned_only=True)] == ["podium"]
    assert game.points.balance("dan", currency="gems").balance == 5
    assert game.rewards.claims("dan").total == 1
    assert game.points.balance("eve").balance == 5
    assert (prizes(game), heard) == ([], ["ada", "bob", "cyd", "dan"])
    assert game.leaderboards.top("b", of="2026-W10").settled_through == clock.now()
    assert [(e.participant_id, e.score) for e in game.leaderboards.top("b")] == [("ada", 500)]
    assert difference(game) == {}


@pytest.mark.parametrize("period", ["daily", "weekly", "monthly", "yearly", "days", "season"])
def test_a_board_of_many_periods_closes_each_and_pays_its_own(
    make_engine: MakeEngine, clock: ManualClock, period: str
) -> None:
    """Each period has names of its own; prizes are paid for the one that the board is shown by."""
    seasons = {"spring": {"starts": "2026-03-01", "ends": "2026-05-01"}}
    many = ["all_time", "daily", "weekly", "monthly", "yearly", "days", "season", "last_3d"]
    whole = catalog(period=period, periods=many, days=3, seasons=seasons, prizes={1: 500})
    game = make_engine(whole)
    clock.set("2026-03-02T09:00Z")
    play(game, clock, {"ada": 9, "bob": 8})
    names = {each: game.leaderboards.top("b", period=each).table.of for each in many}
    clock.set("2027-02-01T12:00Z")
    paid = [effect for effect in game.settle() if isinstance(effect, RankPrize)]
    assert [(e.participant_id, e.period) for e in paid[:1]] == [("ada", names[period])]
    for each in many[1:-1]:
        table = game.leaderboards.top("b", period=each, of=names[each])
        assert (table.is_final, [entry.score for entry in table]) == (True, [9, 8])
    assert prizes(game) == []
    assert difference(game) == {}


def test_late_events_count_until_the_period_is_final(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Then they count everywhere else; whether anybody has settled by then decides nothing."""
    game = make_engine(catalog(periods=["weekly", "all_time"]))
    play(game, clock, {"ada": 9, "bob": 8})
    sunday = clock.now() + timedelta(days=6)
    clock.set("2026-03-09T11:59:59Z")
    game.points.award("bob", 2, at=sunday)
    clock.set("2026-03-09T12:00:00Z")
    game.points.award("ada", 5, at=sunday)
    game.points.award("new", 50, at=sunday)
    assert prizes(game) == [(1, "bob"), (2, "ada")]
    assert [(e.participant_id, e.score) for e in game.leaderboards.top("b", of="previous")] == [
        ("bob", 10),
        ("ada", 9),
    ]
    assert game.leaderboards.rank("b", "new", period="all_time").score == 50


def test_what_is_taken_back_later_stays_in_a_final_table(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The winners were determined from it. All time, and the running week, forget what never was."""
    rules = {"e": {"on": "e", "award": 10}}
    whole = Catalog.from_dict({**catalog(periods=["weekly", "all_time"]).to_dict(), "rules": rules})
    game = make_engine(whole)
    sent = game.events.emit("ada", "e")
    play(game, clock, {"bob": 3})
    clock.advance(days=8)
    game.settle()
    game.events.retract(sent.event_id, on_insufficient="partial")
    assert [e.participant_id for e in game.leaderboards.top("b", of="previous")] == ["ada", "bob"]
    assert game.leaderboards.rank("b", "ada", of="previous").score == 10
    assert game.leaderboards.rank("b", "ada", period="all_time").score == 500
    assert game.history.verify().ok


def test_a_day_that_is_taken_back_later_is_no_damage_to_a_final_table(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Two activities on one day: what is left of it is of another instant, and the number of days as it was."""
    days = {"code": "days", "on": "e", "days": True}
    board = {"code": "b", "metric": "days", "period": "weekly", "finalize_after": "12h"}
    game = make_engine(Catalog.from_dict({"metrics": [days], "leaderboards": [board]}))
    sent = game.events.emit("ada", "e")
    for hours in (1, 24):
        clock.advance(hours=hours)
        game.events.emit("ada", "e")
    clock.advance(days=8)
    game.events.retract(sent.event_id)
    assert [entry.score for entry in game.leaderboards.top("b", of="2026-W10")] == [2]
    assert game.history.verify(replay=True).ok


@pytest.mark.parametrize(
    ("ties", "paid"),
    [
        ("competition", [(1, "ada"), (1, "bob"), (3, "cyd")]),
        ("dense", [(1, "ada"), (1, "bob"), (2, "cyd")]),
        ("ordinal", [(1, "ada"), (2, "bob"), (3, "cyd")]),
    ],
)
def test_who_shares_a_rank_gets_what_the_rank_gets(
    make_engine: MakeEngine, clock: ManualClock, ties: str, paid: list[tuple[int, str]]
) -> None:
    """Two firsts are both paid as firsts; who comes after them is as the board has it."""
    game = make_engine(catalog(ties=ties, prizes={1: 100, 2: 50, 3: 20}))
    play(game, clock, {"ada": 9, "bob": 9, "cyd": 5})
    clock.advance(days=8)
    assert prizes(game) == paid


def test_hidden_people_win_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Who is hidden as a period closes is not on it; hiding them later takes no prize away."""
    game = make_engine(catalog(prizes={1: 100}))
    play(game, clock, {"cheat": 99, "ada": 9})
    game.leaderboards.hide("cheat")
    clock.advance(days=8)
    assert prizes(game) == [(1, "ada")]
    game.leaderboards.hide("ada")
    assert game.points.balance("ada").balance == 109
    game.leaderboards.unhide("cheat")
    assert [e.participant_id for e in game.leaderboards.top("b", of="2026-W10")] == ["cheat"]


def test_scopes_close_apart(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Each scope has its own winners, all due at the same instant."""
    game = make_engine(catalog(prizes={1: 100}))
    for scope, who in (("", "ada"), ("x", "bob"), ("y", "bob")):
        game.scope(scope).points.award(who, 5)
    clock.advance(days=8)
    assert sorted(prizes(game)) == [(1, "ada"), (1, "bob"), (1, "bob")]
    assert game.scope("x").points.balance("bob").balance == 105


def test_periods_before_a_board_pay_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A board that is new today closes weeks from now on, and not those that history fills it with."""
    plain = make_engine(Catalog(currencies=catalog().currencies))
    store = store_of(plain)
    play(plain, clock, SCORES)
    clock.advance(days=8)
    play(plain, clock, {"ada": 1, "bob": 2})
    game = make_engine(catalog(), store=store)
    play(game, clock, {"cyd": 1})
    assert prizes(game) == []
    assert [e.participant_id for e in game.leaderboards.top("b", of="previous")] == [*SCORES]
    clock.advance(days=7)
    assert prizes(game) == [(1, "bob"), (2, "ada"), (2, "cyd")]


def test_a_changed_delay_neither_pays_again_nor_forgets(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What a board has paid it has paid; what was still to be paid is paid under the new delay."""
    game = make_engine(catalog(prizes={1: 100}))
    store = store_of(game)
    play(game, clock, {"ada": 9})
    clock.set("2026-03-09T13:00Z")
    assert prizes(game) == [(1, "ada")]
    later = make_engine(catalog(prizes={1: 100}, finalize_after="3d"), store=store)
    play(later, clock, {"bob": 1})
    clock.set("2026-03-12T01:00Z")
    assert prizes(later) == []
    clock.set("2026-03-17T01:00Z")
    sooner = make_engine(catalog(prizes={1: 100}, finalize_after="0s"), store=store)
    play(sooner, clock, {"cyd": 1})
    assert prizes(sooner) == [(1, "ada")]  # the prize counts in the week in which it was paid


def test_many_threads_and_processes_pay_once(tmp_path: Path) -> None:
    """All settle at once, each through a store of its own on the one file."""
    clock = ManualClock("2026-03-02T09:00Z")
    path = tmp_path / "game.db"
    engines = [Engine(catalog(), SQLiteStore(path, durability="normal"), clock=clock) for _ in range(4)]
    play(engines[0], clock, SCORES)
    clock.advance(days=8)
    paid: list[tuple[int, str]] = []
    threads = [threading.Thread(target=lambda game=game: paid.extend(prizes(game))) for game in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(paid) == [(1, "ada"), (2, "bob"), (3, "cyd"), (4, "dan")]
    assert engines[1].points.balance("ada").balance == 509
    for game in engines:
        store_of(game).close()


def test_a_season_closes_too(make_engine: MakeEngine, clock: ManualClock) -> None:
    """At the end of its dates, by the name it has."""
    seasons = {"spring": {"starts": "2026-03-01", "ends": "2026-03-05"}}
    game = make_engine(catalog(period="season", seasons=seasons, finalize_after="0s", prizes={1: 100}))
    play(game, clock, {"ada": 9})
    clock.set("2026-03-05T00:00Z")
    settled = [effect for effect in game.settle() if isinstance(effect, RankPrize)]
    assert [(e.period, e.participant_id) for e in settled] == [("spring", "ada")]
    assert game.leaderboards.top("b").is_final
    assert game.leaderboards.rank("b", "ada", of="spring").is_final


def test_a_dry_run_pays_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """It says whom it would pay, and leaves that to be done."""
    game = make_engine(catalog())
    play(game, clock, {"ada": 9})
    clock.advance(days=8)
    with game.dry_run() as trial:
        assert [e.participant_id for e in trial.settle() if isinstance(e, RankPrize)] == ["ada"]
    assert prizes(game) == [(1, "ada")]


def test_a_board_of_days_closes_beside_one_of_weeks(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The number of a day says nothing among weeks: a board of other periods is none of what closes."""
    game = make_engine(
        Catalog.from_dict(
            {
                "leaderboards": [
                    {"code": "weeks", "periods": ["all_time", "weekly"]},
                    {"code": "cup", "period": "daily", "finalize_after": "6h", "prizes": {"1": 9}},
                ]
            }
        )
    )
    play(game, clock, SCORES)
    clock.advance(days=2)
    assert prizes(game) == [(1, "ada")]
    assert game.history.verify().ok
