"""A live file, summed up as a simulation is: the same words of the same outcomes, counted by the same tally."""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gamify_core.clock import instant_of, moment
from gamify_core.domain.zones import zone
from gamify_core.errors import GamifyError
from gamify_core.simulation.cohorts import count
from gamify_core.simulation.results import Simulation
from gamify_core.simulation.tallies import Person, Tally, higher_rungs, lowest_rungs
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.ledger import ENTRY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamify_core.game import Game
    from gamify_core.storage.protocol import Reader

__all__ = ["summed_up"]

_AT_ONCE = 10_000
_MOST_DAYS = 36_500


def summed_up(game: Game, source: str, costs: Mapping[str, float] | None = None) -> Simulation:
    """Return what a game has come to, as a simulation with one repetition. Raises `GamifyError` for an empty one.

    Somebody arrives on the day of their first activity; everybody is of one persona, for nobody has said who they are.
    `costs` are those of a scenario.
    """
    access = game._access  # noqa: SLF001 - a reading of the whole store, below what services answer
    catalog = game.catalog
    with access.read() as reader:
        rows = _activities(reader)
        if not rows:
            detail = f"nothing has happened in {source} yet"
            raise GamifyError(detail, hint="gamify run feeds recorded events into it")
        home = zone(catalog.timezone)
        first = moment(min(row[0] for row in rows)).astimezone(home).date()
        last = moment(max(row[0] for row in rows)).astimezone(home).date()
        days = min((last - first).days + 1, _MOST_DAYS)
        midnight = datetime(first.year, first.month, first.day, tzinfo=home)
        midnights = [instant_of(midnight + timedelta(days=day)) for day in range(days + 1)]
        tally = Tally(days)
        people: dict[int, Person] = {}
        arrived: dict[int, int] = {}

        def day_of(instant: int) -> int:
            return min(max(bisect_right(midnights, instant) - 1, 0), days - 1)

        for at, _, number, _ in rows:
            day = day_of(at)
            arrived[number] = min(arrived.get(number, day), day)
        for number, day in sorted(arrived.items(), key=lambda pair: (pair[1], pair[0])):
            people[number] = Person("everyone", day)
            tally.arrive(people[number], lowest_rungs(catalog))
        for at, kind, number, outcome in rows:
            day = day_of(at)
            if not kind.endswith(".settled"):  # what time does is no sign of life
                tally.come(people[number], day)
            tally.take(people[number], day, kind, json.loads(outcome), people)
        currencies = ["points", *[each.code for each in catalog.currencies if each.code != "points"]]
        for number, person in sorted(people.items()):
            balances = []
            for currency in currencies:
                head = reader.last(ENTRY, (number, currency))
                balances.append((currency, 0 if head is None else head.balance))
                if head is not None:
                    count(tally, currency, reader.scan(ENTRY, None, head[:2]), day_of)
            tally.leave(person, higher_rungs(catalog), balances)
    return Simulation(catalog, None, first, days, None, (tally,), source=source, costs=costs or {})


def _activities(reader: Reader) -> list[tuple[int, str, int, str]]:
    """Return when each activity about somebody occurred, its kind, whom it is about, and its outcome."""
    found = []
    following = 1
    while rows := reader.scan(ACTIVITY, None, start=(following,), limit=_AT_ONCE):
        found += [
            (row.occurred_at, row.kind, row.participant, row.outcome)
            for row in rows
            if row.participant is not None
        ]
        following = rows[-1].seq + 1
    return found
