"""The last so many days of a metric, added up from the days that are kept when it is asked.

Promise: exact, with whole days of the zone that the days are kept in, the one that an instant falls into and those
before it. Nothing is kept for it but the days, so a day leaves without anybody's doing, and verifying the days verifies
it. It costs two statements, and time in proportion to the days in which anything happened.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Final

from gamify_core.storage.tables.metrics import METRIC, SEEN, WINDOW, WINDOW_BY_NAME, MetricRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gamify_core.road.compiled import Tracker
    from gamify_core.road.plan import Plan
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["MERGES", "counts_values", "value_in_days"]


def counts_values(plan: Plan, metric: str) -> bool:
    """Say whether a metric counts different values, of which one that was seen on two days counts once."""
    counter = plan.declared.get(metric)
    return counter is not None and (counter.distinct is not None or counter.metric.days)


def value_in_days(  # noqa: PLR0913 - whose, of what, and how much of it
    reader: Reader | Unit, who: ParticipantRow, plan: Plan, tracker: Tracker, days: int, instant: int
) -> int:
    """Return what a participant's days come to, of which the last is the one that holds an instant."""
    last = tracker.nearest(instant)
    name = (who.scope, tracker.metric, tracker.text)
    found = reader.scan(WINDOW, WINDOW_BY_NAME, name, start=(last - days + 1,), stop=(last + 1,))
    windows = [window.number for window in found]
    if counts_values(plan, tracker.metric):
        return len({seen.value for each in windows for seen in reader.scan(SEEN, None, (who.number, each))})
    rows = [
        row for row in reader.get_many(METRIC, [(who.number, each) for each in windows]) if row is not None
    ]
    return reduce(MERGES[plan.metrics[tracker.metric].mode], rows).value if rows else 0


def _sum(one: MetricRow, other: MetricRow) -> MetricRow:
    return one._replace(value=one.value + other.value, reached_at=max(one.reached_at, other.reached_at))


def _latest(one: MetricRow, other: MetricRow) -> MetricRow:
    return max(one, other, key=lambda row: (row.reached_at, row.value))


def _most(one: MetricRow, other: MetricRow) -> MetricRow:
    return max(one, other, key=lambda row: (row.value, -row.reached_at))


def _least(one: MetricRow, other: MetricRow) -> MetricRow:
    return min(one, other, key=lambda row: (row.value, row.reached_at))


MERGES: Final[Mapping[str, Callable[[MetricRow, MetricRow], MetricRow]]] = {
    "sum": _sum,
    "level": _latest,
    "latest": _latest,
    "max": _most,
    "min": _least,
}
"""What two days of one participant come to together, by the mode of the metric."""
