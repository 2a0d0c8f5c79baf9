"""Windows of metrics in a store: each has a number, which is given when the first score comes into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.storage.tables.metrics import WINDOW, WindowRow

if TYPE_CHECKING:
    from gamify_core.storage.unit import Unit

__all__ = ["opened"]


def opened(unit: Unit, name: tuple[str, str, str, int], bounds: tuple[int | None, int | None]) -> WindowRow:
    """Open the window of this scope, metric, calendar and label, which there is none of yet."""
    head = unit.last(WINDOW)
    row = WindowRow(1 if head is None else head.number + 1, *name, *bounds)
    unit.add(WINDOW, row)
    return row
