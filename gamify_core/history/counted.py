"""What is counted: metrics in their windows, worked out again from history, and boards, counted one by one.

Of whom the words of events were erased only boards are looked at: what events counted cannot be told without them.
The bounds of rules (`rule.…`) are decided as they go; `verify(replay=True)` does that again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from gamify_core.history.grouped import final
from gamify_core.history.looking import AT_ONCE, Look, spelt
from gamify_core.history.report import Mismatch
from gamify_core.road.repeating import refill
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
from gamify_core.storage.tables.metrics import (
    METRIC,
    METRIC_BY_RANK,
    SCORE_LEVEL,
    SEEN,
    WINDOW,
    MetricRow,
)
from gamify_core.storage.tables.participants import PARTICIPANT, ParticipantRow

if TYPE_CHECKING:
    from gamify_core.history.looking import Check
    from gamify_core.road.compiled import Tracker

__all__ = ["CHECKS", "counted_again"]


def metrics(look: Look) -> Iterator[Mismatch]:
    """Work every metric of everybody out again, and compare."""
    trackers = {key: tracker for key, tracker in look.plan.trackers.items() if not key[0].startswith("rule.")}
    for who in look.rows(PARTICIPANT):
        rows = look.reader.scan(METRIC, None, (who.number,))
        look.checked[METRIC.name] += len(rows)
        for row in rows:
            if row.down is not None and (row.tie != who.participant_id or abs(row.down) != abs(row.value)):
                yield Mismatch("metric.order", spelt(*row[:2]), [row.down, row.tie], who.participant_id)
        if who.erased is None:
            yield from _again(look, who, trackers)


def counted_again(
    look: Look, who: ParticipantRow, trackers: dict[tuple[str, str], Tracker]
) -> tuple[dict[int, MetricRow], Trial]:
    """Work metrics of a participant out again in a trial; return what is kept of them by window, and the trial."""
    scratch = Trial(look.reader)
    turn = Turn(Trial(look.reader), look.plan, lambda _: 0, who.scope, 0, 0, 0, 0, who)
    for number, values in groupby(look.reader.scan(SEEN, None, (who.number,)), lambda row: row.window):
        if look.reader.get(METRIC, (who.number, number)) is None:  # else they would pass for met already
            for value in values:
                scratch.remove(SEEN, value)
    return refill(turn, scratch, who, trackers), scratch


def _again(look: Look, who: ParticipantRow, trackers: dict[tuple[str, str], Tracker]) -> Iterator[Mismatch]:
    kept, scratch = counted_again(look, who, trackers)
    fresh = {row.window: row for row in scratch.queued(METRIC)}
    for window in sorted({*kept, *fresh}):
        found, expected = kept.get(window), fresh.get(window)
        seen = look.reader.scan(SEEN, None, (who.number, window))
        look.checked[SEEN.name] += len(seen)
        values = scratch.scan(SEEN, None, (who.number, window))
        if (found, seen) != (expected, values) and _is_final(look, trackers, window):
            continue  # what was taken back since is in it still
        if found != expected:
            yield Mismatch("metric.value", spelt(who.number, window), found, expected)
        if seen != values:
            yield Mismatch("seen.values", spelt(who.number, window), seen, values)


def _is_final(look: Look, trackers: dict[tuple[str, str], Tracker], number: int) -> bool:
    window = look.reader.get(WINDOW, (number,))
    tracker = trackers.get((window.metric, window.calendar)) if window is not None else None
    return tracker is not None and final(look, tracker, number)


def boards(look: Look) -> Iterator[Mismatch]:
    """Count every board one by one, and ask for places on it a stretch at a time."""
    reader = look.reader
    for window in look.rows(WINDOW):
        board = (window.number,)
        place, before = 0, None
        while rows := reader.scan(METRIC, METRIC_BY_RANK, board, offset=place, limit=AT_ONCE):
            first = (rows[0].down, rows[0].reached_at, rows[0].tie)
            at = reader.position(METRIC, METRIC_BY_RANK, board, first)
            if at != place or (before is not None and first <= before):
                yield Mismatch("board.position", spelt(window.number, place), at, place)
                break
            place += len(rows)
            before = (rows[-1].down, rows[-1].reached_at, rows[-1].tie)
        counted = reader.count(METRIC, METRIC_BY_RANK, board)
        if counted != place:
            yield Mismatch("board.count", spelt(window.number), counted, place)


def levels(look: Look) -> Iterator[Mismatch]:
    """Count who holds each score of the boards that count scores."""
    for number, kept in groupby(look.rows(SCORE_LEVEL), lambda row: row.window):
        window = look.reader.get(WINDOW, (number,))
        if window is None or not _dense(look, window.metric, window.calendar):
            continue
        held = {row.down: row.holders for row in kept if row.holders is not None}
        place, holders = 0, dict[int, int]()
        while rows := look.reader.scan(METRIC, METRIC_BY_RANK, (number,), offset=place, limit=AT_ONCE):
            place += len(rows)
            for row in rows:
                holders[row.down or 0] = holders.get(row.down or 0, 0) + 1
        for down in sorted({*held, *holders}):
            if held.get(down) != holders.get(down):
                where = spelt(number, down)
                yield Mismatch("level.holders", where, held.get(down), holders.get(down))


def _dense(look: Look, metric: str, calendar: str) -> bool:
    tracker = look.plan.trackers.get((metric, calendar))
    return tracker is not None and tracker.dense


CHECKS: tuple[Check, ...] = (metrics, boards, levels)
