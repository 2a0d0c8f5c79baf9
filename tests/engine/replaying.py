"""Deciding a history again, for tests: by the library's own replay."""

from __future__ import annotations

from typing import Any

from gamify_core import Engine
from gamify_core.replay.again import Again, differing_rows
from tests.engine.conftest import store_of

__all__ = ["difference"]


def difference(engine: Engine) -> dict[str, tuple[list[Any], list[Any]]]:
    """Decide all that an engine recorded again, and return the rows that come out otherwise, by table."""
    with store_of(engine).view() as view:
        again = Again(view, engine._access.road)  # noqa: SLF001 - engines do not hand out their road
        again.run()
        with again.store.view() as other:
            return differing_rows(view, other)
