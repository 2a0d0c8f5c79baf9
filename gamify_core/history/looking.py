"""What every check of an audit looks with: one snapshot, read a stretch at a time, and what the seal says was done."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from gamify_core.history.report import Mismatch
from gamify_core.road.joined import own_numbers, the_one
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.road.plan import Plan
    from gamify_core.road.road import Road
    from gamify_core.storage.protocol import Key, Reader, Table
    from gamify_core.storage.unit import Unit

__all__ = ["AT_ONCE", "Check", "Look", "rows_of", "spelt"]

Row = TypeVar("Row", bound=tuple[Any, ...])

AT_ONCE = 1_000
_REMEMBERED = 20_000


def rows_of(reader: Reader | Unit, table: Table[Row]) -> Iterator[Row]:
    """Go through a table in key order, some rows at a time."""
    start: Key | None = None
    while True:
        rows = reader.scan(table, start=start, limit=AT_ONCE + 1)
        fresh = rows[1:] if start is not None else rows[:AT_ONCE]
        yield from fresh
        if len(rows) <= AT_ONCE:
            return
        start = rows[-1 if start is not None else AT_ONCE - 1][: table.key]


def spelt(*parts: object) -> str:
    """Return the name of a row, for people: its key."""
    return "/".join(str(part) for part in parts)


class Look:
    """One audit's view of the store.

    Checks share what was read of the sealed outcomes last, a bounded number of them: what wrote rows that stand beside
    each other is often one and the same.
    """

    def __init__(self, reader: Reader, road: Road, plan: Plan, advance: Callable[[int], None]) -> None:
        """Look at a snapshot; `advance` is told how many rows were read more."""
        self.reader = reader
        self.road = road
        self.plan = plan
        self.checked: Counter[str] = Counter()
        self.erased = 0
        self.said: Counter[str] = Counter()
        """How many effects of each kind the sealed outcomes tell, once the chain was gone through."""
        self.done: Counter[str] = Counter()
        """How many commands of each kind were sealed, and how many rows came of what else these tell."""
        self.versions: dict[tuple[str, str], int] = {}
        """The latest version of each definition that a sealed outcome tells of."""
        self.adopted: dict[int, tuple[str, str]] = {}
        """What catalogs come to and what they are made of, as their adoption or an edit sealed it, by their numbers."""
        self.multipliers: dict[int, frozenset[str]] = {}
        """The rewards of each catalog, by its number, that multiply points."""
        self._advance = advance
        self._told: OrderedDict[int, list[Words]] = OrderedDict()

    def rows(self, table: Table[Row]) -> Iterator[Row]:
        """Go through a table in key order."""
        count = 0
        for count, row in enumerate(rows_of(self.reader, table), 1):
            if not count % AT_ONCE:
                self._advance(AT_ONCE)
            yield row
        self._advance(count % AT_ONCE)
        self.checked[table.name] += count

    def chains(self, table: Table[Row], code: str) -> Iterator[tuple[list[Row], Iterator[Mismatch]]]:
        """Go through the chains of a table, each with what is wrong with its numbers."""
        width = table.key - 1
        for _, rows in groupby(self.rows(table), lambda row: row[:width]):
            chain = list(rows)
            yield chain, _gaps(chain, width, code)

    def tells_person(self, activity: int, tag: str, number: int, *words: object) -> bool:
        """Say whether an activity tells an effect of a participant, or of the person that they were merged into."""
        if self.tells(activity, tag, number, *words):
            return True
        who = self.reader.get(PARTICIPANT, (number,))
        if who is None or who.person is None:
            return False
        numbers = own_numbers(self.reader, the_one(self.reader, who))
        return any(self.tells(activity, tag, each, *words) for each in numbers)

    def count(self, code: str, table: Table[Any], said: int, there: int | None = None) -> Iterator[Mismatch]:
        """Compare how many rows of a table (all of it, or so many) are there with how many were said."""
        found = self.reader.count(table) if there is None else there
        if found != said:
            yield Mismatch(code, table.name, found, said)

    def outcome(self, activity: int) -> list[Words]:
        """Return the sealed outcome of an activity; there is none where there is no such activity."""
        told = self._told.get(activity)
        if told is None:
            row = self.reader.get(ACTIVITY, (activity,))
            told = self._told[activity] = _read(row.outcome) if row is not None else []
            if len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)
        return told

    def multiplies(self, activity: int, reward: str) -> bool:
        """Say whether a reward, as it was when an activity was decided, multiplies points."""
        row = self.reader.get(ACTIVITY, (activity,))
        return row is not None and reward in self.multipliers.get(row.catalog, ())

    def tells(self, activity: int, *words: object) -> bool:
        """Say whether an activity's outcome has an effect that these words begin, the cause (None) left open."""
        return any(
            len(told) >= len(words)
            and all(want is ... or want == have for want, have in zip(words, told, strict=False))
            for told in self.outcome(activity)
        )


Check = Callable[[Look], Iterator[Mismatch]]


def _gaps(chain: list[Row], width: int, code: str) -> Iterator[Mismatch]:
    for n, row in enumerate(chain, 1):
        if row[width] != n:
            yield Mismatch(code, spelt(*row[: width + 1]), row[width], n)
            return


def _read(outcome: str) -> list[Words]:
    try:
        told = json.loads(outcome)
    except ValueError:
        return []
    return [words for words in told if isinstance(words, list)] if isinstance(told, list) else []
