"""What reading a board costs in a file, in SQL statements: of the same number, however many the board holds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from gamify_core import Award, Catalog, Engine, Leaderboard, ManualClock
from gamify_core.storage.sqlite import SQLiteStore
from tests.engine.conftest import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PEOPLE = [f"p{number:04}" for number in range(1_500)]
CATALOG = Catalog(leaderboards=[Leaderboard("all"), Leaderboard("places", ties="ordinal")])


class Read:
    """An engine on a file with a board of yesterday, and what its reading connection is asked."""

    def __init__(self, path: Path) -> None:
        """Fill the board, and let a day pass."""
        clock = ManualClock(START)
        self._store = SQLiteStore(path, durability="normal")
        self.game = Engine(CATALOG, self._store, clock=clock)
        self.game.points.award_batch([Award(who, 10 * place + 10) for place, who in enumerate(PEOPLE)])
        clock.advance(days=1)
        for who in PEOPLE[::100]:
            self.game.points.award(who, 1)
        self._heard: list[str] = []
        with (
            self._store.view() as view
        ):  # the next reading is done on the connection that was given back last
            view.borrowed.set_trace_callback(self._heard.append)

    def statements(self, use: Callable[[], object]) -> Counter[str]:
        """Return how often each kind of statement is executed."""
        self._heard.clear()
        use()
        return Counter(text.split()[0] for text in self._heard)


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Read]:
    """Count on a new file."""
    made = Read(tmp_path / "game.db")
    yield made
    made.game.close()


_LEARNING = 6
"""Readings until a connection knows where the blocks of a board start."""

READINGS: dict[str, tuple[int, Callable[[Engine], object]]] = {
    # name: at most so many queries right after somebody's score has moved. Each begins with the last activity, which
    # says what catalog is in force, and looks whether blocks were split or joined.
    "top ten": (7, lambda game: game.leaderboards.top("all")),
    "top ten by place": (7, lambda game: game.leaderboards.top("places")),
    "top ten without the change": (5, lambda game: game.leaderboards.top("all", change=False)),
    "rank": (7, lambda game: game.leaderboards.rank("all", "p0755")),
    "ordinal rank": (8, lambda game: game.leaderboards.rank("places", "p0755")),
    "around": (18, lambda game: game.leaderboards.around("all", "p0755")),
    "around without the change": (9, lambda game: game.leaderboards.around("all", "p0755", change=False)),
}


@pytest.mark.parametrize("name", READINGS)
def test_statements_of_a_reading_after_an_event(read: Read, name: str) -> None:
    """Lines and names are read with one statement each; the change of ten lines is no dearer than that of one."""
    most, use = READINGS[name]
    for moves in range(10):
        read.game.points.award("p0750", 1)
        counts = read.statements(lambda: use(read.game))
        if moves < _LEARNING:
            continue
        assert counts["BEGIN"] == counts["COMMIT"] == counts["PRAGMA"] == 1
        queries = counts["SELECT"] + counts["WITH"]
        assert queries <= most, (moves, counts)
        assert counts.total() == queries + 3


def test_the_first_page_is_read_once_in_a_version(read: Read) -> None:
    """Who asks again while nobody commits costs a snapshot and nothing else."""
    first = read.game.leaderboards.top("all")
    counts = read.statements(lambda: read.game.leaderboards.top("all"))
    assert counts == {"BEGIN": 1, "PRAGMA": 1, "COMMIT": 1}
    assert read.game.leaderboards.top("all") == first


_SOMEBODY: dict[str, tuple[int, Callable[[Engine, str], object]]] = {
    # name: so many queries, where nobody writes, about somebody who was not asked about before
    "rank": (4, lambda game, who: game.leaderboards.rank("all", who)),
    "around": (6, lambda game, who: game.leaderboards.around("all", who, change=False)),
}


@pytest.mark.parametrize("name", _SOMEBODY)
def test_statements_of_a_reading_while_nobody_writes(read: Read, name: str) -> None:
    """Who it is, their entry, their place and how many share it; and for a window both sides of it, and all names."""
    most, use = _SOMEBODY[name]
    for who in PEOPLE[700:760]:  # which stand in the same blocks
        use(read.game, who)
    counts = read.statements(lambda: use(read.game, "p0765"))
    assert counts["SELECT"] <= most, counts
    assert counts.total() == counts["SELECT"] + 3


@pytest.mark.parametrize("change", [True, False])
def test_a_longer_page_costs_no_more_statements(read: Read, change: bool) -> None:  # noqa: FBT001 - by pytest
    """Ninety lines cost what ten do, where those who moved stay among them."""

    def cost(limit: int) -> Counter[str]:
        read.game.points.award("p0750", 1)
        return read.statements(lambda: read.game.leaderboards.top("all", limit=limit, change=change))

    cost(10)
    assert cost(90) == cost(10)
