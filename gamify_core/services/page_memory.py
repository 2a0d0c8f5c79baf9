"""Pages of boards that were answered before, for as long as the same answer would be given.

Promise: what is recalled is what reading would give now. A page is recalled only for a snapshot of the very version it
was read from, by the same plan, and before the next instant at which time alone changes it: the end of the day, which
`change` looks back to, that of the period, or the beginning of a season. The first page of a board is what is asked
for most, by everybody alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from gamify_core.road.meters import DAILY

if TYPE_CHECKING:
    from gamify_core.road.plan import Plan
    from gamify_core.services.board_answers import BoardPage
    from gamify_core.services.instances import Place
    from gamify_core.storage.protocol import Reader

__all__ = ["PageMemory"]

_PAGES_KEPT = 256

Asked = tuple[str, str | None, int, int, bool]
"""Which board, period, page and page size, and whether with the change."""


@attrs.define(eq=False)
class _Page:
    version: object
    plan: Plan
    since: int
    place: Place
    page: BoardPage
    until: int | None = None
    """Worked out when it is first looked for: where writes come between all readings, nobody ever does."""

    def holds(self, now: int) -> bool:
        """Say whether time alone has changed nothing of it by now."""
        if self.until is None:
            zone, since = self.place.tracker.zone, self.since
            starts = [tracker.starts for _, tracker in self.plan.boards[self.page.leaderboard_code].seasons]
            tomorrow = DAILY.begins(DAILY.label(since, zone) + 1, zone)
            ends = [tomorrow, self.place.bounds()[1], self.place.due, *starts]
            self.until = min([instant for instant in ends if instant is not None and instant > since])
        return self.since <= now < self.until


class PageMemory:
    """What was answered."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._pages: dict[Asked, _Page] = {}

    def recall(self, asked: Asked, reader: Reader, plan: Plan, now: int) -> BoardPage | None:
        """Return the page that reading would give, if that is known."""
        known = self._pages.get(asked)
        if known is None or known.plan is not plan or known.version != getattr(reader, "version", None):
            return None
        return known.page if known.holds(now) else None

    def keep(  # noqa: PLR0913 - all that an answer depends on
        self, asked: Asked, reader: Reader, plan: Plan, now: int, place: Place, page: BoardPage
    ) -> None:
        """Remember a page, if it was read from a snapshot and does not say how far time was dealt with."""
        version = getattr(reader, "version", None)  # the unit of a handle, or a moment of the past, has none
        if version is None or place.days is not None or page.table.settled_through is not None:
            return
        if len(self._pages) >= _PAGES_KEPT:
            self._pages.clear()
        self._pages[asked] = _Page(version, plan, now, place, page)
