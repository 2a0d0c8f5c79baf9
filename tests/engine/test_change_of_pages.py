"""The change on pages and windows far down a board: what is counted along a page is what was seen in the morning."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from gamify_core import Award, Catalog, Leaderboard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core import Engine, ManualClock
    from gamify_core.catalog.definitions import Ties
    from gamify_core.services.leaderboards import Entry
    from tests.engine.conftest import MakeEngine

TIES: list[Ties] = ["competition", "dense", "ordinal"]
PEOPLE = [f"p{number:03}" for number in range(120)]


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("most", [4, 60, 3_000], ids=["heavy ties", "some ties", "spread"])
@pytest.mark.parametrize("moving", [1, 12, 120], ids=["one moves", "some move", "everybody moves"])
def test_every_page_compares_with_the_ranks_of_the_morning(
    make_engine: MakeEngine, clock: ManualClock, ties: Ties, most: int, moving: int
) -> None:
    """Whatever its size and wherever it begins, also in the middle of a tie, and when those came from far away."""
    luck = Random(f"{ties} {most} {moving}")  # noqa: S311 - a fixed seed
    game = make_engine(Catalog(leaderboards=[Leaderboard("b", ties=ties)]))
    for day in range(2):  # those who moved on the day before have a morning of their own in the rows
        game.points.award_batch([Award(who, luck.randint(1, most)) for who in PEOPLE[: 100 + 10 * day]])
        clock.advance(days=1)
    then = {who: game.leaderboards.rank("b", who).rank for who in PEOPLE}
    for who in luck.sample(PEOPLE, moving):
        if luck.random() < 0.3 and then[who]:
            game.points.deduct(who, 1)
        else:
            game.points.award(who, luck.randint(1, most))
    for size in (1, 3, 10, 50):
        for number in range(1, 8):
            _compare(game.leaderboards.page("b", page=number, page_size=size), then)
    page = game.leaderboards.page("b", page_size=7)
    while page.next_cursor:
        page = game.leaderboards.page("b", page_size=7, after=page.next_cursor)
        _compare(page, then)
    _check_windows(game, then)


def _check_windows(game: Engine, then: dict[str, int | None]) -> None:
    everybody = [
        *game.leaderboards.page("b", page_size=100),
        *game.leaderboards.page("b", page=2, page_size=100),
    ]
    for place, entry in enumerate(everybody):
        for radius in (0, 5):
            window = game.leaderboards.around("b", entry.participant_id, radius=radius)
            length = 2 * radius + 1
            first = max(0, min(place - radius, len(everybody) - length))
            assert [*window] == everybody[first : first + length]
            _compare(window, then)


def _compare(entries: Iterable[Entry], then: dict[str, int | None]) -> None:
    for entry in entries:
        was = then[entry.participant_id]
        if was is None:
            assert entry.change == "new"
        else:
            assert entry.change == ("same" if was == entry.rank else "up" if was > entry.rank else "down")
