"""Making up for what was not kept until now: a changed catalog asks for it, and history has it.

Promise: after a catalog is adopted, a metric it declares newly or otherwise, a board or a window it newly asks for
holds what it would hold had it been kept so from the start, and everybody stands silently on the rung of a new ladder
that its metric comes to now: a ladder on which people with five thousand points stand nowhere would report their next
point as a rise from nothing. No effect comes of either, and badges and points that the new catalog would have given
are not handed out: new definitions act from now on.

History is what rows still tell. Of somebody who was anonymized the properties of events are gone: in windows that are
filled anew they count with the points, badges, streaks and numbers of events they had, and not with what was to be
read in an event. A board that is merely ranked otherwise is not filled anew: nobody leaves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import attrs

from gamify_core.domain.streaks import BASELINE, Mark, State, step
from gamify_core.road import groups, opening, rules, scores, streak_moves, streaks, waiting
from gamify_core.road.compiled import CounterPlan, LadderPlan, MetricPlan, Tracker
from gamify_core.road.ladders import climb, place_of, schedule
from gamify_core.road.levels import relevel
from gamify_core.road.meters import moved, value_of, window_number
from gamify_core.road.plan import Plan, natural
from gamify_core.road.requests import asked_with
from gamify_core.road.streak_rows import case_of, marks_of, row_of
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.boards import CLOSING, CLOSING_DUE
from gamify_core.storage.tables.challenges import ADVANCE
from gamify_core.storage.tables.gifts import SCORE, ScoreRow
from gamify_core.storage.tables.ledger import ENTRY, REVERSAL
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import BADGE, EVENT, STANDING, ended_by, is_void, voided

if TYPE_CHECKING:
    from gamify_core.storage.tables.metrics import MetricRow
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.tables.progress import BadgeRow, EventRow
    from gamify_core.storage.unit import Unit

__all__ = ["again", "fill", "rank", "rebuild", "replay", "unranked", "wanted_of"]


def rebuild(turn: Turn, old: Plan) -> None:
    """Fill every window that `turn.plan` keeps and `old` did not, and place people on ladders that `old` had not.

    What `old` counted otherwise is filled anew, and what it ranked otherwise is put in its new order.
    """
    ruled = streak_moves.redefined(turn.plan, old)
    if ruled:
        for who in _everyone(turn.unit):
            streak_moves.rejudge(turn, who, ruled)
    metrics = {f"streak.{code}{part}" for code in ruled for part in ("", ".longest")}
    counted = {metric.code: metric for metric in old.catalog.metrics}
    metrics.update(each.code for each in turn.plan.catalog.metrics if each != counted.get(each.code))
    fresh = [
        tracker
        for key, tracker in turn.plan.trackers.items()
        if tracker.metric in metrics or (key not in old.trackers and not tracker.metric.startswith("rule."))
    ]
    if fresh:
        fresh = [attrs.evolve(tracker, sealed=_sealed(turn, tracker)) for tracker in fresh]
        kept = {row.window for row in turn.unit.scan(CLOSING)}
        pending = _pending(turn.unit, old)
        for tracker in fresh:
            was = old.trackers.get(tracker.key, tracker)
            groups.clear(
                turn.unit, tracker.text, tracker.metric, {*tracker.groupings, *was.groupings}, tracker.sealed
            )
        _clear(turn.unit, fresh)
        fill(turn, fresh)
        _pass_over(turn, kept, pending)
    filled = {tracker.key for tracker in fresh}
    _rekey(turn, old, [tracker for key, tracker in turn.plan.trackers.items() if key not in filled])
    ladders = [plan for code, plan in turn.plan.ladders.items() if code not in old.ladders]
    reviewed = [
        plan
        for code, plan in turn.plan.ladders.items()
        if plan.review is not None and code in old.ladders and old.ladders[code].review is None
    ]
    if ladders or reviewed:
        _place(turn, ladders, reviewed)


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


def _place(turn: Turn, ladders: list[LadderPlan], reviewed: list[LadderPlan]) -> None:
    """Put everybody on the rungs they have earned; what the turns of this have to say is dropped.

    Who stands on a ladder that has reviews from now on is reviewed as who reaches their rung now.
    """
    at = turn.recorded_at
    for who in _everyone(turn.unit):
        silent = Turn(turn.unit, turn.plan, turn.draws, who.scope, turn.seq, at, at, 0, who)
        for plan in ladders:
            if _has_moved(silent, plan.ladder.metric):
                climb(silent, who, plan)
        for plan in reviewed:
            head = turn.unit.last(STANDING, (who.number, plan.ladder.code))
            if head is not None and head.tier is not None:
                schedule(silent, who, plan, place_of(silent, plan, head.tier))
        for number in silent.timed:
            waiting.refresh(turn.unit, number)


def _has_moved(turn: Turn, metric: str) -> bool:
    """Say whether a metric of a person has ever moved: the rung at the bottom is held from then on."""
    if value_of(turn, turn.who, metric):
        return True
    if natural(metric):  # what was earned, runs and events do not come back to nothing, a balance does
        currency, _, part = metric.rpartition(".")
        return part == "balance" and turn.unit.last(ENTRY, (turn.who.number, currency)) is not None
    window = window_number(turn.unit, turn.scope, turn.plan.reading(metric), turn.occurred_at)
    return bool(window) and turn.unit.get(METRIC, (turn.who.number, window)) is not None


def _rekey(turn: Turn, old: Plan, kept: Iterable[Tracker]) -> None:
    """Put the rows of windows that are ranked otherwise now in their new order; the values stay as they are."""
    unit = turn.unit
    changed = {
        tracker.key: tracker
        for tracker in kept
        if (was := old.trackers.get(tracker.key)) is not None
        and (tracker.ranked, tracker.dense, {*tracker.groupings}) != (was.ranked, was.dense, {*was.groupings})
    }
    for key, now in changed.items():
        groupings = {*now.groupings, *old.trackers[key].groupings}
        groups.clear(unit, now.text, now.metric, groupings, _sealed(turn, now))
    windows = {row.number: changed[key] for row in unit.scan(WINDOW) if (key := row[2:4]) in changed}
    if not windows:
        return
    _clear_levels(unit, windows)
    begun = {
        key: tracker for key, tracker in changed.items() if tracker.ranked and not old.trackers[key].ranked
    }
    for who in _everyone(unit):
        days: dict[int, MetricRow] = {}
        if begun:  # what the day began with was of no interest until now
            scratch = Trial(unit)
            again(turn, scratch, who, begun)
            days = {row.window: row for row in scratch.queued(METRIC)}
        for row in unit.scan(METRIC, None, (who.number,)):
            tracker = windows.get(row.window)
            if tracker is not None:
                rank(turn, tracker, who, row, days.get(row.window))


def rank(turn: Turn, tracker: Tracker, who: ParticipantRow, row: MetricRow, told: MetricRow | None) -> None:
    """Put one row in its order, or take it out of any; `told` is what history makes of it, where it can tell."""
    unit = turn.unit
    down = tracker.down(row.value, who.is_hidden) if tracker.ranked else None
    if down is None:
        unit.put(METRIC, unranked(row))
        return
    if told is not None and told.value == row.value:
        row = row._replace(day=told.day, day_down=told.day_down, day_reached=told.day_reached)
    row = row._replace(down=down, tie=who.participant_id)
    unit.put(METRIC, row)
    if tracker.dense:
        relevel(unit, None, row)
    window = unit.get(WINDOW, (row.window,)) if tracker.groupings else None
    due = tracker.due(window.label) if window is not None else None
    if window is not None and (due is None or turn.recorded_at < due):
        groups.follow(unit, who, tracker, row.window, None, row)


def unranked(row: MetricRow) -> MetricRow:
    """Return a row without its place on a board."""
    return row._replace(down=None, tie=None, day=None, day_down=None, day_reached=None)


def again(
    turn: Turn, scratch: Trial, who: ParticipantRow, trackers: Mapping[tuple[str, str], Tracker]
) -> dict[int, MetricRow]:
    """Fill windows of one participant anew in `scratch`, and return the rows that there are, by window."""
    kept: dict[int, MetricRow] = {}
    for held in turn.unit.scan(METRIC, None, (who.number,)):
        window = turn.unit.get(WINDOW, (held.window,))
        if window is not None and (window.metric, window.calendar) in trackers:
            kept[held.window] = held
            scratch.remove(METRIC, held)
            for seen in turn.unit.scan(SEEN, None, (who.number, held.window)):
                scratch.remove(SEEN, seen)
    silent = Turn(scratch, turn.plan, turn.draws, who.scope, turn.seq, turn.recorded_at, 0, 0, who)
    wanted = [attrs.evolve(tracker, groupings=()) for tracker in trackers.values()]
    replay(silent, wanted_of(turn.plan, wanted))
    return kept


def _everyone(unit: Unit) -> Iterator[ParticipantRow]:
    last = unit.last(PARTICIPANT)
    for number in range(1, last.number + 1 if last is not None else 1):
        row = unit.get(PARTICIPANT, (number,))
        if row is not None and row.erased != "deleted":  # whose past is to show on no board
            yield row


def _clear(unit: Unit, fresh: list[Tracker]) -> None:
    """Empty the windows: they may hold what an earlier catalog kept and a later one did not."""
    names = {tracker.key for tracker in fresh}
    sealed = {tracker.key: tracker.sealed for tracker in fresh}
    windows = {
        row.number
        for row in unit.scan(WINDOW)
        if (key := (row.metric, row.calendar)) in names and (row.scope, row.label) not in sealed[key]
    }
    if not windows:
        return
    _clear_levels(unit, windows)
    for who in _everyone(unit):
        for metric in unit.scan(METRIC, None, (who.number,)):
            if metric.window in windows:
                unit.remove(METRIC, metric)
        for seen in unit.scan(SEEN, None, (who.number,)):
            if seen.window in windows:
                unit.remove(SEEN, seen)


def _sealed(turn: Turn, tracker: Tracker) -> frozenset[tuple[str, int]]:
    """Return the windows of a tracker, by scope and label, that are final."""
    if tracker.delay is None:
        return frozenset()
    return frozenset(
        (row.scope, row.label)
        for row in turn.unit.scan(WINDOW)
        if (row.metric, row.calendar) == tracker.key
        and row.ends_at is not None
        and row.ends_at + tracker.delay <= turn.recorded_at
    )


Pending = set[tuple[str, str, str]]


def _pending(unit: Unit, plan: Plan) -> Pending:
    """Return the periods that boards have still to close, by scope, board and name."""
    found: Pending = set()
    for closing in unit.scan(CLOSING, CLOSING_DUE):
        row = unit.get(WINDOW, (closing.window,))
        if row is not None:
            found |= {(row.scope, board.board.code, name) for board, _, name in plan.closings(row)}
    return found


def _pass_over(turn: Turn, kept: set[int], pending: Pending) -> None:
    """Let periods that were over before anybody asked to close them give no prizes."""
    for closing in turn.unit.scan(CLOSING, CLOSING_DUE, stop=(turn.recorded_at + 1,)):
        row = turn.unit.get(WINDOW, (closing.window,))
        if closing.window in kept or row is None:
            continue
        if not any((row.scope, b.board.code, name) in pending for b, _, name in turn.plan.closings(row)):
            turn.unit.put(CLOSING, closing._replace(due=None))


def _clear_levels(unit: Unit, windows: Iterable[int]) -> None:
    for window in windows:
        for level in unit.scan(SCORE_LEVEL, None, (window,)):
            unit.remove(SCORE_LEVEL, level)


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
                    opened = entry.account == opening.ACCOUNT
                    moved(turn, turn.who, opening.kept(plan) if opened else plan, None, now, change)
            before = after


def _badges(turn: Turn, wanted: dict[str, MetricPlan]) -> None:
    plan = wanted.get("badges.count")
    if plan is not None:
        found = turn.unit.scan(BADGE, None, (turn.who.number,))
        gone = voided(found)
        kept = [row for row in found if not is_void(row) and (row.badge, row.n) not in gone]
        rows = sorted(kept, key=lambda row: row.activity)
        standing: dict[str, set[int]] = {}
        for row in rows:
            _at(turn, row.occurred_at, row.activity)
            held = standing.setdefault(row.badge, set())
            before = bool(held)
            _stand(held, row)
            change = bool(held) - before
            if change:  # a repeatable badge that is earned again is no other badge
                opened = row.source == opening.SOURCE
                moved(turn, turn.who, opening.kept(plan) if opened else plan, None, change, change)


def _stand(held: set[int], row: BadgeRow) -> None:
    """Let a row of a badge have its effect on the earnings by which it is held."""
    over = ended_by(row)
    if over is not None:
        held.discard(over)
    elif row.held:
        held.add(row.n)
    else:
        held.clear()


def _streaks(turn: Turn, wanted: dict[str, MetricPlan]) -> None:
    """Go through the activities in the order they came, late ones as late as they were."""
    for code in sorted({name.split(".")[1] for name in wanted if name.startswith("streak.")}):
        current, longest = wanted.get(f"streak.{code}"), wanted.get(f"streak.{code}.longest")
        plan = attrs.evolve(turn.plan.streaks[code], current=current, longest=longest)
        row = row_of(turn.unit, turn.who.number, code)
        case = case_of(turn.unit, turn.who, plan, turn.plan.zone, row)
        beside: dict[int, list[Mark]] = {}
        marks: list[Mark] = []
        state: State | None = None
        for mark in sorted(marks_of(turn.unit, turn.who.number, code), key=lambda mark: (mark.id, mark.part)):
            marks.append(mark)
            _at(turn, mark.instant, mark.id)
            others = beside.setdefault(mark.label, [])
            opened = mark.part == BASELINE
            following = None if opened else step(state, mark, plan.rules, case.line, case.pardons, others)
            before, state = state, following or case.fold(marks)
            others.append(mark)
            if state is not None and opened:
                opening.follow(turn, turn.who, plan, state)
            elif state is not None:
                streaks.follow(turn, case, before, state)


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
            if event.action == opening.ACCOUNT:
                opening.repeat(turn, event.activity, wanted)
            else:
                scores.repeat(turn, event, wanted)
            continue
        if event.retracted is not None:
            continue
        _at(turn, event.occurred_at, event.activity)
        turn.seq = event.activity
        if (plan := wanted.get("events.count")) is not None:
            moved(turn, turn.who, plan, None, 1, 1)
        request = asked_with(turn.unit, event.activity)
        facts = rules.facts_for(turn, (request or {}).get("properties", {}))
        for counter in turn.plan.counters.get(event.name, ()):
            part = wanted.get(counter.metric.code)
            if part is not None and (request is not None or _plain(counter)):
                rules.count(turn, attrs.evolve(counter, plan=part, goals=()), facts)


def _plain(counter: CounterPlan) -> bool:
    """Say whether a metric counts events without a look into them."""
    return counter.when is None and counter.amount is None and counter.distinct is None
