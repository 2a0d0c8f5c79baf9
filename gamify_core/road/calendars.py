"""The calendars that definitions name, and what the windows they cut are called in a store.

Promise: two ways of cutting time that differ in any window have different names, in every process and for good.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from gamify_core.clock import instant_of, iso
from gamify_core.domain.periods import BEGINNING, END, Calendar, Kind, rolling
from gamify_core.domain.zones import zone
from gamify_core.road.compiled import ALL_TIME

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog, Leaderboard, Season

__all__ = ["KINDS", "WEEKDAYS", "board_name", "calendar_of", "edge_of", "hours_in", "name_of", "seasons_of"]

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


def calendar_of(
    period: str, week_start: str, days: int | None = None, anchor: date | None = None
) -> Calendar:
    """Return the calendar of a period; a rolling one is made of days."""
    if period == "all_time":
        return ALL_TIME
    if period == "days":
        return Calendar("days", days=days or 1, anchor=anchor.toordinal() if anchor is not None else 1)
    if rolling(period) is not None:
        return Calendar("daily")
    return Calendar(KINDS[period], week_start=WEEKDAYS.index(week_start) if period == "weekly" else 0)


def board_name(
    board: Leaderboard, period: str, week_start: str, zone: str, season: Season | None = None
) -> str:
    """Return what to call the windows of a board in a period: what of the board decides nothing there is left out.

    `days/14 UTC`, `season/spring UTC 2026-03-01/2026-06-01`, `weekly UTC ascending from 100 final 12h`.
    """
    text = name_of("daily" if rolling(period) is not None else period, week_start, zone, BEGINNING, END)
    if period == "days":
        text = f"days/{board.days}{f'/{board.anchor}' if board.anchor is not None else ''} {zone}"
    elif season is not None:
        text = f"season/{season.code} {zone} {_edge(season.starts)}/{_edge(season.ends)}"
    if board.order == "ascending":  # another order is another window: the same metric may be ranked both ways
        text += " ascending"
    if rolling(period) is None:
        text += f" from {board.min_score}" if board.min_score is not None else ""
        text += (
            f" final {board.finalize_after}"
            if board.finalize_after is not None and period != "all_time"
            else ""
        )
    return text


def _edge(edge: date | datetime) -> str:
    return edge.isoformat().replace("+00:00", "Z")


def edge_of(edge: date | datetime, zone: tzinfo) -> int:
    """Return the instant at which a season starts or ends: a date is its midnight in a zone."""
    return (
        instant_of(edge) if isinstance(edge, datetime) else Calendar("daily").begins(edge.toordinal(), zone)
    )


def seasons_of(catalog: Catalog) -> dict[str, tuple[int, int]]:
    """Return the first instant of each season of the boards, and the first after it; boards that share one agree."""
    found: dict[str, tuple[int, int]] = {}
    for board in catalog.leaderboards:
        here = zone(board.timezone or catalog.timezone)
        for season in board.seasons:
            found.setdefault(season.code, (edge_of(season.starts, here), edge_of(season.ends, here)))
    return found


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
