"""The documents are played on every store, with the limits that they state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core import Engine, Limits, ManualClock
from tests.engine.conftest import make_store, store_kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core import Catalog
    from gamify_core.storage.protocol import Store

__all__ = ["make_store", "store_kind"]

LIMITS = Limits(amount=1_000_000, reason=500, batch=100)


@pytest.fixture
def clock() -> ManualClock:
    """Stand where the documents begin; the transcripts put the clock on as they go."""
    return ManualClock("2026-01-01T00:00:00Z")


@pytest.fixture
def open_game(make_store: Callable[[], Store], clock: ManualClock) -> Callable[[Catalog], Engine]:
    """Open engines with the document's limits."""

    def make(catalog: Catalog) -> Engine:
        return Engine(catalog, make_store(), clock=clock, limits=LIMITS)

    return make
