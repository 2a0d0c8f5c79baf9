"""A table of a board that is open for reading: one order, three ways to number it.

The entry key is (score in the board's direction, when it was reached, participant id). Competition rank is one more
than the number of better scores (1, 1, 3), dense one more than the number of *distinct* better scores (1, 1, 2),
ordinal one more than the number of better keys (1, 2, 3). Percentile is 100·(N − rank)/N to one decimal, on the
competition rank whatever the board's own, so equal scores share it; alone on a board one is at 0.0.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import attrs

from gamify_core.domain.decimals import exact
from gamify_core.domain.periods import rolling
from gamify_core.road.meters import DAILY
from gamify_core.services.board_answers import Change, Entry, Rank
from gamify_core.services.instances import open_instance, place_of
from gamify_core.services.orders import (
    Kept,
    Order,
    Scanned,
    Stretch,
    down_of,
    key_of,
    morning_key,
    rank_of,
)
from gamify_core.services.reading import window_at
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.catalog import Leaderboard
    from gamify_core.road.compiled import Tracker
    from gamify_core.road.plan import Plan
    from gamify_core.services.access import Access
    from gamify_core.services.instances import Instance, Place
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.metrics import MetricRow

__all__ = ["Board", "Way", "as_adopted", "open_board", "rank_in", "way_to"]


class Board:
    """A table of a leaderboard, open for reading within one snapshot."""

    def __init__(
        self, access: Access, reader: Reader, plan: Plan, definition: Leaderboard, instance: Instance
    ) -> None:
        """Open the board."""
        self.access = access
        self.reader = reader
        self.definition = definition
        self.order: Order = instance.order
        self.scale: int = plan.scale(definition.metric)
        self._instance = instance

    @cached_property
    def previous(self) -> Order | None:
        """The period before, which `change` compares with; None for all time."""
        return self._instance.earlier() if self._instance.earlier is not None else None

    @cached_property
    def _begun(self) -> bool:
        """Whether there was anything before that can be compared with."""
        if self.previous is not None:
            return self._instance.begun()
        return self.order.begun_on(self._day)

    @cached_property
    def _final(self) -> bool:
        due = self._instance.place.due
        return due is not None and due <= self.access.road.now()[0]

    @cached_property
    def _day(self) -> int:
        return DAILY.label(self.access.road.now()[0], self._instance.place.tracker.zone)

    @cached_property
    def _nothing_moved(self) -> bool:
        """Whether the board is for all time and as it was when today began."""
        return self.previous is None and not self.order.moved_on(self._day)

    def total(self) -> int:
        """Return how many are on the board."""
        return self.order.total()

    def entries(self, first: int, length: int, *, change: bool = True) -> list[Entry]:
        """Return a stretch of the board; ranks inside it follow from the first by counting ties."""
        return self.listed(self.order.slice(first, length), first, change=change)

    def beside(self, row: MetricRow, place: int, first: int, length: int, *, change: bool) -> list[Entry]:
        """Return the stretch from a place on that holds an entry, which is at `place`."""
        return self.listed(self.order.beside(key_of(row), place - first, length), first, change=change)

    def listed(self, rows: list[MetricRow], first: int, *, change: bool = True) -> list[Entry]:
        """Return rows that follow each other from a place on as entries."""
        if not rows:
            return []
        ranks = self._ranks(rows, first)
        changes = self._changes(rows, first, ranks) if change else [None] * len(rows)
        people = self.reader.get_many(PARTICIPANT, [(row.participant,) for row in rows])
        return [
            Entry(rank, row.tie or "", exact(row.value, self.scale), moved, who.display_name if who else None)
            for rank, row, moved, who in zip(ranks, rows, changes, people, strict=True)
        ]

    def _ranks(self, rows: list[MetricRow], first: int) -> list[int]:
        """Return the ranks of rows that follow each other: asked for the first, and counted from there."""
        ties = self.definition.ties
        if ties == "ordinal":
            return list(range(first + 1, first + len(rows) + 1))
        rank, down = self._numbered(rows[0]) if first else 1, rows[0].down
        ranks = []
        for place, row in enumerate(rows, first):
            if row.down != down:
                rank, down = rank + 1 if ties == "dense" else place + 1, row.down
            ranks.append(rank)
        return ranks

    def name_of(self, row: MetricRow) -> str | None:
        """Return the name under which whoever has an entry is shown."""
        person = self.reader.get(PARTICIPANT, (row.participant,))
        return person.display_name if person is not None else None

    def entry(self, participant_id: str) -> MetricRow | None:
        """Return the entry of a participant, or None."""
        person = self.access.person(self.reader, participant_id)
        return self.order.entry(person.number) if person is not None else None

    def rank(self, participant_id: str) -> Rank:
        """Return where a participant stands."""
        found = _rank(self.order, self.definition, participant_id, self.entry(participant_id), self.scale)
        return attrs.evolve(found, is_final=True) if self._final else found

    def among(self, people: Iterable[str]) -> tuple[list[Entry], list[str]]:
        """Return those of some people who are on the board, in its order, and those who are not."""
        pairs = [(who, self.entry(who)) for who in dict.fromkeys(people)]
        rows = sorted((row for _, row in pairs if row is not None), key=key_of)
        own = Scanned(rows)
        found = [
            Entry(
                rank_of(own, self.definition.ties, row),
                row.tie or "",
                exact(row.value, self.scale),
                None,
                self.name_of(row),
                self._numbered(row),
            )
            for row in rows
        ]
        return found, [who for who, row in pairs if row is None]

    def _numbered(self, row: MetricRow) -> int:
        return rank_of(self.order, self.definition.ties, row)

    # -- what changed -----------------------------------------------------------------------------------------

    def _changes(self, rows: list[MetricRow], first: int, ranks: list[int]) -> list[Change | None]:
        """Return for each row how its rank compares with the one that it had before."""
        if self._nothing_moved:
            return ["same"] * len(rows)
        if self.previous is not None:
            before = self._in_the_period_before(rows, self.previous)
        else:
            before = self._this_morning(rows, first, ranks[0])
        return [self._compared(then, now) for then, now in zip(before, ranks, strict=True)]

    def _compared(self, before: int | None, rank: int) -> Change | None:
        if before is None:
            return "new" if self._begun else None
        return "same" if before == rank else "up" if before > rank else "down"

    def _in_the_period_before(self, rows: list[MetricRow], previous: Order) -> list[int | None]:
        """Return the ranks in the period before, None for who was not ranked in it."""
        ties = self.definition.ties
        then = previous.entries([row.participant for row in rows])
        return [None if row is None else rank_of(previous, ties, row) for row in then]

    def _this_morning(self, rows: list[MetricRow], first: int, rank: int) -> list[int | None]:
        """Return the all-time ranks as today began, None for who was not ranked then; the first now has `rank`."""
        order, ties, day = self.order, self.definition.ties, self._day
        whole = ties == "ordinal"
        stretch = Stretch(rows, first, None if whole else rank - 1)
        told = order.distinct_mornings(stretch, day) if ties == "dense" else order.mornings(stretch, day)
        keys = [morning_key(row, day) for row in rows]
        return [None if key is None else told.before(key if whole else key[:1]) + 1 for key in keys]


class Way(NamedTuple):
    """What the ranks of a board in a period are read by, as one plan has it; no tracker where they are worked out."""

    plan: Plan
    definition: Leaderboard
    period: str
    tracker: Tracker | None
    scale: int


def way_to(plan: Plan, definition: Leaderboard, period: str) -> Way:
    """Return what the ranks of a board in a period are read by."""
    known = rolling(period) is None and not _awaited(plan, definition)
    tracker = plan.boards[definition.code].trackers.get(period) if known else None
    return Way(plan, definition, period, tracker, plan.scale(definition.metric))


def rank_in(access: Access, reader: Reader, way: Way, participant_id: str) -> Rank:
    """Return where a participant stands on a board, as of now.

    A rank is what is asked right after every award, so where the board is kept nothing is opened but its order.
    """
    plan, definition, period, tracker, scale = way
    now = access.road.now()[0]
    if tracker is None:
        place = place_of(plan, definition, period, None, now)
        reader = as_adopted(access, reader, plan, definition)
        return open_board(access, reader, plan, definition, place).rank(participant_id)
    order = Kept(reader, window_at(access, reader, tracker, now))
    person = access.person(reader, participant_id)
    row = order.entry(person.number) if person is not None else None
    return _rank(order, definition, participant_id, row, scale)


def _rank(
    order: Order, definition: Leaderboard, participant_id: str, row: MetricRow | None, scale: int
) -> Rank:
    if row is None:
        total = order.total()
        return Rank(participant_id, None, None, total, None, 0, 0, total)
    above, upto, total = order.around(down_of(row))
    rank = above + 1 if definition.ties == "competition" else rank_of(order, definition.ties, row)
    percentile = round(100 * (total - above - 1) / total, 1)
    score = exact(row.value, scale)
    return Rank(participant_id, rank, score, total, percentile, above, upto - above - 1, total - upto)


def as_adopted(access: Access, reader: Reader, plan: Plan, definition: Leaderboard) -> Reader:
    """Return a reader of a board's rows: under a plan that is not in force yet, as adopting it will leave them."""
    if plan.ahead is None or not _awaited(plan, definition):
        return reader
    return access.road.adopting(reader, plan.ahead.of(plan.boards[definition.code].every), access.scope)


def _awaited(plan: Plan, definition: Leaderboard) -> bool:
    """Say whether the rows of a board are not there before its plan is adopted."""
    return plan.ahead is not None and any(map(plan.ahead.concern, plan.boards[definition.code].every))


def open_board(  # noqa: PLR0913 - which board, and which table of it
    access: Access,
    reader: Reader,
    plan: Plan,
    definition: Leaderboard,
    place: Place,
    group: str | None = None,
) -> Board:
    """Open a table of a board."""
    instance = open_instance(access, reader, plan, definition, place, group)
    return Board(access, reader, plan, definition, instance)
