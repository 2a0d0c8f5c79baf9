"""What the fixtures of the pytest plugin hand out; it needs no pytest itself."""

from __future__ import annotations

import os
from typing import Protocol

from gamify_core.catalog import Catalog
from gamify_core.clock import ManualClock
from gamify_core.engine import Engine
from gamify_core.storage.protocol import Store
from gamify_core.testing.playing import MONDAY

__all__ = ["Games", "MakeGame", "new_clock"]


class MakeGame(Protocol):
    """Makes an engine on the test's clock: the fixture `game`, for annotations."""

    def __call__(
        self,
        catalog: Catalog | str | os.PathLike[str] | None = None,
        store: Store | str | os.PathLike[str] | None = None,
        *,
        seed: int = 1,
    ) -> Engine:
        """Return an engine; without a catalog, under an empty one."""
        ...


class Games:
    """Makes engines on one clock, and closes them."""

    def __init__(self, clock: ManualClock) -> None:
        """Begin with none."""
        self._clock = clock
        self._made: list[Engine] = []

    def __call__(
        self,
        catalog: Catalog | str | os.PathLike[str] | None = None,
        store: Store | str | os.PathLike[str] | None = None,
        *,
        seed: int = 1,
    ) -> Engine:
        """Return an engine in memory, or on a store; luck is drawn from `seed`, so that it is the same each time."""
        engine = Engine(catalog if catalog is not None else Catalog(), store, clock=self._clock, seed=seed)
        self._made.append(engine)
        return engine

    def close(self) -> None:
        """Close whatever was made."""
        for engine in reversed(self._made):
            engine.close()


def new_clock() -> ManualClock:
    """Return a clock that stands at nine o'clock on a Monday."""
    return ManualClock(MONDAY)
