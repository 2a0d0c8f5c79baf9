"""A simulation as tidy tables: one fact a row, the repetition first, days as dates."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from gamify_core.simulation.cohorts import stretch, triangle
from gamify_core.simulation.measuring import days_to_reach, stock_of, survivors, unit_of
from gamify_core.simulation.statistics import gini, quantile, wilson
from gamify_core.simulation.tallies import higher_rungs

if TYPE_CHECKING:
    from gamify_core.simulation.results import Simulation
    from gamify_core.simulation.tallies import Tally

__all__ = ["NAMES", "Table", "tables_of", "write_csv", "write_sqlite"]

Cell = int | float | str | None


class Table(NamedTuple):
    """Columns and rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


Rows = Iterator[tuple[Cell, ...]]


def tables_of(result: Simulation) -> dict[str, Table]:
    """Return all tables by their names."""
    made = {}
    for name, (columns, rows) in _TABLES.items():
        found = [(place, *row) for place, tally in enumerate(result.tallies) for row in rows(result, tally)]
        made[name] = Table(("replication", *columns), found)
    return made


def write_csv(tables: Mapping[str, Table], path: str) -> None:
    """Write each table into a file of its own, named after `path`."""
    stem, ending = os.path.splitext(path)  # noqa: PTH122 - as text
    for name, table in tables.items():
        with open(f"{stem}.{name}{ending}", "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - as above
            writer = csv.writer(file)
            writer.writerow(table.columns)
            writer.writerows(table.rows)


def write_sqlite(tables: Mapping[str, Table], path: str) -> None:
    """Write all tables into a SQLite file, in place of those that are there."""
    from gamify_core.storage.export import write_tables  # noqa: PLC0415 - only where such a file is wanted

    write_tables(path, tables)


def _date(result: Simulation, day: int) -> str:
    return (result.start + timedelta(days=day)).isoformat()


def _days(result: Simulation, tally: Tally) -> Rows:
    present, daily = tally.present(), tally.daily()
    for day in range(tally.days):
        yield _date(result, day), present[day], daily[day], sum(days[day] for days in tally.events.values())


def _flows(result: Simulation, tally: Tally) -> Rows:
    for (flow, currency, cause), amounts in sorted(tally.amounts.items()):
        counts = tally.counts[flow, currency, cause]
        told, unit = result.cause(cause), unit_of(result.catalog, currency)
        for day, (amount, count) in enumerate(zip(amounts, counts, strict=True)):
            if count:
                yield _date(result, day), currency, flow, told, count, _exactly(amount, unit)


def _supply(result: Simulation, tally: Tally) -> Rows:
    for currency in tally.currencies():
        unit = unit_of(result.catalog, currency)
        ways = [
            tally.supply(currency),
            *(tally.flow(way, currency) for way in ("issued", "spent", "expired")),
        ]
        for day in range(tally.days):
            yield _date(result, day), currency, *(_exactly(way[day], unit) for way in ways)


def _exactly(amount: int, unit: int) -> int | float:
    return amount if unit == 1 else amount / unit


def _cohorts(result: Simulation, tally: Tally) -> Rows:
    length = stretch(tally.days)
    for currency in tally.currencies():
        unit, found = unit_of(result.catalog, currency), triangle(tally, currency)
        for cohort, issued in enumerate(found.issued):
            for age, (spent, lapsed) in enumerate(
                zip(found.spent[cohort], found.lapsed[cohort], strict=True)
            ):
                amounts = (_exactly(each, unit) for each in (issued, spent, lapsed))
                yield currency, _date(result, cohort * length), age * length, *amounts


def _balances(result: Simulation, tally: Tally) -> Rows:
    for currency in tally.currencies():
        unit = unit_of(result.catalog, currency)
        for persona in (None, *sorted(tally.players)):
            held = tally.held(currency, persona)
            people = sum(held.values())
            mean = sum(value * many for value, many in held.items()) / people if people else 0.0
            parts = [_exactly(int(quantile(held, part)) if people else 0, unit) for part in (0.1, 0.5, 0.9)]
            yield currency, persona or "everyone", people, mean / unit, *parts, gini(held)


def _tiers(result: Simulation, tally: Tally) -> Rows:
    present = tally.present()
    for ladder in result.catalog.ladders:
        for tier in ladder.tiers:
            for day, held in enumerate(tally.holders(ladder.code, tier.code)):
                share = held / present[day] if present[day] else 0.0
                yield _date(result, day), ladder.code, tier.code, held, share


def _reached(result: Simulation, tally: Tally) -> Rows:
    for ladder, tier in higher_rungs(result.catalog):
        for day, waiting in enumerate(days_to_reach(tally, ladder, tier)[: tally.days]):
            yield ladder, tier, day, 1 - waiting


def _badges(result: Simulation, tally: Tally) -> Rows:
    for badge in result.catalog.badges:
        earned = sum(n for (code, _), n in tally.earners.items() if code == badge.code)
        yield badge.code, badge.rarity, earned, tally.population, *wilson(earned, tally.population)


def _streaks(result: Simulation, tally: Tally) -> Rows:
    for streak in result.catalog.streaks:
        if streak.code in tally.ended or streak.code in tally.running:
            for length, share in enumerate(survivors(tally, streak.code), 1):
                yield streak.code, length, share


def _rewards(result: Simulation, tally: Tally) -> Rows:
    for reward in result.catalog.rewards:
        claims = tally.claims.get(reward.code, [0] * tally.days)
        left = stock_of(tally, result.catalog, reward.code)
        for day, claimed in enumerate(claims):
            refused = sum(days[day] for (code, _), days in tally.refused.items() if code == reward.code)
            yield _date(result, day), reward.code, claimed, refused, None if left is None else left[day]


def _retention(_result: Simulation, tally: Tally) -> Rows:
    watched = tally.watched_at_age()
    for age, seen in enumerate(tally.seen_at_age):
        if watched[age]:
            yield age, seen, watched[age], seen / watched[age]


def _skipped(_result: Simulation, tally: Tally) -> Rows:
    for (cause, effect, code), times in sorted(tally.skipped.items()):
        yield cause, effect, code, times


def _players(_result: Simulation, tally: Tally) -> Rows:
    yield from sorted(tally.players.items())


_TABLES: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Simulation, Tally], Rows]]]] = {
    "players": (("persona", "players"), _players),
    "days": (("date", "present", "active", "events"), _days),
    "flows": (("date", "currency", "flow", "cause", "count", "amount"), _flows),
    "supply": (("date", "currency", "supply", "issued", "spent", "expired"), _supply),
    "cohorts": (("currency", "issued_from", "days_after", "issued", "spent", "expired"), _cohorts),
    "balances": (("currency", "persona", "players", "mean", "p10", "p50", "p90", "gini"), _balances),
    "tiers": (("date", "ladder", "tier", "holders", "share"), _tiers),
    "reached": (("ladder", "tier", "days_after_arrival", "share"), _reached),
    "badges": (("badge", "rarity", "earners", "players", "share", "low", "high"), _badges),
    "streaks": (("streak", "length", "share"), _streaks),
    "rewards": (("date", "reward", "claims", "refused", "left"), _rewards),
    "retention": (("days_after_arrival", "active", "watched", "share"), _retention),
    "skipped": (("cause", "effect", "code", "times"), _skipped),
}

NAMES: Final = frozenset(_TABLES)
"""What the tables of every season are called."""
