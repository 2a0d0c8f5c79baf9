"""What rows were before they were changed, where nothing else would tell: so the past can be read as it was then.

Most rows are never changed, or what they were follows from others. Kept here are the few that are rewritten now and
then: what people call themselves, activities that were taken back or put into other periods, pauses, multipliers, and
what waits for them (`tables.waiting`). Of who has none of these there is nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Table

__all__ = ["FORMER", "FormerRow"]


class FormerRow(NamedTuple):
    """Activity `until` put the row `after` in the place of `before` (each a JSON list, or None for no row).

    `n` numbers what the activity has left word of, in that order.
    """

    participant: int
    kind: str  # the name of the table
    until: int
    n: int
    before: str | None
    after: str | None


FORMER = Table("former", FormerRow, key=4, parents={"participant": "participant"})
