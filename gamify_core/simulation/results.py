"""What a simulation answers with: numbers with their intervals, tables, goals, and a page to send to a colleague."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from gamify_core.catalog.expected import unknown_in
from gamify_core.catalog.nearest import nearest
from gamify_core.domain.expectations import Expectation, Measure, expectation, measure
from gamify_core.errors import BadValue
from gamify_core.simulation.measuring import Value, value_of
from gamify_core.simulation.statistics import log_interval, logit_interval, wilson
from gamify_core.simulation.tables import Table, tables_of
from gamify_core.simulation.tallies import Tally

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.simulation.running import Failure
    from gamify_core.simulation.scenario import Scenario

__all__ = ["Estimate", "Goal", "Simulation"]


@attrs.frozen
class Estimate:
    """A number with its 95 % interval, and what it was told from.

    `n` repetitions give a t-interval that keeps to the bounds of the number (on the logit of a share, on the logarithm
    of what cannot be below zero; `simulation.statistics` names the sources); one alone gives a Wilson interval where
    the number is a share of participants, and none (NaN) where it is not: run more of them.
    """

    measure: Measure
    value: float
    low: float
    high: float
    n: int
    values: tuple[float, ...] = attrs.field(repr=False)

    def __str__(self) -> str:
        """Return the number as people write it, with its interval where it has one."""
        shown = spelt(self.value, share=self.measure.share)
        if math.isnan(self.low):
            return shown
        return f"{shown} [{spelt(self.low, share=self.measure.share)} – {spelt(self.high, share=self.measure.share)}]"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "measure": str(self.measure),
            **{name: plain(getattr(self, name)) for name in ("value", "low", "high", "n")},
        }


@attrs.frozen
class Goal:
    """An expectation and what came of it."""

    expected: Expectation
    estimate: Estimate

    @property
    def met(self) -> bool:
        """Whether the number lies where it should; one that cannot be told does not."""
        return self.expected.span.holds(self.estimate.value)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {**self.estimate.to_dict(), "wanted": self.expected.span.text, "met": self.met}

    def __str__(self) -> str:
        """Return one line."""
        sign = "met   " if self.met else "MISSED"
        found = (
            "unknown: there is nothing to tell it from" if math.isnan(self.estimate.value) else self.estimate
        )
        return f"{sign} {self.expected.measure} is {found}, wanted {self.expected.span.text}"


@attrs.define(eq=False, slots=False)
class Simulation:
    """A season that was simulated (or, `source` says so, a live one that was summed up).

    `coupling` names what is shared by all participants, so that they had to be played together; empty where each was
    played alone. `failures` are the repetitions that failed; numbers are told from the others. `costs` are what a unit
    of each currency costs when it is spent, where somebody has said so.
    """

    catalog: Catalog = attrs.field(repr=False)
    scenario: Scenario | None = attrs.field(repr=False)
    start: date
    days: int
    seed: int | None
    tallies: tuple[Tally, ...] = attrs.field(repr=False)
    coupling: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    source: str = "simulation"
    stopped: tuple[int | None, ...] = ()
    costs: Mapping[str, float] = attrs.field(factory=dict, repr=False)

    @property
    def players(self) -> int:
        """How many participants a repetition has."""
        return self.tallies[0].population if self.tallies else 0

    @property
    def n(self) -> int:
        """How many repetitions there are numbers of."""
        return len(self.tallies)

    def cause(self, cause: str) -> str:
        """Return what brought something about by the name that the scenario has for it: a gift has an id elsewhere."""
        place = cause.removeprefix("gift:gift_")
        gifts = self.scenario.gifts if self.scenario is not None else ()
        if place != cause and place.isdecimal() and 1 <= int(place) <= len(gifts):
            return f"gift:{gifts[int(place) - 1].code}"
        return cause

    @property
    def partial(self) -> Simulation | None:
        """What the repetitions that failed had come to by then, of some people or some days; None if nothing."""
        tallies = tuple(each.tally for each in self.failures if each.tally is not None)
        return attrs.evolve(self, tallies=tallies, stopped=()) if tallies else None

    def measure(self, text: str | Measure) -> Estimate:
        """Return what a measure comes to: `result.measure("share(tier.gold, day=30)")`. Raises `BadValue`."""
        asked = text if isinstance(text, Measure) else measure(text)
        if told := unknown_in(self.catalog, asked):
            raise BadValue("measure", str(asked), told[0], hint=told[1])
        if text is not asked and asked.persona is not None and self.source == "simulation":
            self._check_persona(asked.persona)
        found = [value_of(tally, self.catalog, asked) for tally in self.tallies]
        values = tuple(each.value for each in found)
        if not values:
            return Estimate(asked, math.nan, math.nan, math.nan, 0, ())
        return Estimate(asked, *_told(asked, found), len(values), values)

    def _check_persona(self, name: str) -> None:
        played = sorted({persona for tally in self.tallies for persona in tally.players})
        if name not in played:
            near = nearest(name, played)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(played)}"
            raise BadValue("measure", name, f"no persona {name!r} has played", hint=hint)

    def goals(self, expect: Mapping[str, str] | None = None) -> list[Goal]:
        """Return what came of the catalog's `[expect]`, or of other expectations. Raises `BadValue`."""
        pairs = self.catalog.expect if expect is None else tuple(expect.items())
        return [Goal(one, self.measure(one.measure)) for one in (expectation(*pair) for pair in pairs)]

    def assert_probability(self, text: str, wanted: str, *, at_least: float = 0.95) -> float:
        """Fail unless a measure lies where it should in so many of the repetitions; return in how many it does.

        The budget guard of a unit test: `result.assert_probability("issued(points)", "<= 2,000,000", at_least=0.9)`.
        Raises `AssertionError`, which tells the number of each repetition that lies elsewhere, and `BadValue`.
        """
        expected = expectation(text, wanted)
        if isinstance(at_least, bool) or not isinstance(at_least, int | float) or not 0 < at_least <= 1:
            detail = f"at_least is {at_least!r}, not a share of the repetitions"
            raise BadValue("at_least", at_least, detail, hint="write 0.95, say")
        values = self.measure(expected.measure).values
        outside = [
            spelt(value, share=expected.measure.share) for value in values if not expected.span.holds(value)
        ]
        share = 1 - len(outside) / len(values) if values else 0.0
        if share < at_least:
            told = f"{expected.measure} was {wanted} in {len(values) - len(outside)} of {len(values)} repetitions"
            seed = f", seed {self.seed}" if self.seed is not None else ""
            raise AssertionError(f"{told}, not in {at_least:.0%} of them{seed}: {', '.join(outside[:10])}")
        return share

    def to_dict(self) -> dict[str, object]:
        """Return the headlines and the goals as plain JSON; what cannot be told is null, what never happens "never".

        Where there are `costs`, the liability of each currency is among it.
        """
        from gamify_core.simulation.headlines import headlines  # noqa: PLC0415 - as the page
        from gamify_core.simulation.liabilities import liabilities  # noqa: PLC0415 - as the page

        owed = {"liabilities": [each.to_dict() for each in liabilities(self)]} if self.costs else {}
        return {
            "source": self.source,
            "players": self.players,
            "days": self.days,
            "start": self.start.isoformat(),
            "seed": self.seed,
            "replications": self.n,
            "catalog": self.catalog.fingerprint,
            "coupling": list(self.coupling),
            "stopped": list(self.stopped),
            "headlines": [{"label": label, **each.to_dict()} for label, each in headlines(self)],
            **owed,
            "goals": [goal.to_dict() for goal in self.goals()],
            "failures": [{"replication": one.replication, "error": one.error} for one in self.failures],
        }

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """All tables by name: `result.tables["flows"]`; each row begins with its repetition."""
        return tables_of(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything: `.html` is one page that opens offline, `.db` a SQLite file, `.csv` a table a file.

        The tables of `season.csv` become `season.flows.csv`, `season.balances.csv`, and so on. A SQLite file that holds
        anything else than a season, such as a game, is left alone. Raises `BadValue`.
        """
        from gamify_core.simulation.saving import save  # noqa: PLC0415 - only where something is to be written

        save(self, path)

    def to_pandas(self, table: str) -> Any:
        """Return a table as a pandas DataFrame, where pandas is installed."""
        import pandas as pd  # type: ignore[import-untyped, import-not-found, unused-ignore]  # noqa: PLC0415 - the user's own

        return pd.DataFrame(self._table(table).rows, columns=self._table(table).columns)

    def to_polars(self, table: str) -> Any:
        """Return a table as a polars DataFrame, where polars is installed."""
        import polars as pl  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - the user's own

        return pl.DataFrame(self._table(table).rows, schema=self._table(table).columns, orient="row")

    def _table(self, name: str) -> Table:
        if name not in self.tables:
            detail = f"there is no table {name!r}"
            raise BadValue("table", name, detail, hint=f"there are {', '.join(self.tables)}")
        return self.tables[name]

    def __str__(self) -> str:
        """Return the headlines."""
        from gamify_core.simulation.headlines import lines_of  # noqa: PLC0415 - as the page

        return "\n".join(lines_of(self))


def _told(asked: Measure, found: Sequence[Value]) -> tuple[float, float, float]:
    """Return a number and its interval, as what is asked for allows."""
    values = [each.value for each in found]
    hits = [each.hits for each in found if each.hits is not None]
    if len(hits) == len(found) and (len(found) == 1 or len(set(values)) == 1):
        # Of repetitions that are all alike (nobody ever, or everybody) the participants of all of them still tell
        return wilson(sum(hits), sum(each.of for each in found))
    return (logit_interval if asked.bounded else log_interval)(values)


def plain(value: float) -> float | str | None:
    """Return a number as JSON knows it: what cannot be told is null, what never comes is "never"."""
    return None if math.isnan(value) else spelt(value) if math.isinf(value) else value


def spelt(value: float, *, share: bool = False) -> str:
    """Return a number as people write it: 7.3 %, 1,204, 0.42, never."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "never" if value > 0 else "-∞"
    if share:
        return f"{100 * value:z.1f} %"
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004 - three figures tell enough
        return f"{value:,.0f}"
    return f"{value:z.2f}" if abs(value) < 10 else f"{value:.1f}"  # noqa: PLR2004 - as above
