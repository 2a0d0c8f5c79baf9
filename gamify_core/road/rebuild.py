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

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from gamify_core.road import groups, streak_moves, waiting
from gamify_core.road.compiled import LadderPlan, Tracker
from gamify_core.road.compiling import natural
from gamify_core.road.finals import sealed
from gamify_core.road.joined import is_alias
from gamify_core.road.ladders import climb, place_of, schedule
from gamify_core.road.meters import value_of, window_number
from gamify_core.road.plan import Plan
from gamify_core.road.repeating import Everyone, fill_for, refill
from gamify_core.road.reranking import rank, regroup, windows_of
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
from gamify_core.storage.tables.boards import CLOSING, CLOSING_DUE
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, SEEN, WINDOW
from gamify_core.storage.tables.progress import STANDING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from gamify_core.road.streak_moves import Ruled
    from gamify_core.storage.tables.metrics import MetricRow
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.unit import Unit

__all__ = ["Changes", "Rebuilding", "changes", "rebuild"]


@attrs.frozen(eq=False)
class Changes:
    """What a plan keeps, ranks or judges otherwise than the one before it, and so asks to be made up for.

    `fresh` are windows to be filled anew, `reranked` those whose rows are merely put in another order; `ruled` are the
    streaks that are judged otherwise, `ladders` the new ones, `reviewed` those that have reviews from now on.
    """

    old: Plan
    ruled: Mapping[str, Ruled]
    fresh: tuple[Tracker, ...]
    reranked: Mapping[tuple[str, str], Tracker]
    ladders: tuple[LadderPlan, ...]
    reviewed: tuple[LadderPlan, ...]

    def __bool__(self) -> bool:
        """Say whether there is anything to be made up for."""
        return bool(self.ruled or self.fresh or self.reranked or self.ladders or self.reviewed)

    def concern(self, tracker: Tracker) -> bool:
        """Say whether what a window holds, or would hold, is not what the rows say that there are."""
        words = tracker.metric.split(".")
        return (
            tracker.key in self.reranked
            or any(tracker.key == each.key for each in self.fresh)
            or (words[0] == "streak" and words[1] in self.ruled)
        )

    def of(self, trackers: Iterable[Tracker]) -> Changes:
        """Return what of it these windows ask for."""
        keys = {tracker.key for tracker in trackers}
        fresh = tuple(each for each in self.fresh if each.key in keys)
        reranked = {key: each for key, each in self.reranked.items() if key in keys}
        return Changes(self.old, self.ruled, fresh, reranked, (), ())


def changes(plan: Plan, old: Plan) -> Changes:
    """Compare a plan with the one before it."""
    ruled = streak_moves.redefined(plan, old)
    metrics = {f"streak.{code}{part}" for code in ruled for part in ("", ".longest")}
    counted = {metric.code: metric for metric in old.catalog.metrics}
    metrics.update(each.code for each in plan.catalog.metrics if each != counted.get(each.code))
    fresh = tuple(
        tracker
        for key, tracker in plan.trackers.items()
        if tracker.metric in metrics or (key not in old.trackers and not tracker.metric.startswith("rule."))
    )
    filled = {tracker.key for tracker in fresh}
    reranked = {
        key: tracker
        for key, tracker in plan.trackers.items()
        if key not in filled
        and (was := old.trackers.get(key)) is not None
        and (tracker.ranked, tracker.dense, {*tracker.groupings}) != (was.ranked, was.dense, {*was.groupings})
    }
    ladders = tuple(ladder for code, ladder in plan.ladders.items() if code not in old.ladders)
    reviewed = tuple(
        ladder
        for code, ladder in plan.ladders.items()
        if ladder.review is not None and code in old.ladders and old.ladders[code].review is None
    )
    return Changes(old, ruled, fresh, reranked, ladders, reviewed)


def rebuild(turn: Turn, old: Plan) -> None:
    """Fill every window that `turn.plan` keeps and `old` did not, and place people on ladders that `old` had not.

    What `old` counted otherwise is filled anew, and what it ranked otherwise is put in its new order.
    """
    changed = changes(turn.plan, old)
    if changed:
        work = Rebuilding(turn, changed)
        work.over(Everyone(turn.unit))
        work.finish()


