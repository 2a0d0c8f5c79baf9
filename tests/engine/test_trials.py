"""A trial over a snapshot answers as a unit of work that may write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.errors import StoreError
from gamify_core.road.trial import Trial
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.tables import ORDER, TABLES
from gamify_core.storage.tables.metrics import (
    METRIC,
    METRIC_BY_MORNING,
    METRIC_BY_RANK,
    WINDOW,
    WINDOW_BY_NAME,
    MetricRow,
    WindowRow,
)
from gamify_core.storage.unit import Unit

NUMBERS = st.integers(1, 3)
VALUES = st.integers(-1, 1)
TIES = st.sampled_from(["a", "é", "\uffff", "\U00010000"])
RANKED = st.builds(
    lambda p, w, v, at, tie: MetricRow(p, w, v, at, -v, tie, v, None, None),
    *(NUMBERS,) * 2,
    *(VALUES,) * 2,
    TIES,
)
PLAIN = st.builds(
    lambda p, w, v: MetricRow(p, w, v, 0, None, None, None, None, None), NUMBERS, NUMBERS, VALUES
)
ROWS = st.lists(RANKED | PLAIN, max_size=6)
CHANGES = st.lists(
    st.tuples(st.sampled_from(["put", "put", "remove", "append", "window"]), RANKED | PLAIN), max_size=8
)
BOUNDS = st.none() | st.tuples(VALUES) | st.tuples(VALUES, VALUES)


def store_with(rows: list[MetricRow]) -> MemoryStore:
    """Return a store in which these rows are committed."""
    store = MemoryStore()
    store.migrate(TABLES)
    unit = Unit(store.begin(), ORDER)
    change(unit, "window", rows[0] if rows else None)
    for row in rows:
        unit.put(METRIC, row)
    unit.commit()
    return store


def change(unit: Unit, how: str, row: MetricRow | None) -> None:
    """Change something in a unit, the same in both."""
    head = unit.last(WINDOW)
    number = 1 if head is None else head.number + 1
    window = WindowRow(number, "", "m", "daily", number, None, None)
    match how:
        case "put":
            assert row is not None
            unit.put(METRIC, row)
        case "remove":
            assert row is not None
            if unit.get(METRIC, row[:2]) is not None:
                unit.remove(METRIC, row)
        case "append":
            unit.append(WINDOW, window)
        case _:
            unit.add(WINDOW, window)


@given(
    ROWS, CHANGES, NUMBERS, BOUNDS, BOUNDS, st.booleans(), st.integers(0, 2), st.none() | st.integers(0, 2)
)
def test_a_trial_sees_what_a_unit_would_see(  # noqa: PLR0913 - one range, every way it can be asked for
    rows: list[MetricRow],
    changes: list[tuple[str, MetricRow]],
    number: int,
    start: tuple[int, ...] | None,
    stop: tuple[int, ...] | None,
    reverse: bool,  # noqa: FBT001
    offset: int,
    limit: int | None,
) -> None:
    """Every reader gives the same in the same order, whatever was put, removed or appended; nothing is sent."""
    with store_with(rows).view() as view:
        trial, unit = Trial(view), Unit(store_with(rows).begin(), ORDER)
        for how, row in changes:
            change(trial, how, row)
            change(unit, how, row)
        cut: dict[str, Any] = {"reverse": reverse, "offset": offset, "limit": limit}
        bounds: dict[str, Any] = {"start": start, "stop": stop, **cut}
        of_one: dict[str, Any] = {"start": start and start[:1], "stop": stop and stop[:1], **cut}

        def answers(asked: Unit) -> list[object]:
            return [
                asked.scan(METRIC, METRIC_BY_RANK, (number,), **bounds),
                asked.scan(METRIC, METRIC_BY_MORNING, (number,), **bounds),
                asked.scan(METRIC, None, (number,), **of_one),
                *(asked.count(METRIC, index, (number,)) for index in (METRIC_BY_RANK, None)),
                asked.count(WINDOW),
                asked.position(METRIC, METRIC_BY_RANK, (number,), start or ()),
                asked.scan(WINDOW, **of_one),
                asked.last(WINDOW),
                asked.get(WINDOW, (number,)),
                asked.get_many(WINDOW, [(1,), (2,), (9,)]),
                asked.find(WINDOW, WINDOW_BY_NAME, ("", "m", "daily", 1)),
                asked.get(METRIC, (number, 1)),
            ]

        assert answers(trial) == answers(unit)
        unit.rollback()
        assert sorted(view.scan(METRIC)) == sorted({row[:2]: row for row in rows}.values())


@pytest.mark.parametrize("changes", [0, 1])
def test_a_trial_refuses_what_a_store_refuses(changes: int) -> None:
    """A bound with more columns than its order is a mistake, whether rows are queued beside the snapshot's or not."""
    with store_with([]).view() as view:
        trial = Trial(view)
        for _ in range(changes):
            change(trial, "window", None)
        for start, stop in (((1, 1), None), (None, (1, 1))):
            with pytest.raises(StoreError):
                trial.scan(WINDOW, start=start, stop=stop)
            with pytest.raises(StoreError):
                trial.count(WINDOW, start=start, stop=stop)
