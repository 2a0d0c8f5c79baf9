"""What is worked out of the past: as of now it is, row by row and order by order, what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gamify_core.history.past import Past
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.tables.assets import ASSET, SUPPLY
from gamify_core.storage.tables.ledger import REVERSAL
from gamify_core.storage.tables.metrics import METRIC, SEEN, WINDOW
from gamify_core.storage.tables.rewards import CODE, STOCK, StockRow
from gamify_core.storage.tables.streaks import STREAK
from tests.engine.conftest import store_of
from tests.engine.test_alarms import everything

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamify_core.storage.protocol import Reader, Table

BEFORE, LATER = 0, 4_000_000_000_000_000
WHOLE = (ASSET, SUPPLY, STOCK, CODE, REVERSAL)
"""Tables of which every column and every order is worked out."""


@pytest.fixture(scope="module")
def seen() -> Iterator[tuple[Reader, Past, Past]]:
    """Play a bit of everything, and look at what is kept, at its past of now, and at that before it began."""
    game = everything(MemoryStore(), erase=False)
    road = game._access.road  # noqa: SLF001 - engines do not hand out their road
    with store_of(game).view() as view:
        now, before = (Past(view, instant, lambda _: road.plan_in(view)) for instant in (LATER, BEFORE))
        yield view, now, before


def _tells(row: tuple[Any, ...] | None) -> bool:
    """Say whether a row tells of anything: a stock of nothing is as good as none."""
    return row is not None and not (isinstance(row, StockRow) and not any(row[2:]))


@pytest.mark.parametrize("table", WHOLE, ids=lambda table: table.name)
def test_every_row_and_every_order_is_worked_out_as_it_is_kept(
    seen: tuple[Reader, Past, Past], table: Table[Any]
) -> None:
    """By its key, and by each order under each of its prefixes; before the first activity there is nothing."""
    kept, now, before = seen
    rows = kept.scan(table)
    assert rows
    for index in (None, *table.indexes):
        columns = table.columns[: table.key] if index is None else index.columns
        for row in rows:
            values = [getattr(row, name) for name in columns]
            for width in range(len(values) + 1):
                prefix = tuple(values[:width])
                if None not in prefix:
                    assert now.scan(table, index, prefix) == kept.scan(table, index, prefix)
                    assert not any(map(_tells, before.scan(table, index, prefix)))
    for row in rows:
        assert now.get(table, row[: table.key]) == row
        assert not _tells(before.get(table, row[: table.key]))
    nobody = tuple("zz" if isinstance(value, str) else 999 for value in rows[0][: table.key])
    assert now.get(table, nobody) is None


def test_metrics_and_the_values_behind_them_are_worked_out_as_they_are_kept(
    seen: tuple[Reader, Past, Past],
) -> None:
    """By participant and by board, but for the boards of groups: who was in which one then nothing tells."""
    kept, now, before = seen
    of_groups = {row.number for row in kept.scan(WINDOW) if "team" in row.calendar}
    rows = [row for row in kept.scan(METRIC) if row.window not in of_groups]
    assert rows
    for row in rows:
        assert now.get(METRIC, row[:2]) == row
        assert before.get(METRIC, row[:2]) is None
        assert now.scan(SEEN, None, row[:2]) == kept.scan(SEEN, None, row[:2])
        for index in METRIC.indexes:
            assert now.scan(METRIC, index, (row.window,)) == kept.scan(METRIC, index, (row.window,))
        assert now.get(METRIC, row[:2]) == row  # from the board, once that was worked out
    assert now.get(METRIC, (99, rows[0].window)) is None
    assert now.get(METRIC, (1, 99)) is None
    assert now.scan(METRIC, None, (99,)) == []
    assert now.scan(METRIC, METRIC.indexes[0], (99,)) == []


def test_streaks_are_worked_out_as_they_are_kept(seen: tuple[Reader, Past, Past]) -> None:
    """But for how far their owner was told of them, which only who goes on from there asks for; nobody else has one."""
    kept, now, before = seen
    (row,) = kept.scan(STREAK)
    assert now.to_go_on().get(STREAK, row[:2]) == row
    assert now.get(STREAK, row[:2]) == row._replace(told=None)
    assert now.scan(STREAK, None, (1,)) == [row._replace(told=None)]
    assert now.scan(STREAK, STREAK.indexes[0], ("daily",)) == kept.scan(STREAK, STREAK.indexes[0], ("daily",))
    assert now.get(STREAK, (2, "daily")) is None
    assert now.get(STREAK, (1, "gone")) is None
    assert before.get(STREAK, row[:2]) is None
    assert before.scan(STREAK, STREAK.indexes[0], ("daily",)) == []
