"""A simulated season, and the same events sent one by one through an engine, end in the same state."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from gamify_core import Catalog, Engine, ManualClock, Scenario
from gamify_core.clock import moment
from gamify_core.simulation.acting import Life
from gamify_core.simulation.living import summed_up
from gamify_core.simulation.tallies import Person
from tests.simulation.games import APART, PEOPLE, SHARED, world

if TYPE_CHECKING:
    from pathlib import Path

    from gamify_core.game import Game

PLAYERS, DAYS, SEED = 16, 24, 5
CALM = Scenario([*PEOPLE.personas[:1]], arrivals=4)


def state_of(game: Game, who: str) -> dict[str, object]:
    """Return what somebody has come to, without the ids that depend on who else played."""
    wallet = game.points.balance(who)
    movements = game.points.transactions(who, page_size=100).items
    runs = {code: game.streaks.get(who, code) for code in ("daily", "weekly")}
    return {
        "wallet": (wallet.balance, wallet.total_earned, wallet.total_spent),
        "tier": [(each.code, each.achieved_at) for each in game.tiers.current(who).tier_history],
        "badges": sorted(
            (each.code, each.earned_at) for each in game.badges.list(who, earned_only=True).badges
        ),
        "streaks": {
            code: (run.current_count, run.longest_count, run.last_recorded_at, run.status)
            for code, run in runs.items()
        },
        "events": game.events.list(who, page_size=1).total,
        "movements": [(each.amount, each.balance_after, each.source) for each in movements],
    }


def live(catalog: Catalog, scenario: Scenario, path: Path | None = None) -> tuple[Engine, list[Life]]:
    """Send everybody's events through an engine, in the order of time."""
    game = world(catalog, DAYS, scenario)
    lives = [Life(game.cast, SEED, 0, each) for each in range(PLAYERS)]
    acts = [
        (act.at, place, n, act)
        for place, life in enumerate(lives)
        for n, act in enumerate(act for day in life.active for act in life.acts(game.cast, day))
    ]
    clock = ManualClock(moment(game.midnights[0]))
    engine = Engine(catalog, path, clock=clock)
    for life in lives:
        if life.zone is not None and life.active:
            engine.participants.upsert(life.name, timezone=life.zone)
    for at, place, _, act in sorted(acts, key=lambda each: each[:3]):
        clock.set(moment(at))
        if act.kind == "event":
            engine.events.emit(lives[place].name, act.name, act.properties)
    clock.set(moment(game.midnights[-1] - 1))
    return engine, lives


@pytest.mark.parametrize("scenario", [CALM, PEOPLE], ids=["one zone", "two zones"])
def test_a_season_is_decided_as_an_engine_decides(scenario: Scenario) -> None:
    """Everybody ends with the same points, tier, badges, streaks and movements, alone or in one engine."""
    game = world(APART, DAYS, scenario)
    engine, lives = live(APART, scenario)
    engine.settle()
    played = 0
    for life in lives:
        again = Life(game.cast, SEED, 0, int(life.name[1:]))
        if not again.active:
            continue
        played += 1
        with game.played(again, Person("x", again.arrived), 1) as (alone, _):
            mine = state_of(alone, life.name)
        assert mine == state_of(engine, life.name), life.name
    assert played > 10


def test_a_live_file_is_summed_up_as_its_simulation(tmp_path: Path) -> None:
    """A file that lived through a season, and the season simulated, amount to the same counts."""
    everyone = Scenario([PEOPLE.personas[0]], arrivals=0)
    engine, _ = live(SHARED, everyone, tmp_path / "game.db")
    with engine:
        engine.settle()
        told = summed_up(engine, "game.db")
    simulated = world(SHARED, DAYS, everyone).together(SEED, 0, PLAYERS)
    found = told.tallies[0]
    assert told.start == datetime(2026, 3, 23).date()  # noqa: DTZ001 - a date
    for name in ("amounts", "events", "badges", "ended", "running", "skipped"):
        mine, theirs = getattr(found, name), getattr(simulated, name)
        assert {key: _trimmed(value) for key, value in mine.items()} == {
            key: _trimmed(value) for key, value in theirs.items()
        }, name


def _trimmed(value: object) -> object:
    """Return days without the zeros at their end: a live file ends with its last activity."""
    if not isinstance(value, list):
        return value
    kept = list(value)
    while kept and not kept[-1]:
        kept.pop()
    return kept
