"""Boards of groups, put together again from the boards beside which they stand, and periods that were closed.

What is final is not put together again: who was in which group then is told by nothing but the rows themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gamify_core.history.looking import AT_ONCE, Look, spelt
from gamify_core.history.report import Mismatch
from gamify_core.road.groups import board_of, calendar_of_group, calendar_of_groups, group_in
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.boards import CLOSED, CLOSING, GROUP, GroupRow
from gamify_core.storage.tables.metrics import METRIC, METRIC_BY_RANK, WINDOW, WINDOW_BY_NAME
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.history.looking import Check
    from gamify_core.road.compiled import Grouping, Tracker
    from gamify_core.storage.tables.metrics import MetricRow, WindowRow

__all__ = ["CHECKS", "final"]

Members = dict[str, list["MetricRow"]]


def final(look: Look, tracker: Tracker, window: int) -> bool:
    """Say whether a window is final, so that history may come to something else by now."""
    row = look.reader.get(WINDOW, (window,))
    head = look.reader.last(ACTIVITY)
    due = tracker.due(row.label) if row is not None else None
    return due is not None and head is not None and due <= head.recorded_at


def groups(look: Look) -> Iterator[Mismatch]:
    """Put the boards of groups together again, and compare."""
    for window in look.rows(WINDOW):
        tracker = look.plan.trackers.get((window.metric, window.calendar))
        if tracker is None or not tracker.groupings or final(look, tracker, window.number):
            continue
        for grouping in tracker.groupings:
            members = _members(look, window, grouping)
            yield from _totals(look, tracker, window, grouping, members)
            yield from _boards(look, tracker, window, grouping, members)
    for group in look.rows(GROUP):
        if group.members < 1:
            yield Mismatch("group.total", spelt(*group[:2]), group)


def _members(look: Look, window: WindowRow, grouping: Grouping) -> Members:
    found: Members = defaultdict(list)
    for row in _board(look, window.number):
        who = look.reader.get(PARTICIPANT, (row.participant,))
        name = group_in(who.attributes, grouping.attribute) if who is not None else None
        if name is not None:
            found[name].append(row)
    return found


def _board(look: Look, number: int) -> Iterator[MetricRow]:
    place = 0
    while rows := look.reader.scan(METRIC, METRIC_BY_RANK, (number,), offset=place, limit=AT_ONCE):
        place += len(rows)
        yield from rows


def _totals(
    look: Look, tracker: Tracker, window: WindowRow, grouping: Grouping, members: Members
) -> Iterator[Mismatch]:
    """Compare the sums of groups."""
    name = (window.scope, window.metric, calendar_of_groups(tracker.text, grouping), window.label)
    place = look.reader.find(WINDOW, WINDOW_BY_NAME, name)
    number = place.number if place is not None else 0
    held = {row.name: row for row in look.reader.scan(GROUP, None, (number,))} if number else {}
    expected = {}
    for group, rows in members.items():
        total = sum(row.value for row in rows)
        down = board_of(grouping, len(rows), total, ascending=tracker.ascending)
        expected[group] = GroupRow(number, group, len(rows), total, down)
    for group in sorted({*held, *expected}):
        if held.get(group) != expected.get(group):
            yield Mismatch("group.total", spelt(number, group), held.get(group), expected.get(group))


def _boards(
    look: Look, tracker: Tracker, window: WindowRow, grouping: Grouping, members: Members
) -> Iterator[Mismatch]:
    """Compare who stands on the boards of groups, and with which scores."""
    prefix = calendar_of_group(tracker.text, grouping.attribute, "")
    for place in look.reader.scan(WINDOW, WINDOW_BY_NAME, (window.scope, window.metric), start=(prefix,)):
        if not place.calendar.startswith(prefix):
            break
        if place.label != window.label:
            continue
        rows = members.pop(place.calendar.removeprefix(prefix), [])
        expected = [row._replace(window=place.number) for row in rows]
        found = [*_board(look, place.number)]
        if found != expected:
            yield Mismatch("group.members", spelt(place.number), found, expected)
    for group, rows in members.items():
        yield Mismatch("group.members", spelt(window.number, group), [], rows)


def closed(look: Look) -> Iterator[Mismatch]:
    """Hold the periods that were closed against the sealed outcomes, and those that are to be against the boards."""
    yield from look.count("closed.missing", CLOSED, look.done["closed"])
    for row in look.rows(CLOSED):
        if not look.tells(row.activity, "=", None, row.leaderboard, row.period):
            yield Mismatch("closed.outcome", spelt(*row[:3]), row.activity)
    for closing in look.rows(CLOSING):
        window = look.reader.get(WINDOW, (closing.window,))
        tracker = look.plan.trackers.get((window.metric, window.calendar)) if window is not None else None
        due = tracker.due(window.label) if tracker is not None and window is not None else closing.due
        if closing.due not in (None, due):
            yield Mismatch("closing.due", spelt(closing.window), closing.due, due)
    head = look.reader.last(ACTIVITY)
    for window in look.rows(WINDOW):
        tracker = look.plan.trackers.get((window.metric, window.calendar))
        due = tracker.due(window.label) if tracker is not None else None
        awaited = due is not None and head is not None and due > head.recorded_at
        if awaited and look.reader.get(CLOSING, (window.number,)) is None:
            yield Mismatch("closing.missing", spelt(window.number), None, due)


CHECKS: tuple[Check, ...] = (groups, closed)
