"""Reviews of rungs: on ladders that take a rung away, but only at the end of a period that has not earned it again.

Promise: who stands on a rung that can be lost has one row that says when it is reviewed next, whoever put them there.
A rung that was assigned stays through its reviews.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.domain.reviews import falls_to
from gamify_core.road import former, ladders
from gamify_core.road.meters import value_of
from gamify_core.storage.tables.progress import REVIEW, STANDING

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.progress import ReviewRow

__all__ = ["review"]


def review(turn: Turn, row: ReviewRow) -> None:
    """Hold a rung against what the metric came to just before its review; it stays, or its holder falls."""
    who, plan = turn.who, turn.plan.ladders.get(row.ladder)
    former.rewrite(turn, REVIEW, row, None)
    head = turn.unit.last(STANDING, (who.number, row.ladder))
    if plan is None or plan.review is None or head is None or head.tier is None:
        return
    at = ladders.place_of(turn, plan, head.tier)
    to = at
    if head.how != ladders.ASSIGNED:
        earned = plan.earned(value_of(turn, who, plan.ladder.metric, row.due - 1))
        to = falls_to(plan.places, at, earned, plan.ladder.fall)
    if to != at:
        ladders.stand(turn, who, plan, to, ladders.AUTOMATIC, f"review:{row.ladder}")
    else:
        ladders.schedule(turn, who, plan, to)
