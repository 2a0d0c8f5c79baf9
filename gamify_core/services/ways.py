"""What a board in a period is read by, looked up and checked once for each plan, and which of its tables runs.

Promise: what is kept here is what would be worked out anew. A rank is asked right after every award and a window at
every visit, so neither pays for finding out again which board that is, when its period began, what is said of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from gamify_core.clock import moment
from gamify_core.domain.periods import rolling
from gamify_core.services.board_answers import Table
from gamify_core.services.instances import place_of
from gamify_core.storage.tables.boards import CLOSING, CLOSING_DUE

if TYPE_CHECKING:
    from gamify_core.catalog import Leaderboard
    from gamify_core.road.compiled import Tracker
    from gamify_core.road.plan import Plan
    from gamify_core.services.access import Access
    from gamify_core.services.instances import Place
    from gamify_core.storage.protocol import Reader

__all__ = ["Way", "way_to"]


@attrs.define(eq=False)
class Way:
    """What a board in a period is read by, as one plan has it; no tracker where its tables are worked out.

    `awaited`: its rows are not there before the plan is adopted.
    """

    plan: Plan
    definition: Leaderboard
    period: str
    tracker: Tracker | None
    scale: int
    awaited: bool
    _running: tuple[int, Place] | None = None
    _still: tuple[Place, Table] | None = None

    def running(self, now: int) -> Place:
        """Return which table runs at an instant."""
        label = self.tracker.label(now) if self.tracker is not None else None
        known = self._running
        if known is not None and known[0] == label:
            return known[1]
        place = place_of(self.plan, self.definition, self.period, None, now)
        if label is not None:
            self._running = label, place
        return place

    def adopted(self, access: Access, reader: Reader) -> Reader:
        """Return a reader of its rows: under a plan that is not in force yet, as adopting it will leave them."""
        ahead = self.plan.ahead
        if ahead is None or not self.awaited:
            return reader
        return access.road.adopting(
            reader, ahead.of(self.plan.boards[self.definition.code].every), access.scope
        )

    def table(self, reader: Reader, place: Place, group: str | None, now: int) -> Table:
        """Return what is said of a table."""
        known = self._still
        if known is not None and known[0] is place and group is None:
            return known[1]
        starts, ends = place.bounds()
        due = place.due
        settled = None
        closes = self.definition.finalize_after is not None
        if closes:
            waiting = reader.scan(CLOSING, CLOSING_DUE, stop=(now + 1,), limit=1)
            settled = moment(min([now, *(row.due for row in waiting if row.due is not None)]))
        table = Table(
            leaderboard_code=self.definition.code,
            period=self.period,
            of=place.name,
            group=group,
            starts_at=moment(starts) if starts is not None else None,
            ends_at=moment(ends) if ends is not None else None,
            begun=starts is None or starts <= now,
            is_final=due is not None and due <= now,
            settled_through=settled,
        )
        if not closes and due is None and group is None and table.begun:  # nothing of it changes with time
            self._still = place, table
        return table


def way_to(plan: Plan, definition: Leaderboard, period: str) -> Way:
    """Return what a board in a period is read by."""
    board = plan.boards[definition.code]
    awaited = plan.ahead is not None and any(map(plan.ahead.concern, board.every))
    tracker = None if awaited or rolling(period) is not None else board.trackers.get(period)
    return Way(plan, definition, period, tracker, plan.scale(definition.metric), awaited)
