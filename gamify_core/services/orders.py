"""The order of a board's entries: kept by the store, or worked out from history where a period is not kept."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import attrs

from gamify_core.road.commands import NOBODY
from gamify_core.road.repeating import fill
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
from gamify_core.services.mornings import Asked, Counted, Morning
from gamify_core.storage.tables.metrics import (
    LEVEL_HELD,
    LEVEL_OF_MORNING,
    METRIC,
    METRIC_BY_MORNING,
    METRIC_BY_RANK,
    SCORE_LEVEL,
    WINDOW,
    MetricRow,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.road.compiled import Tracker
    from gamify_core.road.plan import Plan
    from gamify_core.services.access import Access
    from gamify_core.services.mornings import Bound, Mornings
    from gamify_core.storage.protocol import Index, Reader, Table
    from gamify_core.storage.tables.metrics import ScoreLevelRow

__all__ = [
    "Kept",
    "Key",
    "Order",
    "Rescan",
    "Scanned",
    "Stretch",
    "down_of",
    "key_of",
    "morning_key",
    "rank_of",
]

Key = tuple[int, int, str]
_SPARE = 8


class Stretch(NamedTuple):
    """Some entries that follow each other, how many come before the first, and how many (different) better scores.

    Of scores None is said where only whole keys will be asked about.
    """

    rows: list[MetricRow]
    first: int
    above: int | None


def down_of(row: MetricRow) -> int:
    """Return the score of an entry in the direction of its board, where less is better."""
    return row.down or 0


def key_of(row: MetricRow) -> Key:
    """Return what an entry is ordered by."""
    return row.down or 0, row.reached_at, row.tie or ""


def morning_key(row: MetricRow, day: int) -> Key | None:
    """Return what an entry was ordered by as a day began (its last day or a later one); None if it was not there."""
    if row.day != day:
        return key_of(row)
    if row.day_down is None or row.day_reached is None:
        return None
    return row.day_down, row.day_reached, row.tie or ""


def rank_of(order: Order, ties: str, row: MetricRow) -> int:
    """Return the rank of an entry under a policy of ties."""
    match ties:
        case "ordinal":
            return order.before(key_of(row)) + 1
        case "dense":
            return order.distinct_before(down_of(row)) + 1
        case _:
            return order.before((down_of(row),)) + 1


class Order(Protocol):
    """All that a board needs to know of its entries."""

    def slice(self, first: int, length: int) -> list[MetricRow]:
        """Return the entries from place `first` (0 is the best)."""
        ...

    def after(self, key: Key, length: int) -> list[MetricRow]:
        """Return the entries that follow on a key, whether that is still somebody's or not."""
        ...

    def beside(self, key: Key, before: int, length: int) -> list[MetricRow]:
        """Return entries around a key: so many before it, so many in all. There have to be as many before it."""
        ...

    def placed(self, key: Key) -> tuple[int, int]:
        """Return how many entries come before a whole key, and how many there are."""
        ...

    def before(self, bound: tuple[int] | Key) -> int:
        """Return how many entries come before a score, or before a whole key."""
        ...

    def distinct_before(self, down: int) -> int:
        """Return how many different scores are better."""
        ...

    def entry(self, participant: int) -> MetricRow | None:
        """Return the entry of a participant."""
        ...

    def entries(self, participants: list[int]) -> list[MetricRow | None]:
        """Return the entries of some participants, in the order asked."""
        ...

    def around(self, down: int) -> tuple[int, int, int]:
        """Return how many entries are better than a score, how many are no worse, and how many there are."""
        ...

    def total(self) -> int:
        """Return how many entries there are."""
        ...

    def moved_on(self, day: int) -> int:
        """Return how many entries' scores changed on a day."""
        ...

    def begun_on(self, day: int) -> bool:
        """Say whether there was any entry as a day began."""
        ...

    def mornings(self, stretch: Stretch, day: int) -> Mornings:
        """Return what tells how many entries came before a bound as a day began, best at bounds in a stretch."""
        ...

    def distinct_mornings(self, stretch: Stretch, day: int) -> Mornings:
        """Return the same of the different scores, which `above` of the stretch counts then."""
        ...


