"""Which windows of a board are final for good, so that no rebuild touches them.

Promise: a window is, if its board was kept at the moment from which it is final or at any time since. What was kept of
it by a board that had gone from the catalog before then is no final table: it is worked out as the board comes back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gamify_core.catalog import Catalog
from gamify_core.road.plan import compile_plan
from gamify_core.storage.tables.activity import ACTIVITY, CATALOG
from gamify_core.storage.tables.metrics import WINDOW

if TYPE_CHECKING:
    from gamify_core.road.compiled import Tracker
    from gamify_core.road.plan import Plan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.unit import Unit

__all__ = ["sealed"]

_AT_ONCE: Final = 1_000


def sealed(turn: Turn, tracker: Tracker, old: Plan) -> frozenset[tuple[str, int]]:
    """Return the windows of a tracker, by scope and label, that are final for good; `old` is the plan until now."""
    if tracker.delay is None:
        return frozenset()
    over = {
        (row.scope, row.label): row.ends_at + tracker.delay
        for row in turn.unit.scan(WINDOW)
        if (row.metric, row.calendar) == tracker.key
        and row.ends_at is not None
        and row.ends_at + tracker.delay <= turn.recorded_at
    }
    if not over or tracker.key in old.trackers:
        return frozenset(over)
    until = _kept_until(turn.unit, tracker, min(over.values()))
    return frozenset(window for window, due in over.items() if due < until)


def _kept_until(unit: Unit, tracker: Tracker, since: int) -> int:
    """Return when a catalog that kept a tracker went out of force last, or `since` if that was before it."""
    keeps: dict[int, bool] = {}
    head = unit.last(ACTIVITY)
    end = head.seq + 1 if head is not None else 0
    following = since
    while end > 1 and (rows := unit.scan(ACTIVITY, None, (), stop=(end,), reverse=True, limit=_AT_ONCE)):
        for row in rows:
            if row.catalog not in keeps:
                keeps[row.catalog] = tracker.key in _plan_of(unit, row.catalog).trackers
            if keeps[row.catalog]:
                return following
            if row.recorded_at <= since:
                return since
            following = row.recorded_at
        end = rows[-1].seq
    return since


def _plan_of(unit: Unit, number: int) -> Plan:
    row = unit.get(CATALOG, (number,))
    assert row is not None  # noqa: S101 - an activity names a catalog that is there
    return compile_plan(Catalog.from_dict(json.loads(row.document)))
