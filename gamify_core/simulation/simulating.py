"""`simulate`: a season before anybody has met the rules."""

from __future__ import annotations

import os
from concurrent.futures import Executor
from datetime import date
from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.catalog import Catalog
from gamify_core.catalog.expected import unknown_in
from gamify_core.domain.expectations import MEASURES, Expectation, expectation
from gamify_core.errors import BadValue, GamifyError
from gamify_core.simulation.coupling import coupling
from gamify_core.simulation.inventing import mix_of
from gamify_core.simulation.measuring import value_of
from gamify_core.simulation.results import Simulation
from gamify_core.simulation.running import Failure, Plan, Progress, hired, run
from gamify_core.simulation.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamify_core.simulation.tallies import Tally

__all__ = ["SimulationFailed", "plan_of", "simulate"]

PLAYERS, DAYS, START = 1000, 90, date(2026, 1, 5)
"""Where neither the call nor the scenario says; the first day is a Monday."""

_MOST_DAYS = 36_500
_SEEDS = 2**63 - 1
CatalogLike = Catalog | str | os.PathLike[str]
ScenarioLike = Scenario | str | os.PathLike[str]


class SimulationFailed(GamifyError):
    """Every repetition failed; `failures` says how, `partial` is what they had come to by then (or None)."""

    code = "simulation_failed"

    def __init__(self, failures: Sequence[Failure], partial: Simulation | None) -> None:
        first = failures[0]
        detail = f"all repetitions failed; the first with {first.error}"
        super().__init__(detail, hint=first.traceback.strip()[-600:])
        self.failures: tuple[Failure, ...] = tuple(failures)
        self.partial = partial


def simulate(  # noqa: PLR0913 - the settings of a simulation, all by name
    catalog: CatalogLike,
    *,
    players: int | None = None,
    days: int | None = None,
    seed: int = 0,
    scenario: ScenarioLike | None = None,
    replications: int = 1,
    workers: int | None = None,
    executor: Executor | None = None,
    until: str | tuple[str, str] | None = None,
    start: date | None = None,
    progress: Progress | None = None,
) -> Simulation:
    """Let invented participants play a catalog for some days, by the same rules as real ones.

    Without a `scenario` three plain personas play (casual, regular, devoted), and send the events that the catalog
    knows; a `Scenario`, or the path of a TOML file, says more. The same seed gives the same bytes, whatever the number
    of `workers` (processes of our own) or whichever `executor` (any of `concurrent.futures`, such as Dask's; it stays
    yours) shares the work. `replications` seasons with luck of their own give numbers with intervals.
    `until` ends a season on the first day on which a measure lies in a span: `("supply(points)", ">= 100,000")`.
    `progress(done, of)` is told how far it is, in participants.

    A repetition that fails is among `failures`, and the others count; `result.partial` is what the failed ones had
    come to. If all fail, `SimulationFailed` is raised, which has that too.
    Raises `CatalogError`, `ScenarioError`, `BadValue`.

    >>> from gamify_core import Catalog, Rule
    >>> result = simulate(Catalog(rules=[Rule("lesson", on="lesson", award=10)]), players=50, days=30, seed=1)
    >>> result.players, result.measure("issued(points)").value == 10 * result.measure("events()").value
    (50, True)
    """
    plan = plan_of(catalog, players=players, days=days, seed=seed, scenario=scenario, start=start)
    border.whole(replications, "replications", 1, 10_000)
    if workers is not None:
        border.whole(workers, "workers", 1, 1024)
    stop = _stop(until)
    if stop is not None and (told := unknown_in(plan.catalog, stop.measure)):
        raise BadValue("until", str(stop.measure), told[0], hint=told[1])
    with hired(workers, executor) as hands:
        tallies, failures = run(plan, range(replications), hands, progress)
        stopped: dict[int, int | None] = dict.fromkeys(tallies)
        if stop is not None:
            for replication, tally in list(tallies.items()):
                day = _first_day(tally, plan.catalog, stop)
                if day is not None:
                    # The days before do not depend on those after, so the season is the same, and shorter
                    again, failed = run(plan._replace(days=day), [replication], hands)
                    tallies.update(again)
                    failures += failed
                    stopped[replication] = day
    order = sorted(tallies)
    result = Simulation(
        plan.catalog,
        plan.scenario,
        plan.start,
        max([tally.days for tally in tallies.values()], default=plan.days),
        plan.seed,
        tuple(tallies[each] for each in order),
        coupling(plan.catalog, plan.scenario),
        tuple(failures),
        stopped=tuple(stopped[each] for each in order),
        costs=plan.scenario.costs,
    )
    if not tallies:
        raise SimulationFailed(result.failures, result.partial)
    return result