class Kept:
    """The order of a window that is kept, counted by the store."""

    def __init__(self, reader: Reader, window: int) -> None:
        """Read a window that is kept; window 0 has no entries."""
        self._reader = reader
        self._window = window

    def slice(self, first: int, length: int) -> list[MetricRow]:
        """Return the entries from place `first` on."""
        if not self._window:
            return []
        return self._reader.scan(METRIC, METRIC_BY_RANK, (self._window,), offset=first, limit=length)

    def after(self, key: Key, length: int) -> list[MetricRow]:
        """Return the entries that follow on a key, whether that is still somebody's or not."""
        if not self._window:
            return []
        following = (key[0], key[1], f"{key[2]}\0")  # the least text beyond it
        return self._reader.scan(METRIC, METRIC_BY_RANK, (self._window,), start=following, limit=length)

    def beside(self, key: Key, before: int, length: int) -> list[MetricRow]:
        """Return entries around a key, which are found by it: no others are passed over."""
        board = (self._window,)
        return self._reader.beside(METRIC, METRIC_BY_RANK, board, key, before=before, length=length)

    def placed(self, key: Key) -> tuple[int, int]:
        """Return how many entries come before a whole key, and how many there are."""
        before, _, total = self._reader.span(METRIC, METRIC_BY_RANK, (self._window,), key, key)
        return before, total

    def before(self, bound: tuple[int] | Key) -> int:
        """Return how many entries come before a score, or before a whole key."""
        return self._reader.position(METRIC, METRIC_BY_RANK, (self._window,), bound) if self._window else 0

    def distinct_before(self, down: int) -> int:
        """Return how many different scores are better."""
        return self._reader.position(SCORE_LEVEL, LEVEL_HELD, (self._window,), (down,)) if self._window else 0

    def entry(self, participant: int) -> MetricRow | None:
        """Return the entry of a participant."""
        row = self._reader.get(METRIC, (participant, self._window)) if self._window else None
        return row if row is not None and row.down is not None else None

    def entries(self, participants: list[int]) -> list[MetricRow | None]:
        """Return the entries of some participants, in the order asked."""
        if not self._window:
            return [None] * len(participants)
        found = self._reader.get_many(METRIC, [(number, self._window) for number in participants])
        return [row if row is not None and row.down is not None else None for row in found]

    def around(self, down: int) -> tuple[int, int, int]:
        """Return how many entries are better than a score, how many are no worse, and how many there are."""
        above, alike, total = self._reader.span(METRIC, METRIC_BY_RANK, (self._window,), (down,), (down + 1,))
        return above, above + alike, total

    def total(self) -> int:
        """Return how many entries there are."""
        return self._reader.count(METRIC, METRIC_BY_RANK, (self._window,)) if self._window else 0

    def moved_on(self, day: int) -> int:
        """Return how many entries' scores changed on a day."""
        return (
            self._reader.position(METRIC, METRIC_BY_RANK, (self._window,), None, day) if self._window else 0
        )

    def begun_on(self, day: int) -> bool:
        """Say whether there was any entry as a day began: one that stayed, or one that moved since."""
        if not self._window:
            return False
        return self.total() > self.moved_on(day) or bool(
            self._reader.position(METRIC, METRIC_BY_MORNING, (self._window,), None, day)
        )

    def mornings(self, stretch: Stretch, day: int) -> Mornings:
        """Return what tells how many entries came before a bound as a day began."""
        rows, first, above = stretch
        low: Bound = key_of(rows[0])
        if first == above:  # the first of its score, so nobody of that score comes before
            low = low[:1]
        stayed: list[Bound] = [key_of(row) for row in rows if row.day != day]
        high = key_of(rows[-1])
        orders = METRIC, METRIC_BY_RANK, METRIC_BY_MORNING
        return self._morning(orders, _then_of, day, stayed, (low, high), first, _SPARE + 2 * len(rows))

    def distinct_mornings(self, stretch: Stretch, day: int) -> Mornings:
        """Return the same of the different scores, whose holders changed or did not."""
        scores = [*dict.fromkeys(down_of(row) for row in stretch.rows)]
        levels = self._reader.get_many(SCORE_LEVEL, [(self._window, down) for down in scores])
        stayed: list[Bound] = [(level.down,) for level in levels if level is not None and level.day != day]
        ends: tuple[Bound, Bound] = (scores[0],), (scores[-1],)
        orders = SCORE_LEVEL, LEVEL_HELD, LEVEL_OF_MORNING
        return self._morning(
            orders, _level_of, day, stayed, ends, stretch.above or 0, _SPARE + 2 * len(scores)
        )

    def _morning(  # noqa: PLR0913 - two orders, and a stretch of each
        self,
        orders: tuple[Table[Any], Index, Index],
        bound_of: Callable[[Any], Bound],
        day: int,
        stayed: list[Bound],
        ends: tuple[Bound, Bound],
        before: int,
        most: int,
    ) -> Morning:
        """Put together who stayed of a stretch, before which so many stand now, and who was in it and moved."""
        table, now, then = orders
        board, position = (self._window,), self._reader.position
        low: Bound | None = ends[0] if before else None
        beyond = (ends[1][0] + 1,)

        def staying(bound: Bound) -> int:
            return position(table, now, board, bound) - position(table, now, board, bound, day)

        def leaving(bound: Bound) -> int:
            return position(table, then, board, bound, day)

        above = before - position(table, now, board, low, day) if low is not None else 0
        found = self._reader.scan(table, then, board, start=low, stop=beyond, limit=most)
        left: list[Bound] = [bound_of(row) for row in found if row.day == day]
        end = bound_of(found[-1]) if len(found) == most else beyond
        return Morning(Counted(staying, stayed, low, ends[1], above), Counted(leaving, left, low, end))


