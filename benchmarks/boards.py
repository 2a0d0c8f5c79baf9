"""Boards to read from: a store with so many entries, filled a day ago, and what reads it without the engine.

Filled a day ago, because `change` of an all-time board compares with this morning: entries that came today
would all be new, and nothing would have to be compared.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.games import award_all
from benchmarks.measure import everyone
from gamify_core import Catalog, Engine, Leaderboard, ManualClock
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.protocol import Store
from gamify_core.storage.sqlite import SQLiteStore

__all__ = ["Counting", "Filled", "Sorted", "board_in_memory", "board_on_file"]

MOST = 1_000_000
SEED = 1
FILLED_BY = 1_000
CATALOG = Catalog(leaderboards=[Leaderboard("scorers"), Leaderboard("ordinal", ties="ordinal")])

Key = tuple[int, int, str]

NUMBER = "SELECT number FROM gamify_participant WHERE scope = '' AND participant_id = ?"
PLACE = "SELECT down, reached_at, tie FROM gamify_metric WHERE participant = ? AND window = ?"
# The last two conditions are those of the index, without which SQLite would not take it.
BOARD = "FROM gamify_metric {} WHERE window = ? AND down IS NOT NULL AND tie IS NOT NULL"
BETTER = f"SELECT COUNT(*) {BOARD} AND down < ?".format("")
BEFORE = f"SELECT COUNT(*) {BOARD} AND (down, reached_at, tie) < (?, ?, ?)".format("")
STRETCH = (f"SELECT tie, value, display_name {BOARD} ORDER BY down, reached_at, tie LIMIT ? OFFSET ?").format(
    "JOIN gamify_participant ON number = participant"
)
WINDOW = "SELECT number FROM gamify_window WHERE metric = 'points.earned' AND calendar = 'all_time'"


class Counting:
    """Reads the engine's own file as most programs would: by counting the index in front of an entry."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA cache_size = -65536")
        (self.window,) = self.connection.execute(WINDOW).fetchone()

    def rank(self, participant_id: str) -> int:
        """Return the competition rank."""
        down, _, _ = self._place(participant_id)
        (better,) = self.connection.execute(BETTER, (self.window, down)).fetchone()
        return int(better) + 1

    def ordinal(self, participant_id: str) -> int:
        """Return the place in the list."""
        (before,) = self.connection.execute(BEFORE, (self.window, *self._place(participant_id))).fetchone()
        return int(before) + 1

    def top(self) -> list[tuple[str, int]]:
        """Return the first ten."""
        return self._stretch(0, 10)

    def around(self, participant_id: str) -> list[tuple[str, int]]:
        """Return five neighbours on each side."""
        return self._stretch(max(0, self.ordinal(participant_id) - 6), 11)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def _place(self, participant_id: str) -> Key:
        (number,) = self.connection.execute(NUMBER, (participant_id,)).fetchone()
        place: Key = self.connection.execute(PLACE, (number, self.window)).fetchone()
        return place

    def _stretch(self, first: int, length: int) -> list[tuple[str, int]]:
        rows = self.connection.execute(STRETCH, (self.window, length, first)).fetchall()
        return [(participant_id, score) for participant_id, score, _ in rows]


class Sorted:
    """A plain sorted list of a board that never changes: in memory nothing is read faster."""

    def __init__(self, scores: dict[str, int]) -> None:
        self.scores = scores
        self.order = sorted((-score, participant_id) for participant_id, score in scores.items())

    def rank(self, participant_id: str) -> int:
        """Return the competition rank."""
        return bisect_left(self.order, (-self.scores[participant_id],)) + 1

    def ordinal(self, participant_id: str) -> int:
        """Return the place in the list."""
        return bisect_left(self.order, (-self.scores[participant_id], participant_id)) + 1

    def top(self) -> list[tuple[str, int]]:
        """Return the first ten."""
        return self._stretch(0, 10)

    def around(self, participant_id: str) -> list[tuple[str, int]]:
        """Return five neighbours on each side."""
        return self._stretch(max(0, self.ordinal(participant_id) - 6), 11)

    def _stretch(self, first: int, length: int) -> list[tuple[str, int]]:
        return [(participant_id, -down) for down, participant_id in self.order[first : first + length]]


class Filled(NamedTuple):
    """A board with so many entries, and what reads it without the engine."""

    game: Engine
    entries: int
    beside: Counting | Sorted

    def everybody_moves(self) -> None:
        """Let everybody earn another point today, so that `change` has the whole board to compare."""
        _award(self.game, everyone(self.entries), Random(SEED), 1)


@contextmanager
def board_in_memory(entries: int) -> Iterator[Filled]:
    """Fill a board in memory."""
    store = MemoryStore()
    scores = _fill(store, entries)
    yield Filled(Engine(CATALOG, store), entries, Sorted(scores))


@contextmanager
def board_on_file(entries: int) -> Iterator[Filled]:
    """Fill a board in a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "board.db")
        with closing(SQLiteStore(path, durability="normal")) as store:
            _fill(store, entries)
            with closing(Counting(path)) as counting:
                yield Filled(Engine(CATALOG, store), entries, counting)


def _fill(store: Store, entries: int) -> dict[str, int]:
    yesterday = ManualClock(datetime.now(UTC) - timedelta(days=1))
    return _award(Engine(CATALOG, store, clock=yesterday), everyone(entries), Random(SEED), MOST)


def _award(game: Engine, people: list[str], luck: Random, most: int) -> dict[str, int]:
    awards = [(participant_id, luck.randint(1, most)) for participant_id in people]
    for first in range(0, len(awards), FILLED_BY):
        award_all(game, awards[first : first + FILLED_BY])
    return dict(awards)
