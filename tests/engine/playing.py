"""Games with a bit of everything in them, for those who audit a history: the same draws give the same game."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gamify_core import Engine, GamifyError, ManualClock
from tests.engine.test_replay_law import CATALOG, STEPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.storage.protocol import Store

__all__ = ["START", "played"]

START = "2026-03-02T09:00:00Z"
_WAITS = [0, 0, 60, 3_600, 86_400, 8 * 86_400]
_LATE = [None, None, 0, 1, 3_600, 86_400, 6 * 86_400]
_OFTEN = ["emit"] * 8 + ["award", "retract", "record", "settle"] * 2


def played(
    store: Store,
    draws: int,
    steps: int = 60,
    *,
    after: Callable[[Engine], object] = lambda _: None,
    least_wait: int = 0,
) -> Engine:
    """Play a game by the draws of a seed; `after` is called after every step, refused or not."""
    luck = random.Random(draws)  # noqa: S311 - meant to be repeatable
    clock = ManualClock(START)
    game = Engine(CATALOG, store, clock=clock, seed=7)
    names: list[Any] = [*STEPS, *_OFTEN]
    for _ in range(steps):
        clock.advance(seconds=luck.choice(_WAITS) + least_wait)
        step = STEPS[luck.choice(names)]
        who, late, n = luck.choice(["ada", "bob", "cay"]), luck.choice(_LATE), luck.randrange(121)
        with suppress(GamifyError):
            step(game, clock, who, late, n)
        after(game)
    return game