def _then_of(row: MetricRow) -> Bound:
    """Return where an entry stood as the last day on which it moved began."""
    return row.day_down or 0, row.day_reached or 0, row.tie or ""


def _level_of(level: ScoreLevelRow) -> Bound:
    return (level.down,)


class Scanned:
    """The order of a window that is not kept."""

    def __init__(self, rows: list[MetricRow]) -> None:
        """Sort the entries."""
        self._rows = sorted(rows, key=key_of)
        self._keys = [key_of(row) for row in self._rows]
        self._by_participant = {row.participant: row for row in rows}
        self._asked: tuple[int | None, list[Key]] = None, []

    def slice(self, first: int, length: int) -> list[MetricRow]:
        """Return the entries from place `first` on."""
        return self._rows[first : first + length]

    def after(self, key: Key, length: int) -> list[MetricRow]:
        """Return the entries that follow on a key, whether that is still somebody's or not."""
        return self.slice(bisect_right(self._keys, key), length)

    def beside(self, key: Key, before: int, length: int) -> list[MetricRow]:
        """Return entries around a key: so many before it, so many in all."""
        return self.slice(self.before(key) - before, length)

    def placed(self, key: Key) -> tuple[int, int]:
        """Return how many entries come before a whole key, and how many there are."""
        return self.before(key), self.total()

    def before(self, bound: tuple[int] | Key) -> int:
        """Return how many entries come before a score, or before a whole key."""
        return bisect_left(self._keys, bound)

    def distinct_before(self, down: int) -> int:
        """Return how many different scores are better."""
        return len({key[0] for key in self._keys[: self.before((down,))]})

    def entry(self, participant: int) -> MetricRow | None:
        """Return the entry of a participant."""
        return self._by_participant.get(participant)

    def entries(self, participants: list[int]) -> list[MetricRow | None]:
        """Return the entries of some participants, in the order asked."""
        return [self._by_participant.get(number) for number in participants]

    def around(self, down: int) -> tuple[int, int, int]:
        """Return how many entries are better than a score, how many are no worse, and how many there are."""
        return self.before((down,)), self.before((down + 1,)), self.total()

    def total(self) -> int:
        """Return how many entries there are."""
        return len(self._rows)

    def moved_on(self, day: int) -> int:
        """Return how many entries' scores changed on a day."""
        return sum([row.day == day for row in self._rows])

    def begun_on(self, day: int) -> bool:
        """Say whether there was any entry as a day began."""
        return bool(self._morning(day))

    def mornings(self, stretch: Stretch, day: int) -> Mornings:  # noqa: ARG002 - all of it is at hand
        """Return what tells how many entries came before a bound as a day began."""
        keys = self._morning(day)
        return Asked(lambda bound: bisect_left(keys, bound))

    def distinct_mornings(self, stretch: Stretch, day: int) -> Mornings:  # noqa: ARG002 - as above
        """Return the same of the different scores."""
        scores = sorted({key[0] for key in self._morning(day)})
        return Asked(lambda bound: bisect_left(scores, bound[0]))

    def _morning(self, day: int) -> list[Key]:
        if self._asked[0] != day:
            keys = [key for row in self._rows if (key := morning_key(row, day)) is not None]
            self._asked = day, sorted(keys)
        return self._asked[1]


class Rescan:
    """A tracker worked out from history: what it would hold had it been kept.

    It goes through the same mechanics as a rebuild, over a unit that is never sent to the store.
    """

    def __init__(self, access: Access, reader: Reader, plan: Plan, tracker: Tracker) -> None:
        """Go through the history of a scope."""
        # Never a window that some catalog once kept
        tracker = attrs.evolve(tracker, text=f"scanned {tracker.text}")
        self.unit: Trial = Trial(reader)
        turn = Turn(self.unit, plan, lambda _: 0, access.scope, 0, 0, 0, 0, NOBODY)
        fill(turn, [tracker], access.scope)
        self.windows: dict[int, int] = {row.label: row.number for row in self.unit.queued(WINDOW)}
        self._rows: dict[int, list[MetricRow]] = defaultdict(list)
        for row in self.unit.queued(METRIC):
            if row.down is not None:
                self._rows[row.window].append(row)

    def rows(self, label: int) -> list[MetricRow]:
        """Return the entries under a label, in no order."""
        return self._rows[self.windows.get(label, 0)]
