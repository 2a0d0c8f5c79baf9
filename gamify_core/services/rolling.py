"""Rolling periods: the days that are kept, added up on reading.

Promise: exact, with whole days of the board's zone, and as dear as what these days contain. Nothing has to be settled
for a day to leave: the next reading does not look at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road.rolling import MERGES, counts_values
from gamify_core.storage.tables.metrics import METRIC, METRIC_BY_RANK, SEEN, MetricRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.road.compiled import Tracker
    from gamify_core.road.plan import Plan
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.unit import Unit

__all__ = ["rolled"]


def rolled(
    reader: Reader | Unit, plan: Plan, tracker: Tracker, windows: Iterable[int], least: int | None
) -> list[MetricRow]:
    """Return the entries that the days in these windows come to together, in no order."""
    different = counts_values(plan, tracker.metric)
    merge = MERGES[plan.metrics[tracker.metric].mode]
    days = [*filter(None, windows)]
    found: dict[int, MetricRow] = {}
    for window in days:
        for row in reader.scan(METRIC, METRIC_BY_RANK, (window,)):
            before = found.get(row.participant)
            found[row.participant] = row if before is None else merge(before, row)
    rows = []
    for number, row in found.items():
        whole = _different(reader, row, days) if different else row
        down = whole.value if tracker.ascending else -whole.value
        if least is None or whole.value >= least:
            rows.append(
                whole._replace(participant=number, down=down, day=None, day_down=None, day_reached=None)
            )
    return rows


def _different(reader: Reader | Unit, row: MetricRow, days: list[int]) -> MetricRow:
    """Count the different values of several days: what was seen on two of them counts once, from the first on."""
    first: dict[str, int] = {}
    for window in days:
        for seen in reader.scan(SEEN, None, (row.participant, window)):
            first[seen.value] = min(seen.first_at, first.get(seen.value, seen.first_at))
    return row._replace(value=len(first), reached_at=max(first.values(), default=row.reached_at))
