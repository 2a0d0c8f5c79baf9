"""A live file, summed up as a simulation is: the same words of the same outcomes, counted by the same tally."""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gamify_core.clock import instant_of, moment
from gamify_core.domain.zones import zone
from gamify_core.errors import GamifyError
from gamify_core.history.looking import rows_of
from gamify_core.road.wallet import MERGED
from gamify_core.simulation.cohorts import count
from gamify_core.simulation.results import Simulation
from gamify_core.simulation.tallies import Person, Tally, higher_rungs, lowest_rungs
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamify_core.game import Game
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.ledger import EntryRow

__all__ = ["summed_up"]

_AT_ONCE = 10_000
_MOST_DAYS = 36_500


def summed_up(game: Game, source: str, costs: Mapping[str, float] | None = None) -> Simulation:
    """Return what a game has come to, as a simulation with one repetition. Raises `GamifyError` for an empty one.

    Somebody arrives on the day of their first activity; everybody is of one persona, for nobody has said who they are.
    Who was merged into somebody else is that one person, from the first activity of either.
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
        names = _names(reader)
        whose = {number: one for one, numbers in names.items() for number in numbers}
        people: dict[int, Person] = {}
        arrived: dict[int, int] = {}

        def day_of(instant: int) -> int:
            return min(max(bisect_right(midnights, instant) - 1, 0), days - 1)

        for at, _, number, _ in rows:
            day = day_of(at)
            arrived[whose[number]] = min(arrived.get(whose[number], day), day)
        for one, day in sorted(arrived.items(), key=lambda pair: (pair[1], pair[0])):
            person = Person("everyone", day)
            people.update(dict.fromkeys(names[one], person))
            tally.arrive(person, lowest_rungs(catalog))
        for at, kind, number, outcome in rows:
            day = day_of(at)
            if not kind.endswith(".settled"):  # what time does is no sign of life
                tally.come(people[number], day)
            tally.take(people[number], day, kind, json.loads(outcome), people)
        currencies = ["points", *[each.code for each in catalog.currencies if each.code != "points"]]
        for one in sorted(arrived):
            balances = []
            for currency in currencies:
                head = reader.last(ENTRY, (one, currency))
                balances.append((currency, 0 if head is None else head.balance))
                if head is not None:
                    count(tally, currency, _movements(reader, names[one], currency), day_of)
            tally.leave(people[one], higher_rungs(catalog), balances)
    return Simulation(catalog, None, first, days, None, (tally,), source=source, costs=costs or {})


def _names(reader: Reader) -> dict[int, list[int]]:
    """Return of each person all the numbers under which their rows stand: several, of who was merged."""
    names: dict[int, list[int]] = {}
    for row in rows_of(reader, PARTICIPANT):
        names.setdefault(row.person or row.number, []).append(row.number)
    return names


def _movements(reader: Reader, numbers: list[int], currency: str) -> list[EntryRow]:
    """Return the movements of a person's wallets as of one, from the first on."""
    found = [row for number in numbers for row in reader.scan(ENTRY, None, (number, currency))]
    if len(numbers) > 1:  # what one wallet was poured into the other is there already, since it was issued
        found = [row for row in found if row.source != MERGED]
        found.sort(key=lambda row: (row.activity, row.ordinal))
    return found


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