class Rebuilding:
    """A rebuild under way: what is nobody's in particular is cleared as it begins, then it goes over people.

    However these are divided, the rows come out the same.
    """

    def __init__(self, turn: Turn, changed: Changes) -> None:
        """Clear the boards of groups, and the counts of scores, of all windows that are filled or ranked anew."""
        unit, self._old, self._turn, self._changed = turn.unit, changed.old, turn, changed
        self._fresh = [attrs.evolve(each, sealed=sealed(turn, each, self._old)) for each in changed.fresh]
        self._kept: set[int] = set()
        self._pending: Pending = set()
        self._emptied: set[int] = set()
        if self._fresh:
            self._kept = {row.window for row in unit.scan(CLOSING)}
            self._pending = _pending(unit, self._old)
            for tracker in self._fresh:
                was = self._old.trackers.get(tracker.key, tracker)
                groupings = {*tracker.groupings, *was.groupings}
                groups.clear(unit, tracker.text, tracker.metric, groupings, tracker.sealed)
            self._emptied = _emptied(unit, self._fresh)
            _clear_levels(unit, self._emptied)
        for key, now in changed.reranked.items():
            was = self._old.trackers[key]
            groups.clear(
                unit, now.text, now.metric, {*now.groupings, *was.groupings}, sealed(turn, now, self._old)
            )
        # Final tables are not filled, and yet ranked as the catalog says
        stay = {each.key: each for each in self._fresh if each.sealed}
        self._reranked = windows_of(turn, {**changed.reranked, **stay}, changed.old)
        _clear_levels(unit, self._reranked)

    def over(self, people: Iterable[ParticipantRow]) -> None:
        """Make up for what was not kept of some people, whom it goes through several times."""
        turn, changed = self._turn, self._changed
        if changed.ruled:
            for who in people:
                streak_moves.rejudge(turn, who, changed.ruled)
        if self._emptied:
            _clear(turn.unit, self._emptied, people)
        if self._fresh:
            fill_for(turn, self._fresh, people)
        if self._reranked:
            self._rank(people)
        if changed.ladders or changed.reviewed:
            _place(turn, changed.ladders, changed.reviewed, people)

    def finish(self) -> None:
        """Let periods that were over before anybody asked to close them give no prizes; everybody was gone over."""
        if self._fresh:
            _pass_over(self._turn, self._kept, self._pending)

    def _rank(self, people: Iterable[ParticipantRow]) -> None:
        """Put the rows of windows that are ranked otherwise now in their new order; the values stay as they are."""
        turn, unit = self._turn, self._turn.unit
        begun = {
            key: tracker
            for key, tracker in self._changed.reranked.items()
            if tracker.ranked and not self._old.trackers[key].ranked
        }
        for who in people:
            days: dict[int, MetricRow] = {}
            if begun:  # what the day began with was of no interest until now
                scratch = Trial(unit)
                refill(turn, scratch, who, begun)
                days = {row.window: row for row in scratch.queued(METRIC)}
            for row in unit.scan(METRIC, None, (who.number,)):
                anew = self._reranked.get(row.window)
                if anew is not None:
                    ranked = rank(turn, anew.tracker, who, row, days.get(row.window))
                    regroup(unit, who, anew, ranked)


def _place(
    turn: Turn,
    ladders: Sequence[LadderPlan],
    reviewed: Sequence[LadderPlan],
    people: Iterable[ParticipantRow],
) -> None:
    """Put people on the rungs they have earned; what the turns of this have to say is dropped.

    Who stands on a ladder that has reviews from now on is reviewed as who reaches their rung now.
    """
    at = turn.recorded_at
    for who in people:
        if is_alias(who):
            continue
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
    tracker = turn.plan.reading(metric)
    window = window_number(turn.unit, turn.scope, tracker, tracker.standing(turn.occurred_at))
    return bool(window) and turn.unit.get(METRIC, (turn.who.number, window)) is not None


def _emptied(unit: Unit, fresh: list[Tracker]) -> set[int]:
    """Return the windows that are to be emptied: they may hold what an earlier catalog kept and a later one did not."""
    final = {tracker.key: tracker.sealed for tracker in fresh}
    return {
        row.number
        for row in unit.scan(WINDOW)
        if (key := (row.metric, row.calendar)) in final and (row.scope, row.label) not in final[key]
    }


def _clear(unit: Unit, windows: AbstractSet[int], people: Iterable[ParticipantRow]) -> None:
    for who in people:
        for metric in unit.scan(METRIC, None, (who.number,)):
            if metric.window in windows:
                unit.remove(METRIC, metric)
        for seen in unit.scan(SEEN, None, (who.number,)):
            if seen.window in windows:
                unit.remove(SEEN, seen)


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
