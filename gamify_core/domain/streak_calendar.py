"""The periods of a streak one by one, for a calendar to be drawn, and what would have to be put right in it.

Promise: each period is told as the fold judged it, so that a calendar and a count never disagree.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from gamify_core.domain.streak_deadlines import (
    excuse,
    following,
    ground,
    label_at,
    reaches,
)
from gamify_core.domain.streak_facts import Mark, Pardons, Period, PeriodStatus, State, Terms
from gamify_core.domain.streak_fold import NOTHING, Settled, chain_of, link, settle, stock_at
from gamify_core.domain.streak_periods import counted
from gamify_core.domain.streak_tallies import standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamify_core.domain.streak_rules import StreakRules
    from gamify_core.domain.zones import ZoneLine

__all__ = ["calendar_of", "repairable"]


def calendar_of(  # noqa: PLR0913 - a fold, an instant, and which periods
    marks: Iterable[Mark],
    rules: StreakRules,
    line: ZoneLine,
    pardons: Pardons,
    as_of: int,
    first: int,
    last: int,
) -> tuple[Period, ...]:
    """Return what each period from `first` to `last` was, as of an instant."""
    marks, terms = list(marks), Terms(rules, line, pardons)
    story = _Story(max(marks).offset if marks else 0)
    for period in counted(marks, terms):
        story.tallies[period.label] = period.tally
        if period.reached is not None:
            story.satisfy(period.reached, terms)
    story.end(as_of, terms)
    return tuple(story.period(label, terms) for label in range(first, last + 1))


class _Story:
    """The satisfied periods, and what was judged after each of them."""

    def __init__(self, offset: int) -> None:
        self.begun = offset
        """What the greatest mark carried: it counts while nothing is satisfied."""
        self.tallies = dict[int, int]()
        self.chain = NOTHING
        self.labels = list[int]()
        self.offsets = list[int]()
        self.gaps = list[Settled]()
        self.present = 0

    def satisfy(self, mark: Mark, terms: Terms) -> None:
        if self.chain.last is not None:
            self.gaps.append(settle(self.chain, self.chain.last, terms, mark.label, mark.instant))
        self.chain = link(self.chain, mark, terms)
        self.labels.append(mark.label)
        self.offsets.append(mark.offset)

    def end(self, as_of: int, terms: Terms) -> None:
        rules, line, _ = terms
        here = ground(line, self.offsets[-1] if self.offsets else self.begun)
        self.present = label_at(rules.calendar, here, as_of)
        if self.chain.last is not None:
            self.gaps.append(settle(self.chain, self.chain.last, terms, self.present, as_of))

    def period(self, label: int, terms: Terms) -> Period:
        rules, line, pardons = terms
        # What lies before the first satisfied period is judged by the clock of that one.
        place = bisect_left(self.labels, label)
        here = ground(line, self.offsets[max(0, place - 1)] if self.offsets else self.begun)
        begins, ends = reaches(rules.calendar, here, label), reaches(rules.calendar, here, label + 1)
        status = self._status(label, Terms(rules, here, pardons))
        progress, target, _ = standing(self.tallies.get(label, 0), rules)
        return Period(label, rules.calendar.text(label), begins, ends, status, progress, target)

    def _status(self, label: int, terms: Terms) -> PeriodStatus:
        place = bisect_right(self.labels, label) - 1
        if place >= 0 and self.labels[place] == label:
            return "satisfied"
        if label > self.present and place == len(self.labels) - 1:
            return "future"
        pardoned = excuse(label, *terms)
        if pardoned is not None:
            return pardoned
        if place >= 0:
            for miss in self.gaps[place].misses:
                if miss.label == label:
                    return "frozen" if miss.outcome == "frozen" else "missed"
        if label == self.present:
            return "open"
        return "grace" if place >= 0 and self.gaps[place].broken_at is None else "idle"


def repairable(
    state: State | None, rules: StreakRules, line: ZoneLine, pardons: Pardons, as_of: int
) -> tuple[int, ...]:
    """Return the labels that would have to be repaired for a run that is broken now to live on.

    That is the first one missed without a freeze, and each that has been missed since, but for those which
    freezes granted in the meantime would have covered. Empty when no run is broken.
    """
    if state is None or state.last is None:
        return ()
    terms, chain, labels = Terms(rules, line, pardons), chain_of(state), list[int]()
    line = ground(line, state.offset)
    present = label_at(rules.calendar, line, as_of)
    stock, settled = chain.stock, chain.settled
    required, at = following(state.last, rules, line, pardons)
    while required < present and at <= as_of:
        stock, settled = stock_at(stock, settled, at, terms), at
        if stock:
            stock -= 1
        else:
            labels.append(required)
        required, at = following(required, rules, line, pardons)
    return tuple(labels)
