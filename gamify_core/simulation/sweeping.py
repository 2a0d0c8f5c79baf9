"""The same season under many settings: every parameter of a catalog, or of a scenario, by its path."""

from __future__ import annotations

import math
import traceback
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from copy import deepcopy
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import attrs

from gamify_core import border
from gamify_core.catalog import Catalog
from gamify_core.catalog.nearest import nearest
from gamify_core.catalog.parts import SECTIONS
from gamify_core.domain.expectations import measure
from gamify_core.errors import BadValue
from gamify_core.simulation.headlines import headlines
from gamify_core.simulation.inventing import BUILT_IN
from gamify_core.simulation.running import hired
from gamify_core.simulation.scenario import Giveaway, Persona, Scenario, ScenarioError
from gamify_core.simulation.simulating import CatalogLike, ScenarioLike, SimulationFailed, simulate
from gamify_core.simulation.tables import Table

if TYPE_CHECKING:
    from gamify_core.simulation.results import Simulation
    from gamify_core.simulation.running import Progress

__all__ = ["Point", "Sweep", "sweep"]


@attrs.frozen
class Point:
    """One setting, and what came of it: a result, or the error that its season failed with.

    `partial` is what the season came to before it failed, if it was played at all.
    """

    parameters: Mapping[str, object]
    result: Simulation | None
    error: str | None = None
    traceback: str | None = attrs.field(default=None, repr=False)
    partial: Simulation | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Sweep:
    """The points of a sweep, in the order in which they were asked for."""

    points: tuple[Point, ...]
    measures: tuple[str, ...]

    @property
    def failed(self) -> tuple[Point, ...]:
        """The points that have no result."""
        return tuple(point for point in self.points if point.result is None)

    @property
    def table(self) -> Table:
        """One row for each point and measure: the parameters, the measure, its value, interval and n."""
        names = tuple(dict.fromkeys(name for point in self.points for name in point.parameters))
        rows: list[tuple[Any, ...]] = []
        for point in self.points:
            given = tuple(point.parameters.get(name) for name in names)
            if point.result is None:
                rows.append((*given, None, None, None, None, 0, point.error))
                continue
            for text in self.measures:
                each = point.result.measure(text)
                numbers = [
                    None if math.isnan(value) else value for value in (each.value, each.low, each.high)
                ]
                rows.append((*given, text, *numbers, each.n, None))
        return Table((*names, "measure", "value", "low", "high", "n", "error"), rows)

    def __str__(self) -> str:
        """Return the table as text."""
        table = self.table
        lines = [[str(cell) for cell in table.columns]]
        lines += [
            [f"{cell:.4g}" if isinstance(cell, float) else "" if cell is None else str(cell) for cell in row]
            for row in table.rows
        ]
        widths = [max(len(line[place]) for line in lines) for place in range(len(table.columns))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )


_OF_PEOPLE: Final[Mapping[str, type | None]] = {
    "personas": Persona,
    "gifts": Giveaway,
    "codes": None,
    "costs": None,
    "arrivals": None,
    "players": None,
    "days": None,
}
"""The settings of a scenario, and of what those are made that have a name of their own."""


