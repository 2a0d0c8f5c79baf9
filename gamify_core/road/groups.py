"""Boards of groups: who has the same attribute is in one group, which has a board of its own and a place among groups.

Promise: whenever a score enters a board, moves on it or leaves it, the board of its owner's group and the sum of the
group follow in the same commit. Who changes groups takes their scores along, but for those of periods that are final.
"""

from __future__ import annotations

import json
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

from gamify_core.errors import BadValue, in_words
from gamify_core.road.levels import relevel
from gamify_core.road.windows import opened
from gamify_core.storage.protocol import LARGEST
from gamify_core.storage.tables.boards import GROUP, GroupRow
from gamify_core.storage.tables.metrics import (
    METRIC,
    METRIC_BY_RANK,
    SCORE_LEVEL,
    WINDOW,
    WINDOW_BY_NAME,
    WindowRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from gamify_core.road.compiled import Grouping, Tracker
    from gamify_core.road.plan import Plan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.metrics import MetricRow
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = [
    "DECIMALS",
    "board_of",
    "calendar_of_group",
    "calendar_of_groups",
    "clear",
    "clear_sums",
    "count",
    "follow",
    "group_in",
]
__all__ += ["is_of_group", "memberships", "regroup"]

DECIMALS: Final = 6
"""How many decimals an average is ranked by, beyond those of the scores."""


def calendar_of_group(text: str, attribute: str, name: str) -> str:
    """Return what the windows of a group's own board are called."""
    return f"{text} {attribute}={name}"


def is_of_group(calendar: str) -> bool:
    """Say whether windows that are called so are a group's own board: nothing else has this sign in its name."""
    return "=" in calendar


def calendar_of_groups(text: str, grouping: Grouping) -> str:
    """Return what the windows are called in which groups are ranked."""
    return f"{text} by {'average' if grouping.average else 'sum'} of {grouping.attribute}"


def group_in(attributes: str, attribute: str) -> str | None:
    """Return the group that somebody with these attributes is in: a text, or a whole number as text."""
    value = json.loads(attributes).get(attribute) if attributes != "{}" else None
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return str(value)


def board_of(grouping: Grouping, members: int, total: int, *, ascending: bool) -> int:
    """Return what orders a group, best first."""
    value = total
    if grouping.average:
        value = int((Decimal(total).scaleb(DECIMALS) / members).to_integral_value(ROUND_FLOOR))
    return value if ascending else -value


def follow(  # noqa: PLR0913 - whose score, where, from what to what
    unit: Unit,
    who: ParticipantRow,
    tracker: Tracker,
    window: int,
    was: MetricRow | None,
    now: MetricRow | None,
) -> None:
    """Let the groups of a board follow a score that went from `was` to `now` in a window (None: it is not there)."""
    place = unit.get(WINDOW, (window,))
    assert place is not None  # noqa: S101 - a score stands in a window
    seen = set()
    for grouping in tracker.groupings:
        name = group_in(who.attributes, grouping.attribute)
        if name is None:
            continue
        _count(unit, tracker, grouping, place, name, was, now)
        if grouping.attribute not in seen:
            seen.add(grouping.attribute)
            _place(unit, who, tracker, place, grouping.attribute, name, now)


def _ranked(row: MetricRow | None) -> bool:
    return row is not None and row.down is not None


def _place(  # noqa: PLR0913 - whose score, on which board, in which group
    unit: Unit,
    who: ParticipantRow,
    tracker: Tracker,
    place: WindowRow,
    attribute: str,
    name: str,
    now: MetricRow | None,
) -> None:
    """Put a score on the board of a group, or take it off; that of somebody hidden has a place to come back to."""
    number = _window(unit, place, calendar_of_group(tracker.text, attribute, name))
    held = unit.get(METRIC, (who.number, number))
    there = now is not None and (now.down is not None or who.is_hidden)
    left = now._replace(window=number) if now is not None and there else None
    if left is not None:
        unit.put(METRIC, left)
    elif held is not None:
        unit.remove(METRIC, held)
    if tracker.dense:
        relevel(unit, held, left)


def _count(  # noqa: PLR0913 - as above
    unit: Unit,
    tracker: Tracker,
    grouping: Grouping,
    place: WindowRow,
    name: str,
    was: MetricRow | None,
    now: MetricRow | None,
) -> None:
    """Count a score among those of its group."""
    change = _ranked(now) - _ranked(was)
    by = (now.value if now is not None and _ranked(now) else 0) - (
        was.value if was is not None and _ranked(was) else 0
    )
    if not change and not by:
        return
    number = _window(unit, place, calendar_of_groups(tracker.text, grouping))
    row = unit.get(GROUP, (number, name))
    members, total = (change, by) if row is None else (row.members + change, row.total + by)
    if not -LARGEST <= total <= LARGEST // (10**DECIMALS if grouping.average else 1):
        detail = f"the {place.metric} of group {in_words(name)} would leave the range of 64 bits"
        raise BadValue(place.metric, total, detail)
    if members:
        down = board_of(grouping, members, total, ascending=tracker.ascending)
        unit.put(GROUP, GroupRow(number, name, members, total, down))
    elif row is not None:
        unit.remove(GROUP, row)


def _window(unit: Unit, place: WindowRow, calendar: str) -> int:
    """Return the number of the window of a group's board beside the board of all, opening it where it is new."""
    name = (place.scope, place.metric, calendar, place.label)
    number: int | None = unit.known.get(name) or unit.memo.get(name)
    if number is None:
        row = unit.find(WINDOW, WINDOW_BY_NAME, name)
        if row is None:
            row = opened(unit, name, (place.starts_at, place.ends_at))
        number = unit.memo[name] = row.number
    return number


def regroup(turn: Turn, old: ParticipantRow, new: ParticipantRow) -> None:
    """Let the scores of somebody whose attributes have changed go from one group to another."""
    attributes = {
        grouping.attribute
        for tracker in turn.plan.trackers.values()
        for grouping in tracker.groupings
        if group_in(old.attributes, grouping.attribute) != group_in(new.attributes, grouping.attribute)
    }
    if not attributes:
        return
    for row in turn.unit.scan(METRIC, None, (old.number,)):
        window = turn.unit.get(WINDOW, (row.window,))
        tracker = turn.plan.trackers.get((window.metric, window.calendar)) if window is not None else None
        if window is None or tracker is None or not tracker.groupings:
            continue
        if row.down is None and not new.is_hidden:
            continue
        if not tracker.is_final(window.label, turn.recorded_at):
            follow(turn.unit, old, tracker, row.window, row, None)
            follow(turn.unit, new, tracker, row.window, None, row)


def memberships(plan: Plan, window: WindowRow) -> tuple[Tracker, str, str] | None:
    """Return of which tracker, attribute and group a window is the board of a group; None: it is no such."""
    if is_of_group(window.calendar):
        for tracker in plan.trackers.values():
            for grouping in tracker.groupings if tracker.metric == window.metric else ():
                prefix = calendar_of_group(tracker.text, grouping.attribute, "")
                if window.calendar.startswith(prefix):
                    return tracker, grouping.attribute, window.calendar.removeprefix(prefix)
    return None


def count(  # noqa: PLR0913 - as above
    unit: Unit,
    tracker: Tracker,
    window: WindowRow,
    attribute: str,
    name: str,
    was: MetricRow | None,
    now: MetricRow | None,
) -> None:
    """Count a score on the board of a group among those of the group, as it goes from `was` to `now`."""
    for grouping in tracker.groupings:
        if grouping.attribute == attribute:
            _count(unit, tracker, grouping, window, name, was, now)


def clear(
    unit: Unit, text: str, metric: str, groupings: Iterable[Grouping], sealed: AbstractSet[tuple[str, int]]
) -> None:
    """Empty the boards of groups beside a board, but for those of the periods that are sealed."""
    own = tuple(calendar_of_group(text, grouping.attribute, "") for grouping in groupings)
    of_groups = {calendar_of_groups(text, grouping) for grouping in groupings}
    for window in unit.scan(WINDOW):
        if window.metric != metric or (window.scope, window.label) in sealed:
            continue
        if window.calendar in of_groups:
            for group in unit.scan(GROUP, None, (window.number,)):
                unit.remove(GROUP, group)
        elif window.calendar.startswith(own) and own:
            for row in unit.scan(METRIC, METRIC_BY_RANK, (window.number,)):
                unit.remove(METRIC, row)
            for level in unit.scan(SCORE_LEVEL, None, (window.number,)):
                unit.remove(SCORE_LEVEL, level)


def clear_sums(unit: Unit, tracker: Tracker, window: WindowRow, groupings: Iterable[Grouping]) -> None:
    """Empty the boards on which groups are ranked so, beside the window of a group's own board."""
    for grouping in groupings:
        name = (window.scope, window.metric, calendar_of_groups(tracker.text, grouping), window.label)
        place = unit.find(WINDOW, WINDOW_BY_NAME, name)
        for group in unit.scan(GROUP, None, (place.number,)) if place is not None else ():
            unit.remove(GROUP, group)