def plan_of(  # noqa: PLR0913 - as above
    catalog: CatalogLike,
    *,
    players: int | None,
    days: int | None,
    seed: int,
    scenario: ScenarioLike | None,
    start: date | None,
) -> Plan:
    """Return what is to be played, checked."""
    chosen = catalog if isinstance(catalog, Catalog) else Catalog.load(_path(catalog, "catalog", "Catalog"))
    people = scenario if isinstance(scenario, Scenario) else None
    if scenario is not None and people is None:
        people = Scenario.load(_path(scenario, "scenario", "Scenario"))
    people = people or Scenario()
    if players is not None:
        border.whole(players, "players", 1, 10_000_000)
    if days is not None:
        border.whole(days, "days", 1, _MOST_DAYS)
    border.whole(seed, "seed", -_SEEDS, _SEEDS)
    if start is not None and type(start) is not date:
        detail = f"start must be a date, not {type(start).__name__}"
        raise BadValue("start", start, detail, hint="date(2026, 1, 5)")
    people.check_against(chosen, None if isinstance(scenario, Scenario) else scenario)
    _check_something(chosen, people)
    return Plan(
        chosen,
        people,
        start or people.start or START,
        days or people.days or DAYS,
        players or people.players or PLAYERS,
        seed,
        bool(coupling(chosen, people)),
    )


def _check_something(catalog: Catalog, scenario: Scenario) -> None:
    """Refuse a catalog that leaves everybody idle."""
    said = any(persona.events for persona in scenario.personas)
    if not said and not mix_of(catalog) and not catalog.streaks:
        detail = "the catalog knows no events, so there is nothing that anybody could do"
        raise BadValue("catalog", catalog.name, detail, hint="declare some, or name them in a scenario")


def _path(value: object, field: str, kind: str) -> str | os.PathLike[str]:
    if isinstance(value, str | os.PathLike):
        return value
    detail = f"{field} must be a {kind} or a path, not {type(value).__name__}"
    raise BadValue(field, value, detail)


def _stop(until: object) -> Expectation | None:
    if until is None:
        return None
    asked, seen, wanted = "", "", ""
    if isinstance(until, tuple | list) and len(until) == 2:  # noqa: PLR2004 - a measure and a span
        asked, seen, wanted = until[0], "", until[1]
    elif isinstance(until, str):
        signs = (until.partition(sign) for sign in (">=", "<=", ">", "<"))
        asked, seen, wanted = next((each for each in signs if each[1]), ("", "", ""))
    if asked:
        stop = expectation(asked, seen + wanted)
        if stop.measure.name == "retention" or "day" not in MEASURES[stop.measure.name].options:
            detail = f"{stop.measure.name} is not told day by day"
            raise BadValue(
                "until", until, detail, hint="supply, issued, spent, claims, dau, events and share are"
            )
        return stop
    detail = f"until is {until!r:.60}, not a measure and a span"
    raise BadValue("until", until, detail, hint="write 'supply(points) >= 100,000'")


def _first_day(tally: Tally, catalog: Catalog, stop: Expectation) -> int | None:
    """Return the number of the first day at whose end it is so."""
    for day in range(1, tally.days + 1):
        asked = stop.measure._replace(day=day)
        if stop.span.holds(value_of(tally, catalog, asked).value):
            return day
    return None
