"""The calendars that definitions name, and what the windows they cut are called in a store.

Promise: two ways of cutting time that differ in any window have different names, in every process and for good.
"""

from __future__ import annotations

from gamify_core.clock import iso
from gamify_core.domain.periods import BEGINNING, END, Calendar, Kind
from gamify_core.road.compiled import ALL_TIME

__all__ = ["KINDS", "WEEKDAYS", "calendar_of", "hours_in", "name_of"]

KINDS: dict[str, Kind] = {
    "hourly": "hourly",
    "daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
    "yearly": "yearly",
    "days": "days",
}
_HOURS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 672, "yearly": 8760}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def calendar_of(period: str, week_start: str) -> Calendar:
    """Return the calendar of a period."""
    if period == "all_time":
        return ALL_TIME
    return Calendar(KINDS[period], week_start=WEEKDAYS.index(week_start) if period == "weekly" else 0)


def hours_in(period: str, days: int | None) -> int:
    """Return how many hours a period has, the shortest of its kind."""
    return _HOURS.get(period) or 24 * (days or 1)


def name_of(period: str, week_start: str, zone: str, starts: int, ends: int) -> str:
    """Return what to call the windows of a period within a span: what of it decides nothing is left out.

    `weekly/sunday Europe/Paris`, `all_time`, `daily UTC 2026-03-01T00:00:00Z/..`, `../2026-03-31T00:00:00Z`.
    """
    span = ""
    if starts > BEGINNING or ends < END:
        span = f"{iso(starts) if starts > BEGINNING else '..'}/{iso(ends) if ends < END else '..'}"
    if period == "all_time":
        return f"{span or period} {zone}".rstrip()
    kind = f"weekly/{week_start}" if period == "weekly" and week_start != "monday" else period
    return f"{kind} {zone} {span}".rstrip()
