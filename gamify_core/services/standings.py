"""A table of a board that is open for reading: one order, three ways to number it.

The entry key is (score in the board's direction, when it was reached, participant id). Competition rank is one more
than the number of better scores (1, 1, 3), dense one more than the number of *distinct* better scores (1, 1, 2),
ordinal one more than the number of better keys (1, 2, 3). Percentile is 100·(N − rank)/N to one decimal, on the
competition rank whatever the board's own, so equal scores share it; alone on a board one is at 0.0.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from gamify_core.domain.decimals import exact
from gamify_core.road.meters import DAILY
from gamify_core.services.board_answers import Change, Entry, Rank
from gamify_core.services.instances import open_instance
from gamify_core.services.orders import (
    Kept,
    Order,
    Scanned,
    Stretch,
    key_of,
    morning_key,
    rank_of,
)
from gamify_core.services.reading import window_named
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gamify_core.catalog import Leaderboard
    from gamify_core.road.plan import Plan
    from gamify_core.services.access import Access
    from gamify_core.services.instances import Instance, Place
    from gamify_core.services.mornings import Bound
    from gamify_core.services.ways import Way
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.metrics import MetricRow

__all__ = ["Board", "open_board", "rank_in"]


class Board:
    """A table of a leaderboard, open for reading within one snapshot."""

    def __init__(  # noqa: PLR0913 - which board, and as of when it is read
        self,
        access: Access,
        reader: Reader,
        plan: Plan,
        definition: Leaderboard,
        instance: Instance,
        now: int,
    ) -> None:
        """Open the board."""
        self.access = access
        self.now = now
        self.reader = reader
        self.definition = definition
        self.order: Order = instance.order
        self.earlier: Callable[[], Order] | None = instance.earlier
        self.scale: int = plan.scale(definition.metric)
        self._instance = instance

    @property
    def _begun(self) -> bool:
        """Whether there was anything before that can be compared with."""
        if self.earlier is not None:
            return self._instance.begun()
        return self.order.begun_on(self._day)

    @cached_property
    def _final(self) -> bool:
        due = self._instance.place.due
        return due is not None and due <= self.now

    @property
    def _day(self) -> int:
        return DAILY.label(self.now, self._instance.place.tracker.zone)

    def total(self) -> int:
        """Return how many are on the board."""
        return self.order.total()

    def entries(self, first: int, length: int, *, change: bool = True) -> list[Entry]:
        """Return a stretch of the board; ranks inside it follow from the first by counting ties."""
        return self.listed(self.order.slice(first, length), first, change=change)

    def around(self, row: MetricRow, radius: int, *, change: bool) -> tuple[list[Entry], int]:
        """Return an entry with `radius` neighbours on each side, as many at the ends, and how many there are in all."""
        key = key_of(row)
        place, total = self.order.placed(key)
        length = min(2 * radius + 1, total)
        first = max(0, min(place - radius, total - length))
        if not first:
            return self.listed(self.order.beside(key, place, length), 0, change=change), total
        above, *rows = self.order.beside(key, place - first + 1, length + 1)
        return self.listed(rows, first, above, change=change), total

    def listed(
        self, rows: list[MetricRow], first: int, above: MetricRow | None = None, *, change: bool = True
    ) -> list[Entry]:
        """Return rows that follow each other from a place on as entries; `above` is the one before, where known."""
        if not rows:
            return []
        ranks = self._ranks(rows, first, above)
        changes = self._changes(rows, first, ranks) if change else [None] * len(rows)
        names = self.reader.values(PARTICIPANT, [row[:1] for row in rows], "display_name")
        scale = self.scale
        scores = [exact(row.value, scale) for row in rows] if scale else [row.value for row in rows]
        lines = zip(ranks, rows, scores, changes, names, strict=True)
        return [Entry(rank, row.tie or "", score, moved, name) for rank, row, score, moved, name in lines]

    def _ranks(self, rows: list[MetricRow], first: int, above: MetricRow | None) -> list[int]:
        """Return the ranks of rows that follow each other: known or asked for the first, and counted from there."""
        ties, down = self.definition.ties, rows[0].down
        if ties == "ordinal":
            return list(range(first + 1, first + len(rows) + 1))
        if not first or (ties == "competition" and above is not None and above.down != down):
            rank = first + 1  # nobody before them has their score
        else:
            rank = self._numbered(rows[0])
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
        """Return those of some people who are on the board, in its order, and those who are not.

        Who is named twice, by another name even, is there once.
        """
        pairs = [(who, self.entry(who)) for who in dict.fromkeys(people)]
        rows = sorted({row.participant: row for _, row in pairs if row is not None}.values(), key=key_of)
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
        if self.earlier is not None:
            before = self._in_the_period_before(rows, self.earlier())
        elif self.order.moved_on(self._day):
            before = self._this_morning(rows, first, ranks[0])
        else:
            return ["same"] * len(rows)
        came: Change | None = "new" if None in before and self._begun else None
        return [
            came if then is None else "same" if then == now else "up" if then > now else "down"
            for then, now in zip(before, ranks, strict=True)
        ]

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
        asked: list[Bound] = [key if whole else key[:1] for key in keys if key is not None]
        found = iter(told.before(asked))
        return [None if key is None else next(found) + 1 for key in keys]


def rank_in(access: Access, reader: Reader, way: Way, participant_id: str) -> Rank:
    """Return where a participant stands on a board, as of now.

    A rank is what is asked right after every award, so where the board is kept nothing is opened but its order.
    """
    tracker, now = way.tracker, access.road.now()[0]
    if tracker is None:
        reader = way.adopted(access, reader)
        return open_board(access, reader, way.plan, way.definition, way.running(now), now).rank(
            participant_id
        )
    label = tracker.label(now)
    window = 0 if label is None else window_named(access, reader, tracker.metric, tracker.text, label)
    order = Kept(reader, window)
    person = access.person(reader, participant_id)
    row = order.entry(person.number) if person is not None else None
    return _rank(order, way.definition, participant_id, row, way.scale)


def _rank(
    order: Order, definition: Leaderboard, participant_id: str, row: MetricRow | None, scale: int
) -> Rank:
    if row is None:
        total = order.total()
        return Rank(participant_id, None, None, total, None, 0, 0, total)
    above, upto, total = order.around(row.down or 0)
    rank = above + 1 if definition.ties == "competition" else rank_of(order, definition.ties, row)
    percentile = round(100 * (total - above - 1) / total, 1)
    score = exact(row.value, scale) if scale else row.value
    return Rank(participant_id, rank, score, total, percentile, above, upto - above - 1, total - upto)


def open_board(  # noqa: PLR0913 - which board, and which table of it
    access: Access,
    reader: Reader,
    plan: Plan,
    definition: Leaderboard,
    place: Place,
    now: int,
    group: str | None = None,
) -> Board:
    """Open a table of a board."""
    instance = open_instance(access, reader, plan, definition, place, group)
    return Board(access, reader, plan, definition, instance, now)
