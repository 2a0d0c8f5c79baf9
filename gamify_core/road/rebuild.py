"""Making up for what was not kept until now: a changed catalog asks for it, and history has it.

Promise: after a catalog is adopted, a metric it newly declares, a board or a window it newly asks for holds what it
would hold had it been kept from the start, and everybody stands silently on the rung of a new ladder that its metric
comes to now: a ladder on which people with five thousand points stand nowhere would report their next point as a rise
from nothing. No effect comes of either, and badges and points that the new catalog would have given are not
handed out: new definitions act from now on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import attrs

from gamify_core.domain.streaks import Mark, State, fold, step
from gamify_core.road import rules, scores, streaks
from gamify_core.road.compiled import LadderPlan, MetricPlan, Tracker
from gamify_core.road.ladders import climb
from gamify_core.road.meters import moved, value_of, window_number
from gamify_core.road.plan import Plan, natural
from gamify_core.road.streak_rows import line_of
from gamify_core.road.turn import Turn
from gamify_core.storage.tables.activity import ACTIVITY, PAYLOAD
from gamify_core.storage.tables.challenges import ADVANCE
from gamify_core.storage.tables.gifts import SCORE, ScoreRow
from gamify_core.storage.tables.ledger import ENTRY, REVERSAL
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import BADGE, EVENT, is_void, voided
from gamify_core.storage.tables.streaks import MARK

if TYPE_CHECKING:
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.tables.progress import EventRow
    from gamify_core.storage.unit import Unit

__all__ = ["fill", "rebuild", "replay", "wanted_of"]


def rebuild(turn: Turn, old: Plan) -> None:
    """Fill every window that `turn.plan` keeps and `old` did not, and place people on ladders that `old` had not."""
    fresh = [
        tracker for key, tracker in turn.plan.trackers.items() if _differs(tracker, old.trackers.get(key))
    ]
    if fresh:
        _clear(turn.unit, fresh)
        fill(turn, fresh)
    ladders = [plan for code, plan in turn.plan.ladders.items() if code not in old.ladders]
    if ladders:
        _place(turn, ladders)


def fill(turn: Turn, fresh: list[Tracker], scope: str | None = None) -> None:
    """Move through history what these trackers count; for one scope, or (None) for all."""
    wanted = wanted_of(turn.plan, fresh)
    for who in _everyone(turn.unit):
        if scope is not None and who.scope != scope:
            continue
        replay(
            Turn(turn.unit, turn.plan, turn.draws, who.scope, turn.seq, turn.recorded_at, 0, 0, who), wanted
        )


def wanted_of(plan: Plan, trackers: Iterable[Tracker]) -> dict[str, MetricPlan]:
    """Return what is to be moved again: these windows and no others, and nothing set off by them."""
    wanted: dict[str, MetricPlan] = {}
    for tracker in trackers:
        kept = plan.metrics[tracker.metric]
        part = wanted.setdefault(tracker.metric, attrs.evolve(kept, watch=None, trackers=()))
        part.trackers = (*part.trackers, attrs.evolve(tracker, watch=None))
    return wanted


def replay(turn: Turn, wanted: dict[str, MetricPlan]) -> None:
    """Move through one participant's history what is wanted of it; what was taken back has no part in it."""
    _wallets(turn, wanted)
    _badges(turn, wanted)
    _streaks(turn, wanted)
    _events(turn, wanted)
    _advances(turn, wanted)


def _place(turn: Turn, ladders: list[LadderPlan]) -> None:
    """Put everybody on the rungs they have earned; what the turns of this have to say is dropped."""
    at = turn.recorded_at
    for who in _everyone(turn.unit):
        silent = Turn(turn.unit, turn.plan, turn.draws, who.scope, turn.seq, at, at, 0, who)
        for plan in ladders:
            if _has_moved(silent, plan.ladder.metric):
                climb(silent, who, plan)


def _has_moved(turn: Turn, metric: str) -> bool:
    """Say whether a metric of a person has ever moved: the rung at the bottom is held from then on."""
    if value_of(turn, turn.who, metric):
        return True
    if natural(metric):  # what was earned, runs and events do not come back to nothing, a balance does
        currency, _, part = metric.rpartition(".")
        return part == "balance" and turn.unit.last(ENTRY, (turn.who.number, currency)) is not None
    window = window_number(turn.unit, turn.scope, turn.plan.reading(metric), turn.occurred_at)
    return bool(window) and turn.unit.get(METRIC, (turn.who.number, window)) is not None


def _differs(new: Tracker, old: Tracker | None) -> bool:
    return (
        old is None or (new.ranked, new.ascending, new.dense) != (old.ranked, old.ascending, old.dense)
    ) and not new.metric.startswith("rule.")


def _everyone(unit: Unit) -> Iterator[ParticipantRow]:
    last = unit.last(PARTICIPANT)
    for number in range(1, last.number + 1 if last is not None else 1):
        row = unit.get(PARTICIPANT, (number,))
        if row is not None and row.erased != "deleted":  # whose past is to show on no board
            yield row


