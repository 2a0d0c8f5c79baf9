"""The same seed gives the same bytes: whoever shares the work, and in however many parts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import Catalog, Scenario, simulate
from gamify_core.simulation import Simulation
from gamify_core.simulation.report import html_of
from gamify_core.simulation.running import Plan, run
from gamify_core.simulation.tallies import Tally
from tests.simulation.games import APART, PEOPLE, SHARED, START, world

PLAYERS, DAYS, SEED = 24, 21, 7


def plan_of(catalog: Catalog) -> Plan:
    """Return a small season."""
    return Plan(catalog, PEOPLE, START, DAYS, PLAYERS, SEED, together=catalog is SHARED)


@pytest.fixture(scope="module")
def whole() -> dict[int, Tally]:
    """Play two repetitions in one part each."""
    tallies, failures = run(plan_of(APART), range(2), None, block=PLAYERS)
    assert not failures
    return tallies


@pytest.mark.parametrize("shards", [2, 8, 24])
def test_how_many_parts_does_not_matter(whole: dict[int, Tally], shards: int) -> None:
    """One, two, eight parts, or one for each participant, add up to equal tallies."""
    tallies, _ = run(plan_of(APART), range(2), None, block=PLAYERS // shards)
    assert tallies == whole


def test_an_executor_does_not_matter(whole: dict[int, Tally]) -> None:
    """Threads of the caller's own give equal tallies, and are not shut down."""
    with ThreadPoolExecutor(2) as pool:
        tallies, _ = run(plan_of(APART), range(2), pool, block=5)
        assert pool.submit(lambda: 1).result() == 1
    assert tallies == whole


def test_processes_do_not_matter() -> None:
    """Two processes of our own write the same page, byte for byte, as this one alone."""
    settings: dict[str, Any] = {
        "players": PLAYERS,
        "days": DAYS,
        "seed": SEED,
        "scenario": PEOPLE,
        "replications": 2,
    }
    here, there = simulate(SHARED, **settings), simulate(SHARED, **settings, workers=2)
    assert html_of(here) == html_of(there)
    assert repr(here.tables) == repr(there.tables)


def test_another_seed_is_another_season() -> None:
    """Neither seeds nor repetitions share their luck."""
    seasons = [simulate(APART, players=10, days=10, seed=seed, replications=2) for seed in (1, 2)]
    tallies = [tally for season in seasons for tally in season.tallies]
    assert all(one != other for place, one in enumerate(tallies) for other in tallies[place + 1 :])


@settings(max_examples=8)
@given(st.integers(1, 23), st.integers(0, 3))
def test_who_else_plays_does_not_matter(cut: int, seed: int) -> None:
    """Where nothing is shared, two halves of the participants add up to the whole, wherever it is cut."""
    game = world(APART, 6)
    both = game.one_by_one(seed, 0, 0, cut)
    both.add(game.one_by_one(seed, 0, cut, PLAYERS))
    assert both == game.one_by_one(seed, 0, 0, PLAYERS)


def test_a_shorter_season_is_the_beginning_of_a_longer_one() -> None:
    """What happens on a day does not depend on how long the season goes on."""
    slow = Scenario(PEOPLE.personas, arrivals=15)
    for catalog, scenario in ((APART, PEOPLE), (APART, slow), (SHARED, slow)):
        short, long = (
            simulate(catalog, players=12, days=days, seed=3, scenario=scenario) for days in (8, 20)
        )
        assert_beginning(short, long)


def assert_beginning(short: Simulation, long: Simulation) -> None:
    """Hold the days of one against the first days of another."""
    one, other = short.tallies[0], long.tallies[0]
    assert one.supply("points") == other.supply("points")[: one.days]
    assert one.daily() == other.daily()[: one.days]
    assert one.present() == other.present()[: one.days]
