"""History once more: what one participant did is moved through metrics again, in the order in which it came.

Promise: windows that are filled so hold what they would hold had they been kept from the start. Nothing is set off, and
what was taken back has no part in it. It reads rows, never the windows themselves, so it says the same of any reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import attrs

from gamify_core.domain.streaks import BASELINE, Mark, State, step
from gamify_core.road import opening, rules, scores, streaks
from gamify_core.road.compiled import CounterPlan, MetricPlan, Tracker
from gamify_core.road.joined import gather, own_numbers
from gamify_core.road.meters import moved
from gamify_core.road.plan import Plan
from gamify_core.road.requests import asked_with
from gamify_core.road.streak_rows import case_of, marks_of, row_of
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
from gamify_core.road.wallet import MERGED
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.challenges import ADVANCE
from gamify_core.storage.tables.gifts import SCORE, ScoreRow
from gamify_core.storage.tables.ledger import ENTRY, REVERSAL
from gamify_core.storage.tables.metrics import METRIC, SEEN, WINDOW
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import BADGE, EVENT, ended_by, is_void, voided

if TYPE_CHECKING:
    from gamify_core.storage.tables.metrics import MetricRow
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.tables.progress import BadgeRow, EventRow
    from gamify_core.storage.unit import Unit

__all__ = ["Everyone", "fill", "fill_for", "refill", "replay", "wanted_of"]


def fill(turn: Turn, fresh: list[Tracker], scope: str) -> None:
    """Move through the history of a scope what these trackers count."""
    fill_for(turn, fresh, Everyone(turn.unit, scope))


def fill_for(turn: Turn, fresh: Iterable[Tracker], people: Iterable[ParticipantRow]) -> None:
    """Move through the history of some people what these trackers count."""
    wanted = wanted_of(turn.plan, fresh)
    for who in people:
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


def refill(
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


class Everyone:
    """All people of a scope, or (None) of all, but who was deleted: their past is to show on no board."""

    def __init__(self, unit: Unit, scope: str | None = None) -> None:
        """Go through those that a unit sees, as often as that is asked for."""
        self._unit = unit
        self._scope = scope

    def __iter__(self) -> Iterator[ParticipantRow]:
        """Go through them in the order in which they appeared."""
        last = self._unit.last(PARTICIPANT)
        for number in range(1, last.number + 1 if last is not None else 1):
            row = self._unit.get(PARTICIPANT, (number,))
            if row is not None and row.erased != "deleted" and self._scope in (None, row.scope):
                yield row


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
        undone = {row[:3]: row.amount for row in gather(turn.unit, turn.who, REVERSAL, None, (currency,))}
        entries = gather(turn.unit, turn.who, ENTRY, None, (currency,))
        if turn.who.person is not None:  # several wallets, as one
            entries.sort(key=lambda entry: (entry.activity, entry.ordinal))
        heads: dict[int, tuple[int, int, int]] = {}
        whole = [0, 0, 0]
        for entry in entries:
            before = heads.get(entry.participant, (0, 0, 0))
            after = heads[entry.participant] = (entry.earned, entry.spent, entry.balance)
            if entry.source == MERGED:  # what one of them has less the other one has more
                continue
            _at(turn, entry.occurred_at, entry.activity)
            for place, part in enumerate(("earned", "spent", "balance")):
                change = after[place] - before[place]
                whole[place] += change
                plan = wanted.get(f"{currency}.{part}")
                if plan is None or not change:
                    continue
                if (
                    part != "balance"
                ):  # what was taken back was never earned or spent, in the window where it was
                    change = 0 if entry.reverses is not None else change - undone.get(entry[:3], 0)
                if change:
                    opened = entry.account == opening.ACCOUNT
                    part_of = opening.kept(plan) if opened else plan
                    moved(turn, turn.who, part_of, None, whole[place], change)


def _badges(turn: Turn, wanted: dict[str, MetricPlan]) -> None:
    plan = wanted.get("badges.count")
    if plan is not None:
        rows: list[BadgeRow] = []
        for number in own_numbers(turn.unit, turn.who):
            found = turn.unit.scan(BADGE, None, (number,))
            gone = voided(found)
            rows += [row for row in found if not is_void(row) and (row.badge, row.n) not in gone]
        rows.sort(key=lambda row: row.activity)
        standing: dict[str, set[tuple[int, int]]] = {}
        for row in rows:
            _at(turn, row.occurred_at, row.activity)
            held = standing.setdefault(row.badge, set())
            before = bool(held)
            _stand(held, row)
            change = bool(held) - before
            if change:  # a repeatable badge that is earned again is no other badge
                opened = row.source == opening.SOURCE
                moved(turn, turn.who, opening.kept(plan) if opened else plan, None, change, change)


def _stand(held: set[tuple[int, int]], row: BadgeRow) -> None:
    """Let a row of a badge have its effect on the earnings by which it is held."""
    over = ended_by(row)
    if over is not None:
        held.discard((row.participant, over))
    elif row.held:
        held.add((row.participant, row.n))
    else:
        held.difference_update([each for each in held if each[0] == row.participant])


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
        for mark in sorted(marks_of(turn.unit, turn.who, code), key=lambda mark: (mark.id, mark.part)):
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
            steps = gather(turn.unit, turn.who, ADVANCE, None, (code,))
            for row in steps:
                _at(turn, row.occurred_at, row.activity)
                moved(turn, turn.who, plan, None, row.steps, row.steps)


def _events(turn: Turn, wanted: dict[str, MetricPlan]) -> None:
    counters = [plan for plans in turn.plan.counters.values() for plan in plans if plan.metric.code in wanted]
    if not counters and "events.count" not in wanted:
        return
    rows: list[EventRow | ScoreRow] = [
        *gather(turn.unit, turn.who, EVENT),
        *gather(turn.unit, turn.who, SCORE),
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
        facts = rules.Told(turn, (request or {}).get("properties", {}))
        for counter in turn.plan.counters.get(event.name, ()):
            part = wanted.get(counter.metric.code)
            if part is not None and (request is not None or _plain(counter)):
                rules.count(turn, attrs.evolve(counter, plan=part, goals=()), facts)


def _plain(counter: CounterPlan) -> bool:
    """Say whether a metric counts events without a look into them."""
    return counter.when is None and counter.amount is None and counter.distinct is None
