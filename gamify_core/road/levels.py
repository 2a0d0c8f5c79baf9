"""How many hold each score of a board, now and as the day began: what a dense rank counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.storage.tables.metrics import LEVEL_EMPTIED, SCORE_LEVEL, ScoreLevelRow

if TYPE_CHECKING:
    from gamify_core.storage.tables.metrics import MetricRow
    from gamify_core.storage.unit import Unit

__all__ = ["level", "relevel"]

_SWEPT = 250


def relevel(unit: Unit, held: MetricRow | None, left: MetricRow | None) -> None:
    """Count somebody whose row on a dense board was `held` and is `left` now (None: there is none).

    Both tell the same story of a last day: where it found them, and where they went from there.
    """
    for row, one in ((left, 1), (held, -1)):
        if row is None or row.down is None:
            continue
        morning = row.down if row.day is None else row.day_down
        if morning is not None:
            level(unit, row.window, morning, one, None)
        if morning != row.down:
            level(unit, row.window, row.down, one, row.day)
            if morning is not None:
                level(unit, row.window, morning, -one, row.day)


def level(unit: Unit, window: int, down: int, change: int, day: int | None) -> None:
    """Count one holder of a score more or less: since a day, or (None, or an earlier day) as long as anybody can tell.

    A score that nobody holds, and nobody held as the day began, has no row.
    """
    row = unit.get(SCORE_LEVEL, (window, down))
    marked = day if row is None or row.day is None else row.day if day is None else max(day, row.day)
    holders = row.holders or 0 if row is not None else 0
    before = holders if row is None or row.day != marked else row.before or 0
    holders += change
    if marked is not None and day != marked:
        before += change
    if holders or (marked is not None and before):
        emptied = None if holders else marked
        kept = before or None if marked is not None else None
        unit.put(SCORE_LEVEL, ScoreLevelRow(window, down, holders or None, marked, kept, emptied))
    elif row is not None:
        unit.remove(SCORE_LEVEL, row)
    if not holders and day is not None:
        _sweep(unit, window, day)


def _sweep(unit: Unit, window: int, day: int) -> None:
    """Remove scores that were emptied before today: once in a unit, some at a time, more than one unit leaves."""
    if ("swept", window) in unit.memo:
        return
    unit.memo["swept", window] = day
    for row in unit.scan(SCORE_LEVEL, LEVEL_EMPTIED, (window,), stop=(day,), limit=_SWEPT):
        unit.remove(SCORE_LEVEL, row)