def _clear(unit: Unit, fresh: list[Tracker]) -> None:
    """Empty the windows: they may hold what an earlier catalog kept and a later one did not."""
    names = {tracker.key for tracker in fresh}
    windows = {row.number for row in unit.scan(WINDOW) if (row.metric, row.calendar) in names}
    if not windows:
        return
    for window in windows:
        for level in unit.scan(SCORE_LEVEL, None, (window,)):
            unit.remove(SCORE_LEVEL, level)
    for who in _everyone(unit):
        for metric in unit.scan(METRIC, None, (who.number,)):
            if metric.window in windows:
                unit.remove(METRIC, metric)
        for seen in unit.scan(SEEN, None, (who.number,)):
            if seen.window in windows:
                unit.remove(SEEN, seen)


def _at(turn: Turn, instant: int, activity: int) -> None:
    """Put the turn at an instant of history; a board's day is that of the recording."""
    turn.occurred_at = instant
    row = turn.unit.get(ACTIVITY, (activity,))
    if row is not None:
        turn.recorded_at = row.recorded_at


def _wallets(turn: Turn, wanted: dict[str, MetricPlan]) -> None:
    currencies = {
        name.rpartition(".")[0] for name in wanted if name.endswith((".earned", ".spent", ".balance"))
    }
    for currency in sorted(currencies):
        before = (0, 0, 0)
        undone = {
            row.version: row.amount for row in turn.unit.scan(REVERSAL, None, (turn.who.number, currency))
        }
        for entry in turn.unit.scan(ENTRY, None, (turn.who.number, currency)):
            _at(turn, entry.occurred_at, entry.activity)
            after = (entry.earned, entry.spent, entry.balance)
            for part, was, now in zip(("earned", "spent", "balance"), before, after, strict=True):
                plan = wanted.get(f"{currency}.{part}")
                if plan is None or was == now:
                    continue
                change = now - was
                if (
                    part != "balance"
                ):  # what was taken back was never earned or spent, in the window where it was
                    change = 0 if entry.reverses is not None else change - undone.get(entry.version, 0)
                if change:
                    moved(turn, turn.who, plan, None, now, change)
            before = after


def _badges(turn: Turn, wanted: dict[str, MetricPlan]) -> None:
    plan = wanted.get("badges.count")
    if plan is not None:
        found = turn.unit.scan(BADGE, None, (turn.who.number,))
        gone = voided(found)
        kept = [row for row in found if not is_void(row) and (row.badge, row.n) not in gone]
        rows = sorted(kept, key=lambda row: row.activity)
        held: dict[str, int] = {}
        for row in rows:
            _at(turn, row.occurred_at, row.activity)
            change = row.held - held.get(row.badge, 0)
            held[row.badge] = row.held
            if change:  # a repeatable badge that is earned again is no other badge
                moved(turn, turn.who, plan, None, change, change)


def _streaks(turn: Turn, wanted: dict[str, MetricPlan]) -> None:
    """Go through the activities in the order they came, late ones as late as they were."""
    for code in sorted({name.split(".")[1] for name in wanted if name.startswith("streak.")}):
        current, longest = wanted.get(f"streak.{code}"), wanted.get(f"streak.{code}.longest")
        plan = attrs.evolve(turn.plan.streaks[code], current=current, longest=longest)
        line = line_of(turn.unit, turn.who, plan, turn.plan.zone)
        marks: list[Mark] = []
        state: State | None = None
        for row in sorted(turn.unit.scan(MARK, None, (turn.who.number, code)), key=lambda row: row.activity):
            mark = Mark._make(row[2:])
            marks.append(mark)
            _at(turn, mark.instant, mark.id)
            before, state = state, step(state, mark, plan.rules, line) or fold(marks, plan.rules, line)
            if state is not None:
                streaks.follow(turn, turn.who, plan, line, before, state)


def _advances(turn: Turn, wanted: dict[str, MetricPlan]) -> None:
    """Go through the steps by which rules advanced challenges."""
    for name, plan in wanted.items():
        if name.startswith("challenge."):
            code = name.removeprefix("challenge.")
            steps = turn.unit.scan(ADVANCE, None, (turn.who.number, code))
            for row in steps:
                _at(turn, row.occurred_at, row.activity)
                moved(turn, turn.who, plan, None, row.steps, row.steps)


def _events(turn: Turn, wanted: dict[str, MetricPlan]) -> None:
    counters = [plan for plans in turn.plan.counters.values() for plan in plans if plan.metric.code in wanted]
    if not counters and "events.count" not in wanted:
        return
    rows: list[EventRow | ScoreRow] = [
        *turn.unit.scan(EVENT, None, (turn.who.number,)),
        *turn.unit.scan(SCORE, None, (turn.who.number,)),
    ]
    rows.sort(key=lambda row: row.activity)  # as they came: a board knows what its day began with
    for event in rows:
        if isinstance(event, ScoreRow):
            _at(turn, event.occurred_at, event.activity)
            scores.repeat(turn, event, wanted)
            continue
        if event.retracted is not None:
            continue
        _at(turn, event.occurred_at, event.activity)
        turn.seq = event.activity
        if (plan := wanted.get("events.count")) is not None:
            moved(turn, turn.who, plan, None, 1, 1)
        payload = turn.unit.get(PAYLOAD, (event.activity,))
        if payload is None or payload.request is None:
            continue
        facts = rules.facts_for(turn, json.loads(payload.request).get("properties", {}))
        for counter in turn.plan.counters.get(event.name, ()):
            part = wanted.get(counter.metric.code)
            if part is not None:
                rules.count(turn, attrs.evolve(counter, plan=part), facts)
