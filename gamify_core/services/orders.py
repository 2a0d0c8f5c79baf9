"""The order of a board's entries: kept by the store, or worked out from history where a period is not kept."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

import attrs

from gamify_core.road.rebuild import fill
from gamify_core.road.road import NOBODY
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
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
    from gamify_core.road.compiled import Tracker
    from gamify_core.road.plan import Plan
    from gamify_core.services.access import Access
    from gamify_core.storage.protocol import Reader

__all__ = [
    "Kept",
    "Key",
    "Order",
    "Rescan",
    "Scanned",
    "down_of",
    "key_of",
    "morning_key",
    "rank_of",
]

Key = tuple[int, int, str]


def down_of(row: MetricRow) -> int:
    """Return the score of an entry in the direction of its board, where less is better."""
    return row.down if row.down is not None else 0


def key_of(row: MetricRow) -> Key:
    """Return what an entry is ordered by."""
    return down_of(row), row.reached_at, row.tie or ""


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

    def before(self, bound: tuple[int] | Key) -> int:
        """Return how many entries come before a score, or before a whole key."""
        ...

    def distinct_before(self, down: int) -> int:
        """Return how many different scores are better."""
        ...

    def entry(self, participant: int) -> MetricRow | None:
        """Return the entry of a participant."""
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

    def before_on(self, bound: tuple[int] | Key, day: int) -> int:
        """Return how many entries came before a score, or before a whole key, as a day began."""
        ...

    def distinct_before_on(self, down: int, day: int) -> int:
        """Return how many different scores were better as a day began."""
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

    def around(self, down: int) -> tuple[int, int, int]:
        """Return how many entries are better than a score, how many are no worse, and how many there are."""
        board, reader = (self._window,), self._reader
        above = reader.position(METRIC, METRIC_BY_RANK, board, (down,))
        alike = reader.count(METRIC, METRIC_BY_RANK, board, start=(down,), stop=(down + 1,))
        return above, above + alike, reader.count(METRIC, METRIC_BY_RANK, board)

    def total(self) -> int:
        """Return how many entries there are."""
        return self._reader.count(METRIC, METRIC_BY_RANK, (self._window,)) if self._window else 0

    def moved_on(self, day: int) -> int:
        """Return how many entries' scores changed on a day."""
        return (
            self._reader.position(METRIC, METRIC_BY_RANK, (self._window,), None, day) if self._window else 0
        )

    def before_on(self, bound: tuple[int] | Key, day: int) -> int:
        """Return how many entries came before a score, or before a whole key, as a day began.

        Those who do now, without those who moved that day, and with those of them who stood there as it began.
        """
        board, before = (self._window,), self._reader.position
        return (
            before(METRIC, METRIC_BY_RANK, board, bound)
            - before(METRIC, METRIC_BY_RANK, board, bound, day)
            + before(METRIC, METRIC_BY_MORNING, board, bound, day)
        )

    def distinct_before_on(self, down: int, day: int) -> int:
        """Return how many different scores were better as a day began, in the same way."""
        board, before = (self._window,), self._reader.position
        return (
            before(SCORE_LEVEL, LEVEL_HELD, board, (down,))
            - before(SCORE_LEVEL, LEVEL_HELD, board, (down,), day)
            + before(SCORE_LEVEL, LEVEL_OF_MORNING, board, (down,), day)
        )


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

    def before(self, bound: tuple[int] | Key) -> int:
        """Return how many entries come before a score, or before a whole key."""
        return bisect_left(self._keys, bound)

    def distinct_before(self, down: int) -> int:
        """Return how many different scores are better."""
        return len({key[0] for key in self._keys[: self.before((down,))]})

    def entry(self, participant: int) -> MetricRow | None:
        """Return the entry of a participant."""
        return self._by_participant.get(participant)

    def around(self, down: int) -> tuple[int, int, int]:
        """Return how many entries are better than a score, how many are no worse, and how many there are."""
        return self.before((down,)), self.before((down + 1,)), self.total()

    def total(self) -> int:
        """Return how many entries there are."""
        return len(self._rows)

    def moved_on(self, day: int) -> int:
        """Return how many entries' scores changed on a day."""
        return sum([row.day == day for row in self._rows])

    def before_on(self, bound: tuple[int] | Key, day: int) -> int:
        """Return how many entries came before a score, or before a whole key, as a day began."""
        return bisect_left(self._morning(day), bound)

    def distinct_before_on(self, down: int, day: int) -> int:
        """Return how many different scores were better as a day began."""
        keys = self._morning(day)
        return len({key[0] for key in keys[: bisect_left(keys, (down,))]})

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
        tracker = attrs.evolve(
            tracker, text=f"scanned {tracker.text}"
        )  # never a window that some catalog once kept
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
