"""When a rung is reviewed, how far it falls, and how long it is safe.

Promise: a rung that a period has earned is held to the end of the period after it. Periods are those of a calendar
in one zone, so they begin where the people of that zone begin them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from gamify_core.domain.periods import Calendar

__all__ = ["falls_to", "held_until", "next_review"]


def next_review(calendar: Calendar, zone: tzinfo, instant: int) -> int:
    """Return the end of the period that holds an instant: the first instant of the next one."""
    return calendar.begins(calendar.label(instant, zone) + 1, zone)


def held_until(calendar: Calendar, zone: tzinfo, instant: int, *, earned: bool) -> int:
    """Return until when a rung stands whatever happens; `earned`: the present period has earned it already."""
    label = calendar.label(instant, zone)
    return calendar.begins(label + (2 if earned else 1), zone)


def falls_to(places: Sequence[int], at: int, earned: int, fall: str) -> int:
    """Return the place (-1: none) that a review leaves somebody on, who stands at `at` and has earned `earned`.

    `places` are those that the metric can earn, ascending.
    """
    if earned >= at or fall == "all":
        return max(earned, -1) if earned < at else at
    below = [place for place in places if place < at]
    return max(earned, below[-1] if below else -1)