def sweep(  # noqa: PLR0913 - the settings of a simulation, all by name
    catalog: CatalogLike,
    over: Mapping[str, Sequence[object]],
    *,
    measures: Iterable[str] | None = None,
    grid: bool = True,
    players: int | None = None,
    days: int | None = None,
    seed: int = 0,
    scenario: ScenarioLike | None = None,
    replications: int = 1,
    workers: int | None = None,
    executor: Executor | None = None,
    start: date | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Simulate a catalog under every combination of some settings, all on the same luck.

    `over` maps paths to values: `{"rules.lesson.award": [5, 10], "ladders.tier.tiers.gold": [1000, 2000]}`, or of a
    scenario `"personas.casual.activity"`, `"personas.keen.retention.30"`, `"arrivals"`, `"players"`. With `grid=False`
    the lists go in step instead: first with first, and so on. A setting that makes no sound catalog, or whose season
    fails, is told among `points` (with the `partial` results that it had by then), and the sweep goes on.
    The other settings are those of `simulate`. Raises `BadValue` for a path that leads nowhere.

    >>> from gamify_core import Catalog, Rule
    >>> game = Catalog(rules=[Rule("lesson", on="lesson", award=10)])
    >>> found = sweep(game, {"rules.lesson.award": [5, 10]}, measures=["issued(points)"], players=10, days=10)
    >>> [row[0] * 2 for row in found.table.rows], found.table.rows[1][2] / found.table.rows[0][2]
    ([10, 20], 2.0)
    """
    border.flag(grid, "grid")
    base = catalog if isinstance(catalog, Catalog) else Catalog.load(catalog)
    people = (
        Scenario()
        if scenario is None
        else scenario
        if isinstance(scenario, Scenario)
        else Scenario.load(scenario)
    )
    names, lists = tuple(over), [list(values) for values in over.values()]
    if not grid and len({len(values) for values in lists}) > 1:
        detail = f"the lists are of different lengths: {', '.join(str(len(values)) for values in lists)}"
        raise BadValue("over", dict(over), detail, hint="or leave grid=True")
    combinations = list(product(*lists) if grid else zip(*lists, strict=True))
    for name, values in over.items():
        if not list(values):
            raise BadValue("over", name, f"{name!r} has no values", hint="give it some, as a list")
        with suppress(
            ScenarioError
        ):  # a path that is there, and a value that is not sound: a point that fails
            _set(deepcopy(base.to_dict()), people, name, values[0])
    points = []
    with hired(workers, executor) as hands:
        for place, values in enumerate(combinations):
            parameters = dict(zip(names, values, strict=True))
            points.append(
                _point(
                    base,
                    people,
                    parameters,
                    players=players,
                    days=days,
                    seed=seed,
                    replications=replications,
                    executor=hands,
                    start=start,
                )
            )
            if progress is not None:
                progress(place + 1, len(combinations))
    asked = tuple(str(measure(text)) for text in measures) if measures is not None else _headlines(points)
    return Sweep(tuple(points), asked)


def _point(base: Catalog, people: Scenario, parameters: Mapping[str, object], **settings: Any) -> Point:
    try:
        document: dict[str, Any] = deepcopy(base.to_dict())
        for name, value in parameters.items():
            document, people = _set(document, people, name, value)
            if name in ("players", "days"):
                settings[name] = None  # the scenario says so now
        changed = Catalog.from_dict({**document, "expect": dict(base.expect)})
        return Point(parameters, simulate(changed, scenario=people, **settings))
    except SimulationFailed as error:
        return Point(parameters, None, str(error), error.failures[0].traceback, error.partial)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        return Point(parameters, None, f"{type(error).__name__}: {error}", traceback.format_exc())


def _headlines(points: Iterable[Point]) -> tuple[str, ...]:
    for point in points:
        if point.result is not None:
            return tuple(str(estimate.measure) for _, estimate in headlines(point.result))
    return ()


def _set(
    document: dict[str, Any], people: Scenario, path: str, value: object
) -> tuple[dict[str, Any], Scenario]:
    """Return the catalog's document and the scenario with one setting changed."""
    first, *steps = path.split(".")
    if first in _OF_PEOPLE:
        return document, _scenario(people, path, first, steps, value)
    if not steps and first in ("timezone", "week_start"):
        return {**document, first: value}, people
    table: Any = document.get(first)
    if first not in SECTIONS or not table or len(steps) < 2:  # noqa: PLR2004 - whose, and what
        raise _nowhere(path, first, [*document, "personas"])
    codes = {each["code"]: each for each in table}
    if steps[0] not in codes:
        raise _nowhere(path, steps[0], list(codes))
    where = codes[steps[0]]
    known = [field.name for field in attrs.fields(SECTIONS[first])]
    if steps[1] not in known:
        raise _nowhere(path, steps[1], known)
    for step in steps[1:-1]:
        inner = where.setdefault(step, {})
        if not isinstance(inner, dict):
            raise _nowhere(path, step, list(where))
        where = inner
    if (
        isinstance(where.get(steps[-1]), dict)
        and "min_points" in where[steps[-1]]
        and not isinstance(value, Mapping)
    ):
        where[steps[-1]]["min_points"] = value  # a rung that has more to it than its threshold
    else:
        where[steps[-1]] = value
    return document, people


def _scenario(people: Scenario, path: str, first: str, steps: list[str], value: object) -> Scenario:
    """Return a scenario with one setting changed, however deep it is."""
    data: dict[str, Any] = deepcopy(attrs.evolve(people, personas=people.personas or BUILT_IN).to_dict())
    whose = _OF_PEOPLE[first]
    if whose is not None:
        if len(steps) < 2:  # noqa: PLR2004 - whose, and what
            raise _nowhere(path, first, list(_OF_PEOPLE))
        if steps[0] not in data[first]:
            raise _nowhere(path, steps[0], list(data[first]))
        known = [each.name for each in attrs.fields(whose)]
        if steps[1] not in known:
            raise _nowhere(path, steps[1], known)
    where = data
    for step in [first, *steps][:-1]:
        where = where.setdefault(step, {})
        if not isinstance(where, dict):
            raise _nowhere(path, step, list(data))
    where[steps[-1] if steps else first] = value
    return Scenario.from_dict(data)


def _nowhere(path: str, step: str, known: Sequence[str]) -> BadValue:
    there = step in known
    near = None if there else nearest(step, known)
    hint = f"did you mean {near!r}?" if near else "such as 'rules.lesson.award'"
    told = f"{step!r} is there, but no setting at the end of the path" if there else f"there is no {step!r}"
    return BadValue("over", path, f"{path!r} leads nowhere: {told}", hint=hint)
