"""A leaderboard, its seasons, and what its ranks give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, cast

import attrs

from gamify_core.catalog.conversions import day, decimal, edge, gifts, many, names, points, ranks
from gamify_core.catalog.defining import Definition, GroupScore, Order, Ties, Weekday, name_of_code

__all__ = ["Leaderboard", "Prize", "Season"]


@attrs.frozen
class Season:
    """A stretch of time with a name, from `starts` on and before `ends`.

    Both are dates, whose midnights are those of the board's zone, or aware datetimes; ISO 8601 text is read.
    """

    code: str
    starts: date | datetime = attrs.field(converter=edge)
    ends: date | datetime = attrs.field(converter=edge)


def _seasons(
    value: Mapping[str, Mapping[str, date | datetime | str]] | Iterable[Season] | Season | None,
) -> tuple[Season, ...]:
    """Return seasons in the order of time; `{"spring": {"starts": …, "ends": …}}` is read as such."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        whole = {"starts", "ends"}
        made: list[Season] = []
        for code, span in value.items():
            sound = isinstance(span, Mapping) and set(span) == whole
            made.append(Season(code, span["starts"], span["ends"]) if sound else cast("Season", {code: span}))
    else:
        made = [*many(value)]
    if all(isinstance(each, Season) for each in made):
        made.sort(key=lambda each: str(each.starts))
    return tuple(made)


@attrs.frozen
class Prize:
    """What those on the ranks from `first` to `last` of a board get: points, badges, rewards."""

    first: int
    last: int
    points: tuple[tuple[str, int], ...] = attrs.field(default=(), converter=points)
    badge: tuple[str, ...] = attrs.field(default=(), converter=names)
    reward: tuple[str, ...] = attrs.field(default=(), converter=names)

    @property
    def ranks(self) -> str:
        """The ranks as they are written: `1`, `2-3`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def _prizes(value: Mapping[Any, object] | Iterable[Prize] | Prize | None) -> tuple[Prize, ...]:
    """Return prizes from the first rank down; `{1: 500, "2-3": {"badge": "podium"}}` is read as such."""
    return gifts(value, Prize, ranks, lambda each: each.first)


def _periods(value: str | Iterable[str] | None) -> tuple[str, ...]:
    return names(value)


@attrs.frozen(repr=False)
class Leaderboard(Definition):
    """A ranking by a metric, kept for each of its `periods`, of which `period` is the one shown by default.

    A period is `"all_time"`, `"yearly"`, `"monthly"`, `"weekly"`, `"daily"`; `"days"`, of `days` days each, one of
    which begins on `anchor` (a date); `"season"`, for the board's `seasons`, which do not overlap
    (`{"spring": {"starts": "2026-03-01", "ends": "2026-06-01"}}`, the end not included); or rolling, such as
    `"last_7d"`: today and the six days before it. Days begin at midnight in the board's zone; `timezone` and
    `week_start` None are the catalog's. Each period is a table of its own, and stays readable when it is over.

    `min_score` is the least score that is ranked, in either `order`. `group_by` names an attribute of participants:
    each of its values has a board of its own too, and the groups are ranked by the sum of their members' scores, or by
    the average (`group_score`).

    With `finalize_after` (`"12h"`) a period is final so long after its end: what is recorded later does not change it
    any more, whenever it happened; elsewhere it counts as ever. Then `prizes`, a mapping of ranks to what they give
    (`{1: 500, "2-3": {"badge": "podium"}}`), are paid for the table of `period`, once. Who shares a rank gets what the
    rank gets: after two firsts of a `competition` board nobody is second; a `dense` board has a second after them; on
    an `ordinal` board ranks are not shared, and of equal scores the one that was reached first is the better.
    """

    name: str = name_of_code()
    metric: str = "points.earned"
    period: str = "all_time"
    periods: tuple[str, ...] = attrs.field(
        default=attrs.Factory(lambda self: (self.period,), takes_self=True), converter=_periods
    )
    ties: Ties = "competition"
    timezone: str | None = None
    order: Order = "descending"
    week_start: Weekday | None = None
    display_order: int = 0
    days: int | None = attrs.field(default=None, kw_only=True)
    anchor: date | None = attrs.field(default=None, converter=day, kw_only=True)
    seasons: tuple[Season, ...] = attrs.field(default=(), converter=_seasons, kw_only=True)
    min_score: str | None = attrs.field(default=None, converter=decimal, kw_only=True)
    group_by: str | None = attrs.field(default=None, kw_only=True)
    group_score: GroupScore = attrs.field(default="sum", kw_only=True)
    finalize_after: str | None = attrs.field(default=None, kw_only=True)
    prizes: tuple[Prize, ...] = attrs.field(default=(), converter=_prizes, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Put `period` among the periods that are kept."""
        if self.period not in self.periods:
            object.__setattr__(self, "periods", (self.period, *self.periods))
