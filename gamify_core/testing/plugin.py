"""The pytest plugin of gamify_core: fixtures for tests of one's own rules.

It imports nothing but pytest and the front doors above it, which load names when they are asked for: a test run that
uses none of it pays next to nothing. `-p no:gamify_core` switches it off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamify_core.clock import ManualClock
    from gamify_core.testing.fixtures import MakeGame


@pytest.fixture
def clock() -> ManualClock:
    """Stand at nine o'clock (UTC) on Monday 2 March 2026 until moved: `clock.advance(days=1)`."""
    from gamify_core.testing.fixtures import new_clock

    return new_clock()


@pytest.fixture
def game(clock: ManualClock) -> Iterator[MakeGame]:
    """Make engines on the test's clock, in memory or on a store, and close them.

    def test_a_lesson(game):
        assert game("game.toml").events.emit("ada", "lesson_finished", {"score": 97}).points == 19
    """
    from gamify_core.testing.fixtures import Games

    games = Games(clock)
    yield games
    games.close()
